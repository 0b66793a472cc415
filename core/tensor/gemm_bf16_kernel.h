/*
 * gemm_bf16_kernel.h - what one instruction set brings to gemm_bf16.h.
 *
 * All is made of tiles of 1 KB, 16 x 16 words of 4 bytes, a word being the bfloat16 of an
 * even k (low half) and of the odd k after it (high half):
 *   a left tile is [row][pair of k], a right tile [pair of k][column], each BF16_K of k.
 * The left side lies as [row / 16][block of k] tiles, the right side in panels of 16
 * columns, [block of k] tiles each.
 */
#ifndef TUTTI_TENSOR_GEMM_BF16_KERNEL_H
#define TUTTI_TENSOR_GEMM_BF16_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

enum {
	BF16_SIDE = 16, /* rows, pairs, columns of a tile */
	BF16_TILE = BF16_SIDE * BF16_SIDE,
};

struct bf16_kernel {
	const char *name;
	/*
	 * A tile from x [16, 32], rows of k, or from x [32, 16], a row for each k;
	 * [row or column][pair] and [pair][row or column], with `turned` the other way.
	 */
	void (*from_rows)(const float *x, long ldx, bool turned, uint32_t *tile);
	void (*from_columns)(const float *x, long ldx, bool turned, uint32_t *tile);
	/* y [M, N] = left right (+ y) over `blocks` of k; a panel begins every `panel`. */
	void (*product)(int M, int N, int blocks, const uint32_t *left,
			const uint32_t *right, long panel, float *y, long ldy, bool add);
};
/* product is NULL where the compiler does not know the instructions. */
extern const struct bf16_kernel bf16_avx2, bf16_avx512, bf16_amx;

/* Whether this processor runs it; for AMX the system is asked for the permission. */
bool bf16_runs(const struct bf16_kernel *g);
/* For tests: one that runs here in place of the best. While nothing multiplies. */
void bf16_use(const struct bf16_kernel *g);

/* An output tile over the edge of y [rows, cols], by way of c [16, 16]. */
static inline void bf16_from_edge(int rows, int cols, const float *y, long ldy, float *c)
{
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < cols; j++)
			c[i * BF16_SIDE + j] = y[i * ldy + j];
}

static inline void bf16_to_edge(int rows, int cols, const float *c, float *y, long ldy)
{
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < cols; j++)
			y[i * ldy + j] = c[i * BF16_SIDE + j];
}

#endif
