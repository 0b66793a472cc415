/*
 * workers.c - a pool of threads over one mutex. Jobs take milliseconds, so a
 * lock per job costs nothing, and the mutex orders every hand-over of memory
 * between the threads.
 */
#include "run/workers.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"

struct workers {
	int n, started;
	struct worker *w;
	pthread_t *thread;       /* [n]; [0] is the caller's and unused */
	pthread_mutex_t lock;
	pthread_cond_t work;     /* a new run of jobs, or the end */
	pthread_cond_t progress; /* a turn was passed, or all jobs are done */
	bool is_ending;
	worker_job *job;
	void *arg;
	int n_jobs, next, done;
	/* Jobs whose results are taken in order: */
	worker_take *take;       /* NULL: none */
	int taken;
	bool is_taking;
	struct grads **buffer;   /* [n + 1] free ones first */
	int n_buffers, n_free;
	struct grads **result;   /* [jobs] of each job, until it is taken */
	int result_cap;
};

struct seat {
	struct workers *pool;
	struct worker *w;
};

/*
 * Takes the results that are due, unless somebody is at it: he will see ours too.
 * The lock is held on entry and on return.
 */
static void take_results(struct workers *p)
{
	if (p->is_taking)
		return;
	p->is_taking = true;
	while (p->taken < p->n_jobs && p->result[p->taken]) {
		struct grads *g = p->result[p->taken];

		pthread_mutex_unlock(&p->lock);
		p->take(p->taken, g, p->arg);
		pthread_mutex_lock(&p->lock);
		p->result[p->taken++] = NULL;
		p->buffer[p->n_free++] = g;
		pthread_cond_broadcast(&p->progress);
	}
	p->is_taking = false;
}

/*
 * What the next job needs: true when there is one. While it waits for a buffer the
 * run may come to its end, and another one, of other needs, begin.
 */
static bool prepare(struct workers *p, struct worker *w)
{
	while (p->take && !p->n_free && p->next < p->n_jobs)
		pthread_cond_wait(&p->progress, &p->lock);
	if (p->next >= p->n_jobs)
		return false;
	if (p->take)
		w->grads = p->buffer[--p->n_free];
	return true;
}

/* Takes jobs until none is left. The lock is held on entry and on return. */
static void take_jobs(struct workers *p, struct worker *w)
{
	while (prepare(p, w)) {
		int job = p->next++;

		pthread_mutex_unlock(&p->lock);
		p->job(w, job, p->arg);
		pthread_mutex_lock(&p->lock);
		if (p->take) {
			p->result[job] = w->grads;
			w->grads = NULL;
			take_results(p);
		}
		if (++p->done == p->n_jobs)
			pthread_cond_broadcast(&p->progress);
	}
}

static void *worker_main(void *arg)
{
	struct seat *seat = arg;
	struct workers *p = seat->pool;
	struct worker *w = seat->w;

	xfree(seat);
	pthread_mutex_lock(&p->lock);
	while (!p->is_ending) {
		take_jobs(p, w);
		if (!p->is_ending)
			pthread_cond_wait(&p->work, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are the main thread's: workers are started with all of them blocked. */
static void start_threads(struct workers *p)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int i = 1; i < p->n; i++) {
		struct seat *seat = xmalloc(sizeof *seat);

		*seat = (struct seat){ p, &p->w[i] };
		if (pthread_create(&p->thread[i], NULL, worker_main, seat)) {
			xfree(seat);
			break; /* fewer threads do the same work */
		}
		p->started++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct workers *workers_new(int n, const struct param_set *ps, bool with_grads)
{
	struct workers *p = xcalloc(1, sizeof *p);

	BUG_IF(n < 1);
	p->n = n;
	p->w = xcalloc((size_t)n, sizeof *p->w);
	p->thread = xcalloc((size_t)n, sizeof *p->thread);
	for (int i = 0; i < n; i++) {
		p->w[i].index = i;
		tape_init(&p->w[i].tape, ps);
	}
	p->n_buffers = p->n_free = with_grads ? n + (n > 1) : 0;
	p->buffer = xcalloc((size_t)n + 1, sizeof *p->buffer);
	for (int i = 0; i < p->n_buffers; i++)
		p->buffer[i] = grads_new(ps);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->progress, NULL);
	start_threads(p);
	return p;
}

void workers_free(struct workers *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (int i = 1; i <= p->started; i++)
		pthread_join(p->thread[i], NULL);
	for (int i = 0; i < p->n; i++)
		tape_release(&p->w[i].tape);
	for (int i = 0; i < p->n_buffers; i++)
		grads_free(p->buffer[i]);
	xfree(p->buffer);
	xfree(p->result);
	pthread_cond_destroy(&p->progress);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	xfree(p->thread);
	xfree(p->w);
	xfree(p);
}

int workers_count(const struct workers *p)
{
	return p->n;
}

static void run(struct workers *p, int n_jobs, worker_job *job, worker_take *take,
		void *arg)
{
	pthread_mutex_lock(&p->lock);
	BUG_IF(p->done != p->n_jobs); /* jobs do not run jobs */
	p->job = job;
	p->take = take;
	p->arg = arg;
	p->n_jobs = n_jobs;
	p->next = p->done = p->taken = 0;
	if (n_jobs > 1)
		pthread_cond_broadcast(&p->work);
	take_jobs(p, &p->w[0]);
	while (p->done < p->n_jobs || p->is_taking)
		pthread_cond_wait(&p->progress, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void workers_run(struct workers *p, int n_jobs, worker_job *job, void *arg)
{
	if (n_jobs > 0)
		run(p, n_jobs, job, NULL, arg);
}

void workers_run_in_order(struct workers *p, int n_jobs, worker_job *job,
			  worker_take *take, void *arg)
{
	if (n_jobs < 1)
		return;
	BUG_IF(!p->n_buffers);
	if (n_jobs > p->result_cap) {
		p->result = xreallocarray(p->result, (size_t)n_jobs,
					  sizeof(struct grads *));
		p->result_cap = n_jobs;
		memset(p->result, 0, (size_t)n_jobs * sizeof(struct grads *));
	}
	run(p, n_jobs, job, take, arg);
}

size_t workers_arena_peak(const struct workers *p)
{
	size_t peak = 0;

	for (int i = 0; i < p->n; i++)
		peak = p->w[i].tape.arena.peak > peak ? p->w[i].tape.arena.peak : peak;
	return peak;
}

void workers_reserve(struct workers *p, size_t bytes)
{
	for (int i = 0; i < p->n; i++) {
		struct arena *a = &p->w[i].tape.arena;
		size_t peak = a->peak;

		arena_release(a);
		arena_reserve(a, bytes);
		a->peak = peak;
	}
}
