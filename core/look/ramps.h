/*
 * ramps.h - the weights of a ramp under way, for whoever has a run from its records alone:
 * an entry of the journal says how it goes, and each update has another weight of it.
 */
#ifndef TUTTI_LOOK_RAMPS_H
#define TUTTI_LOOK_RAMPS_H

#include "command/command.h"
#include "look/snapshot.h"
#include "mix/mix.h"

/* { 0 }: there are none. */
struct ramps {
	struct { double from, to; int64_t begin, steps; } of[MIX_TASKS_MAX]; /* steps 0: none */
};

/* A command that took effect after `step` updates; `s` has its values (command_show). */
void ramps_take(struct ramps *r, struct snapshot *s, const struct command *c, int64_t step);
/* The weights that the update to `step` had, as mix_ramp sets them. */
void ramps_step(struct ramps *r, struct snapshot *s, int64_t step);

#endif
