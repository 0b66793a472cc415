/*
 * command_guard.c - the command that sets a guard.
 */
#include <string.h>

#include "trainer/change.h"

static enum status change_guard(struct change *g, struct err *err)
{
	int i = guard_find(g->c->arg[0]);
	struct guard *guard = &g->mix.guard[i];
	enum status st;

	BUG_IF(i < 0); /* the line was checked */
	guard_show(guard_at(i), guard, g->before, sizeof g->before);
	st = guard_set(guard_at(i), &g->c->arg[1], g->c->n_args - 1, g->s->step, guard, err);
	if (!st && !g->c->is_entry)
		st = guard_suits(guard_at(i), guard, plan_is_measured(g->s->plan), err);
	guard_show(guard_at(i), guard, g->after, sizeof g->after);
	return st;
}

static bool undo_guard(const struct journal_entry *e, char *line, const char **why)
{
	const char *name = e->command + strcspn(e->command, " ");

	if (!*e->before || strlen(e->before) >= sizeof e->before - 1)
		*why = "what was before is unknown"; /* or was cut */
	else if (str_eq(e->before, e->after))
		*why = "it changed nothing";
	return !*why && str_format(line, JOURNAL_TEXT, "guard %.*s %s",
				   (int)strcspn(name + 1, " "), name + 1, e->before);
}

const struct command_row command_guard = {
	.name = "guard", .arg = { ARG_GUARD, ARG_MODE, ARG_PARAM },
	.usage = "guard NAME warn|act|off [K=V]...",
	.example = "guard overfit act n=3",
	.help = "what a guard does when it sees its sign",
	.more = "NAME is finite, spike, overfit, transfer, patience or budget; tutti(1) has "
		"their signs and parameters. warn: a note in the journal, which says what was "
		"seen, what it is called and what usually helps. act: it gives the command "
		"that usually helps, too, into the journal as its own. What it remembers "
		"begins anew; parameters that are not named are as the guard has them.",
	.flags = CMD_CHANGES,
	.letter = 'G', .change = change_guard,
	.undo = undo_guard,
};
