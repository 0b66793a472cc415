/*
 * student.c - t by the incomplete beta function, its quantile by halving.
 */
#include "sweep/student.h"

#include <math.h>

enum { TERMS_MAX = 500, HALVINGS = 200 };

/* The continued fraction of I_x(a, b); quick where x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), f;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	f = d;
	for (int m = 1; m < TERMS_MAX; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x /
			     ((a + 2 * m) * (a + 2 * m + 1));
		double change;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		f *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		change = d * c;
		f *= change;
		if (fabs(change - 1) < 1e-16)
			break;
	}
	return f;
}

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* I_x(a, b); `y` is 1 - x, which may be too small to be seen in x. */
static double beta_regularized(double x, double y, double a, double b)
{
	double front;

	if (x <= 0 || y <= 0)
		return x <= 0 ? 0 : 1;
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) +
		    b * log(y));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(x, a, b) / a;
	return 1 - front * beta_fraction(y, b, a) / b;
}

double student_cdf(double t, double df)
{
	double tail = beta_regularized(df / (df + t * t), t * t / (df + t * t), df / 2,
				       0.5) / 2;

	return t > 0 ? 1 - tail : tail;
}

/* By the lower tail, which keeps its digits where it is small. */
double student_quantile(double p, double df)
{
	double tail = p < 0.5 ? p : 1 - p, low = 0, high = 1;

	while (student_cdf(-high, df) > tail && high < 1e300)
		high *= 2;
	for (int i = 0; i < HALVINGS && high - low > 1e-14 * high; i++) {
		double middle = low + (high - low) / 2;

		if (student_cdf(-middle, df) > tail)
			low = middle;
		else
			high = middle;
	}
	return p < 0.5 ? -(low + high) / 2 : (low + high) / 2;
}

void mean_interval(const double *x, int n, double level, struct mean_interval *out)
{
	double sum = 0, squares = 0, half;

	*out = (struct mean_interval){ n, NAN, NAN, NAN, NAN, NAN };
	if (n < 1)
		return;
	out->least = out->most = x[0];
	for (int i = 0; i < n; i++) {
		sum += x[i];
		out->least = fmin(out->least, x[i]);
		out->most = fmax(out->most, x[i]);
	}
	out->mean = sum / n;
	if (n < 2)
		return;
	for (int i = 0; i < n; i++)
		squares += (x[i] - out->mean) * (x[i] - out->mean);
	half = student_quantile(0.5 + level / 200, n - 1) * sqrt(squares / (n - 1) / n);
	out->low = out->mean - half;
	out->high = out->mean + half;
}
