/*
 * op_attend_lstm.c - an LSTM with attention over a source and input feeding. See ops.h.
 *
 * As in op_lstm.c a step works on the sequences that reach it (times.h). What the next
 * one hangs on goes through the loop: a | h, two products and the attention. All else
 * is one product over all rows, or over a sequence's.
 *
 * For every row are kept: gates, cells and their tanh, what was seen beside h, and the
 * shares p, [L, K] of each sequence one after another.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/times.h"
#include "tensor/weights.h"

struct decoder {
	struct attend_lstm in;
	struct ten *y;
	struct times times;
	int B, C;
	float scale;
	float *z, *c, *u;   /* [T, 4C], [T, C], [T, C] */
	float *seen;        /* [T, 2C]: sum of p_j r_j | h */
	float *p;           /* all shares */
	size_t *p_at;       /* [B] where those of a sequence begin */
};

/* Room of one step, for the sequences that reach it. */
struct step {
	int *row;           /* [B] */
	float *ah;          /* [B, 2C] a | h; backward: their gradients */
	float *seen;        /* [B, 2C] */
	float *z;           /* [B, 4C] */
	float *a;           /* [B, C] before tanh; backward its gradient */
	float *h, *c;       /* [B, C] backward: gradients */
};

static float *floats(struct tape *t, int rows, int cols)
{
	return arena_alloc(&t->arena, ((size_t)rows * (size_t)cols + 1) * sizeof(float));
}

static float *zeros(struct tape *t, int rows, int cols)
{
	return arena_zalloc(&t->arena, ((size_t)rows * (size_t)cols + 1) * sizeof(float));
}

static float *at(float *x, int row, int cols)
{
	return x + (size_t)row * (size_t)cols;
}

/* The source of a sequence: its first row; *n: how many. */
static int source_of(const struct decoder *d, int b, int *n)
{
	const int *off = d->in.src->off + (d->in.source ? d->in.source[b] : b);

	*n = off[1] - off[0];
	return off[0];
}

/* Shares [K] of a row of sequence b. */
static float *shares(const struct decoder *d, float *all, int b, int row)
{
	int K;

	source_of(d, b, &K);
	return all + d->p_at[b] + (size_t)(row - d->in.dec->off[b]) * (size_t)K;
}

static struct step step_of(struct tape *t, const struct decoder *d)
{
	int B = d->B, C = d->C;

	return (struct step){
		.row = arena_alloc(&t->arena, ((size_t)B + 1) * sizeof(int)),
		.ah = zeros(t, B, 2 * C), .seen = floats(t, B, 2 * C),
		.z = zeros(t, B, 4 * C), .a = floats(t, B, C), .h = floats(t, B, C),
		.c = zeros(t, B, C) };
}

static struct lstm_step cells_of(const struct decoder *d, const struct step *s)
{
	return (struct lstm_step){ .H = d->C, .z = d->z, .c = d->c, .u = d->u,
				   .y = d->seen + d->C, .ld = 2 * d->C, .c0 = s->c,
				   .ld0 = d->C, .ldr = 4 * d->C, .ldh = 2 * d->C };
}

/* --- forward --- */

/* From h of the k-th sequence to what it sees, beside it. */
static void look(const struct decoder *d, const struct step *s, int k)
{
	int b = d->times.order[k], C = d->C, K, from = source_of(d, b, &K);
	const float *h = at(s->ah, k, 2 * C) + C;
	float *p = shares(d, d->p, b, s->row[k]), *seen = at(s->seen, k, 2 * C);

	k_dots(K, C, 1, p, h, at(d->in.keys->v, from, C), NULL);
	k_softmax(1, K, p, d->scale, false);
	k_scale((size_t)C, seen, p[0], at(d->in.rows->v, from, C));
	for (int j = 1; j < K; j++)
		k_axpy((size_t)C, seen, p[j], at(d->in.rows->v, from + j, C));
	memcpy(seen + C, h, (size_t)C * sizeof *h);
	memcpy(at(d->seen, s->row[k], 2 * C), seen, (size_t)C * sizeof *seen);
}

/* a of every sequence: to the result, and to the next step. */
static void say(const struct decoder *d, const struct step *s, int alive)
{
	size_t bytes = (size_t)d->C * sizeof *s->a;

	for (int k = 0; k < alive; k++) {
		memcpy(at(d->y->v, s->row[k], d->C), at(s->a, k, d->C), bytes);
		memcpy(at(s->ah, k, 2 * d->C), at(s->a, k, d->C), bytes);
	}
}

/* From or to a | h | c of the sequences, which stand in another order here. */
static void take_state(const struct decoder *d, const struct step *s)
{
	size_t C = (size_t)d->C;

	for (int k = 0; k < d->B; k++) {
		const float *from = d->in.state + 3 * C * (size_t)d->times.order[k];

		memcpy(at(s->ah, k, 2 * d->C), from, 2 * C * sizeof *from);
		memcpy(at(s->c, k, d->C), from + 2 * C, C * sizeof *from);
	}
}

static void give_state(const struct decoder *d, const struct step *s)
{
	size_t C = (size_t)d->C;

	for (int k = 0; k < d->B; k++) {
		int b = d->times.order[k], last = d->in.dec->off[b + 1] - 1;
		float *to = d->in.end + 3 * C * (size_t)b;

		memcpy(to, at(s->ah, k, 2 * d->C), 2 * C * sizeof *to);
		memcpy(to + 2 * C, at(d->c, last, d->C), C * sizeof *to);
	}
}

static void forward(struct tape *t, const struct decoder *d)
{
	const struct param_set *ps = t->ps;
	struct arena_mark mark = arena_mark(&t->arena);
	struct step s = step_of(t, d);
	struct lstm_step cells = cells_of(d, &s);
	float *b = floats(t, 1, 4 * d->C);

	memcpy(b, param_value(ps, d->in.w.b_ih), 4 * (size_t)d->C * sizeof *b);
	k_add(4 * (size_t)d->C, b, param_value(ps, d->in.w.b_hh));
	cells.b = b;
	if (d->in.state)
		take_state(d, &s);
	weights_forward(ps, d->in.w.w_ih, &t->arena, d->in.x->rows, d->in.x->v, d->z);
	for (int i = 0; i < d->times.n; i++, cells.before = -1) {
		int alive = d->times.alive[i];

		times_rows(&d->times, i, 1, s.row);
		if (i || d->in.state)
			weights_forward(ps, d->in.w.w_hh, &t->arena, alive, s.ah, s.z);
		k_lstm(&cells, alive, s.row, s.z, s.ah + d->C);
		for (int k = 0; k < alive; k++)
			look(d, &s, k);
		weights_forward(ps, d->in.w_c, &t->arena, alive, s.seen, s.a);
		k_tanh(alive, d->C, s.a, NULL, param_value(ps, d->in.b_c));
		say(d, &s, alive);
	}
	if (d->in.end)
		give_state(d, &s);
	arena_rewind(&t->arena, mark);
}

/* --- backward --- */

/* What all rows together need of the loop. */
struct kept {
	float *da;    /* [T, C] of a before its tanh */
	float *dseen; /* [T, C] of what was seen */
	float *ds;    /* of the scores, as p */
};

/* Through tanh; s->ah has a's gradient from the step behind. */
static void say_back(const struct decoder *d, const struct step *s, int alive,
		     const struct kept *keep)
{
	for (int k = 0; k < alive; k++) {
		const float *y = at(d->y->v, s->row[k], d->C), *ah = at(s->ah, k, 2 * d->C);
		const float *dy = at(d->y->d, s->row[k], d->C);
		float *da = at(s->a, k, d->C);

		for (int j = 0; j < d->C; j++)
			da[j] = (dy[j] + ah[j]) * (1.0f - y[j] * y[j]);
		memcpy(at(keep->da, s->row[k], d->C), da, (size_t)d->C * sizeof *da);
	}
}

/* s->seen has the gradients of what was seen and of h; s->h gets all of h's. */
static void look_back(const struct decoder *d, const struct step *s, int k,
		      const struct kept *keep)
{
	int b = d->times.order[k], C = d->C, K, from = source_of(d, b, &K);
	const float *dseen = at(s->seen, k, 2 * C);
	float *ds = shares(d, keep->ds, b, s->row[k]), *dh = at(s->h, k, C);

	memcpy(at(keep->dseen, s->row[k], C), dseen, (size_t)C * sizeof *dseen);
	k_dots(K, C, 1, ds, dseen, at(d->in.rows->v, from, C), NULL);
	k_softmax_back(1, K, ds, shares(d, d->p, b, s->row[k]), d->scale, 1.0f);
	memcpy(dh, dseen + C, (size_t)C * sizeof *dh);
	k_add((size_t)C, dh, at(s->ah, k, 2 * C) + C);
	for (int j = 0; j < K; j++)
		k_axpy((size_t)C, dh, ds[j], at(d->in.keys->v, from + j, C));
}

static void through_time(struct tape *t, const struct decoder *d, const struct kept *keep)
{
	struct arena_mark mark = arena_mark(&t->arena);
	struct step s = step_of(t, d);
	struct lstm_step cells = cells_of(d, &s);
	float *zero = zeros(t, 1, d->C);

	cells.c0 = cells.y = zero; /* all of h's gradient is in s.h */
	cells.ld = cells.ld0 = 0;
	for (int i = d->times.n - 1; i >= 0; i--) {
		int alive = d->times.alive[i];

		cells.before = i ? -1 : 0;
		times_rows(&d->times, i, 1, s.row);
		say_back(d, &s, alive, keep);
		weights_back(t->ps, d->in.w_c, &t->arena, alive, s.a, s.seen, false);
		for (int k = 0; k < alive; k++)
			look_back(d, &s, k, keep);
		k_lstm_back(&cells, alive, s.row, s.z, s.h, s.c);
		if (i)
			weights_back(t->ps, d->in.w.w_hh, &t->arena, alive, s.z, s.ah,
				     false);
	}
	arena_rewind(&t->arena, mark);
}

/* dw [out, in] = dy [T, out]^T x [T, in] */
static void weight_gradient(struct tape *t, int w, int T, const float *dy, const float *x)
{
	bool add;
	float *dw;

	if (!tape_trains(t, w))
		return;
	dw = grads_raw(t->grads, w, &add);
	weights_grad(t->ps, w, &t->arena, T, dy, x, dw, add);
	tape_used(t, w);
}

/* Of weights and biases, from all rows at once. */
static void gather(struct tape *t, const struct decoder *d, const struct kept *keep)
{
	int T = d->in.x->rows, C = d->C;
	struct arena_mark mark = arena_mark(&t->arena);
	float *ah = floats(t, T, 2 * C), *b = zeros(t, 1, 4 * C);

	times_before(&d->times, 1, C, d->y->v, C, ah, 2 * C);
	times_before(&d->times, 1, C, d->seen + C, 2 * C, ah + C, 2 * C);
	weight_gradient(t, d->in.w.w_ih, T, d->z, d->in.x->v);
	weight_gradient(t, d->in.w.w_hh, T, d->z, ah);
	weight_gradient(t, d->in.w_c, T, keep->da, d->seen);
	if (tape_trains(t, d->in.b_c))
		k_colsum(T, C, grads_at(t->grads, d->in.b_c), keep->da);
	k_colsum(T, 4 * C, b, d->z);
	if (tape_trains(t, d->in.w.b_ih))
		k_add(4 * (size_t)C, grads_at(t->grads, d->in.w.b_ih), b);
	if (tape_trains(t, d->in.w.b_hh))
		k_add(4 * (size_t)C, grads_at(t->grads, d->in.w.b_hh), b);
	arena_rewind(&t->arena, mark);
}

/* Of the source: dr += p^T dseen, dk += ds^T h, a sequence at a time. */
static void gather_source(struct tape *t, const struct decoder *d,
			  const struct kept *keep)
{
	int C = d->C;

	for (int b = 0; b < d->B; b++) {
		int row = d->in.dec->off[b], L = d->in.dec->off[b + 1] - row;
		int K, from = source_of(d, b, &K);

		blas_xtw(&t->arena, K, C, L, d->p + d->p_at[b], K,
			 at(keep->dseen, row, C), C, at(d->in.rows->d, from, C), C, true);
		blas_xtw(&t->arena, K, C, L, keep->ds + d->p_at[b], K,
			 at(d->seen, row, 2 * C) + C, 2 * C, at(d->in.keys->d, from, C),
			 C, true);
	}
}

static void attend_lstm_back(struct tape *t, void *saved)
{
	struct decoder *d = saved;
	int T = d->in.x->rows;
	struct arena_mark mark;
	struct kept keep;
	bool add;

	if (!d->y->d)
		return;
	ten_grad(t, d->in.rows);
	ten_grad(t, d->in.keys);
	ten_grad_raw(t, d->in.x, &add);
	mark = arena_mark(&t->arena);
	keep = (struct kept){ floats(t, T, d->C), floats(t, T, d->C),
			      arena_alloc(&t->arena, (d->p_at[d->B] + 1) *
					  sizeof(float)) };
	through_time(t, d, &keep);
	gather(t, d, &keep);
	gather_source(t, d, &keep);
	weights_back(t->ps, d->in.w.w_ih, &t->arena, T, d->z, d->in.x->d, add);
	arena_rewind(&t->arena, mark);
}

/* --- the op --- */

static void check_sizes(const struct tape *t, const struct attend_lstm *in)
{
	const struct param *p = t->ps->p;
	int C = in->x->cols;

	BUG_IF(in->dec->off[in->dec->n] != in->x->rows);
	BUG_IF(in->src->off[in->src->n] != in->rows->rows);
	BUG_IF(in->rows->rows != in->keys->rows);
	BUG_IF(in->rows->cols != C || in->keys->cols != C);
	BUG_IF(p[in->w.w_ih].rows != 4 * C || p[in->w.w_ih].cols != C);
	BUG_IF(p[in->w.w_hh].rows != 4 * C || p[in->w.w_hh].cols != 2 * C);
	BUG_IF(p[in->w_c].rows != C || p[in->w_c].cols != 2 * C);
	BUG_IF(t->grads && (in->source || in->state || in->end));
}

static bool is_fixed(const struct tape *t, const struct attend_lstm *in)
{
	const int own[] = { in->w.w_ih, in->w.b_ih, in->w.w_hh, in->w.b_hh, in->w_c, in->b_c };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (tape_trains(t, own[i]))
			return false;
	return in->x->is_fixed && in->rows->is_fixed && in->keys->is_fixed;
}

struct ten *op_attend_lstm(struct tape *t, const struct attend_lstm *in)
{
	int T = in->x->rows, C = in->x->cols, B = in->dec->n;
	struct ten *y = tape_ten(t, T, C);
	struct arena_mark mark = arena_mark(&t->arena);
	struct decoder *d = arena_alloc(&t->arena, sizeof *d);

	check_sizes(t, in);
	*d = (struct decoder){ .in = *in, .y = y, .times = times_of(t, in->dec), .B = B,
			       .C = C, .z = floats(t, T, 4 * C), .c = floats(t, T, C),
			       .u = floats(t, T, C), .seen = floats(t, T, 2 * C) };
	d->scale = (float)(1.0 / __builtin_sqrt((double)C));
	d->p_at = arena_zalloc(&t->arena, ((size_t)B + 1) * sizeof *d->p_at);
	for (int b = 0; b < B; b++) {
		int L = in->dec->off[b + 1] - in->dec->off[b], K;

		source_of(d, b, &K);
		BUG_IF(K < 1);
		d->p_at[b + 1] = d->p_at[b] + (size_t)L * (size_t)K;
	}
	d->p = arena_alloc(&t->arena, (d->p_at[B] + 1) * sizeof *d->p);
	forward(t, d);
	y->is_fixed = is_fixed(t, in);
	if (!t->grads || y->is_fixed)
		arena_rewind(&t->arena, mark);
	if (y->is_fixed)
		return y;
	tape_uses(t, in->w.w_ih);
	tape_uses(t, in->w.w_hh);
	tape_uses(t, in->w_c);
	tape_push(t, attend_lstm_back, d);
	return y;
}
