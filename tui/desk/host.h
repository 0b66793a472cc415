/*
 * host.h - what an engine process is to others: it listens at the run's socket,
 * answers command lines, and holds the desk on the terminal that was lent to it
 * (UX 7). Training never notices: everything here is on the caller's thread.
 *
 * There is one screen, and it steers. Another that comes takes its place, once it
 * is known to be one that can be drawn on. Who only looks has a process of its own
 * (follow.h), and gets a few lines from here that the store does not have.
 */
#ifndef TUTTI_TUI_HOST_H
#define TUTTI_TUI_HOST_H

#include <poll.h>
#include <stdbool.h>

#include "base/status.h"

struct host;
struct trainer;
struct snapshot;
enum { HOST_CALLERS = 32, HOST_POLLS = 64 };

struct host_options {
	struct trainer *trainer;  /* borrowed */
	const char *history;      /* the prompt's file, or NULL */
	const char *called;       /* how a user names the run; copied */
	bool stops_on_hangup;     /* the run ends when the steering screen is lost */
};
/* Listens in the trainer's run. */
enum status host_open(const struct host_options *o, struct host **out, struct err *err);
/*
 * Gives the screen back with `code` and `why`, tells who looks how it is at the
 * end, and stops listening.
 */
void host_close(struct host *h, const struct snapshot *s, int code, const char *why);

/* As desk_polls, desk_wait and desk_turn. Returns how many there are. */
int host_polls(struct host *h, struct pollfd p[HOST_POLLS]);
int host_wait(struct host *h);
/* s: the newest picture. */
void host_turn(struct host *h, const struct pollfd *p, int n, const struct snapshot *s);

/* Somebody has lent a screen, waits for an answer, or has just come. */
bool host_is_watched(const struct host *h);
/* The person at the steering screen has left a run that has ended. */
bool host_is_dismissed(const struct host *h);
int host_exit_code(const struct host *h); /* what that screen's exit status is */

#endif
