/*
 * effect.h - what came after a journal entry: the smoothed loss of every task some
 * steps before it, at it, and some steps after it.
 */
#ifndef TUTTI_TUI_EFFECT_H
#define TUTTI_TUI_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

#include "feed.h"
#include "marks.h"

/* Steps that count; steps read before them for the smoothing; steps too few to tell. */
enum { EFFECT_STEPS = 500, EFFECT_WARM = 200, EFFECT_LEAST = 25, EFFECT_PATH = 64 };

struct effect {
	int64_t seq;              /* whose; 0: nobody's */
	int64_t step, length;     /* figures reach from step - length to step + length */
	int64_t asked;            /* steps after it that there were: rows may lag */
	bool is_whole;            /* more steps would not change it */
	int n;
	/* NaN: the task had no loss there */
	float before[CHANNELS_MAX], at[CHANNELS_MAX], after[CHANNELS_MAX];
	/* the way of one task: point i up to step - length + (i + 1) * 2 * length / 64 */
	int channel;
	float path[EFFECT_PATH];
};

/*
 * Measures entry i of `m` from the rows there are: over EFFECT_STEPS, or up to the
 * next entry (those within EFFECT_LEAST steps act together), or up to the newest
 * step. channel: whose way is kept.
 */
void effect_read(struct effect *e, const struct feed *f, const struct snapshot *s,
		 const struct marks *m, int i, int channel);
/* The steps that effect_read would take into account now. */
int64_t effect_length(const struct snapshot *s, const struct marks *m, int i,
		      bool *is_whole);
/* The change of a channel's loss; NaN: cannot be told. */
double effect_change(const struct effect *e, int channel);
/* Its change over as many steps before the entry. */
double effect_change_before(const struct effect *e, int channel);
/* The mean of all tasks' relative changes. */
double effect_of_all(const struct effect *e);

#endif
