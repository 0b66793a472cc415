/*
 * inspect_own.h - what the files of the Inspect view share.
 *
 *   view_inspect.c     head, list, keys
 *   kind_*.c           what of it is a task kind's own (kind_view.h)
 *   inspect_matrix.c   confusions, figures of each class, calibration
 *   inspect_labels.c   sets of labels: each label, and the rows
 *   inspect_numbers.c  regression: guesses against gold, residuals
 *   inspect_example.c  one row, below the list or alone
 *   inspect_export.c   the list as a file
 */
#ifndef TUTTI_TUI_INSPECT_OWN_H
#define TUTTI_TUI_INSPECT_OWN_H

#include "results.h"
#include "ui/ui.h"

struct inspect_view {
	int task;               /* channel; -1: none yet */
	struct results data;
	bool on_matrix;         /* the matrix has the keys, not the list */
	int cell_gold, cell_pred; /* place in class_order; of sets a cell */
	struct listing list;
	bool is_open;           /* one row fills the body */
	bool is_asked;          /* so it does where there is no other place for it */
	char find[160];         /* what n and N look for */
};
static inline struct inspect_view *inspect_of(const struct ui *ui)
{
	return ui->own[VIEW_INSPECT];
}

void inspect_draw_matrix(struct canvas *c, const struct ui *ui, struct rect r);
void inspect_draw_calibration(struct canvas *c, const struct ui *ui, struct rect r);
void inspect_draw_scatter(struct canvas *c, const struct ui *ui, struct rect r);
void inspect_draw_residuals(struct canvas *c, const struct ui *ui, struct rect r);
/* Of sets: cells of a label, as classes are of a matrix; cell_pred is one of them. */
enum { SET_HIT, SET_MISSED, SET_EXTRA, SET_CELLS };
enum { LABELS_COLUMNS = 64 }; /* that inspect_draw_labels likes to have */
const char *set_cell_name(int cell); /* "missed" */
void inspect_draw_labels(struct canvas *c, const struct ui *ui, struct rect r);
void inspect_draw_sets(struct canvas *c, const struct ui *ui, struct rect r);
/* The row under the cursor: below the list, or with the whole body. */
void inspect_draw_detail(struct canvas *c, const struct ui *ui, struct rect r);
void inspect_draw_row(struct canvas *c, const struct ui *ui, struct rect r);

/* A row over the evaluations: steps, values (x where it was wrong), their course. */
void inspect_draw_past(struct canvas *c, const struct results *d, struct rect r);

/* Its place in the set, or -1. */
int inspect_at(const struct ui *ui);
struct attribution_key inspect_key(const struct ui *ui);

void inspect_export(struct ui *ui);

/* Figures of regressions; NaN where there are none. */
struct residuals {
	int n;
	double mae, rmse, bias, pearson;
	double gold_lo, gold_hi, guess_lo, guess_hi;
};
void residuals_of(const struct prediction_set *s, struct residuals *out);
/* Residuals guess - gold in n bins of equal width over -most..most. */
void residual_bins(const struct prediction_set *s, double most, int n, int *bin);

#endif
