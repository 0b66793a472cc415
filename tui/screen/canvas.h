/*
 * canvas.h - a sheet of character cells and what is drawn on it.
 *
 * Views draw on a canvas, never on the terminal: a view is a pure function of
 * a snapshot, the screen's own state and a rectangle, and can be tested without
 * a terminal. terminal.c brings a finished canvas to the terminal.
 *
 * Our own texts are written in UTF-8 with the glyphs of the fullest level; the
 * canvas turns them into plain ASCII where the terminal cannot show them.
 * Text that is not ours goes through draw_foreign() only (RELIABILITY I6).
 */
#ifndef TUTTI_TUI_CANVAS_H
#define TUTTI_TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "metric/metric.h"

/* What a mark means; terminal.c knows the colours of each level. */
enum ink { INK_TEXT, INK_DIM, INK_FRAME, INK_STRONG, INK_GOOD, INK_BAD, INK_WARN,
	   INK_MARK, INK_BLACK, INK_NOVEL, INK_KEY, INK_LINK,
	   INK_CHANNEL, /* + channel % CHANNEL_INKS */
	   INKS = INK_CHANNEL + 7 };
/* What lies behind it. */
enum paper { PAPER_NONE, PAPER_BAR, PAPER_TAB, PAPER_ROW, PAPER_LAMP, PAPER_MUTE,
	     PAPER_SOLO, PAPER_LOCK, PAPER_HIT, /* + 0..2, weak to strong */
	     PAPER_MISS = PAPER_HIT + 3,        /* + 0..2 */
	     PAPER_SPAN = PAPER_MISS + 3,       /* + span % SPAN_PAPERS */
	     PAPER_PUSH = PAPER_SPAN + 6,       /* + 0..2, towards an answer */
	     PAPER_PULL = PAPER_PUSH + 3,       /* + 0..2, away from it */
	     PAPERS = PAPER_PULL + 3 };
enum { CHANNEL_INKS = 7, SPAN_PAPERS = 6, CELL_MARKS = 2 };
enum cell_flags { CELL_BOLD = 1, CELL_REVERSE = 2, CELL_UNDERLINE = 4,
		  CELL_TAIL = 8 /* right half of a wide character */ };

struct cell {
	uint32_t ch;
	uint32_t mark[CELL_MARKS]; /* combining marks, 0: none */
	uint8_t ink, paper, flags;
};

struct rect {
	int y, x, h, w;
};

/* What a click does: choose the item, unless < 0, then `action` (action.h). */
struct zone {
	struct rect r;
	int choose, action, arg;
};
enum { ZONES_MAX = 512 };

struct canvas {
	int rows, cols;
	struct cell *cell;
	int cursor_y, cursor_x; /* -1: hidden */
	bool fancy;             /* box lines and braille */
	bool utf8;              /* other characters than ASCII can be shown */
	bool colour;
	uint8_t paper, flags;   /* of what is drawn next */
	bool mouse;             /* the zones count: reports are wanted */
	int n_zones;
	struct zone zone[ZONES_MAX];
};

void canvas_init(struct canvas *c);
void canvas_release(struct canvas *c);
void canvas_resize(struct canvas *c, int rows, int cols); /* and clears */
void canvas_clear(struct canvas *c);
struct cell *canvas_at(struct canvas *c, int y, int x); /* NULL: outside */
/* One line of the canvas as UTF-8 text, for tests; returns (caller frees). */
char *canvas_line(const struct canvas *c, int y);

/* Where a click means something; further ones lie over earlier ones. */
void draw_zone(struct canvas *c, struct rect r, int choose, int action, int arg);
const struct zone *canvas_zone(const struct canvas *c, int y, int x); /* or NULL */

struct rect rect_cut(struct rect r, int top, int right, int bottom, int left);
/* Take rows or columns off *r, as many as there are; return them. */
struct rect rect_top(struct rect *r, int h);
struct rect rect_bottom(struct rect *r, int h);
struct rect rect_left(struct rect *r, int w);

/* Sets a cell's character; outside the canvas nothing happens. */
void draw_cell(struct canvas *c, int y, int x, uint32_t ch, enum ink ink);
/* Our own text in at most w columns; returns the columns used. */
int draw_text(struct canvas *c, int y, int x, int w, enum ink ink, const char *s);
int draw_textf(struct canvas *c, int y, int x, int w, enum ink ink, const char *fmt,
	       ...) PRINTF_LIKE(6, 7);
/* Ends before column `end`; never starts before `end - w`. */
int draw_right(struct canvas *c, int y, int end, int w, enum ink ink, const char *s);
/* Foreign text, made harmless; a text that is cut ends in an ellipsis. */
int draw_foreign(struct canvas *c, int y, int x, int w, enum ink ink, const char *s);
int draw_foreign_n(struct canvas *c, int y, int x, int w, enum ink ink, const char *s,
		   size_t len);
/* A name: one that is cut loses its middle, as names differ at their ends. */
int draw_name(struct canvas *c, int y, int x, int w, enum ink ink, const char *s);
/* The same as text, made harmless; true: it was cut. */
bool short_name(char *out, size_t cap, const char *s, int w);
/* Columns that draw_foreign would need. */
int foreign_columns(const char *s, size_t len);
/* The first byte from `at` on where a cut takes no combining mark from its letter. */
size_t foreign_cut(const char *s, size_t len, size_t at);
void draw_fill(struct canvas *c, struct rect r);
/* Puts a paper behind what stands there already. */
void draw_paper(struct canvas *c, struct rect r, enum paper p);
void draw_rule(struct canvas *c, int y, int x, int w, enum ink ink);
void draw_box(struct canvas *c, struct rect r, enum ink ink);
/* A box with a title in its top line, and a remark at its right end or NULL. */
void draw_titled_box(struct canvas *c, struct rect r, const char *title,
		     const char *remark);
/* A word in the middle of what would be empty. */
void draw_nothing(struct canvas *c, struct rect body, const char *why);
/* A horizontal bar of w columns filled to `part` (0..1). */
void draw_bar(struct canvas *c, int y, int x, int w, double part, enum ink ink);
/*
 * Fills a column of cells between two heights given in eighths of a row,
 * measured downwards from row `y`.
 */
void draw_span(struct canvas *c, int y, int x, int from, int to, enum ink ink);
/* A small history as block heights: values 0..1. */
void draw_spark(struct canvas *c, int y, int x, const double *v, int n, enum ink ink);

enum ink ink_channel(int channel);
/* The letter of a channel: A, B, ...; '+' beyond Z. */
char channel_letter(int channel);
/* The ASCII mark of a channel in curves. */
char channel_mark(int channel);

/* Numbers as the desk writes them; out holds 24 bytes. */
const char *fmt_count(char out[24], int64_t n);      /* 12,340 */
const char *fmt_brief(char out[24], double x);       /* 13.9k */
const char *fmt_time(char out[24], double seconds);  /* 1h12, 3m05, 42s */
const char *fmt_bytes(char out[24], uint64_t bytes); /* 612 MB */
const char *fmt_value(char out[24], double x);       /* a loss in 6 columns */
const char *fmt_rate(char out[24], double x);        /* 3.0e-4 */
const char *fmt_metric(char out[24], double x);
/* In a column: a correlation in its own form (".790", "-.210"), a number that is no part
 * of anything in five columns, else as fmt_metric. */
const char *fmt_score(char out[24], enum metric_id m, double x);
/* The same with its sign: what is gained. */
const char *fmt_gain(char out[24], enum metric_id m, double x);
/* From -1 to 1: no part of anything. */
bool is_correlation(enum metric_id m);
double fmt_scale(enum metric_id m); /* what fmt_score multiplies with: 100 or 1 */
/* A metric in text for people: 71.2%, a correlation as it is: -0.210; or - */
const char *fmt_measure(char out[24], enum metric_id m, double x);
/* With a digit more, where figures are compared: 71.23%, -0.2104; or undefined. */
const char *fmt_figure(char out[24], enum metric_id m, double x);
const char *fmt_percent(char out[24], double part);  /* 27%, or - */

#endif
