/*
 * fork.h - what would each mixing method do to this very run? From one checkpoint so many
 * steps under each of them, as it is first, and what became of every task.
 *
 * All arms begin in the same state. A task's micro-batches and dropout are functions of its
 * own draws (DESIGN 3.1), so arms that sample alike meet the same rows with the same noise
 * at every step, and a difference between them is the method's alone. The state is
 * read once and then held in memory beside the session, so that a live run may let go of
 * the checkpoint meanwhile. The run is only read: its folder, its journal and a live
 * engine's memory stay as they are.
 */
#ifndef TUTTI_TRAINER_FORK_H
#define TUTTI_TRAINER_FORK_H

#include "base/progress.h"
#include "store/store.h"

enum { FORK_ARMS = 32, FORK_WORDS = 96, FORK_STEPS = 50 };

struct fork_task {
	double loss;           /* mean over the second half of the steps; NaN: not drawn */
	bool has_dev;
	struct eval_row dev;   /* after them, the plan's eval_examples rows, greedily */
};

/*
 * How tasks' gradients on what they share agree where the arm ended: cosines of each
 * task's mean gradient of a step, mean over FORK_LOOKS steps that move no weight.
 */
struct fork_conflict {
	bool is_known;         /* else a step has too few micro-batches, or nothing is shared */
	double mean, worst;    /* over pairs that were drawn together */
	int a, b;              /* of the worst */
};

struct fork_arm {
	char words[FORK_WORDS];/* "pcgrad", as it was asked; "" : as it is */
	char weighting[FORK_WORDS], sampling[FORK_WORDS];
	char usual[FORK_WORDS]; /* weighting without parameters that have their usual values */
	char why[256];         /* it cannot be used here, and why; "" : it was */
	int64_t skipped;       /* updates that were not finite */
	double seconds;        /* CPU time of a step, all threads */
	char state[40];        /* after the steps, before anybody looked */
	struct fork_task *task;/* [n_tasks], owned */
	struct fork_conflict conflict;
};

struct fork_result {
	int64_t from, steps;
	uint64_t held;         /* bytes of memory: the state that every arm begins from */
	int n_tasks, n_arms;
	struct fork_arm arm[FORK_ARMS]; /* the first one is the run as it is */
	struct session *s;     /* owned: plan and names; its state is some arm's */
};

/*
 * words [n]: a method of weighting or sampling with its parameters, "cagrad c=0.4". step
 * -1: the newest checkpoint from which the schedule has so many steps left, if there is
 * one; that of another step is refused. steps 0: FORK_STEPS, or as
 * many as the schedule has left; more of a schedule that falls to 0 are refused, since there
 * all methods do the same, and so is a method that is named twice. A method that nobody has
 * is ST_INVALID before anything is computed; one that this run cannot use, or that does
 * nothing for its one task (why), is an arm without figures.
 */
enum status fork_run(const char *run, int64_t step, int64_t steps, const char *const *words,
		     int n, int workers, struct progress *pg, struct fork_result *out,
		     struct err *err);
void fork_release(struct fork_result *r);

#endif
