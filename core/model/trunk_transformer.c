/*
 * trunk_transformer.c - an encoder of Transformer layers (Vaswani et al. 2017; layout
 * of BERT, Devlin et al. 2019, or pre-norm, Xiong et al. 2020).
 *
 * Names of parameters: those of layered.h, its layers under encoder.
 */
#include "model/layered.h"

static void *transformer_declare(struct model *m, struct param_set *ps)
{
	return layered_declare(m, ps, "encoder");
}

static struct ten *transformer_rows(const struct model *m, struct tape *t,
				    const struct batch *b, float p_drop,
				    struct ten **embedded)
{
	return layered_rows(m, t, b, false, p_drop, embedded);
}

static double transformer_flops(const struct model *m, double n)
{
	const struct model_config *c = &m->cfg;
	double project = c->embed_dim == c->dim ? 0 : 2.0 * c->embed_dim * c->dim;

	return c->layers * n * (trunk_layer_flops(c) + attention_flops(c, n)) + project * n;
}

const struct trunk_kind trunk_transformer = {
	.name = "transformer",
	.help = "An encoder of Transformer layers.",
	.fields = (const char *const[]){ LAYERED_FIELDS, "norm", "pool", "head_act",
					 "drop_pooled", NULL },
	.check = layered_check,
	.declare = transformer_declare,
	.declare_task = layered_declare_task,
	.declare_adapters = layered_declare_adapters,
	.rows = transformer_rows,
	.tokens = layered_tokens,
	.flops = transformer_flops,
	.stack = layered_stack,
	.embed = layered_embed,
	.begin_places = layered_begin_places,
};
