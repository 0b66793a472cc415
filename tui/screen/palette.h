/*
 * palette.h - inks and papers as attributes and colour pairs: 256 colours
 * (after Okabe and Ito, so that colour-blind eyes can tell channels apart) on
 * dark or on light, 8, or none with bold, underline and reverse.
 */
#ifndef TUTTI_TUI_PALETTE_H
#define TUTTI_TUI_PALETTE_H

#include <stdbool.h>

#include <curses.h>

#include "canvas.h"

enum { PALETTE_PAIRS = 250 };

struct palette {
	int colours;     /* 256, 8 or 0 */
	bool is_light;   /* dark letters on a light terminal */
	int n, most;     /* pairs handed out, and how many there are */
	struct { short fg, bg; } pair[PALETTE_PAIRS];
	short text[INKS][PAPERS]; /* palette_text's answers, 0: not asked yet */
};
/* After newterm(). */
void palette_start(struct palette *p, int colours, bool is_light);
/* Everything must be sent anew then. */
void palette_theme(struct palette *p, bool is_light);
/* Hands a cell to ncurses as it shall look. */
void palette_put(struct palette *p, int y, int x, const struct cell *k, bool is_wide);

/*
 * At 256 colours: the paper's colour and the ink's on it, -1 the terminal's own.
 * Every ink but that of frames stands out from every paper by WCAG's 4.5 to 1:
 * one that would not is moved towards white, or black on light papers, till it
 * does. The terminal's own paper counts as black, or white in the light theme. For
 * the test of contrasts.
 */
short palette_paper(bool is_light, enum paper paper);
short palette_text(bool is_light, enum ink ink, enum paper paper);
/* Of two colours of the 256 (16..255), 1 to 21 (WCAG 2.1, relative luminance). */
double palette_contrast(int a, int b);

#endif
