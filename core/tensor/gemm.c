/*
 * gemm.c - the loops around the tile (see gemm.h).
 *
 * Panels lie in order of k's blocks: block [k0, k0 + kc) begins at k0 times the
 * padded number of columns, and its panels follow each other, kc * nr floats each.
 */
#include "tensor/gemm.h"

#include <string.h>

const struct gemm_kernel *gemm_pick(void)
{
#ifdef __x86_64__
	if (gemm_avx512.tile && !gemm_avx512.is_cut && __builtin_cpu_supports("avx512f"))
		return &gemm_avx512;
	if (gemm_avx2.tile && __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("fma"))
		return &gemm_avx2;
#endif
	return NULL;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int panels_of(const struct gemm_kernel *g, int N)
{
	return (N + g->nr - 1) / g->nr;
}

size_t gemm_packed_size(const struct gemm_kernel *g, int N, int K)
{
	return (size_t)panels_of(g, N) * (size_t)g->nr * (size_t)K;
}

void gemm_pack(const struct gemm_kernel *g, int N, int K, const float *w, int ldw,
	       bool transposed, float *out, int part, int parts)
{
	int count = panels_of(g, N), nr = g->nr;
	int from = (int)((long)count * part / parts) * nr;
	int to = least((int)((long)count * (part + 1) / parts) * nr, N);

	for (int k = 0; k < K && from < to; k += GEMM_KC) {
		int kc = least(K - k, GEMM_KC);
		float *panel = out + (size_t)k * (size_t)(count * nr) +
			       (size_t)kc * (size_t)from;

		if (transposed)
			g->pack_right_t(kc, to - from,
					w + (size_t)from * (size_t)ldw + k, ldw,
					panel);
		else
			g->pack_right(kc, to - from,
				      w + (size_t)k * (size_t)ldw + from, ldw,
				      panel);
	}
}

/* A tile over the right edge: through a block of its own. */
static void edge(const struct gemm_kernel *g, int rows, int cols, int kc,
		 const float *a, const struct gemm_left *l, const float *panel,
		 float *y, int ldy, bool add)
{
	float c[GEMM_MR_MAX * GEMM_NR_MAX];

	g->tile[rows](kc, a, l->rs, l->cs, panel, c, g->nr, false);
	for (int i = 0; i < rows; i++, y += ldy)
		for (int j = 0; j < cols; j++)
			y[j] = (add ? y[j] : 0.0f) + c[i * g->nr + j];
}

void gemm_block(const struct gemm_kernel *g, int M, int N, int kc,
		struct gemm_left l, const float *panels, float *y, int ldy,
		bool add)
{
	const float *a = l.p;

	for (int m = 0; m < M; m += g->mr, a += l.step, y += (long)g->mr * ldy) {
		int rows = least(M - m, g->mr);
		const float *panel = panels;

		for (int n = 0; n < N; n += g->nr, panel += (long)kc * g->nr)
			if (N - n < g->nr)
				edge(g, rows, N - n, kc, a, &l, panel, y + n,
				     ldy, add);
			else
				g->tile[rows](kc, a, l.rs, l.cs, panel, y + n,
					      ldy, add);
	}
}

void gemm_packed(const struct gemm_kernel *g, int M, int N, int K, int from,
		 int cols, const float *x, int ldx, const float *panels, float *y,
		 int ldy, bool add)
{
	size_t width = (size_t)(panels_of(g, N) * g->nr);

	for (int k = 0; k < K; k += GEMM_KC)
		for (int n = 0; n < cols; n += GEMM_NB) {
			int kc = least(K - k, GEMM_KC);
			struct gemm_left l = { x + k, (long)g->mr * ldx, ldx, 1 };

			gemm_block(g, M, least(cols - n, GEMM_NB), kc, l,
				   panels + (size_t)k * width +
					   (size_t)kc * (size_t)(from + n),
				   y + n, ldy, add || k > 0);
		}
}
