/*
 * param.h - the parameters of a model in one block, and gradients beside them.
 *
 * A parameter is a named [rows, cols] matrix (a vector has rows = 1). It
 * belongs to everybody (PARAM_SHARED) or to one task. All values stand in one
 * float block, in the order they were declared; gradients and Adam's moments
 * are blocks of the same shape. Those that stand still for good (PARAM_STILL) come behind
 * all others in it: they have no gradient, and the moments end before them.
 *
 * Threads. Values are read by all while micro-batches are computed, and written by an
 * update alone, each part its slice. A gradient buffer is one thread's at a time, but
 * for calls that have `part`: those may run side by side, once the marks are made.
 */
#ifndef TUTTI_TENSOR_PARAM_H
#define TUTTI_TENSOR_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARAM_SHARED = -1, PARAM_NAME = 96 };

enum param_flags {
	PARAM_DECAY = 1,  /* decoupled weight decay applies (matrices, not biases or norms) */
	PARAM_ROWS = 2,   /* gradients may touch few rows (embedding tables) */
	PARAM_LAZY = 4,   /* rows without a gradient are not updated (untied tables) */
	PARAM_DENSE = 8,  /* a layer's matrix: products in both directions */
	PARAM_OUTPUT = 16, /* a table that is an output layer */
	PARAM_STILL = 32, /* its values never change */
	PARAM_THIN = 64,  /* a matrix of few rows or columns: float32, as it stands */
};

struct param {
	char name[PARAM_NAME];
	int rows, cols;
	int owner;      /* PARAM_SHARED or a task number */
	unsigned flags;
	size_t offset;  /* floats from the start of the block, after param_set_alloc */
};

/*
 * How a layer multiplies by its matrix (weights.h): in float32, or both sides rounded to
 * bfloat16. Values and gradients are float32 either way.
 */
enum precision { PRECISION_F32, PRECISION_BF16 };

struct packed;
struct param_set {
	int n, cap;
	struct param *p;
	size_t size;    /* floats in all; each parameter starts 64-byte aligned */
	size_t moving;  /* of them those of parameters without PARAM_STILL: the first ones */
	float *value;   /* [size], after param_set_alloc */
	enum precision precision; /* set before anything is packed */
	struct packed *packed; /* weights.h: [n] copies of matrices, or NULL */
	bool is_packed; /* ... and they are what value says */
};

void param_set_init(struct param_set *ps);
void param_set_release(struct param_set *ps);
/* Declares a parameter and returns its number. Before param_set_alloc only. */
int param_add(struct param_set *ps, int rows, int cols, int owner,
	      unsigned flags, const char *name_fmt, ...)
	__attribute__((format(printf, 6, 7)));
void param_set_alloc(struct param_set *ps); /* zeroed */
size_t param_set_bytes(const struct param_set *ps); /* what that takes */
float *param_value(const struct param_set *ps, int p);
size_t param_count(const struct param_set *ps, int p); /* rows * cols */
size_t param_room(const struct param_set *ps, int p); /* with what aligns the next one */
bool param_is_still(const struct param_set *ps, int p);
int param_find(const struct param_set *ps, const char *name); /* or -1 */

/*
 * A gradient buffer: one block, and which parameters (and which rows of
 * PARAM_ROWS ones) were touched since the last clear. Only what was touched is
 * ever zeroed, added or read, so clearing costs what was used.
 *
 * Untouched is not zero: AdamW leaves an untouched parameter alone, where a gradient of
 * zero would let its moments decay and its weights follow. That is how tasks rest.
 */
struct grads;
struct grads *grads_new(const struct param_set *ps);
/* Of one owner's parameters (GRADS_ALL: of all); there is no room for the others. */
struct grads *grads_new_owned(const struct param_set *ps, int owner);
size_t grads_bytes(const struct param_set *ps, int owner); /* what that takes */
/*
 * One that passes on: layers' matrices (PARAM_DENSE) share a few blocks, so each must
 * be passed before the next ones come, or costs a block of its own.
 */
struct grads *grads_new_passing(const struct param_set *ps);
size_t grads_passing_bytes(const struct param_set *ps);
bool grads_passes(const struct grads *g);
void grads_free(struct grads *g);
void grads_clear(struct grads *g);
/* The same, and its memory goes back to the system until it is touched again. */
void grads_give_back(struct grads *g);
/* The whole parameter's gradient, zeroed at the first touch, marked touched. */
float *grads_at(struct grads *g, int p);
/* One row of a PARAM_ROWS parameter. After grads_at(p) all rows are touched. */
float *grads_row(struct grads *g, int p, int row);
/*
 * As grads_at, but a parameter that was not touched yet is not zeroed: *add false
 * means assign it all.
 */
float *grads_raw(struct grads *g, int p, bool *add);
bool grads_touched(const struct grads *g, int p);
/*
 * Touched rows in ascending order: *n = rows when all are; NULL for "all". For tests:
 * who sums or updates walks the bits.
 */
const int32_t *grads_rows(struct grads *g, int p, int *n);
/* Whole: every row. Safe from several threads, unlike grads_rows. */
bool grads_whole(const struct grads *g, int p);
bool grads_has_row(const struct grads *g, int p, int row);
/* NULL when untouched; for reading. */
const float *grads_peek(const struct grads *g, int p);

/*
 * sum = mine * sum + its * g. Part `part` of `parts` does its slice (elementwise,
 * so any split gives the same bits); grads_add_marks must run once before the
 * parts. Several marks may run ahead of their adds, in the same order; the first
 * add to an untouched parameter assigns, so no pass is spent on zeroing. Rows of a
 * table that nobody touched cost nothing. `parts` may be any number, the workers', say
 * (test_add).
 */
void grads_add_marks(struct grads *sum, const struct grads *g);
void grads_add(struct grads *sum, float mine, const struct grads *g, float its,
	       int part, int parts);
/*
 * The same of parameter p alone, marks and all, ahead of the others (sum NULL: it is added
 * to nothing). If g passes on and p is a layer's matrix, it is gone from g then: not
 * touched, must not be till the next clear, and is left out of a grads_add of the rest.
 * Else nothing is done.
 */
void grads_pass(struct grads *sum, float mine, struct grads *g, float its, int p);
/* g *= by, in such parts. */
void grads_scale(struct grads *g, float by, int part, int parts);
/* sum += its * g of one owner's parameters; the others stay untouched in `sum`. */
void grads_add_owned(struct grads *sum, const struct grads *g, float its, int owner);
void grads_add_param(struct grads *sum, const struct grads *g, float its, int p);
/*
 * Sum of squares in double, fixed order. owner_filter: PARAM_SHARED for the
 * shared ones alone, GRADS_ALL for all. Not finite when any element is not. It is
 * the sum of GRADS_PARTS parts in their order, which threads may share; part k reads
 * what part k of GRADS_PARTS of an add or a scale has written. A sum is cut the same way
 * on any machine, so its parts are a constant: it is part of the bits.
 */
enum { GRADS_ALL = -2, GRADS_PARTS = 16 };
double grads_sumsq(const struct grads *g, int owner_filter);
double grads_sumsq_part(const struct grads *g, int owner_filter, int part);
double grads_sumsq_param(const struct grads *g, int p, int part); /* of that sum */
/* Part `part` of GRADS_PARTS of the inner product of one owner's parameters; or of one. */
double grads_inner_part(const struct grads *a, const struct grads *b, int owner, int part);
double grads_inner_param(const struct grads *a, const struct grads *b, int p, int part);
/*
 * sum = by[0] from[0] + by[1] from[1] + ..., of one owner's parameters as far as `sum`
 * has them touched, in that order; from[i] NULL: not there. Such parts, too. row [n
 * parameters]: which of several such `by` counts for it.
 */
void grads_combine(struct grads *sum, int owner, int n, const struct grads *const *from,
		   const float *by, const int *row, int part);

#endif
