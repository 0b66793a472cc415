/*
 * marks.h - journal entries as the screen sees them: a letter per kind, the task
 * concerned, the command that takes an entry back, and all entries of a run, of
 * which only new ones are read.
 */
#ifndef TUTTI_TUI_MARKS_H
#define TUTTI_TUI_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "draw.h"
#include "feed.h"

/* One row per kind of entry. */
struct mark_kind {
	const char *command; /* its first word */
	char letter;
	const char *name;    /* for the legend */
	bool is_undone;      /* `before` put in place of the value takes it back */
};
extern const struct mark_kind mark_table[];
extern const int mark_kinds;
/* Never NULL: what is not in the table is "other". */
const struct mark_kind *mark_find(const char *command);
/* The channel that an entry names, or -1: it concerns all. */
int mark_channel(const struct snapshot *s, const char *command);
/* The channel's ink; a guard's entry is a warning. */
enum ink mark_ink(const struct snapshot *s, const struct journal_entry *e);
/* The letter of an entry; what a guard did stands in small letters. */
char mark_letter(const struct journal_entry *e);
/* The command that puts back what was before, or false and why there is none. */
bool mark_inverse(const struct journal_entry *e, char line[JOURNAL_TEXT],
		  const char **why);

struct marks {
	struct journal_entry *e;
	int n;
	size_t cap;
	int64_t newest;      /* the highest seq that is in */
	char run_path[512];  /* whose they are */
};
void marks_release(struct marks *m);
/* Reads what the picture says is new; true: there is more than before. */
bool marks_read(struct marks *m, const struct feed *f, const struct snapshot *s);
/* The entry next to a step: direction 1 or -1; -1: none. */
int marks_next(const struct marks *m, int64_t step, int direction);
/* Within `reach` steps of `step`, the nearest; -1: none. */
int marks_near(const struct marks *m, int64_t step, int64_t reach);

#endif
