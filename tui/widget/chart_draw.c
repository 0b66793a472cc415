/*
 * chart_draw.c - the chart on a canvas: legend, lines, journal marks, cursor.
 */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { MARKS_WITH_LINES = 24 };

static bool is_hidden(const struct chart *k, int i)
{
	return k->is_full && k->one && i != k->channel;
}

/* --- the legend --- */

static void say_smoothing(const struct chart *k, char out[32])
{
	int steps = smoothing_steps[k->smoothing];

	if (k->kind == CHART_DEV)
		str_copy(out, 32, chart_scale(k) > 1 ? "metric x 100" : "correlation");
	else if (!steps)
		str_copy(out, 32, "not smoothed");
	else if (k->smoothing == SMOOTHING_USUAL)
		str_copy(out, 32, "smoothed");
	else
		str_format(out, 32, "smoothed %d", steps);
}

static void say_axes(const struct chart *k, int width, char out[128])
{
	char smoothing[32], from[24], to[24];
	int64_t span = k->n_lines && k->kind != CHART_DEV ? k->line[0].span : 1;
	size_t n;

	say_smoothing(k, smoothing);
	str_format(out, 128, "%s%s", smoothing,
		   k->kind == CHART_LOSS ? k->is_linear ? " · linear" : " · log" :
		   k->kind == CHART_NORM ? " · log" :
		   k->kind == CHART_SHARE ? " · % of micro-batches" : "");
	n = strlen(out);
	if (k->is_full && k->x.kind != AXIS_STEP)
		str_format(out + n, 128 - n, " · by %s", axis_name(k->x.kind));
	n = strlen(out);
	if (k->is_full && k->is_log_x)
		str_format(out + n, 128 - n, " · log x");
	n = strlen(out);
	if (k->is_full && k->to)
		str_format(out + n, 128 - n, " · %s–%s", fmt_count(from, k->from),
			   fmt_count(to, k->to));
	n = strlen(out);
	if (span > 1 && width >= 100)
		str_format(out + n, 128 - n, " · %lld steps a point", (long long)span);
}

/* "┄ demo-2" at the right end; returns where it begins. */
static int legend_overlay(struct canvas *c, const struct chart *k, int y, int end)
{
	const struct overlay *o = &k->overlay;
	int w = foreign_columns(o->snap.run, strlen(o->snap.run));

	if (!o->is_on)
		return end;
	w = w > 20 ? 20 : w;
	end -= w;
	draw_foreign(c, y, end, w, INK_DIM, o->snap.run);
	draw_text(c, y, end - 3, 2, INK_DIM, c->fancy ? "┄┄" : "a:");
	return end - 5;
}

uint32_t channel_sign(const struct canvas *c, int channel)
{
	if (!c->fancy)
		return (uint32_t)channel_mark(channel);
	return c->colour ? 0x2501 : (uint32_t)channel_letter(channel);
}

static int n_shown(const struct chart *k)
{
	return k->is_full && k->one ? 1 : k->pic->n_channels;
}

static int legend_width(const struct snapshot *s, int i)
{
	const char *name = s->ch[i].name;

	return foreign_columns(name, strlen(name)) + 4;
}

/* Ends before `end`; returns where it begins. */
static int legend_channel(struct canvas *c, const struct snapshot *s, int channel, int y,
			  int end, int i)
{
	int w = legend_width(s, i) - 4;

	draw_foreign(c, y, end - w, w, i == channel ? INK_STRONG : INK_TEXT,
		     s->ch[i].name);
	draw_cell(c, y, end - w - 2, channel_sign(c, i), ink_channel(i));
	return end - w - 4;
}

void legend_channels(struct canvas *c, const struct snapshot *s, int channel, int y, int x,
		     int end, bool only_chosen)
{
	int n = s->n_channels, all = 0, first, fit = n;
	char rest[16] = "";

	if (only_chosen) {
		legend_channel(c, s, channel, y, end, channel);
		return;
	}
	for (int i = 0; i < n; i++)
		all += legend_width(s, i);
	first = all > end - x ? channel : 0;
	while (fit > 0 && all > end - x - (fit < n ? 6 : 0))
		all -= legend_width(s, (first + --fit) % n);
	if (fit < n)
		str_format(rest, sizeof rest, "  +%d", n - fit);
	end -= *rest ? draw_right(c, y, end, 6, INK_DIM, rest) : 0;
	while (fit-- > 0)
		end = legend_channel(c, s, channel, y, end, (first + fit) % n);
}

/* More lines than the chart has rows: then the chosen one stands for itself. */
static bool is_crowded(const struct chart *k, struct rect chart)
{
	return k->kind != CHART_NORM && n_shown(k) > chart.h;
}

/* The chosen task's name, and what became of the others. */
static void legend_crowd(struct canvas *c, const struct chart *k, int y, int x, int end)
{
	const char *name = k->pic->ch[k->channel].name;

	draw_cell(c, y, x, channel_sign(c, k->channel), ink_channel(k->channel));
	x += 2;
	x += draw_name(c, y, x, end - x, INK_STRONG, name) + 3;
	draw_textf(c, y, x, end - x, INK_DIM, c->fancy ? "%d others thin" :
		   "%d others not drawn", k->pic->n_channels - 1);
}

static void draw_legend(struct canvas *c, const struct chart *k, struct rect r,
			bool is_crowd)
{
	int x = r.x + 1, end = legend_overlay(c, k, r.y, r.x + r.w - 1);
	char text[128];

	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 14, INK_STRONG, chart_name(k->kind)) + 2;
	c->flags = 0;
	say_axes(k, r.w, text);
	x += draw_text(c, r.y, x, end - x, INK_DIM, text) + 3;
	if (is_crowd) {
		legend_crowd(c, k, r.y, x, end);
		return;
	}
	if (k->kind != CHART_NORM)
		legend_channels(c, k->pic, k->channel, r.y, x, end, n_shown(k) == 1);
}

/* --- lines --- */

static void dev_line(struct canvas *c, const struct plot *p, const struct channel *ch,
		     struct plot_line *l)
{
	l->n = ch->dev_curve.n < DEV_POINTS ? ch->dev_curve.n : DEV_POINTS;
	l->v = ch->dev_curve.value;
	l->at = ch->dev_curve.step;
	plot_line(c, p, l);
}

static void series_line(struct canvas *c, const struct plot *p, const struct series *s,
			bool raw, struct plot_line *l)
{
	l->n = s->n;
	l->v = raw ? s->raw : s->value;
	l->first = s->first;
	l->span = s->span > 0 ? s->span : 1;
	l->last = s->last;
	plot_line(c, p, l);
}

static enum ink line_ink(const struct chart *k, int i)
{
	return k->kind == CHART_NORM ? INK_TEXT : ink_channel(i);
}

static void draw_other(struct canvas *c, const struct chart *k, const struct plot *p,
		       int i)
{
	const struct channel *o = overlay_channel(&k->overlay, k->pic->ch[i].name);
	struct plot_line l = {.ink = line_ink(k, i), .dotted = true};

	l.mark = (char)('a' + i % 26);
	if (k->kind == CHART_DEV && o)
		dev_line(c, p, o, &l);
	else if (k->kind != CHART_DEV)
		series_line(c, p, &k->other[i], false, &l);
}

static void draw_channel(struct canvas *c, const struct chart *k, const struct plot *p,
			 int i, bool raw)
{
	struct plot_line l = {.ink = line_ink(k, i), .mark = channel_mark(i)};

	if (k->kind == CHART_DEV) {
		dev_line(c, p, &k->pic->ch[i], &l);
		return;
	}
	if (raw) {
		l.ink = INK_FRAME;
		l.mark = '.';
		l.dots = true;
	}
	series_line(c, p, &k->line[i], raw, &l);
}

static void draw_thin(struct canvas *c, const struct chart *k, const struct plot *p, int i)
{
	struct plot_line l = {.ink = INK_FRAME, .dots = true};

	if (k->kind == CHART_DEV)
		dev_line(c, p, &k->pic->ch[i], &l);
	else
		series_line(c, p, &k->line[i], false, &l);
}

/* Where a line ends on the screen; false: it has no point there. */
struct tip {
	int64_t step;
	double v;
};

static bool find_tip(const struct chart *k, const struct channel *ch,
		     const struct series *s, struct tip *t)
{
	int64_t to = k->is_full && k->to ? k->to : INT64_MAX;
	const struct dev_curve *d = &ch->dev_curve;

	t->v = NAN;
	if (k->kind != CHART_DEV) {
		t->step = s->last < to ? s->last : to;
		t->v = s->n ? series_at(s, s->value, t->step) : NAN;
	}
	for (int i = 0; k->kind == CHART_DEV && i < d->n && i < DEV_POINTS; i++)
		if (d->step[i] <= to)
			*t = (struct tip){d->step[i], (double)d->value[i]};
	return isfinite(t->v);
}

/* Letters at the ends, the chosen one's first; small ones are another run's. */
static void draw_names(struct canvas *c, const struct chart *k, const struct plot *p,
		       bool is_crowd)
{
	int n = k->pic->n_channels;
	struct tip t;

	for (int j = 0; j < (is_crowd ? 1 : n); j++) {
		int i = (k->channel + j) % n;
		const struct channel *o = overlay_channel(&k->overlay, k->pic->ch[i].name);
		char letter = channel_letter(i);

		if (is_hidden(k, i))
			continue;
		c->flags = j ? 0 : CELL_BOLD;
		if (find_tip(k, &k->pic->ch[i], k->n_lines ? &k->line[i] : NULL, &t))
			plot_name(c, p, t.step, t.v, letter, line_ink(k, i));
		if (o && find_tip(k, o, k->n_lines ? &k->other[i] : NULL, &t))
			plot_name(c, p, t.step, t.v,
				  letter >= 'A' ? (char)(letter - 'A' + 'a') : letter,
				  line_ink(k, i));
		c->flags = 0;
	}
}

/* Without colours the chosen one is told by its weight. */
static void draw_all(struct canvas *c, const struct chart *k, const struct plot *p, int n)
{
	bool norm = k->kind == CHART_NORM;

	for (int j = 1; j <= n; j++) { /* the chosen one on top */
		int i = norm ? 0 : (k->channel + j) % n;

		c->flags = !c->colour && j == n && n > 1 ? CELL_BOLD : 0;
		if (norm || !is_hidden(k, i))
			draw_channel(c, k, p, i, false);
		c->flags = 0;
	}
}

/* The others as single grey dots, where the terminal has dots. */
static void draw_crowd(struct canvas *c, const struct chart *k, const struct plot *p, int n)
{
	for (int j = 1; j < n && c->fancy; j++)
		draw_thin(c, k, p, (k->channel + j) % n);
	draw_channel(c, k, p, k->channel, false);
}

static void draw_lines(struct canvas *c, const struct chart *k, const struct plot *p,
		       bool is_crowd)
{
	bool norm = k->kind == CHART_NORM;
	int n = norm ? k->pic->n_channels > 0 : k->pic->n_channels;

	for (int i = 0; k->shows_raw && k->kind != CHART_DEV && i < n; i++)
		if (norm || (!is_hidden(k, i) && (!is_crowd || i == k->channel)))
			draw_channel(c, k, p, i, true);
	for (int i = 0; k->overlay.is_on && i < n; i++)
		if (norm || (!is_hidden(k, i) && (!is_crowd || i == k->channel)))
			draw_other(c, k, p, i);
	if (is_crowd)
		draw_crowd(c, k, p, n);
	else
		draw_all(c, k, p, n);
	if (norm && curve_range_place(&p->range, k->pic->clip) > 0)
		plot_level(c, p, k->pic->clip, INK_WARN);
	if (k->kind == CHART_DEV && n)
		plot_level(c, p, k->pic->ch[k->channel].baseline,
			   k->one ? ink_channel(k->channel) : INK_DIM);
	if (!norm)
		draw_names(c, k, p, is_crowd);
}

/* --- the journal on the axis --- */

static void draw_marks(struct canvas *c, const struct chart *k, const struct plot *p)
{
	const struct marks *m = &k->marks;
	int visible = 0;

	for (int i = 0; i < m->n; i++)
		visible += plot_column(p, m->e[i].step) >= 0;
	for (int i = 0; i < m->n; i++)
		plot_event(c, p, m->e[i].step, mark_letter(&m->e[i]),
			   mark_ink(k->pic, &m->e[i]), visible <= MARKS_WITH_LINES);
}

void draw_chart(struct canvas *c, const struct chart *k, struct rect legend,
		struct rect chart)
{
	static const char *const nothing[CHARTS] = {
		[CHART_LOSS] = "no step yet", [CHART_DEV] = "no evaluation yet",
		[CHART_NORM] = "no step yet", [CHART_SHARE] = "no step yet"};
	struct plot p = {.x_min = k->x_min, .x_max = k->x_max,
			 .axis = &k->x, .range = *chart_range(k),
			 .scale = chart_scale(k)};

	if (legend.h > 0)
		draw_legend(c, k, legend, is_crowded(k, chart));
	if (!p.range.is_set) {
		draw_text(c, chart.y + chart.h / 2, chart.x + 9, chart.w - 9, INK_DIM,
			  nothing[k->kind]);
		return;
	}
	plot_begin(c, &p, chart);
	if (p.area.h <= 0)
		return;
	draw_marks(c, k, &p);
	draw_lines(c, k, &p, is_crowded(k, chart));
	if (k->is_full && k->cursor >= 0)
		plot_cursor(c, &p, k->cursor);
}
