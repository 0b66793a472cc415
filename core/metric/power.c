/*
 * power.c - what a sample is too small to tell.
 */
#include "metric/significance.h"

#include <math.h>

#include "metric/student.h"

static const double FOUND = 0.8; /* the chance that is asked of a test */

/* Does a swap of the row's answers change the metric's sums? */
static bool row_differs(const struct paired_sample *s, double x, double y, int row)
{
	if (s->gold && s->metric == METRIC_ACCURACY)
		return (x == s->gold[row]) != (y == s->gold[row]);
	return x != y;
}

static int differing_rows(const struct paired_sample *s, const struct answers_of *a,
			  const struct answers_of *b)
{
	int seeds = a->n_seeds < b->n_seeds ? a->n_seeds : b->n_seeds, n = 0;

	for (int i = 0; i < s->n_rows; i++)
		for (int k = 0; k < seeds; k++)
			if (row_differs(s, a->value[k][i], b->value[k][i], i)) {
				n++;
				break;
			}
	return n;
}

double significance_least(const struct difference *d, double level)
{
	double freedom = d->freedom > 0 ? d->freedom : INFINITY;

	return d->error * (student_quantile(1 - level, freedom) +
			   student_quantile(2 * (1 - FOUND), freedom));
}

struct power significance_power(const struct paired_sample *s,
				const struct answers_of *a, const struct answers_of *b,
				const struct difference *d, double level)
{
	struct power p = {.differing = differing_rows(s, a, b)};

	p.too_few = ldexp(1, 1 - p.differing) > 1 - level;
	p.least = significance_least(d, level);
	return p;
}
