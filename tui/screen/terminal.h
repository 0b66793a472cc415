/*
 * terminal.h - the terminal: opened, drawn to without ever waiting, given back.
 *
 * ncurses works out the bytes of a frame into a memory file; they are sent from
 * there when the terminal takes them. While some are unsent no new frame is
 * worked out, so a slow line skips frames and nobody waits (UX 3). Nothing is
 * sent when nothing changed.
 *
 * The terminal is given back as it was on every exit but SIGKILL (I7):
 * term_close on the ordinary ways, term_crash_restore from signal handlers and
 * hooks, with bytes and settings prepared at the start.
 */
#ifndef TUTTI_TUI_TERMINAL_H
#define TUTTI_TUI_TERMINAL_H

#include <stdbool.h>

#include "base/status.h"
#include "base/str.h"
#include "canvas.h"
#include "theme.h"

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct terminal_options {
	int in_fd, out_fd;
	const char *term;     /* NULL: $TERM */
	enum color_mode color;
	bool ascii, mouse;
	enum theme theme;
	bool is_lent;         /* another process's: the next two hold, and a crash of
				 this process is for that one to mend */
	bool utf8, no_color;  /* that process's codeset and NO_COLOR */
};

struct terminal;

/*
 * Can a screen be shown there (level L0: no)? `back`, or NULL, gets the bytes that
 * give such a terminal back, whatever state it is in.
 */
enum status term_check(const char *name, int in_fd, int out_fd, struct buf *back,
		       struct err *err);

/*
 * Takes the terminal over: raw keys, the alternate screen, bracketed paste.
 * ST_INVALID with the sub-command to use when there is none that can show a
 * screen (level L0).
 */
enum status term_open(const struct terminal_options *o, struct terminal **out,
		      struct err *err);
void term_close(struct terminal *t); /* NULL is fine */

/*
 * What the terminal can show: fancy, utf8, colour of `c`, and its size now; mouse:
 * whether it reports. What term_show is given then changes that.
 */
void term_prepare(struct terminal *t, struct canvas *c);
/* "xterm-256color, 256 colours, UTF-8" */
const char *term_describe(const struct terminal *t);

/* Works out a frame unless bytes of the last one are unsent: then false. */
bool term_show(struct terminal *t, const struct canvas *c);
bool term_is_behind(const struct terminal *t);
int term_out_fd(const struct terminal *t);
/* Sends what the terminal takes. ST_IO: the terminal is gone. */
enum status term_flush(struct terminal *t);
void term_redraw(struct terminal *t);  /* the next frame is sent whole */
/* What it answered: it knows mode 2026; what lies behind its text is light. */
void term_has_sync(struct terminal *t);
void term_is_light(struct terminal *t, bool is_light);

/* Gives the terminal back as it was, and takes it again. */
void term_leave(struct terminal *t);
void term_enter(struct terminal *t);
/* Ctrl-Z: leaves, stops the process, enters. */
void term_suspend(struct terminal *t);
/* After SIGCONT: takes it again if somebody had it meanwhile, and redraws. */
void term_resume(struct terminal *t);

/*
 * Signals, as bytes from a pipe: handlers do nothing else. Crash signals
 * restore the terminal and go on to what they did before.
 */
int signals_open(void);            /* the pipe's reading end */
void signals_close(void);
bool signals_take(int *sig);       /* the next one, if any */

/* Async-signal-safe: the terminal as it was before term_open. */
void term_crash_restore(void);
/* What a crash says on the restored terminal, e.g. where the checkpoint is. */
void term_crash_note(const char *line);
/* For bug_set_hook and mem_set_oom_hook. */
void term_bug_hook(const char *message);
void term_oom_hook(size_t size);

#endif
