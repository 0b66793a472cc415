/*
 * client.h - the command that a person typed: it lends this process's terminal to
 * a run's engine, passes its signals on, and mends the terminal when the engine
 * dies (UX 7).
 */
#ifndef TUTTI_TUI_CLIENT_H
#define TUTTI_TUI_CLIENT_H

#include <stdbool.h>

#include "screen/terminal.h"

struct client_options {
	const char *run;          /* the run's folder */
	enum color_mode color;
	enum theme theme;
	bool ascii, mouse;
	bool is_owner;            /* SIGTERM stops the run, too; else it detaches */
};

/*
 * Until the screen is given back: the exit status, and a word about it on stderr.
 * What cannot begin is told by `err`: ST_NOT_FOUND when no engine listens.
 */
enum status client_show(const struct client_options *o, int *exit_code, struct err *err);

/* One command line to a run's engine; waits for the answer. */
enum status client_send(const char *run, const char *line, struct buf *answer,
			struct err *err);

#endif
