/*
 * frame.h - the whole screen: what every view wears, and the view or layer within.
 */
#ifndef TUTTI_TUI_FRAME_H
#define TUTTI_TUI_FRAME_H

#include "screen/canvas.h"

struct ui;

/* Draws what `ui` shows; after ui_recalc. The desk's thread. */
void draw_screen(struct canvas *c, const struct ui *ui);

#endif
