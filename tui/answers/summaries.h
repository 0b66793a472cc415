/*
 * summaries.h - what the Summaries view keeps: the example shown, how it is
 * looked at, and figures of every kept example, measured a few at a time.
 */
#ifndef TUTTI_TUI_SUMMARIES_H
#define TUTTI_TUI_SUMMARIES_H

#include <stdbool.h>
#include <stdint.h>

#include "metric/copying.h"
#include "metric/rouge.h"
#include "results.h"

enum summaries_mode { READ_COPIED, READ_NOVEL, READ_MATCHED, READ_PLAIN, READ_MODES };
enum summaries_sort { BY_ROUGE, BY_LENGTH, BY_NOVELTY, BY_CHANGE, BY_ROW, SUMMARIES_SORTS };
enum summaries_only { ONLY_ALL, ONLY_REPEATING, ONLY_CUT, ONLY_CHANGED, SUMMARIES_FILTERS };
enum summaries_pane { PANE_HISTORY, PANE_FIGURES, PANE_BEAMS, SUMMARIES_PANES };
enum { BEAMS_KEPT = 32 };

struct example_figures {
	bool is_done;
	struct rouge rouge, lead;  /* lead: of the source's first three parts */
	struct copying copying;
	double ratio;              /* words of the output / of the reference */
	bool is_blind;             /* ROUGE finds no word in the reference */
	bool is_cut;               /* the model saw the source's beginning only */
	double change;             /* ROUGE-1 against the evaluation before; NaN */
	bool is_changed;           /* another output than then */
};
/* Over the examples measured so far. */
struct summaries_means {
	int n, cut, repeating, blind;
	struct rouge rouge, lead;
	double coverage, density, longest, novel[COPYING_GRAMS], repeats, ratio;
};

/* What a model said of one example in one evaluation's time. */
struct beams_kept {
	int task;
	int64_t row, step;
	char model[64];            /* who was asked (models.h) */
	char *json;                /* owned; NULL: it could not say */
};

struct summaries_view {
	int task;
	struct results data;
	int64_t row;               /* of the example shown; -1: none yet */
	int at, scroll;            /* place in `order`; lines of the source above */
	enum summaries_mode mode;
	enum summaries_sort sort;
	enum summaries_only only;
	enum summaries_pane pane;
	bool shows_change;         /* against the evaluation before */
	int token, n_tokens;       /* piece under the cursor, -1: none; of how many */
	char find[160];            /* what n and N look for */

	/* derived from data.set, which is of (set_task, set_step) */
	int set_task;
	int64_t set_step;
	struct rouge_options rouge; /* as the task is scored */
	const char *lead;          /* what the example's beginning is called: "lead-3" */
	const struct tokenizer_kind *pieces; /* of the run's; NULL: not known */
	struct example_figures *figure; /* [data.set.n] */
	int measured;              /* how many are done, from the first on */
	struct summaries_means mean;
	int *order, n_order;       /* set indices: filtered and sorted */
	bool is_before_read;
	struct prediction_set before; /* the evaluation before; n 0: none */

	struct beams_kept beams[BEAMS_KEPT];
	int n_beams;               /* ever kept: the ring's head */
	bool is_asked;             /* one question at a time */
	struct beams_kept asked;
};

#endif
