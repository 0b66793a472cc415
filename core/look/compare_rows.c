/*
 * compare_rows.c - were two runs asked the same? Their metrics, labels and rows.
 */
#include "look/compare_own.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "data/data_kind.h"

/* --- metrics --- */

static void add_metrics(struct buf *b, const struct plan_task *t)
{
	for (int i = 0; i < t->n_metrics; i++)
		buf_addf(b, "%s%s", i ? ", " : "", metric_table[t->metrics[i]].name);
}

static bool has_metric(const struct plan_task *t, enum metric_id m)
{
	for (int i = 0; i < t->n_metrics; i++)
		if (t->metrics[i] == m)
			return true;
	return false;
}

static bool has_named(const struct plan_task *t, const char *name)
{
	const struct metric_info *m = metric_find(name);

	return m && has_metric(t, m->id);
}

/* With --metric that one has to be both's; else all of them. */
static bool measure_alike(const struct plan_task *a, const struct plan_task *b,
			  const char *metric)
{
	if (metric)
		return has_named(a, metric) == has_named(b, metric);
	for (int i = 0; i < a->n_metrics; i++)
		if (!has_metric(b, a->metrics[i]))
			return false;
	return a->n_metrics == b->n_metrics;
}

static const char *unit_name(const struct plan_task *t)
{
	return t->unit == UNIT_WORDS ? "words" : "sentences";
}

static enum status match_metrics(const struct run_answers *a, const struct plan_task *x,
				 const struct run_answers *b, const struct plan_task *y,
				 const char *metric, struct err *err)
{
	struct buf of_a, of_b;

	if (x->kind != y->kind)
		return err_set(err, ST_INVALID, "task '%s' is %s in '%s' and %s in '%s'",
			       x->name, task_kind_name(x->kind), a->run.name,
			       task_kind_name(y->kind), b->run.name);
	if (x->rouge_unicode != y->rouge_unicode)
		return err_set(err, ST_INVALID, "task '%s': ROUGE counts %s words in '%s' "
			       "and %s words in '%s'", x->name,
			       x->rouge_unicode ? "unicode" : "ascii", a->run.name,
			       y->rouge_unicode ? "unicode" : "ascii", b->run.name);
	if (x->unit != y->unit)
		return err_set(err, ST_INVALID, "task '%s': %s are kept in '%s' and %s in '%s'",
			       x->name, unit_name(x), a->run.name, unit_name(y), b->run.name);
	if (measure_alike(x, y, metric))
		return ST_OK;
	buf_init(&of_a);
	buf_init(&of_b);
	add_metrics(&of_a, x);
	add_metrics(&of_b, y);
	err_set(err, ST_INVALID, "task '%s' is measured by %s in '%s' and by %s in '%s': "
		"--metric names one that both have", x->name, buf_str(&of_a), a->run.name,
		buf_str(&of_b), b->run.name);
	buf_release(&of_a);
	buf_release(&of_b);
	return ST_INVALID;
}

/* --- labels --- */

static int label_find(const struct plan_task *t, const char *name)
{
	for (int i = 0; i < t->n_labels; i++)
		if (str_eq(t->labels[i], name))
			return i;
	return -1;
}

static void renumber(double *x, int n, const int *to, int n_labels)
{
	for (int i = 0; x && i < n; i++)
		if (x[i] >= 0 && x[i] < n_labels)
			x[i] = to[(int)x[i]];
}

/* The order of labels is a plan's own: b's become a's. */
static enum status match_labels(const struct run_answers *a, const struct plan_task *x,
				struct run_answers *b, const struct plan_task *y,
				struct task_answers *of_b, struct err *err)
{
	int *to = xcalloc((size_t)y->n_labels + 1, sizeof *to);
	const char *lacking = x->n_labels != y->n_labels ? "" : NULL;

	for (int i = 0; i < y->n_labels; i++) {
		to[i] = label_find(x, y->labels[i]);
		if (to[i] < 0)
			lacking = y->labels[i];
	}
	if (lacking) {
		err_set(err, ST_INVALID, "task '%s' has other labels in '%s' (%d) than in "
			"'%s' (%d)%s%s%s", x->name, b->run.name, y->n_labels, a->run.name,
			x->n_labels, *lacking ? ": '" : "", lacking, *lacking ? "'" : "");
	} else if (!data_target(y->kind)->has_set) { /* sets are counts here */
		renumber(of_b->gold, of_b->n, to, y->n_labels);
		for (int m = 0; m < y->n_metrics; m++)
			renumber(of_b->said[m], of_b->n, to, y->n_labels);
	}
	xfree(to);
	return lacking ? ST_INVALID : ST_OK;
}

/* --- rows --- */

static enum status match_rows(const struct run_answers *a, const struct task_answers *x,
			      const struct run_answers *b, const struct task_answers *y,
			      const char *task, struct err *err)
{
	int n = x->n < y->n ? x->n : y->n, i = 0;
	const char *what = NULL;

	for (; i < n && !what; i++)
		what = x->row[i] != y->row[i] ? "number" :
		       x->text[i] != y->text[i] ? "text" :
		       x->target[i] != y->target[i] ? "right answer" : NULL;
	if (what)
		return err_set(err, ST_INVALID, "'%s' and '%s' were not asked the same: task "
			       "'%s', dev row %lld (line %lld) has another %s (line %lld)",
			       a->run.name, b->run.name, task, (long long)x->row[i - 1],
			       (long long)x->line[i - 1], what, (long long)y->line[i - 1]);
	if (x->n == y->n)
		return ST_OK;
	return err_set(err, ST_INVALID, "'%s' and '%s' were not asked the same: task '%s' has "
		       "%d dev rows and %d; dev row %lld is the first that one alone has",
		       a->run.name, b->run.name, task, x->n, y->n,
		       (long long)(x->n > n ? x->row[n] : y->row[n]));
}

enum status run_answers_match(const struct run_answers *a, int task_a,
			      struct run_answers *b, int task_b, const char *metric,
			      struct err *err)
{
	const struct plan_task *x = &a->plan->tasks[task_a], *y = &b->plan->tasks[task_b];
	enum status st = match_metrics(a, x, b, y, metric, err);

	if (!st)
		st = match_rows(a, &a->task[task_a], b, &b->task[task_b], x->name, err);
	if (!st && x->n_labels)
		st = match_labels(a, x, b, y, &b->task[task_b], err);
	return st;
}
