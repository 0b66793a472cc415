/*
 * items.h - one item a line: references and predictions, read as data is.
 *
 * Lines end with LF, CR LF or (where there is no LF) CR; a BOM and blanks at
 * both ends of a line are no part of its item. A blank line is an empty item, so
 * that items keep their numbers. What an item means (a label, a number, JSON) is
 * for the caller. Memory: the file's text, once.
 */
#ifndef TUTTI_DATA_ITEMS_H
#define TUTTI_DATA_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct items {
	const char *path;  /* borrowed from items_read's caller */
	size_t n, cap;
	char **text;       /* [n], each terminated, line i + 1 of the file */
};

/*
 * All items of a file. ST_INVALID: no UTF-8 text (file and line, or what it
 * looks like), a line beyond SOURCE_LINE_MAX, an empty file; ST_NOT_FOUND, ST_IO.
 * `out` is released by items_release also when it failed.
 */
enum status items_read(const char *path, struct items *out, struct err *err);
void items_release(struct items *t);

/* Takes blanks, tabs and line ends off both ends: labels, numbers, names, items. */
void text_trim(const char **p, size_t *n);
bool text_is_blank(const char *p, size_t n); /* nothing is left then */

#endif
