/*
 * program.h - the real program on a pseudo-terminal of its own ($TUTTI, else
 * build/tutti); the rest is screen.h's.
 */
#ifndef TUTTI_TESTS_PROGRAM_H
#define TUTTI_TESTS_PROGRAM_H

#include "screen.h"

static inline const char *pty_program_path(void)
{
	const char *p = getenv("TUTTI");

	return p ? p : "build/tutti";
}

/* words: what follows the program's name, NULL ends. */
static inline void pty_exec(struct pty *p, const char *path, const char *term, const char *lang,
			       int rows, int cols, const char *const *words)
{
	struct winsize ws = {.ws_row = (unsigned short)rows,
			     .ws_col = (unsigned short)cols};
	const char *argv[24] = {path};
	int slave;

	memset(p, 0, sizeof *p);
	for (int i = 0; words[i] && i < 22; i++)
		argv[i + 1] = words[i];
	p->rows = rows;
	p->cols = cols;
	p->idle = idle_new(); /* it counts nothing there */
	if (openpty(&p->fd, &slave, NULL, NULL, &ws))
		abort();
	tcgetattr(slave, &p->before);
	fflush(NULL);
	p->pid = fork();
	if (p->pid == 0) {
		login_tty(slave);
		close_range(3, ~0u, 0); /* other tests' terminals, whose lines may drop */
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		setenv("TERM", term, 1);
		setenv("LC_ALL", lang, 1);
		unsetenv("NO_COLOR");
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(slave);
	p->vt = vterm_new(rows, cols);
	vterm_set_utf8(p->vt, strcmp(lang, "C") != 0);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_enable_altscreen(p->screen, 1);
	vterm_screen_reset(p->screen, 1);
}

static inline void pty_program(struct pty *p, const char *term, const char *lang,
			       int rows, int cols, const char *const *words)
{
	pty_exec(p, pty_program_path(), term, lang, rows, cols, words);
}

/* Types keys; the screen stands still when nothing came for a while. */
static inline void pty_keys(struct pty *p, const char *keys)
{
	pty_send(p, keys, strlen(keys));
	pty_read(p, .2, 3);
}

#endif
