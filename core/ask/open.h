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
 * The weights of a checkpoint that was chosen, and its step. Every file of it is
 * checked. Without with_data no data set is opened (predict).
 */
enum status session_open_at(const char *run, const struct checkpoint_choice *c,
			    int workers, bool with_data, struct progress *pg,
			    struct session **out, struct err *err);
/*
 * The checkpoint at or below `step` (or CHECKPOINT_NEWEST, CHECKPOINT_BEST); `c` says
 * which one it is, for who answers a person (checkpoint_words). One that a run which
 * goes on lets go meanwhile is chosen anew.
 */
enum status session_open_chosen(const char *run, int64_t step, int workers, bool with_data,
				struct progress *pg, struct checkpoint_choice *c,
				struct session **out, struct err *err);
/* The same for who needs not know which. */
enum status session_open(const char *run, int64_t step, int workers, bool with_data,
			 struct progress *pg, struct session **out, struct err *err);

#endif
