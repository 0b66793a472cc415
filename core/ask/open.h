/*
 * open.h - a run opened for looking: `eval`, `predict`. No lock is taken and
 * nothing is written: a live run may be looked at.
 */
#ifndef TUTTI_ASK_OPEN_H
#define TUTTI_ASK_OPEN_H

#include "base/progress.h"
#include "rundir/checkpoint.h"
#include "session/session.h"

/*
 * The weights of the checkpoint at or below `step` (or CHECKPOINT_NEWEST,
 * CHECKPOINT_BEST), or their average. Every file of it is checked. Without with_data no
 * data set is opened (predict).
 */
struct session_wanted {
	const char *run;
	int64_t step;
	int workers;
	bool with_data, averaged;
};
/*
 * `which` (NULL is fine) gets the one that it was: whoever answers a person says so
 * (checkpoint_words).
 */
enum status session_open(const struct session_wanted *w, struct progress *pg,
			 struct checkpoint_choice *which, struct session **out,
			 struct err *err);

#endif
