/*
 * head_multilabel.c - any number of the task's labels: a sigmoid each, the mean of their
 * binary cross-entropies.
 */
#include <math.h>

#include "model/head_pooled.h"
#include "tensor/vmath.h"

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	return head_of(NULL, TASK_CLASSIFY)->check(m, task, err);
}

static void *declare(struct build *own, const struct model_task *task)
{
	return pooled_declare(own, task->n_labels);
}

static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	const struct model_task *task = &m->task[b->task];
	const struct label_sets y = { b->label, b->set, b->set_off };
	struct ten *x = pooled_scores(m, t, b, p_drop, NULL);

	return op_binary_cross_entropy(t, x, &y, task->smoothing, task->class_weight);
}

static void answer(const struct model_task *task, float *x, int n, double *p)
{
	(void)task;
	for (int k = 0; k < n; k++)
		p[k] = v_sigmoidd((double)x[k]);
}

/* z: the most probable label's logit. */
static void ask(const struct model_task *task, const double *p, int n, float *d)
{
	head_of(NULL, TASK_CLASSIFY)->ask(task, p, n, d);
}

/* A logit that is right adds softplus(x) - x, one that is not softplus(x). */
static double row_loss(const struct model_task *task, const struct batch *b, int i,
		       const float *x, int n)
{
	double sum = 0;

	(void)task;
	if (b->label[i] < 0)
		return NAN;
	for (int k = 0; k < n; k++)
		sum += v_softplusd((double)x[k]);
	for (int k = b->set_off[i]; k < b->set_off[i + 1]; k++)
		sum -= (double)x[b->set[k]];
	return sum / n;
}

const struct head_kind head_multilabel = {
	.problem_type = "multi_label_classification",
	.check = check,
	.declare = declare,
	.loss = loss,
	.flops = pooled_flops,
	.scores = pooled_scores,
	.answer = answer,
	.ask = ask,
	.row_loss = row_loss,
};
