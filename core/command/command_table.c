/*
 * command_table.c - every command there is. Parsing, checking, completion, help
 * and the manual are derived from these rows, and so is what is done with a line.
 *
 * A row is `const struct command_row command_NAME` in a file of its family:
 * command_mix.c turns knobs of the mix, command_freeze.c freezes groups, command_rate.c
 * sets their rates, command_guard.c sets guards, command_later.c holds commands for later,
 * command_time.c goes back in time, command_run.c is about the run, command_ask.c and
 * command_actions.c ask.
 */
#include "command/command.h"

#include <string.h>

/* A line for each, in the order of help, completion and the manual. */
#define COMMAND_LIST(X) \
	X(weight)       \
	X(share)        \
	X(mute)         \
	X(solo)         \
	X(lock)         \
	X(lr)           \
	X(clip)         \
	X(dropout)      \
	X(horizon)      \
	X(freeze)       \
	X(rate)         \
	X(sampling)     \
	X(weighting)    \
	X(guard)        \
	X(pause)        \
	X(continue)     \
	X(eval)         \
	X(gradients)    \
	X(measure)      \
	X(checkpoint)   \
	X(at)           \
	X(when)         \
	X(ramp)         \
	X(cancel)       \
	X(back)         \
	X(rollback)     \
	X(branch)       \
	X(note)         \
	X(try)          \
	X(beams)        \
	X(explain)      \
	X(actions)      \
	X(stop)

#define COMMAND_DECLARE(name) extern const struct command_row command_##name;
COMMAND_LIST(COMMAND_DECLARE)

#define COMMAND_PLACE(name) &command_##name,
const struct command_row *const command_table[] = { COMMAND_LIST(COMMAND_PLACE) };
const int command_count = (int)(sizeof command_table / sizeof *command_table);

const struct command_row *command_find(const char *name)
{
	for (int i = 0; i < command_count; i++)
		if (str_eq(command_table[i]->name, name))
			return command_table[i];
	return NULL;
}

const struct command_row *command_of(const char *line)
{
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, " \t");
	for (int i = 0; i < command_count; i++)
		if (strlen(command_table[i]->name) == n &&
		    !strncmp(command_table[i]->name, line, n))
			return command_table[i];
	return NULL;
}
