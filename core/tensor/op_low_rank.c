/*
 * op_low_rank.c - LoRA (Hu et al. 2022, equation 3) beside a layer's own product:
 *   h = s x A^T,  y += h B^T;   dB = dy^T h,  dh = s dy B,  dA = dh^T x,  dx += dh A.
 *
 * The blocks of one matrix (queries, keys, values) have their A side by side, so that x is
 * read once for all of them, and h, which is all that is kept for the way back, is as thin
 * as the ranks together. These products are of float32 whatever the layer's own are: they
 * cost little, and small numbers are what they are for.
 *
 * Where y is some of the matrix's rows, the blocks outside it have no part: their rows of A
 * and B get a gradient of nought, as the matrix's own do (op_linear_part).
 */
#include "base/status.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/low_rank.h"

struct low_rank_pass {
	const struct low_rank *lr; /* borrowed: the model's */
	float *h;                  /* [N, n rank] of the blocks first .. first + n */
	int first, n, rank, rows;  /* rows: of a block */
	int from;                  /* of the matrix: y's first row */
};

bool low_rank_trains(const struct tape *t, const struct low_rank *lr)
{
	return lr && (tape_trains(t, lr->a) || tape_trains(t, lr->b));
}

/* The first column of y that is block k's. */
static int column_of(const struct low_rank_pass *s, int k)
{
	return s->lr->block[s->first + k] * s->rows - s->from;
}

/* Rows of the blocks that y has, of A and of B. */
static const float *a_of(const struct tape *t, const struct low_rank_pass *s)
{
	return param_value(t->ps, s->lr->a) +
	       (size_t)(s->first * s->rank) * (size_t)t->ps->p[s->lr->a].cols;
}

static size_t b_at(const struct low_rank_pass *s, int k)
{
	return (size_t)(s->first + k) * (size_t)s->rows * (size_t)s->rank;
}

static struct low_rank_pass *blocks_in(struct tape *t, const struct low_rank *lr, int from,
				       int to)
{
	struct low_rank_pass *s = arena_alloc(&t->arena, sizeof *s);

	*s = (struct low_rank_pass){ .lr = lr, .from = from, .rank = t->ps->p[lr->b].cols,
				     .rows = t->ps->p[lr->b].rows / lr->n };
	for (int i = 0; i < lr->n; i++) {
		int at = lr->block[i] * s->rows;

		BUG_IF(at < from ? at + s->rows > from : at < to && at + s->rows > to);
		s->first += at < from;
		s->n += at >= from && at < to;
	}
	return s->n ? s : NULL;
}

struct low_rank_pass *low_rank_add(struct tape *t, const struct low_rank *lr,
				   const struct ten *x, struct ten *y, int w, int from)
{
	struct low_rank_pass *s = lr ? blocks_in(t, lr, from, from + y->cols) : NULL;
	const float *b;
	int N = x->rows, wide;

	if (!s)
		return NULL;
	BUG_IF(t->ps->p[lr->a].cols != x->cols || t->ps->p[lr->a].rows != lr->n * s->rank);
	BUG_IF((lr->block[lr->n - 1] + 1) * s->rows > t->ps->p[w].rows);
	wide = s->n * s->rank;
	b = param_value(t->ps, lr->b);
	s->h = arena_alloc(&t->arena, (size_t)N * (size_t)wide * sizeof *s->h);
	blas_xwt(&t->arena, N, wide, x->cols, x->v, x->cols, a_of(t, s), x->cols, s->h, wide,
		 false);
	k_scale_in((size_t)N * (size_t)wide, s->h, lr->scale);
	for (int k = 0; k < s->n; k++)
		blas_xwt(&t->arena, N, s->rows, s->rank, s->h + k * s->rank, wide,
			 b + b_at(s, k), s->rank, y->v + column_of(s, k), y->cols, true);
	if (!t->grads || (!low_rank_trains(t, lr) && x->is_fixed))
		return NULL; /* nothing flows back here */
	tape_uses(t, lr->a);
	tape_uses(t, lr->b);
	return s;
}

static void back_to_b(struct tape *t, const struct low_rank_pass *s, const struct ten *y)
{
	int wide = s->n * s->rank;
	float *db = grads_at(t->grads, s->lr->b);

	for (int k = 0; k < s->n; k++)
		blas_xtw(&t->arena, s->rows, s->rank, y->rows, y->d + column_of(s, k), y->cols,
			 s->h + k * s->rank, wide, db + b_at(s, k), s->rank, true);
}

void low_rank_back(struct tape *t, const struct low_rank_pass *s, struct ten *x,
		   const struct ten *y)
{
	int N = y->rows, wide = s->n * s->rank, C = x->cols;
	const struct low_rank *lr = s->lr;
	struct arena_mark mark = arena_mark(&t->arena);
	float *dx = x->is_fixed ? NULL : ten_grad(t, x), *dh;
	size_t n = (size_t)N * (size_t)wide;

	if (dx)
		mark = arena_mark(&t->arena); /* it stays */
	dh = arena_alloc(&t->arena, n * sizeof *dh);
	if (tape_trains(t, lr->b))
		back_to_b(t, s, y);
	for (int k = 0; k < s->n; k++)
		blas_xw(&t->arena, N, s->rank, s->rows, y->d + column_of(s, k), y->cols,
			param_value(t->ps, lr->b) + b_at(s, k), s->rank, dh + k * s->rank,
			wide, false);
	k_scale_in(n, dh, lr->scale);
	if (tape_trains(t, lr->a))
		blas_xtw(&t->arena, wide, C, N, dh, wide, x->v, C,
			 grads_at(t->grads, lr->a) + (size_t)(s->first * s->rank) * (size_t)C,
			 C, true);
	if (dx)
		blas_xw(&t->arena, N, C, wide, dh, wide, a_of(t, s), C, dx, C, true);
	arena_rewind(&t->arena, mark);
	if (tape_trains(t, lr->b))
		tape_used(t, lr->b);
	if (tape_trains(t, lr->a))
		tape_used(t, lr->a);
}
