/*
 * student.h - Student's t distribution, and the normal one as its limit.
 * `freedom` > 0, any number, INFINITY the normal distribution. Errors
 * are below 1e-10 of the probability up to a million degrees of freedom, 1e-7 above.
 */
#ifndef TUTTI_METRIC_STUDENT_H
#define TUTTI_METRIC_STUDENT_H

/* P(|T| >= |t|). */
double student_two_sided(double t, double freedom);
/* The t >= 0 with P(|T| >= t) = p, 0 < p <= 1. */
double student_quantile(double p, double freedom);

#endif
