/*
 * desk_imported.h - the Desk of imported predictions: no fader would move anything, so
 * it says what was imported and what it came to.
 */
#ifndef TUTTI_TUI_DESK_IMPORTED_H
#define TUTTI_TUI_DESK_IMPORTED_H

#include "ui/ui.h"

/* The Desk's own data: what the feed knows, read when the run is another one. */
void *desk_imported_new(void);
void desk_imported_free(void *own);
void desk_imported_recalc(struct ui *ui);
/* Of the picture's tasks as many as fit, the chosen one among them. */
void draw_imported(struct canvas *c, const struct ui *ui, struct rect body);

#endif
