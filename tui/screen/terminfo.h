/*
 * terminfo.h - strings of the terminal that terminfo has at hand (set_term or
 * setupterm), for terminal.c.
 */
#ifndef TUTTI_TUI_TERMINFO_H
#define TUTTI_TUI_TERMINFO_H

#include "base/str.h"

/* A string without its padding marks; nothing when the terminal has none. */
void terminfo_add(struct buf *b, const char *name);
/* What gives the terminal back, whatever state it is in. */
void terminfo_add_back(struct buf *b);

#endif
