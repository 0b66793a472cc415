/*
 * workers.c - a pool of threads over one mutex. Jobs take milliseconds, so a
 * lock per job costs nothing, and the mutex orders every hand-over of memory
 * between the threads. It is let go for the work itself: a job, a look, an addition.
 *
 * Two ends of a sum. While jobs wait, one who ended a job adds its pair alone: the others
 * have work. When none waits any more, whole buffers added by one would leave the others
 * idle, so those additions are put off and done by all, a slice of each (join_rest,
 * add_part). Which are put off is chance; the tree says what is added to what, and each
 * float is added alone, so it shows in no bit.
 *
 * A right leaf whose left partner is there already has no buffer of its own: each layer's
 * gradient goes into the partner's as soon as it is complete (pass_on), the rest when the
 * job has ended, as a pair of the tree. That is the same addition of the same floats.
 */
#include "session/workers.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "tensor/sum_tree.h"

/* What a job left: a gradient and the factor it counts with. */
struct result {
	struct grads *g;
	float factor;
};

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
	/* Jobs whose gradients are summed: */
	worker_leaf *leaf;       /* NULL: none are */
	worker_look *look;       /* NULL: nobody looks */
	int looked;              /* jobs whose gradient was looked at */
	bool is_looking;
	struct result *result;   /* [most_jobs] of a job, until it is in the tree */
	struct grads **all;      /* [n_buffers] */
	struct grads **free;     /* [n_free] of them */
	struct grads **passing;  /* [n_passing] free ones that pass on, of */
	struct grads **all_passing; /* [most_passing] */
	int n_buffers, n_free, most_passing, n_passing, most_jobs;
	struct sum_tree tree;
	struct sum_pair *late;   /* [n_late] added at the end, in slices */
	int n_late;
	const struct sum_node *root;
	double square[GRADS_PARTS];
};

struct seat {
	struct workers *pool;
	struct worker *w;
};

/* --- sums; the lock is held on entry and on return --- */

static void give_back(struct workers *p, struct grads *g)
{
	if (grads_passes(g))
		p->passing[p->n_passing++] = g;
	else
		p->free[p->n_free++] = g;
	pthread_cond_broadcast(&p->progress);
}

/*
 * Adds what job k completes. With no job left to begin, adding is put off: all
 * workers will do it together.
 */
static void add_up(struct workers *p, int k)
{
	struct sum_pair pair;
	struct grads *rest;

	while (p->next < p->n_jobs && sum_tree_take(&p->tree, k, &pair)) {
		pthread_mutex_unlock(&p->lock);
		if (pair.into && pair.from) {
			grads_add_marks(pair.into, pair.from);
			grads_add(pair.into, pair.mine, pair.from, pair.its, 0, 1);
		}
		pthread_mutex_lock(&p->lock);
		rest = sum_tree_join(&p->tree, &pair);
		if (rest)
			give_back(p, rest);
		k = pair.left;
	}
}

static void enter(struct workers *p, int job, struct result r)
{
	bool counts = r.factor > 0;

	sum_tree_put(&p->tree, job, counts ? r.g : NULL, r.factor);
	if (!counts)
		give_back(p, r.g);
	add_up(p, job);
}

/*
 * Looks at what is due, unless somebody is at it: he will see ours too.
 */
static void look_in_order(struct workers *p)
{
	if (p->is_looking)
		return;
	p->is_looking = true;
	while (p->looked < p->n_jobs && p->result[p->looked].g) {
		int job = p->looked;
		struct result r = p->result[job];

		pthread_mutex_unlock(&p->lock);
		p->look(job, r.g, LOOK_REST, p->arg);
		pthread_mutex_lock(&p->lock);
		p->result[job].g = NULL;
		p->looked++;
		enter(p, job, r);
	}
	p->is_looking = false;
}

static void end_job(struct workers *p, struct worker *w, int job, float factor)
{
	struct result r = { w->grads, factor };

	w->grads = NULL;
	if (!p->look) {
		enter(p, job, r);
		return;
	}
	p->result[job] = r;
	look_in_order(p);
}

/* --- jobs --- */

/*
 * On a worker, in the backward pass of its job. Who looks sees this job in its order: it
 * has a partner in the tree, so all before it have been seen.
 */
static void pass_on(struct tape *t, int param, void *arg)
{
	struct worker *w = arg;

	if (w->look)
		w->look(w->job, w->grads, param, w->look_arg);
	grads_pass(w->factor > 0 ? w->into : NULL, w->mine, w->grads, w->factor, param);
	(void)t;
}

/* A right leaf beside a left one that is there: what it passes on is added to that. */
static bool prepare_passing(struct workers *p, struct worker *w)
{
	const struct sum_node *left = p->next % 2 ? sum_tree_at(&p->tree, p->next - 1) : NULL;

	if (!left || !left->g || !p->n_passing)
		return false;
	w->grads = p->passing[--p->n_passing];
	w->into = left->g;
	w->mine = left->factor;
	w->look = p->look;
	w->look_arg = p->arg;
	w->job = p->next;
	w->tape.complete = pass_on;
	w->tape.complete_arg = w;
	return true;
}

/*
 * What the next job needs: true when there is one. While it waits for a buffer the
 * run may come to its end, and another one, of other needs, begin.
 */
static bool prepare(struct workers *p, struct worker *w)
{
	w->tape.complete = NULL;
	while (p->leaf && p->next < p->n_jobs) {
		if (prepare_passing(p, w))
			return true;
		if (p->n_free) {
			w->grads = p->free[--p->n_free];
			return true;
		}
		pthread_cond_wait(&p->progress, &p->lock);
	}
	return p->next < p->n_jobs;
}

/* Takes jobs until none is left. The lock is held on entry and on return. */
static void take_jobs(struct workers *p, struct worker *w)
{
	while (prepare(p, w)) {
		bool sums = p->leaf != NULL;
		int job = p->next++;

		w->factor = 0;
		pthread_mutex_unlock(&p->lock);
		if (sums)
			p->leaf(w, job, p->arg);
		else
			p->job(w, job, p->arg);
		pthread_mutex_lock(&p->lock);
		if (sums)
			end_job(p, w, job, w->factor);
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

int workers_buffers(int workers, int jobs)
{
	int most = 0, n;

	/* of one worker: at an even job its own and a node for each bit */
	for (int k = 0; k < jobs; k += 2)
		if (1 + __builtin_popcount((unsigned)k) > most)
			most = 1 + __builtin_popcount((unsigned)k);
	n = most + (workers < jobs ? workers : jobs) - (jobs > 0);
	return n < jobs ? n : jobs;
}

/* Buffers that pass on: where there are right leaves. */
static int passing_buffers(int workers, int jobs)
{
	return workers < jobs / 2 ? workers : jobs / 2;
}

size_t workers_bytes(const struct param_set *ps, int workers, int jobs)
{
	return (size_t)workers_buffers(workers, jobs) * grads_bytes(ps, GRADS_ALL) +
	       (size_t)passing_buffers(workers, jobs) * grads_passing_bytes(ps);
}

static void make_buffers(struct workers *p, const struct param_set *ps, int jobs)
{
	size_t n = (size_t)(jobs > 0 ? jobs : 1);

	p->most_jobs = jobs;
	p->n_buffers = workers_buffers(p->n, jobs);
	p->all = xcalloc(n, sizeof *p->all);
	p->free = xcalloc(n, sizeof *p->free);
	p->result = xcalloc(n, sizeof *p->result);
	p->late = xcalloc(n, sizeof *p->late);
	sum_tree_begin(&p->tree, (int)n);
	for (int i = 0; i < p->n_buffers; i++)
		p->all[i] = grads_new(ps);
	p->most_passing = passing_buffers(p->n, jobs);
	p->all_passing = xcalloc(n, sizeof *p->all_passing);
	p->passing = xcalloc(n, sizeof *p->passing);
	for (int i = 0; i < p->most_passing; i++)
		p->all_passing[i] = grads_new_passing(ps);
}

struct workers *workers_new(int n, const struct param_set *ps, int jobs)
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
	make_buffers(p, ps, jobs);
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
		grads_free(p->all[i]);
	for (int i = 0; i < p->most_passing; i++)
		grads_free(p->all_passing[i]);
	sum_tree_release(&p->tree);
	xfree(p->all);
	xfree(p->free);
	xfree(p->all_passing);
	xfree(p->passing);
	xfree(p->result);
	xfree(p->late);
	pthread_cond_destroy(&p->progress);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	xfree(p->thread);
	xfree(p->w);
	xfree(p);
}

void workers_give_back(struct workers *p)
{
	for (int i = 0; i < p->n_buffers; i++)
		grads_give_back(p->all[i]);
	for (int i = 0; i < p->most_passing; i++)
		grads_give_back(p->all_passing[i]);
}

int workers_count(const struct workers *p)
{
	return p->n;
}

/* p->job or p->leaf, and p->arg, say what a job is. */
static void run(struct workers *p, int n_jobs)
{
	p->n_jobs = n_jobs;
	p->next = p->done = 0;
	if (n_jobs > 1)
		pthread_cond_broadcast(&p->work);
	take_jobs(p, &p->w[0]);
	while (p->done < p->n_jobs)
		pthread_cond_wait(&p->progress, &p->lock);
}

void workers_run(struct workers *p, int n_jobs, worker_job *job, void *arg)
{
	if (n_jobs < 1)
		return;
	pthread_mutex_lock(&p->lock);
	BUG_IF(p->done != p->n_jobs); /* jobs do not run jobs */
	p->job = job;
	p->leaf = NULL;
	p->arg = arg;
	run(p, n_jobs);
	pthread_mutex_unlock(&p->lock);
}

/* --- the end of a sum: one thread alone, then slices --- */

/*
 * What was put off, in an order that has every node before it is added to. The marks
 * run ahead of the additions here, in the same order (grads_add_marks).
 */
static void join_rest(struct workers *p)
{
	struct sum_pair pair;

	p->n_late = 0;
	for (int k = 0; k < p->tree.n; k++)
		for (int at = k; sum_tree_take(&p->tree, at, &pair); at = pair.left) {
			sum_tree_join(&p->tree, &pair);
			if (!pair.into || !pair.from)
				continue;
			grads_add_marks(pair.into, pair.from);
			p->late[p->n_late++] = pair;
		}
	p->root = sum_tree_root(&p->tree);
	BUG_IF(!p->root);
}

/*
 * A part of every addition put off, then of the root's factor (one leaf alone has not
 * met it yet), then its squares: part k reads what part k has written.
 */
static void add_part(struct worker *w, int part, void *arg)
{
	struct workers *p = arg;

	(void)w;
	for (int i = 0; i < p->n_late; i++) {
		const struct sum_pair *a = &p->late[i];

		grads_add(a->into, a->mine, a->from, a->its, part, GRADS_PARTS);
	}
	grads_scale(p->root->g, p->root->factor, part, GRADS_PARTS);
	p->square[part] = grads_sumsq_part(p->root->g, GRADS_ALL, part);
}

static void begin_sum(struct workers *p, int n_jobs, worker_leaf *leaf,
		      worker_look *look, void *arg)
{
	BUG_IF(n_jobs < 1 || n_jobs > p->most_jobs);
	BUG_IF(p->done != p->n_jobs);
	sum_tree_begin(&p->tree, n_jobs);
	p->n_free = p->n_buffers;
	memcpy(p->free, p->all, (size_t)p->n_buffers * sizeof(struct grads *));
	p->n_passing = p->most_passing;
	memcpy(p->passing, p->all_passing, (size_t)p->most_passing * sizeof(struct grads *));
	p->leaf = leaf;
	p->look = look;
	p->looked = 0;
	p->arg = arg;
}

struct grads *workers_sum(struct workers *p, int n_jobs, worker_leaf *leaf,
			  worker_look *look, void *arg, double *squares)
{
	pthread_mutex_lock(&p->lock);
	begin_sum(p, n_jobs, leaf, look, arg);
	run(p, n_jobs);
	pthread_mutex_unlock(&p->lock);
	join_rest(p);
	*squares = 0;
	if (!p->root->g) { /* nothing was added */
		grads_clear(p->all[0]);
		return p->all[0];
	}
	workers_run(p, GRADS_PARTS, add_part, p);
	for (int i = 0; i < GRADS_PARTS; i++)
		*squares += p->square[i];
	return p->root->g;
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
