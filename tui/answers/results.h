/*
 * results.h - kept predictions of one task, read from the run's store and
 * turned into what the Inspect and Summaries views show.
 */
#ifndef TUTTI_TUI_RESULTS_H
#define TUTTI_TUI_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "feed/feed.h"

enum result_sort { SORT_LOSS, SORT_CONFIDENCE, SORT_MARGIN, SORT_ROW, SORTS };
enum { RESULT_CLASSES = 1024, CALIBRATION_BINS = 10, RESULT_FIND = 160 };

/* How a row's hit or miss changed since the evaluation before. */
enum result_change { CHANGE_NONE, CHANGE_FIXED, CHANGE_BROKEN };

/*
 * Confidence against accuracy in bins of a tenth; ece: the mean gap, by rows
 * (Naeini et al. 2015). temperature: the one that fits best, that is with which
 * softmax(log p / T) has the least loss (Guo et al. 2017); NaN: not looked for.
 */
struct calibration {
	struct { double confidence, accuracy; int n; } bin[CALIBRATION_BINS];
	double ece, temperature;
};

struct results {
	int task;                 /* -1: nothing was read */
	int64_t step;             /* of the evaluation that was asked for */
	char trouble[160];        /* "" or why there is nothing */
	enum task_kind kind;
	struct prediction_set set;
	int n_classes, n_across;  /* lines and columns of the matrix, or of labels' cells */
	char **name;             /* [n_names] of the classes, from the run's plan */
	char **said;             /* [n_names] what the model says for each; NULL: none */
	int n_names;
	const char **label;      /* [n_classes], borrowed from `name` or the set, or NULL */
	bool has_p, has_loss;     /* any row: of imported predictions there may be none */
	int *matrix;              /* [gold][pred]; NULL: of sets */
	struct tally *tally;      /* [n_classes] of sets; else NULL */
	int n_missed, n_extra, n_both; /* rows of sets that lack labels, have others, both */
	int *silent;              /* [n_classes] rows of it of which no label was said */
	int *class_order;         /* most confused first when many, else 0.. */
	/* filter and order over set.p */
	bool only_errors, only_changed;
	int gold, pred;           /* -1: any */
	enum result_sort sort;
	int *order, n_order, n_errors;
	struct calibration calibration;
	/* the evaluation before, when one is kept */
	int64_t before_step;      /* -1: none */
	uint8_t *change;          /* [set.n] enum result_change */
	int n_fixed, n_broken;
	/* history of one row */
	int64_t row;              /* -1: none */
	struct prediction_set past;
	int64_t *past_step;
};

void results_init(struct results *r);
void results_release(struct results *r);
/* Reads a task's newest predictions unless they are there already. */
void results_load(struct results *r, const struct feed *f, const struct snapshot *s,
		  int task);
/* Applies filter and sort; after each change of them. */
void results_arrange(struct results *r);
/* Has it what such an order goes by? Else rows stay in theirs. */
bool results_can_sort(const struct results *r, enum result_sort s);
/* Of a list without a row: why, and the key that gets rows again. Borrowed. */
const char *results_why_empty(const struct results *r);
/* Reads the history of set row i unless it is there. */
void results_history(struct results *r, const struct feed *f, const char *run_path,
		     int i);

/* Precision, recall, F1 of a class; NaN where undefined. */
struct class_score {
	double precision, recall, f1;
	int n;
};
struct class_score results_class(const struct results *r, int class);
double result_confidence(const struct prediction *p);
/* The largest probability's lead over the second one; NaN without two. */
double result_margin(const struct prediction *p);
/* Does the row's text, pair or label hold `what`, in any case? */
bool result_holds(const struct results *r, int i, const char *what);
/* Its second text; NULL also where it is empty. */
const char *result_pair(const struct dev_row *row);
/* Fills a calibration from a set of predictions. */
void results_calibrate(const struct prediction_set *s, struct calibration *out);
/* Marks what changed between two sets, by row; returns (caller frees) or NULL. */
uint8_t *results_changes(const struct prediction_set *now,
			 const struct prediction_set *before,
			 bool (*is_error)(const struct prediction *p), int *fixed,
			 int *broken);
/* With the evaluation before, where one is kept: for load (kind_view.h). */
void results_compare(struct results *r, const struct feed *f, const char *run_path);
/* Of sets: rows in which the label is missed or extra. */
int results_wrong(const struct results *r, int label);
bool result_is_error(const struct results *r, const struct prediction *p);
const char *result_label(const struct results *r, int class, char out[24]);
const char *sort_name(enum result_sort s);

#endif
