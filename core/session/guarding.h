/*
 * guarding.h - what a session tells its guards (guard/guard.h), and what they say of it.
 *
 * Their memory moves in one place each: after a step, with an evaluation that the schedule
 * names, when a command's change is kept. Live training, resume and replay pass all three,
 * so guards that may act remember the same in each. What only warns may have to be made
 * again from the run's figures: guarding_recall.
 */
#ifndef TUTTI_SESSION_GUARDING_H
#define TUTTI_SESSION_GUARDING_H

#include "guard/guard.h"
#include "session/session.h"

void guarding_step(struct session *s, const struct step_row *r);
/* dev [n_tasks]. Nobody is told twice. */
void guarding_dev(struct session *s, const struct guard_dev *dev);
/* A command has changed the session; `before` as the journal has it. */
void guarding_change(struct session *s, const char *name, int task, const char *before);

/* Does a guard that may act want an evaluation of this step, one that it has not seen? */
bool guarding_wants_dev(const struct session *s);
/* The newest evaluation that methods or guards that may act have seen. */
int64_t guarding_dev_step(const struct session *s);

/*
 * What guard i says of a task (-1: of the run) at this step. seconds: of training, NaN
 * where no clock is.
 */
bool guarding_says(const struct session *s, int i, int task, double seconds,
		   struct guard_said *out);

/*
 * The past, in its order, told to guards that only warn: `at` has what was seen at step
 * at->step, of a step (loss), an evaluation (dev) or a change; tasks and parameters are
 * filled in. Who was set later than that does not hear it.
 */
void guarding_recall(struct session *s, const struct guard_view *at,
		     const struct guard_change *change);
/* Guard i was set at this point of the past: what it heard before is no more. */
void guarding_forget(struct session *s, int i);

#endif
