/*
 * mcnemar.c - McNemar's test, and Holm's correction of a family of tests.
 */
#include "metric/significance.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/*
 * Twice the chance of at most `few` heads in n < MCNEMAR_EXACT throws of a fair
 * coin: whole numbers, without any rounding but the last.
 */
static double binomial_two_sided(uint64_t few, uint64_t n)
{
	uint64_t ways = 1, sum = 0;

	for (uint64_t k = 0; k <= few; k++) {
		sum += ways;
		ways = ways * (n - k) / (k + 1);
	}
	return fmin(1, ldexp((double)sum, 1 - (int)n));
}

struct mcnemar mcnemar_counted(uint64_t only_a, uint64_t only_b)
{
	struct mcnemar m = {.only_a = only_a, .only_b = only_b, .p = 1};
	uint64_t few = only_a < only_b ? only_a : only_b, n = only_a + only_b;
	double apart = (double)(n - 2 * few);

	m.exact = n < MCNEMAR_EXACT;
	if (m.exact) {
		m.p = binomial_two_sided(few, n);
		return m;
	}
	apart = fmax(0, apart - 1);
	m.statistic = apart * apart / (double)n;
	m.p = erfc(sqrt(m.statistic / 2)); /* chi-square, one degree of freedom */
	return m;
}

struct mcnemar mcnemar(const double *gold, const double *a, const double *b, int n)
{
	uint64_t only_a = 0, only_b = 0;

	for (int i = 0; i < n; i++) {
		double right = gold ? gold[i] : 1;

		only_a += a[i] == right && b[i] != right;
		only_b += b[i] == right && a[i] != right;
	}
	return mcnemar_counted(only_a, only_b);
}

struct placed {
	double p;
	int at;
};

/* Ties by place: the order is the same on every machine. */
static int by_p(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	if (a->p != b->p)
		return a->p < b->p ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

void holm(const double *p, int n, double *adjusted)
{
	struct placed *order = xreallocarray(NULL, (size_t)n, sizeof *order);
	int m = 0;
	double most = 0;

	for (int i = 0; i < n; i++) {
		if (!isnan(p[i]))
			order[m++] = (struct placed){p[i], i};
		adjusted[i] = p[i];
	}
	qsort(order, (size_t)m, sizeof *order, by_p);
	for (int i = 0; i < m; i++) {
		most = fmax(most, fmin(1, (m - i) * order[i].p));
		adjusted[order[i].at] = most;
	}
	xfree(order);
}
