/*
 * telemetry.c - smoothing, curves whose buckets double, speeds.
 */
#include "look/telemetry.h"

#include <math.h> /* NAN, isnan */
#include <string.h>

#include "base/str.h"

static const double SPEED_SECONDS = 10; /* of training that a speed looks back */
enum { CLIP_STEPS = 100, TREND_POINTS = 24 };

void telemetry_init(struct telemetry *t)
{
	memset(t, 0, sizeof *t);
}

/* --- curves --- */

void curve_init(struct curve *c)
{
	c->span = 1;
	c->n = 0;
}

/* Two points become one: means by their counts, the later smoothed value. */
static void merge_pairs(struct curve *c)
{
	for (int i = 0; i < CURVE_POINTS / 2; i++) {
		int a = 2 * i, b = a + 1;
		uint32_t n = c->count[a] + c->count[b];
		double sum = 0;

		if (c->count[a])
			sum += (double)c->mean[a] * c->count[a];
		if (c->count[b])
			sum += (double)c->mean[b] * c->count[b];
		c->mean[i] = n ? (float)(sum / n) : NAN;
		c->smooth[i] = c->smooth[b];
		c->count[i] = n;
		c->batches[i] = c->batches[a] + c->batches[b];
		c->examples[i] = c->examples[a] + c->examples[b];
	}
	c->n = CURVE_POINTS / 2;
	c->span *= 2;
}

void curve_add(struct curve *c, int64_t step, double loss, double smooth)
{
	int64_t at = (step - 1) / c->span;

	if (step < 1)
		return;
	while (at >= CURVE_POINTS) {
		if (c->n < CURVE_POINTS)
			curve_add(c, CURVE_POINTS * c->span, NAN, smooth);
		merge_pairs(c);
		at = (step - 1) / c->span;
	}
	while (c->n <= at) {
		c->mean[c->n] = NAN;
		c->smooth[c->n] = c->n ? c->smooth[c->n - 1] : NAN;
		c->batches[c->n] = c->examples[c->n] = 0;
		c->count[c->n++] = 0;
	}
	c->smooth[at] = (float)smooth;
	if (isnan(loss))
		return;
	c->count[at]++;
	if (c->count[at] == 1)
		c->mean[at] = (float)loss;
	else
		c->mean[at] += (float)((loss - (double)c->mean[at]) / c->count[at]);
}

void curve_count(struct curve *c, int64_t step, uint32_t batches, uint32_t examples)
{
	int64_t at = (step - 1) / c->span;

	if (step < 1 || at >= c->n)
		return;
	c->batches[at] += batches;
	c->examples[at] += examples;
}

static void run_merge_pairs(struct run_curve *c)
{
	for (int i = 0; i < CURVE_POINTS / 2; i++) {
		int a = 2 * i, b = a + 1;
		uint32_t n = c->count[a] + c->count[b];
		double sum = 0;

		if (c->count[a])
			sum += (double)c->norm[a] * c->count[a];
		if (c->count[b])
			sum += (double)c->norm[b] * c->count[b];
		c->norm[i] = n ? (float)(sum / n) : NAN;
		c->count[i] = n;
		c->tokens[i] = c->tokens[b];
		c->seconds[i] = c->seconds[b];
	}
	c->n = CURVE_POINTS / 2;
	c->span *= 2;
}

/* Buckets up to `at`, as far as the step before left things. */
static void run_fill(struct run_curve *c, int64_t at)
{
	while (c->n <= at) {
		c->norm[c->n] = NAN;
		c->count[c->n] = 0;
		c->tokens[c->n] = c->n ? c->tokens[c->n - 1] : 0;
		c->seconds[c->n] = c->n ? c->seconds[c->n - 1] : 0;
		c->n++;
	}
}

void run_curve_add(struct run_curve *c, int64_t step, double norm, uint64_t tokens,
		   double seconds)
{
	int64_t at = (step - 1) / c->span;

	if (step < 1)
		return;
	while (at >= CURVE_POINTS) {
		run_fill(c, CURVE_POINTS - 1);
		run_merge_pairs(c);
		at = (step - 1) / c->span;
	}
	run_fill(c, at);
	c->tokens[at] = tokens;
	c->seconds[at] = (float)seconds;
	if (!isfinite(norm))
		return;
	c->count[at]++;
	if (c->count[at] == 1)
		c->norm[at] = (float)norm;
	else
		c->norm[at] += (float)((norm - (double)c->norm[at]) / c->count[at]);
}

/* --- a step --- */

/*
 * An exponential mean over SMOOTH_STEPS of the task's own steps; a plain mean
 * until there are so many. Values that are not finite are shown, not smoothed.
 */
static void trace_add(struct trace *t, int64_t step, double loss)
{
	int64_t n = ++t->seen < SMOOTH_STEPS ? t->seen : SMOOTH_STEPS;
	int64_t slot = (t->seen - 1) % SLOPE_POINTS;

	if (t->seen == 1)
		t->smooth = loss;
	else
		t->smooth += (loss - t->smooth) / (double)n;
	t->at[slot] = step;
	t->value[slot] = t->smooth;
}

void telemetry_step(struct telemetry *t, struct snapshot *snap,
		    const struct step_row *r)
{
	double loss[CHANNELS_MAX];
	int64_t slot = t->steps++ % RECENT_STEPS;

	for (int i = 0; i < snap->n_channels; i++)
		loss[i] = NAN;
	for (int k = 0; k < r->n; k++)
		if (r->task[k].task < snap->n_channels)
			loss[r->task[k].task] = (double)r->task[k].loss;
	for (int i = 0; i < snap->n_channels; i++) {
		struct channel *c = &snap->ch[i];

		if (isfinite(loss[i]))
			trace_add(&t->trace[i], r->step, loss[i]);
		if (!isnan(loss[i]))
			c->loss = loss[i];
		c->smooth = t->trace[i].seen ? t->trace[i].smooth : NAN;
		curve_add(&c->curve, r->step, isfinite(loss[i]) ? loss[i] : NAN,
			  c->smooth);
	}
	for (int k = 0; k < r->n; k++)
		if (r->task[k].task < snap->n_channels)
			curve_count(&snap->ch[r->task[k].task].curve, r->step,
				    r->task[k].count, r->task[k].examples);
	t->recent[slot].seconds = r->seconds;
	t->recent[slot].tokens = r->tokens;
	t->recent[slot].clipped = snap->clip > 0 && (double)r->grad_norm > snap->clip;
	t->train_seconds += (double)r->seconds;
	t->tokens += r->tokens;
	run_curve_add(&snap->curve, r->step, (double)r->grad_norm, t->tokens,
		      t->train_seconds);
	snap->lr = (double)r->lr;
	snap->grad_norm = (double)r->grad_norm;
}

/* --- derived --- */

/* Least squares over the ring: the smoothed loss' change per 1000 steps. */
static double slope_of(const struct trace *t)
{
	int n = t->seen < SLOPE_POINTS ? (int)t->seen : SLOPE_POINTS;
	double mx = 0, my = 0, sxx = 0, sxy = 0;

	for (int i = 0; i < n; i++) {
		mx += (double)t->at[i] / n;
		my += t->value[i] / n;
	}
	for (int i = 0; i < n; i++) {
		double dx = (double)t->at[i] - mx;

		sxx += dx * dx;
		sxy += dx * (t->value[i] - my);
	}
	return sxx > 0 ? 1000 * sxy / sxx : 0;
}

/* Up or down when the ring's own change is over 1% of the loss. */
static enum trend trend_of(const struct trace *t, double slope)
{
	int n = t->seen < SLOPE_POINTS ? (int)t->seen : SLOPE_POINTS;
	int64_t first, last;
	double change;

	if (n < TREND_POINTS)
		return TREND_NONE;
	last = t->at[(t->seen - 1) % SLOPE_POINTS];
	first = t->at[t->seen > SLOPE_POINTS ? t->seen % SLOPE_POINTS : 0];
	change = slope * (double)(last - first) / 1000;
	if (change > 0.01 * t->smooth)
		return TREND_UP;
	return change < -0.01 * t->smooth ? TREND_DOWN : TREND_FLAT;
}

static void derive_speed(const struct telemetry *t, struct snapshot *snap)
{
	int64_t have = t->steps < RECENT_STEPS ? t->steps : RECENT_STEPS, n = 0;
	double seconds = 0, tokens = 0;
	int clipped = 0, looked = 0;

	for (int64_t i = 0; i < have; i++) {
		int64_t slot = (t->steps - 1 - i) % RECENT_STEPS;

		if (i < CLIP_STEPS) {
			clipped += t->recent[slot].clipped;
			looked++;
		}
		if (seconds < SPEED_SECONDS) {
			seconds += (double)t->recent[slot].seconds;
			tokens += t->recent[slot].tokens;
			n++;
		}
	}
	snap->clipped = looked ? (double)clipped / looked : 0;
	snap->tokens_per_second = seconds > 0 ? tokens / seconds : 0;
	snap->seconds_per_step = n ? seconds / (double)n : 0;
	snap->seconds_left = n && snap->steps >= snap->step ?
		snap->seconds_per_step * (double)(snap->steps - snap->step) : -1;
}

void telemetry_derive(const struct telemetry *t, struct snapshot *snap)
{
	for (int i = 0; i < snap->n_channels; i++) {
		struct channel *c = &snap->ch[i];

		c->slope = slope_of(&t->trace[i]);
		c->loss_trend = trend_of(&t->trace[i], c->slope);
	}
	telemetry_effective(snap);
	derive_speed(t, snap);
	snap->train_seconds = t->train_seconds;
}

/* --- evaluations --- */

static double strip_value(const struct eval_row *e, enum metric_id m)
{
	for (int i = 0; i < e->n_metrics; i++)
		if (str_eq(e->metric[i].name, metric_table[m].name))
			return e->metric[i].value;
	return NAN;
}

static void dev_curve_add(struct dev_curve *d, int64_t step, double value, double loss)
{
	if (d->n && d->step[d->n - 1] == step)
		d->n--; /* measured again */
	if (d->n == DEV_POINTS) {
		for (int i = 0; i < DEV_POINTS / 2; i++) {
			d->step[i] = d->step[2 * i + 1];
			d->value[i] = d->value[2 * i + 1];
			d->loss[i] = d->loss[2 * i + 1];
		}
		d->n = DEV_POINTS / 2;
	}
	d->step[d->n] = step;
	d->value[d->n] = (float)value;
	d->loss[d->n++] = (float)loss;
}

void telemetry_eval(struct snapshot *snap, const struct eval_row *e)
{
	struct channel *c;
	double v;

	if (e->task < 0 || e->task >= snap->n_channels)
		return;
	c = &snap->ch[e->task];
	v = strip_value(e, c->metric);
	if (e->is_averaged) {
		c->averaged = v;
		return;
	}
	if (e->step < 0) {
		c->baseline = v;
		return;
	}
	if (e->is_whole) { /* of other rows than the curve is */
		c->dev = v;
		return;
	}
	if (c->dev_step != e->step) {
		c->dev_before = c->dev;
		c->dev_step = e->step;
	}
	c->dev = v;
	if (isnan(c->dev_best) || metric_is_better(c->metric, v, c->dev_best))
		c->dev_best = v;
	if (isnan(v))
		c->dev_trend = TREND_NONE;
	else if (!isnan(c->dev_before))
		c->dev_trend = v > c->dev_before + 0.001 ? TREND_UP :
			       v < c->dev_before - 0.001 ? TREND_DOWN : TREND_FLAT;
	dev_curve_add(&c->dev_curve, e->step, v, e->loss);
	snap->eval_step = e->step;
}

/* --- gradients --- */

static void grad_curve_add(struct grad_curve *g, int64_t step, double norm)
{
	if (g->n && g->step[g->n - 1] == step)
		g->n--;
	if (g->n == GRAD_POINTS) {
		for (int i = 0; i < GRAD_POINTS / 2; i++) {
			g->step[i] = g->step[2 * i + 1];
			g->norm[i] = g->norm[2 * i + 1];
		}
		g->n = GRAD_POINTS / 2;
	}
	g->step[g->n] = step;
	g->norm[g->n++] = (float)norm;
}

void telemetry_gradient(struct snapshot *snap, const struct gradient_row *r)
{
	struct channel *c;

	if (r->task < 0 || r->task >= snap->n_channels)
		return;
	c = &snap->ch[r->task];
	c->grad_norm = r->norm;
	c->grad_step = r->step;
	grad_curve_add(&c->grad_curve, r->step, r->norm);
}

/*
 * What a channel puts into the shared gradient; silent ones nothing. A factor below 0
 * moves it as far as one above.
 */
static double pull_of(const struct channel *c)
{
	double factor = c->weight * c->factor * c->share;

	if (c->silent || factor == 0)
		return 0;
	return (factor < 0 ? -factor : factor) * c->grad_norm;
}

void telemetry_conflict(struct snapshot *snap, const struct conflict_row *r)
{
	conflicts_take(&snap->conflicts, snap->n_channels, r);
}

/* a_i |g_i|: with the sign of a factor below 0. */
static double push_of(const struct channel *c)
{
	return c->weight * c->factor < 0 ? -pull_of(c) : pull_of(c);
}

/* a_i g_i . u: over those who move anything. */
static double along_sum(const struct snapshot *snap, int i)
{
	double sum = 0, own = push_of(&snap->ch[i]);

	for (int k = 0; k < snap->n_channels; k++) {
		double its = push_of(&snap->ch[k]);

		if (its != 0)
			sum += its * (i == k ? 1 : conflicts_mean(&snap->conflicts, i, k,
								  CONFLICT_ALL));
	}
	return own != 0 ? own * sum : 0;
}

static void find_along(struct snapshot *snap)
{
	double all = 0;

	for (int i = 0; i < snap->n_channels; i++)
		all += snap->ch[i].along = along_sum(snap, i);
	for (int i = 0; i < snap->n_channels; i++)
		snap->ch[i].along = isfinite(all) && all > 0 ? snap->ch[i].along / all :
							       (double)NAN;
}

void telemetry_effective(struct snapshot *snap)
{
	double sum = 0;

	for (int i = 0; i < snap->n_channels; i++)
		sum += pull_of(&snap->ch[i]);
	for (int i = 0; i < snap->n_channels; i++) {
		struct channel *c = &snap->ch[i];

		c->effective = isfinite(sum) && sum > 0 ? pull_of(c) / sum : NAN;
	}
	find_along(snap);
}
