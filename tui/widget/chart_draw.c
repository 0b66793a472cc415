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

static void say_smoothing(const struct chart *k, const struct snapshot *s, char out[32])
{
	int steps = smoothing_steps[k->smoothing];

	if (k->kind == CHART_DEV)
		str_copy(out, 32, chart_scale(k, s) > 1 ? "metric x 100" : "correlation");
	else if (!steps)
		str_copy(out, 32, "not smoothed");
	else if (k->smoothing == SMOOTHING_USUAL)
		str_copy(out, 32, "smoothed");
	else
		str_format(out, 32, "smoothed %d", steps);
}

static void say_axes(const struct chart *k, const struct snapshot *s, int width,
		     char out[128])
{
	char smoothing[32], from[24], to[24];
	int64_t span = k->n_lines && k->kind != CHART_DEV ? k->line[0].span : 1;
	size_t n;

	say_smoothing(k, s, smoothing);
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

/* One chart being drawn. */
struct drawing {
	struct canvas *c;
	const struct chart *k;
	const struct snapshot *s;
	struct plot p;
	bool is_crowd; /* more lines than rows: the chosen one stands for itself */
};

static int n_shown(const struct chart *k, const struct snapshot *s)
{
	return k->is_full && k->one ? 1 : s->n_channels;
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

/* The chosen task's name, and what became of the others. */
static void legend_crowd(const struct drawing *d, int y, int x, int end)
{
	int chosen = d->k->channel;
	struct canvas *c = d->c;

	draw_cell(c, y, x, channel_sign(c, chosen), ink_channel(chosen));
	x += 2;
	x += draw_name(c, y, x, end - x, INK_STRONG, d->s->ch[chosen].name) + 3;
	draw_textf(c, y, x, end - x, INK_DIM, c->fancy ? "%d others thin" :
		   "%d others not drawn", d->s->n_channels - 1);
}

static void draw_legend(const struct drawing *d, struct rect r)
{
	struct canvas *c = d->c;
	int x = r.x + 1, end = legend_overlay(c, d->k, r.y, r.x + r.w - 1);
	char text[128];

	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 14, INK_STRONG, chart_name(d->k->kind)) + 2;
	c->flags = 0;
	say_axes(d->k, d->s, r.w, text);
	x += draw_text(c, r.y, x, end - x, INK_DIM, text) + 3;
	if (d->is_crowd)
		legend_crowd(d, r.y, x, end);
	else if (d->k->kind != CHART_NORM)
		legend_channels(c, d->s, d->k->channel, r.y, x, end,
				n_shown(d->k, d->s) == 1);
}

/* --- lines --- */

static void dev_line(const struct drawing *d, const struct channel *ch,
		     struct plot_line *l)
{
	l->n = ch->dev_curve.n < DEV_POINTS ? ch->dev_curve.n : DEV_POINTS;
	l->v = ch->dev_curve.value;
	l->at = ch->dev_curve.step;
	plot_line(d->c, &d->p, l);
}

static void series_line(const struct drawing *d, const struct series *s, bool raw,
			struct plot_line *l)
{
	l->n = s->n;
	l->v = raw ? s->raw : s->value;
	l->first = s->first;
	l->span = s->span > 0 ? s->span : 1;
	l->last = s->last;
	plot_line(d->c, &d->p, l);
}

static enum ink line_ink(const struct chart *k, int i)
{
	return k->kind == CHART_NORM ? INK_TEXT : ink_channel(i);
}

static void draw_other(const struct drawing *d, int i)
{
	const struct chart *k = d->k;
	const struct channel *o = overlay_channel(&k->overlay, d->s->ch[i].name);
	struct plot_line l = {.ink = line_ink(k, i), .dotted = true};

	l.mark = (char)('a' + i % 26);
	if (k->kind == CHART_DEV && o)
		dev_line(d, o, &l);
	else if (k->kind != CHART_DEV)
		series_line(d, &k->other[i], false, &l);
}

static void draw_channel(const struct drawing *d, int i, bool raw)
{
	struct plot_line l = {.ink = line_ink(d->k, i), .mark = channel_mark(i)};

	if (d->k->kind == CHART_DEV) {
		dev_line(d, &d->s->ch[i], &l);
		return;
	}
	if (raw) {
		l.ink = INK_FRAME;
		l.mark = '.';
		l.dots = true;
	}
	series_line(d, &d->k->line[i], raw, &l);
}

static void draw_thin(const struct drawing *d, int i)
{
	struct plot_line l = {.ink = INK_FRAME, .dots = true};

	if (d->k->kind == CHART_DEV)
		dev_line(d, &d->s->ch[i], &l);
	else
		series_line(d, &d->k->line[i], false, &l);
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
static void draw_names(const struct drawing *d)
{
	const struct chart *k = d->k;
	int n = d->s->n_channels;
	struct tip t;

	for (int j = 0; j < (d->is_crowd ? 1 : n); j++) {
		int i = (k->channel + j) % n;
		const struct channel *ch = &d->s->ch[i];
		const struct channel *o = overlay_channel(&k->overlay, ch->name);
		char letter = channel_letter(i);

		if (is_hidden(k, i))
			continue;
		d->c->flags = j ? 0 : CELL_BOLD;
		if (find_tip(k, ch, k->n_lines ? &k->line[i] : NULL, &t))
			plot_name(d->c, &d->p, t.step, t.v, letter, line_ink(k, i));
		if (o && find_tip(k, o, k->n_lines ? &k->other[i] : NULL, &t))
			plot_name(d->c, &d->p, t.step, t.v,
				  letter >= 'A' ? (char)(letter - 'A' + 'a') : letter,
				  line_ink(k, i));
		d->c->flags = 0;
	}
}

/* Without colours the chosen one is told by its weight. */
static void draw_all(const struct drawing *d, int n)
{
	bool norm = d->k->kind == CHART_NORM;

	for (int j = 1; j <= n; j++) { /* the chosen one on top */
		int i = norm ? 0 : (d->k->channel + j) % n;

		d->c->flags = !d->c->colour && j == n && n > 1 ? CELL_BOLD : 0;
		if (norm || !is_hidden(d->k, i))
			draw_channel(d, i, false);
		d->c->flags = 0;
	}
}

/* The others as single grey dots, where the terminal has dots. */
static void draw_crowd(const struct drawing *d, int n)
{
	for (int j = 1; j < n && d->c->fancy; j++)
		draw_thin(d, (d->k->channel + j) % n);
	draw_channel(d, d->k->channel, false);
}

static void draw_lines(const struct drawing *d)
{
	const struct chart *k = d->k;
	const struct snapshot *s = d->s;
	bool norm = k->kind == CHART_NORM;
	int n = norm ? s->n_channels > 0 : s->n_channels;

	for (int i = 0; k->shows_raw && k->kind != CHART_DEV && i < n; i++)
		if (norm || (!is_hidden(k, i) && (!d->is_crowd || i == k->channel)))
			draw_channel(d, i, true);
	for (int i = 0; k->overlay.is_on && i < n; i++)
		if (norm || (!is_hidden(k, i) && (!d->is_crowd || i == k->channel)))
			draw_other(d, i);
	if (d->is_crowd)
		draw_crowd(d, n);
	else
		draw_all(d, n);
	if (norm && curve_range_place(&d->p.range, s->clip) > 0)
		plot_level(d->c, &d->p, s->clip, INK_WARN);
	if (k->kind == CHART_DEV && n)
		plot_level(d->c, &d->p, s->ch[k->channel].baseline,
			   k->one ? ink_channel(k->channel) : INK_DIM);
	if (!norm)
		draw_names(d);
}

/* --- the journal on the axis --- */

static void draw_marks(const struct drawing *d)
{
	const struct marks *m = &d->k->marks;
	int visible = 0;

	for (int i = 0; i < m->n; i++)
		visible += plot_column(&d->p, m->e[i].step) >= 0;
	for (int i = 0; i < m->n; i++)
		plot_event(d->c, &d->p, m->e[i].step, mark_letter(&m->e[i]),
			   mark_ink(d->s, &m->e[i]), visible <= MARKS_WITH_LINES);
}

void draw_chart(struct canvas *c, const struct chart *k, const struct snapshot *s,
		struct rect legend, struct rect chart)
{
	static const char *const nothing[CHARTS] = {
		[CHART_LOSS] = "no step yet", [CHART_DEV] = "no evaluation yet",
		[CHART_NORM] = "no step yet", [CHART_SHARE] = "no step yet"};
	struct drawing d = {.c = c, .k = k, .s = s,
			    .p = {.x_min = k->x_min, .x_max = k->x_max, .axis = &k->x,
				  .range = *chart_range(k), .scale = chart_scale(k, s)},
			    .is_crowd = k->kind != CHART_NORM && n_shown(k, s) > chart.h};

	if (legend.h > 0)
		draw_legend(&d, legend);
	if (!d.p.range.is_set) {
		draw_text(c, chart.y + chart.h / 2, chart.x + 9, chart.w - 9, INK_DIM,
			  s->is_imported ? "imported predictions: no training is known" :
			  nothing[k->kind]);
		return;
	}
	plot_begin(c, &d.p, chart);
	if (d.p.area.h <= 0)
		return;
	draw_marks(&d);
	draw_lines(&d);
	if (k->is_full && k->cursor >= 0)
		plot_cursor(c, &d.p, k->cursor);
}
