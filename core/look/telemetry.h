/*
 * telemetry.h - figures over time: smoothed losses, curves, speeds. Fed with
 * step rows, live or from the store, it fills in a snapshot's channels. Nothing
 * here ever comes back to a step.
 */
#ifndef TUTTI_LOOK_TELEMETRY_H
#define TUTTI_LOOK_TELEMETRY_H

#include "look/snapshot.h"
#include "store/store.h"

enum { SMOOTH_STEPS = 50, SLOPE_POINTS = 96, RECENT_STEPS = 512 };

/* Of one task: the smoothed loss, and its last values for the slope. */
struct trace {
	int64_t seen;              /* steps with a loss */
	double smooth;
	int64_t at[SLOPE_POINTS];  /* steps, a ring */
	double value[SLOPE_POINTS];
};

struct telemetry {
	struct trace trace[CHANNELS_MAX];
	int64_t steps;             /* rows taken */
	struct { float seconds; uint32_t tokens; bool clipped; } recent[RECENT_STEPS];
	double train_seconds;
	uint64_t tokens;
};

void telemetry_init(struct telemetry *t);
/* Takes a step into the traces and into the curves of `snap`. */
void telemetry_step(struct telemetry *t, struct snapshot *snap,
		    const struct step_row *r);
/* Writes what is derived (slopes, trends, speeds) into `snap`. */
void telemetry_derive(const struct telemetry *t, struct snapshot *snap);
/* An evaluation by the plan or by hand; step -1 is the baseline. */
void telemetry_eval(struct snapshot *snap, const struct eval_row *e);

/* A measurement of one task's gradient; the shares that follow are derived. */
void telemetry_gradient(struct snapshot *snap, const struct gradient_row *r);
/* A measurement of how tasks' gradients agree. */
void telemetry_conflict(struct snapshot *snap, const struct conflict_row *r);
/*
 * Every channel's effective share from its weight, factor, share and norm; its part along
 * the update from these and the cosines.
 */
void telemetry_effective(struct snapshot *snap);

void curve_init(struct curve *c);
/* loss NaN: no micro-batch in this step. */
void curve_add(struct curve *c, int64_t step, double loss, double smooth);
/* What the step drew; after curve_add of the same step. */
void curve_count(struct curve *c, int64_t step, uint32_t batches, uint32_t examples);
/* tokens, seconds: of the run up to the step's end. */
void run_curve_add(struct run_curve *c, int64_t step, double norm, uint64_t tokens,
		   double seconds);

#endif
