/*
 * decoder_prefix.c - a summary by the trunk's own layers: source and summary are one
 * sequence, of which the source's rows see each other both ways and never the summary,
 * the summary's the source and what was said before (UniLM: Dong et al. 2019;
 * continuation.h). A piece is predicted from the row of the piece before it, or
 * (cfg.from_mask) from a mask in its own place.
 *
 * With cfg.from_trunk the output layer begins as the trunk's (writer.h).
 *
 * Names of parameters: those of writer.h with a transform, under decoder.
 */
#include "model/continuation.h"
#include "model/writer.h"

static struct continuation how_of(const struct model_config *cfg)
{
	return (struct continuation){ .starts = true, .masks = cfg->from_mask };
}

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

/* --- in training, in a search --- */

/* each as in op_output_loss. */
static struct loss loss_of(const struct model *m, struct tape *t, const struct batch *b,
			   float p_drop, double *each)
{
	float smoothing = each ? 0.0f : m->task[b->task].smoothing; /* shown: plain */
	struct ten *source = NULL, *x;

	x = continuation_rows(m, t, b, how_of(&m->cfg), p_drop,
			      m->cfg.copy ? &source : NULL);
	return writer_loss(m, t, b, prefix_writer(m, b->task), x, source, smoothing,
			   each);
}

static struct loss prefix_loss(const struct model *m, struct tape *t,
			       const struct batch *b, float p_drop)
{
	return loss_of(m, t, b, p_drop, NULL);
}

/* The losses come first, so that their memory is given back to the search. */
static struct ten *prefix_begin(struct decoding *g, double *each)
{
	struct arena_mark mark = arena_mark(&g->t->arena);

	if (each && g->b->T)
		loss_of(g->m, g->t, g->b, 0.0f, each);
	arena_rewind(&g->t->arena, mark);
	return continuation_begin(g, how_of(&g->m->cfg));
}

/* --- what it costs --- */

static double prefix_flops(const struct model *m, double n, double t)
{
	const struct model_config *cfg = &m->cfg;
	double C = cfg->dim;

	return continuation_flops(m, how_of(cfg), n, t, cfg->copy) + 2 * C * C * t +
	       writer_flops(cfg, n, t);
}

const struct decoder_kind decoder_prefix = {
	.name = "prefix",
	.help = "The trunk's own layers: they see the source whole, the summary from the left.",
	.fields = (const char *const[]){ "copy", "tied", "predict_from",
					 "decoder_init", NULL },
	.needs_stack = true,
	.settle = prefix_settle,
	.check = prefix_check,
	.declare = prefix_declare,
	.loss = prefix_loss,
	.begin = prefix_begin,
	.step = continuation_step,
	.move = continuation_move,
	.writer = prefix_writer,
	.flops = prefix_flops,
};
