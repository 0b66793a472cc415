/*
 * class_weights.c - what each label counts in its task's loss.
 */
#include "session/class_weights.h"

#include "base/mem.h"

static enum status balance(struct session_task *t, const char *task, struct err *err)
{
	const uint64_t *count = dataset_label_counts(t->train);
	double rows = (double)dataset_size(t->train);

	for (int k = 0; k < t->n_labels; k++) {
		if (!count[k])
			return err_set(err, ST_INVALID, "tasks.%s.class_weights: no train row "
				       "has the label '%.60s': balanced weights have none "
				       "for it", task, t->labels[k]);
		t->class_weight[k] = (float)(rows / (t->n_labels * (double)count[k]));
	}
	return ST_OK;
}

enum status class_weights_make(struct session *s, int i, struct err *err)
{
	const struct plan_task *p = &s->plan->tasks[i];
	struct session_task *t = &s->task[i];

	if (!p->n_class_weights)
		return ST_OK;
	t->class_weight = xcalloc((size_t)t->n_labels, sizeof *t->class_weight);
	if (p->n_class_weights < 0)
		return balance(t, p->name, err);
	BUG_IF(p->n_class_weights != t->n_labels); /* plan_check_labels */
	for (int k = 0; k < t->n_labels; k++)
		t->class_weight[k] = (float)p->class_weights[k];
	return ST_OK;
}
