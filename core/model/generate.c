/*
 * generate.c - the summary decoder one piece at a time: keys and values of what
 * was said are kept per hypothesis, those of the source are computed once.
 *
 * Caches, per layer: `self` [slots][max_len + 1][2C] holds k | v of each piece,
 * `cross` [N, 2C] the source's. All live rows are equally long.
 */
#include <string.h>

#include "model/transformer.h"
#include "tensor/kernels.h"
#include "tensor/vmath.h"

enum { OFFER_ROWS = 128 }; /* distributions at a time */

struct decoding {
	const struct model *m;
	const struct decoder *d;
	const struct batch *b;
	struct tape *t;
	int C;
	size_t slot_floats;     /* (max_len + 1) * 2C */
	size_t layer_floats;    /* slots * slot_floats */
	float *self;            /* [layers][slots][slot_floats] */
	struct ten **cross;     /* [layers] */
	struct ten *copy_k;     /* [N, C], or NULL */
	/* This turn: */
	int R, length;
	const struct search_row *row;
	const float **k, **v;   /* [slots] for infer_attend */
	int *len;               /* [slots] */
};

/* The losses come first, so that their memory is given back to the search. */
static struct ten *encode(const struct model *m, struct tape *t,
			  const struct batch *b, double *each)
{
	struct ten *memory = transformer_encode(m, t, b, 0.0f, NULL);
	struct arena_mark mark = arena_mark(&t->arena);

	if (each && b->T)
		decoder_loss_of(m, t, b, memory, 0.0f, each);
	arena_rewind(&t->arena, mark);
	return memory;
}

static struct decoding decoding_new(const struct model *m, struct tape *t,
				    const struct batch *b,
				    const struct search *s, double *each)
{
	const struct transformer *f = m->own;
	struct arena *a = &t->arena;
	size_t slots = (size_t)search_slots(s);
	struct decoding g = { .m = m, .d = &f->task[b->task].decoder, .b = b,
			      .t = t, .C = m->cfg.dim };
	int layers = g.d->stack.n;
	struct ten *memory;

	g.slot_floats = ((size_t)search_max_len(s) + 1) * 2 * (size_t)g.C;
	g.layer_floats = slots * g.slot_floats;
	g.self = arena_alloc(a, (size_t)layers * g.layer_floats *
			     sizeof *g.self);
	g.cross = arena_alloc(a, (size_t)layers * sizeof *g.cross);
	g.k = arena_alloc(a, slots * sizeof *g.k);
	g.v = arena_alloc(a, slots * sizeof *g.v);
	g.len = arena_alloc(a, slots * sizeof *g.len);
	memory = encode(m, t, b, each);
	for (int i = 0; i < layers; i++)
		g.cross[i] = dense_apply(t, memory,
					 &g.d->stack.layer[i].cross_kv,
					 ACT_NONE);
	if (m->cfg.copy)
		g.copy_k = dense_apply(t, memory, &g.d->k, ACT_NONE);
	return g;
}

static float *self_cache(const struct decoding *g, int layer, int slot)
{
	return g->self + (size_t)layer * g->layer_floats +
	       (size_t)slot * g->slot_floats;
}

/* qkv [R, 3C]: k | v go to the caches, q attends to them. */
static struct ten *attend_self(struct decoding *g, int layer,
			       const struct ten *qkv)
{
	struct ten *q = tape_ten(g->t, g->R, g->C);
	struct ten *y = tape_ten(g->t, g->R, g->C);
	size_t C = (size_t)g->C;

	for (int r = 0; r < g->R; r++) {
		const float *from = qkv->v + (size_t)r * 3 * C;
		float *cache = self_cache(g, layer, g->row[r].slot);

		memcpy(q->v + (size_t)r * C, from, C * sizeof *from);
		memcpy(cache + (size_t)g->length * 2 * C, from + C,
		       2 * C * sizeof *from);
		g->k[r] = cache;
		g->v[r] = cache + C;
		g->len[r] = g->length + 1;
	}
	infer_attend(q->v, g->R, g->C, g->m->cfg.heads, g->k, g->v, g->len,
		     2 * g->C, y->v, NULL);
	return y;
}

/* Points k, v, len at each row's source in a block of `cols` columns. */
static void point_at_source(struct decoding *g, const struct ten *kv, int v_col)
{
	for (int r = 0; r < g->R; r++) {
		int from = g->b->off[g->row[r].source];

		g->k[r] = kv->v + (size_t)from * (size_t)kv->cols;
		g->v[r] = g->k[r] + v_col;
		g->len[r] = g->b->off[g->row[r].source + 1] - from;
	}
}

static struct ten *attend_cross(struct decoding *g, int layer, struct ten *q)
{
	struct ten *y = tape_ten(g->t, g->R, g->C);

	point_at_source(g, g->cross[layer], g->C);
	infer_attend(q->v, g->R, g->C, g->m->cfg.heads, g->k, g->v, g->len,
		     2 * g->C, y->v, NULL);
	return y;
}

/* decoder_layer() of decoder.c with the caches in place of sequences. */
static void cached_layer(struct decoding *g, struct stream *s, int i)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *x = dense_apply(s->t, s->h, &l->qkv, ACT_NONE);

	x = attend_self(g, i, x);
	stream_add(s, i, 0, dense_apply(s->t, x, &l->out, ACT_NONE));
	x = attend_cross(g, i, dense_apply(s->t, s->h, &l->cross_q, ACT_NONE));
	stream_add(s, i, 1, dense_apply(s->t, x, &l->cross_out, ACT_NONE));
	stream_feed(s, i);
}

/* The decoder's last states for this turn's rows: [R, C]. */
static struct ten *turn_states(struct decoding *g)
{
	size_t n = (size_t)g->R;
	int32_t *ids = arena_alloc(&g->t->arena, n * sizeof *ids);
	int32_t *pos = arena_alloc(&g->t->arena, n * sizeof *pos);
	struct stream s = { .t = g->t, .cfg = &g->m->cfg,
			    .stack = &g->d->stack };

	for (int r = 0; r < g->R; r++) {
		ids[r] = g->row[r].last;
		pos[r] = g->length;
	}
	stream_begin(&s, op_embed(g->t, g->d->tok, ids, g->R, g->d->pos, pos,
				  PARAM_NONE, NULL,
				  transformer_scale(&g->m->cfg)));
	for (int i = 0; i < s.stack->n; i++)
		cached_layer(g, &s, i);
	return s.h;
}

/* Attention of the copy gate: att[r] -> [len[r]] for every row. */
static float **copy_attention(struct decoding *g, struct ten *x)
{
	struct arena *a = &g->t->arena;
	struct ten *q = dense_apply(g->t, x, &g->d->q, ACT_NONE);
	struct ten *unused = tape_ten(g->t, g->R, g->C);
	float **att = arena_alloc(a, (size_t)g->R * sizeof *att);

	point_at_source(g, g->copy_k, 0);
	for (int r = 0; r < g->R; r++)
		att[r] = arena_alloc(a, (size_t)g->len[r] * sizeof **att);
	infer_attend(q->v, g->R, g->C, 1, g->k, g->v, g->len, g->C, unused->v,
		     att);
	return att;
}

/* p = g p + (1 - g) copy, as op_copy_loss has it. */
static void mix_copy(int V, struct search_offer *o, float gate_logit)
{
	o->gate = v_sigmoid(gate_logit);
	k_scale_in((size_t)V, o->p, o->gate);
	for (int j = 0; j < o->n_src; j++)
		o->p[o->src[j]] += v_sigmoid(-gate_logit) * o->copy[j];
}

static void offer_rows(struct decoding *g, struct search *s, struct ten *x)
{
	int V = g->m->cfg.vocab, rows = g->R < OFFER_ROWS ? g->R : OFFER_ROWS;
	struct ten *p = tape_ten(g->t, rows, V), *gate = NULL;
	float **att = NULL;

	if (g->copy_k) {
		gate = dense_apply(g->t, x, &g->d->gate, ACT_NONE);
		att = copy_attention(g, x);
	}
	for (int at = 0; at < g->R; at += rows) {
		int n = g->R - at < rows ? g->R - at : rows;

		infer_output(g->t, x->v + (size_t)at * (size_t)g->C, n, g->d->w,
			     g->d->b, p->v);
		k_softmax(n, V, p->v, 1.0f, false);
		for (int r = at; r < at + n; r++) {
			int from = g->b->off[g->row[r].source];
			struct search_offer o = {
				.p = p->v + (size_t)(r - at) * (size_t)V,
				.gate = 1.0f, .src = g->b->ids + from,
			};

			if (att) {
				o.copy = att[r];
				o.n_src = g->len[r];
				mix_copy(V, &o, gate->v[r]);
			}
			search_offer(s, r, &o);
		}
	}
}

static void move_caches(struct decoding *g, const struct search_move *move,
			int n)
{
	size_t bytes = (size_t)(g->length + 1) * 2 * (size_t)g->C *
		       sizeof(float);

	for (int i = 0; i < n; i++)
		for (int l = 0; l < g->d->stack.n; l++)
			memcpy(self_cache(g, l, move[i].to),
			       self_cache(g, l, move[i].from), bytes);
}

void decoder_generate(const struct model *m, struct tape *t,
		      const struct batch *b, struct search *s, double *each)
{
	struct decoding g = decoding_new(m, t, b, s, each);
	const struct search_move *move;
	int moves;

	while ((g.R = search_rows(s, &g.row)) > 0) {
		struct arena_mark mark = arena_mark(&t->arena);

		g.length = search_length(s);
		offer_rows(&g, s, turn_states(&g));
		moves = search_advance(s, &move);
		move_caches(&g, move, moves);
		arena_rewind(&t->arena, mark);
	}
}
