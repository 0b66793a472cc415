/*
 * curve.h - the plot widget: lines over steps (or what an axis makes of them),
 * braille 2x4 dots to a cell or one ASCII mark, y logarithmic in octaves or
 * linear.
 */
#ifndef TUTTI_TUI_CURVE_H
#define TUTTI_TUI_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "axis.h"
#include "screen/canvas.h"

/*
 * The y range, in whole units: octaves (log) or steps of `unit`. It grows at
 * once and shrinks only when a whole unit and a half stays empty, so that the
 * picture stands still (UX 3).
 */
struct curve_range {
	bool is_set, log;
	double unit;      /* linear: height of one unit; log: octaves of one (0: 1) */
	int lo, hi;       /* in units; hi > lo */
};
void curve_range_clear(struct curve_range *r);
/* Takes the smallest and the largest value to show (not NaN). */
void curve_range_fit(struct curve_range *r, double min, double max);
/* Where a value stands: 0 at the bottom, 1 at the top. */
double curve_range_place(const struct curve_range *r, double v);

struct plot {
	struct rect area;        /* the dots; the y labels stand left of it */
	int label_row;           /* of the x labels: the axis itself where it is low */
	struct curve_range range;
	double x_min, x_max;     /* at the ends, in units of the axis */
	const struct axis *axis; /* NULL: steps, linear */
	double scale;            /* labels are value * scale */
};
/* Grid, y labels, x axis with numbers: `r` is the whole chart's rectangle. */
void plot_begin(struct canvas *c, struct plot *p, struct rect r);

/* A line: value i holds at step x(i), rising; NaN leaves a gap. */
struct plot_line {
	int n;
	const float *v;
	const int64_t *at;       /* steps, or NULL: first + (i + 1) * span */
	int64_t first, span;
	int64_t last;            /* the step of the last value; 0: by span */
	enum ink ink;
	char mark;               /* ASCII */
	bool dots;               /* single dots, not joined (raw values) */
	bool dotted;             /* every second place alone (another run) */
};
void plot_line(struct canvas *c, const struct plot *p, const struct plot_line *l);
/* A dashed level, where nothing else stands. */
void plot_level(struct canvas *c, const struct plot *p, double v, enum ink ink);
/* A letter on the axis, and a dashed vertical if wished. */
void plot_event(struct canvas *c, const struct plot *p, int64_t step, char letter,
		enum ink ink, bool has_line);
/* A vertical where nothing else stands: the cursor. */
void plot_cursor(struct canvas *c, const struct plot *p, int64_t step);
/*
 * The name of a line right of the point where it ends, where nothing else stands; a
 * row above or below it, or a column on, when its place is taken.
 */
void plot_name(struct canvas *c, const struct plot *p, int64_t step, double v,
	       char letter, enum ink ink);
/* Column of a step within the screen, or -1. */
int plot_column(const struct plot *p, int64_t step);
/* Where a step stands within the width: 0..1, beyond it outside. */
double plot_part(const struct plot *p, double step);
/* The step that stands at a part (0..1) of the width. */
double plot_step_at(const struct plot *p, double part);

#endif
