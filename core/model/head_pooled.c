/*
 * head_pooled.c - the head of classification and regression.
 *
 * All of it is the task's own, so labels of two tasks never meet: what they share ends
 * with the trunk's rows.
 */
#include "model/head_pooled.h"

struct pooled {
	int attention; /* [1, C], with POOL_ATTENTION */
	struct dense hidden, out;
	int outputs;
};

/* The last layer starts small: the first prediction says "I do not know". */
void *pooled_declare(struct build *own, int outputs)
{
	struct build b = build_in(own, "head");
	struct pooled *h = arena_zalloc(&own->m->arena, sizeof *h);
	int C = own->m->cfg.dim;

	if (own->m->cfg.pool == POOL_ATTENTION)
		h->attention = build_matrix(&b, "attention", 1, C, build_glorot(C, 1));
	h->hidden = build_dense(&b, "hidden", C, C, build_glorot(C, C));
	h->out = build_dense(&b, "out", outputs, C, 0.02);
	h->outputs = outputs;
	return h;
}

struct ten *pooled_scores(const struct model *m, struct tape *t, const struct batch *b,
			  float p_drop, struct ten **embedded)
{
	const struct pooled *h = m->head[b->task];
	struct ten *x = model_rows(m, t, b, p_drop, embedded);
	struct ragged *seq = arena_alloc(&t->arena, sizeof *seq);

	*seq = (struct ragged){ b->B, b->off };
	if (m->cfg.pool == POOL_ATTENTION)
		x = op_attention_pool(t, x, seq, h->attention);
	else
		x = op_pool(t, x, seq, m->cfg.pool);
	if (m->cfg.drop_pooled)
		x = op_dropout(t, x, p_drop);
	x = op_dropout(t, dense_apply(t, x, &h->hidden, m->cfg.head_act), p_drop);
	return dense_apply(t, x, &h->out, ACT_NONE);
}

double pooled_flops(const struct model *m, int task, double n, double t)
{
	const struct pooled *h = m->head[task];
	double C = m->cfg.dim, flops = 2 * C * (C + h->outputs);

	(void)t;
	return flops + (m->cfg.pool == POOL_ATTENTION ? 4 * C * n : 0);
}
