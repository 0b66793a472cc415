/*
 * parts.h - a text in parts that a summary could be made of: turns or sentences.
 *
 * A turn begins with a name and a colon ("Anna Lee: hello"): up to three words of two
 * letters or more, each beginning with a capital. One turn alone is no dialogue.
 */
#ifndef TUTTI_TEXT_PARTS_H
#define TUTTI_TEXT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed from the text, without the blanks around it. */
struct text_part {
	const char *s;
	size_t len;
};
/* The turns, or else the sentences. Returns how many (at most cap). */
int text_parts(const char *text, size_t len, struct text_part *out, int cap);
/* The turns alone; 0: the text is no dialogue. */
int text_turns(const char *text, size_t len, struct text_part *out, int cap);

#endif
