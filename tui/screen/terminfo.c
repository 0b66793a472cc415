/*
 * terminfo.c - what a terminal can do, and the bytes that give it back.
 */
#include "terminfo.h"

#include <string.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "terminal.h"

static const char paste_off[] = "\033[?2004l";
static const char mouse_off[] = "\033[?1006l\033[?1002l";

void terminfo_add(struct buf *b, const char *name)
{
	const char *s = tigetstr(name);

	if (!s || s == (char *)-1)
		return;
	while (*s) {
		const char *end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;

		if (end)
			s = end + 1;
		else
			buf_addc(b, *s++);
	}
}

void terminfo_add_back(struct buf *b)
{
	if (tigetnum("colors") >= 8)
		buf_adds(b, paste_off);
	if (tigetstr("kmous") && tigetstr("kmous") != (char *)-1)
		buf_adds(b, mouse_off);
	terminfo_add(b, "sgr0");
	terminfo_add(b, "op");
	terminfo_add(b, "rmkx");
	terminfo_add(b, "rmcup");
	if (!tigetstr("rmcup") || tigetstr("rmcup") == (char *)-1)
		terminfo_add(b, "clear"); /* no other screen to go back to */
	terminfo_add(b, "cnorm"); /* last: some save it with the screen */
}

enum status term_check(const char *name, int in_fd, int out_fd, struct buf *back,
		       struct err *err)
{
	int found = 0;

	set_term(NULL); /* else setupterm would give another screen this terminal */
	if (!isatty(in_fd) || !isatty(out_fd))
		return err_set(err, ST_INVALID, "no terminal here; without one use "
			       "'tutti train PLAN' or 'tutti eval RUN'");
	if (!name || !*name || str_eq(name, "dumb") ||
	    setupterm(name, out_fd, &found) != OK)
		return err_set(err, ST_INVALID,
			       "no screen on terminal '%s'; without one "
			       "use 'tutti train PLAN' or 'tutti eval RUN'",
			       name ? name : "");
	found = tigetstr("cup") && tigetstr("cup") != (char *)-1;
	if (back)
		terminfo_add_back(back);
	del_curterm(cur_term);
	if (!found)
		return err_set(err, ST_INVALID, "terminal '%s' cannot move its cursor; "
			       "use 'tutti train PLAN' or 'tutti eval RUN'", name);
	return ST_OK;
}
