/*
 * client.h - the command that a person typed: it lends this process's terminal to
 * a run's engine, passes its signals on, and mends the terminal when the engine
 * dies (UX 7).
 */
#ifndef TUTTI_TUI_CLIENT_H
#define TUTTI_TUI_CLIENT_H

#include <stdbool.h>

#include "base/str.h"
#include "screen/terminal.h"

struct client_options {
	const char *run;          /* the run's folder */
	enum color_mode color;
	enum theme theme;
	bool ascii, mouse;
	bool is_owner;            /* SIGTERM stops the run, too; else it detaches */
};

/* How a screen that was lent came back. */
enum client_end { CLIENT_GIVEN_BACK, CLIENT_SIGNAL, CLIENT_LOST };
struct client_result {
	enum client_end end;
	int status;               /* given back: the exit status; signal: which one */
	struct buf word;          /* given back: a word about it, or nothing */
};

/*
 * Until the screen is given back, a signal ends it or the engine has gone: `out`, whose
 * word the caller has made and releases. What cannot begin is told by `err`:
 * ST_NOT_FOUND when no engine listens.
 */
enum status client_show(const struct client_options *o, struct client_result *out,
			struct err *err);

/*
 * One command line to a run's engine; waits for the answer. actor, reason: who asks and
 * why, or NULL (control_act.h).
 */
enum status client_send(const char *run, const char *actor, const char *reason,
			const char *line, struct buf *answer, struct err *err);

#endif
