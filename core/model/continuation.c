/*
 * continuation.c - see continuation.h.
 *
 * In a search the source's keys and values are computed once: `source` [N, 2C] of each
 * layer. A turn feeds the last piece, with masks one behind it, whose keys are not kept.
 * Without a start piece the first turn feeds nothing: its states are the source's.
 */
#include "model/continuation.h"

#include <string.h>

#include "model/kv_cache.h"

static struct stream stream_of(const struct model *m, struct tape *t, int task,
			       float p_drop)
{
	return (struct stream){ .t = t, .cfg = &m->cfg, .p_drop = p_drop,
				.stack = m->trunk->stack(m, task) };
}

/* --- in training --- */

/* The rows of a batch, of an example the source, the text and its masks. */
struct laid {
	int n;
	int32_t *ids, *pos, *seg;
	int *off, *prefix;     /* [B + 1], [B] */
	int *source;           /* [N] where the source's rows are */
	int *asking;           /* [T] where those are that pieces are predicted from */
};

static void lay_row(struct laid *l, int32_t id, int32_t pos, int32_t seg)
{
	l->ids[l->n] = id;
	l->pos[l->n] = pos;
	l->seg[l->n++] = seg;
}

static void lay_example(const struct model *m, const struct batch *b,
			struct continuation how, int e, struct laid *l)
{
	int k = l->prefix[e] = b->off[e + 1] - b->off[e];

	for (int i = b->off[e]; i < b->off[e + 1]; i++) {
		l->source[i] = l->n;
		lay_row(l, b->ids[i], b->pos[i], b->seg[i]);
	}
	for (int i = b->dec_off[e]; i < b->dec_off[e + 1]; i++) {
		bool is_row = how.starts || i > b->dec_off[e];

		l->asking[i] = is_row ? l->n : l->n - 1;
		if (is_row)
			lay_row(l, b->dec_in[i], k + b->dec_pos[i] - !how.starts, 1);
	}
	for (int i = b->dec_off[e]; i < b->dec_off[e + 1] && how.masks; i++) {
		l->asking[i] = l->n;
		lay_row(l, m->cfg.mask_id, k + b->dec_pos[i] + 1, 1);
	}
	l->off[e + 1] = l->n;
}

static struct laid lay_out(const struct model *m, struct arena *a, const struct batch *b,
			   struct continuation how)
{
	size_t B = (size_t)b->B + 1, N = (size_t)b->N + 1, T = (size_t)b->T + 1;
	size_t n = N + (how.masks ? 2 : 1) * T;
	struct laid l = {
		.ids = arena_alloc(a, n * sizeof *l.ids),
		.pos = arena_alloc(a, n * sizeof *l.pos),
		.seg = arena_alloc(a, n * sizeof *l.seg),
		.off = arena_zalloc(a, B * sizeof *l.off),
		.prefix = arena_alloc(a, B * sizeof *l.prefix),
		.source = arena_alloc(a, N * sizeof *l.source),
		.asking = arena_alloc(a, T * sizeof *l.asking),
	};

	BUG_IF(how.masks && !how.starts);
	for (int e = 0; e < b->B; e++)
		lay_example(m, b, how, e, &l);
	return l;
}

static void whole_layer(struct stream *s, int i, const struct prefixed *rows, bool causal)
{
	stream_layer_begin(s);
	if (causal)
		stream_self(s, i, &rows->seq, true);
	else
		stream_prefixed(s, i, rows);
	stream_feed(s, i);
	stream_layer_end(s);
}

/* The top layer's rows from which pieces are predicted: they end each sequence. */
static struct ten *top_layer(struct stream *s, const struct batch *b,
			     const struct prefixed *rows, const int *asking)
{
	struct last_rows *last = arena_alloc(&s->t->arena, sizeof *last);
	int i = s->stack->n - 1;

	*last = (struct last_rows){ asking, { b->B, b->dec_off }, rows->seq, rows->masks };
	stream_last(s, i, last);
	stream_feed(s, i);
	return s->h;
}

struct ten *continuation_rows(const struct model *m, struct tape *t,
			      const struct batch *b, struct continuation how,
			      float p_drop, struct ten **source)
{
	struct stream s = stream_of(m, t, b->task, p_drop);
	struct prefixed *rows = arena_alloc(&t->arena, sizeof *rows);
	struct laid l = lay_out(m, &t->arena, b, how);
	struct places in = { l.n, l.ids, l.pos, l.seg };

	*rows = (struct prefixed){ { b->B, l.off }, l.prefix, how.masks };
	stream_begin(&s, m->trunk->embed(m, t, &in));
	for (int i = 0; i < s.stack->n - (source ? 0 : 1); i++)
		whole_layer(&s, i, rows, how.causal);
	if (!source)
		return top_layer(&s, b, rows, l.asking);
	*source = op_rows(t, s.h, l.source, b->N);
	return op_rows(t, s.h, l.asking, b->T);
}

/* --- in a search --- */

struct writing {
	struct continuation how;
	struct kv_cache said;
	float **source;          /* [layers] k | v of the source's rows: [N, 2C] */
	struct ten *rows;        /* the source's: [N, C] */
	struct kv_span *span;    /* [2 slots][SPANS] what each row of a turn sees */
};

enum { SPAN_SOURCE, SPAN_SAID, SPAN_OWN, SPANS };

/* k | v of every source's rows in every layer; returns the rows: [N, C]. */
static struct ten *read_sources(const struct decoding *g, const struct writing *w)
{
	const struct batch *b = g->b;
	struct stream s = stream_of(g->m, g->t, b->task, 0.0f);
	struct ragged seq = { b->B, b->off };
	struct places in = { b->N, b->ids, b->pos, b->seg };
	size_t C = (size_t)g->m->cfg.dim;

	stream_begin(&s, g->m->trunk->embed(g->m, g->t, &in));
	for (int i = 0; i < s.stack->n; i++) {
		struct ten *x;

		stream_layer_begin(&s);
		x = stream_qkv(&s, i);
		for (size_t r = 0; r < (size_t)b->N; r++)
			memcpy(w->source[i] + r * 2 * C, x->v + r * 3 * C + C,
			       2 * C * sizeof *x->v);
		x = op_self_attention(g->t, x, &seq, g->m->cfg.heads, w->how.causal, 0.0f);
		stream_attended(&s, i, x);
		stream_feed(&s, i);
		stream_layer_end(&s);
	}
	return s.h;
}

struct ten *continuation_begin(struct decoding *g, struct continuation how)
{
	struct arena *a = &g->t->arena;
	int layers = g->m->trunk->stack(g->m, g->b->task)->n;
	size_t kv = 2 * (size_t)g->m->cfg.dim * ((size_t)g->b->N + 1);
	struct writing *w = arena_alloc(a, sizeof *w);

	g->own = w;
	w->how = how;
	kv_cache_init(&w->said, g, layers);
	w->source = arena_alloc(a, (size_t)layers * sizeof *w->source);
	for (int i = 0; i < layers; i++)
		w->source[i] = arena_alloc(a, kv * sizeof **w->source);
	w->span = arena_alloc(a, (2 * (size_t)g->slots + 1) * SPANS * sizeof *w->span);
	w->rows = read_sources(g, w);
	return w->rows;
}

static int source_len(const struct decoding *g, int r)
{
	return g->b->off[g->row[r].source + 1] - g->b->off[g->row[r].source];
}

/* The last pieces [R], and with masks one behind each [R]. */
static struct ten *embed_turn(const struct decoding *g, int rows)
{
	size_t n = (size_t)rows;
	int32_t *ids = arena_alloc(&g->t->arena, n * sizeof *ids);
	int32_t *pos = arena_alloc(&g->t->arena, n * sizeof *pos);
	int32_t *seg = arena_alloc(&g->t->arena, n * sizeof *seg);

	for (int i = 0; i < rows; i++) {
		bool is_mask = i >= g->R;
		int r = is_mask ? i - g->R : i;

		ids[i] = is_mask ? g->m->cfg.mask_id : g->row[r].last;
		pos[i] = source_len(g, r) + g->length + is_mask;
		seg[i] = 1;
	}
	return g->m->trunk->embed(g->m, g->t, &(struct places){ rows, ids, pos, seg });
}

/* What row i of qkv sees: its source, what its hypothesis said, as a mask itself. */
static void set_spans(const struct decoding *g, int layer, int i, const struct ten *qkv,
		      struct kv_span *span)
{
	const struct writing *w = g->own;
	bool is_mask = i >= g->R;
	int C = g->m->cfg.dim, r = is_mask ? i - g->R : i;
	const float *k[SPANS] = {
		w->source[layer] + 2 * (size_t)C * (size_t)g->b->off[g->row[r].source],
		kv_cache_at(&w->said, g, layer, r),
		qkv->v + (size_t)i * 3 * (size_t)C + C,
	};
	int len[SPANS] = { source_len(g, r), g->length + 1, is_mask };

	for (int j = 0; j < SPANS; j++)
		span[j] = (struct kv_span){ k[j], k[j] + C, len[j], 2 * C };
}

/* A layer with the caches in place of sequences. */
static void cached_layer(const struct decoding *g, struct stream *s, int layer)
{
	const struct writing *w = g->own;
	struct ten *qkv = stream_qkv(s, layer);
	size_t C = (size_t)g->m->cfg.dim;
	int rows = qkv->rows;
	struct ten *q = tape_ten(g->t, rows, (int)C), *y = tape_ten(g->t, rows, (int)C);

	kv_cache_put(&w->said, g, layer, qkv);
	for (int i = 0; i < rows; i++) {
		memcpy(q->v + (size_t)i * C, qkv->v + (size_t)i * 3 * C,
		       C * sizeof *q->v);
		set_spans(g, layer, i, qkv, w->span + i * SPANS);
	}
	infer_attend_spans(q->v, rows, (int)C, g->m->cfg.heads, w->span, SPANS, y->v);
	stream_attended(s, layer, y);
	stream_feed(s, layer);
}

/* The last row of each live row's source. */
static struct ten *source_ends(const struct decoding *g)
{
	const struct writing *w = g->own;
	int *end = arena_alloc(&g->t->arena, ((size_t)g->R + 1) * sizeof *end);

	for (int r = 0; r < g->R; r++)
		end[r] = g->b->off[g->row[r].source + 1] - 1;
	return op_rows(g->t, w->rows, end, g->R);
}

/* The text as its rows count it: without a start piece there is one row less. */
static struct decoding turn_of(const struct decoding *g)
{
	const struct writing *w = g->own;
	struct decoding turn = *g;

	turn.length -= !w->how.starts;
	return turn;
}

struct ten *continuation_step(struct decoding *g)
{
	const struct writing *w = g->own;
	struct stream s = stream_of(g->m, g->t, g->b->task, 0.0f);
	struct decoding turn = turn_of(g);

	if (turn.length < 0)
		return source_ends(g);
	stream_begin(&s, embed_turn(&turn, g->R * (1 + w->how.masks)));
	for (int i = 0; i < s.stack->n; i++)
		cached_layer(&turn, &s, i);
	if (!w->how.masks)
		return s.h;
	return tape_wrap(g->t, s.h->v + (size_t)g->R * (size_t)s.h->cols, g->R,
			 s.h->cols);
}

void continuation_move(struct decoding *g, const struct search_move *move, int n)
{
	const struct writing *w = g->own;
	struct decoding turn = turn_of(g);

	kv_cache_move(&w->said, &turn, move, n);
}

/* --- what it costs --- */

/* In the top layer, of rows that are not asked: all but their keys and values. */
static double unread_flops(const struct model *m, struct continuation how, double n,
			   double t, double see)
{
	double kv = 4.0 * m->cfg.dim * m->cfg.dim, own = trunk_layer_flops(&m->cfg) - kv;
	double flops = m->trunk->flops(m, n) / m->cfg.layers - n * kv;

	if (!how.starts)
		flops -= own + attention_flops(&m->cfg, n); /* the source's last one asks */
	if (how.masks)
		flops += t * (own + see);
	return flops;
}

double continuation_flops(const struct model *m, struct continuation how, double n,
			  double t, bool source)
{
	double rows = how.starts ? t : t - 1;
	/* a row sees the source, the rows before it, and itself; a mask one row more */
	double see = attention_flops(&m->cfg, n + (rows + 1) / 2);
	double layer = rows * (trunk_layer_flops(&m->cfg) + see);

	if (how.masks)
		layer += t * (trunk_layer_flops(&m->cfg) + see + attention_flops(&m->cfg, 1));
	return m->cfg.layers * layer - (source ? 0 : unread_flops(m, how, n, t, see));
}
