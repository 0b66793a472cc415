/*
 * command_table.c - every command there is. Parsing, checking, completion,
 * help and the manual are derived from these rows.
 */
#include "run/command.h"

#include "run/plan.h"

const struct command_row command_table[] = {
	{ .name = "weight", .arg = { ARG_TASK, ARG_NUMBER }, .usage = "weight TASK X",
	  .help = "the factor on a task's loss",
	  .more = "Multiplies the task's gradient, so it says how much the task moves "
		  "what is shared. Adam hides the scale from the task's own parameters: "
		  "they learn no faster. It does not change how often the task is drawn: "
		  "that is its share. 0 looks without learning. A fader goes from 1/8 to 8; "
		  "beyond it a value wants a '!': 'weight TASK 20!'.",
	  .flags = CMD_CHANGES, .min = 0, .max = 1e6, .low = 0.125, .high = 8 },
	{ .name = "share", .arg = { ARG_TASK, ARG_SHARE }, .usage = "share TASK X|auto",
	  .help = "the fraction of micro-batches a task gets",
	  .more = "A number from 0 to 1 (or 30%) is fixed by hand; what the hands leave "
		  "over is divided by the sampling method among the channels on auto. "
		  "Shares by hand that add up to more than 1 are scaled down.",
	  .flags = CMD_CHANGES, .min = 0, .max = 1 },
	{ .name = "mute", .arg = { ARG_TASK, ARG_ONOFF }, .usage = "mute TASK on|off",
	  .help = "leaves a task out",
	  .more = "A muted task is not drawn; its own parameters do not move and its "
		  "place in its data stays. Its weight and share are kept.",
	  .flags = CMD_CHANGES },
	{ .name = "solo", .arg = { ARG_TASK, ARG_ONOFF }, .usage = "solo TASK on|off",
	  .help = "only the solo tasks play",
	  .more = "While any task is solo all others are as if muted. Several can be "
		  "solo; mute is stronger.",
	  .flags = CMD_CHANGES },
	{ .name = "lock", .arg = { ARG_TASK, ARG_ONOFF }, .usage = "lock TASK on|off",
	  .help = "no method touches the channel",
	  .more = "The factor stays as it is, and a share on auto becomes the number it "
		  "is now. The hand still can change the channel. Unlocking leaves the "
		  "share by hand: 'share TASK auto' gives it back.",
	  .flags = CMD_CHANGES },
	{ .name = "lr", .arg = { ARG_NUMBER }, .usage = "lr X",
	  .help = "the base learning rate, before the schedule",
	  .more = "The rate of an update is this times the schedule's factor at that "
		  "step; a task's own parameters have the plan's factor beside. Above 0.01, "
		  "where most models fall apart, it wants a '!'.",
	  .flags = CMD_CHANGES, .min = 0, .max = 1, .high = 0.01 },
	{ .name = "clip", .arg = { ARG_NUMBER }, .usage = "clip X",
	  .help = "the greatest norm of the gradient; 0 = off",
	  .more = "The norm is over all parameters, after weights. A longer gradient is "
		  "scaled down to it.",
	  .flags = CMD_CHANGES, .min = 0, .max = 1e6 },
	{ .name = "dropout", .arg = { ARG_NUMBER }, .usage = "dropout X",
	  .help = "the share of activations dropped in training",
	  .more = "For all tasks, from the next step on. Evaluations never drop.",
	  .flags = CMD_CHANGES, .min = 0, .max = 0.9 },
	{ .name = "horizon", .arg = { ARG_NUMBER }, .usage = "horizon N",
	  .help = "the step at which the learning rate's schedule and the run end",
	  .more = "The plan's budget.steps until it is moved. The rate of the next "
		  "updates is that of a schedule which falls to its floor at step N. A "
		  "run that was started or resumed with --steps still stops there.",
	  .flags = CMD_CHANGES, .min = 1, .max = 1e9 },
	{ .name = "sampling", .arg = { ARG_SAMPLING, ARG_PARAM },
	  .usage = "sampling METHOD [K=V]...",
	  .help = "how channels on auto get their shares",
	  .more = "The method divides what shares by hand leave over; its memory "
		  "starts afresh.",
	  .flags = CMD_CHANGES },
	{ .name = "weighting", .arg = { ARG_WEIGHTING, ARG_PARAM },
	  .usage = "weighting METHOD [K=V]...",
	  .help = "the method's factor on each loss beside the hand's weight",
	  .more = "The loss counts weight x factor. Factors and the method's memory "
		  "start afresh, but for locked channels.",
	  .flags = CMD_CHANGES },
	{ .name = "pause", .usage = "pause", .help = "waits before the next step",
	  .more = "Questions and commands are still taken.", .flags = CMD_RUNS },
	{ .name = "continue", .usage = "continue", .help = "goes on after a pause",
	  .more = "", .flags = CMD_RUNS },
	{ .name = "eval", .usage = "eval", .help = "measures every task on its dev rows now",
	  .more = "The same rows as the scheduled evaluations, decoded greedily, so "
		  "that the points compare. It feeds no method and changes no bit.",
	  .flags = CMD_RUNS },
	{ .name = "gradients", .usage = "gradients",
	  .help = "measures gradient norms at the next steps",
	  .more = "Of each task's mean gradient on the parameters that tasks share, "
		  "before its weight, at the first step that draws the task. It feeds no "
		  "method and changes no bit; mix.gradients_every in the plan is the "
		  "schedule.",
	  .flags = CMD_RUNS },
	{ .name = "checkpoint", .arg = { ARG_NAME }, .usage = "checkpoint [NAME]",
	  .help = "saves the state now; one with a name is kept",
	  .more = "Names are letters, digits, '-', '_' and '.'.", .flags = CMD_RUNS },
	{ .name = "note", .arg = { ARG_TEXT }, .usage = "note TEXT",
	  .help = "writes a line into the journal",
	  .more = "Changes nothing.", .flags = CMD_NOTES },
	{ .name = "try", .arg = { ARG_TEXT }, .usage = "try [TASK] TEXT",
	  .help = "what the tasks say of a text",
	  .more = "All tasks, or the one named by the first word. For pairs ' || ' "
		  "stands between the two texts.",
	  .flags = CMD_ASKS },
	{ .name = "beams", .arg = { ARG_TEXT }, .usage = "beams TASK TEXT",
	  .help = "the best summaries the search finds",
	  .more = "With their scores: the log probability, normalised for length. The "
		  "weights are those of this moment. The search gives up after a "
		  "twelfth of a second, so that no step waits for it.",
	  .flags = CMD_ASKS },
	{ .name = "explain", .arg = { ARG_TEXT }, .usage = "explain TASK TEXT",
	  .help = "which tokens of a text made a task's answer",
	  .more = "Gradient x input and occlusion of each token, for a task that "
		  "classifies or predicts a number. For pairs ' || ' stands between the "
		  "two texts.",
	  .flags = CMD_ASKS },
	{ .name = "stop", .usage = "stop", .help = "finishes the step, saves and ends",
	  .more = "The run can be resumed.", .flags = CMD_RUNS },
};
const int command_count = (int)(sizeof command_table / sizeof *command_table);
