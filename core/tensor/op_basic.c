/*
 * op_basic.c - embedding, linear layer, sums with dropout, some rows, joining, pooling.
 *
 * Each op stands beside its backward function; `saved` is what the one leaves
 * for the other. A backward function whose result nobody used has y->d NULL
 * and nothing to do; one whose result is fixed is not recorded.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/drop.h"
#include "tensor/kernels.h"
#include "tensor/low_rank.h"
#include "tensor/ops.h"
#include "tensor/weights.h"

static size_t size(const struct ten *x)
{
	return (size_t)x->rows * (size_t)x->cols;
}

/* --- embedding --- */

struct embed {
	struct ten *y;
	int tok, pos, seg;
	const int32_t *ids, *pos_ids, *seg_ids;
	float scale;
};

/*
 * Adds the rows of dy to the rows of table p, in row order: a piece that comes twice has
 * its gradients added in the order of the text.
 */
static void scatter(struct grads *g, int p, const int32_t *ids,
		    const struct ten *y, float scale)
{
	for (int i = 0; i < y->rows; i++)
		k_axpy((size_t)y->cols, grads_row(g, p, ids[i]), scale,
		       y->d + (size_t)i * (size_t)y->cols);
}

static void embed_back(struct tape *t, void *saved)
{
	struct embed *s = saved;

	if (!s->y->d)
		return;
	if (tape_trains(t, s->tok))
		scatter(t->grads, s->tok, s->ids, s->y, s->scale);
	if (tape_trains(t, s->pos))
		scatter(t->grads, s->pos, s->pos_ids, s->y, 1.0f);
	if (tape_trains(t, s->seg))
		scatter(t->grads, s->seg, s->seg_ids, s->y, 1.0f);
}

static const float *table_row(const struct param_set *ps, int p, int cols,
			      const int32_t *ids, int i)
{
	if (p == PARAM_NONE)
		return NULL;
	BUG_IF(ids[i] < 0 || ids[i] >= ps->p[p].rows || ps->p[p].cols != cols);
	return param_value(ps, p) + (size_t)ids[i] * (size_t)cols;
}

struct ten *op_embed(struct tape *t, int tok, const int32_t *ids, int n, int pos,
		     const int32_t *pos_ids, int seg, const int32_t *seg_ids,
		     float scale)
{
	int cols = t->ps->p[tok].cols;
	struct ten *y = tape_ten(t, n, cols);
	struct embed *s = arena_alloc(&t->arena, sizeof *s);

	for (int i = 0; i < n; i++)
		k_embed(cols, y->v + (size_t)i * (size_t)cols, scale,
			table_row(t->ps, tok, cols, ids, i),
			table_row(t->ps, pos, cols, pos_ids, i),
			table_row(t->ps, seg, cols, seg_ids, i));
	*s = (struct embed){ y, tok, pos, seg, ids, pos_ids, seg_ids, scale };
	y->is_fixed = !t->wants_inputs && !tape_trains(t, tok) && !tape_trains(t, pos) &&
		      !tape_trains(t, seg);
	if (!y->is_fixed)
		tape_push(t, embed_back, s);
	return y;
}

/* --- linear --- */

struct linear {
	struct ten *x, *y;
	int w, b;
	float *der; /* [N, out] act'(z); NULL: no activation */
	struct low_rank_pass *low; /* NULL: the matrix alone */
};

/*
 * dy becomes dz in place; then db = sums of dz's columns, dW = dz^T x, dx = dz W, and what
 * a change of low rank has.
 */
static void linear_back(struct tape *t, void *saved)
{
	struct linear *s = saved;
	int N = s->x->rows, out = s->y->cols;
	float *dy = s->y->d;
	bool add;
	float *dx, *dw;

	if (!dy)
		return;
	if (s->der && tape_trains(t, s->b))
		k_mul_colsum(N, out, grads_at(t->grads, s->b), dy, s->der);
	else if (s->der)
		k_mul(size(s->y), dy, s->der);
	else if (tape_trains(t, s->b))
		k_colsum(N, out, grads_at(t->grads, s->b), dy);
	if (tape_trains(t, s->w)) {
		dw = grads_raw(t->grads, s->w, &add);
		weights_grad(t->ps, s->w, &t->arena, N, dy, s->x->v, dw, add);
		tape_used(t, s->w);
	}
	if (!s->x->is_fixed) {
		dx = ten_grad_raw(t, s->x, &add);
		weights_back(t->ps, s->w, &t->arena, N, dy, dx, add);
	}
	if (s->low)
		low_rank_back(t, s->low, s->x, s->y);
}

static void activate(struct ten *y, enum act act, float *der, const float *b)
{
	switch (act) {
	case ACT_NONE:
		k_bias(y->rows, y->cols, y->v, b);
		break;
	case ACT_RELU:
		k_relu(y->rows, y->cols, y->v, der, b);
		break;
	case ACT_GELU:
		k_gelu(y->rows, y->cols, y->v, der, b);
		break;
	case ACT_GELU_TANH:
		k_gelu_tanh(y->rows, y->cols, y->v, der, b);
		break;
	case ACT_TANH:
		k_tanh(y->rows, y->cols, y->v, der, b);
		break;
	}
}

struct ten *op_linear(struct tape *t, struct ten *x, int w, int b, enum act act)
{
	return op_low_rank_linear(t, x, w, b, act, NULL);
}

struct ten *op_low_rank_linear(struct tape *t, struct ten *x, int w, int b, enum act act,
			       const struct low_rank *lr)
{
	int in = t->ps->p[w].cols, out = t->ps->p[w].rows;
	struct ten *y = tape_ten(t, x->rows, out);
	struct linear *s = arena_alloc(&t->arena, sizeof *s);
	const float *bias = NULL;

	BUG_IF(x->cols != in);
	BUG_IF(b != PARAM_NONE && param_count(t->ps, b) != (size_t)out);
	*s = (struct linear){ x, y, w, b, NULL, NULL };
	y->is_fixed = x->is_fixed && !tape_trains(t, w) && !tape_trains(t, b) &&
		      !low_rank_trains(t, lr);
	if (act != ACT_NONE && t->grads && !y->is_fixed)
		s->der = arena_alloc(&t->arena, size(y) * sizeof(float));
	weights_forward(t->ps, w, &t->arena, x->rows, x->v, y->v);
	s->low = low_rank_add(t, lr, x, y, w, 0);
	if (b != PARAM_NONE)
		bias = param_value(t->ps, b);
	else if (act != ACT_NONE)
		bias = arena_zalloc(&t->arena, (size_t)out * sizeof(float));
	if (bias)
		activate(y, act, s->der, bias);
	if (y->is_fixed)
		return y;
	tape_uses(t, w);
	tape_push(t, linear_back, s);
	return y;
}

struct linear_part {
	struct ten *x, *y;
	int w, b, from;
	struct low_rank_pass *low;
};

static void linear_part_back(struct tape *t, void *saved)
{
	struct linear_part *s = saved;
	int N = s->x->rows, n = s->y->cols;

	if (!s->y->d)
		return;
	if (tape_trains(t, s->b))
		k_colsum(N, n, grads_at(t->grads, s->b) + s->from, s->y->d);
	if (tape_trains(t, s->w)) {
		weights_grad_part(t->ps, s->w, &t->arena, N, s->y->d, s->from, n, s->x->v,
				  grads_at(t->grads, s->w), true);
		tape_used(t, s->w);
	}
	if (!s->x->is_fixed)
		weights_back_part(t->ps, s->w, &t->arena, N, s->y->d, s->from, n,
				  ten_grad(t, s->x));
	if (s->low)
		low_rank_back(t, s->low, s->x, s->y);
}

struct ten *op_linear_part(struct tape *t, struct ten *x, int w, int b, int from, int n)
{
	return op_low_rank_part(t, x, w, b, NULL, from, n);
}

struct ten *op_low_rank_part(struct tape *t, struct ten *x, int w, int b,
			     const struct low_rank *lr, int from, int n)
{
	struct linear_part *s = arena_alloc(&t->arena, sizeof *s);

	BUG_IF(x->cols != t->ps->p[w].cols || from < 0 || from + n > t->ps->p[w].rows);
	*s = (struct linear_part){ x, tape_ten(t, x->rows, n), w, b, from, NULL };
	weights_forward_part(t->ps, w, &t->arena, x->rows, x->v, from, n, s->y->v);
	s->low = low_rank_add(t, lr, x, s->y, w, from);
	k_bias(x->rows, n, s->y->v, param_value(t->ps, b) + from);
	s->y->is_fixed = x->is_fixed && !tape_trains(t, w) && !tape_trains(t, b) &&
			 !low_rank_trains(t, lr);
	if (s->y->is_fixed)
		return s->y;
	tape_uses(t, w);
	tape_push(t, linear_part_back, s);
	return s->y;
}

/* --- sums with dropout --- */

struct add {
	struct ten *x, *r, *y; /* x NULL: dropout alone */
	struct drop drop;
};

static void add_back(struct tape *t, void *saved)
{
	struct add *s = saved;
	bool add;
	float *d;

	if (!s->y->d)
		return;
	if (!s->r->is_fixed) {
		d = ten_grad_raw(t, s->r, &add);
		k_drop_back(size(s->r), d, s->y->d, s->drop.keep, s->drop.scale, add);
	}
	if (!s->x || s->x->is_fixed)
		return;
	if (!s->x->d) /* y's gradient is of no more use: hand it on */
		s->x->d = s->y->d;
	else
		k_add(size(s->x), s->x->d, s->y->d);
}

struct ten *op_add(struct tape *t, struct ten *x, struct ten *r, float p_drop)
{
	struct ten *y = tape_ten(t, x->rows, x->cols);
	struct add *s = arena_alloc(&t->arena, sizeof *s);

	BUG_IF(x->rows != r->rows || x->cols != r->cols || x == r);
	*s = (struct add){ x, r, y, drop_make(t, size(r), p_drop) };
	k_drop_add(size(r), y->v, x->v, r->v, s->drop.keep, s->drop.scale);
	y->is_fixed = x->is_fixed && r->is_fixed;
	if (!y->is_fixed)
		tape_push(t, add_back, s);
	return y;
}

struct ten *op_dropout(struct tape *t, struct ten *x, float p_drop)
{
	struct add *s;
	struct ten *y;

	if (!t->training || p_drop <= 0.0f)
		return x;
	y = tape_ten(t, x->rows, x->cols);
	s = arena_alloc(&t->arena, sizeof *s);
	*s = (struct add){ NULL, x, y, drop_make(t, size(x), p_drop) };
	k_drop_back(size(x), y->v, x->v, s->drop.keep, s->drop.scale, false);
	y->is_fixed = x->is_fixed;
	if (!y->is_fixed)
		tape_push(t, add_back, s);
	return y;
}

/* --- some rows --- */

struct some {
	struct ten *x, *y;
	const int *row;
};

static void rows_back(struct tape *t, void *saved)
{
	struct some *s = saved;
	size_t C = (size_t)s->x->cols;
	float *d;

	if (!s->y->d)
		return;
	d = ten_grad(t, s->x);
	for (int i = 0; i < s->y->rows; i++)
		k_add(C, d + (size_t)s->row[i] * C, s->y->d + (size_t)i * C);
}

struct ten *op_rows(struct tape *t, struct ten *x, const int *row, int n)
{
	struct ten *y = tape_ten(t, n, x->cols);
	struct some *s = arena_alloc(&t->arena, sizeof *s);
	size_t C = (size_t)x->cols;

	for (int i = 0; i < n; i++) {
		BUG_IF(row[i] < 0 || row[i] >= x->rows);
		memcpy(y->v + (size_t)i * C, x->v + (size_t)row[i] * C, C * sizeof *y->v);
	}
	*s = (struct some){ x, y, row };
	y->is_fixed = x->is_fixed;
	if (!y->is_fixed)
		tape_push(t, rows_back, s);
	return y;
}

/* --- joining --- */

struct join {
	struct ten *y, **x;
	int n;
};

static void join_back(struct tape *t, void *saved)
{
	struct join *s = saved;
	const struct ten *y = s->y;
	int at = 0;

	for (int k = 0; k < s->n && y->d; at += s->x[k++]->cols) {
		int cols = s->x[k]->cols;
		float *d;

		if (s->x[k]->is_fixed)
			continue;
		d = ten_grad(t, s->x[k]);
		for (int i = 0; i < y->rows; i++)
			k_axpy((size_t)cols, d + (size_t)i * (size_t)cols, 1.0f,
			       y->d + (size_t)i * (size_t)y->cols + at);
	}
}

struct ten *op_join(struct tape *t, struct ten *const *x, int n)
{
	struct join *s = arena_alloc(&t->arena, sizeof *s);
	int cols = 0, at = 0;

	for (int k = 0; k < n; k++) {
		BUG_IF(x[k]->rows != x[0]->rows);
		cols += x[k]->cols;
	}
	s->n = n;
	s->x = arena_alloc(&t->arena, (size_t)n * sizeof(struct ten *));
	memcpy(s->x, x, (size_t)n * sizeof *x);
	s->y = tape_ten(t, x[0]->rows, cols);
	s->y->is_fixed = true;
	for (int k = 0; k < n; k++)
		s->y->is_fixed &= x[k]->is_fixed;
	for (int k = 0; k < n; at += x[k++]->cols)
		for (int i = 0; i < s->y->rows; i++)
			memcpy(s->y->v + (size_t)i * (size_t)cols + at,
			       x[k]->v + (size_t)i * (size_t)x[k]->cols,
			       (size_t)x[k]->cols * sizeof(float));
	if (!s->y->is_fixed)
		tape_push(t, join_back, s);
	return s->y;
}

/* --- pooling --- */

struct pooling {
	struct ten *x, *y;
	const struct ragged *seq;
	enum pool how;
};

/* Calls for each sequence: rows [from, to) share weight 1 / count. */
static void pooled_rows(const struct pooling *s, int b, int *from, int *to)
{
	*from = s->seq->off[b];
	*to = s->how == POOL_FIRST ? *from + 1 : s->seq->off[b + 1];
	BUG_IF(s->seq->off[b + 1] <= *from || *to > s->x->rows);
}

static void pool_back(struct tape *t, void *saved)
{
	struct pooling *s = saved;
	size_t C = (size_t)s->x->cols;
	float *dx;
	int from, to;

	if (!s->y->d)
		return;
	dx = ten_grad(t, s->x);
	for (int b = 0; b < s->seq->n; b++) {
		pooled_rows(s, b, &from, &to);
		for (int i = from; i < to; i++)
			k_axpy(C, dx + (size_t)i * C, 1.0f / (float)(to - from),
			       s->y->d + (size_t)b * C);
	}
}

struct ten *op_pool(struct tape *t, struct ten *x, const struct ragged *seq,
		    enum pool how)
{
	struct ten *y = tape_ten(t, seq->n, x->cols);
	struct pooling *s = arena_alloc(&t->arena, sizeof *s);
	size_t C = (size_t)x->cols;
	int from, to;

	BUG_IF(how != POOL_FIRST && how != POOL_MEAN);
	*s = (struct pooling){ x, y, seq, how };
	for (int b = 0; b < seq->n; b++) {
		float *out = y->v + (size_t)b * C;

		pooled_rows(s, b, &from, &to);
		memcpy(out, x->v + (size_t)from * C, C * sizeof *out);
		if (to - from == 1)
			continue;
		k_colsum(to - from - 1, x->cols, out,
			 x->v + (size_t)(from + 1) * C);
		k_scale_in(C, out, 1.0f / (float)(to - from));
	}
	y->is_fixed = x->is_fixed;
	if (!y->is_fixed)
		tape_push(t, pool_back, s);
	return y;
}
