/*
 * axis.c - steps to epochs, examples, tokens or time, and back.
 */
#include "axis.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "screen/canvas.h"

const char *axis_name(enum axis_kind k)
{
	static const char *const names[AXES] = {
		[AXIS_STEP] = "steps", [AXIS_EPOCH] = "epochs",
		[AXIS_EXAMPLES] = "examples", [AXIS_TOKENS] = "tokens",
		[AXIS_TIME] = "time",
	};

	return names[k];
}

static void add_examples(struct axis *a, const struct channel *ch, double per)
{
	double sum = 0;

	for (int i = 0; i < a->n; i++) {
		if (i < ch->curve.n)
			sum += ch->curve.examples[i];
		a->at[i] += sum * per;
	}
}

static void fill(struct axis *a, const struct snapshot *s, int channel)
{
	const struct run_curve *c = &s->curve;

	for (int i = 0; i < a->n; i++)
		a->at[i] = a->kind == AXIS_TOKENS ? (double)c->tokens[i] :
			   a->kind == AXIS_TIME	  ? (double)c->seconds[i] :
						    0;
	if (a->kind == AXIS_EPOCH && channel < s->n_channels && s->ch[channel].n_train)
		add_examples(a, &s->ch[channel], 1 / (double)s->ch[channel].n_train);
	for (int i = 0; i < s->n_channels && a->kind == AXIS_EXAMPLES; i++)
		add_examples(a, &s->ch[i], 1);
}

void axis_make(struct axis *out, enum axis_kind kind, bool is_log,
	       const struct snapshot *s, int channel)
{
	out->kind = kind;
	out->is_log = is_log;
	out->n = s->curve.n < CURVE_POINTS ? s->curve.n : CURVE_POINTS;
	out->span = s->curve.span > 0 ? s->curve.span : 1;
	out->last = out->n * out->span;
	if (s->step > 0 && s->step < out->last && s->step > out->last - out->span)
		out->last = s->step;
	if (kind == AXIS_STEP)
		return;
	fill(out, s, channel);
	if (!out->n || !(out->at[out->n - 1] > 0))
		out->kind = AXIS_STEP;
}

static double point_step(const struct axis *a, int i)
{
	return i < 0 ? 0 : i == a->n - 1 ? (double)a->last : (double)((i + 1) * a->span);
}

static double point_value(const struct axis *a, int i)
{
	return i < 0 ? 0 : a->at[i];
}

double axis_value(const struct axis *a, double step)
{
	double s0, s1, v0, v1;
	int i;

	if (!a || a->kind == AXIS_STEP)
		return step;
	if (step <= 0)
		return 0;
	if (step >= (double)a->last)
		return a->at[a->n - 1] * step / (double)a->last;
	i = (int)(step / (double)a->span);
	if (i > a->n - 1)
		i = a->n - 1;
	s0 = point_step(a, i - 1), s1 = point_step(a, i);
	v0 = point_value(a, i - 1), v1 = point_value(a, i);
	return s1 > s0 ? v0 + (v1 - v0) * (step - s0) / (s1 - s0) : v1;
}

double axis_step(const struct axis *a, double value)
{
	int lo = 0, hi;
	double s0, s1, v0, v1;

	if (!a || a->kind == AXIS_STEP)
		return value;
	hi = a->n - 1;
	if (value <= 0)
		return 0;
	if (value >= a->at[hi])
		return (double)a->last * value / a->at[hi];
	while (lo < hi) { /* the first point that is not before it */
		int mid = (lo + hi) / 2;

		if (a->at[mid] < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	s0 = point_step(a, lo - 1), s1 = point_step(a, lo);
	v0 = point_value(a, lo - 1), v1 = point_value(a, lo);
	return v1 > v0 ? s0 + (s1 - s0) * (value - v0) / (v1 - v0) : s1;
}

/* The smallest of 1, 2, 5 (times ten to some power) that is not below x. */
static double nice(double x)
{
	double ten = pow(10, floor(log10(x) + 1e-9));

	for (int i = 0; i < 3; i++) {
		static const int step[] = {1, 2, 5};

		if (step[i] * ten >= x * (1 - 1e-9))
			return step[i] * ten;
	}
	return 10 * ten;
}

static double nice_time(double seconds)
{
	static const int row[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
				  3600, 7200, 10800, 21600, 43200, 86400};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (row[i] >= seconds)
			return row[i];
	return nice(seconds / 86400) * 86400;
}

int64_t axis_last(const struct snapshot *s)
{
	bool goes_on = s->phase < PHASE_DONE;
	int64_t end = goes_on && s->steps > s->step ? s->steps : s->step;

	return end > 1 ? end : 1;
}

double axis_end(const struct axis *a, const struct snapshot *s)
{
	double now = axis_value(a, (double)s->step);

	if (a->kind == AXIS_STEP)
		return (double)axis_last(s);
	if (!(now > 0))
		return 1;
	if (s->phase >= PHASE_DONE)
		return now;
	return a->kind == AXIS_TIME ? nice_time(now) : nice(now);
}

double axis_tick(enum axis_kind k, double range, int most)
{
	double least = range / ((most > 0 ? most : 1) + 1) * (1 + 1e-6), tick;

	if (!(least > 0))
		return 1;
	tick = k == AXIS_TIME ? nice_time(least) : nice(least);
	return k != AXIS_EPOCH && k != AXIS_TIME && tick < 1 ? 1 : tick;
}

const char *axis_label(enum axis_kind k, char out[24], double value, double tick)
{
	if (k == AXIS_TIME)
		return fmt_time(out, value);
	if (k == AXIS_EPOCH)
		snprintf(out, 24, "%.4g", value);
	else if (value >= 1000 && value < 1e7 && fmod(tick, 100) != 0)
		fmt_count(out, (int64_t)llrint(value)); /* close to each other */
	else
		fmt_brief(out, value);
	return out;
}
