/*
 * student.c - Student's t by the incomplete beta function.
 *
 * P(|T| >= t) = I_x(f/2, 1/2) with x = f / (f + t^2) (Abramowitz and Stegun 1964,
 * 26.7.1), the function by its continued fraction (26.5.8) as far as it converges
 * fast, x < (a + 1) / (a + b + 2), and by 1 - I_{1-x}(b, a) else, which costs a tail
 * its last digits.
 */
#include "metric/student.h"

#include <math.h>

enum { TERMS = 1000, HALVINGS = 200 };
static const double TINY = 1e-300;

static double not_zero(double x)
{
	return fabs(x) < TINY ? TINY : x;
}

/* The fraction's value, evaluated forward (Lentz 1976). */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), value = d;

	for (int m = 1; m < TERMS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		value *= c * d;
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		step = c * d;
		value *= step;
		if (fabs(step - 1) < 1e-16)
			break;
	}
	return value;
}

/*
 * log of gamma(a + 1/2) / gamma(a): where both are huge their difference has few digits
 * left, and the series does it (of Stirling's, 6.1.40).
 */
static double log_gamma_step(double a)
{
	double u = 1 / (a * a);

	if (a < 20)
		return lgamma(a + 0.5) - lgamma(a);
	return 0.5 * log(a) -
	       (1.0 / 8 - u * (1.0 / 192 - u * (1.0 / 640 - u * (17.0 / 14336)))) / a;
}

static double log_of(double x, double rest) /* x + rest = 1 */
{
	return x < 0.5 ? log(x) : log1p(-rest);
}

/* I_x(a, 1/2); y is 1 - x, which near x = 1 has digits that x has not. */
static double half_beta(double a, double x, double y)
{
	double front;

	if (x <= 0)
		return 0;
	if (y <= 0)
		return 1;
	front = exp(log_gamma_step(a) + a * log_of(x, y) + 0.5 * log(y)) / sqrt(M_PI);
	/* with a large x has lost the digits that matter, and the other way has enough */
	if (x < (a + 1) / (a + 2.5) && (a < 1000 || a * y > (a < 1e6 ? 2 : 8)))
		return front * beta_fraction(a, 0.5, x) / a;
	return 1 - front * beta_fraction(0.5, a, y) / 0.5;
}

double student_two_sided(double t, double freedom)
{
	double square = t * t, all = freedom + square;

	if (isnan(t) || isnan(freedom))
		return NAN;
	if (isinf(t))
		return 0;
	if (freedom > 1e10) /* the normal one to 1e-10 and nearer */
		return erfc(fabs(t) / sqrt(2));
	return half_beta(freedom / 2, freedom / all, square / all);
}

double student_quantile(double p, double freedom)
{
	double low = 0, high = 1;

	if (!(p > 0) || isnan(freedom))
		return p == 0 ? INFINITY : NAN;
	while (student_two_sided(high, freedom) > p && high < 1e300)
		high *= 2;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = low + (high - low) / 2;

		if (middle <= low || middle >= high)
			break;
		if (student_two_sided(middle, freedom) > p)
			low = middle;
		else
			high = middle;
	}
	return low + (high - low) / 2;
}
