/*
 * sketch.c - runs of a parameter's gradient, turned and signed, into buckets.
 */
#include "tensor/sketch.h"

#include <string.h>

#include "tensor/grads_own.h"
#include "tensor/kernels.h"

/* Signs come by blocks of random bits; a run's last block says how far it is turned. */
enum { BLOCK = 128, BLOCKS = SKETCH_BUCKETS / BLOCK };

KERNEL static void signs_of(const uint32_t word[4], float sign[BLOCK])
{
	for (int w = 0; w < 4; w++)
		for (int k = 0; k < 32; k++)
			sign[w * 32 + k] = (float)(1 - 2 * (int)(word[w] >> k & 1));
}

KERNEL static void add_signed(size_t n, float *restrict y, const float *restrict sign,
			      const float *restrict x)
{
	for (size_t i = 0; i < n; i++)
		y[i] += sign[i] * x[i];
}

/* x [n], elements `at`.. of a run, all of one block. */
static void add_block(const struct rng *r, uint64_t run, uint32_t turn, size_t at, size_t n,
		      const float *x, float *out)
{
	size_t to = (at + turn) % SKETCH_BUCKETS;
	size_t first = to + n <= SKETCH_BUCKETS ? n : SKETCH_BUCKETS - to;
	uint32_t word[4];
	float sign[BLOCK];
	const float *s = sign + at % BLOCK;

	rng_block(r, (uint32_t)(run * (BLOCKS + 1) + at / BLOCK), word);
	signs_of(word, sign);
	add_signed(first, out + to, s, x);
	add_signed(n - first, out, s + first, x + first);
}

void grads_sketch_param(const struct grads *g, int p, uint64_t seed, uint64_t window,
			float *out)
{
	const struct rng r = rng_stream(seed, RNG_SKETCH, (uint32_t)p, window);
	size_t count = param_count(g->ps, p), turned = SIZE_MAX;
	bool is_whole = grads_whole(g, p);
	uint32_t word[4] = { 0 };
	const float *x;

	if (!grads_touched(g, p))
		return;
	x = values(g, p);
	for (size_t at = 0, n; at < count; at += n) {
		size_t run, left;

		n = is_whole ? count - at : grads_next(g, p, &at, count);
		if (!n)
			return;
		run = at / SKETCH_BUCKETS; /* `at` may have moved */
		left = BLOCK - at % BLOCK;
		n = n < left ? n : left;
		if (run != turned) {
			rng_block(&r, (uint32_t)(run * (BLOCKS + 1) + BLOCKS), word);
			turned = run;
		}
		add_block(&r, run, word[0] % SKETCH_BUCKETS, at % SKETCH_BUCKETS, n, x + at,
			  out);
	}
}

void sketch_move(float *sum, float by, float *x)
{
	k_axpy(SKETCH_BUCKETS, sum, by, x);
	memset(x, 0, SKETCH_BUCKETS * sizeof *x);
}

double sketch_inner(const float *a, const float *b)
{
	return k_inner(SKETCH_BUCKETS, a, b);
}
