/*
 * chart.h - the chart that Desk and Curves share: what it shows, the numbers it
 * is drawn from (made anew by chart_recalc), the window of steps.
 */
#ifndef TUTTI_TUI_CHART_H
#define TUTTI_TUI_CHART_H

#include <stdbool.h>
#include <stdint.h>

#include "axis.h"
#include "curve.h"
#include "marks.h"
#include "overlay.h"
#include "series.h"

enum { SMOOTHINGS = 5, SMOOTHING_USUAL = 2, WINDOW_LEAST = 16 };
extern const int smoothing_steps[SMOOTHINGS]; /* 0: none */

struct charting {
	enum axis_kind axis;
	bool is_log_x;
	int smoothing;             /* index */
	int64_t from, to;          /* the Curves view's window of steps; to 0: all */
	bool follows;              /* the window goes with the newest step */
	struct curve_range norm_range, share_range;
	struct marks marks;
	struct overlay overlay;
	/* derived */
	struct axis x;
	double x_min, x_max;       /* ends, in the axis' unit */
	struct series *line, *other; /* per channel; norm: the first alone */
	int n_lines;
	struct fine fine;
	enum chart_kind made;      /* what the ranges are for */
};
struct ui;
void charting_init(struct charting *c);
void charting_release(struct charting *c);

/* Lines, axis and ranges of what the view on the screen shows. */
void chart_recalc(struct ui *ui);
void draw_chart(struct canvas *c, const struct ui *ui, struct rect legend,
		struct rect chart);
/* Keys that both views have: kind, log, raw. False: not mine. */
bool chart_act(struct ui *ui, int action, int arg);

/* --- the window; all of it is in steps --- */
int64_t chart_last(const struct ui *ui);  /* the right end of the whole run */
void chart_zoom(struct ui *ui, int power); /* > 0: in */
void chart_pan(struct ui *ui, double part); /* of its width */
void chart_fit(struct ui *ui);
/* Puts the cursor on a step, and the window where it can be seen. */
void chart_look_at(struct ui *ui, int64_t step);
/* The step whose values are told: the cursor's, else the last one shown. */
int64_t chart_where(const struct ui *ui);
/* Moves the cursor by hundredths of the axis. */
void chart_move_cursor(struct ui *ui, int hundredths);

const struct curve_range *chart_range(const struct ui *ui);
const char *chart_name(enum chart_kind k); /* "LOSS" */
/* A value of the chart's kind as text; m: the metric, of dev values. */
const char *chart_value(enum chart_kind k, enum metric_id m, char out[24], double v);
/* What the axis' numbers are times: the chosen task's metric decides on dev values. */
double chart_scale(const struct ui *ui);
/* What the chart shows of a channel at a step; NaN: nothing. */
double chart_at(const struct ui *ui, int channel, int64_t step, bool raw);

/* What stands for a channel's line: a stroke in its colour, else a mark or a letter. */
uint32_t channel_sign(const struct canvas *c, int channel);
/*
 * Marks and names of the channels in row y, columns x to `end` - 1, at its right end:
 * all of them in order, or from the chosen one on as many as fit and "+N" for the rest.
 */
void legend_channels(struct canvas *c, const struct ui *ui, int y, int x, int end,
		     bool only_chosen);

#endif
