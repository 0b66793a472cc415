/*
 * tape.h - a forward pass recorded as coarse ops, walked back for gradients.
 *
 * One tape per worker. tape_begin() resets its arena; every op allocates its
 * result and what it must remember there; tape_backward() walks the ops in
 * reverse, adding parameter gradients to `grads` and activations' gradients to
 * each tensor's d. Without grads nothing is recorded (inference).
 * Padding does not exist: a block of N rows with sequence offsets (struct
 * ragged) is all there is. After the first micro-batches no heap calls
 * (test_steady_memory).
 *
 * Life. All that a pass makes (tensors, their d, what ops saved, the list of ops) lives
 * until the next tape_begin; what is wanted longer is copied out before. Within it ops
 * give their own scratch back (arena_mark, arena_rewind), but nothing that was saved.
 *
 * A gradient is made late and given up early. d is NULL until something flows back; an
 * op whose result nobody used finds y->d NULL and does nothing. Once an op has been
 * walked its y->d is its to use: it may turn it into its input's in place, or hand the
 * block on. So backward code reads the d of its own op's result and of no tensor made
 * after it. What no op made (tape_wrap), or an op that comes first (op_embed), keeps its d.
 *
 * Frozen parameters (tape_freeze) get no gradient, and where nothing trained stands below
 * a tensor it is fixed: no op asks for its d, an op whose result is fixed is not recorded,
 * and so the walk back ends above it. What an op does not know of that costs time and no
 * bit, but for this: it touches the gradient of no parameter that tape_trains denies.
 * Everything else has the gradient that it has with nothing frozen (test_freezing.c).
 *
 * Order. Ops are walked in the reverse of one fixed list, and what several ops add to
 * one d or one parameter is added in that order: the same pass, the same bits, wherever
 * the arena stands (test_repeatable). Nothing may depend on an address.
 */
#ifndef TUTTI_TENSOR_TAPE_H
#define TUTTI_TENSOR_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tensor/param.h"

/* An activation: [rows, cols], row-major. d is its gradient, made on demand. */
struct ten {
	float *v;
	float *d;
	int rows, cols;
	bool is_fixed; /* nothing trained stands below: its d is not wanted */
};

/*
 * Sequences in a block: rows of sequence b are off[b] .. off[b+1], off[0] is 0 and
 * off[n] the block's rows. Ops that see one row at a time (linear, norms, activations,
 * losses) do not need it; attention, pooling and the copy gate stay within a sequence.
 * Borrowed by what was recorded, so it stands in the arena or longer.
 */
struct ragged {
	int n;
	const int *off; /* [n+1] */
};

struct tape_node;
struct tape {
	struct arena arena;
	const struct param_set *ps;
	struct grads *grads;   /* NULL: inference */
	const bool *frozen;    /* [ps->n], borrowed; NULL: none but PARAM_STILL is */
	bool wants_inputs;     /* the gradient of what enters, whatever is trained */
	bool training;         /* dropout is on */
	struct rng noise;      /* dropout's stream for this micro-batch */
	uint32_t site;         /* blocks of noise taken so far: where the next site starts */
	struct tape_node *last;
	/*
	 * NULL: nobody waits for it. Else told in the backward pass that what the ops
	 * have for matrix p is all there; `uses` counts those still to be walked, [n].
	 */
	void (*complete)(struct tape *t, int p, void *arg);
	void *complete_arg;
	int *uses;
};

void tape_init(struct tape *t, const struct param_set *ps);
void tape_release(struct tape *t);
/* Starts a micro-batch. grads NULL: inference. noise NULL: no dropout. */
void tape_begin(struct tape *t, struct grads *grads, const struct rng *noise);
/*
 * Of the pass that was just begun: whose gradients nobody wants, [ps->n] or NULL; borrowed
 * until the next one, which begins with nothing frozen.
 */
void tape_freeze(struct tape *t, const bool *frozen);
/* Of the pass that was just begun: rows that tables give have a gradient, too. */
void tape_want_inputs(struct tape *t);
/* Is p a parameter whose gradient is wanted? PARAM_NONE is none, nor is PARAM_STILL. */
bool tape_trains(const struct tape *t, int p);
struct ten *tape_ten(struct tape *t, int rows, int cols); /* v not zeroed */
/* A tensor over given values (borrowed), e.g. test inputs. */
struct ten *tape_wrap(struct tape *t, float *v, int rows, int cols);
/* x->d, zeroed at the first call. For backward functions. */
float *ten_grad(struct tape *t, struct ten *x);
/*
 * As ten_grad, but new memory is not zeroed: *add false means assign it all. Most
 * gradients are assigned whole by the first that flows back, so zeros would be wasted.
 */
float *ten_grad_raw(struct tape *t, struct ten *x, bool *add);
/*
 * Records an op: `back` gets the node's `saved`. No-op in inference.
 */
typedef void tape_back(struct tape *t, void *saved);
void tape_push(struct tape *t, tape_back *back, void *saved);
/*
 * An op with matrix p: before it is pushed, and in its backward pass, once it has added
 * its gradient. Who calls neither says nothing of p; one alone would say it too early.
 */
void tape_uses(struct tape *t, int p);
void tape_used(struct tape *t, int p);
/* Walks back from the losses, which have seeded themselves. */
void tape_backward(struct tape *t);

#endif
