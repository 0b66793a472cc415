/*
 * splits.c - a value over random splits of one data set.
 */
#include "metric/significance.h"

#include <math.h>

#include "base/mem.h"
#include "metric/student.h"

void significance_splits(const double *x, int n, double held_out, double level,
			 struct difference *out)
{
	double sum = 0, squares = 0, half;

	BUG_IF(n < 1 || !(held_out > 0 && held_out < 1));
	*out = (struct difference){.low = NAN, .high = NAN, .p = NAN, .error = NAN};
	for (int k = 0; k < n; k++) {
		sum += x[k];
		out->undefined += isnan(x[k]);
	}
	out->value = sum / n;
	if (n < 2 || isnan(sum))
		return;
	for (int k = 0; k < n; k++)
		squares += (x[k] - out->value) * (x[k] - out->value);
	out->freedom = n - 1;
	out->error = sqrt(squares / (n - 1) * (1.0 / n + held_out / (1 - held_out)));
	out->p = out->error > 0 ? student_two_sided(out->value / out->error, n - 1)
				: out->value == 0;
	half = student_quantile(1 - level, n - 1) * out->error;
	out->low = out->value - half;
	out->high = out->value + half;
}
