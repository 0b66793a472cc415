/*
 * best.h - what an evaluation of all tasks comes to: the score that says which
 * checkpoint is the best.
 *
 * The plan's `best` is the rule. mean: of the first metric of every task that has
 * dev rows and is heard (neither muted nor left out by a solo); tasks that only
 * pre-train (plan_kind.h) count where there are no others. TASK.METRIC: that
 * one alone, heard or not. A loss and a metric of which lower is better are turned, so
 * that higher is better. A metric that is undefined on the predictions counts as 0: no
 * correlation; one that was turned leaves no score then.
 */
#ifndef TUTTI_RUNDIR_BEST_H
#define TUTTI_RUNDIR_BEST_H

#include "plan/plan.h"
#include "store/store.h"

/* The tasks that the rule counts as the mix is now, a bit each. */
uint64_t best_counted(const struct plan *p, const struct mix *m);
/*
 * Score, loss and who was counted (of `counted` those that have a row among the n);
 * the rest of *out is the caller's.
 */
void best_score(const struct plan *p, uint64_t counted, const struct evaluation *e,
		int n, struct score_row *out);
/* "sst2, sum"; "no task". */
void best_names(const struct plan *p, uint64_t counted, char *out, size_t cap);

#endif
