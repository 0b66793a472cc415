/*
 * job.c - a thread per job; nothing is shared but a few atomics and the result,
 * which the end publishes.
 */
#include "ask/job.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/mem.h"

enum { PARTS = 10000 };

struct job {
	job_work *work;
	void *arg;
	int wake_fd;
	pthread_t thread;
	struct progress pg;    /* the thread's own */
	atomic_bool cancelled, done;
	atomic_int part;       /* of PARTS, -1: not known */
	enum status st;        /* after `done` */
	struct err err;
};

static void wake(const struct job *j)
{
	if (j->wake_fd >= 0)
		eventfd_write(j->wake_fd, 1);
}

static bool tick(struct progress *pg)
{
	struct job *j = pg->arg;

	atomic_store(&j->part, pg->total ? (int)((double)pg->done / (double)pg->total *
						 PARTS) : -1);
	wake(j);
	return atomic_load(&j->cancelled);
}

static void *run(void *arg)
{
	struct job *j = arg;

	j->st = j->work(j->arg, &j->pg, &j->err);
	atomic_store(&j->done, true);
	wake(j);
	return NULL;
}

struct job *job_start(job_work *work, void *arg, int wake_fd)
{
	struct job *j = xcalloc(1, sizeof *j);
	sigset_t all, old;
	int failed;

	j->work = work;
	j->arg = arg;
	j->wake_fd = wake_fd;
	j->pg.tick = tick;
	j->pg.arg = j;
	atomic_store(&j->part, -1);
	sigfillset(&all); /* signals are the screen's business */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(&j->thread, NULL, run, j);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed) {
		xfree(j);
		return NULL;
	}
	return j;
}

bool job_is_done(struct job *j, enum status *st, struct err *err)
{
	if (!atomic_load(&j->done))
		return false;
	*st = j->st;
	if (err)
		*err = j->err;
	return true;
}

double job_part(struct job *j)
{
	int part = atomic_load(&j->part);

	return part < 0 ? -1 : (double)part / PARTS;
}

void job_cancel(struct job *j)
{
	atomic_store(&j->cancelled, true);
}

void job_free(struct job *j)
{
	if (!j)
		return;
	job_cancel(j);
	pthread_join(j->thread, NULL);
	xfree(j);
}
