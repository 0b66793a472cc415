/*
 * command_time.c - the commands that go back in time, and the one that begins another
 * run from the present. They work on the trainer itself (trainer_back.c).
 */
#include <string.h>

#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/rundir.h"
#include "session/ring.h"
#include "store/line.h"
#include "trainer/branch.h"
#include "trainer/trainer_internal.h"

static enum status not_catching_up(const struct trainer *t, struct err *err)
{
	if (t->next_pending >= t->n_pending)
		return ST_OK;
	return err_set(err, ST_BUSY, "catching up with the journal until step %lld",
		       (long long)t->pending[t->n_pending - 1].step);
}

/* --- the state of a step --- */

/*
 * The last entry that the state of a step had before a hand came, and the last one that
 * did no more than go back to that state: whoever did is in it again.
 */
struct moment {
	int64_t step, seq, same;
};

static enum status find_moment(struct trainer *t, int64_t step, struct moment *m,
			       struct err *err)
{
	struct journal_entry *e = NULL;
	int n = 0, i = 0;
	enum status st = store_path(t->store, 0, &e, &n, err);

	*m = (struct moment){ .step = step };
	for (; i < n && e[i].step < step; i++)
		m->seq = e[i].seq;
	for (m->same = m->seq; i < n; i++) {
		const struct command_row *row = command_of(e[i].command);

		if (e[i].step > step || !row || !(row->flags & CMD_JUMPS))
			break;
		m->same = e[i].seq;
	}
	xfree(e);
	return st;
}

static bool is_moment(const struct moment *m, int64_t step, int64_t seq)
{
	return step == m->step && seq >= m->seq && seq <= m->same;
}

static enum status name_folder(const struct trainer *t, const char *folder,
			       struct back_to *to, struct err *err)
{
	if (!str_format(to->folder, sizeof to->folder, "%s/checkpoints/%s", t->run_path,
			folder))
		return err_set(err, ST_INVALID, "path too long: '%.200s...'", t->run_path);
	return checkpoint_sound(to->folder, err);
}

/* The newest checkpoint that the state is or follows from. */
static enum status find_before(struct trainer *t, struct back_to *to, struct err *err)
{
	struct checkpoint_info *list = NULL;
	int n = 0, at = 0;
	enum status st = checkpoint_list(t->run_path, &list, &n, err);

	while (!st && at < n && (!list[at].complete || list[at].is_left ||
				 list[at].step > to->step || list[at].journal_seq > to->seq))
		at++;
	if (!st && at == n)
		st = err_set(err, ST_NOT_FOUND, "step %lld is not in memory (a state takes %zu "
			     "MB, budget.back_memory is %d), and no checkpoint leads to it",
			     (long long)to->step, (ring_state_bytes(t->s) >> 20) + 1,
			     t->s->plan->back_memory);
	if (!st)
		st = name_folder(t, list[at].folder, to, err);
	xfree(list);
	return st;
}

/*
 * The state of that step before a hand came. Which one it is follows from the journal
 * alone, whatever is in memory or on the disk: a stop at that step leaves a checkpoint
 * with the commands of the step in it, and a run that was resumed keeps such a state.
 */
static enum status find_state(struct trainer *t, int64_t step, struct back_to *to,
			      struct err *err)
{
	struct moment m;
	int64_t seq = 0;
	enum status st = find_moment(t, step, &m, err);

	if (st)
		return st;
	if (is_moment(&m, t->s->step, t->journal_seq))
		return err_set(err, ST_INVALID, "the run is at that state: step %lld",
			       (long long)step);
	to->step = step;
	to->seq = m.seq;
	to->in_ring = ring_find(t->ring, step, &seq);
	if (to->in_ring >= 0 && is_moment(&m, step, seq))
		return ST_OK;
	to->in_ring = -1;
	return find_before(t, to, err);
}

/* --- rollback --- */

static void list_steps(const struct checkpoint_info *list, int n, struct buf *b)
{
	for (int i = n; i-- > 0;)
		if (list[i].complete && !list[i].is_left)
			buf_addf(b, " %lld", (long long)list[i].step);
}

/* Of that very step, one with a name before others, the newest; -1: there is none. */
static int pick(const struct checkpoint_info *list, int n, int64_t step)
{
	int at = -1;

	for (int i = 0; i < n; i++)
		if (list[i].step == step && list[i].complete && !list[i].is_left &&
		    (at < 0 || (*list[i].name && !*list[at].name)))
			at = i;
	return at;
}

/* A guard's or a timer's command: nobody is there to be asked whether it is meant. */
static bool is_by_itself(const struct trainer *t)
{
	return t->by.who == WHO_GUARD || t->by.who == WHO_TIMER;
}

/* The last jump of the journal, where a guard made it: from where to where. */
static enum status last_by_guard(struct trainer *t, int64_t *from, int64_t *to, struct err *err)
{
	struct journal_entry *e = NULL;
	int n = 0;
	enum status st = store_journal_read(t->store, 0, &e, &n, err);

	*from = *to = -1;
	while (!st && n-- > 0) {
		const struct command_row *row = command_of(e[n].command);

		if (!row || !(row->flags & CMD_JUMPS))
			continue;
		if (e[n].who == WHO_GUARD && str_starts(e[n].after, "step ") &&
		    parse_i64(e[n].after + 5, to))
			*from = e[n].step;
		break;
	}
	xfree(e);
	return st;
}

/*
 * The last step that may be gone back to without a word. Of updates that were not made in a
 * row it is the one before the first: from any later one they are the same weights. And a
 * guard that came back from about here already, to no avail, goes further: what broke the
 * run was there before.
 */
static enum status find_limit(struct trainer *t, int64_t *limit, struct err *err)
{
	int64_t every = t->s->plan->checkpoint_every.steps, from, to;
	enum status st = ST_OK;

	*limit = t->s->step - 1;
	if (t->by.who != WHO_GUARD)
		return ST_OK;
	if (t->s->skips > 0)
		*limit = t->s->step - t->s->skips;
	st = last_by_guard(t, &from, &to, err);
	if (st || to < 0 || t->s->step > from + (every > 0 ? every : SKIPS_MAX))
		return st;
	if (*limit >= to)
		*limit = to > 0 ? to - 1 : 0;
	return ST_OK;
}

/* The newest checkpoint up to `limit`; none: the first there is before this step. */
static int newest(const struct trainer *t, const struct checkpoint_info *list, int n,
		  int64_t limit, struct err *err)
{
	int at = -1;

	for (int i = 0; i < n && (at < 0 || list[at].step > limit); i++)
		if (list[i].complete && !list[i].is_left && list[i].step < t->s->step)
			at = i;
	if (at < 0)
		err_set(err, ST_NOT_FOUND, "no checkpoint before step %lld",
			(long long)t->s->step);
	return at < 0 ? -1 : pick(list, n, list[at].step);
}

static int which(const struct command *c, const struct checkpoint_info *list, int n,
		 struct err *err)
{
	int64_t step = 0;
	struct buf b;
	int at;

	parse_i64(c->arg[0], &step);
	at = pick(list, n, step);
	if (at >= 0)
		return at;
	buf_init(&b);
	list_steps(list, n, &b);
	err_set(err, ST_NOT_FOUND, "no checkpoint of step %lld; there are:%.120s",
		(long long)step, b.len ? buf_str(&b) : " none");
	buf_release(&b);
	return -1;
}

/*
 * Without a word and by itself it is the schedule's, since a stop may have left others.
 * One with a name is as it was saved. So is one that the step's own state does not lead
 * to: a branch begins there.
 */
static enum status find_checkpoint(struct trainer *t, const struct command *c,
				   struct back_to *to, struct err *err)
{
	struct checkpoint_info *list = NULL;
	int64_t every = t->s->plan->checkpoint_every.steps, limit = 0;
	int n = 0, at;
	enum status st = c->n_args ? ST_OK : find_limit(t, &limit, err);

	if (!st && !c->n_args && is_by_itself(t) && every > 0) {
		st = find_state(t, limit / every * every, to, err);
		if (st != ST_NOT_FOUND)
			return st;
		st = ST_OK;
	}
	if (!st)
		st = checkpoint_list(t->run_path, &list, &n, err);
	if (st)
		return st;
	at = c->n_args ? which(c, list, n, err) : newest(t, list, n, limit, err);
	if (at < 0)
		st = ST_NOT_FOUND;
	else if (list[at].step > t->s->step)
		st = err_set(err, ST_INVALID, "step %lld is to come: the run is at %lld",
			     (long long)list[at].step, (long long)t->s->step);
	else if (!*list[at].name)
		st = find_state(t, list[at].step, to, err);
	if (at >= 0 && (*list[at].name ? !st : st == ST_NOT_FOUND)) {
		*to = (struct back_to){ .step = list[at].step, .seq = list[at].journal_seq,
					.in_ring = -1 };
		st = name_folder(t, list[at].folder, to, err);
		if (!st && to->step == t->s->step && to->seq == t->journal_seq)
			st = err_set(err, ST_INVALID, "the run is at that checkpoint: step %lld",
				     (long long)to->step);
	}
	xfree(list);
	return st;
}

/*
 * By the evaluations of the schedule, which a run that was stopped has like any other; a
 * stop's own one is not on it.
 */
static enum status find_best(struct trainer *t, struct back_to *to, struct err *err)
{
	struct score_row best;
	enum status st = store_score_best(t->store, t->s->timeline, t->s->step, &best, err);

	if (st == ST_NOT_FOUND)
		return err_set(err, st, "no evaluation of the schedule has a score yet");
	return st ? st : find_state(t, best.step, to, err);
}

static enum status run_rollback(struct trainer *t, const struct command *c,
				struct buf *answer, struct err *err)
{
	struct back_to to = { .in_ring = -1 };
	enum status st = not_catching_up(t, err);

	(void)answer;
	if (!st && c->n_args && str_eq(c->arg[0], "best"))
		st = find_best(t, &to, err);
	else if (!st)
		st = find_checkpoint(t, c, &to, err);
	if (st)
		return st;
	if (!c->is_forced && !(is_by_itself(t) && !c->n_args))
		return err_set(err, ST_INVALID, "%lld steps are left behind: 'rollback "
			       "%lld!' if that is meant", (long long)(t->s->step - to.step),
			       (long long)to.step);
	return trainer_jump(t, c->text, &to, err);
}

const struct command_row command_rollback = {
	.name = "rollback", .arg = { ARG_PLACE }, .usage = "rollback [STEP|best]!",
	.example = "rollback best!",
	.help = "goes back to a checkpoint",
	.more = "The state is the one that the checkpoint's step had before a hand came at it; "
		"a checkpoint with a name is as it was saved; with 'best' it is the best of the "
		"scheduled evaluations, without a word the newest. What was done since is left "
		"behind: its figures and its checkpoints without a name no longer count, and "
		"the journal still says it. That is why it wants a '!': 'rollback 500!'.",
	.flags = CMD_RUNS | CMD_JUMPS, .letter = 'J', .run = run_rollback,
};

/* --- back --- */

/* So many states back: which step it is follows from this one alone. */
static enum status find_back(struct trainer *t, const struct command *c,
			     struct back_to *to, struct err *err)
{
	int64_t every = t->s->plan->back_every, n = 1, step;

	if (c->n_args)
		parse_i64(c->arg[0], &n);
	if (!every)
		return err_set(err, ST_INVALID, "the plan keeps no states (budget.back_every "
			       "is 0)");
	step = t->s->step ? ((t->s->step - 1) / every - (n - 1)) * every : -1;
	if (step < 0)
		return err_set(err, ST_NOT_FOUND, "there are not so many states before step "
			       "%lld: one every %lld steps", (long long)t->s->step,
			       (long long)every);
	return find_state(t, step, to, err);
}

static enum status run_back(struct trainer *t, const struct command *c, struct buf *answer,
			    struct err *err)
{
	struct back_to to = { .in_ring = -1 };
	enum status st = not_catching_up(t, err);

	(void)answer;
	if (!st)
		st = find_back(t, c, &to, err);
	return st ? st : trainer_jump(t, c->text, &to, err);
}

const struct command_row command_back = {
	.name = "back", .arg = { ARG_COUNT }, .usage = "back [N]",
	.example = "back 2",
	.help = "goes back to the newest kept state, or so many of them",
	.more = "There is one every budget.back_every steps: 'back 2' goes to the one before "
		"the newest, and 8 are the most. All is as it was, what was frozen "
		"and the methods too; commands given since are undone with the steps. It is at "
		"once where budget.back_memory has room for the state; else the steps from the "
		"checkpoint before are made again.",
	.flags = CMD_RUNS | CMD_JUMPS, .min = 1, .max = RING_STATES, .letter = 'B',
	.run = run_back,
};

/* --- branch --- */

static enum status run_branch(struct trainer *t, const struct command *c,
			      struct buf *answer, struct err *err)
{
	struct branch_wanted w = { .run = t->run_path, .name = c->n_args ? c->arg[0] : "",
				   .step = t->s->step };
	struct branch_made made;
	char called[PATH_MAX];
	enum status st = not_catching_up(t, err);

	if (!c->n_args)
		return err_set(err, ST_INVALID, "too few words: %s", c->row->usage);
	if (!st)
		st = trainer_save(t, NULL, err);
	if (!st)
		st = branch_make(&w, &made, err);
	if (st)
		return st;
	buf_addf(answer, "%s from step %lld: 'tutti resume %s' goes on with it", w.name,
		 (long long)made.step, rundir_called(made.run, called));
	trainer_say(t, "branch %s made from step %lld", w.name, (long long)made.step);
	return ST_OK;
}

const struct command_row command_branch = {
	.name = "branch", .arg = { ARG_NAME }, .usage = "branch NAME",
	.example = "branch softer",
	.help = "begins another run from this very state",
	.more = "A run of that name beside this one, with the same plan, figures and "
		"journal up to here. It goes on by 'tutti resume NAME', draws the same "
		"micro-batches and dropout, and differs by nothing until something is "
		"changed in it.",
	.flags = CMD_RUNS, .run = run_branch,
};
