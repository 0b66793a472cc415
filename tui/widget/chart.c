/*
 * chart.c - what the chart shows, as numbers: lines, axis, ranges, the window.
 */
#include "chart.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

const int smoothing_steps[SMOOTHINGS] = {0, 10, 50, 200, 1000};

void chart_init(struct chart *c)
{
	memset(c, 0, sizeof *c);
	c->smoothing = SMOOTHING_USUAL;
	c->cursor = -1;
	c->loss_range.log = true;
	c->dev_range.unit = 0.1;
	c->norm_range.log = true;
	c->share_range.unit = 0.25;
	overlay_init(&c->overlay);
}

void chart_release(struct chart *c)
{
	marks_release(&c->marks);
	overlay_release(&c->overlay);
	fine_release(&c->fine);
	xfree(c->line);
	xfree(c->other);
}

const char *chart_name(enum chart_kind k)
{
	static const char *const names[CHARTS] = {
		[CHART_LOSS] = "LOSS", [CHART_DEV] = "DEV",
		[CHART_NORM] = "GRADIENT NORM", [CHART_SHARE] = "SHARE",
	};

	return names[k];
}

const char *chart_value(enum chart_kind k, enum metric_id m, char out[24], double v)
{
	if (k == CHART_DEV)
		return fmt_score(out, m, v);
	return k == CHART_SHARE ? fmt_metric(out, v) : fmt_value(out, v);
}

double chart_scale(const struct chart *c, const struct snapshot *s)
{
	if (c->kind == CHART_DEV && c->channel < s->n_channels)
		return fmt_scale(s->ch[c->channel].metric);
	return c->kind == CHART_SHARE ? 100 : 1;
}

const struct curve_range *chart_range(const struct chart *c)
{
	switch (c->kind) {
	case CHART_DEV: return &c->dev_range;
	case CHART_NORM: return &c->norm_range;
	case CHART_SHARE: return &c->share_range;
	default: return &c->loss_range;
	}
}

static bool is_shown(const struct chart *c, int i)
{
	return !c->is_full || !c->one || i == c->channel;
}

static bool is_windowed(const struct chart *c)
{
	return c->is_full && c->to > 0;
}

/* --- the window --- */

/* Where it may be: it never leaves the run, nor gets narrower than it may. */
static void place(struct chart *c, const struct snapshot *s, int64_t from, int64_t width)
{
	int64_t last = axis_last(s);

	width = width < WINDOW_LEAST ? WINDOW_LEAST : width;
	if (width >= last) {
		chart_fit(c);
		return;
	}
	from = from > last - width ? last - width : from;
	c->from = from < 0 ? 0 : from;
	c->to = c->from + width;
	c->follows = c->from <= s->step && c->to >= s->step &&
		     s->phase < PHASE_DONE && c->cursor < 0;
	curve_range_clear(&c->loss_range);
	curve_range_clear(&c->norm_range);
	curve_range_clear(&c->dev_range);
}

void chart_fit(struct chart *c)
{
	c->from = c->to = 0;
	c->follows = false;
	curve_range_clear(&c->loss_range);
	curve_range_clear(&c->norm_range);
	curve_range_clear(&c->dev_range);
}

void chart_zoom(struct chart *c, const struct snapshot *s, int power)
{
	int64_t from = c->to ? c->from : 0, to = c->to ? c->to : axis_last(s);
	int64_t width = to - from;
	int64_t next = power > 0 ? width / 2 : width < INT64_MAX / 4 ? width * 2 : INT64_MAX;
	int64_t at = c->cursor;
	double part;

	if (at < 0) { /* the right end of what is there */
		at = s->step < to ? s->step : to;
		at = at < from ? from : at;
		part = 0.875; /* with room to grow into */
		if (at == to && s->step > to)
			part = 1;
	} else {
		at = at < from ? from : at > to ? to : at;
		part = (double)(at - from) / (double)width;
	}
	place(c, s, at - (int64_t)llrint(part * (double)next), next);
}

void chart_pan(struct chart *c, const struct snapshot *s, double part)
{
	int64_t width = c->to - c->from;

	if (!c->to)
		return;
	place(c, s, c->from + (int64_t)llrint(part * (double)width), width);
	if (c->cursor >= 0 && c->to) { /* it goes along, to be seen */
		c->cursor = c->cursor > c->to ? c->to :
			    c->cursor <= c->from ? c->from + 1 : c->cursor;
		c->cursor = c->cursor > s->step ? s->step : c->cursor;
	}
}

static void follow(struct chart *c, const struct snapshot *s)
{
	int64_t width = c->to - c->from;

	if (!c->to)
		return;
	if (c->to > axis_last(s))
		place(c, s, c->from, width);
	while (c->follows && c->to && c->to < s->step) { /* in jumps: few bytes */
		c->from += width / 4 > 1 ? width / 4 : 1;
		c->to = c->from + width;
	}
}

void chart_look_at(struct chart *c, const struct snapshot *s, int64_t step)
{
	int64_t newest = s->step > 1 ? s->step : 1;

	c->cursor = step < 1 ? 1 : step > newest ? newest : step;
	c->follows = false;
	if (c->to && (c->cursor <= c->from || c->cursor > c->to))
		place(c, s, c->cursor - (c->to - c->from) / 2, c->to - c->from);
}

void chart_move_cursor(struct chart *c, const struct snapshot *s, int hundredths)
{
	struct plot p = {.x_min = c->x_min, .x_max = c->x_max, .axis = &c->x};
	int64_t from = c->cursor >= 0 ? c->cursor : s->step, to;
	double part = plot_part(&p, (double)from) + hundredths / 100.0;

	to = (int64_t)llrint(plot_step_at(&p, part));
	if (hundredths > 0 && to <= from)
		to = from + 1;
	if (hundredths < 0 && to >= from)
		to = from - 1;
	chart_look_at(c, s, to);
}

int64_t chart_where(const struct chart *c, const struct snapshot *s)
{
	if (c->cursor >= 0)
		return c->cursor;
	return is_windowed(c) && c->to < s->step ? c->to : s->step;
}

/* --- lines --- */

static void make_line(struct series *out, const struct chart *c,
		      const struct snapshot *s, const struct fine *f,
		      const struct totals *t, int i)
{
	int steps = smoothing_steps[c->smoothing];

	if (c->kind == CHART_SHARE)
		series_share(out, s, f, t, i, steps);
	else if (c->kind == CHART_NORM)
		series_norm(out, &s->curve, f, steps, s->step);
	else
		series_loss(out, &s->ch[i].curve, f, i, steps, s->step);
}

/* Of the other run: the task of the same name, or the whole step. */
static void make_other(struct chart *c, const char *name, int i, const struct totals *t)
{
	const struct snapshot *s = &c->overlay.snap;
	const struct channel *o = overlay_channel(&c->overlay, name);

	c->other[i].n = 0;
	if (c->kind == CHART_NORM && c->overlay.is_on)
		make_line(&c->other[i], c, s, NULL, t, 0);
	else if (o)
		make_line(&c->other[i], c, s, NULL, t, (int)(o - s->ch));
}

static void make_lines(struct chart *c, const struct snapshot *s)
{
	const struct fine *f = is_windowed(c) ? &c->fine : NULL;
	int n = c->kind == CHART_DEV ? 0 : s->n_channels;
	struct totals here, there;

	if (c->kind == CHART_SHARE) {
		series_totals(&here, s, f);
		series_totals(&there, &c->overlay.snap, NULL);
	}
	if (n > c->n_lines) {
		c->line = xreallocarray(c->line, (size_t)n, sizeof *c->line);
		c->other = xreallocarray(c->other, (size_t)n, sizeof *c->other);
	}
	c->n_lines = n > c->n_lines ? n : c->n_lines;
	for (int i = 0; i < n && (i == 0 || c->kind != CHART_NORM); i++) {
		make_line(&c->line[i], c, s, f, &here, i);
		make_other(c, s->ch[i].name, i, &there);
	}
}

double chart_at(const struct chart *c, const struct snapshot *s, int channel, int64_t step,
		bool raw)
{
	const struct series *l;
	double v = NAN;

	if (c->kind == CHART_DEV) {
		const struct dev_curve *d = &s->ch[channel].dev_curve;

		for (int k = 0; k < d->n && k < DEV_POINTS; k++)
			if (d->step[k] <= step)
				v = (double)d->value[k];
		return v;
	}
	if (channel >= c->n_lines)
		return NAN;
	l = &c->line[c->kind == CHART_NORM ? 0 : channel];
	return series_at(l, raw ? l->raw : l->value, step);
}

/* --- ranges --- */

struct extent {
	double lo, hi;
	int64_t from, to; /* steps that count */
};

static void widen(struct extent *e, double v)
{
	if (!isfinite(v))
		return;
	e->lo = v < e->lo ? v : e->lo;
	e->hi = v > e->hi ? v : e->hi;
}

static void widen_line(struct extent *e, const struct series *l, bool raw)
{
	for (int i = 0; i < l->n; i++) {
		int64_t at = l->first + (i + 1) * l->span;

		if (at <= e->from || at - l->span >= e->to)
			continue;
		widen(e, (double)l->value[i]);
		if (raw)
			widen(e, (double)l->raw[i]);
	}
}

static void widen_dev(struct extent *e, const struct channel *ch)
{
	const struct dev_curve *d = &ch->dev_curve;

	for (int k = 0; k < d->n && k < DEV_POINTS; k++)
		if (d->step[k] >= e->from && d->step[k] <= e->to)
			widen(e, (double)d->value[k]);
	widen(e, ch->baseline);
}

static void gather(const struct chart *c, const struct snapshot *s, struct extent *e)
{
	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *ch = &s->ch[i];
		const struct channel *o = overlay_channel(&c->overlay, ch->name);

		if (!is_shown(c, i) && c->kind != CHART_NORM)
			continue;
		if (c->kind == CHART_DEV) {
			widen_dev(e, ch);
			if (o)
				widen_dev(e, o);
			continue;
		}
		if (c->kind == CHART_NORM && i)
			break;
		widen_line(e, &c->line[i], c->shows_raw);
		widen_line(e, &c->other[i], false);
	}
}

/* In a window where little happens an octave is too much for one line. */
static void fit_octaves(struct curve_range *r, const struct extent *e, bool is_near)
{
	double unit = 1, octaves = e->lo > 0 ? log2(e->hi / e->lo) : INFINITY;

	if (is_near && r->is_set && octaves >= r->unit && octaves < 10 * r->unit)
		return; /* it stands still */
	while (is_near && unit > 1.0 / 64 && octaves < 2 * unit)
		unit /= 4;
	if (r->unit != unit)
		r->is_set = false;
	r->unit = unit;
}

/* The height of a unit on a linear axis: four of them, or fewer, to the top. */
static void fit_unit(struct curve_range *r, double hi)
{
	double top = 1;

	while (top < hi / 4 && top < 1e18)
		top *= 2;
	while (top > 1e-6 && top > hi / 2)
		top /= 2;
	if (r->unit != top)
		r->is_set = false;
	r->unit = top;
}

static void fit_ranges(struct chart *c, const struct snapshot *s)
{
	struct extent e = {INFINITY, -INFINITY, 0, INT64_MAX};

	c->loss_range.log = !c->is_linear;
	if (is_windowed(c)) {
		e.from = c->from;
		e.to = c->to;
	}
	gather(c, s, &e);
	if (c->kind == CHART_SHARE) {
		c->share_range.is_set = c->n_lines > 0;
		c->share_range.lo = 0;
		c->share_range.hi = e.hi > .5 ? 4 : e.hi > .25 ? 2 : 1;
		c->share_range.unit = 0.25;
		return;
	}
	if (c->kind == CHART_LOSS && c->is_linear && e.lo <= e.hi) {
		fit_unit(&c->loss_range, e.hi);
		e.lo = 0;
	}
	if (e.lo > e.hi)
		return;
	if (c->kind == CHART_NORM || (c->kind == CHART_LOSS && !c->is_linear))
		fit_octaves(c->kind == CHART_NORM ? &c->norm_range : &c->loss_range,
			    &e, is_windowed(c));
	curve_range_fit(c->kind == CHART_LOSS ? &c->loss_range :
			c->kind == CHART_DEV ? &c->dev_range : &c->norm_range, e.lo, e.hi);
}

static void make_axis(struct chart *c, const struct snapshot *s)
{
	axis_make(&c->x, c->is_full ? c->axis : AXIS_STEP, c->is_full && c->is_log_x, s,
		  c->channel);
	if (is_windowed(c)) {
		c->x_min = axis_value(&c->x, (double)c->from);
		c->x_max = axis_value(&c->x, (double)c->to);
	} else {
		c->x_min = 0;
		c->x_max = axis_end(&c->x, s);
		if (c->overlay.is_on && c->x.kind == AXIS_STEP) /* the longer one's */
			c->x_max = fmax(c->x_max, (double)c->overlay.snap.step);
	}
}

bool chart_recalc(struct chart *c, const struct chart_input *in)
{
	bool is_partly = false;

	c->channel = in->channel;
	c->is_full = in->is_full;
	follow(c, in->s);
	make_axis(c, in->s);
	if (is_windowed(c))
		is_partly = fine_read(&c->fine, in->feed, in->s, c->from, c->to, in->now);
	make_lines(c, in->s);
	fit_ranges(c, in->s);
	return is_partly;
}

void chart_next_kind(struct chart *c, int by)
{
	c->kind = (enum chart_kind)(((int)c->kind + by) % CHARTS);
}

void chart_turn_linear(struct chart *c)
{
	c->is_linear = !c->is_linear;
	curve_range_clear(&c->loss_range);
}
