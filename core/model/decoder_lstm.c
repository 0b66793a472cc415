/*
 * decoder_lstm.c - an LSTM that writes from any trunk's rows: at every piece it looks
 * at the source and is told at the next one what it saw (Luong et al. 2015, general
 * attention and input feeding; op_attend_lstm has the equations). One layer, dim wide.
 *
 * In a search each hypothesis keeps its state a | h | c in its slot: [slots][3C].
 *
 * Names of parameters (.weight and .bias where not a table or said otherwise):
 * decoder.{token (untied), keys (.weight alone), input, hidden, combine} and those of
 * writer.h. input and hidden are PyTorch's weight_ih and weight_hh, but for what was
 * seen: its columns are the first of hidden.
 */
#include <string.h>

#include "base/mem.h"
#include "model/writer.h"

struct decoder {
	int tok, keys;         /* [V, C], [C, C] */
	struct lstm cell;
	struct dense combine;  /* [C, 2C] */
	struct writer writer;
};

static const struct decoder *decoder_of(const struct model *m, const struct batch *b)
{
	return m->head[b->task];
}

/* --- parameters --- */

static enum status lstm_check(const struct model_config *c, struct err *err)
{
	(void)c;
	(void)err;
	return ST_OK;
}

static void *lstm_declare(struct build *own)
{
	struct model *m = own->m;
	const struct model_config *cfg = &m->cfg;
	struct decoder *d = arena_zalloc(&m->arena, sizeof *d);
	struct build b = build_in(own, "decoder");
	struct dense in, hidden;
	int C = cfg->dim;

	d->tok = m->token;
	if (!cfg->tied)
		d->tok = build_table(&b, "token", cfg->vocab,
				     PARAM_ROWS | PARAM_LAZY | PARAM_DECAY,
				     build_table_dev(cfg));
	d->keys = build_matrix(&b, "keys", C, C, build_glorot(C, C));
	in = build_dense(&b, "input", 4 * C, C, build_glorot(C, C));
	hidden = build_dense(&b, "hidden", 4 * C, 2 * C, build_glorot(2 * C, C));
	d->cell = (struct lstm){ .w_ih = in.w, .b_ih = in.b, .w_hh = hidden.w,
				 .b_hh = hidden.b };
	d->combine = build_dense(&b, "combine", C, 2 * C, build_glorot(2 * C, C));
	writer_declare(&b, &d->writer);
	return d;
}

static const struct writer *lstm_writer(const struct model *m, int task)
{
	return &((const struct decoder *)m->head[task])->writer;
}

/* --- in training --- */

static struct ten *embed(const struct model *m, struct tape *t, const struct decoder *d,
			 const int32_t *ids, int n)
{
	return op_embed(t, d->tok, ids, n, PARAM_NONE, NULL, PARAM_NONE, NULL,
			(float)m->cfg.table_scale);
}

static struct ten *keys_of(struct tape *t, const struct decoder *d, struct ten *rows)
{
	return op_linear(t, rows, d->keys, PARAM_NONE, ACT_NONE);
}

/* From the source's rows; each as in op_output_loss. */
static struct loss loss_of(const struct model *m, struct tape *t, const struct batch *b,
			   struct ten *rows, float p_drop, double *each)
{
	const struct decoder *d = decoder_of(m, b);
	float smoothing = each ? 0.0f : m->task[b->task].smoothing; /* shown: plain */
	struct ragged *seq = arena_alloc(&t->arena, 2 * sizeof *seq);
	struct ten *x = embed(m, t, d, b->dec_in, b->T);

	seq[0] = (struct ragged){ b->B, b->dec_off };
	seq[1] = (struct ragged){ b->B, b->off };
	x = op_attend_lstm(t, &(struct attend_lstm){
		.x = op_dropout(t, x, p_drop), .rows = rows, .keys = keys_of(t, d, rows),
		.dec = &seq[0], .src = &seq[1], .w = d->cell, .w_c = d->combine.w,
		.b_c = d->combine.b });
	return writer_loss(m, t, b, &d->writer, op_dropout(t, x, p_drop), rows, smoothing,
			   each);
}

static struct loss lstm_loss(const struct model *m, struct tape *t, const struct batch *b,
			     float p_drop)
{
	return loss_of(m, t, b, model_rows(m, t, b, p_drop, NULL), p_drop, NULL);
}

/* --- in a search --- */

struct search_state {
	const struct decoder *d;
	struct ten *rows, *keys;
	struct ragged src;
	float *state;  /* [slots][3C] */
	int *off;      /* [slots + 1] 0, 1, 2: a row each */
	int *source;   /* [slots] */
};

static struct ten *lstm_begin(struct decoding *g, double *each)
{
	struct tape *t = g->t;
	size_t slots = (size_t)g->slots, C = (size_t)g->m->cfg.dim;
	struct search_state *s = arena_alloc(&t->arena, sizeof *s);
	struct arena_mark mark;

	*s = (struct search_state){ .d = decoder_of(g->m, g->b),
				    .src = { g->b->B, g->b->off } };
	s->state = arena_zalloc(&t->arena, slots * 3 * C * sizeof *s->state);
	s->off = arena_alloc(&t->arena, (slots + 1) * sizeof *s->off);
	s->source = arena_alloc(&t->arena, slots * sizeof *s->source);
	for (int i = 0; i <= g->slots; i++)
		s->off[i] = i;
	s->rows = model_rows(g->m, t, g->b, 0.0f, NULL);
	mark = arena_mark(&t->arena); /* of the losses nothing stays */
	if (each && g->b->T)
		loss_of(g->m, t, g->b, s->rows, 0.0f, each);
	arena_rewind(&t->arena, mark);
	s->keys = keys_of(t, s->d, s->rows);
	g->own = s;
	return s->rows;
}

static float *state_at(const struct decoding *g, int slot)
{
	const struct search_state *s = g->own;

	return s->state + (size_t)slot * 3 * (size_t)g->m->cfg.dim;
}

static struct ten *lstm_step(struct decoding *g)
{
	const struct search_state *s = g->own;
	size_t R = (size_t)g->R, n = 3 * (size_t)g->m->cfg.dim;
	int32_t *ids = arena_alloc(&g->t->arena, R * sizeof *ids);
	float *state = arena_alloc(&g->t->arena, R * n * sizeof *state);
	struct ragged rows = { g->R, s->off };
	struct ten *y;

	for (size_t r = 0; r < R; r++) {
		ids[r] = g->row[r].last;
		s->source[r] = g->row[r].source;
		memcpy(state + r * n, state_at(g, g->row[r].slot), n * sizeof *state);
	}
	y = op_attend_lstm(g->t, &(struct attend_lstm){
		.x = embed(g->m, g->t, s->d, ids, g->R), .rows = s->rows,
		.keys = s->keys, .dec = &rows, .src = &s->src, .source = s->source,
		.w = s->d->cell, .w_c = s->d->combine.w, .b_c = s->d->combine.b,
		.state = state, .end = state });
	for (size_t r = 0; r < R; r++)
		memcpy(state_at(g, g->row[r].slot), state + r * n, n * sizeof *state);
	return y;
}

static void lstm_move(struct decoding *g, const struct search_move *move, int n)
{
	for (int i = 0; i < n; i++)
		memcpy(state_at(g, move[i].to), state_at(g, move[i].from),
		       3 * (size_t)g->m->cfg.dim * sizeof(float));
}

/* --- what it costs --- */

static double lstm_flops(const struct model *m, double n, double t)
{
	double C = m->cfg.dim;

	return t * 2 * (4 * C * 3 * C + 2 * C * C) + n * 2 * C * C + t * 4 * C * n +
	       writer_flops(&m->cfg, n, t);
}

const struct decoder_kind decoder_lstm = {
	.name = "lstm",
	.help = "An LSTM with attention, input feeding and a copy gate.",
	.fields = (const char *const[]){ "copy", "tied", NULL },
	.check = lstm_check,
	.declare = lstm_declare,
	.loss = lstm_loss,
	.begin = lstm_begin,
	.step = lstm_step,
	.move = lstm_move,
	.writer = lstm_writer,
	.flops = lstm_flops,
};
