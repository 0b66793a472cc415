/*
 * head_label_text.c - one of the task's labels, said as its text (text_scores.h).
 */
#include <math.h>

#include "model/text_scores.h"

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	enum status st = head_of(NULL, TASK_CLASSIFY)->check(m, task, err);

	return st ? st : text_scores_check(task, task->n_labels, "label", err);
}

static void *declare(struct build *own, const struct model_task *task)
{
	return text_scores_declare(own, task, task->n_labels);
}

static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	return text_scores_loss(m, t, b, b->label, p_drop);
}

static void answer(const struct model_task *task, float *x, int n, double *p)
{
	head_of(NULL, TASK_CLASSIFY)->answer(task, x, n, p);
}

static void ask(const struct model_task *task, const double *p, int n, float *d)
{
	head_of(NULL, TASK_CLASSIFY)->ask(task, p, n, d);
}

/* Of the label's text, as in training. */
static double row_loss(const struct model_task *task, const struct batch *b, int i,
		       const float *x, int n)
{
	(void)task;
	(void)n;
	return b->label[i] < 0 ? NAN : -(double)x[b->label[i]];
}

const struct head_kind head_label_text = {
	.check = check,
	.declare = declare,
	.loss = loss,
	.flops = text_scores_flops,
	.score_flops = text_scores_score_flops,
	.scores = text_scores,
	.answer = answer,
	.ask = ask,
	.row_loss = row_loss,
};
