/*
 * ramps.c - ramps by the journal's entries.
 */
#include "look/ramps.h"

#include <string.h>

static int find_channel(const struct snapshot *s, const char *name)
{
	for (int i = 0; i < s->n_channels && i < MIX_TASKS_MAX; i++)
		if (str_eq(s->ch[i].name, name))
			return i;
	return -1;
}

/* The channel whose ramp the command begins or ends; -1: none. */
static int whose(const struct snapshot *s, const struct command *c)
{
	const char *name = c->row->name;

	if (str_eq(name, "ramp") || str_eq(name, "weight"))
		return find_channel(s, c->arg[0]);
	if (str_eq(name, "cancel") && str_starts(c->arg[0], "ramp-"))
		return find_channel(s, c->arg[0] + strlen("ramp-"));
	return -1;
}

void ramps_take(struct ramps *r, struct snapshot *s, const struct command *c, int64_t step)
{
	int i = whose(s, c);
	double steps = 0;

	if (i < 0)
		return;
	if (str_eq(c->row->name, "cancel"))
		ramps_step(r, s, step); /* it stays where the last update had it */
	r->of[i].steps = 0;
	if (!str_eq(c->row->name, "ramp"))
		return;
	command_number(c, 2, &r->of[i].from);
	command_number(c, 3, &r->of[i].to);
	command_number(c, 4, &steps);
	r->of[i].begin = step;
	r->of[i].steps = (int64_t)steps;
}

void ramps_step(struct ramps *r, struct snapshot *s, int64_t step)
{
	for (int i = 0; i < s->n_channels && i < MIX_TASKS_MAX; i++) {
		int64_t gone = step - 1 - r->of[i].begin;

		if (!r->of[i].steps || gone < 0)
			continue;
		s->ch[i].weight = gone >= r->of[i].steps ? r->of[i].to :
				  r->of[i].from + (r->of[i].to - r->of[i].from) *
				  ((double)gone / (double)r->of[i].steps);
	}
}
