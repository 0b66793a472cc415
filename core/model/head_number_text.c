/*
 * head_number_text.c - a number, said as the text of a point of the task's grid
 * (data/number_grid.h, text_scores.h; T5's way: Raffel et al. 2020, 2.4).
 *
 * The target is the point next to the number. The answer is the point whose text has the
 * best score, at a tie the lowest: what a search would write that may write points alone.
 */
#include "model/text_scores.h"

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	(void)m;
	if (task->grid.n < 2)
		return err_set(err, ST_INVALID, "task '%s' has no grid of numbers to say",
			       task->name);
	return text_scores_check(task, task->grid.n, "number", err);
}

static void *declare(struct build *own, const struct model_task *task)
{
	return text_scores_declare(own, task, task->grid.n);
}

static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	int32_t *which = arena_alloc(&t->arena, ((size_t)b->B + 1) * sizeof *which);

	for (int i = 0; i < b->B; i++)
		which[i] = number_grid_nearest(&m->task[b->task].grid, b->number[i]);
	return text_scores_loss(m, t, b, which, p_drop);
}

static int best(const float *x, int n)
{
	int k = 0;

	for (int i = 1; i < n; i++)
		k = x[i] > x[k] ? i : k;
	return k;
}

static void answer(const struct model_task *task, float *x, int n, double *p)
{
	*p = number_grid_value(&task->grid, best(x, n));
}

/* z: the score of the number that is said. */
static void ask(const struct model_task *task, const double *p, int n, float *d)
{
	(void)n;
	d[number_grid_nearest(&task->grid, *p)] = 1.0f;
}

/* Of the text of the point next to the row's number, as in training. */
static double row_loss(const struct model_task *task, const struct batch *b, int i,
		       const float *x, int n)
{
	(void)n;
	return -(double)x[number_grid_nearest(&task->grid, b->number[i])];
}

const struct head_kind head_number_text = {
	.picks = true,
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
