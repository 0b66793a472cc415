/*
 * client.c - a terminal that is lent.
 */
#include "client.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "screen/restore.h"
#include "trainer/control.h"
#include "trainer/control_act.h"

struct client {
	const struct client_options *o;
	struct client_result *out;
	int fd, signal_fd;
	bool has_ended;
	struct termios saved;
	struct control_message in;
};

static enum status lend(struct client *c, struct err *err)
{
	static const int fds[CONTROL_FDS] = {0, 1};
	static const char *const when[] = {[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always",
					   [COLOR_NEVER] = "never"};
	const char *no = getenv("NO_COLOR");
	char text[512];

	str_format(text, sizeof text,
		   "term=%s\nutf8=%d\nno_color=%d\ncolor=%s\nascii=%d\ntheme=%s\n"
		   "mouse=%d\n",
		   getenv("TERM"), str_eq(nl_langinfo(CODESET), "UTF-8"), no && *no,
		   when[c->o->color], c->o->ascii, theme_name(c->o->theme), c->o->mouse);
	return control_write(c->fd, CONTROL_SCREEN, text, strlen(text), fds, CONTROL_FDS,
			     err);
}

static void pass_on(struct client *c, int sig)
{
	char text[16];

	str_format(text, sizeof text, "%d", sig);
	if (control_write(c->fd, CONTROL_SIGNAL, text, strlen(text), NULL, 0, NULL))
		c->has_ended = true;
}

/* The engine has left the screen: here the process stands still until continued. */
static void stand_still(struct client *c)
{
	struct sigaction old, plain = {.sa_handler = SIG_DFL};

	tcsetattr(0, TCSANOW, &c->saved);
	sigaction(SIGTSTP, &plain, &old);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &old, NULL);
	pass_on(c, SIGCONT);
}

/* "EXIT-STATUS why" */
static void take_leave(struct client *c)
{
	char *why = c->in.text;

	c->out->end = CLIENT_GIVEN_BACK;
	c->out->status = (int)strtol(c->in.text, &why, 10) & 0xff;
	c->has_ended = true;
	tcsetattr(0, TCSANOW, &c->saved);
	if (*why == ' ')
		buf_adds(&c->out->word, why + 1);
}

static void lose_engine(struct client *c)
{
	restore_now();
	c->out->end = CLIENT_LOST;
	c->has_ended = true;
}

static enum status read_engine(struct client *c, struct err *err)
{
	enum status st = control_read(c->fd, &c->in, err);

	if (st) {
		lose_engine(c);
		return ST_OK;
	}
	switch (c->in.type) {
	case CONTROL_LEFT: take_leave(c); break;
	case CONTROL_SUSPENDED: stand_still(c); break;
	case CONTROL_REFUSED:
		tcsetattr(0, TCSANOW, &c->saved);
		return err_set(err, ST_INVALID, "%s", c->in.text);
	default: break;
	}
	return ST_OK;
}

static void read_signals(struct client *c)
{
	int sig;

	while (signals_take(&sig)) {
		if (sig == SIGHUP || (sig == SIGTERM && !c->o->is_owner)) {
			c->out->end = CLIENT_SIGNAL; /* closing is detaching */
			c->out->status = sig;
			c->has_ended = true;
			return;
		}
		if (sig != SIGCONT) /* that one is passed on when the stop is over */
			pass_on(c, sig);
	}
}

static enum status loop(struct client *c, struct err *err)
{
	enum status st = ST_OK;

	while (!c->has_ended && !st) {
		struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN},
				      {.fd = c->signal_fd, .events = POLLIN}};

		if (poll(p, 2, -1) < 0) {
			BUG_IF(errno != EINTR);
			continue;
		}
		read_signals(c);
		if (!c->has_ended && p[0].revents)
			st = read_engine(c, err);
	}
	return st;
}

enum status client_show(const struct client_options *o, struct client_result *out,
			struct err *err)
{
	struct client *c;
	struct buf back;
	enum status st;

	buf_init(&back);
	st = term_check(getenv("TERM"), 0, 1, &back, err);
	if (st) {
		buf_release(&back);
		return st;
	}
	c = xcalloc(1, sizeof *c);
	c->o = o;
	c->out = out;
	c->fd = -1;
	tcgetattr(0, &c->saved);
	st = control_connect(o->run, &c->fd, err);
	if (!st) {
		c->signal_fd = signals_open();
		restore_arm(1, 0, buf_str(&back), back.len, &c->saved);
		st = lend(c, err);
		if (!st)
			st = loop(c, err);
		restore_disarm();
		signals_close();
	}
	if (c->fd >= 0)
		close(c->fd);
	buf_release(&back);
	xfree(c);
	return st;
}

/* --- one line --- */

static enum status read_answer(int fd, struct buf *answer, struct err *err)
{
	struct control_message *m = xmalloc(sizeof *m);
	enum status st;

	do {
		st = control_read(fd, m, err);
		if (!st && answer->len + m->n > CONTROL_ANSWER_MAX)
			st = err_set(err, ST_FULL, "the answer is too long");
		if (!st)
			buf_add(answer, m->text, m->n);
	} while (!st && m->more);
	if (!st && m->type != CONTROL_OK) {
		st = err_set(err, ST_INVALID, "%s", buf_str(answer));
		buf_clear(answer);
	}
	xfree(m);
	return st == ST_END ? err_set(err, ST_IO, "the engine ended before it answered") :
			      st;
}

enum status client_send(const char *run, const char *actor, const char *reason,
			const char *line, struct buf *answer, struct err *err)
{
	bool is_act = actor || reason;
	int fd = -1;
	enum status st = control_connect(run, &fd, err);
	struct buf act;

	if (st)
		return st;
	buf_init(&act);
	if (is_act)
		control_act_write(actor, reason, line, &act);
	else
		buf_adds(&act, line);
	st = control_write(fd, is_act ? CONTROL_ACT : CONTROL_COMMAND, buf_str(&act), act.len,
			   NULL, 0, err);
	if (!st)
		st = read_answer(fd, answer, err);
	buf_release(&act);
	close(fd);
	return st;
}
