/*
 * blas.h - the one door to matrix products: row-major, from float32 to float32,
 * single-threaded always (two BLAS threads change bits; our workers run whole
 * micro-batches).
 *
 * A handful of shapes of call. Behind them stand our own kernels (gemm.h) on
 * processors with fused multiply-add, OpenBLAS elsewhere. A right side that is
 * used again and again (a weight matrix) can be brought into the form that the
 * kernels read once, and multiplied by in that form: to the same bits.
 *
 * Our own products have the same bits on every processor that runs them (gemm.h);
 * OpenBLAS chooses its kernels by processor, and so its bits. A run records which it
 * was (blas_name); resuming or replaying it with another says that bits do not compare.
 */
#ifndef TUTTI_TENSOR_BLAS_H
#define TUTTI_TENSOR_BLAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

/* Once, before the first product. */
void blas_init(void);
/* "Tutti AVX2" or "OpenBLAS 0.3.21 Zen": recorded with a run. Static storage. */
const char *blas_name(void);
/* For tests and benchmarks: cblas in place of our own kernels, or back. */
void blas_use_own(bool own);

/* `a`: room for what is packed on the way; given back on return. */

/* Y[M,N] = X[M,K] W[N,K]^T  (+ Y when add): the forward product of a layer. */
void blas_xwt(struct arena *a, int M, int N, int K, const float *x, int ldx,
	      const float *w, int ldw, float *y, int ldy, bool add);
/* Y[M,N] = X[M,K] W[K,N]    (+ Y when add): gradients of inputs. */
void blas_xw(struct arena *a, int M, int N, int K, const float *x, int ldx,
	     const float *w, int ldw, float *y, int ldy, bool add);
/* Y[M,N] = X[K,M]^T W[K,N]  (+ Y when add): gradients of weights. */
void blas_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
	      const float *w, int ldw, float *y, int ldy, bool add);

/* Floats that a right side of K x N takes when packed; 0: there is no such form. */
size_t blas_packed_size(int N, int K);
/*
 * Packs W[N,K] (for X W^T: transposed) or W[K,N] (for X W). Part `part` of
 * `parts` does its share; all are needed before the product.
 */
void blas_pack(int N, int K, const float *w, int ldw, bool transposed, float *out,
	       int part, int parts);
/* Y[M,N] = X[M,K] times a packed right side (+ Y when add). */
void blas_xp(int M, int N, int K, const float *x, int ldx, const float *packed,
	     float *y, int ldy, bool add);
/* Of its columns only from .. from + cols; from is a multiple of BLAS_PART. */
enum { BLAS_PART = 64 };
void blas_xp_part(int M, int N, int K, int from, int cols, const float *x, int ldx,
		  const float *packed, float *y, int ldy, bool add);

/*
 * The same of both sides rounded to bfloat16, sums in float32 (gemm_bf16.h): ours alone,
 * so blas_use_own does not matter, and the same bits on every processor. The packed form
 * is another one than that of float32. `a` also has room for x as it is rounded.
 */

/* What multiplies: "AMX", "AVX-512"; NULL: nothing does, call none of the others. */
const char *blas_bf16_name(void);
/* Is it faster than products of float32 here? */
bool blas_bf16_is_fast(void);
void blas_bf16_xwt(struct arena *a, int M, int N, int K, const float *x, int ldx,
		   const float *w, int ldw, float *y, int ldy, bool add);
void blas_bf16_xw(struct arena *a, int M, int N, int K, const float *x, int ldx,
		  const float *w, int ldw, float *y, int ldy, bool add);
void blas_bf16_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
		   const float *w, int ldw, float *y, int ldy, bool add);
/* In floats of 4 bytes, as blas_packed_size. */
size_t blas_bf16_packed_size(int N, int K);
void blas_bf16_pack(int N, int K, const float *w, int ldw, bool transposed, float *out,
		    int part, int parts);
void blas_bf16_xp_part(struct arena *a, int M, int N, int K, int from, int cols,
		       const float *x, int ldx, const float *packed, float *y, int ldy,
		       bool add);

#endif
