/*
 * terminal.c - the one door to ncurses.
 *
 * ncurses never sees the terminal itself: newterm() is given a memory file to
 * write to, and the keys are read by input.c. So ncurses can neither block on a
 * slow line nor spin on a hung-up one; the terminal's settings and the bytes
 * sent to it are this file's business.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "base/mem.h"
#include "base/str.h"
#include "palette.h"
#include "restore.h"
#include "terminfo.h"

static const char sync_begin[] = "\033[?2026h", sync_end[] = "\033[?2026l";
static const char mouse_on[] = "\033[?1002h\033[?1006h";
static const char mouse_off[] = "\033[?1006l\033[?1002l";
static const char paste_on[] = "\033[?2004h";

struct terminal {
	int in_fd, out_fd;
	bool is_lent;
	struct buf back;          /* bytes that give the terminal back */
	bool owns_out;            /* out_fd is our own non-blocking description */
	int frame_fd;             /* where ncurses writes */
	FILE *frame, *none;
	SCREEN *screen;
	char name[64], text[128];
	struct termios saved, raw;
	bool has_saved, knows_sgr, sync, mouse;
	bool fancy, utf8;
	int colours;
	enum theme theme;         /* as wished: only THEME_AUTO takes an answer */
	struct buf queue;         /* bytes on their way */
	size_t sent;
	struct canvas shown;      /* what the terminal has, or will have */
	bool is_whole;            /* shown is not known: send everything */
	struct palette pal;
};

/* --- what the terminal is --- */

/* A description of our own, so that O_NONBLOCK does not reach the shell's. */
static void reopen_out(struct terminal *t, int fd)
{
	char path[64];
	int own;

	str_format(path, sizeof path, "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	t->owns_out = own >= 0;
	t->out_fd = own >= 0 ? own : fd;
}

static void find_level(struct terminal *t, const struct terminal_options *o)
{
	const char *no = getenv("NO_COLOR");
	bool no_color = o->is_lent ? o->no_color : no && *no;
	bool utf8 = o->is_lent ? o->utf8 : str_eq(nl_langinfo(CODESET), "UTF-8");
	bool wants = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && !no_color);

	t->colours = tigetnum("colors");
	if (t->colours < 8)
		t->colours = 0;
	t->utf8 = !o->ascii && utf8 && t->colours; /* those without are old */
	t->fancy = t->utf8 && !str_eq(t->name, "linux");
	if (!wants)
		t->colours = 0;
	str_format(t->text, sizeof t->text, "%s, %s, %s", t->name,
		   t->colours >= 256 ? "256 colours" : t->colours ? "8 colours" :
		   "no colours", t->utf8 ? "UTF-8" : "ASCII");
}

/* --- bytes --- */

static void send_bytes(struct terminal *t, const char *s)
{
	buf_adds(&t->queue, s);
}

/* Moves what ncurses wrote into the queue. */
static void take_frame(struct terminal *t)
{
	off_t n = lseek(t->frame_fd, 0, SEEK_CUR);

	if (n <= 0)
		return;
	buf_reserve(&t->queue, (size_t)n);
	n = pread(t->frame_fd, t->queue.s + t->queue.len, (size_t)n, 0);
	if (n > 0) {
		t->queue.len += (size_t)n;
		t->queue.s[t->queue.len] = '\0';
	}
	if (lseek(t->frame_fd, 0, SEEK_SET) == 0 && ftruncate(t->frame_fd, 0) != 0)
		BUG("cannot empty the frame file");
}

bool term_is_behind(const struct terminal *t)
{
	return t->sent < t->queue.len;
}

int term_out_fd(const struct terminal *t)
{
	return t->out_fd;
}

enum status term_flush(struct terminal *t)
{
	while (t->sent < t->queue.len) {
		struct pollfd p = {.fd = t->out_fd, .events = POLLOUT};
		size_t n = t->queue.len - t->sent;
		ssize_t got;

		if (!t->owns_out) { /* a blocking description: small and asked first */
			if (poll(&p, 1, 0) <= 0 || !(p.revents & POLLOUT))
				return p.revents & (POLLHUP | POLLERR) ? ST_IO : ST_OK;
			n = n < 256 ? n : 256;
		}
		got = write(t->out_fd, t->queue.s + t->sent, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? ST_OK : ST_IO;
		t->sent += (size_t)got;
	}
	buf_clear(&t->queue);
	t->sent = 0;
	return ST_OK;
}

/* Waits a short while for the last bytes; for giving the terminal back. */
static void drain(struct terminal *t)
{
	for (int tries = 0; tries < 20 && term_is_behind(t); tries++) {
		struct pollfd p = {.fd = t->out_fd, .events = POLLOUT};

		if (term_flush(t) != ST_OK)
			return;
		if (term_is_behind(t) && poll(&p, 1, 25) > 0 && p.revents & POLLHUP)
			return;
	}
	buf_clear(&t->queue);
	t->sent = 0;
}

/* --- taking the terminal and giving it back --- */

static void set_raw(struct terminal *t)
{
	if (!t->has_saved)
		return;
	t->raw = t->saved;
	t->raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP | BRKINT);
	t->raw.c_oflag &= ~(tcflag_t)OPOST;
	t->raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	t->raw.c_cc[VMIN] = 1;
	t->raw.c_cc[VTIME] = 0;
	tcsetattr(t->in_fd, TCSANOW, &t->raw);
}

/* Now, so that a crash needs to work out nothing. */
static void prepare_restore(struct terminal *t)
{
	buf_clear(&t->back);
	if (t->sync)
		buf_adds(&t->back, sync_end);
	terminfo_add_back(&t->back);
	if (!t->is_lent)
		restore_arm(t->out_fd, t->in_fd, buf_str(&t->back), t->back.len,
			    t->has_saved ? &t->saved : NULL);
}

static void enter_screen(struct terminal *t)
{
	struct buf b;

	buf_init(&b);
	terminfo_add(&b, "smcup");
	terminfo_add(&b, "smkx");
	terminfo_add(&b, "clear");
	/* as ncurses believes it to be */
	terminfo_add(&b, t->shown.cursor_y >= 0 ? "cnorm" : "civis");
	send_bytes(t, buf_str(&b));
	buf_release(&b);
	if (t->knows_sgr)
		send_bytes(t, paste_on);
	if (t->mouse)
		send_bytes(t, mouse_on);
	t->is_whole = true;
}

void term_leave(struct terminal *t)
{
	set_term(t->screen);
	drain(t);
	buf_add(&t->queue, buf_str(&t->back), t->back.len);
	drain(t);
	if (t->has_saved)
		tcsetattr(t->in_fd, TCSANOW, &t->saved);
}

void term_enter(struct terminal *t)
{
	set_term(t->screen);
	set_raw(t);
	enter_screen(t);
}

/* Reports of buttons, drags and the wheel, where the terminal has a mouse. */
static void set_mouse(struct terminal *t, bool is_on)
{
	if (!tigetstr("kmous") || tigetstr("kmous") == (char *)-1)
		return;
	send_bytes(t, is_on ? mouse_on : mouse_off);
	t->mouse = is_on;
}

static enum status start_curses(struct terminal *t, struct err *err)
{
	t->frame_fd = memfd_create("frame", MFD_CLOEXEC);
	if (t->frame_fd < 0)
		return err_sys(err, "cannot make the frame file");
	t->frame = fdopen(t->frame_fd, "r+");
	t->none = fopen("/dev/null", "r");
	if (!t->frame || !t->none)
		return err_sys(err, "cannot open the frame file");
	set_term(NULL);
	t->screen = newterm(t->name, t->frame, t->none);
	if (!t->screen)
		return err_set(err, ST_INVALID,
			       "no screen on terminal '%s'; without one "
			       "use 'tutti train PLAN' or 'tutti eval RUN'",
			       t->name);
	set_term(t->screen);
	return ST_OK;
}

enum status term_open(const struct terminal_options *o, struct terminal **out,
		      struct err *err)
{
	struct terminal *t = xcalloc(1, sizeof *t);
	const char *name;
	enum status st;

	t->in_fd = o->in_fd;
	t->is_lent = o->is_lent;
	t->out_fd = -1;
	t->frame_fd = -1;
	buf_init(&t->queue);
	buf_init(&t->back);
	canvas_init(&t->shown);
	setlocale(LC_CTYPE, o->is_lent ? "C.UTF-8" : "");
	name = o->term ? o->term : getenv("TERM");
	st = term_check(name, o->in_fd, o->out_fd, NULL, err);
	if (!st)
		str_copy(t->name, sizeof t->name, name);
	if (!st)
		st = start_curses(t, err);
	if (st) {
		term_close(t);
		return st;
	}
	reopen_out(t, o->out_fd);
	find_level(t, o);
	t->knows_sgr = t->colours || tigetnum("colors") >= 8;
	t->has_saved = tcgetattr(t->in_fd, &t->saved) == 0;
	t->theme = o->theme;
	palette_start(&t->pal, t->colours, o->theme == THEME_LIGHT);
	curs_set(0);
	prepare_restore(t);
	set_raw(t);
	if (may_ask_mode(t->name))
		send_bytes(t, "\033[?2026$p");
	if (t->theme == THEME_AUTO && t->colours >= 256 && may_ask_colour(t->name))
		send_bytes(t, theme_question);
	enter_screen(t);
	if (o->mouse)
		set_mouse(t, true);
	*out = t;
	return ST_OK;
}

void term_close(struct terminal *t)
{
	if (!t)
		return;
	if (t->screen) {
		if (t->out_fd >= 0)
			term_leave(t);
		if (!t->is_lent)
			restore_disarm();
		delscreen(t->screen);
	}
	if (t->frame)
		fclose(t->frame);
	else if (t->frame_fd >= 0)
		close(t->frame_fd);
	if (t->none)
		fclose(t->none);
	if (t->owns_out)
		close(t->out_fd);
	canvas_release(&t->shown);
	buf_release(&t->queue);
	buf_release(&t->back);
	xfree(t);
}

void term_suspend(struct terminal *t)
{
	struct sigaction old, plain = {.sa_handler = SIG_DFL};

	term_leave(t);
	sigaction(SIGTSTP, &plain, &old);
	raise(SIGTSTP); /* here the process stands still until it is continued */
	sigaction(SIGTSTP, &old, NULL);
	term_enter(t);
}

void term_resume(struct terminal *t)
{
	struct termios now;

	term_redraw(t);
	if (t->has_saved && tcgetattr(t->in_fd, &now) == 0 &&
	    now.c_lflag != t->raw.c_lflag)
		term_enter(t);
}

void term_has_sync(struct terminal *t)
{
	t->sync = true;
	set_term(t->screen);
	prepare_restore(t);
}

void term_is_light(struct terminal *t, bool is_light)
{
	if (t->theme != THEME_AUTO)
		return;
	palette_theme(&t->pal, is_light);
	term_redraw(t);
}

const char *term_describe(const struct terminal *t)
{
	return t->text;
}

/* --- frames --- */

void term_prepare(struct terminal *t, struct canvas *c)
{
	struct winsize ws = {0};
	int rows = 24, cols = 80;

	if (ioctl(t->out_fd, TIOCGWINSZ, &ws) == 0 && ws.ws_row && ws.ws_col) {
		rows = ws.ws_row < 500 ? ws.ws_row : 500;
		cols = ws.ws_col < 1000 ? ws.ws_col : 1000;
	}
	canvas_resize(c, rows, cols);
	c->fancy = t->fancy;
	c->utf8 = t->utf8;
	c->colour = t->colours > 0;
	c->mouse = t->mouse;
}

void term_redraw(struct terminal *t)
{
	t->is_whole = true;
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
	return a->ch == b->ch && a->mark[0] == b->mark[0] && a->mark[1] == b->mark[1] &&
	       a->ink == b->ink && a->paper == b->paper && a->flags == b->flags;
}

static bool put_changes(struct terminal *t, const struct canvas *c)
{
	bool changed = false;

	for (int i = 0; i < c->rows * c->cols; i++) {
		const struct cell *k = &c->cell[i];
		int y = i / c->cols, x = i % c->cols;
		bool is_wide = x + 1 < c->cols && c->cell[i + 1].flags & CELL_TAIL;

		if (k->flags & CELL_TAIL)
			continue;
		if (!t->is_whole && same_cell(k, &t->shown.cell[i]) &&
		    (!is_wide || same_cell(&c->cell[i + 1], &t->shown.cell[i + 1])))
			continue;
		palette_put(&t->pal, y, x, k, is_wide);
		changed = true;
	}
	return changed;
}

static void keep_shown(struct terminal *t, const struct canvas *c)
{
	memcpy(t->shown.cell, c->cell,
	       (size_t)c->rows * (size_t)c->cols * sizeof *c->cell);
	t->shown.cursor_y = c->cursor_y;
	t->shown.cursor_x = c->cursor_x;
	t->is_whole = false;
}

bool term_show(struct terminal *t, const struct canvas *c)
{
	bool moved;

	if (term_is_behind(t))
		return false;
	set_term(t->screen);
	if (c->rows != t->shown.rows || c->cols != t->shown.cols) {
		canvas_resize(&t->shown, c->rows, c->cols);
		resize_term(c->rows, c->cols);
		t->is_whole = true;
	}
	moved = c->cursor_y != t->shown.cursor_y || c->cursor_x != t->shown.cursor_x;
	if (c->mouse != t->mouse)
		set_mouse(t, c->mouse);
	if (t->is_whole) {
		clearok(curscr, TRUE);
		erase();
	}
	if (!put_changes(t, c) && !moved)
		return true;
	curs_set(c->cursor_y >= 0);
	if (c->cursor_y >= 0)
		move(c->cursor_y, c->cursor_x);
	if (t->sync)
		send_bytes(t, sync_begin);
	wnoutrefresh(stdscr);
	doupdate();
	take_frame(t);
	if (t->sync)
		send_bytes(t, sync_end);
	keep_shown(t, c);
	return true;
}
