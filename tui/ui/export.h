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

struct json_out;
struct ui;
struct exporting {
	struct job_slot work;
};

enum { EXPORT_NAME = 96 };
/* VIEW-OF-STEP, as "curves-loss-12340"; returns `out`. */
const char *export_name(char out[EXPORT_NAME], const char *view, const char *of,
			int64_t step);

/* Writes the whole file; on the job's thread. */
typedef enum status export_writer(void *arg, struct file_out *f, struct progress *pg,
				  struct err *err);

/*
 * Begins a file NAME.EXT (name: export_name) of n things ("row"). Takes `arg`
 * and drops it in the end, also when it says why nothing is written: there is nothing,
 * or another file is still being written.
 */
void export_start(struct ui *ui, const char *name, const char *ext, const char *thing,
		  uint64_t n, export_writer *write, void *arg, void (*drop)(void *arg));
/* The same of a text that is made already; takes what `text` holds. */
void export_text(struct ui *ui, const char *name, const char *ext, const char *thing,
		 uint64_t n, struct buf *text);
/* Members of item k of a list, into an open object. */
typedef void export_item(const void *arg, uint64_t k, struct json_out *j);
/*
 * The same of a list as JSON lines, NAME.jsonl: an object an item. With `drop` a job
 * makes the lines, a few at a time, so that millions need no memory: it takes `arg`.
 * `drop` NULL: they are made at once, of what this thread alone may read; `arg` is
 * borrowed.
 */
void export_list(struct ui *ui, const char *name, const char *thing, uint64_t n,
		 export_item *put, void *arg, void (*drop)(void *arg));
/* Says what came of it. */
void export_poll(struct ui *ui);

#endif
