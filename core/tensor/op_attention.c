/*
 * op_attention.c - multi-head attention, one part of a sequence and one head at a time.
 *
 * Per part of L queries and K keys and per head of D columns:
 *   S = Q K^T, P = softmax(S / sqrt(D)), O = dropout(P) V
 * P is kept for the backward pass, with the sign bit set where dropped. Q, K,
 * V and O are column slices of wider blocks: a pointer and a row stride each.
 * P is all that grows with a length's square; a sequence sees no other, so a block of
 * many short ones costs little.
 *
 * A sequence is one part, or with a prefix up to three: the prefix, the rows behind it,
 * their masks. A row of the masks sees itself, too: one more column, the last, of S and
 * P, which no product reaches but rows by themselves. A row of a tree has such columns
 * for all rows on its way. Where the last rows alone ask there are no other parts. Causal
 * sequences are cut into parts of CAUSAL_ROWS queries, so that little is multiplied that
 * nobody sees.
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
	const struct prefixed *prefixed; /* NULL: a sequence is one part */
	const struct trees *trees;   /* NULL: none */
	int heads, D, parts;
	int q_col, k_col, v_col;     /* where head 0 starts in a row */
	bool causal;
	bool last, masks;            /* the last rows of ks ask alone; they are masks */
	float scale, keep_scale;
	bool dropped;                /* P carries signs */
	float *p;                    /* all P, [L, cols] one after another */
};

/* One part's and head's share of it all. */
struct piece {
	int L, K, D, ldq, ldk, ldo;
	int own;                     /* columns of P for rows by themselves */
	int cols;                    /* of P: K + own */
	bool causal;                 /* row i sees the first seen + i + 1 keys, else all */
	int seen;
	const int *parent;           /* of a tree's rows; NULL: the own one is itself */
	size_t q, k, v, o;           /* offsets into the blocks */
	size_t own_k, own_v;         /* row 0 of the queries' own keys and values */
};

static int len_of(const struct ragged *r, int b)
{
	return r->off[b + 1] - r->off[b];
}

static struct piece part_of_prefixed(const struct attention *a, int b, int part, int *q0)
{
	int prefix = a->prefixed->prefix[b];
	int behind = (len_of(a->qs, b) - prefix) / (a->parts - 1);

	if (!part)
		return (struct piece){ .L = prefix, .K = prefix };
	*q0 += prefix + (part - 1) * behind;
	return (struct piece){ .L = behind, .K = prefix + behind, .causal = true,
			       .seen = prefix, .own = part == 2 };
}

static struct piece part_of_trees(const struct attention *a, int i, int *q0, int *k0)
{
	const struct trees *r = a->trees;
	bool is_tree = i >= r->prefix.n;
	int b = is_tree ? i - r->prefix.n : i, prefix = len_of(&r->prefix, b);

	*q0 = *k0 = r->prefix.off[b];
	if (!is_tree)
		return (struct piece){ .L = prefix, .K = prefix, .causal = true };
	*q0 = r->prefix.off[r->prefix.n] + r->tree.off[b];
	return (struct piece){ .L = len_of(&r->tree, b), .K = prefix, .own = r->depth,
			       .parent = r->parent + r->tree.off[b] };
}

enum { CAUSAL_ROWS = 96 }; /* whole tiles of the products; part of dropout's bits */

static struct piece part_of_causal(const struct attention *a, int b, int part, int *q0)
{
	int from = part * CAUSAL_ROWS, left = len_of(a->qs, b) - from;
	int L = left < CAUSAL_ROWS ? left : CAUSAL_ROWS;

	if (left <= 0)
		return (struct piece){ 0 };
	*q0 += from;
	return (struct piece){ .L = L, .K = from + L, .causal = true, .seen = from };
}

static struct piece part_of_last(const struct attention *a, int b)
{
	int L = len_of(a->qs, b), K = len_of(a->ks, b) - (a->masks ? L : 0);

	return (struct piece){ .L = L, .K = K, .causal = true, .seen = K - L,
			       .own = a->masks };
}

/* Which rows ask in part i, and which they see: no more of the fields than that. */
static struct piece part_at(const struct attention *a, int i, int *q0, int *k0)
{
	int b = i / a->parts;

	if (a->trees)
		return part_of_trees(a, i, q0, k0);
	*q0 = a->qs->off[b];
	*k0 = a->ks->off[b];
	if (a->prefixed)
		return part_of_prefixed(a, b, i % a->parts, q0);
	if (a->last)
		return part_of_last(a, b);
	if (a->causal)
		return part_of_causal(a, b, i % a->parts, q0);
	return (struct piece){ .L = len_of(a->qs, b), .K = len_of(a->ks, b) };
}

static int parts_of(const struct attention *a)
{
	if (a->trees)
		return 2 * a->trees->prefix.n;
	return a->qs->n * a->parts;
}

static struct piece piece_at(const struct attention *a, int i, int h)
{
	int first_q, first_k;
	struct piece c = part_at(a, i, &first_q, &first_k);
	size_t q0 = (size_t)first_q, k0 = (size_t)first_k, head = (size_t)(h * a->D);
	size_t own0 = a->last ? k0 + (size_t)c.K : q0;

	c.D = a->D;
	c.cols = c.K + c.own;
	c.ldq = a->q->cols;
	c.ldk = a->kv->cols;
	c.ldo = a->y->cols;
	c.q = q0 * (size_t)c.ldq + (size_t)a->q_col + head;
	c.k = k0 * (size_t)c.ldk + (size_t)a->k_col + head;
	c.v = k0 * (size_t)c.ldk + (size_t)a->v_col + head;
	c.own_k = own0 * (size_t)c.ldk + (size_t)a->k_col + head;
	c.own_v = own0 * (size_t)c.ldk + (size_t)a->v_col + head;
	c.o = q0 * (size_t)c.ldo + head;
	return c;
}

static size_t piece_size(const struct piece *c)
{
	return (size_t)c->L * (size_t)c->cols;
}

/* --- what a row sees by itself --- */

/* The rows, counted from row 0 of the queries, that row i sees so: itself last. */
static int way_of(const struct piece *c, int i, int way[TREE_DEPTH_MAX])
{
	int n = 0;

	if (!c->parent) {
		way[0] = i;
		return 1;
	}
	for (int j = i; j >= 0; j = c->parent[j])
		n++;
	for (int j = i, k = n; j >= 0; j = c->parent[j])
		way[--k] = j;
	return n;
}

/* Keys that row i sees of the block. */
static int seen_of(const struct piece *c, int i)
{
	return c->parent ? c->K : c->seen + i + 1;
}

/* Columns from K on: q . k, behind the keys that it sees while they are summed. */
static void own_softmax(const struct attention *a, const struct piece *c, float *p)
{
	size_t D = (size_t)c->D, ld = (size_t)c->ldk;
	int way[TREE_DEPTH_MAX];

	for (int i = 0; i < c->L; i++, p += c->cols) {
		const float *q = a->q->v + c->q + (size_t)i * (size_t)c->ldq;
		int n = seen_of(c, i), own = way_of(c, i, way);

		for (int j = 0; j < own; j++)
			p[n + j] = k_dot(D, q, a->kv->v + c->own_k + (size_t)way[j] * ld);
		k_softmax(1, n + own, p, a->scale, false);
		memmove(p + c->K, p + n, (size_t)own * sizeof *p);
		memset(p + n, 0, (size_t)(c->K - n) * sizeof *p);
		memset(p + c->K + own, 0, (size_t)(c->own - own) * sizeof *p);
	}
}

static void own_forward(const struct attention *a, const struct piece *c, const float *pd)
{
	int way[TREE_DEPTH_MAX];

	for (int i = 0; i < c->L; i++, pd += c->cols) {
		int own = way_of(c, i, way);

		for (int j = 0; j < own; j++)
			k_axpy((size_t)c->D, a->y->v + c->o + (size_t)i * (size_t)c->ldo,
			       pd[c->K + j],
			       a->kv->v + c->own_v + (size_t)way[j] * (size_t)c->ldk);
	}
}

/* dp of those columns, and the gradients of the rows' values. */
static void own_probs_back(const struct attention *a, const struct piece *c,
			   const float *pd, float *dp)
{
	size_t D = (size_t)c->D, ld = (size_t)c->ldk;
	int way[TREE_DEPTH_MAX];

	for (int i = 0; i < c->L; i++, pd += c->cols, dp += c->cols) {
		const float *dout = a->y->d + c->o + (size_t)i * (size_t)c->ldo;
		int own = way_of(c, i, way);

		memset(dp + c->K, 0, (size_t)c->own * sizeof *dp);
		for (int j = 0; j < own; j++) {
			size_t v = c->own_v + (size_t)way[j] * ld;

			k_axpy(D, a->kv->d + v, pd[c->K + j], dout);
			dp[c->K + j] = k_dot(D, dout, a->kv->v + v);
		}
	}
}

static void own_scores_back(const struct attention *a, const struct piece *c,
			    const float *ds)
{
	size_t D = (size_t)c->D, ld = (size_t)c->ldk;
	int way[TREE_DEPTH_MAX];

	for (int i = 0; i < c->L; i++, ds += c->cols) {
		size_t q = c->q + (size_t)i * (size_t)c->ldq;
		int own = way_of(c, i, way);

		for (int j = 0; j < own; j++) {
			size_t k = c->own_k + (size_t)way[j] * ld;

			k_axpy(D, a->q->d + q, ds[c->K + j], a->kv->v + k);
			k_axpy(D, a->kv->d + k, ds[c->K + j], a->q->v + q);
		}
	}
}

/* --- all of it --- */

static void forward_piece(struct tape *t, struct attention *a,
			  const struct piece *c, float *p, float p_drop)
{
	size_t n = piece_size(c);
	struct arena_mark mark = arena_mark(&t->arena);
	struct drop drop;
	float *pd = p;

	blas_xwt(&t->arena, c->L, c->K, c->D, a->q->v + c->q, c->ldq, a->kv->v + c->k,
		 c->ldk, p, c->cols, 0);
	if (c->own)
		own_softmax(a, c, p);
	else if (c->seen)
		k_softmax_prefix(c->L, c->cols, p, a->scale, c->seen);
	else
		k_softmax(c->L, c->cols, p, a->scale, c->causal);
	drop = drop_make(t, n, p_drop);
	if (drop.keep) {
		pd = arena_alloc(&t->arena, n * sizeof *pd);
		k_drop_probs(n, p, pd, drop.keep, drop.scale);
	}
	blas_xw(&t->arena, c->L, c->D, c->K, pd, c->cols, a->kv->v + c->v, c->ldk,
		a->y->v + c->o, c->ldo, 0);
	if (c->own)
		own_forward(a, c, pd);
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
	size_t n = piece_size(c);
	struct arena_mark mark = arena_mark(&t->arena);
	float *dp = arena_alloc(&t->arena, n * sizeof *dp);
	const float *pd = p, *dout = a->y->d + c->o;

	if (a->dropped) {
		float *u = arena_alloc(&t->arena, n * sizeof *u);

		k_undrop_probs(n, u, p, a->keep_scale);
		pd = u;
	}
	blas_xtw(&t->arena, c->K, c->D, c->L, pd, c->cols, dout, c->ldo,
		 a->kv->d + c->v, c->ldk, add_kv);
	blas_xwt(&t->arena, c->L, c->K, c->D, dout, c->ldo, a->kv->v + c->v, c->ldk, dp,
		 c->cols, 0);
	if (c->own)
		own_probs_back(a, c, pd, dp);
	k_softmax_back(c->L, c->cols, dp, p, a->scale, a->keep_scale);
	blas_xw(&t->arena, c->L, c->D, c->K, dp, c->cols, a->kv->v + c->k, c->ldk,
		a->q->d + c->q, c->ldq, add_q);
	blas_xtw(&t->arena, c->K, c->D, c->L, dp, c->cols, a->q->v + c->q, c->ldq,
		 a->kv->d + c->k, c->ldk, add_kv);
	if (c->own)
		own_scores_back(a, c, dp);
	arena_rewind(&t->arena, mark);
}

/*
 * Where each sequence is one part pieces write slices that do not overlap and together
 * are all of d, so what was new is assigned whole (ten_grad_raw); in self-attention q and
 * kv are one tensor with one d. The parts of a sequence add to each other's keys, and
 * where the last rows ask there may be none: those gradients begin at nought.
 */
static void begin_gradients(struct tape *t, struct attention *a, bool *add_q,
			    bool *add_kv)
{
	if (a->parts > 1 || a->trees || a->last) {
		ten_grad(t, a->q);
		ten_grad(t, a->kv);
		*add_q = *add_kv = true;
		return;
	}
	ten_grad_raw(t, a->q, add_q);
	if (a->kv == a->q)
		*add_kv = *add_q;
	else
		ten_grad_raw(t, a->kv, add_kv);
}

static void attention_back(struct tape *t, void *saved)
{
	struct attention *a = saved;
	const float *p = a->p;
	bool add_q, add_kv;

	if (!a->y->d)
		return;
	begin_gradients(t, a, &add_q, &add_kv);
	for (int i = 0; i < parts_of(a); i++)
		for (int h = 0; h < a->heads; h++) {
			struct piece c = piece_at(a, i, h);

			backward_piece(t, a, &c, p, add_q, add_kv);
			p += piece_size(&c);
		}
}

static struct ten *attend(struct tape *t, struct attention *a, float p_drop)
{
	int parts = parts_of(a);
	size_t n = 0;
	float *p;

	BUG_IF(a->heads < 1 || a->D < 1);
	for (int i = 0; i < parts; i++) {
		struct piece c = piece_at(a, i, 0);

		n += piece_size(&c) * (size_t)a->heads;
	}
	a->p = p = arena_alloc(&t->arena, (n ? n : 1) * sizeof *p);
	a->scale = (float)(1.0 / __builtin_sqrt((double)a->D));
	a->keep_scale = 1.0f;
	if (t->training)
		a->dropped = noise_threshold(p_drop, &a->keep_scale) > 0;
	for (int i = 0; i < parts; i++)
		for (int h = 0; h < a->heads; h++) {
			struct piece c = piece_at(a, i, h);

			forward_piece(t, a, &c, p, p_drop);
			p += piece_size(&c);
		}
	a->y->is_fixed = a->q->is_fixed && a->kv->is_fixed;
	if (!a->y->is_fixed)
		tape_push(t, attention_back, a);
	return a->y;
}

/* q | k | v of the same rows; who sees whom is open. */
static struct attention *self_attention(struct tape *t, struct ten *qkv, int heads)
{
	struct attention *a = arena_alloc(&t->arena, sizeof *a);
	int C = qkv->cols / 3;

	BUG_IF(qkv->cols % 3 || C % heads);
	*a = (struct attention){
		.q = qkv, .kv = qkv, .y = tape_ten(t, qkv->rows, C), .parts = 1,
		.heads = heads, .D = C / heads, .k_col = C, .v_col = 2 * C,
	};
	return a;
}

struct ten *op_self_attention(struct tape *t, struct ten *qkv,
			      const struct ragged *seq, int heads, bool causal,
			      float p_drop)
{
	struct attention *a = self_attention(t, qkv, heads);

	BUG_IF(seq->off[seq->n] != qkv->rows);
	a->qs = a->ks = seq;
	a->causal = causal;
	for (int b = 0; b < seq->n && causal; b++)
		while (len_of(seq, b) > a->parts * CAUSAL_ROWS)
			a->parts++;
	return attend(t, a, p_drop);
}

struct ten *op_prefix_attention(struct tape *t, struct ten *qkv,
				const struct prefixed *rows, int heads, float p_drop)
{
	struct attention *a = self_attention(t, qkv, heads);

	BUG_IF(rows->seq.off[rows->seq.n] != qkv->rows);
	for (int b = 0; b < rows->seq.n; b++) {
		int behind = len_of(&rows->seq, b) - rows->prefix[b];

		BUG_IF(rows->prefix[b] < 0 || behind < 0 || (rows->masks && behind % 2));
	}
	a->qs = a->ks = &rows->seq;
	a->prefixed = rows;
	a->parts = rows->masks ? 3 : 2;
	return attend(t, a, p_drop);
}

static bool is_tree(const struct trees *r, int b)
{
	const int *parent = r->parent + r->tree.off[b];

	for (int i = 0; i < len_of(&r->tree, b); i++) {
		int depth = 0;

		for (int j = i; j >= 0; j = parent[j], depth++)
			if (parent[j] >= j)
				return false;
		if (depth > r->depth)
			return false;
	}
	return true;
}

struct ten *op_tree_attention(struct tape *t, struct ten *qkv, const struct trees *rows,
			      int heads, float p_drop)
{
	struct attention *a = self_attention(t, qkv, heads);

	BUG_IF(rows->prefix.n != rows->tree.n || rows->depth > TREE_DEPTH_MAX);
	BUG_IF(rows->prefix.off[rows->prefix.n] + rows->tree.off[rows->tree.n] !=
	       qkv->rows);
	for (int b = 0; b < rows->tree.n; b++)
		BUG_IF(len_of(&rows->prefix, b) < 1 || !is_tree(rows, b));
	a->trees = rows;
	return attend(t, a, p_drop);
}

struct ten *op_last_attention(struct tape *t, struct ten *q, struct ten *kv,
			      const struct ragged *asking, const struct ragged *seq,
			      bool masks, int heads, float p_drop)
{
	struct attention *a = arena_alloc(&t->arena, sizeof *a);
	int C = q->cols;

	BUG_IF(kv->cols != 2 * C || C % heads || asking->n != seq->n);
	BUG_IF(asking->off[asking->n] != q->rows || seq->off[seq->n] != kv->rows);
	for (int b = 0; b < seq->n; b++)
		BUG_IF(len_of(asking, b) * (masks ? 2 : 1) > len_of(seq, b));
	*a = (struct attention){
		.q = q, .kv = kv, .y = tape_ten(t, q->rows, C), .qs = asking, .ks = seq,
		.heads = heads, .D = C / heads, .parts = 1, .v_col = C,
		.last = true, .masks = masks,
	};
	return attend(t, a, p_drop);
}

struct ten *op_cross_attention(struct tape *t, struct ten *q, struct ten *kv,
			       const struct ragged *dec, const struct ragged *src,
			       int heads, float p_drop)
{
	struct attention *a = arena_alloc(&t->arena, sizeof *a);
	int C = q->cols;

	BUG_IF(kv->cols != 2 * C || C % heads || dec->n != src->n);
	BUG_IF(dec->off[dec->n] != q->rows || src->off[src->n] != kv->rows);
	*a = (struct attention){
		.q = q, .kv = kv, .y = tape_ten(t, q->rows, C),
		.qs = dec, .ks = src, .heads = heads, .D = C / heads, .parts = 1,
		.v_col = C,
	};
	return attend(t, a, p_drop);
}
