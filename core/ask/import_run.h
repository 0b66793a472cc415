/*
 * import_run.h - a run folder for what another system said: plan, store, no checkpoint
 * (rundir/imported.h).
 */
#ifndef TUTTI_ASK_IMPORT_RUN_H
#define TUTTI_ASK_IMPORT_RUN_H

#include "ask/import.h"

struct import_target {
	const char *root, *name;  /* of the run, new or of an import before */
	const char *task;
	bool replace;             /* what was imported of the task before goes */
	const char *file, *note;  /* note NULL: none */
};

/*
 * May it be done? ST_BUSY: the run was trained, or has the task already. `run` is the
 * folder's path where it is there, else "".
 */
enum status import_check(const struct import_target *t, char run[PATH_MAX],
			 struct err *err);
/*
 * Makes the folder or adds to it, under the run's lock. A new one is whole or not there;
 * of one that was there the task's predictions are, or those of before stand. The session
 * is of one task.
 */
enum status import_write(const struct import_target *t, const struct session *s,
			 struct imported *im, char run[PATH_MAX], struct err *err);

#endif
