/*
 * noise_avx2.c - noise.c's group of 16 blocks by hand for AVX2: the compiler's
 * own vectors of 32 x 32 -> 64 bit products are three times as slow (measured).
 *
 * Eight blocks side by side, a word of each in a lane. A product of lanes comes as
 * two vectors, even lanes and odd ones; blends put high and low halves together.
 */
#include "tensor/kernels.h"

#ifdef __AVX2__
#include <immintrin.h>

typedef __m256i v8;

static inline void multiply(v8 x, v8 m, v8 *hi, v8 *lo)
{
	v8 even = _mm256_mul_epu32(x, m);
	v8 odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);

	*hi = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
	*lo = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

/* x: the four words of blocks `block` .. block + 7. */
static inline void philox(const struct rng *r, uint32_t block, v8 x[4])
{
	const v8 m0 = _mm256_set1_epi32((int)0xd2511f53u);
	const v8 m1 = _mm256_set1_epi32((int)0xcd9e8d57u);
	uint32_t k0 = r->key[0], k1 = r->key[1];

	for (int w = 0; w < 3; w++)
		x[w] = _mm256_set1_epi32((int)r->ctr[w]);
	x[3] = _mm256_add_epi32(_mm256_set1_epi32((int)block),
				_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
	for (int i = 0; i < 10; i++) {
		v8 hi0, lo0, hi1, lo1;

		multiply(x[0], m0, &hi0, &lo0);
		multiply(x[2], m1, &hi1, &lo1);
		x[0] = _mm256_xor_si256(_mm256_xor_si256(hi1, x[1]),
					_mm256_set1_epi32((int)k0));
		x[1] = lo1;
		x[2] = _mm256_xor_si256(_mm256_xor_si256(hi0, x[3]),
					_mm256_set1_epi32((int)k1));
		x[3] = lo0;
		k0 += 0x9e3779b9u;
		k1 += 0xbb67ae85u;
	}
}

/*
 * 1 where a 16-bit half of a, b, c, d is >= th: 32 bytes of low halves, then 32 of
 * high ones at out + 64.
 */
static inline void keep_32(v8 a, v8 b, v8 c, v8 d, v8 th, uint8_t *out)
{
	const v8 order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const v8 one = _mm256_set1_epi32(1);
	v8 in[4] = { a, b, c, d }, half[2];

	for (int i = 0; i < 4; i++)
		in[i] = _mm256_cmpeq_epi16(_mm256_max_epu16(in[i], th), in[i]);
	for (int high = 0; high < 2; high++) {
		for (int i = 0; i < 2; i++)
			half[i] = _mm256_packus_epi32(
				_mm256_and_si256(in[2 * i], one),
				_mm256_and_si256(in[2 * i + 1], one));
		_mm256_storeu_si256((void *)(out + 64 * high),
			_mm256_permutevar8x32_epi32(
				_mm256_packus_epi16(half[0], half[1]), order));
		for (int i = 0; i < 4; i++)
			in[i] = _mm256_srli_epi32(in[i], 16);
	}
}

bool noise_is_wide(void)
{
	return __builtin_cpu_supports("avx2");
}

void noise_keep_wide(const struct rng *r, uint32_t block, uint32_t threshold,
		     uint8_t *keep)
{
	const v8 th = _mm256_set1_epi16((short)threshold);
	v8 a[4], b[4];

	philox(r, block, a);
	philox(r, block + 8, b);
	keep_32(a[0], b[0], a[1], b[1], th, keep);
	keep_32(a[2], b[2], a[3], b[3], th, keep + 32);
}

#else

bool noise_is_wide(void)
{
	return false;
}

void noise_keep_wide(const struct rng *r, uint32_t block, uint32_t threshold,
		     uint8_t *keep)
{
	(void)r, (void)block, (void)threshold, (void)keep;
}

#endif
