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

#include "golden.h"
#include "metric/metric.h"

enum { ROWS = 64 };

static void check(const struct golden *g, const struct json *row, enum metric_id m,
		  double got)
{
	const struct json *want = json_get(row, metric_table[m].name);

	if (want && !(fabs(got - json_number(want)) <= 1e-12))
		fail_msg("%s:%d: %s is %.17g, not %.17g", g->path, g->line,
			 metric_table[m].name, got, json_number(want));
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

static void test_undefined_is_zero(void **state)
{
	const double wild[] = { 1, NAN, INFINITY }, plain[] = { 1, 2, 3 };
	const double huge[] = { 1e308, -1e308, 1e308 };

	(void)state;
	for (int m = 0; m < METRICS; m++) {
		if (metric_table[m].input == METRIC_LABELS)
			assert_true(metric_labels((enum metric_id)m, NULL, NULL,
						  0, 2) == 0);
		if (metric_table[m].input != METRIC_NUMBERS)
			continue;
		assert_true(metric_numbers((enum metric_id)m, NULL, NULL, 0) == 0);
		assert_true(metric_numbers((enum metric_id)m, wild, plain, 3) == 0);
		assert_true(isfinite(metric_numbers((enum metric_id)m, huge,
						    plain, 3)));
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_undefined_is_zero),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
