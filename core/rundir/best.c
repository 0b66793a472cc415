/*
 * best.c - the score of an evaluation.
 */
#include "rundir/best.h"

#include <math.h>

#include "plan/plan_kind.h"

/* Tasks with dev rows; with those that are there for others' sake, or without. */
static uint64_t heard(const struct plan *p, const struct mix *m, bool with_means)
{
	uint64_t tasks = 0;

	for (int i = 0; i < p->n_tasks; i++)
		if (plan_has_dev(&p->tasks[i]) && mix_active(m, i) &&
		    (with_means || !plan_kind(p->tasks[i].kind)->is_pretraining))
			tasks |= (uint64_t)1 << i;
	return tasks;
}

uint64_t best_counted(const struct plan *p, const struct mix *m)
{
	uint64_t counted = 0;
	const char *metric;
	int only;

	BUG_IF(plan_best(p, &only, &metric, NULL)); /* checked with the plan */
	if (only >= 0)
		return (uint64_t)1 << only;
	counted = heard(p, m, false);
	return counted ? counted : heard(p, m, true);
}

/*
 * Without a value a correlation is none, 0; where lower is better no number says so,
 * and there is no score.
 */
static double turned(const struct metric_info *m, double x)
{
	if (!isfinite(x))
		return m && m->lower_is_better ? NAN : 0;
	return m ? metric_turned(m->id, x) : x;
}

/* By name; NULL: the task's first one. */
static double value_of(const struct plan *p, const struct eval_row *r,
		       const char *metric)
{
	if (!metric)
		metric = metric_table[p->tasks[r->task].metrics[0]].name;
	if (str_eq(metric, "loss"))
		return -r->loss;
	for (int i = 0; i < r->n_metrics; i++)
		if (str_eq(r->metric[i].name, metric))
			return turned(metric_find(metric), r->metric[i].value);
	return 0;
}

void best_score(const struct plan *p, uint64_t counted, const struct evaluation *e,
		int n, struct score_row *out)
{
	double score = 0, loss = 0;
	const char *metric;
	int only, all = 0;

	BUG_IF(plan_best(p, &only, &metric, NULL));
	out->counted = 0;
	for (int i = 0; i < n; i++) {
		uint64_t bit = (uint64_t)1 << e[i].row.task;

		if (!(counted & bit))
			continue;
		out->counted |= bit;
		score += value_of(p, &e[i].row, metric);
		loss += e[i].row.loss;
		all++;
	}
	out->score = all ? score / all : NAN;
	out->loss = all ? loss / all : NAN;
}

void best_names(const struct plan *p, uint64_t counted, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < p->n_tasks; i++)
		if (counted >> i & 1)
			buf_addf(&b, "%s%s", b.len ? ", " : "", p->tasks[i].name);
	if (!str_copy(out, cap, b.len ? buf_str(&b) : "no task"))
		str_copy(out, cap, "many tasks");
	buf_release(&b);
}
