/*
 * command_list.h - the commands there are: the one place that lists them, in the
 * order of help, completion and the manual.
 *
 * Each is a row, `const struct command_row command_NAME` (command.h), in a file of
 * its family: command_mix.c turns knobs of the mix, command_run.c is about the run,
 * command_ask.c asks.
 */
#ifndef TUTTI_RUN_COMMAND_LIST_H
#define TUTTI_RUN_COMMAND_LIST_H

#define COMMAND_LIST(X) \
	X(weight)       \
	X(share)        \
	X(mute)         \
	X(solo)         \
	X(lock)         \
	X(lr)           \
	X(clip)         \
	X(dropout)      \
	X(horizon)      \
	X(sampling)     \
	X(weighting)    \
	X(pause)        \
	X(continue)     \
	X(eval)         \
	X(gradients)    \
	X(checkpoint)   \
	X(note)         \
	X(try)          \
	X(beams)        \
	X(explain)      \
	X(stop)

#endif
