/*
 * plan_one.c - plans of one task, taken out of others and put together again: for runs
 * whose tasks come one after the other.
 */
#include "plan/plan.h"

#include <string.h>

#include "base/mem.h"

/* What rates say of the one task that is left, once it is alone. */
static void only_rates(struct plan *p, const struct rates *all, int task)
{
	struct rates left;
	struct freeze_groups g;

	rates_init(&left);
	left.embeddings = all->embeddings;
	memcpy(left.layers, all->layers, sizeof left.layers);
	left.heads[0] = all->heads[task];
	plan_groups(p, &g);
	if (!g.heads)
		left.heads[0] = 1;
	if (!rates_any(&left) || !rates_show(&g, &left, p->rates, sizeof p->rates))
		p->rates[0] = '\0';
}

void plan_only_task(struct plan *p, int task)
{
	struct rates rates;
	struct plan *rest = xcalloc(1, sizeof *rest);
	struct plan_task *one = xcalloc(1, sizeof *one);

	plan_rates(p, &rates);
	*one = p->tasks[task];
	p->tasks[task] = (struct plan_task){ 0 };
	rest->tasks = p->tasks;
	rest->n_tasks = p->n_tasks;
	plan_free(rest);
	one->weight = 1;
	one->share = -1;
	one->muted = false;
	one->from[0] = '\0'; /* the rows are its own by now */
	one->decoder_of[0] = '\0';
	p->tasks = one;
	p->n_tasks = 1;
	p->frozen[0] = '\0';
	only_rates(p, &rates, task);
	p->method[METHOD_SAMPLING] = (struct plan_method){ .name = "proportional" };
	p->method[METHOD_WEIGHTING] = (struct plan_method){ .name = "fixed" };
	str_copy(p->best, sizeof p->best, "mean");
}

int plan_put_task(struct plan *p, struct plan *from)
{
	int at = plan_task_find(p, from->tasks[0].name);
	struct plan_task old = { 0 };

	BUG_IF(from->n_tasks != 1);
	if (at < 0) {
		at = p->n_tasks++;
		p->tasks = xreallocarray(p->tasks, (size_t)p->n_tasks, sizeof *p->tasks);
	} else {
		old = p->tasks[at];
	}
	p->tasks[at] = from->tasks[0];
	from->tasks[0] = old; /* freed with it */
	return at;
}
