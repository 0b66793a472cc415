/*
 * sweep_child.c - fork and exec, two pipes.
 */
#include "sweep/sweep_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_AT_ONCE = 4096, LINE_MOST = 1 << 20, EXIT_NO_EXEC = 127 };

/* In the child, between fork and exec: only what is safe there. */
static void become(const char *exe, char *const *words, int out, int errors, int keep,
		   pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_NO_EXEC); /* it died before it could be told */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(errors, 2) < 0)
		_exit(EXIT_NO_EXEC);
	if (keep >= 0)
		fcntl(keep, F_SETFD, 0);
	execv(exe, words);
	_exit(EXIT_NO_EXEC);
}

enum status sweep_child_start(struct sweep_child *c, const char *exe, char *const *words,
			      int keep, struct err *err)
{
	int out[2], errors[2];
	pid_t parent = getpid();

	*c = (struct sweep_child){ .out = -1, .err = -1 };
	if (pipe2(out, O_CLOEXEC))
		return err_sys(err, "cannot make a pipe");
	if (pipe2(errors, O_CLOEXEC)) {
		close(out[0]);
		close(out[1]);
		return err_sys(err, "cannot make a pipe");
	}
	c->pid = fork();
	if (!c->pid)
		become(exe, words, out[1], errors[1], keep, parent);
	close(out[1]);
	close(errors[1]);
	if (c->pid < 0) {
		close(out[0]);
		close(errors[0]);
		c->pid = 0;
		return err_sys(err, "cannot start a process");
	}
	c->out = out[0];
	c->err = errors[0];
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	fcntl(c->err, F_SETFL, O_NONBLOCK);
	buf_init(&c->out_line);
	buf_init(&c->err_line);
	return ST_OK;
}

/* What is there now; false: the other end is closed. */
static bool take_bytes(int *fd, struct buf *b)
{
	char bytes[READ_AT_ONCE];
	ssize_t n;

	while (*fd >= 0) {
		n = read(*fd, bytes, sizeof bytes);
		if (n > 0) {
			buf_add(b, bytes, (size_t)n);
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (n < 0 && errno == EAGAIN) {
			return true;
		} else {
			close(*fd);
			*fd = -1;
		}
	}
	return false;
}

/* The first line cut off: what is left moves to the front. */
static bool next_line(struct buf *b, struct buf *line)
{
	char *end = b->len ? memchr(b->s, '\n', b->len) : NULL;
	size_t n;

	if (!end) {
		if (b->len > LINE_MOST)
			buf_clear(b); /* no line of ours */
		return false;
	}
	n = (size_t)(end - b->s);
	buf_clear(line);
	buf_add(line, b->s, n);
	b->len -= n + 1;
	memmove(b->s, end + 1, b->len);
	b->s[b->len] = '\0';
	return true;
}

static void take_event(const struct buf *line,
		       void (*tell)(void *arg, const struct json *event), void *arg)
{
	struct json *event = NULL;

	if (!json_parse(buf_str(line), line->len, "event", &event, NULL) &&
	    json_type(event) == JSON_OBJECT)
		tell(arg, event);
	json_free(event);
}

bool sweep_child_read(struct sweep_child *c,
		      void (*tell)(void *arg, const struct json *event), void *arg)
{
	bool more = take_bytes(&c->out, &c->out_line);
	struct buf line;

	more |= take_bytes(&c->err, &c->err_line);
	buf_init(&line);
	while (next_line(&c->out_line, &line))
		take_event(&line, tell, arg);
	while (next_line(&c->err_line, &line))
		if (str_starts(buf_str(&line), "tutti: "))
			str_copy(c->last, sizeof c->last, buf_str(&line) + 7);
	buf_release(&line);
	return more;
}

int sweep_child_wait(struct sweep_child *c)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (c->out >= 0)
		close(c->out);
	if (c->err >= 0)
		close(c->err);
	buf_release(&c->out_line);
	buf_release(&c->err_line);
	c->out = c->err = -1;
	c->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
