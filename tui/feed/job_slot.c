/*
 * job_slot.c - jobs that are started, taken, or left to end by themselves.
 */
#include "job_slot.h"

#include <string.h>

#include "base/mem.h"

static void finish(struct job_slot_item *i)
{
	job_free(i->job);
	if (i->arg)
		i->drop(i->arg);
	*i = (struct job_slot_item){0};
}

/* Frees what has noticed by now that nobody waits for it. */
static void sweep(struct job_slot *w)
{
	size_t kept = 0;
	enum status st;

	for (size_t i = 0; i < w->n; i++) {
		if (job_is_done(w->given_up[i].job, &st, NULL))
			finish(&w->given_up[i]);
		else
			w->given_up[kept++] = w->given_up[i];
	}
	w->n = kept;
}

void job_slot_cancel(struct job_slot *w)
{
	sweep(w);
	if (!w->now.job)
		return;
	job_cancel(w->now.job);
	ARRAY_GROW(w->given_up, w->n, w->cap);
	w->given_up[w->n++] = w->now;
	w->now = (struct job_slot_item){0};
}

bool job_slot_start(struct job_slot *w, job_work *run, void *arg,
		    void (*drop)(void *arg), int wake_fd)
{
	job_slot_cancel(w);
	w->now = (struct job_slot_item){job_start(run, arg, wake_fd), arg, drop};
	if (!w->now.job)
		finish(&w->now);
	return w->now.job != NULL;
}

bool job_slot_is_on(const struct job_slot *w)
{
	return w->now.job != NULL;
}

double job_slot_part(const struct job_slot *w)
{
	return w->now.job ? job_part(w->now.job) : -1;
}

bool job_slot_take(struct job_slot *w, enum status *st, void **arg, struct err *err)
{
	sweep(w);
	if (!w->now.job || !job_is_done(w->now.job, st, err))
		return false;
	*arg = w->now.arg;
	w->now.arg = NULL;
	finish(&w->now);
	return true;
}

void job_slot_release(struct job_slot *w)
{
	job_slot_cancel(w);
	for (size_t i = 0; i < w->n; i++)
		finish(&w->given_up[i]);
	xfree(w->given_up);
	memset(w, 0, sizeof *w);
}
