/*
 * command_gain.c - a weight said as a desk says it, in decibels: 0 is a factor of 1,
 * -6 about a half, 10^(dB / 20). 'weight' takes it back.
 */
#include <math.h>

#include "look/snapshot.h"
#include "trainer/change.h"

static double factor(const struct command *c)
{
	double decibels = 0;

	command_number(c, 1, &decibels);
	return pow(10, decibels / 20);
}

static enum status change_gain(struct change *g, struct err *err)
{
	double *weight = &g->mix.ch[g->task].weight;

	(void)err;
	change_show_number(g->before, *weight);
	*weight = factor(g->c);
	change_show_number(g->after, *weight);
	return ST_OK;
}

static void show_gain(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)s;
	ch->weight = factor(c);
}

static bool undo_gain(const struct journal_entry *e, char *line, const char **why)
{
	return command_undo_by("weight", e, line, why);
}

const struct command_row command_gain = {
	.name = "gain", .arg = { ARG_TASK, ARG_NUMBER }, .usage = "gain TASK DB",
	.help = "the weight of a task, in decibels",
	.more = "0 is a weight of 1, -6 about a half of it, 6 about twice.",
	.flags = CMD_CHANGES, .min = -60, .max = 18,
	.letter = 'G', .change = change_gain, .show = show_gain, .undo = undo_gain,
};
