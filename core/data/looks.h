/*
 * looks.h - files that hold no rows of text, told by their first bytes, each with
 * the line that makes one of it. Internal to the readers.
 */
#ifndef TUTTI_DATA_LOOKS_H
#define TUTTI_DATA_LOOKS_H

#include <stddef.h>

#include "base/status.h"

/* `p`: the first `n` bytes, some kB of them. ST_INVALID with a word, or ST_OK. */
enum status looks_check(const char *path, const char *p, size_t n, struct err *err);

#endif
