/*
 * trainer_command.c - lines become changes and answers, between two steps: the
 * journal's first (a resumed run catching up), then the script's, then those
 * that people posted.
 */
#include "trainer/trainer_internal.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "trainer/change.h"
#include "trainer/advance.h"

/* --- the journal --- */

bool trainer_is_catching_up(const struct trainer *t)
{
	return t->next_pending < t->n_pending;
}

enum status trainer_write_entry(struct trainer *t, struct journal_entry *e,
				const char *command, const struct asker *by,
				struct err *err)
{
	enum status st;

	e->timeline = t->s->timeline;
	e->step = t->s->step;
	e->unix_ms = clock_unix_ms();
	e->who = by->who;
	str_copy(e->actor, sizeof e->actor, by->actor);
	str_copy(e->reason, sizeof e->reason, by->reason);
	str_copy(e->command, sizeof e->command, command);
	st = store_journal(t->store, e, err);
	if (!st)
		trainer_wrote(t, e);
	return st;
}

void trainer_wrote(struct trainer *t, const struct journal_entry *e)
{
	t->journal_seq = e->seq;
	trainer_add_journal(t, e);
	coming_take(&t->coming, e);
	trainer_take_every(t, e);
}

enum status trainer_note(struct trainer *t, const char *text, struct err *err)
{
	const struct journal_entry *due = trainer_is_catching_up(t) ?
		&t->pending[t->next_pending] : NULL;
	struct journal_entry e = { 0 };
	char line[JOURNAL_TEXT];

	str_format(line, sizeof line, "note %s", text);
	if (due && due->who == WHO_GUARD && due->step == t->s->step &&
	    str_eq(due->command, line)) {
		t->journal_seq = due->seq;
		t->next_pending++;
	}
	if (due) /* guards are silent up to the journal's end */
		return ST_OK;
	return trainer_write_entry(t, &e, line, &(struct asker){ .who = WHO_GUARD }, err);
}

void trainer_is_said(struct trainer *t, int64_t seq)
{
	if (!trainer_is_catching_up(t) && seq > t->journal_seq)
		t->journal_seq = seq;
}

/* --- one command --- */

/* No step feels a change before its entry is on the disk. */
static enum status change(struct trainer *t, const struct command *c,
			  const struct asker *by, struct buf *answer, struct err *err)
{
	struct journal_entry e = { 0 };
	char now[COMMAND_NOW];
	struct change g;
	enum status st;

	if (trainer_is_catching_up(t))
		return err_set(err, ST_BUSY, "catching up with the journal until step %lld",
			       (long long)t->pending[t->n_pending - 1].step);
	st = change_try(&g, c, t->s, err);
	if (st)
		return st;
	str_copy(e.before, sizeof e.before, g.before);
	str_copy(e.after, sizeof e.after, g.after);
	if (c->row->flags & CMD_NOTES && c->row->now) {
		c->row->now(t->s, -1, now);
		str_copy(e.before, sizeof e.before, now);
		str_copy(e.after, sizeof e.after, c->arg[0]);
	}
	st = trainer_write_entry(t, &e, c->text, by, err);
	if (st)
		change_drop(&g);
	else
		change_keep(&g, t->s);
	if (!st && c->row->flags & CMD_LATER)
		buf_addf(answer, "%s: %s", g.after, c->text);
	if (!st && g.said[0])
		buf_addf(answer, answer->len ? "; %s" : "%s", g.said);
	return st;
}

static enum status obey(struct trainer *t, const struct command *c, const struct asker *by,
			struct buf *answer, struct err *err)
{
	if (c->row->flags & (CMD_CHANGES | CMD_NOTES))
		return change(t, c, by, answer, err);
	if (c->row->flags & CMD_RUNS)
		return c->row->run(t, c, answer, err);
	return c->row->ask(t->s, c, answer, err);
}

/* What a guard says is meant, as an entry of a journal is. */
enum status trainer_execute(struct trainer *t, const char *line, const struct asker *by,
			    struct buf *answer, struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	bool is_actor = by->who == WHO_ACTOR;
	enum status st = by->who == WHO_GUARD ? command_parse_entry(line, c, err) :
						command_parse(line, c, err);

	t->is_executing = true;
	t->is_by_hand = is_actor || by->who == WHO_PERSON;
	t->by = *by;
	if (!st && is_actor)
		st = trainer_actor_may(t, c, by, err);
	if (!st && is_actor && c->row->flags & CMD_RUNS)
		st = trainer_actor_runs(t, c, by, err);
	if (!st)
		st = obey(t, c, by, answer, err);
	if (st && is_actor)
		trainer_actor_refused(t, line, by, st, err->text);
	t->is_executing = false;
	xfree(c);
	return st;
}

/* --- catching up --- */

/* Applies the journal's entries of this step again, without writing them. */
enum status trainer_catch_up(void *arg, struct err *err)
{
	struct trainer *t = arg;
	int before = t->next_pending;
	enum status st = advance_entries(t->s, t->pending, t->n_pending, &t->next_pending,
					 err);

	for (; before < t->next_pending; before++) {
		coming_take(&t->coming, &t->pending[before]);
		trainer_take_every(t, &t->pending[before]);
		t->journal_seq = t->pending[before].seq;
	}
	return st;
}

/* --- the script --- */

static void add_line(struct trainer *t, int64_t step, int number, const char *text)
{
	int at = t->n_script++;

	t->script = xreallocarray(t->script, (size_t)t->n_script, sizeof *t->script);
	/* by step; of one step in the file's order */
	for (; at > 0 && t->script[at - 1].step > step; at--)
		t->script[at] = t->script[at - 1];
	t->script[at] = (struct script_line){ step, number, xstrdup(text), false };
}

/* Names of tasks can be checked before there is a session. */
static enum status check_names(const struct plan *plan, const struct command *c,
			       struct err *err)
{
	if (plan && c->row->arg[0] == ARG_TASK && plan_task_find(plan, c->arg[0]) < 0)
		return err_set(err, ST_NOT_FOUND, "no task '%.60s' in the plan", c->arg[0]);
	return ST_OK;
}

static enum status read_line(struct trainer *t, char *line, int number,
			     const struct plan *plan, struct command *c, struct err *err)
{
	size_t from = strspn(line, " \t\r"), word;
	int64_t step;
	char *rest;
	enum status st;

	line += from;
	line[strcspn(line, "\r")] = '\0';
	if (!*line || *line == '#')
		return ST_OK;
	word = strcspn(line, " \t");
	rest = line + word;
	if (*rest)
		*rest++ = '\0';
	if (!parse_i64(line, &step) || step < 0)
		return err_set(err, ST_INVALID, "script:%d: '%.40s' is no step: lines are "
			       "STEP COMMAND", number, line);
	st = command_parse(rest, c, err);
	if (!st)
		st = check_names(plan, c, err);
	if (st)
		return err_wrap(err, st, "script:%d", number);
	add_line(t, step, number, rest);
	return ST_OK;
}

enum status trainer_read_script(struct trainer *t, const char *text,
				const struct plan *plan, struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	char *copy = xstrdup(text ? text : ""), *line = copy, *next;
	enum status st = ST_OK;

	for (int number = 1; line && !st; number++, line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		st = read_line(t, line, number, plan, c, err);
	}
	xfree(copy);
	xfree(c);
	return st;
}

/* Is the line in the journal already (and not yet taken by another line)? */
static bool take_entry(const struct script_line *l, const char *text,
		       const struct journal_entry *e, int n, bool *taken)
{
	for (int i = 0; i < n; i++)
		if (!taken[i] && e[i].who == WHO_SCRIPT && e[i].step == l->step &&
		    str_eq(e[i].command, text)) {
			taken[i] = true;
			return true;
		}
	return false;
}

enum status trainer_script_past(struct trainer *t, const struct journal_entry *e,
				int n, struct err *err)
{
	bool *taken = xcalloc((size_t)n + 1, sizeof *taken);
	struct command *c = xmalloc(sizeof *c);
	int64_t at = t->s->step;
	enum status st = ST_OK;

	if (t->n_pending && t->pending[t->n_pending - 1].step > at)
		at = t->pending[t->n_pending - 1].step;
	for (int i = 0; i < t->n_script && !st; i++) {
		struct script_line *l = &t->script[i];

		st = command_parse(l->text, c, err);
		if (st)
			break;
		if (c->row->flags & CMD_JOURNALED)
			l->done = take_entry(l, c->text, e, n, taken);
		else if (c->row->flags & CMD_STEERS)
			l->done = l->step < at || (l->step == at && at > 0);
		else /* looks again, to the same figures, where steps are made again */
			l->done = l->step < t->s->step;
		if (!l->done && l->step < at && c->row->flags & CMD_JOURNALED)
			st = err_set(err, ST_INVALID, "script:%d: step %lld is past: the run "
				     "is at %lld", l->number, (long long)l->step,
				     (long long)at);
	}
	xfree(c);
	xfree(taken);
	return st;
}

/* A picture has one message, and the next step may say another. */
static void refuse_line(struct trainer *t, const struct script_line *l, const char *why)
{
	trainer_say(t, "script:%d: %s", l->number, why);
	t->n_refused++;
	if (t->refused.len < SNAPSHOT_MESSAGE)
		buf_addf(&t->refused, "%sscript:%d: %s", t->refused.len ? "; " : "", l->number,
			 why);
}

void trainer_script_told(struct trainer *t)
{
	int left = 0;

	for (int i = 0; i < t->n_script && t->s->step >= t->s->mix.horizon; i++)
		left += !t->script[i].done && t->script[i].step > t->s->step;
	if (t->n_refused)
		trainer_say(t, "%d %s of the script refused: %s", t->n_refused,
			    t->n_refused == 1 ? "line" : "lines", buf_str(&t->refused));
	if (left)
		trainer_say_too(t, "%d %s of the script not come to: the run ends at step %lld",
				left, left == 1 ? "line" : "lines", (long long)t->s->step);
}

static void run_script(struct trainer *t)
{
	struct err err;

	for (int i = 0; i < t->n_script; i++) {
		struct script_line *l = &t->script[i];
		struct buf answer;

		if (l->step > t->s->step || t->has_jumped)
			break;
		if (l->done || l->step != t->s->step)
			continue;
		l->done = true;
		buf_init(&answer);
		if (trainer_execute(t, l->text, &(struct asker){ .who = WHO_SCRIPT }, &answer,
				    &err))
			refuse_line(t, l, err.text);
		buf_release(&answer);
		if (t->is_paused || t->is_stopping)
			trainer_picture(t, true);
	}
}

/* --- the queue --- */

/* What can be done in the middle of an evaluation: it reads no knob. */
static bool is_light(const char *line)
{
	const struct command_row *row = command_of(line);

	return row && row->flags & (CMD_CHANGES | CMD_NOTES | CMD_LIGHT);
}

static bool take_waiting(struct trainer *t, struct waiting *w, bool light_only)
{
	bool is_there;

	pthread_mutex_lock(&t->mutex);
	is_there = t->queue_n > 0 &&
		   (!light_only || is_light(t->queue[t->queue_head].line));
	if (is_there) {
		*w = t->queue[t->queue_head];
		t->queue_head = (t->queue_head + 1) % TRAINER_QUEUE_MAX;
		t->queue_n--;
	}
	pthread_mutex_unlock(&t->mutex);
	return is_there;
}

/* Takes the text. BUSY would say that the ticket still waits: see trainer_answer. */
static void give_answer(struct trainer *t, uint64_t ticket, enum status st,
			const struct err *err, struct buf *text)
{
	struct answer *a = &t->answer[ticket % ANSWERS_KEPT];

	pthread_mutex_lock(&t->mutex);
	buf_release(&a->text);
	a->ticket = ticket;
	a->st = st == ST_BUSY ? ST_FAILED : st;
	str_copy(a->err.text, sizeof a->err.text, st ? err->text : "");
	a->text = *text;
	buf_init(text);
	t->answered = ticket;
	pthread_mutex_unlock(&t->mutex);
}

/*
 * Answers what waits, in order. light_only: up to the first line that has to
 * wait for the evaluation that is under way; nothing when that evaluation is
 * itself a command, which is answered first.
 */
bool trainer_drain(struct trainer *t, bool light_only)
{
	struct waiting w;
	bool any = false;

	if (light_only && t->is_executing)
		return false;
	while (take_waiting(t, &w, light_only)) {
		struct err err = { "" };
		struct buf text;
		enum status st;

		buf_init(&text);
		st = trainer_execute(t, w.line, &w.by, &text, &err);
		if (st)
			trainer_say(t, "%s", err.text);
		give_answer(t, w.ticket, st, &err, &text);
		xfree(w.line);
		any = true;
	}
	return any;
}

/* The schedule is moved as by hand: in the journal, before a step feels it. */
static enum status extend(struct trainer *t, struct err *err)
{
	int64_t before = t->s->mix.horizon;
	char line[40];
	struct buf answer;
	enum status st;

	if (!t->must_extend || trainer_is_catching_up(t))
		return ST_OK;
	t->must_extend = false;
	if (t->steps_asked <= before || t->steps_asked <= t->s->step)
		return ST_OK;
	str_format(line, sizeof line, "horizon %lld", (long long)t->steps_asked);
	buf_init(&answer);
	st = trainer_execute(t, line, &(struct asker){ .who = WHO_PERSON }, &answer, err);
	buf_release(&answer);
	if (!st)
		trainer_say_too(t, "the schedule ends at step %lld now, not %lld",
				(long long)t->steps_asked, (long long)before);
	return st;
}

enum status trainer_boundary(struct trainer *t, struct err *err)
{
	enum status st = extend(t, err);

	if (st)
		return st;
	trainer_was_held(t);
	trainer_ring_take(t); /* before a hand changes anything */
	st = trainer_guards(t, err);
	if (!st && !t->has_jumped)
		st = trainer_fire(t, err);
	if (st || t->has_jumped)
		return st;
	run_script(t);
	if (t->has_jumped && !t->lost)
		return ST_OK;
	if (trainer_drain(t, false))
		trainer_picture(t, true);
	return t->lost ? err_set(err, t->lost, "%s", t->lost_why.text) : ST_OK;
}

void trainer_refuse_all(struct trainer *t, const char *why)
{
	struct waiting w;
	struct buf text;
	struct err err;

	pthread_mutex_lock(&t->mutex);
	t->has_ended = true;
	pthread_mutex_unlock(&t->mutex);
	str_copy(err.text, sizeof err.text, why);
	while (take_waiting(t, &w, false)) {
		buf_init(&text);
		give_answer(t, w.ticket, ST_END, &err, &text);
		xfree(w.line);
	}
}
