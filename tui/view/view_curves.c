/*
 * view_curves.c - the chart with room: all tasks or one, a window of steps, and a
 * cursor that reads every task's values and the journal near it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "chart_keys.h"
#include "curves_export.h"
#include "ui/keys.h"
#include "ui/ui.h"
#include "widget/entry_draw.h"

enum { NUMBER_COLS = 7, NUMBERS = 3 };

/* The step whose values are told. */
static int64_t where(const struct ui *ui)
{
	return chart_where(&ui->chart, ui->pic);
}

static const char *place_word(const struct ui *ui)
{
	if (ui->chart.cursor >= 0)
		return "at";
	return where(ui) == ui->pic->step ? "now" : "end";
}

/* "at 12,100", bright where a person put it there; columns used, and two. */
static int draw_step(struct canvas *c, const struct ui *ui, int y, int x)
{
	char number[24];

	return draw_textf(c, y, x, 24, ui->chart.cursor >= 0 ? INK_STRONG : INK_DIM,
			  "%s %s", place_word(ui), fmt_count(number, where(ui))) + 2;
}

/* --- values at the cursor --- */

/* What stands beside a task's name, by what is drawn. */
static void columns(const struct ui *ui, int i, double v[NUMBERS])
{
	const struct channel *ch = &ui->pic->ch[i];
	int64_t step = where(ui);

	v[0] = chart_at(&ui->chart, ui->pic, i, step, false);
	v[1] = chart_at(&ui->chart, ui->pic, i, step, true);
	v[2] = NAN;
	if (ui->chart.kind == CHART_DEV) {
		v[1] = ch->baseline;
		v[2] = ch->dev_best;
	} else {
		for (int k = 0; k < ch->dev_curve.n && k < DEV_POINTS; k++)
			if (ch->dev_curve.step[k] <= step)
				v[2] = (double)ch->dev_curve.value[k];
	}
}

static const char *const column_names[CHARTS][NUMBERS] = {
	[CHART_LOSS] = {"loss", "raw", "dev"},
	[CHART_DEV] = {"dev", "base", "best"},
	[CHART_NORM] = {"norm", "raw", ""},
	[CHART_SHARE] = {"share", "raw", "dev"},
};

static void draw_numbers(struct canvas *c, const struct ui *ui, int y, int end,
			 enum metric_id m, const double v[NUMBERS])
{
	char number[24];

	for (int k = NUMBERS - 1; k >= 0; k--, end -= NUMBER_COLS) {
		enum chart_kind kind = k == 2 ? CHART_DEV : ui->chart.kind;

		if (!column_names[ui->chart.kind][k][0])
			continue;
		draw_right(c, y, end, NUMBER_COLS - 1, k ? INK_DIM : INK_TEXT,
			   isfinite(v[k]) ? chart_value(kind, m, number, v[k]) : "-");
	}
}

static void draw_value_row(struct canvas *c, const struct ui *ui, struct rect r, int y,
			   int i)
{
	const struct channel *ch = &ui->pic->ch[i];
	double v[NUMBERS];

	columns(ui, i, v);
	if (i == ui->channel) {
		c->paper = PAPER_ROW;
		draw_fill(c, (struct rect){y, r.x, 1, r.w});
	}
	draw_cell(c, y, r.x + 1, channel_sign(c, i), ink_channel(i));
	draw_foreign(c, y, r.x + 3, r.w - 4 - NUMBERS * NUMBER_COLS, INK_TEXT, ch->name);
	draw_numbers(c, ui, y, r.x + r.w - 1, ch->metric, v);
	c->paper = PAPER_NONE;
}

static void draw_place(struct canvas *c, const struct ui *ui, int y, int x, int end)
{
	const struct axis *a = &ui->chart.x;
	int64_t step = where(ui);
	char number[24];

	c->flags = CELL_BOLD;
	x += draw_textf(c, y, x, end - x, INK_STRONG, "%s %s", place_word(ui),
			fmt_count(number, step));
	c->flags = 0;
	if (a->kind != AXIS_STEP)
		draw_textf(c, y, x + 2, end - x - 2, INK_DIM, "%s %s",
			   axis_label(a->kind, number, axis_value(a, (double)step), 1),
			   axis_name(a->kind));
	else if (ui->chart.cursor >= 0)
		draw_textf(c, y, x + 2, end - x - 2, INK_DIM, "%s back",
			   fmt_count(number, ui->pic->step - step));
}

static void draw_pane(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct snapshot *s = ui->pic;
	int rows = r.h - 3, first, n = ui->chart.kind == CHART_NORM ? 1 : s->n_channels;
	int end = r.x + r.w - 1;

	draw_place(c, ui, r.y, r.x + 1, end);
	for (int k = NUMBERS - 1, x = end; k >= 0; k--, x -= NUMBER_COLS)
		draw_right(c, r.y + 1, x, NUMBER_COLS - 1, INK_DIM,
			   column_names[ui->chart.kind][k]);
	if (ui->chart.kind == CHART_NORM) {
		double v[NUMBERS] = {chart_at(&ui->chart, s, 0, where(ui), false),
				     chart_at(&ui->chart, s, 0, where(ui), true), NAN};

		draw_text(c, r.y + 2, r.x + 3, 12, INK_TEXT, "whole step");
		draw_numbers(c, ui, r.y + 2, end, METRIC_ACCURACY, v);
		draw_textf(c, r.y + 3, r.x + 3, 30, INK_DIM, "clip %.3g, %d%% of steps",
			   s->clip, (int)lrint(s->clipped * 100));
		return;
	}
	first = layout_first(n, rows < n ? rows : n, ui->channel);
	for (int k = 0; k < rows && first + k < n; k++)
		draw_value_row(c, ui, r, r.y + 2 + k, first + k);
}

static const char *value_name(const struct ui *ui, int i)
{
	return ui->chart.kind == CHART_NORM ? "norm" : ui->pic->ch[i].name;
}

static int value_columns(const struct ui *ui, int i)
{
	const char *name = value_name(ui, i);

	return foreign_columns(name, strlen(name)) + 10;
}

/* All tasks, or as many as fit into the lines there are from the chosen one on. */
static void draw_values(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct snapshot *s = ui->pic;
	int end = r.x + r.w - 1, y = r.y, x = r.x + 1;
	enum chart_kind kind = ui->chart.kind;
	int n = kind == CHART_NORM ? 1 : s->n_channels, all = 0;
	char number[24];
	double v;

	for (int i = 0; i < n; i++)
		all += value_columns(ui, i);
	x += draw_step(c, ui, y, x);
	for (int k = 0; k < n; k++) {
		int i = all > r.w - 16 && n > 1 ? (ui->channel + k) % n : k;
		int w = value_columns(ui, i) - 2;

		if (x + w > end) {
			x = r.x + 3;
			if (++y >= r.y + r.h)
				break;
		}
		c->flags = i == ui->channel ? CELL_BOLD : 0;
		x += draw_foreign(c, y, x, w,
				  kind == CHART_NORM ? INK_TEXT : ink_channel(i),
				  value_name(ui, i)) + 1;
		v = chart_at(&ui->chart, s, i, where(ui), false);
		x += draw_text(c, y, x, 7, INK_TEXT,
			       chart_value(kind, s->ch[i].metric, number, v)) + 2;
		c->flags = 0;
	}
}

/* One task alone: everything that is known of it there. */
static void draw_one(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct channel *ch = &ui->pic->ch[ui->channel];
	enum chart_kind kind = ui->chart.kind;
	char number[24];
	double v[NUMBERS];
	int x = r.x + 1;

	columns(ui, ui->channel, v);
	x += draw_step(c, ui, r.y, x);
	x += draw_foreign(c, r.y, x, 20, ink_channel(ui->channel), ch->name) + 3;
	for (int k = 0; k < NUMBERS; k++) {
		x += draw_textf(c, r.y, x, 8, INK_DIM, "%s ",
				column_names[kind][k]);
		x += draw_text(c, r.y, x, 8, INK_TEXT, !isfinite(v[k]) ? "-" :
			       chart_value(k == 2 ? CHART_DEV : kind, ch->metric, number,
					   v[k])) + 3;
	}
}

/* --- the journal near the cursor --- */

static int64_t reach(const struct ui *ui)
{
	const struct chart *c = &ui->chart;
	int64_t width = c->to ? c->to - c->from : axis_last(ui->pic);

	return width / 50 + 1;
}

static void draw_near_line(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct marks *m = &ui->chart.marks;
	int64_t at = ui->chart.cursor;
	int i = at >= 0 ? marks_near(m, at, reach(ui)) : m->n - 1;

	if (i < 0) {
		draw_text(c, r.y, r.x + 1, r.w - 2, INK_DIM,
			  m->n ? "no journal entry near" : "no journal entry yet");
		return;
	}
	c->flags = CELL_BOLD;
	draw_cell(c, r.y, r.x + 1, (uint32_t)mark_letter(&m->e[i]),
		  mark_ink(ui->pic, &m->e[i]));
	c->flags = 0;
	draw_entry(c, r.y, r.x + 2, r.w - 3, &m->e[i]);
}

static void draw_near_row(struct canvas *c, const struct ui *ui, struct rect r, int y,
			  const struct journal_entry *e)
{
	char number[24];
	int x = r.x + 1;

	if (e->step == ui->chart.cursor) {
		c->paper = PAPER_ROW;
		draw_fill(c, (struct rect){y, r.x, 1, r.w});
	}
	c->flags = CELL_BOLD;
	draw_cell(c, y, x, (uint32_t)mark_letter(e), mark_ink(ui->pic, e));
	c->flags = 0;
	draw_right(c, y, x + 10, 8, INK_DIM, fmt_count(number, e->step));
	draw_foreign(c, y, x + 12, r.x + r.w - 1 - x - 12, INK_TEXT, e->command);
	c->paper = PAPER_NONE;
}

/* The entries around the cursor, or the newest ones. */
static void draw_near_pane(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct marks *m = &ui->chart.marks;
	int64_t at = ui->chart.cursor;
	int i = at >= 0 ? marks_near(m, at, INT64_MAX / 4) : m->n - 1;
	int rows = r.h - 1, first;

	if (rows < 1)
		return;
	c->flags = CELL_BOLD;
	draw_text(c, r.y, r.x + 1, r.w - 2, INK_STRONG, "JOURNAL");
	c->flags = 0;
	draw_right(c, r.y, r.x + r.w - 1, 16, INK_DIM, m->n ? "n N jump" : "");
	if (!m->n) {
		draw_text(c, r.y + 1, r.x + 1, r.w - 2, INK_DIM, "nothing done yet");
		return;
	}
	first = layout_first(m->n, rows < m->n ? rows : m->n, i);
	for (int k = 0; k < rows && first + k < m->n; k++)
		draw_near_row(c, ui, r, r.y + 1 + k, &m->e[first + k]);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	struct curves_layout l;

	layout_curves(body, ui->pic->n_channels, &l);
	draw_chart(c, &ui->chart, ui->pic, l.legend, l.chart);
	if (l.is_wide) {
		draw_pane(c, ui, l.values);
		draw_near_pane(c, ui, l.entries);
		return;
	}
	if (ui->chart.one && ui->chart.kind != CHART_NORM)
		draw_one(c, ui, l.values);
	else
		draw_values(c, ui, l.values);
	if (l.entries.h > 0)
		draw_near_line(c, ui, l.entries);
}

/* --- keys --- */

static void jump(struct ui *ui, int direction)
{
	const struct marks *m = &ui->chart.marks;
	int64_t from = ui->chart.cursor >= 0 ? ui->chart.cursor :
		       direction > 0 ? -1 : ui->pic->step + 1;
	int i = marks_next(m, from, direction);

	if (i < 0)
		ui_say(ui, false, m->n ? "no journal entry further that way" :
			       "no journal entry yet");
	else
		chart_look_at(&ui->chart, ui->pic, m->e[i].step);
}

static void next_axis(struct ui *ui)
{
	struct chart *c = &ui->chart;
	struct axis *a = &c->x;
	enum axis_kind k = c->axis;

	do { /* those that the run does not know are passed over */
		k = (enum axis_kind)((k + 1) % AXES);
		axis_make(a, k, c->is_log_x, ui->pic, ui->channel);
	} while (a->kind != k);
	c->axis = k;
}

static void set_smoothing(struct ui *ui, int by)
{
	struct chart *c = &ui->chart;
	int s = c->smoothing + by;

	c->smoothing = s < 0 ? 0 : s >= SMOOTHINGS ? SMOOTHINGS - 1 : s;
	if (smoothing_steps[c->smoothing])
		ui_say(ui, false, "smoothed over about %d steps",
		       smoothing_steps[c->smoothing]);
	else
		ui_say(ui, false, "not smoothed");
}

static bool act_on_window(struct ui *ui, int action, int arg)
{
	const struct snapshot *s = ui->pic;
	struct chart *c = &ui->chart;

	switch ((enum action)action) {
	case DO_SIDE: chart_move_cursor(c, s, arg); return true;
	case DO_END: chart_look_at(c, s, arg < 0 ? 1 : s->step); return true;
	case DO_ZOOM: chart_zoom(c, s, arg); return true;
	case DO_PAN:
		if (!c->to)
			ui_say(ui, false, "the whole run is shown: + zooms in");
		chart_pan(c, s, arg / 4.0);
		return true;
	case DO_FIT: chart_fit(c); return true;
	case DO_MARK: jump(ui, arg); return true;
	case DO_AXIS: next_axis(ui); return true;
	case DO_LOG_X: c->is_log_x = !c->is_log_x; return true;
	case DO_SMOOTH: set_smoothing(ui, arg); return true;
	case DO_EXPORT: curves_export(ui); return true;
	default: return chart_act(ui, action, arg);
	}
}

static bool act(struct ui *ui, int action, int arg)
{
	int n = ui->pic->n_channels;

	if (!n)
		return false;
	if (action == DO_MOVE)
		ui->channel = (ui->channel + arg + n) % n;
	else if (action == DO_ONE)
		ui->chart.one = !ui->chart.one;
	else
		return act_on_window(ui, action, arg);
	if (ui->chart.one || action == DO_ONE) {
		curve_range_clear(&ui->chart.loss_range);
		curve_range_clear(&ui->chart.dev_range);
	}
	return true;
}

static bool back(struct ui *ui)
{
	bool was = ui->chart.cursor >= 0;

	ui->chart.cursor = -1;
	return was;
}

const struct view view_curves = {
	.digit = '2', .name = "Curves", .brief = "Curves",
	.chart = CHART_FULL, .draw = draw, .act = act, .back = back,
	.hints = "h l cursor   + - zoom   n mark   t chart   a axis   [ ] smooth   Enter one",
};
