/*
 * theme.c - dark or light.
 */
#include "theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char theme_question[] = "\033]11;?\033\\";

static const char *const names[] = {"auto", "dark", "light"};

const char *theme_name(enum theme t)
{
	return names[t];
}

bool theme_parse(const char *word, enum theme *out)
{
	for (int i = 0; i < 3; i++)
		if (str_eq(word, names[i])) {
			*out = (enum theme)i;
			return true;
		}
	return false;
}

/* rxvt and Konsole say "15;0" or "0;default;15": the last is what lies behind. */
static enum theme from_colorfgbg(const char *s)
{
	const char *last = s ? strrchr(s, ';') : NULL;
	char *end;
	long n;

	if (!last)
		return THEME_AUTO;
	n = strtol(last + 1, &end, 10);
	if (end == last + 1 || *end || n < 0 || n > 15)
		return THEME_AUTO;
	return n == 7 || n >= 9 ? THEME_LIGHT : THEME_DARK;
}

enum theme theme_wish(const char *option)
{
	const char *word = option ? option : getenv("TUTTI_THEME");
	enum theme t = THEME_AUTO;

	if (word && *word && theme_parse(word, &t) && t != THEME_AUTO)
		return t;
	return from_colorfgbg(getenv("COLORFGBG"));
}

bool theme_answer(const char *s, size_t n, enum theme *out)
{
	static const double part[] = {.2126, .7152, .0722};
	char text[40], *at = text, *end;
	double sum = 0;

	if (n >= sizeof text || n < 4)
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	if (!str_starts(text, "rgb:"))
		return false;
	at += 4;
	for (int k = 0; k < 3; k++) {
		long v = strtol(at, &end, 16), full = (1L << 4 * (end - at)) - 1;

		if (end == at || end - at > 4 || v < 0 || *end != (k < 2 ? '/' : '\0'))
			return false;
		sum += part[k] * (double)v / (double)full;
		at = end + 1;
	}
	*out = sum > .5 ? THEME_LIGHT : THEME_DARK;
	return true;
}

static bool is_one_of(const char *term, const char *const *list)
{
	for (; *list; list++)
		if (!strncmp(term, *list, strlen(*list)))
			return true;
	return false;
}

bool may_ask_mode(const char *term)
{
	static const char *const known[] = {"xterm", "tmux",	"screen",  "foot",
					    "wezterm", "kitty", "contour", "ghostty",
					    "alacritty", NULL};

	return is_one_of(term, known);
}

/* Fewer: an old multiplexer may show the question instead. */
bool may_ask_colour(const char *term)
{
	static const char *const known[] = {"xterm", "tmux",    "foot",      "wezterm",
					    "kitty", "contour", "alacritty", "ghostty",
					    "rxvt-unicode", NULL};

	return is_one_of(term, known);
}
