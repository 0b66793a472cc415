/*
 * command_rate.c - the command that sets the rates of groups of parameters.
 */
#include <string.h>

#include "look/snapshot.h"
#include "session/freezing.h"
#include "trainer/change.h"

/* The last word is cut off as the next argument's. */
static void list_of(const struct command *c, struct buf *out)
{
	buf_init(out);
	buf_addf(out, "%s %s", c->arg[0], c->arg[1]);
}

/* Of what the plan's adapters hold still for good none can be moved faster or slower. */
static enum status check_held(const struct change *g, const struct rates *before,
			      struct err *err)
{
	struct freeze held;

	plan_held(g->s->plan, &held);
	if (g->c->is_entry || !rates_differ(&g->mix.rates, before, &held))
		return ST_OK;
	return err_set(err, ST_INVALID, "the trunk stands still for good beside the plan's "
		       "adapters (model.adapter_trunk), whatever its rate: 'rate adapters X' "
		       "is for what moves");
}

static enum status change_rate(struct change *g, struct err *err)
{
	const struct rates before = g->mix.rates;
	struct freeze_groups groups;
	struct buf list;
	enum status st;

	freezing_groups(g->s, &groups);
	list_of(g->c, &list);
	rates_show(&groups, &g->mix.rates, g->before, sizeof g->before);
	/* of the last one the grammar has asked for its '!' */
	if (g->c->is_forced)
		buf_addc(&list, '!');
	st = rates_read(&groups, buf_str(&list), g->c->is_entry, &g->mix.rates, err);
	rates_show(&groups, &g->mix.rates, g->after, sizeof g->after);
	buf_release(&list);
	return st ? st : check_held(g, &before, err);
}

static void show_rate(struct snapshot *s, struct channel *ch, const struct command *c)
{
	struct freeze_groups groups = snapshot_groups(s);
	struct rates r = s->rates;
	struct buf list;

	(void)ch;
	list_of(c, &list);
	if (!rates_read(&groups, buf_str(&list), true, &r, NULL))
		s->rates = r;
	buf_release(&list);
}

/* Groups may have had several rates before: then the line says them all. */
static bool undo_rate(const struct journal_entry *e, char *line, const char **why)
{
	char groups[JOURNAL_TEXT - 8];

	if (!e->before[0] || strlen(e->before) >= sizeof e->before - 1 ||
	    strlen(e->after) >= sizeof e->after - 1)
		*why = "what was before is unknown"; /* or was cut */
	else if (!rates_way_back(e->before, e->after, groups, sizeof groups))
		*why = "it changed nothing";
	return !*why && str_format(line, JOURNAL_TEXT, "rate %s", groups);
}

const struct command_row command_rate = {
	.name = "rate", .arg = { ARG_GROUPS, ARG_NUMBER }, .usage = "rate GROUP FACTOR",
	.example = "rate embeddings 0.1, layers 0..2 0.5",
	.help = "the factor on a part's learning rate",
	.more = "GROUP as freeze has it: embeddings, layers 0..2, trunk, a task's name, or "
		"several with commas between. From now on its updates, and its weight decay, "
		"are those of the rate times FACTOR, beside optimizer.layer_decay and "
		"tasks.*.lr; 1 is the plain rate. Several can be said at once: rate "
		"embeddings 0.1, layers 0..2 0.5. 0 is what freeze does, at no cost. Below "
		"0.01 or above 100 it wants a '!'.",
	.flags = CMD_CHANGES, .min = 0, .max = RATE_MOST, .low = RATE_LOW, .high = RATE_HIGH,
	.letter = 'E', .change = change_rate, .show = show_rate,
	.undo = undo_rate,
};
