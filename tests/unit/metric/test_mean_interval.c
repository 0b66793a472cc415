/*
 * test_mean_interval.c - intervals of means against scipy's, and at their edges.
 */
#include "fixture/near.h"

#include <math.h>

#include "base/json.h"
#include "fixture/golden.h"
#include "metric/mean_interval.h"

static double number(const struct json *row, const char *key)
{
	const struct json *n = json_get(row, key);

	assert_non_null(n);
	return json_number(n);
}

static void test_against_scipy(void **state)
{
	struct golden g;
	struct json *row;

	(void)state;
	golden_open(&g, "tests/golden/mean_interval/intervals.jsonl");
	while ((row = golden_row(&g))) {
		struct mean_interval m;
		double x[32];
		size_t n = golden_numbers(row, "x", x, 32);

		mean_interval(x, (int)n, number(row, "level"), &m);
		assert_int_equal(m.n, n);
		assert_near(m.mean, number(row, "mean"), 1e-12);
		assert_near(m.low, number(row, "low"), 1e-9);
		assert_near(m.high, number(row, "high"), 1e-9);
		json_free(row);
	}
	golden_close(&g);
}

static void test_edges(void **state)
{
	const double same[] = { 0.5, 0.5, 0.5 }, two[] = { 3, 1 };
	struct mean_interval m;

	(void)state;
	mean_interval(NULL, 0, 95, &m);
	assert_true(m.n == 0 && isnan(m.mean) && isnan(m.low) && isnan(m.least));
	mean_interval(same, 1, 95, &m);
	assert_true(m.n == 1 && m.mean == 0.5 && isnan(m.low) && isnan(m.high));
	mean_interval(same, 3, 95, &m);
	assert_true(m.low == 0.5 && m.high == 0.5);
	mean_interval(two, 2, 95, &m);
	assert_true(m.least == 1 && m.most == 3);
	assert_near(m.high, 2 + 12.706204736, 1e-8); /* t of one degree at 97.5% */
}

/* Runs of one split are one draw; a run without a value is none. */
static void test_clusters(void **state)
{
	const double x[] = { 1, NAN, 3, 5, 9, 11, NAN }, draws[] = { 3, 6, 11 };
	const int64_t cluster[] = { 7, 7, 8, 7, 8, 9, 10 };
	struct mean_interval m, want;

	(void)state;
	mean_interval_clustered(x, cluster, 7, 90, &m);
	mean_interval(draws, 3, 90, &want);
	assert_true(m.n == 3 && m.mean == want.mean && m.low == want.low &&
		    m.high == want.high);
	assert_true(m.least == 1 && m.most == 11);
	mean_interval_clustered(x + 1, cluster, 1, 90, &m);
	assert_true(m.n == 0 && isnan(m.mean) && isnan(m.least));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_scipy),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_clusters),
	};

	return cmocka_run_group_tests_name("mean_interval", tests, NULL, NULL);
}
