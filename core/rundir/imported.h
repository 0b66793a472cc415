/*
 * imported.h - runs that nobody trained: their evaluation is what another system said.
 * They have a plan, a store and no checkpoint, so nothing can be asked of a model.
 *
 * Their store has the fact "imported", and for each task "imported.TASK": an object of
 *   {"file": "gpt4.jsonl", "hash": "..", "unix_ms": .., "rows": 120, "by": "row",
 *    "missing": 0, "note": ".."}      (note: where one was given)
 */
#ifndef TUTTI_RUNDIR_IMPORTED_H
#define TUTTI_RUNDIR_IMPORTED_H

#include <stdbool.h>

#include "metric/metric.h"
#include "plan/plan.h"
#include "store/store.h"

#define IMPORTED_FACT "imported"

/* One task's: where it came from, and the metrics of its rows beside the baseline's. */
struct imported_task {
	bool is_known;           /* else nothing was said of this task of the plan */
	char task[TASK_NAME_MAX];
	char file[512], by[16], note[512]; /* by: import_by_name; note "": none */
	int64_t unix_ms, rows, missing;
	int n;
	struct {
		enum metric_id metric;
		double value, baseline; /* NaN: it has none */
	} of[STORE_METRICS];
};
/* Of the run's folder: a row a task of its plan, in its order; returns (caller frees). */
enum status imported_read(const char *run, struct imported_task **out, int *n,
			  struct err *err);

bool imported_is(struct store *s);
/* The same of a run's folder; false also where it has no store that can be read. */
bool imported_is_run(const char *run);
/* ST_NOT_FOUND, with words for who wanted its model, where it is one; else ST_OK. */
enum status imported_refuse(const char *run, struct err *err);
/* The words alone, for who knows that it is one. */
enum status imported_no_model(const char *run, struct err *err);

#endif
