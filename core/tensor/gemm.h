/*
 * gemm.h - our own matrix products, behind blas.h. For core/tensor alone.
 *
 * A product is cut into tiles of mr x nr outputs that stay in registers while k
 * runs. The right side is read from panels of nr columns, [k][nr], so that memory
 * is read in order; weights are put into panels once a step, other right sides
 * as they come. k is cut into blocks of GEMM_KC: every output is
 *   a chain of fused multiply-adds in the order of k within a block,
 *   and the blocks' results added in their order.
 * Tiles differ between instruction sets, that rule does not: every processor
 * with fused multiply-add gives the same bits, packed or not, and a row has them
 * alone or among others (test_bits, test_packed_is_the_same in test_gemm.c).
 * A tile's left side stays in the first-level cache while it passes over GEMM_NB
 * columns of panels in the second, and its outputs are written along their rows.
 *   Measured (Zen 3, one core, peak 99 GF/s, a model's linear layers, caches
 * cold): 84 to 92 GF/s with packed weights where OpenBLAS 0.3.21 has 72 to 83;
 * gradients of weights 72 to 85 where it has 75 to 89. Four rows against a table
 * of 8,000: 88 where it has 19.
 */
#ifndef TUTTI_TENSOR_GEMM_H
#define TUTTI_TENSOR_GEMM_H

#include <stdbool.h>
#include <stddef.h>

enum {
	GEMM_KC = 384, /* part of the bits: see above */
	GEMM_MB = 96,  /* rows packed at a time: a multiple of every mr */
	GEMM_NB = 192, /* columns at a time: KC x NB stays in the second-level cache */
	GEMM_MR_MAX = 12,
	GEMM_NR_MAX = 32,
};

/*
 * c [mr, nr] = (add ? c : 0) + a b over K steps of k: a(i, k) = a[i rs + k cs],
 * b a panel. One function for each number of rows.
 */
typedef void gemm_tile(long K, const float *a, long rs, long cs, const float *b,
		       float *c, long ldc, bool add);

/* What one instruction set brings (gemm_tile.h, compiled once for each). */
struct gemm_kernel {
	const char *name;
	int mr, nr;
	bool is_cut; /* compiled for less than it is made for: right, and very slow */
	gemm_tile *const *tile; /* [mr + 1], by rows; [0] is unused */
	/*
	 * x [kc, rows] to [rows / mr] groups of [kc][mr], `step` floats apart, which
	 * is at least 16 more than they need; the last may be half filled.
	 */
	void (*pack_left)(int kc, int rows, const float *x, int ldx, long step,
			  float *out);
	/* w [kc, cols] to panels; missing columns of the last are 0. */
	void (*pack_right)(int kc, int cols, const float *w, int ldw, float *out);
	/* The same from w [cols, kc], transposed. */
	void (*pack_right_t)(int kc, int cols, const float *w, int ldw,
			     float *out);
};
extern const struct gemm_kernel gemm_avx2, gemm_avx512;

/* The best kernel that this processor runs, or NULL. */
const struct gemm_kernel *gemm_pick(void);

/* --- drivers; shapes as in blas.h, nothing empty --- */

/* A left side: tile t begins at p + t step; in it a(i, k) = p[i rs + k cs]. */
struct gemm_left {
	const float *p;
	long step, rs, cs;
};

/* Floats of a right side [K, N] in panels. */
size_t gemm_packed_size(const struct gemm_kernel *g, int N, int K);
/*
 * Packs w [N, K] (transposed) or [K, N]; part of `parts` does its share of the
 * panels, so several threads may share the work.
 */
void gemm_pack(const struct gemm_kernel *g, int N, int K, const float *w, int ldw,
	       bool transposed, float *out, int part, int parts);
/*
 * y [M, cols] = x [M, K] panels (+ y): columns from .. from + cols of the N that
 * are packed; from is a multiple of nr.
 */
void gemm_packed(const struct gemm_kernel *g, int M, int N, int K, int from,
		 int cols, const float *x, int ldx, const float *panels, float *y,
		 int ldy, bool add);
/* One block of k: kc <= GEMM_KC. */
void gemm_block(const struct gemm_kernel *g, int M, int N, int kc,
		struct gemm_left a, const float *panels, float *y, int ldy,
		bool add);

#endif
