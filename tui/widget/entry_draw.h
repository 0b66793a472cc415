/*
 * entry_draw.h - an entry of the journal on one line, as the Desk, Curves and the
 * Journal show it.
 */
#ifndef TUTTI_TUI_ENTRY_DRAW_H
#define TUTTI_TUI_ENTRY_DRAW_H

#include "look/snapshot.h"
#include "screen/canvas.h"

/* Step, who, command and what it changed, within w columns; the columns used. */
int draw_entry(struct canvas *c, int y, int x, int w, const struct journal_entry *e);

#endif
