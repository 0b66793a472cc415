/*
 * head_summarize.c - a text, a summary or what was taken out of the source: everything is
 * the decoder's. The head's own, which it declares under the task's prefix, is what the
 * decoder's row gave: m->head[task].
 */
#include "model/build.h"

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	enum status st = m->decoder->check(&m->cfg, err);

	if (st)
		return err_wrap(err, st, "task '%s'", task->name);
	if (m->cfg.tied && m->cfg.embed_dim != m->cfg.dim)
		return err_set(err, ST_INVALID, "task '%s' cannot write with the trunk's "
			       "table of tokens, which is %d wide where its layers are %d: "
			       "model.tied must be false", task->name, m->cfg.embed_dim,
			       m->cfg.dim);
	if (m->cfg.max_target < 2 || m->cfg.max_target > 1 << 20)
		return err_set(err, ST_INVALID, "task '%s' needs max_target "
			       "from 2 to %d, not %d", task->name, 1 << 20,
			       m->cfg.max_target);
	return ST_OK;
}

static void *declare(struct build *own, const struct model_task *task)
{
	(void)task;
	return own->m->decoder->declare(own);
}

static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	return m->decoder->loss(m, t, b, p_drop);
}

static double flops(const struct model *m, int task, double n, double t)
{
	(void)task;
	return m->decoder->flops(m, n, t);
}

#define WRITES .writes = true, .check = check, .declare = declare, .loss = loss, .flops = flops
const struct head_kind head_summarize = { WRITES }, head_denoise = { WRITES };
