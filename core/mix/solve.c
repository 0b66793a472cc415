/*
 * solve.c - small dense problems: a system of equations, a quadratic form above a bound,
 * eigenvalues.
 */
#include <string.h>

#include "mix/gram.h"

/* --- equations --- */

bool solve_cholesky(int n, const double *a, const double *b, double *x)
{
	double l[GRAM_MOST];

	for (int i = 0; i < n; i++)
		for (int k = 0; k <= i; k++) {
			double sum = a[i * n + k];

			for (int j = 0; j < k; j++)
				sum -= l[i * n + j] * l[k * n + j];
			if (i == k && !(sum > 0))
				return false;
			l[i * n + k] = i == k ? __builtin_sqrt(sum) : sum / l[k * n + k];
		}
	for (int i = 0; i < n; i++) {
		double sum = b[i];

		for (int j = 0; j < i; j++)
			sum -= l[i * n + j] * x[j];
		x[i] = sum / l[i * n + i];
	}
	for (int i = n - 1; i >= 0; i--) {
		double sum = x[i];

		for (int j = i + 1; j < n; j++)
			sum -= l[j * n + i] * x[j];
		x[i] = sum / l[i * n + i];
	}
	return true;
}

/* --- a quadratic form above a bound --- */

struct above {
	int n;
	const double *a, *b, *u;
	double *v;
	bool is_free[MIX_TASKS_MAX];
};

/*
 * How much is gained by raising v_i, with the size of what it was computed from: below
 * 1e-12 of that it is rounding.
 */
static double gain(const struct above *x, int i, double *size)
{
	double sum = x->b[i];

	*size = sum < 0 ? -sum : sum;
	for (int k = 0; k < x->n; k++) {
		double term = x->a[i * x->n + k] * x->v[k];

		sum -= term;
		*size += term < 0 ? -term : term;
	}
	return sum;
}

/* Of those at their bound, who gains most by leaving it; -1: nobody. */
static int next_free(const struct above *x, int but_not)
{
	double most = 0;
	int best = -1;

	for (int i = 0; i < x->n; i++) {
		double size, by;

		if (x->is_free[i] || i == but_not)
			continue;
		by = gain(x, i, &size);
		if (by <= 1e-12 * size || (best >= 0 && by <= most))
			continue;
		best = i;
		most = by;
	}
	return best;
}

/* The best place for all that are free, with the others at their bound. */
static bool solve_free(const struct above *x, double *to)
{
	double a[GRAM_MOST], b[MIX_TASKS_MAX], s[MIX_TASKS_MAX];
	int at[MIX_TASKS_MAX], m = 0;

	for (int i = 0; i < x->n; i++)
		if (x->is_free[i])
			at[m++] = i;
	for (int i = 0; i < m; i++) {
		b[i] = x->b[at[i]];
		for (int k = 0; k < x->n; k++)
			if (!x->is_free[k])
				b[i] -= x->a[at[i] * x->n + k] * x->u[k];
		for (int k = 0; k < m; k++)
			a[i * m + k] = x->a[at[i] * x->n + at[k]];
	}
	if (m < 1 || !solve_cholesky(m, a, b, s))
		return false;
	memcpy(to, x->u, (size_t)x->n * sizeof *to);
	for (int i = 0; i < m; i++)
		to[at[i]] = s[i];
	return true;
}

/* Goes towards `to` until the first of the free meets its bound, and holds it there. */
static bool go(struct above *x, const double *to)
{
	double step = 1;
	int stop = -1;

	for (int i = 0; i < x->n; i++) {
		double left = x->v[i] - x->u[i], fall = x->v[i] - to[i];

		if (!x->is_free[i] || to[i] > x->u[i] || fall <= 0)
			continue;
		if (stop < 0 || left / fall < step) {
			step = left / fall;
			stop = i;
		}
	}
	for (int i = 0; i < x->n; i++)
		x->v[i] = stop < 0 ? to[i] : x->v[i] + step * (to[i] - x->v[i]);
	if (stop < 0)
		return false;
	for (int i = 0; i < x->n; i++)
		if (x->is_free[i] && (i == stop || x->v[i] <= x->u[i])) {
			x->is_free[i] = false;
			x->v[i] = x->u[i];
		}
	return true;
}

void solve_above(int n, const double *a, const double *b, const double *u, double *v)
{
	struct above x = { .n = n, .a = a, .b = b, .u = u, .v = v };
	double to[MIX_TASKS_MAX];
	int next, refused = -1;

	memcpy(v, u, (size_t)n * sizeof *v);
	for (int round = 0; round < 4 * n + 8; round++) {
		next = next_free(&x, refused);
		if (next < 0)
			return;
		x.is_free[next] = true;
		do {
			if (solve_free(&x, to))
				continue;
			x.is_free[next] = false; /* rounding: it is as good as another */
			refused = next;
			break;
		} while (go(&x, to));
		refused = x.is_free[next] ? -1 : next;
	}
}

/* --- eigenvalues --- */

/* Rows and columns p, q turned so that a[p][q] becomes 0 (Golub & Van Loan, 8.5.2). */
static void rotate(int n, double *a, double *vector, int p, int q)
{
	double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
	double size = theta < 0 ? -theta : theta;
	double t = (theta < 0 ? -1 : 1) / (size + __builtin_sqrt(theta * theta + 1));
	double c = 1 / __builtin_sqrt(t * t + 1), s = t * c;

	for (int k = 0; k < n; k++) {
		double x = a[k * n + p], y = a[k * n + q];

		a[k * n + p] = c * x - s * y;
		a[k * n + q] = s * x + c * y;
	}
	for (int k = 0; k < n; k++) {
		double x = a[p * n + k], y = a[q * n + k];

		a[p * n + k] = c * x - s * y;
		a[q * n + k] = s * x + c * y;
	}
	for (int k = 0; k < n; k++) {
		double x = vector[k * n + p], y = vector[k * n + q];

		vector[k * n + p] = c * x - s * y;
		vector[k * n + q] = s * x + c * y;
	}
}

/* Sweeps until what is off the diagonal is rounding; ten are many. */
void solve_eigen(int n, const double *a, double *value, double *vector)
{
	double m[GRAM_MOST];

	memcpy(m, a, (size_t)(n * n) * sizeof *m);
	for (int i = 0; i < n * n; i++)
		vector[i] = i % (n + 1) == 0;
	for (int sweep = 0; sweep < 30; sweep++) {
		bool any = false;

		for (int p = 0; p < n; p++)
			for (int q = p + 1; q < n; q++) {
				double x = m[p * n + q];

				if (x * x <= 1e-36 * m[p * n + p] * m[q * n + q] ||
				    x * x < 1e-300)
					continue;
				rotate(n, m, vector, p, q);
				any = true;
			}
		if (!any)
			break;
	}
	for (int i = 0; i < n; i++)
		value[i] = m[i * n + i];
}
