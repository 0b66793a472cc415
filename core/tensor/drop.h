/*
 * drop.h - where an op gets its dropout mask. For core/tensor alone.
 *
 * A tape has one stream, its micro-batch's. Each place in the pass that drops (a site;
 * attention has one for each sequence and head) takes the stream's next blocks, as many
 * as its elements need. So a mask is a function of seed, task, draw, site and element:
 * not of the worker, nor of what stands in memory (test_sites), and the same draw
 * computed again has it again. A site that is added to a pass moves all that follow.
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
