/*
 * test_significance_golden.c - significance tests against scipy, statsmodels and an
 * independent script (tests/golden/metric/make_significance.py): to the last digits
 * where nothing is drawn, within the error of both simulations where rows are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <math.h>

#include "fixture/golden.h"
#include "metric/significance.h"
#include "metric/student.h"

enum { ROWS = 160, SEEDS = 5, DRAWS = 5000, TAIL = 60 };

static double number(const struct json *row, const char *key)
{
	const struct json *x = json_get(row, key);

	assert_non_null(x);
	return json_number(x);
}

static void near(const struct golden *g, const char *what, double got, double want,
		 double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%s:%d: %s is %.17g, not %.17g (within %.3g)", g->path, g->line,
			 what, got, want, within);
}

static void test_mcnemar(void **state)
{
	struct golden g;
	struct json *row;
	int exact = 0;

	(void)state;
	golden_open(&g, "tests/golden/metric/mcnemar.jsonl");
	while ((row = golden_row(&g))) {
		uint64_t a = (uint64_t)number(row, "only_a");
		uint64_t b = (uint64_t)number(row, "only_b");
		struct mcnemar m = mcnemar_counted(a, b);
		double p = number(row, "p");

		assert_int_equal(m.exact, json_bool(json_get(row, "exact")));
		exact += m.exact;
		near(&g, "p", m.p, p, 1e-12 * p + 1e-300);
		near(&g, "statistic", m.statistic, number(row, "statistic"),
		     1e-12 * m.statistic);
		json_free(row);
	}
	assert_int_equal(exact, 325); /* all of a + b < 25 */
	assert_true(g.line > 800);
	golden_close(&g);
	/* where statsmodels' correction turns round: no difference is none */
	assert_true(mcnemar_counted(40, 40).p == 1);
}

static void test_holm(void **state)
{
	struct golden g;
	struct json *row;

	(void)state;
	golden_open(&g, "tests/golden/metric/holm.jsonl");
	while ((row = golden_row(&g))) {
		double p[40], want[40];
		int n = (int)golden_numbers(row, "p", p, 40);

		assert_int_equal(golden_numbers(row, "holm", want, 40), n);
		holm(p, n, p);
		for (int i = 0; i < n; i++)
			near(&g, "holm", p[i], want[i], 1e-14);
		json_free(row);
	}
	assert_true(g.line >= 36);
	golden_close(&g);
}

static void test_student(void **state)
{
	struct golden g;
	struct json *row;

	(void)state;
	golden_open(&g, "tests/golden/metric/student.jsonl");
	while ((row = golden_row(&g))) {
		double free = number(row, "freedom"), t = number(row, "t");
		double p = number(row, "p"), got = student_two_sided(t, free);

		near(&g, "p", got, p, (free > 1e6 ? 1e-7 : 1e-10) * p + 1e-290);
		if (t > 0 && p > 1e-200 && p < 0.999)
			near(&g, "t", student_quantile(got, free), t, 1e-9 * t);
		json_free(row);
	}
	assert_true(g.line > 150);
	golden_close(&g);
	/* near 0, where scipy has ten digits, the forms that one and two degrees have */
	for (double t = 1e-9; t < 1e9; t *= 7) {
		near(&g, "one degree", student_two_sided(t, 1), 2 / M_PI * atan(1 / t),
		     1e-13);
		near(&g, "two degrees", student_two_sided(t, 2),
		     2 / (sqrt(2 + t * t) * (sqrt(2 + t * t) + t)), 1e-13);
	}
	near(&g, "normal", student_two_sided(1.959963984540054, INFINITY), 0.05, 1e-15);
	near(&g, "normal", student_quantile(0.05, INFINITY), 1.959963984540054, 1e-14);
}

static void test_wilson(void **state)
{
	static double value[2000], gold[2000];
	const double *values[] = { value };
	struct answers_of of = {1, values};
	struct golden g;
	struct json *row;

	(void)state;
	golden_open(&g, "tests/golden/metric/wilson.jsonl");
	while ((row = golden_row(&g))) {
		int right = (int)number(row, "right"), n = (int)number(row, "n");
		struct resampling how = {.level = number(row, "level"), .draws = 10};
		struct paired_sample s = {METRIC_ACCURACY, n, 3, gold, NULL};
		struct interval x;

		for (int i = 0; i < n; i++) {
			gold[i] = i % 3;
			value[i] = i < right ? gold[i] : (i + 1) % 3;
		}
		assert_int_equal(significance_interval(&s, &of, &how, &x), ST_OK);
		near(&g, "low", x.low, number(row, "low"), 1e-12);
		near(&g, "high", x.high, number(row, "high"), 1e-12);
		for (int i = 0; i < n; i++)
			value[i] = value[i] == gold[i];
		s.gold = NULL; /* the same as scores */
		assert_int_equal(significance_interval(&s, &of, &how, &x), ST_OK);
		near(&g, "low", x.low, number(row, "low"), 1e-12);
		json_free(row);
	}
	assert_true(g.line > 30);
	golden_close(&g);
}

/* A row of resampled.jsonl. */
struct example {
	double gold[ROWS], weight[ROWS], a[SEEDS][ROWS], b[SEEDS][ROWS];
	const double *value_a[SEEDS], *value_b[SEEDS];
	struct answers_of of_a, of_b;
	struct paired_sample s;
	double draws; /* of theirs */
};

static struct answers_of answers(const struct json *row, const char *key,
				 double room[SEEDS][ROWS], const double **value, int n)
{
	int seeds = 0;

	for (const struct json *list = json_first(json_get(row, key)); list;
	     list = json_next(list)) {
		double *out = room[seeds];

		assert_true(seeds < SEEDS);
		assert_int_equal(json_len(list), n);
		for (const struct json *x = json_first(list); x; x = json_next(x))
			*out++ = json_number(x);
		value[seeds] = room[seeds];
		seeds++;
	}
	assert_true(seeds > 0);
	return (struct answers_of){seeds, value};
}

static void read_example(const struct json *row, struct example *x)
{
	int n = json_len(json_first(json_get(row, "a")));

	assert_in_range(n, 2, ROWS);
	x->s = (struct paired_sample){
		.metric = metric_find(json_string(json_get(row, "metric")))->id,
		.n_rows = n, .n_classes = (int)number(row, "classes"),
	};
	if (json_get(row, "gold")) {
		assert_int_equal(golden_numbers(row, "gold", x->gold, ROWS), n);
		x->s.gold = x->gold;
	}
	if (json_get(row, "weight")) {
		assert_int_equal(golden_numbers(row, "weight", x->weight, ROWS), n);
		x->s.weight = x->weight;
	}
	x->of_a = answers(row, "a", x->a, x->value_a, n);
	x->of_b = answers(row, "b", x->b, x->value_b, n);
	x->draws = number(row, "draws");
}

/* 4.5 standard errors of a share of our draws less that of theirs. */
static double share_error(double p, double draws)
{
	return 4.5 * sqrt(p * (1 - p) * (1 / draws + 1.0 / DRAWS));
}

/*
 * Is ours a percentile at `share` from an end of theirs? Theirs is known at the
 * shares 0.001 k; ours is at one that the simulations leave open.
 */
static void near_tail(const struct golden *g, const struct json *row, const char *key,
		      double draws, double got, double share, bool low)
{
	double x[TAIL], wide = share_error(share, draws), least, most;
	int near_end = (int)floor((share - wide) * 1000) - 1;
	int far_end = (int)ceil((share + wide) * 1000) - 1;

	assert_int_equal(golden_numbers(row, key, x, TAIL), TAIL);
	assert_true(near_end >= 0 && far_end < TAIL);
	least = low ? x[near_end] : x[far_end];
	most = low ? x[far_end] : x[near_end];
	if (!(got >= least - 1e-9 && got <= most + 1e-9))
		fail_msg("%s:%d: %s: %.9g is not in %.9g to %.9g", g->path, g->line, key,
			 got, least, most);
}

static void check_swaps(const struct golden *g, const struct json *row,
			const struct example *x, const struct resampling *how)
{
	const struct json *value = json_get(row, "value_swap");
	double p = number(row, "p_swap");
	struct randomization r;

	assert_int_equal(significance_randomization(&x->s, &x->of_a, &x->of_b, how, &r),
			 ST_OK);
	near(g, "swapped value", r.value,
	     value ? json_number(value) : number(row, "value"), 1e-9);
	near(g, "randomization p", r.p, p, share_error(p, x->draws) + 1.0 / DRAWS);
	assert_int_equal(r.n_seeds, x->of_a.n_seeds < x->of_b.n_seeds ? x->of_a.n_seeds
								      : x->of_b.n_seeds);
}

static void check_draws(const struct golden *g, const struct json *row,
			const struct example *x, const struct resampling *how)
{
	double p = number(row, "p_boot"), error = number(row, "error");
	struct difference d;

	assert_int_equal(significance_bootstrap(&x->s, &x->of_a, &x->of_b, how, &d), ST_OK);
	near(g, "value", d.value, number(row, "value"), 1e-9);
	near(g, "bootstrap p", d.p, p, share_error(p, x->draws) + 1.0 / DRAWS);
	/* a deviation of B draws is off by 1 / sqrt(2 B), more with long tails */
	near(g, "error", d.error, error, 4.5 * error * 1.5 / sqrt(2.0 * DRAWS));
	near_tail(g, row, "tail_low", x->draws, d.low, 0.025, true);
	near_tail(g, row, "tail_high", x->draws, d.high, 0.025, false);
	assert_true(d.freedom == 0 && d.undefined == 0);
}

/* Accuracies of one seed have Wilson's interval: test_wilson. */
static void check_alone(const struct golden *g, const struct json *row,
			const struct example *x, const struct resampling *how)
{
	const struct json *alone = json_get(row, "alone");
	struct interval i;

	if (x->s.metric == METRIC_ACCURACY)
		return;
	assert_int_equal(significance_interval(&x->s, &x->of_a, how, &i), ST_OK);
	near(g, "alone", i.value, number(alone, "value"), 1e-9);
	near_tail(g, alone, "tail_low", x->draws, i.low, 0.025, true);
	near_tail(g, alone, "tail_high", x->draws, i.high, 0.025, false);
}

/* Student's: the part of rows is simulated, on both sides; 5% of the error is ample. */
static void check_student(const struct golden *g, const struct json *row,
			  const struct example *x, struct resampling how)
{
	double error = number(row, "student_error"), p = number(row, "student_p");
	struct difference d;

	how.seeds = SEEDS_STUDENT;
	assert_int_equal(significance_bootstrap(&x->s, &x->of_a, &x->of_b, &how, &d),
			 ST_OK);
	near(g, "Student's error", d.error, error, 0.05 * error);
	near(g, "freedom", d.freedom, number(row, "freedom"), 0.12 * d.freedom);
	near(g, "half", (d.high - d.low) / 2, number(row, "student_half"),
	     0.06 * (d.high - d.low) / 2);
	near(g, "Student's p", d.p, p, 0.08 * p + 0.02);
	assert_int_equal(d.low > 0 || d.high < 0, d.p < 0.05);
}

static void test_resampled(void **state)
{
	static struct example x;
	struct golden g;
	struct json *row;
	int with_seeds = 0;

	(void)state;
	golden_open(&g, "tests/golden/metric/resampled.jsonl");
	while ((row = golden_row(&g))) {
		struct resampling how = {.level = 0.95, .draws = DRAWS, .seed = 3,
					 .seeds = SEEDS_DRAWN};

		read_example(row, &x);
		check_draws(&g, row, &x, &how);
		check_swaps(&g, row, &x, &how);
		if (json_get(row, "alone"))
			check_alone(&g, row, &x, &how);
		if (json_get(row, "student_p")) {
			check_student(&g, row, &x, how);
			with_seeds++;
		}
		json_free(row);
	}
	assert_int_equal(g.line, 20);
	assert_int_equal(with_seeds, 7);
	golden_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mcnemar),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_student),
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_resampled),
	};

	return cmocka_run_group_tests_name("significance_golden", tests, NULL, NULL);
}
