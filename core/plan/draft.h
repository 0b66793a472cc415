/*
 * draft.h - a first plan for data that was just looked at: the model's size, the
 * lengths and the budget follow from how much text there is, so that a step takes
 * a third of a second at most on two cores. Every choice that a user would want
 * to change stands in the plan, with notes.
 */
#ifndef TUTTI_PLAN_DRAFT_H
#define TUTTI_PLAN_DRAFT_H

#include <limits.h>
#include <stdbool.h>

#include "base/str.h"
#include "data/dataset.h"
#include "plan/plan.h"

/* Paths are written as they stand; texts may hold anything. */
struct draft_task {
	char name[TASK_NAME_MAX];
	enum task_kind kind;
	char train[PATH_MAX], dev[PATH_MAX]; /* dev "": rows are held out */
	enum source_format format;
	int header;               /* 1, 0; -1: rows are JSON */
	char text[PLAN_COLUMN], pair[PLAN_COLUMN], target[PLAN_COLUMN];
	double rows;              /* about */
	double words, target_words; /* means; both texts of a pair */
	int long_words, long_target; /* 95% of the texts have no more */
	int room;                 /* most pieces of a text that the model takes; 0: any */
	bool is_uneven;           /* two classes, the larger one above 60% */
	double blind;             /* share of the summaries without a-z0-9 */
	char note[400];
};

/* What a model.init is, as far as a plan's sizes hang on it; text borrowed. */
struct draft_init {
	const char *text;         /* as the plan is to say it */
	const char *kind;
	int dim, layers, ff;
	double parameters;
};

/*
 * What follows from the tasks. The model's kind and decoder (borrowed) may be changed
 * before it is written: then what they have no use for is left out.
 */
struct draft_sizes {
	const char *kind, *decoder;
	int dim, layers, heads, decoder_layers, vocab;
	int micro_batches, tokens;
	double lr;
	int64_t steps, warmup, eval_every, checkpoint_every;
	double step_seconds;      /* about, on two cores */
	const char *init;         /* NULL: random weights, of these sizes */
};
void draft_sizes(const struct draft_task *t, int n, struct draft_sizes *out);
/*
 * The same for a model that is trained already: its sizes are the init's, the rate is
 * low and the run short (Devlin et al. 2019, section A.3: 2e-5 to 5e-5, 2 to 4 epochs).
 */
void draft_sizes_over(const struct draft_task *t, int n, const struct draft_init *init,
		      struct draft_sizes *out);
int draft_max_source(const struct draft_task *t);
int draft_max_target(const struct draft_task *t);
/*
 * Share of the rows to hold out: a tenth, less of many; of few a fifth, since each
 * row falls to one side by itself and none might be held out.
 */
double draft_dev_share(const struct draft_task *t);
/* The plan as JSON; `note` stands at its head. Appends. */
void draft_write(const struct draft_task *t, int n, const struct draft_sizes *s,
		 const char *note, struct buf *out);

#endif
