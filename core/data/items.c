/*
 * items.c - lines as items, by the rules that rows of data are read by.
 */
#include "data/items.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/lines.h"
#include "data/source.h"
#include "text/utf8.h"

void text_trim(const char **p, size_t *n)
{
	while (*n && char_is_blank((*p)[*n - 1]))
		--*n;
	for (; *n && char_is_blank(**p); --*n)
		++*p;
}

bool text_is_blank(const char *p, size_t n)
{
	text_trim(&p, &n);
	return !n;
}

static enum status add_item(struct items *t, const struct lines *r, const char *p,
			    size_t n, struct err *err)
{
	text_trim(&p, &n);
	if (memchr(p, '\0', n))
		return err_set(err, ST_INVALID, "%s:%" PRIu64 ": NUL byte", r->path,
			       r->lines);
	if (!utf8_valid(p, n))
		return err_set(err, ST_INVALID, "%s:%" PRIu64 ": invalid UTF-8", r->path,
			       r->lines);
	ARRAY_GROW(t->text, t->n, t->cap);
	t->text[t->n++] = xstrndup(p, n);
	return ST_OK;
}

enum status items_read(const char *path, struct items *out, struct err *err)
{
	struct lines r;
	enum status st;

	*out = (struct items){ .path = path };
	st = lines_open(&r, path, NULL, err);
	if (st)
		return st;
	while (!st) {
		bool too_long;
		const char *p;
		size_t n;

		st = lines_next(&r, &p, &n, &too_long, err);
		if (!st && too_long)
			st = err_set(err, ST_INVALID, "%s:%" PRIu64 ": row too long",
				     path, r.lines);
		else if (!st)
			st = add_item(out, &r, p, n, err);
	}
	lines_release(&r);
	return st == ST_END ? ST_OK : st;
}

void items_release(struct items *t)
{
	for (size_t i = 0; i < t->n; i++)
		xfree(t->text[i]);
	xfree(t->text);
	*t = (struct items){ 0 };
}
