/*
 * run_systems.h - the runs of a table as systems (run_group.h): what each comes to over
 * its seeds.
 *
 * n of an interval are the independent draws: runs; where a system was trained on several
 * splits, splits, each the mean over its seeds. Pure reading of a table. Any thread.
 */
#ifndef TUTTI_LOOK_RUN_SYSTEMS_H
#define TUTTI_LOOK_RUN_SYSTEMS_H

#include "look/run_table.h"
#include "metric/mean_interval.h"

#define SYSTEM_LEVEL 95.0 /* percent, of intervals */

/* A task's metric over the runs of a system, by the evaluation that counts in each. */
struct system_value {
	bool is_there;             /* the system has the task, and not muted all the time */
	enum metric_id metric;
	struct mean_interval m;    /* m.n 0: no run has a value */
	int runs;                  /* that have one */
	int best;                  /* the card of the best of them; -1: none */
};
void system_value_read(const struct run_table *t, const struct run_group *g,
		       const char *task, enum run_pick pick, int64_t step,
		       struct system_value *out);
/* The mean over runs of run_card_mean; NaN when no run has one. */
double system_mean(const struct run_table *t, const struct run_group *g,
		   enum run_pick pick, int64_t step);
/* What the mean of a task of `a` gains over that of `b`; NaN when one has none. */
double system_task_difference(const struct run_table *t, const struct run_group *a,
			      const struct run_group *b, const char *task,
			      enum run_pick pick, int64_t step);
/*
 * The mean of those over the tasks of `a` that count (run_card_counts) and both have;
 * NaN when there is none. *common: how many.
 */
double system_difference(const struct run_table *t, const struct run_group *a,
			 const struct run_group *b, enum run_pick pick, int64_t step,
			 int *common);

#endif
