/*
 * command_later.c - the commands that hold others for later, the one that moves a weight
 * over many steps, and the one that takes them off again.
 */
#include <string.h>

#include "base/mem.h"
#include "command/coming.h"
#include "look/snapshot.h"
#include "metric/metric.h"
#include "trainer/change.h"

/* Would the command be taken now? Whether it will be is asked again when it fires. */
static enum status try_inner(const struct change *g, const char *line, struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	struct change inner;
	enum status st = command_parse(line, c, err);

	if (!st)
		st = change_try(&inner, c, g->s, err);
	if (!st)
		change_drop(&inner);
	xfree(c);
	return st;
}

/* A replay without a list of what is to come has no use for names. */
static void give_name(struct change *g, enum coming_kind kind)
{
	char name[COMING_NAME] = "";

	if (g->s->coming)
		coming_name(g->s->coming, kind, name);
	str_format(g->after, sizeof g->after, "%s", name);
}

static enum status whole_number(const struct change *g, int i, int64_t *x, struct err *err)
{
	double v = 0;

	command_number(g->c, i, &v);
	*x = (int64_t)v;
	if (v == (double)*x && v >= 0)
		return ST_OK;
	return err_set(err, ST_INVALID, "'%.40s' is no whole number of steps", g->c->arg[i]);
}

/* A run can be made longer, so that is no fault; but nobody should wait for it unaware. */
static void say_beyond(struct change *g, const char *what, int64_t step)
{
	long long end = (long long)g->s->plan->steps;

	if (step >= end)
		str_format(g->said, sizeof g->said, "%s step %lld, and the run ends at %lld: it "
			   "wants 'resume --steps' to get there", what, (long long)step, end);
}

static bool undo_later(const struct journal_entry *e, char *line, const char **why)
{
	(void)why;
	return str_format(line, JOURNAL_TEXT, "cancel %s", e->after);
}

/* --- at --- */

static enum status change_at(struct change *g, struct err *err)
{
	int64_t step = 0;
	enum status st = whole_number(g, 0, &step, err);

	if (!st && step <= g->s->step && !g->c->is_entry)
		st = err_set(err, ST_INVALID, "step %lld is past: the run is at %lld",
			     (long long)step, (long long)g->s->step);
	if (!st && !g->c->is_entry)
		st = try_inner(g, g->c->arg[1], err);
	if (!st)
		give_name(g, COMING_AT);
	if (!st)
		say_beyond(g, "that is", step);
	return st;
}

const struct command_row command_at = {
	.name = "at", .arg = { ARG_NUMBER, ARG_COMMAND }, .usage = "at STEP COMMAND",
	.example = "at 500 weight topic 2",
	.help = "a command at a step to come",
	.more = "It is checked now, and again before it is done, with STEP updates made. The "
		"Journal view lists it by a name; 'cancel NAME' takes it off.",
	.flags = CMD_CHANGES | CMD_LATER, .min = 1, .max = 1e9,
	.letter = 'A', .change = change_at, .undo = undo_later,
};

/* --- when --- */

/* The task has that metric, or it is its loss, and there is something to measure it on. */
static enum status check_metric(const struct change *g, const struct coming_item *i,
				struct err *err)
{
	const struct plan *p = g->s->plan;
	int task = plan_task_find(p, i->task);
	struct buf b;

	if (task < 0)
		return err_set(err, ST_NOT_FOUND, "no task '%s' in the plan", i->task);
	if (!p->eval_every.steps)
		return err_set(err, ST_INVALID, "the plan schedules no evaluations "
			       "(budget.eval_every)");
	if (!plan_has_dev(&p->tasks[task]))
		return err_set(err, ST_INVALID, "task '%s' has no dev rows", i->task);
	if (str_eq(i->metric, "loss"))
		return ST_OK;
	buf_init(&b);
	for (int k = 0; k < p->tasks[task].n_metrics; k++) {
		const char *name = metric_table[p->tasks[task].metrics[k]].name;

		buf_addf(&b, " %s", name);
		if (str_eq(name, i->metric)) {
			buf_release(&b);
			return ST_OK;
		}
	}
	err_set(err, ST_NOT_FOUND, "task '%s' has no metric '%s'; there are: loss%s", i->task,
		i->metric, buf_str(&b));
	buf_release(&b);
	return ST_NOT_FOUND;
}

static enum status change_when(struct change *g, struct err *err)
{
	struct coming_item i = { .kind = COMING_WHEN };
	enum status st = coming_read_when(g->c, &i, err);

	if (!st && !g->c->is_entry)
		st = check_metric(g, &i, err);
	if (!st && !g->c->is_entry)
		st = try_inner(g, i.command, err);
	if (!st)
		give_name(g, COMING_WHEN);
	return st;
}

const struct command_row command_when = {
	.name = "when", .arg = { ARG_WORD, ARG_WORD, ARG_NUMBER, ARG_DO },
	.usage = "when TASK.METRIC OP VALUE do COMMAND",
	.example = "when topic.accuracy > 0.8 do mute topic on",
	.help = "a command once a dev metric says so",
	.more = "OP is < <= > or >=; METRIC is one of the task's, from 0 to 1 as in files, or "
		"its loss: 'when sst2.accuracy > 0.8 do mute sst2 on'. Only evaluations of the "
		"schedule count, from the next one on. It is done once.",
	.flags = CMD_CHANGES | CMD_LATER, .min = -1e300, .max = 1e300,
	.letter = 'I', .change = change_when, .undo = undo_later,
};

/* --- ramp --- */

static enum status check_weight(const struct change *g, int i, double *x, struct err *err)
{
	const struct command_row *weight = command_find("weight");

	command_number(g->c, i, x);
	if (!command_is_beyond(weight, *x))
		return ST_OK;
	return err_set(err, ST_INVALID, "a ramp stays within the fader's range, %g to %g, or "
		       "is 0 at an end: not %s", weight->low, weight->high, g->c->arg[i]);
}

static enum status change_ramp(struct change *g, struct err *err)
{
	struct mix_channel *ch = &g->mix.ch[g->task];
	double from = 0, to = 0;
	int64_t steps = 0;
	enum status st = whole_number(g, 4, &steps, err);

	if (!st && !str_eq(g->c->arg[1], "weight"))
		st = err_set(err, ST_INVALID, "'%.40s' is no 'weight': %s", g->c->arg[1],
			     g->c->row->usage);
	if (!st)
		st = check_weight(g, 2, &from, err);
	if (!st)
		st = check_weight(g, 3, &to, err);
	if (!st && steps < 1)
		st = err_set(err, ST_INVALID, "a ramp takes a step at least");
	if (st)
		return st;
	change_show_number(g->before, ch->weight);
	str_format(g->after, sizeof g->after, "%g to %g in %lld steps", from, to,
		   (long long)steps);
	mix_ramp_set(&g->mix, g->task, from, to, g->s->step, steps);
	if (g->s->step + steps > g->s->plan->steps)
		say_beyond(g, "it is there at", g->s->step + steps);
	return ST_OK;
}

static void show_ramp(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)s;
	command_number(c, 2, &ch->weight);
}

static bool undo_ramp(const struct journal_entry *e, char *line, const char **why)
{
	return command_undo_by("weight", e, line, why);
}

const struct command_row command_ramp = {
	.name = "ramp", .arg = { ARG_TASK, ARG_WORD, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER },
	.usage = "ramp TASK weight FROM TO STEPS",
	.example = "ramp topic weight 1 0 200",
	.help = "moves a weight over so many steps",
	.more = "In a straight line: the next update has FROM, the one after STEPS more has TO, "
		"and it stays there. It ends where it is by 'weight TASK X' and by 'cancel "
		"ramp-TASK'.",
	.flags = CMD_CHANGES, .min = 0, .max = 1e9,
	.letter = 'U', .change = change_ramp, .show = show_ramp, .undo = undo_ramp,
};

/* --- cancel --- */

static enum status change_cancel(struct change *g, struct err *err)
{
	const char *name = g->c->n_args ? g->c->arg[0] : "";
	const struct coming_item *i = g->s->coming ? coming_find(g->s->coming, name) : NULL;
	struct buf b;
	bool is_over = i && coming_is_over(i, g->s->step);
	int task = str_starts(name, "ramp-") ? plan_task_find(g->s->plan, name + 5) : -1;

	if (task >= 0)
		mix_ramp_end(&g->mix, task);
	if (i && !is_over)
		str_format(g->before, sizeof g->before, "%.*s", (int)sizeof g->before - 1,
			   i->line);
	if (g->c->is_entry || (i && !is_over))
		return ST_OK;
	buf_init(&b);
	for (int k = 0; g->s->coming && k < g->s->coming->n; k++)
		if (!coming_is_over(&g->s->coming->item[k], g->s->step))
			buf_addf(&b, " %s", g->s->coming->item[k].name);
	err_set(err, ST_NOT_FOUND, "nothing to come is called '%.48s'; there is%.200s", name,
		b.len ? buf_str(&b) : " nothing");
	buf_release(&b);
	return ST_NOT_FOUND;
}

/* What a hand took off is given again, under another name; what fired is not. */
static bool undo_cancel(const struct journal_entry *e, char *line, const char **why)
{
	if (e->after[0])
		*why = "it was done";
	else if (!e->before[0] || strlen(e->before) >= sizeof e->before - 1)
		*why = "what was before is unknown"; /* or was cut */
	return !*why && str_copy(line, JOURNAL_TEXT, e->before);
}

const struct command_row command_cancel = {
	.name = "cancel", .arg = { ARG_WORD }, .usage = "cancel NAME",
	.example = "cancel ramp-topic",
	.help = "takes off what is to come",
	.more = "NAME is one of the list in the Journal view: at-1, when-2, ramp-sst2. A ramp "
		"ends where it is.",
	.flags = CMD_CHANGES, .letter = 'X', .change = change_cancel, .undo = undo_cancel,
};
