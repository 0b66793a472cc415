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
#include "idle.h"
#include "text/utf8.h"

struct pty_spec {
	const char *term, *lang;  /* NULL: xterm-256color, C.UTF-8 */
	bool no_color, ascii, holds_answers, mouse;
	enum theme theme;
	int rows, cols;           /* 0: 24x80 */
	int tasks, phase;         /* 0: six; phase: 1 + enum phase */
	int64_t step;             /* 0: 12340 */
	const char *history;
	bool has_shell;           /* a shell above, which can stop and continue it */
	void (*spoil)(struct fake *f, struct feed *feed); /* a last touch, or NULL */
};

struct pty {
	pid_t pid;
	int fd, rows, cols;
	VTerm *vt;
	VTermScreen *screen;
	bool has_cursor, is_alternate;
	bool is_blind;            /* libvterm gets nothing: see pty_open_eyes */
	int mouse;                /* VTERM_PROP_MOUSE_... */
	struct buf raw;           /* every byte that came */
	unsigned long long sent;
	unsigned turns;           /* it stands still only after more waits than these */
	struct idle *idle;        /* NULL: another program, not known from within */
	struct termios before;
};

/* --- the child --- */

/* What `note crash HOW` does: every way in which a program ends by mistake. */
static inline void pty_crash(const char *how)
{
	static const struct { const char *how; int sig; } row[] = {
		{"segv", SIGSEGV}, {"bus", SIGBUS}, {"fpe", SIGFPE}, {"ill", SIGILL}};
	static volatile size_t much = SIZE_MAX / 4;
	static char *volatile nowhere;

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_eq(how, row[i].how))
			raise(row[i].sig);
	if (str_eq(how, "null"))
		*nowhere = 1;
	if (str_eq(how, "abort"))
		abort();
	if (str_eq(how, "bug"))
		BUG("as a test asked for");
	if (str_eq(how, "memory"))
		xfree(xmalloc(much));
}

static inline enum status pty_post(void *arg, const char *line, uint64_t *ticket,
				   struct err *err)
{
	if (str_starts(line, "note crash "))
		pty_crash(line + 11);
	return fake_post(arg, line, ticket, err);
}

static inline void pty_environment(const struct pty_spec *s)
{
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL); /* the test library has handlers of its own */
	setenv("TERM", s->term ? s->term : "xterm-256color", 1);
	setenv("LC_ALL", s->lang ? s->lang : "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	unsetenv("COLORFGBG");
	unsetenv("NO_COLOR");
	if (s->no_color)
		setenv("NO_COLOR", "1", 1);
}

static inline void pty_child(const struct pty_spec *s)
{
	struct fake f;
	struct feed feed;
	struct desk_options o = {.terminal = {.in_fd = 0, .out_fd = 1,
					      .ascii = s->ascii, .theme = s->theme,
					      .mouse = s->mouse},
				 .history_path = s->history, .feed = &feed};
	struct err err = {""};
	int code = 1;

	pty_environment(s);
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
	feed.post = pty_post;
	if (s->spoil)
		s->spoil(&f, &feed);
	if (desk_run(&o, &code, &err) != ST_OK) {
		fprintf(stderr, "%s\n", err.text);
		code = 99;
	}
	fake_release(&f);
	exit(code);
}

/* What a shell does for a job: gives it the terminal, takes it when it stops. */
static inline void pty_shell(struct idle *idle)
{
	struct termios own;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		while (tcgetpgrp(0) != getpid())
			usleep(1000);
		return;
	}
	idle_mine = NULL;
	signal(SIGTTOU, SIG_IGN);
	setpgid(pid, pid);
	tcgetattr(0, &own);
	tcsetpgrp(0, pid);
	atomic_store(&idle->desk, pid);
	while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
		tcsetpgrp(0, getpgrp());
		tcsetattr(0, TCSANOW, &own);
		atomic_fetch_add(&idle->stops, 1);
		while (!atomic_exchange(&idle->go, 0))
			usleep(1000);
		tcsetpgrp(0, pid);
		kill(-pid, SIGCONT);
	}
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WEXITSTATUS(status));
}

/* --- the terminal --- */

static inline int pty_property(VTermProp prop, VTermValue *v, void *user)
{
	struct pty *p = user;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		p->has_cursor = v->boolean;
	else if (prop == VTERM_PROP_ALTSCREEN)
		p->is_alternate = v->boolean;
	else if (prop == VTERM_PROP_MOUSE)
		p->mouse = v->number;
	return 1;
}

static inline void pty_new_eyes(struct pty *p, bool utf8)
{
	static const VTermScreenCallbacks calls = {.settermprop = pty_property};

	p->vt = vterm_new(p->rows, p->cols);
	vterm_set_utf8(p->vt, utf8);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_set_callbacks(p->screen, &calls, p);
	vterm_screen_enable_altscreen(p->screen, 1);
	vterm_screen_reset(p->screen, 1);
}

static inline void pty_open(struct pty *p, const struct pty_spec *s)
{
	struct winsize ws = {.ws_row = (unsigned short)(s->rows ? s->rows : 24),
			     .ws_col = (unsigned short)(s->cols ? s->cols : 80)};
	int slave;

	memset(p, 0, sizeof *p);
	fake_data_make(s->tasks ? s->tasks : 6);
	p->rows = ws.ws_row;
	p->cols = ws.ws_col;
	p->has_cursor = true;
	p->idle = idle_new();
	if (openpty(&p->fd, &slave, NULL, NULL, &ws))
		abort();
	tcgetattr(slave, &p->before);
	fflush(NULL);
	p->pid = fork();
	if (p->pid == 0) {
		close(p->fd);
		login_tty(slave);
		close_range(3, ~0u, 0); /* other tests' terminals */
		idle_mine = p->idle;
		if (s->has_shell)
			pty_shell(p->idle);
		pty_child(s);
	}
	close(slave);
	if (!s->has_shell)
		atomic_store(&p->idle->desk, p->pid);
	pty_new_eyes(p, !s->lang || !str_eq(s->lang, "C"));
}

/*
 * libvterm 0.1.4 cannot stand a thousand changes of size (it crashes, measured):
 * between these two it sees nothing, then a fresh one begins with a whole screen.
 */
static inline void pty_close_eyes(struct pty *p)
{
	p->is_blind = true;
}

static inline void pty_open_eyes(struct pty *p)
{
	vterm_free(p->vt);
	pty_new_eyes(p, true);
	p->is_blind = false;
}

static inline void pty_close(struct pty *p)
{
	if (p->pid > 0) {
		int desk = p->idle ? atomic_load(&p->idle->desk) : 0;

		if (desk > 0)
			kill(desk, SIGKILL);
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	if (p->fd >= 0)
		close(p->fd);
	vterm_free(p->vt);
	buf_release(&p->raw);
	idle_free(p->idle);
}

/* Takes what has come, without waiting; and answers as a terminal would. */
static inline size_t pty_drain(struct pty *p)
{
	struct pollfd f = {.fd = p->fd, .events = POLLIN};
	char bytes[4096];
	size_t all = 0, back;

	while (poll(&f, 1, 0) > 0) {
		ssize_t n = read(p->fd, bytes, sizeof bytes);

		if (n <= 0)
			break;
		buf_add(&p->raw, bytes, (size_t)n);
		all += (size_t)n;
		if (p->is_blind)
			continue;
		vterm_input_write(p->vt, bytes, (size_t)n);
		back = vterm_output_read(p->vt, bytes, sizeof bytes);
		if (back && write(p->fd, bytes, back) > 0)
			p->sent += back;
	}
	return all;
}

/* Reads until `quiet` seconds after the last byte, at most `most`; bytes read. */
static inline size_t pty_read(struct pty *p, double quiet, double most)
{
	double end = clock_now() + most;
	size_t all = 0;

	while (clock_now() < end) {
		struct pollfd f = {.fd = p->fd, .events = POLLIN};
		size_t n;

		if (poll(&f, 1, (int)(quiet * 1000)) <= 0)
			break;
		n = pty_drain(p);
		if (!n)
			break;
		all += n;
	}
	return all;
}

static inline bool pty_has_ended(const struct pty *p)
{
	siginfo_t info = {0};

	return p->pid <= 0 || (waitid(P_PID, (id_t)p->pid, &info,
				      WEXITED | WNOHANG | WNOWAIT) == 0 &&
			       info.si_pid == p->pid);
}

/* It has read every key, drawn what follows from them and waits for more. */
static inline bool pty_is_idle(struct pty *p)
{
	pty_drain(p);
	return atomic_load(&p->idle->turns) > p->turns &&
	       idle_now(p->idle, atomic_load(&p->idle->desk), p->sent, p->raw.len);
}

/* A signal to the desk, of which something will come. */
static inline void pty_kill(struct pty *p, int sig)
{
	p->turns = atomic_load(&p->idle->turns);
	kill(atomic_load(&p->idle->desk), sig);
}

/* Waits until it stands still: true; false after `most` seconds or at its end. */
static inline bool pty_settle(struct pty *p, double most)
{
	double end = clock_now() + most;

	if (!p->idle || !idle_is_known())
		return pty_read(p, p->idle ? .4 : .2, most) || !pty_has_ended(p);
	while (clock_now() < end) {
		struct pollfd f = {.fd = p->fd, .events = POLLIN};

		if (pty_is_idle(p))
			return true;
		if (pty_has_ended(p)) {
			pty_read(p, .01, .1);
			return false;
		}
		poll(&f, 1, 2);
		if (f.revents & POLLHUP)
			usleep(1000);
	}
	return false;
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
		p->sent += (size_t)got;
		at += got;
		n -= (size_t)got;
		pty_drain(p);
	}
}

/* Types keys and waits until the screen stands still. */
static inline void pty_type(struct pty *p, const char *keys)
{
	pty_send(p, keys, strlen(keys));
	pty_settle(p, 5);
}

/* Opens the terminal and waits for the first whole screen. */
static inline void pty_begin(struct pty *p, const struct pty_spec *s)
{
	pty_open(p, s);
	pty_settle(p, 10);
}

static inline void pty_resize(struct pty *p, int rows, int cols)
{
	struct winsize ws = {.ws_row = (unsigned short)rows,
			     .ws_col = (unsigned short)cols};

	if (p->idle && (rows != p->rows || cols != p->cols)) /* the kernel sends SIGWINCH */
		p->turns = atomic_load(&p->idle->turns);
	ioctl(p->fd, TIOCSWINSZ, &ws);
	if (!p->is_blind)
		vterm_set_size(p->vt, rows, cols);
	p->rows = rows;
	p->cols = cols;
}

static inline VTermScreenCell pty_cell(struct pty *p, int y, int x)
{
	VTermScreenCell cell;

	vterm_screen_get_cell(p->screen, (VTermPos){y, x}, &cell);
	return cell;
}

/* The screen as text, lines without spaces at their ends; returns (caller frees). */
static inline char *pty_text(struct pty *p)
{
	struct buf b;

	buf_init(&b);
	for (int y = 0; y < p->rows; y++) {
		for (int x = 0; x < p->cols;) {
			VTermScreenCell cell = pty_cell(p, y, x);
			char bytes[4];

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

/* --- saved screens --- */

static inline char *golden_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b;
	int ch;

	buf_init(&b);
	while (f && (ch = fgetc(f)) != EOF)
		buf_addc(&b, (char)ch);
	if (f)
		fclose(f);
	return b.s ? buf_take(&b) : xstrdup("");
}

/* The lines that differ, on stderr: what was wanted, what is seen. */
static inline void golden_differ(const char *path, const char *want, const char *seen)
{
	fprintf(stderr, "--- %s\n", path);
	for (int line = 1; *want || *seen; line++) {
		size_t w = strcspn(want, "\n"), s = strcspn(seen, "\n");

		if (w != s || strncmp(want, seen, w))
			fprintf(stderr, "%3d -%.*s\n    +%.*s\n", line, (int)w, want,
				(int)s, seen);
		want += w + (want[w] == '\n');
		seen += s + (seen[s] == '\n');
	}
}

/* Is `seen` the file's text? TUTTI_GOLDEN=write makes the file so. */
static inline bool golden_same(const char *path, const char *seen)
{
	const char *mode = getenv("TUTTI_GOLDEN");
	char *want;
	bool same;

	if (mode && str_eq(mode, "write")) {
		FILE *f = fopen(path, "wb");

		if (!f || fputs(seen, f) < 0 || fclose(f))
			return false;
	}
	want = golden_read(path);
	same = str_eq(seen, want);
	if (!same)
		golden_differ(path, want, seen);
	xfree(want);
	return same;
}

#endif
