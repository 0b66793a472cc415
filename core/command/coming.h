/*
 * coming.h - what was asked for and is to come: commands that wait for a step or for a
 * metric, and ramps under way. All of it follows from the journal's entries that stand,
 * in their order, so nothing of it is saved: a run that is resumed, or has gone back, has
 * those that it had then.
 *
 *   at STEP COMMAND                      done before the update after STEP
 *   when METRIC OP VALUE do COMMAND      done after the first scheduled evaluation behind
 *                                        its entry that says so; METRIC is TASK.METRIC
 *   ramp TASK weight FROM TO STEPS       until it is there, or the hand sets the weight
 *
 * What has fired is taken off by an entry "cancel NAME" of the timer, beside the one
 * of what it did; a hand takes it off by the same command. Any thread.
 */
#ifndef TUTTI_COMMAND_COMING_H
#define TUTTI_COMMAND_COMING_H

#include "command/command.h"
#include "store/store.h"

enum coming_kind { COMING_AT, COMING_WHEN, COMING_RAMP };
enum coming_op { OP_BELOW, OP_AT_MOST, OP_ABOVE, OP_AT_LEAST };
enum { COMING_NAME = 48 };

struct coming_item {
	enum coming_kind kind;
	char name[COMING_NAME];      /* "at-1", "when-2", "ramp-sst2" */
	char line[JOURNAL_TEXT];     /* as it was given */
	int64_t seq;                 /* of the entry that gave it */
	int64_t since, step;         /* given at; of COMING_AT and a ramp: done at */
	char command[JOURNAL_TEXT];  /* what is to be done; a ramp: "" */
	char task[40], metric[24];   /* COMING_WHEN; of a ramp the task */
	enum coming_op op;
	double value;
};
struct coming {
	int n, given;                /* given: names that were given out */
	size_t cap;
	struct coming_item *item;    /* owned; in the order they were given */
};

void coming_clear(struct coming *c);
/* Takes an entry that stands, after those before it. */
void coming_take(struct coming *c, const struct journal_entry *e);
/* A ramp that is there; whatever else is listed is still to come. */
bool coming_is_over(const struct coming_item *i, int64_t step);
const struct coming_item *coming_find(const struct coming *c, const char *name);
/* The name that the next one of this kind gets. */
void coming_name(const struct coming *c, enum coming_kind kind, char out[COMING_NAME]);

/* "METRIC OP VALUE" of a parsed `when`; ST_INVALID: no such operator, no TASK.METRIC. */
enum status coming_read_when(const struct command *c, struct coming_item *out,
			     struct err *err);
bool coming_holds(const struct coming_item *i, double x); /* NaN: no */

#endif
