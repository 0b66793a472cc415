/*
 * series.c - buckets to lines. Smoothing is an exponential mean over steps: a
 * bucket with n values moves it as n steps would.
 */
#include "series.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "look/telemetry.h"

/* --- a window's buckets --- */

void fine_release(struct fine *f)
{
	xfree(f->task);
	memset(f, 0, sizeof *f);
}

static void clear_from(struct fine *f, int bucket)
{
	size_t n = (size_t)(FINE_POINTS - bucket);

	memset(f->norm_count + bucket, 0, n * sizeof *f->norm_count);
	for (int t = 0; t < f->n_tasks; t++) {
		memset(f->task[t].count + bucket, 0, n * sizeof *f->task[t].count);
		memset(f->task[t].batches + bucket, 0, n * sizeof *f->task[t].batches);
	}
	if (f->n > bucket)
		f->n = bucket;
}

static void mean_in(float *mean, uint32_t *count, double x)
{
	if (!isfinite(x))
		return;
	++*count;
	if (*count == 1)
		*mean = (float)x;
	else
		*mean += (float)((x - (double)*mean) / *count);
}

static void take_row(void *arg, const struct step_row *r)
{
	struct fine *f = arg;
	int64_t at = (r->step - f->from - 1) / f->span;

	if (r->step <= f->from || at >= FINE_POINTS)
		return;
	f->read = r->step;
	if (at >= f->n)
		f->n = (int)at + 1;
	mean_in(&f->norm[at], &f->norm_count[at], (double)r->grad_norm);
	for (int k = 0; k < r->n; k++) {
		struct fine_task *t;

		if (r->task[k].task >= f->n_tasks)
			continue;
		t = &f->task[r->task[k].task];
		mean_in(&t->mean[at], &t->count[at], (double)r->task[k].loss);
		t->batches[at] += r->task[k].count;
	}
}

/* The newest entry by which the run went back, of those that a picture brings. */
static int64_t newest_jump(const struct snapshot *s)
{
	for (int i = s->n_journal - 1; i >= 0; i--) {
		const struct command_row *row = command_of(s->journal[i].command);

		if (row && row->flags & CMD_JUMPS)
			return s->journal[i].seq;
	}
	return 0;
}

/* Sets the window up anew; false: the whole run's buckets are as fine. */
static bool aim(struct fine *f, const struct snapshot *s, int64_t from, int64_t to)
{
	int64_t span = 1, jump = newest_jump(s);
	bool is_new = jump > f->jump;

	if (is_new) /* rows that were read may be left behind */
		f->jump = jump;
	while ((to - from) / span >= FINE_POINTS - 1)
		span *= 2;
	if (span >= s->curve.span || s->n_channels <= 0) {
		f->span = 0;
		return false;
	}
	from -= from % span;
	if (f->span == span && f->from == from && f->n_tasks == s->n_channels &&
	    str_eq(f->run_path, s->run_path) && f->read <= s->step && !is_new)
		return true;
	f->task = xreallocarray(f->task, (size_t)s->n_channels, sizeof *f->task);
	f->n_tasks = s->n_channels;
	f->from = f->read = from;
	f->span = span;
	f->n = 0;
	f->is_aimed = true;
	str_copy(f->run_path, sizeof f->run_path, s->run_path);
	return true;
}

bool fine_read(struct fine *f, const struct feed *feed, const struct snapshot *s,
	       int64_t from, int64_t to, double now)
{
	bool is_over = s->phase >= PHASE_DONE;
	int64_t start, upto;

	if (!feed->steps || !aim(f, s, from, to)) {
		f->span = 0;
		return false;
	}
	upto = to < s->step ? to : s->step;
	if (upto <= f->read || (!f->is_aimed && !is_over && upto - f->read < f->span))
		return false;
	if (s->phase == PHASE_RUNNING && now - f->at < 0.25 && now >= f->at)
		return true;
	f->is_aimed = false;
	start = f->read - (f->read - f->from) % f->span; /* a bucket is read whole */
	clear_from(f, (int)((start - f->from) / f->span));
	f->read = start;
	f->at = now;
	feed->steps(feed->arg, s->run_path, start + 1, upto, f->span, FINE_TAKE, take_row,
		    f, NULL);
	if (is_over || f->span > FINE_TAKE) /* samples never reach a bucket's end */
		f->read = is_over ? upto : start + (f->read - start + f->span - 1) /
						f->span * f->span;
	if (f->read > upto)
		f->read = upto;
	return false;
}

/* --- lines --- */

/* How far n steps move an exponential mean over `steps`. */
static double gain(double n, int steps)
{
	return steps > 1 ? -expm1(n * log1p(-1.0 / steps)) : 1;
}

/*
 * The exponential mean of raw values over their steps, from `start` (NaN: the first
 * value). A plain mean until as many steps were seen as it looks back.
 */
static void smooth(float *out, const float *raw, const double *weight, int n, int steps,
		   double start)
{
	double v = start, seen = isfinite(start) ? steps : 0;

	for (int i = 0; i < n; i++) {
		if (weight[i] > 0 && isfinite(raw[i])) {
			double g;

			seen += weight[i];
			g = seen < steps ? weight[i] / seen : gain(weight[i], steps);
			v = isfinite(v) ? v + ((double)raw[i] - v) * g : (double)raw[i];
		}
		out[i] = (float)v;
	}
}

static bool is_fine(const struct fine *f)
{
	return f && f->span > 0 && f->n > 0;
}

static void begin(struct series *out, const struct fine *f, int n, int64_t span,
		  int64_t now)
{
	out->first = f ? f->from : 0;
	out->span = f ? f->span : span > 0 ? span : 1;
	out->n = f ? f->n : n < CURVE_POINTS ? n : CURVE_POINTS;
	out->last = out->first + out->n * out->span;
	out->last = now > 0 && out->last > now ? now : out->last;
}

/* Raw values of buckets to a smoothed line; `count`: steps with a value in each. */
static void finish(struct series *out, const float *mean, const uint32_t *count,
		   const struct fine *f, int steps, double start)
{
	double weight[CURVE_POINTS];
	int64_t sampled = f && f->span > FINE_TAKE ? f->span / FINE_TAKE : 1;

	for (int i = 0; i < out->n; i++) {
		out->raw[i] = count[i] ? mean[i] : NAN;
		weight[i] = (double)count[i] * (double)sampled;
	}
	smooth(out->value, out->raw, weight, out->n, steps, start);
}

void series_loss(struct series *out, const struct curve *c, const struct fine *fine,
		 int task, int steps, int64_t now)
{
	double start;

	begin(out, NULL, c->n, c->span, now);
	finish(out, c->mean, c->count, NULL, steps, NAN);
	if (steps == SMOOTH_STEPS) /* step by step, as the strips have it */
		memcpy(out->value, c->smooth, (size_t)out->n * sizeof *c->smooth);
	if (!is_fine(fine) || task >= fine->n_tasks)
		return;
	start = steps > 1 ? series_at(out, out->value, fine->from) : NAN;
	begin(out, fine, 0, 0, now);
	finish(out, fine->task[task].mean, fine->task[task].count, fine, steps, start);
}

void series_norm(struct series *out, const struct run_curve *c,
		 const struct fine *fine, int steps, int64_t now)
{
	double start;

	begin(out, NULL, c->n, c->span, now);
	finish(out, c->norm, c->count, NULL, steps, NAN);
	if (!is_fine(fine))
		return;
	start = steps > 1 ? series_at(out, out->value, fine->from) : NAN;
	begin(out, fine, 0, 0, now);
	finish(out, fine->norm, fine->norm_count, fine, steps, start);
}

void series_totals(struct totals *t, const struct snapshot *s, const struct fine *fine)
{
	memset(t, 0, sizeof *t);
	for (int k = 0; k < s->n_channels; k++) {
		const struct curve *c = &s->ch[k].curve;

		for (int i = 0; i < c->n && i < CURVE_POINTS; i++)
			t->whole[i] += c->batches[i];
		for (int i = 0; is_fine(fine) && k < fine->n_tasks && i < fine->n; i++)
			t->fine[i] += fine->task[k].batches[i];
	}
}

static void shares(struct series *out, const uint32_t *mine, const double *all,
		   int steps, double start)
{
	double weight[CURVE_POINTS];

	for (int i = 0; i < out->n; i++) {
		out->raw[i] = all[i] > 0 ? (float)(mine[i] / all[i]) : NAN;
		weight[i] = all[i] > 0 ? (double)out->span : 0;
	}
	smooth(out->value, out->raw, weight, out->n, steps, start);
}

void series_share(struct series *out, const struct snapshot *s, const struct fine *fine,
		  const struct totals *t, int task, int steps)
{
	const struct curve *c = &s->ch[task].curve;
	double start;

	begin(out, NULL, c->n, c->span, s->step);
	shares(out, c->batches, t->whole, steps, NAN);
	if (!is_fine(fine) || task >= fine->n_tasks)
		return;
	start = steps > 1 ? series_at(out, out->value, fine->from) : NAN;
	begin(out, fine, 0, 0, s->step);
	shares(out, fine->task[task].batches, t->fine, steps, start);
}

double series_at(const struct series *s, const float *v, int64_t step)
{
	int64_t i;

	if (s->n <= 0 || step <= s->first || step > s->last)
		return NAN;
	i = (step - s->first - 1) / s->span;
	return i < s->n ? (double)v[i] : NAN;
}
