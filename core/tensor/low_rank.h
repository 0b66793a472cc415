/*
 * low_rank.h - what a change of low rank (struct low_rank of ops.h) adds to a layer's
 * products, for the ops that have a matrix. For core/tensor alone.
 */
#ifndef TUTTI_TENSOR_LOW_RANK_H
#define TUTTI_TENSOR_LOW_RANK_H

#include "tensor/ops.h"

struct low_rank_pass;

/* Has anything of it a gradient? lr NULL: no. */
bool low_rank_trains(const struct tape *t, const struct low_rank *lr);
/*
 * y += scale (x A^T) B^T of the blocks of matrix w that y is of: y are the rows from ..
 * from + y->cols of it. Before bias and activation. Returns what low_rank_back wants;
 * NULL: none of its blocks is in y.
 */
struct low_rank_pass *low_rank_add(struct tape *t, const struct low_rank *lr,
				   const struct ten *x, struct ten *y, int w, int from);
/* From y->d, of the sum before bias and activation: dA, dB, and what is added to x's. */
void low_rank_back(struct tape *t, const struct low_rank_pass *s, struct ten *x,
		   const struct ten *y);

#endif
