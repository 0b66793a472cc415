/*
 * head_lm.c - the next piece of a text, from the row of the piece before: the states times
 * the table of tokens, without a bias (GPT-2: Radford et al. 2019). Nothing is its own. Of
 * trunks whose rows see those before them alone.
 */
#include "model/build.h"
#include "model/pieces.h"

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
	(void)own;
	(void)task;
	return NULL;
}

static struct ten *states(const struct model *m, struct tape *t, const struct batch *b,
			  float p_drop, const struct asked_rows *asked, int *w, int *bias)
{
	*w = m->token;
	*bias = PARAM_NONE;
	return op_rows(t, model_rows(m, t, b, p_drop, NULL), asked->row, asked->n);
}

static double flops(const struct model *m, int task, double n, double t)
{
	(void)task;
	(void)t;
	return 2.0 * m->cfg.dim * m->cfg.vocab * (n - 1);
}

const struct head_kind head_lm = {
	.says_pieces = true,
	.is_causal = true,
	.check = check,
	.declare = declare,
	.loss = pieces_loss,
	.states = states,
	.flops = flops,
};
