/*
 * lm.c - see lm.h.
 */
#include "model/lm.h"

#include "model/writer.h"

const struct continuation lm_way = { .causal = true };
static const struct lm_mean by_pieces = { LM_PIECES, NULL };

/* --- losses --- */

/* The weights of a batch's rows in the mean. */
struct shares {
	double *answer, *shown; /* [T] in the objective, in what is shown */
	double *prompt;         /* [N] */
	int units;
};

static int counted(const struct batch *b, int e)
{
	int n = 0;

	for (int i = b->dec_off[e]; i < b->dec_off[e + 1]; i++)
		n += b->dec_out[i] >= 0;
	return n;
}

/* Pieces of example e that are predicted: its answer's, and the prompt's but the first. */
static int predicted(const struct model *m, const struct batch *b, int e)
{
	int n = counted(b, e);

	return n && m->cfg.prompt_loss ? n + b->off[e + 1] - b->off[e] - 1 : n;
}

static void share_example(const struct batch *b, int e, double in_all, double in_shown,
			  struct shares *s)
{
	for (int i = b->dec_off[e]; i < b->dec_off[e + 1]; i++) {
		s->answer[i] = in_all;
		s->shown[i] = in_shown;
	}
	for (int i = b->off[e]; i < b->off[e + 1]; i++)
		s->prompt[i] = in_all;
}

static void share_out(const struct model *m, struct arena *a, const struct batch *b,
		      struct lm_mean mean, struct shares *s)
{
	int pieces = 0, shown = 0, examples = 0;

	s->answer = arena_alloc(a, ((size_t)b->T + 1) * sizeof *s->answer);
	s->shown = arena_alloc(a, ((size_t)b->T + 1) * sizeof *s->shown);
	s->prompt = arena_alloc(a, ((size_t)b->N + 1) * sizeof *s->prompt);
	for (int e = 0; e < b->B; e++) {
		examples += counted(b, e) > 0;
		shown += counted(b, e);
		pieces += predicted(m, b, e);
	}
	for (int e = 0; e < b->B; e++) {
		int n = counted(b, e), all = predicted(m, b, e);
		double w = mean.weight ? (double)mean.weight[e] : 1.0;

		if (!n)
			share_example(b, e, 0, 0, s);
		else if (mean.unit == LM_PIECES)
			share_example(b, e, w / pieces, 1.0 / shown, s);
		else
			share_example(b, e, w / all / examples, 1.0 / n / examples, s);
	}
	s->units = mean.unit == LM_PIECES ? shown : examples;
}

/* What each row of the prompts predicts; -1: the last of each, and without an answer. */
static const int32_t *next_pieces(struct arena *a, const struct batch *b)
{
	int32_t *next = arena_alloc(a, ((size_t)b->N + 1) * sizeof *next);

	for (int e = 0; e < b->B; e++)
		for (int i = b->off[e]; i < b->off[e + 1]; i++)
			next[i] = i + 1 < b->off[e + 1] && counted(b, e) ? b->ids[i + 1] :
									   -1;
	return next;
}

struct loss lm_loss(const struct model *m, struct tape *t, const struct batch *b,
		    struct lm_mean mean, float p_drop, float smoothing, double *each)
{
	struct ten *prompt = NULL, *x;
	struct shares s;
	struct loss l;

	share_out(m, &t->arena, b, mean, &s);
	if (!each)
		each = arena_alloc(&t->arena, ((size_t)b->T + 1) * sizeof *each);
	x = continuation_rows(m, t, b, lm_way, p_drop, m->cfg.prompt_loss ? &prompt : NULL);
	l = op_output_weighted(t, x, m->token, PARAM_NONE, b->dec_out, s.answer, smoothing,
			       each);
	if (prompt)
		l.objective += op_output_weighted(t, prompt, m->token, PARAM_NONE,
						  next_pieces(&t->arena, b), s.prompt,
						  smoothing, NULL).objective;
	l.plain = 0;
	for (int i = 0; i < b->T; i++)
		l.plain += b->dec_out[i] >= 0 ? s.shown[i] * each[i] : 0;
	l.units = s.units;
	return l;
}

double lm_flops(const struct model *m, double n, double t)
{
	double rows = m->cfg.prompt_loss ? n - 1 + t : t;

	return continuation_flops(m, lm_way, n, t, m->cfg.prompt_loss) +
	       2.0 * m->cfg.dim * m->cfg.vocab * rows;
}

/* --- the decoder --- */

static enum status lm_check(const struct model_config *c, struct err *err)
{
	const struct size_row row[] = {
		{ "max_positions", c->max_positions, c->max_source + c->max_target - 1,
		  1 << 20 },
	};

	return model_check_sizes(row, 1, err);
}

static void *lm_declare(struct build *own)
{
	struct writer *o = arena_zalloc(&own->m->arena, sizeof *o);

	o->w = own->m->token;
	o->b = PARAM_NONE;
	return o;
}

static const struct writer *lm_writer(const struct model *m, int task)
{
	return m->head[task];
}

static struct loss decoder_loss(const struct model *m, struct tape *t,
				const struct batch *b, float p_drop)
{
	return lm_loss(m, t, b, by_pieces, p_drop, m->task[b->task].smoothing, NULL);
}

/* The losses come first, so that their memory is given back to the search. */
static struct ten *lm_begin(struct decoding *g, double *each)
{
	struct arena_mark mark = arena_mark(&g->t->arena);

	if (each && g->b->T)
		lm_loss(g->m, g->t, g->b, by_pieces, 0.0f, 0.0f, each);
	arena_rewind(&g->t->arena, mark);
	return continuation_begin(g, lm_way);
}

const struct decoder_kind decoder_lm = {
	.name = "lm",
	.help = "The language model itself.",
	.fields = (const char *const[]){ NULL },
	.check = lm_check,
	.declare = lm_declare,
	.loss = decoder_loss,
	.begin = lm_begin,
	.step = continuation_step,
	.move = continuation_move,
	.writer = lm_writer,
	.flops = lm_flops,
};
