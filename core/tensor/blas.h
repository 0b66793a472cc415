/*
 * blas.h - the one door to matrix products: row-major float32, single-threaded
 * always (two BLAS threads change bits; our workers run whole micro-batches).
 *
 * A handful of shapes of call, so that other kinds (packed weights, bfloat16)
 * can stand behind them later.
 */
#ifndef TUTTI_TENSOR_BLAS_H
#define TUTTI_TENSOR_BLAS_H

/* Once, before the first product: one thread. */
void blas_init(void);
/* "OpenBLAS 0.3.21 SkylakeX": recorded with a run. Static storage. */
const char *blas_name(void);

/* Y[M,N] = X[M,K] W[N,K]^T  (+ Y when add): the forward product of a layer. */
void blas_xwt(int M, int N, int K, const float *x, int ldx, const float *w,
	      int ldw, float *y, int ldy, int add);
/* Y[M,N] = X[M,K] W[K,N]    (+ Y when add): gradients of inputs. */
void blas_xw(int M, int N, int K, const float *x, int ldx, const float *w,
	     int ldw, float *y, int ldy, int add);
/* Y[M,N] = X[K,M]^T W[K,N]  (+ Y when add): gradients of weights. */
void blas_xtw(int M, int N, int K, const float *x, int ldx, const float *w,
	      int ldw, float *y, int ldy, int add);

#endif
