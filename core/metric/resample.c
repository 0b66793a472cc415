/*
 * resample.c - a metric over rows that were drawn, and the drawing.
 */
#include "metric/significance_own.h"

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"

void estimator_init(struct estimator *e, const struct paired_sample *s)
{
	size_t n = (size_t)s->n_rows;

	*e = (struct estimator){.s = s};
	if (!s->gold)
		return;
	if (metric_table[s->metric].input == METRIC_LABELS) {
		e->tally = xcalloc((size_t)s->n_classes, sizeof *e->tally);
		return;
	}
	e->gold = xreallocarray(NULL, n, sizeof *e->gold);
	e->value = xreallocarray(NULL, n, sizeof *e->value);
}

void estimator_release(struct estimator *e)
{
	xfree(e->tally);
	xfree(e->gold);
	xfree(e->value);
	*e = (struct estimator){0};
}

static double mean_score(const struct paired_sample *s, const double *value,
			 const uint32_t *row, int n)
{
	double sum = 0, all = 0;

	for (int i = 0; i < n; i++) {
		uint32_t r = row ? row[i] : (uint32_t)i;
		double w = s->weight ? s->weight[r] : 1;

		sum += w * value[r];
		all += w;
	}
	return s->metric == METRIC_PERPLEXITY ? metric_perplexity(sum / all) : sum / all;
}

static double of_labels(struct estimator *e, const double *value, const uint32_t *row,
			int n)
{
	const struct paired_sample *s = e->s;

	for (int c = 0; c < s->n_classes; c++)
		e->tally[c] = (struct tally){0};
	for (int i = 0; i < n; i++) {
		uint32_t r = row ? row[i] : (uint32_t)i;

		tally_add(e->tally, s->n_classes, (int)s->gold[r], (int)value[r]);
	}
	return metric_tallied(s->metric, e->tally, s->n_classes);
}

double estimator_metric(struct estimator *e, const double *value, const uint32_t *row,
			int n)
{
	const struct paired_sample *s = e->s;

	if (!s->gold)
		return mean_score(s, value, row, n);
	if (e->tally)
		return of_labels(e, value, row, n);
	if (!row)
		return metric_numbers(s->metric, s->gold, value, (size_t)n);
	for (int i = 0; i < n; i++) {
		e->gold[i] = s->gold[row[i]];
		e->value[i] = value[row[i]];
	}
	return metric_numbers(s->metric, e->gold, e->value, (size_t)n);
}

double sample_metric(const struct paired_sample *s, const double *value,
		     const uint32_t *row, int n)
{
	struct paired_sample room = *s;
	struct estimator e;
	double x;

	room.n_rows = n; /* there may be more rows drawn than there are */
	estimator_init(&e, &room);
	x = estimator_metric(&e, value, row, n);
	estimator_release(&e);
	return x;
}

/* floor(n_of * word / 2^32): the bias is below n_of / 2^32. */
void draw_from(uint64_t seed, uint32_t stream, int draw, uint32_t n_of, uint32_t *out,
	       int n)
{
	struct rng r = rng_stream(seed, RNG_RESAMPLE, stream, (uint64_t)draw);
	uint32_t words[4];

	for (int i = 0; i < n; i++) {
		if (i % 4 == 0)
			rng_block(&r, (uint32_t)i / 4, words);
		out[i] = (uint32_t)((uint64_t)words[i % 4] * n_of >> 32);
	}
}

double tie_slack(double a, double b)
{
	return 1e-12 * (fabs(a) + fabs(b));
}
