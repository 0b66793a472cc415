/*
 * workers.h - threads that run whole jobs: a micro-batch, a slice of an update,
 * a piece of an evaluation. Which worker takes which job never shows in a bit
 * (test_sums, against an oracle of the tree; test_workers_do_not_show).
 *
 * Whose is what. A tape and its arena are one worker's for good; what a job has put
 * there is gone at that worker's next tape_begin, so results leave it before. A gradient
 * buffer goes from hand to hand: free; a worker's, from the start of its job; the
 * looker's, while it is looked at; the tree's; whoever adds a pair has both of its
 * buffers alone. The root's is lent to the caller. Weights are read by all while jobs
 * run and change between runs of jobs only, but for an update, which is a run of jobs
 * itself: there each part has its own slice.
 */
#ifndef TUTTI_SESSION_WORKERS_H
#define TUTTI_SESSION_WORKERS_H

#include "tensor/tape.h"

struct workers;

typedef void worker_look(int job, const struct grads *g, int param, void *arg);
enum { LOOK_REST = -1 };

/* What a worker has: its tape (arena), and a gradient buffer for this job. */
struct worker {
	int index;
	struct tape tape;
	/* in workers_sum only: */
	struct grads *grads;
	float factor;         /* by the job, before tape_backward */
	/* of a job that passes its gradients on (workers.c): */
	int job;
	struct grads *into;
	float mine;
	worker_look *look;
	void *look_arg;
};
/*
 * A job reads what stands still and writes what is its own, which goes by the job's
 * number: by worker go tape and gradient buffer alone.
 */
typedef void worker_job(struct worker *w, int job, void *arg);

/* jobs: the most of one workers_sum; 0: there will be none. */
struct workers *workers_new(int n, const struct param_set *ps, int jobs);
void workers_free(struct workers *w);
int workers_count(const struct workers *w);
/* Runs jobs 0..n-1, taken in order; returns when all are done. The caller's
 * thread is worker 0. */
void workers_run(struct workers *w, int n_jobs, worker_job *job, void *arg);

/*
 * Jobs whose gradients are summed: each leaves its gradient in w->grads and the factor
 * it counts with in w->factor, 0 (as it is found): it is not added. The factor is there
 * before tape_backward, in which matrices may leave w->grads as they are complete. `look`
 * (NULL: nobody looks) sees every gradient before it is added, in the order of the jobs,
 * one at a time, on whichever thread is free: it is called for each matrix (param) that
 * leaves early, and once, at the job's end, with LOOK_REST for all that is touched then.
 *
 * The sum is a tree over the jobs' numbers (tensor/sum_tree.h), whichever worker
 * ended first. A worker that ended a job adds what can be added and goes on; what is
 * left when no job waits any more all workers add in slices. Returns the sum, lent
 * until the next workers_sum, and the sum of its squares.
 */
typedef void worker_leaf(struct worker *w, int job, void *arg);
struct grads *workers_sum(struct workers *w, int n_jobs, worker_leaf *job,
			  worker_look *look, void *arg, double *squares);
/*
 * How many gradient buffers that takes: what one worker needs, one for the job and one for
 * each node that waits for its partner, none for a right leaf, which is added to its
 * partner as it is made; and one for every further worker. Beside them a right leaf has
 * a buffer of one layer or two. A worker without a buffer waits, and never in vain: jobs
 * begin in order, so the first that is not in the tree yet has its buffer and will free
 * others when it comes.
 */
int workers_buffers(int workers, int jobs);
size_t workers_bytes(const struct param_set *ps, int workers, int jobs); /* of these */

/* Between sums: the memory of gradient buffers, till they are used. The sum is lost. */
void workers_give_back(struct workers *w);

/*
 * Between runs of jobs: the most bytes any worker's tape has needed so far, and
 * room for so many in every one of them (what stood in the arenas is gone).
 */
size_t workers_arena_peak(const struct workers *w);
void workers_reserve(struct workers *w, size_t bytes);

#endif
