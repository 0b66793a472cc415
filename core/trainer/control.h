/*
 * control.h - the run's socket, <run>/control.sock: one message is one packet
 * (SOCK_SEQPACKET), with descriptors where a terminal is lent.
 *
 *   packet   { u16 version, u16 type, u32 more } then at most CONTROL_TEXT bytes
 *   more     1: the text goes on in the next packet of the same type
 *
 * Programs of different versions meet here. The head and the numbers of types stay
 * what they are, new types come at the end. A packet of another version is answered
 * in that version, by REFUSED with words. Of the lines KEY=VALUE one who asks for
 * something (SCREEN) is refused for a key that is not known: it may mean what would
 * not be done. One who tells (STATUS) is not: what is not known is passed over.
 *
 * The socket is 0600 in the run's folder, and both ends look at the uid of the
 * other (SO_PEERCRED). Nothing here waits but control_connect and control_read
 * on a blocking socket. Packets come from another program: every size is looked
 * at before it is used (I5).
 */
#ifndef TUTTI_TRAINER_CONTROL_H
#define TUTTI_TRAINER_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { CONTROL_VERSION = 1, CONTROL_TEXT = 16384, CONTROL_FDS = 2,
       CONTROL_ANSWER_MAX = 64 << 20 };

enum control_type {
	/* from those who ask */
	CONTROL_COMMAND = 1, /* a command line; answered by one OK or REFUSED */
	CONTROL_SCREEN,      /* lines KEY=VALUE about a terminal, with its 2 descriptors */
	CONTROL_SIGNAL,      /* a signal of a lent screen's client: its number */
	/* from the engine */
	CONTROL_OK,          /* the answer's text, maybe empty */
	CONTROL_REFUSED,     /* why */
	CONTROL_SUSPENDED,   /* the screen was left: the client may stop */
	CONTROL_LEFT,        /* the screen was given back: "EXIT-STATUS why" */
	/* from those who only look, and to them: none of these is ever waited for */
	CONTROL_WATCH,       /* STATUS is wanted from now on */
	CONTROL_STATUS,      /* what the store does not tell (tui/status_packet.h) */
	/* of programs that steer */
	CONTROL_ACT,         /* a command with who and why (control_act.h), answered so */
	CONTROL_PICTURES,    /* PICTURE is wanted from now on */
	CONTROL_PICTURE,     /* a snapshot as a line of JSON (look/snapshot_json.h) */
	CONTROL_TYPES
};

struct control_message {
	uint16_t version;          /* also of a packet that was not taken */
	enum control_type type;
	bool more;
	int fd[CONTROL_FDS];       /* -1: none; the reader's to close */
	size_t n;
	char text[CONTROL_TEXT + 1]; /* ends in NUL */
};

/*
 * The engine's end, non-blocking; an old socket in the way is removed: the
 * caller holds the run's lock. The file goes with control_unlisten.
 */
enum status control_listen(const char *run, int *fd, struct err *err);
void control_unlisten(const char *run, int fd);
/* The next that called, non-blocking; -1: nobody, or another user's. */
int control_accept(int fd);
/* The client's end, blocking. ST_NOT_FOUND: nobody listens there. */
enum status control_connect(const char *run, int *fd, struct err *err);
/* One who only looks: non-blocking, STATUS is asked for. ST_BUSY: not now. */
enum status control_watch(const char *run, int *fd, struct err *err);
/* The same for pictures. Of what is said in several packets none is left out. */
enum status control_pictures(const char *run, int *fd, struct err *err);

/*
 * Sends text of any length in as many packets as it takes; fds of the first.
 * ST_IO: the other end is gone, or does not read (non-blocking sockets).
 */
enum status control_write(int fd, enum control_type type, const char *text, size_t n,
			  const int *fds, int n_fds, struct err *err);
/* One packet of at most CONTROL_TEXT bytes; is_more: the text goes on in the next one. */
enum status control_write_part(int fd, enum control_type type, const char *text, size_t n,
			       bool is_more);
/* Closes descriptors that nobody took. */
void control_drop(struct control_message *m);
/* REFUSED as a program of that version reads it. */
void control_refuse(int fd, uint16_t version, const char *why);
/*
 * ST_BUSY: nothing there (non-blocking). ST_END: closed. ST_INVALID: a packet of
 * another version, m->version. ST_CORRUPT: not a packet.
 */
enum status control_read(int fd, struct control_message *m, struct err *err);

#endif
