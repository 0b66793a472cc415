/*
 * actors.h - programs that steer a run, and how far they may.
 *
 * An actor is a program that says its name with what it sends. A plan without the
 * object "actors" lets any of them do what a person may: refusing a program that names
 * itself would only teach it to leave its name out, and the journal would know less.
 * A plan with one is the whole list: whom it does not name is refused.
 *
 * Of the actors that a plan names: `commands` they may give; `ranges` of the numbers
 * in them, the command's usual range where nothing is said ('!' is a hand's); `every`
 * so many steps one, `most` in all. Both are counted from the journal, so a run that
 * was killed and resumed counts on, and what was refused does not count. Questions
 * change nothing and are free. The limits are for whoever says a name; who sends
 * without one is the person, as ever.
 *
 * The limits are looked at when a line comes, not when the journal is applied: a replay
 * applies what was allowed, and a refusal is an entry that does nothing.
 */
#ifndef TUTTI_TRAINER_ACTORS_H
#define TUTTI_TRAINER_ACTORS_H

#include "command/command.h"
#include "plan/plan.h"
#include "store/store.h"

/* What one of them did so far. */
struct actor_past {
	char name[ACTOR_NAME];
	int64_t step;      /* of its last command */
	int64_t count;
};
struct actors {
	struct actor_past *past;
	int n;
	size_t cap;
	int64_t refusal_step; /* where refusals were last noted, and how many there */
	int refusals;
};
void actors_release(struct actors *a);
/* An entry that is in the journal, whoever it is of. */
void actors_take(struct actors *a, const struct journal_entry *e);

/* Are the commands and ranges that a plan has for its actors such as there are? */
enum status actors_check_plan(const struct plan *p, struct err *err);
/* ST_INVALID, with what is allowed, where the plan does not allow it at this step. */
enum status actors_allow(const struct plan *p, const struct actors *a, const char *name,
			 const struct command *c, int64_t step, struct err *err);
/* Bounds of a row's numbers, as its ranges have them; else, and with NULL, the usual ones. */
void actors_range(const struct plan_actor *limits, const struct command_row *row,
		  double *low, double *high);
/* May it give this command at all? A question always; limits NULL: any. */
bool actors_may_give(const struct plan_actor *limits, const struct command_row *row);

/* A name and a reason that came from outside. */
enum status actors_check_words(const char *name, const char *reason, struct err *err);

#endif
