/*
 * threshold.h - the threshold that is best for the rows that were seen: one for all
 * labels, a multiple of 1 / THRESHOLDS, by micro-F1 (of equals the nearest to 0.5, then
 * the lower). One alone, since one a label would be fitted to a handful of rows where a
 * label is rare. Memory does not grow with the rows. One thread.
 */
#ifndef TUTTI_ASK_THRESHOLD_H
#define TUTTI_ASK_THRESHOLD_H

#include <stdint.h>

#include "metric/metric.h"

enum { THRESHOLDS = 128 }; /* a float holds them exactly */

struct threshold_fit;
struct threshold_fit *threshold_fit_new(int n_labels);
void threshold_fit_free(struct threshold_fit *f); /* NULL is fine */
/* A row: labels that are right, rising, and the probability [n_labels] of each. */
void threshold_fit_add(struct threshold_fit *f, const int32_t *gold, int n_gold,
		       const float *prob);
/* 0.5 before there is a row. */
double threshold_fit_best(const struct threshold_fit *f);
/* The counts of all rows as that threshold makes them, in place of what is there. */
void threshold_fit_tally(const struct threshold_fit *f, double threshold,
			 struct set_tally *out);

#endif
