/*
 * command_apply.c - what the commands that change do to a session: all of them
 * turn knobs of its mix. A change is tried on a copy first, so that a refused
 * command has changed nothing.
 */
#include <string.h>

#include "run/command.h"
#include "run/session.h"

/* What is being changed, and the values for the journal. */
struct change {
	const struct command *c;
	const struct session *s;
	struct mix *m;
	int task;
	char before[96], after[96];
};

static void show_number(char out[96], double x)
{
	str_format(out, 96, "%.6g", x);
}

static void show_share(char out[96], double share)
{
	if (share < 0)
		str_copy(out, 96, "auto");
	else
		show_number(out, share);
}

static void show_flag(char out[96], bool x)
{
	str_copy(out, 96, x ? "on" : "off");
}

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

/* --- one function per command --- */

static enum status do_weight(struct change *g, struct err *err)
{
	double *w = &g->m->ch[g->task].weight;

	(void)err;
	show_number(g->before, *w);
	command_number(g->c, 1, w);
	show_number(g->after, *w);
	return ST_OK;
}

static enum status do_share(struct change *g, struct err *err)
{
	struct mix_channel *ch = &g->m->ch[g->task];
	double x;

	command_number(g->c, 1, &x);
	if (x < 0 && ch->locked)
		return err_set(err, ST_INVALID, "'%s' is locked: no method may set its "
			       "share; 'lock %s off' first", g->c->arg[0], g->c->arg[0]);
	show_share(g->before, ch->share);
	ch->share = x;
	show_share(g->after, x);
	return ST_OK;
}

static enum status set_flag(struct change *g, bool *flag)
{
	show_flag(g->before, *flag);
	*flag = str_eq(g->c->arg[1], "on");
	show_flag(g->after, *flag);
	return ST_OK;
}

static enum status do_mute(struct change *g, struct err *err)
{
	(void)err;
	return set_flag(g, &g->m->ch[g->task].muted);
}

static enum status do_solo(struct change *g, struct err *err)
{
	(void)err;
	return set_flag(g, &g->m->ch[g->task].solo);
}

/* The share a channel on auto has now, or would have if it were heard. */
static double present_share(const struct mix *now, int task)
{
	struct mix m = *now;
	double share[MIX_TASKS_MAX];

	m.ch[task].muted = false;
	for (int i = 0; i < m.n && !mix_active(&m, task); i++)
		m.ch[i].solo = false;
	mix_shares(&m, share);
	return share[task];
}

static enum status do_lock(struct change *g, struct err *err)
{
	struct mix_channel *ch = &g->m->ch[g->task];

	(void)err;
	if (str_eq(g->c->arg[1], "on") && ch->share < 0)
		ch->share = present_share(g->m, g->task);
	return set_flag(g, &ch->locked);
}

static enum status set_number(struct change *g, double *x)
{
	show_number(g->before, *x);
	command_number(g->c, 0, x);
	show_number(g->after, *x);
	return ST_OK;
}

static enum status do_lr(struct change *g, struct err *err)
{
	(void)err;
	return set_number(g, &g->m->lr);
}

static enum status do_clip(struct change *g, struct err *err)
{
	(void)err;
	return set_number(g, &g->m->clip);
}

static enum status do_dropout(struct change *g, struct err *err)
{
	(void)err;
	return set_number(g, &g->m->dropout);
}

static enum status do_horizon(struct change *g, struct err *err)
{
	double x = 0;

	command_number(g->c, 0, &x);
	if (x != (double)(int64_t)x)
		return err_set(err, ST_INVALID, "'%s' is no whole number of steps",
			       g->c->arg[0]);
	if ((int64_t)x <= g->s->step)
		return err_set(err, ST_INVALID, "step %lld is past: the run is at %lld",
			       (long long)x, (long long)g->s->step);
	str_format(g->before, 96, "%lld", (long long)g->m->horizon);
	g->m->horizon = (int64_t)x;
	str_format(g->after, 96, "%lld", (long long)g->m->horizon);
	return ST_OK;
}

static enum status set_method(struct change *g, enum method_role role, struct err *err)
{
	enum status st;

	mix_show(g->m, role, g->before, sizeof g->before);
	st = mix_set(g->m, role, g->c->arg[0], &g->c->arg[1], g->c->n_args - 1, err);
	if (!st)
		st = method_fits(mix_method(g->m, role)->row, g->s->n_tasks,
				 g->s->plan->micro_batches, err);
	mix_show(g->m, role, g->after, sizeof g->after);
	return st;
}

static enum status do_sampling(struct change *g, struct err *err)
{
	return set_method(g, METHOD_SAMPLING, err);
}

static enum status do_weighting(struct change *g, struct err *err)
{
	return set_method(g, METHOD_WEIGHTING, err);
}

static const struct {
	const char *name;
	enum status (*apply)(struct change *g, struct err *err);
} changes[] = {
	{ "weight", do_weight }, { "share", do_share }, { "mute", do_mute },
	{ "solo", do_solo }, { "lock", do_lock }, { "lr", do_lr },
	{ "clip", do_clip }, { "dropout", do_dropout },
	{ "horizon", do_horizon },
	{ "sampling", do_sampling }, { "weighting", do_weighting },
};

/* --- check and apply --- */

static bool anything_trains(const struct mix *m)
{
	double share[MIX_TASKS_MAX];

	mix_shares(m, share);
	for (int i = 0; i < m->n; i++)
		if (share[i] > 0)
			return true;
	return false;
}

static enum status make_change(struct change *g, struct err *err)
{
	bool did_train = anything_trains(g->m);
	enum status st = ST_OK;

	if (g->c->row->arg[0] == ARG_TASK)
		st = find_task(g, err);
	for (size_t i = 0; i < sizeof changes / sizeof *changes && !st; i++)
		if (str_eq(changes[i].name, g->c->row->name))
			st = changes[i].apply(g, err);
	if (!st && did_train && !anything_trains(g->m))
		st = err_set(err, ST_INVALID, "nothing would be trained after '%.80s'",
			     g->c->text);
	return st;
}

enum status command_check(const struct command *c, const struct session *s,
			  struct err *err)
{
	struct mix copy = s->mix;
	struct change g = { .c = c, .s = s, .m = &copy };

	return c->row->flags & CMD_CHANGES ? make_change(&g, err) : ST_OK;
}

enum status command_apply(const struct command *c, struct session *s, char *before,
			  char *after, struct err *err)
{
	struct mix copy = s->mix;
	struct change g = { .c = c, .s = s, .m = &copy };
	enum status st = c->row->flags & CMD_CHANGES ? make_change(&g, err) : ST_OK;

	if (st)
		return st;
	s->mix = copy;
	if (before)
		str_copy(before, 96, g.before);
	if (after)
		str_copy(after, 96, g.after);
	return ST_OK;
}
