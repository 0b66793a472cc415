/*
 * job_slot.h - a view's work in the background: one job that counts, and those that
 * were given up and still have to notice it. Nothing here waits but the release.
 */
#ifndef TUTTI_TUI_JOB_SLOT_H
#define TUTTI_TUI_JOB_SLOT_H

#include <stddef.h>

#include "ask/job.h"

struct job_slot_item {
	struct job *job;
	void *arg;
	void (*drop)(void *arg); /* frees it, on the desk's thread */
};

struct job_slot {
	struct job_slot_item now;  /* job NULL: none */
	struct job_slot_item *given_up;
	size_t n, cap;
};

/*
 * Starts `run` on `arg`, which it takes; what ran before is given up. False: no
 * thread could be had, and `arg` is dropped.
 */
bool job_slot_start(struct job_slot *w, job_work *run, void *arg,
		    void (*drop)(void *arg), int wake_fd);
bool job_slot_is_on(const struct job_slot *w);
/* 0..1; -1: not known. */
double job_slot_part(const struct job_slot *w);
/* The work has ended: what it gave. The caller takes `*arg`. */
bool job_slot_take(struct job_slot *w, enum status *st, void **arg, struct err *err);
void job_slot_cancel(struct job_slot *w);
void job_slot_release(struct job_slot *w); /* cancels and waits */

#endif
