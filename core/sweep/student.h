/*
 * student.h - Student's t distribution, for intervals of means of few runs.
 */
#ifndef TUTTI_SWEEP_STUDENT_H
#define TUTTI_SWEEP_STUDENT_H

/*
 * P(T <= t) with df > 0 degrees of freedom, through the regularized incomplete beta
 * function I_x(df/2, 1/2), x = df / (df + t^2) (Abramowitz & Stegun 26.7.1), whose
 * continued fraction (DLMF 8.17.22) is summed by Lentz's method.
 */
double student_cdf(double t, double df);
/* The t with P(T <= t) = p, 0 < p < 1, to about 1e-12 of its size. */
double student_quantile(double p, double df);

/*
 * Mean, and the interval that holds the true mean of such values at `level` percent:
 * mean +- t * s / sqrt(n), s the standard deviation over n - 1. One value has a mean
 * and no interval (NaN); none has nothing.
 */
struct mean_interval { int n; double mean, low, high, least, most; };
void mean_interval(const double *x, int n, double level, struct mean_interval *out);

#endif
