/*
 * stack.c - layers of a Transformer: their parameters, the residual stream, its
 * norms in both layouts.
 */
#include "model/stack.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* --- parameters --- */

enum status stack_check(const struct model_config *c, struct err *err)
{
	const struct size_row row[] = {
		{ "heads", c->heads, 1, c->dim },
		{ "ff", c->ff, 1, 1 << 20 },
	};
	enum status st = model_check_sizes(row, 2, err);

	if (!st && c->dim % c->heads)
		return err_set(err, ST_INVALID, "model.dim (%d) must be a "
			       "multiple of model.heads (%d)", c->dim, c->heads);
	return st;
}

void stack_init(struct stack *s, struct model *m, int n, int sublayers)
{
	s->n = n;
	s->sublayers = sublayers;
	s->layer = arena_zalloc(&m->arena, (size_t)n * sizeof *s->layer);
}

static void declare_self(struct build *b, struct layer *l, double dev, double res)
{
	int C = b->m->cfg.dim;

	if (b->m->cfg.split_qkv) {
		l->q = build_dense(b, "attention.q", C, C, dev);
		l->k = build_dense(b, "attention.k", C, C, dev);
		l->v = build_dense(b, "attention.v", C, C, dev);
	} else {
		l->qkv = build_dense(b, "attention.qkv", 3 * C, C, dev);
	}
	l->out = build_dense(b, "attention.out", C, C, dev * res);
}

void layer_declare(struct build *b, struct layer *l, int sublayers, int depth)
{
	static const char *const name[2][SUBLAYERS_MAX] = {
		{ "attention.norm", "feed.norm", NULL },
		{ "attention.norm", "cross.norm", "feed.norm" },
	};
	const struct model_config *cfg = &b->m->cfg;
	int C = cfg->dim, F = cfg->ff;
	double res = cfg->pre_norm ? 1.0 / sqrt((double)(depth * sublayers)) : 1.0;
	double cc = build_glorot(C, C), cf = build_glorot(C, F);

	*l = (struct layer){ 0 };
	declare_self(b, l, cc, res);
	if (sublayers == 3) {
		l->cross_q = build_dense(b, "cross.q", C, C, cc);
		l->cross_kv = build_dense(b, "cross.kv", 2 * C, C, cc);
		l->cross_out = build_dense(b, "cross.out", C, C, cc * res);
	}
	l->up = build_dense(b, "feed.up", F, C, cf);
	l->down = build_dense(b, "feed.down", C, F, cf * res);
	for (int j = 0; j < sublayers; j++)
		l->norm[j] = build_norm(b, name[sublayers - 2][j]);
}

void layer_matrices(const struct layer *l, int w[LAYER_MATRICES])
{
	w[MATRIX_QKV] = l->qkv.w;
	w[MATRIX_Q] = l->q.w;
	w[MATRIX_K] = l->k.w;
	w[MATRIX_V] = l->v.w;
	w[MATRIX_OUT] = l->out.w;
	w[MATRIX_UP] = l->up.w;
	w[MATRIX_DOWN] = l->down.w;
}

/* --- the stream --- */

/* One of a layer's matrices, with what stands beside it. */
static struct ten *apply(struct stream *s, const struct layer *l, enum layer_matrix m,
			 const struct dense *d, struct ten *x, enum act act)
{
	return op_low_rank_linear(s->t, x, d->w, d->b, act, adapter_low(l->adapter, m));
}

void stream_begin(struct stream *s, struct ten *x)
{
	const struct stack *k = s->stack;
	const struct norm *n = s->cfg->pre_norm ? &k->layer[0].norm[0] : &k->edge;
	float eps = s->cfg->eps;

	if (s->cfg->pre_norm) {
		s->x = op_dropout(s->t, x, s->p_drop);
		s->h = op_norm(s->t, s->x, n->gamma, n->beta, eps);
	} else {
		x = op_norm(s->t, x, n->gamma, n->beta, eps);
		x = op_dropout(s->t, x, s->p_drop);
		if (k->has_project)
			x = dense_apply(s->t, x, &k->project, ACT_NONE);
		s->x = s->h = x;
	}
}

/*
 * The norm after the sum of sublayer j of layer i. In pre-norm that is the next
 * sublayer's, which may stand in the next layer, even one of another owner: the top
 * shared layer's sum is normed by the first norm that the task has for itself.
 */
static const struct norm *norm_after(const struct stream *s, int i, int j)
{
	const struct stack *k = s->stack;

	if (!s->cfg->pre_norm)
		return &k->layer[i].norm[j];
	if (j + 1 < k->sublayers)
		return &k->layer[i].norm[j + 1];
	return i + 1 < k->n ? &k->layer[i + 1].norm[0] : &k->edge;
}

void stream_add(struct stream *s, int i, int j, struct ten *r)
{
	const struct norm *n = norm_after(s, i, j);
	struct ten *sum = NULL;

	s->h = op_add_norm(s->t, s->x, r, s->p_drop, n->gamma, n->beta,
			   s->cfg->eps, s->cfg->pre_norm ? &sum : NULL);
	s->x = sum ? sum : s->h;
}

/* One product or three: the same function (test_split_qkv) in two layouts of files. */
struct ten *stream_qkv(struct stream *s, int i)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *part[3];

	if (!s->cfg->split_qkv)
		return apply(s, l, MATRIX_QKV, &l->qkv, s->h, ACT_NONE);
	part[0] = apply(s, l, MATRIX_Q, &l->q, s->h, ACT_NONE);
	part[1] = apply(s, l, MATRIX_K, &l->k, s->h, ACT_NONE);
	part[2] = apply(s, l, MATRIX_V, &l->v, s->h, ACT_NONE);
	return op_join(s->t, part, 3);
}

void stream_attended(struct stream *s, int i, struct ten *x)
{
	const struct layer *l = &s->stack->layer[i];

	x = apply(s, l, MATRIX_OUT, &l->out, x, ACT_NONE);
	stream_add(s, i, 0, adapter_behind(s->t, s->cfg, l->adapter, 0, x));
}

void stream_self(struct stream *s, int i, const struct ragged *seq, bool causal)
{
	struct ten *x = stream_qkv(s, i);

	stream_attended(s, i, op_self_attention(s->t, x, seq, s->cfg->heads, causal,
						s->p_drop));
}

void stream_prefixed(struct stream *s, int i, const struct prefixed *rows)
{
	struct ten *x = stream_qkv(s, i);

	stream_attended(s, i, op_prefix_attention(s->t, x, rows, s->cfg->heads,
						  s->p_drop));
}

void stream_trees(struct stream *s, int i, const struct trees *rows)
{
	struct ten *x = stream_qkv(s, i);

	stream_attended(s, i, op_tree_attention(s->t, x, rows, s->cfg->heads,
						s->p_drop));
}

/* Of what stream_qkv makes q, of rows h; then k | v, of all. */
static struct ten *stream_q(struct stream *s, int i, struct ten *h)
{
	const struct layer *l = &s->stack->layer[i];

	if (s->cfg->split_qkv)
		return apply(s, l, MATRIX_Q, &l->q, h, ACT_NONE);
	return op_low_rank_part(s->t, h, l->qkv.w, l->qkv.b,
				adapter_low(l->adapter, MATRIX_QKV), 0, s->cfg->dim);
}

static struct ten *stream_kv(struct stream *s, int i)
{
	const struct layer *l = &s->stack->layer[i];
	int C = s->cfg->dim;
	struct ten *part[2];

	if (!s->cfg->split_qkv)
		return op_low_rank_part(s->t, s->h, l->qkv.w, l->qkv.b,
					adapter_low(l->adapter, MATRIX_QKV), C, 2 * C);
	part[0] = apply(s, l, MATRIX_K, &l->k, s->h, ACT_NONE);
	part[1] = apply(s, l, MATRIX_V, &l->v, s->h, ACT_NONE);
	return op_join(s->t, part, 2);
}

void stream_last(struct stream *s, int i, const struct last_rows *last)
{
	struct ten *kv = stream_kv(s, i), *h = s->h;
	int n = last->asking.off[last->asking.n];

	s->h = op_rows(s->t, h, last->rows, n);
	s->x = s->x == h ? s->h : op_rows(s->t, s->x, last->rows, n);
	stream_attended(s, i, op_last_attention(s->t, stream_q(s, i, s->h), kv,
						&last->asking, &last->seq, last->masks,
						s->cfg->heads, s->p_drop));
}

void stream_feed(struct stream *s, int i)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *x = apply(s, l, MATRIX_UP, &l->up, s->h, s->cfg->act);

	x = apply(s, l, MATRIX_DOWN, &l->down, x, ACT_NONE);
	stream_add(s, i, s->stack->sublayers - 1,
		   adapter_behind(s->t, s->cfg, l->adapter, 1, x));
}

/* Is nothing below here wanted again? */
static bool is_done(const struct stream *s)
{
	return !s->t->grads || (s->x->is_fixed && s->h->is_fixed);
}

void stream_layer_begin(struct stream *s)
{
	if (!is_done(s))
		return;
	for (int i = 0; i < 2 && !s->keep[i]; i++)
		s->keep[i] = tape_ten(s->t, s->x->rows, s->x->cols);
	s->mark = arena_mark(&s->t->arena);
}

/*
 * The stream is moved to two blocks of its own. What is fixed at a layer's end was so at
 * its beginning: there is a mark.
 */
void stream_layer_end(struct stream *s)
{
	size_t n = (size_t)s->x->rows * (size_t)s->x->cols;
	bool two = s->x != s->h;

	if (!is_done(s))
		return;
	s->keep[0]->is_fixed = s->h->is_fixed;
	s->keep[1]->is_fixed = s->x->is_fixed;
	memcpy(s->keep[0]->v, s->h->v, n * sizeof(float));
	if (two)
		memcpy(s->keep[1]->v, s->x->v, n * sizeof(float));
	s->h = s->keep[0];
	s->x = two ? s->keep[1] : s->keep[0];
	arena_rewind(&s->t->arena, s->mark);
}

/* --- what it costs --- */

double layer_flops(const struct model_config *cfg)
{
	double C = cfg->dim, F = cfg->ff;

	return 8 * C * C + 4 * C * F;
}

double trunk_layer_flops(const struct model_config *cfg)
{
	return layer_flops(cfg) + adapter_flops(cfg);
}

double attention_flops(const struct model_config *cfg, double n)
{
	return 4 * cfg->dim * n;
}
