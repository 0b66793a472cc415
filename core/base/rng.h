/*
 * rng.h - randomness as a function: no state, nothing to save.
 *
 * Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers:
 * as easy as 1, 2, 3"). A value is a function of (seed, purpose, task, draw,
 * index): seed is the key; purpose, task, draw and index fill the counter.
 * DESIGN 3.1: every task has its own streams and its own draw count, so that a
 * change of shares reshuffles nobody's data or dropout.
 */
#ifndef TUTTI_BASE_RNG_H
#define TUTTI_BASE_RNG_H

#include <stdint.h>

enum rng_purpose {
	RNG_INIT = 1,  /* weights; task 0, draw = the parameter's number */
	RNG_SHUFFLE,   /* order of examples; draw = epoch */
	RNG_WINDOW,    /* order of micro-batches within a window; draw = window */
	RNG_DROPOUT,   /* draw = the task's micro-batch count, index = site, element */
	RNG_SAMPLE,    /* which task next */
	RNG_WEIGHTING, /* random weighting */
	RNG_DATA,      /* generators, hold-out splits */
	RNG_TEST,
	RNG_RESAMPLE,  /* rows and seeds of significance tests; draw = the resample */
	RNG_MASK,      /* pieces hidden to be put back; draw = row, index has the epoch */
	RNG_SKETCH,    /* buckets and signs; task = the parameter, draw = the window */
};

/* A stream: all but the index is fixed. Copied freely. */
struct rng {
	uint32_t key[2];
	uint32_t ctr[3]; /* ctr[3] of the block is the low word of the index */
};

enum { RNG_TASK_NONE = 0xffff };

/* draw < 2^48; task < 2^16. */
struct rng rng_stream(uint64_t seed, enum rng_purpose purpose, uint32_t task,
		      uint64_t draw);
/* Four words, number `block` (32 bits) of the stream. */
void rng_block(const struct rng *r, uint32_t block, uint32_t out[4]);
uint32_t rng_u32(const struct rng *r, uint64_t index); /* index < 2^34 */
/* For what makes data, tests and benchmarks: [0, 1), 32 bits. */
double rng_uniform(const struct rng *r, uint64_t index);
/* The same: 0..n-1 without a bias worth naming (n < 2^32). */
uint32_t rng_below(const struct rng *r, uint64_t index, uint32_t n);
/* Normal with mean 0 and deviation 1, cut at +-1.9 before scaling; no libm. */
float rng_normal(const struct rng *r, uint64_t index);

/*
 * A keyed permutation of 0..n-1 (a Feistel network over the next even power of
 * two, with cycle walking): position i in O(1) time and memory. n >= 1, i < n.
 * Uses the stream's blocks 0 to 3 itself: give it a stream of its own.
 */
uint64_t rng_permute(const struct rng *r, uint64_t n, uint64_t i);

#endif
