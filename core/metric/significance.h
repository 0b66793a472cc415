/*
 * significance.h - is one system better than another, or was it luck? Intervals of
 * a metric, paired tests of a difference, and what a sample is too small to tell.
 *
 * Two sources of luck: which rows were asked, and which seed a system was trained
 * with. Rows are drawn jointly: in a draw both systems, with all their seeds, answer
 * the same rows (Koehn 2004; Berg-Kirkpatrick, Burkett and Klein 2012). Seeds are
 * the outer level (Dror et al. 2018): each system's are drawn apart from the
 * other's, seed 3 of one has nothing to do with seed 3 of the other. A system's
 * value is the mean over its seeds of the metric over all rows.
 *
 * Everything is a function of its arguments: the same bits in every run (random
 * numbers are counted, sums have one order). What is passed is borrowed for the
 * time of the call. Any thread. Long work reports to `progress` (unit: draws) and
 * returns ST_STOPPED when told to; nothing else but ST_OK is returned.
 *
 * Differences are a - b in the metric's own unit, whichever way is better
 * (metric_turned says). NaN stands for what has no value: no rows, one row (an
 * interval, a p), a metric that is undefined on all rows.
 */
#ifndef TUTTI_METRIC_SIGNIFICANCE_H
#define TUTTI_METRIC_SIGNIFICANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/status.h"
#include "metric/metric.h"

/*
 * One system's answers on the same rows, for each of its n_seeds >= 1 seeds:
 * value[seed][row] is a label's number, a number, a set's code, or the row's own score.
 */
struct answers_of {
	int n_seeds;
	const double *const *value;
};

/*
 * What was asked. With `gold` [n_rows], labels, numbers or how many labels a row has, the
 * metric is one of labels, of numbers or micro-F1. Without (NULL) values are scores of
 * rows and the metric is their mean: ROUGE, accuracy as 0 and 1; of perplexity exp of it,
 * the values being mean losses. `weight` [n_rows] (NULL: all alike) is what a row counts in such a
 * mean: of perplexity its pieces.
 */
struct paired_sample {
	enum metric_id metric;
	int n_rows, n_classes; /* n_classes: of label metrics with gold */
	const double *gold;
	const double *weight;
};

/* Of a set of labels all that micro-F1 is made of: how many, and how many of them right. */
double set_code(int said, int both);

/* The metric of `n` rows by number, with repeats; row NULL: rows 0 to n - 1. */
double sample_metric(const struct paired_sample *s, const double *value,
		     const uint32_t *row, int n);

/*
 * How the luck of seeds enters. SEEDS_STUDENT, for use: with two seeds or more of a
 * system the between-seed variance is estimated without bias (rows: the covariance of
 * different seeds over draws), and the interval is Student's with Satterthwaite's
 * degrees of freedom. SEEDS_DRAWN: seeds are drawn with replacement like rows, as
 * published; of S seeds that shows only (S - 1) / S of the variance. How many 95%
 * intervals of a difference held the truth where seeds deviate much, with 2, 3, 5, 10
 * seeds: Student's 97, 96, 95, 95%, drawn 77, 85, 89, 93% (test_significance_luck.c).
 * With one seed each they are the same: the answer is for these two trained models
 * alone, how seeds differ is not known. One seed against several: the same of the one.
 */
enum seed_luck { SEEDS_STUDENT, SEEDS_DRAWN };

struct resampling {
	double level;              /* of intervals, 0.95 */
	int draws;                 /* B >= 1; 10 000 is usual */
	uint64_t seed;
	enum seed_luck seeds;
	struct progress *progress; /* NULL: nobody listens */
};

/*
 * `error` is the standard error. freedom: Student's degrees of freedom; 0: the interval
 * is one of percentiles of the draws, or, of one seed's accuracy without weights,
 * Wilson's (1927), which says something where all rows are right, too. Percentiles of
 * 100 rows hold 94 to 95% of truths. undefined: draws whose metric had no value (a
 * resample of one number alone has no correlation); they are left out.
 */
struct interval {
	double value, low, high;
	double error, freedom;
	int undefined;
};
enum status significance_interval(const struct paired_sample *s,
				  const struct answers_of *system,
				  const struct resampling *how, struct interval *out);

/*
 * Paired bootstrap of the difference d. p is two-sided, of the null d = 0, by the
 * draws shifted to it: (1 + number of draws with |d* - d| >= |d|) / (1 + B). With
 * Student's interval p is Student's, too: 0 is outside the interval of level L
 * exactly where p < 1 - L; of percentiles that may differ near the border. Asymptotic
 * in rows: below some 30, or where `power` says too few, trust randomization.
 */
struct difference {
	double value, low, high, p;
	double error, freedom;
	int undefined;
};
enum status significance_bootstrap(const struct paired_sample *s,
				   const struct answers_of *a,
				   const struct answers_of *b,
				   const struct resampling *how, struct difference *out);

/*
 * Approximate randomization (Noreen 1989; Yeh 2000): in each draw every row's two
 * answers are swapped or not, by a coin; p = (1 + number of draws with
 * |d*| >= |d|) / (1 + B), exact for any number of rows. All seeds of a row are
 * swapped together, seed i with seed i; where one system has more seeds, the
 * others take no part (`n_seeds` took part, `value` is their difference). The null:
 * these trained models answer alike, row by row; other seeds are not spoken of. So two
 * seeds of one system, a run each, are rightly told apart, 26 times in 100 where seeds
 * deviate by as much as the error that rows leave.
 * how->level and how->seeds are not looked at.
 */
struct randomization {
	double value, p;
	int n_seeds, undefined;
};
enum status significance_randomization(const struct paired_sample *s,
				       const struct answers_of *a,
				       const struct answers_of *b,
				       const struct resampling *how,
				       struct randomization *out);

/*
 * A value, or a difference of two systems, over n random splits of one data set: x[k]
 * of split k, the mean over its seeds. Between splits everything varies at once, the
 * rows that are held out, those that are trained on and the seeds, so their scatter has
 * all of it; but splits have training rows in common, and s^2 / n is too small. The
 * interval and p are those of the corrected resampled t-test (Nadeau and Bengio 2003,
 * section 4): mean +- t(n - 1) * s * sqrt(1 / n + held_out / (1 - held_out)), held_out
 * the part of the rows that each split holds out. One split: a value and nothing more.
 * undefined: splits without a value; with any there is none.
 */
void significance_splits(const double *x, int n, double held_out, double level,
			 struct difference *out);

/*
 * McNemar's test of two trained models' accuracy, by the rows that one of them
 * alone has right: below MCNEMAR_EXACT of them exact (two-sided binomial), from
 * there chi-square with continuity correction (Edwards 1948), its statistic
 * (max(0, |only_a - only_b| - 1))^2 / (only_a + only_b); 0 where exact. No such row:
 * p = 1.
 */
enum { MCNEMAR_EXACT = 25 };
struct mcnemar {
	uint64_t only_a, only_b;
	bool exact;
	double statistic, p;
};
struct mcnemar mcnemar_counted(uint64_t only_a, uint64_t only_b);
/* gold NULL: values are 1 (right) and 0. */
struct mcnemar mcnemar(const double *gold, const double *a, const double *b, int n);

/*
 * Holm 1979: p-values of a family so adjusted that calling those below alpha
 * significant is wrong anywhere in it with a chance of at most alpha. A NaN is no
 * test: it stays and is not counted. `adjusted` may be `p`.
 */
void holm(const double *p, int n, double *adjusted);

/*
 * What these rows (and seeds) can tell. differing: rows on which swapping the two
 * systems' answers would change anything. too_few: so few of them that no outcome
 * on them could have p < 1 - level (of 2^k ways to swap k rows the two extreme ones
 * have p = 2^(1-k): 5 rows are too few for 0.05). least, significance_least: the smallest
 * true difference that would be told with a chance of 80%,
 * (t(level) + t(80%, one-sided)) * error, in the metric's unit.
 */
struct power {
	int differing;
	bool too_few;
	double least;
};
double significance_least(const struct difference *d, double level);
struct power significance_power(const struct paired_sample *s,
				const struct answers_of *a, const struct answers_of *b,
				const struct difference *d, double level);

#endif
