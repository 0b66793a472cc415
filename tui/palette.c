/*
 * palette.c - one row per ink and per paper; everything else follows.
 */
#include "palette.h"

/* Colours at 256, at 8, attributes with colours, attributes without. */
struct shade {
	short full, few;
	attr_t attr, plain;
};

static const struct shade ink_table[INKS] = {
	[INK_TEXT] = {-1, -1, 0, 0},
	[INK_DIM] = {245, -1, 0, 0},
	[INK_FRAME] = {240, -1, 0, 0},
	[INK_STRONG] = {-1, -1, A_BOLD, A_BOLD},
	[INK_GOOD] = {35, COLOR_GREEN, 0, 0},
	[INK_BAD] = {166, COLOR_RED, 0, A_BOLD},
	[INK_WARN] = {178, COLOR_YELLOW, 0, A_BOLD},
	[INK_MARK] = {74, COLOR_CYAN, 0, 0},
	[INK_BLACK] = {16, COLOR_BLACK, 0, 0},
	[INK_NOVEL] = {221, COLOR_YELLOW, A_BOLD, A_BOLD},
	[INK_KEY] = {252, -1, 0, A_BOLD},
	[INK_LINK] = {109, COLOR_CYAN, 0, 0},
	[INK_CHANNEL + 0] = {178, COLOR_YELLOW, 0, 0},
	[INK_CHANNEL + 1] = {74, COLOR_CYAN, 0, 0},
	[INK_CHANNEL + 2] = {35, COLOR_GREEN, 0, 0},
	[INK_CHANNEL + 3] = {221, COLOR_WHITE, 0, 0},
	[INK_CHANNEL + 4] = {25, COLOR_BLUE, 0, 0},
	[INK_CHANNEL + 5] = {166, COLOR_RED, 0, 0},
	[INK_CHANNEL + 6] = {175, COLOR_MAGENTA, 0, 0},
};

/* full, few: the background; `over`: what text of no colour becomes on it. */
static const struct paper_row {
	struct shade s;
	short over;
} paper_table[PAPERS] = {
	[PAPER_NONE] = {{-1, -1, 0, 0}, -1},
	[PAPER_BAR] = {{236, -1, 0, 0}, 252},
	[PAPER_TAB] = {{252, COLOR_WHITE, 0, A_REVERSE}, 16},
	[PAPER_ROW] = {{237, -1, A_BOLD, A_REVERSE}, 255},
	[PAPER_LAMP] = {{236, -1, 0, 0}, 245},
	[PAPER_MUTE] = {{178, COLOR_YELLOW, A_BOLD, A_REVERSE}, 16},
	[PAPER_SOLO] = {{35, COLOR_GREEN, A_BOLD, A_REVERSE}, 16},
	[PAPER_LOCK] = {{74, COLOR_CYAN, A_BOLD, A_REVERSE}, 16},
	[PAPER_HIT + 0] = {{22, -1, 0, 0}, 252},
	[PAPER_HIT + 1] = {{29, COLOR_GREEN, 0, A_BOLD}, 255},
	[PAPER_HIT + 2] = {{35, COLOR_GREEN, 0, A_BOLD}, 16},
	[PAPER_MISS + 0] = {{52, -1, 0, 0}, 252},
	[PAPER_MISS + 1] = {{88, COLOR_RED, 0, A_UNDERLINE}, 255},
	[PAPER_MISS + 2] = {{124, COLOR_RED, 0, A_UNDERLINE}, 255},
	[PAPER_SPAN + 0] = {{24, COLOR_BLUE, A_UNDERLINE, A_UNDERLINE}, 255},
	[PAPER_SPAN + 1] = {{58, COLOR_YELLOW, A_UNDERLINE, A_UNDERLINE}, 255},
	[PAPER_SPAN + 2] = {{94, COLOR_RED, A_UNDERLINE, A_UNDERLINE}, 255},
	[PAPER_SPAN + 3] = {{29, COLOR_GREEN, A_UNDERLINE, A_UNDERLINE}, 255},
	[PAPER_SPAN + 4] = {{90, COLOR_MAGENTA, A_UNDERLINE, A_UNDERLINE}, 255},
	[PAPER_SPAN + 5] = {{238, COLOR_CYAN, A_UNDERLINE, A_UNDERLINE}, 255},
	[PAPER_PUSH + 0] = {{58, -1, 0, 0}, 255},
	[PAPER_PUSH + 1] = {{94, COLOR_YELLOW, 0, A_UNDERLINE}, 255},
	[PAPER_PUSH + 2] = {{172, COLOR_YELLOW, A_BOLD, A_BOLD | A_UNDERLINE}, 16},
	[PAPER_PULL + 0] = {{23, -1, 0, 0}, 255},
	[PAPER_PULL + 1] = {{24, COLOR_CYAN, 0, A_UNDERLINE}, 255},
	[PAPER_PULL + 2] = {{32, COLOR_CYAN, A_BOLD, A_BOLD | A_UNDERLINE}, 16},
};

void palette_start(struct palette *p, int colours)
{
	p->colours = colours >= 256 ? 256 : colours >= 8 ? 8 : 0;
	p->n = p->most = 0;
	if (!p->colours || start_color() != OK) {
		p->colours = 0;
		return;
	}
	use_default_colors();
	p->most = COLOR_PAIRS - 1 < PALETTE_PAIRS ? COLOR_PAIRS - 1 : PALETTE_PAIRS;
}

/* Pair 0 is the terminal's own; the others are made when first needed. */
static int pair_of(struct palette *p, short fg, short bg)
{
	if (fg < 0 && bg < 0)
		return 0;
	for (int i = 0; i < p->n; i++)
		if (p->pair[i].fg == fg && p->pair[i].bg == bg)
			return i + 1;
	if (p->n >= p->most)
		return 0;
	p->pair[p->n].fg = fg;
	p->pair[p->n].bg = bg;
	p->n++;
	init_extended_pair(p->n, fg, bg);
	return p->n;
}

void palette_pen(struct palette *p, const struct cell *k, attr_t *attr, int *pair)
{
	const struct shade *ink = &ink_table[k->ink];
	const struct paper_row *paper = &paper_table[k->paper];
	attr_t a = p->colours ? ink->attr | paper->s.attr : ink->plain | paper->s.plain;
	short fg = -1, bg = -1;

	if (p->colours == 256) {
		fg = ink->full;
		bg = paper->s.full;
		if (bg >= 0 && (fg < 0 || paper->over == 16))
			fg = paper->over;
	} else if (p->colours == 8) {
		fg = ink->few;
		bg = paper->s.few;
		if (bg >= 0)
			fg = COLOR_BLACK;
		if (k->paper == PAPER_BAR) { /* one quiet bar, no patches of colour */
			fg = -1;
			a |= A_REVERSE;
		}
	} else if (k->paper == PAPER_BAR) {
		a |= A_REVERSE;
	}
	if (k->flags & CELL_BOLD)
		a |= A_BOLD;
	if (k->flags & CELL_UNDERLINE)
		a |= A_UNDERLINE;
	if (k->flags & CELL_REVERSE)
		a ^= A_REVERSE;
	*attr = a;
	*pair = pair_of(p, fg, bg);
}
