/*
 * keep_row.h - a row of 0 and 1, with or without blanks and commas between.
 */
#ifndef TUTTI_TEXT_KEEP_ROW_H
#define TUTTI_TEXT_KEEP_ROW_H

#include <stdbool.h>
#include <stddef.h>

/* How many there are, of which the first n go into keep (NULL with n 0); -1: it is none. */
int keep_row_read(const char *s, size_t len, bool *keep, int n);

#endif
