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

#include "base/rng.h"
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

/* Of labels, numbers and scores made by a rule; seed k of system s. */
static double rule(enum metric_id m, int system, int seed, int row)
{
	int x = (row * 37 + system * 11 + seed * 5 + row * row * 3) % 17;

	if (metric_table[m].input == METRIC_LABELS)
		return x < 5 ? 1 - row % 2 : row % 2;
	return metric_table[m].input == METRIC_NUMBERS ? row % 9 + x / 3.0 : x / 17.0;
}

struct made_up {
	double gold[ROWS], a[3][ROWS], b[3][ROWS];
	const double *value_a[3], *value_b[3];
	struct answers_of of_a, of_b;
	struct paired_sample s;
};

static void make_up(enum metric_id m, int seeds, struct made_up *x)
{
	*x = (struct made_up){.s = {m, ROWS, 2, NULL, NULL}};
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < ROWS; i++) {
			x->a[k][i] = rule(m, 0, k, i);
			x->b[k][i] = rule(m, 1, k, i);
		}
		x->value_a[k] = x->a[k];
		x->value_b[k] = x->b[k];
	}
	for (int i = 0; i < ROWS; i++)
		x->gold[i] = metric_table[m].input == METRIC_LABELS ? i % 2 : i % 9;
	if (metric_table[m].input <= METRIC_NUMBERS)
		x->s.gold = x->gold;
	x->of_a = (struct answers_of){seeds, x->value_a};
	x->of_b = (struct answers_of){seeds, x->value_b};
}

/* A value is the metric of metric.h; exchanged systems mirror everything. */
static void test_mirror(void **state)
{
	static struct made_up x;

	(void)state;
	for (int m = 0; m < METRICS; m++)
		for (int seeds = 1; seeds <= 3; seeds += 2) {
			struct difference d, e;
			struct randomization r, q;
			double want = 0;

			make_up((enum metric_id)m, seeds, &x);
			for (int k = 0; k < seeds; k++)
				want += (sample_metric(&x.s, x.a[k], NULL, ROWS) -
					 sample_metric(&x.s, x.b[k], NULL, ROWS)) / seeds;
			significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &d);
			significance_bootstrap(&x.s, &x.of_b, &x.of_a, &HOW, &e);
			significance_randomization(&x.s, &x.of_a, &x.of_b, &HOW, &r);
			significance_randomization(&x.s, &x.of_b, &x.of_a, &HOW, &q);
			assert_true(fabs(d.value - want) < 1e-12);
			assert_true(fabs(r.value - want) < 1e-12);
			assert_true(fabs(d.low + e.high) < 1e-12 && d.low < d.high);
			assert_true(fabs(d.p - e.p) < 1e-12 && d.p > 0 && d.p <= 1);
			assert_true(r.p == q.p && r.p > 0 && r.p <= 1);
			assert_int_equal(d.freedom > 0, seeds > 1);
		}
}

/* The metric of rows by number, with repeats, is that of the rows written out. */
static void test_rows_by_number(void **state)
{
	static struct made_up x;
	uint32_t row[2 * ROWS];
	double gold[2 * ROWS], value[2 * ROWS];

	(void)state;
	for (int m = 0; m < METRICS; m++) {
		struct paired_sample out;

		make_up((enum metric_id)m, 1, &x);
		for (uint32_t i = 0; i < 2 * ROWS; i++) {
			row[i] = (i * i + 3) % ROWS;
			gold[i] = x.gold[row[i]];
			value[i] = x.a[0][row[i]];
		}
		out = x.s;
		out.n_rows = 2 * ROWS;
		out.gold = x.s.gold ? gold : NULL;
		assert_true(fabs(sample_metric(&x.s, x.a[0], row, 2 * ROWS) -
				 sample_metric(&out, value, NULL, 2 * ROWS)) < 1e-12);
	}
}

/* A draw of rows, done by hand: numbers coded for speed give what metric.h gives. */
static void test_error_by_hand(void **state)
{
	static struct made_up x;
	struct resampling how = {.level = 0.5, .draws = 2000, .seed = 5};

	(void)state;
	for (int m = METRIC_PEARSON; m <= METRIC_SPEARMAN; m++) {
		struct rng r = rng_stream(9, RNG_TEST, 0, 0);
		double sum = 0, squares = 0, error;
		struct interval i;
		uint32_t row[ROWS];

		make_up((enum metric_id)m, 1, &x);
		for (int k = 0; k < how.draws; k++) {
			double v;

			for (uint32_t c = 0; c < ROWS; c++)
				row[c] = rng_below(&r, (uint64_t)k * ROWS + c, ROWS);
			v = sample_metric(&x.s, x.a[0], row, ROWS);
			sum += v;
			squares += v * v;
		}
		error = sqrt(squares / how.draws - sum / how.draws * (sum / how.draws));
		significance_interval(&x.s, &x.of_a, &how, &i);
		/* two deviations of 2000 draws: each is off by 1.6% */
		assert_true(fabs(i.error / error - 1) < 4.5 * sqrt(2) * 0.016);
	}
}

/* Far from 0 the sums of a draw keep their digits: 2^30 more changes nothing. */
static void test_far_from_zero(void **state)
{
	static struct made_up x;
	struct interval near, far;

	(void)state;
	make_up(METRIC_PEARSON, 1, &x);
	significance_interval(&x.s, &x.of_a, &HOW, &near);
	for (int i = 0; i < ROWS; i++)
		x.a[0][i] += 0x1p30;
	significance_interval(&x.s, &x.of_a, &HOW, &far);
	assert_true(fabs(near.low - far.low) < 1e-6 && fabs(near.high - far.high) < 1e-6);
}

/* What is not finite has no correlation; it disturbs nobody else. */
static void test_not_finite(void **state)
{
	static struct made_up x;

	(void)state;
	for (int m = METRIC_PEARSON; m <= METRIC_SPEARMAN; m++) {
		struct difference d;
		struct randomization r;

		make_up((enum metric_id)m, 1, &x);
		x.b[0][7] = INFINITY;
		significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &d);
		significance_randomization(&x.s, &x.of_a, &x.of_b, &HOW, &r);
		assert_true(isnan(d.value) && isnan(d.p) && isnan(r.p) && isnan(d.low));
	}
}

/* Three rows, two of them alike: a draw of one number alone has no correlation. */
static void test_draws_without_value(void **state)
{
	static const double gold[] = {1, 1, 2}, x[] = {3, 4, 5}, y[] = {3, 5, 4};
	const double *value_x[] = {x}, *value_y[] = {y};
	struct answers_of a = one(value_x), b = one(value_y);

	(void)state;
	for (int m = METRIC_PEARSON; m <= METRIC_SPEARMAN; m++) {
		struct paired_sample s = {(enum metric_id)m, 3, 0, gold, NULL};
		struct difference d;
		struct interval i;

		significance_interval(&s, &a, &HOW, &i);
		significance_bootstrap(&s, &a, &b, &HOW, &d);
		/* the third row never: 8 of 27 draws; always: 1 of 27 */
		assert_true(fabs(i.undefined - DRAWS * 9 / 27.0) <
			    4 * sqrt(DRAWS * 2 / 9.0));
		assert_int_equal(i.undefined, d.undefined);
		assert_true(i.low <= i.value && i.value <= i.high && d.p > 0);
	}
}

/* No row is positive and none is called so: the F1 is 0, as everywhere. */
static void test_no_positive(void **state)
{
	static struct made_up x;
	struct difference d;
	struct randomization r;

	(void)state;
	make_up(METRIC_F1, 1, &x);
	for (int i = 0; i < ROWS; i++)
		x.gold[i] = x.a[0][i] = x.b[0][i] = 0;
	significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &d);
	significance_randomization(&x.s, &x.of_a, &x.of_b, &HOW, &r);
	assert_true(d.value == 0 && d.p == 1 && r.p == 1 && d.undefined == 0);
	x.gold[3] = 1; /* in some draws alone */
	x.a[0][3] = 1;
	significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &d);
	assert_true(d.value == 1 && d.low == 0 && d.high == 1 && d.undefined == 0);
	assert_true(significance_power(&x.s, &x.of_a, &x.of_b, &d, 0.95).too_few);
}

/* k rows apart: swaps find nothing below 0.05 with five, but with six. */
static void test_too_few(void **state)
{
	static struct made_up x;
	struct resampling how = {.level = 0.95, .draws = 20000, .seed = 2};

	(void)state;
	make_up(METRIC_ACCURACY, 1, &x);
	for (int k = 0; k <= 7; k++) {
		struct difference d;
		struct randomization r;
		struct power p;

		for (int i = 0; i < ROWS; i++) {
			x.a[0][i] = x.gold[i];
			x.b[0][i] = i < k ? 1 - x.gold[i] : x.gold[i];
		}
		significance_bootstrap(&x.s, &x.of_a, &x.of_b, &how, &d);
		significance_randomization(&x.s, &x.of_a, &x.of_b, &how, &r);
		p = significance_power(&x.s, &x.of_a, &x.of_b, &d, 0.95);
		assert_int_equal(p.differing, k);
		assert_int_equal(p.too_few, k < 6);
		assert_int_equal(r.p > 0.05, k < 6);
		/* 2^(1-k) of all ways to swap are as far apart as this one */
		assert_true(fabs(r.p - fmin(1, ldexp(1, 1 - k))) < 4.5 * 0.5 / sqrt(20000));
		assert_true(fabs(mcnemar(x.gold, x.a[0], x.b[0], ROWS).p -
				 fmin(1, ldexp(1, 1 - k))) < 1e-15);
	}
}

/* The least p there is: no draw is as far off, and the sample itself counts as one. */
static void test_least_p(void **state)
{
	static struct made_up x;
	struct difference d;
	struct randomization r;

	(void)state;
	make_up(METRIC_ACCURACY, 1, &x);
	for (int i = 0; i < ROWS; i++) {
		x.a[0][i] = x.gold[i];
		x.b[0][i] = 1 - x.gold[i];
	}
	significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &d);
	significance_randomization(&x.s, &x.of_a, &x.of_b, &HOW, &r);
	assert_true(d.value == 1 && d.p == 1.0 / (1 + DRAWS));
	assert_true(r.value == 1 && r.p == 1.0 / (1 + DRAWS));
}

/* One seed against three: the three's deviation counts, the one's is not known. */
static void test_one_against_three(void **state)
{
	static struct made_up x;
	struct difference d, turned;
	double mean[3], m = 0, squares = 0;

	(void)state;
	make_up(METRIC_ROUGE1, 3, &x);
	for (int k = 0; k < 3; k++) {
		mean[k] = sample_metric(&x.s, x.b[k], NULL, ROWS) + 0.3 * k;
		m += mean[k] / 3;
		for (int i = 0; i < ROWS; i++)
			x.b[k][i] += 0.3 * k;
	}
	for (int k = 0; k < 3; k++)
		squares += (mean[k] - m) * (mean[k] - m);
	x.of_a.n_seeds = 1;
	significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &d);
	significance_bootstrap(&x.s, &x.of_b, &x.of_a, &HOW, &turned);
	assert_true(fabs(d.value - (sample_metric(&x.s, x.a[0], NULL, ROWS) - m)) < 1e-12);
	assert_true(d.error > sqrt(squares / 2 / 3) && d.error < 0.3);
	/* nearly all of the error is the three's, who have two degrees of freedom */
	assert_true(d.freedom > 2 && d.freedom < 4);
	assert_true(fabs(d.p - turned.p) < 1e-12 && fabs(d.low + turned.high) < 1e-12);
}

/* Seeds swap together: what all seeds of a row share does not count as many rows. */
static void test_seeds_swap_together(void **state)
{
	static struct made_up x;
	struct randomization one_seed, three;

	(void)state;
	make_up(METRIC_ROUGE1, 3, &x);
	for (int k = 1; k < 3; k++) {
		memcpy(x.a[k], x.a[0], sizeof x.a[0]);
		memcpy(x.b[k], x.b[0], sizeof x.b[0]);
	}
	significance_randomization(&x.s, &x.of_a, &x.of_b, &HOW, &three);
	x.of_b.n_seeds = 1; /* the others of a take no part */
	significance_randomization(&x.s, &x.of_a, &x.of_b, &HOW, &one_seed);
	assert_true(three.p == one_seed.p && three.p < 1);
	assert_int_equal(three.n_seeds, 3);
	assert_int_equal(one_seed.n_seeds, 1);
}

/* The same call, the same bits; another seed, others. */
static void test_same_bits(void **state)
{
	static struct made_up x;
	struct resampling other = HOW;
	struct difference d, e;
	struct interval i, j;

	(void)state;
	other.seed++;
	make_up(METRIC_SPEARMAN, 1, &x);
	significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &d);
	significance_bootstrap(&x.s, &x.of_a, &x.of_b, &HOW, &e);
	assert_memory_equal(&d, &e, sizeof d);
	significance_bootstrap(&x.s, &x.of_a, &x.of_b, &other, &e);
	assert_true(d.value == e.value && d.low != e.low);
	significance_interval(&x.s, &x.of_a, &HOW, &i);
	significance_interval(&x.s, &x.of_a, &other, &j);
	assert_true(i.value == j.value && i.low != j.low);
}

static bool stop_at_once(struct progress *p)
{
	(*(int *)p->arg)++;
	assert_int_equal(p->total, DRAWS);
	assert_string_equal(p->unit, "draws");
	return true;
}

static void test_stopped(void **state)
{
	static struct made_up x;
	int ticks = 0;
	struct progress p = {.tick = stop_at_once, .arg = &ticks};
	struct resampling how = HOW;
	struct difference d;
	struct randomization r;
	struct interval i;

	(void)state;
	how.progress = &p;
	make_up(METRIC_ACCURACY, 2, &x);
	assert_int_equal(significance_interval(&x.s, &x.of_a, &how, &i), ST_STOPPED);
	assert_int_equal(significance_bootstrap(&x.s, &x.of_a, &x.of_b, &how, &d),
			 ST_STOPPED);
	assert_int_equal(significance_randomization(&x.s, &x.of_a, &x.of_b, &how, &r),
			 ST_STOPPED);
	assert_int_equal(ticks, 3);
}

/* A perplexity is exp of the mean loss of a piece, so rows weigh what they are long. */
static void test_weights(void **state)
{
	static const double loss[] = {1, 2, 4}, pieces[] = {2, 1, 1};
	static const uint32_t twice[] = {0, 0, 2};
	struct paired_sample s = {METRIC_PERPLEXITY, 3, 0, NULL, pieces};

	(void)state;
	assert_true(fabs(sample_metric(&s, loss, NULL, 3) - exp(2)) < 1e-12);
	assert_true(fabs(sample_metric(&s, loss, twice, 3) - exp(8.0 / 5)) < 1e-12);
	s.metric = METRIC_ROUGE2;
	assert_true(fabs(sample_metric(&s, loss, NULL, 3) - 2) < 1e-12);
}

/* What is no test is not counted; order and ties do not matter. */
static void test_holm_by_hand(void **state)
{
	double p[] = {0.04, NAN, 0.01, 0.03, 0.01}, out[5];

	(void)state;
	holm(p, 5, out);
	assert_true(isnan(out[1]));
	assert_true(fabs(out[2] - 0.04) < 1e-15 && out[2] == out[4]);
	assert_true(fabs(out[3] - 0.06) < 1e-15 && out[0] == out[3]);
	holm(p, 0, out);
	holm(p + 1, 1, out);
	assert_true(isnan(out[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_all_equal),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_rows_by_number),
		cmocka_unit_test(test_error_by_hand),
		cmocka_unit_test(test_far_from_zero),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_draws_without_value),
		cmocka_unit_test(test_no_positive),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_least_p),
		cmocka_unit_test(test_one_against_three),
		cmocka_unit_test(test_seeds_swap_together),
		cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_holm_by_hand),
	};

	return cmocka_run_group_tests_name("significance", tests, NULL, NULL);
}
