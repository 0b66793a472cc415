/*
 * store_conflict.h - how the tasks' gradients agree: the table of measurements.
 *
 * A measurement is of the tasks' mean gradients on the parameters that tasks share
 * (gradients.h), by groups of these: 0 the embeddings, g the g-th shared layer. It has each
 * one's norm in each group and the cosine of each pair there; what they come to over all
 * groups follows from these:
 *     a . b = sum over g of cos_g |a_g| |b_g|,   |a|^2 = sum over g of |a_g|^2.
 */
#ifndef TUTTI_STORE_STORE_CONFLICT_H
#define TUTTI_STORE_STORE_CONFLICT_H

#include "store/store.h"

enum { CONFLICT_ALL = -1, CONFLICT_GROUPS_MAX = 1024 };

struct conflict_row {
	int timeline;
	int64_t step, from;  /* updates done after it; gradients are of steps from..step */
	bool scheduled;      /* by the plan; else by hand */
	bool is_exact;       /* else by sketches (tensor/sketch.h) */
	float seconds;       /* what measuring took: no two runs agree */
	int n, groups;       /* tasks in it; 0: none, it only took its time */
	uint8_t task[MIX_TASKS_MAX];   /* [n] rising */
	const float *norm;   /* [groups][n] */
	const float *cosine; /* [groups][n (n - 1) / 2], conflict_at; NaN where one is 0 */
};

/* Where the pair of places i and k stands, i > k; and their number. */
static inline size_t conflict_at(int i, int k)
{
	return (size_t)i * (size_t)(i - 1) / 2 + (size_t)k;
}
static inline size_t conflict_pairs(int n)
{
	return n > 1 ? conflict_at(n, 0) : 0;
}
/* Of places i and k in a group, or in CONFLICT_ALL; NaN: one of them is 0. */
double conflict_cosine(const struct conflict_row *r, int i, int k, int group);
/* What a group adds to the cosine in all: cos_g |a_g| |b_g| / (|a| |b|). */
double conflict_part(const struct conflict_row *r, int i, int k, int group);
double conflict_norm(const struct conflict_row *r, int i, int group);
struct conflict_row *conflict_row_new(const struct conflict_row *r); /* a copy; xfree */

/* Waits for the next flush, as steps do. A step that is there is replaced. */
void store_conflict(struct store *s, const struct conflict_row *r);
/* By step and timeline; a row is lent for the call. */
enum status store_conflicts_read(struct store *s, int64_t from, int64_t to,
				 void (*each)(void *arg, const struct conflict_row *r),
				 void *arg, struct err *err);

#endif
