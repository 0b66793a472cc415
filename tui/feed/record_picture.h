/*
 * record_picture.h - the picture of a run at one moment of its record, and what each
 * thing that happens does to it. Plain data, copied as a whole.
 */
#ifndef TUTTI_TUI_RECORD_PICTURE_H
#define TUTTI_TUI_RECORD_PICTURE_H

#include "look/ramps.h"
#include "look/snapshot.h"
#include "look/telemetry.h"
#include "plan/plan.h"

struct picture {
	struct snapshot snap;
	struct telemetry tele;
	struct ramps ramps;
};

void picture_init(struct picture *m);
void picture_release(struct picture *m);
struct picture *picture_new(const struct picture *src); /* a copy */
void picture_free(struct picture *m);                   /* NULL is fine */
void picture_copy(struct picture *dst, const struct picture *src);

/* As the plan sets it: nothing has happened. */
void picture_start(struct picture *m, const struct plan *p);
void picture_step(struct picture *m, const struct step_row *r);
/* counts: of the tasks' rows of one evaluation one does. */
void picture_eval(struct picture *m, const struct eval_row *e, bool counts);
void picture_saved(struct picture *m, const struct checkpoint_row *c);
void picture_entry(struct picture *m, const struct journal_entry *e);
/* What follows from the rest: who is left out, shares, slopes, speeds. */
void picture_settle(struct picture *m);

#endif
