/*
 * fold.h - words for comparing: a text's words as the tokenizer reads them, so
 * that what a model wrote can be held against what it was given.
 */
#ifndef TUTTI_TEXT_FOLD_H
#define TUTTI_TEXT_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Appends a word in lower case, without combining marks, spaces, and punctuation
 * at its ends: "Café," gives "cafe". Punctuation alone gives nothing.
 */
void text_fold(struct buf *out, const char *word, size_t len);
/* A number that equal folded words share; 0: nothing was left. */
uint64_t text_fold_key(const char *word, size_t len);

#endif
