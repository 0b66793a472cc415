/*
 * palette.h - inks and papers as attributes and colour pairs: 256 colours
 * (after Okabe and Ito, so that colour-blind eyes can tell channels apart), 8,
 * or none with bold, underline and reverse.
 */
#ifndef TUTTI_TUI_PALETTE_H
#define TUTTI_TUI_PALETTE_H

#include <curses.h>

#include "draw.h"

enum { PALETTE_PAIRS = 250 };

struct palette {
	int colours;     /* 256, 8 or 0 */
	int n, most;     /* pairs handed out, and how many there are */
	struct { short fg, bg; } pair[PALETTE_PAIRS];
};
/* After newterm(). */
void palette_start(struct palette *p, int colours);
void palette_pen(struct palette *p, const struct cell *k, attr_t *attr, int *pair);

#endif
