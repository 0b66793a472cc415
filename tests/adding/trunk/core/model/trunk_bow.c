/*
 * trunk_bow.c - a bag of embeddings: every token's row by itself through one dense
 * layer. It knows no order; heads that pool and decoders stand on it all the same.
 *
 * Names of parameters: embed.token, bag.mix.{weight, bias}
 */
#include "base/mem.h"
#include "model/build.h"

static enum status bow_check(const struct model_config *cfg, struct err *err)
{
	(void)cfg;
	(void)err;
	return ST_OK;
}

static void *bow_declare(struct model *m, struct param_set *ps)
{
	struct dense *mix = arena_zalloc(&m->arena, sizeof *mix);
	struct build all = build_shared(m, ps), b = build_in(&all, "embed");
	int C = m->cfg.dim;

	build_tokens(&b);
	b = build_in(&all, "bag");
	*mix = build_dense(&b, "mix", C, C, build_glorot(C, C));
	return mix;
}

static struct ten *bow_tokens(const struct model *m, struct tape *t,
			      const struct batch *b)
{
	return op_embed(t, m->token, b->ids, b->N, PARAM_NONE, NULL, PARAM_NONE, NULL,
			(float)m->cfg.table_scale);
}

static struct ten *bow_rows(const struct model *m, struct tape *t,
			    const struct batch *b, float p_drop, struct ten **embedded)
{
	struct ten *x = bow_tokens(m, t, b);

	if (embedded)
		*embedded = x;
	return dense_apply(t, op_dropout(t, x, p_drop), m->own, ACT_TANH);
}

static double bow_flops(const struct model *m, double n)
{
	return 2 * n * m->cfg.dim * m->cfg.dim;
}

const struct trunk_kind trunk_bow = {
	.name = "bow",
	.help = "A bag of embeddings.",
	.fields = (const char *const[]){ "dim", "pool", NULL },
	.check = bow_check,
	.declare = bow_declare,
	.rows = bow_rows,
	.tokens = bow_tokens,
	.flops = bow_flops,
};
