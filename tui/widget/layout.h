/*
 * layout.h - where things stand: pure functions from sizes to rectangles.
 *
 * A rectangle without rows or columns is not shown. Rectangles never overlap
 * and never leave the screen (tests sweep sizes 1x1 to 300x500).
 */
#ifndef TUTTI_TUI_LAYOUT_H
#define TUTTI_TUI_LAYOUT_H

#include <stdbool.h>

#include "screen/canvas.h"

enum { LAYOUT_MIN_ROWS = 16, LAYOUT_MIN_COLS = 60, STRIP_ROWS = 16, STRIP_COLS = 17,
       STRIP_AVERAGED = 27, /* from so many on it has the average beside the figure */
       MIX_LEAST = 16, MIX_MOST = 26 };

/* Every view's clothes: title, tabs, body, one line for prompt and keys. */
struct page {
	bool too_small;
	struct rect title, tabs, body, foot;
};
void layout_page(int rows, int cols, struct page *out);

struct desk_layout {
	bool tall;             /* strips; else a table with a row per channel */
	struct rect strips;    /* or the table, its head line included */
	int visible;           /* channels that fit at once */
	int strip_cols;
	struct rect mix;       /* what concerns all channels */
	struct rect legend, chart, journal;
};
void layout_desk(struct rect body, int channels, struct desk_layout *out);
/* The i-th visible strip. */
struct rect layout_strip(const struct desk_layout *l, int i);
/* First shown of n channels so that `chosen` is among the visible ones. */
int layout_first(int n, int visible, int chosen);

struct inspect_layout {
	struct rect head, matrix, calibration, list, detail;
};
/* `columns` for the box with a line a class; 0: those of a matrix. */
void layout_inspect(struct rect body, int classes, int columns, struct inspect_layout *out);

struct curves_layout {
	bool is_wide;             /* values and entries stand beside the chart */
	struct rect legend, chart, values, entries;
};
void layout_curves(struct rect body, int tasks, struct curves_layout *out);

struct journal_layout {
	struct rect timeline, legend, list, detail;
};
void layout_journal(struct rect body, struct journal_layout *out);

/* wide: boxes side by side; else one below the other under rules. */
struct summary_layout {
	bool wide;
	struct rect head, source, reference, output;
	struct rect words;     /* the output piece by piece */
	struct rect rouge;     /* this example's scores */
	struct rect low;       /* its history, figures or other candidates */
};
void layout_summary(struct rect body, struct summary_layout *out);

/* layout_gradients.c. Rows of the table are as many as fit, its head line not counted. */
struct gradients_layout {
	struct rect head, table, words, legend, chart, help;
	int visible;
};
void layout_gradients(struct rect body, int tasks, struct gradients_layout *out);

/* Rows, columns: of the matrix, as many as fit; parts: lines of `groups`. */
struct pairs_layout {
	bool is_beside;          /* groups stand right of the matrix, else below it */
	struct rect head, words, matrix, groups, chart, help;
	int rows, columns, cell, name_w;
};
void layout_pairs(struct rect body, int tasks, int parts, struct pairs_layout *out);

/* layout_data.c. is_open: the chosen row has all the room. */
struct data_layout {
	struct rect head, splits, lengths, side, skips, list, detail;
};
void layout_data(struct rect body, bool is_open, struct data_layout *out);

struct runs_layout {
	struct rect head, table, legend, chart, detail;
};
void layout_runs(struct rect body, int runs, struct runs_layout *out);

#endif
