/*
 * op_attention_pool.c - a sequence's rows as one, each as its score says. See ops.h.
 */
#include "base/status.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"

struct attention_pool {
	struct ten *x, *y;
	const struct ragged *seq;
	int w;
	float *m, *der; /* [N, C] tanh x and its derivative; der only for gradients */
	float *a;       /* [N] shares */
};

static float *at(float *x, int row, int cols)
{
	return x + (size_t)row * (size_t)cols;
}

static void pool_forward(const struct attention_pool *s, int b)
{
	int from = s->seq->off[b], n = s->seq->off[b + 1] - from, C = s->x->cols;
	float *y = at(s->y->v, b, C);

	BUG_IF(n < 1);
	k_softmax(1, n, s->a + from, 1.0f, false);
	k_scale((size_t)C, y, s->a[from], at(s->x->v, from, C));
	for (int i = from + 1; i < from + n; i++)
		k_axpy((size_t)C, y, s->a[i], at(s->x->v, i, C));
}

/* dr: gradient of the weighted sum, before its tanh. ds, tmp: room for n and for C. */
static void pool_back(struct tape *t, const struct attention_pool *s, int b,
		      const float *dr, float *dw, float *ds, float *tmp)
{
	int from = s->seq->off[b], n = s->seq->off[b + 1] - from, C = s->x->cols;
	const float *w = param_value(t->ps, s->w);

	k_dots(n, C, 1, ds, dr, at(s->x->v, from, C), NULL);
	k_softmax_back(1, n, ds, s->a + from, 1.0f, 1.0f);
	for (int i = 0; i < n; i++) {
		float *dx = at(s->x->d, from + i, C);

		k_axpy((size_t)C, dw, ds[i], at(s->m, from + i, C));
		k_axpy((size_t)C, dx, s->a[from + i], dr);
		k_scale((size_t)C, tmp, ds[i], w);
		k_mul((size_t)C, tmp, at(s->der, from + i, C));
		k_add((size_t)C, dx, tmp);
	}
}

static void attention_pool_back(struct tape *t, void *saved)
{
	struct attention_pool *s = saved;
	size_t C = (size_t)s->x->cols, n = (size_t)s->x->rows + 1;
	struct arena_mark mark;
	float *dr, *dw, *ds, *tmp;

	if (!s->y->d)
		return;
	ten_grad(t, s->x);
	mark = arena_mark(&t->arena);
	ds = arena_alloc(&t->arena, n * sizeof *ds);
	dr = arena_alloc(&t->arena, C * sizeof *dr);
	tmp = arena_alloc(&t->arena, C * sizeof *tmp);
	dw = tape_trains(t, s->w) ? grads_at(t->grads, s->w) :
				    arena_zalloc(&t->arena, C * sizeof *dw); /* not kept */
	for (int b = 0; b < s->seq->n; b++) {
		const float *y = at(s->y->v, b, s->x->cols);

		for (size_t j = 0; j < C; j++)
			dr[j] = 1.0f - y[j] * y[j];
		k_mul(C, dr, at(s->y->d, b, s->x->cols));
		pool_back(t, s, b, dr, dw, ds, tmp);
	}
	arena_rewind(&t->arena, mark);
}

struct ten *op_attention_pool(struct tape *t, struct ten *x, const struct ragged *seq,
			      int w)
{
	int N = x->rows, C = x->cols;
	size_t size = (size_t)N * (size_t)C + 1;
	struct ten *y = tape_ten(t, seq->n, C);
	struct arena_mark mark = arena_mark(&t->arena);
	struct attention_pool *s = arena_alloc(&t->arena, sizeof *s);
	float *zero = arena_zalloc(&t->arena, (size_t)C * sizeof *zero);

	BUG_IF(param_count(t->ps, w) != (size_t)C || seq->off[seq->n] != N);
	*s = (struct attention_pool){ .x = x, .y = y, .seq = seq, .w = w };
	s->m = arena_alloc(&t->arena, size * sizeof *s->m);
	if (t->grads)
		s->der = arena_alloc(&t->arena, size * sizeof *s->der);
	s->a = arena_alloc(&t->arena, ((size_t)N + 1) * sizeof *s->a);
	k_scale(size - 1, s->m, 1.0f, x->v);
	k_tanh(N, C, s->m, s->der, zero);
	k_dots(N, C, 1, s->a, param_value(t->ps, w), s->m, NULL);
	for (int b = 0; b < seq->n; b++)
		pool_forward(s, b);
	k_tanh(seq->n, C, y->v, NULL, zero);
	if (!t->grads)
		arena_rewind(&t->arena, mark);
	y->is_fixed = x->is_fixed && !tape_trains(t, w);
	if (!y->is_fixed)
		tape_push(t, attention_pool_back, s);
	return y;
}
