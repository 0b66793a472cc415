/*
 * open.c - a session with weights alone, from a run folder.
 */
#include "ask/open.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/data_kind.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"

/* How often a checkpoint may go away before that is said. */
enum { TRIES = 20 };

/* "norm.TASK" = hex bits of mean and scale. */
static bool read_norm(struct store *st, const struct plan_task *p,
		      struct session_norm *out)
{
	char key[96], *fact;
	bool good = false;

	str_format(key, sizeof key, "norm.%s", p->name);
	fact = store_fact(st, key);
	if (fact && strlen(fact) == 33 && fact[16] == ' ') {
		fact[16] = '\0';
		good = double_from_hex(fact, &out->mean) &&
		       double_from_hex(fact + 17, &out->scale);
	}
	xfree(fact);
	return good;
}

static enum status read_norms(const char *run, const struct plan *plan,
			      struct session_norm *norm, struct err *err)
{
	struct store *store = NULL;
	enum status st = ST_OK;

	for (int i = 0; i < plan->n_tasks && !st; i++) {
		norm[i] = (struct session_norm){ 0, 1 };
		if (!data_kind(plan->tasks[i].kind)->prepare)
			continue;
		if (!store)
			st = run_store(run, &store, err);
		if (!st && !read_norm(store, &plan->tasks[i], &norm[i]))
			st = err_set(err, ST_CORRUPT, "no mean and scale of task '%s' in "
				     "'%s/run.db'", plan->tasks[i].name, run);
	}
	store_close(store);
	return st;
}

enum status session_open_at(const char *run, const struct checkpoint_choice *c,
			    int workers, bool with_data, struct progress *pg,
			    struct session **out, struct err *err)
{
	struct session_norm norm[MIX_TASKS_MAX];
	struct session_options o = { .folder = c->folder, .n_workers = workers,
				     .data = with_data, .norm = norm };
	struct plan *plan;
	enum status st = run_plan(run, &plan, err);

	*out = NULL;
	if (!st)
		st = read_norms(run, plan, norm, err);
	if (!st)
		st = checkpoint_sound(c->folder, err);
	if (st) {
		plan_free(plan);
		return st;
	}
	st = session_make(plan, &o, pg, out, err);
	if (!st)
		st = checkpoint_load_weights(*out, c->folder, err);
	if (st) {
		session_free(*out);
		*out = NULL;
	}
	return st;
}

enum status session_open_chosen(const char *run, int64_t step, int workers, bool with_data,
				struct progress *pg, struct checkpoint_choice *c,
				struct session **out, struct err *err)
{
	enum status st = ST_OK;

	*out = NULL;
	for (int i = 0; i < TRIES; i++) {
		st = checkpoint_choose(run, step, c, err);
		if (!st)
			st = session_open_at(run, c, workers, with_data, pg, out, err);
		if (!st || !c->folder[0] || file_exists(c->folder))
			return st;
	}
	return st;
}

enum status session_open(const char *run, int64_t step, int workers, bool with_data,
			 struct progress *pg, struct session **out, struct err *err)
{
	struct checkpoint_choice c;

	return session_open_chosen(run, step, workers, with_data, pg, &c, out, err);
}
