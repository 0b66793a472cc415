/*
 * blas.c - which products are ours and which are cblas'; the only file that knows
 * cblas.
 *
 * With TUTTI_REFBLAS any plain cblas serves (for thread sanitizer builds).
 */
#include "tensor/blas.h"

#include <cblas.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "tensor/gemm.h"
#include "tensor/gemm_bf16.h"

static char name[96] = "reference";
static const struct gemm_kernel *own; /* NULL: cblas */

static void describe(void)
{
#ifndef TUTTI_REFBLAS
	char version[64] = "OpenBLAS";
	const char *config = openblas_get_config();

	/* "OpenBLAS 0.3.21 NO_LAPACKE ...": the first two words. */
	if (sscanf(config, "OpenBLAS %40s", version + 9) == 1)
		version[8] = ' ';
	snprintf(name, sizeof name, "%s %s", version, openblas_get_corename());
#endif
	if (own)
		snprintf(name, sizeof name, "Tutti %s", own->name);
}

void blas_use_own(bool yes)
{
	own = yes ? gemm_pick() : NULL;
	describe();
}

/*
 * Several threads may each begin a session while another one multiplies: what is
 * set already is not written again.
 */
void blas_init(void)
{
	static atomic_flag is_taken = ATOMIC_FLAG_INIT;
	static bool is_set;

	while (atomic_flag_test_and_set(&is_taken))
		continue;
	if (!is_set || own != gemm_pick()) {
#ifndef TUTTI_REFBLAS
		openblas_set_num_threads(1);
#endif
		blas_use_own(true);
		is_set = true;
	}
	atomic_flag_clear(&is_taken);
}

const char *blas_name(void)
{
	return name;
}

/* K = 0 is the empty sum. True when there is nothing to multiply. */
static bool empty(int M, int N, int K, float *y, int ldy, bool add)
{
	if (K > 0 && M > 0 && N > 0)
		return false;
	if (!add)
		for (int i = 0; i < M && N > 0; i++)
			memset(y + (size_t)i * (size_t)ldy, 0,
			       (size_t)N * sizeof *y);
	return true;
}

/* --- a right side that is packed on the way --- */

static float *room(struct arena *a, int n, int k)
{
	return arena_alloc(a, gemm_packed_size(own, n, k) * sizeof(float));
}

static void pack_and_multiply(struct arena *a, int M, int N, int K, const float *x,
			      int ldx, const float *w, int ldw, bool transposed,
			      float *y, int ldy, bool add)
{
	struct arena_mark mark = arena_mark(a);
	float *panels = room(a, N < GEMM_NB ? N : GEMM_NB, K < GEMM_KC ? K : GEMM_KC);

	for (int k = 0; k < K; k += GEMM_KC, add = true) {
		int kc = K - k < GEMM_KC ? K - k : GEMM_KC;

		for (int n = 0; n < N; n += GEMM_NB) {
			int nb = N - n < GEMM_NB ? N - n :
							GEMM_NB;
			size_t at = transposed ?
				(size_t)n * (size_t)ldw + (size_t)k :
				(size_t)k * (size_t)ldw + (size_t)n;

			gemm_pack(own, nb, kc, w + at, ldw, transposed, panels,
				  0, 1);
			gemm_packed(own, M, nb, kc, 0, nb, x + k, ldx, panels,
				    y + n, ldy, add);
		}
	}
	arena_rewind(a, mark);
}

void blas_xwt(struct arena *a, int M, int N, int K, const float *x, int ldx,
	      const float *w, int ldw, float *y, int ldy, bool add)
{
	if (empty(M, N, K, y, ldy, add))
		return;
	if (own)
		pack_and_multiply(a, M, N, K, x, ldx, w, ldw, true, y, ldy, add);
	else
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, M, N, K,
			    1.0f, x, ldx, w, ldw, add ? 1.0f : 0.0f, y, ldy);
}

void blas_xw(struct arena *a, int M, int N, int K, const float *x, int ldx,
	     const float *w, int ldw, float *y, int ldy, bool add)
{
	if (empty(M, N, K, y, ldy, add))
		return;
	if (own)
		pack_and_multiply(a, M, N, K, x, ldx, w, ldw, false, y, ldy, add);
	else
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K,
			    1.0f, x, ldx, w, ldw, add ? 1.0f : 0.0f, y, ldy);
}

/* --- gradients of weights: both sides are packed on the way --- */

static void own_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
		    const float *w, int ldw, float *y, int ldy, bool add)
{
	struct arena_mark mark = arena_mark(a);
	int most = K < GEMM_KC ? K : GEMM_KC;
	float *panels = room(a, N, most);
	long step = (long)most * own->mr + 16; /* not all in the same cache sets */
	float *left = arena_alloc(a, sizeof *left * (size_t)step *
				  (GEMM_MB / (size_t)own->mr));

	for (int k = 0; k < K; k += GEMM_KC, add = true) {
		int kc = K - k < GEMM_KC ? K - k : GEMM_KC;

		gemm_pack(own, N, kc, w + (size_t)k * (size_t)ldw, ldw, false,
			  panels, 0, 1);
		for (int m = 0; m < M; m += GEMM_MB) {
			int mb = M - m < GEMM_MB ? M - m : GEMM_MB;
			struct gemm_left l = { left, step, 1, own->mr };

			own->pack_left(kc, mb, x + (size_t)k * (size_t)ldx + m,
				       ldx, step, left);
			for (int n = 0; n < N; n += GEMM_NB)
				gemm_block(own, mb, N - n < GEMM_NB ? N - n :
								      GEMM_NB,
					   kc, l, panels + (size_t)n * (size_t)kc,
					   y + (size_t)m * (size_t)ldy + n, ldy,
					   add);
		}
	}
	arena_rewind(a, mark);
}

void blas_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
	      const float *w, int ldw, float *y, int ldy, bool add)
{
	if (empty(M, N, K, y, ldy, add))
		return;
	if (own)
		own_xtw(a, M, N, K, x, ldx, w, ldw, y, ldy, add);
	else
		cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, M, N, K,
			    1.0f, x, ldx, w, ldw, add ? 1.0f : 0.0f, y, ldy);
}

/* --- packed right sides --- */

size_t blas_packed_size(int N, int K)
{
	return own ? gemm_packed_size(own, N, K) : 0;
}

void blas_pack(int N, int K, const float *w, int ldw, bool transposed, float *out,
	       int part, int parts)
{
	BUG_IF(!own);
	gemm_pack(own, N, K, w, ldw, transposed, out, part, parts);
}

void blas_xp(int M, int N, int K, const float *x, int ldx, const float *packed,
	     float *y, int ldy, bool add)
{
	blas_xp_part(M, N, K, 0, N, x, ldx, packed, y, ldy, add);
}

void blas_xp_part(int M, int N, int K, int from, int cols, const float *x, int ldx,
		  const float *packed, float *y, int ldy, bool add)
{
	BUG_IF(!own || from % BLAS_PART || from + cols > N);
	if (!empty(M, cols, K, y, ldy, add))
		gemm_packed(own, M, N, K, from, cols, x, ldx, packed, y, ldy, add);
}

/* --- in bfloat16 --- */

const char *blas_bf16_name(void)
{
	return bf16_name();
}

/* Any other instruction set follows AMX's rule with more multiply-adds than float32 needs. */
bool blas_bf16_is_fast(void)
{
	return bf16_name() && !strcmp(bf16_name(), "AMX");
}

/*
 * A right side that is packed on the way, a strip at a time: BF16_KC x BF16_STRIP stays
 * in the second-level cache, and x is rounded anew for each, which is little beside the
 * products. A sum may be cut there: its bits are those of the whole (gemm_bf16.h).
 */
enum { BF16_STRIP = 512 };

static void bf16_pack_and_multiply(struct arena *a, int M, int N, int K, const float *x,
				   int ldx, const float *w, int ldw, bool transposed,
				   float *y, int ldy, bool add)
{
	struct arena_mark mark = arena_mark(a);
	size_t size = bf16_packed_size(N < BF16_STRIP ? N : BF16_STRIP,
				       K < BF16_KC ? K : BF16_KC);
	float *panels = arena_alloc(a, size * sizeof *panels);

	for (int k = 0; k < K; k += BF16_KC, add = true) {
		int kc = K - k < BF16_KC ? K - k : BF16_KC;

		for (int n = 0; n < N; n += BF16_STRIP) {
			int cols = N - n < BF16_STRIP ? N - n : BF16_STRIP;
			size_t at = transposed ? (size_t)n * (size_t)ldw + (size_t)k :
						 (size_t)k * (size_t)ldw + (size_t)n;

			bf16_pack(cols, kc, w + at, ldw, transposed, panels, 0, 1);
			bf16_packed(a, M, cols, kc, 0, cols, x + k, ldx, panels, y + n,
				    ldy, add);
		}
	}
	arena_rewind(a, mark);
}

void blas_bf16_xwt(struct arena *a, int M, int N, int K, const float *x, int ldx,
		   const float *w, int ldw, float *y, int ldy, bool add)
{
	if (!empty(M, N, K, y, ldy, add))
		bf16_pack_and_multiply(a, M, N, K, x, ldx, w, ldw, true, y, ldy, add);
}

void blas_bf16_xw(struct arena *a, int M, int N, int K, const float *x, int ldx,
		  const float *w, int ldw, float *y, int ldy, bool add)
{
	if (!empty(M, N, K, y, ldy, add))
		bf16_pack_and_multiply(a, M, N, K, x, ldx, w, ldw, false, y, ldy, add);
}

void blas_bf16_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
		   const float *w, int ldw, float *y, int ldy, bool add)
{
	if (!empty(M, N, K, y, ldy, add))
		bf16_xtw(a, M, N, K, x, ldx, w, ldw, y, ldy, add);
}

size_t blas_bf16_packed_size(int N, int K)
{
	return bf16_packed_size(N, K);
}

void blas_bf16_pack(int N, int K, const float *w, int ldw, bool transposed, float *out,
		    int part, int parts)
{
	bf16_pack(N, K, w, ldw, transposed, out, part, parts);
}

void blas_bf16_xp_part(struct arena *a, int M, int N, int K, int from, int cols,
		       const float *x, int ldx, const float *packed, float *y, int ldy,
		       bool add)
{
	BUG_IF(from % BLAS_PART || from + cols > N);
	if (!empty(M, cols, K, y, ldy, add))
		bf16_packed(a, M, N, K, from, cols, x, ldx, packed, y, ldy, add);
}
