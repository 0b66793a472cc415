/*
 * branch.h - a run that begins from a checkpoint of another one, and remembers it.
 *
 * The new run has the other's plan, that checkpoint under the name "branch", and what its
 * store says up to there. It goes on as any run that is resumed. Nothing in it draws
 * otherwise (session.h), so without a change it has the other's state at every later
 * step; what is changed is listed: as entries of its journal where a command does it, in
 * the plan alone where only a plan says it. Facts of the store keep where it came from:
 *
 *   branch.of      the other run's folder
 *   branch.folder  the checkpoint that it begins from, "step-000500", its own copy
 *   branch.step    branch.state    the step and the hash of that state
 *   branch.sets    "KEY=VALUE KEY=VALUE"
 *
 * The folder is made beside and gets its name once all is in it: a branch is there
 * whole or not at all, and the other run is only read.
 */
#ifndef TUTTI_TRAINER_BRANCH_H
#define TUTTI_TRAINER_BRANCH_H

#include <limits.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/status.h"
#include "store/store.h"

#define BRANCH_CHECKPOINT "branch"

struct branch_wanted {
	const char *run, *name;    /* the other run's folder; the new one's name beside it */
	int64_t step;              /* of a checkpoint that stands; -1: the newest */
	const char *const *sets;   /* "KEY=VALUE" over the plan */
	int n_sets;
	struct progress *pg;       /* where sets are tried; may be NULL */
};
struct branch_made {
	char run[PATH_MAX];
	int64_t step;
	char state[40];
};
/*
 * ST_BUSY: there is a run of that name. ST_NOT_FOUND: no such checkpoint. ST_INVALID: a
 * field that a branch cannot change, or a value that is refused.
 */
enum status branch_make(const struct branch_wanted *w, struct branch_made *out,
			struct err *err);

/* The checkpoint that a run began from, by its facts; false: it began at step 0. */
bool branch_folder(struct store *s, char folder[64]);

#endif
