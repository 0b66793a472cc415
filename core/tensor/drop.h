/*
 * drop.h - where an op gets its dropout mask. For core/tensor alone.
 */
#ifndef TUTTI_TENSOR_DROP_H
#define TUTTI_TENSOR_DROP_H

#include "tensor/tape.h"

/* keep NULL: nothing is dropped; then scale is 1. */
struct drop {
	uint8_t *keep; /* a byte per element, in the tape's arena */
	float scale;   /* 1 / P(kept) */
};

/*
 * The mask of the next site of the tape, over n elements. The site takes its
 * blocks of noise even when nothing is dropped in the end (p_drop = 0), so a
 * changed rate leaves the noise of other sites alone.
 */
struct drop drop_make(struct tape *t, size_t n, float p_drop);

#endif
