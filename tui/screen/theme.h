/*
 * theme.h - dark or light: what the person wishes, what the terminal says.
 */
#ifndef TUTTI_TUI_THEME_H
#define TUTTI_TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>

/* THEME_AUTO: the terminal is asked where that does no harm, else dark. */
enum theme { THEME_AUTO, THEME_DARK, THEME_LIGHT };

/* "auto", "dark", "light"; false: another word. */
const char *theme_name(enum theme t);
bool theme_parse(const char *word, enum theme *out);
/* --theme (NULL: not given), else $TUTTI_THEME, else $COLORFGBG, else THEME_AUTO. */
enum theme theme_wish(const char *option);
/* The answer to theme_question, "rgb:ffff/ffff/dddd"; false: it is none. */
bool theme_answer(const char *s, size_t n, enum theme *out);
extern const char theme_question[];

/* A terminal of this name leaves unknown questions alone (no others are asked). */
bool may_ask_mode(const char *term);
bool may_ask_colour(const char *term);

#endif
