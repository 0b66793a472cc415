/*
 * command_freeze.c - the command that freezes and thaws groups of parameters.
 */
#include <string.h>

#include "look/snapshot.h"
#include "session/freezing.h"
#include "trainer/change.h"
#include "trainer/command_now.h"

/* What the methods read must not stand still, and something has to move. */
static enum status check(const struct change *g, struct err *err)
{
	const struct freeze *f = &g->mix.frozen;
	bool is_shared_left = freezing_leaves(g->s, f, PARAM_SHARED);
	bool any = is_shared_left;
	enum status st = method_fits_frozen(g->mix.sampling.row, !is_shared_left, err);

	if (!st)
		st = method_fits_frozen(g->mix.weighting.row, !is_shared_left, err);
	for (int i = 0; i < g->s->n_tasks; i++)
		any |= freezing_leaves(g->s, f, i);
	if (!st && !any)
		st = err_set(err, ST_INVALID, "nothing would be trained after '%.80s'",
			     g->c->text);
	return st;
}

/* Is what the plan holds for good still frozen? */
static enum status check_held(const struct change *g, struct err *err)
{
	struct freeze held;

	plan_held(g->s->plan, &held);
	freeze_set(&held, &g->mix.frozen, false);
	if (!freeze_any(&held))
		return ST_OK;
	return err_set(err, ST_INVALID, "the trunk stands still for good beside the plan's "
		       "adapters (model.adapter_trunk trained is for what may be thawed)");
}

static enum status change_freeze(struct change *g, struct err *err)
{
	struct freeze_groups groups;
	struct freeze which;
	enum status st;

	freezing_groups(g->s, &groups);
	st = freeze_read(&groups, g->c->arg[0], &which, err);
	if (!st && !freeze_any(&which))
		st = err_set(err, ST_INVALID, "'%.40s' is no group", g->c->arg[0]);
	if (st)
		return st;
	freeze_show(&groups, &g->mix.frozen, g->before, sizeof g->before);
	freeze_set(&g->mix.frozen, &which, str_eq(g->c->arg[1], "on"));
	freeze_show(&groups, &g->mix.frozen, g->after, sizeof g->after);
	st = check_held(g, err);
	return st ? st : check(g, err);
}

static void show_freeze(struct snapshot *s, struct channel *ch, const struct command *c)
{
	struct freeze_groups groups = snapshot_groups(s);
	struct freeze which;

	(void)ch;
	if (!freeze_read(&groups, c->arg[0], &which, NULL))
		freeze_set(&s->frozen, &which, str_eq(c->arg[1], "on"));
	snapshot_settle_frozen(s);
}

/* Of the groups that it names, those that were otherwise before. */
static bool undo_freeze(const struct journal_entry *e, char *line, const char **why)
{
	char groups[sizeof e->before + sizeof e->after];
	bool on;

	if (!e->before[0] || strlen(e->before) >= sizeof e->before - 1 ||
	    strlen(e->after) >= sizeof e->after - 1)
		*why = "what was before is unknown"; /* or was cut */
	else if (!freeze_difference(e->before, e->after, groups, sizeof groups, &on))
		*why = "it changed nothing";
	return !*why && str_format(line, JOURNAL_TEXT, "freeze %s %s", groups,
				   on ? "off" : "on");
}

const struct command_row command_freeze = {
	.name = "freeze", .arg = { ARG_GROUPS, ARG_ONOFF }, .usage = "freeze GROUP on|off",
	.example = "freeze embeddings, layers 0..2 on",
	.help = "holds a part of the model still",
	.more = "GROUP is embeddings, layer 3 or layers 0..2 (from the bottom), trunk (all "
		"of these), adapters, a task's name (its head or decoder), or several "
		"with commas between. Its values and the optimizer's moments stay as they "
		"are, and no time goes into its gradients, nor into the way back to a part "
		"below which all is frozen. off thaws it, but for a trunk that the plan's "
		"adapters hold still.",
	.flags = CMD_CHANGES,
	.letter = 'Z', .change = change_freeze, .show = show_freeze,
	.now = now_freeze,
	.undo = undo_freeze,
};
