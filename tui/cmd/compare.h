/*
 * compare.h - a comparison in words and tables.
 */
#ifndef TUTTI_TUI_COMPARE_H
#define TUTTI_TUI_COMPARE_H

#include "base/table_out.h"
#include "look/compare.h"

/* For people: a table of values and one of differences a measure, then words. */
void compare_text(const struct comparison *c, bool markdown, struct buf *out);
/* For programs: a row a value and a row a pair; JSON has the runs and notes, too. */
void compare_rows(const struct comparison *c, enum table_format format, struct buf *out);

#endif
