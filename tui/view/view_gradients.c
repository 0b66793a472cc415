/*
 * view_gradients.c - who really moves what is shared: of each task the share of
 * the micro-batches beside the effective share, and how its gradient's norm on
 * the shared parameters went.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view_gradients.h"

#include "base/mem.h"
#include "base/str.h"
#include "ui/keys.h"
#include "widget/words.h"

static const char brief_text[] =
	"effective: weight x share x norm as a part of all. along: its part of the way that "
	"the update goes; below 0 the others overrule it. Neither says who learns.";
static const char full_text[] =
	"norm: length of the task's mean gradient on the embeddings and layers that tasks "
	"share, before its weight. effective: weight x share x norm as a part of all. pull: "
	"effective over share. along: its part of the way that the update of all goes; below 0 "
	"the others overrule it, where gradients oppose each other. None says who learns: Adam "
	"hides the scale from a task's own parameters.";

static struct curve_range *range_of(const struct ui *ui)
{
	return &gradients_view(ui)->norms;
}

static void *own_new(void)
{
	struct gradients_view *v = xcalloc(1, sizeof *v);

	v->norms.log = true;
	v->cosines.unit = 0.1;
	v->group = CONFLICT_ALL;
	return v;
}

static bool is_hidden(const struct ui *ui, int i)
{
	return ui->chart.one && i != ui->channel;
}

static void recalc(struct ui *ui)
{
	double lo = INFINITY, hi = -INFINITY;

	pairs_recalc(ui);
	for (int i = 0; i < ui->pic->n_channels; i++) {
		const struct grad_curve *g = &ui->pic->ch[i].grad_curve;

		for (int k = 0; k < g->n && k < GRAD_POINTS && !is_hidden(ui, i); k++) {
			double v = (double)g->norm[k];

			if (!isfinite(v) || v <= 0)
				continue;
			lo = v < lo ? v : lo;
			hi = v > hi ? v : hi;
		}
	}
	if (lo <= hi)
		curve_range_fit(range_of(ui), lo, hi);
}

/* --- when --- */

static void draw_head(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct snapshot *s = ui->pic;
	int64_t first = -1, last = -1;
	char number[24];
	int x = r.x + 1, end = r.x + r.w - 1;

	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *ch = &s->ch[i];

		if (!isfinite(ch->grad_norm) || ch->silent)
			continue;
		first = first < 0 || ch->grad_step < first ? ch->grad_step : first;
		last = ch->grad_step > last ? ch->grad_step : last;
	}
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, end - x, INK_STRONG, "WHO MOVES WHAT IS SHARED") + 3;
	c->flags = 0;
	if (last < 0) {
		draw_text(c, r.y, x, end - x, INK_DIM, !snapshot_shares_nothing(s) ?
			  "not measured yet" : s->adapters && !s->frozen.adapters ?
			  "nothing: tasks train adapters of their own" :
			  "nothing: it is frozen");
		return;
	}
	x += draw_text(c, r.y, x, end - x, INK_DIM, r.w >= 100 ? "measured at " : "at ");
	x += draw_text(c, r.y, x, end - x, INK_TEXT, fmt_count(number, first));
	if (last != first)
		x += draw_textf(c, r.y, x, end - x, INK_TEXT, " - %s",
				fmt_count(number, last));
	x += 3;
	if (end - x >= 10)
		pairs_cost(c, s, r.y, x, end - x);
}

/* --- the table --- */

/* Right ends of columns of numbers; 0: left out for want of room. */
struct columns {
	int name_w, weight, share, share_bar, effective, effective_bar, bar_w, pull,
		along, norm, step;
};

static void place_columns(int w, struct columns *k)
{
	bool is_wide = w >= 100, has_all = w >= 76;
	int x, rest = (is_wide ? 10 : 8) + (is_wide ? 8 + 8 + 10 : has_all ? 8 + 8 : 0) + 1;

	memset(k, 0, sizeof *k);
	k->name_w = is_wide ? 14 : has_all ? 10 : 8;
	k->weight = 4 + k->name_w + 6;
	k->share = k->weight + (has_all ? 7 : 6);
	k->share_bar = k->share + 1;
	k->bar_w = (w - k->share_bar - (is_wide ? 8 : 6) - 1 - rest) / 2;
	k->bar_w = k->bar_w > 60 ? 60 : k->bar_w < 4 ? 4 : k->bar_w;
	k->effective = k->share_bar + k->bar_w + (is_wide ? 8 : 6);
	k->effective_bar = k->effective + 1;
	x = k->norm = k->effective_bar + k->bar_w + (is_wide ? 10 : 8);
	if (has_all) {
		k->pull = x + 8;
		k->along = x + 8 + 8;
	}
	if (is_wide)
		k->step = x + 8 + 8 + 10;
}

static void draw_columns(struct canvas *c, int y, const struct columns *k)
{
	draw_text(c, y, 4, k->name_w, INK_DIM, "task");
	draw_right(c, y, k->weight, 6, INK_DIM, "weight");
	draw_text(c, y, k->share_bar, k->bar_w, INK_DIM, "share");
	draw_text(c, y, k->effective_bar, k->bar_w, INK_DIM,
		  k->bar_w >= 9 ? "effective" : "eff");
	draw_right(c, y, k->norm, 6, INK_DIM, "norm");
	if (k->pull)
		draw_right(c, y, k->pull, 6, INK_DIM, "pull");
	if (k->along)
		draw_right(c, y, k->along, 6, INK_DIM, "along");
	if (k->step)
		draw_right(c, y, k->step, 7, INK_DIM, "at step");
}

static void draw_part(struct canvas *c, int y, int number_end, int bar,
		      const struct columns *k, double part, enum ink ink)
{
	char number[24];

	draw_right(c, y, number_end, 4, ink == INK_DIM ? INK_DIM : INK_TEXT,
		   fmt_percent(number, part));
	draw_bar(c, y, bar, k->bar_w, !(part > 0) ? 0 : part > 1 ? 1 : part, ink);
	draw_paper(c, (struct rect){y, bar, 1, k->bar_w}, PAPER_LAMP);
}

static void draw_pull(struct canvas *c, int y, int end, const struct channel *ch)
{
	double pull = ch->share > 0 ? ch->effective / ch->share : NAN;
	char text[24] = "-", *dot;

	if (isfinite(pull) && !ch->silent) {
		snprintf(text, sizeof text, pull < 99.95 ? "×%.2f" : "×%.0f", pull);
		dot = strchr(text, '.');
		if (pull >= 9.995 && dot && dot[1])
			dot[2] = '\0'; /* 12.3 */
	}
	draw_right(c, y, end, 6, isfinite(pull) && pull >= 1.5 && !ch->silent ?
		   INK_STRONG : INK_DIM, text);
}

static void draw_along(struct canvas *c, int y, int end, const struct channel *ch)
{
	char text[24] = "-";

	if (isfinite(ch->along) && fabs(ch->along) < 10 && !ch->silent)
		snprintf(text, sizeof text, "%.0f%%", 100 * ch->along);
	if (str_eq(text, "-0%"))
		str_copy(text, sizeof text, "0%");
	draw_right(c, y, end, 6, ch->silent ? INK_DIM : text[0] == '-' && text[1] ? INK_BAD :
		   INK_TEXT, text);
}

static void draw_row(struct canvas *c, const struct ui *ui, int i, int y,
		     const struct columns *k)
{
	const struct channel *ch = &ui->pic->ch[i];
	enum ink ink = ch->silent ? INK_DIM : ink_channel(i);
	double weight = ch->weight * ch->factor;
	char number[24];

	draw_zone(c, (struct rect){y, 0, 1, c->cols}, i, DO_NONE, 0);
	draw_textf(c, y, 2, 1, ink_channel(i), "%c", channel_letter(i));
	draw_foreign(c, y, 4, k->name_w, ink, ch->name);
	snprintf(number, sizeof number, fabs(weight) < 99.995 ? "%.2f" :
		 fabs(weight) < 99999.5 ? "%.0f" : "%.0e", weight);
	draw_right(c, y, k->weight, 6, ch->silent ? INK_DIM : weight < 0 ? INK_WARN :
		   INK_STRONG, number);
	draw_part(c, y, k->share, k->share_bar, k, ch->share, ink);
	draw_part(c, y, k->effective, k->effective_bar, k, ch->effective, ink);
	draw_right(c, y, k->norm, 7, ch->silent ? INK_DIM : INK_TEXT,
		   fmt_value(number, ch->grad_norm));
	if (k->pull)
		draw_pull(c, y, k->pull, ch);
	if (k->along)
		draw_along(c, y, k->along, ch);
	if (k->step)
		draw_right(c, y, k->step, 9, INK_DIM, isfinite(ch->grad_norm) ?
			   fmt_count(number, ch->grad_step) : "-");
}

static void draw_rows(struct canvas *c, const struct ui *ui,
		      const struct gradients_layout *l)
{
	int n = ui->pic->n_channels, first = layout_first(n, l->visible, ui->channel);
	struct columns k;

	place_columns(l->table.w, &k);
	draw_columns(c, l->table.y, &k);
	if (first > 0)
		draw_text(c, l->table.y, 0, 1, INK_DIM, "↑");
	for (int r = 0; r < l->visible && first + r < n; r++) {
		int y = l->table.y + 1 + r;

		if (first + r == ui->channel) {
			c->paper = PAPER_ROW;
			draw_fill(c, (struct rect){y, 0, 1, l->table.w});
			draw_text(c, y, 0, 1, INK_STRONG, "▸");
		}
		draw_row(c, ui, first + r, y, &k);
		c->paper = PAPER_NONE;
	}
	if (first + l->visible < n)
		draw_text(c, l->table.y + l->visible, 0, 1, INK_DIM, "↓");
}

/* --- the norms over the run --- */

static void draw_legend(struct canvas *c, const struct ui *ui, struct rect r)
{
	int x = r.x + 1;

	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 10, INK_STRONG, "NORM") + 2;
	c->flags = 0;
	x += draw_text(c, r.y, x, r.w / 2, INK_DIM, r.w >= 100 ?
		       "of each task's gradient on what is shared · log" : "log") + 3;
	legend_channels(c, ui->pic, ui->channel, r.y, x, r.x + r.w - 1, ui->chart.one);
}

static void draw_norms(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct snapshot *s = ui->pic;
	struct plot p = {.x_max = (double)axis_last(s),
			 .range = *range_of(ui), .scale = 1};

	if (!p.range.is_set) {
		draw_text(c, r.y + r.h / 2, r.x + 9, r.w - 9, INK_DIM,
			  "nothing measured yet");
		return;
	}
	plot_begin(c, &p, r);
	for (int k = 1; k <= s->n_channels; k++) { /* the chosen one on top */
		int i = (ui->channel + k) % s->n_channels;
		const struct grad_curve *g = &s->ch[i].grad_curve;
		struct plot_line l = {.v = g->norm, .at = g->step,
				      .ink = ink_channel(i), .mark = channel_mark(i)};

		l.n = g->n < GRAD_POINTS ? g->n : GRAD_POINTS;
		if (!is_hidden(ui, i))
			plot_line(c, &p, &l);
	}
	for (int k = 0; k < s->n_channels; k++) { /* and named first */
		int i = (ui->channel + k) % s->n_channels;
		const struct grad_curve *g = &s->ch[i].grad_curve;
		int n = g->n < GRAD_POINTS ? g->n : GRAD_POINTS;

		if (n && !is_hidden(ui, i))
			plot_name(c, &p, g->step[n - 1], (double)g->norm[n - 1],
				  channel_letter(i), ink_channel(i));
	}
}

void gradients_help(struct canvas *c, struct rect r, const char *text_of)
{
	struct rect text = rect_cut(r, 0, 1, 0, 1);
	struct word *w;
	struct cell *k;
	int n;

	w = words_cut(text_of, &n);
	words_draw(c, text, w, n, 0, false);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			if ((k = canvas_at(c, y, x)))
				k->ink = INK_DIM;
	xfree(w);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	struct gradients_layout l;
	int a, b;

	if (gradients_view(ui)->shows_pairs) {
		pairs_draw(c, ui, body);
		return;
	}
	layout_gradients(body, ui->pic->n_channels, &l);
	draw_head(c, ui, l.head);
	draw_rows(c, ui, &l);
	if (l.words.h > 0 && !snapshot_shares_nothing(ui->pic) &&
	    conflicts_worst(&ui->pic->conflicts, &a, &b)) {
		int n = l.words.w >= 76 ? draw_text(c, l.words.y, 1, 8, INK_DIM, "least:") + 1 : 0;

		pairs_words(c, ui->pic, l.words.y, 1 + n, l.words.w - 2 - n, a, b);
	}
	if (l.chart.h > 0) {
		draw_legend(c, ui, l.legend);
		draw_norms(c, ui, l.chart);
	}
	if (l.help.h > 0)
		gradients_help(c, l.help, l.help.h > 2 ? full_text : brief_text);
}

static bool act(struct ui *ui, int action, int arg)
{
	int n = ui->pic->n_channels;

	if (!n)
		return false;
	if (action == DO_CHART) {
		gradients_view(ui)->shows_pairs = !gradients_view(ui)->shows_pairs;
		return true;
	}
	if (gradients_view(ui)->shows_pairs)
		return pairs_act(ui, action, arg);
	switch ((enum action)action) {
	case DO_MOVE:
		ui->channel = (ui->channel + arg + n) % n;
		break;
	case DO_CHOOSE:
		if (arg < n)
			ui->channel = arg;
		break;
	case DO_END:
		ui->channel = arg < 0 ? 0 : n - 1;
		break;
	case DO_ONE:
		ui->chart.one = !ui->chart.one;
		break;
	default:
		return false;
	}
	if (ui->chart.one || action == DO_ONE)
		curve_range_clear(range_of(ui));
	return true;
}

/* The pair goes back to the one that agrees least, then the page to that of tasks. */
static bool back(struct ui *ui)
{
	struct gradients_view *v = gradients_view(ui);

	if (!v->shows_pairs)
		return false;
	if (v->is_chosen)
		v->is_chosen = false;
	else
		v->shows_pairs = false;
	ui_recalc(ui);
	return true;
}

const struct view view_gradients = {
	.digit = '7', .name = "Gradients", .brief = "Grad",
	.own_new = own_new, .own_free = xfree,
	.recalc = recalc, .draw = draw, .act = act, .back = back,
	.hints = "j k task   t pairs|tasks   h l n pair   < > part   M measure   Enter one|all",
	.looks = "j k task   t pairs|tasks   h l n pair   < > part   Enter one|all",
	.steers = true,
};
