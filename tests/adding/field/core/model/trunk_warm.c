/*
 * trunk_warm.c - a bag of embeddings whose rows are divided by a temperature, the
 * plan's model.temper: a trunk with a field of its own.
 */
#include "model/build.h"

static enum status warm_check(const struct model_config *cfg, struct err *err)
{
	if (!(cfg->temper > 0))
		return err_set(err, ST_INVALID, "model.temper must be above 0, not %g",
			       cfg->temper);
	return ST_OK;
}

static void *warm_declare(struct model *m, struct param_set *ps)
{
	struct build all = build_shared(m, ps), b = build_in(&all, "embed");

	build_tokens(&b);
	return NULL;
}

static struct ten *warm_tokens(const struct model *m, struct tape *t,
			       const struct batch *b)
{
	return op_embed(t, m->token, b->ids, b->N, PARAM_NONE, NULL, PARAM_NONE, NULL,
			(float)(m->cfg.table_scale / m->cfg.temper));
}

static struct ten *warm_rows(const struct model *m, struct tape *t,
			     const struct batch *b, float p_drop, struct ten **embedded)
{
	struct ten *x = warm_tokens(m, t, b);

	if (embedded)
		*embedded = x;
	return op_dropout(t, x, p_drop);
}

static double warm_flops(const struct model *m, double n)
{
	(void)m;
	(void)n;
	return 0;
}

const struct trunk_kind trunk_warm = {
	.name = "warm",
	.help = "A bag of embeddings with a temperature.",
	.fields = (const char *const[]){ "dim", "pool", "temper", NULL },
	.check = warm_check,
	.declare = warm_declare,
	.rows = warm_rows,
	.tokens = warm_tokens,
	.flops = warm_flops,
};
