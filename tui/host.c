/*
 * host.c - callers of an engine: who asked for what, and whose screen is whose.
 */
#include "host.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "desk.h"
#include "run/control.h"
#include "run/trainer.h"

/* One connection: it asks with lines, or it has lent a screen. */
struct caller {
	int fd;
	struct buf line;      /* of a command that comes in pieces */
	bool is_waiting;      /* for the answer of a command */
	uint64_t ticket;
	struct desk *desk;    /* or NULL */
	int screen[CONTROL_FDS];
	bool is_viewer, is_suspended;
	char term[64];
};

struct host {
	struct trainer *trainer;
	struct feed feed;
	char run[4096], name[128], history[4096];
	int listen_fd;
	struct caller *caller[HOST_CALLERS]; /* NULL: free */
	struct control_message in;
	bool stops_on_hangup, is_dismissed;
	int exit_code;
};

enum status host_open(const struct host_options *o, struct host **out, struct err *err)
{
	struct host *h = xcalloc(1, sizeof *h);
	const char *run = trainer_run_path(o->trainer), *slash = strrchr(run, '/');
	enum status st;

	h->trainer = o->trainer;
	h->stops_on_hangup = o->stops_on_hangup;
	feed_trainer(&h->feed, o->trainer);
	str_copy(h->run, sizeof h->run, run);
	str_copy(h->name, sizeof h->name, slash ? slash + 1 : run);
	if (o->history)
		str_copy(h->history, sizeof h->history, o->history);
	setlocale(LC_CTYPE, "C.UTF-8"); /* lent terminals' own codesets are levels */
	st = control_listen(run, &h->listen_fd, err);
	if (st) {
		xfree(h);
		return st;
	}
	*out = h;
	return ST_OK;
}

/* --- callers --- */

static void hang_up(struct host *h, int i)
{
	struct caller *c = h->caller[i];

	desk_close(c->desk);
	for (int k = 0; k < CONTROL_FDS; k++)
		if (c->screen[k] >= 0)
			close(c->screen[k]);
	close(c->fd);
	buf_release(&c->line);
	xfree(c);
	h->caller[i] = NULL;
}

/* The screen goes back first, so that the client finds its terminal as it was. */
static void give_back(struct host *h, int i, int code, const char *why)
{
	struct caller *c = h->caller[i];
	char text[400];

	desk_close(c->desk);
	c->desk = NULL;
	str_format(text, sizeof text, "%d %s", code, why);
	control_write(c->fd, CONTROL_LEFT, text, strlen(text), NULL, 0, NULL);
	hang_up(h, i);
}

/* One who does not read what was asked for is hung up on, at the next turn. */
static void answer(struct caller *c, enum status st, const char *text)
{
	c->is_waiting = false;
	if (control_write(c->fd, st ? CONTROL_REFUSED : CONTROL_OK, text, strlen(text),
			  NULL, 0, NULL) != ST_OK)
		shutdown(c->fd, SHUT_RDWR);
}

static void accept_caller(struct host *h)
{
	int fd = control_accept(h->listen_fd);
	int i = 0;

	while (i < HOST_CALLERS && h->caller[i])
		i++;
	if (fd < 0)
		return;
	if (i == HOST_CALLERS) {
		static const char text[] = "too many are connected to this run";

		control_write(fd, CONTROL_REFUSED, text, sizeof text - 1, NULL, 0, NULL);
		close(fd);
		return;
	}
	h->caller[i] = xcalloc(1, sizeof **h->caller);
	h->caller[i]->fd = fd;
	h->caller[i]->screen[0] = h->caller[i]->screen[1] = -1;
	buf_init(&h->caller[i]->line);
}

/* --- commands --- */

static void take_command(struct host *h, struct caller *c)
{
	const struct control_message *m = &h->in;
	struct err err = {""};
	enum status st;

	if (c->is_waiting) {
		answer(c, ST_BUSY, "one command at a time");
		return;
	}
	if (c->line.len + m->n > 2 * CONTROL_TEXT) {
		buf_clear(&c->line);
		answer(c, ST_INVALID, "the command is too long");
		return;
	}
	buf_adds(&c->line, m->text);
	if (m->more)
		return;
	st = trainer_post(h->trainer, buf_str(&c->line), WHO_PERSON, &c->ticket, &err);
	buf_clear(&c->line);
	if (st)
		answer(c, st, err.text);
	else
		c->is_waiting = true;
}

static void look_for_answer(struct host *h, struct caller *c)
{
	struct err err = {""};
	struct buf text;
	enum status st;

	buf_init(&text);
	st = trainer_answer(h->trainer, c->ticket, &text, &err);
	if (st != ST_BUSY)
		answer(c, st, st ? err.text : buf_str(&text));
	buf_release(&text);
}

/* --- screens --- */

/* "KEY=VALUE\n..." about the terminal. */
static void read_wishes(char *text, struct caller *c, struct terminal_options *to)
{
	char *line = text, *next, *value;

	for (; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		if (str_eq(line, "term"))
			str_copy(c->term, sizeof c->term, value);
		else if (str_eq(line, "utf8"))
			to->utf8 = str_eq(value, "1");
		else if (str_eq(line, "no_color"))
			to->no_color = str_eq(value, "1");
		else if (str_eq(line, "theme"))
			theme_parse(value, &to->theme);
		else if (str_eq(line, "mouse"))
			to->mouse = str_eq(value, "1");
		else if (str_eq(line, "ascii"))
			to->ascii = str_eq(value, "1");
		else if (str_eq(line, "view"))
			c->is_viewer = str_eq(value, "1");
		else if (str_eq(line, "color"))
			to->color = str_eq(value, "always") ? COLOR_ALWAYS :
				    str_eq(value, "never")  ? COLOR_NEVER :
							      COLOR_AUTO;
	}
}

/* The screen that steers so far, if any, makes room. */
static void take_over(struct host *h)
{
	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i] && h->caller[i]->desk && !h->caller[i]->is_viewer)
			give_back(h, i, 0, "another terminal has taken this screen over");
}

static void take_screen(struct host *h, int i)
{
	struct caller *c = h->caller[i];
	struct desk_options o = {.feed = &h->feed, .is_lent = true,
				 .history_path = h->history[0] ? h->history : NULL};
	struct err err = {""};

	if (c->desk || h->in.fd[0] < 0 || h->in.fd[1] < 0) {
		answer(c, ST_INVALID, "a screen is two descriptors, once");
		for (int k = 0; k < CONTROL_FDS; k++)
			if (h->in.fd[k] >= 0)
				close(h->in.fd[k]);
		return;
	}
	memcpy(c->screen, h->in.fd, sizeof c->screen);
	read_wishes(h->in.text, c, &o.terminal);
	if (!c->is_viewer)
		take_over(h);
	o.terminal.in_fd = c->screen[0];
	o.terminal.out_fd = c->screen[1];
	o.terminal.term = c->term;
	o.terminal.is_lent = true;
	o.is_viewer = c->is_viewer;
	if (desk_open(&o, &c->desk, &err) != ST_OK) {
		answer(c, ST_INVALID, err.text);
		hang_up(h, i);
	}
}

static void take_signal(struct caller *c, const char *text)
{
	int64_t sig;

	if (c->desk && parse_i64(text, &sig) && sig > 0 && sig < 65)
		desk_signal(c->desk, (int)sig);
}

/* --- turns --- */

/* A terminal or its client is gone. */
static void lose(struct host *h, int i)
{
	if (h->stops_on_hangup && h->caller[i]->desk && !h->caller[i]->is_viewer)
		trainer_stop(h->trainer);
	hang_up(h, i);
}

static void read_caller(struct host *h, int i)
{
	while (h->caller[i]) {
		struct caller *c = h->caller[i];
		enum status st = control_read(c->fd, &h->in, NULL);

		if (st == ST_BUSY)
			return;
		if (st) {
			lose(h, i);
			return;
		}
		if (h->in.type == CONTROL_SCREEN) {
			take_screen(h, i);
			continue;
		}
		for (int k = 0; k < CONTROL_FDS; k++)
			if (h->in.fd[k] >= 0)
				close(h->in.fd[k]);
		if (h->in.type == CONTROL_COMMAND)
			take_command(h, c);
		else if (h->in.type == CONTROL_SIGNAL)
			take_signal(c, h->in.text);
	}
}

static void look_at_desk(struct host *h, int i)
{
	struct caller *c = h->caller[i];
	char why[300];

	switch (desk_state(c->desk)) {
	case DESK_OPEN:
		c->is_suspended = false;
		break;
	case DESK_SUSPENDED:
		if (!c->is_suspended)
			control_write(c->fd, CONTROL_SUSPENDED, "", 0, NULL, 0, NULL);
		c->is_suspended = true;
		break;
	case DESK_DETACHED:
		str_format(why, sizeof why, c->is_viewer ? "left %s" :
			   "detached: %s goes on; 'tutti attach %s' comes back",
			   h->name, h->name);
		give_back(h, i, desk_exit_code(c->desk), why);
		break;
	case DESK_QUIT:
		h->is_dismissed = true; /* host_close says the last word */
		h->exit_code = desk_exit_code(c->desk);
		break;
	case DESK_LOST:
		lose(h, i);
		break;
	}
}

int host_polls(struct host *h, struct pollfd p[HOST_POLLS])
{
	int n = 0;

	p[n++] = (struct pollfd){.fd = h->listen_fd, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = trainer_fd(h->trainer), .events = POLLIN};
	for (int i = 0; i < HOST_CALLERS; i++) {
		struct caller *c = h->caller[i];

		p[n++] = (struct pollfd){.fd = c ? c->fd : -1, .events = POLLIN};
		for (int k = 0; k < DESK_POLLS; k++)
			p[n + k].fd = -1;
		if (c && c->desk)
			desk_polls(c->desk, p + n);
		n += DESK_POLLS;
	}
	return n;
}

int host_wait(struct host *h)
{
	int wait = 1000;

	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i] && h->caller[i]->desk) {
			int w = desk_wait(h->caller[i]->desk);

			wait = w < wait ? w : wait;
		}
	return wait;
}

void host_turn(struct host *h, const struct pollfd *p, int n)
{
	const struct pollfd *own = p + 2;

	if (n < 2)
		return;
	for (int i = 0; i < HOST_CALLERS; i++, own += 1 + DESK_POLLS) {
		struct caller *c = h->caller[i];

		if (!c)
			continue;
		if (c->desk) {
			desk_turn(c->desk, own + 1);
			look_at_desk(h, i);
		}
		if (h->caller[i] == c && own->revents)
			read_caller(h, i);
		if (h->caller[i] && h->caller[i]->is_waiting)
			look_for_answer(h, h->caller[i]);
	}
	if (p[0].revents & POLLIN)
		accept_caller(h);
}

bool host_is_watched(const struct host *h)
{
	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i])
			return true;
	return false;
}

bool host_is_dismissed(const struct host *h)
{
	return h->is_dismissed;
}

int host_exit_code(const struct host *h)
{
	return h->exit_code;
}

void host_close(struct host *h, int code, const char *why)
{
	if (!h)
		return;
	control_unlisten(h->run, h->listen_fd); /* first: whoever is let go finds none */
	for (int i = 0; i < HOST_CALLERS; i++) {
		if (h->caller[i] && h->caller[i]->is_waiting)
			look_for_answer(h, h->caller[i]);
		if (h->caller[i] && h->caller[i]->desk)
			give_back(h, i, code, why);
		else if (h->caller[i])
			hang_up(h, i);
	}
	xfree(h);
}
