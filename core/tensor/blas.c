/*
 * blas.c - matrix products by cblas; the only file that knows it.
 *
 * With TUTTI_REFBLAS any plain cblas serves (for thread sanitizer builds).
 */
#include "tensor/blas.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>

static char name[96] = "reference";

void blas_init(void)
{
#ifndef TUTTI_REFBLAS
	char version[64] = "OpenBLAS";
	const char *config = openblas_get_config();

	openblas_set_num_threads(1);
	/* "OpenBLAS 0.3.21 NO_LAPACKE ...": the first two words. */
	if (sscanf(config, "OpenBLAS %40s", version + 9) == 1)
		version[8] = ' ';
	snprintf(name, sizeof name, "%s %s", version, openblas_get_corename());
#endif
}

const char *blas_name(void)
{
	return name;
}

/* K = 0 is the empty sum. True when there is nothing to multiply. */
static int empty(int M, int N, int K, float *y, int ldy, int add)
{
	if (K > 0 && M > 0 && N > 0)
		return 0;
	if (!add)
		for (int i = 0; i < M && N > 0; i++)
			memset(y + (size_t)i * (size_t)ldy, 0,
			       (size_t)N * sizeof *y);
	return 1;
}

void blas_xwt(int M, int N, int K, const float *x, int ldx, const float *w,
	      int ldw, float *y, int ldy, int add)
{
	if (!empty(M, N, K, y, ldy, add))
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, M, N, K,
			    1.0f, x, ldx, w, ldw, add ? 1.0f : 0.0f, y, ldy);
}

void blas_xw(int M, int N, int K, const float *x, int ldx, const float *w,
	     int ldw, float *y, int ldy, int add)
{
	if (!empty(M, N, K, y, ldy, add))
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K,
			    1.0f, x, ldx, w, ldw, add ? 1.0f : 0.0f, y, ldy);
}

void blas_xtw(int M, int N, int K, const float *x, int ldx, const float *w,
	      int ldw, float *y, int ldy, int add)
{
	if (!empty(M, N, K, y, ldy, add))
		cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, M, N, K,
			    1.0f, x, ldx, w, ldw, add ? 1.0f : 0.0f, y, ldy);
}
