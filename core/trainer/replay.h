/*
 * replay.h - a run made again from its plan and its journal alone (I3).
 */
#ifndef TUTTI_TRAINER_REPLAY_H
#define TUTTI_TRAINER_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/status.h"

struct replay_result {
	int64_t step;                    /* of the newest checkpoint */
	char recorded[40], replayed[40]; /* hashes of the whole state */
	int checked;                     /* hashes on the way that were the same */
	int64_t differs, good;           /* -1; else the first step whose hash was another,
					    and the last before it whose was not */
	bool comparable;                 /* same build, BLAS and instruction set */
	bool same;
};
/*
 * From step 0, or from the checkpoint that a branch began with, to the newest
 * checkpoint's step, or to the first state on the way whose hash is another.
 * Writes nothing, takes no lock.
 */
enum status replay_run(const char *run, int workers, struct progress *pg,
		       struct replay_result *out, struct err *err);

#endif
