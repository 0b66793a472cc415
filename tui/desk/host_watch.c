/*
 * host_watch.c - callers who only look: a few lines of STATUS for a screen beside, whole
 * pictures for programs.
 *
 * Nobody is waited for. A status that a socket does not take is dropped; it was old
 * anyway. A picture may take several packets, so what is left of it stays here and
 * goes on when there is room, and those that come meanwhile are left out: who reads
 * slowly gets fewer pictures, each whole.
 */
#include "host_own.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "feed/status_packet.h"
#include "look/snapshot_json.h"

enum { WATCHER_ROOM = 16384, PICTURE_ROOM = 49152, END_MS = 1000 };
static const double PULSE = 0.25, PICTURE_PULSE = 0.1; /* seconds */

void host_take_watcher(struct host *h, struct caller *c, bool pictures)
{
	int room = pictures ? PICTURE_ROOM : WATCHER_ROOM;

	setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	if (pictures) {
		c->is_following = true;
	} else {
		c->is_watching = true;
		h->told = 0;
	}
}

static bool is_anybody_watching(const struct host *h)
{
	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i] && h->caller[i]->is_watching)
			return true;
	return false;
}

/* --- status --- */

static void tell(struct host *h, const struct snapshot *s)
{
	struct buf text;

	buf_init(&text);
	status_packet_write(s, &text);
	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i] && h->caller[i]->is_watching)
			control_write(h->caller[i]->fd, CONTROL_STATUS, buf_str(&text),
				      text.len, NULL, 0, NULL);
	buf_release(&text);
	h->told = s->serial;
}

/* --- pictures --- */

/* As much of it as there is room for. */
static void go_on(struct caller *c)
{
	while (c->untold.len) {
		size_t left = c->untold.len - c->untold_at;
		size_t n = left < CONTROL_TEXT ? left : CONTROL_TEXT;

		if (control_write_part(c->fd, CONTROL_PICTURE, c->untold.s + c->untold_at, n,
				       n < left))
			return; /* no room, or it has gone, which is heard elsewhere */
		c->untold_at += n;
		if (n == left)
			buf_clear(&c->untold);
	}
}

/* It has room for a picture that it has not seen. */
static bool wants_picture(const struct caller *c, const struct snapshot *s)
{
	return c && c->is_following && !c->untold.len && c->shown != s->serial;
}

static bool is_picture_due(const struct host *h, const struct snapshot *s)
{
	for (int i = 0; i < HOST_CALLERS; i++)
		if (wants_picture(h->caller[i], s))
			return true;
	return false;
}

static void show(struct host *h, const struct snapshot *s)
{
	struct buf text;

	buf_init(&text);
	snapshot_json(s, &text);
	for (int i = 0; i < HOST_CALLERS; i++) {
		struct caller *c = h->caller[i];

		if (!wants_picture(c, s))
			continue;
		c->shown = s->serial;
		buf_add(&c->untold, buf_str(&text), text.len);
		c->untold_at = 0;
		go_on(c);
	}
	buf_release(&text);
}

/* --- turns --- */

void host_tell_news(struct host *h, const struct snapshot *s)
{
	double now = clock_now();
	bool is_status = s->serial != h->told && is_anybody_watching(h);
	bool is_picture;

	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i])
			go_on(h->caller[i]);
	is_picture = is_picture_due(h, s);
	if (is_status && now >= h->tell_after) {
		tell(h, s);
		h->tell_after = now + PULSE;
		is_status = false;
	}
	if (is_picture && now >= h->show_after) {
		show(h, s);
		h->show_after = now + PICTURE_PULSE;
		is_picture = false;
	}
	h->has_news = is_status || is_picture;
	h->news_at = !is_picture || (is_status && h->tell_after < h->show_after) ?
			     h->tell_after : h->show_after;
}

/* The run is over: what is waited here holds up nobody but this process's end. */
static void finish(struct caller *c, double until)
{
	go_on(c);
	while (c->untold.len && clock_now() < until) {
		struct pollfd p = {.fd = c->fd, .events = POLLOUT};

		if (poll(&p, 1, 50) > 0 && p.revents & (POLLERR | POLLHUP))
			return;
		go_on(c);
	}
}

void host_tell_end(struct host *h, const struct snapshot *s)
{
	double until = clock_now() + END_MS / 1000.0;

	tell(h, s);
	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i])
			finish(h->caller[i], until);
	show(h, s);
	for (int i = 0; i < HOST_CALLERS; i++)
		if (h->caller[i])
			finish(h->caller[i], until);
}
