/*
 * grid.h - a small table as text with aligned columns, or as Markdown.
 */
#ifndef TUTTI_TUI_GRID_H
#define TUTTI_TUI_GRID_H

#include <stdbool.h>

#include "base/str.h"

enum { GRID_COLUMNS = 12 };

/* Starts empty ({ 0 } with columns set); the first row is the heads. */
struct grid {
	int columns, left;     /* the first `left` columns are flush left, others right */
	int n, cap;            /* cells */
	char **cell;           /* owned */
};
/* The next cell, row by row; made harmless (text_sanitize). */
void grid_put(struct grid *g, const char *text);
void grid_putf(struct grid *g, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends all of it to `out` and empties it. */
void grid_write(struct grid *g, bool markdown, struct buf *out);

#endif
