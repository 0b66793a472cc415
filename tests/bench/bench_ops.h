/*
 * bench_ops.h - timing and printing that bench_ops.c and bench_products.c share.
 */
#ifndef TUTTI_BENCH_OPS_H
#define TUTTI_BENCH_OPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

typedef void ops_work(void *arg);

/*
 * CPU seconds of one call: the best of seven rounds, each long enough to time; or of
 * two, when all that is wanted is that it runs.
 */
extern bool ops_quick;
double ops_seconds(ops_work *f, void *arg);
/* A line of the table; flops and bytes of one call, 0: none to speak of. */
void ops_row(const char *name, double s, double flops, double bytes);
/* Returns n normal numbers (caller frees). */
float *ops_noise(size_t n, uint64_t draw);

/* One of blas.h's products; a size of 0 stands for the rows of a micro-batch. */
struct product {
	const char *name;      /* NULL: print nothing */
	void (*f)(struct arena *, int, int, int, const float *, int, const float *,
		  int, float *, int, bool);
	int M, N, K;
};
/* CPU seconds of one; the first one of all is the 100% of the table. */
double ops_product(const struct product *p, int rows);
/* Prints GF/s of ours and of OpenBLAS at the shapes of the benchmark's models. */
void ops_beside_openblas(int rows);
/* And of products in bfloat16 beside both. */
void ops_bf16(int rows);

#endif
