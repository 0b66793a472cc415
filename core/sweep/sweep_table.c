/*
 * sweep_table.c - figures of runs, gathered to systems.
 */
#include "sweep/sweep_table.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "rundir/run_open.h"

/* --- columns --- */

static void fill_column(struct sweep_column *c, const char *task,
			const struct metric_info *m)
{
	*c = (struct sweep_column){ .unit = m ? m->unit : METRIC_PLAIN,
				    .lower_is_better = m ? m->lower_is_better : true };
	str_copy(c->task, sizeof c->task, task);
	str_copy(c->metric, sizeof c->metric, m ? m->name : "loss");
}

static enum status named_column(const struct sweep *s, const struct plan *p,
				const char *text, struct sweep_column *out,
				struct err *err)
{
	const char *dot = strrchr(text, '.');
	char task[TASK_NAME_MAX];
	const struct metric_info *m = metric_find(dot + 1);
	int k;

	str_format(task, sizeof task, "%.*s", (int)(dot - text), text);
	k = plan_task_find(p, task);
	if (k < 0 || !plan_has_dev(&p->tasks[k]))
		return err_set(err, ST_INVALID, "no task '%.40s' with dev rows at "
			       "report.metrics in %.200s", task, s->where);
	for (int i = 0; m && i < p->tasks[k].n_metrics; i++)
		if (p->tasks[k].metrics[i] == m->id)
			return fill_column(out, task, m), ST_OK;
	if (str_eq(dot + 1, "loss"))
		return fill_column(out, task, NULL), ST_OK;
	return err_set(err, ST_INVALID, "task '%.40s' has no metric '%.40s' (its 'metrics' "
		       "in the plan, and loss) at report.metrics in %.200s", task, dot + 1,
		       s->where);
}

enum status sweep_columns(const struct sweep *s, struct sweep_column *out, int *n,
			  struct err *err)
{
	struct plan *p = NULL;
	enum status st = sweep_plan(s, 0, &p, err);

	*n = 0;
	for (int i = 0; !st && i < s->n_metrics; i++)
		st = named_column(s, p, s->metric[i], &out[(*n)++], err);
	for (int i = 0; !st && !s->n_metrics && i < p->n_tasks && *n < SWEEP_METRICS; i++)
		if (plan_has_dev(&p->tasks[i]))
			fill_column(&out[(*n)++], p->tasks[i].name,
				    &metric_table[p->tasks[i].metrics[0]]);
	if (!st && !*n)
		st = err_set(err, ST_INVALID, "no task of %.300s has dev rows: a sweep has "
			     "nothing to compare", s->plan);
	plan_free(p);
	return st;
}

/* --- a run's figures --- */

static double value_of(const struct eval_row *r, const char *metric)
{
	if (str_eq(metric, "loss"))
		return r->loss;
	for (int i = 0; i < r->n_metrics; i++)
		if (str_eq(r->metric[i].name, metric))
			return r->metric[i].value;
	return NAN;
}

/* Rows come by step, then timeline: the last of a step is what stands. */
static void take_rows(const struct sweep_table *t, const struct plan *p, int64_t step,
		      const struct eval_row *row, int n, struct sweep_result *out)
{
	for (int i = 0; i < n; i++) {
		const struct plan_task *task;

		if (row[i].step != step || row[i].task >= p->n_tasks)
			continue;
		task = &p->tasks[row[i].task];
		for (int c = 0; c < t->n_columns; c++)
			/* a muted task has learnt nothing: its head is as it was made */
			if (!task->muted && str_eq(t->column[c].task, task->name)) {
				out->value[c] = value_of(&row[i], t->column[c].metric);
				out->rows[c] = row[i].n_examples;
			}
	}
}

static enum status take_figures(const struct sweep *s, const struct sweep_table *t,
				struct sweep_result *out, struct err *err)
{
	struct plan *plan = NULL;
	struct store *db = NULL;
	struct eval_row *row = NULL;
	struct score_row best;
	int64_t step = out->look.step;
	int n = 0;
	enum status st = run_open(out->look.path, &plan, &db, err);

	if (!st && s->at == SWEEP_AT_BEST && 
	    !store_score_best(db, INT32_MAX, INT64_MAX, &best, NULL))
		step = best.step;
	if (!st)
		st = store_evals_from(db, step, &row, &n, err);
	if (!st) {
		take_rows(t, plan, step, row, n, out);
		out->step = step;
	}
	xfree(row);
	store_close(db);
	plan_free(plan);
	return st;
}

static int rank_of(const struct point_look *l)
{
	switch (l->state) {
	case POINT_FINISHED: return 4;
	case POINT_LIVE: return 3;
	case POINT_UNFINISHED: return 2;
	case POINT_REMAINS: return 1;
	case POINT_ABSENT:
	case POINT_OTHER: return 0;
	}
	BUG("state %d", (int)l->state);
}

static enum status read_point(const struct sweep *s, int point, const char *const *roots,
			      int n_roots, const struct sweep_table *t, struct err *err)
{
	struct sweep_result *r = &t->result[point];
	struct point_look look;

	*r = (struct sweep_result){ .step = -1 };
	for (int c = 0; c < SWEEP_METRICS; c++)
		r->value[c] = NAN;
	for (int i = 0; i < n_roots; i++) {
		sweep_look(s, point, roots[i], &look);
		if (look.state == POINT_OTHER)
			return err_set(err, ST_INVALID, "%s", look.why.text);
		if (!i || rank_of(&look) > rank_of(&r->look))
			r->look = look;
	}
	return r->look.state == POINT_FINISHED ? take_figures(s, t, r, err) : ST_OK;
}

/* --- systems --- */

/* The draws are runs or, where each split has several seeds, splits. */
static void fill_cell(const struct sweep *s, struct sweep_table *t, int system, int column)
{
	const struct sweep_system *y = &s->system[system];
	int per = t->by_split ? s->seeds.n : 1;
	double *x = xcalloc((size_t)y->n + 1, sizeof *x);
	int64_t *draw = xcalloc((size_t)y->n + 1, sizeof *draw);

	for (int i = 0; i < y->n; i++) {
		x[i] = t->result[y->first + i].value[column];
		draw[i] = i / per;
	}
	mean_interval_clustered(x, draw, y->n, s->level,
				&t->cell[system * t->n_columns + column].m);
	xfree(x);
	xfree(draw);
}

static void mark_best(const struct sweep *s, struct sweep_table *t, int column)
{
	double sign = t->column[column].lower_is_better ? -1 : 1, best = -INFINITY;
	int n = 0;

	for (int y = 0; y < s->n_systems; y++) {
		const struct sweep_cell *c = sweep_table_cell(t, y, column);

		n += c->m.n > 0;
		best = c->m.n ? fmax(best, sign * c->m.mean) : best;
	}
	for (int y = 0; n > 1 && y < s->n_systems; y++) {
		struct sweep_cell *c = &t->cell[y * t->n_columns + column];

		c->is_best = c->m.n && sign * c->m.mean >= best;
	}
}

static void fill_systems(const struct sweep *s, struct sweep_table *t)
{
	for (int i = 0; i < s->n_points; i++)
		if (t->result[i].look.state == POINT_FINISHED) {
			t->finished[s->point[i].system]++;
			t->n_finished++;
			t->n_changed += t->result[i].look.interventions > 0;
		}
	for (int y = 0; y < s->n_systems; y++)
		for (int c = 0; c < t->n_columns; c++)
			fill_cell(s, t, y, c);
	for (int c = 0; c < t->n_columns; c++)
		mark_best(s, t, c);
}

enum status sweep_table_read(const struct sweep *s, const char *const *roots, int n_roots,
			     struct progress *pg, struct sweep_table *out, struct err *err)
{
	enum status st;

	*out = (struct sweep_table){ .by_split = s->splits.n > 1 && s->seeds.n > 1 };
	st = sweep_columns(s, out->column, &out->n_columns, err);
	if (st)
		return st;
	out->result = xcalloc((size_t)s->n_points, sizeof *out->result);
	out->cell = xcalloc((size_t)(s->n_systems * out->n_columns), sizeof *out->cell);
	out->finished = xcalloc((size_t)s->n_systems, sizeof *out->finished);
	progress_begin(pg, (uint64_t)s->n_points, "runs", "reading runs");
	for (int i = 0; !st && i < s->n_points; i++) {
		st = read_point(s, i, roots, n_roots, out, err);
		if (!st && progress_tick(pg, (uint64_t)i))
			st = err_set(err, ST_STOPPED, "reading runs was stopped");
	}
	if (st)
		sweep_table_release(out);
	else
		fill_systems(s, out);
	return st;
}

void sweep_table_release(struct sweep_table *t)
{
	xfree(t->result);
	xfree(t->cell);
	xfree(t->finished);
	*t = (struct sweep_table){ 0 };
}

const struct sweep_cell *sweep_table_cell(const struct sweep_table *t, int system,
					  int column)
{
	return &t->cell[system * t->n_columns + column];
}
