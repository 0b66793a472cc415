/*
 * grads_own.h - what the files of gradient buffers share among themselves: grads.c
 * (life, touching, adding) and grads_sum.c (sums over one owner's parameters).
 */
#ifndef TUTTI_TENSOR_GRADS_OWN_H
#define TUTTI_TENSOR_GRADS_OWN_H

#include "base/status.h"
#include "tensor/param.h"

enum touch { UNTOUCHED, SOME_ROWS, WHOLE };

struct slot {
	enum touch touch;
	float *v;        /* its floats; NULL: there is no room here, or none yet */
	bool is_passed;  /* given up (grads_pass): not to be touched till the next clear */
	uint64_t *bits;  /* PARAM_ROWS: [(rows + 63) / 64], a bit per row */
	int32_t *list;   /* PARAM_ROWS: [rows], filled when asked */
	/*
	 * The addend that touched it first and has to assign, not add
	 * (grads_add_marks). NULL: every part holds a value.
	 */
	const struct grads *first;
};

struct grads {
	const struct param_set *ps;
	float *value;    /* of those that have room, in the parameters' order */
	size_t size;     /* floats of value */
	struct slot *slot;
	/* Of a buffer that passes matrices on: blocks for one of any of them. */
	bool passes;
	size_t most;     /* floats of each block */
	int n_spare, n_blocks;
	float **spare;   /* [n_spare] of */
	float **block;   /* [n_blocks] */
};

static inline bool is_of(const struct param *p, int owner)
{
	return owner == GRADS_ALL || p->owner == owner;
}

static inline float *values(const struct grads *g, int p)
{
	BUG_IF(p < 0 || p >= g->ps->n || !g->slot[p].v);
	return g->slot[p].v;
}

/*
 * Slice `part` of a parameter's floats, on cache lines: the same for all that is
 * done in parts, so that one part reads what it has added itself.
 */
void grads_slice(const struct grads *g, int p, int part, int parts, size_t *from,
		 size_t *to);
/*
 * The next floats of touched rows within *at .. to: *at moves to where they begin,
 * their number is the result, 0 at the end.
 */
size_t grads_next(const struct grads *g, int p, size_t *at, size_t to);

#endif
