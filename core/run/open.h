/*
 * open.h - a run opened for looking: `eval`, `predict`. No lock is taken and
 * nothing is written: a live run may be looked at.
 */
#ifndef TUTTI_RUN_OPEN_H
#define TUTTI_RUN_OPEN_H

#include "base/progress.h"
#include "run/session.h"

/*
 * The weights of the checkpoint at or below `step` (or CHECKPOINT_NEWEST,
 * CHECKPOINT_BEST). without with_data no data set is opened (predict).
 */
enum status session_open(const char *run, int64_t step, int workers, bool with_data,
			 struct progress *pg, struct session **out, struct err *err);

#endif
