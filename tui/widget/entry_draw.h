/*
 * entry_draw.h - a journal entry in one row of a canvas.
 */
#ifndef TUTTI_TUI_ENTRY_DRAW_H
#define TUTTI_TUI_ENTRY_DRAW_H

#include "screen/canvas.h"
#include "store/store.h"

/*
 * "  12,100  you     weight samsum 1.41 -> 2" from x on, in at most w columns; returns
 * the columns used. An actor's has its name; a reason where there is room.
 */
int draw_entry(struct canvas *c, int y, int x, int w, const struct journal_entry *e);

/* What was asked for and refused; NULL: it was done. */
const char *entry_refused(const struct journal_entry *e);

#endif
