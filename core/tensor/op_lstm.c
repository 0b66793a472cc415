/*
 * op_lstm.c - a layer of an LSTM over ragged sequences, in one or both directions.
 *
 * A time step is one product over the sequences that reach it (times.h),
 *   [alive, H] x [H, 4H];
 * in reverse each begins at its own last row. What does not hang on the step before
 * is one product over all rows: the inputs' gates forward, and backward the gradients
 * of the inputs and of the weights. Those sums run over the rows as they stand in the
 * block.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/times.h"
#include "tensor/weights.h"

struct direction {
	struct lstm w;
	int H, turn;        /* 1: from the first row to the last; -1: in reverse */
	int col;            /* where its columns of y begin */
	float *z, *c, *u;   /* [N, 4H] gates, [N, H] cells and their tanh */
};

struct layer {
	struct ten *x, *y;
	struct times times;
	int n;
	struct direction *dir; /* [n] */
};

static float *floats(struct tape *t, int rows, int cols)
{
	return arena_alloc(&t->arena, ((size_t)rows * (size_t)cols + 1) * sizeof(float));
}

static float *zeros(struct tape *t, int rows, int cols)
{
	return arena_zalloc(&t->arena, ((size_t)rows * (size_t)cols + 1) * sizeof(float));
}

static struct lstm_step step_of(struct tape *t, const struct layer *l,
				const struct direction *d, float *y)
{
	return (struct lstm_step){ .H = d->H, .ld = l->y->cols, .z = d->z, .c = d->c,
				   .u = d->u, .y = y + d->col, .ldh = d->H,
				   .c0 = zeros(t, 1, d->H) };
}

static void run(struct tape *t, const struct layer *l, const struct direction *d)
{
	const struct param_set *ps = t->ps;
	struct arena_mark mark = arena_mark(&t->arena);
	struct lstm_step s = step_of(t, l, d, l->y->v);
	int B = l->times.seq->n;
	float *h = floats(t, B, d->H), *r = floats(t, B, 4 * d->H);
	float *b = floats(t, 1, 4 * d->H), *zero = zeros(t, 1, 4 * d->H);
	int *row = arena_alloc(&t->arena, ((size_t)B + 1) * sizeof *row);

	memcpy(b, param_value(ps, d->w.b_ih), 4 * (size_t)d->H * sizeof *b);
	k_add(4 * (size_t)d->H, b, param_value(ps, d->w.b_hh));
	s.b = b;
	weights_forward(ps, d->w.w_ih, &t->arena, l->x->rows, l->x->v, d->z);
	for (int i = 0; i < l->times.n; i++, s.before = -d->turn, s.ldr = 4 * d->H) {
		int alive = l->times.alive[i];

		times_rows(&l->times, i, d->turn, row);
		if (i)
			weights_forward(ps, d->w.w_hh, &t->arena, alive, h, r);
		k_lstm(&s, alive, row, i ? r : zero, h);
	}
	arena_rewind(&t->arena, mark);
}

/* --- backward --- */

/* Through time: d->z, the gates, becomes the gradient of what went into them. */
static void run_back(struct tape *t, const struct layer *l, const struct direction *d)
{
	struct arena_mark mark = arena_mark(&t->arena);
	struct lstm_step s = step_of(t, l, d, l->y->d);
	int B = l->times.seq->n, *row = arena_alloc(&t->arena, ((size_t)B + 1) * sizeof *row);
	float *dz = floats(t, B, 4 * d->H);
	float *dh = zeros(t, B, d->H), *dc = zeros(t, B, d->H);

	for (int i = l->times.n - 1; i >= 0; i--) {
		int alive = l->times.alive[i];

		s.before = i ? -d->turn : 0;
		times_rows(&l->times, i, d->turn, row);
		k_lstm_back(&s, alive, row, dz, dh, dc);
		if (i)
			weights_back(t->ps, d->w.w_hh, &t->arena, alive, dz, dh, false);
	}
	arena_rewind(&t->arena, mark);
}

/* Of weights, biases and inputs, from all rows at once. */
static void gather(struct tape *t, const struct layer *l, const struct direction *d)
{
	struct arena_mark mark;
	int N = l->x->rows, G = 4 * d->H;
	float *h, *b, *dw, *dx;
	bool add;

	if (!l->x->is_fixed) {
		dx = ten_grad_raw(t, l->x, &add);
		weights_back(t->ps, d->w.w_ih, &t->arena, N, d->z, dx, add);
	}
	mark = arena_mark(&t->arena);
	if (tape_trains(t, d->w.w_ih)) {
		dw = grads_raw(t->grads, d->w.w_ih, &add);
		weights_grad(t->ps, d->w.w_ih, &t->arena, N, d->z, l->x->v, dw, add);
		tape_used(t, d->w.w_ih);
	}
	if (tape_trains(t, d->w.w_hh)) {
		h = floats(t, N, d->H);
		times_before(&l->times, d->turn, d->H, l->y->v + d->col, l->y->cols, h,
			     d->H);
		dw = grads_raw(t->grads, d->w.w_hh, &add);
		weights_grad(t->ps, d->w.w_hh, &t->arena, N, d->z, h, dw, add);
		tape_used(t, d->w.w_hh);
	}
	b = zeros(t, 1, G);
	k_colsum(N, G, b, d->z);
	if (tape_trains(t, d->w.b_ih))
		k_add((size_t)G, grads_at(t->grads, d->w.b_ih), b);
	if (tape_trains(t, d->w.b_hh))
		k_add((size_t)G, grads_at(t->grads, d->w.b_hh), b);
	arena_rewind(&t->arena, mark);
}

static void lstm_back(struct tape *t, void *saved)
{
	struct layer *l = saved;

	for (int k = 0; k < l->n && l->y->d; k++) {
		run_back(t, l, &l->dir[k]);
		gather(t, l, &l->dir[k]);
	}
}

/* --- the op --- */

static bool trains(const struct tape *t, const struct lstm *w)
{
	return tape_trains(t, w->w_ih) || tape_trains(t, w->b_ih) ||
	       tape_trains(t, w->w_hh) || tape_trains(t, w->b_hh);
}

static void check_sizes(const struct tape *t, const struct ten *x,
			const struct ragged *seq, const struct lstm *w, int H)
{
	const struct param *ih = &t->ps->p[w->w_ih], *hh = &t->ps->p[w->w_hh];

	BUG_IF(seq->off[0] || seq->off[seq->n] != x->rows);
	BUG_IF(ih->cols != x->cols || hh->cols != H);
	BUG_IF(ih->rows != 4 * H || hh->rows != 4 * H);
	BUG_IF(param_count(t->ps, w->b_ih) != 4 * (size_t)H);
	BUG_IF(param_count(t->ps, w->b_hh) != 4 * (size_t)H);
}

struct ten *op_lstm(struct tape *t, struct ten *x, const struct ragged *seq,
		    const struct lstm *w, int n)
{
	int H = t->ps->p[w->w_hh].cols;
	struct layer *l = arena_alloc(&t->arena, sizeof *l);
	struct ten *y = tape_ten(t, x->rows, n * H);
	struct arena_mark mark = arena_mark(&t->arena);

	BUG_IF(n < 1 || n > 2);
	*l = (struct layer){ .x = x, .y = y, .times = times_of(t, seq), .n = n };
	y->is_fixed = x->is_fixed;
	l->dir = arena_alloc(&t->arena, (size_t)n * sizeof *l->dir);
	for (int k = 0; k < n; k++) {
		check_sizes(t, x, seq, &w[k], H);
		y->is_fixed &= !trains(t, &w[k]);
		l->dir[k] = (struct direction){
			.w = w[k], .H = H, .turn = k ? -1 : 1, .col = k * H,
			.z = floats(t, x->rows, 4 * H), .c = floats(t, x->rows, H),
			.u = floats(t, x->rows, H) };
		run(t, l, &l->dir[k]);
	}
	if (!t->grads || y->is_fixed) /* nothing of it is wanted again */
		arena_rewind(&t->arena, mark);
	if (y->is_fixed)
		return y;
	for (int k = 0; k < n; k++) {
		tape_uses(t, w[k].w_ih);
		tape_uses(t, w[k].w_hh);
	}
	tape_push(t, lstm_back, l);
	return y;
}
