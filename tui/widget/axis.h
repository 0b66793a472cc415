/*
 * axis.h - what the x axis of a chart counts: steps, or what went by with them.
 * Everything is stored by step; an axis says where a step stands and which step
 * stands somewhere.
 */
#ifndef TUTTI_TUI_AXIS_H
#define TUTTI_TUI_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "look/snapshot.h"

enum axis_kind { AXIS_STEP, AXIS_EPOCH, AXIS_EXAMPLES, AXIS_TOKENS, AXIS_TIME, AXES };
const char *axis_name(enum axis_kind k); /* "step", "epochs of the task", ... */

/* Rises with the step, from 0 at step 0; straight between its points. */
struct axis {
	enum axis_kind kind;
	bool is_log;
	int n;
	int64_t last;             /* the step of the last point */
	int64_t span;             /* point i is at step (i + 1) * span, but the last */
	double at[CURVE_POINTS];
};

/*
 * The axis of `kind` for a picture; epochs are those of `channel`. A run that
 * does not know the figure gets steps (see out->kind).
 */
void axis_make(struct axis *out, enum axis_kind kind, bool is_log,
	       const struct snapshot *s, int channel);
/* Beyond the newest step it goes on as it did so far. NULL: steps. */
double axis_value(const struct axis *a, double step);
double axis_step(const struct axis *a, double value);
/* The last step of a whole run: as planned while it goes on, and where it ended. */
int64_t axis_last(const struct snapshot *s);
/* The right end for a whole run: that step; else 1, 2 or 5 times 10^k until it ends. */
double axis_end(const struct axis *a, const struct snapshot *s);
/* Distance of labels so that there are at most `most` between 0 and `range`. */
double axis_tick(enum axis_kind k, double range, int most);
/* A label; `tick`: the distance to its neighbours. */
const char *axis_label(enum axis_kind k, char out[24], double value, double tick);

#endif
