/*
 * op_lstm.c - a layer of an LSTM over ragged sequences, in one or both directions.
 *
 * Sequences are taken by their length, the longest first, equals as they stand: so
 * those that reach a time step are the first ones, and the step is one product
 *   [alive, H] x [H, 4H]
 * over them alone; in reverse each begins at its own last row. What does not hang
 * on the step before is one product over all rows: the inputs' gates forward, and
 * backward the gradients of the inputs and of the weights. Those sums run over the
 * rows as they stand in the block, whatever their length; within a row's gradient
 * time runs backwards.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/weights.h"

/* Sequences as time sees them. */
struct times {
	int n;      /* time steps: rows of the longest */
	int *alive; /* [n] sequences that reach step s */
	int *order; /* [B] their numbers, the longest first */
};

struct direction {
	struct lstm w;
	int H, turn;        /* 1: from the first row to the last; -1: in reverse */
	int col;            /* where its columns of y begin */
	float *z, *c, *u;   /* [N, 4H] gates, [N, H] cells and their tanh */
};

struct layer {
	struct ten *x, *y;
	const struct ragged *seq;
	struct times times;
	int n;
	struct direction *dir; /* [n] */
};

static int length_of(const struct ragged *seq, int b)
{
	return seq->off[b + 1] - seq->off[b];
}

static float *floats(struct tape *t, int rows, int cols)
{
	return arena_alloc(&t->arena, ((size_t)rows * (size_t)cols + 1) * sizeof(float));
}

static float *zeros(struct tape *t, int rows, int cols)
{
	return arena_zalloc(&t->arena, ((size_t)rows * (size_t)cols + 1) * sizeof(float));
}

/* Counts and places: stable. */
static struct times times_of(struct tape *t, const struct ragged *seq)
{
	struct times s = { 0 };
	int *at;

	for (int b = 0; b < seq->n; b++)
		s.n = length_of(seq, b) > s.n ? length_of(seq, b) : s.n;
	s.alive = arena_zalloc(&t->arena, ((size_t)s.n + 1) * sizeof *s.alive);
	s.order = arena_alloc(&t->arena, ((size_t)seq->n + 1) * sizeof *s.order);
	at = arena_alloc(&t->arena, ((size_t)s.n + 1) * sizeof *at);
	for (int b = 0; b < seq->n; b++)
		s.alive[length_of(seq, b)]++;
	for (int l = s.n, sum = 0; l >= 0; l--) {
		at[l] = sum;
		sum += s.alive[l];
		s.alive[l] = at[l]; /* those longer than l */
	}
	for (int b = 0; b < seq->n; b++)
		s.order[at[length_of(seq, b)]++] = b;
	return s;
}

/* The row of every sequence at step s. */
static void rows_at(const struct layer *l, const struct direction *d, int s, int *row)
{
	for (int k = 0; k < l->times.alive[s]; k++) {
		const int *off = l->seq->off + l->times.order[k];

		row[k] = d->turn > 0 ? off[0] + s : off[1] - 1 - s;
	}
}

static struct lstm_step step_of(struct tape *t, const struct layer *l,
				const struct direction *d, float *y)
{
	return (struct lstm_step){ .H = d->H, .ld = l->y->cols, .z = d->z, .c = d->c,
				   .u = d->u, .y = y + d->col,
				   .zero = zeros(t, 1, 4 * d->H) };
}

static void run(struct tape *t, const struct layer *l, const struct direction *d)
{
	const struct param_set *ps = t->ps;
	struct arena_mark mark = arena_mark(&t->arena);
	struct lstm_step s = step_of(t, l, d, l->y->v);
	float *h = floats(t, l->seq->n, d->H), *r = floats(t, l->seq->n, 4 * d->H);
	float *b = floats(t, 1, 4 * d->H);
	int *row = arena_alloc(&t->arena, ((size_t)l->seq->n + 1) * sizeof *row);

	memcpy(b, param_value(ps, d->w.b_ih), 4 * (size_t)d->H * sizeof *b);
	k_add(4 * (size_t)d->H, b, param_value(ps, d->w.b_hh));
	s.b = b;
	weights_forward(ps, d->w.w_ih, &t->arena, l->x->rows, l->x->v, d->z);
	for (int i = 0; i < l->times.n; i++, s.before = -d->turn) {
		int alive = l->times.alive[i];

		rows_at(l, d, i, row);
		if (i)
			weights_forward(ps, d->w.w_hh, &t->arena, alive, h, r);
		k_lstm(&s, alive, row, i ? r : s.zero, h);
	}
	arena_rewind(&t->arena, mark);
}

/* --- backward --- */

/* Through time: d->z, the gates, becomes the gradient of what went into them. */
static void run_back(struct tape *t, const struct layer *l, const struct direction *d)
{
	struct arena_mark mark = arena_mark(&t->arena);
	struct lstm_step s = step_of(t, l, d, l->y->d);
	float *dz = floats(t, l->seq->n, 4 * d->H);
	float *dh = zeros(t, l->seq->n, d->H), *dc = zeros(t, l->seq->n, d->H);
	int *row = arena_alloc(&t->arena, ((size_t)l->seq->n + 1) * sizeof *row);

	for (int i = l->times.n - 1; i >= 0; i--) {
		int alive = l->times.alive[i];

		s.before = i ? -d->turn : 0;
		rows_at(l, d, i, row);
		k_lstm_back(&s, alive, row, dz, dh, dc);
		if (i)
			weights_back(t->ps, d->w.w_hh, &t->arena, alive, dz, dh, false);
	}
	arena_rewind(&t->arena, mark);
}

/* h of the step before, for every row: [N, H]. */
static float *before(struct tape *t, const struct layer *l, const struct direction *d)
{
	size_t H = (size_t)d->H, ld = (size_t)l->y->cols;
	float *h = floats(t, l->x->rows, d->H);

	for (int b = 0; b < l->seq->n; b++) {
		int from = l->seq->off[b], to = l->seq->off[b + 1];
		int first = d->turn > 0 ? from : to - 1;

		for (int i = from; i < to; i++)
			if (i == first)
				memset(h + (size_t)i * H, 0, H * sizeof *h);
			else
				memcpy(h + (size_t)i * H,
				       l->y->v + (size_t)(i - d->turn) * ld + d->col,
				       H * sizeof *h);
	}
	return h;
}

/* Of weights, biases and inputs, from all rows at once. */
static void gather(struct tape *t, const struct layer *l, const struct direction *d)
{
	struct arena_mark mark;
	int N = l->x->rows, C = l->x->cols, G = 4 * d->H;
	float *h, *b, *dw, *dx;
	bool add;

	dx = ten_grad_raw(t, l->x, &add);
	mark = arena_mark(&t->arena);
	weights_back(t->ps, d->w.w_ih, &t->arena, N, d->z, dx, add);
	dw = grads_raw(t->grads, d->w.w_ih, &add);
	blas_xtw(&t->arena, G, C, N, d->z, G, l->x->v, C, dw, C, add);
	h = before(t, l, d);
	dw = grads_raw(t->grads, d->w.w_hh, &add);
	blas_xtw(&t->arena, G, d->H, N, d->z, G, h, d->H, dw, d->H, add);
	b = zeros(t, 1, G);
	k_colsum(N, G, b, d->z);
	k_add((size_t)G, grads_at(t->grads, d->w.b_ih), b);
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
	*l = (struct layer){ .x = x, .y = y, .seq = seq, .n = n };
	l->dir = arena_alloc(&t->arena, (size_t)n * sizeof *l->dir);
	l->times = times_of(t, seq);
	for (int k = 0; k < n; k++) {
		check_sizes(t, x, seq, &w[k], H);
		l->dir[k] = (struct direction){
			.w = w[k], .H = H, .turn = k ? -1 : 1, .col = k * H,
			.z = floats(t, x->rows, 4 * H), .c = floats(t, x->rows, H),
			.u = floats(t, x->rows, H) };
		run(t, l, &l->dir[k]);
	}
	if (!t->grads) /* nothing of it is wanted again */
		arena_rewind(&t->arena, mark);
	tape_push(t, lstm_back, l);
	return y;
}
