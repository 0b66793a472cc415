/*
 * store.h - the run's SQLite file (run.db): the journal, figures per step and
 * per evaluation, predictions, checkpoints, what the data was.
 *
 * WAL with synchronous=FULL (a rollback journal where WAL cannot work). One
 * writer, the trainer's thread. A journal entry is on the disk when
 * store_journal returns. Step figures are gathered and written about once a
 * second: a resumed run drops those beyond its checkpoint and computes them again.
 *
 * What readers of figures get is what stands: not what a run did before it went back
 * to an earlier step (line.h). The journal and the checkpoints are whole.
 *
 * Readers open their own connection read-only, from any process. They take no
 * lock and touch no file, so whatever becomes of them the writer never notices
 * (db.h). What one call reads is one picture, but for steps and gradients, which
 * come in chunks of STORE_CHUNK rows, a picture each. ST_BUSY from a reader's
 * call: written to too often just now, look again later.
 *
 * Others that do lock the file (a shell, a backup, an older program) make the
 * writer wait, never fail: gathered rows wait in memory while it goes on, up to
 * STORE_WAIT_MAX of them; everything else waits in the call, until the one whom
 * store_on_wait named gives up, and is then ST_BUSY and not written.
 */
#ifndef TUTTI_STORE_STORE_H
#define TUTTI_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "mix/mix.h"
#include "store/prediction.h"

enum { JOURNAL_TEXT = 512, STORE_METRICS = 8, STORE_CHUNK = 8192,
       STORE_WAIT_MAX = 32768 /* at most 27 MB */ };

struct store;

/* Creates (is_new) or opens for writing; takes the schema of this version. */
enum status store_open(const char *db_path, bool is_new, struct store **out,
		       struct err *err);
enum status store_open_readonly(const char *db_path, struct store **out,
				struct err *err);
void store_close(struct store *s); /* flushes; NULL is fine */
/*
 * Asked over and over while a call of the writer waits, with the seconds it has
 * waited: true waits on, false gives up. Without one a call gives up after 5 s.
 */
void store_on_wait(struct store *s, bool (*go_on)(void *arg, double waited), void *arg);

/*
 * Several calls as one: what they write is there with store_end, all of it, or, where
 * `st` is what one of them failed with, none. Returns st, or why it could not be kept.
 * No store_end after a store_begin that failed; nothing that waits is flushed between.
 */
enum status store_begin(struct store *s, struct err *err);
enum status store_end(struct store *s, enum status st, struct err *err);

/* Small facts: "blas", "created", "state", "data.sst2.train", ... */
enum status store_set_fact(struct store *s, const char *key, const char *value,
			   struct err *err);
/* Returns (caller frees) or NULL. */
char *store_fact(struct store *s, const char *key);
/* The step that the run was last told to end at, or -1: where its schedule ends. */
int64_t store_until(struct store *s);
enum status store_set_until(struct store *s, int64_t step, struct err *err);
/* The steps of the budget of a plan in epochs, as the run found them; 0: it has none. */
int64_t store_budget(struct store *s);
enum status store_set_budget(struct store *s, int64_t steps, struct err *err);

/* --- the journal --- */
/* WHO_ACTOR: a program that steers through the socket and says its name. */
enum journal_who { WHO_PERSON, WHO_SCRIPT, WHO_GUARD, WHO_TIMER, WHO_ACTOR, WHO_COUNT };
enum { ACTOR_NAME = 32, REASON_TEXT = 256 };
/* "you", "script", "guard", "timer", "actor" */
const char *journal_who_name(enum journal_who w);
struct journal_entry {
	int64_t seq;        /* 1, 2, ... set by store_journal */
	int timeline;
	int64_t step;
	int64_t unix_ms;
	enum journal_who who;
	char command[JOURNAL_TEXT]; /* what a person would have typed */
	char before[96], after[96]; /* "1.41", "2.00"; "" when there is none */
	char actor[ACTOR_NAME];     /* WHO_ACTOR: its name */
	char reason[REASON_TEXT];   /* why, in the words of who asked for it; "" */
	/* What was asked for was not done, and why; the command is then a note of it, so
	   that whoever applies entries has nothing to do. "": it was done. */
	char refused[REASON_TEXT];
};
enum status store_journal(struct store *s, struct journal_entry *e, struct err *err);
/* With the seq that it has: of a new run whose journal begins there. */
enum status store_journal_at(struct store *s, const struct journal_entry *e,
			     struct err *err);
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
	/* count: micro-batches; examples: in them (0 in rows of before version 2); loss:
	   mean over what the task counts, without label smoothing */
	struct { uint8_t task; uint16_t count; uint32_t examples; float loss, weight; }
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
/*
 * What stands of steps after `step`, steps, gradients and evaluations, goes: a run that
 * begins again there may come to other figures. All of it at once; the journal stays,
 * and so does what stands no more (line.h).
 */
enum status store_drop_after(struct store *s, int64_t step, struct err *err);

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
	bool is_averaged;   /* of the weights' average: kept, and read, apart */
	bool is_whole;      /* neither: all dev rows, the task's beams, all predictions kept */
	double loss, seconds;
	int n_metrics;
	struct { char name[16]; double value; } metric[STORE_METRICS];
};
/* Evaluations of one step go by this, rising: by hand, by the plan, whole. */
static inline int eval_row_sort(const struct eval_row *r)
{
	return r->is_whole ? 2 : r->scheduled ? 1 : 0;
}
enum status store_evals_read(struct store *s, int task, struct eval_row **out, int *n,
			     struct err *err); /* task -1: all; caller frees */
/* Those of all tasks at `step` and after it; the same. */
enum status store_evals_from(struct store *s, int64_t step, struct eval_row **out, int *n,
			     struct err *err);
/* Of the weights' average; the same. */
enum status store_averaged_from(struct store *s, int64_t step, struct eval_row **out,
				int *n, struct err *err);
/*
 * At most `cap` evaluations behind `after` (NULL: from the first), by step, timeline,
 * task; fewer than `cap`: the last ones.
 */
enum status store_evals_page(struct store *s, const struct eval_row *after,
			     struct eval_row *out, int cap, int *n, struct err *err);

/* The fixed dev rows (texts once); predictions on them are kept per evaluation. */
struct dev_row {
	int64_t row, line;
	char *text, *pair, *target; /* raw; NULL when none */
};
/* What one task's part of an evaluation leaves. */
struct evaluation {
	struct eval_row row;
	int n_kept;
	struct prediction *kept;     /* owned */
	struct dev_row *dev_rows;    /* [n_kept], owned */
};
/*
 * What an evaluation of all tasks comes to, by the plan's rule (best.h). The best
 * checkpoint is that of the highest score; of equals the lower loss, then the newer.
 */
struct score_row {
	int timeline;
	int64_t step;
	bool scheduled;
	double score;       /* higher is better; NaN: nothing counted */
	double loss;        /* dev loss of what counted */
	uint64_t counted;   /* the tasks that did, a bit each; 0: none */
	int64_t since;      /* the first evaluation in a row that counted the same */
};
/*
 * One evaluation, whole or not at all (I15): the tasks' rows, their predictions and
 * dev rows and, where there is one, the score, whose `since` is set here. keep > 0:
 * the predictions of all but the newest `keep` evaluations go, those by hand first.
 * What is there already is replaced; but a whole evaluation's predictions stay where
 * another one is made of the same step.
 */
enum status store_evaluation(struct store *s, struct score_row *score,
			     const struct evaluation *e, int n, int keep,
			     struct err *err);
/* What evaluations of a task left goes: rows, predictions, texts; scores stay. */
enum status store_forget_task(struct store *s, int task, struct err *err);
/*
 * A score that stands, of this timeline or one before it, or ST_NOT_FOUND: of this very
 * step (the plan's evaluation before one by hand); of the newest scheduled evaluation up
 * to a step that counted anything; the best scheduled one up to a step, since the set of
 * counted tasks changed last.
 */
enum status store_score(struct store *s, int timeline, int64_t step,
			struct score_row *out, struct err *err);
enum status store_score_last(struct store *s, int timeline, int64_t upto,
			     struct score_row *out, struct err *err);
enum status store_score_best(struct store *s, int timeline, int64_t upto,
			     struct score_row *out, struct err *err);
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

/* --- checkpoints --- */
struct checkpoint_row {
	int timeline;
	int64_t step;
	char name[64];      /* "" or given by hand */
	char folder[64];    /* "step-000500" */
	char state[40];     /* hash of the whole state */
	double score;       /* of the evaluation of this very step; NaN: none */
	bool best;
};
enum status store_checkpoint(struct store *s, const struct checkpoint_row *r,
			     struct err *err);
enum status store_checkpoint_forget(struct store *s, const char *folder,
				    struct err *err);
enum status store_checkpoints_read(struct store *s, struct checkpoint_row **out, int *n,
				   struct err *err); /* by step; caller frees */

/* Writes what was gathered. Before whatever relies on it, as a checkpoint does. */
enum status store_flush(struct store *s, struct err *err);
/*
 * The same, unless somebody else holds the store: then the rows wait on, and it is
 * ST_OK. About once a second, and on a pause.
 */
enum status store_flush_soon(struct store *s, struct err *err);

#endif
