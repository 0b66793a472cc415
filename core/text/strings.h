/*
 * strings.h - many short byte strings in one block, and finding one among them.
 */
#ifndef TUTTI_TEXT_STRINGS_H
#define TUTTI_TEXT_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* String i is [at[i], at[i + 1] - 1) of the block; a NUL stands behind each. */
struct strings {
	struct buf block;
	uint32_t *at; /* n + 1 of them, once there is one */
	int n;
	size_t cap;
};
void strings_init(struct strings *l);
void strings_release(struct strings *l);
/* The block may hold 4 GB; callers bound what they read. */
void strings_add(struct strings *l, const char *s, size_t len);
const char *strings_at(const struct strings *l, int i);
size_t strings_len(const struct strings *l, int i);

/* Of numbers of a list, found by their bytes. The list stays the caller's. */
struct string_index {
	int32_t *slot; /* -1: empty */
	size_t mask;
};
/* With room for `most` strings. */
void string_index_init(struct string_index *x, int most);
void string_index_release(struct string_index *x);
/* False: a string of the same bytes is there already. */
bool string_index_add(struct string_index *x, const struct strings *l, int i);
/* The number of the string, or -1. */
int string_index_find(const struct string_index *x, const struct strings *l, const char *s,
		      size_t len);

#endif
