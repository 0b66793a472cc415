/*
 * view_runs.h - what the files of the Runs view share: the screen's state, and
 * who draws which part.
 */
#ifndef TUTTI_TUI_VIEW_RUNS_H
#define TUTTI_TUI_VIEW_RUNS_H

#include <limits.h>

#include "feed/job_slot.h"
#include "look/compare.h"
#include "look/run_diff.h"
#include "look/run_systems.h"
#include "ui/ui.h"
#include "widget/curve.h"

enum { RUN_MARKS = 7, RUN_NAME = 128 };
enum run_sort { BY_CREATED, BY_NAME, BY_STEP, BY_TASK, BY_MEAN, BY_DIFFERENCE,
		RUN_SORTS };

struct loss_curve {
	char run[RUN_NAME], task[32];
	struct run_stamp stamp;
	struct curve *curve;       /* NULL: none, or not read yet */
};

struct runs_view {
	char root[PATH_MAX];
	struct job_slot read, loss, diff, tests;
	struct run_table table;
	bool has_table;
	struct err trouble;
	double read_at;
	struct run_groups systems; /* of the table's cards */
	int *system_of;            /* [table.n] */
	int *mark_of;              /* [table.n], of runs_mark_of */
	bool by_system;            /* a row is a system: a run stands for all its seeds */
	int n;                     /* rows: filtered, sorted */
	int *order;                /* [n] cards of the table, or systems */
	char chosen[RUN_NAME], base[RUN_NAME];
	char mark[RUN_MARKS][RUN_NAME]; /* "" free; the place is the colour */
	char task[32];             /* of the chart, the marked column */
	enum run_sort sort;
	enum run_pick pick;
	int64_t step;              /* PICK_STEP: where all compared runs have been */
	char filter[RUN_NAME];
	struct curve_range dev_range, loss_range;
	struct loss_curve *losses; /* of the runs that are drawn, in no order */
	int n_losses;
	size_t losses_cap;
	bool shows_diff, shows_gain; /* gain: metrics less the base's */
	struct run_diff difference;
	struct err diff_trouble;
	struct comparison tested;  /* the same two, by their kept predictions */
	struct err tests_trouble;
	char diff_a[RUN_NAME], diff_b[RUN_NAME]; /* what it is of; "" none */
	int scroll;
	bool is_stale;             /* the order is to be made anew */
};

static inline struct runs_view *runs_view_of(const struct ui *ui)
{
	return ui->own[VIEW_RUNS];
}

/* What its row does (view_runs.c), in runs_work.c. */
void *runs_view_new(void);
void runs_view_free(void *own);
void runs_view_recalc(struct ui *ui);
bool runs_view_act(struct ui *ui, int action, int arg);
bool runs_view_back(struct ui *ui);
void runs_view_find(struct ui *ui, const char *text);

/* What a row shows: a run; of a system its best run by the chosen task, or its first. */
const struct run_card *runs_row(const struct runs_view *v, int i);
/* The system of a card; NULL: rows are runs. */
const struct run_group *runs_system(const struct runs_view *v, const struct run_card *c);
bool runs_is_base(const struct runs_view *v, const struct run_card *card); /* its row */
/* Is it one row? */
bool runs_same(const struct runs_view *v, const char *a, const char *b);
const struct run_card *runs_card(const struct runs_view *v, const char *name);
const struct run_card *runs_chosen(const struct runs_view *v);
int runs_place(const struct runs_view *v); /* of the chosen one in the order */
/* As runs_mark of a card's name, as it was when the frame was begun. */
int runs_mark_of(const struct runs_view *v, const struct run_card *card);
void runs_marks_settle(struct runs_view *v);
void runs_systems_make(struct runs_view *v); /* of a new table */
/* The place of the mark of its row, or -1; RUN_MARKS: the chosen row, which has none. */
int runs_mark(const struct runs_view *v, const char *name);
/* What stands for its line: a dot in its colour, else a mark or its letter. */
uint32_t runs_sign(const struct canvas *c, int mark);
char runs_letter(int mark);
/* Is this the run the desk steers? Its steps are the picture's. */
bool runs_is_ours(const struct snapshot *s, const struct run_card *card);
const char *runs_sort_name(enum run_sort s);
/* Tasks of the runs that are shown, as they are met; good until the next call. */
const char *const *runs_tasks(const struct runs_view *v, int *n);
/* runs_tests.c: the two runs of the differences, row by row, in a job; the newest. */
void runs_tests_start(struct ui *ui, struct runs_view *v, const struct run_card *a,
		      const struct run_card *b);
void runs_tests_take(struct runs_view *v);
/* Lines of the list of differences, and line i of them. */
int runs_tests_lines(const struct runs_view *v);
void draw_runs_test(struct canvas *c, const struct runs_view *v, struct rect in, int y,
		    int i);
void runs_export(struct ui *ui, const struct runs_view *v); /* runs_export.c */
void runs_settle(struct runs_view *v); /* makes the order anew */

/* runs_losses.c: smoothed losses of what is drawn, read in a job, one run at a time. */
void runs_losses_keep(struct ui *ui, struct runs_view *v);
void runs_losses_release(struct runs_view *v);
const struct curve *runs_loss(const struct runs_view *v, const struct run_card *card);

/* Where a row's parts stand; numbers end at their column. */
struct runs_columns {
	int name, step, task, mean, difference, created, note, end;
	int first_task, task_cols, cell; /* cell: how wide a task's is */
};
enum { RUNS_NUMBER = 8, RUNS_WIDE_NUMBER = 9 }; /* wide: "+12.3/12" */
enum ink runs_gain_ink(double x);
/* How a mean over the run's tasks is written: as their metrics are, if all that count
 * are so. *over: how many do. */
enum metric_id runs_metric(const struct run_card *card, int *over);
/* "69.2/6": over so many tasks. */
void draw_runs_over(struct canvas *c, int y, int end, enum ink ink, const char *number,
		    int tasks);
/* How many tasks have no column in a table of this place. */
int runs_hidden(const struct runs_view *v, struct rect table);
/* runs_systems.c: a row of a system behind its name, and the box of the chosen one. */
void draw_runs_system(struct canvas *c, const struct runs_view *v, int y,
		      const struct runs_columns *k, const struct run_group *g);
void draw_runs_system_detail(struct canvas *c, const struct runs_view *v, struct rect r,
			     const struct run_group *g);

void draw_runs_table(struct canvas *c, const struct ui *ui, const struct runs_view *v,
		     struct rect r);
/* Dev metrics or smoothed losses; `s` has the steps of our own run. */
void draw_runs_chart(struct canvas *c, const struct runs_view *v,
		     const struct snapshot *s, bool is_dev, struct rect legend,
		     struct rect chart);
void draw_runs_diff(struct canvas *c, const struct runs_view *v, struct rect r);
void draw_runs_detail(struct canvas *c, const struct runs_view *v, struct rect r);

#endif
