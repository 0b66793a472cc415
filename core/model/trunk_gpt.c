/*
 * trunk_gpt.c - a causal language model: pre-norm layers of which each row sees those
 * before it, learned places, GELU by tanh, a final norm, the table of tokens for output
 * (GPT-2: Radford et al. 2019). Every task is text in, text out: labels and numbers
 * are said, and summaries go on from their source (lm.h).
 *
 * The rows of tokens are scaled as pre-norm has it where nothing else is said; GPT-2's
 * own weights want a table_scale of 1.
 *
 * Names of parameters: those of layered.h, without segments, its layers under layers.
 */
#include "model/layered.h"
#include "model/lm.h"

/* Room for the longest source and what is written behind it. */
static void gpt_settle(struct model_config *c)
{
	int written = c->max_target > LABEL_PIECES_MAX ? c->max_target : LABEL_PIECES_MAX;

	c->pre_norm = true;
	c->tied = true;
	c->copy = false;
	c->segments = NO_SEGMENTS;
	if (c->act == ACT_NONE)
		c->act = ACT_GELU_TANH;
	if (!c->max_positions)
		c->max_positions = c->max_source + written;
}

static const struct head_kind *gpt_head(enum task_kind k)
{
	switch (k) {
	case TASK_CLASSIFY:  return &head_label_text;
	case TASK_REGRESS:   return &head_number_text;
	case TASK_SUMMARIZE: return &head_summarize;
	case TASK_DENOISE:   return &head_denoise;
	case TASK_LM:        return &head_lm;
	default:             return NULL;
	}
}

static void *gpt_declare(struct model *m, struct param_set *ps)
{
	return layered_declare(m, ps, "layers");
}

static struct ten *gpt_rows(const struct model *m, struct tape *t, const struct batch *b,
			    float p_drop, struct ten **embedded)
{
	return layered_rows(m, t, b, true, p_drop, embedded);
}

static double gpt_flops(const struct model *m, double n)
{
	return m->cfg.layers * n *
	       (trunk_layer_flops(&m->cfg) + attention_flops(&m->cfg, (n + 1) / 2));
}

const struct trunk_kind trunk_gpt = {
	.name = "gpt",
	.help = "A causal language model: every task is text in, text out.",
	.fields = (const char *const[]){ LAYERED_FIELDS, "prompt_loss", NULL },
	.decoder = &decoder_lm,
	.head = gpt_head,
	.settle = gpt_settle,
	.check = layered_check,
	.declare = gpt_declare,
	.declare_task = layered_declare_task,
	.declare_adapters = layered_declare_adapters,
	.rows = gpt_rows,
	.tokens = layered_tokens,
	.flops = gpt_flops,
	.stack = layered_stack,
	.embed = layered_embed,
};
