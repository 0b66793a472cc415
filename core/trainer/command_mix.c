/*
 * command_mix.c - the commands that turn knobs of the mix: a channel's, or those of
 * all. Each is a value put in place of another, and is taken back by the old one.
 */
#include <string.h>

#include "look/snapshot.h"
#include "session/freezing.h"
#include "trainer/change.h"
#include "trainer/command_now.h"

/* --- a channel's --- */

static enum status change_weight(struct change *g, struct err *err)
{
	(void)err;
	mix_ramp_end(&g->mix, g->task);
	return change_number(g, 1, &g->mix.ch[g->task].weight);
}

static void show_weight(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)s;
	command_number(c, 1, &ch->weight);
}

const struct command_row command_weight = {
	.name = "weight", .arg = { ARG_TASK, ARG_NUMBER }, .usage = "weight TASK X",
	.example = "weight topic 2",
	.help = "the factor on a task's loss",
	.more = "Multiplies the task's gradient, so it says how much the task moves "
		"what is shared. Adam hides the scale from the task's own parameters: "
		"they learn no faster. It does not change how often the task is drawn: "
		"that is its share. 0 looks without learning. A fader goes from 1/8 to 8; "
		"beyond it a value wants a '!': 'weight TASK 20!'.",
	.flags = CMD_CHANGES, .min = 0, .max = 1e6, .low = 0.125, .high = 8,
	.letter = 'W', .change = change_weight, .show = show_weight,
	.now = now_weight,
	.undo = command_undo_value,
};

static void share_text(char out[CHANGE_TEXT], double share)
{
	if (share < 0)
		str_copy(out, CHANGE_TEXT, "auto");
	else
		change_show_number(out, share);
}

static enum status change_share(struct change *g, struct err *err)
{
	struct mix_channel *ch = &g->mix.ch[g->task];
	double x;

	command_number(g->c, 1, &x);
	if (x < 0 && ch->locked)
		return err_set(err, ST_INVALID, "'%s' is locked: no method may set its "
			       "share; 'lock %s off' first", g->c->arg[0], g->c->arg[0]);
	share_text(g->before, ch->share);
	ch->share = x;
	share_text(g->after, x);
	return ST_OK;
}

static void show_share(struct snapshot *s, struct channel *ch, const struct command *c)
{
	double x;

	(void)s;
	command_number(c, 1, &x);
	ch->share_auto = x < 0;
	ch->share = x < 0 ? 0 : x;
}

const struct command_row command_share = {
	.name = "share", .arg = { ARG_TASK, ARG_SHARE }, .usage = "share TASK X|auto",
	.example = "share topic 30%",
	.help = "the fraction of micro-batches a task gets",
	.more = "A number from 0 to 1 (or 30%) is fixed by hand; what the hands leave "
		"over is divided by the sampling method among the channels on auto. "
		"Shares by hand that add up to more than 1 are scaled down.",
	.flags = CMD_CHANGES, .min = 0, .max = 1,
	.letter = 'S', .change = change_share, .show = show_share,
	.now = now_share,
	.undo = command_undo_value,
};

static enum status change_mute(struct change *g, struct err *err)
{
	(void)err;
	return change_flag(g, 1, &g->mix.ch[g->task].muted);
}

static void show_mute(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)s;
	ch->muted = str_eq(c->arg[1], "on");
}

const struct command_row command_mute = {
	.name = "mute", .arg = { ARG_TASK, ARG_ONOFF }, .usage = "mute TASK on|off",
	.example = "mute topic on",
	.help = "leaves a task out",
	.more = "A muted task is not drawn; its own parameters do not move and its "
		"place in its data stays. Its weight and share are kept.",
	.flags = CMD_CHANGES,
	.letter = 'M', .change = change_mute, .show = show_mute,
	.now = now_mute,
	.undo = command_undo_value,
};

static enum status change_solo(struct change *g, struct err *err)
{
	(void)err;
	return change_flag(g, 1, &g->mix.ch[g->task].solo);
}

static void show_solo(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)s;
	ch->solo = str_eq(c->arg[1], "on");
}

const struct command_row command_solo = {
	.name = "solo", .arg = { ARG_TASK, ARG_ONOFF }, .usage = "solo TASK on|off",
	.example = "solo topic on",
	.help = "only the solo tasks play",
	.more = "While any task is solo all others are as if muted. Several can be "
		"solo; mute is stronger.",
	.flags = CMD_CHANGES,
	.letter = 'O', .change = change_solo, .show = show_solo,
	.now = now_solo,
	.undo = command_undo_value,
};

/* The share a channel on auto has now, or would have if it were heard. */
static double present_share(const struct mix *now, int task)
{
	struct mix m = *now;
	double share[MIX_TASKS_MAX];

	m.ch[task].muted = false;
	for (int i = 0; i < m.n && !mix_active(&m, task); i++)
		m.ch[i].solo = false;
	mix_shares(&m, share);
	return share[task];
}

static enum status change_lock(struct change *g, struct err *err)
{
	struct mix_channel *ch = &g->mix.ch[g->task];

	(void)err;
	if (str_eq(g->c->arg[1], "on") && ch->share < 0)
		ch->share = present_share(&g->mix, g->task);
	return change_flag(g, 1, &ch->locked);
}

/* A lock makes a number of the share: a picture has what was drawn so far. */
static void show_lock(struct snapshot *s, struct channel *ch, const struct command *c)
{
	ch->locked = str_eq(c->arg[1], "on");
	if (ch->locked && ch->share_auto)
		ch->share = snapshot_drawn(s, ch);
	ch->share_auto = ch->share_auto && !ch->locked;
}

const struct command_row command_lock = {
	.name = "lock", .arg = { ARG_TASK, ARG_ONOFF }, .usage = "lock TASK on|off",
	.example = "lock topic on",
	.help = "no method touches the channel",
	.more = "The factor stays as it is, and a share on auto becomes the number it "
		"is now. The hand still can change the channel. Unlocking leaves the "
		"share by hand: 'share TASK auto' gives it back.",
	.flags = CMD_CHANGES,
	.letter = 'K', .change = change_lock, .show = show_lock,
	.now = now_lock,
	.undo = command_undo_value,
};

/* --- of all --- */

static enum status change_lr(struct change *g, struct err *err)
{
	(void)err;
	return change_number(g, 0, &g->mix.lr);
}

static void show_lr(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)ch;
	command_number(c, 0, &s->base_lr);
}

const struct command_row command_lr = {
	.name = "lr", .arg = { ARG_NUMBER }, .usage = "lr X",
	.example = "lr 0.0005",
	.help = "the base learning rate, before the schedule",
	.more = "The rate of an update is this times the schedule's factor at that "
		"step; a task's own parameters have the plan's factor beside. Above 0.01, "
		"where most models fall apart, it wants a '!'.",
	.flags = CMD_CHANGES, .min = 0, .max = 10, .high = 0.01,
	.letter = 'L', .change = change_lr, .show = show_lr,
	.now = now_lr,
	.undo = command_undo_value,
};

static enum status change_clip(struct change *g, struct err *err)
{
	(void)err;
	return change_number(g, 0, &g->mix.clip);
}

static void show_clip(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)ch;
	command_number(c, 0, &s->clip);
}

const struct command_row command_clip = {
	.name = "clip", .arg = { ARG_NUMBER }, .usage = "clip X",
	.example = "clip 0.5",
	.help = "the greatest norm of the gradient; 0 = off",
	.more = "The norm is over all parameters, after weights. A longer gradient is "
		"scaled down to it.",
	.flags = CMD_CHANGES, .min = 0, .max = 1e6,
	.letter = 'C', .change = change_clip, .show = show_clip,
	.now = now_clip,
	.undo = command_undo_value,
};

static enum status change_dropout(struct change *g, struct err *err)
{
	(void)err;
	return change_number(g, 0, &g->mix.dropout);
}

static void show_dropout(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)ch;
	command_number(c, 0, &s->dropout);
}

const struct command_row command_dropout = {
	.name = "dropout", .arg = { ARG_NUMBER }, .usage = "dropout X",
	.example = "dropout 0.2",
	.help = "the share of activations dropped in training",
	.more = "For all tasks, from the next step on. Evaluations never drop.",
	.flags = CMD_CHANGES, .min = 0, .max = 0.9,
	.letter = 'D', .change = change_dropout, .show = show_dropout,
	.now = now_dropout,
	.undo = command_undo_value,
};

static enum status change_horizon(struct change *g, struct err *err)
{
	double x = 0;

	command_number(g->c, 0, &x);
	if (x != (double)(int64_t)x)
		return err_set(err, ST_INVALID, "'%s' is no whole number of steps",
			       g->c->arg[0]);
	if ((int64_t)x <= g->s->step)
		return err_set(err, ST_INVALID, "step %lld is past: the run is at %lld",
			       (long long)x, (long long)g->s->step);
	str_format(g->before, CHANGE_TEXT, "%lld", (long long)g->mix.horizon);
	g->mix.horizon = (int64_t)x;
	str_format(g->after, CHANGE_TEXT, "%lld", (long long)g->mix.horizon);
	return ST_OK;
}

static void show_horizon(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)ch;
	parse_i64(c->arg[0], &s->steps);
}

const struct command_row command_horizon = {
	.name = "horizon", .arg = { ARG_NUMBER }, .usage = "horizon N",
	.example = "horizon 2000",
	.help = "the step at which the learning rate's schedule and the run end",
	.more = "The plan's budget.steps until it is moved. The rate of the next "
		"updates is that of a schedule which falls to its floor at step N. A "
		"run that was started or resumed with --steps still stops there.",
	.flags = CMD_CHANGES, .min = 1, .max = 1e9,
	.letter = 'H', .change = change_horizon, .show = show_horizon,
	.now = now_horizon,
	.undo = command_undo_value,
};

/* --- methods --- */

static enum status change_method(struct change *g, enum method_role role, struct err *err)
{
	enum status st;

	mix_show(&g->mix, role, g->before, sizeof g->before);
	st = mix_set(&g->mix, role, g->c->arg[0], &g->c->arg[1], g->c->n_args - 1, err);
	if (!st)
		st = method_fits(mix_method(&g->mix, role)->row, g->s->n_tasks,
				 g->s->plan->micro_batches, err);
	if (!st && !g->c->is_entry)
		st = method_suits(mix_method(&g->mix, role)->row,
				  mix_method(&g->mix, role)->param, g->s->n_tasks,
				  plan_is_measured(g->s->plan), err);
	if (!st)
		st = method_fits_frozen(mix_method(&g->mix, role)->row,
					!freezing_leaves(g->s, &g->mix.frozen, PARAM_SHARED),
					err);
	mix_show(&g->mix, role, g->after, sizeof g->after);
	return st;
}

static enum status change_sampling(struct change *g, struct err *err)
{
	return change_method(g, METHOD_SAMPLING, err);
}

static void show_sampling(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)ch;
	snapshot_say_method(s, METHOD_SAMPLING, c->arg[0], c->arg + 1, c->n_args - 1);
}

const struct command_row command_sampling = {
	.name = "sampling", .arg = { ARG_SAMPLING, ARG_PARAM },
	.usage = "sampling METHOD [K=V]...",
	.example = "sampling temperature T=2",
	.help = "how channels on auto get their shares",
	.more = "The method divides what shares by hand leave over; its memory "
		"starts afresh.",
	.flags = CMD_CHANGES,
	.letter = 'P', .change = change_sampling, .show = show_sampling,
	.now = now_sampling,
	.undo = command_undo_value,
};

static enum status change_weighting(struct change *g, struct err *err)
{
	return change_method(g, METHOD_WEIGHTING, err);
}

static void show_weighting(struct snapshot *s, struct channel *ch, const struct command *c)
{
	(void)ch;
	snapshot_say_method(s, METHOD_WEIGHTING, c->arg[0], c->arg + 1, c->n_args - 1);
}

const struct command_row command_weighting = {
	.name = "weighting", .arg = { ARG_WEIGHTING, ARG_PARAM },
	.usage = "weighting METHOD [K=V]...",
	.example = "weighting cagrad c=0.4",
	.help = "the method's factor on each loss beside the hand's weight",
	.more = "The loss counts weight x factor. Factors and the method's memory "
		"start afresh, but for locked channels.",
	.flags = CMD_CHANGES,
	.letter = 'F', .change = change_weighting, .show = show_weighting,
	.now = now_weighting,
	.undo = command_undo_value,
};
