/*
 * mean_interval.h - the mean of a few runs' values, and an interval for the true one.
 */
#ifndef TUTTI_SWEEP_MEAN_INTERVAL_H
#define TUTTI_SWEEP_MEAN_INTERVAL_H

/*
 * The interval holds the true mean of such values at `level` percent (Student 1908):
 * mean +- t * s / sqrt(n), s the standard deviation over n - 1. One value has a mean
 * and no interval (NaN); none has nothing.
 */
struct mean_interval { int n; double mean, low, high, least, most; };
void mean_interval(const double *x, int n, double level, struct mean_interval *out);

#endif
