/*
 * plan.h - a plan: read, checked, completed, written.
 *
 * plan_table has a row per field (path, type, range, default, help): reading,
 * writing, `--set`, `tutti check` and tutti-plan(5) are derived from it. Paths
 * in a plan are relative to its folder; ${NAME} comes from `--set NAME=VALUE`
 * or the environment. Unknown keys, wrong types and values out of range are
 * refused with the JSON path and what would be right.
 */
#ifndef TUTTI_PLAN_PLAN_H
#define TUTTI_PLAN_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "base/str.h"
#include "data/dataset.h"
#include "guard/guard.h"
#include "metric/metric.h"
#include "metric/rouge.h"
#include "mix/mix.h"
#include "mix/schedule.h"
#include "model/model.h"

enum { PLAN_METRICS = 4, PLAN_LABELS_MAX = 1024, PLAN_COLUMN = 64,
       PLAN_SIZE_MAX = 4 << 20 };

struct plan_task {
	char name[TASK_NAME_MAX];       /* [a-z0-9_-]+, unique */
	enum task_kind kind;
	char note[512];                 /* changes nothing */
	char train[PATH_MAX], dev[PATH_MAX];
	char from[TASK_NAME_MAX];       /* "", or the task whose texts these are: all of
					   where they are is then as that task has it */
	double mask;                    /* share of pieces that are hidden */
	int how;                        /* enum gaps_how */
	char decoder_of[TASK_NAME_MAX]; /* "", or the task whose decoder writes here, too */
	double dev_share;               /* of the train rows, held out; 0: none */
	enum source_format format;      /* of both files; auto */
	int header;                     /* -1 auto */
	char text[PLAN_COLUMN], pair[PLAN_COLUMN], target[PLAN_COLUMN];
	                                /* JSON: text|source, text_b, label|target */
	int n_labels;                   /* 0: found in the data */
	char **labels;
	int n_label_texts;              /* 0: the labels themselves are said */
	char **label_texts;             /* in class order */
	int n_class_weights;            /* 0: none; -1: balanced */
	double *class_weights;          /* in class order */
	char separator[8];              /* between labels of a set that stands in a text */
	double threshold;               /* a label is said from this probability on; < 0: fitted */
	int unit;                       /* enum unit_kind */
	int keep;                       /* sentences that are kept */
	double number_step;             /* of the numbers that are said; 0: none are */
	double number_range[2];         /* their least and greatest; 0, 0: not known yet */
	char prompt[256];               /* "": what stands around a text is the tokenizer's */
	int max_source, max_target;
	double weight, share;           /* share < 0: auto */
	bool muted;
	double smoothing, max_bad;
	double lr;                      /* factor on the rate of the task's own parameters;
					   < 0: what the init has for it decides */
	double lr_trunk;                /* of those that begin as the trunk's */
	int n_metrics;
	enum metric_id metrics[PLAN_METRICS]; /* the first one is the strip's */
	int beams, min_length, max_length, no_repeat;
	double length_penalty;
	bool rouge_unicode;             /* of every script's letters, not a-z0-9 alone */
};

/* A mixing method by words: its name, and its parameters as "NAME=VALUE". */
struct plan_arg { char text[64]; };
struct plan_method {
	char name[32];
	int n_args;
	struct plan_arg arg[MIX_PARAMS];
};

/* A number of steps, or a share of the budget's: then they follow once it is known. */
struct plan_span {
	int64_t steps;
	double percent;                 /* < 0: a number of steps */
};

/* A program that steers: what it may do, by the name it gives (trainer/actors.h). */
struct plan_range { char command[24]; double least, most; };
struct plan_actor {
	char name[TASK_NAME_MAX];       /* as a task's */
	int n_commands;
	char **commands;                /* names of commands, not looked at here */
	int n_ranges;
	struct plan_range *ranges;      /* of their numbers */
	int64_t every;                  /* steps between two of its commands; 0: any */
	int64_t most;                   /* commands in all; 0: any number */
};

struct plan {
	char name[64];                  /* file name without .json */
	char folder[PATH_MAX];          /* of the plan file: what paths are relative to */
	char note[1024];                /* changes nothing */
	char *left_out;                 /* NULL, or in words: fields of the file without a
					   meaning for the model that `sets` chose */
	uint64_t seed;
	uint64_t split;                 /* of dev_share: 0 none, else the number + 1 */
	struct model_config model;      /* vocab 0 until the tokenizer is there */
	double dropout;
	enum precision precision;       /* of products with the model's matrices */
	char frozen[512];               /* freeze.h: groups that stand still; "": none */
	char init[PATH_MAX];            /* "random", a folder, "run:FOLDER@STEP" */
	char init_tokenizer[PATH_MAX];  /* no field: folder of the init's tokenizer; "": not
					   known, or there is no init */
	char tokenizer_kind[16];        /* "wordpiece" */
	int tokenizer_size;
	char vocab[PATH_MAX];           /* "" = trained from the tasks' text */
	int n_tasks;
	struct plan_task *tasks;
	struct plan_method method[METHOD_ROLES];
	int micro_batches, tokens;
	int64_t gradients_every;
	double lr, beta1, beta2, eps, weight_decay, clip;
	enum schedule_kind schedule;
	struct plan_span warmup;
	double layer_decay;             /* of lr, a layer further down: 1, none */
	double average;                 /* decay of the weights' average; 0: there is none */
	char rates[512];                /* rates.h: groups and their factors; "": all 1 */
	double lr_floor;                /* as a fraction of lr */
	int64_t budget_steps;           /* as written; 0: epochs are */
	double epochs;                  /* 0: steps are */
	int64_t steps;                  /* of either; 0: epochs that are not settled yet */
	struct plan_span eval_every, checkpoint_every;
	bool saves_changed;             /* checkpoints leave out what is as the init has it */
	char best[TASK_NAME_MAX + 24];  /* "mean" or "TASK.METRIC" */
	int on_hangup;                  /* 1: checkpoint and end */
	int64_t back_every;             /* steps between states in memory; 0: none */
	int back_memory;                /* MB for them */
	int eval_examples, keep;        /* keep: newest checkpoints (>= 2) */
	int eval_end;                   /* 1: one more at the end, of all dev rows */
	bool has_actors;                /* no others steer than these; else any may */
	int n_actors;
	struct plan_actor *actors;
	char guard[GUARDS][GUARD_LINE]; /* "act n=3" */
};

/*
 * `sets`: "tasks.sum.weight=2", "NAME=value" for ${NAME} (a NAME without a dot
 * that is no field is a variable). The plan is complete and checked. Where they name
 * model.kind or model.decoder, fields that the file has for another model are left out
 * (left_out); else, and where they name such a field, it is refused.
 */
enum status plan_load(const char *path, const char *const *sets, int n_sets,
		      struct plan **out, struct err *err);
/* The same, but the data files may be elsewhere: for runs of another machine. */
enum status plan_load_afar(const char *path, const char *const *sets, int n_sets,
			   struct plan **out, struct err *err);
/* A run's own plan.json: as plan_load, but the data files may be gone. */
enum status plan_load_stored(const char *path, struct plan **out, struct err *err);
enum status plan_parse(const char *json, size_t len, const char *where,
		       const char *folder, const char *const *sets, int n_sets,
		       struct plan **out, struct err *err);
/*
 * What model.init names, looked into by who knows runs and folders (rundir/init.h).
 * `text` as the plan says it, variables replaced; `folder` is the plan's. base.fields
 * (returns, caller frees): a document as a plan's, of which model.* and tokenizer.kind
 * are taken. Without an opener a plan with an init is taken as it stands, as a run's own
 * plan is: the init is an absolute path.
 */
struct plan_base {
	struct json *fields;
	char init[PATH_MAX];            /* the same in full, wherever it is read */
	char tokenizer[PATH_MAX];       /* folder with the tokenizer's files */
};
struct plan_opener {
	enum status (*open)(const void *arg, const char *text, const char *folder,
			    struct plan_base *base, struct err *err);
	const void *arg;
};
enum status plan_load_with(const char *path, const char *const *sets, int n_sets,
			   const struct plan_opener *opener, bool is_afar,
			   struct plan **out, struct err *err);
enum status plan_parse_with(const char *json, size_t len, const char *where,
			    const char *folder, const struct plan_opener *opener,
			    struct plan **out, struct err *err);
/* Is there an init, other than random weights? */
bool plan_has_init(const struct plan *p);
void plan_free(struct plan *p);
/* The complete plan as JSON that plan_load takes back to the same plan. */
void plan_write(const struct plan *p, struct buf *out);
/*
 * Of a plan's tasks one is left, in a mix of nothing else: proportional, of weight 1,
 * heard, nothing frozen, of groups that are left the rates that they had, and the best by
 * its first metric. plan_put_task moves the one
 * task of `from` into p, in the place of the task of its name, else behind the last;
 * returns its place.
 */
void plan_only_task(struct plan *p, int task);
int plan_put_task(struct plan *p, struct plan *from);
/*
 * Once the labels are known, which a plan may leave to the data: refuses metrics
 * and class weights that are of another number of labels.
 */
enum status plan_check_labels(const struct plan_task *t, struct err *err);
int plan_task_find(const struct plan *p, const char *name); /* or -1 */
/* Its limits, or NULL: the plan does not name it. */
const struct plan_actor *plan_actor_find(const struct plan *p, const char *name);
/* Letters a-z, digits, '-', '_', fewer than TASK_NAME_MAX: of tasks and actors. */
bool plan_is_name(const char *s);
/*
 * The steps of a plan in epochs, whose heard tasks have so many micro-batches an epoch,
 * together: epochs x micro_batches / mix.micro_batches, rounded up. What is settled
 * already stays, so a run keeps what it began with. ST_INVALID: no task is heard.
 */
enum status plan_settle_epochs(struct plan *p, double micro_batches, struct err *err);
/* The groups of parameters of its model, names borrowed; of them what it freezes. */
void plan_groups(const struct plan *p, struct freeze_groups *out);
void plan_frozen(const struct plan *p, struct freeze *out);
void plan_rates(const struct plan *p, struct rates *out); /* and what it makes of rates */
/* Of these what never moves: the trunk beside adapters, unless it is trained with them. */
void plan_held(const struct plan *p, struct freeze *out);
/* Guard i as the plan sets it. */
void plan_guard(const struct plan *p, int i, struct guard *out);
/* Is it drawn from, as the plan begins? */
bool plan_is_heard(const struct plan_task *t);
/* The steps, and all that is a share of them, rounded up. */
void plan_set_steps(struct plan *p, int64_t steps);
/*
 * What `best` names: a task and one of its metrics or "loss" (borrowed from the
 * plan), or -1 and NULL for the mean. ST_INVALID says what there is.
 */
enum status plan_best(const struct plan *p, int *task, const char **metric,
		      struct err *err);
/*
 * How the task's summaries are scored. What a model writes is one line, so Lsum
 * cuts sentences (lines of the references stay lines).
 */
struct rouge_options plan_rouge(const struct plan_task *t);
/* The task whose decoder this one has; -1: it has its own, or none. */
int plan_decoder_of(const struct plan *p, int task);
/* As layout_prompted() wants it: borrowed, or NULL. */
const char *plan_prompt(const struct plan_task *t);
/* Are there dev rows: a file of them, or a share of the train rows? */
bool plan_has_dev(const struct plan_task *t);
/* Does the schedule measure anything, before the end? */
bool plan_is_measured(const struct plan *p);
/*
 * What dataset.h wants, borrowed from the plan. dev: the rows of the dev file or
 * those held out; where there are none, all of train.
 */
void plan_dataset(const struct plan *p, int task, bool dev, struct dataset_spec *s);

/* --- the table, for help, man pages and completion --- */
enum plan_type { PLAN_INT, PLAN_NUM, PLAN_BOOL, PLAN_STR, PLAN_PATH, PLAN_ENUM,
		 PLAN_LIST };
struct plan_field {
	const char *path;     /* "model.dim", "tasks.*.weight" */
	enum plan_type type;
	double min, max;
	const char *fallback; /* as JSON text; NULL: required */
	const char *choices;  /* PLAN_ENUM: "constant|linear|cosine" */
	const char *help;
};
const struct plan_field *plan_fields(int *n);

#endif
