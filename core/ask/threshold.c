/*
 * threshold.c - hits and misses at every threshold at once: a row counts in the bin that
 * its probability falls in, and at a threshold counts what stands at or above it.
 */
#include "ask/threshold.h"

#include <string.h>

#include "base/mem.h"

enum { BINS = THRESHOLDS + 1 }; /* the last: 1 exactly */

struct threshold_fit {
	int n_labels;
	uint64_t rows;
	uint64_t *gold;       /* [n_labels] */
	uint64_t *pred, *both; /* [n_labels][BINS] */
	int64_t exact[BINS + 1]; /* how many more rows are exact from this bin on */
};

struct threshold_fit *threshold_fit_new(int n_labels)
{
	struct threshold_fit *f = xcalloc(1, sizeof *f);
	size_t n = (size_t)n_labels;

	f->n_labels = n_labels;
	f->gold = xcalloc(n, sizeof *f->gold);
	f->pred = xcalloc(n * BINS, sizeof *f->pred);
	f->both = xcalloc(n * BINS, sizeof *f->both);
	return f;
}

void threshold_fit_free(struct threshold_fit *f)
{
	if (!f)
		return;
	xfree(f->gold);
	xfree(f->pred);
	xfree(f->both);
	xfree(f);
}

/* The highest bin whose threshold, bin / THRESHOLDS, it reaches; of a NaN the lowest. */
static int bin_of(float p)
{
	return p >= 1.0f ? THRESHOLDS : p > 0.0f ? (int)(p * THRESHOLDS) : 0;
}

void threshold_fit_add(struct threshold_fit *f, const int32_t *gold, int n_gold,
		       const float *prob)
{
	int least = THRESHOLDS, most = -1, at = 0; /* of labels that are right; of others */

	for (int k = 0; k < f->n_labels; k++) {
		int bin = bin_of(prob[k]);
		bool has = at < n_gold && gold[at] == k;

		at += has;
		f->gold[k] += has;
		f->pred[k * BINS + bin]++;
		f->both[k * BINS + bin] += has;
		if (has)
			least = bin < least ? bin : least;
		else
			most = bin > most ? bin : most;
	}
	f->rows++;
	if (most < least) { /* thresholds above all others, and at the right ones at most */
		f->exact[most + 1]++;
		f->exact[least + 1]--;
	}
}

/* All labels together, at or above bin t. */
static double micro_f1(const struct threshold_fit *f, int t)
{
	double gold = 0, pred = 0, both = 0;

	for (int k = 0; k < f->n_labels; k++) {
		gold += (double)f->gold[k];
		for (int b = t; b < BINS; b++) {
			pred += (double)f->pred[k * BINS + b];
			both += (double)f->both[k * BINS + b];
		}
	}
	return metric_f1_of(both, gold, pred);
}

double threshold_fit_best(const struct threshold_fit *f)
{
	int best = THRESHOLDS / 2;
	double most = micro_f1(f, best);

	for (int off = 1; off < THRESHOLDS / 2; off++)
		for (int side = -1; side <= 1; side += 2) {
			int t = THRESHOLDS / 2 + side * off;
			double f1 = micro_f1(f, t);

			if (f1 > most) {
				most = f1;
				best = t;
			}
		}
	return (double)best / THRESHOLDS;
}

void threshold_fit_tally(const struct threshold_fit *f, double threshold,
			 struct set_tally *out)
{
	int t = (int)(threshold * THRESHOLDS);
	int64_t exact = 0;

	for (int k = 0; k < f->n_labels; k++) {
		out->label[k] = (struct tally){ .gold = f->gold[k] };
		for (int b = t; b < BINS; b++) {
			out->label[k].pred += f->pred[k * BINS + b];
			out->label[k].both += f->both[k * BINS + b];
		}
	}
	for (int b = 0; b <= t; b++)
		exact += f->exact[b];
	out->rows = f->rows;
	out->exact = (uint64_t)exact;
}
