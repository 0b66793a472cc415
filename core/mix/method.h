/*
 * method.h - a mixing method is one row, whether it samples or weighs: what it is
 * called, what it takes and remembers, what it has to be told, and one function.
 *
 * To add one: a file method_NAME.c with its row, and its line in method.c's list.
 * Words, completion, help, checks, the state and its hash follow from the row.
 *
 *   sampling   says wishes: what part of the micro-batches each task should have of
 *              those that the hands left over. A wish need not be normalised; where
 *              all are 0 the rest is divided evenly.
 *   weighting  says coefficients: a factor on each task's loss beside the hand's
 *              weight. One that needs norms or the Gram matrix says them before the
 *              update and they count at once, on the shared parameters alone; any
 *              other says them after the update, for the next step.
 *
 * A method on gradients ends its parameters with MIX_AROUND (around.h) and begins with
 * gram_read (gram.h). What it says is such that T orthonormal gradients all get 1, by a
 * constant of its own that the papers' formulas lack: so choosing another method does not
 * change the length of a step by T (test_orthonormal).
 *
 * What a method is told is all that it may know: the view, its parameters, its memory.
 * It keeps nothing of its own and asks no clock, or a resumed run would go another way.
 * Chance, where one wants it, is a function of the view's seed and step (base/rng.h);
 * logarithms and powers are tensor/vmath.h's, for the same bits on every machine.
 *
 * Memory moves with steps alone (mix_learn). A sampling method is asked at every draw
 * and for every picture of the desk; it then writes to a copy that is thrown away, so
 * nobody changes a share by looking at it (test_learner). What a learning call of a
 * sampling method says is not used either: shares are asked for when they are needed.
 *
 * Why coefficients touch the shared gradient alone, where there are norms or a Gram
 * matrix: those compare tasks on what they share, and a task's own parameters have no
 * other task's gradient to be reconciled with; a negative coefficient would make them
 * unlearn. A method without them weighs losses, as its paper has it: its factor is at
 * the leaves of the sum and reaches the task's own parameters too.
 */
#ifndef TUTTI_MIX_METHOD_H
#define TUTTI_MIX_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
	MIX_TASKS_MAX = 64,
	MIX_PARAMS = 8,
	/* a number for each pair of tasks and some for each task, at most */
	MIX_MEMORY_MAX = MIX_TASKS_MAX * (MIX_TASKS_MAX + 8),
};

enum method_role { METHOD_SAMPLING, METHOD_WEIGHTING, METHOD_ROLES };

/* What a method has to be told; what nobody needs is not computed. */
enum method_needs {
	NEEDS_LOSSES = 1, /* of the step's micro-batches */
	NEEDS_AFTER = 2,  /* those of the same micro-batches after the update: forward
			     passes more; not with norms or Gram */
	NEEDS_DEV = 4,    /* dev metrics of the schedule's evaluations */
	NEEDS_NORMS = 8,  /* of the tasks' gradients on the shared parameters */
	NEEDS_GRAM = 16,  /* their inner products */
};

/* One parameter of a method. */
struct mix_param {
	const char *name;
	double min, max, fallback;
	const char *help;
	/*
	 * NULL: a number; mix_whole: a whole one. Else it is said by words, and its value is
	 * the word's place.
	 */
	const char *const *words;
};
extern const char *const mix_whole[];

struct mix_channel;

/*
 * What a method may read. All of [n] is per task. What comes from a step is NULL when
 * the method is only asked what it says now, and where its row does not need it: so a
 * need that a row forgot to name shows at once. Lent for the call.
 */
struct mix_view {
	int n;
	int64_t step;                 /* updates before this step, or before the next one,
					 with those that were skipped */
	int64_t horizon;              /* the budget: updates that the plan is made for */
	uint64_t seed;                /* the plan's */
	const uint64_t *epoch;        /* of each task, begun at 0 */
	bool active[MIX_TASKS_MAX];   /* not muted, nor left out by a solo */
	const struct mix_channel *ch; /* size, weight, locked, dev metric, ... */
	int64_t dev_step;             /* evaluations up to here are in them */
	const double *param;          /* in the row's order */
	/* of the step */
	const int *count;             /* micro-batches of each; 0: nothing was seen */
	const bool *regress;
	const double *loss;           /* mean over their units, without smoothing */
	const double *after;          /* NEEDS_AFTER: the same after the update */
	/*
	 * g_i = (1/k) sum over the task's k micro-batches of n / nbar x gradient, without
	 * weights, of the shared parameters. 0 for tasks that have none.
	 */
	const double *norm;           /* NEEDS_NORMS, NEEDS_GRAM: |g_i| */
	const double *gram;           /* NEEDS_GRAM: [n * n], g_i . g_j */
};

/*
 * out [n]: wishes, or coefficients, which begin as they stand. memory: as many as the
 * row says, 0 at first; written only where the view has a step. What is not finite is
 * refused: then nothing changes, and the update is skipped where it needs them.
 */
typedef void method_say(const struct mix_view *v, double *memory, double *out);

struct method {
	const char *name, *help, *source;
	enum method_role role;
	unsigned needs;
	struct mix_param param[MIX_PARAMS]; /* name NULL ends */
	/* Memory, in this order: numbers for each task, each pair of tasks, the method. */
	int each, pairs, own;
	method_say *say;
	/* ST_INVALID: its parameters make no sense with so many tasks. NULL: they do. */
	enum status (*suits)(const double *param, int tasks, struct err *err);
};

/* Method i of that role, in the order of help; NULL: there are no more. */
const struct method *method_at(enum method_role role, int i);
const struct method *method_find(enum method_role role, const char *name); /* or NULL */
const char *method_role_name(enum method_role role); /* "sampling" */
int method_memory(const struct method *row, int n);  /* doubles for n tasks */
/* Its parameter of that name, -1: it has none. */
int method_param(const struct method *row, const char *name);
/* Does it speak of gradients, and so before the update? */
bool method_combines(const struct method *row);
/* A parameter's value as it is said, "0.5" or its word: at most 32 bytes. */
void method_value(const struct mix_param *p, double value, char out[32]);
/* Parameters from words ("T=2"), the others as the row has them. */
enum status method_params(const struct method *row, const char *const *args, int n,
			  double param[MIX_PARAMS], struct err *err);
/*
 * ST_INVALID: it is for gradients of all tasks side by side, and a step of so many
 * micro-batches cannot have them.
 */
enum status method_fits(const struct method *row, int tasks, int micro_batches,
			struct err *err);
/*
 * ST_INVALID: a run of so many tasks would be the same without it: it chooses among tasks
 * or compares them, and there is one; it goes by dev metrics, and the schedule measures
 * none; it is told of tasks that are not there.
 */
enum status method_suits(const struct method *row, const double *param, int tasks,
			 bool is_measured, struct err *err);
/* ST_INVALID: it reads gradients of what tasks share, and all of that is frozen. */
enum status method_fits_frozen(const struct method *row, bool is_shared_frozen,
			       struct err *err);
/* "temperature T=2" */
void method_show(const struct method *row, const double *param, char *out, size_t cap);
/* The same without parameters that have their usual values. */
void method_show_set(const struct method *row, const double *param, char *out, size_t cap);

#endif
