/*
 * command.h - the one grammar: keys, prompt, scripts, socket and journal all
 * speak these lines. One row of command_table is one command.
 */
#ifndef TUTTI_RUN_COMMAND_H
#define TUTTI_RUN_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum command_flags {
	CMD_CHANGES = 1,  /* changes the state: journaled, replayed */
	CMD_ASKS = 2,     /* answers with text, changes nothing */
	CMD_NOTES = 4,    /* journaled, changes nothing (note) */
	CMD_RUNS = 8,     /* about the run, not the state: pause, eval, checkpoint, stop */
};
enum { COMMAND_ARGS = 10, COMMAND_TEXT = 16384 }; /* what is journaled: JOURNAL_TEXT */

/* What an argument is: for checking, completion and help. */
enum arg_kind { ARG_NONE, ARG_TASK, ARG_NUMBER, ARG_SHARE, ARG_ONOFF, ARG_SAMPLING,
		ARG_WEIGHTING, ARG_PARAM, ARG_NAME, ARG_TEXT };

struct command_row {
	const char *name;
	enum arg_kind arg[4];
	const char *usage;    /* "weight TASK X" */
	const char *help;     /* one line */
	const char *more;     /* a paragraph: what it does and does not do */
	unsigned flags;
	double min, max;      /* of a number */
	double low, high;     /* its usual range, as a fader has it: beyond it a value
				 wants a '!' behind (0, 0: no such range; 0 is always in) */
};
extern const struct command_row command_table[];
extern const int command_count;
const struct command_row *command_find(const char *name);

/* A line cut into words, checked against its row; not yet against a session. */
struct command {
	const struct command_row *row;
	int n_args;
	bool is_forced;                /* the number had a '!', and needed it */
	bool is_entry;                 /* of a journal: needs none */
	char text[COMMAND_TEXT];       /* normalised: single spaces */
	const char *arg[COMMAND_ARGS]; /* into `words` */
	char words[COMMAND_TEXT];
};
enum status command_parse(const char *line, struct command *out, struct err *err);
/* The same of a line that a journal holds: it was meant, '!' or not. */
enum status command_parse_entry(const char *line, struct command *out, struct err *err);
/* Argument i of a parsed command as a number; a share of "auto" is -1. */
bool command_number(const struct command *c, int i, double *x);
/* Such a value of such a command is beyond its usual range. */
bool command_is_beyond(const struct command_row *row, double x);

/*
 * Completion by position: calls `emit` for every candidate of the word that
 * ends at byte `point`; returns where that word starts. tasks: names, NULL ends.
 */
int command_complete(const char *line, int point, const char *const *tasks,
		     void (*emit)(void *arg, const char *word), void *arg);

struct session;
/*
 * Checks against the session and applies a CMD_CHANGES command. On refusal
 * nothing has changed and err says why in one line. before/after (96 bytes
 * each) get the value for the journal.
 */
enum status command_check(const struct command *c, const struct session *s,
			  struct err *err);
enum status command_apply(const struct command *c, struct session *s, char *before,
			  char *after, struct err *err);

#endif
