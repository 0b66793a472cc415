/*
 * mean_interval.c - the mean of few runs, and how far it may be from the true one.
 */
#include "sweep/mean_interval.h"

#include <math.h>

#include "metric/student.h"

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
	half = student_quantile(1 - level / 100, n - 1) * sqrt(squares / (n - 1) / n);
	out->low = out->mean - half;
	out->high = out->mean + half;
}
