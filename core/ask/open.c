/*
 * open.c - a session with weights alone, from a run folder.
 */
#include "ask/open.h"

#include <string.h>

#include "base/mem.h"
#include "data/data_kind.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"

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

struct opening {
	const struct session_wanted *w;
	struct progress *pg;
	struct session **out;
};

static enum status open_checkpoint(void *arg, const char *folder, struct err *err)
{
	struct opening *o = arg;
	struct session_norm norm[MIX_TASKS_MAX];
	struct session_options so = { .folder = folder, .n_workers = o->w->workers,
				      .data = o->w->with_data, .norm = norm };
	struct plan *plan;
	enum status st = run_plan(o->w->run, &plan, err);

	if (!st)
		st = read_norms(o->w->run, plan, norm, err);
	if (st) {
		plan_free(plan);
		return st;
	}
	st = session_make(plan, &so, o->pg, o->out, err);
	if (!st)
		st = checkpoint_load_weights(*o->out, folder, err);
	if (!st && o->w->averaged)
		st = checkpoint_load_average(*o->out, folder, err);
	if (st) {
		session_free(*o->out);
		*o->out = NULL;
	}
	return st;
}

enum status session_open(const struct session_wanted *w, struct progress *pg,
			 struct checkpoint_choice *which, struct session **out,
			 struct err *err)
{
	struct opening o = { .w = w, .pg = pg, .out = out };
	struct checkpoint_choice c;

	*out = NULL;
	return checkpoint_with(w->run, w->step, which ? which : &c, open_checkpoint, &o, err);
}
