/*
 * conflict.h - how the tasks' gradients agree on the parameters that they share: norms and
 * cosines by groups (embeddings, each shared layer), measured on a schedule, in passing.
 * Looking changes no bit (test_conflict).
 *
 * A round begins as gradients.h has it. In it the mean gradient of each task is taken once,
 * in the first step that draws the task:
 *     g_i = (1/m) sum over its m micro-batches there of n / nbar x gradient,
 * before weights. Where there are enough micro-batches that is one step for all; else the
 * gradients of a pair may be some steps apart. A row is written when every task with a
 * share has been met, or at the round's end with those that were.
 *
 * Where a weighting method keeps each task's sum (task_sums.h), its Gram matrix is exact,
 * and pairs are of one step: a row is written where a pair meets that has not in this
 * round. Elsewhere so many buffers of the model's size would be too many, and a gradient is
 * kept as a sketch of each group (tensor/sketch.h): an inner product is then off by about
 * |a| |b| / 64. A window's hash follows from the plan's seed and its first step.
 *
 * Rows that were written say when the next one is due, so that a run that was resumed
 * between two windows measures as if it had not been; within one its window begins anew.
 *
 * Who is measured in the share of an update: for u = sum of a_i g_i, a_i = weight x share x
 * the method's factor, task i's part along it is
 *     a_i g_i . u / |u|^2 = a_i sum_k a_k G_ik / sum_jk a_j a_k G_jk,
 * which sums to 1, and is below 0 for one whom the others overrule (look/conflicts.h).
 *
 * As with gradients.h, none of this is state, and no step reads it, but for whether a
 * micro-batch of weight 0 is walked back.
 */
#ifndef TUTTI_SESSION_CONFLICT_H
#define TUTTI_SESSION_CONFLICT_H

#include "store/store_conflict.h"
#include "tensor/param.h"

struct session;

struct conflict {
	int groups;
	int *place;          /* [n parameters] in scratch; -1: it is no shared one */
	bool *used;          /* [n parameters] by the micro-batch under way */
	float *scratch;      /* [shared parameters][SKETCH_BUCKETS]: its order is chance */
	float *sketch;       /* [n tasks][groups][SKETCH_BUCKETS] */
	double *gram;        /* [groups][n tasks ^ 2] */
	float *norm, *cosine; /* of row */
	struct conflict_row row;
	int64_t last;        /* first step of the newest scheduled window, 0: none */
	bool is_asked;
	/* the window under way */
	bool is_open, scheduled;
	int64_t from;        /* updates before its first step */
	int count[MIX_TASKS_MAX];    /* micro-batches that a sketch is of; 0: none */
	bool met[MIX_TASKS_MAX * MIX_TASKS_MAX]; /* pairs, where the Gram matrix is there */
	double spent;        /* seconds, with what gradients.h took */
	/* of the step under way */
	int drawn[MIX_TASKS_MAX];    /* micro-batches to be sketched here */
	int left[MIX_TASKS_MAX];     /* of them not taken yet */
};

/* Room is made at once where the plan's schedule and method need it, else when first used. */
void conflict_init(struct session *s);
size_t conflict_bytes(const struct session *s);
void conflict_release(struct conflict *c);
void conflict_clear(struct conflict *c);
void conflict_ask(struct session *s); /* a window begins with the next step */
void conflict_remember(struct session *s, const struct conflict_row *r);

/* In a step: what their namesakes in gradients.h do, which they call, and this. */
bool conflict_begin(struct session *s);
bool conflict_wanted(const struct session *s, int task);
void conflict_take(struct session *s, int task, const struct grads *g, int param, double by);
/* Lent until the next step; NULL: no row ends here. */
const struct conflict_row *conflict_end(struct session *s);

#endif
