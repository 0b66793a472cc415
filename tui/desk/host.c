/*
 * host.c - callers of an engine: who asked for what, and whose screen it is.
 */
#include "host.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "desk.h"
#include "host_own.h"
#include "trainer/control_act.h"

/* Of those who wait for an answer so many at most: there is room for a screen. */
enum { ASKING_MAX = HOST_CALLERS - 8, NOBODY = -1 };
static const double SILENT = 0.5; /* seconds */

enum status host_open(const struct host_options *o, struct host **out, struct err *err)
{
	struct host *h = xcalloc(1, sizeof *h);
	const char *run = trainer_run_path(o->trainer), *slash = strrchr(run, '/');
	enum status st;

	h->trainer = o->trainer;
	h->steers = NOBODY;
	h->stops_on_hangup = o->stops_on_hangup;
	feed_trainer(&h->feed, o->trainer);
	str_copy(h->run, sizeof h->run, run);
	str_copy(h->name, sizeof h->name, slash ? slash + 1 : run);
	str_copy(h->called, sizeof h->called, o->called ? o->called : h->name);
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

static void close_desk(struct host *h)
{
	desk_close(h->desk);
	h->desk = NULL;
	h->steers = NOBODY;
	h->is_suspended = false;
}

static void hang_up(struct host *h, int i)
{
	struct caller *c = h->caller[i];

	if (i == h->steers)
		close_desk(h);
	lent_terminal_release(&c->lent);
	close(c->fd);
	buf_release(&c->line);
	buf_release(&c->untold);
	xfree(c);
	h->caller[i] = NULL;
}

/* The screen goes back first, so that the client finds its terminal as it was. */
static void give_back(struct host *h, int i, int code, const char *why)
{
	char text[400];

	if (i == h->steers)
		close_desk(h);
	str_format(text, sizeof text, "%d %s", code, why);
	control_write(h->caller[i]->fd, CONTROL_LEFT, text, strlen(text), NULL, 0, NULL);
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

/* Whoever just came may not have said yet what for. */
static bool may_go(const struct host *h, int i)
{
	const struct caller *c = h->caller[i];

	return i != h->steers && !c->is_waiting && clock_now() - c->heard >= SILENT;
}

/* Who is silent for longest goes before who is told things. */
static bool goes_before(const struct caller *a, const struct caller *b)
{
	bool is_told = host_is_told(a);

	return is_told != host_is_told(b) ? !is_told : a->heard < b->heard;
}

/* A free place, or one that somebody leaves who has nothing under way; or -1. */
static int find_place(struct host *h)
{
	int best = NOBODY;

	for (int i = 0; i < HOST_CALLERS; i++) {
		if (!h->caller[i])
			return i;
		if (may_go(h, i) &&
		    (best < 0 || goes_before(h->caller[i], h->caller[best])))
			best = i;
	}
	if (best >= 0)
		hang_up(h, best);
	return best;
}

/* Who finds no place waits in the socket's queue until there is one. */
static void accept_caller(struct host *h)
{
	int i = find_place(h), fd = i < 0 ? -1 : control_accept(h->listen_fd);

	if (fd < 0) {
		h->listen_after = clock_now() + SILENT / 5;
		return;
	}
	h->caller[i] = xcalloc(1, sizeof **h->caller);
	h->caller[i]->fd = fd;
	h->caller[i]->heard = clock_now();
	lent_terminal_init(&h->caller[i]->lent);
	buf_init(&h->caller[i]->line);
	buf_init(&h->caller[i]->untold);
}

/* --- commands --- */

static int count_asking(const struct host *h)
{
	int n = 0;

	for (int i = 0; i < HOST_CALLERS; i++)
		n += h->caller[i] && h->caller[i]->is_waiting;
	return n;
}

/* What has come is whole. */
static enum status post(struct host *h, struct caller *c, bool is_act, struct err *err)
{
	struct asker by = {.who = WHO_PERSON};
	const char *line = buf_str(&c->line);
	enum status st = ST_OK;

	if (count_asking(h) >= ASKING_MAX)
		return err_set(err, ST_BUSY, "%d wait for an answer of this run already",
			       ASKING_MAX);
	if (is_act)
		st = control_act_read(line, &by, &line, err);
	return st ? st : trainer_post_as(h->trainer, line, &by, &c->ticket, err);
}

static void take_command(struct host *h, struct caller *c)
{
	const struct control_message *m = &h->in;
	struct err err = {""};

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
	c->is_waiting = !post(h, c, m->type == CONTROL_ACT, &err);
	buf_clear(&c->line);
	if (!c->is_waiting)
		answer(c, ST_FAILED, err.text);
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

/* --- the screen --- */

static enum status open_desk(struct host *h, int i, struct err *err)
{
	struct desk_options o = {.feed = &h->feed, .is_lent = true,
				 .history_path = h->history[0] ? h->history : NULL,
				 .terminal = lent_terminal_options(&h->caller[i]->lent)};
	enum status st = desk_open(&o, &h->desk, err);

	h->steers = st ? NOBODY : i;
	return st;
}

/*
 * The screen that steers so far makes room once the new one is known to be usable;
 * if that one cannot be opened after all, it is as it was.
 */
static enum status take_over(struct host *h, int i, struct err *err)
{
	int old = h->steers;
	char why[800];
	enum status st = lent_terminal_check(&h->caller[i]->lent, old >= 0, err);

	if (st)
		return st;
	if (old >= 0)
		close_desk(h);
	st = open_desk(h, i, err);
	if (old < 0)
		return st;
	str_format(why, sizeof why, "another terminal has taken this screen over: "
		   "'tutti attach %s' takes it back", h->called);
	if (!st)
		give_back(h, old, 0, why);
	else if (open_desk(h, old, NULL))
		hang_up(h, old);
	return st;
}

static void take_screen(struct host *h, int i)
{
	struct caller *c = h->caller[i];
	struct err err = {""};
	enum status st = lent_terminal_take(&c->lent, &h->in, &err);

	if (!st)
		st = take_over(h, i, &err);
	if (st) {
		answer(c, st, err.text);
		if (i != h->steers)
			hang_up(h, i);
	}
}

static void take_signal(struct host *h, int i, const char *text)
{
	int64_t sig;

	if (i == h->steers && parse_i64(text, &sig) && sig > 0 && sig < 65)
		desk_signal(h->desk, (int)sig);
}

/* --- turns --- */

/* A terminal or its client is gone. */
static void lose(struct host *h, int i)
{
	if (h->stops_on_hangup && i == h->steers)
		trainer_stop(h->trainer);
	hang_up(h, i);
}

static void take_packet(struct host *h, int i)
{
	struct caller *c = h->caller[i];

	c->heard = clock_now();
	if (h->in.type == CONTROL_SCREEN) {
		take_screen(h, i);
		return;
	}
	control_drop(&h->in);
	if (h->in.type == CONTROL_COMMAND || h->in.type == CONTROL_ACT)
		take_command(h, c);
	else if (h->in.type == CONTROL_SIGNAL)
		take_signal(h, i, h->in.text);
	else if (h->in.type == CONTROL_WATCH || h->in.type == CONTROL_PICTURES)
		host_take_watcher(h, c, h->in.type == CONTROL_PICTURES);
}

static void read_caller(struct host *h, int i)
{
	while (h->caller[i]) {
		struct err err = {""};
		enum status st = control_read(h->caller[i]->fd, &h->in, &err);

		if (st == ST_BUSY)
			return;
		if (st == ST_INVALID)
			control_refuse(h->caller[i]->fd, h->in.version, err.text);
		if (st)
			lose(h, i);
		else
			take_packet(h, i);
	}
}

static void look_at_desk(struct host *h)
{
	struct caller *c = h->caller[h->steers];
	char why[800];

	switch (desk_state(h->desk)) {
	case DESK_OPEN:
		h->is_suspended = false;
		break;
	case DESK_SUSPENDED:
		if (!h->is_suspended)
			control_write(c->fd, CONTROL_SUSPENDED, "", 0, NULL, 0, NULL);
		h->is_suspended = true;
		break;
	case DESK_DETACHED:
		str_format(why, sizeof why,
			   "detached: %s goes on; 'tutti attach %s' comes back",
			   h->name, h->called);
		give_back(h, h->steers, desk_exit_code(h->desk), why);
		break;
	case DESK_QUIT:
		h->is_dismissed = true; /* host_close says the last word */
		h->exit_code = desk_exit_code(h->desk);
		break;
	case DESK_LOST:
		lose(h, h->steers);
		break;
	}
}

enum { P_LISTEN, P_TRAINER, P_DESK, P_CALLERS = P_DESK + DESK_POLLS };

int host_polls(struct host *h, struct pollfd p[HOST_POLLS])
{
	_Static_assert(P_CALLERS + HOST_CALLERS <= HOST_POLLS, "room to poll for all");
	bool listens = clock_now() >= h->listen_after;

	p[P_LISTEN] = (struct pollfd){.fd = listens ? h->listen_fd : -1,
				      .events = POLLIN};
	p[P_TRAINER] = (struct pollfd){.fd = trainer_fd(h->trainer), .events = POLLIN};
	for (int k = 0; k < DESK_POLLS; k++)
		p[P_DESK + k] = (struct pollfd){.fd = -1};
	if (h->desk)
		desk_polls(h->desk, p + P_DESK);
	for (int i = 0; i < HOST_CALLERS; i++)
		p[P_CALLERS + i] = (struct pollfd){
			.fd = h->caller[i] ? h->caller[i]->fd : -1,
			.events = h->caller[i] && h->caller[i]->untold.len ? POLLIN | POLLOUT :
									     POLLIN};
	return P_CALLERS + HOST_CALLERS;
}

static int until(double when, int wait)
{
	double left = (when - clock_now()) * 1000 + 1;

	return left >= wait ? wait : left < 0 ? 0 : (int)left;
}

int host_wait(struct host *h)
{
	int wait = h->desk ? desk_wait(h->desk) : 1000;

	if (wait > 1000)
		wait = 1000;
	if (h->listen_after > clock_now())
		wait = until(h->listen_after, wait);
	return h->has_news ? until(h->news_at, wait) : wait;
}

void host_turn(struct host *h, const struct pollfd *p, int n, const struct snapshot *s)
{
	if (n < P_CALLERS + HOST_CALLERS)
		return;
	if (h->desk) {
		desk_turn(h->desk, p + P_DESK);
		look_at_desk(h);
	}
	for (int i = 0; i < HOST_CALLERS; i++) {
		const struct pollfd *own = &p[P_CALLERS + i];

		if (h->caller[i] && own->fd == h->caller[i]->fd && own->revents)
			read_caller(h, i);
		if (h->caller[i] && h->caller[i]->is_waiting)
			look_for_answer(h, h->caller[i]);
	}
	if (p[P_LISTEN].revents & POLLIN)
		accept_caller(h);
	host_tell_news(h, s);
}

bool host_is_watched(const struct host *h)
{
	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i] && !may_go(h, i) && !host_is_told(h->caller[i]))
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

void host_close(struct host *h, const struct snapshot *s, int code, const char *why)
{
	if (!h)
		return;
	control_unlisten(h->run, h->listen_fd); /* first: whoever is let go finds none */
	host_tell_end(h, s);
	for (int i = 0; i < HOST_CALLERS; i++) {
		if (h->caller[i] && h->caller[i]->is_waiting)
			look_for_answer(h, h->caller[i]);
		if (h->caller[i] && i == h->steers)
			give_back(h, i, code, why);
		else if (h->caller[i])
			hang_up(h, i);
	}
	xfree(h);
}
