/*
 * decoder.c - the summary decoder in training: whole summaries at once, each
 * row seeing the rows before it, the encoder's rows by cross-attention, and the
 * source's pieces by the copy gate (See et al. 2017).
 */
#include "model/transformer.h"

#include "base/mem.h"

static void declare_output(struct build *b, struct decoder *d, int encoder_tok)
{
	const struct model_config *cfg = &b->m->cfg;
	int C = cfg->dim;
	struct build in = build_in(b, "output");
	double cc = build_glorot(C, C);

	d->w = encoder_tok;
	if (!cfg->tied)
		d->w = build_table(&in, "weight", cfg->vocab,
				   PARAM_DECAY | PARAM_OUTPUT,
				   transformer_table_dev(cfg));
	d->b = build_vector(&in, "bias", cfg->vocab);
	if (!cfg->copy)
		return;
	in = build_in(b, "copy");
	d->q = build_dense(&in, "q", C, C, cc);
	d->k = build_dense(&in, "k", C, C, cc);
	d->gate = build_dense(&in, "gate", 1, C, 0.02);
}

void decoder_declare(struct build *own, struct decoder *d, int encoder_tok)
{
	const struct model_config *cfg = &own->m->cfg;
	struct build b = build_in(own, "decoder"), in;
	struct stack *s = &d->stack;
	unsigned lazy = PARAM_ROWS | PARAM_LAZY | PARAM_DECAY;

	d->tok = encoder_tok;
	if (!cfg->tied)
		d->tok = build_table(&b, "token", cfg->vocab, lazy,
				     transformer_table_dev(cfg));
	d->pos = build_table(&b, "position", cfg->max_target, lazy,
			     transformer_place_dev(cfg));
	s->n = cfg->decoder_layers;
	s->sublayers = 3;
	s->layer = xcalloc((size_t)s->n, sizeof *s->layer);
	for (int i = 0; i < s->n; i++) {
		in = build_in(&b, "%d", i);
		layer_declare(&in, &s->layer[i], 3, s->n);
	}
	s->edge = build_norm(&b, "norm");
	declare_output(&b, d, encoder_tok);
}

static void decoder_layer(struct stream *s, int i, struct ten *memory,
			  const struct ragged *dec, const struct ragged *src)
{
	const struct layer *l = &s->stack->layer[i];
	struct ten *x = dense_apply(s->t, s->h, &l->qkv, ACT_NONE), *kv;

	x = op_self_attention(s->t, x, dec, s->cfg->heads, true, s->p_drop);
	stream_add(s, i, 0, dense_apply(s->t, x, &l->out, ACT_NONE));
	x = dense_apply(s->t, s->h, &l->cross_q, ACT_NONE);
	kv = dense_apply(s->t, memory, &l->cross_kv, ACT_NONE);
	x = op_cross_attention(s->t, x, kv, dec, src, s->cfg->heads, s->p_drop);
	stream_add(s, i, 1, dense_apply(s->t, x, &l->cross_out, ACT_NONE));
	stream_feed(s, i);
}

struct loss decoder_loss(const struct model *m, struct tape *t, const struct batch *b,
		    float p_drop)
{
	return decoder_loss_of(m, t, b,
			       transformer_encode(m, t, b, p_drop, NULL), p_drop, NULL);
}

struct loss decoder_loss_of(const struct model *m, struct tape *t,
			    const struct batch *b, struct ten *memory, float p_drop,
			    double *each)
{
	const struct transformer *f = m->own;
	const struct decoder *d = &f->task[b->task].decoder;
	float smoothing = each ? 0.0f : m->task[b->task].smoothing; /* shown: plain */
	struct ten *x;
	struct ragged *seq = arena_alloc(&t->arena, 2 * sizeof *seq);
	struct stream s = { .t = t, .cfg = &m->cfg, .stack = &d->stack,
			    .p_drop = p_drop };

	seq[0] = (struct ragged){ b->B, b->dec_off };
	seq[1] = (struct ragged){ b->B, b->off };
	x = op_embed(t, d->tok, b->dec_in, b->T, d->pos, b->dec_pos, PARAM_NONE,
		     NULL, transformer_scale(&m->cfg));
	stream_begin(&s, x);
	for (int i = 0; i < s.stack->n; i++)
		decoder_layer(&s, i, memory, &seq[0], &seq[1]);
	if (!m->cfg.copy)
		return op_output_loss(t, s.h, d->w, d->b, b->dec_out, smoothing,
				      each);
	return op_copy_loss(t, &(struct copy_inputs){
		.x = s.h, .q = dense_apply(t, s.h, &d->q, ACT_NONE),
		.k = dense_apply(t, memory, &d->k, ACT_NONE),
		.gate = dense_apply(t, s.h, &d->gate, ACT_NONE),
		.dec = &seq[0], .src = &seq[1], .src_ids = b->ids,
		.target = b->dec_out, .w = d->w, .b = d->b,
		.smoothing = smoothing, .each = each });
}
