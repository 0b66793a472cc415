/*
 * marks.h - journal entries as the screen sees them: the letter of their command, the
 * task concerned, and all entries of a run, of which only new ones are read.
 */
#ifndef TUTTI_TUI_MARKS_H
#define TUTTI_TUI_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "screen/canvas.h"
#include "feed.h"

enum { MARK_OTHER = '*' }; /* the letter of what this program does not know */
/* The channel that an entry names, or -1: it concerns all. */
int mark_channel(const struct snapshot *s, const char *command);
/* The channel's ink; a guard's entry and a refusal are warnings. */
enum ink mark_ink(const struct snapshot *s, const struct journal_entry *e);
/* The letter of an entry; what a guard did stands in small letters. */
char mark_letter(const struct journal_entry *e);
/* It says something and changes nothing. */
bool mark_is_note(const struct journal_entry *e);

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
