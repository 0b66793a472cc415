/*
 * figures.c - a run's tables: the list of them, evaluations, journal, gradients.
 */
#include "look/figures_own.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"
#include "look/conflicts.h"
#include "rundir/run_open.h"

enum status figures_flush(struct figures *f, struct err *err)
{
	enum status st = f->b.len ? f->take(f->arg, &f->b, err) : ST_OK;

	buf_clear(&f->b);
	return st;
}

const char *figures_task(const struct figures *f, int task)
{
	return task >= 0 && task < f->plan->n_tasks ? f->plan->tasks[task].name : NULL;
}

static void take_first(void *arg, const struct step_row *r)
{
	*(int64_t *)arg = r->step;
}

/* Stored numbers may be anything: what is not there is not walked through. */
enum status figures_page(struct figures *f, int64_t last, int64_t *from, int64_t *to,
			 struct err *err)
{
	int64_t first = -1;
	enum status st = ST_OK;

	if (*to < last)
		st = store_steps_read(f->store, *to + 1, last, INT64_MAX, take_first,
				      &first, err);
	if (st || first < 0)
		return st ? st : ST_END;
	*from = first;
	*to = first > last - FIGURES_PAGE ? last : first + FIGURES_PAGE - 1;
	return ST_OK;
}

/* --- evaluations --- */

/* A baseline is an evaluation of nobody, kept at step -1, without a loss. */
static const char *eval_kind(const struct eval_row *r)
{
	return r->step < 0 ? "baseline" : r->is_whole ? "whole" :
	       r->scheduled ? "scheduled" : "extra";
}

static void put_metric(struct figures *f, const struct eval_row *r, const char *name)
{
	for (int i = 0; i < r->n_metrics; i++)
		if (str_eq(r->metric[i].name, name)) {
			table_f64(&f->t, name, r->metric[i].value);
			return;
		}
	table_none(&f->t, name);
}

static bool is_measured(const struct plan *p, enum metric_id m)
{
	for (int i = 0; i < p->n_tasks; i++)
		for (int k = 0; k < p->tasks[i].n_metrics; k++)
			if (p->tasks[i].metrics[k] == m)
				return true;
	return false;
}

static void put_eval(struct figures *f, const struct eval_row *r)
{
	struct table_out *t = &f->t;
	bool is_baseline = r->step < 0;

	table_row(t);
	if (is_baseline)
		table_none(t, "step");
	else
		table_int(t, "step", r->step);
	table_int(t, "timeline", r->timeline);
	table_str(t, "task", figures_task(f, r->task));
	table_str(t, "kind", eval_kind(r));
	table_int(t, "rows", r->n_examples);
	table_f64(t, "loss", is_baseline ? NAN : r->loss);
	table_f64(t, "seconds", is_baseline ? NAN : r->seconds);
	for (int m = 0; m < METRICS; m++)
		if (is_measured(f->plan, (enum metric_id)m))
			put_metric(f, r, metric_table[m].name);
	table_row_end(t);
}

static void blank_eval(struct figures *f)
{
	put_eval(f, &(struct eval_row){ 0 });
}

static enum status write_evals(struct figures *f, struct err *err)
{
	struct eval_row *page = xcalloc(FIGURES_PAGE, sizeof *page), last = { 0 };
	enum status st = ST_OK;
	int n = FIGURES_PAGE;

	for (bool first = true; !st && n == FIGURES_PAGE; first = false) {
		st = store_evals_page(f->store, first ? NULL : &last, page, FIGURES_PAGE,
				      &n, err);
		for (int i = 0; !st && i < n; i++)
			put_eval(f, &page[i]);
		if (!st && n)
			last = page[n - 1];
		if (!st)
			st = figures_flush(f, err);
	}
	xfree(page);
	return st;
}

/* As few as the evaluations that the plan schedules. */
static enum status write_averaged(struct figures *f, struct err *err)
{
	struct eval_row *rows = NULL;
	int n = 0;
	enum status st = store_averaged_from(f->store, 0, &rows, &n, err);

	for (int i = 0; i < n; i++)
		put_eval(f, &rows[i]);
	xfree(rows);
	return st ? st : figures_flush(f, err);
}

/* --- the journal --- */

static void put_entry(struct table_out *t, const struct journal_entry *e)
{
	char time[32];

	clock_iso(e->unix_ms, time);
	table_row(t);
	table_int(t, "seq", e->seq);
	table_int(t, "step", e->step);
	table_int(t, "timeline", e->timeline);
	table_str(t, "time", time);
	table_int(t, "unix_ms", e->unix_ms);
	table_str(t, "who", journal_who_name(e->who));
	table_str(t, "command", e->command);
	table_str(t, "before", *e->before ? e->before : NULL);
	table_str(t, "after", *e->after ? e->after : NULL);
	table_str(t, "actor", *e->actor ? e->actor : NULL);
	table_str(t, "reason", *e->reason ? e->reason : NULL);
	table_str(t, "refused", *e->refused ? e->refused : NULL);
	table_row_end(t);
}

static void blank_entry(struct figures *f)
{
	put_entry(&f->t, &(struct journal_entry){ 0 });
}

static enum status write_journal(struct figures *f, struct err *err)
{
	struct journal_entry *page = xcalloc(FIGURES_PAGE, sizeof *page);
	enum status st = ST_OK;
	int64_t after = 0;
	int n = FIGURES_PAGE;

	while (!st && n == FIGURES_PAGE) {
		st = store_journal_page(f->store, after, page, FIGURES_PAGE, &n, err);
		for (int i = 0; !st && i < n; i++) {
			put_entry(&f->t, &page[i]);
			after = page[i].seq;
		}
		if (!st)
			st = figures_flush(f, err);
	}
	xfree(page);
	return st;
}

/* --- gradient norms --- */

static void put_gradient(void *arg, const struct gradient_row *r)
{
	struct figures *f = arg;
	struct table_out *t = &f->t;

	table_row(t);
	table_int(t, "step", r->step);
	table_int(t, "timeline", r->timeline);
	table_str(t, "task", figures_task(f, r->task));
	table_str(t, "kind", r->scheduled ? "scheduled" : "extra");
	table_int(t, "micro_batches", r->count);
	table_f64(t, "norm", r->norm);
	table_row_end(t);
}

static void blank_gradient(struct figures *f)
{
	put_gradient(f, &(struct gradient_row){ 0 });
}

static enum status write_gradients(struct figures *f, struct err *err)
{
	int64_t last = 0, from, to = 0;
	enum status st = store_last_step(f->store, &last, err);

	while (!st && !(st = figures_page(f, last, &from, &to, err))) {
		st = store_gradients_read(f->store, from, to, put_gradient, f, err);
		if (!st)
			st = figures_flush(f, err);
	}
	return st == ST_END ? ST_OK : st;
}

/* --- how gradients agree --- */

static void put_pair(struct figures *f, const struct conflict_row *r, int i, int k, int group)
{
	struct table_out *t = &f->t;
	char name[CONFLICT_NAME];

	table_row(t);
	table_int(t, "step", r->step);
	table_int(t, "from", r->from);
	table_int(t, "timeline", r->timeline);
	table_str(t, "task", figures_task(f, r->task[k]));
	table_str(t, "against", figures_task(f, r->task[i]));
	table_str(t, "part", conflicts_group(name, group));
	table_str(t, "kind", r->scheduled ? "scheduled" : "extra");
	table_bool(t, "exact", r->is_exact);
	table_f32(t, "cosine", (float)conflict_cosine(r, i, k, group));
	table_f32(t, "norm", (float)conflict_norm(r, k, group));
	table_f32(t, "norm_against", (float)conflict_norm(r, i, group));
	table_f32(t, "seconds", r->seconds);
	table_row_end(t);
}

static void put_conflict(void *arg, const struct conflict_row *r)
{
	for (int i = 0; i < r->n; i++)
		for (int k = 0; k < i; k++)
			for (int g = CONFLICT_ALL; g < r->groups; g++)
				put_pair(arg, r, i, k, g);
}

static void blank_conflict(struct figures *f)
{
	static const float none[4];

	put_pair(f, &(struct conflict_row){ .n = 2, .groups = 1, .norm = none,
					    .cosine = none }, 1, 0, 0);
}

static enum status write_conflicts(struct figures *f, struct err *err)
{
	int64_t last = 0, from, to = 0;
	enum status st = store_last_step(f->store, &last, err);

	while (!st && !(st = figures_page(f, last, &from, &to, err))) {
		st = store_conflicts_read(f->store, from, to, put_conflict, f, err);
		if (!st)
			st = figures_flush(f, err);
	}
	return st == ST_END ? ST_OK : st;
}

/* --- the list --- */

const struct figures_table figures_list[] = {
	{ "steps", "step", "a row a step: losses, weights, factors, shares, norms, rate",
	  figures_steps_blank, figures_steps },
	{ "evals", "eval", "a row for each task of an evaluation: dev loss and metrics",
	  blank_eval, write_evals },
	{ "averaged", "averaged", "as evals, of the weights' average (optimizer.average)",
	  blank_eval, write_averaged },
	{ "journal", "entry", "a row for each command that changed the run",
	  blank_entry, write_journal },
	{ "gradients", "gradient", "a row for each measured norm of a task's gradient",
	  blank_gradient, write_gradients },
	{ "conflicts", "conflict", "a row for each pair of tasks' gradients and part of the model",
	  blank_conflict, write_conflicts },
};
const int figures_count = sizeof figures_list / sizeof *figures_list;

const struct figures_table *figures_find(const char *name)
{
	for (int i = 0; i < figures_count; i++)
		if (str_eq(figures_list[i].name, name))
			return &figures_list[i];
	return NULL;
}

enum status figures_write(const char *run, const struct figures_table *table,
			  enum table_format format, figures_take *take, void *arg,
			  struct err *err)
{
	struct figures f = { .take = take, .arg = arg };
	enum status st = run_open(run, &f.plan, &f.store, err);

	buf_init(&f.b);
	table_init(&f.t, &f.b, format, table->event);
	if (!st && format == TABLE_CSV) {
		f.t.names = true;
		table->blank(&f);
		f.t.names = false;
		st = figures_flush(&f, err);
	}
	if (!st)
		st = table->write(&f, err);
	buf_release(&f.b);
	store_close(f.store);
	plan_free(f.plan);
	return st;
}
