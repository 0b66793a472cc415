/*
 * restore.h - the terminal as it was, from anywhere: what terminal.c prepares and
 * signal handlers use. Everything here is async-signal-safe but restore_arm.
 */
#ifndef TUTTI_TUI_RESTORE_H
#define TUTTI_TUI_RESTORE_H

#include <stddef.h>
#include <termios.h>

void restore_arm(int out_fd, int in_fd, const char *bytes, size_t n,
		 const struct termios *saved);
void restore_disarm(void);
void restore_now(void); /* may be called again */

#endif
