/*
 * trainer_run.c - the training thread from its first moment to its last.
 */
#include "trainer/trainer_internal.h"

#include <math.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "session/ring.h"
#include "trainer/advance.h"

/*
 * Long work reports here, and learns here that it should stop. An evaluation is
 * work between two steps, so the hand need not wait for its end.
 */
static bool tick(struct progress *p)
{
	struct trainer *t = p->arg;
	struct snapshot *v = &t->live;
	bool any = false;

	str_copy(v->work, sizeof v->work, p->what);
	str_copy(v->work_unit, sizeof v->work_unit, p->unit ? p->unit : "");
	v->work_done = p->done;
	v->work_total = p->total;
	v->work_left = progress_eta(p);
	if (v->phase == PHASE_EVALUATING)
		any = trainer_drain(t, true);
	trainer_picture(t, any);
	return trainer_should_stop(t);
}

bool trainer_waits(void *arg, double waited)
{
	struct trainer *t = arg;

	if (waited >= COMMAND_PATIENCE && t->is_executing && t->is_by_hand)
		return false;
	if (trainer_should_stop(t) && (waited >= STOP_PATIENCE || t->has_given_up)) {
		t->has_given_up = true;
		return false;
	}
	if (waited >= 0.5) {
		t->held = waited;
		trainer_say(t, "waits for the run store: somebody else holds it (%.0f s)",
			    waited);
		trainer_picture(t, false);
	}
	return true;
}

void trainer_was_held(struct trainer *t)
{
	if (t->held > 0)
		trainer_say(t, "somebody else held the run store for %.0f s", t->held);
	t->held = 0;
}

/* Until somebody posts or stops. */
static void wait_for_word(struct trainer *t)
{
	struct pollfd fd = { .fd = t->wake_fd, .events = POLLIN };
	uint64_t n;

	poll(&fd, 1, 1000);
	if (read(t->wake_fd, &n, sizeof n) < 0)
		return; /* nobody: look again */
}

static bool anything_trains(const struct session *s)
{
	double share[MIX_TASKS_MAX], sum = 0;

	mix_shares(&s->mix, share);
	for (int i = 0; i < s->n_tasks; i++)
		sum += share[i];
	return sum > 0;
}

static bool must_wait(struct trainer *t)
{
	if (!t->is_paused && !anything_trains(t->s)) {
		t->is_paused = true;
		trainer_say(t, "paused: every task is muted or has no share: 'mute TASK off', "
			    "'share TASK auto', then 'continue'");
	}
	return t->is_paused;
}

/* Who looks from outside sees the last step, however long the pause is. */
static enum status rest(struct trainer *t, struct err *err)
{
	enum status st = store_flush_soon(t->store, err);

	if (st)
		return st;
	trainer_phase(t, PHASE_PAUSED);
	wait_for_word(t);
	return ST_OK;
}

static enum status between(void *arg, bool *is_over, struct err *err)
{
	struct trainer *t = arg;

	trainer_picture(t, false);
	for (;;) {
		enum status st = trainer_boundary(t, err);

		if (!st && t->has_jumped) { /* what is due at this step comes first */
			t->has_jumped = false;
			st = trainer_catch_up(t, err);
			if (!st)
				continue;
		}
		if (st)
			return st;
		if (t->is_stopping || atomic_load(&t->stop))
			return err_set(err, ST_STOPPED, "stopped at step %lld",
				       (long long)t->s->step);
		*is_over = t->s->step >= trainer_last_step(t);
		if (*is_over)
			return ST_OK;
		if (!must_wait(t))
			break;
		st = rest(t, err);
		if (st)
			return st;
	}
	trainer_phase(t, PHASE_RUNNING);
	return ST_OK;
}

/* Steps until the end (ST_OK), a stop (ST_STOPPED) or a failure. */
static enum status run(struct trainer *t, struct err *err)
{
	struct advance a = { .s = t->s, .entries = trainer_catch_up, .between = between,
			     .stepped = trainer_stepped,
			     .evaluate = trainer_evaluate_here,
			     .save = trainer_save_here, .arg = t };

	return advance_run(&a, err);
}

/* The end of the plan is on its schedule; a stop before it is not. */
static enum status last_evaluation(struct trainer *t, struct err *err)
{
	struct score_row score;

	if (t->s->step == t->s->mix.horizon)
		return trainer_evaluate_due(t, err);
	if (t->s->step == 0 || !store_score(t->store, t->s->timeline, t->s->step, &score,
					    NULL))
		return ST_OK;
	return trainer_evaluate(t, false, err);
}

/*
 * After the last step: its evaluations, then its checkpoint, so that the score is that
 * of these very weights. Stopped in the evaluation: saved without, and a resumed run
 * makes it.
 */
static enum status finish(struct trainer *t, struct err *err)
{
	struct err later;
	enum status st = last_evaluation(t, err);

	if (!st)
		st = trainer_evaluate_whole(t, err);
	if (st && st != ST_STOPPED)
		return st;
	if (trainer_save(t, NULL, &later))
		return err_set(err, ST_FAILED, "the last state is not saved: %s",
			       later.text);
	return st;
}

static enum status live(struct trainer *t, struct err *err)
{
	struct err later;
	enum status st = trainer_prepare(t, err);

	if (st)
		return st;
	t->last_flush = clock_now();
	t->ring = ring_new(t->s);
	trainer_picture(t, true);
	st = run(t, err);
	if (!st) {
		st = finish(t, err);
		if (!st)
			trainer_script_told(t);
		return st;
	}
	if (st != ST_STOPPED)
		return st;
	if (trainer_save(t, NULL, &later))
		return err_set(err, ST_FAILED, "stopped, but not saved: %s", later.text);
	return st;
}

/*
 * Everything is given back before the last picture says that it is over: who
 * sees the end may open the run at once. A run that never had a checkpoint
 * leaves nothing behind.
 */
static void end(struct trainer *t, enum status st)
{
	bool was_never = t->is_new && t->saved_step < 0 && st;

	if (t->s && t->live.phase != PHASE_PREPARING)
		session_state(t->s, t->live.state);
	trainer_refuse_all(t, "the run has ended");
	trainer_picture(t, true);
	ring_free(t->ring);
	coming_clear(&t->coming);
	xfree(t->gone_back);
	t->gone_back = NULL;
	session_free(t->s);
	t->s = NULL;
	store_close(t->store);
	t->store = NULL;
	if (was_never)
		file_remove_tree(t->run_path, NULL);
	run_lock_drop(&t->lock);
	t->result = st;
	if (st)
		trainer_say(t, "%s", t->err.text);
	trainer_phase(t, !st ? PHASE_DONE : st == ST_STOPPED ? PHASE_STOPPED :
							       PHASE_FAILED);
}

void *trainer_main(void *arg)
{
	struct trainer *t = arg;
	struct snapshot *v = &t->live;

	t->pg = (struct progress){ .tick = tick, .arg = t };
	str_copy(v->run, sizeof v->run, t->run_name);
	str_copy(v->run_path, sizeof v->run_path, t->run_path);
	trainer_picture(t, true);
	end(t, live(t, &t->err));
	return NULL;
}
