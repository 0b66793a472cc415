/*
 * opts.h - the command line: one row per sub-command, one per option; parsing,
 * --help, the manual's synopsis and completion are derived from the two tables.
 */
#ifndef TUTTI_TUI_OPTS_H
#define TUTTI_TUI_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { OPTS_SETS = 64, OPTS_ARGS = 64, OPTS_VARY = 16, OPTS_ROOTS = 16 };

/* Exit statuses (DESIGN 3.4). */
enum { EXIT_WELL = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

struct opts {
	double speed;                       /* 0: not given */
	const char *run, *runs, *script, *task, *data, *color, *theme, *out;
	const char *field, *positive, *init, *methods;
	int64_t steps, step, seed, workers; /* -1: not given */
	const char *table;
	const char *baseline, *metric;      /* compare */
	int64_t draws;                      /* 0: not given */
	double level;                       /* percent; 0: not given */
	bool each, best, markdown;
	int64_t top;                        /* 0: not given */
	const char *plan, *like, *note, *missing;
	bool replace, averaged;
	bool json, ascii, mouse, view, force, names, extend, split, unicode, csv, yes;
	const char *vary[OPTS_VARY], *seeds, *splits, *plot;
	int n_vary;
	int64_t jobs;                       /* -1: not given */
	const char *actor, *reason;         /* send; actions has the first alone */
	bool commands, slurm, gather;
	const char *root[OPTS_ROOTS];       /* every --runs; `runs` is the first */
	int n_roots;
	const char *set[OPTS_SETS];
	int n_sets;
	const char *arg[OPTS_ARGS];         /* what is left */
	int n_args;
	uint64_t given;                     /* rows of option_table, a bit each */
	int argc;                           /* all words, as they came */
	char **argv;
};

struct subcommand {
	const char *name, *usage, *help;    /* help NULL: not for people */
	unsigned uses;                      /* options it takes: OPT_* bits */
	int min_args, max_args;
	int (*run)(const struct opts *o);   /* returns the exit status */
};

enum opt_bit {
	OPT_RUN = 1 << 0, OPT_RUNS = 1 << 1, OPT_STEPS = 1 << 2, OPT_SEED = 1 << 3,
	OPT_WORKERS = 1 << 4, OPT_SET = 1 << 5, OPT_SCRIPT = 1 << 6, OPT_JSON = 1 << 7,
	OPT_TASK = 1 << 8, OPT_DATA = 1 << 9, OPT_STEP = 1 << 10, OPT_SCREEN = 1 << 11,
	OPT_VIEW = 1 << 12, OPT_SPEED = 1 << 13, OPT_OUT = 1 << 14, OPT_FORCE = 1 << 15,
	OPT_NAMES = 1 << 16, OPT_EXTEND = 1 << 17, OPT_SCORE = 1 << 18, OPT_YES = 1 << 19,
	OPT_TOP = 1 << 20, OPT_TABLE = 1 << 21, OPT_CSV = 1 << 22, OPT_COMPARE = 1 << 23,
	OPT_SWEEP = 1 << 24, OPT_IMPORT = 1 << 25,
	OPT_INIT = 1 << 26, OPT_FORK = 1 << 27, OPT_AVERAGED = 1 << 28,
	OPT_ACT = 1 << 29, OPT_ACTOR = 1 << 30,
};

/* Where in struct opts a value goes, and what it may be. */
struct option_place {
	enum { OPTION_FLAG, OPTION_TEXT, OPTION_TEXTS, OPTION_SETS, OPTION_WHOLE,
	       OPTION_NUMBER, OPTION_ONE_OF } type;
	size_t at, n_at;                    /* n_at: of texts, how many there are */
	int64_t least, most;                /* of whole numbers; most texts */
	double low, high;                   /* of numbers */
	const char *what;                   /* a number in words; "this|that" of choices */
};

struct option_row {
	unsigned bit;
	const char *name, *arg;             /* arg NULL: a flag */
	struct option_place to;
	const char *help;
};

extern const struct subcommand subcommand_table[]; /* the first is the desk */
extern const int subcommand_count;
extern const struct option_row option_table[];
extern const int option_count;
char option_letter(unsigned bit);     /* "-o" beside "--out"; 0: none */

/* argv without the program's and the sub-command's name. */
enum status opts_parse(const struct subcommand *c, int argc, char **argv,
		       struct opts *o, struct err *err);

#endif
