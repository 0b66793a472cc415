/*
 * desk.h - the ncurses desk over a run: one screen on one terminal.
 *
 * A desk never waits: whoever owns it polls for it and gives it turns. A process has
 * at most one: an engine on the terminal that was lent to it (host.h), desk_run() on
 * this process's own.
 */
#ifndef TUTTI_TUI_DESK_H
#define TUTTI_TUI_DESK_H

#include <poll.h>

#include "base/status.h"
#include "feed/feed.h"
#include "screen/terminal.h"

struct desk_options {
	struct terminal_options terminal;
	const struct feed *feed;  /* copied; what it points to is borrowed */
	bool is_lent;             /* the terminal is another process's: it may be given
				     back without an end of the run */
	const char *history_path; /* of the prompt, or NULL */
};

enum desk_state {
	DESK_OPEN,
	DESK_SUSPENDED,  /* the terminal was given back until SIGCONT */
	DESK_QUIT,       /* the person left, and the run has ended if it was asked to */
	DESK_DETACHED,   /* the screen goes, the run goes on */
	DESK_LOST,       /* the terminal is gone */
};

struct desk;
enum { DESK_POLLS = 4 };

/*
 * Takes the terminal. Curses and the prompt are one each in a process, so no other
 * desk may be open. ST_INVALID: no terminal that can show a screen.
 */
enum status desk_open(const struct desk_options *o, struct desk **out, struct err *err);
void desk_close(struct desk *d); /* gives the terminal back; NULL is fine */

/* What to poll for (fd -1: nothing), and how long at most, in milliseconds. */
void desk_polls(struct desk *d, struct pollfd p[DESK_POLLS]);
int desk_wait(struct desk *d);
/* After the poll: takes what came, draws when it is time. */
void desk_turn(struct desk *d, const struct pollfd p[DESK_POLLS]);
/* A signal that its terminal's process got: SIGWINCH, SIGTSTP, SIGCONT, SIGTERM... */
void desk_signal(struct desk *d, int sig);
enum desk_state desk_state(const struct desk *d);
int desk_exit_code(const struct desk *d); /* 0, or 128 + the signal */

/*
 * Shows a desk on this process's terminal until the person leaves it, or the
 * terminal is lost, or a signal ends it (a live run is then asked to stop).
 * *exit_code: 0, or 128 + the signal (130 after two Ctrl-C).
 */
enum status desk_run(const struct desk_options *o, int *exit_code, struct err *err);

#endif
