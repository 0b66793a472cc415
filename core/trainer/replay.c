/*
 * replay.c - the journal applied at its steps to a fresh session, and the
 * state compared with the one that was recorded.
 */
#include "trainer/replay.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/init.h"
#include "rundir/machine.h"
#include "rundir/run_open.h"
#include "store/line.h"
#include "session/guarding.h"
#include "trainer/advance.h"
#include "trainer/branch.h"

/* The newest checkpoint is loaded for its place in the journal and its hash. */
struct newest {
	const char *run;
	int workers;
	struct progress *pg;
	struct session *s;
	int64_t seq;
};

static enum status open_newest(void *arg, const char *folder, struct err *err)
{
	struct newest *n = arg;
	struct plan *plan = NULL;
	enum status st = run_plan(n->run, &plan, err);

	if (!st)
		st = session_new(plan, folder, n->workers, n->pg, &n->s, err);
	if (!st)
		st = checkpoint_load(n->s, folder, &n->seq, err);
	if (st) {
		session_free(n->s);
		n->s = NULL;
	}
	return st;
}

/* A run being made again. */
struct replay {
	struct session *s;
	struct journal_entry *entry;
	int n, next;
	int64_t to;      /* the checkpoint's step */
	bool is_seen;    /* methods had seen the evaluation of that step when it was saved */
	int64_t seq;     /* the last entry that was applied */
	struct mark *mark;
	int n_marks, next_mark;
	struct replay_result *out;
	struct progress *pg, look;
};

/*
 * Is this one of the states that were hashed? One before it that never was here is a
 * difference, too: the journal is another.
 */
static void compare(struct replay *r)
{
	const struct session *s = r->s;
	char state[40];

	for (int i = r->next_mark; i < r->n_marks && r->mark[i].step <= s->step; i++) {
		struct mark *m = &r->mark[i];

		if (m->step < s->step) {
			if (m->seq >= 0 && r->out->differs < 0)
				r->out->differs = m->step;
			r->next_mark = i + 1;
			continue;
		}
		if (m->seq != r->seq || m->dev_step != guarding_dev_step(s) || r->out->differs >= 0)
			continue;
		session_state(s, state);
		m->seq = -1; /* once */
		if (str_eq(state, m->state)) {
			r->out->checked++;
			r->out->good = s->step;
		} else {
			r->out->differs = s->step;
		}
	}
}

static enum status entries(void *arg, struct err *err)
{
	struct replay *r = arg;
	enum status st = ST_OK;

	compare(r);
	while (!st && r->next < r->n && r->entry[r->next].step <= r->s->step) {
		st = advance_entries(r->s, r->entry, r->next + 1, &r->next, err);
		if (!st) {
			r->seq = r->entry[r->next - 1].seq;
			compare(r);
		}
	}
	return st;
}

static enum status between(void *arg, bool *is_over, struct err *err)
{
	struct replay *r = arg;

	(void)err;
	*is_over = r->s->step >= r->to || r->out->differs >= 0;
	return ST_OK;
}

static enum status stepped(void *arg, const struct step_report *report, struct err *err)
{
	struct replay *r = arg;

	(void)report;
	compare(r); /* before an evaluation that methods see */
	if (progress_tick(r->pg, (uint64_t)r->s->step))
		return err_set(err, ST_STOPPED, "replay stopped at step %lld",
			       (long long)r->s->step);
	return ST_OK;
}

/*
 * Only where a method or a guard that may act reads it: nobody else's bits depend on an
 * evaluation.
 */
static enum status evaluate(void *arg, struct err *err)
{
	struct replay *r = arg;

	if (!advance_wants_dev(r->s) || (r->s->step == r->to && !r->is_seen))
		return ST_OK;
	return advance_look(r->s, &r->look, err);
}

static enum status save(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	return ST_OK;
}

/* An evaluation's own progress: it stops as the replay does, which is what is shown. */
static bool look_tick(struct progress *p)
{
	struct progress *outer = p->arg;

	return outer && outer->tick && outer->tick(outer);
}

/*
 * The state that a run begins with, and its last journal entry. A branch keeps it as a
 * checkpoint. Else that of step 0: random, or the checkpoint that a run with an init
 * keeps of it. Who has removed that one needs the init itself, as it was.
 */
static enum status start_again(struct session *s, const char *run, struct store *store,
			       int64_t *seq, struct err *err)
{
	char folder[PATH_MAX], name[64];
	struct init_report r;
	enum status st;

	if (branch_folder(store, name)) {
		if (!str_format(folder, sizeof folder, "%s/checkpoints/%s", run, name))
			return err_set(err, ST_INVALID, "path too long: '%s'", run);
		return checkpoint_load(s, folder, seq, err);
	}

	if (plan_has_init(s->plan) &&
	    !checkpoint_find(run, 0, folder, sizeof folder, NULL)) {
		init_recall(store, s);
		return checkpoint_load(s, folder, NULL, err);
	}
	st = init_start(s, &r, err);
	if (!st)
		st = init_check_fact(store, s->plan, &r, err);
	init_report_release(&r);
	return st;
}

static enum status run_again(struct session *s, const char *run,
			     struct replay_result *out, struct store *store, int64_t seq,
			     struct progress *pg, struct err *err)
{
	int64_t to = out->step;
	struct replay r = { .s = s, .to = to, .is_seen = guarding_dev_step(s) == to, .pg = pg,
			    .out = out,
			    .look = { .tick = look_tick, .arg = pg } };
	struct advance a = { .s = s, .entries = entries, .between = between,
			     .stepped = stepped, .evaluate = evaluate, .save = save,
			     .arg = &r };
	int64_t begin = 0;
	enum status st = start_again(s, run, store, &begin, err);

	if (!st)
		st = store_path(store, begin, &r.entry, &r.n, err);
	while (r.n && r.entry[r.n - 1].seq > seq)
		r.n--; /* came after the checkpoint */
	r.seq = begin;
	if (!st)
		st = store_marks(store, &r.mark, &r.n_marks, err);
	for (; (s->step > 0 || begin > 0) && r.next_mark < r.n_marks; r.next_mark++)
		if (r.mark[r.next_mark].step > s->step)
			break; /* a branch: those up to its beginning are the other run's */
	progress_begin(pg, (uint64_t)to, "steps", "replaying");
	if (!st)
		st = advance_run(&a, err);
	xfree(r.entry);
	xfree(r.mark);
	return st;
}

enum status replay_run(const char *run, int workers, struct progress *pg,
		       struct replay_result *out, struct err *err)
{
	struct newest newest = { .run = run, .workers = workers, .pg = pg };
	struct checkpoint_choice c;
	struct store *store = NULL;
	enum status st = checkpoint_with(run, CHECKPOINT_NEWEST, &c, open_newest, &newest, err);
	struct session *s = newest.s;

	memset(out, 0, sizeof *out);
	out->differs = out->good = -1;
	if (!st)
		st = run_store(run, &store, err);
	if (!st) {
		out->step = s->step;
		out->comparable = machine_same(store);
		session_state(s, out->recorded);
		st = run_again(s, run, out, store, newest.seq, pg, err);
	}
	if (!st) {
		session_state(s, out->replayed);
		out->same = out->differs < 0 && str_eq(out->recorded, out->replayed);
	}
	store_close(store);
	session_free(s);
	return st;
}
