/*
 * test_significance_luck.c - how often an interval holds the truth. Populations are
 * made up, so the truth is known; a 95% interval should hold it in 95% of samples.
 * With few seeds percentiles of drawn seeds do not come near, which the test holds,
 * too: it is why Student's interval is the one in use. TUTTI_LOTS=20 for more samples,
 * TUTTI_TELL=1 prints what was measured.
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

enum { SAMPLES = 500, DRAWS = 399 };
static const double LEVEL = 0.95;

static void tell(const char *what, int n, int seeds, double rate)
{
	if (getenv("TUTTI_TELL"))
		fprintf(stderr, "%-22s n %3d seeds %2d: %.4f\n", what, n, seeds, rate);
}

/* Four standard errors of a rate of `samples`. */
static double rate_error(double rate)
{
	return 4 * sqrt(rate * (1 - rate) / (SAMPLES * made_lots()));
}

/* Labels: right by 0.9 of the positive ones and by 0.8 of the others. */
static void labels_of(struct made *m, int n, struct made_pair *p)
{
	for (int i = 0; i < n; i++) {
		p->gold[i] = made_uniform(m) < 0.4;
		p->a[i] = made_uniform(m) < (p->gold[i] > 0 ? 0.9 : 0.2);
	}
}

/* Numbers: normal, with a correlation of 0.8. */
static void numbers_of(struct made *m, int n, struct made_pair *p)
{
	for (int i = 0; i < n; i++) {
		p->gold[i] = made_normal(m);
		p->a[i] = 0.8 * p->gold[i] + 0.6 * made_normal(m);
	}
}

/* Scores, skewed: squares of a uniform number, with a mean of 1/3. */
static void scores_of(struct made *m, int n, struct made_pair *p)
{
	for (int i = 0; i < n; i++) {
		double u = made_uniform(m);

		p->a[i] = u * u;
	}
}

/*
 * Labels near the best there is: in 13% of samples all are right, and percentiles of
 * such rows would be 1 to 1.
 */
static void nearly_all_right(struct made *m, int n, struct made_pair *p)
{
	for (int i = 0; i < n; i++) {
		p->gold[i] = i % 2;
		p->a[i] = made_uniform(m) < 0.98 ? i % 2 : 1 - i % 2;
	}
}

struct population {
	enum metric_id metric;
	int n;
	double truth;
	void (*sample)(struct made *m, int n, struct made_pair *p);
};

static double covered(const struct population *t)
{
	static struct made_pair p;
	const double *value[] = { p.a };
	struct answers_of of = {1, value};
	struct paired_sample s = {.metric = t->metric, .n_rows = t->n, .n_classes = 2};
	struct made m = made_from(30 + (uint64_t)t->metric);
	int holds = 0, all = SAMPLES * made_lots();

	if (t->sample != scores_of)
		s.gold = p.gold;
	for (int i = 0; i < all; i++) {
		struct resampling how = {.level = LEVEL, .draws = DRAWS,
					 .seed = (uint64_t)i};
		struct interval x;

		t->sample(&m, t->n, &p);
		significance_interval(&s, &of, &how, &x);
		holds += x.low <= t->truth && t->truth <= x.high;
	}
	tell(metric_table[t->metric].name, t->n, 1, (double)holds / all);
	return (double)holds / all;
}

/*
 * Of 100 rows 93.6 to 94.9% (3,000 samples each), so percentiles do and nothing more is
 * made of the draws. 2 points are given.
 */
static void test_one_seed(void **state)
{
	static const struct population rows[] = {
		{ METRIC_ACCURACY, 100, 0.4 * 0.9 + 0.6 * 0.8, labels_of },
		{ METRIC_ACCURACY, 100, 0.98, nearly_all_right },
		{ METRIC_F1, 100, 2 * 0.36 / (0.36 + 0.12 + 0.4), labels_of },
		{ METRIC_PEARSON, 100, 0.8, numbers_of },
		/* Pearson 1907: 6 / pi asin(r / 2) of normal numbers */
		{ METRIC_SPEARMAN, 100, 0.785939, numbers_of },
		{ METRIC_ROUGE1, 100, 1.0 / 3, scores_of },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double rate = covered(&rows[i]);

		if (fabs(rate - LEVEL) > 0.02 + rate_error(LEVEL))
			fail_msg("%s: a 95%% interval holds the truth in %g",
				 metric_table[rows[i].metric].name, rate);
	}
}

/* Two systems of a mean's difference 0.5, trained with `seeds` seeds each. */
static double covered_with(const struct made_luck *l, int n, int seeds,
			   enum seed_luck how_seeds, bool two)
{
	static struct made_seeds x, y;
	static double row[MADE_ROWS];
	struct made m = made_from(50 + (uint64_t)seeds);
	struct paired_sample s = {.metric = METRIC_ROUGE1, .n_rows = n};
	struct made_luck better = *l;
	int holds = 0, all = SAMPLES * made_lots();

	better.mean = l->mean + 0.5;
	for (int i = 0; i < all; i++) {
		struct resampling how = {.level = LEVEL, .draws = DRAWS,
					 .seed = (uint64_t)i, .seeds = how_seeds};
		struct interval one;
		struct difference d;

		made_row_luck(&m, l->of_row, n, row);
		made_seeds(&m, &better, row, n, seeds, &x);
		made_seeds(&m, l, row, n, seeds, &y);
		if (two) {
			significance_bootstrap(&s, &x.of, &y.of, &how, &d);
			holds += d.low <= 0.5 && 0.5 <= d.high;
		} else {
			significance_interval(&s, &x.of, &how, &one);
			holds += one.low <= better.mean && better.mean <= one.high;
		}
	}
	return (double)holds / all;
}

static double told_of(const struct made_luck *l, int seeds, enum seed_luck how, bool two)
{
	double rate = covered_with(l, 50, seeds, how, two);
	char text[64];

	snprintf(text, sizeof text, "%s %.1f %s", two ? "difference" : "one system",
		 l->of_seed, how == SEEDS_STUDENT ? "student" : "drawn");
	tell(text, 50, seeds, rate);
	return rate;
}

/*
 * 50 rows leave a difference an error of 0.14; seeds deviate by 0.1 and 0.4. Measured
 * with 3,000 samples: Student's intervals of a difference hold 95 to 97%, of one system
 * 90% with two seeds, 93% with three, 94% with five and ten; drawn seeds 77, 85, 89, 93%
 * of a difference where seeds deviate much.
 */
static void test_seeds(void **state)
{
	static const struct {
		int seeds;
		double one, drawn; /* at least; at most, where seeds deviate by 0.4 */
	} rows[] = { { 2, 0.88, 0.84 }, { 3, 0.91, 0.89 }, { 5, 0.92, 0.92 } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int much = 0; much < 2; much++) {
			struct made_luck l = {1, 1, much ? 0.4 : 0.1, 0.7};
			double one, two, drawn = 0;

			one = told_of(&l, rows[i].seeds, SEEDS_STUDENT, false);
			two = told_of(&l, rows[i].seeds, SEEDS_STUDENT, true);
			if (much)
				drawn = told_of(&l, rows[i].seeds, SEEDS_DRAWN, true);
			if (one < rows[i].one - rate_error(rows[i].one) ||
			    two < 0.94 - rate_error(LEVEL) || two > 0.98 + rate_error(0.98) ||
			    drawn > rows[i].drawn + rate_error(rows[i].drawn))
				fail_msg("%d seeds, deviation %g: %g, %g, drawn %g",
					 rows[i].seeds, l.of_seed, one, two, drawn);
		}
}

/* How often two seeds of one system, a run each, are called different systems. */
static double told_apart(double of_seed)
{
	static struct made_seeds x, y;
	static double row[MADE_ROWS];
	struct made_luck l = {1, 1, of_seed, 0.7};
	struct made m = made_from(70);
	struct paired_sample s = {.metric = METRIC_ROUGE1, .n_rows = 50};
	int apart = 0, all = SAMPLES * made_lots();

	for (int i = 0; i < all; i++) {
		struct resampling how = {.level = LEVEL, .draws = DRAWS,
					 .seed = (uint64_t)i};
		struct randomization r;

		made_row_luck(&m, l.of_row, 50, row);
		made_seeds(&m, &l, row, 50, 1, &x);
		made_seeds(&m, &l, row, 50, 1, &y);
		significance_randomization(&s, &x.of, &y.of, &how, &r);
		apart += r.p <= 0.05 + 1e-9;
	}
	tell("seeds told apart", 50, 1, (double)apart / all);
	return (double)apart / all;
}

/*
 * One run each: the test speaks of two trained models, rightly, and not of systems. A
 * deviation between seeds as large as the error of the rows makes it say so in
 * P(|Z| > 1.96 / sqrt(1 + 2 (0.14 / 0.14)^2)) = 26% of cases.
 */
static void test_one_run_is_no_system(void **state)
{
	double same = told_apart(0), other = told_apart(0.14);
	double theory = erfc(1.96 / sqrt(3) / sqrt(2));

	(void)state;
	assert_true(fabs(same - 0.05) < rate_error(0.05) + 0.01);
	assert_true(fabs(other - theory) < rate_error(theory) + 0.02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_seed),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_one_run_is_no_system),
	};

	return cmocka_run_group_tests_name("significance_luck", tests, NULL, NULL);
}
