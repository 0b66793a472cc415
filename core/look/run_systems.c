/*
 * run_systems.c - means over the runs of a system.
 */
#include "look/run_systems.h"

#include <math.h>

#include "base/mem.h"

/* Which draw a run is of: its own, or its split's where there are several. */
static void fill_draws(const struct run_table *t, const struct run_group *g, int64_t *draw)
{
	bool several = false;

	for (int i = 0; i < g->n; i++)
		several |= t->card[g->member[i]].system.split !=
			   t->card[g->member[0]].system.split;
	for (int i = 0; i < g->n; i++)
		draw[i] = several ? t->card[g->member[i]].system.split : i;
}

void system_value_read(const struct run_table *t, const struct run_group *g,
		       const char *task, enum run_pick pick, int64_t step,
		       struct system_value *out)
{
	double *x = xcalloc((size_t)g->n + 1, sizeof *x), best = -INFINITY;
	int64_t *draw = xcalloc((size_t)g->n + 1, sizeof *draw);

	*out = (struct system_value){ .best = -1 };
	fill_draws(t, g, draw);
	for (int i = 0; i < g->n; i++) {
		const struct run_card *c = &t->card[g->member[i]];
		const struct run_task *k = run_card_task(c, task);

		x[i] = run_task_value(c, k, pick, step);
		if (!k || k->is_unheard)
			continue;
		out->is_there = true;
		out->metric = k->metric;
		if (!isfinite(x[i]))
			continue;
		out->runs++;
		if (metric_turned(k->metric, x[i]) > best) {
			best = metric_turned(k->metric, x[i]);
			out->best = g->member[i];
		}
	}
	mean_interval_clustered(x, draw, g->n, SYSTEM_LEVEL, &out->m);
	xfree(x);
	xfree(draw);
}

double system_mean(const struct run_table *t, const struct run_group *g,
		   enum run_pick pick, int64_t step)
{
	double *x = xcalloc((size_t)g->n + 1, sizeof *x);
	int64_t *draw = xcalloc((size_t)g->n + 1, sizeof *draw);
	struct mean_interval m;

	fill_draws(t, g, draw);
	for (int i = 0; i < g->n; i++)
		x[i] = run_card_mean(&t->card[g->member[i]], pick, step);
	mean_interval_clustered(x, draw, g->n, SYSTEM_LEVEL, &m);
	xfree(x);
	xfree(draw);
	return m.mean;
}

double system_task_difference(const struct run_table *t, const struct run_group *a,
			      const struct run_group *b, const char *task,
			      enum run_pick pick, int64_t step)
{
	struct system_value x, y;

	system_value_read(t, a, task, pick, step, &x);
	system_value_read(t, b, task, pick, step, &y);
	if (!x.is_there || !y.is_there || x.metric != y.metric)
		return NAN;
	return metric_gain(x.metric, x.m.mean, y.m.mean);
}

double system_difference(const struct run_table *t, const struct run_group *a,
			 const struct run_group *b, enum run_pick pick, int64_t step,
			 int *common)
{
	const struct run_card *c = &t->card[a->member[0]];
	double sum = 0;
	int n = 0;

	for (int i = 0; i < c->n_tasks; i++) {
		double x = system_task_difference(t, a, b, c->task[i].name, pick, step);

		if (!run_card_counts(c, i) || !isfinite(x))
			continue;
		sum += x;
		n++;
	}
	if (common)
		*common = n;
	return n ? sum / n : NAN;
}
