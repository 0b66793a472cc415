/*
 * gradients.h - how long each task's gradient is on the parameters that tasks
 * share. Measured on a schedule, in passing: looking changes no bit (I10).
 *
 * The norm is of the task's mean gradient of one step: (1/m) sum over its m
 * micro-batches in that step of n / nbar times the gradient of the micro-batch's
 * mean loss (step.c), on the shared parameters alone (embeddings, shared layers),
 * before weight and factor, 1/M and clipping. What a task puts into the step's sum
 * there is weight x factor x m/M times as long.
 *
 * A round begins with every `every`-th step, from the first on; in it each task
 * is measured once, at the first of its steps that can: the mean of several
 * micro-batches needs a buffer to be added up in, there is one, and it goes to
 * the task that has waited longest. A gradient that is not finite leaves its
 * task waiting. Who is due follows from the rows that a run has written, so a
 * resumed run measures at the same steps to the same values (test_resumed).
 *
 * Frozen parameters have no part in a norm (freezing.h); while all shared ones are, nothing
 * is measured, and who is due stays so. So it is from the first step on where each task
 * has adapters of its own beside a trunk that stands still: freezing_leaves(PARAM_SHARED)
 * tells, and freeze_covers_shared where there is no session.
 *
 * Nothing here is state, and no step reads it, but for one question: whether a
 * micro-batch of weight 0 is walked back too, for its norm. What comes of that is
 * measured and not added (test_no_bit).
 */
#ifndef TUTTI_SESSION_GRADIENTS_H
#define TUTTI_SESSION_GRADIENTS_H

#include "store/store.h"
#include "tensor/param.h"

struct session;

struct gradients {
	int64_t every;                  /* steps between rounds; 0: by hand only */
	struct grads *sum;              /* scratch: one task's, shared ones alone */
	double *square;                 /* [n parameters][GRADS_PARTS] of one micro-batch */
	int64_t last[MIX_TASKS_MAX];    /* step of its newest scheduled row, 0: none */
	bool asked[MIX_TASKS_MAX];      /* by hand, not measured yet */
	/* of the step under way */
	int adder;                      /* the task that has the buffer, -1: none */
	bool due[MIX_TASKS_MAX];        /* by the schedule; of tasks drawn here */
	int count[MIX_TASKS_MAX];       /* micro-batches; 0: not measured here */
	int left[MIX_TASKS_MAX];        /* of them not taken yet */
	double norm[MIX_TASKS_MAX];
};

/* sum is made at once when steps of the schedule can need it. */
void gradients_init(struct gradients *g, const struct session *s);
size_t gradients_bytes(const struct session *s); /* of what is made at once */
void gradients_release(struct gradients *g);
/* Nothing measured, nothing asked. */
void gradients_clear(struct gradients *g);
/* From now on so many steps between rounds (0: by hand only), whatever the plan says. */
void gradients_set_every(struct session *s, int64_t every);
/* Every task that still gets micro-batches, at its next step that can. */
void gradients_ask(struct session *s);
/* A row that the run has written before: that task is not due again. */
void gradients_remember(struct session *s, const struct gradient_row *r);

/* In a step: after its micro-batches are drawn; is anything measured here? ... */
bool gradients_begin(struct session *s);
bool gradients_wanted(const struct session *s, int task);
/*
 * ... with each micro-batch's gradient and its n / nbar, in the list's order: of one
 * parameter, or of all the rest, once (param as worker_look has it) ...
 */
void gradients_take(struct session *s, int task, const struct grads *g, int param,
		    double by);
/* ... and when `step` is over: writes a row for each task measured; their number. */
int gradients_end(struct session *s, struct gradient_row *out);

#endif
