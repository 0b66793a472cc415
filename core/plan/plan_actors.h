/*
 * plan_actors.h - the rows of plan_table for actors: programs that steer a run, each by
 * its name in the plan's object "actors". What they mean is trainer/actors.h's.
 */
#ifndef TUTTI_PLAN_PLAN_ACTORS_H
#define TUTTI_PLAN_PLAN_ACTORS_H

/* As PLAN_ROWS' W: path, type, least, most, fallback, choices, slot, member, help. */
#define ACTOR_ROWS(A)                                                          \
	A("actors.*.commands", LIST, 0, 64, NULL, NULL, COMMANDS, commands,    \
	  "A program that steers by 'tutti send --actor NAME': the commands "  \
	  "it may give. Without an object actors any program may do what a "   \
	  "person may; with one, those that it does not name are refused. "    \
	  "Refusals stand in the journal; questions are free.")                \
	A("actors.*.ranges", LIST, 0, 64, "{}", NULL, RANGES, ranges,          \
	  "Least and most of the numbers of its commands: {\"weight\": [0, 2]}. " \
	  "Where nothing is said, a number beyond the command's usual range is " \
	  "refused, '!' or not.")                                              \
	A("actors.*.every", INT, 0, 1e9, "0", NULL, LONG, every,               \
	  "Steps that are to pass between two of its commands; 0: any number.") \
	A("actors.*.most", INT, 0, 1e9, "null", NULL, LONG, most,              \
	  "Commands that it may give in all; null: any number.")

#define PLACE_ACTOR(path, type, min, max, fallback, choices, slot, member, help) \
	{ 0, { SLOT_##slot, PLAN_OF_ACTOR, false, offsetof(struct plan_actor, member), \
	       sizeof(((struct plan_actor *)0)->member) } },

#endif
