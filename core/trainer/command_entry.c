/*
 * command_entry.c - what a journal's entry says: what it changed in a picture, and
 * the line that takes it back.
 */
#include <string.h>

#include "look/snapshot.h"
#include "command/command.h"

static struct channel *named(struct snapshot *s, const char *name)
{
	for (int i = 0; i < s->n_channels; i++)
		if (str_eq(s->ch[i].name, name))
			return &s->ch[i];
	return NULL;
}

void command_show(const struct command *c, struct snapshot *s)
{
	bool is_of_task = c->row->arg[0] == ARG_TASK;
	struct channel *ch = is_of_task ? named(s, c->arg[0]) : NULL;

	if (c->row->show && (ch || !is_of_task))
		c->row->show(s, ch, c);
}

bool command_undo(const struct journal_entry *e, char *line, const char **why)
{
	const struct command_row *row = command_of(e->command);

	*why = NULL;
	if (row && row->flags & CMD_NOTES && !row->undo)
		*why = "a note changes nothing";
	else if (!row || !row->undo)
		*why = "no command takes it back";
	return !*why && row->undo(e, line, why);
}

bool command_undo_value(const struct journal_entry *e, char *line, const char **why)
{
	return command_undo_by(command_of(e->command)->name, e, line, why);
}

bool command_undo_by(const char *name, const struct journal_entry *e, char *line,
		     const char **why)
{
	const struct command_row *row = command_find(name);
	const char *task = e->command + strcspn(e->command, " ");
	bool wants_force;
	double x;
	int n = 0;

	if (!row)
		BUG("no command '%s' that could take '%s' back", name, e->command);
	if (row->arg[0] == ARG_TASK && *task)
		n = 1 + (int)strcspn(task + 1, " ");
	if (!e->before[0] || strlen(e->before) >= sizeof e->before - 1)
		*why = "what was before is unknown"; /* or was cut */
	else if (str_eq(e->before, e->after))
		*why = "it changed nothing";
	if (*why)
		return false;
	/* what was before may be where a hand goes only when it says so */
	wants_force = parse_double(e->before, &x) && command_is_beyond(row, x);
	return str_format(line, JOURNAL_TEXT, "%s%.*s %s%s", name, n, task, e->before,
			  wants_force ? "!" : "");
}
