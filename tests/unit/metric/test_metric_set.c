/*
 * test_metric_set.c - measures of sets of labels against cases counted by hand, as
 * scikit-learn's f1_score and accuracy_score of indicator matrices have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "metric/significance.h"

struct row {
	int n_gold, n_pred;
	int32_t gold[4], pred[4];
};

/* Of 3 labels. */
static const struct row rows[] = {
	{ 2, 2, { 0, 1 }, { 0, 1 } },
	{ 1, 2, { 0 }, { 1, 2 } },
	{ 0, 0, { 0 }, { 0 } },
	{ 1, 1, { 1 }, { 0 } },
};

static double value(enum metric_id m, const struct row *r, int n, int labels)
{
	struct tally label[4] = { { 0 } };
	struct set_tally t = { .label = label };

	for (int i = 0; i < n; i++)
		set_tally_add(&t, r[i].gold, r[i].n_gold, r[i].pred, r[i].n_pred);
	return metric_set_tallied(m, &t, labels);
}

static void near(double got, double want)
{
	assert_true(fabs(got - want) < 1e-12);
}

/*
 * gold {0 1} {0} {} {1}, said {0 1} {1 2} {} {0}:
 * label 0: both 1 of gold 2, said 2: F1 1/2; label 1: 1, 2, 2: 1/2; label 2: 0, 0, 1: 0.
 */
static void test_by_hand(void **state)
{
	(void)state;
	near(value(METRIC_MICRO_F1, rows, 4, 3), 2.0 * 2 / (4 + 5));
	near(value(METRIC_MACRO_F1, rows, 4, 3), (0.5 + 0.5 + 0) / 3);
	near(value(METRIC_EXACT_MATCH, rows, 4, 3), 0.5);
	near(value(METRIC_MICRO_F1, rows, 1, 3), 1);
	near(value(METRIC_MACRO_F1, rows, 1, 3), 2.0 / 3); /* nobody has label 2: 0 */
}

static void test_edges(void **state)
{
	const struct row silent = { 0, -1, { 0 }, { 0 } }, empty = { 0 };

	(void)state;
	assert_true(isnan(value(METRIC_MICRO_F1, rows, 0, 3)));
	assert_true(isnan(value(METRIC_EXACT_MATCH, rows, 0, 3)));
	near(value(METRIC_MICRO_F1, &empty, 1, 3), 0);
	near(value(METRIC_EXACT_MATCH, &empty, 1, 3), 1);
	near(value(METRIC_EXACT_MATCH, &silent, 1, 3), 0); /* no answer is no empty set */
}

/* The same from what comparisons keep of a row, in any order and with repeats. */
static void test_sample(void **state)
{
	static const double gold[] = { 2, 1, 0, 1 };
	const double said[] = { set_code(2, 2), set_code(2, 0), set_code(0, 0),
				set_code(1, 0) };
	const struct paired_sample s = { .metric = METRIC_MICRO_F1, .n_rows = 4,
					 .n_classes = 3, .gold = gold };
	static const uint32_t drawn[] = { 0, 0, 3, 1 };

	(void)state;
	near(sample_metric(&s, said, NULL, 4), 4.0 / 9);
	near(sample_metric(&s, said, drawn, 4), 2.0 * 4 / (6 + 7));
	assert_true(isnan(sample_metric(&s, said, NULL, 0)));
}

/* Two systems of which one is right oftener are told apart; of the same, p is 1. */
static void test_paired(void **state)
{
	enum { N = 200 };
	double gold[N], a[N], b[N];
	const double *one = a, *two = b;
	struct paired_sample s = { .metric = METRIC_MICRO_F1, .n_rows = N, .n_classes = 3,
				   .gold = gold };
	struct answers_of x = { 1, &one }, y = { 1, &two };
	struct resampling how = { .level = 0.95, .draws = 500, .seed = 3 };
	struct difference d;
	struct randomization r;

	(void)state;
	for (int i = 0; i < N; i++) {
		gold[i] = i % 3;
		a[i] = set_code(i % 3, i % 3);
		b[i] = set_code(i % 3, i % 4 ? i % 3 : 0);
	}
	assert_int_equal(significance_bootstrap(&s, &x, &y, &how, &d), ST_OK);
	near(d.value, 1 - sample_metric(&s, b, NULL, N));
	assert_true(d.low > 0 && d.p < 0.01);
	assert_int_equal(significance_randomization(&s, &x, &y, &how, &r), ST_OK);
	assert_true(r.p < 0.01);
	assert_int_equal(significance_randomization(&s, &x, &x, &how, &r), ST_OK);
	near(r.p, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_paired),
	};

	return cmocka_run_group_tests_name("metric_set", tests, NULL, NULL);
}
