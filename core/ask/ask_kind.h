/*
 * ask_kind.h - a kind of task on the floor that asks models: how rows become
 * outcomes, how outcomes are scored, what is said of them. One row a kind, in a file
 * of its own; who asks asks the row and never which kind it is.
 */
#ifndef TUTTI_ASK_ASK_KIND_H
#define TUTTI_ASK_ASK_KIND_H

#include "ask/evaluate.h"
#include "store/prediction.h"

struct json;
struct json_out;
struct worker;

enum { ASK_ROWS_MAX = 128 };

/* What came of one example. */
struct outcome {
	double weight;       /* how many units the loss is a mean of; 0: not counted */
	struct prediction p; /* `row` is the evaluation's to set */
};

/* What another system said of one row, an object of its file (import.h). */
struct ask_said {
	const struct session *s;
	int task;
	const struct example *ex;
	const struct json *object;
	const struct json *value; /* of it what the kind's `member` names; NULL: nothing */
};
enum { ASK_MEMBERS = 6 };

/* Rows of a data set that one worker answers together. */
struct ask_batch {
	const struct session *s;
	int task;
	const struct dataset *data;
	bool greedy;
	struct worker *w;
	struct batch b;
	int n;
	uint64_t row[ASK_ROWS_MAX];
	bool keep[ASK_ROWS_MAX];           /* all of the prediction is wanted ... */
	bool detail[ASK_ROWS_MAX];         /* ... and details of its pieces, too */
	struct outcome *out[ASK_ROWS_MAX]; /* empty ones */
};

/* A text that is in no data set, which one worker answers. */
struct ask_text {
	const struct session *s;
	int task;
	bool detail;         /* with what only a screen shows: the pieces of a text that is
			      * written, other numbers that might have been said */
	struct worker *w;
	const struct batch *b;
	const struct example *ex; /* the batch's one */
};

/* What outcomes come to, one after the other in the order of the data. */
struct gather {
	const struct session *s;
	int task;
	uint64_t n, k;       /* how many there will be, how many there were */
	double loss, weight; /* sums: of losses times their weights, of the weights */
	const struct dataset *data; /* whose rows they are of; row k is eval_spread()'s */
	bool fits;           /* what is open in the answers is fitted to these rows */
	void *own;           /* the kind's; NULL at first */
};

/* Their mean loss over what counts; NaN: nothing does. */
double gather_loss(const struct gather *g);

struct ask_kind {
	bool decodes;        /* it writes text: decoding, beams */
	bool has_labels;     /* its answers are probabilities of the plan's labels */
	const char *unexplained; /* "writes summaries": why no answer of it is explained;
				  * NULL: it is */

	/* Fills the outcomes. Workers, any thread; nothing of the session changes. */
	void (*answer)(const struct ask_batch *a);
	/* On the session's thread; `own` is made in the beginning and freed in the end. */
	void (*gather_begin)(struct gather *g);
	void (*gather_add)(struct gather *g, const struct outcome *o);
	/* NaN where it has no meaning (metric.h). */
	double (*gather_metric)(const struct gather *g, enum metric_id m);
	/* After the last, where g->fits: takes its fit, for the sums and the predictions that
	 * were kept [n], which it returns. NULL: nothing is open. */
	double (*gather_fit)(struct gather *g, struct prediction *kept, int n);
	void (*gather_end)(struct gather *g);
	/* What metrics are made of, row by row: what is right (NULL: they are means of the
	 * rows' own scores), and what was said or scored. NaN: none, or not kept. */
	double (*right_value)(const struct prediction *p);
	double (*said_value)(const struct prediction *p, enum metric_id m);
	/* What is right in bytes that hang on no plan's order; NULL: right_value has it. */
	void (*right_words)(const struct plan_task *t, const struct prediction *p,
			    struct buf *out);
	/* Values of out->metric[k], named already, on out->n_examples spread rows. */
	void (*baseline)(const struct session *s, int task, const struct dataset *dev,
			 struct eval_row *out);
	/* How its metrics were made, in a line, borrowed; NULL: nothing to say. */
	const char *(*signature)(const struct plan_task *t);

	/*
	 * An outcome from what another system said. `member`: the names of what may say
	 * it, the first one there counts; NULL: no more. ST_INVALID: that is no answer to
	 * such a task; ST_NOT_FOUND: it is none at all. Messages begin with the cause.
	 */
	const char *member[ASK_MEMBERS];
	enum status (*take)(const struct ask_said *a, struct outcome *o, struct err *err);
	/* Of such an outcome: are there probabilities, and do they say otherwise? NULL: there
	 * are never any. */
	bool (*has_p)(const struct prediction *p, bool *is_otherwise);
	/* The outcome of a row without an answer, which is wrong; NULL: none would be. */
	void (*take_none)(const struct ask_said *a, struct outcome *o);

	/* Members of the task's open object (evaluate.h says which). */
	void (*put_answer)(const struct ask_text *t, struct json_out *j);
	/* What is explained (explain.h), where it is: how many outputs the model has
	 * for it, and the members that say which one, of p [outputs], was the answer. */
	int (*outputs)(const struct session *s, int task);
	void (*put_explained)(const struct session *s, int task, const double *p,
			      int pred, struct json_out *j);
};

const struct ask_kind *ask_kind(enum task_kind k);

#define ASK_KIND_DECLARE(constant, name) extern const struct ask_kind ask_kind_##name;
TASK_KIND_LIST(ASK_KIND_DECLARE)
#undef ASK_KIND_DECLARE

#endif
