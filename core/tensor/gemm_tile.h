/*
 * gemm_tile.h - the tile and the packing of gemm.h, written once on vectors of VL
 * floats and compiled for each instruction set by a file that defines
 *   VL, NV: nr = NV vectors of VL;  MR: rows;  KERNEL_NAME, KERNEL_TEXT.
 *
 * MR x NV accumulators, NV columns and one broadcast fill the registers. These
 * files are compiled with -ffp-contract=fast: their one multiply-add is meant to
 * be fused, and nothing else in them is arithmetic but one addition.
 */
#include <string.h>

#include "tensor/gemm.h"

#define NR (NV * VL)
#if VL > 8 && !defined(__AVX512F__)
#define IS_CUT true
#else
#define IS_CUT false
#endif
#define UNROLL _Pragma("GCC unroll 16")

typedef float vec __attribute__((vector_size(4 * VL), aligned(4), may_alias));

static inline __attribute__((always_inline)) void
tile(const int mr, long K, const float *a, long rs, long cs, const float *b,
     float *c, long ldc, bool add)
{
	vec acc[MR][NV] = { 0 };

	UNROLL for (int i = 0; i < mr; i++)
		UNROLL for (int j = 0; j < NR; j += 16)
			__builtin_prefetch(c + i * ldc + j, 1);
	for (long k = 0; k < K; k++, a += cs, b += NR) {
		vec col[NV];

		UNROLL for (int j = 0; j < NV; j++)
			col[j] = *(const vec *)(b + j * VL);
		UNROLL for (int i = 0; i < mr; i++) {
			vec x = a[i * rs] - (vec){ 0 };

			UNROLL for (int j = 0; j < NV; j++)
				acc[i][j] += x * col[j];
		}
	}
	UNROLL for (int i = 0; i < mr; i++) {
		UNROLL for (int j = 0; j < NV; j++) {
			vec *out = (vec *)(c + i * ldc + j * VL);

			if (add)
				*out += acc[i][j];
			else
				*out = acc[i][j];
		}
	}
}

#define TILE(n)                                                                \
	static void tile_##n(long K, const float *a, long rs, long cs,         \
			     const float *b, float *c, long ldc, bool add)     \
	{                                                                      \
		tile(n, K, a, rs, cs, b, c, ldc, add);                         \
	}
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
#if MR == 12
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
#endif

static gemm_tile *const tiles[MR + 1] = {
	NULL, tile_1, tile_2, tile_3, tile_4, tile_5, tile_6,
#if MR == 12
	tile_7, tile_8, tile_9, tile_10, tile_11, tile_12,
#endif
};

/*
 * A whole vector is copied where there is one to read: what it writes too much is
 * the beginning of the next k, which comes next, or room behind the group.
 */
enum { WIDE = (MR + VL - 1) / VL * VL };

static void pack_left(int kc, int rows, const float *x, int ldx, long step,
		      float *out)
{
	for (int k = 0; k < kc; k++, x += ldx, out += MR) {
		float *to = out;
		int m = 0;

		for (; m + WIDE <= rows; m += MR, to += step)
			memcpy(to, x + m, WIDE * sizeof *to);
		for (; m < rows; m += MR, to += step)
			memcpy(to, x + m, sizeof *to * (size_t)(rows - m < MR ?
							rows - m : MR));
	}
}

/*
 * Four panels side by side: reading goes on for some lines in every row, and what
 * is written does not share too few sets of the cache.
 */
static void pack_right(int kc, int cols, const float *w, int ldw, float *out)
{
	const long panel = (long)kc * NR;
	int n = 0;

	for (; n + 4 * NR <= cols; n += 4 * NR, out += 3 * panel)
		for (int k = 0; k < kc; k++, out += NR)
			for (int j = 0; j < 4; j++)
				memcpy(out + j * panel,
				       w + (long)k * ldw + n + j * NR,
				       NR * sizeof *out);
	for (; n + NR <= cols; n += NR)
		for (int k = 0; k < kc; k++, out += NR)
			memcpy(out, w + (long)k * ldw + n, NR * sizeof *out);
	for (int k = 0; n < cols && k < kc; k++, out += NR) {
		memset(out, 0, NR * sizeof *out);
		memcpy(out, w + (long)k * ldw + n,
		       (size_t)(cols - n) * sizeof *out);
	}
}

static void pack_right_t(int kc, int cols, const float *w, int ldw, float *out)
{
	for (int n = 0; n < cols; n += NR, w += (long)NR * ldw) {
		const int width = cols - n < NR ? cols - n : NR;

		for (int k = 0; k < kc; k++, out += NR) {
			for (int j = 0; j < width; j++)
				out[j] = w[(long)j * ldw + k];
			for (int j = width; j < NR; j++)
				out[j] = 0.0f;
		}
	}
}

const struct gemm_kernel KERNEL_NAME = {
	.name = KERNEL_TEXT, .mr = MR, .nr = NR, .is_cut = IS_CUT, .tile = tiles,
	.pack_left = pack_left, .pack_right = pack_right,
	.pack_right_t = pack_right_t,
};
