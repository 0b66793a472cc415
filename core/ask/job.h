/*
 * job.h - work beside everything else: one function on a thread of its own, for
 * readers that must not wait (a report on data, a table of runs). It gets no
 * part of the session.
 */
#ifndef TUTTI_ASK_JOB_H
#define TUTTI_ASK_JOB_H

#include <stdbool.h>

#include "base/progress.h"
#include "base/status.h"

struct job;

/*
 * Runs `work` on a thread. It calls progress_tick(pg, ...) at least ten times a
 * second and returns ST_STOPPED when that says so (job_cancel). `arg` is borrowed
 * until job_free. wake_fd (an eventfd, -1: none) is written when the work has
 * ended and a few times a second while it goes on. NULL when no thread can be had.
 */
typedef enum status job_work(void *arg, struct progress *pg, struct err *err);
struct job *job_start(job_work *work, void *arg, int wake_fd);

/* True when the work has ended: what it returned. Any thread, never waits. */
bool job_is_done(struct job *j, enum status *st, struct err *err);
/* How far it is: 0..1, or -1 when it is not known. */
double job_part(struct job *j);
void job_cancel(struct job *j);  /* asks; does not wait */
void job_free(struct job *j);    /* cancels, waits for the end; NULL is fine */

#endif
