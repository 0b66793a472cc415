/*
 * lent_terminal.c - wishes read, descriptors looked at.
 */
#include "lent_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "widget/layout.h"

void lent_terminal_init(struct lent_terminal *l)
{
	*l = (struct lent_terminal){.fd = {-1, -1}};
}

void lent_terminal_release(struct lent_terminal *l)
{
	for (int i = 0; i < CONTROL_FDS; i++)
		if (l->fd[i] >= 0)
			close(l->fd[i]);
	lent_terminal_init(l);
}

/* --- wishes --- */

static bool take_flag(const char *value, bool *out)
{
	*out = str_eq(value, "1");
	return *out || str_eq(value, "0");
}

static bool take_color(const char *value, enum color_mode *out)
{
	*out = str_eq(value, "always") ? COLOR_ALWAYS :
	       str_eq(value, "never")  ? COLOR_NEVER :
					 COLOR_AUTO;
	return *out != COLOR_AUTO || str_eq(value, "auto");
}

/* False: the key is not known, or the value is none of its own. */
static bool take_wish(struct lent_terminal *l, const char *key, const char *value)
{
	struct terminal_options *t = &l->terminal;
	bool is_no_viewer;

	if (str_eq(key, "term")) {
		str_copy(l->term, sizeof l->term, value); /* it is checked later */
		return true;
	}
	if (str_eq(key, "utf8"))
		return take_flag(value, &t->utf8);
	if (str_eq(key, "no_color"))
		return take_flag(value, &t->no_color);
	if (str_eq(key, "ascii"))
		return take_flag(value, &t->ascii);
	if (str_eq(key, "mouse"))
		return take_flag(value, &t->mouse);
	if (str_eq(key, "theme"))
		return theme_parse(value, &t->theme);
	if (str_eq(key, "color"))
		return take_color(value, &t->color);
	/* programs of before say so of a screen that steers */
	return str_eq(key, "view") && take_flag(value, &is_no_viewer) && !is_no_viewer;
}

static enum status refuse_wish(const char *key, const char *value, struct err *err)
{
	if (str_eq(key, "view"))
		return err_set(err, ST_INVALID, "this engine draws the screen that steers "
			       "and no other: 'attach --view' of its own version of tutti "
			       "looks from a process of its own");
	return err_set(err, ST_INVALID, "a terminal with '%.64s=%.64s': this engine is of "
		       "another version of tutti and does not know what that wants", key,
		       value);
}

/* "KEY=VALUE\n..." */
static enum status read_wishes(struct lent_terminal *l, char *text, struct err *err)
{
	for (char *line = text, *next; *line; line = next) {
		char *value;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		value = line + strcspn(line, "=");
		if (*value)
			*value++ = '\0';
		if (!take_wish(l, line, value))
			return refuse_wish(line, value, err);
	}
	return ST_OK;
}

enum status lent_terminal_take(struct lent_terminal *l, struct control_message *m,
			       struct err *err)
{
	enum status st;

	if (l->fd[0] >= 0 || m->fd[0] < 0 || m->fd[1] < 0 || m->more) {
		control_drop(m);
		return err_set(err, ST_INVALID, "a screen is two descriptors, once");
	}
	memcpy(l->fd, m->fd, sizeof l->fd);
	st = read_wishes(l, m->text, err);
	if (st)
		lent_terminal_release(l);
	return st;
}

/* --- the terminal --- */

static bool opens_for(int fd, int other)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != other && !(flags & O_PATH);
}

static bool is_hung_up(int fd)
{
	struct pollfd p = {.fd = fd};

	return poll(&p, 1, 0) < 0 || p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static enum status check_room(int fd, struct err *err)
{
	struct winsize ws = {0};

	if (ioctl(fd, TIOCGWINSZ, &ws) || !ws.ws_row || !ws.ws_col)
		return ST_OK; /* it does not say */
	if (ws.ws_row >= LAYOUT_MIN_ROWS && ws.ws_col >= LAYOUT_MIN_COLS)
		return ST_OK;
	return err_set(err, ST_INVALID, "%dx%d is too small to take the screen over: "
		       "%dx%d needed", ws.ws_col, ws.ws_row, LAYOUT_MIN_COLS,
		       LAYOUT_MIN_ROWS);
}

enum status lent_terminal_check(const struct lent_terminal *l, bool wants_room,
				struct err *err)
{
	enum status st = term_check(l->term, l->fd[0], l->fd[1], NULL, err);

	if (st)
		return st;
	if (!opens_for(l->fd[0], O_WRONLY) || !opens_for(l->fd[1], O_RDONLY))
		return err_set(err, ST_INVALID, "a screen is a terminal to read from and "
			       "one to write to");
	if (is_hung_up(l->fd[0]) || is_hung_up(l->fd[1]))
		return err_set(err, ST_INVALID, "the terminal has hung up");
	return wants_room ? check_room(l->fd[1], err) : ST_OK;
}

struct terminal_options lent_terminal_options(const struct lent_terminal *l)
{
	struct terminal_options t = l->terminal;

	t.in_fd = l->fd[0];
	t.out_fd = l->fd[1];
	t.term = l->term;
	t.is_lent = true;
	return t;
}
