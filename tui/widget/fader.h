/*
 * fader.h - a channel's strip, tall or as a row of a table: its weight on an octave
 * scale from 1/8 to 8, the share it gets, its effective share, loss, metric, lamps.
 * A strip is drawn from what is told here; where a click means something it says so.
 */
#ifndef TUTTI_TUI_FADER_H
#define TUTTI_TUI_FADER_H

#include <stdbool.h>

#include "screen/canvas.h"
#include "look/snapshot.h"

enum knob { KNOB_WEIGHT, KNOB_SHARE, KNOB_MUTE, KNOB_SOLO, KNOB_LOCK, KNOBS };

struct strip {
	const struct channel *ch; /* borrowed */
	int channel;              /* its number: letter, ink */
	bool is_chosen;
	double value[KNOBS];      /* what a hand wishes, else what the run has; lamps: > 0 */
	bool is_wished[KNOBS];    /* it is wished, and the run does not show it yet */
	bool is_auto;             /* the share is the sampling method's */
	char lamp_key[KNOBS];     /* the key that turns a lamp */
};

void draw_strip(struct canvas *c, const struct strip *s, struct rect r);

/*
 * n strips as rows below a head line; `before`, `after`: there are more of them. The
 * head's words are explained for channel `chosen`.
 */
void draw_strip_table(struct canvas *c, const struct strip *s, int n, struct rect r,
		      int chosen, bool before, bool after);

#endif
