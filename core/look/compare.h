/*
 * compare.h - is one system better than another? Runs are grouped to systems
 * (run_group.h); their predictions on all dev rows are laid beside each other row by
 * row; each system has its values with intervals, each pair its differences with tests
 * (significance.h), corrected for how many there are.
 *
 * Systems that were trained on several random splits (dev_share) are compared split by
 * split, where all have the same ones: a split's rows are its own, a run answers those of
 * its split. Of each split there is one value, the mean over its seeds, and one
 * difference; over splits they are put together by the corrected resampled t-test
 * (significance_splits), whose p is the only one. What varies within a split, rows and
 * seeds, is in the scatter between splits already: no bootstrap adds it again. A task
 * whose dev rows are a file's is the same in all splits, so these are no draws of it: it
 * is left out.
 *
 * Predictions are those of a whole evaluation that the run's store keeps
 * (budget.eval_end, imported ones, or any that held all dev rows and decoded nothing),
 * or, where there is none, of a checkpoint that is evaluated here: nothing is written.
 * Deterministic: the same runs and options give the same figures, to the bit.
 */
#ifndef TUTTI_LOOK_COMPARE_H
#define TUTTI_LOOK_COMPARE_H

#include <limits.h>

#include "base/progress.h"
#include "base/str.h"
#include "data/dataset.h"
#include "look/run_group.h"
#include "metric/significance.h"

enum { COMPARE_PAIRS_MAX = 45 };                      /* of ten systems */
enum { COMPARE_NEWEST = -1, COMPARE_BEST = -2 };

struct compare_options {
	const char *task, *metric; /* NULL: all */
	const char *baseline;      /* a system or one of its runs; NULL: all pairs */
	int64_t step;              /* of the evaluation: COMPARE_NEWEST whole one, else
				      newest checkpoint; COMPARE_BEST checkpoint; or the
				      checkpoint up to this one */
	bool each;                 /* every run is a system of its own */
	bool only_first;           /* metric of each task */
	bool only_kept;            /* evaluate nothing: ST_NOT_FOUND where none is kept */
	int workers;               /* of evaluations made here; 0: one a core */
	int draws;
	double level;              /* of intervals: 0.95 */
	uint64_t seed;             /* of the draws */
};

struct compared_run {
	char name[SYSTEM_NAME], path[PATH_MAX];
	uint64_t seed;
	int64_t split;             /* of the plan's dev_share; -1: none */
	int64_t step;              /* whose answers these are */
	bool is_imported, is_made; /* made: evaluated here */
};
struct compared_system {
	char name[SYSTEM_NAME];
	int n, first;              /* runs are run[first .. first + n - 1], by seed */
};
struct compared_value {
	int system;
	struct interval value;
	double least, most;        /* of its seeds */
};
struct compared_pair {
	int a, b;                  /* systems; the difference is a - b */
	struct difference boot;
	struct randomization swap;
	bool has_mcnemar;          /* one seed each */
	struct mcnemar mcnemar;
	struct power power;
	double p;                  /* the larger of the two */
	double holm;               /* that one, corrected over the family; NaN: no test */
};
/* One task by one metric. */
struct compared_measure {
	char task[TASK_NAME_MAX];
	enum task_kind kind;
	enum metric_id metric;
	bool has_mcnemar;          /* McNemar's tests of accuracy stand here */
	int n_rows, n_values, n_pairs; /* n_rows: of all splits */
	struct compared_value *value;
	struct compared_pair *pair;
};
struct comparison {
	int n_runs, n_systems, n_measures;
	struct compared_run *run;  /* by system, then seed */
	struct compared_system *system;
	struct compared_measure *measure;
	int n_splits;              /* of every system, when they are several; else 0 */
	int n_family;              /* tests that Holm's correction is over */
	struct buf notes;          /* what was left out and why, a line each */
	double level;
	int draws;
	uint64_t seed;
};

/*
 * `path` are run folders. ST_INVALID: they cannot be compared (other rows, metrics or
 * labels; a run twice; too many pairs): err says which and where. ST_NOT_FOUND: a
 * run has no predictions of all rows and nothing to make them with. Release it in any
 * case. One system alone is no error: its values, and no pair.
 */
enum status compare_runs(int n, const char *const *path, const struct compare_options *o,
			 struct progress *pg, struct comparison *out, struct err *err);
void comparison_release(struct comparison *c);

/*
 * How sure one can be, a line each: one seed, rows too few to tell, what difference
 * would have been told. Appended.
 */
void compare_cautions(const struct comparison *c, struct buf *out);
/* Is the difference told apart at the level, the whole family in view? */
bool compare_is_told(const struct comparison *c, const struct compared_pair *p);

#endif
