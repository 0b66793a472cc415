/*
 * head_classify.c - one of the task's labels: logits, cross-entropy.
 */
#include <math.h>

#include "model/head_pooled.h"
#include "tensor/kernels.h"
#include "tensor/vmath.h"

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	(void)m;
	if (task->n_labels < 2)
		return err_set(err, ST_INVALID,
			       "task '%s' needs at least two labels, has %d",
			       task->name, task->n_labels);
	return ST_OK;
}

static void *declare(struct build *own, const struct model_task *task)
{
	return pooled_declare(own, task->n_labels);
}

static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	const struct model_task *task = &m->task[b->task];
	struct ten *x = pooled_scores(m, t, b, p_drop, NULL);

	return op_cross_entropy(t, x, b->label, task->smoothing, task->class_weight);
}

static void answer(const struct model_task *task, float *x, int n, double *p)
{
	(void)task;
	k_softmax(1, n, x, 1.0f, false);
	for (int k = 0; k < n; k++)
		p[k] = (double)x[k];
}

/* z: the most probable label's logit. */
static void ask(const struct model_task *task, const double *p, int n, float *d)
{
	(void)task;
	d[k_greatest(n, p)] = 1.0f;
}

/* -log softmax of logits in double: no probability is too small for it. */
static double row_loss(const struct model_task *task, const struct batch *b, int i,
		       const float *x, int n)
{
	double max = (double)x[0], sum = 0;

	(void)task;
	if (b->label[i] < 0)
		return NAN;
	for (int k = 1; k < n; k++)
		max = (double)x[k] > max ? (double)x[k] : max;
	for (int k = 0; k < n; k++)
		sum += v_expd((double)x[k] - max);
	return -((double)x[b->label[i]] - max - v_logd(sum));
}

const struct head_kind head_classify = {
	.problem_type = "single_label_classification",
	.check = check,
	.declare = declare,
	.loss = loss,
	.flops = pooled_flops,
	.scores = pooled_scores,
	.answer = answer,
	.ask = ask,
	.row_loss = row_loss,
};
