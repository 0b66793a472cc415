/*
 * command_run.c - the commands about the run: they change no state, and only a note
 * stands in the journal. They run on the trainer's thread and work on the trainer
 * itself, so they stand on its floor.
 */
#include "session/freezing.h"
#include "trainer/trainer_internal.h"

static enum status run_pause(struct trainer *t, const struct command *c,
			     struct buf *answer, struct err *err)
{
	(void)c;
	(void)answer;
	(void)err;
	t->is_paused = true;
	return ST_OK;
}

const struct command_row command_pause = {
	.name = "pause", .usage = "pause", .help = "waits before the next step",
	.more = "Questions and commands are still taken.",
	.flags = CMD_RUNS | CMD_STEERS | CMD_LIGHT,
	.run = run_pause,
};

static enum status run_continue(struct trainer *t, const struct command *c,
				struct buf *answer, struct err *err)
{
	(void)c;
	(void)answer;
	(void)err;
	t->is_paused = false;
	return ST_OK;
}

const struct command_row command_continue = {
	.name = "continue", .usage = "continue", .help = "goes on after a pause",
	.more = "", .flags = CMD_RUNS | CMD_STEERS | CMD_LIGHT,
	.run = run_continue,
};

static enum status run_stop(struct trainer *t, const struct command *c,
			    struct buf *answer, struct err *err)
{
	(void)c;
	(void)answer;
	(void)err;
	t->is_stopping = true;
	return ST_OK;
}

const struct command_row command_stop = {
	.name = "stop", .usage = "stop", .help = "finishes the step, saves and ends",
	.more = "The run can be resumed.", .flags = CMD_RUNS | CMD_STEERS | CMD_CUTS,
	.run = run_stop,
};

static enum status run_eval(struct trainer *t, const struct command *c,
			    struct buf *answer, struct err *err)
{
	(void)c;
	(void)answer;
	return trainer_evaluate(t, false, err);
}

const struct command_row command_eval = {
	.name = "eval", .usage = "eval", .help = "measures every task on its dev rows now",
	.more = "The same rows as the scheduled evaluations, decoded greedily, so "
		"that the points compare. It feeds no method and changes no bit.",
	.flags = CMD_RUNS,
	.run = run_eval,
};

static enum status run_gradients(struct trainer *t, const struct command *c,
				 struct buf *answer, struct err *err)
{
	(void)c;
	if (!freezing_leaves(t->s, &t->s->mix.frozen, PARAM_SHARED))
		return err_set(err, ST_INVALID, "all that tasks share is frozen: it has no "
			       "gradient to measure");
	gradients_ask(t->s);
	buf_adds(answer, "each task's gradient is measured at the next step that draws it");
	return ST_OK;
}

const struct command_row command_gradients = {
	.name = "gradients", .usage = "gradients",
	.help = "measures gradient norms at the next steps",
	.more = "Of each task's mean gradient on the parameters that tasks share, "
		"before its weight, at the first step that draws the task. It feeds no "
		"method and changes no bit; mix.gradients_every in the plan is the "
		"schedule.",
	.flags = CMD_RUNS,
	.run = run_gradients,
};

static enum status run_checkpoint(struct trainer *t, const struct command *c,
				  struct buf *answer, struct err *err)
{
	(void)answer;
	return trainer_save(t, c->n_args ? c->arg[0] : NULL, err);
}

const struct command_row command_checkpoint = {
	.name = "checkpoint", .arg = { ARG_NAME }, .usage = "checkpoint [NAME]",
	.example = "checkpoint before-the-change",
	.help = "saves the state now; one with a name is kept",
	.more = "Names are letters, digits, '-', '_' and '.'.", .flags = CMD_RUNS,
	.run = run_checkpoint,
};

const struct command_row command_note = {
	.name = "note", .arg = { ARG_TEXT }, .usage = "note TEXT",
	.example = "note the rate was too high for topic",
	.help = "writes a line into the journal",
	.more = "Changes nothing.", .flags = CMD_NOTES,
	.letter = 'N',
};
