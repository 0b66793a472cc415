/*
 * mean_interval.h - the mean of a few runs' values, and an interval for the true one.
 */
#ifndef TUTTI_METRIC_MEAN_INTERVAL_H
#define TUTTI_METRIC_MEAN_INTERVAL_H

#include <stdint.h>

/*
 * The interval holds the true mean of such values at `level` percent (Student 1908):
 * mean +- t * s / sqrt(n), s the standard deviation over n - 1. One value has a mean
 * and no interval (NaN); none has nothing.
 */
struct mean_interval { int n; double mean, low, high, least, most; };
void mean_interval(const double *x, int n, double level, struct mean_interval *out);
/*
 * As above of values that were drawn in clusters (runs of one split have their rows in
 * common, and are no draws of their own): the draws are the clusters' means, `least` and
 * `most` those of the values. `cluster` [n]: a number for each value's, in any order.
 * A NaN among the values is left out.
 */
void mean_interval_clustered(const double *x, const int64_t *cluster, int n, double level,
			     struct mean_interval *out);

#endif
