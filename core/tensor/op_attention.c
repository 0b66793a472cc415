/*
 * op_attention.c - multi-head attention, one sequence and one head at a time.
 *
 * Per sequence of L queries and K keys and per head of D columns:
 *   S = Q K^T, P = softmax(S / sqrt(D)), O = dropout(P) V
 * P is kept for the backward pass, with the sign bit set where dropped. Q, K,
 * V and O are column slices of wider blocks: a pointer and a row stride each.
 * P is all that grows with a length's square; a sequence sees no other, so a block of
 * many short ones costs little.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/blas.h"
#include "tensor/drop.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"

struct attention {
	struct ten *q, *kv, *y;      /* self: q and kv are both qkv */
	const struct ragged *qs, *ks;
	int heads, D;
	int q_col, k_col, v_col;     /* where head 0 starts in a row */
	bool causal;
	float scale, keep_scale;
	bool dropped;                /* P carries signs */
	float *p;                    /* all P, [L, K] one after another */
};

/* One sequence's and head's share of it all. */
struct piece {
	int L, K, D, ldq, ldk, ldo;
	size_t q, k, v, o;           /* offsets into the blocks */
};

static struct piece piece_at(const struct attention *a, int b, int h)
{
	size_t q0 = (size_t)a->qs->off[b], k0 = (size_t)a->ks->off[b];
	size_t head = (size_t)(h * a->D);
	struct piece c = {
		.L = a->qs->off[b + 1] - a->qs->off[b],
		.K = a->ks->off[b + 1] - a->ks->off[b],
		.D = a->D, .ldq = a->q->cols, .ldk = a->kv->cols,
		.ldo = a->y->cols,
	};

	c.q = q0 * (size_t)c.ldq + (size_t)a->q_col + head;
	c.k = k0 * (size_t)c.ldk + (size_t)a->k_col + head;
	c.v = k0 * (size_t)c.ldk + (size_t)a->v_col + head;
	c.o = q0 * (size_t)c.ldo + head;
	return c;
}

static void forward_piece(struct tape *t, struct attention *a,
			  const struct piece *c, float *p, float p_drop)
{
	size_t n = (size_t)c->L * (size_t)c->K;
	struct arena_mark mark = arena_mark(&t->arena);
	struct drop drop;
	float *pd = p;

	blas_xwt(&t->arena, c->L, c->K, c->D, a->q->v + c->q, c->ldq, a->kv->v + c->k,
		 c->ldk, p, c->K, 0);
	k_softmax(c->L, c->K, p, a->scale, a->causal);
	drop = drop_make(t, n, p_drop);
	if (drop.keep) {
		pd = arena_alloc(&t->arena, n * sizeof *pd);
		k_drop_probs(n, p, pd, drop.keep, drop.scale);
	}
	blas_xw(&t->arena, c->L, c->D, c->K, pd, c->K, a->kv->v + c->v, c->ldk,
		a->y->v + c->o, c->ldo, 0);
	arena_rewind(&t->arena, mark);
}

/*
 * With Pd = dropout(P): dV = Pd^T dO, dPd = dO V^T, dS through dropout and softmax, scale
 * and all (k_softmax_back), dQ = dS K, dK = dS^T Q.
 */
static void backward_piece(struct tape *t, const struct attention *a,
			   const struct piece *c, const float *p, bool add_q,
			   bool add_kv)
{
	size_t n = (size_t)c->L * (size_t)c->K;
	struct arena_mark mark = arena_mark(&t->arena);
	float *dp = arena_alloc(&t->arena, n * sizeof *dp);
	const float *pd = p, *dout = a->y->d + c->o;

	if (a->dropped) {
		float *u = arena_alloc(&t->arena, n * sizeof *u);

		k_undrop_probs(n, u, p, a->keep_scale);
		pd = u;
	}
	blas_xtw(&t->arena, c->K, c->D, c->L, pd, c->K, dout, c->ldo, a->kv->d + c->v,
		 c->ldk, add_kv);
	blas_xwt(&t->arena, c->L, c->K, c->D, dout, c->ldo, a->kv->v + c->v, c->ldk, dp,
		 c->K, 0);
	k_softmax_back(c->L, c->K, dp, p, a->scale, a->keep_scale);
	blas_xw(&t->arena, c->L, c->D, c->K, dp, c->K, a->kv->v + c->k, c->ldk,
		a->q->d + c->q, c->ldq, add_q);
	blas_xtw(&t->arena, c->K, c->D, c->L, dp, c->K, a->q->v + c->q, c->ldq,
		 a->kv->d + c->k, c->ldk, add_kv);
	arena_rewind(&t->arena, mark);
}

/*
 * Pieces write slices that do not overlap and together are all of d, so what was new is
 * assigned whole (ten_grad_raw). In self-attention q and kv are one tensor with one d.
 */
static void attention_back(struct tape *t, void *saved)
{
	struct attention *a = saved;
	const float *p = a->p;
	bool add_q, add_kv;

	if (!a->y->d)
		return;
	ten_grad_raw(t, a->q, &add_q);
	if (a->kv == a->q)
		add_kv = add_q;
	else
		ten_grad_raw(t, a->kv, &add_kv);
	for (int b = 0; b < a->qs->n; b++)
		for (int h = 0; h < a->heads; h++) {
			struct piece c = piece_at(a, b, h);

			backward_piece(t, a, &c, p, add_q, add_kv);
			p += (size_t)c.L * (size_t)c.K;
		}
}

static struct ten *attend(struct tape *t, struct attention *a, float p_drop)
{
	size_t n = 0;
	float *p;

	BUG_IF(a->heads < 1 || a->D < 1 || a->qs->n != a->ks->n);
	BUG_IF(a->qs->off[a->qs->n] != a->q->rows);
	BUG_IF(a->ks->off[a->ks->n] != a->kv->rows);
	for (int b = 0; b < a->qs->n; b++) {
		struct piece c = piece_at(a, b, 0);

		n += (size_t)c.L * (size_t)c.K * (size_t)a->heads;
	}
	a->p = p = arena_alloc(&t->arena, (n ? n : 1) * sizeof *p);
	a->scale = (float)(1.0 / __builtin_sqrt((double)a->D));
	a->keep_scale = 1.0f;
	if (t->training)
		a->dropped = noise_threshold(p_drop, &a->keep_scale) > 0;
	for (int b = 0; b < a->qs->n; b++)
		for (int h = 0; h < a->heads; h++) {
			struct piece c = piece_at(a, b, h);

			forward_piece(t, a, &c, p, p_drop);
			p += (size_t)c.L * (size_t)c.K;
		}
	tape_push(t, attention_back, a);
	return a->y;
}

struct ten *op_self_attention(struct tape *t, struct ten *qkv,
			      const struct ragged *seq, int heads, bool causal,
			      float p_drop)
{
	struct attention *a = arena_alloc(&t->arena, sizeof *a);
	int C = qkv->cols / 3;

	BUG_IF(qkv->cols % 3 || C % heads);
	*a = (struct attention){
		.q = qkv, .kv = qkv, .y = tape_ten(t, qkv->rows, C),
		.qs = seq, .ks = seq, .heads = heads, .D = C / heads,
		.q_col = 0, .k_col = C, .v_col = 2 * C, .causal = causal,
	};
	return attend(t, a, p_drop);
}

struct ten *op_cross_attention(struct tape *t, struct ten *q, struct ten *kv,
			       const struct ragged *dec, const struct ragged *src,
			       int heads, float p_drop)
{
	struct attention *a = arena_alloc(&t->arena, sizeof *a);
	int C = q->cols;

	BUG_IF(kv->cols != 2 * C || C % heads);
	*a = (struct attention){
		.q = q, .kv = kv, .y = tape_ten(t, q->rows, C),
		.qs = dec, .ks = src, .heads = heads, .D = C / heads,
		.q_col = 0, .k_col = 0, .v_col = C,
	};
	return attend(t, a, p_drop);
}
