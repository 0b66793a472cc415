/*
 * gram.c - the Gram matrix as methods like it.
 */
#include "mix/gram.h"

#include <math.h> /* isfinite */

#include "base/rng.h"
#include "mix/mix.h"

bool gram_read(const struct mix_view *v, struct gram *out)
{
	int n = 0;

	for (int i = 0; v->norm && i < v->n; i++)
		if (v->count[i] && v->norm[i] > 0 && isfinite(v->norm[i])) {
			out->norm[n] = v->norm[i];
			out->task[n++] = i;
		}
	out->n = n;
	for (int i = 0; v->gram && i < n; i++)
		for (int k = 0; k < n; k++) {
			double x = v->gram[out->task[i] * v->n + out->task[k]];

			out->g[i * n + k] = x;
			out->cosine[i * n + k] = i == k ? 1 :
				x / out->norm[i] / out->norm[k];
		}
	return n > 0;
}

void gram_say(const struct gram *g, const double *c, double by, double *out)
{
	for (int i = 0; i < g->n; i++)
		out[g->task[i]] = by * c[i];
}

double gram_trace(const struct gram *g)
{
	double sum = 0;

	for (int i = 0; i < g->n; i++)
		sum += g->g[i * g->n + i];
	return sum;
}

double gram_row(const double *g, int n, int i, const double *x)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += g[i * n + k] * x[k];
	return sum;
}

double gram_form(const double *g, int n, const double *x)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += x[i] * gram_row(g, n, i, x);
	return sum > 0 ? sum : 0;
}

void gram_conditioned(const struct gram *g, double eps, double *out)
{
	double trace = gram_trace(g);
	int n = g->n;

	for (int i = 0; i < n * n; i++)
		out[i] = g->g[i] / trace;
	for (int i = 0; i < n; i++)
		out[i * n + i] += eps;
}

void gram_preference(const struct gram *g, const struct mix_view *v, double *p)
{
	for (int i = 0; i < g->n; i++)
		p[i] = v->ch[g->task[i]].weight * v->count[g->task[i]];
}

/* A stream for each task, since a permutation uses one up. */
int gram_order(const struct gram *g, const struct mix_view *v, int k, int *order)
{
	struct rng r = rng_stream(v->seed, RNG_WEIGHTING, (uint32_t)g->task[k],
				  (uint64_t)v->step);
	int n = 0;

	for (int i = 0; i < g->n; i++) {
		int at = (int)rng_permute(&r, (uint64_t)g->n, (uint64_t)i);

		if (at != k)
			order[n++] = at;
	}
	return n;
}
