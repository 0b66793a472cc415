/*
 * session.h - the session: all that a step reads and writes, and nothing else.
 *
 * state (hashed, saved, resumed) is what has a row in state.c's table: weights, Adam's
 * moments and counts, cursors, mix, step. The rest is structure that follows from the
 * plan (model, data sets, packers) or scratch. Owned by one thread, the trainer's.
 *
 * A step is a function of state and plan, since everything that must come out the same
 * rests on it: a run resumed, replayed, computed by other workers, looked at. No clock,
 * no order of threads, no number that was measured in passing may enter. So a field
 * that a step reads either follows from the plan or has a row in state.c.
 *   Held by test_session.c (workers; a start made again; every byte of the state shows
 * in its hash), test_gradients.c (looking), test_bits.sh (kills, resumes, replays,
 * evaluations).
 *
 * Between two steps a command changes `mix`, whole, and nothing else of the state
 * (trainer/change.h); an evaluation of the schedule leaves its metrics there where a
 * method reads them (mix_take_dev).
 *
 * Memory. The state's blocks are made by session_make, once. Scratch grows where it is
 * first needed: arenas in the first steps, task_sums at the first step of a method that
 * wants them, gradients.sum when a hand asks and no schedule did. After that a step
 * makes no heap call (test_no_heap).
 */
#ifndef TUTTI_SESSION_SESSION_H
#define TUTTI_SESSION_SESSION_H

#include "base/hash.h"
#include "base/progress.h"
#include "data/batch.h"
#include "mix/mix.h"
#include "model/model.h"
#include "plan/plan.h"
#include "session/conflict.h"
#include "session/gradients.h"
#include "session/task_sums.h"
#include "store/store.h"
#include "tensor/optim.h"
#include "text/tokenizer.h"

struct coming;
struct workers;

/*
 * Both estimates are functions of data and budget alone (packer_per_epoch). They are
 * state all the same, per_epoch as its channel's size: a run goes on with the numbers
 * that it began with, whatever a later program would estimate.
 */
struct session_task {
	struct dataset *train, *dev;  /* dev NULL when there is none */
	struct packer *packer;
	struct cursor cursor;         /* state */
	int n_labels;
	char **labels;                /* borrowed from the plan */
	float *class_weight;          /* [n_labels] in training; NULL: all count alike */
	double threshold;             /* of sets: the plan's, or the last that was fitted */
	struct number_grid grid;      /* of numbers that are said; n 0: none are */
	double mean, scale;           /* what its kind prepared (data_kind.h); else 0, 1 */
	bool has_init;                /* its head began with values of the init (rundir/init.h) */
	double per_epoch;             /* micro-batches per epoch, as estimated at the start */
	double units;                 /* state: units of a micro-batch, estimated likewise */
};

/*
 * One micro-batch of a step: what is to be done, and what came of it. The draw writes
 * the first part; then the worker that has the job writes the second, and reads no
 * other job's.
 */
struct step_job {
	int task, n_rows;
	uint64_t draw, epoch;
	const uint64_t *rows;
	double weight;                /* 0: forward only, nothing is added */
	/* what came of it */
	float factor;                 /* what its gradient is added with; 0: it is not */
	struct loss loss;
	struct loss after;            /* looked at again: after the update */
};

struct session {
	struct plan *plan;            /* owned */
	struct tokenizer *tok;
	struct model *model;
	struct param_set params;      /* state: value */
	struct adamw adam;            /* state */
	float *average;               /* state: [params.size] (averaging.h); NULL: none */
	char init[HASH_TEXT];         /* hash of what the weights began as (rundir/init.h); "":
					 random ones */
	bool is_measured;             /* does anybody look at gradients in this step? */
	bool is_averaged;             /* it stands where the weights do, for a look */
	struct mix mix;               /* state */
	int64_t step;                 /* state: updates asked for so far */
	int64_t skipped;              /* state: of them not made (not finite) */
	int64_t skips;                /* state: the last so many of them, in a row */
	int timeline;                 /* of the rows that are written; no step reads it */
	int n_tasks;
	struct session_task *task;
	struct coming *coming;        /* the trainer's list (command/coming.h), or NULL;
					 no step reads it */
	struct workers *workers;
	struct grads *sum;            /* the last step's gradient, lent by the workers
					 until the next compute or session_look */
	uint64_t *rows;               /* scratch: [micro_batches][BATCH_EXAMPLES_MAX] */
	struct step_job *job;         /* scratch: [micro_batches] */
	double *rate;                 /* [params.n] factor on the rate, as the plan has it */
	bool *frozen, has_frozen;     /* scratch: [params.n] mix.frozen in this step; any? */
	struct gradients gradients;   /* looks on; never read by a step */
	struct conflict conflict;     /* likewise */
	struct task_sums task_sums;   /* scratch, where a method needs them */
	size_t reserved;              /* bytes that every worker's arena has room for */
	size_t model_bytes;           /* of all that is as large as the model, as planned */
};

/*
 * Prepares everything but weights: tokenizer (from the files in `folder` when
 * that is not NULL: a run's checkpoint), data sets, model, workers. Takes the plan.
 * n_workers 0: as many as cores.
 */
enum status session_new(struct plan *plan, const char *folder, int n_workers,
			struct progress *pg, struct session **out, struct err *err);
/*
 * The same with less in it, for looking: without `train` no optimizer, no
 * gradients and no packers; without `data` no data sets either, and the labels and the
 * range of numbers that are said must stand in the plan, the regressions' mean and scale
 * in `norm` [n_tasks].
 */
struct session_norm { double mean, scale; };
struct session_options {
	const char *folder;
	int n_workers;
	bool train, data;
	const struct session_norm *norm; /* NULL: from the data */
};
enum status session_make(struct plan *plan, const struct session_options *o,
			 struct progress *pg, struct session **out, struct err *err);
void session_free(struct session *s); /* NULL is fine */
/* The whole state of step 0: random weights, moments, cursors, the plan's mix. */
void session_start_random(struct session *s);
/*
 * After the weights have changed: brings them into the form that products like
 * (tensor/weights.h), unless steps do as well without. Everything below does so by
 * itself; a function that fills s->params.value calls it.
 */
void session_pack(struct session *s);
/*
 * Before texts are looked at between steps, a search above all: a large model in training
 * is packed now, in the memory of its gradient buffers, and the next step undoes it. The
 * same bits with it and without.
 */
void session_look(struct session *s);
/* What the mix's methods read of the session: after its step or its cursors changed. */
void session_tell_mix(struct session *s);
/* 32 hex digits over all state (state.h), equal exactly for the same bits. */
void session_state(const struct session *s, char out[40]);

/*
 * What a step did, for whoever watches; not state. Its seconds are the one thing in a
 * step that a clock says, and nothing reads them back.
 */
struct step_report {
	struct step_row row;
	double norm;        /* before clipping */
	bool is_clipped;
	uint64_t examples;
	int n_gradients;    /* tasks measured in this step */
	struct gradient_row gradient[MIX_TASKS_MAX];
	const struct conflict_row *conflict; /* lent until the next step; NULL: none ends here */
};
/*
 * One update: the micro-batches are drawn first, computed by the workers, added
 * in order, clipped, applied. Non-finite losses or gradients: no update
 * (RELIABILITY I11), the step counts and says so. Nobody active: ST_INVALID, and
 * nothing has changed.
 */
enum status session_step(struct session *s, struct step_report *report,
			 struct err *err);

#endif
