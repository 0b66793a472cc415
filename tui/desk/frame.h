/*
 * frame.h - the whole screen: a view, and the frame that every view has around it.
 */
#ifndef TUTTI_TUI_FRAME_H
#define TUTTI_TUI_FRAME_H

#include "ui/ui.h"

void draw_screen(struct canvas *c, const struct ui *ui);

#endif
