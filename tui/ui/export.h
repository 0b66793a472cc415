/*
 * export.h - what a view shows as a file in the run's folder, written by a job.
 *
 * The name is said when it is done. No file is ever written over: where the name is
 * taken the next one of NAME-2, NAME-3, ... is.
 */
#ifndef TUTTI_TUI_EXPORT_H
#define TUTTI_TUI_EXPORT_H

#include <stdint.h>

#include "base/file.h"
#include "feed/job_slot.h"

struct ui;
struct exporting {
	struct job_slot work;
};

/* Writes the whole file; on the job's thread. */
typedef enum status export_writer(void *arg, struct file_out *f, struct progress *pg,
				  struct err *err);

/*
 * Begins a file NAME.EXT (name: "curves-loss-12340") of n things ("row"). Takes `arg`
 * and drops it in the end, also when it says why nothing is written: there is nothing,
 * or another file is still being written.
 */
void export_start(struct ui *ui, const char *name, const char *ext, const char *thing,
		  uint64_t n, export_writer *write, void *arg, void (*drop)(void *arg));
/* The same of a text that is made already; takes what `text` holds. */
void export_text(struct ui *ui, const char *name, const char *ext, const char *thing,
		 uint64_t n, struct buf *text);
/* Says what came of it. */
void export_poll(struct ui *ui);

#endif
