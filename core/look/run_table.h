/*
 * run_table.h - all runs under a root, beside each other: how far, how good.
 *
 * Read-only, from run folders, meant for a job: a run whose files did not change
 * since the table before is taken from there. No lock is held.
 */
#ifndef TUTTI_LOOK_RUN_TABLE_H
#define TUTTI_LOOK_RUN_TABLE_H

#include "base/progress.h"
#include "data/dataset.h"
#include "look/run_group.h"
#include "look/snapshot.h"
#include "metric/metric.h"
#include "rundir/rundir.h"

enum { RUN_NOTE = 160 };

/* A task's dev metric (the strip's) over the steps that count, rising. */
struct run_task {
	char name[32];
	enum task_kind kind;
	enum metric_id metric;
	int n;
	int64_t *step;
	float *value;
	float *averaged;           /* [n] the same of the weights' average; NaN: not kept */
	int64_t whole_step;        /* of its newest whole evaluation, which is not in */
	double whole;              /* the curve; -1, NaN: none */
	bool is_unheard;           /* it was muted all the time: it has no value */
};

/* What tells that nothing changed: sizes and times of plan.json, run.db and its log. */
struct run_stamp {
	int64_t size[3], mtime_ns[3];
};

struct run_card {
	struct run_info info;      /* step: the newest that the store knows */
	struct run_stamp stamp;
	char note[RUN_NOTE];       /* the first note of the journal, or "" */
	int interventions;         /* entries of the journal that are no notes */
	int n_tasks;
	struct run_task *task;
	int64_t best_step;         /* of the best evaluation by the plan's rule; -1 */
	int64_t newest_step;       /* newest evaluation of any task; -1: none */
	struct run_system system;  /* whose seed it is (run_groups_of) */
};

struct run_table {
	int n;
	struct run_card *card;     /* by name */
	int reread;                /* cards that were not taken from before */
};

/* `before` (NULL: none) is borrowed and stays as it is. */
enum status run_table_read(const char *root, const struct run_table *before,
			   struct progress *pg, struct run_table *out,
			   struct err *err);
/* A copy of its own, for a job; released like the table. */
void run_table_copy(struct run_table *to, const struct run_table *from);
void run_table_release(struct run_table *t);

/* The runs as systems; members are places in the table. */
void run_groups_of(const struct run_table *t, struct run_groups *out);

/* Which evaluation counts. */
enum run_pick { PICK_BEST, PICK_NEWEST, PICK_STEP, RUN_PICKS };
const struct run_task *run_card_task(const struct run_card *c, const char *name);
/*
 * The metric of the chosen evaluation (PICK_STEP: at `step` or before); or NaN. The
 * newest is a whole one where nothing came after it.
 */
double run_task_value(const struct run_card *c, const struct run_task *t,
		      enum run_pick pick, int64_t step);
/* The same of the weights' average where that was evaluated, too; NaN: it was not. */
double run_task_averaged(const struct run_card *c, const struct run_task *t,
			 enum run_pick pick, int64_t step);
/*
 * Does task i count in means over the card's tasks? One that was never heard does not.
 * Metrics that are numbers of any size have no mean with others: only where all tasks are
 * measured by the same one.
 */
bool run_card_counts(const struct run_card *c, int i);
/* The mean over the tasks that count, turned so that higher is better; NaN when one has
 * no value. */
double run_card_mean(const struct run_card *c, enum run_pick pick, int64_t step);
/* What task i of a gains over b's, above 0 where it is better; NaN unless both have it,
 * by the same metric, and a value. */
double run_task_difference(const struct run_card *a, const struct run_card *b, int i,
			   enum run_pick pick, int64_t step);
/*
 * The mean over the tasks of a that count and both have of what a gains over b; NaN when
 * there is none. *common: how many.
 */
double run_card_difference(const struct run_card *a, const struct run_card *b,
			   enum run_pick pick, int64_t step, int *common);

/* The smoothed loss of a task over the steps of a run. ST_NOT_FOUND: no such task. */
enum status run_loss_read(const char *run, const char *task, struct progress *pg,
			  struct curve *out, struct err *err);

#endif
