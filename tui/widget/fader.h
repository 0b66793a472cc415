/*
 * fader.h - a channel's strip, tall or as a row of a table: its weight on an octave
 * scale from 1/8 to 8, the share it gets, its effective share, loss, metric, lamps.
 * A strip is drawn from what is told here; where a click means something it says so.
 */
#ifndef TUTTI_TUI_FADER_H
#define TUTTI_TUI_FADER_H

#include <stdbool.h>

#include "look/snapshot.h"
#include "screen/canvas.h"

enum knob { KNOB_WEIGHT, KNOB_SHARE, KNOB_MUTE, KNOB_SOLO, KNOB_LOCK, KNOBS };

/* What keys and clicks lead to, which the strips do not know themselves. */
struct strip_keys {
	char lamp[KNOBS];                 /* the key that turns a lamp */
	int (*meaning)(const char *word); /* what DO_EXPLAIN takes for it; 0: nothing */
};

struct strip {
	const struct channel *ch; /* borrowed */
	int channel;              /* its number: letter, ink */
	bool is_chosen;
	double value[KNOBS];      /* what a hand wishes, else what the run has; lamps: > 0 */
	bool is_wished[KNOBS];    /* it is wished, and the run does not show it yet */
	bool is_auto;             /* the share is the sampling method's */
	const struct strip_keys *keys; /* borrowed */
};

void draw_strip(struct canvas *c, const struct strip *s, struct rect r);

/* Strips as rows below a head line. */
struct strip_table {
	const struct strip *row;  /* [n], borrowed */
	int n;
	bool has_before, has_after; /* there are more than these */
	int chosen;               /* channel that a click on the head leaves chosen */
	const struct strip_keys *keys; /* borrowed */
};
void draw_strip_table(struct canvas *c, const struct strip_table *t, struct rect r);

#endif
