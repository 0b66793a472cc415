/*
 * head_mlm.c - hidden pieces, said from the rows in whose places they were: BERT's head
 * (Devlin et al. 2019; their run_pretraining's get_masked_lm_output): dense, activation,
 * layer norm, then the table of pieces and a bias of its own.
 *
 * Tied, the output layer is the trunk's table, which is everybody's; a table that is not
 * as wide as the layers (ELECTRA's) is reached by the dense layer.
 *
 * Names of parameters: head.{transform, norm}.{weight, bias}, head.bias; untied
 * head.weight.
 */
#include "model/build.h"
#include "model/pieces.h"

struct unmasker {
	struct dense transform;
	struct norm norm;
	int w, b;
};

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	(void)m;
	(void)task;
	(void)err;
	return ST_OK;
}

static void *declare(struct build *own, const struct model_task *task)
{
	const struct model_config *cfg = &own->m->cfg;
	struct unmasker *h = arena_zalloc(&own->m->arena, sizeof *h);
	struct build b = build_in(own, "head");
	int E = cfg->tied ? cfg->embed_dim : cfg->dim;

	(void)task;
	h->transform = build_dense(&b, "transform", E, cfg->dim, build_glorot(cfg->dim, E));
	h->norm = build_norm_wide(&b, "norm", E);
	h->w = own->m->token;
	if (!cfg->tied)
		h->w = build_table(&b, "weight", cfg->vocab, PARAM_DECAY | PARAM_OUTPUT,
				   build_table_dev(cfg));
	h->b = build_vector(&b, "bias", cfg->vocab);
	return h;
}

static struct ten *states(const struct model *m, struct tape *t, const struct batch *b,
			  float p_drop, const struct asked_rows *asked, int *w, int *bias)
{
	const struct unmasker *h = m->head[b->task];
	struct ten *x = model_rows(m, t, b, p_drop, NULL);

	*w = h->w;
	*bias = h->b;
	x = dense_apply(t, op_rows(t, x, asked->row, asked->n), &h->transform, m->cfg.act);
	return op_norm(t, x, h->norm.gamma, h->norm.beta, m->cfg.eps);
}

/* n: the row's pieces, of which about one in seven is asked for. */
static double flops(const struct model *m, int task, double n, double t)
{
	double C = m->cfg.dim, E = m->cfg.tied ? m->cfg.embed_dim : C;

	(void)task;
	(void)t;
	return n * PIECES_ASKED * (2 * C * E + 2 * E * m->cfg.vocab);
}

const struct head_kind head_mlm = {
	.says_pieces = true,
	.check = check,
	.declare = declare,
	.loss = pieces_loss,
	.states = states,
	.flops = flops,
};
