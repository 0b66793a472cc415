/*
 * host.h - what an engine process is to others: it listens at the run's socket,
 * answers command lines, and holds the desks on terminals that were lent to it
 * (UX 7). Training never notices: everything here is on the caller's thread.
 *
 * One lent screen steers; another that comes takes its place. Any number looks.
 */
#ifndef TUTTI_TUI_HOST_H
#define TUTTI_TUI_HOST_H

#include <poll.h>
#include <stdbool.h>

#include "base/status.h"

struct host;
struct trainer;
enum { HOST_CALLERS = 16, HOST_POLLS = 128 };

struct host_options {
	struct trainer *trainer;  /* borrowed */
	const char *history;      /* the prompt's file, or NULL */
	bool stops_on_hangup;     /* the run ends when the steering screen is lost */
};
/* Listens in the trainer's run. */
enum status host_open(const struct host_options *o, struct host **out, struct err *err);
/* Gives every screen back with `code` and `why`, and stops listening. */
void host_close(struct host *h, int code, const char *why); /* NULL is fine */

/* As desk_polls, desk_wait and desk_turn. Returns how many there are. */
int host_polls(struct host *h, struct pollfd p[HOST_POLLS]);
int host_wait(struct host *h);
void host_turn(struct host *h, const struct pollfd *p, int n);

/* Somebody is there who looks, or waits for an answer. */
bool host_is_watched(const struct host *h);
/* The person at the steering screen has left a run that has ended. */
bool host_is_dismissed(const struct host *h);
int host_exit_code(const struct host *h); /* what that screen's exit status is */

#endif
