/*
 * significance_own.h - what the significance tests share. Others include
 * significance.h.
 */
#ifndef TUTTI_METRIC_SIGNIFICANCE_OWN_H
#define TUTTI_METRIC_SIGNIFICANCE_OWN_H

#include <stddef.h>

#include "metric/significance.h"

/* Scratch of coded_spearman: a count, then a rank, for each place that codes name. */
struct places {
	double *x, *y;
	size_t n_x, n_y;
};

/*
 * A sample's metric, with the scratch memory to compute it many times over. Answers of
 * correlations are coded (coded_init); others are taken as they are.
 */
struct estimator {
	const struct paired_sample *s;
	struct tally *tally;  /* [n_classes] of label metrics */
	double *gold;         /* [n_rows] coded, of number metrics */
	struct places places; /* of Spearman */
};
/* pool: how many columns of answers have a code in common (coded_init). */
void estimator_init(struct estimator *e, const struct paired_sample *s, int pool);
void estimator_release(struct estimator *e);
/* sample_metric of coded answers; n <= n_rows. */
double estimator_metric(struct estimator *e, const double *code, const uint32_t *row,
			int n);

/*
 * Columns [n_rows] of answers as an estimator takes them: borrowed, or coded, `pool`
 * neighbours with one code, so that a row's answers may be swapped between them.
 */
struct coded {
	const double **column;
	double *room; /* NULL: borrowed */
};
void coded_init(struct coded *c, const struct paired_sample *s,
		const double *const *column, int columns, int pool);
void coded_release(struct coded *c);

/* correlate.c: the codes, and correlations of them; x is gold's. NaN: undefined. */
void code_numbers(enum metric_id m, const double *x, size_t n, double *code);
double coded_pearson(const double *x, const double *y, const uint32_t *row, int n);
double coded_spearman(struct places *p, const double *x, const double *y,
		      const uint32_t *row, int n);

/* Random numbers of a draw are streams: its rows and coins, and a stream a system. */
enum { STREAM_ROWS, STREAM_SEEDS_A, STREAM_SEEDS_B, STREAM_COINS };
/* n numbers 0..n_of-1 with replacement. */
void draw_from(uint64_t seed, uint32_t stream, int draw, uint32_t n_of, uint32_t *out,
	       int n);

/*
 * How far two differences may lie apart and still be a tie: sums that are equal on
 * paper differ in their last bits.
 */
double tie_slack(double a, double b);

#endif
