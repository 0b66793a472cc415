/*
 * imported.c - is a run one of imported predictions, and what is known of them?
 */
#include "rundir/imported.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "rundir/run_open.h"

bool imported_is(struct store *s)
{
	char *fact = store_fact(s, IMPORTED_FACT);
	bool is = fact != NULL;

	xfree(fact);
	return is;
}

bool imported_is_run(const char *run)
{
	struct store *s = NULL;
	bool is = !run_store(run, &s, NULL) && imported_is(s);

	store_close(s);
	return is;
}

enum status imported_refuse(const char *run, struct err *err)
{
	return imported_is_run(run) ? imported_no_model(run, err) : ST_OK;
}

enum status imported_no_model(const char *run, struct err *err)
{
	const char *slash = strrchr(run, '/');

	return err_set(err, ST_NOT_FOUND, "'%s' holds imported predictions and no model: it "
		       "can be looked at and compared, not evaluated, asked, resumed or "
		       "replayed", slash && slash[1] ? slash + 1 : run);
}

/* --- what is known --- */

static void take_text(const struct json *fact, const char *key, char *out, size_t cap)
{
	const struct json *n = json_get(fact, key);

	if (n && json_type(n) == JSON_STRING)
		str_copy(out, cap, json_string(n)); /* what is too long is cut */
}

static int64_t take_int(const struct json *fact, const char *key)
{
	const struct json *n = json_get(fact, key);
	int64_t x;

	return n && json_int(n, &x) ? x : 0;
}

static void take_fact(struct store *s, struct imported_task *t)
{
	char key[sizeof IMPORTED_FACT + TASK_NAME_MAX + 2], *text;
	struct json *fact = NULL;

	str_format(key, sizeof key, "%s.%s", IMPORTED_FACT, t->task);
	text = store_fact(s, key);
	if (text && !json_parse(text, strlen(text), key, &fact, NULL) &&
	    json_type(fact) == JSON_OBJECT) {
		t->is_known = true;
		take_text(fact, "file", t->file, sizeof t->file);
		take_text(fact, "by", t->by, sizeof t->by);
		take_text(fact, "note", t->note, sizeof t->note);
		t->unix_ms = take_int(fact, "unix_ms");
		t->rows = take_int(fact, "rows");
		t->missing = take_int(fact, "missing");
	}
	json_free(fact);
	xfree(text);
}

/* The metric's place in the task; -1: there is no such metric, or no room. */
static int place_of(struct imported_task *t, const char *name)
{
	const struct metric_info *m = metric_find(name);

	for (int i = 0; m && i < t->n; i++)
		if (t->of[i].metric == m->id)
			return i;
	if (!m || t->n == STORE_METRICS)
		return -1;
	t->of[t->n].metric = m->id;
	t->of[t->n].value = t->of[t->n].baseline = NAN;
	return t->n++;
}

/* A baseline stands before the first step (evaluate_baseline). */
static void take_eval(const struct eval_row *e, struct imported_task *t)
{
	for (int i = 0; i < e->n_metrics; i++) {
		int at = place_of(t, e->metric[i].name);

		if (at >= 0 && e->step < 0)
			t->of[at].baseline = e->metric[i].value;
		else if (at >= 0)
			t->of[at].value = e->metric[i].value;
	}
}

enum status imported_read(const char *run, struct imported_task **out, int *n,
			  struct err *err)
{
	struct plan *plan = NULL;
	struct store *s = NULL;
	struct eval_row *e = NULL;
	int n_evals = 0;
	enum status st = run_open(run, &plan, &s, err);

	*out = NULL;
	*n = 0;
	if (!st)
		st = store_evals_read(s, -1, &e, &n_evals, err);
	if (!st) {
		*n = plan->n_tasks;
		*out = xcalloc((size_t)*n + 1, sizeof **out);
	}
	for (int i = 0; i < *n; i++) {
		str_copy((*out)[i].task, sizeof (*out)[i].task, plan->tasks[i].name);
		take_fact(s, &(*out)[i]);
	}
	for (int i = 0; i < n_evals; i++)
		if (e[i].task < *n)
			take_eval(&e[i], &(*out)[e[i].task]);
	xfree(e);
	store_close(s);
	plan_free(plan);
	return st;
}
