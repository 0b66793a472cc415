/*
 * strings.c - a block of strings, and an open-addressing table over them.
 */
#include "text/strings.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void strings_init(struct strings *l)
{
	memset(l, 0, sizeof *l);
	buf_init(&l->block);
}

void strings_release(struct strings *l)
{
	buf_release(&l->block);
	xfree(l->at);
	strings_init(l);
}

void strings_add(struct strings *l, const char *s, size_t len)
{
	BUG_IF(l->block.len + len + 1 > UINT32_MAX);
	if (!l->n) {
		ARRAY_GROW(l->at, 0, l->cap);
		l->at[0] = 0;
	}
	buf_add(&l->block, s, len);
	buf_addc(&l->block, '\0');
	l->n++;
	ARRAY_GROW(l->at, l->n, l->cap);
	l->at[l->n] = (uint32_t)l->block.len;
}

const char *strings_at(const struct strings *l, int i)
{
	return l->block.s + l->at[i];
}

size_t strings_len(const struct strings *l, int i)
{
	return l->at[i + 1] - l->at[i] - 1;
}

void string_index_init(struct string_index *x, int most)
{
	size_t cap = 64;

	while (cap < (size_t)most * 2)
		cap *= 2;
	x->mask = cap - 1;
	x->slot = xreallocarray(NULL, cap, sizeof *x->slot);
	memset(x->slot, 0xff, cap * sizeof *x->slot);
}

void string_index_release(struct string_index *x)
{
	xfree(x->slot);
	x->slot = NULL;
}

/* Where these bytes are, or the empty slot where they would be. */
static int32_t *find_slot(const struct string_index *x, const struct strings *l,
			  const char *s, size_t len)
{
	size_t i = hash64_bytes(s, len) & x->mask;

	while (x->slot[i] >= 0 && (strings_len(l, x->slot[i]) != len ||
				   memcmp(strings_at(l, x->slot[i]), s, len)))
		i = (i + 1) & x->mask;
	return &x->slot[i];
}

bool string_index_add(struct string_index *x, const struct strings *l, int i)
{
	int32_t *slot = find_slot(x, l, strings_at(l, i), strings_len(l, i));

	if (*slot >= 0)
		return false;
	*slot = i;
	return true;
}

int string_index_find(const struct string_index *x, const struct strings *l, const char *s,
		      size_t len)
{
	return *find_slot(x, l, s, len);
}
