/*
 * normal.h - a text as it is compared with others: two that say the same.
 */
#ifndef TUTTI_TEXT_NORMAL_H
#define TUTTI_TEXT_NORMAL_H

#include "base/str.h"

/*
 * Appends the text with runs of white space as one blank, none at the ends, and
 * A-Z as a-z.
 */
void text_normal(const char *s, size_t len, struct buf *out);

#endif
