/*
 * command_time.c - the commands that go back in time, and the one that begins another
 * run from the present. They work on the trainer itself (trainer_back.c).
 */
#include <string.h>

#include "base/mem.h"
#include "rundir/checkpoint.h"
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

/* --- rollback --- */

static void list_steps(const struct checkpoint_info *list, int n, struct buf *b)
{
	for (int i = n; i-- > 0;)
		if (list[i].complete && !list[i].is_left)
			buf_addf(b, " %lld", (long long)list[i].step);
}

/* The newest of that very step: another one would be another state. */
static enum status pick(const struct checkpoint_info *list, int n, int64_t step, int *at,
			struct err *err)
{
	struct buf b;

	for (*at = 0; *at < n; ++*at)
		if (list[*at].step == step && list[*at].complete && !list[*at].is_left)
			return ST_OK;
	buf_init(&b);
	list_steps(list, n, &b);
	err_set(err, ST_NOT_FOUND, "no checkpoint of step %lld; there are:%.120s",
		(long long)step, b.len ? buf_str(&b) : " none");
	buf_release(&b);
	return ST_NOT_FOUND;
}

/* "best" and nothing as a step; nothing is the newest checkpoint before this step. */
static enum status which_step(struct trainer *t, const struct command *c,
			      const struct checkpoint_info *list, int n, int64_t *step,
			      struct err *err)
{
	struct checkpoint_choice best;
	enum status st;

	if (c->n_args && str_eq(c->arg[0], "best")) {
		st = checkpoint_choose(t->run_path, CHECKPOINT_BEST, &best, err);
		if (!st && !best.is_scored)
			st = err_set(err, ST_NOT_FOUND, "no checkpoint has a score yet");
		*step = best.step;
		return st;
	}
	if (c->n_args) {
		parse_i64(c->arg[0], step);
		return ST_OK;
	}
	for (int i = 0; i < n; i++)
		if (list[i].complete && !list[i].is_left && list[i].step < t->s->step) {
			*step = list[i].step;
			return ST_OK;
		}
	return err_set(err, ST_NOT_FOUND, "no checkpoint before step %lld",
		       (long long)t->s->step);
}

static enum status find_checkpoint(struct trainer *t, const struct command *c,
				   struct back_to *to, struct err *err)
{
	struct checkpoint_info *list = NULL;
	int64_t step = 0;
	int n = 0, at = 0;
	enum status st = checkpoint_list(t->run_path, &list, &n, err);

	if (!st)
		st = which_step(t, c, list, n, &step, err);
	if (!st)
		st = pick(list, n, step, &at, err);
	if (!st) {
		to->step = step;
		to->seq = list[at].journal_seq;
		if (!str_format(to->folder, sizeof to->folder, "%s/checkpoints/%s",
				t->run_path, list[at].folder))
			st = err_set(err, ST_INVALID, "path too long: '%.200s...'",
				     t->run_path);
	}
	xfree(list);
	return st ? st : checkpoint_sound(to->folder, err);
}

static enum status run_rollback(struct trainer *t, const struct command *c,
				struct buf *answer, struct err *err)
{
	struct back_to to = { .in_ring = -1 };
	enum status st = not_catching_up(t, err);

	(void)answer;
	if (!st)
		st = find_checkpoint(t, c, &to, err);
	if (!st && to.step > t->s->step)
		st = err_set(err, ST_INVALID, "step %lld is to come: the run is at %lld",
			     (long long)to.step, (long long)t->s->step);
	if (!st && to.step == t->s->step && to.seq == t->journal_seq)
		st = err_set(err, ST_INVALID, "the run is at that checkpoint: step %lld",
			     (long long)to.step);
	if (st)
		return st;
	if (!c->is_forced)
		return err_set(err, ST_INVALID, "%lld steps are left behind: 'rollback "
			       "%lld!' if that is meant", (long long)(t->s->step - to.step),
			       (long long)to.step);
	return trainer_jump(t, c->text, &to, err);
}

const struct command_row command_rollback = {
	.name = "rollback", .arg = { ARG_PLACE }, .usage = "rollback [STEP|best]!",
	.help = "goes back to a checkpoint",
	.more = "The state is that of the checkpoint, to the bit; without a word it is the "
		"one before this step. What was done since is left behind: its figures and "
		"its checkpoints without a name no longer count, and the journal still says "
		"it. That is why it wants a '!': 'rollback 500!'.",
	.flags = CMD_RUNS | CMD_JUMPS, .letter = 'R', .run = run_rollback,
};

/* --- back --- */

/* The last entry that the state of that step had before a hand came. */
static enum status last_entry(struct trainer *t, int64_t step, int64_t *seq,
			      struct err *err)
{
	struct journal_entry *e = NULL;
	int n = 0;
	enum status st = store_path(t->store, 0, &e, &n, err);

	*seq = 0;
	for (int i = 0; i < n; i++)
		if (e[i].step < step && e[i].seq > *seq)
			*seq = e[i].seq;
	xfree(e);
	return st;
}

/* The newest checkpoint that the state follows from. */
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
	if (!st && !str_format(to->folder, sizeof to->folder, "%s/checkpoints/%s",
			       t->run_path, list[at].folder))
		st = err_set(err, ST_INVALID, "path too long: '%.200s...'", t->run_path);
	xfree(list);
	return st ? st : checkpoint_sound(to->folder, err);
}

/* Which step it is follows from this one alone, whatever is in memory. */
static enum status find_state(struct trainer *t, const struct command *c,
			      struct back_to *to, struct err *err)
{
	int64_t every = t->s->plan->back_every, n = 1;
	enum status st;

	if (c->n_args)
		parse_i64(c->arg[0], &n);
	if (!every)
		return err_set(err, ST_INVALID, "the plan keeps no states (budget.back_every "
			       "is 0)");
	to->step = t->s->step ? ((t->s->step - 1) / every - (n - 1)) * every : -1;
	if (to->step < 0)
		return err_set(err, ST_NOT_FOUND, "there are not so many states before step "
			       "%lld: one every %lld steps", (long long)t->s->step,
			       (long long)every);
	st = last_entry(t, to->step, &to->seq, err);
	if (st)
		return st;
	to->in_ring = ring_find(t->ring, to->step, &to->seq);
	return to->in_ring >= 0 ? ST_OK : find_before(t, to, err);
}

static enum status run_back(struct trainer *t, const struct command *c, struct buf *answer,
			    struct err *err)
{
	struct back_to to = { .in_ring = -1 };
	enum status st = not_catching_up(t, err);

	(void)answer;
	if (!st)
		st = find_state(t, c, &to, err);
	return st ? st : trainer_jump(t, c->text, &to, err);
}

const struct command_row command_back = {
	.name = "back", .arg = { ARG_COUNT }, .usage = "back [N]",
	.help = "goes back some steps, to a kept state",
	.more = "There is one every budget.back_every steps. All is as it was, what was frozen "
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
		 (long long)made.step, w.name);
	trainer_say(t, "branch %s made from step %lld", w.name, (long long)made.step);
	return ST_OK;
}

const struct command_row command_branch = {
	.name = "branch", .arg = { ARG_NAME }, .usage = "branch NAME",
	.help = "begins another run from this very state",
	.more = "A run of that name beside this one, with the same plan, figures and "
		"journal up to here. It goes on by 'tutti resume NAME', draws the same "
		"micro-batches and dropout, and differs by nothing until something is "
		"changed in it.",
	.flags = CMD_RUNS, .run = run_branch,
};
