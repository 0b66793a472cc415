/*
 * store.h - the run's SQLite file (run.db): the journal, figures per step and
 * per evaluation, predictions, checkpoints, what the data was.
 *
 * WAL with synchronous=FULL (a rollback journal where WAL cannot work). One
 * writer, the trainer's thread; readers open their own connection read-only
 * and see a consistent picture. A journal entry is on the disk when
 * store_journal returns. Step figures are gathered and written about once a
 * second: a resumed run computes lost ones again to the same values, and
 * writing a step that is there already replaces it.
 */
#ifndef TUTTI_RUN_STORE_H
#define TUTTI_RUN_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "mix/mix.h"

enum { JOURNAL_TEXT = 512, STORE_METRICS = 8 };

struct store;

/* Creates (is_new) or opens for writing; takes the schema of this version. */
enum status store_open(const char *db_path, bool is_new, struct store **out,
		       struct err *err);
enum status store_open_readonly(const char *db_path, struct store **out,
				struct err *err);
void store_close(struct store *s); /* flushes; NULL is fine */

/* Small facts: "blas", "created", "state", "data.sst2.train", ... */
enum status store_set_fact(struct store *s, const char *key, const char *value,
			   struct err *err);
/* Returns (caller frees) or NULL. */
char *store_fact(struct store *s, const char *key);

/* --- the journal --- */
enum journal_who { WHO_PERSON, WHO_SCRIPT, WHO_GUARD };
const char *journal_who_name(enum journal_who w); /* "you", "script", "guard" */
struct journal_entry {
	int64_t seq;        /* 1, 2, ... set by store_journal */
	int timeline;
	int64_t step;
	int64_t unix_ms;
	enum journal_who who;
	char command[JOURNAL_TEXT]; /* what a person would have typed */
	char before[96], after[96]; /* "1.41", "2.00"; "" when there is none */
};
enum status store_journal(struct store *s, struct journal_entry *e, struct err *err);
/* All entries with seq > after, in order; returns (caller frees) array. */
enum status store_journal_read(struct store *s, int64_t after,
			       struct journal_entry **out, int *n, struct err *err);
/* At most `cap` entries with seq > after, by seq; fewer than `cap`: the last ones. */
enum status store_journal_page(struct store *s, int64_t after, struct journal_entry *out,
			       int cap, int *n, struct err *err);

/* --- figures per step (at most 200 bytes a row) --- */
struct step_row {
	int64_t step;       /* updates done after it: 1, 2, ... */
	float lr, grad_norm, seconds;
	uint32_t tokens;
	bool skipped;       /* not finite: no update */
	int n;              /* tasks that had micro-batches */
	/* count: micro-batches; examples: in them (0 in rows of before version 2) */
	struct { uint8_t task, count; uint16_t examples; float loss, weight; }
		task[MIX_TASKS_MAX];
};
enum status store_step(struct store *s, int timeline, const struct step_row *r,
		       struct err *err);
/*
 * Calls back for step rows in order; when stride > 1 only for rows so many steps
 * apart, and the others are not read.
 */
enum status store_steps_read(struct store *s, int64_t from, int64_t to, int64_t stride,
			     void (*each)(void *arg, const struct step_row *r),
			     void *arg, struct err *err);
enum status store_last_step(struct store *s, int64_t *out, struct err *err); /* or 0 */

/* --- gradient norms per task (gradients.h says of what) --- */
struct gradient_row {
	int timeline;
	int64_t step;
	int task, count;    /* its micro-batches in that step */
	bool scheduled;     /* by the plan; else by hand */
	double norm;        /* finite */
};
/* Waits for the next flush, as steps do. A step that is there is replaced. */
void store_gradient(struct store *s, const struct gradient_row *r);
/* By step, timeline, task; none in stores from before there were any. */
enum status store_gradients_read(struct store *s, int64_t from, int64_t to,
				 void (*each)(void *arg, const struct gradient_row *r),
				 void *arg, struct err *err);

/* --- evaluations --- */
struct eval_row {
	int timeline;
	int64_t step;
	int task, n_examples;
	bool scheduled;     /* by the plan; else by hand */
	double loss, seconds;
	int n_metrics;
	struct { char name[16]; double value; } metric[STORE_METRICS];
};
enum status store_eval(struct store *s, const struct eval_row *r, struct err *err);
enum status store_evals_read(struct store *s, int task, struct eval_row **out, int *n,
			     struct err *err); /* task -1: all; caller frees */
/*
 * At most `cap` evaluations behind `after` (NULL: from the first), by step, timeline,
 * task; fewer than `cap`: the last ones.
 */
enum status store_evals_page(struct store *s, const struct eval_row *after,
			     struct eval_row *out, int cap, int *n, struct err *err);

/*
 * The fixed dev rows (texts once) and predictions on them per evaluation.
 * classify: gold, pred and p[n_p]; regress: number, guess; summaries: output
 * and, per piece, text, p, gate, source piece (detail: JSON, see eval.c).
 */
struct dev_row {
	int64_t row, line;
	char *text, *pair, *target; /* raw; NULL when none */
};
struct prediction {
	int64_t row;
	int gold, pred;
	double number, guess, loss;
	int n_p;
	float *p;
	char *output, *detail;
	double rouge[3];            /* F1 of 1, 2, L */
};
enum status store_dev_rows(struct store *s, int task, const struct dev_row *r, int n,
			   struct err *err);
enum status store_predictions(struct store *s, int timeline, int64_t step, int task,
			      const struct prediction *p, int n, struct err *err);
/* Predictions of the newest evaluation (step -1) or of `step`; row texts beside. */
struct prediction_set {
	int64_t step;
	int n;
	struct prediction *p;
	struct dev_row *row;        /* [n], same order */
};
enum status store_predictions_read(struct store *s, int task, int64_t step,
				   struct prediction_set *out, struct err *err);
/* The newest evaluation at or before `upto` whose predictions are kept. */
enum status store_predictions_step(struct store *s, int task, int64_t upto,
				   int64_t *step, struct err *err);
void prediction_set_release(struct prediction_set *p);
/* One row's predictions over all kept evaluations, oldest first. */
enum status store_history_read(struct store *s, int task, int64_t row,
			       struct prediction_set *out, int64_t **steps,
			       struct err *err);
/* Forgets predictions of all but the newest `keep` scheduled evaluations. */
enum status store_predictions_trim(struct store *s, int keep, struct err *err);

/* --- checkpoints --- */
struct checkpoint_row {
	int timeline;
	int64_t step;
	char name[64];      /* "" or given by hand */
	char folder[64];    /* "step-000500" */
	char state[40];     /* hash of the whole state */
	double score;       /* mean dev metric of the last evaluation; NaN: none */
	bool best;
};
enum status store_checkpoint(struct store *s, const struct checkpoint_row *r,
			     struct err *err);
enum status store_checkpoint_forget(struct store *s, const char *folder,
				    struct err *err);
enum status store_checkpoints_read(struct store *s, struct checkpoint_row **out, int *n,
				   struct err *err); /* by step; caller frees */

/* Writes what was gathered. Called about once a second and before checkpoints. */
enum status store_flush(struct store *s, struct err *err);

#endif
