/*
 * recognise.h - the language a terminal may be sent, as a recogniser: characters
 * that show something and take a known number of columns, and the control
 * sequences of ncurses and of terminal.c, each by name. Whatever else comes -
 * a title, a clipboard, an answer-back, a bidi mark - did not come from us.
 */
#ifndef TUTTI_TESTS_RECOGNISE_H
#define TUTTI_TESTS_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "text/utf8.h"

/* Is `cp` what the sanitizer would let pass by itself? */
static inline bool is_harmless(uint32_t cp)
{
	char bytes[8];
	struct buf b;
	bool same;
	int n;

	if (cp < 0x20 || cp == 0x7f)
		return false;
	if (cp < 0x7f)
		return true;
	bytes[0] = 'a'; /* combining marks want a base */
	n = 1 + utf8_put(cp, bytes + 1);
	buf_init(&b);
	text_sanitize(&b, bytes, (size_t)n);
	same = b.len == (size_t)n && !memcmp(b.s, bytes, (size_t)n);
	buf_release(&b);
	return same;
}

/* The final bytes of CSI sequences that ncurses sends with plain numbers. */
static inline bool is_known_csi(const char *body, size_t n)
{
	static const char *const whole[] = {
		/* modes: cursor keys, blink, cursor, alternate screen, paste, sync */
		"?1h", "?1l", "?7h", "?7l", "?12l", "?12h", "?25h", "?25l", "?12;25h",
		"?1049h", "?1049l", "?47h", "?47l", "?1047h", "?1047l", "?1048h",
		"?1048l", "?2004h", "?2004l", "?2026h", "?2026l", "?2026$p",
		/* mouse: buttons, drags, decimal coordinates */
		"?1000h", "?1000l", "?1002h", "?1002l", "?1006h", "?1006l",
		/* what terminfo has for cursor and start on some terminals */
		"?0c", "?1c", "?8c", "?5l", "?3;4l", "?3l", "?4l", "!p", "4l", "34h",
		"34l", "22;0;0t", "23;0;0t", "?1;1000h"};
	char final = body[n - 1];

	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		if (strlen(whole[i]) == n && !memcmp(whole[i], body, n))
			return true;
	for (size_t i = 0; i + 1 < n; i++)
		if ((body[i] < '0' || body[i] > '9') && body[i] != ';' &&
		    body[i] != ':')
			return false;
	return strchr("ABCDGHJKLMPSTX@bdfmr", final) != NULL;
}

/* Bytes of the escape sequence at s, 0: not one of ours. */
static inline size_t known_escape(const char *s, size_t n)
{
	static const char *const two[] = {"7", "8", "=", ">", "M", "H", "(B", "(0",
					  ")0", ")B", "c"};

	if (n > 1 && s[1] == '[') {
		size_t i = 2;

		while (i < n && i < 40 && (unsigned char)s[i] < 0x40 && s[i] >= 0x20)
			i++;
		return i < n && is_known_csi(s + 2, i - 1) ? i + 1 : 0;
	}
	if (n >= 8 && !memcmp(s + 1, "]11;?\033\\", 7))
		return 8; /* which colour is behind? */
	for (size_t i = 0; i < sizeof two / sizeof *two; i++)
		if (n > strlen(two[i]) && !memcmp(s + 1, two[i], strlen(two[i])))
			return 1 + strlen(two[i]);
	return 0;
}

/* The first byte that is not of the language, or -1; `why` says what it is. */
static inline long recognise(const char *s, size_t n, bool utf8, char why[96])
{
	for (size_t i = 0; i < n;) {
		unsigned char ch = (unsigned char)s[i];
		size_t took = 1;
		uint32_t cp;

		if (ch == 27) {
			took = known_escape(s + i, n - i);
		} else if (ch >= 0x80) {
			took = utf8 ? (size_t)utf8_next(s + i, n - i, &cp) : 0;
			if (took && !is_harmless(cp))
				took = 0;
		} else if (ch < 0x20 || ch == 0x7f) {
			took = memchr("\r\n\b\t\016\017", ch, 6) != NULL;
		}
		if (!took) {
			size_t w = 0;

			for (size_t k = i; k < n && k < i + 16; k++)
				w += (size_t)snprintf(why + w, 96 - w, "%02x ",
						      (unsigned char)s[k]);
			return (long)i;
		}
		i += took;
	}
	return -1;
}

#endif
