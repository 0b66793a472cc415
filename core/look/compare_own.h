/*
 * compare_own.h - what the files of compare.h share: a run's answers to all dev
 * rows, and the work at hand.
 */
#ifndef TUTTI_LOOK_COMPARE_OWN_H
#define TUTTI_LOOK_COMPARE_OWN_H

#include "look/compare.h"
#include "plan/plan.h"

/* One task's. Rows are those of the dev set, rising. */
struct task_answers {
	int n;                       /* 0: the task has no dev rows */
	int64_t *row, *line;         /* [n] of the data set, of the file */
	uint64_t *text, *target;     /* [n] hashes: text and pair, what is right */
	double *gold;                /* [n] label, number; NULL: metrics are rows' means */
	double *said[PLAN_METRICS];  /* [n] by the plan's metrics; NULL: not kept of rows */
	double *weight;              /* [n] what a row's loss counts; NULL: not kept */
	bool lacks_some;             /* rows without an answer */
};
struct run_answers {
	struct compared_run run;
	struct run_system system;
	struct plan *plan;
	struct task_answers *task;   /* [plan->n_tasks] */
};

/* compare_run.c: the answers as o->step names them; o->task alone, if it is there. */
enum status run_answers_read(const char *path, const struct compare_options *o,
			     struct progress *pg, struct run_answers *out,
			     struct err *err);
/* The plan and whose seed it is, before anything long is done. */
enum status run_answers_open(const char *path, struct run_answers *out, struct err *err);
void run_answers_release(struct run_answers *r);

/*
 * compare_rows.c: were the two asked the same in this task? ST_INVALID names the runs
 * and the first row that differs. Labels of b become those of a by name.
 */
enum status run_answers_match(const struct run_answers *a, int task_a,
			      struct run_answers *b, int task_b, const char *metric,
			      struct err *err);

/* Everything while it is made. */
struct compare_work {
	const struct compare_options *o;
	struct comparison *c;
	struct run_answers *run;     /* [c->n_runs] */
	int baseline;                /* a system; -1: all pairs */
	int64_t *split;              /* [c->n_splits], rising */
	struct progress *pg;
	struct err *err;
};
/* The task in run i; NULL: it has none, no dev rows of it, or never heard it. */
const struct task_answers *compare_answers(const struct compare_work *w, int i,
					   const char *task);
/* Has every run of the system? */
bool compare_has_task(const struct compare_work *w, int system, const char *task);
/* The first run that has the task and the same split as run i: i or one before it. */
int compare_first_like(const struct compare_work *w, int i, const char *task);
/* By a metric of the run's plan; NULL: not kept of rows. */
const double *compare_said(const struct run_answers *r, const struct task_answers *a,
			   enum metric_id m);

/*
 * compare_measure.c: values and pairs of m, whose task and metric are set; `t` is the
 * task in the first run that has it. ST_STOPPED.
 */
enum status compare_measure(struct compare_work *w, const struct plan_task *t,
			    struct compared_measure *m);

/* What the systems said, as significance.h wants it. */
struct sides {
	struct paired_sample s;
	struct answers_of *of;      /* [n_systems]; n_seeds 0: has not the task */
	double ***right;            /* [n_systems][seed][row] 1, 0: of labels; else NULL */
};
/* Of the runs of one split (NULL: of all). Released by sides_release. */
void sides_take(struct compare_work *w, struct sides *x, const struct compared_measure *m,
		const struct plan_task *t, const int64_t *split);
void sides_release(struct sides *x, const struct comparison *c);
/* All pairs of systems that have the task; or each with the baseline. */
void compare_make_pairs(struct compare_work *w, struct compared_measure *m);

/* compare_splits.c: which splits there are (c->n_splits); ST_INVALID: not everywhere. */
enum status compare_find_splits(struct compare_work *w);
/* As compare_measure, of systems over several splits. */
enum status compare_measure_splits(struct compare_work *w, const struct plan_task *t,
				   struct compared_measure *m);

#endif
