/*
 * trainer_whole.c - what is measured over all dev rows: baselines at the start, and the
 * evaluation that a run may end with (budget.eval_end), with the tasks' beams and every
 * prediction kept. It stands beside that of the schedule, on which the best checkpoint and
 * the methods go: more rows and other summaries would compare with no evaluation before it.
 */
#include "trainer/trainer_internal.h"

#include "ask/blind.h"
#include "ask/evaluate.h"
#include "base/mem.h"

/* --- baselines --- */

/* A metric that could only ever be 0 is said before anybody waits for it. */
static void say_blind(struct trainer *t, int task)
{
	const struct plan_task *p = &t->s->plan->tasks[task];
	struct rouge_blind blind = rouge_blind_count(t->s, task);
	struct buf b;

	buf_init(&b);
	if (2 * blind.n > blind.of && rouge_blind_words(blind, ROUGE_REMEDY, &b))
		trainer_say(t, "%s: %s", p->name, buf_str(&b));
	buf_release(&b);
}

/* Over all dev rows, so that it is one number here, in `eval` and in the manual. */
enum status trainer_baselines(struct trainer *t, struct err *err)
{
	struct evaluation *e = xcalloc((size_t)t->s->n_tasks, sizeof *e);
	enum status st = ST_OK;
	int n = 0;

	for (int i = 0; i < t->s->n_tasks && !st; i++)
		if (t->s->task[i].dev && dataset_size(t->s->task[i].dev))
			st = evaluate_baseline(t->s, i, NULL, 0, &e[n++].row, err);
	if (!st)
		st = store_evaluation(t->store, NULL, e, n, 0, err);
	for (int i = 0; i < n && !st; i++) {
		telemetry_eval(&t->live, &e[i].row);
		say_blind(t, e[i].row.task);
	}
	xfree(e);
	return st;
}

/* --- at the end --- */

/* Each is one transaction (I15): a row of it says that all of it is there. */
static enum status is_there(struct trainer *t, bool *is, struct err *err)
{
	struct eval_row *e = NULL;
	int n = 0;
	enum status st = store_evals_from(t->store, t->s->step, &e, &n, err);

	*is = false;
	for (int i = 0; i < n && !st; i++)
		*is |= e[i].is_whole && e[i].step == t->s->step &&
		       e[i].timeline == t->s->timeline;
	xfree(e);
	return st;
}

static enum status measure(struct trainer *t, struct evaluation *e, int *n,
			   struct err *err)
{
	struct eval_options o = { .keep = INT_MAX, .detail = DEV_KEPT, .fit = true };
	enum status st = ST_OK;

	for (int i = 0; i < t->s->n_tasks && !st; i++) {
		if (!evaluate_takes(t->s, i))
			continue;
		st = evaluate_task(t->s, i, &o, &t->pg, &e[*n], err);
		e[*n].row.is_whole = true;
		*n += !st;
	}
	return st;
}

/* All tasks or none: dropped when it is to stop. */
static enum status evaluate(struct trainer *t, struct err *err)
{
	struct evaluation *e = xcalloc((size_t)t->s->n_tasks, sizeof *e);
	int n = 0;
	enum status st = measure(t, e, &n, err);

	if (!st)
		st = store_flush(t->store, err);
	if (!st)
		st = store_evaluation(t->store, NULL, e, n, EVALS_KEPT, err);
	for (int i = 0; i < n; i++) {
		if (!st)
			telemetry_eval(&t->live, &e[i].row);
		evaluation_release(&e[i]);
	}
	xfree(e);
	t->live.evals += !st && n;
	return st;
}

enum status trainer_evaluate_whole(struct trainer *t, struct err *err)
{
	enum phase before = t->live.phase;
	bool is = !t->s->plan->eval_end || t->s->step == 0;
	enum status st = is ? ST_OK : is_there(t, &is, err);

	if (st || is)
		return st;
	trainer_phase(t, PHASE_EVALUATING);
	st = evaluate(t, err);
	if (st == ST_BUSY && trainer_should_stop(t))
		st = ST_STOPPED;
	trainer_phase(t, before);
	return st;
}
