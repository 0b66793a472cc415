/*
 * resample.c - a metric over rows that were drawn, and the drawing.
 */
#include "metric/significance_own.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

static bool is_of_sets(const struct paired_sample *s)
{
	return s->gold && metric_table[s->metric].input == METRIC_SETS;
}

static bool is_of_numbers(const struct paired_sample *s)
{
	return s->gold && metric_table[s->metric].input == METRIC_NUMBERS;
}

void estimator_init(struct estimator *e, const struct paired_sample *s, int pool)
{
	size_t n = (size_t)s->n_rows;

	*e = (struct estimator){.s = s};
	if (is_of_numbers(s)) {
		e->gold = xreallocarray(NULL, n, sizeof *e->gold);
		code_numbers(s->metric, s->gold, n, e->gold);
		e->places = (struct places){.n_x = n, .n_y = n * (size_t)pool};
		e->places.x = xreallocarray(NULL, n, sizeof(double));
		e->places.y = xreallocarray(NULL, e->places.n_y, sizeof(double));
	} else if (s->gold && !is_of_sets(s)) {
		e->tally = xcalloc((size_t)s->n_classes, sizeof *e->tally);
	}
}

void estimator_release(struct estimator *e)
{
	xfree(e->tally);
	xfree(e->gold);
	xfree(e->places.x);
	xfree(e->places.y);
	*e = (struct estimator){0};
}

void coded_init(struct coded *c, const struct paired_sample *s,
		const double *const *column, int columns, int pool)
{
	size_t n = (size_t)s->n_rows, many = (size_t)columns, together = n * (size_t)pool;
	double *x;

	*c = (struct coded){.column = xcalloc(many, sizeof *c->column)};
	for (size_t i = 0; i < many; i++)
		c->column[i] = column[i];
	if (!is_of_numbers(s))
		return;
	c->room = xreallocarray(NULL, n * many, sizeof *c->room);
	x = xreallocarray(NULL, n * many, sizeof *x);
	for (size_t i = 0; i < many; i++) {
		memcpy(x + n * i, column[i], n * sizeof *x);
		c->column[i] = c->room + n * i;
	}
	for (size_t i = 0; i < n * many; i += together)
		code_numbers(s->metric, x + i, together, c->room + i);
	xfree(x);
}

void coded_release(struct coded *c)
{
	xfree(c->column);
	xfree(c->room);
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

enum { SET_UNIT = 1 << 16 }; /* more than a row's labels */

double set_code(int said, int both)
{
	return (double)said * SET_UNIT + both;
}

static double of_sets(const struct paired_sample *s, const double *value,
		      const uint32_t *row, int n)
{
	double gold = 0, said = 0, both = 0;

	for (int i = 0; i < n; i++) {
		uint32_t r = row ? row[i] : (uint32_t)i;
		double all = floor(value[r] / SET_UNIT);

		gold += s->gold[r];
		said += all;
		both += value[r] - all * SET_UNIT;
	}
	return n ? metric_f1_of(both, gold, said) : NAN;
}

double estimator_metric(struct estimator *e, const double *code, const uint32_t *row,
			int n)
{
	const struct paired_sample *s = e->s;

	if (!s->gold)
		return mean_score(s, code, row, n);
	if (is_of_sets(s))
		return of_sets(s, code, row, n);
	if (e->tally)
		return of_labels(e, code, row, n);
	if (n < 2)
		return NAN;
	return s->metric == METRIC_PEARSON
		       ? coded_pearson(e->gold, code, row, n)
		       : coded_spearman(&e->places, e->gold, code, row, n);
}

/* Correlations without codes: there may be more rows drawn than there are. */
static double correlation(const struct paired_sample *s, const double *value,
			  const uint32_t *row, int n)
{
	size_t many = (size_t)n;
	double *x, *y, r;

	if (!row)
		return metric_numbers(s->metric, s->gold, value, many);
	x = xreallocarray(NULL, many, sizeof *x);
	y = xreallocarray(NULL, many, sizeof *y);
	for (int i = 0; i < n; i++) {
		x[i] = s->gold[row[i]];
		y[i] = value[row[i]];
	}
	r = metric_numbers(s->metric, x, y, many);
	xfree(x);
	xfree(y);
	return r;
}

double sample_metric(const struct paired_sample *s, const double *value,
		     const uint32_t *row, int n)
{
	struct estimator e;
	double x;

	if (is_of_numbers(s))
		return correlation(s, value, row, n);
	estimator_init(&e, s, 1);
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
