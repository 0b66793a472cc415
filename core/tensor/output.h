/*
 * output.h - what the output layer's loss and the copy gate share. For core/tensor
 * alone.
 */
#ifndef TUTTI_TENSOR_OUTPUT_H
#define TUTTI_TENSOR_OUTPUT_H

#include "tensor/ops.h"

/* The copy side of every counted row, and what the loss says about it. */
struct mix {
	const float *gate;   /* [T] before the sigmoid */
	const double *copy;  /* [T] sum of a_j over src_ids[j] = y */
	double *w_copy;      /* [T] out: the copied share of p(y), times 1 - e */
	float *dgate;        /* [T] added to; NULL: no gradients */
};

struct output {
	struct ten *x;
	int w, b;
	const int32_t *target;
	float smoothing;
	const struct mix *mix; /* NULL: no copy gate */
	int V, C;
	int n;           /* counted rows */
	const int *row;  /* [n] their numbers */
	float *dx;       /* [T, C] added to; NULL: no gradients */
	const double *weight; /* [T] of counted rows' losses in their sum; NULL: 1 / n */
	double *each;    /* [T] plain losses of counted rows; NULL: not wanted */
	const struct asks *asks; /* of several pieces of a row, without gradients; or NULL */
};

/* Row i is asked for pieces off[i] .. off[i + 1]; their plain losses, first logits. */
struct asks {
	const int *off;  /* [T + 1] */
	const int32_t *piece;
	double *loss;
};

struct output output_of(struct tape *t, struct ten *x, int w, int b,
			const int32_t *target, float smoothing);
/* Over the counted rows; adds all gradients of x, W and b. */
struct loss output_loss(struct tape *t, const struct output *o);

#endif
