/*
 * test_metric.c - label and number metrics against scikit-learn and scipy, and
 * the table that everything else is derived from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <math.h>

#include "fixture/golden.h"
#include "metric/metric.h"

enum { ROWS = 64 };

/* A null stands for what has no value. */
static void check(const struct golden *g, const struct json *row, enum metric_id m,
		  double got)
{
	const struct json *want = json_get(row, metric_table[m].name);
	double x = json_type(want) == JSON_NULL ? NAN : json_number(want);

	if (isnan(x) != isnan(got) || fabs(got - x) > 1e-12)
		fail_msg("%s:%d: %s is %.17g, not %.17g", g->path, g->line,
			 metric_table[m].name, got, x);
}

static size_t ints(const struct json *row, const char *key, int *out)
{
	double x[ROWS];
	size_t n = golden_numbers(row, key, x, ROWS);

	for (size_t i = 0; i < n; i++)
		out[i] = (int)x[i];
	return n;
}

static void test_labels(void **state)
{
	struct golden g;
	struct json *row;
	int gold[ROWS], pred[ROWS];

	(void)state;
	golden_open(&g, "tests/golden/metric/labels.jsonl");
	while ((row = golden_row(&g))) {
		int k = (int)json_number(json_get(row, "classes"));
		size_t n = ints(row, "gold", gold);

		assert_int_equal(ints(row, "pred", pred), n);
		for (int m = 0; m < METRICS; m++)
			if (metric_table[m].input == METRIC_LABELS)
				check(&g, row, (enum metric_id)m,
				      metric_labels((enum metric_id)m, gold,
						    pred, n, k));
		json_free(row);
	}
	assert_true(g.line > 100);
	golden_close(&g);
}

static void test_numbers(void **state)
{
	struct golden g;
	struct json *row;
	double gold[ROWS], pred[ROWS];

	(void)state;
	golden_open(&g, "tests/golden/metric/numbers.jsonl");
	while ((row = golden_row(&g))) {
		size_t n = golden_numbers(row, "gold", gold, ROWS);

		assert_int_equal(golden_numbers(row, "pred", pred, ROWS), n);
		check(&g, row, METRIC_PEARSON,
		      metric_numbers(METRIC_PEARSON, gold, pred, n));
		check(&g, row, METRIC_SPEARMAN,
		      metric_numbers(METRIC_SPEARMAN, gold, pred, n));
		json_free(row);
	}
	assert_true(g.line > 80);
	golden_close(&g);
}

static void test_nothing_to_measure(void **state)
{
	(void)state;
	for (int m = 0; m < METRICS; m++) {
		if (metric_table[m].input == METRIC_LABELS)
			assert_true(isnan(metric_labels((enum metric_id)m, NULL, NULL,
							0, 2)));
		if (metric_table[m].input == METRIC_NUMBERS)
			assert_true(isnan(metric_numbers((enum metric_id)m, NULL, NULL,
							 0)));
	}
}

/* Outside its meaning a correlation has no value, and the reason says why. */
static void test_correlations_without_meaning(void **state)
{
	static const double plain[] = { 1, 2, 3 }, same[] = { 4, 4, 4 };
	static const double nan[] = { 1, NAN, 3 }, inf[] = { 1, 2, INFINITY };
	static const struct {
		const double *gold, *pred;
		size_t n;
		const char *why;
	} rows[] = {
		{ plain, plain, 0, "no rows" },
		{ plain, plain, 1, "one row alone" },
		{ same, plain, 3, "the references are all the same" },
		{ plain, same, 3, "the predictions are all the same" },
		{ same, same, 3, "the references are all the same" },
		{ nan, plain, 3, "a number is not finite" },
		{ plain, inf, 3, "a number is not finite" },
		{ plain, plain, 3, NULL },
		{ same, plain, 2, "the references are all the same" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *why = metric_numbers_why(rows[i].gold, rows[i].pred,
						     rows[i].n);

		assert_int_equal(!why, !rows[i].why);
		if (why)
			assert_string_equal(why, rows[i].why);
		for (int m = METRIC_PEARSON; m <= METRIC_SPEARMAN; m++)
			assert_int_equal(isnan(metric_numbers((enum metric_id)m,
							      rows[i].gold, rows[i].pred,
							      rows[i].n)),
					 why != NULL);
	}
}

/* Numbers whose squares a double cannot hold correlate like any others. */
static void test_correlations_of_any_size(void **state)
{
	const double huge[] = { 1e308, -1e308, 1.5e308, 0 }, plain[] = { 1, -1, 1.5, 0 };
	const double tiny[] = { 5e-324, -5e-324, 1e-323, 0 }, small[] = { 1, -1, 2, 0 };
	const double far[] = { 1e9 + 5e-7, 1e9 }, far_too[] = { 1e9 + 8e-7, 1e9 };

	(void)state;
	assert_true(fabs(metric_numbers(METRIC_PEARSON, huge, plain, 4) - 1) < 1e-12);
	assert_true(fabs(metric_numbers(METRIC_PEARSON, tiny, small, 4) - 1) < 1e-12);
	/* closer together than a double lies to their mean */
	assert_true(fabs(metric_numbers(METRIC_PEARSON, far, far_too, 2) - 1) < 1e-12);
	assert_true(fabs(metric_numbers(METRIC_SPEARMAN, huge, tiny, 4) - 1) < 1e-12);
}

static void test_table(void **state)
{
	(void)state;
	for (int m = 0; m < METRICS; m++) {
		const struct metric_info *row = &metric_table[m];
		assert_int_equal(row->id, m);
		assert_true(strlen(row->brief) <= 4 && row->brief[0]);
		assert_true(strlen(row->help) <= 72 && row->help[0]);
		assert_ptr_equal(metric_find(row->name), row);
	}
	assert_null(metric_find("rouge"));
	assert_null(metric_find(""));
}

static void test_direction(void **state)
{
	(void)state;
	for (int m = 0; m < METRICS; m++) {
		bool lower = m == METRIC_PERPLEXITY;

		assert_int_equal(metric_is_better((enum metric_id)m, .7, .5), !lower);
		assert_int_equal(metric_is_better((enum metric_id)m, .5, .7), lower);
		assert_false(metric_is_better((enum metric_id)m, NAN, .5));
		assert_false(metric_is_better((enum metric_id)m, .5, NAN));
		assert_true(metric_gain((enum metric_id)m, 3, 1) == (lower ? -2 : 2));
		assert_true(metric_turned((enum metric_id)m, 3) == (lower ? -3 : 3));
	}
	assert_true(metric_perplexity(0) == 1);
	assert_true(metric_merit(METRIC_PERPLEXITY, 4) == 0.25);
	assert_true(metric_merit(METRIC_PERPLEXITY, 1) == 1);
	assert_true(metric_merit(METRIC_ACCURACY, 0.7) == 0.7);
	assert_true(isnan(metric_merit(METRIC_PEARSON, NAN)));
	assert_true(fabs(metric_perplexity(log(40)) - 40) < 1e-12);
}

/* A row of which no class was said is as one of a class more, which no row is of. */
static void test_no_answer(void **state)
{
	static const enum metric_id m[] = { METRIC_ACCURACY, METRIC_MATTHEWS };
	static const int gold[] = { 0, 0, 1, 2, 2, 1, 0, 2 };
	static const int pred[] = { 0, 1, 1, -1, 2, -1, 0, 0 };
	enum { N = sizeof gold / sizeof *gold, K = 3 };
	struct tally t[K] = { { 0, 0, 0 } };
	int more[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		tally_add(t, K, gold[i], pred[i]);
		more[i] = pred[i] < 0 ? K : pred[i];
	}
	for (size_t i = 0; i < sizeof m / sizeof *m; i++)
		assert_true(metric_tallied(m[i], t, K) ==
			    metric_labels(m[i], gold, more, N, K + 1));
	/* hits 2, 1, 1 of gold 3, 2, 3 and said 3, 2, 1: the mean over the classes that are */
	assert_true(fabs(metric_tallied(METRIC_MACRO_F1, t, K) -
			 (2. / 3 + 1. / 2 + 1. / 2) / 3) < 1e-15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nothing_to_measure),
		cmocka_unit_test(test_correlations_without_meaning),
		cmocka_unit_test(test_correlations_of_any_size),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
