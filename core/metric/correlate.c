/*
 * correlate.c - correlations of many draws from the same numbers, each in O(n).
 *
 * Numbers are coded once. Pearson: moved to their mean and scaled to at most 1, which
 * leaves sums of a draw their digits. Spearman: the number's place among the different
 * ones; of a draw counts at the places then give ranks without sorting, ties share
 * theirs. Both differ from metric_numbers in the last bits at most.
 */
#include "metric/significance_own.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static size_t unique(double *sorted, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (!k || sorted[i] != sorted[k - 1])
			sorted[k++] = sorted[i];
	return k;
}

static void to_places(const double *x, size_t n, double *code)
{
	double *sorted = xreallocarray(NULL, n, sizeof *sorted);
	size_t k;

	memcpy(sorted, x, n * sizeof *x);
	qsort(sorted, n, sizeof *sorted, by_number);
	k = unique(sorted, n);
	for (size_t i = 0; i < n; i++) {
		const double *at = bsearch(&x[i], sorted, k, sizeof *sorted, by_number);

		code[i] = (double)(at - sorted);
	}
	xfree(sorted);
}

static int exponent_of_most(const double *x, size_t n)
{
	double most = 0;
	int e = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(x[i]));
	frexp(most, &e);
	return e;
}

/* Scales are powers of two: they change no digit. The mean in two goes: see metric.c. */
static void to_deviations(const double *x, size_t n, double *code)
{
	int e = exponent_of_most(x, n);

	for (size_t i = 0; i < n; i++)
		code[i] = ldexp(x[i], -e);
	for (int go = 0; go < 2; go++) {
		double sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += code[i];
		for (size_t i = 0; i < n; i++)
			code[i] -= sum / (double)n;
	}
	e = exponent_of_most(code, n);
	for (size_t i = 0; i < n; i++)
		code[i] = ldexp(code[i], -e);
}

void code_numbers(enum metric_id m, const double *x, size_t n, double *code)
{
	bool finite = true;

	for (size_t i = 0; i < n; i++)
		finite = finite && isfinite(x[i]);
	if (!finite)
		for (size_t i = 0; i < n; i++)
			code[i] = NAN;
	else if (m == METRIC_SPEARMAN)
		to_places(x, n, code);
	else
		to_deviations(x, n, code);
}

double coded_pearson(const double *x, const double *y, const uint32_t *row, int n)
{
	double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, r;
	double x0 = x[row ? row[0] : 0], y0 = y[row ? row[0] : 0];
	bool x_varies = false, y_varies = false;

	for (int i = 0; i < n; i++) {
		uint32_t k = row ? row[i] : (uint32_t)i;
		double a = x[k], b = y[k];

		sx += a;
		sy += b;
		xx += a * a;
		yy += b * b;
		xy += a * b;
		x_varies |= a != x0;
		y_varies |= b != y0;
	}
	if (!x_varies || !y_varies)
		return NAN;
	r = (xy - sx * sy / n) / (sqrt(xx - sx * sx / n) * sqrt(yy - sy * sy / n));
	return isnan(r) ? NAN : fmin(1, fmax(-1, r));
}

/*
 * place[.] from counts of numbers at it to twice their mean rank's distance from the
 * mean of all, a whole number. Returns the sum of its squares over the draw.
 */
static double counts_to_ranks(double *place, size_t n_places, int n)
{
	double below = 0, squares = 0;

	for (size_t i = 0; i < n_places; i++) {
		double count = place[i];

		place[i] = 2 * below + count - n;
		squares += count * place[i] * place[i];
		below += count;
	}
	return squares;
}

double coded_spearman(struct places *p, const double *x, const double *y,
		      const uint32_t *row, int n)
{
	double xx, yy, xy = 0;

	if (isnan(x[0]) || isnan(y[0]))
		return NAN;
	memset(p->x, 0, p->n_x * sizeof *p->x);
	memset(p->y, 0, p->n_y * sizeof *p->y);
	for (int i = 0; i < n; i++) {
		uint32_t k = row ? row[i] : (uint32_t)i;

		p->x[(uint32_t)x[k]]++;
		p->y[(uint32_t)y[k]]++;
	}
	xx = counts_to_ranks(p->x, p->n_x, n);
	yy = counts_to_ranks(p->y, p->n_y, n);
	for (int i = 0; i < n; i++) {
		uint32_t k = row ? row[i] : (uint32_t)i;

		xy += p->x[(uint32_t)x[k]] * p->y[(uint32_t)y[k]];
	}
	return xx > 0 && yy > 0 ? xy / (sqrt(xx) * sqrt(yy)) : NAN;
}
