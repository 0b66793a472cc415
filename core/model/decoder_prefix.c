/*
 * decoder_prefix.c - a summary by the trunk's own layers: source and summary are one
 * sequence, of which the source's rows see each other both ways and never the summary,
 * the summary's the source and what was said before (UniLM: Dong et al. 2019).
 *
 * The summary's places go on where the source's end, and its rows are of segment 1. A
 * piece is predicted from the row of the piece before it, or (cfg.from_mask, UniLM's
 * fine-tuning) from a row more in its own place, which holds the mask and is seen by
 * nobody. With k = source pieces, row j of the summary stands at k + j and begins with
 * what a decoder reads first; its mask stands at k + j + 1.
 *
 * In a search the source's keys and values are computed once: `source` [N, 2C] of each
 * layer. A turn feeds the last piece, with from_mask a mask behind it, whose keys are
 * not kept.
 *
 * Names of parameters: those of writer.h with a transform, under decoder.
 */
#include <string.h>

#include "model/kv_cache.h"
#include "model/stack.h"
#include "model/writer.h"

static const struct writer *prefix_writer(const struct model *m, int task)
{
	return m->head[task];
}

/* --- settings and parameters --- */

static int places_of(const struct model_config *c)
{
	return c->max_source + c->max_target + c->from_mask;
}

static void prefix_settle(struct model_config *c)
{
	if (!c->max_positions)
		c->max_positions = places_of(c);
}

static enum status prefix_check(const struct model_config *c, struct err *err)
{
	const struct size_row row[] = {
		{ "max_positions", c->max_positions, places_of(c), 1 << 20 },
		{ "mask_id", c->mask_id, 0, c->vocab - 1 },
	};

	return model_check_sizes(row, c->from_mask ? 2 : 1, err);
}

static void *prefix_declare(struct build *own)
{
	struct writer *o = arena_zalloc(&own->m->arena, sizeof *o);
	struct build b = build_in(own, "decoder");

	writer_declare_transform(&b, o);
	return o;
}

/* --- in training --- */

/* The rows of a batch, of an example the source, the summary and its masks. */
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

static void lay_example(const struct model *m, const struct batch *b, int e,
			struct laid *l)
{
	int k = l->prefix[e] = b->off[e + 1] - b->off[e];

	for (int i = b->off[e]; i < b->off[e + 1]; i++) {
		l->source[i] = l->n;
		lay_row(l, b->ids[i], b->pos[i], b->seg[i]);
	}
	for (int i = b->dec_off[e]; i < b->dec_off[e + 1]; i++) {
		l->asking[i] = l->n;
		lay_row(l, b->dec_in[i], k + b->dec_pos[i], 1);
	}
	for (int i = b->dec_off[e]; i < b->dec_off[e + 1] && m->cfg.from_mask; i++) {
		l->asking[i] = l->n;
		lay_row(l, m->cfg.mask_id, k + b->dec_pos[i] + 1, 1);
	}
	l->off[e + 1] = l->n;
}

static void lay_out(const struct model *m, struct arena *a, const struct batch *b,
		    struct laid *l)
{
	size_t B = (size_t)b->B + 1, N = (size_t)b->N + 1, T = (size_t)b->T + 1;
	size_t n = N + (m->cfg.from_mask ? 2 : 1) * T;

	*l = (struct laid){
		.ids = arena_alloc(a, n * sizeof *l->ids),
		.pos = arena_alloc(a, n * sizeof *l->pos),
		.seg = arena_alloc(a, n * sizeof *l->seg),
		.off = arena_zalloc(a, B * sizeof *l->off),
		.prefix = arena_alloc(a, B * sizeof *l->prefix),
		.source = arena_alloc(a, N * sizeof *l->source),
		.asking = arena_alloc(a, T * sizeof *l->asking),
	};
	for (int e = 0; e < b->B; e++)
		lay_example(m, b, e, l);
}

static struct stream stream_of(const struct model *m, struct tape *t, int task,
			       float p_drop)
{
	return (struct stream){ .t = t, .cfg = &m->cfg, .p_drop = p_drop,
				.stack = m->trunk->stack(m, task) };
}

/* each as in op_output_loss. */
static struct loss loss_of(const struct model *m, struct tape *t, const struct batch *b,
			   float p_drop, double *each)
{
	float smoothing = each ? 0.0f : m->task[b->task].smoothing; /* shown: plain */
	struct stream s = stream_of(m, t, b->task, p_drop);
	struct prefixed *rows = arena_alloc(&t->arena, sizeof *rows);
	struct ten *source = NULL;
	struct laid l;

	lay_out(m, &t->arena, b, &l);
	*rows = (struct prefixed){ { b->B, l.off }, l.prefix, m->cfg.from_mask };
	stream_begin(&s, m->trunk->embed(m, t, &(struct places){ l.n, l.ids, l.pos,
								   l.seg }));
	for (int i = 0; i < s.stack->n; i++) {
		stream_layer_begin(&s);
		stream_prefixed(&s, i, rows);
		stream_feed(&s, i);
		stream_layer_end(&s);
	}
	if (m->cfg.copy)
		source = op_rows(t, s.h, l.source, b->N);
	return writer_loss(m, t, b, prefix_writer(m, b->task),
			   op_rows(t, s.h, l.asking, b->T), source, smoothing, each);
}

static struct loss prefix_loss(const struct model *m, struct tape *t,
			       const struct batch *b, float p_drop)
{
	return loss_of(m, t, b, p_drop, NULL);
}

/* --- in a search --- */

struct prefix {
	struct kv_cache said;
	float **source;          /* [layers] k | v of the source's rows: [N, 2C] */
	struct kv_span *span;    /* [2 slots][SPANS] what each row of a turn sees */
};

enum { SPAN_SOURCE, SPAN_SAID, SPAN_OWN, SPANS };

/* k | v of every source's rows in every layer; returns the rows: [N, C]. */
static struct ten *read_sources(const struct decoding *g, float **source)
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
			memcpy(source[i] + r * 2 * C, x->v + r * 3 * C + C,
			       2 * C * sizeof **source);
		x = op_self_attention(g->t, x, &seq, g->m->cfg.heads, false, 0.0f);
		stream_attended(&s, i, x);
		stream_feed(&s, i);
		stream_layer_end(&s);
	}
	return s.h;
}

/* The losses come first, so that their memory is given back to the search. */
static struct ten *prefix_begin(struct decoding *g, double *each)
{
	struct arena *a = &g->t->arena;
	struct arena_mark mark = arena_mark(a);
	int layers = g->m->trunk->stack(g->m, g->b->task)->n;
	size_t kv = 2 * (size_t)g->m->cfg.dim * ((size_t)g->b->N + 1);
	struct prefix *p;

	if (each && g->b->T)
		loss_of(g->m, g->t, g->b, 0.0f, each);
	arena_rewind(a, mark);
	g->own = p = arena_alloc(a, sizeof *p);
	kv_cache_init(&p->said, g, layers);
	p->source = arena_alloc(a, (size_t)layers * sizeof *p->source);
	for (int i = 0; i < layers; i++)
		p->source[i] = arena_alloc(a, kv * sizeof **p->source);
	p->span = arena_alloc(a, (2 * (size_t)g->slots + 1) * SPANS * sizeof *p->span);
	return read_sources(g, p->source);
}

static int source_len(const struct decoding *g, int r)
{
	return g->b->off[g->row[r].source + 1] - g->b->off[g->row[r].source];
}

/* The last pieces [R], and with from_mask a mask behind each [R]. */
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
	const struct prefix *p = g->own;
	bool is_mask = i >= g->R;
	int C = g->m->cfg.dim, r = is_mask ? i - g->R : i;
	const float *k[SPANS] = {
		p->source[layer] + 2 * (size_t)C * (size_t)g->b->off[g->row[r].source],
		kv_cache_at(&p->said, g, layer, r),
		qkv->v + (size_t)i * 3 * (size_t)C + C,
	};
	int len[SPANS] = { source_len(g, r), g->length + 1, is_mask };

	for (int j = 0; j < SPANS; j++)
		span[j] = (struct kv_span){ k[j], k[j] + C, len[j], 2 * C };
}

/* stream_prefixed() and stream_feed() with the caches in place of sequences. */
static void cached_layer(const struct decoding *g, struct stream *s, int layer)
{
	const struct prefix *p = g->own;
	struct ten *qkv = stream_qkv(s, layer);
	size_t C = (size_t)g->m->cfg.dim;
	int rows = qkv->rows;
	struct ten *q = tape_ten(g->t, rows, (int)C), *y = tape_ten(g->t, rows, (int)C);

	kv_cache_put(&p->said, g, layer, qkv);
	for (int i = 0; i < rows; i++) {
		memcpy(q->v + (size_t)i * C, qkv->v + (size_t)i * 3 * C,
		       C * sizeof *q->v);
		set_spans(g, layer, i, qkv, p->span + i * SPANS);
	}
	infer_attend_spans(q->v, rows, (int)C, g->m->cfg.heads, p->span, SPANS, y->v);
	stream_attended(s, layer, y);
	stream_feed(s, layer);
}

static struct ten *prefix_step(struct decoding *g)
{
	struct stream s = stream_of(g->m, g->t, g->b->task, 0.0f);
	bool from_mask = g->m->cfg.from_mask;

	stream_begin(&s, embed_turn(g, g->R * (1 + from_mask)));
	for (int i = 0; i < s.stack->n; i++)
		cached_layer(g, &s, i);
	if (!from_mask)
		return s.h;
	return tape_wrap(g->t, s.h->v + (size_t)g->R * (size_t)s.h->cols, g->R,
			 s.h->cols);
}

static void prefix_move(struct decoding *g, const struct search_move *move, int n)
{
	const struct prefix *p = g->own;

	kv_cache_move(&p->said, g, move, n);
}

/* --- what it costs --- */

static double prefix_flops(const struct model *m, double n, double t)
{
	const struct model_config *cfg = &m->cfg;
	double C = cfg->dim, rows = cfg->from_mask ? 2 * t : t;
	/* the source, rows before, and itself; a mask sees one row more */
	double layer = rows * (layer_flops(cfg) + attention_flops(cfg, n + (t + 1) / 2));

	if (cfg->from_mask)
		layer += t * attention_flops(cfg, 1);
	return cfg->layers * layer + 2 * C * C * t + writer_flops(cfg, n, t);
}

const struct decoder_kind decoder_prefix = {
	.name = "prefix",
	.help = "The trunk's own layers: they see the source whole, the summary from the left.",
	.fields = (const char *const[]){ "copy", "tied", "predict_from", NULL },
	.needs_stack = true,
	.settle = prefix_settle,
	.check = prefix_check,
	.declare = prefix_declare,
	.loss = prefix_loss,
	.begin = prefix_begin,
	.step = prefix_step,
	.move = prefix_move,
	.writer = prefix_writer,
	.flops = prefix_flops,
};
