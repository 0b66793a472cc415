/*
 * moment.h - the picture of a run at one moment of its record, and what each
 * thing that happens does to it. Plain data, copied as a whole.
 */
#ifndef TUTTI_TUI_MOMENT_H
#define TUTTI_TUI_MOMENT_H

#include "look/snapshot.h"
#include "look/telemetry.h"
#include "plan/plan.h"

struct moment {
	struct snapshot snap;
	struct telemetry tele;
};

void moment_init(struct moment *m);
void moment_release(struct moment *m);
struct moment *moment_new(const struct moment *src); /* a copy */
void moment_free(struct moment *m);                  /* NULL is fine */
void moment_copy(struct moment *dst, const struct moment *src);

/* As the plan sets it: nothing has happened. */
void moment_start(struct moment *m, const struct plan *p);
void moment_step(struct moment *m, const struct step_row *r);
/* counts: of the tasks' rows of one evaluation one does. */
void moment_eval(struct moment *m, const struct eval_row *e, bool counts);
void moment_saved(struct moment *m, const struct checkpoint_row *c);
void moment_entry(struct moment *m, const struct journal_entry *e);
/* What follows from the rest: who is left out, shares, slopes, speeds. */
void moment_settle(struct moment *m);

#endif
