/*
 * gemm_bf16_tile.h - a kernel of gemm_bf16_kernel.h without AMX, written once on vectors
 * of VL floats and compiled for each instruction set by a file that defines
 *   VL; MR: rows at a time, which divides 16;  KERNEL_NAME, KERNEL_TEXT.
 *
 * A bfloat16 in the upper half of a word is that number as a float32. An even and an odd
 * chain and the accumulator of MR rows and two halves of a word fill the registers. As in
 * gemm_tile.h the one multiply-add is meant to be fused, by -ffp-contract=fast; the
 * rounding is arithmetic of whole numbers.
 */
#include <immintrin.h>
#include <string.h>

#include "tensor/gemm_bf16_kernel.h"

#define UNROLL _Pragma("GCC unroll 16")
#define INLINE static inline __attribute__((always_inline))

#define HIGH 0xffff0000u /* half of a word */

enum { FLUSH = 0x1f80 | 0x8040 /* MXCSR: masked, to nearest, FTZ and DAZ */ };

typedef float vec __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef uint32_t words __attribute__((vector_size(4 * VL), aligned(4), may_alias));

INLINE uint32_t rounded(float x)
{
	uint32_t u, size, r;

	memcpy(&u, &x, sizeof u);
	size = u & 0x7fffffff;
	r = u + 0x7fff + (u >> 16 & 1);
	r = size > 0x7f800000 ? u | 0x400000 : r; /* stays not a number */
	r = size < 0x00800000 ? u & 0x80000000 : r;
	return r & HIGH;
}

INLINE void turn(uint32_t tile[BF16_SIDE][BF16_SIDE])
{
	for (int i = 0; i < BF16_SIDE; i++)
		for (int j = 0; j < i; j++) {
			uint32_t t = tile[i][j];

			tile[i][j] = tile[j][i];
			tile[j][i] = t;
		}
}

static void from_rows(const float *x, long ldx, bool turned, uint32_t *out)
{
	uint32_t (*tile)[BF16_SIDE] = (uint32_t (*)[BF16_SIDE])(void *)out;

	for (int i = 0; i < BF16_SIDE; i++, x += ldx)
		for (int p = 0; p < BF16_SIDE; p++)
			tile[i][p] = rounded(x[2 * p]) >> 16 | rounded(x[2 * p + 1]);
	if (turned)
		turn(tile);
}

static void from_columns(const float *x, long ldx, bool turned, uint32_t *out)
{
	uint32_t (*tile)[BF16_SIDE] = (uint32_t (*)[BF16_SIDE])(void *)out;

	for (int p = 0; p < BF16_SIDE; p++, x += 2 * ldx)
		for (int i = 0; i < BF16_SIDE; i++)
			tile[p][i] = rounded(x[i]) >> 16 | rounded(x[ldx + i]);
	if (turned)
		turn(tile);
}

/* y [mr, VL] from a row of left tiles and VL columns of a panel. */
INLINE void tile_product(const int mr, int blocks, const uint32_t *left,
			 const uint32_t *right, float *y, long ldy, bool add)
{
	vec acc[MR] = { 0 };

	UNROLL for (int i = 0; i < mr; i++)
		if (add)
			acc[i] = *(const vec *)(y + i * ldy);
	for (int b = 0; b < blocks; b++, left += BF16_TILE, right += BF16_TILE) {
		uint32_t a[2][MR][BF16_SIDE];
		vec even[MR] = { 0 }, odd[MR] = { 0 };

		UNROLL for (int i = 0; i < mr; i++)
			for (int p = 0; p < BF16_SIDE; p++) {
				uint32_t pair = left[i * BF16_SIDE + p];

				a[0][i][p] = pair << 16;
				a[1][i][p] = pair & HIGH;
			}
		for (int p = 0; p < BF16_SIDE; p++) {
			words pair = *(const words *)(right + p * BF16_SIDE);
			vec b0 = (vec)(pair << 16), b1 = (vec)(pair & HIGH);

			UNROLL for (int i = 0; i < mr; i++) {
				even[i] += (vec)(a[0][i][p] + (words){ 0 }) * b0;
				odd[i] += (vec)(a[1][i][p] + (words){ 0 }) * b1;
			}
		}
		UNROLL for (int i = 0; i < mr; i++)
			acc[i] += even[i] + odd[i];
	}
	UNROLL for (int i = 0; i < mr; i++)
		*(vec *)(y + i * ldy) = acc[i];
}

/* y [rows, 16] of one row of left tiles and one panel. */
static void strip(int rows, int blocks, const uint32_t *left, const uint32_t *right,
		  float *y, long ldy, bool add)
{
	for (int j = 0; j < BF16_SIDE; j += VL) {
		int i = 0;

		for (; i + MR <= rows; i += MR)
			tile_product(MR, blocks, left + i * BF16_SIDE, right + j,
				     y + i * ldy + j, ldy, add);
		for (; i < rows; i++)
			tile_product(1, blocks, left + i * BF16_SIDE, right + j,
				     y + i * ldy + j, ldy, add);
	}
}

static void strips(int M, int N, int blocks, const uint32_t *left, const uint32_t *right,
		   long panel, float *y, long ldy, bool add)
{
	float c[BF16_TILE] = { 0 };

	for (int n = 0; n < N; n += BF16_SIDE, right += panel, y += BF16_SIDE)
		for (int m = 0; m < M; m += BF16_SIDE) {
			const uint32_t *l = left + (long)(m / BF16_SIDE) * blocks * BF16_TILE;
			int rows = M - m < BF16_SIDE ? M - m : BF16_SIDE;
			float *to = y + m * ldy;

			if (N - n >= BF16_SIDE) {
				strip(rows, blocks, l, right, to, ldy, add);
				continue;
			}
			if (add)
				bf16_from_edge(rows, N - n, to, ldy, c);
			strip(rows, blocks, l, right, c, BF16_SIDE, add);
			bf16_to_edge(rows, N - n, c, to, ldy);
		}
}

/* Through a pointer that the compiler does not follow: no sum moves past the register. */
static void product(int M, int N, int blocks, const uint32_t *left, const uint32_t *right,
		    long panel, float *y, long ldy, bool add)
{
	static void (*volatile const all)(int, int, int, const uint32_t *, const uint32_t *,
					  long, float *, long, bool) = strips;
	unsigned was = _mm_getcsr();

	_mm_setcsr(FLUSH);
	all(M, N, blocks, left, right, panel, y, ldy, add);
	_mm_setcsr(was);
}

const struct bf16_kernel KERNEL_NAME = {
	.name = KERNEL_TEXT, .from_rows = from_rows, .from_columns = from_columns,
	.product = product,
};
