/*
 * sweep_table.h - what a sweep came to: each system's mean over its runs, with its
 * interval. Read from run folders alone, wherever they ran.
 *
 * Values are those of dev evaluations. n of an interval are the independent draws:
 * runs; where seeds and splits both vary, splits, each the mean over its seeds (runs
 * of one split have their rows in common and are no draws of their own).
 */
#ifndef TUTTI_SWEEP_SWEEP_TABLE_H
#define TUTTI_SWEEP_SWEEP_TABLE_H

#include "base/progress.h"
#include "metric/metric.h"
#include "plan/plan.h"
#include "metric/mean_interval.h"
#include "sweep/sweep.h"
#include "sweep/sweep_look.h"

/* A measure of a task: a metric, or its dev loss. */
struct sweep_column {
	char task[TASK_NAME_MAX];
	char metric[16];          /* "accuracy", "loss" */
	enum metric_unit unit;
	bool lower_is_better;
};
struct sweep_cell {
	struct mean_interval m;   /* n, mean, low, high: of draws; least, most: of runs */
	bool is_best;             /* the best mean of its column, among two or more */
};
struct sweep_result {             /* of a point */
	struct point_look look;   /* in the folder where it is farthest */
	int64_t step;             /* of the evaluation; -1: none */
	double value[SWEEP_METRICS]; /* by column; NaN: none */
	int rows[SWEEP_METRICS];     /* dev rows it was measured on */
};
struct sweep_table {
	int n_columns;
	struct sweep_column column[SWEEP_METRICS];
	struct sweep_result *result;       /* [n_points] */
	struct sweep_cell *cell;           /* [n_systems][n_columns] */
	int *finished;                     /* [n_systems]: runs */
	int n_finished, n_changed;         /* runs; those of them changed by hand */
	bool by_split;                     /* draws are splits */
};

/* The columns, which the sweep's report names or its plan has. ST_INVALID. */
enum status sweep_columns(const struct sweep *s, struct sweep_column *out, int *n,
			  struct err *err);
/*
 * `roots`: folders of runs; where several have a point, the one that is farthest.
 * ST_INVALID: one has a run of another plan by a point's name.
 */
enum status sweep_table_read(const struct sweep *s, const char *const *roots, int n_roots,
			     struct progress *pg, struct sweep_table *out, struct err *err);
void sweep_table_release(struct sweep_table *t);
const struct sweep_cell *sweep_table_cell(const struct sweep_table *t, int system,
					  int column);

enum sweep_format { SWEEP_TEXT, SWEEP_MARKDOWN, SWEEP_CSV, SWEEP_JSON };
/* Text and Markdown: shares times 100 with a decimal. CSV, JSON: as they are. */
void sweep_table_write(const struct sweep *s, const struct sweep_table *t,
		       enum sweep_format format, struct buf *out);

#endif
