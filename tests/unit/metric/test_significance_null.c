/*
 * test_significance_null.c - how often the tests cry wolf, and how often they find what
 * is there. Two systems whose answers are swapped row by row at random do not differ:
 * tests at 5% may say so in 5% of such pairs. A difference of known size is found as
 * often as the normal approximation says. TUTTI_LOTS=20 for more pairs, TUTTI_TELL=1
 * prints what was measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture/made_systems.h"
#include "metric/student.h"

/* B + 1 is a multiple of 20: p <= 0.05 then has a chance of 5% exactly. */
enum { PAIRS = 1000, DRAWS = 199 };
static const double ALPHA = 0.05;

struct rates {
	int pairs, by_bootstrap, by_swaps, by_mcnemar, exact;
	double by_steps; /* sum of the levels that the pairs' swaps can have at all */
};

/* P(at most `few` heads of n fair coins). */
static double heads(int few, int n)
{
	double sum = 0;

	for (int k = 0; k <= few; k++)
		sum += exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) -
			   n * log(2));
	return sum;
}

/*
 * Accuracies differ by whole rows: of k rows apart the two-sided p of swaps takes steps
 * of several percent, and the level of a test at 5% is the highest step below it.
 */
static double highest_step(int k)
{
	int few = 0;

	while (few < k / 2 && 2 * heads(few, k) <= ALPHA)
		few++;
	return few ? 2 * heads(few - 1, k) : 0;
}

static void tell(const char *what, int n, const struct rates *r)
{
	if (getenv("TUTTI_TELL"))
		fprintf(stderr, "%-12s n %3d: bootstrap %.4f randomization %.4f mcnemar "
			"%.4f (%d exact) of %d\n", what, n, (double)r->by_bootstrap / r->pairs,
			(double)r->by_swaps / r->pairs, (double)r->by_mcnemar / r->pairs,
			r->exact, r->pairs);
}

static void try_pair(const struct made_pair *p, uint64_t seed, struct rates *r)
{
	struct resampling how = {.level = 1 - ALPHA, .draws = DRAWS, .seed = seed};
	struct difference d;
	struct randomization w;

	significance_bootstrap(&p->sample, &p->of_a, &p->of_b, &how, &d);
	significance_randomization(&p->sample, &p->of_a, &p->of_b, &how, &w);
	assert_true(d.value == w.value || fabs(d.value - w.value) < 1e-12);
	r->pairs++;
	r->by_bootstrap += d.p <= ALPHA + 1e-9;
	r->by_swaps += w.p <= ALPHA + 1e-9;
	if (p->sample.metric == METRIC_ACCURACY) {
		struct mcnemar m = mcnemar(p->gold, p->a, p->b, p->sample.n_rows);

		r->by_mcnemar += m.p <= ALPHA;
		r->exact += m.exact;
		r->by_steps += highest_step((int)(m.only_a + m.only_b));
	}
}

static struct rates under_the_null(enum metric_id metric, int n)
{
	static struct made_pair p;
	struct made m = made_from(100 + (uint64_t)metric);
	struct rates r = {0};

	for (int i = 0; i < PAIRS * made_lots(); i++) {
		made_pair(&m, metric, n, &p);
		made_null(&m, &p);
		try_pair(&p, (uint64_t)i, &r);
	}
	tell(metric_table[metric].name, n, &r);
	return r;
}

static void in_3_to_7_percent(int rejected, int pairs, const char *who)
{
	if (rejected < 0.03 * pairs || rejected > 0.07 * pairs)
		fail_msg("%s: %d of %d pairs without a difference are told apart", who,
			 rejected, pairs);
}

static void test_null(void **state)
{
	static const struct {
		enum metric_id metric;
		int n;
	} rows[] = {
		{ METRIC_ACCURACY, 1000 }, { METRIC_F1, 200 }, { METRIC_ROUGE1, 100 },
		{ METRIC_PEARSON, 100 }, { METRIC_SPEARMAN, 100 },
		{ METRIC_MATTHEWS, 200 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rates r = under_the_null(rows[i].metric, rows[i].n);
		const char *name = metric_table[rows[i].metric].name;

		in_3_to_7_percent(r.by_bootstrap, r.pairs, name);
		in_3_to_7_percent(r.by_swaps, r.pairs, name);
		if (rows[i].metric == METRIC_ACCURACY) {
			double level = r.by_steps / r.pairs, error;

			error = sqrt(level * (1 - level) / r.pairs);
			assert_true(level > 0.04 && level < ALPHA);
			assert_true(fabs((double)r.by_swaps / r.pairs - level) <
				    4 * error);
		}
	}
}

/*
 * Few rows apart: exact tests may only reject too seldom (2^(1-k) comes in steps), and
 * do not reject so seldom that nothing could be found.
 */
static void test_null_of_exact_mcnemar(void **state)
{
	struct rates r = under_the_null(METRIC_ACCURACY, 60);

	(void)state;
	assert_true(r.exact > 0.95 * r.pairs);
	assert_true(r.by_mcnemar <= ALPHA * r.pairs);
	assert_true(r.by_mcnemar >= 0.01 * r.pairs);
	assert_true(r.by_swaps <= 0.07 * r.pairs);
}

/* Scores whose differences are normal with a deviation of 1, n of them, `apart`. */
static double found(struct made *m, int n, double apart, double *by_swaps)
{
	static struct made_seeds x, y;
	static double row[MADE_ROWS];
	struct made_luck l = {.of_both = sqrt(0.5)}, better = l;
	struct paired_sample s = {.metric = METRIC_ROUGE1, .n_rows = n};
	struct rates r = {0};

	better.mean = apart;
	for (int i = 0; i < PAIRS * made_lots(); i++) {
		struct resampling how = {.level = 0.95, .draws = DRAWS,
					 .seed = (uint64_t)i};
		struct difference d;
		struct randomization w;

		made_row_luck(m, 1, n, row);
		made_seeds(m, &better, row, n, 1, &x);
		made_seeds(m, &l, row, n, 1, &y);
		significance_bootstrap(&s, &x.of, &y.of, &how, &d);
		significance_randomization(&s, &x.of, &y.of, &how, &w);
		r.pairs++;
		r.by_bootstrap += d.p <= ALPHA + 1e-9;
		r.by_swaps += w.p <= ALPHA + 1e-9;
	}
	tell("apart", n, &r);
	*by_swaps = (double)r.by_swaps / r.pairs;
	return (double)r.by_bootstrap / r.pairs;
}

/* P(Z > x) */
static double above(double x)
{
	return 0.5 * erfc(x / sqrt(2));
}

/*
 * Within four standard errors of the simulation, and 2 points: what 199 draws instead of
 * all cost (Davison and Hinkley 1997, 4.2.5), and normal instead of Student's tails.
 */
static void test_power(void **state)
{
	static const double steps[] = { 1, 2, 2.8016, 3.5 }; /* in standard errors */
	struct made m = made_from(4);
	int n = 100;

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		double z = student_quantile(ALPHA, INFINITY), by_swaps, rate, theory;
		double error;

		theory = above(z - steps[i]) + above(z + steps[i]);
		error = sqrt(theory * (1 - theory) / (PAIRS * made_lots()));
		rate = found(&m, n, steps[i] / sqrt(n), &by_swaps);
		if (fabs(rate - theory) > 4 * error + 0.02 ||
		    fabs(by_swaps - theory) > 4 * error + 0.02)
			fail_msg("%g errors apart: %g and %g, not %g", steps[i], rate,
				 by_swaps, theory);
	}
}

/* What significance_power calls told with a chance of 80% is what was tried above. */
static void test_least(void **state)
{
	static struct made_seeds x, y;
	static double row[MADE_ROWS];
	struct made m = made_from(5);
	struct made_luck l = {.of_both = sqrt(0.5)};
	struct paired_sample s = {.metric = METRIC_ROUGE1, .n_rows = 100};
	struct resampling how = {.level = 0.95, .draws = 2000, .seed = 1};
	double sum = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct difference d;

		made_row_luck(&m, 1, 100, row);
		made_seeds(&m, &l, row, 100, 1, &x);
		made_seeds(&m, &l, row, 100, 1, &y);
		significance_bootstrap(&s, &x.of, &y.of, &how, &d);
		sum += significance_power(&s, &x.of, &y.of, &d, 0.95).least;
	}
	/* its mean: 2.8016 standard errors; each is 7% off, fifty 1%, draws 0.2% */
	assert_true(fabs(sum / 50 / 0.28016 - 1) < 0.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_null_of_exact_mcnemar),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_least),
	};

	return cmocka_run_group_tests_name("significance_null", tests, NULL, NULL);
}
