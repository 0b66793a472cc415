/*
 * transformer.c - the shared encoder and its heads (Vaswani et al. 2017; layout
 * of BERT, Devlin et al. 2019, or pre-norm, Xiong et al. 2020).
 *
 * Random weights. Matrices are Glorot's normal. Pre-norm: tokens enter the stream
 * at deviation 0.5 (the table has 0.5 / sqrt(C) and is multiplied by sqrt(C), so
 * tied logits start small), places and segments at 0.3, and what a sublayer adds
 * starts smaller by 1 / sqrt(number of sublayers).
 *   Measured: where order is all (a toy of finding words beside marks, 450 steps)
 * places at 0.02 end at a loss of 0.70, at 0.1: 0.66, at 0.3: 0.35, at 0.7: 0.01,
 * and sinusoids behind random ones; where words are all (the demo's topics, 100
 * steps) it is the other way round: 0.1 gives 76% and 0.5 gives 32%. Without
 * smaller sublayers the toy's loss is 2 to 3 times as high.
 *   Post-norm: BERT's 0.02 for tables; the norm behind makes sizes equal.
 */
#include "model/transformer.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

float transformer_eps(const struct model_config *cfg)
{
	return cfg->pre_norm ? 1e-5f : 1e-12f;
}

float transformer_scale(const struct model_config *cfg)
{
	return cfg->pre_norm ? (float)sqrt((double)cfg->dim) : 1.0f;
}

/* --- parameters --- */

double transformer_table_dev(const struct model_config *cfg)
{
	return cfg->pre_norm ? 0.5 / sqrt((double)cfg->dim) : 0.02;
}

double transformer_place_dev(const struct model_config *cfg)
{
	return cfg->pre_norm ? 0.3 : 0.02;
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
	l->qkv = build_dense(b, "attention.qkv", 3 * C, C, cc);
	l->out = build_dense(b, "attention.out", C, C, cc * res);
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

/* Is the token table also somebody's output layer? Then all rows always move. */
static bool is_output(const struct model *m)
{
	for (int i = 0; i < m->n_tasks; i++)
		if (m->task[i].kind == TASK_SUMMARIZE && m->cfg.tied)
			return true;
	return false;
}

static void declare_shared(struct model *m, struct param_set *ps,
			   struct transformer *f)
{
	const struct model_config *cfg = &m->cfg;
	struct build all = build_shared(m, ps), b = build_in(&all, "embed");
	unsigned rows = PARAM_ROWS | PARAM_DECAY, lazy = rows | PARAM_LAZY;
	double dev = transformer_table_dev(cfg);

	f->tok = build_table(&b, "token", cfg->vocab, is_output(m) ? rows | PARAM_OUTPUT : lazy,
			     dev);
	f->pos = build_table(&b, "position", cfg->max_source, lazy,
			     transformer_place_dev(cfg));
	f->seg = build_table(&b, "segment", 2, lazy, transformer_place_dev(cfg));
	if (!cfg->pre_norm)
		f->edge = build_norm(&b, "norm");
	for (int i = 0; i < cfg->shared_layers; i++) {
		b = build_in(&all, "encoder.%d", i);
		layer_declare(&b, &f->shared[i], 2, cfg->layers);
	}
	b = build_in(&all, "encoder");
	if (cfg->pre_norm && cfg->shared_layers == cfg->layers)
		f->edge = build_norm(&b, "norm");
}

static void declare_encoder(struct build *own, const struct transformer *f,
			    struct stack *s)
{
	const struct model_config *cfg = &own->m->cfg;
	int k = cfg->shared_layers;
	struct build b;

	s->n = cfg->layers;
	s->sublayers = 2;
	s->layer = xcalloc((size_t)s->n, sizeof *s->layer);
	s->edge = f->edge;
	for (int i = 0; i < s->n; i++) {
		b = build_in(own, "encoder.%d", i);
		if (i < k)
			s->layer[i] = f->shared[i];
		else
			layer_declare(&b, &s->layer[i], 2, s->n);
	}
	b = build_in(own, "encoder");
	if (cfg->pre_norm && k < s->n)
		s->edge = build_norm(&b, "norm");
}

static void *transformer_declare(struct model *m, struct param_set *ps)
{
	struct transformer *f = xcalloc(1, sizeof *f);

	f->shared = xcalloc((size_t)m->cfg.shared_layers + 1,
			    sizeof *f->shared);
	f->task = xcalloc((size_t)m->n_tasks, sizeof *f->task);
	declare_shared(m, ps, f);
	for (int i = 0; i < m->n_tasks; i++) {
		const struct model_task *task = &m->task[i];
		struct build own = build_task(m, ps, i);

		declare_encoder(&own, f, &f->task[i].encoder);
		if (task->kind == TASK_SUMMARIZE)
			decoder_declare(&own, &f->task[i].decoder, f->tok);
		else
			f->task[i].head = build_head(&own,
				task->kind == TASK_CLASSIFY ? task->n_labels : 1);
		f->n_tasks++;
	}
	return f;
}

static void transformer_release(void *own)
{
	struct transformer *f = own;

	for (int i = 0; i < f->n_tasks; i++) {
		xfree(f->task[i].encoder.layer);
		xfree(f->task[i].decoder.stack.layer);
	}
	xfree(f->task);
	xfree(f->shared);
	xfree(f);
}

/* --- the stream --- */

void stream_begin(struct stream *s, struct ten *x)
{
	const struct stack *k = s->stack;
	const struct norm *n = s->cfg->pre_norm ? &k->layer[0].norm[0] : &k->edge;
	float eps = transformer_eps(s->cfg);

	if (s->cfg->pre_norm) {
		s->x = op_dropout(s->t, x, s->p_drop);
		s->h = op_norm(s->t, s->x, n->gamma, n->beta, eps);
	} else {
		x = op_norm(s->t, x, n->gamma, n->beta, eps);
		s->x = s->h = op_dropout(s->t, x, s->p_drop);
	}
}

/* The norm after the sum of sublayer j of layer i. */
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
			   transformer_eps(s->cfg),
			   s->cfg->pre_norm ? &sum : NULL);
	s->x = sum ? sum : s->h;
}

void stream_feed(struct stream *s, int i)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *x = dense_apply(s->t, s->h, &l->up, ACT_GELU);

	stream_add(s, i, s->stack->sublayers - 1,
		   dense_apply(s->t, x, &l->down, ACT_NONE));
}

/* --- encoder --- */

static void encoder_layer(struct stream *s, int i, const struct ragged *seq)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *x = dense_apply(s->t, s->h, &l->qkv, ACT_NONE);

	x = op_self_attention(s->t, x, seq, s->cfg->heads, false, s->p_drop);
	stream_add(s, i, 0, dense_apply(s->t, x, &l->out, ACT_NONE));
	stream_feed(s, i);
}

/*
 * Without gradients nothing inside a layer is wanted again: the stream is moved
 * to two blocks of its own and the layer's memory given back.
 */
static void encoder_layer_lean(struct stream *s, int i, const struct ragged *seq,
			       struct ten *const keep[2])
{
	struct arena_mark mark = arena_mark(&s->t->arena);
	size_t n = (size_t)s->x->rows * (size_t)s->x->cols;
	bool two = s->x != s->h;

	encoder_layer(s, i, seq);
	memcpy(keep[0]->v, s->h->v, n * sizeof(float));
	if (two)
		memcpy(keep[1]->v, s->x->v, n * sizeof(float));
	s->h = keep[0];
	s->x = two ? keep[1] : keep[0];
	arena_rewind(&s->t->arena, mark);
}

/* What the tokens alone bring: scaled rows of their table. */
static struct ten *transformer_tokens(const struct model *m, struct tape *t,
				      const struct batch *b)
{
	const struct transformer *f = m->own;

	return op_embed(t, f->tok, b->ids, b->N, PARAM_NONE, NULL, PARAM_NONE, NULL,
			transformer_scale(&m->cfg));
}

struct ten *transformer_encode(const struct model *m, struct tape *t,
			       const struct batch *b, float p_drop,
			       struct ten **embedded)
{
	const struct transformer *f = m->own;
	struct stream s = { .t = t, .cfg = &m->cfg, .p_drop = p_drop,
			    .stack = &f->task[b->task].encoder };
	struct ragged *seq = arena_alloc(&t->arena, sizeof *seq);
	struct ten *keep[2] = { 0 }, *x;

	*seq = (struct ragged){ b->B, b->off };
	for (int i = 0; i < 2 && !t->grads; i++)
		keep[i] = tape_ten(t, b->N, m->cfg.dim);
	x = op_embed(t, f->tok, b->ids, b->N, f->pos, b->pos, f->seg, b->seg,
		     transformer_scale(&m->cfg));
	if (embedded)
		*embedded = x;
	stream_begin(&s, x);
	for (int i = 0; i < s.stack->n; i++)
		if (t->grads)
			encoder_layer(&s, i, seq);
		else
			encoder_layer_lean(&s, i, seq, keep);
	return s.h;
}

static struct ten *transformer_scores(const struct model *m, struct tape *t,
				      const struct batch *b, float p_drop,
				      struct ten **embedded)
{
	const struct transformer *f = m->own;
	struct ten *x = transformer_encode(m, t, b, p_drop, embedded);
	struct ragged *seq = arena_alloc(&t->arena, sizeof *seq);

	*seq = (struct ragged){ b->B, b->off };
	return head_apply(t, op_pool(t, x, seq, m->cfg.pool),
			  &f->task[b->task].head, p_drop);
}

const struct model_kind kind_transformer = {
	.name = "transformer",
	.declare = transformer_declare,
	.release = transformer_release,
	.scores = transformer_scores,
	.tokens = transformer_tokens,
	.summary_loss = decoder_loss,
	.generate = decoder_generate,
};
