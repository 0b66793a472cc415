/*
 * store_visit.h - what a run's store keeps, read afresh at each call; for the feeds.
 */
#ifndef TUTTI_TUI_STORE_VISIT_H
#define TUTTI_TUI_STORE_VISIT_H

#include "store/store.h"

enum { VISIT_ANY = -1 };

/* As the functions of store.h; up to step `upto`, or VISIT_ANY. */
enum status visit_predictions(const char *run_path, int task, int64_t upto,
			      struct prediction_set *out, struct err *err);
enum status visit_history(const char *run_path, int task, int64_t row, int64_t upto,
			  struct prediction_set *out, int64_t **steps, struct err *err);
enum status visit_journal(const char *run_path, struct journal_entry **out, int *n,
			  struct err *err);
enum status visit_checkpoints(const char *run_path, struct checkpoint_row **out, int *n,
			      struct err *err);
/*
 * The names of a task's labels, in class order, from the run's plan: returns (caller
 * frees each and the array), or NULL with *n = 0 where there are none. `said` gets what
 * the model says for each, likewise, or NULL: it is no model that says its answers.
 */
char **visit_labels(const char *run_path, const char *task, int *n, char ***said);
/* As feed.h says of `steps`. */
enum status visit_steps(const char *run_path, int64_t from, int64_t to, int64_t span,
			int64_t take, void (*each)(void *arg, const struct step_row *r),
			void *arg, struct err *err);

#endif
