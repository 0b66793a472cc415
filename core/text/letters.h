/*
 * letters.h - texts in one form: canonically composed (NFC), and as the letters
 * that words are made of, in any script.
 */
#ifndef TUTTI_TEXT_LETTERS_H
#define TUTTI_TEXT_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Puts b's bytes from `from` on into NFC. Text that is no valid UTF-8 stays as
 * it is.
 */
void text_nfc(struct buf *b, size_t from);

/* What a character is to the words around it. */
enum letter {
	LETTER_NOT,   /* parts words */
	LETTER_PART,  /* a letter or digit */
	LETTER_MARK,  /* belongs to the letter before it */
	LETTER_ALONE, /* of a script written without blanks: a word of its own */
};
enum letter letter_of(uint32_t cp);

/* Scratch memory for one text after another. */
struct letters {
	int32_t *cp;
	size_t n, cap;
	struct buf bytes;
};
/*
 * The text's characters: NFC, case folded, without what shows nothing (soft
 * hyphens, joiners); a byte that is no UTF-8 is a space.
 */
void letters_read(struct letters *l, const char *text, size_t len);
void letters_release(struct letters *l);

#endif
