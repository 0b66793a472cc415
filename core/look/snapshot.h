/*
 * snapshot.h - a plain-data picture of the session for readers: desk, command
 * line, logs. Taken by copy; nothing in it points into the session.
 */
#ifndef TUTTI_LOOK_SNAPSHOT_H
#define TUTTI_LOOK_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "data/dataset.h"
#include "look/conflicts.h"
#include "metric/metric.h"
#include "mix/method.h"
#include "mix/rates.h"
#include "store/store.h"

enum { CURVE_POINTS = 1024, DEV_POINTS = 256, GRAD_POINTS = 256, SNAPSHOT_JOURNAL = 64,
       SNAPSHOT_MESSAGE = 512, CHANNELS_MAX = 64 };

/*
 * Means over buckets of `span` steps; point i covers steps i*span+1 ..
 * (i+1)*span. When CURVE_POINTS are full, pairs merge and span doubles. NaN: the
 * task had no micro-batch there.
 */
struct curve {
	int64_t span;
	int n;                    /* points, the last one growing */
	float mean[CURVE_POINTS]; /* loss */
	float smooth[CURVE_POINTS]; /* smoothed loss at the point's end */
	uint32_t count[CURVE_POINTS]; /* steps with a loss */
	uint32_t batches[CURVE_POINTS], examples[CURVE_POINTS]; /* drawn there */
};
/* Of the whole run, over the same kind of buckets. */
struct run_curve {
	int64_t span;
	int n;
	float norm[CURVE_POINTS];   /* mean gradient norm before clipping; NaN: none */
	uint32_t count[CURVE_POINTS]; /* steps with a finite norm */
	uint64_t tokens[CURVE_POINTS]; /* trained on up to the point's end */
	float seconds[CURVE_POINTS];   /* of training up to the point's end */
};
/* Dev metric over steps; every second point goes when full. */
struct dev_curve {
	int n;
	int64_t step[DEV_POINTS];
	float value[DEV_POINTS];  /* strip's metric */
	float loss[DEV_POINTS];
};

/* A task's gradient norm at the steps it was measured; thinned when full. */
struct grad_curve {
	int n;
	int64_t step[GRAD_POINTS];
	float norm[GRAD_POINTS];
};

enum trend { TREND_NONE, TREND_UP, TREND_DOWN, TREND_FLAT };

struct channel {
	char name[32];
	enum task_kind kind;
	double weight, factor, share; /* share: what it gets now, 0..1 */
	bool share_auto, muted, solo, locked;
	bool silent;              /* muted, or left out by somebody's solo */
	double loss, smooth;      /* last, exponentially smoothed; NaN: none yet */
	double slope;             /* of the smoothed loss, per 1000 steps */
	enum trend loss_trend, dev_trend;
	enum metric_id metric;
	bool rouge_unicode;       /* plan_rouge: how summaries are scored */
	double dev, dev_before, dev_best, baseline; /* NaN: none yet */
	double averaged;          /* as dev, of the weights' average; NaN: none */
	int64_t dev_step;
	uint64_t n_train, micro_batches, examples, tokens;
	uint64_t epoch;           /* pass over the training rows, the first one 0 */
	double grad_norm;         /* gradients.h; NaN: not measured yet */
	int64_t grad_step;        /* when */
	/*
	 * weight x factor x share x grad_norm as a part of the sum over the active
	 * tasks: who really moves what is shared. NaN until all of them are measured.
	 */
	double effective;
	/*
	 * Its part along the update that all of them make (conflict.h): all parts sum to 1;
	 * below 0: the others overrule it. NaN until every pair of them is measured.
	 */
	double along;
	struct curve curve;
	struct dev_curve dev_curve;
	struct grad_curve grad_curve;
};

enum phase { PHASE_PREPARING, PHASE_RUNNING, PHASE_PAUSED, PHASE_EVALUATING,
	     PHASE_SAVING, PHASE_DONE, PHASE_STOPPED, PHASE_FAILED };
const char *phase_name(enum phase p);

struct snapshot {
	uint64_t serial;          /* rises with every new picture */
	uint64_t ticket;          /* every ticket up to this one has been answered */
	enum phase phase;
	char run[128], run_path[512], message[SNAPSHOT_MESSAGE];
	/* long work: what, how far, seconds left (< 0 unknown) */
	char work[96], work_unit[16];
	uint64_t work_done, work_total;
	double work_left;

	int64_t step, steps, skipped;
	double lr, base_lr, clip, grad_norm, clipped; /* clipped: share of recent steps */
	double dropout;
	struct freeze frozen;
	struct rates rates;          /* of groups */
	int layers, shared_layers;   /* of the model, as in struct freeze_groups */
	uint64_t heads;
	bool adapters, shared_adapters;
	char adapter[160];        /* what the adapters are; "": there are none */
	int64_t gradients_every;  /* steps; 0: only when asked */
	char sampling[32], weighting[32];
	char method[METHOD_ROLES][96]; /* the same with the parameters that were set */
	char tokenizer[16];       /* its kind; "": not known */
	double tokens_per_second, seconds_per_step, seconds_left, train_seconds;
	uint64_t tokens, parameters;
	uint64_t memory_now, memory_peak; /* anonymous bytes */
	int64_t checkpoint_step, eval_step; /* -1: none */
	int64_t best_step;        /* of the best checkpoint, as far as it is known */
	int evals, workers;
	char state[40];           /* of the last checkpoint or of the end */
	bool is_imported;         /* what another system said: there is no model */
	int64_t catching_up;      /* > 0: replaying the journal up to this step */
	struct run_curve curve;

	int n_journal;            /* the newest entries, oldest first */
	struct journal_entry journal[SNAPSHOT_JOURNAL];
	int n_channels;
	struct channel *ch;       /* owned by the snapshot */
	struct conflicts conflicts; /* likewise */
};
void snapshot_init(struct snapshot *s);
void snapshot_release(struct snapshot *s);
/* dst keeps its memory when the number of channels is the same. */
void snapshot_copy(struct snapshot *dst, const struct snapshot *src);
/* What its model has to freeze; names are borrowed from `s`. */
struct freeze_groups snapshot_groups(const struct snapshot *s);
void snapshot_take_groups(struct snapshot *s, const struct freeze_groups *g);
/* A method that is in use now. */
void snapshot_take_method(struct snapshot *s, const struct method *row, const double *param);
/* The same in words, "cagrad" and "c=0.6". */
void snapshot_say_method(struct snapshot *s, enum method_role role, const char *name,
			 const char *const *args, int n);
/* Is all frozen that its tasks share? */
bool snapshot_shares_nothing(const struct snapshot *s);
/* After `frozen` has changed: where nothing shared is trained there are no norms to show. */
void snapshot_settle_frozen(struct snapshot *s);
/* The part of all micro-batches so far that a channel got; 0: there were none. */
double snapshot_drawn(const struct snapshot *s, const struct channel *ch);

#endif
