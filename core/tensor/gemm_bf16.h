/*
 * gemm_bf16.h - matrix products of numbers rounded to bfloat16, sums in float32; behind
 * blas.h. For core/tensor alone.
 *
 * Both sides are rounded to bfloat16 (to nearest, ties to even), the result is float32.
 * The rule of every output, which is what AMX's TDPBF16PS computes (Intel SDM, volume 2;
 * measured on a Sapphire Rapids, 40 million outputs, all to the bit):
 *   the accumulator begins as y with `add`, else as 0. k is cut into blocks of
 * BF16_K = 32; within a block the products of the even k are a chain of fused
 * multiply-adds from 0 in the order of k, those of the odd k another one; even + odd is
 * added to the accumulator, block after block.
 *   Numbers below the least normal one count as 0 wherever they come in (before they are
 * rounded, too) or go out. What is missing at the end of the last block is 0.
 * A product over k in parts, each but the last a multiple of BF16_K and all but the first
 * with `add`, is therefore the whole product. A processor without AMX follows the same rule
 * with its own multiply-adds: the same bits everywhere, but for those inside a NaN.
 *   Measured (Sapphire Rapids, one core of two, both busy; MiniLM's and BERT-base's layers,
 * 512 rows): AMX 540 to 940 GF/s, to 2,200 where all lies in the second-level cache and
 * nobody else computes; 82 to 98 with AVX-512; gemm.h has 104 to 142. Without AMX it is
 * slower than float32: there for the same bits, not for speed.
 */
#ifndef TUTTI_TENSOR_GEMM_BF16_H
#define TUTTI_TENSOR_GEMM_BF16_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum {
	BF16_K = 32,   /* part of the bits: see above */
	BF16_KC = 512, /* not: how much of k the first-level cache holds */
};

/*
 * "AMX", "AVX-512", "AVX2": what multiplies here; NULL: nothing does (no FMA), and no
 * other function here but bf16_use_amx may be called. Any thread, as all below.
 */
const char *bf16_name(void);
/* For tests: without AMX, or as the processor has it. While nothing multiplies. */
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
