/*
 * chart.c - what the chart shows, as numbers: lines, axis, ranges, the window.
 */
#include "chart.h"

#include <math.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/mem.h"
#include "keys.h"
#include "ui.h"

const int smoothing_steps[SMOOTHINGS] = {0, 10, 50, 200, 1000};

void charting_init(struct charting *c)
{
	memset(c, 0, sizeof *c);
	c->smoothing = SMOOTHING_USUAL;
	c->norm_range.log = true;
	c->share_range.unit = 0.25;
	overlay_init(&c->overlay);
}

void charting_release(struct charting *c)
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

double chart_scale(const struct ui *ui)
{
	if (ui->chart == CHART_DEV && ui->channel < ui->pic->n_channels)
		return fmt_scale(ui->pic->ch[ui->channel].metric);
	return ui->chart == CHART_SHARE ? 100 : 1;
}

const struct curve_range *chart_range(const struct ui *ui)
{
	switch (ui->chart) {
	case CHART_DEV: return &ui->dev_range;
	case CHART_NORM: return &ui->charts.norm_range;
	case CHART_SHARE: return &ui->charts.share_range;
	default: return &ui->loss_range;
	}
}

static bool is_shown(const struct ui *ui, int i)
{
	return ui->view != VIEW_CURVES || !ui->one || i == ui->channel;
}

static bool is_windowed(const struct ui *ui)
{
	return ui->view == VIEW_CURVES && ui->charts.to > 0;
}

/* --- the window --- */

int64_t chart_last(const struct ui *ui)
{
	return axis_last(ui->pic);
}

/* Where it may be: it never leaves the run, nor gets narrower than it may. */
static void place(struct ui *ui, int64_t from, int64_t width)
{
	struct charting *c = &ui->charts;
	int64_t last = chart_last(ui);

	width = width < WINDOW_LEAST ? WINDOW_LEAST : width;
	if (width >= last) {
		chart_fit(ui);
		return;
	}
	from = from > last - width ? last - width : from;
	c->from = from < 0 ? 0 : from;
	c->to = c->from + width;
	c->follows = c->from <= ui->pic->step && c->to >= ui->pic->step &&
		     ui->pic->phase < PHASE_DONE && ui->cursor < 0;
	curve_range_clear(&ui->loss_range);
	curve_range_clear(&c->norm_range);
	curve_range_clear(&ui->dev_range);
}

void chart_fit(struct ui *ui)
{
	struct charting *c = &ui->charts;

	c->from = c->to = 0;
	c->follows = false;
	curve_range_clear(&ui->loss_range);
	curve_range_clear(&c->norm_range);
	curve_range_clear(&ui->dev_range);
}

void chart_zoom(struct ui *ui, int power)
{
	struct charting *c = &ui->charts;
	int64_t from = c->to ? c->from : 0, to = c->to ? c->to : chart_last(ui);
	int64_t width = to - from, next = power > 0 ? width / 2 :
					     width < INT64_MAX / 4 ? width * 2 :
								   INT64_MAX;
	int64_t at = ui->cursor;
	double part;

	if (at < 0) { /* the right end of what is there */
		at = ui->pic->step < to ? ui->pic->step : to;
		at = at < from ? from : at;
		part = 0.875; /* with room to grow into */
		if (at == to && ui->pic->step > to)
			part = 1;
	} else {
		at = at < from ? from : at > to ? to : at;
		part = (double)(at - from) / (double)width;
	}
	place(ui, at - (int64_t)llrint(part * (double)next), next);
}

void chart_pan(struct ui *ui, double part)
{
	struct charting *c = &ui->charts;
	int64_t width = c->to - c->from;

	if (!c->to)
		return;
	place(ui, c->from + (int64_t)llrint(part * (double)width), width);
	if (ui->cursor >= 0 && c->to) { /* it goes along, to be seen */
		ui->cursor = ui->cursor > c->to	   ? c->to :
			     ui->cursor <= c->from ? c->from + 1 :
						     ui->cursor;
		ui->cursor = ui->cursor > ui->pic->step ? ui->pic->step : ui->cursor;
	}
}

static void follow(struct ui *ui)
{
	struct charting *c = &ui->charts;
	int64_t width = c->to - c->from;

	if (!c->to)
		return;
	if (c->to > chart_last(ui))
		place(ui, c->from, width);
	while (c->follows && c->to && c->to < ui->pic->step) { /* in jumps: few bytes */
		c->from += width / 4 > 1 ? width / 4 : 1;
		c->to = c->from + width;
	}
}

void chart_look_at(struct ui *ui, int64_t step)
{
	struct charting *c = &ui->charts;
	int64_t newest = ui->pic->step > 1 ? ui->pic->step : 1;

	ui->cursor = step < 1 ? 1 : step > newest ? newest : step;
	c->follows = false;
	if (c->to && (ui->cursor <= c->from || ui->cursor > c->to))
		place(ui, ui->cursor - (c->to - c->from) / 2, c->to - c->from);
}

void chart_move_cursor(struct ui *ui, int hundredths)
{
	struct charting *c = &ui->charts;
	struct plot p = {.x_min = c->x_min, .x_max = c->x_max, .axis = &c->x};
	int64_t from = ui->cursor >= 0 ? ui->cursor : ui->pic->step, to;
	double part = plot_part(&p, (double)from) + hundredths / 100.0;

	to = (int64_t)llrint(plot_step_at(&p, part));
	if (hundredths > 0 && to <= from)
		to = from + 1;
	if (hundredths < 0 && to >= from)
		to = from - 1;
	chart_look_at(ui, to);
}

int64_t chart_where(const struct ui *ui)
{
	const struct charting *c = &ui->charts;

	if (ui->cursor >= 0)
		return ui->cursor;
	return is_windowed(ui) && c->to < ui->pic->step ? c->to : ui->pic->step;
}

/* --- lines --- */

static void make_line(struct series *out, const struct ui *ui,
		      const struct snapshot *s, const struct fine *f,
		      const struct totals *t, int i)
{
	int steps = smoothing_steps[ui->charts.smoothing];

	if (ui->chart == CHART_SHARE)
		series_share(out, s, f, t, i, steps);
	else if (ui->chart == CHART_NORM)
		series_norm(out, &s->curve, f, steps, s->step);
	else
		series_loss(out, &s->ch[i].curve, f, i, steps, s->step);
}

/* Of the other run: the task of the same name, or the whole step. */
static void make_other(struct ui *ui, int i, const struct totals *t)
{
	struct charting *c = &ui->charts;
	const struct snapshot *s = &c->overlay.snap;
	const struct channel *o = overlay_channel(&c->overlay, ui->pic->ch[i].name);

	c->other[i].n = 0;
	if (ui->chart == CHART_NORM && c->overlay.is_on)
		make_line(&c->other[i], ui, s, NULL, t, 0);
	else if (o)
		make_line(&c->other[i], ui, s, NULL, t, (int)(o - s->ch));
}

static void make_lines(struct ui *ui)
{
	struct charting *c = &ui->charts;
	const struct snapshot *s = ui->pic;
	const struct fine *f = is_windowed(ui) ? &c->fine : NULL;
	int n = ui->chart == CHART_DEV ? 0 : s->n_channels;
	struct totals here, there;

	if (ui->chart == CHART_SHARE) {
		series_totals(&here, s, f);
		series_totals(&there, &c->overlay.snap, NULL);
	}
	if (n > c->n_lines) {
		c->line = xreallocarray(c->line, (size_t)n, sizeof *c->line);
		c->other = xreallocarray(c->other, (size_t)n, sizeof *c->other);
	}
	c->n_lines = n > c->n_lines ? n : c->n_lines;
	for (int i = 0; i < n && (i == 0 || ui->chart != CHART_NORM); i++) {
		make_line(&c->line[i], ui, s, f, &here, i);
		make_other(ui, i, &there);
	}
}

double chart_at(const struct ui *ui, int channel, int64_t step, bool raw)
{
	const struct snapshot *s = ui->pic;
	const struct series *l;
	double v = NAN;

	if (ui->chart == CHART_DEV) {
		const struct dev_curve *d = &s->ch[channel].dev_curve;

		for (int k = 0; k < d->n && k < DEV_POINTS; k++)
			if (d->step[k] <= step)
				v = (double)d->value[k];
		return v;
	}
	if (channel >= ui->charts.n_lines)
		return NAN;
	l = &ui->charts.line[ui->chart == CHART_NORM ? 0 : channel];
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

static void gather(const struct ui *ui, struct extent *e)
{
	const struct charting *c = &ui->charts;

	for (int i = 0; i < ui->pic->n_channels; i++) {
		const struct channel *ch = &ui->pic->ch[i];
		const struct channel *o = overlay_channel(&c->overlay, ch->name);

		if (!is_shown(ui, i) && ui->chart != CHART_NORM)
			continue;
		if (ui->chart == CHART_DEV) {
			widen_dev(e, ch);
			if (o)
				widen_dev(e, o);
			continue;
		}
		if (ui->chart == CHART_NORM && i)
			break;
		widen_line(e, &c->line[i], ui->raw);
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

static void fit_ranges(struct ui *ui)
{
	struct charting *c = &ui->charts;
	struct extent e = {INFINITY, -INFINITY, 0, INT64_MAX};

	ui->loss_range.log = !ui->linear;
	if (is_windowed(ui)) {
		e.from = c->from;
		e.to = c->to;
	}
	gather(ui, &e);
	if (ui->chart == CHART_SHARE) {
		c->share_range.is_set = c->n_lines > 0;
		c->share_range.lo = 0;
		c->share_range.hi = e.hi > .5 ? 4 : e.hi > .25 ? 2 : 1;
		c->share_range.unit = 0.25;
		return;
	}
	if (ui->chart == CHART_LOSS && ui->linear && e.lo <= e.hi) {
		fit_unit(&ui->loss_range, e.hi);
		e.lo = 0;
	}
	if (e.lo > e.hi)
		return;
	if (ui->chart == CHART_NORM || (ui->chart == CHART_LOSS && !ui->linear))
		fit_octaves(ui->chart == CHART_NORM ? &c->norm_range : &ui->loss_range,
			    &e, is_windowed(ui));
	curve_range_fit(ui->chart == CHART_LOSS ? &ui->loss_range :
			ui->chart == CHART_DEV	? &ui->dev_range :
						  &c->norm_range, e.lo, e.hi);
}

static void make_axis(struct ui *ui)
{
	struct charting *c = &ui->charts;
	bool is_here = ui->view == VIEW_CURVES;

	axis_make(&c->x, is_here ? c->axis : AXIS_STEP, is_here && c->is_log_x, ui->pic,
		  ui->channel);
	if (is_windowed(ui)) {
		c->x_min = axis_value(&c->x, (double)c->from);
		c->x_max = axis_value(&c->x, (double)c->to);
	} else {
		c->x_min = 0;
		c->x_max = axis_end(&c->x, ui->pic);
		if (c->overlay.is_on && c->x.kind == AXIS_STEP) /* the longer one's */
			c->x_max = fmax(c->x_max, (double)c->overlay.snap.step);
	}
}

static void take_overlay(struct ui *ui)
{
	struct err err = {""};
	enum status st = overlay_take(&ui->charts.overlay, &err);

	if (!st)
		ui_say(ui, false, "behind the curves: %s", ui->charts.overlay.snap.run);
	else if (st != ST_END)
		ui_say(ui, true, "%s", err.text);
}

void chart_recalc(struct ui *ui)
{
	struct charting *c = &ui->charts;

	take_overlay(ui);
	marks_read(&c->marks, &ui->feed, ui->pic);
	if (ui->view != VIEW_DESK && ui->view != VIEW_CURVES)
		return;
	follow(ui);
	make_axis(ui);
	if (is_windowed(ui) &&
	    fine_read(&c->fine, &ui->feed, ui->pic, c->from, c->to, ui->now))
		eventfd_write(ui->wake_fd, 1);
	make_lines(ui);
	fit_ranges(ui);
}

bool chart_act(struct ui *ui, int action, int arg)
{
	switch ((enum action)action) {
	case DO_CHART:
		ui->chart = (enum chart_kind)(((int)ui->chart + arg) % CHARTS);
		return true;
	case DO_LOG:
		ui->linear = !ui->linear;
		curve_range_clear(&ui->loss_range);
		return true;
	case DO_RAW:
		ui->raw = !ui->raw;
		return true;
	default:
		return false;
	}
}
