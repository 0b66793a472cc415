/*
 * gemm_bf16.h - matrix products of numbers rounded to bfloat16, sums in float32; behind
 * blas.h. For core/tensor alone.
 *
 * Both sides are rounded to bfloat16 (to nearest, ties to even), the result is float32.
 * The rule of every output, which is what AMX's TDPBF16PS computes (Intel SDM, volume 2):
 *   k is cut into blocks of BF16_K = 32; within a block the products of the even k are
 * a chain of fused multiply-adds from 0 in the order of k, those of the odd k another
 * one; even + odd is added to the accumulator, block after block. Numbers below the
 * least normal one count as 0, coming in and going out.
 *   The accumulator begins at 0; after BF16_KC steps of k it is added to y (or becomes
 * y: the first time, without `add`) and begins again.
 * What is missing at the end of the last block is 0. A processor without AMX follows the
 * same rule with its own multiply-adds: the same bits everywhere.
 */
#ifndef TUTTI_TENSOR_GEMM_BF16_H
#define TUTTI_TENSOR_GEMM_BF16_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum {
	BF16_K = 32,
	BF16_KC = 1536, /* part of the bits: see above. A multiple of BF16_K */
};

/* "AMX", "AVX-512", ...: what multiplies here; NULL: nothing does (no FMA). */
const char *bf16_name(void);
/* For tests: without AMX, or as the processor has it. */
void bf16_use_amx(bool yes);

/* Floats (4 bytes) of a right side [K, N] in panels. */
size_t bf16_packed_size(int N, int K);
/* As gemm_pack: w [N, K] (transposed) or [K, N]; part of `parts` does its share. */
void bf16_pack(int N, int K, const float *w, int ldw, bool transposed, float *out,
	       int part, int parts);
/*
 * y [M, cols] = x [M, K] panels (+ y): columns from .. from + cols of the N that are
 * packed; from is a multiple of BLAS_PART. `a`: room for what is rounded on the way.
 */
void bf16_packed(struct arena *a, int M, int N, int K, int from, int cols,
		 const float *x, int ldx, const float *panels, float *y, int ldy,
		 bool add);
/* y [M, N] = x [K, M]^T w [K, N] (+ y): gradients of weights. */
void bf16_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
	      const float *w, int ldw, float *y, int ldy, bool add);

#endif
