/*
 * mean_interval.c - the mean of few runs, and how far it may be from the true one.
 */
#include "metric/mean_interval.h"

#include <math.h>

#include "base/mem.h"
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

/* The mean of the values of x[at]'s cluster; NaN where an earlier one has had it. */
static double cluster_mean(const double *x, const int64_t *cluster, int n, int at)
{
	double sum = 0;
	int count = 0;

	for (int i = 0; i < n; i++) {
		if (cluster[i] != cluster[at] || !isfinite(x[i]))
			continue;
		if (i < at)
			return NAN;
		sum += x[i];
		count++;
	}
	return count ? sum / count : NAN;
}

void mean_interval_clustered(const double *x, const int64_t *cluster, int n, double level,
			     struct mean_interval *out)
{
	double *draw = xcalloc((size_t)n + 1, sizeof *draw);
	int draws = 0;

	for (int i = 0; i < n; i++) {
		double mean = isfinite(x[i]) ? cluster_mean(x, cluster, n, i) : NAN;

		if (isfinite(mean))
			draw[draws++] = mean;
	}
	mean_interval(draw, draws, level, out);
	for (int i = 0; i < n; i++)
		if (isfinite(x[i])) {
			out->least = fmin(out->least, x[i]);
			out->most = fmax(out->most, x[i]);
		}
	xfree(draw);
}
