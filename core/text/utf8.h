/*
 * utf8.h - UTF-8 checked and made harmless.
 */
#ifndef TUTTI_TEXT_UTF8_H
#define TUTTI_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

bool utf8_valid(const char *s, size_t len);
/*
 * Decodes one code point at s (len > 0 bytes left): returns its bytes, or 0
 * and *cp = the bad byte when it is no valid UTF-8.
 */
int utf8_next(const char *s, size_t len, uint32_t *cp);
int utf8_put(uint32_t cp, char out[4]); /* returns bytes */

/*
 * Appends `text` with every foreign byte made visible, one line (RELIABILITY
 * I6, UX 6): C0, C1, DEL, bidi controls, all that shows nothing (zero-width,
 * variation selectors, tags, fillers), unassigned and private code points as
 * <U+202E>, ESC as <ESC>, invalid bytes as <FF>; tab, newline and CR LF as one
 * space; at most two combining marks on a base, further ones and those without
 * a base by number too. Doing it twice changes nothing more. This is the only
 * door from foreign text to the screen.
 */
void text_sanitize(struct buf *out, const char *text, size_t len);
/*
 * Columns of the sanitized UTF-8 text on a terminal (East Asian wide = 2), as
 * wcwidth() of a UTF-8 locale has them. Works in any locale.
 */
int text_columns(const char *s, size_t len);
/* Bytes of the longest prefix that fits in `cols` columns. */
size_t text_fit(const char *s, size_t len, int cols);

#endif
