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
#include "feed/marks.h"
#include "feed/overlay.h"
#include "feed/series.h"

enum { SMOOTHINGS = 5, SMOOTHING_USUAL = 2, WINDOW_LEAST = 16 };
extern const int smoothing_steps[SMOOTHINGS]; /* 0: none */

struct chart {
	/* what the person has chosen */
	enum chart_kind kind;
	bool is_linear, shows_raw; /* the loss axis; raw values behind the lines */
	bool one;                  /* only the chosen channel */
	int64_t cursor;            /* step; -1: none */
	enum axis_kind axis;
	bool is_log_x;
	int smoothing;             /* index */
	int64_t from, to;          /* the Curves view's window of steps; to 0: all */
	bool follows;              /* the window goes with the newest step */
	struct curve_range loss_range, dev_range, norm_range, share_range;
	struct marks marks;
	struct overlay overlay;
	/* derived */
	struct axis x;
	double x_min, x_max;       /* ends, in the axis' unit */
	struct series *line, *other; /* per channel; norm: the first alone */
	int n_lines;
	struct fine fine;
	int channel;               /* as they were asked for: see chart_input */
	bool is_full;
};
void chart_init(struct chart *c);
void chart_release(struct chart *c);

/* What a chart is made of; nothing of it is kept but the last two. */
struct chart_input {
	const struct feed *feed;   /* a window's steps are read from it */
	const struct snapshot *s;
	double now;
	int channel;               /* the chosen one */
	bool is_full;              /* window, axis, cursor and `one` count; else it is
				      the whole run by steps */
};
/*
 * Makes lines, axis and ranges anew. True: a part of the window is read yet, and it
 * should be called again for the rest. The functions below go by what it was given
 * last; their `s` is the picture as it is.
 */
bool chart_recalc(struct chart *c, const struct chart_input *in);
void draw_chart(struct canvas *c, const struct chart *k, const struct snapshot *s,
		struct rect legend, struct rect chart);
void chart_next_kind(struct chart *c, int by);
void chart_turn_linear(struct chart *c);

/* --- the window; all of it is in steps --- */
void chart_zoom(struct chart *c, const struct snapshot *s, int power); /* > 0: in */
void chart_pan(struct chart *c, const struct snapshot *s, double part); /* of its width */
void chart_fit(struct chart *c);
/* Puts the cursor on a step, and the window where it can be seen. */
void chart_look_at(struct chart *c, const struct snapshot *s, int64_t step);
/* The step whose values are told: the cursor's, else the last one shown. */
int64_t chart_where(const struct chart *c, const struct snapshot *s);
/* Moves the cursor by hundredths of the axis. */
void chart_move_cursor(struct chart *c, const struct snapshot *s, int hundredths);

const struct curve_range *chart_range(const struct chart *c);
const char *chart_name(enum chart_kind k); /* "LOSS" */
/* A value of the chart's kind as text; m: the metric, of dev values. */
const char *chart_value(enum chart_kind k, enum metric_id m, char out[24], double v);
/* What the axis' numbers are times: the chosen task's metric decides on dev values. */
double chart_scale(const struct chart *c, const struct snapshot *s);
/* What the chart shows of a channel at a step; NaN: nothing. */
double chart_at(const struct chart *c, const struct snapshot *s, int channel, int64_t step,
		bool raw);

/* What stands for a channel's line: a stroke in its colour, else a mark or a letter. */
uint32_t channel_sign(const struct canvas *c, int channel);
/*
 * Marks and names of the channels in row y, columns x to `end` - 1, at its right end:
 * all of them in order, or from the chosen one on as many as fit and "+N" for the rest.
 */
void legend_channels(struct canvas *c, const struct snapshot *s, int channel, int y, int x,
		     int end, bool only_chosen);

#endif
