/*
 * cmd_import.c - `import-predictions`: what another system said of a task's dev rows,
 * scored and kept as a run of its own.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ask/import_run.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"

/* --- whose task it is --- */

/* What of the command line cannot be meant; err has it. */
static enum status check_words(const struct opts *o, struct err *err)
{
	if (!o->task)
		return err_set(err, ST_INVALID, "import-predictions wants --task: of which "
			       "task are they?");
	if (o->plan && o->like)
		return err_set(err, ST_INVALID, "--plan and --like: one of them");
	if (o->n_sets && !o->plan)
		return err_set(err, ST_INVALID, "--set is for --plan");
	return ST_OK;
}

/*
 * The plan, and the folder of a checkpoint whose tokenizer has cut the rows already
 * ("": none). `run`: the one to add to, whose plan it is where none is named.
 */
static enum status get_plan(const struct opts *o, const char *run, struct plan **plan,
			    char folder[PATH_MAX], struct err *err)
{
	char like[PATH_MAX];
	enum status st = ST_OK;

	folder[0] = '\0';
	if (o->plan)
		return cmd_load_plan(o, o->plan, plan, NULL, err);
	if (!o->like && !run[0])
		return err_set(err, ST_INVALID, "--plan PLAN or --like RUN is wanted: whose "
			       "dev rows are they of?");
	if (o->like)
		st = cmd_find_run(o, o->like, like, err);
	if (!st)
		st = run_plan(o->like ? like : run, plan, err);
	if (!st && o->like &&
	    checkpoint_find(like, CHECKPOINT_NEWEST, folder, PATH_MAX, NULL))
		folder[0] = '\0';
	return st;
}

/* A session of the one task, with its data and nothing to train. Takes the plan. */
static enum status open_task(struct plan *plan, const char *name, const char *folder,
			     struct session **s, struct err *err)
{
	struct session_options so = { .folder = folder[0] ? folder : NULL, .n_workers = 1,
				      .data = true };
	int task;
	enum status st = cmd_pick_task(plan, name, &task, err);

	if (!st && !plan_has_dev(&plan->tasks[task]))
		st = err_set(err, ST_INVALID, "task '%s' has no dev rows", name);
	if (st) {
		plan_free(plan);
		return st;
	}
	plan_only_task(plan, task);
	st = session_make(plan, &so, cmd_progress(), s, err);
	cmd_progress_end();
	return st;
}

/* Rows that the run was not measured on are not beside its own: that is said. */
static void check_rows(const struct opts *o, const struct session *s)
{
	char like[PATH_MAX], key[96], hash[HASH_TEXT], *fact = NULL;
	struct store *db = NULL;

	if (!o->like || cmd_find_run(o, o->like, like, NULL) || run_store(like, &db, NULL))
		return;
	str_format(key, sizeof key, "data.%s.dev", s->plan->tasks[0].name);
	hash_text(dataset_content(s->task[0].dev), hash);
	fact = store_fact(db, key);
	if (fact && !str_starts(fact, hash))
		cmd_say("%s: the data file is not what '%s' was measured on: it has changed "
			"since", s->plan->tasks[0].name, o->like);
	xfree(fact);
	store_close(db);
}

/* --- what came of it --- */

/* On stderr: how lines found their rows, and what a reader of the figures should know. */
static void say(const struct imported *im, const char *task)
{
	cmd_say("%s: %llu rows, matched by %s%s", task, (unsigned long long)im->rows,
		import_by_name(im->by), im->moved ? ", in another order than the data" : "");
	if (im->missing)
		cmd_say("%s: %llu rows without an answer count as wrong", task,
			(unsigned long long)im->missing);
	if (im->left_out)
		cmd_say("%s: %llu lines are of no dev row and were left out", task,
			(unsigned long long)im->left_out);
	if (im->with_p && im->with_p < im->rows)
		cmd_say("%s: %llu rows have probabilities, the others have none", task,
			(unsigned long long)im->with_p);
	if (im->unlikely)
		cmd_say("%s: in %llu rows the label is not the likeliest one", task,
			(unsigned long long)im->unlikely);
}

static void print_json(const struct imported *im, const struct opts *o, const char *run)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_event(&j, &b, "import");
	json_put_str(&j, "run", o->arg[0]);
	json_put_str(&j, "path", run);
	json_put_str(&j, "task", o->task);
	json_put_str(&j, "hash", im->hash);
	json_put_str(&j, "by", import_by_name(im->by));
	json_put_int(&j, "rows", (int64_t)im->rows);
	json_put_int(&j, "missing", (int64_t)im->missing);
	json_put_int(&j, "moved", (int64_t)im->moved);
	json_put_int(&j, "left_out", (int64_t)im->left_out);
	json_put_int(&j, "with_p", (int64_t)im->with_p);
	json_put_int(&j, "unlikely", (int64_t)im->unlikely);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

static enum status read_and_write(const struct opts *o, const struct import_target *t,
				  struct session *s, struct err *err)
{
	char run[PATH_MAX];
	struct imported im;
	enum status st = import_read(s, 0, o->arg[1], o->missing != NULL, cmd_progress(), &im,
				     err);

	cmd_progress_end();
	if (!st)
		st = import_write(t, s, &im, run, err);
	if (!st) {
		say(&im, t->task);
		cmd_print_eval(s, 0, &im.e.row, &im.baseline, o->json);
		if (o->json)
			print_json(&im, o, run);
	}
	imported_release(&im);
	return st;
}

int cmd_import(const struct opts *o)
{
	char root[PATH_MAX], run[PATH_MAX] = "", folder[PATH_MAX], file[PATH_MAX];
	struct import_target t = { .root = root, .name = o->arg[0], .task = o->task,
				   .replace = o->replace, .file = file, .note = o->note };
	struct plan *plan = NULL;
	struct session *s = NULL;
	struct err err;
	enum status st = check_words(o, &err);

	if (st)
		return cmd_fail(st, &err), EXIT_USAGE;
	cmd_catch_signals();
	st = rundir_root(o->runs, root, &err);
	if (!st)
		st = file_absolute(NULL, o->arg[1], file, sizeof file, &err);
	if (!st)
		st = import_check(&t, run, &err);
	if (!st)
		st = get_plan(o, run, &plan, folder, &err);
	if (!st)
		st = open_task(plan, o->task, folder, &s, &err);
	if (!st)
		check_rows(o, s);
	if (!st)
		st = read_and_write(o, &t, s, &err);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
