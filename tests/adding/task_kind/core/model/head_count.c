/*
 * head_count.c - a count: the head predicts log(1 + y), squared error.
 */
#include "model/head_pooled.h"

#include <math.h>

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
	(void)task;
	return pooled_declare(own, 1);
}

static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	struct ten *x = pooled_scores(m, t, b, p_drop, NULL);
	float *y = arena_alloc(&t->arena, ((size_t)b->B + 1) * sizeof *y);

	for (int i = 0; i < b->B; i++)
		y[i] = (float)log1p(b->number[i]);
	return op_mse(t, x, y);
}

static void answer(const struct model_task *task, float *x, int n, double *p)
{
	(void)task;
	for (int k = 0; k < n; k++)
		p[k] = expm1((double)x[k]);
}

/* z: the count, of which d/dx is e^x. */
static void ask(const struct model_task *task, const double *p, int n, float *d)
{
	(void)task;
	(void)n;
	d[0] = (float)(p[0] + 1);
}

/* Of logarithms, as in training. */
static double row_loss(const struct model_task *task, const struct batch *b, int i,
		       const float *x, int n)
{
	double d = (double)x[0] - log1p(b->number[i]);

	(void)task;
	(void)n;
	return d * d;
}

const struct head_kind head_count = {
	.check = check,
	.declare = declare,
	.loss = loss,
	.flops = pooled_flops,
	.scores = pooled_scores,
	.answer = answer,
	.ask = ask,
	.row_loss = row_loss,
};
