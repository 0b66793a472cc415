/*
 * figures.h - what a run has recorded, as tables for other programs: a row per step,
 * per evaluation of a task, per entry of the journal, per measured gradient norm, per pair
 * of gradients.
 *
 * Read from the run's plan.json and run.db alone, a page at a time, so that memory
 * does not grow with the run; between two pages nothing is held open and a live run
 * never waits for whoever reads. Metrics are in their own units (metric.h), as in all
 * files. One row of figures_list is one table.
 */
#ifndef TUTTI_LOOK_FIGURES_H
#define TUTTI_LOOK_FIGURES_H

#include "base/status.h"
#include "base/str.h"
#include "base/table_out.h"

struct figures; /* a table being written */

struct figures_table {
	const char *name;  /* "steps" */
	const char *event; /* JSON: "step" */
	const char *help;  /* one line: what a row holds */
	void (*blank)(struct figures *f); /* puts a row of nothing, for its names */
	enum status (*write)(struct figures *f, struct err *err);
};
extern const struct figures_table figures_list[]; /* the first is the default */
extern const int figures_count;
const struct figures_table *figures_find(const char *name); /* NULL: none */

/*
 * Takes what is in `b`: whole rows, at most some hundreds. It is cleared afterwards.
 * Anything but ST_OK ends the writing with that status.
 */
typedef enum status figures_take(void *arg, const struct buf *b, struct err *err);

/*
 * Writes a table of the run in folder `run`. A live run's table ends with what it
 * has recorded when this begins, about a second behind. Any thread.
 */
enum status figures_write(const char *run, const struct figures_table *table,
			  enum table_format format, figures_take *take, void *arg,
			  struct err *err);

#endif
