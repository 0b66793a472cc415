/*
 * head_regress.c - a number: the head predicts (y - mean) / scale, squared error.
 */
#include "model/head_pooled.h"

#include <math.h>

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	(void)m;
	if (!(task->scale > 0 && isfinite(task->scale) && isfinite(task->mean)))
		return err_set(err, ST_INVALID, "task '%s' has targets without "
			       "a spread (scale %g)", task->name, task->scale);
	return ST_OK;
}

static void *declare(struct build *own, const struct model_task *task)
{
	(void)task;
	return pooled_declare(own, 1);
}

/* Targets are brought to mean 0 and deviation 1 while they are doubles. */
static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	const struct model_task *task = &m->task[b->task];
	struct ten *x = pooled_scores(m, t, b, p_drop, NULL);
	float *y = arena_alloc(&t->arena, ((size_t)b->B + 1) * sizeof *y);

	for (int i = 0; i < b->B; i++)
		y[i] = (float)((b->number[i] - task->mean) / task->scale);
	return op_mse(t, x, y);
}

/* In double: a number far from 0 has no float that is near enough. */
static void answer(const struct model_task *task, float *x, int n, double *p)
{
	for (int k = 0; k < n; k++)
		p[k] = task->mean + task->scale * (double)x[k];
}

/* z: the number in the task's own unit. */
static void ask(const struct model_task *task, const double *p, int n, float *d)
{
	(void)p;
	(void)n;
	d[0] = (float)task->scale;
}

/* Of numbers in units of their deviation, as in training. */
static double row_loss(const struct model_task *task, const struct batch *b, int i,
		       const float *x, int n)
{
	double p = task->mean + task->scale * (double)x[0];
	double d = (p - b->number[i]) / task->scale;

	(void)n;
	return d * d;
}

const struct head_kind head_regress = {
	.problem_type = "regression",
	.check = check,
	.declare = declare,
	.loss = loss,
	.flops = pooled_flops,
	.scores = pooled_scores,
	.answer = answer,
	.ask = ask,
	.row_loss = row_loss,
};
