/*
 * import_run.c - imported predictions kept as a run. A new one is made in a folder
 * beside, which gets the name when all is in it. To one that was there the task is added
 * in one transaction of its store: facts, journal, what was said before taken away, what
 * is said now. The plan takes its name just before that is kept, so that between the two
 * there is one rename and no work: a cut there leaves a plan with a task of which nothing
 * was said, or, with --replace, what was said before; the same command mends both.
 */
#include "ask/import_run.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "rundir/best.h"
#include "rundir/imported.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"

/* What a reader of plan.json should know. */
static const char plan_note[] = "Predictions of another system, imported: of this plan the "
				"tasks with their data and metrics count, not the model.";

/* --- may it be --- */

static bool has_task(struct store *s, int task)
{
	struct eval_row *row = NULL;
	int n = 0;
	bool has = !store_evals_read(s, task, &row, &n, NULL) && n > 0;

	xfree(row);
	return has;
}

static enum status check_run(const struct import_target *t, const char *run,
			     struct err *err)
{
	struct plan *plan = NULL;
	struct store *s = NULL;
	enum status st = run_open(run, &plan, &s, err);
	int at = st ? -1 : plan_task_find(plan, t->task);

	if (!st && !imported_is(s))
		st = err_set(err, ST_BUSY, "'%s' is a run of Tutti's own: imported "
			     "predictions want another name", t->name);
	else if (!st && at >= 0 && !t->replace && has_task(s, at))
		st = err_set(err, ST_BUSY, "'%s' has predictions of task '%s' already: "
			     "'--replace' puts these in their place", t->name, t->task);
	store_close(s);
	plan_free(plan);
	return st;
}

enum status import_check(const struct import_target *t, char run[PATH_MAX],
			 struct err *err)
{
	char path[PATH_MAX];

	run[0] = '\0';
	if (!str_format(path, sizeof path, "%s/%s/run.db", t->root, t->name) ||
	    !file_exists(path))
		return ST_OK; /* a name that cannot be is refused where it is made */
	str_format(run, PATH_MAX, "%s/%s", t->root, t->name);
	return check_run(t, run, err);
}

/* --- the plan --- */

static enum status write_plan(const char *run, const struct plan *p, struct err *err)
{
	char path[PATH_MAX];
	struct buf b;
	enum status st = run_file(run, "plan.json", path, err);

	buf_init(&b);
	plan_write(p, &b);
	if (!st)
		st = file_write(path, buf_str(&b), b.len, err);
	buf_release(&b);
	return st;
}

/* The session's own goes on being its own. */
static enum status copy_plan(const struct plan *p, struct plan **out, struct err *err)
{
	struct buf b;
	enum status st;

	buf_init(&b);
	plan_write(p, &b);
	st = plan_parse(buf_str(&b), b.len, "plan", NULL, NULL, 0, out, err);
	buf_release(&b);
	return st;
}

/* Two plans of which each is fine may not go together, as two kinds of models. */
static enum status put_together(struct plan *plan, struct plan *one, int *task,
				struct err *err)
{
	struct plan *again = NULL;
	enum status st;

	if (plan_task_find(plan, one->tasks[0].name) < 0 && plan->n_tasks == MODEL_TASKS_MAX)
		return err_set(err, ST_INVALID, "a run has at most %d tasks", MODEL_TASKS_MAX);
	*task = plan_put_task(plan, one);
	st = copy_plan(plan, &again, err);
	if (st)
		err_wrap(err, st, "the plan of task '%s' does not go together with the "
			 "run's", plan->tasks[*task].name);
	plan_free(again);
	return st;
}

/* The plan that the run is to have, with the task in it; caller frees. */
static enum status make_plan(const char *run, bool is_new, const struct session *s,
			     struct plan **out, int *task, struct err *err)
{
	struct plan *one = NULL;
	enum status st = copy_plan(s->plan, &one, err);

	*task = 0;
	if (!st && is_new) {
		str_copy(one->note, sizeof one->note, plan_note);
		*out = one;
		return ST_OK;
	}
	if (!st)
		st = run_plan(run, out, err);
	if (!st)
		st = put_together(*out, one, task, err);
	plan_free(one);
	return st;
}

/* --- the store --- */

static enum status put_facts(struct store *st, const struct import_target *t,
			     const struct imported *im, struct err *err)
{
	int64_t now = clock_unix_ms();
	struct json_out j;
	char key[96];
	struct buf b;
	enum status result;

	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	json_put_str(&j, "file", t->file);
	json_put_str(&j, "hash", im->hash);
	json_put_int(&j, "unix_ms", now);
	json_put_int(&j, "rows", (int64_t)im->rows);
	json_put_str(&j, "by", import_by_name(im->by));
	json_put_int(&j, "missing", (int64_t)im->missing);
	if (t->note)
		json_put_str(&j, "note", t->note);
	json_close(&j, '}');
	str_format(key, sizeof key, "%s.%s", IMPORTED_FACT, t->task);
	result = store_set_fact(st, key, buf_str(&b), err);
	buf_release(&b);
	return result;
}

/* The journal says it as a note, which Runs shows, and nothing there changes a bit. */
static enum status put_journal(struct store *st, const struct import_target *t,
			       const struct imported *im, struct err *err)
{
	struct journal_entry e = { .unix_ms = clock_unix_ms(), .who = WHO_PERSON };
	const char *file = strrchr(t->file, '/');

	if (t->note)
		str_format(e.command, sizeof e.command, "note %s", t->note);
	else
		str_format(e.command, sizeof e.command, "note %s: %llu predictions imported "
			   "from %s", t->task, (unsigned long long)im->rows,
			   file ? file + 1 : t->file);
	for (char *p = e.command; *p; p++) /* one line, as a person types */
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	return store_journal(st, &e, err);
}

static enum status put_data(struct store *st, const struct session *s, const char *task,
			    const char *dev, struct err *err)
{
	const struct dataset *d = s->task[0].dev;
	char key[96], value[PATH_MAX + 64], hash[HASH_TEXT];

	hash_text(dataset_content(d), hash);
	str_format(key, sizeof key, "data.%s.dev", task);
	str_format(value, sizeof value, "%s %llu %s", hash,
		   (unsigned long long)dataset_size(d), dev);
	return store_set_fact(st, key, value, err);
}

/* All tasks that the run has together: the score of all. */
static enum status score_all(struct store *st, const struct plan *p,
			     const struct evaluation *e, struct score_row *out,
			     struct err *err)
{
	struct evaluation *all;
	struct eval_row *row = NULL;
	int n = 0, used = 0;
	enum status result = store_evals_read(st, -1, &row, &n, err);

	if (result)
		return result;
	all = xcalloc((size_t)n + 1, sizeof *all);
	for (int i = 0; i < n; i++)
		if (row[i].step == 0 && row[i].task != e->row.task)
			all[used++].row = row[i];
	all[used++].row = e->row;
	*out = (struct score_row){ .scheduled = true };
	best_score(p, ~UINT64_C(0), all, used, out);
	xfree(all);
	xfree(row);
	return ST_OK;
}

static enum status put_said(struct store *st, const struct plan *p, int task,
			    struct imported *im, struct err *err)
{
	struct evaluation base = { .row = im->baseline };
	struct score_row score;
	enum status result = store_forget_task(st, task, err);

	im->e.row.task = base.row.task = task;
	if (!result)
		result = score_all(st, p, &im->e, &score, err);
	if (!result)
		result = store_evaluation(st, NULL, &base, 1, 0, err);
	return result ? result : store_evaluation(st, &score, &im->e, 1, 0, err);
}

static enum status begin_store(struct store *st, struct err *err)
{
	char now[24];
	enum status result = store_set_fact(st, IMPORTED_FACT, "1", err);

	str_format(now, sizeof now, "%lld", (long long)clock_unix_ms());
	if (!result)
		result = store_set_fact(st, "created", now, err);
	return result ? result : store_set_until(st, 0, err);
}

/* --- the folder --- */

static enum status put_all(struct store *st, const struct import_target *t, bool is_new,
			   const struct session *s, const struct plan *p, int task,
			   struct imported *im, struct err *err)
{
	const struct plan_task *one = &p->tasks[task];
	enum status result = is_new ? begin_store(st, err) : ST_OK;

	if (!result)
		result = put_facts(st, t, im, err);
	if (!result)
		result = put_data(st, s, t->task, *one->dev ? one->dev : one->train, err);
	if (!result)
		result = put_journal(st, t, im, err);
	return result ? result : put_said(st, p, task, im, err);
}

/*
 * The plan goes in just before what was said is kept: where that fails, the plan is put
 * back. `before`: its text, "" of a new run.
 */
static enum status put_as_one(const char *run, const char *before, struct store *st,
			      const struct import_target *t, const struct session *s,
			      const struct plan *p, int task, struct imported *im,
			      struct err *err)
{
	char path[PATH_MAX];
	enum status result = store_begin(st, err);

	if (result)
		return result;
	result = put_all(st, t, !*before, s, p, task, im, err);
	if (!result)
		result = write_plan(run, p, err);
	result = store_end(st, result, err);
	if (result && *before && !run_file(run, "plan.json", path, NULL))
		file_write(path, before, strlen(before), NULL);
	return result;
}

static enum status fill(const struct import_target *t, const char *run, bool is_new,
			const struct session *s, struct imported *im, struct err *err)
{
	char db[PATH_MAX], path[PATH_MAX];
	struct store *st = NULL;
	struct plan *p = NULL;
	struct buf before;
	int task;
	enum status result = run_file(run, "run.db", db, err);

	buf_init(&before);
	if (!result)
		result = make_plan(run, is_new, s, &p, &task, err);
	if (!result)
		result = run_file(run, "plan.json", path, err);
	if (!result && !is_new)
		result = file_read(path, PLAN_SIZE_MAX, &before, err);
	if (!result)
		result = store_open(db, is_new, &st, err);
	if (!result)
		result = put_as_one(run, buf_str(&before), st, t, s, p, task, im, err);
	store_close(st);
	plan_free(p);
	buf_release(&before);
	return result;
}

static enum status write_new(const struct import_target *t, const struct session *s,
			     struct imported *im, char run[PATH_MAX], struct err *err)
{
	char beside[PATH_MAX];
	struct run_lock lock = { .fd = -1 };
	enum status st = rundir_begin(t->root, t->name, beside, &lock, err);

	if (st)
		return st;
	st = fill(t, beside, true, s, im, err);
	if (!st)
		st = rundir_publish(t->root, t->name, beside, run, err);
	if (st)
		rundir_abandon(beside, &lock);
	run_lock_drop(&lock);
	return st;
}

static enum status add(const struct import_target *t, const char *run,
		       const struct session *s, struct imported *im, struct err *err)
{
	struct run_lock lock = { .fd = -1 };
	enum status st = run_lock_take(&lock, run, err);

	if (!st) /* again: somebody may have been quicker */
		st = check_run(t, run, err);
	if (!st)
		st = fill(t, run, false, s, im, err);
	run_lock_drop(&lock);
	return st;
}

enum status import_write(const struct import_target *t, const struct session *s,
			 struct imported *im, char run[PATH_MAX], struct err *err)
{
	enum status st = import_check(t, run, err);

	if (st)
		return st;
	return run[0] ? add(t, run, s, im, err) : write_new(t, s, im, run, err);
}
