/*
 * test_significance.c - significance tests where the answer is known without a
 * simulation: nothing to compare, one row, all the same, draws without a value, and
 * the order of things (seeds, stop, same bits).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "metric/significance.h"

enum { ROWS = 40, DRAWS = 500 };

static const struct resampling HOW = {.level = 0.95, .draws = DRAWS, .seed = 7};

static struct answers_of one(const double *const *value)
{
	return (struct answers_of){1, value};
}

static struct paired_sample scores(int n)
{
	return (struct paired_sample){.metric = METRIC_ROUGE1, .n_rows = n};
}

static void test_no_rows(void **state)
{
	static const double nothing[1];
	const double *value[] = {nothing};

	(void)state;
	for (int n = 0; n < 2; n++)
		for (int m = 0; m < METRICS; m++) {
			static const double gold[1];
			struct paired_sample s = {(enum metric_id)m, n, 2, NULL, NULL};
			struct answers_of a = one(value);
			struct difference d;
			struct interval i;
			struct randomization r;

			if (metric_table[m].input <= METRIC_NUMBERS)
				s.gold = gold;
			assert_int_equal(significance_interval(&s, &a, &HOW, &i), ST_OK);
			assert_int_equal(significance_bootstrap(&s, &a, &a, &HOW, &d),
					 ST_OK);
			assert_int_equal(significance_randomization(&s, &a, &a, &HOW,
								    &r), ST_OK);
			assert_true(isnan(i.low) && isnan(i.high) && isnan(d.low));
			assert_true(isnan(d.p) && isnan(r.p));
			assert_int_equal(isnan(i.value),
					 n == 0 || metric_table[m].input == METRIC_NUMBERS);
			assert_true(significance_power(&s, &a, &a, &d, 0.95).too_few);
		}
}

/* The same answers twice: no difference, and no doubt about it. */
static void test_all_equal(void **state)
{
	double x[ROWS];
	const double *value[] = {x, x};
	struct paired_sample s = scores(ROWS);
	struct difference d;
	struct randomization r;

	(void)state;
	for (int i = 0; i < ROWS; i++)
		x[i] = (i * 7 % 11) / 10.0;
	for (int seeds = 1; seeds <= 2; seeds++) {
		struct answers_of a = {seeds, value};

		assert_int_equal(significance_bootstrap(&s, &a, &a, &HOW, &d), ST_OK);
		assert_int_equal(significance_randomization(&s, &a, &a, &HOW, &r), ST_OK);
		assert_true(d.value == 0 && fabs(d.low) < 1e-12 && fabs(d.high) < 1e-12);
		assert_true(d.p > 0.99 && r.p == 1 && r.value == 0);
		assert_int_equal(significance_power(&s, &a, &a, &d, 0.95).differing, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_all_equal),
	};

	return cmocka_run_group_tests_name("significance", tests, NULL, NULL);
}
