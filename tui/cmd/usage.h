/*
 * usage.h - what a sub-command takes, read from its usage line; help and the words
 * for a wrong command line.
 */
#ifndef TUTTI_TUI_USAGE_H
#define TUTTI_TUI_USAGE_H

#include <stddef.h>

#include "opts.h"

struct example_row {
	const char *subcommand; /* its name in subcommand_table */
	const char *line;       /* as it is typed; works as it stands */
};
/*
 * One row is one example: help and the manual show it, tests/cli/test_examples.sh
 * runs them in this order, in one folder.
 */
extern const struct example_row example_table[];
extern const int example_count;

/* Any but the desk, which has no name; NULL: none. */
const struct subcommand *subcommand_find(const char *name);
/* "tutti train", "tutti" */
void usage_called(const struct subcommand *c, char *out, size_t cap);
/*
 * The i-th word of what stands behind the name in the usage, without options and
 * their values ("PLAN|RUN" is one, "[FILE|-]" too); false: there are fewer.
 */
bool usage_argument(const struct subcommand *c, int i, char *out, size_t cap);

/* Too few or too many words: what was expected. Returns ST_INVALID. */
enum status usage_too_many(const struct subcommand *c, const char *word,
			   struct err *err);
enum status usage_too_few(const struct subcommand *c, int n, struct err *err);
/* No such option ("--stpes", "-x") in the sub-command. Returns ST_INVALID. */
enum status usage_no_option(const struct subcommand *c, const char *word,
			    struct err *err);

#endif
