/*
 * host_own.h - what the files of the host share: host.c, who called and whose screen it
 * is; host_watch.c, those who only look. Others include host.h.
 */
#ifndef TUTTI_TUI_HOST_OWN_H
#define TUTTI_TUI_HOST_OWN_H

#include "base/str.h"
#include "desk.h"
#include "host.h"
#include "lent_terminal.h"
#include "trainer/control.h"
#include "trainer/trainer.h"

/* One connection: it asks with lines, has lent a screen, or wants to be told. */
struct caller {
	int fd;
	double heard;         /* when it came, or said something */
	struct buf line;      /* of a command that comes in pieces */
	bool is_waiting;      /* for the answer of a command */
	uint64_t ticket;
	bool is_watching;     /* it gets STATUS packets */
	bool is_following;    /* it gets PICTUREs */
	struct buf untold;    /* the rest of the one that is under way */
	size_t untold_at;
	uint64_t shown;       /* serial of the last picture that was begun */
	struct lent_terminal lent; /* a screen */
};

struct host {
	struct trainer *trainer;
	struct feed feed;
	char run[4096], name[128], called[4096], history[4096];
	int listen_fd;
	double listen_after;  /* nobody is let in before */
	struct caller *caller[HOST_CALLERS]; /* NULL: free */
	struct desk *desk;    /* on the screen of caller[steers], or NULL */
	int steers;
	bool is_suspended;
	uint64_t told;        /* serial of the picture that watchers have */
	double tell_after, show_after;
	bool has_news;        /* for either, not told yet: ... */
	double news_at;       /* ... then */
	struct control_message in;
	bool stops_on_hangup, is_dismissed;
	int exit_code;
};

static inline bool host_is_told(const struct caller *c)
{
	return c->is_watching || c->is_following;
}

/* host_watch.c. The caller wants STATUS from now on, or pictures. */
void host_take_watcher(struct host *h, struct caller *c, bool pictures);
/* What is new, to those who look; never waits. */
void host_tell_news(struct host *h, const struct snapshot *s);
/* The last picture: of one who reads it comes whole, if within a second. */
void host_tell_end(struct host *h, const struct snapshot *s);

#endif
