/*
 * change.c - a change is tried on a copy of the mix, and kept whole or not at all.
 */
#include "trainer/change.h"

#include <string.h>

#include "session/freezing.h"
#include "session/guarding.h"

/* --- values --- */

void change_show_number(char out[CHANGE_TEXT], double x)
{
	str_format(out, CHANGE_TEXT, "%.6g", x);
}

void change_show_flag(char out[CHANGE_TEXT], bool x)
{
	str_copy(out, CHANGE_TEXT, x ? "on" : "off");
}

enum status change_number(struct change *g, int i, double *x)
{
	change_show_number(g->before, *x);
	command_number(g->c, i, x);
	change_show_number(g->after, *x);
	return ST_OK;
}

enum status change_flag(struct change *g, int i, bool *flag)
{
	change_show_flag(g->before, *flag);
	*flag = str_eq(g->c->arg[i], "on");
	change_show_flag(g->after, *flag);
	return ST_OK;
}

/* --- trying and keeping --- */

static enum status find_task(struct change *g, struct err *err)
{
	struct buf names;

	g->task = plan_task_find(g->s->plan, g->c->arg[0]);
	if (g->task >= 0)
		return ST_OK;
	buf_init(&names);
	for (int i = 0; i < g->s->n_tasks; i++)
		buf_addf(&names, "%s %s", i ? "," : "", g->s->plan->tasks[i].name);
	err_set(err, ST_NOT_FOUND, "no task '%.40s'; there are%.400s", g->c->arg[0],
		buf_str(&names));
	buf_release(&names);
	return ST_NOT_FOUND;
}

/* Does any task that is drawn have something to train? */
static bool anything_trains(const struct session *s, const struct mix *m)
{
	bool is_shared_left = freezing_leaves(s, &m->frozen, PARAM_SHARED);
	double share[MIX_TASKS_MAX];

	mix_shares(m, share);
	for (int i = 0; i < m->n; i++)
		if (share[i] > 0 &&
		    (is_shared_left || freezing_leaves(s, &m->frozen, i)))
			return true;
	return false;
}

enum status change_try(struct change *g, const struct command *c,
		       const struct session *s, struct err *err)
{
	enum status st = ST_OK;

	g->c = c;
	g->s = s;
	g->task = -1;
	g->before[0] = g->after[0] = g->said[0] = '\0';
	g->mix = s->mix;
	g->own = NULL;
	g->keep = NULL;
	g->drop = NULL;
	if (!(c->row->flags & CMD_CHANGES))
		return ST_OK;
	if (c->row->arg[0] == ARG_TASK)
		st = find_task(g, err);
	if (!st)
		st = c->row->change(g, err);
	if (!st && anything_trains(s, &s->mix) && !anything_trains(s, &g->mix))
		st = err_set(err, ST_INVALID, "nothing would be trained after '%.80s'",
			     c->text);
	if (st)
		change_drop(g);
	return st;
}

void change_keep(struct change *g, struct session *s)
{
	s->mix = g->mix;
	if (g->keep)
		g->keep(g, s);
	if (g->c->row->flags & CMD_CHANGES)
		guarding_change(s, g->c->row->name, g->task, g->before);
}

void change_drop(struct change *g)
{
	if (g->drop)
		g->drop(g);
	g->own = NULL;
}

enum status change_make(const struct command *c, struct session *s, struct err *err)
{
	struct change g;
	enum status st = change_try(&g, c, s, err);

	if (!st)
		change_keep(&g, s);
	return st;
}
