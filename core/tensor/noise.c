/*
 * noise.c - dropout's noise in bulk: Philox 4x32-10 on NOISE_GROUP counters side
 * by side, the same words as base/rng.c gives one block at a time.
 *
 * A group is 64 words, taken as 128 elements of 16 bits: the low halves of the
 * words in the order noise_group() writes them, then the high halves.
 */
#include "tensor/kernels.h"

#include "tensor/drop.h"
#include "tensor/vmath.h"

enum { GROUP_WORDS = 4 * NOISE_GROUP, GROUP_ELEMENTS = 2 * GROUP_WORDS };

/* One round: the multipliers and key steps of Salmon et al. 2011, table 2. */
#define ROUND(k0, k1)                                                          \
	do {                                                                   \
		uint64_t p0 = (uint64_t)x0 * 0xd2511f53u;                      \
		uint64_t p1 = (uint64_t)x2 * 0xcd9e8d57u;                      \
                                                                               \
		x0 = (uint32_t)(p1 >> 32) ^ x1 ^ (k0);                         \
		x1 = (uint32_t)p1;                                             \
		x2 = (uint32_t)(p0 >> 32) ^ x3 ^ (k1);                         \
		x3 = (uint32_t)p0;                                             \
	} while (0)
#define KEY0(i) (r->key[0] + 0x9e3779b9u * (i))
#define KEY1(i) (r->key[1] + 0xbb67ae85u * (i))

V_INLINE void group(const struct rng *restrict r, uint32_t block,
		    uint32_t *restrict out)
{
	uint32_t a[10], b[10];

	for (uint32_t i = 0; i < 10; i++) {
		a[i] = KEY0(i);
		b[i] = KEY1(i);
	}
	for (uint32_t i = 0; i < NOISE_GROUP; i++) {
		uint32_t x0 = r->ctr[0], x1 = r->ctr[1], x2 = r->ctr[2];
		uint32_t x3 = block + i;

		ROUND(a[0], b[0]);
		ROUND(a[1], b[1]);
		ROUND(a[2], b[2]);
		ROUND(a[3], b[3]);
		ROUND(a[4], b[4]);
		ROUND(a[5], b[5]);
		ROUND(a[6], b[6]);
		ROUND(a[7], b[7]);
		ROUND(a[8], b[8]);
		ROUND(a[9], b[9]);
		out[i] = x0;
		out[NOISE_GROUP + i] = x1;
		out[2 * NOISE_GROUP + i] = x2;
		out[3 * NOISE_GROUP + i] = x3;
	}
}

KERNEL void noise_group(const struct rng *r, uint32_t block, uint32_t out[64])
{
	group(r, block, out);
}

V_INLINE void keep_group(const uint32_t *restrict w, uint32_t threshold,
			 uint8_t *restrict keep)
{
	for (int i = 0; i < GROUP_WORDS; i++) {
		keep[i] = (w[i] & 0xffffu) >= threshold;
		keep[GROUP_WORDS + i] = (w[i] >> 16) >= threshold;
	}
}

KERNEL void noise_keep_plain(const struct rng *r, uint32_t block,
			     uint32_t threshold, uint8_t *keep)
{
	uint32_t w[GROUP_WORDS];

	group(r, block, w);
	keep_group(w, threshold, keep);
}

uint32_t noise_keep(const struct rng *r, uint32_t block, size_t n,
		    uint32_t threshold, uint8_t *keep)
{
	void (*make)(const struct rng *, uint32_t, uint32_t, uint8_t *) =
		noise_is_wide() ? noise_keep_wide : noise_keep_plain;
	uint8_t last[GROUP_ELEMENTS];
	size_t i = 0;

	for (; i + GROUP_ELEMENTS <= n; i += GROUP_ELEMENTS) {
		make(r, block, threshold, keep + i);
		block += NOISE_GROUP;
	}
	if (i < n) {
		make(r, block, threshold, last);
		memcpy(keep + i, last, n - i);
		block += NOISE_GROUP;
	}
	return block;
}

/*
 * Rates come in steps of 1/65536. What is kept grows by what is really kept, not by what
 * was asked, so that the mean stays.
 */
uint32_t noise_threshold(float p_drop, float *scale)
{
	uint32_t th = (uint32_t)((double)p_drop * 65536.0 + 0.5);

	if (th > 65535)
		th = 65535;
	*scale = (float)(65536.0 / (65536.0 - th));
	return th;
}

struct drop drop_make(struct tape *t, size_t n, float p_drop)
{
	struct drop d = { NULL, 1.0f };
	uint32_t first = t->site, threshold;

	if (!t->training)
		return d;
	t->site += (uint32_t)((n + GROUP_ELEMENTS - 1) / GROUP_ELEMENTS) *
		   NOISE_GROUP;
	threshold = noise_threshold(p_drop, &d.scale);
	if (!threshold)
		return d;
	d.keep = arena_alloc(&t->arena, n ? n : 1);
	noise_keep(&t->noise, first, n, threshold, d.keep);
	return d;
}
