/*
 * lines.c - reading a foreign file piece by piece.
 */
#include "data/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/looks.h"
#include "data/plain.h"
#include "data/source.h"

enum { PIECE = 1 << 16, BUFFER_MIN = 1 << 17, BUFFER_MAX = SOURCE_LINE_MAX + PIECE };

static enum status fail(const struct lines *r, const char *what, struct err *err)
{
	int code = errno;

	err_sys(err, "cannot %s '%s'", what, r->path);
	return code == ENOENT ? ST_NOT_FOUND : ST_IO;
}


/* --- opening --- */

static enum status open_text(struct lines *r, struct progress *pg, struct err *err)
{
	struct plain text;
	enum status st = plain_open(r->path, pg, &text, err);

	r->fd = text.fd;
	r->base = text.at;
	r->size = text.size;
	r->is_folder = text.is_folder;
	if (!st && !r->size)
		st = err_set(err, ST_INVALID, "no rows: '%s' is empty", r->path);
	return st;
}

static enum status look_at_start(struct lines *r, struct err *err)
{
	enum status st = lines_fill(r, err);

	if (!st)
		st = looks_check(r->path, r->buf, r->end, err);
	if (st)
		return st;
	if (r->end >= 3 && !memcmp(r->buf, "\xef\xbb\xbf", 3))
		r->start = r->begin = 3;
	if (!memchr(r->buf, '\n', r->end) && memchr(r->buf, '\r', r->end))
		r->term = '\r';
	if (r->start == r->size)
		return err_set(err, ST_INVALID, "no rows: '%s' is empty", r->path);
	return ST_OK;
}

enum status lines_open(struct lines *r, const char *path, struct progress *pg,
			struct err *err)
{
	enum status st;

	*r = (struct lines){ .fd = -1, .term = '\n' };
	r->path = xstrdup(path);
	r->cap = BUFFER_MIN;
	r->buf = xmalloc(r->cap);
	r->hasher = hasher_new();
	st = open_text(r, pg, err);
	if (!st)
		st = look_at_start(r, err);
	if (st)
		lines_release(r);
	return st;
}

void lines_release(struct lines *r)
{
	if (r->fd >= 0)
		close(r->fd);
	if (r->hasher)
		hasher_end(r->hasher);
	xfree(r->buf);
	xfree(r->path);
	*r = (struct lines){ .fd = -1 };
}

/* --- bytes --- */

static void make_room(struct lines *r)
{
	if (r->cap - r->end >= PIECE)
		return;
	if (r->begin) {
		memmove(r->buf, r->buf + r->begin, r->end - r->begin);
		r->buf_at += r->begin;
		r->end -= r->begin;
		r->begin = 0;
	}
	if (r->cap - r->end < PIECE && r->cap < BUFFER_MAX) {
		r->cap = r->cap * 2 < BUFFER_MAX ? r->cap * 2 : BUFFER_MAX;
		r->buf = xrealloc(r->buf, r->cap);
	}
	BUG_IF(r->cap == r->end);
}

static void add_to_hash(struct lines *r, uint64_t at, const char *p, size_t n)
{
	if (at > r->hashed || at + n <= r->hashed)
		return;
	hasher_add(r->hasher, p + (r->hashed - at), (size_t)(at + n - r->hashed));
	r->hashed = at + n;
}

enum status lines_fill(struct lines *r, struct err *err)
{
	uint64_t at = r->buf_at + r->end;
	size_t want = PIECE;
	ssize_t n;

	if (at >= r->size)
		return ST_END;
	if (progress_tick(r->pg, lines_at(r)))
		return err_set(err, ST_STOPPED, "stopped reading '%s'", r->path);
	make_room(r);
	if (want > r->cap - r->end)
		want = r->cap - r->end;
	if (want > r->size - at)
		want = (size_t)(r->size - at);
	do
		n = pread(r->fd, r->buf + r->end, want, (off_t)(r->base + at));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(r, "read", err);
	if (n == 0)
		return err_set(err, ST_IO, "became shorter while it was read: '%s'",
			       r->path);
	add_to_hash(r, at, r->buf + r->end, (size_t)n);
	r->end += (size_t)n;
	return ST_OK;
}

uint64_t lines_at(const struct lines *r)
{
	return r->buf_at + r->begin;
}

void lines_seek(struct lines *r, uint64_t at, uint64_t lines)
{
	if (at >= r->buf_at && at <= r->buf_at + r->end) {
		r->begin = (size_t)(at - r->buf_at);
	} else {
		r->buf_at = at;
		r->begin = r->end = 0;
	}
	r->lines = lines;
}

void lines_start_here(struct lines *r)
{
	r->start = lines_at(r);
	r->start_lines = r->lines;
}

void lines_rewind(struct lines *r)
{
	lines_seek(r, r->start, r->start_lines);
}

struct hash lines_hash(struct lines *r)
{
	struct hash h;

	BUG_IF(!r->hasher || r->hashed != r->size);
	h = hasher_end(r->hasher);
	r->hasher = NULL;
	return h;
}

/* --- lines --- */

enum status lines_skip_line(struct lines *r, struct err *err)
{
	bool any = false;

	for (;;) {
		size_t n = r->end - r->begin;
		const char *p = memchr(r->buf + r->begin, r->term, n);
		enum status st;

		if (p) {
			r->begin = (size_t)(p - r->buf) + 1;
			r->lines++;
			return ST_OK;
		}
		any = any || n;
		r->begin = r->end;
		st = lines_fill(r, err);
		if (st)
			return st == ST_END && any ? ST_OK : st;
	}
}

/* Takes n bytes and `end` bytes of line end as the line. */
static void take_line(struct lines *r, const char **p, size_t *n, size_t end)
{
	*p = r->buf + r->begin;
	r->begin += *n + end;
	r->lines++;
	if (r->term == '\n' && *n && (*p)[*n - 1] == '\r')
		--*n;
}

enum status lines_next(struct lines *r, const char **p, size_t *n,
			bool *too_long, struct err *err)
{
	size_t seen = 0;

	*p = "";
	*n = 0;
	*too_long = false;
	for (;;) {
		size_t have = r->end - r->begin;
		const char *from = r->buf + r->begin;
		const char *hit = memchr(from + seen, r->term, have - seen);
		enum status st;

		if (hit && hit - from <= SOURCE_LINE_MAX) {
			*n = (size_t)(hit - from);
			take_line(r, p, n, 1);
			return ST_OK;
		}
		if (hit || have > SOURCE_LINE_MAX) {
			*too_long = true;
			return lines_skip_line(r, err);
		}
		seen = have;
		st = lines_fill(r, err);
		if (st == ST_END && have) {
			*n = have;
			take_line(r, p, n, 0);
			return ST_OK;
		}
		if (st)
			return st;
	}
}
