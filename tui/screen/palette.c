/*
 * palette.c - one row per ink and per paper; everything else follows.
 */
#include "palette.h"

#include <math.h>
#include <string.h>
#include <wchar.h>

enum { BLACK = 16, WHITE = 231 };
#define LEGIBLE 4.5

/* Colours at 256 and at 8, each on dark and on light; attributes with, without. */
struct shade {
	short full[2], few[2];
	attr_t attr, plain;
};

static const struct shade ink_table[INKS] = {
	[INK_TEXT] = {{-1, -1}, {-1, -1}, 0, 0},
	[INK_DIM] = {{245, 241}, {-1, -1}, 0, 0},
	[INK_FRAME] = {{241, 249}, {-1, -1}, 0, 0},
	[INK_STRONG] = {{-1, -1}, {-1, -1}, A_BOLD, A_BOLD},
	[INK_GOOD] = {{35, 29}, {COLOR_GREEN, COLOR_GREEN}, 0, 0},
	[INK_BAD] = {{166, 124}, {COLOR_RED, COLOR_RED}, 0, A_BOLD},
	[INK_WARN] = {{178, 130}, {COLOR_YELLOW, COLOR_MAGENTA}, 0, A_BOLD},
	[INK_MARK] = {{74, 26}, {COLOR_CYAN, COLOR_BLUE}, 0, 0},
	[INK_BLACK] = {{16, 231}, {COLOR_BLACK, COLOR_WHITE}, 0, 0},
	[INK_NOVEL] = {{221, 94}, {COLOR_YELLOW, COLOR_MAGENTA}, A_BOLD, A_BOLD},
	[INK_KEY] = {{252, 236}, {-1, -1}, 0, A_BOLD},
	[INK_LINK] = {{109, 24}, {COLOR_CYAN, COLOR_BLUE}, 0, 0},
	/* orange, sky, green, yellow (black on light), blue, vermilion, purple */
	[INK_CHANNEL + 0] = {{178, 130}, {COLOR_YELLOW, COLOR_RED}, 0, 0},
	[INK_CHANNEL + 1] = {{74, 26}, {COLOR_CYAN, COLOR_BLUE}, 0, 0},
	[INK_CHANNEL + 2] = {{35, 29}, {COLOR_GREEN, COLOR_GREEN}, 0, 0},
	[INK_CHANNEL + 3] = {{221, 236}, {COLOR_WHITE, COLOR_BLACK}, 0, 0},
	[INK_CHANNEL + 4] = {{33, 20}, {COLOR_BLUE, COLOR_BLUE}, 0, 0},
	[INK_CHANNEL + 5] = {{166, 88}, {COLOR_RED, COLOR_RED}, 0, 0},
	[INK_CHANNEL + 6] = {{175, 126}, {COLOR_MAGENTA, COLOR_MAGENTA}, 0, 0},
};

/*
 * full, few: the background; `over`: what text of no colour becomes on it, and
 * all text where it is black.
 */
static const struct paper_row {
	struct shade s;
	short over[2];
} paper_table[PAPERS] = {
	[PAPER_NONE] = {{{-1, -1}, {-1, -1}, 0, 0}, {-1, -1}},
	[PAPER_BAR] = {{{236, 254}, {-1, -1}, 0, 0}, {252, 235}},
	[PAPER_TAB] = {{{252, 238}, {COLOR_WHITE, COLOR_BLACK}, 0, A_REVERSE},
		       {16, 231}},
	[PAPER_ROW] = {{{237, 253}, {-1, -1}, A_BOLD, A_REVERSE}, {255, 232}},
	[PAPER_LAMP] = {{{236, 254}, {-1, -1}, 0, 0}, {245, 241}},
	[PAPER_MUTE] = {{{178, 214}, {COLOR_YELLOW, COLOR_YELLOW}, A_BOLD, A_REVERSE},
			{16, 16}},
	[PAPER_SOLO] = {{{35, 78}, {COLOR_GREEN, COLOR_GREEN}, A_BOLD, A_REVERSE},
			{16, 16}},
	[PAPER_LOCK] = {{{74, 117}, {COLOR_CYAN, COLOR_CYAN}, A_BOLD, A_REVERSE},
			{16, 16}},
	[PAPER_HIT + 0] = {{{22, 194}, {-1, -1}, 0, 0}, {252, 16}},
	[PAPER_HIT + 1] = {{{29, 157}, {COLOR_GREEN, COLOR_GREEN}, 0, A_BOLD},
			   {255, 16}},
	[PAPER_HIT + 2] = {{{35, 114}, {COLOR_GREEN, COLOR_GREEN}, 0, A_BOLD},
			   {16, 16}},
	[PAPER_MISS + 0] = {{{52, 224}, {-1, -1}, 0, 0}, {252, 16}},
	[PAPER_MISS + 1] = {{{88, 217}, {COLOR_RED, COLOR_RED}, 0, A_UNDERLINE},
			    {255, 16}},
	[PAPER_MISS + 2] = {{{124, 210}, {COLOR_RED, COLOR_RED}, 0, A_UNDERLINE},
			    {255, 16}},
	[PAPER_SPAN + 0] = {{{24, 153}, {COLOR_BLUE, COLOR_CYAN}, A_UNDERLINE,
			     A_UNDERLINE}, {255, 16}},
	[PAPER_SPAN + 1] = {{{58, 229}, {COLOR_YELLOW, COLOR_YELLOW}, A_UNDERLINE,
			     A_UNDERLINE}, {255, 16}},
	[PAPER_SPAN + 2] = {{{94, 223}, {COLOR_RED, COLOR_RED}, A_UNDERLINE,
			     A_UNDERLINE}, {255, 16}},
	[PAPER_SPAN + 3] = {{{29, 158}, {COLOR_GREEN, COLOR_GREEN}, A_UNDERLINE,
			     A_UNDERLINE}, {255, 16}},
	[PAPER_SPAN + 4] = {{{90, 225}, {COLOR_MAGENTA, COLOR_MAGENTA}, A_UNDERLINE,
			     A_UNDERLINE}, {255, 16}},
	[PAPER_SPAN + 5] = {{{238, 252}, {COLOR_CYAN, COLOR_CYAN}, A_UNDERLINE,
			     A_UNDERLINE}, {255, 16}},
	[PAPER_PUSH + 0] = {{{58, 230}, {-1, -1}, 0, 0}, {255, 16}},
	[PAPER_PUSH + 1] = {{{94, 223}, {COLOR_YELLOW, COLOR_YELLOW}, 0, A_UNDERLINE},
			    {255, 16}},
	[PAPER_PUSH + 2] = {{{172, 215}, {COLOR_YELLOW, COLOR_YELLOW}, A_BOLD,
			     A_BOLD | A_UNDERLINE}, {16, 16}},
	[PAPER_PULL + 0] = {{{23, 195}, {-1, -1}, 0, 0}, {255, 16}},
	[PAPER_PULL + 1] = {{{24, 153}, {COLOR_CYAN, COLOR_CYAN}, 0, A_UNDERLINE},
			    {255, 16}},
	[PAPER_PULL + 2] = {{{32, 111}, {COLOR_CYAN, COLOR_CYAN}, A_BOLD,
			     A_BOLD | A_UNDERLINE}, {16, 16}},
};

/* --- how well an ink stands out --- */

/* The usual 256: a cube of six steps a side, then 24 greys. */
static void colour_rgb(int colour, int out[3])
{
	static const int step[] = {0, 95, 135, 175, 215, 255};

	for (int k = 0; k < 3; k++)
		out[k] = 8 + 10 * (colour - 232);
	if (colour >= 232)
		return;
	colour -= 16;
	out[0] = step[colour / 36];
	out[1] = step[colour / 6 % 6];
	out[2] = step[colour % 6];
}

static double luminance(int colour)
{
	static const double part[] = {.2126, .7152, .0722};
	double sum = 0;
	int rgb[3];

	colour_rgb(colour, rgb);
	for (int k = 0; k < 3; k++) {
		double v = rgb[k] / 255.0;

		sum += part[k] * (v <= .04045 ? v / 12.92 :
					       pow((v + .055) / 1.055, 2.4));
	}
	return sum;
}

double palette_contrast(int a, int b)
{
	double x = luminance(a) + .05, y = luminance(b) + .05;

	return x > y ? x / y : y / x;
}

/* The colour of the 256 nearest to the one `part` of the way from a to b. */
static short between(int a, int b, double part)
{
	int from[3], to[3], best = a, least = -1;

	colour_rgb(a, from);
	colour_rgb(b, to);
	for (int i = 16; i < 256; i++) {
		int rgb[3], far = 0;

		colour_rgb(i, rgb);
		for (int k = 0; k < 3; k++) {
			int d = rgb[k] - (int)lrint(from[k] + part * (to[k] - from[k]));

			far += d * d;
		}
		if (least < 0 || far < least) {
			least = far;
			best = i;
		}
	}
	return (short)best;
}

static short legible(short fg, int behind)
{
	int goal = luminance(behind) < .18 ? WHITE : BLACK;

	for (int k = 0; k <= 8; k++) {
		short c = k ? between(fg, goal, k / 8.0) : fg;

		if (palette_contrast(c, behind) >= LEGIBLE)
			return c;
	}
	return (short)goal;
}

short palette_paper(bool is_light, enum paper paper)
{
	return paper_table[paper].s.full[is_light];
}

short palette_text(bool is_light, enum ink ink, enum paper paper)
{
	const struct paper_row *p = &paper_table[paper];
	short bg = p->s.full[is_light], over = p->over[is_light];
	short fg = ink_table[ink].full[is_light];

	if (bg >= 0 && (fg < 0 || over == BLACK || over == WHITE))
		fg = over;
	if (fg < 0 || ink == INK_FRAME || (bg < 0 && ink == INK_BLACK))
		return fg;
	return legible(fg, bg >= 0 ? bg : is_light ? WHITE : BLACK);
}

/* --- pens --- */

void palette_start(struct palette *p, int colours, bool is_light)
{
	memset(p, 0, sizeof *p);
	p->is_light = is_light;
	p->colours = colours >= 256 ? 256 : colours >= 8 ? 8 : 0;
	if (!p->colours || start_color() != OK) {
		p->colours = 0;
		return;
	}
	use_default_colors();
	p->most = COLOR_PAIRS - 1 < PALETTE_PAIRS ? COLOR_PAIRS - 1 : PALETTE_PAIRS;
}

void palette_theme(struct palette *p, bool is_light)
{
	p->is_light = is_light;
	p->n = 0;
	memset(p->text, 0, sizeof p->text);
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

static short text_of(struct palette *p, const struct cell *k)
{
	short *known = &p->text[k->ink][k->paper];

	if (!*known)
		*known = palette_text(p->is_light, (enum ink)k->ink,
				      (enum paper)k->paper);
	return *known;
}

static void choose_pen(struct palette *p, const struct cell *k, attr_t *attr,
		       int *pair)
{
	const struct shade *ink = &ink_table[k->ink];
	const struct paper_row *paper = &paper_table[k->paper];
	attr_t a = p->colours ? ink->attr | paper->s.attr : ink->plain | paper->s.plain;
	short fg = -1, bg = -1;

	if (p->colours == 256) {
		fg = text_of(p, k);
		bg = paper->s.full[p->is_light];
	} else if (p->colours == 8) {
		fg = ink->few[p->is_light];
		bg = paper->s.few[p->is_light];
		if (bg >= 0)
			fg = bg == COLOR_BLACK ? COLOR_WHITE : COLOR_BLACK;
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

void palette_put(struct palette *p, int y, int x, const struct cell *k, bool is_wide)
{
	wchar_t w[2 + CELL_MARKS] = {(wchar_t)k->ch};
	attr_t attr;
	int pair;
	cchar_t ch;

	/* whatever the terminal's library would lay out differently */
	if (wcwidth(w[0]) != (is_wide ? 2 : 1)) {
		w[0] = L'?';
	} else {
		for (int m = 0; m < CELL_MARKS && k->mark[m]; m++)
			if (wcwidth((wchar_t)k->mark[m]) == 0)
				w[wcslen(w)] = (wchar_t)k->mark[m];
	}
	choose_pen(p, k, &attr, &pair);
	if (setcchar(&ch, w, attr, 0, &pair) == OK)
		mvadd_wch(y, x, &ch); /* an error in the last corner is harmless */
}
