/*
 * randomization.c - approximate randomization: each row's two answers swapped by a
 * coin.
 */
#include "metric/significance_own.h"

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"

struct swapped {
	struct estimator e;
	struct coded pairs; /* columns: a seed of a, the same of b, the next of a, ... */
	int seeds;
	uint32_t *coin;     /* [(n_rows + 31) / 32], a bit a row */
	double *a, *b;      /* [n_rows], a seed's answers after the swaps */
};

static void throw_coins(struct swapped *w, uint64_t seed, int draw)
{
	struct rng r = rng_stream(seed, RNG_RESAMPLE, STREAM_COINS, (uint64_t)draw);
	uint32_t words[4];

	for (int i = 0, n = (w->e.s->n_rows + 31) / 32; i < n; i++) {
		if (i % 4 == 0)
			rng_block(&r, (uint32_t)i / 4, words);
		w->coin[i] = words[i % 4];
	}
}

/* The difference after the coins' swaps; `sum` is of both metrics' sizes. */
static double swapped_difference(struct swapped *w)
{
	int n = w->e.s->n_rows;
	double sum = 0;

	for (int k = 0; k < w->seeds; k++) {
		const double *x = w->pairs.column[2 * k], *y = w->pairs.column[2 * k + 1];

		for (int i = 0; i < n; i++) {
			bool swap = w->coin[i / 32] >> (i % 32) & 1;

			w->a[i] = swap ? y[i] : x[i];
			w->b[i] = swap ? x[i] : y[i];
		}
		sum += estimator_metric(&w->e, w->a, NULL, n) -
		       estimator_metric(&w->e, w->b, NULL, n);
	}
	return sum / w->seeds;
}

/* The difference as it is; *slack as tie_slack says. */
static double plain_difference(struct swapped *w, double *slack)
{
	int n = w->e.s->n_rows, seeds = w->seeds;
	double sum_a = 0, sum_b = 0;

	for (int k = 0; k < seeds; k++) {
		sum_a += estimator_metric(&w->e, w->pairs.column[2 * k], NULL, n);
		sum_b += estimator_metric(&w->e, w->pairs.column[2 * k + 1], NULL, n);
	}
	*slack = tie_slack(sum_a / seeds, sum_b / seeds);
	return (sum_a - sum_b) / seeds;
}

static enum status count_draws(struct swapped *w, const struct resampling *how,
			       struct randomization *out, double least)
{
	uint64_t as_far = 0;

	progress_begin(how->progress, (uint64_t)how->draws, "draws", "randomization");
	for (int i = 0; i < how->draws; i++) {
		double d;

		if (progress_tick(how->progress, (uint64_t)i))
			return ST_STOPPED;
		throw_coins(w, how->seed, i);
		d = swapped_difference(w);
		out->undefined += isnan(d);
		as_far += fabs(d) >= least;
	}
	out->p = (double)(1 + as_far) / (double)(1 + how->draws - out->undefined);
	return ST_OK;
}

static void swapped_init(struct swapped *w, const struct paired_sample *s,
			 const struct answers_of *a, const struct answers_of *b)
{
	size_t n = (size_t)s->n_rows;
	const double **column;

	*w = (struct swapped){
		.seeds = a->n_seeds < b->n_seeds ? a->n_seeds : b->n_seeds,
		.coin = xcalloc(n / 32 + 1, sizeof *w->coin),
		.a = xcalloc(n, sizeof *w->a), .b = xcalloc(n, sizeof *w->b),
	};
	BUG_IF(w->seeds < 1);
	column = xcalloc(2 * (size_t)w->seeds, sizeof *column);
	for (int k = 0; k < w->seeds; k++) {
		column[2 * k] = a->value[k];
		column[2 * k + 1] = b->value[k];
	}
	coded_init(&w->pairs, s, column, 2 * w->seeds, 2);
	estimator_init(&w->e, s, 2);
	xfree(column);
}

static void swapped_release(struct swapped *w)
{
	estimator_release(&w->e);
	coded_release(&w->pairs);
	xfree(w->coin);
	xfree(w->a);
	xfree(w->b);
}

enum status significance_randomization(const struct paired_sample *s,
				       const struct answers_of *a,
				       const struct answers_of *b,
				       const struct resampling *how,
				       struct randomization *out)
{
	struct swapped w;
	enum status st = ST_OK;
	double slack;

	swapped_init(&w, s, a, b);
	*out = (struct randomization){.p = NAN, .n_seeds = w.seeds};
	out->value = plain_difference(&w, &slack);
	if (s->n_rows > 1 && !isnan(out->value))
		st = count_draws(&w, how, out, fabs(out->value) - slack);
	swapped_release(&w);
	return st;
}
