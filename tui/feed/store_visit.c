/*
 * store_visit.c - short visits to a run's store.
 */
#include "store_visit.h"

#include <string.h>

#include "base/mem.h"
#include "rundir/run_open.h"

enum status visit_predictions(const char *run_path, int task, int64_t upto,
			      struct prediction_set *out, struct err *err)
{
	struct store *s = NULL;
	int64_t step = -1;
	enum status st = run_store(run_path, &s, err);

	*out = (struct prediction_set){ .step = -1 };
	if (!st && upto >= 0)
		st = store_predictions_step(s, task, upto, &step, err);
	if (!st)
		st = store_predictions_read(s, task, step, out, err);
	store_close(s);
	return st;
}

static char **copies(char *const *name, int n)
{
	char **out = xcalloc((size_t)n, sizeof *out);

	for (int i = 0; i < n; i++)
		out[i] = xstrdup(name[i]);
	return out;
}

char **visit_labels(const char *run_path, const char *task, int *n, char ***said)
{
	const struct plan_task *t;
	struct plan *p = NULL;
	char **out = NULL;
	int i;

	*n = 0;
	*said = NULL;
	if (run_plan(run_path, &p, NULL))
		return NULL;
	i = plan_task_find(p, task);
	t = i >= 0 ? &p->tasks[i] : NULL;
	if (t && t->n_labels) {
		*n = t->n_labels;
		out = copies(t->labels, *n);
		if (model_kind_says(p->model.kind))
			*said = copies(t->n_label_texts == *n ? t->label_texts : t->labels,
				       *n);
	}
	plan_free(p);
	return out;
}

/* What lies behind the first n is let go. */
static void cut(struct prediction_set *set, int n)
{
	struct prediction_set rest = { .n = set->n - n };
	size_t count = (size_t)rest.n;

	if (rest.n <= 0)
		return;
	rest.p = xcalloc(count, sizeof *rest.p);
	rest.row = xcalloc(count, sizeof *rest.row);
	memcpy(rest.p, set->p + n, count * sizeof *rest.p);
	memcpy(rest.row, set->row + n, count * sizeof *rest.row);
	prediction_set_release(&rest);
	set->n = n;
}

enum status visit_history(const char *run_path, int task, int64_t row, int64_t upto,
			  struct prediction_set *out, int64_t **steps, struct err *err)
{
	struct store *s = NULL;
	enum status st = run_store(run_path, &s, err);
	int n = 0;

	if (!st)
		st = store_history_read(s, task, row, out, steps, err);
	store_close(s);
	if (st || upto < 0)
		return st;
	while (n < out->n && (*steps)[n] <= upto)
		n++;
	cut(out, n);
	return ST_OK;
}

enum status visit_journal(const char *run_path, struct journal_entry **out, int *n,
			  struct err *err)
{
	struct store *s = NULL;
	enum status st = run_store(run_path, &s, err);

	if (!st)
		st = store_journal_read(s, 0, out, n, err);
	store_close(s);
	return st;
}

enum status visit_checkpoints(const char *run_path, struct checkpoint_row **out, int *n,
			      struct err *err)
{
	struct store *s = NULL;
	enum status st = run_store(run_path, &s, err);

	if (!st)
		st = store_checkpoints_read(s, out, n, err);
	store_close(s);
	return st;
}

enum status visit_steps(const char *run_path, int64_t from, int64_t to, int64_t span,
			int64_t take, void (*each)(void *arg, const struct step_row *r),
			void *arg, struct err *err)
{
	struct store *s = NULL;
	enum status st = run_store(run_path, &s, err);
	int64_t reach = span > take ? take : to - from + 1; /* one reading for all */

	for (int64_t at = from; !st && at <= to; at += span > take ? span : reach) {
		int64_t end = at + reach - 1;

		st = store_steps_read(s, at, end < to ? end : to, 1, each, arg, err);
	}
	store_close(s);
	return st;
}
