/*
 * effect.h - what came after a journal entry: every task's loss over some steps after
 * it, against the trend that it had before.
 *
 * A loss falls without anybody's help, so the difference of before and after makes
 * every edit look good. Here a line is fitted to the losses y of the L steps before
 * the entry, by least squares over x = step - the entry's step:
 *
 *	trend(x) = my + b (x - mx),   b = Sxy / Sxx
 *
 * with mx, my their means and Sxx, Sxy their sums of squares and products about them.
 * It is held against the L steps after the entry, as means over the n' steps in which
 * the task had a loss (mx' their mean x):
 *
 *	effect = mean of y - trend(mx')
 *	error  = s sqrt(1/n + 1/n' + (mx' - mx)^2 / Sxx),
 *	s^2    = (Syy - b Sxy) / (n - 2)
 *
 * which is the standard error of that difference, were the losses of the steps
 * independent. An effect below twice its error is noise. A line knows no bend: a loss
 * that slows down by itself shows up as a small loss of speed.
 */
#ifndef TUTTI_TUI_EFFECT_H
#define TUTTI_TUI_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

#include "feed.h"
#include "marks.h"

/* Steps that count; steps read before them for the smoothing; steps too few to tell. */
enum { EFFECT_STEPS = 500, EFFECT_WARM = 200, EFFECT_LEAST = 25, EFFECT_PATH = 64 };

/* Means over the steps before and after; NaN: the task had too few losses there. */
struct effect_loss {
	double before, after;
	double trend, error;      /* trend: what the line before comes to, after it */
	double slope;             /* b, a step */
};

struct effect {
	int64_t seq;              /* whose; 0: nobody's */
	int64_t step, length;     /* L: figures reach from step - L to step + L */
	int64_t asked;            /* steps after it that there were: rows may lag */
	bool is_whole;            /* more steps would not change it */
	int n;
	struct effect_loss loss[CHANNELS_MAX];
	/* the smoothed way of one task: point i up to step - L + (i + 1) * 2 * L / 64 */
	int channel;
	float path[EFFECT_PATH];
};

/*
 * Measures entry i of `m` from the rows there are: over EFFECT_STEPS, or as far as it
 * is to the entries before and after it (those within EFFECT_LEAST steps act together,
 * notes do not act), or up to the newest step. channel: whose way is kept.
 */
void effect_read(struct effect *e, const struct feed *f, const struct snapshot *s,
		 const struct marks *m, int i, int channel);
/* The steps that effect_read would take into account now. */
int64_t effect_length(const struct snapshot *s, const struct marks *m, int i,
		      bool *is_whole);
/* The loss less what the trend comes to; NaN: cannot be told. */
double effect_of(const struct effect *e, int channel);
/* The plain change, the trend included. */
double effect_change(const struct effect *e, int channel);
/* The mean of all tasks' effects as parts of their trends, and its error. */
double effect_of_all(const struct effect *e, double *error);

#endif
