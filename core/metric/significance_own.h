/*
 * significance_own.h - what the significance tests share. Others include
 * significance.h.
 */
#ifndef TUTTI_METRIC_SIGNIFICANCE_OWN_H
#define TUTTI_METRIC_SIGNIFICANCE_OWN_H

#include "metric/significance.h"

/* A sample's metric, with the scratch memory to compute it many times over. */
struct estimator {
	const struct paired_sample *s;
	struct tally *tally;  /* [n_classes] of label metrics */
	double *gold, *value; /* [n_rows] of number metrics: the rows drawn */
};
void estimator_init(struct estimator *e, const struct paired_sample *s);
void estimator_release(struct estimator *e);
/* sample_metric; n <= n_rows. */
double estimator_metric(struct estimator *e, const double *value, const uint32_t *row,
			int n);

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
