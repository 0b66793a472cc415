/*
 * student.h - Student's t distribution, and the normal one as its limit.
 * `freedom` > 0, any number, INFINITY the normal distribution. Errors below 1e-12
 * (relative, of probabilities down to 1e-300).
 */
#ifndef TUTTI_METRIC_STUDENT_H
#define TUTTI_METRIC_STUDENT_H

/* P(|T| >= |t|). */
double student_two_sided(double t, double freedom);
/* The t >= 0 with P(|T| >= t) = p, 0 < p <= 1. */
double student_quantile(double p, double freedom);

#endif
