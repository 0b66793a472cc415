/*
 * writer.c - the output layer of decoders: the pieces' distribution from states, mixed
 * with copies of the source's pieces. In training over all target rows at once, in a
 * search for its live rows.
 *
 * Tied weights. The table of tokens is then read in three places: the trunk's and the
 * decoder's embedding, and here. All three gradients go into the one gradient of that
 * parameter: the output layer's, all rows, already in the forward pass, the embeddings'
 * rows on the way back. The table is everybody's, so a summarizer's output layer is part
 * of the shared gradient that methods compare; untied it is the task's own.
 *
 * Over a trunk that was trained (cfg.from_trunk). Its head for masked words, where there is
 * one, is the transform (pretrained.h). Where there is none a random transform would undo
 * what the trunk's rows have: of all-MiniLM-L6-v2, the rows of the top layer against the
 * table of tokens find their own token as the first of 30522 in the median, with a cross-
 * entropy of 8.6, and of 4.1 behind activation and norm alone, since the norm makes the
 * logits' scale. So the transform begins as the identity.
 *
 * The copy gate. A state says with g = sigmoid(gate) how much is generated; the rest is
 * spread over the source's places by attention, and a piece gets what its places get. So
 * a rare piece of the source can be said at once, before the output layer knows it.
 * Training goes by logarithms of both ways (op_output.c), a search by probabilities;
 * test_greedy holds the two together. Label smoothing is over what is generated alone.
 */
#include "model/writer.h"

#include "base/mem.h"
#include "tensor/kernels.h"
#include "tensor/vmath.h"

enum { OFFER_ROWS = 128 }; /* distributions at a time */

void writer_declare(struct build *b, struct writer *o)
{
	const struct model_config *cfg = &b->m->cfg;
	int C = cfg->dim;
	struct build in = build_in(b, "output");
	double cc = build_glorot(C, C);

	o->w = b->m->token;
	if (!cfg->tied)
		o->w = build_table(&in, "weight", cfg->vocab,
				   PARAM_DECAY | PARAM_OUTPUT,
				   build_table_dev(cfg));
	if (!cfg->tied)
		build_as(&in, o->w, b->m->token, 0);
	o->b = build_vector(&in, "bias", cfg->vocab);
	if (!cfg->copy)
		return;
	in = build_in(b, "copy");
	o->q = build_dense(&in, "q", C, C, cc);
	o->k = build_dense(&in, "k", C, C, cc);
	o->gate = build_dense(&in, "gate", 1, C, 0.02);
}

void writer_declare_transform(struct build *b, struct writer *o)
{
	struct build in = build_in(b, "output");
	int C = b->m->cfg.dim;

	writer_declare(b, o);
	o->has_transform = true;
	o->transform = build_dense(&in, "transform", C, C, build_glorot(C, C));
	o->norm = build_norm(&in, "norm");
	build_as_identity(&in, o->transform);
	build_trained(&in, o->norm.gamma);
	build_trained(&in, o->norm.beta);
}

/* What the output layer reads of the states. */
static struct ten *transformed(const struct model *m, struct tape *t,
			       const struct writer *o, struct ten *x)
{
	if (!o->has_transform)
		return x;
	x = dense_apply(t, x, &o->transform, m->cfg.act);
	return op_norm(t, x, o->norm.gamma, o->norm.beta, m->cfg.eps);
}

struct loss writer_loss(const struct model *m, struct tape *t, const struct batch *b,
			const struct writer *o, struct ten *x, struct ten *rows,
			float smoothing, double *each)
{
	struct ragged *seq;

	if (!m->cfg.copy)
		return op_output_loss(t, transformed(m, t, o, x), o->w, o->b, b->dec_out,
				      smoothing, each);
	seq = arena_alloc(&t->arena, 2 * sizeof *seq);
	seq[0] = (struct ragged){ b->B, b->dec_off };
	seq[1] = (struct ragged){ b->B, b->off };
	return op_copy_loss(t, &(struct copy_inputs){
		.x = transformed(m, t, o, x), .q = dense_apply(t, x, &o->q, ACT_NONE),
		.k = dense_apply(t, rows, &o->k, ACT_NONE),
		.gate = dense_apply(t, x, &o->gate, ACT_NONE),
		.dec = &seq[0], .src = &seq[1], .src_ids = b->ids,
		.target = b->dec_out, .w = o->w, .b = o->b,
		.smoothing = smoothing, .each = each });
}

/* --- in a search --- */

struct ten *writer_keys(const struct model *m, struct tape *t, const struct writer *o,
			struct ten *rows)
{
	return m->cfg.copy ? dense_apply(t, rows, &o->k, ACT_NONE) : NULL;
}

/* The source of a live row: where it begins, how long it is. */
static int source_at(const struct decoding *g, int r, int *n)
{
	int from = g->b->off[g->row[r].source];

	*n = g->b->off[g->row[r].source + 1] - from;
	return from;
}

/*
 * Attention of the copy gate: att[r] -> [pieces of its source] for every row. One head,
 * C wide; keys stand in for values, of which nobody wants the mean.
 */
static float **copy_attention(const struct decoding *g, const struct writer *o,
			      struct ten *x, const struct ten *keys)
{
	struct arena *a = &g->t->arena;
	size_t R = (size_t)g->R;
	int C = keys->cols;
	struct ten *q = dense_apply(g->t, x, &o->q, ACT_NONE);
	struct ten *unused = tape_ten(g->t, g->R, C);
	float **att = arena_alloc(a, R * sizeof *att);
	const float **k = arena_alloc(a, R * sizeof *k);
	int *len = arena_alloc(a, R * sizeof *len);

	for (int r = 0; r < g->R; r++) {
		int from = source_at(g, r, &len[r]);

		k[r] = keys->v + (size_t)from * (size_t)C;
		att[r] = arena_alloc(a, (size_t)len[r] * sizeof **att);
	}
	infer_attend(q->v, g->R, C, 1, k, k, len, C, unused->v, att);
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

void writer_offer(const struct decoding *g, const struct writer *o, struct search *s,
		  struct ten *x, const struct ten *keys)
{
	int V = g->m->cfg.vocab, rows = g->R < OFFER_ROWS ? g->R : OFFER_ROWS;
	struct ten *p = tape_ten(g->t, rows, V), *gate = NULL;
	struct ten *out = transformed(g->m, g->t, o, x);
	float **att = NULL;

	if (keys) {
		gate = dense_apply(g->t, x, &o->gate, ACT_NONE);
		att = copy_attention(g, o, x, keys);
	}
	for (int at = 0; at < g->R; at += rows) {
		int n = g->R - at < rows ? g->R - at : rows;

		infer_output(g->t, out->v + (size_t)at * (size_t)out->cols, n, o->w,
			     o->b, p->v);
		k_softmax(n, V, p->v, 1.0f, false);
		for (int r = at; r < at + n; r++) {
			int len, from = source_at(g, r, &len);
			struct search_offer offer = {
				.p = p->v + (size_t)(r - at) * (size_t)V,
				.gate = 1.0f, .src = g->b->ids + from,
			};

			if (att) {
				offer.copy = att[r];
				offer.n_src = len;
				mix_copy(V, &offer, gate->v[r]);
			}
			search_offer(s, r, &offer);
		}
	}
}

/* --- what it costs --- */

double writer_flops(const struct model_config *cfg, double n, double t)
{
	double C = cfg->dim, flops = 2 * C * cfg->vocab * t;

	if (cfg->copy)
		flops += 2 * C * C * (t + n) + 2 * C * t + 2 * C * t * n;
	return flops;
}
