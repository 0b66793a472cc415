/*
 * command.h - the one grammar: keys, prompt, scripts, socket and journal all
 * speak these lines. One row is all of one command.
 *
 * The rows lie in files of their families (command_table.c), above everything that
 * they do something to. Nothing below is needed to read this header: what a row
 * works on is named here and known to the row's file, so a new command needs no
 * door but its own row.
 */
#ifndef TUTTI_COMMAND_COMMAND_H
#define TUTTI_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct change;        /* change.h */
struct channel;       /* snapshot.h */
struct command;
struct journal_entry; /* store.h */
struct session;
struct snapshot;
struct trainer;       /* trainer_internal.h */

enum command_flags {
	CMD_CHANGES = 1,  /* changes the state: journaled, replayed */
	CMD_ASKS = 2,     /* answers with text, changes nothing */
	CMD_NOTES = 4,    /* journaled, changes nothing (note) */
	CMD_RUNS = 8,     /* about the run, not the state: pause, eval, checkpoint, stop */
	/* beside CMD_RUNS */
	CMD_STEERS = 16,  /* only says when steps are made: a script's line is done once */
	CMD_LIGHT = 32,   /* may run in the middle of an evaluation */
	CMD_CUTS = 64,    /* cuts long work short while it still waits */
	CMD_JUMPS = 128,  /* goes back to an earlier state: journaled (store/line.h) */
	/* beside CMD_CHANGES */
	CMD_LATER = 256,  /* holds a command for later (coming.h) */

	CMD_JOURNALED = CMD_CHANGES | CMD_NOTES | CMD_JUMPS,
};
enum { COMMAND_ARGS = 10, COMMAND_TEXT = 16384, /* what is journaled: JOURNAL_TEXT */
       COMMAND_NOW = 512 };

/*
 * What an argument is: for checking, completion and help. ARG_GROUPS (a list, freeze.h)
 * is all words but the last one, which is the next argument's. ARG_TEXT and ARG_COMMAND
 * are the rest of the line; a command in a command is checked as one (ARG_DO: behind the
 * word "do"). ARG_PLACE is a
 * step or "best", with a '!' or without; ARG_COUNT a number that may be left out.
 */
enum arg_kind { ARG_NONE, ARG_TASK, ARG_NUMBER, ARG_SHARE, ARG_ONOFF, ARG_SAMPLING,
		ARG_WEIGHTING, ARG_PARAM, ARG_NAME, ARG_TEXT, ARG_GROUPS, ARG_PLACE,
		ARG_COUNT, ARG_WORD, ARG_COMMAND, ARG_DO, ARG_GUARD, ARG_MODE };
enum { ARG_KINDS = ARG_MODE + 1 };
enum { COMMAND_KINDS = 5 };

struct command_row {
	const char *name;
	enum arg_kind arg[COMMAND_KINDS];
	const char *usage;    /* "weight TASK X" */
	const char *help;     /* one line */
	const char *example;  /* as typed, of the demo's tasks; NULL: its name alone is one */
	const char *more;     /* a paragraph: what it does and does not do */
	unsigned flags;
	double min, max;      /* of a number */
	double low, high;     /* its usual range, as a fader has it: beyond it a value
				 wants a '!' behind (0, 0: no such range; 0 is always in) */

	/* CMD_JOURNALED: what stands in the journal */
	char letter;          /* an entry's mark on the screen, upper case; no other's */
	/* CMD_CHANGES: tries the change (change.h); refuses with a reason. */
	enum status (*change)(struct change *g, struct err *err);
	/*
	 * What its entry changes in a recorded picture. ch: the channel that the first
	 * word names, where that is a task (never called without it); else NULL. NULL: a
	 * picture does not have what it changes.
	 */
	void (*show)(struct snapshot *s, struct channel *ch, const struct command *c);
	/*
	 * What it would change as it is now, in words that the command would take:
	 * COMMAND_NOW bytes. task: whose, where the first word names one; else -1. NULL:
	 * it has no such value.
	 */
	void (*now)(const struct session *s, int task, char *out);
	/* As command_undo; called for an entry of this row. NULL: nothing takes it back. */
	bool (*undo)(const struct journal_entry *e, char *line, const char **why);

	/* CMD_RUNS: of the trainer's thread, between two steps. */
	enum status (*run)(struct trainer *t, const struct command *c, struct buf *answer,
			   struct err *err);
	/*
	 * CMD_ASKS: one JSON object is added to `answer`. Of the session's thread; the
	 * session may be one without optimizer and data (session_make). Changes no bit.
	 */
	enum status (*ask)(struct session *s, const struct command *c, struct buf *answer,
			   struct err *err);
};
extern const struct command_row *const command_table[];
extern const int command_count;
const struct command_row *command_find(const char *name); /* NULL: no such command */
/* Of a line's first word, whatever follows. */
const struct command_row *command_of(const char *line);

/* A line cut into words, checked against its row; not yet against a session. */
struct command {
	const struct command_row *row;
	int n_args;
	bool is_forced;                /* the number had a '!', and needed it; a place: had */
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
/* What argument i of a row is; ARG_NONE: it has none there. */
enum arg_kind command_kind_at(const struct command_row *row, int i);
/* Such a value of such a command is beyond its usual range. */
bool command_is_beyond(const struct command_row *row, double x);

/*
 * Completion by position: calls `emit` for every candidate of the word that
 * ends at byte `point`; returns where that word starts. tasks: names, NULL ends.
 */
int command_complete(const char *line, int point, const char *const *tasks,
		     void (*emit)(void *arg, const char *word), void *arg);

/* --- what stands in a journal --- */

/* What an entry changed, done to a picture (of a film, of a table of steps). */
void command_show(const struct command *c, struct snapshot *s);
/*
 * The line that takes an entry back, into `line` (JOURNAL_TEXT bytes), or false and
 * why there is none, in a few words that stay.
 */
bool command_undo(const struct journal_entry *e, char *line, const char **why);
/* For rows: by the command itself, its value replaced by what was before. */
bool command_undo_value(const struct journal_entry *e, char *line, const char **why);
/* The same by the command `name`, of the same task where it wants one. */
bool command_undo_by(const char *name, const struct journal_entry *e, char *line,
		     const char **why);

#endif
