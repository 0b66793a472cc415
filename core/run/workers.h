/*
 * workers.h - threads that run whole jobs: a micro-batch, a slice of an update,
 * a piece of an evaluation. Which worker takes which job never shows in a bit.
 */
#ifndef TUTTI_RUN_WORKERS_H
#define TUTTI_RUN_WORKERS_H

#include "tensor/tape.h"

struct workers;

/* What a worker owns: its tape (arena) and its gradient buffer. */
struct worker {
	int index;
	struct tape tape;
	struct grads *grads;  /* NULL when made for inference alone */
};
typedef void worker_job(struct worker *w, int job, void *arg);

struct workers *workers_new(int n, const struct param_set *ps, bool with_grads);
void workers_free(struct workers *w);
int workers_count(const struct workers *w);
/* Runs jobs 0..n-1, taken in order; returns when all are done. The caller's
 * thread is worker 0. */
void workers_run(struct workers *w, int n_jobs, worker_job *job, void *arg);
/*
 * For jobs whose results must be put together in job order: blocks until jobs
 * 0..job-1 have called workers_pass. Every job calls both exactly once.
 */
void workers_turn(struct workers *w, int job);
void workers_pass(struct workers *w, int job);

/*
 * Between runs of jobs: the most bytes any worker's tape has needed so far, and
 * room for so many in every one of them (what stood in the arenas is gone).
 */
size_t workers_arena_peak(const struct workers *w);
void workers_reserve(struct workers *w, size_t bytes);

#endif
