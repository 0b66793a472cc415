/*
 * run_open.h - a run's folder opened to look: its plan, then its store. Whoever reads
 * a run comes this way, so that each trouble is refused in the same words. No lock is
 * taken and nothing is written: the run may be live. Any thread.
 */
#ifndef TUTTI_RUNDIR_RUN_OPEN_H
#define TUTTI_RUNDIR_RUN_OPEN_H

#include <limits.h>

#include "plan/plan.h"
#include "store/store.h"

/* The path of a file of the run: "plan.json", "run.db". ST_INVALID: too long. */
enum status run_file(const char *run, const char *name, char out[PATH_MAX],
		     struct err *err);
/*
 * The plan it follows, its data files gone or not; its store. On failure *out is NULL;
 * returns (caller frees with plan_free, store_close).
 */
enum status run_plan(const char *run, struct plan **out, struct err *err);
enum status run_store(const char *run, struct store **out, struct err *err);
/* Both, the plan first: both or neither. */
enum status run_open(const char *run, struct plan **plan, struct store **store,
		     struct err *err);

#endif
