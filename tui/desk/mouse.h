/*
 * mouse.h - what clicks, drags and the wheel do. Off unless asked for: a terminal
 * whose mouse reports to a program selects no text with it.
 *
 * While a view draws it says where a click means something (draw_zone); this
 * turns an event at such a place into what a key would have done.
 */
#ifndef TUTTI_TUI_MOUSE_H
#define TUTTI_TUI_MOUSE_H

#include "screen/canvas.h"
#include "screen/input.h"
#include "ui/ui.h"

/* What the mouse holds between its press and its release. */
struct mouse_hold {
	bool is_dragging;
	struct zone zone;
};

/* `c`: what is on the screen. */
void mouse_act(struct mouse_hold *hold, struct ui *ui, const struct canvas *c,
	       const struct mouse *m);
/* The weight at a place of a fader, 0..1: quarter octaves from 1/8 to 8. */
double mouse_weight(double place);

#endif
