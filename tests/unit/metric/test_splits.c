/*
 * test_splits.c - intervals over random splits: against a count by hand, at their edges,
 * and, by simulation, that they hold the truth where plain ones of Student do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "metric/mean_interval.h"
#include "metric/significance.h"

static void near(double x, double wanted)
{
	if (!(fabs(x - wanted) < 1e-9))
		fail_msg("%.17g, not %.17g", x, wanted);
}

/*
 * s^2 is 2.5, so the error sqrt(2.5 * (1 / 5 + 0.2 / 0.8)) = sqrt(1.125) and t sqrt(8);
 * with 4 degrees of freedom p is 1 - t / sqrt(4 + t^2) * (1 + 2 / (4 + t^2)).
 */
static void test_by_hand(void **state)
{
	static const double x[] = { 4, 1, 5, 2, 3 };
	struct difference d;

	(void)state;
	significance_splits(x, 5, .2, .95, &d);
	near(d.value, 3);
	near(d.error, sqrt(1.125));
	near(d.freedom, 4);
	near(d.p, 1 - sqrt(8. / 12) * (1 + 2. / 12));
	near(d.high - d.value, 2.7764451051977987 * sqrt(1.125));
	near(d.value - d.low, d.high - d.value);
	/* told at 95% where 0 is outside the interval, and only there */
	assert_true(d.p < .05 && d.low > 0);
	significance_splits(x, 5, .25, .95, &d);
	assert_true(d.p > .05 && d.low < 0);
	near(significance_least(&d, .95),
	     (2.7764451051977987 + .94096457723518) * d.error);
}

static void test_edges(void **state)
{
	static const double same[] = { .5, .5, .5 }, none[] = { 0, 0 };
	const double hole[] = { .5, NAN, .25 };
	struct difference d;

	(void)state;
	significance_splits(same, 1, .1, .95, &d);
	assert_true(d.value == .5 && isnan(d.low) && isnan(d.p) && d.undefined == 0);
	significance_splits(same, 3, .1, .95, &d);
	assert_true(d.low == .5 && d.high == .5 && d.p == 0);
	significance_splits(none, 2, .1, .95, &d);
	assert_true(d.value == 0 && d.p == 1);
	significance_splits(hole, 3, .1, .95, &d);
	assert_true(isnan(d.value) && isnan(d.low) && isnan(d.p) && d.undefined == 1);
}

/* --- does it hold the truth? --- */

enum { N = 50, TEST = 10, TRAIN = N - TEST, SPLITS = 10, SETS = 1500 };

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* By how much more a median of the rows trained on errs than their mean, squared. */
static double one_split(double *row, const struct rng *r, uint64_t at)
{
	double train[TRAIN], mean = 0, median, sum = 0;

	for (int i = 0; i < N; i++) { /* shuffled anew */
		int k = i + (int)rng_below(r, at + (uint64_t)i, (uint64_t)(N - i));
		double x = row[k];

		row[k] = row[i];
		row[i] = x;
	}
	for (int i = 0; i < TRAIN; i++)
		mean += (train[i] = row[i]) / TRAIN;
	qsort(train, TRAIN, sizeof *train, by_size);
	median = (train[TRAIN / 2 - 1] + train[TRAIN / 2]) / 2;
	for (int i = TRAIN; i < N; i++)
		sum += (row[i] - median) * (row[i] - median) - (row[i] - mean) * (row[i] - mean);
	return sum / TEST;
}

/* Rows are sums of three even numbers; the truth is the mean over many sets of rows. */
static void draw_rows(double *row, const struct rng *r)
{
	for (int i = 0; i < N; i++) {
		row[i] = 0;
		for (int k = 0; k < 3; k++)
			row[i] += (double)rng_below(r, (uint64_t)(3 * i + k), 1000000) / 1e6;
	}
}

static void test_coverage(void **state)
{
	static double d[SETS][SPLITS];
	double truth = 0, row[N];
	int plain = 0, corrected = 0;

	(void)state;
	for (int s = 0; s < SETS; s++) {
		struct rng rows = rng_stream(11, RNG_TEST, 0, (uint64_t)s);
		struct rng cuts = rng_stream(11, RNG_TEST, 1, (uint64_t)s);

		draw_rows(row, &rows);
		for (int k = 0; k < SPLITS; k++) {
			d[s][k] = one_split(row, &cuts, (uint64_t)(k * N));
			truth += d[s][k] / (SETS * SPLITS);
		}
	}
	for (int s = 0; s < SETS; s++) {
		struct mean_interval m;
		struct difference x;

		mean_interval(d[s], SPLITS, 95, &m);
		plain += m.low <= truth && truth <= m.high;
		significance_splits(d[s], SPLITS, (double)TEST / N, .95, &x);
		corrected += x.low <= truth && truth <= x.high;
	}
	print_message("held the truth: %.1f%%, without the correction %.1f%%\n",
		      100. * corrected / SETS, 100. * plain / SETS);
	assert_true(corrected > .93 * SETS && corrected < .995 * SETS);
	assert_true(plain < .88 * SETS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests_name("splits", tests, NULL, NULL);
}
