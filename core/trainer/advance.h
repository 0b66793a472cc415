/*
 * advance.h - how a run goes on, in one place: the journal's entries of this step, what
 * comes between two steps, the step, the evaluation and the checkpoint that are due.
 * Live training, a resumed run that catches up, and a replay differ in what they do at
 * these points, never in their order (I2, I3). Trainer thread.
 */
#ifndef TUTTI_TRAINER_ADVANCE_H
#define TUTTI_TRAINER_ADVANCE_H

#include "base/progress.h"
#include "session/session.h"
#include "store/store.h"

struct advance {
	struct session *s;
	/* Entries of the journal at s->step are applied (advance_entries). */
	enum status (*entries)(void *arg, struct err *err);
	/* What else comes before the next step; it may wait. *is_over: there is none. */
	enum status (*between)(void *arg, bool *is_over, struct err *err);
	/* A step was taken. ST_BUSY, here and below: what is due is left, the run goes on. */
	enum status (*stepped)(void *arg, const struct step_report *r, struct err *err);
	/* The schedule has an evaluation here, a checkpoint here. */
	enum status (*evaluate)(void *arg, struct err *err);
	enum status (*save)(void *arg, struct err *err);
	void *arg;
};
/* Until it is over (ST_OK), or until one of them says why not. */
enum status advance_run(const struct advance *a, struct err *err);

/* Does a schedule of every so many steps (0: none) name this one? */
bool advance_is_due(int64_t step, int64_t every);
/*
 * Applies e[*next ..] as far as they are of s->step; *next moves on. They stand in the
 * journal's order; ST_CORRUPT: one is of a step that is past.
 */
enum status advance_entries(struct session *s, const struct journal_entry *e, int n,
			    int *next, struct err *err);

/*
 * Dev metrics for methods that read them (mix_wants_dev) and for guards, of which those
 * that may act want them in a replay, too (guarding_wants_dev): of the evaluations that the
 * plan's eval_every names, and of no other, so that looking by hand, or stopping where
 * no evaluation is due, changes no bit (I10).
 */
bool advance_wants_dev(const struct session *s);
/* Of a task's first metric; NaN: it has none. */
struct guard_dev advance_seen(const struct session *s, const struct eval_row *r);
/* From an evaluation at s->step, if it is one of those. */
void advance_take_dev(struct session *s, const struct evaluation *e, int n);
/* The same, evaluated for the methods alone: nothing is written or shown. */
enum status advance_look(struct session *s, struct progress *pg, struct err *err);

#endif
