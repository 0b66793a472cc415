/*
 * desk_run.c - one desk on this process's own terminal.
 */
#include <errno.h>
#include <signal.h>

#include "base/mem.h"
#include "desk.h"

static void loop(struct desk *d, int signal_fd)
{
	while (desk_state(d) == DESK_OPEN) {
		struct pollfd p[DESK_POLLS + 1];
		int sig;

		desk_polls(d, p);
		p[DESK_POLLS] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
		if (poll(p, DESK_POLLS + 1, desk_wait(d)) < 0) {
			BUG_IF(errno != EINTR);
			for (int i = 0; i < DESK_POLLS; i++)
				p[i].revents = 0;
		}
		while (signals_take(&sig))
			desk_signal(d, sig);
		desk_turn(d, p);
	}
}

enum status desk_run(const struct desk_options *o, int *exit_code, struct err *err)
{
	struct desk *d = NULL;
	int signal_fd = signals_open();
	enum status st;

	*exit_code = 0;
	bug_set_hook(term_bug_hook);
	mem_set_oom_hook(term_oom_hook);
	term_crash_note("tutti: crashed; there was no checkpoint yet");
	st = desk_open(o, &d, err);
	if (st && o->feed->stop)
		o->feed->stop(o->feed->arg);
	if (!st) {
		loop(d, signal_fd);
		*exit_code = desk_exit_code(d);
		desk_close(d);
	}
	signals_close();
	return st;
}
