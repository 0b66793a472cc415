/*
 * actors.c - what the plan allows to programs that steer.
 */
#include "trainer/actors.h"

#include <string.h>

#include "base/mem.h"
#include "text/utf8.h"

_Static_assert((int)ACTOR_NAME == (int)TASK_NAME_MAX, "one rule for names");

/* --- the past --- */

void actors_release(struct actors *a)
{
	xfree(a->past);
	*a = (struct actors){ 0 };
}

static struct actor_past *past_of(const struct actors *a, const char *name)
{
	for (int i = 0; i < a->n; i++)
		if (str_eq(a->past[i].name, name))
			return &a->past[i];
	return NULL;
}

void actors_take(struct actors *a, const struct journal_entry *e)
{
	struct actor_past *p;

	if (e->who != WHO_ACTOR || e->refused[0])
		return;
	p = past_of(a, e->actor);
	if (!p) {
		ARRAY_GROW(a->past, a->n, a->cap);
		p = &a->past[a->n++];
		*p = (struct actor_past){ 0 };
		str_copy(p->name, sizeof p->name, e->actor);
	}
	p->step = e->step;
	p->count++;
}

/* --- the plan --- */

static bool has_numbers(const struct command_row *row)
{
	for (int i = 0; command_kind_at(row, i) != ARG_NONE && i < COMMAND_ARGS; i++)
		if (command_kind_at(row, i) == ARG_NUMBER || command_kind_at(row, i) == ARG_SHARE)
			return true;
	return false;
}

static enum status check_range(const struct plan_actor *a, const struct plan_range *r,
			       struct err *err)
{
	const struct command_row *row = command_find(r->command);

	if (!row || !has_numbers(row))
		return err_set(err, ST_INVALID, "no command '%s' with a number at "
			       "actors.%s.ranges of the plan", r->command, a->name);
	if (r->least < row->min || r->most > row->max)
		return err_set(err, ST_INVALID, "%g to %g is beyond what '%s' takes, %g to "
			       "%g, at actors.%s.ranges of the plan", r->least, r->most,
			       r->command, row->min, row->max, a->name);
	if (!actors_may_give(a, row))
		return err_set(err, ST_INVALID, "a range for '%s', which actors.%s.commands of the "
			       "plan does not name", r->command, a->name);
	return ST_OK;
}

enum status actors_check_plan(const struct plan *p, struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < p->n_actors && !st; i++) {
		const struct plan_actor *a = &p->actors[i];

		for (int k = 0; k < a->n_commands && !st; k++)
			if (!command_find(a->commands[k]))
				st = err_set(err, ST_INVALID, "no command '%.60s' at "
					     "actors.%s.commands of the plan",
					     a->commands[k], a->name);
		for (int k = 0; k < a->n_ranges && !st; k++)
			st = check_range(a, &a->ranges[k], err);
	}
	return st;
}

/* --- limits --- */

bool actors_may_give(const struct plan_actor *limits, const struct command_row *row)
{
	if (!limits || row->flags & CMD_ASKS)
		return true;
	for (int i = 0; i < limits->n_commands; i++)
		if (str_eq(limits->commands[i], row->name))
			return true;
	return false;
}

void actors_range(const struct plan_actor *limits, const struct command_row *row,
		  double *low, double *high)
{
	*low = row->min;
	*high = row->max;
	if (row->high > 0) { /* 0 is always in the usual range */
		*low = row->min < 0 ? row->min : 0;
		*high = row->high;
	}
	for (int i = 0; limits && i < limits->n_ranges; i++)
		if (str_eq(limits->ranges[i].command, row->name)) {
			*low = limits->ranges[i].least;
			*high = limits->ranges[i].most;
		}
}

static bool has_range(const struct plan_actor *limits, const struct command_row *row)
{
	for (int i = 0; i < limits->n_ranges; i++)
		if (str_eq(limits->ranges[i].command, row->name))
			return true;
	return false;
}

static enum status allow_words(const struct plan_actor *a, const struct command *c,
			       struct err *err);

static enum status allow_number(const struct plan_actor *a, const struct command *c, int i,
				struct err *err)
{
	enum arg_kind kind = command_kind_at(c->row, i);
	double x, low, high;
	bool is_in;

	if ((kind != ARG_NUMBER && kind != ARG_SHARE) || !command_number(c, i, &x) ||
	    str_eq(c->arg[i], "auto"))
		return ST_OK;
	actors_range(a, c->row, &low, &high);
	is_in = has_range(a, c->row) ? x >= low && x <= high :
				       !command_is_beyond(c->row, x);
	if (is_in)
		return ST_OK;
	return err_set(err, ST_INVALID, "%s %s is beyond what the plan allows '%s', %g to "
		       "%g", c->row->name, c->arg[i], a->name, low, high);
}

/* What is given now to be done later is held to the same limits as if it were done now. */
static enum status allow_inner(const struct plan_actor *a, const char *line, struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	enum status st = command_parse_entry(line, c, err);

	if (!st)
		st = allow_words(a, c, err);
	xfree(c);
	return st;
}

/* The command, its numbers, and those of one that it holds. */
static enum status allow_words(const struct plan_actor *a, const struct command *c,
			       struct err *err)
{
	enum status st = ST_OK;

	if (!actors_may_give(a, c->row))
		return err_set(err, ST_INVALID, "the plan does not allow '%s' to give '%s'",
			       a->name, c->row->name);
	for (int i = 0; i < c->n_args && !st; i++) {
		enum arg_kind kind = command_kind_at(c->row, i);

		st = kind == ARG_COMMAND || kind == ARG_DO ?
			     allow_inner(a, c->arg[i], err) : allow_number(a, c, i, err);
	}
	return st;
}

/* Where the run went back, the steps that are to pass count from there. */
static enum status allow_often(const struct plan_actor *a, const struct actor_past *p,
			       int64_t step, struct err *err)
{
	if (!p)
		return ST_OK;
	if (a->most > 0 && p->count >= a->most)
		return err_set(err, ST_INVALID, "'%s' has given the %lld commands that the "
			       "plan allows it", a->name, (long long)a->most);
	if (p->step <= step && step - p->step < a->every)
		return err_set(err, ST_INVALID, "the plan allows '%s' a command every %lld "
			       "steps, and its last was at step %lld: from step %lld on",
			       a->name, (long long)a->every, (long long)p->step,
			       (long long)(p->step + a->every));
	return ST_OK;
}

enum status actors_allow(const struct plan *p, const struct actors *all, const char *name,
			 const struct command *c, int64_t step, struct err *err)
{
	const struct plan_actor *a = plan_actor_find(p, name);
	enum status st = ST_OK;

	if (!p->has_actors || c->row->flags & CMD_ASKS)
		return ST_OK;
	if (!a)
		return err_set(err, ST_INVALID, "the plan names no actor '%s'", name);
	st = allow_words(a, c, err);
	return st ? st : allow_often(a, past_of(all, name), step, err);
}

/* --- words from outside --- */

enum status actors_check_words(const char *name, const char *reason, struct err *err)
{
	if (*name && !plan_is_name(name))
		return err_set(err, ST_INVALID, "'%.60s' is no name of an actor: 1 to %d of "
			       "a-z, 0-9, '-', '_'", name, ACTOR_NAME - 1);
	if (strlen(reason) >= REASON_TEXT)
		return err_set(err, ST_INVALID, "the reason is too long: %zu bytes, at most "
			       "%d", strlen(reason), REASON_TEXT - 1);
	if (!utf8_valid(reason, strlen(reason)))
		return err_set(err, ST_INVALID, "the reason is not valid UTF-8");
	for (const char *p = reason; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(err, ST_INVALID, "control character 0x%02x in the "
				       "reason", (unsigned)(unsigned char)*p);
	return ST_OK;
}
