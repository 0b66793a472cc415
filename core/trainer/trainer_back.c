/*
 * trainer_back.c - a live run goes back to a state that it was in: to a checkpoint, to
 * one of the last states in memory, or, where memory does not have it, by the steps that
 * lead to it from the checkpoint before.
 *
 * The journal says where it went before anything is moved (store_jump): from then on
 * the run is at that step, whatever becomes of this process. A resumed run, and a replay, do
 * not go back: they leave out what was left (store_path), and come to the same state by
 * the steps that lead to it. So neither memory nor any one checkpoint is needed for the
 * same bits; a checkpoint is written where the way from the one before would be long.
 */
#include "trainer/trainer_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "session/guarding.h"
#include "session/ring.h"
#include "store/line.h"
#include "trainer/advance.h"

/* --- the ring --- */

void trainer_ring_take(struct trainer *t)
{
	int64_t step = t->s->step;

	if (advance_is_due(step, t->s->plan->back_every) && step > ring_newest(t->ring))
		ring_take(t->ring, t->s, t->journal_seq);
}

/* --- what follows the state --- */

static void take_row(void *arg, const struct step_row *r)
{
	struct trainer *t = arg;

	telemetry_step(&t->tele, &t->live, r);
}

static void take_gradient(void *arg, const struct gradient_row *r)
{
	struct trainer *t = arg;

	gradients_remember(t->s, r);
	telemetry_gradient(&t->live, r);
}

static void take_conflict(void *arg, const struct conflict_row *r)
{
	struct trainer *t = arg;

	conflict_remember(t->s, r);
	telemetry_conflict(&t->live, r);
}

/* What the newest evaluation said of the weights' average. */
static enum status rebuild_averaged(struct trainer *t, struct err *err)
{
	struct eval_row *e = NULL;
	int n = 0;
	enum status st = store_averaged_from(t->store, 0, &e, &n, err);

	for (int i = 0; i < n; i++)
		if (e[i].step <= t->s->step)
			telemetry_eval(&t->live, &e[i]);
	xfree(e);
	return st;
}

/* Curves and figures as they were at this step, from the store. */
enum status trainer_rebuild(struct trainer *t, struct err *err)
{
	struct eval_row *e = NULL;
	int n = 0;
	enum status st = store_steps_read(t->store, 1, t->s->step, 1, take_row, t, err);

	if (!st)
		st = store_evals_read(t->store, -1, &e, &n, err);
	for (int i = 0; i < n && !st; i++) {
		if (e[i].step > t->s->step)
			continue; /* will be measured again */
		if (e[i].step >= 0 && e[i].step != t->live.eval_step)
			t->live.evals++;
		telemetry_eval(&t->live, &e[i]);
	}
	xfree(e);
	if (!st)
		st = rebuild_averaged(t, err);
	if (!st)
		st = store_gradients_read(t->store, 1, t->s->step, take_gradient, t, err);
	return st ? st : store_conflicts_read(t->store, 1, t->s->step, take_conflict, t,
					      err);
}

static enum status look_anew(struct trainer *t, struct err *err)
{
	struct snapshot *v = &t->live;

	telemetry_init(&t->tele);
	gradients_clear(&t->s->gradients);
	conflict_clear(&t->s->conflict);
	conflicts_release(&v->conflicts);
	xfree(v->ch);
	v->ch = NULL;
	v->curve.n = 0;
	v->curve.span = 1;
	v->evals = 0;
	v->eval_step = -1;
	trainer_channels(t);
	return trainer_rebuild(t, err);
}

/* --- going back --- */

/* A way of more steps than lie between two checkpoints is written down. */
static enum status save_if_far(struct trainer *t, struct err *err)
{
	struct checkpoint_choice c;
	int64_t every = t->s->plan->checkpoint_every.steps;
	enum status st = checkpoint_choose(t->run_path, CHECKPOINT_NEWEST, &c, err);

	if (st && st != ST_NOT_FOUND)
		return st;
	if (!st && (every <= 0 || t->s->step - c.step <= every))
		return ST_OK;
	return trainer_save(t, NULL, err);
}

static void from_ring(struct trainer *t, const struct back_to *to)
{
	ring_restore(t->ring, to->in_ring, t->s);
	t->saved_step = -1;
}

/* As a resumed run does: what lies between it and the jump is made again. */
static enum status from_folder(struct trainer *t, const struct back_to *to, struct err *err)
{
	int64_t seq = 0;
	enum status st = checkpoint_load(t->s, to->folder, &seq, err);

	if (st)
		return st;
	t->saved_step = t->live.checkpoint_step = t->s->step;
	t->saved_seq = seq;
	t->saved_dev = guarding_dev_step(t->s);
	if (t->s->step == to->step && seq == to->seq)
		return ST_OK;
	st = store_drop_after(t->store, t->s->step, err);
	xfree(t->pending);
	t->pending = NULL;
	t->n_pending = t->next_pending = 0;
	if (!st)
		st = store_path(t->store, seq, &t->pending, &t->n_pending, err);
	t->journal_seq = seq;
	return st;
}

static bool is_on_the_way(const struct trainer *t)
{
	return t->next_pending < t->n_pending;
}

static enum status settle(struct trainer *t, const struct back_to *to, struct err *err)
{
	enum status st = ST_OK;

	ring_forget(t->ring, t->s->step, t->journal_seq);

	if (advance_wants_dev(t->s)) /* saved before its evaluation was seen */
		st = advance_look(t->s, &t->pg, err);
	if (!st)
		st = look_anew(t, err);
	if (!st)
		st = trainer_guards_recall(t, err);
	if (!st)
		st = to->in_ring >= 0 ? save_if_far(t, err) : trainer_settle(t, err);
	return st;
}

/*
 * What `e` changes was so in the state before entry `seq` of a run that is about to go back
 * there: what the last such change before it came to, else what the first one behind it
 * found; nobody has changed it: as it is now.
 */
static enum status value_before(struct trainer *t, struct journal_entry *e, int64_t seq,
				struct err *err)
{
	struct journal_entry *path = NULL;
	bool is_found = false;
	int n = 0;
	enum status st = store_path(t->store, 0, &path, &n, err);

	for (int i = 0; i < n && !st; i++) {
		if (!trainer_is_same_act(path[i].command, e->command))
			continue;
		if (path[i].seq <= seq)
			str_copy(e->before, sizeof e->before, path[i].after);
		else if (!is_found)
			str_copy(e->before, sizeof e->before, path[i].before);
		is_found = true;
	}
	xfree(path);
	return st;
}

/* What is said behind the jump, on the way it is met as any entry. */
static enum status follow(struct trainer *t, struct err *err)
{
	int next = 0;

	return t->then && !is_on_the_way(t) ?
		       advance_entries(t->s, t->then, 1, &next, err) : ST_OK;
}

enum status trainer_jump(struct trainer *t, const char *line, const struct back_to *to,
			 struct err *err)
{
	struct journal_entry e = { .timeline = t->s->timeline, .step = t->s->step,
				   .unix_ms = clock_unix_ms(), .who = t->by.who };
	struct jump j = { .step = to->step, .seq = to->seq };
	struct err why;
	enum status st = store_flush(t->store, err);

	if (!st && t->then && t->then->who == WHO_GUARD)
		st = value_before(t, t->then, to->seq, err);
	if (st)
		return st;
	str_copy(e.command, sizeof e.command, line);
	str_copy(e.actor, sizeof e.actor, t->by.actor);
	str_copy(e.reason, sizeof e.reason, t->by.reason);
	str_format(e.before, sizeof e.before, "step %lld", (long long)t->s->step);
	str_format(e.after, sizeof e.after, "step %lld", (long long)to->step);
	st = store_jump(t->store, &e, &j, t->then, err);
	if (st)
		return st;
	t->has_jumped = true;
	trainer_wrote(t, &e);
	if (t->then)
		trainer_wrote(t, t->then);
	if (to->in_ring >= 0)
		from_ring(t, to);
	else
		st = from_folder(t, to, &why);
	if (!is_on_the_way(t))
		t->s->timeline = j.timeline;
	if (!st)
		st = follow(t, &why);
	if (!st)
		st = trainer_coming_read(t, t->journal_seq, &why);
	if (!st)
		st = settle(t, to, &why);
	if (!st) {
		trainer_say(t, is_on_the_way(t) ? "on the way to step %lld, from a checkpoint" :
			    "back at step %lld", (long long)to->step);
		trainer_picture(t, true);
		return ST_OK;
	}
	/* it is where it went, says the journal: a resumed run will be */
	t->lost = st;
	err_set(&t->lost_why, st, "back to step %lld: %s", (long long)to->step, why.text);
	return err_set(err, st, "%s", t->lost_why.text);
}
