/*
 * screen.h - a terminal in a test: a pseudo-terminal whose other end runs the desk
 * on a made-up feed, and libvterm that says what a person would see.
 */
#ifndef TUTTI_TESTS_SCREEN_H
#define TUTTI_TESTS_SCREEN_H

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <vterm.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "desk.h"
#include "fake.h"
#include "text/utf8.h"

struct pty_spec {
	const char *term, *lang;  /* NULL: xterm-256color, C.UTF-8 */
	bool no_color, ascii, holds_answers;
	int rows, cols;           /* 0: 24x80 */
	int tasks, phase;         /* 0: six; phase: 1 + enum phase */
	int64_t step;             /* 0: 12340 */
	const char *history;
};

struct pty {
	pid_t pid;
	int fd, rows, cols;
	VTerm *vt;
	VTermScreen *screen;
	struct buf raw;           /* every byte that came */
	struct termios before;
};

static inline void pty_child(const struct pty_spec *s)
{
	struct fake f;
	struct feed feed;
	struct desk_options o = {.terminal = {.in_fd = 0, .out_fd = 1,
					      .ascii = s->ascii},
				 .history_path = s->history, .feed = &feed};
	struct err err = {""};
	int code = 1;

	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL); /* the test library has handlers of its own */
	setenv("TERM", s->term ? s->term : "xterm-256color", 1);
	setenv("LC_ALL", s->lang ? s->lang : "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	unsetenv("NO_COLOR");
	if (s->no_color)
		setenv("NO_COLOR", "1", 1);
	fake_init(&f, s->tasks ? s->tasks : 6, s->step ? s->step : 12340);
	f.holds_answers = s->holds_answers;
	if (s->phase) {
		f.s.phase = (enum phase)(s->phase - 1);
		if (f.s.phase == PHASE_PREPARING) {
			f.s.n_channels = 0;
			str_copy(f.s.work, sizeof f.s.work, "counting words of sst2");
			str_copy(f.s.work_unit, sizeof f.s.work_unit, "MB");
			f.s.work_done = 12;
			f.s.work_total = 37;
			f.s.work_left = 21;
		}
	}
	feed = fake_feed(&f);
	if (desk_run(&o, &code, &err) != ST_OK) {
		fprintf(stderr, "%s\n", err.text);
		code = 99;
	}
	fake_release(&f);
	exit(code);
}

static inline void pty_open(struct pty *p, const struct pty_spec *s)
{
	struct winsize ws = {.ws_row = (unsigned short)(s->rows ? s->rows : 24),
			     .ws_col = (unsigned short)(s->cols ? s->cols : 80)};
	int slave;

	memset(p, 0, sizeof *p);
	p->rows = ws.ws_row;
	p->cols = ws.ws_col;
	if (openpty(&p->fd, &slave, NULL, NULL, &ws))
		abort();
	tcgetattr(slave, &p->before);
	fflush(NULL);
	p->pid = fork();
	if (p->pid == 0) {
		close(p->fd);
		login_tty(slave);
		pty_child(s);
	}
	close(slave);
	p->vt = vterm_new(p->rows, p->cols);
	vterm_set_utf8(p->vt, !s->lang || !str_eq(s->lang, "C"));
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_enable_altscreen(p->screen, 1);
	vterm_screen_reset(p->screen, 1);
}

static inline void pty_close(struct pty *p)
{
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	if (p->fd >= 0)
		close(p->fd);
	vterm_free(p->vt);
	buf_release(&p->raw);
}

/* Reads for `quiet` seconds after the last byte, at most `most`; bytes read. */
static inline size_t pty_read(struct pty *p, double quiet, double most)
{
	double end = clock_now() + most;
	size_t all = 0;

	while (clock_now() < end) {
		struct pollfd f = {.fd = p->fd, .events = POLLIN};
		char bytes[4096];
		ssize_t n;
		size_t back;

		if (poll(&f, 1, (int)(quiet * 1000)) <= 0)
			break;
		n = read(p->fd, bytes, sizeof bytes);
		if (n <= 0)
			break;
		buf_add(&p->raw, bytes, (size_t)n);
		vterm_input_write(p->vt, bytes, (size_t)n);
		all += (size_t)n;
		back = vterm_output_read(p->vt, bytes, sizeof bytes);
		if (back && write(p->fd, bytes, back) < 0)
			break;
	}
	return all;
}

static inline void pty_send(struct pty *p, const void *s, size_t n)
{
	const char *at = s;

	while (n) {
		struct pollfd f = {.fd = p->fd, .events = POLLOUT};
		ssize_t got;

		if (poll(&f, 1, 0) <= 0)
			pty_read(p, .01, .05);
		got = write(p->fd, at, n < 64 ? n : 64);
		if (got <= 0)
			return;
		at += got;
		n -= (size_t)got;
		pty_read(p, 0, .01);
	}
}

/* Types keys and waits until the screen stands still. */
static inline void pty_type(struct pty *p, const char *keys)
{
	pty_send(p, keys, strlen(keys));
	pty_read(p, .2, 3);
}

static inline void pty_resize(struct pty *p, int rows, int cols)
{
	struct winsize ws = {.ws_row = (unsigned short)rows,
			     .ws_col = (unsigned short)cols};

	ioctl(p->fd, TIOCSWINSZ, &ws); /* the kernel sends SIGWINCH */
	vterm_set_size(p->vt, rows, cols);
	p->rows = rows;
	p->cols = cols;
}

/* The screen as text, lines without spaces at their ends; returns (caller frees). */
static inline char *pty_text(struct pty *p)
{
	struct buf b;

	buf_init(&b);
	for (int y = 0; y < p->rows; y++) {
		for (int x = 0; x < p->cols;) {
			VTermPos at = {y, x};
			VTermScreenCell cell;
			char bytes[4];

			vterm_screen_get_cell(p->screen, at, &cell);
			if (!cell.chars[0])
				buf_addc(&b, ' ');
			for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i];
			     i++)
				buf_add(&b, bytes,
					(size_t)utf8_put(cell.chars[i], bytes));
			x += cell.width > 1 ? cell.width : 1;
		}
		while (b.len && b.s[b.len - 1] == ' ')
			b.s[--b.len] = '\0';
		buf_addc(&b, '\n');
	}
	return buf_take(&b);
}

static inline bool pty_shows(struct pty *p, const char *text)
{
	char *screen = pty_text(p);
	bool found = strstr(screen, text) != NULL;

	xfree(screen);
	return found;
}

/* Waits for the end: exit status, or -signal, or -1000 when it goes on. */
static inline int pty_wait(struct pty *p, double most)
{
	double end = clock_now() + most;
	int status;

	while (clock_now() < end) {
		pty_read(p, .02, .05);
		if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
			p->pid = 0;
			pty_read(p, .02, .1);
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   -WTERMSIG(status);
		}
		usleep(5000);
	}
	return -1000;
}

static inline bool pty_raw_has(struct pty *p, const char *bytes, size_t n)
{
	return p->raw.len && memmem(p->raw.s, p->raw.len, bytes, n) != NULL;
}

#endif
