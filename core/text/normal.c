/*
 * normal.c - texts that are the same but for blanks and the case of A-Z.
 */
#include "text/normal.h"

#include <stdbool.h>

#include "base/str.h"

void text_normal(const char *s, size_t len, struct buf *out)
{
	char *p;
	bool gap = false;

	buf_reserve(out, len + 1);
	p = out->s + out->len;
	for (size_t i = 0; i < len; i++) {
		if (char_is_space(s[i])) {
			gap = true;
			continue;
		}
		if (gap && p > out->s + out->len)
			*p++ = ' ';
		gap = false;
		*p++ = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 'a' - 'A') : s[i];
	}
	*p = '\0';
	out->len = (size_t)(p - out->s);
}
