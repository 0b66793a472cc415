/*
 * control.c - the run's socket (see control.h).
 */
#include "trainer/control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, SEND_ROOM = 4 << 20 };
static const char name[] = "control.sock";

struct head {
	uint16_t version, type;
	uint32_t more;
};

/* --- addresses --- */

/* Through the folder's descriptor: paths longer than sun_path are fine, too. */
static enum status address(int folder, struct sockaddr_un *out, struct err *err)
{
	memset(out, 0, sizeof *out);
	out->sun_family = AF_UNIX;
	if (!str_format(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s",
			folder, name))
		return err_set(err, ST_INVALID, "path too long");
	return ST_OK;
}

static enum status open_folder(const char *run, int *folder, struct err *err)
{
	*folder = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *folder < 0 ? err_sys(err, "cannot open '%s'", run) : ST_OK;
}

static bool is_mine(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) &&
	       n == sizeof who && who.uid == geteuid();
}

static enum status bind_socket(int fd, int folder, struct err *err)
{
	struct sockaddr_un a;
	enum status st = address(folder, &a, err);
	mode_t old;
	int failed;

	if (st)
		return st;
	if (unlinkat(folder, name, 0) && errno != ENOENT)
		return err_sys(err, "cannot remove the old '%s'", name);
	old = umask(0177);
	failed = bind(fd, (struct sockaddr *)&a, sizeof a);
	umask(old);
	if (failed || listen(fd, BACKLOG))
		return err_sys(err, "cannot listen at '%s'", name);
	return ST_OK;
}

enum status control_listen(const char *run, int *fd, struct err *err)
{
	int folder = -1, sock;
	enum status st = open_folder(run, &folder, err);

	if (st)
		return st;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	st = sock < 0 ? err_sys(err, "cannot make a socket") :
			bind_socket(sock, folder, err);
	close(folder);
	if (st && sock >= 0)
		close(sock);
	else if (!st)
		*fd = sock;
	return st;
}

void control_unlisten(const char *run, int fd)
{
	char path[PATH_MAX];

	if (fd < 0)
		return;
	close(fd);
	if (str_format(path, sizeof path, "%s/%s", run, name))
		unlink(path);
}

int control_accept(int fd)
{
	int sock = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int room = SEND_ROOM;

	if (sock >= 0 && !is_mine(sock)) {
		close(sock);
		return -1;
	}
	if (sock >= 0)
		setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	return sock;
}

static enum status say_unreached(const char *run, struct err *err)
{
	if (errno == ENOENT || errno == ECONNREFUSED)
		return err_set(err, ST_NOT_FOUND, "no engine listens at '%s'", run);
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return err_set(err, ST_BUSY, "the engine of '%s' is busy", run);
	return err_sys(err, "cannot reach the engine of '%s'", run);
}

/* flags: SOCK_NONBLOCK, or 0. */
static enum status reach(const char *run, int flags, int *fd, struct err *err)
{
	struct sockaddr_un a;
	int folder = -1, sock = -1;
	enum status st = open_folder(run, &folder, err);

	if (!st)
		st = address(folder, &a, err);
	if (!st) {
		sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
		if (sock < 0)
			st = err_sys(err, "cannot make a socket");
		else if (connect(sock, (struct sockaddr *)&a, sizeof a))
			st = say_unreached(run, err);
		else if (!is_mine(sock))
			st = err_set(err, ST_INVALID, "the engine of '%s' is another "
				     "user's", run);
	}
	if (folder >= 0)
		close(folder);
	if (st && sock >= 0)
		close(sock);
	else if (!st)
		*fd = sock;
	return st;
}

enum status control_connect(const char *run, int *fd, struct err *err)
{
	return reach(run, 0, fd, err);
}

static enum status look_on(const char *run, enum control_type what, int *fd,
			   struct err *err)
{
	enum status st;

	*fd = -1;
	st = reach(run, SOCK_NONBLOCK, fd, err);
	if (!st)
		st = control_write(*fd, what, "", 0, NULL, 0, err);
	if (st && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return st;
}

enum status control_watch(const char *run, int *fd, struct err *err)
{
	return look_on(run, CONTROL_WATCH, fd, err);
}

enum status control_pictures(const char *run, int *fd, struct err *err)
{
	return look_on(run, CONTROL_PICTURES, fd, err);
}

/* --- packets --- */

static enum status send_packet(int fd, const struct head *h, const char *text, size_t n,
			       const int *fds, int n_fds, struct err *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(CONTROL_FDS * sizeof(int))];
	} room;
	struct iovec part[2] = { { (void *)(uintptr_t)h, sizeof *h },
				 { (void *)(uintptr_t)text, n } };
	struct msghdr m = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t got;

	if (n_fds > 0) {
		struct cmsghdr *c;

		memset(&room, 0, sizeof room);
		m.msg_control = room.bytes;
		m.msg_controllen = CMSG_SPACE((size_t)n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((size_t)n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, (size_t)n_fds * sizeof(int));
	}
	do
		got = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (got < 0 && errno == EINTR);
	return got < 0 ? err_sys(err, "cannot send") : ST_OK;
}

enum status control_write(int fd, enum control_type type, const char *text, size_t n,
			  const int *fds, int n_fds, struct err *err)
{
	enum status st;

	do {
		size_t now = n < CONTROL_TEXT ? n : CONTROL_TEXT;
		struct head h = { CONTROL_VERSION, (uint16_t)type, now < n };

		st = send_packet(fd, &h, text, now, fds, n_fds, err);
		text += now;
		n -= now;
		n_fds = 0;
	} while (!st && n);
	return st;
}

enum status control_write_part(int fd, enum control_type type, const char *text, size_t n,
			       bool is_more)
{
	struct head h = { CONTROL_VERSION, (uint16_t)type, is_more };

	return send_packet(fd, &h, text, n, NULL, 0, NULL);
}

void control_refuse(int fd, uint16_t version, const char *why)
{
	struct head h = { version, CONTROL_REFUSED, 0 };

	send_packet(fd, &h, why, strlen(why), NULL, 0, NULL);
}

/* Descriptors that came along; those beyond what a message holds are closed. */
static void take_fds(struct msghdr *m, int out[CONTROL_FDS])
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t bytes = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i + sizeof(int) <= bytes; i += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i, sizeof fd);
			if (n < CONTROL_FDS)
				out[n++] = fd;
			else
				close(fd);
		}
	}
}

void control_drop(struct control_message *m)
{
	for (int i = 0; i < CONTROL_FDS; i++) {
		if (m->fd[i] >= 0)
			close(m->fd[i]);
		m->fd[i] = -1;
	}
}

static enum status check(const struct head *h, ssize_t got, int flags, struct err *err)
{
	if ((size_t)got < sizeof *h)
		return err_set(err, ST_CORRUPT, "a packet of a wrong size");
	if (h->version != CONTROL_VERSION)
		return err_set(err, ST_INVALID, "another version of tutti speaks there");
	if (flags & MSG_TRUNC)
		return err_set(err, ST_CORRUPT, "a packet of a wrong size");
	if (h->type < 1 || h->type >= CONTROL_TYPES || h->more > 1)
		return err_set(err, ST_CORRUPT, "a packet of no kind that is known");
	return ST_OK;
}

/*
 * Who closes with words of ours unread resets the line, and that is told before what
 * he said last (a farewell, an answer): it is still there, and read.
 */
static ssize_t receive(int fd, struct msghdr *in)
{
	int resets = 0;
	ssize_t got;

	do
		got = recvmsg(fd, in, MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || (errno == ECONNRESET && !resets++)));
	return got;
}

enum status control_read(int fd, struct control_message *m, struct err *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(4 * CONTROL_FDS * sizeof(int))];
	} room;
	struct head h = { 0 };
	struct iovec part[2] = { { &h, sizeof h }, { m->text, CONTROL_TEXT } };
	struct msghdr in = { .msg_iov = part, .msg_iovlen = 2,
			     .msg_control = room.bytes,
			     .msg_controllen = sizeof room.bytes };
	enum status st;
	ssize_t got;

	for (int i = 0; i < CONTROL_FDS; i++)
		m->fd[i] = -1;
	got = receive(fd, &in);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ST_BUSY;
	if (got < 0)
		return err_sys(err, "cannot receive");
	if (got == 0)
		return err_set(err, ST_END, "the other end has gone");
	take_fds(&in, m->fd);
	m->version = h.version;
	st = check(&h, got, in.msg_flags, err);
	if (st) {
		control_drop(m);
		return st;
	}
	m->type = (enum control_type)h.type;
	m->more = h.more;
	m->n = (size_t)got - sizeof h;
	m->text[m->n] = '\0';
	return ST_OK;
}
