/*
 * run_losses.c - a task's loss over the steps of a recorded run.
 */
#include <math.h>

#include "base/mem.h"
#include "look/run_table.h"
#include "look/telemetry.h"
#include "rundir/run_open.h"

enum { STEPS_AT_ONCE = 4096 }; /* between two looks at the clock */

struct loss_reader {
	struct curve *curve;
	int task;
	int64_t seen, rows;
	double smooth;
};

/* As the desk smooths it (telemetry.c). */
static void take_loss(void *arg, const struct step_row *r)
{
	struct loss_reader *l = arg;
	double loss = NAN;

	for (int k = 0; k < r->n; k++)
		if (r->task[k].task == l->task)
			loss = (double)r->task[k].loss;
	if (isfinite(loss)) {
		int64_t n = ++l->seen < SMOOTH_STEPS ? l->seen : SMOOTH_STEPS;

		l->smooth = l->seen == 1 ? loss : l->smooth + (loss - l->smooth) / (double)n;
	}
	curve_add(l->curve, r->step, isfinite(loss) ? loss : NAN,
		  l->seen ? l->smooth : NAN);
	l->rows++;
}

/* A run may have gone on beyond its plan: until a stretch holds nothing. */
static enum status read_losses(struct loss_reader *l, struct store *db, int64_t steps,
			       struct progress *pg, struct err *err)
{
	enum status st = ST_OK;
	int64_t before = -1;

	progress_begin(pg, (uint64_t)steps, "steps", "reading losses");
	for (int64_t from = 0; !st && (from <= steps || l->rows > before);
	     from += STEPS_AT_ONCE) {
		before = l->rows;
		st = store_steps_read(db, from, from + STEPS_AT_ONCE - 1, 1, take_loss, l,
				      err);
		if (!st && progress_tick(pg, (uint64_t)from))
			st = err_set(err, ST_STOPPED, "reading losses was stopped");
	}
	return st;
}

enum status run_loss_read(const char *run, const char *task, struct progress *pg,
			  struct curve *out, struct err *err)
{
	struct loss_reader l = { .curve = out };
	struct plan *plan;
	struct store *db = NULL;
	enum status st = run_plan(run, &plan, err);

	curve_init(out);
	if (st)
		return st;
	l.task = plan_task_find(plan, task);
	if (l.task < 0)
		st = err_set(err, ST_NOT_FOUND, "no task '%s' in '%s'", task, run);
	if (!st)
		st = run_store(run, &db, err);
	if (!st)
		st = read_losses(&l, db, plan->steps, pg, err);
	store_close(db);
	plan_free(plan);
	return st;
}
