/*
 * trainer_later.c - what was asked for before is done when its time has come. Two
 * entries say so, both or neither on the disk: "cancel NAME" of the timer takes it off the
 * list, and what it did stands beside as any command. A replay and a run that
 * catches up have both from the journal; here nothing fires until that is at its end.
 *
 * What goes back in time is taken off on the new timeline, behind the jump, and never
 * comes again, not even where another jump leaves that entry behind, too: two that undo
 * each other would go on without end.
 */
#include "trainer/trainer_internal.h"

#include <math.h> /* NAN */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "command/coming.h"
#include "store/line.h"
#include "trainer/advance.h"
#include "trainer/change.h"

/* --- the list --- */

#define WENT_BACK "done, entry "

static void remember(struct trainer *t, int64_t seq)
{
	ARRAY_GROW(t->gone_back, t->n_gone_back, t->cap_gone_back);
	t->gone_back[t->n_gone_back++] = seq;
}

static bool has_gone_back(const struct trainer *t, const struct coming_item *i)
{
	for (size_t k = 0; k < t->n_gone_back; k++)
		if (t->gone_back[k] == i->seq)
			return true;
	return false;
}

/* Of the whole journal: also what was left behind has been done. */
static enum status read_gone_back(struct trainer *t, struct err *err)
{
	struct journal_entry *e = NULL;
	int64_t seq;
	int n = 0;
	enum status st = store_journal_read(t->store, 0, &e, &n, err);

	t->n_gone_back = 0;
	for (int i = 0; i < n && !st; i++)
		if (e[i].who == WHO_TIMER && str_starts(e[i].after, WENT_BACK) &&
		    parse_i64(e[i].after + strlen(WENT_BACK), &seq))
			remember(t, seq);
	xfree(e);
	return st;
}

enum status trainer_coming_read(struct trainer *t, int64_t upto, struct err *err)
{
	struct journal_entry *e = NULL;
	int n = 0;
	enum status st = store_path(t->store, 0, &e, &n, err);

	coming_clear(&t->coming);
	for (int i = 0; i < n && !st; i++)
		if (e[i].seq <= upto)
			coming_take(&t->coming, &e[i]);
	xfree(e);
	if (!st)
		st = read_gone_back(t, err);
	t->s->coming = &t->coming;
	t->looked = -1;
	return st;
}

/* --- firing --- */

static struct journal_entry taken_off(const struct trainer *t, const struct coming_item *i,
				      const char *how)
{
	struct journal_entry e = { .timeline = t->s->timeline, .step = t->s->step,
				   .unix_ms = clock_unix_ms(), .who = WHO_TIMER };

	str_format(e.command, sizeof e.command, "cancel %s", i->name);
	str_format(e.before, sizeof e.before, "%.*s", (int)sizeof e.before - 1, i->line);
	str_format(e.after, sizeof e.after, "%.*s", (int)sizeof e.after - 1, how);
	return e;
}

static enum status write(struct trainer *t, struct journal_entry *e, struct err *err)
{
	enum status st = store_journal(t->store, e, err);

	if (!st)
		trainer_wrote(t, e);
	return st;
}

static enum status refuse(struct trainer *t, const struct coming_item *i, const char *why,
			  struct err *err)
{
	struct journal_entry e;
	char how[160];

	str_format(how, sizeof how, "refused: %s", why);
	e = taken_off(t, i, how);
	trainer_say(t, "step %lld: %s refused: %s", (long long)t->s->step, i->name, why);
	return write(t, &e, err);
}

static enum status fire_change(struct trainer *t, const struct coming_item *i,
			       const struct command *c, struct err *err)
{
	struct journal_entry off = taken_off(t, i, "done"), e = off;
	struct change g;
	struct err why = { "" };
	enum status st = change_try(&g, c, t->s, &why);

	if (st)
		return refuse(t, i, why.text, err);
	str_copy(e.command, sizeof e.command, c->text);
	str_copy(e.before, sizeof e.before, g.before);
	str_copy(e.after, sizeof e.after, g.after);
	st = store_begin(t->store, err);
	if (!st) {
		st = store_journal(t->store, &off, err);
		if (!st)
			st = store_journal(t->store, &e, err);
		st = store_end(t->store, st, err);
	}
	if (st) {
		change_drop(&g);
		return st;
	}
	change_keep(&g, t->s);
	trainer_wrote(t, &off);
	trainer_wrote(t, &e);
	return ST_OK;
}

/* A command about the run: taken off first, so that it is done once. */
static enum status fire_run(struct trainer *t, const struct coming_item *i,
			    const struct command *c, struct err *err)
{
	struct journal_entry off = taken_off(t, i, "done");
	struct err why = { "" };
	struct buf answer;
	enum status st = write(t, &off, err);

	if (st)
		return st;
	buf_init(&answer);
	if (c->row->run(t, c, &answer, &why))
		trainer_say(t, "%s: %s", i->name, why.text);
	buf_release(&answer);
	return ST_OK;
}

static enum status fire_jump(struct trainer *t, const struct coming_item *i,
			     const struct command *c, struct err *err)
{
	struct journal_entry off;
	struct err why = { "" };
	struct buf answer;
	char how[48];
	enum status st;

	str_format(how, sizeof how, WENT_BACK "%lld", (long long)i->seq);
	off = taken_off(t, i, how);
	buf_init(&answer);
	t->then = &off;
	st = c->row->run(t, c, &answer, &why);
	t->then = NULL;
	buf_release(&answer);
	if (t->lost)
		return err_set(err, t->lost, "%s", t->lost_why.text);
	return st ? refuse(t, i, why.text, err) : ST_OK;
}

static enum status fire(struct trainer *t, const struct coming_item *asked, struct err *err)
{
	const struct coming_item i = *asked; /* the list moves */
	struct command *c = xmalloc(sizeof *c);
	struct err why = { "" };
	enum status st = command_parse(i.command, c, &why);

	t->by = (struct asker){ .who = WHO_TIMER };
	trainer_say(t, "step %lld: %s: %s", (long long)t->s->step, i.name, i.command);
	if (st)
		st = refuse(t, &i, why.text, err);
	else if (c->row->flags & CMD_JUMPS)
		st = fire_jump(t, &i, c, err);
	else if (c->row->flags & CMD_RUNS)
		st = fire_run(t, &i, c, err);
	else
		st = fire_change(t, &i, c, err);
	xfree(c);
	return st;
}

/* --- whose time has come --- */

static double value_of(const struct trainer *t, const struct coming_item *i,
		       const struct eval_row *e, int n)
{
	for (int k = 0; k < n; k++) {
		if (!e[k].scheduled || e[k].step != t->s->step ||
		    e[k].task != plan_task_find(t->s->plan, i->task))
			continue;
		if (str_eq(i->metric, "loss"))
			return e[k].loss;
		for (int m = 0; m < e[k].n_metrics; m++)
			if (str_eq(e[k].metric[m].name, i->metric))
				return e[k].metric[m].value;
	}
	return NAN;
}

static const struct coming_item *first_due(const struct trainer *t,
					   const struct eval_row *e, int n)
{
	for (int k = 0; k < t->coming.n; k++) {
		const struct coming_item *i = &t->coming.item[k];

		if (has_gone_back(t, i))
			continue;
		if (i->kind == COMING_AT && i->step <= t->s->step)
			return i;
		if (i->kind == COMING_WHEN && i->since < t->s->step &&
		    coming_holds(i, value_of(t, i, e, n)))
			return i;
	}
	return NULL;
}

/* One at a time: what it does may move the run, or the list. */
enum status trainer_fire(struct trainer *t, struct err *err)
{
	int64_t step = t->s->step;
	struct eval_row *e = NULL;
	const struct coming_item *i;
	int n = 0;
	enum status st = ST_OK;

	if (!t->coming.n || t->next_pending < t->n_pending)
		return ST_OK;
	if (step > 0 && t->looked != step &&
	    advance_is_due(step, t->s->plan->eval_every.steps))
		st = store_evals_from(t->store, step, &e, &n, err);
	t->looked = step;
	while (!st && !t->has_jumped && (i = first_due(t, e, n)))
		st = fire(t, i, err);
	xfree(e);
	return st;
}
