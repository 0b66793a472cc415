/*
 * kind.h - the rows a model is made of: a trunk, a head per task, and a decoder for
 * what writes text. For core/model alone.
 *
 * A new trunk, head or decoder is a new file with its row and a line in its list
 * (model_list.h; the heads' is that of the kinds of tasks: data/task_kind.h). What a row declares
 * lives in the model's arena; forward passes only read it.
 *
 * Shapes of a batch of B examples: N source tokens and T target pieces in all, end to end
 * (data/batch.h), C = dim, V = vocab.
 *
 *   trunk              ids, places, segments [N] -> rows [N, C]
 *   head of an answer  rows -> pooled [B, C] -> hidden [B, C] -> scores [B, K]; K: labels,
 *                      or 1 for a number; texts that are said: prompt and texts -> scores
 *   decoder            pieces said [T], rows -> states [T, C]; a state sees those before
 *                      it in its own summary and the rows of its own source
 *   writer             states -> p(piece) [T, V], a slice of V at a time; with a copy gate
 *                      also queries [T, C], the rows' keys [N, C], gates [T, 1]
 *
 * For the backward pass each op keeps what it needs in the tape's arena: inputs, outputs,
 * an activation's derivative, attention's probabilities, dropout's masks. That stands
 * until the tape's next beginning, so the most that a micro-batch takes is all of its
 * layers at once. Without gradients nothing has to be kept, and the Transformer gives a
 * layer's memory back before it begins the next.
 *
 * What every row promises, since others build on it:
 *   - Parameters are of everybody (build_shared) or of one task (build_task), and a
 *     pass touches the shared ones and its own task's alone: who is muted rests
 *     (test_private). A task with another's decoder (model_task.decoder_of) has that one's
 *     for its own.
 *   - A result owes nothing to the other examples of its batch (test_alone): batches of
 *     an evaluation are cut otherwise than those of training.
 *   - It follows from parameters, batch and the tape's noise, to the bit
 *     (test_same_bits). All memory is the tape's: no heap call, no static (test_no_heap).
 *   - It runs on any tape: with or without gradients, with or without dropout.
 *   - Parameters are declared in one order that follows from configuration and tasks: a
 *     parameter's number seeds its random weights, so one that comes in between changes
 *     all behind it. Its name is its place in checkpoints and does not change.
 * test_model_promises.c holds every trunk to it with every decoder; tests/adding/trunk adds
 * one more trunk and trains it under every head.
 */
#ifndef TUTTI_MODEL_KIND_H
#define TUTTI_MODEL_KIND_H

#include "model/model.h"
#include "model/model_list.h"
#include "model/search.h"

struct asked_rows;
struct build;
struct decoder_kind;
struct head_kind;

/* Names of the plan's model fields that a row has a use for, NULL at the end. */
typedef const char *const *field_names;

/* Rows that are to enter a trunk's layers: ids, places and segments, [n] each. */
struct places {
	int n;
	const int32_t *ids, *pos, *seg;
};

struct stack;

/* What gives rows: one per token of a batch. */
struct trunk_kind {
	const char *name, *help;
	field_names fields;
	int dim_multiple; /* dim is a multiple of it; 0: any */
	/* Its own way to write, whatever decoder the plan names; NULL: that one. */
	const struct decoder_kind *decoder;
	/* Its own head for a kind of task, or NULL: it has none. NULL: all's. */
	const struct head_kind *(*head)(enum task_kind k);
	/* Settings of model_config that are still open, as this kind has them. NULL:
	 * as all have them. */
	void (*settle)(struct model_config *cfg);
	enum status (*check)(const struct model_config *cfg, struct err *err);
	/* Declares what all tasks share, with build_tokens() (build.h). The trunk's own. */
	void *(*declare)(struct model *m, struct param_set *ps);
	/* Then what this task has for itself; NULL: nothing. */
	void (*declare_task)(struct build *own, int task);
	/* Behind all else, so that the rest has its numbers with adapters and without; NULL:
	   there are none. */
	void (*declare_adapters)(struct model *m, struct param_set *ps);
	/*
	 * The task's rows [N, C] of the sources. *embedded (NULL: not wanted) gets the
	 * rows [N, C] that enter the first layer; after tape_backward their d is the
	 * gradient there (model_attribute).
	 */
	struct ten *(*rows)(const struct model *m, struct tape *t,
			    const struct batch *b, float p_drop,
			    struct ten **embedded);
	/* Of those what the tokens themselves bring: [N, C]. */
	struct ten *(*tokens)(const struct model *m, struct tape *t,
			      const struct batch *b);
	/* Of rows() for one text of n tokens (model_flops). */
	double (*flops)(const struct model *m, double n);
	/*
	 * For decoders that write with the trunk's own layers: a task's (stack.h), and
	 * the rows [n, C] that enter them. NULL: they cannot.
	 */
	const struct stack *(*stack)(const struct model *m, int task);
	struct ten *(*embed)(const struct model *m, struct tape *t,
			     const struct places *rows);
	/*
	 * For decoders whose own layers begin as those: what their table of places begins
	 * as (build.h). NULL: they cannot.
	 */
	void (*begin_places)(struct build *b, int table);
};

/* What makes an answer of rows, for one kind of task. */
struct head_kind {
	bool writes;     /* text, with the model's decoder: no scores */
	bool picks;      /* its answer is one of what it has scores for */
	const char *problem_type; /* what `transformers` calls it; NULL: it has no name */
	bool says_pieces; /* of the text itself, from its rows (pieces.h): no scores */
	bool keeps_units; /* of the text, each by itself: no scores */
	bool is_causal;  /* of trunks alone that see what is before a row */
	enum status (*check)(const struct model *m, const struct model_task *task,
			     struct err *err);
	/* The head's own, under the task's prefix. */
	void *(*declare)(struct build *own, const struct model_task *task);
	struct loss (*loss)(const struct model *m, struct tape *t,
			    const struct batch *b, float p_drop);
	double (*flops)(const struct model *m, int task, double n, double t);
	/*
	 * With says_pieces: the states [asked->n, w's columns] from which the output layer,
	 * parameters *w and *bias, makes pieces.
	 */
	struct ten *(*states)(const struct model *m, struct tape *t, const struct batch *b,
			      float p_drop, const struct asked_rows *asked, int *w,
			      int *bias);

	/* The rest not of heads that write, say pieces or keep units: */
	/* Of scores() beyond the trunk; NULL: as flops, of no target. */
	double (*score_flops)(const struct model *m, int task, double n);
	struct ten *(*scores)(const struct model *m, struct tape *t, /* [B, values] */
			      const struct batch *b, float p_drop,
			      struct ten **embedded);
	/*
	 * One row of scores (x: spoilt) as values in the task's own unit: as many, or
	 * one with picks.
	 */
	void (*answer)(const struct model_task *task, float *x, int n, double *p);
	/* d = dz / dx of one row, zeroed before: z as model_attribute says. */
	void (*ask)(const struct model_task *task, const double *p, int n, float *d);
	/* The plain loss of row i's scores. */
	double (*row_loss)(const struct model_task *task, const struct batch *b, int i,
			   const float *x, int n);
};

/*
 * A search in progress, as its decoder sees it. Caches are the decoder's and go by slot;
 * rows are renumbered each turn, as finished hypotheses leave.
 */
struct decoding {
	const struct model *m;
	struct tape *t;
	const struct batch *b;
	int slots, max_len; /* of the search */
	/* This turn: */
	int R, length;      /* live rows; pieces that each has said */
	const struct search_row *row; /* [R] */
	void *own;          /* the decoder's, in the tape's arena */
};

/* Has a text one answer, of scores? */
static inline bool head_answers(const struct head_kind *h)
{
	return !h->writes && !h->says_pieces && !h->keeps_units;
}

/* What writes text from a trunk's rows. */
struct decoder_kind {
	const char *name, *help;
	field_names fields;
	bool needs_stack; /* the trunk's: trunk_kind.stack */
	void (*settle)(struct model_config *cfg); /* as trunk_kind.settle, before it */
	enum status (*check)(const struct model_config *cfg, struct err *err);
	void *(*declare)(struct build *own);
	/* Over the counted target pieces. */
	struct loss (*loss)(const struct model *m, struct tape *t,
			    const struct batch *b, float p_drop);
	/*
	 * Begins a search: sets g->own, returns the source's rows [N, C] for the
	 * copy gate. each [T] (NULL: not wanted) gets the plain loss of every target.
	 * What it allocates stays to the search's end; what a step allocates goes when
	 * the step's turn is over.
	 */
	struct ten *(*begin)(struct decoding *g, double *each);
	/*
	 * The states of this turn's rows, from which the next pieces come: [R, C].
	 * They say what loss() says of the same pieces (test_greedy in
	 * test_model_decode.c, test_brute_force in test_model_beam.c).
	 */
	struct ten *(*step)(struct decoding *g);
	/*
	 * Hypotheses change their slots: their caches follow. In any order: no slot is
	 * both read and written.
	 */
	void (*move)(struct decoding *g, const struct search_move *move, int n);
	/* The layer that makes pieces of states. */
	const struct writer *(*writer)(const struct model *m, int task);
	/* Of loss() beyond the trunk, a source of n tokens and a target of t. */
	double (*flops)(const struct model *m, double n, double t);
};

/* Random weights of one parameter: normal with this mean and deviation. */
struct init {
	float mean, dev;
	int depth, layer;        /* model_depth(), model_layer() */
	bool trained;            /* model_begins_trained() */
	bool adapter;            /* model_is_adapter() */
};

/* A change of low rank to matrix w: a task's, or PARAM_SHARED. */
struct adapted {
	int owner, w;
	struct low_rank low;
};

/* What a parameter begins as over a trunk that was trained: numbers of another one. */
struct origin {
	int to, from;            /* from PARAM_NONE: the identity, a matrix [C, C] */
	int row;                 /* of `from`, the first one; of vectors the first column */
	int plus;                /* a table: its first row is added to each; or PARAM_NONE */
};

struct model {
	struct model_config cfg; /* settled */
	const struct trunk_kind *trunk;
	const struct decoder_kind *decoder;
	int n_tasks;
	struct model_task *task; /* [n_tasks] */
	void *own;               /* the trunk's */
	void **head;             /* [n_tasks] each head's own */
	int token;               /* the table of tokens [V, C] */
	size_t n_init, cap_init;
	struct init *init;       /* [parameters], in the order declared */
	size_t n_origins, cap_origins;
	struct origin *origin;   /* [n_origins] with cfg.from_trunk, one or none each */
	size_t n_adapted, cap_adapted;
	struct adapted *adapted; /* [n_adapted] */
	struct arena arena;      /* of all but init, origin and adapted */
};

#define TRUNK_ROW(name) extern const struct trunk_kind trunk_##name;
TRUNK_LIST(TRUNK_ROW)
#define DECODER_ROW(name) extern const struct decoder_kind decoder_##name;
DECODER_LIST(DECODER_ROW)
#define HEAD_ROW(constant, name) extern const struct head_kind head_##name;
TASK_KIND_LIST(HEAD_ROW)
extern const struct head_kind head_label_text, head_number_text;

/* --- config.c --- */
const struct trunk_kind *trunk_find(const char *name);
const struct decoder_kind *decoder_find(const char *name);
/* The trunk's own, else all's; NULL: the trunk has none. trunk NULL: all's. */
const struct head_kind *head_of(const struct trunk_kind *trunk, enum task_kind k);
/* Sets what is open in a configuration, then checks it. */
enum status model_settle(struct model_config *c, struct err *err);
enum status model_check_tasks(const struct model *m, struct err *err);
/* A field of the plan's model and its range. */
struct size_row {
	const char *name;
	int value, min, max;
};
enum status model_check_sizes(const struct size_row *row, int n, struct err *err);

/* --- model.c --- */
/* The row of the batch's task, which is as the batch says. */
const struct head_kind *model_head(const struct model *m, const struct batch *b);
/* The trunk's rows of a batch: [N, C]. */
struct ten *model_rows(const struct model *m, struct tape *t, const struct batch *b,
		       float p_drop, struct ten **embedded);

#endif
