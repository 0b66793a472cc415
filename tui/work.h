/*
 * work.h - a view's work in the background: one job that counts, and those that
 * were given up and still have to notice it. Nothing here waits but the release.
 */
#ifndef TUTTI_TUI_WORK_H
#define TUTTI_TUI_WORK_H

#include <stddef.h>

#include "ask/job.h"

struct work_item {
	struct job *job;
	void *arg;
	void (*drop)(void *arg); /* frees it, on the desk's thread */
};

struct work {
	struct work_item now;    /* job NULL: none */
	struct work_item *given_up;
	size_t n, cap;
};

/*
 * Starts `run` on `arg`, which it takes; what ran before is given up. False: no
 * thread could be had, and `arg` is dropped.
 */
bool work_start(struct work *w, job_work *run, void *arg, void (*drop)(void *arg),
		int wake_fd);
bool work_is_on(const struct work *w);
/* 0..1; -1: not known. */
double work_part(const struct work *w);
/* The work has ended: what it gave. The caller takes `*arg`. */
bool work_take(struct work *w, enum status *st, void **arg, struct err *err);
void work_cancel(struct work *w);
void work_release(struct work *w); /* cancels and waits */

#endif
