/*
 * command_run.c - the commands about the run: they change no state, and only a note
 * stands in the journal. They run on the trainer's thread and work on the trainer
 * itself, so they stand on its floor.
 */
#include "base/mem.h"
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
	buf_adds(answer, "each task's gradient is measured at the next step that draws it, and "
		 "how they agree");
	return ST_OK;
}

const struct command_row command_gradients = {
	.name = "gradients", .usage = "gradients",
	.help = "measures gradients at the next steps: norms, cosines",
	.more = "Of each task's mean gradient on the parameters that tasks share, "
		"before its weight, at the first step that draws the task: how long it is, "
		"and how it agrees with the others', in all and in each layer. It feeds no "
		"method and changes no bit; mix.gradients_every in the plan, or measure, is "
		"the schedule.",
	.flags = CMD_RUNS,
	.run = run_gradients,
};

static void now_measure(const struct session *s, int task, char *out)
{
	(void)task;
	str_format(out, COMMAND_NOW, "%lld", (long long)s->gradients.every);
}

static void show_measure(struct snapshot *s, struct channel *ch, const struct command *c)
{
	double every = 0;

	(void)ch;
	if (command_number(c, 0, &every))
		s->gradients_every = (int64_t)every;
}

/* No state: that is why it is a note, and what is trained is the same bits. */
const struct command_row command_measure = {
	.name = "measure", .arg = { ARG_NUMBER }, .usage = "measure STEPS",
	.example = "measure 10",
	.help = "measures gradients every so many steps; 0: when asked",
	.more = "As mix.gradients_every in the plan, from now on: norms of the tasks' "
		"gradients and how they agree (gradients measures once). It feeds no method "
		"and changes no bit of what is trained.",
	.flags = CMD_NOTES, .min = 0, .max = 1e9,
	.letter = 'Y', .show = show_measure, .now = now_measure, .undo = command_undo_value,
};

void trainer_take_every(struct trainer *t, const struct journal_entry *e)
{
	struct command *c;
	double every = 0;

	if (command_of(e->command) != &command_measure || e->refused[0])
		return;
	c = xmalloc(sizeof *c);
	if (!command_parse_entry(e->command, c, NULL) && command_number(c, 0, &every))
		gradients_set_every(t->s, (int64_t)every);
	xfree(c);
}

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
