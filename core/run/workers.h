/*
 * workers.h - threads that run whole jobs: a micro-batch, a slice of an update,
 * a piece of an evaluation. Which worker takes which job never shows in a bit.
 */
#ifndef TUTTI_RUN_WORKERS_H
#define TUTTI_RUN_WORKERS_H

#include "tensor/tape.h"

struct workers;

/* What a worker has: its tape (arena), and a gradient buffer for this job. */
struct worker {
	int index;
	struct tape tape;
	struct grads *grads;  /* in workers_run_in_order only */
};
typedef void worker_job(struct worker *w, int job, void *arg);
typedef void worker_take(int job, struct grads *result, void *arg);

struct workers *workers_new(int n, const struct param_set *ps, bool with_grads);
void workers_free(struct workers *w);
int workers_count(const struct workers *w);
/* Runs jobs 0..n-1, taken in order; returns when all are done. The caller's
 * thread is worker 0. */
void workers_run(struct workers *w, int n_jobs, worker_job *job, void *arg);
/*
 * The same for jobs whose gradients must be put together in job order, which
 * `take` does: for job 0, 1, ..., one at a time, on whichever thread is free.
 * There is one buffer more than there are workers, so that a worker whose job
 * ended early goes on with the next one in place of waiting for its turn.
 */
void workers_run_in_order(struct workers *w, int n_jobs, worker_job *job,
			  worker_take *take, void *arg);

/*
 * Between runs of jobs: the most bytes any worker's tape has needed so far, and
 * room for so many in every one of them (what stood in the arenas is gone).
 */
size_t workers_arena_peak(const struct workers *w);
void workers_reserve(struct workers *w, size_t bytes);

#endif
