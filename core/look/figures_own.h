/*
 * figures_own.h - what figures.c and figures_steps.c share. Others include figures.h.
 */
#ifndef TUTTI_LOOK_FIGURES_OWN_H
#define TUTTI_LOOK_FIGURES_OWN_H

#include "look/figures.h"
#include "plan/plan.h"
#include "store/store.h"

/* Steps, evaluations or entries that are read at once. */
enum { FIGURES_PAGE = 256 };

struct figures {
	struct store *store;
	struct plan *plan;
	struct table_out t;
	struct buf b;
	figures_take *take;
	void *arg;
};

/* Hands on what has gathered. */
enum status figures_flush(struct figures *f, struct err *err);
/* A task's name; NULL: no task of the plan. */
const char *figures_task(const struct figures *f, int task);

/*
 * The steps that are read next: from *to + 1 (at first 0) on, where there are any, a
 * page of numbers and up to `last` at most. ST_END: there are no more.
 */
enum status figures_page(struct figures *f, int64_t last, int64_t *from, int64_t *to,
			 struct err *err);

void figures_steps_blank(struct figures *f);
enum status figures_steps(struct figures *f, struct err *err);

#endif
