/*
 * op_copy.c - the copy gate (pointer-generator: See et al. 2017): attention of
 * decoder rows over their source, and its part of the loss. See ops.h.
 */
#include "base/status.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/output.h"

/* Attention of one sequence's decoder rows over its source rows. */
struct pointer {
	int L, K;        /* decoder rows, source rows */
	int row, src;    /* the first of each */
	float *a;        /* [L, K] */
};

static float copy_scale(const struct copy_inputs *in)
{
	return (float)(1.0 / __builtin_sqrt((double)in->q->cols));
}

/*
 * What is copied with less than this is not copied: that far down float
 * probabilities have few bits or none, and 1 / c leaves the floats.
 */
static const double LEAST_COPIED = 1e-30;

static void point(struct tape *t, const struct copy_inputs *in, int b,
		  struct pointer *p, double *copy)
{
	int C = in->q->cols;

	p->row = in->dec->off[b];
	p->src = in->src->off[b];
	p->L = in->dec->off[b + 1] - p->row;
	p->K = in->src->off[b + 1] - p->src;
	p->a = arena_alloc(&t->arena, ((size_t)p->L * (size_t)p->K + 1) *
			   sizeof *p->a);
	blas_xwt(&t->arena, p->L, p->K, C, in->q->v + (size_t)p->row * (size_t)C, C,
		 in->k->v + (size_t)p->src * (size_t)C, C, p->a, p->K, 0);
	k_softmax(p->L, p->K, p->a, copy_scale(in), false);
	for (int i = 0; i < p->L; i++) {
		const float *a = p->a + (size_t)i * (size_t)p->K;
		double c = 0.0;

		for (int j = 0; j < p->K; j++)
			if (in->src_ids[p->src + j] == in->target[p->row + i])
				c += (double)a[j];
		copy[p->row + i] = c < LEAST_COPIED ? 0.0 : c;
	}
}

/*
 * With w the copied share of p(y): ds_j = -w (a_j [src_j = y] / c - a_j) for
 * the scaled scores s, then through q . k / sqrt(C).
 */
static void point_back(struct tape *t, const struct copy_inputs *in,
		       const struct pointer *p, const struct mix *mix, int n)
{
	size_t C = (size_t)in->q->cols;
	float scale = copy_scale(in);

	for (int i = 0; i < p->L; i++) {
		float *a = p->a + (size_t)i * (size_t)p->K;
		int32_t y = in->target[p->row + i];
		double c = mix->copy[p->row + i];
		float w = y < 0 ? 0.0f :
			  (float)(mix->w_copy[p->row + i] / n) * scale;
		float up = c > 0.0 ? (float)(1.0 / c) : 0.0f;

		for (int j = 0; j < p->K; j++)
			a[j] *= in->src_ids[p->src + j] == y ? w - w * up : w;
	}
	blas_xw(&t->arena, p->L, (int)C, p->K, p->a, p->K, in->k->v + (size_t)p->src * C,
		(int)C, ten_grad(t, in->q) + (size_t)p->row * C, (int)C, 1);
	blas_xtw(&t->arena, p->K, (int)C, p->L, p->a, p->K, in->q->v + (size_t)p->row * C,
		 (int)C, ten_grad(t, in->k) + (size_t)p->src * C, (int)C, 1);
}

static void check_copy(const struct copy_inputs *in)
{
	BUG_IF(in->dec->n != in->src->n);
	BUG_IF(in->dec->off[in->dec->n] != in->x->rows);
	BUG_IF(in->src->off[in->src->n] != in->k->rows);
	BUG_IF(in->q->rows != in->x->rows || in->q->cols != in->k->cols);
	BUG_IF(in->gate->rows != in->x->rows || in->gate->cols != 1);
}

struct loss op_copy_loss(struct tape *t, const struct copy_inputs *in)
{
	struct output o = output_of(t, in->x, in->w, in->b, in->target,
				    in->smoothing);
	size_t T = (size_t)in->x->rows, B = (size_t)in->dec->n;
	double *copy = arena_alloc(&t->arena, (T + 1) * sizeof *copy);
	double *w_copy = arena_zalloc(&t->arena, (T + 1) * sizeof *w_copy);
	struct pointer *p = arena_alloc(&t->arena, (B + 1) * sizeof *p);
	struct mix mix = { in->gate->v, copy, w_copy, NULL };
	struct loss loss;

	check_copy(in);
	for (int b = 0; b < in->dec->n; b++)
		point(t, in, b, &p[b], copy);
	o.mix = &mix;
	o.each = in->each;
	if (t->grads && o.n && !(in->q->is_fixed && in->k->is_fixed && in->gate->is_fixed))
		o.dx = ten_grad(t, in->x);
	if (o.dx)
		mix.dgate = ten_grad(t, in->gate);
	loss = output_loss(t, &o);
	for (int b = 0; b < in->dec->n && o.dx; b++)
		point_back(t, in, &p[b], &mix, o.n);
	return loss;
}
