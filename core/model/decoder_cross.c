/*
 * decoder_cross.c - a Transformer decoder over any trunk's rows: each target row sees
 * the rows before it and, by cross-attention, the source's (Vaswani et al. 2017).
 *
 * In training whole summaries at once. In a search one piece at a time: keys and values
 * of what was said are kept per hypothesis (kv_cache.h), those of the source are
 * computed once: `cross` [N, 2C] of each layer.
 *
 * Both ways run the same sublayers on the same stream (stack.h); only attention finds
 * its keys and values elsewhere. A layer that is added to one is added to the other
 * (decoder_layer, cached_layer), or test_greedy fails.
 *
 * The decoder is its task's own, whole: two summarizing tasks have two. What it reads of
 * the trunk are rows [N, C] alone, and through cross-attention and the copy gate its
 * gradient reaches all of them.
 *
 * With cfg.from_trunk its layers begin as the trunk's, `layers` of them evenly spread
 * (Shleifer & Rush 2020, "Pre-trained Summarization Distillation"): the lowest one is
 * used to embeddings, the top one to what the table of tokens is compared with. Cross-
 * attention begins as the same layer's self-attention, which looks for the same things in
 * the same rows; tables and norms as those of the trunk, whose first segment every row
 * of a summary is in; the writer has the trunk's transform.
 *
 * Names of parameters (.weight and .bias where not a table): decoder.{token (untied),
 * position, norm}, decoder.I... (stack.h) and those of writer.h.
 */
#include <string.h>

#include "model/kv_cache.h"
#include "model/stack.h"
#include "model/writer.h"

struct decoder {
	int tok, pos;          /* embedding tables */
	struct stack stack;
	struct writer writer;
};

static const struct decoder *decoder_of(const struct model *m, const struct batch *b)
{
	return m->head[b->task];
}

/* --- parameters --- */

static enum status check_trunk(const struct model_config *c, struct err *err)
{
	if (!trunk_find(c->kind)->begin_places)
		return err_set(err, ST_INVALID, "model.decoder_init trunk: a '%s' has no "
			       "layers that a decoder could begin as", c->kind);
	if (c->decoder_layers > c->layers)
		return err_set(err, ST_INVALID, "model.decoder_init trunk: a decoder of %d "
			       "layers over a trunk that has %d", c->decoder_layers,
			       c->layers);
	if (c->split_qkv)
		return err_set(err, ST_INVALID, "model.decoder_init trunk: not with "
			       "model.split_qkv");
	if (c->max_target > c->max_positions)
		return err_set(err, ST_INVALID, "model.decoder_init trunk: summaries of %d "
			       "pieces (max_target) where the trunk has %d places",
			       c->max_target, c->max_positions);
	return ST_OK;
}

static enum status cross_check(const struct model_config *c, struct err *err)
{
	enum status st = ST_OK;

	if (c->decoder_layers < 1 || c->decoder_layers > 1024)
		return err_set(err, ST_INVALID, "model.decoder_layers from 1 to 1024, "
			       "not %d", c->decoder_layers);
	if (c->from_trunk)
		st = check_trunk(c, err);
	return st ? st : stack_check(c, err);
}

/* Which layer of the trunk's n layer i of m begins as: first and last are kept. */
static int trunk_layer(int i, int m, int n)
{
	return m == 1 ? 0 : (i * (n - 1) + (m - 1) / 2) / (m - 1);
}

static void begin_layer(struct build *b, const struct layer *l, const struct layer *as)
{
	int C = b->m->cfg.dim;

	build_as_dense(b, l->qkv, as->qkv, 0);
	build_as_dense(b, l->out, as->out, 0);
	build_as_dense(b, l->cross_q, as->qkv, 0);
	build_as_dense(b, l->cross_kv, as->qkv, C);
	build_as_dense(b, l->cross_out, as->out, 0);
	build_as_dense(b, l->up, as->up, 0);
	build_as_dense(b, l->down, as->down, 0);
	build_as_norm(b, l->norm[0], as->norm[0]);
	build_as_norm(b, l->norm[1], as->norm[0]);
	build_as_norm(b, l->norm[2], as->norm[1]);
}

static void begin_as_trunk(struct build *b, const struct decoder *d)
{
	const struct model *m = b->m;
	const struct stack *trunk = m->trunk->stack(m, b->owner);

	if (d->tok != m->token)
		build_as(b, d->tok, m->token, 0);
	m->trunk->begin_places(b, d->pos);
	for (int i = 0; i < d->stack.n; i++)
		begin_layer(b, &d->stack.layer[i],
			    &trunk->layer[trunk_layer(i, d->stack.n, trunk->n)]);
	build_as_norm(b, d->stack.edge, trunk->edge);
}

static void *cross_declare(struct build *own)
{
	struct model *m = own->m;
	const struct model_config *cfg = &m->cfg;
	struct decoder *d = arena_zalloc(&m->arena, sizeof *d);
	struct build b = build_in(own, "decoder"), in;
	unsigned lazy = PARAM_ROWS | PARAM_LAZY | PARAM_DECAY;

	d->tok = m->token;
	if (!cfg->tied)
		d->tok = build_table(&b, "token", cfg->vocab, lazy,
				     build_table_dev(cfg));
	d->pos = build_table(&b, "position", cfg->max_target, lazy,
			     build_place_dev(cfg));
	stack_init(&d->stack, m, cfg->decoder_layers, 3);
	for (int i = 0; i < d->stack.n; i++) {
		in = build_in(&b, "%d", i);
		layer_declare(&in, &d->stack.layer[i], 3, d->stack.n);
	}
	d->stack.edge = build_norm(&b, "norm");
	if (!cfg->from_trunk) {
		writer_declare(&b, &d->writer);
		return d;
	}
	begin_as_trunk(&b, d);
	writer_declare_transform(&b, &d->writer);
	return d;
}

static const struct writer *cross_writer(const struct model *m, int task)
{
	return &((const struct decoder *)m->head[task])->writer;
}

/* --- in training --- */

static void decoder_layer(struct stream *s, int i, struct ten *rows,
			  const struct ragged *dec, const struct ragged *src)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *x, *kv;

	stream_self(s, i, dec, true);
	x = dense_apply(s->t, s->h, &l->cross_q, ACT_NONE);
	kv = dense_apply(s->t, rows, &l->cross_kv, ACT_NONE);
	x = op_cross_attention(s->t, x, kv, dec, src, s->cfg->heads, s->p_drop);
	stream_add(s, i, 1, dense_apply(s->t, x, &l->cross_out, ACT_NONE));
	stream_feed(s, i);
}

/* From the source's rows; each as in op_output_loss. */
static struct loss loss_of(const struct model *m, struct tape *t, const struct batch *b,
			   struct ten *rows, float p_drop, double *each)
{
	const struct decoder *d = decoder_of(m, b);
	float smoothing = each ? 0.0f : m->task[b->task].smoothing; /* shown: plain */
	struct ragged *seq = arena_alloc(&t->arena, 2 * sizeof *seq);
	struct stream s = { .t = t, .cfg = &m->cfg, .stack = &d->stack,
			    .p_drop = p_drop };

	seq[0] = (struct ragged){ b->B, b->dec_off };
	seq[1] = (struct ragged){ b->B, b->off };
	stream_begin(&s, op_embed(t, d->tok, b->dec_in, b->T, d->pos, b->dec_pos,
				  PARAM_NONE, NULL, (float)m->cfg.table_scale));
	for (int i = 0; i < s.stack->n; i++)
		decoder_layer(&s, i, rows, &seq[0], &seq[1]);
	return writer_loss(m, t, b, &d->writer, s.h, rows, smoothing, each);
}

static struct loss cross_loss(const struct model *m, struct tape *t,
			      const struct batch *b, float p_drop)
{
	return loss_of(m, t, b, model_rows(m, t, b, p_drop, NULL), p_drop, NULL);
}

/* --- in a search --- */

struct cross {
	const struct decoder *d;
	int C;
	struct kv_cache self;
	struct ten **cross;     /* [layers] */
	const float **k, **v;   /* [slots] for infer_attend */
	int *len;               /* [slots] */
};

/* The losses come first, so that their memory is given back to the search. */
static struct ten *source_rows(const struct decoding *g, double *each)
{
	struct tape *t = g->t;
	struct ten *rows = model_rows(g->m, t, g->b, 0.0f, NULL);
	struct arena_mark mark = arena_mark(&t->arena);

	if (each && g->b->T)
		loss_of(g->m, t, g->b, rows, 0.0f, each);
	arena_rewind(&t->arena, mark);
	return rows;
}

/* Caches for the longest hypothesis in every slot at once: a turn makes none. */
static struct ten *cross_begin(struct decoding *g, double *each)
{
	struct arena *a = &g->t->arena;
	size_t slots = (size_t)g->slots;
	struct cross *c = arena_alloc(a, sizeof *c);
	struct ten *rows;
	int layers;

	*c = (struct cross){ .d = decoder_of(g->m, g->b), .C = g->m->cfg.dim };
	layers = c->d->stack.n;
	kv_cache_init(&c->self, g, layers);
	c->cross = arena_alloc(a, (size_t)layers * sizeof *c->cross);
	c->k = arena_alloc(a, slots * sizeof *c->k);
	c->v = arena_alloc(a, slots * sizeof *c->v);
	c->len = arena_alloc(a, slots * sizeof *c->len);
	rows = source_rows(g, each);
	for (int i = 0; i < layers; i++)
		c->cross[i] = dense_apply(g->t, rows, &c->d->stack.layer[i].cross_kv,
					  ACT_NONE);
	g->own = c;
	return rows;
}

static struct ten *attend(const struct decoding *g, const float *q)
{
	const struct cross *c = g->own;
	struct ten *y = tape_ten(g->t, g->R, c->C);

	infer_attend(q, g->R, c->C, g->m->cfg.heads, c->k, c->v, c->len, 2 * c->C,
		     y->v, NULL);
	return y;
}

/* qkv [R, 3C]: k | v go to the caches, q attends to them. */
static struct ten *attend_self(const struct decoding *g, int layer,
			       const struct ten *qkv)
{
	struct cross *c = g->own;
	struct ten *q = tape_ten(g->t, g->R, c->C);
	size_t C = (size_t)c->C;

	kv_cache_put(&c->self, g, layer, qkv);
	for (int r = 0; r < g->R; r++) {
		memcpy(q->v + (size_t)r * C, qkv->v + (size_t)r * 3 * C,
		       C * sizeof *q->v);
		c->k[r] = kv_cache_at(&c->self, g, layer, r);
		c->v[r] = c->k[r] + C;
		c->len[r] = g->length + 1;
	}
	return attend(g, q->v);
}

static struct ten *attend_cross(const struct decoding *g, int layer,
				const struct ten *q)
{
	struct cross *c = g->own;
	const struct ten *kv = c->cross[layer];

	for (int r = 0; r < g->R; r++) {
		int from = g->b->off[g->row[r].source];

		c->k[r] = kv->v + (size_t)from * (size_t)kv->cols;
		c->v[r] = c->k[r] + c->C;
		c->len[r] = g->b->off[g->row[r].source + 1] - from;
	}
	return attend(g, q->v);
}

/* decoder_layer() with the caches in place of sequences. */
static void cached_layer(const struct decoding *g, struct stream *s, int i)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *x;

	stream_attended(s, i, attend_self(g, i, stream_qkv(s, i)));
	x = attend_cross(g, i, dense_apply(s->t, s->h, &l->cross_q, ACT_NONE));
	stream_add(s, i, 1, dense_apply(s->t, x, &l->cross_out, ACT_NONE));
	stream_feed(s, i);
}

static struct ten *cross_step(struct decoding *g)
{
	const struct cross *c = g->own;
	size_t n = (size_t)g->R;
	int32_t *ids = arena_alloc(&g->t->arena, n * sizeof *ids);
	int32_t *pos = arena_alloc(&g->t->arena, n * sizeof *pos);
	struct stream s = { .t = g->t, .cfg = &g->m->cfg, .stack = &c->d->stack };

	for (int r = 0; r < g->R; r++) {
		ids[r] = g->row[r].last;
		pos[r] = g->length;
	}
	stream_begin(&s, op_embed(g->t, c->d->tok, ids, g->R, c->d->pos, pos,
				  PARAM_NONE, NULL, (float)g->m->cfg.table_scale));
	for (int i = 0; i < s.stack->n; i++)
		cached_layer(g, &s, i);
	return s.h;
}

/* Of this turn's piece, too: its keys and values came in before the choice. */
static void cross_move(struct decoding *g, const struct search_move *move, int n)
{
	const struct cross *c = g->own;

	kv_cache_move(&c->self, g, move, n);
}

/* --- what it costs --- */

static double cross_flops(const struct model *m, double n, double t)
{
	const struct model_config *cfg = &m->cfg;
	double C = cfg->dim, layer = t * (layer_flops(cfg) + 4 * C * C);

	layer += n * 4 * C * C;                        /* the source's keys, values */
	layer += t * attention_flops(cfg, (t + 1) / 2); /* rows before, and itself */
	layer += t * attention_flops(cfg, n);
	if (cfg->from_trunk)
		layer += 2 * C * C * t / cfg->decoder_layers; /* the writer's transform */
	return cfg->decoder_layers * layer + writer_flops(cfg, n, t);
}

const struct decoder_kind decoder_cross = {
	.name = "cross",
	.help = "A Transformer decoder with cross-attention and a copy gate.",
	.fields = (const char *const[]){ "decoder_layers", "heads", "ff", "norm", "copy",
					 "tied", "decoder_init", NULL },
	.check = cross_check,
	.declare = cross_declare,
	.loss = cross_loss,
	.begin = cross_begin,
	.step = cross_step,
	.move = cross_move,
	.writer = cross_writer,
	.flops = cross_flops,
};
