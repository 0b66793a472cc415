/*
 * test_telemetry.c - curves against plain means over buckets, smoothing,
 * slopes, evaluations, and copies of snapshots.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "look/telemetry.h"

enum { STEPS = 5000 };

static struct telemetry tele;
static struct snapshot snap;

static int set_up(void **state)
{
	(void)state;
	telemetry_init(&tele);
	snapshot_init(&snap);
	snap.n_channels = 2;
	snap.clip = 1;
	snap.steps = STEPS;
	snap.ch = xcalloc(2, sizeof *snap.ch);
	for (int i = 0; i < 2; i++) {
		curve_init(&snap.ch[i].curve);
		snap.ch[i].metric = METRIC_ACCURACY;
		snap.ch[i].dev = snap.ch[i].dev_before = snap.ch[i].dev_best = NAN;
		snap.ch[i].baseline = NAN;
		snap.ch[i].dev_step = -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	snapshot_release(&snap);
	return 0;
}

/* Task 0 always has a loss, task 1 in a third of the steps. */
static double loss_at(int task, int64_t step)
{
	struct rng r = rng_stream(1, RNG_TEST, (uint32_t)task, (uint64_t)step);

	if (task == 1 && rng_below(&r, 1, 3))
		return NAN;
	return (double)(float)(5 - 0.0005 * (double)step + 0.1 * rng_uniform(&r, 0));
}

static void feed(int64_t step)
{
	struct step_row r = { .step = step, .seconds = 0.5f, .tokens = 1000,
			      .grad_norm = step % 4 ? 0.5f : 2.0f };

	for (int i = 0; i < 2; i++)
		if (!isnan(loss_at(i, step))) {
			r.task[r.n].task = (uint8_t)i;
			r.task[r.n].count = (uint8_t)(1 + i);
			r.task[r.n].examples = (uint16_t)(10 + i);
			r.task[r.n++].loss = (float)loss_at(i, step);
		}
	snap.step = step;
	telemetry_step(&tele, &snap, &r);
}

static void check_curve(int task, int64_t steps)
{
	const struct curve *c = &snap.ch[task].curve;

	assert_int_equal(c->n, (steps + c->span - 1) / c->span);
	for (int i = 0; i < c->n; i++) {
		double sum = 0;
		uint32_t n = 0;

		for (int64_t s = i * c->span + 1; s <= (i + 1) * c->span && s <= steps; s++)
			if (!isnan(loss_at(task, s))) {
				sum += loss_at(task, s);
				n++;
			}
		assert_int_equal(c->count[i], n);
		assert_int_equal(c->batches[i], n * (uint32_t)(1 + task));
		assert_int_equal(c->examples[i], n * (uint32_t)(10 + task));
		if (n)
			assert_true(fabs(sum / n - (double)c->mean[i]) < 1e-4);
		else
			assert_true(isnan(c->mean[i]));
	}
}

/* Norm: 2 at every fourth step, else 0.5; 1000 tokens and half a second a step. */
static void check_run_curve(int64_t steps)
{
	const struct run_curve *c = &snap.curve;

	assert_int_equal(c->n, (steps + c->span - 1) / c->span);
	for (int i = 0; i < c->n; i++) {
		int64_t from = i * c->span + 1, to = (i + 1) * c->span;
		double sum = 0;

		to = to > steps ? steps : to;
		for (int64_t s = from; s <= to; s++)
			sum += s % 4 ? 0.5 : 2;
		assert_int_equal(c->count[i], to - from + 1);
		assert_true(fabs(sum / (double)(to - from + 1) - (double)c->norm[i]) < 1e-4);
		assert_int_equal(c->tokens[i], to * 1000);
		assert_true(fabs((double)c->seconds[i] - (double)to / 2) < 1e-2);
	}
}

static void test_curves(void **state)
{
	(void)state;
	for (int64_t s = 1; s <= STEPS; s++) {
		feed(s);
		if (s == 1 || s == 1024 || s == 1025 || s == 2049 || s == STEPS) {
			check_curve(0, s);
			check_curve(1, s);
			check_run_curve(s);
		}
	}
	assert_int_equal(snap.ch[0].curve.span, 8);
	telemetry_derive(&tele, &snap);
	/* -0.0005 a step: -0.5 per 1000 */
	assert_true(fabs(snap.ch[0].slope + 0.5) < 0.15);
	assert_int_equal(snap.ch[0].loss_trend, TREND_DOWN);
	assert_true(fabs(snap.ch[0].smooth - (5 - 0.0005 * STEPS + 0.05)) < 0.06);
	assert_true(fabs(snap.tokens_per_second - 2000) < 1e-6);
	assert_true(fabs(snap.clipped - 0.25) < 1e-9);
	assert_true(snap.seconds_left == 0);
	assert_true(fabs(snap.train_seconds - 2500) < 1e-6);
}

static void test_not_finite(void **state)
{
	struct step_row r = { .step = STEPS + 1, .n = 1, .skipped = true };

	(void)state;
	r.task[0].loss = INFINITY;
	telemetry_step(&tele, &snap, &r);
	assert_true(isinf(snap.ch[0].loss));
	assert_int_equal(snap.curve.n, STEPS / snap.curve.span + 1);
	assert_true(isfinite(snap.ch[0].smooth));
}

static void evaluate(int task, int64_t step, double value)
{
	struct eval_row e = { .step = step, .task = task, .n_metrics = 1, .loss = 1 };

	str_copy(e.metric[0].name, sizeof e.metric[0].name, "accuracy");
	e.metric[0].value = value;
	telemetry_eval(&snap, &e);
}

static void test_evaluations(void **state)
{
	const struct dev_curve *d = &snap.ch[0].dev_curve;

	(void)state;
	evaluate(0, -1, 0.4);
	assert_true(snap.ch[0].baseline == 0.4);
	assert_int_equal(d->n, 0);
	evaluate(0, 10, 0.5);
	assert_true(isnan(snap.ch[0].dev_before));
	assert_int_equal(snap.ch[0].dev_trend, TREND_NONE);
	evaluate(0, 20, 0.7);
	evaluate(0, 20, 0.8); /* by hand at the same step: in its place */
	assert_int_equal(d->n, 2);
	assert_true(snap.ch[0].dev_before == 0.5 && snap.ch[0].dev == 0.8);
	assert_int_equal(snap.ch[0].dev_trend, TREND_UP);
	evaluate(0, 30, 0.6);
	assert_int_equal(snap.ch[0].dev_trend, TREND_DOWN);
	assert_true(snap.ch[0].dev_best == 0.8);
	for (int64_t s = 40; d->n < DEV_POINTS; s += 10)
		evaluate(0, s, 0.5);
	evaluate(0, 100000, 0.9);
	assert_int_equal(d->n, DEV_POINTS / 2 + 1);
	assert_int_equal(d->step[0], 20);
	assert_int_equal(d->step[d->n - 1], 100000);
}

static void test_copy(void **state)
{
	struct snapshot copy;

	(void)state;
	snapshot_init(&copy);
	snapshot_copy(&copy, &snap);
	assert_ptr_not_equal(copy.ch, snap.ch);
	assert_int_equal(copy.curve.n, snap.curve.n);
	assert_memory_equal(copy.curve.tokens, snap.curve.tokens,
			    sizeof(uint64_t) * (size_t)copy.curve.n);
	assert_int_equal(copy.ch[1].curve.n, snap.ch[1].curve.n);
	assert_memory_equal(copy.ch[1].curve.smooth, snap.ch[1].curve.smooth,
			    sizeof(float) * (size_t)copy.ch[1].curve.n);
	{
		struct channel *before = copy.ch;
		uint64_t n = mem_allocations();

		snapshot_copy(&copy, &snap);
		assert_ptr_equal(copy.ch, before);
		assert_int_equal(mem_allocations(), n);
	}
	snapshot_release(&copy);
	for (int p = PHASE_PREPARING; p <= PHASE_FAILED; p++)
		assert_non_null(phase_name((enum phase)p));
}

/* Where lower is better the least is the best; a trend is the number's own. */
static void test_lower_is_better(void **state)
{
	static const double said[] = { 9, 4, 6 }, best[] = { 9, 4, 4 };
	struct channel *c = &snap.ch[1], was = *c;

	(void)state;
	c->metric = METRIC_PERPLEXITY;
	for (int i = 0; i < 3; i++) {
		struct eval_row e = { .step = 10 * (i + 1), .task = 1, .n_metrics = 1 };

		str_copy(e.metric[0].name, sizeof e.metric[0].name, "perplexity");
		e.metric[0].value = said[i];
		telemetry_eval(&snap, &e);
		assert_true(c->dev_best == best[i]);
	}
	assert_int_equal(c->dev_trend, TREND_UP);
	*c = was;
}

/* A metric that has no value moves nothing: no trend, not the best. */
static void test_undefined_metric(void **state)
{
	const struct channel *c = &snap.ch[1];

	(void)state;
	evaluate(1, 10, 0.2);
	evaluate(1, 20, 0.5);
	evaluate(1, 30, NAN);
	assert_true(isnan(c->dev) && c->dev_before == 0.5 && c->dev_best == 0.5);
	assert_int_equal(c->dev_trend, TREND_NONE);
	evaluate(1, 40, 0.4);
	assert_int_equal(c->dev_trend, TREND_NONE); /* of what? */
	evaluate(1, 50, 0.3);
	assert_int_equal(c->dev_trend, TREND_DOWN);
	assert_true(c->dev_best == 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_evaluations),
		cmocka_unit_test(test_lower_is_better),
		cmocka_unit_test(test_undefined_metric),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests_name("telemetry", tests, set_up, tear_down);
}
