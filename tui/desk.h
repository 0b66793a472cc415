/*
 * desk.h - the ncurses desk over a run.
 */
#ifndef TUTTI_TUI_DESK_H
#define TUTTI_TUI_DESK_H

#include "base/status.h"
#include "feed.h"
#include "terminal.h"

struct desk_options {
	int in_fd, out_fd;
	const char *term;         /* NULL: $TERM */
	enum color_mode color;
	bool ascii, mouse;
	enum theme theme;
	struct trainer *trainer;  /* borrowed; NULL: look at `run` */
	const char *run;          /* folder of a run that has ended */
	const char *history_path; /* of the prompt, or NULL */
	const struct feed *feed;  /* in place of trainer and run, for tests */
};

/*
 * Shows the desk until the person leaves it, or the terminal is lost, or a
 * signal ends it. A live run is then asked to stop with a checkpoint;
 * the caller joins the trainer. *exit_code: 0, or 128 + the signal (130 after
 * two Ctrl-C). ST_INVALID: no terminal that can show a screen (the run is asked
 * to stop then, too).
 */
enum status desk_run(const struct desk_options *o, int *exit_code, struct err *err);

#endif
