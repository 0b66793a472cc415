/*
 * series.h - what a chart draws, as numbers: smoothed and raw values of every
 * channel over the buckets of the whole run, or over finer ones of a window that
 * are read from the store.
 */
#ifndef TUTTI_TUI_SERIES_H
#define TUTTI_TUI_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "feed.h"

/* dev: no series, its points are few; norm: one line, of the whole step. */
enum chart_kind { CHART_LOSS, CHART_DEV, CHART_NORM, CHART_SHARE, CHARTS };

/*
 * A window's buckets: bucket i covers steps from + i*span + 1 .. from + (i+1)*span.
 * Of a bucket at most FINE_TAKE steps are read, so that a window of any width costs
 * the same.
 */
enum { FINE_POINTS = 512, FINE_TAKE = 4 };
struct fine_task {
	float mean[FINE_POINTS];
	uint32_t count[FINE_POINTS], batches[FINE_POINTS];
};
struct fine {
	int64_t from, span, read; /* span 0: nothing; steps up to `read` are in */
	int n;                    /* buckets with a row */
	int n_tasks;
	struct fine_task *task;
	float norm[FINE_POINTS];
	uint32_t norm_count[FINE_POINTS];
	bool is_aimed;            /* anew: nothing read yet */
	int64_t jump;             /* seq of the last entry that went back, as far as known */
	double at;                /* when it was read last */
	char run_path[512];
};
void fine_release(struct fine *f);
/*
 * Makes `f` hold the window [from, to] where buckets finer than `coarse` steps fit
 * into it; else f->span is 0. Reads what is new and complete, at most four times a
 * second while training runs: true when it should be asked again for that.
 */
bool fine_read(struct fine *f, const struct feed *feed, const struct snapshot *s,
	       int64_t from, int64_t to, double now);

/* One line: point i holds at first + (i + 1) * span, the last at `last` (0: so too). */
struct series {
	int n;
	int64_t first, span, last;
	float value[CURVE_POINTS], raw[CURVE_POINTS];
};
/* steps: how many the smoothing looks back; 0: none. fine may be NULL. */
void series_loss(struct series *out, const struct curve *c, const struct fine *fine,
		 int task, int steps, int64_t now);
void series_norm(struct series *out, const struct run_curve *c,
		 const struct fine *fine, int steps, int64_t now);
/* Micro-batches of all tasks, for series_share. */
struct totals {
	double whole[CURVE_POINTS], fine[FINE_POINTS];
};
void series_totals(struct totals *t, const struct snapshot *s, const struct fine *fine);
void series_share(struct series *out, const struct snapshot *s, const struct fine *fine,
		  const struct totals *t, int task, int steps);
/* The value at a step, NaN where there is none. */
double series_at(const struct series *s, const float *v, int64_t step);

#endif
