/*
 * run_open.c - the ladder that all readers of a run climb.
 */
#include "rundir/run_open.h"

#include "base/str.h"

enum status run_file(const char *run, const char *name, char out[PATH_MAX],
		     struct err *err)
{
	if (str_format(out, PATH_MAX, "%s/%s", run, name))
		return ST_OK;
	return err_set(err, ST_INVALID, "path too long: '%s'", run);
}

enum status run_store(const char *run, struct store **out, struct err *err)
{
	char path[PATH_MAX];
	enum status st = run_file(run, "run.db", path, err);

	*out = NULL;
	return st ? st : store_open_readonly(path, out, err);
}

/*
 * A budget in epochs has the steps that the run began with, whatever this program would
 * make of them. A run that nobody trained has none.
 */
static void take_budget(const char *run, struct plan *p)
{
	struct store *db;
	int64_t steps;

	if (p->steps || run_store(run, &db, NULL))
		return;
	steps = store_budget(db);
	if (steps)
		plan_set_steps(p, steps);
	store_close(db);
}

enum status run_plan(const char *run, struct plan **out, struct err *err)
{
	char path[PATH_MAX];
	enum status st = run_file(run, "plan.json", path, err);

	*out = NULL;
	if (!st)
		st = plan_load_stored(path, out, err);
	if (!st)
		take_budget(run, *out);
	return st;
}

enum status run_open(const char *run, struct plan **plan, struct store **store,
		     struct err *err)
{
	enum status st = run_plan(run, plan, err);

	*store = NULL;
	if (!st)
		st = run_store(run, store, err);
	if (st) {
		plan_free(*plan);
		*plan = NULL;
	}
	return st;
}
