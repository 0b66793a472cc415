/*
 * trainer_guard.c - guards between two steps: what they say goes into the journal as a
 * note, and where they may act, so do the commands that they give.
 *
 * They are asked once at every step, before scripts and people, and not while the journal
 * still has entries to apply: those are what they said. What they say follows from the
 * state (guard.h), so a run that is killed between a save and its notes says them when it
 * is resumed; what stands in the journal already, at this very step, is not said twice.
 */
#include "trainer/trainer_internal.h"

#include <math.h> /* NAN */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "session/guarding.h"
#include "store/line.h"
#include "trainer/advance.h"
#include "trainer/change.h"

/* --- saying and doing --- */

/* The entry of a guard's line at this step, or at any (is_once); 0: there is none. */
static enum status find_entry(struct trainer *t, const char *line, bool is_once,
			      int64_t *seq, struct err *err)
{
	struct journal_entry *e = NULL;
	int n = 0;
	enum status st = store_journal_read(t->store, 0, &e, &n, err);

	*seq = 0;
	for (int i = 0; i < n && !st; i++)
		if (e[i].who == WHO_GUARD && str_eq(e[i].command, line) &&
		    (is_once || (e[i].step == t->s->step &&
				 e[i].timeline == t->s->timeline)))
			*seq = e[i].seq;
	trainer_is_said(t, *seq);
	xfree(e);
	return st;
}

static enum status note(struct trainer *t, bool is_first, const char *text, struct err *err)
{
	if (is_first)
		trainer_say(t, "step %lld: %s", (long long)t->s->step, text);
	else
		trainer_say_too(t, "%s", text);
	return trainer_note(t, text, err);
}

/* What was refused is noted, with the reason. */
static enum status note_refusal(struct trainer *t, const char *name, const char *line,
				const struct err *why, struct err *err)
{
	char text[JOURNAL_TEXT - 8], entry[JOURNAL_TEXT];
	int64_t seq;
	enum status st;

	str_format(text, sizeof text, "%s: '%s' is refused: %.300s", name, line, why->text);
	str_format(entry, sizeof entry, "note %s", text);
	st = find_entry(t, entry, false, &seq, err);
	return st || seq ? st : note(t, false, text, err);
}

/* A command of a guard's. */
static enum status act(struct trainer *t, const char *name, const char *line, struct err *err)
{
	struct err why = { "" };
	struct buf answer;
	enum status st;

	buf_init(&answer);
	st = trainer_execute(t, line, &(struct asker){ .who = WHO_GUARD }, &answer, &why);
	buf_release(&answer);
	if (!st)
		return ST_OK;
	if (t->lost)
		return err_set(err, t->lost, "guard %s: %s", name, t->lost_why.text);
	if (st == ST_IO || st == ST_BUSY || st == ST_STOPPED)
		return err_set(err, st, "guard %s: %s", name, why.text);
	return note_refusal(t, name, line, &why, err);
}

static bool is_jump(const char *line)
{
	const struct command_row *row = command_of(line);

	return row && row->flags & CMD_JUMPS;
}

/* Lines of one command that would change the same thing, whatever the value. */
bool trainer_is_same_act(const char *entry, const char *line)
{
	const struct command_row *row = command_of(line);
	size_t n = strcspn(line, " ");

	if (row != command_of(entry))
		return false;
	if (row->arg[0] == ARG_TASK)
		n += 1 + strcspn(line + n + 1, " ");
	return !strncmp(entry, line, n);
}

/*
 * Has the guard done this after its note of this step? Its acts stand between that note and
 * the next one of any guard. The value is not asked: a rate that was halved already would be
 * halved again. A refusal is an end of the matter, too.
 */
static enum status was_done(struct trainer *t, const char *name, const char *line,
			    int64_t noted, bool *was, struct err *err)
{
	struct journal_entry *e = NULL;
	char refusal[64];
	int n = 0;
	enum status st = store_journal_read(t->store, noted, &e, &n, err);

	str_format(refusal, sizeof refusal, "note %s: '", name);
	*was = false;
	for (int i = 0; i < n && !st && !*was; i++) {
		if (e[i].who != WHO_GUARD)
			continue;
		*was = str_starts(e[i].command, refusal) || trainer_is_same_act(e[i].command, line);
		if (str_starts(e[i].command, "note "))
			break;
	}
	xfree(e);
	return st;
}

/*
 * Is this line to be given? What changes the run, unless it was done; what does not (stop),
 * unless the run was resumed after it. A command that this program does not have, is not.
 */
static enum status is_due(struct trainer *t, const char *name, const char *line,
			  int64_t noted, bool *is, struct err *err)
{
	const struct command_row *row = command_of(line);
	bool was = noted <= t->resumed_seq;
	enum status st = ST_OK;

	if (row && row->flags & CMD_CHANGES)
		st = was_done(t, name, line, noted, &was, err);
	*is = row && !was;
	return st;
}

/* The entry that a line would be, were it given now. */
static enum status try_entry(struct trainer *t, const char *line, struct journal_entry *out,
			     struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	struct change g;
	enum status st = command_parse_entry(line, c, err);

	if (!st)
		st = change_try(&g, c, t->s, err);
	if (!st) {
		*out = (struct journal_entry){ .who = WHO_GUARD, .unix_ms = clock_unix_ms() };
		str_copy(out->command, sizeof out->command, c->text);
		str_copy(out->before, sizeof out->before, g.before);
		str_copy(out->after, sizeof out->after, g.after);
		change_drop(&g);
	}
	xfree(c);
	return st;
}

/*
 * One that goes back says the next one behind it: both, or neither where it is killed.
 * Without it the same steps would be made again, to the bit, and so for ever: where it is
 * refused the run does not go back.
 */
static enum status act_with(struct trainer *t, const char *name, const char *line,
			    const char *next, struct err *err)
{
	const struct command_row *row = command_of(next);
	struct err why = { "" };
	struct journal_entry then;
	enum status st;

	if (is_jump(line) && row && row->flags & CMD_CHANGES) {
		if (try_entry(t, next, &then, &why))
			return note_refusal(t, name, line, &why, err);
		t->then = &then;
	}
	st = act(t, name, line, err);
	t->then = NULL;
	return st;
}

static enum status speak(struct trainer *t, int i, const struct guard_said *said,
			 bool is_first, struct err *err)
{
	const char *name = guard_at(i)->name;
	enum guard_mode mode = t->s->mix.guard[i].mode;
	char text[JOURNAL_TEXT - 8], entry[JOURNAL_TEXT];
	bool is[GUARD_ACTS] = { false };
	int64_t noted;
	enum status st;

	str_format(text, sizeof text, "%s: %s: %s; what usually helps: %s", name, said->sign,
		   said->text, said->helps);
	str_format(entry, sizeof entry, "note %s", text);
	st = find_entry(t, entry, said->is_once, &noted, err);
	if (!st && !noted) {
		st = note(t, is_first, text, err);
		noted = t->journal_seq;
	}
	for (int k = 0; k < GUARD_ACTS && mode == GUARD_ACT && !st; k++)
		if (said->act[k][0])
			st = is_due(t, name, said->act[k], noted, &is[k], err);
	for (int k = 0; k < GUARD_ACTS && !st && !t->has_jumped; k++)
		if (is[k])
			st = act_with(t, name, said->act[k],
				      k + 1 < GUARD_ACTS && is[k + 1] ? said->act[k + 1] : "",
				      err);
	return st;
}

enum status trainer_guards(struct trainer *t, struct err *err)
{
	int64_t at = t->s->step;
	struct guard_said said;
	bool any = false;
	enum status st = ST_OK;

	if (t->guards_at == at)
		return ST_OK;
	t->guards_at = at;
	if (t->next_pending < t->n_pending)
		return ST_OK;
	for (int i = 0; i < GUARDS && !st; i++)
		for (int task = -1; task < t->s->n_tasks && !st; task++) {
			if (!guarding_says(t->s, i, task, t->tele.train_seconds, &said))
				continue;
			st = speak(t, i, &said, !any, err);
			any = true;
			if (t->has_jumped) { /* it went back: another state is asked */
				t->guards_at = -1;
				return st;
			}
		}
	if (any)
		trainer_picture(t, true);
	return st;
}

/* --- a resumed run --- */

/* The past as it is told again, step by step: evaluations, changes, the next step. */
struct recall {
	struct trainer *t;
	struct eval_row *eval;
	struct journal_entry *entry;
	int n_evals, n_entries, next_eval, next_entry;
	struct command *c;
	uint64_t tokens;
};

static struct guard_view view_at(const struct recall *r, int64_t step)
{
	return (struct guard_view){ .n = r->t->s->n_tasks, .step = step, .seconds = NAN,
				    .tokens = r->tokens };
}

/* The evaluation of the schedule that is next, of all its tasks. */
static void recall_evaluation(struct recall *r)
{
	const struct session *s = r->t->s;
	int64_t step = r->eval[r->next_eval].step;
	struct guard_view v = view_at(r, step);
	struct guard_dev dev[GUARD_TASKS_MAX];

	for (int i = 0; i < s->n_tasks; i++)
		dev[i] = (struct guard_dev){ NAN, NAN, NAN };
	for (; r->next_eval < r->n_evals && r->eval[r->next_eval].step == step; r->next_eval++)
		if (r->eval[r->next_eval].scheduled)
			dev[r->eval[r->next_eval].task] =
				advance_seen(s, &r->eval[r->next_eval]);
	v.dev = dev;
	if (step > 0 && advance_is_due(step, s->plan->eval_every.steps))
		guarding_recall(r->t->s, &v, NULL);
}

static void recall_entry(struct recall *r, const struct journal_entry *e)
{
	struct session *s = r->t->s;
	struct guard_view v = view_at(r, e->step);
	struct guard_change change = { .task = -1, .before = e->before };
	int guard;

	if (command_parse_entry(e->command, r->c, NULL) || !(r->c->row->flags & CMD_CHANGES))
		return;
	change.name = r->c->row->name;
	if (r->c->row->arg[0] == ARG_TASK)
		change.task = plan_task_find(s->plan, r->c->arg[0]);
	guarding_recall(s, &v, &change);
	guard = r->c->row->arg[0] == ARG_GUARD ? guard_find(r->c->arg[0]) : -1;
	if (guard >= 0 && s->mix.guard[guard].mode == GUARD_WARN &&
	    s->mix.guard[guard].since == e->step)
		guarding_forget(s, guard);
}

/* All that came after no more than so many steps; of one step evaluations are first. */
static void recall_until(struct recall *r, int64_t step)
{
	for (;;) {
		bool has_eval = r->next_eval < r->n_evals &&
				r->eval[r->next_eval].step <= step;
		bool has_entry = r->next_entry < r->n_entries &&
				 r->entry[r->next_entry].step <= step;

		if (has_eval && (!has_entry || r->eval[r->next_eval].step <=
					       r->entry[r->next_entry].step))
			recall_evaluation(r);
		else if (has_entry)
			recall_entry(r, &r->entry[r->next_entry++]);
		else
			return;
	}
}

static void recall_step(void *arg, const struct step_row *row)
{
	struct recall *r = arg;
	struct guard_view v;
	double loss[GUARD_TASKS_MAX];

	recall_until(r, row->step - 1);
	r->tokens += row->tokens;
	for (int i = 0; i < r->t->s->n_tasks; i++)
		loss[i] = NAN;
	for (int k = 0; k < row->n; k++)
		loss[row->task[k].task] = (double)row->task[k].loss;
	v = view_at(r, row->step);
	v.loss = loss;
	guarding_recall(r->t->s, &v, NULL);
}

enum status trainer_guards_recall(struct trainer *t, struct err *err)
{
	struct recall r = { .t = t };
	enum status st = store_evals_read(t->store, -1, &r.eval, &r.n_evals, err);

	if (!st)
		st = store_path(t->store, 0, &r.entry, &r.n_entries, err);
	for (int i = 0; i < GUARDS; i++)
		if (t->s->mix.guard[i].mode == GUARD_WARN)
			guarding_forget(t->s, i);
	while (r.n_entries && r.entry[r.n_entries - 1].seq > t->journal_seq)
		r.n_entries--; /* it will be applied */
	while (r.n_evals && r.eval[r.n_evals - 1].step > t->s->step)
		r.n_evals--; /* it will be measured again */
	r.c = xmalloc(sizeof *r.c);
	if (!st)
		st = store_steps_read(t->store, 1, t->s->step, 1, recall_step, &r, err);
	if (!st)
		recall_until(&r, t->s->step);
	xfree(r.c);
	xfree(r.entry);
	xfree(r.eval);
	return st;
}
