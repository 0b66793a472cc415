/*
 * source_list.c - one JSON list of rows, pretty-printed or not: its elements one
 * after another, never the whole of it in memory.
 *
 * Brackets and quotes are counted, no more: what is between two commas is a row for
 * the JSON door, good or bad. Where the list itself is out of order nobody knows
 * where the next row begins, and that is an error with the row's number and line.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "data/source_in.h"

/* How far into a value: of brackets, and within quotes. */
struct nesting {
	int64_t depth;
	bool quoted, escaped;
};

/* Moves on by n bytes. */
static void pass(struct lines *r, size_t n)
{
	const char *p = r->buf + r->begin;

	for (size_t i = 0; i < n; i++)
		r->lines += p[i] == r->term;
	r->begin += n;
}

/* The next byte that is no blank, not passed; ST_END when there is none. */
static enum status next_mark(struct lines *r, char *c, struct err *err)
{
	for (;;) {
		enum status st;
		size_t n = 0;

		while (r->begin + n < r->end && char_is_blank(r->buf[r->begin + n]))
			n++;
		pass(r, n);
		if (r->begin < r->end) {
			*c = r->buf[r->begin];
			return ST_OK;
		}
		st = lines_fill(r, err);
		if (st)
			return st;
	}
}

static enum status out_of_order(const struct source *s, const char *what, struct err *err)
{
	return err_set(err, ST_INVALID, "%s:%" PRIu64 ": %s row %" PRIu64 " of the JSON list",
		       s->r.path, s->r.lines + 1, what, s->n_listed);
}

/* Bytes of the value that are in the buffer; *ends: it ends behind them. */
static size_t value_length(struct nesting *t, const char *p, size_t n, bool *ends)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		bool stands_alone = !t->depth && !t->quoted;

		if (stands_alone && (c == ',' || c == ']' || char_is_blank(c))) {
			*ends = true;
			return i;
		}
		if (t->quoted) {
			t->quoted = t->escaped || c != '"';
			t->escaped = !t->escaped && c == '\\';
		} else {
			t->quoted = c == '"';
			t->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
			*ends = (c == '}' || c == ']') && t->depth <= 0;
		}
		if (*ends)
			return i + 1;
	}
	return n;
}

static enum status take_value(struct source *s, bool *too_long, struct err *err)
{
	struct lines *r = &s->r;
	struct nesting t = { 0 };
	bool ends = false;
	uint64_t line = r->lines;

	for (buf_clear(&s->element); !ends;) {
		const char *p = r->buf + r->begin;
		size_t n = value_length(&t, p, r->end - r->begin, &ends);
		enum status st;

		*too_long = *too_long || n > SOURCE_LINE_MAX - s->element.len;
		if (!*too_long)
			buf_add(&s->element, p, n);
		pass(r, n);
		if (ends)
			break;
		st = lines_fill(r, err);
		if (st == ST_END) {
			r->lines = line;
			return out_of_order(s, t.quoted ? "a quote without an end in" :
							  "no end of", err);
		}
		if (st)
			return st;
	}
	return ST_OK;
}

/* Behind the list nothing may stand. */
static enum status list_end(struct source *s, struct err *err)
{
	enum status st;
	char c;

	pass(&s->r, 1);
	st = next_mark(&s->r, &c, err);
	return st ? st : out_of_order(s, "more behind the end, which is after", err);
}

/* To the first byte of the next row; ST_END behind the last one. */
static enum status to_next(struct source *s, struct err *err)
{
	enum status st;
	char c = '\0';

	st = next_mark(&s->r, &c, err);
	if (!st && s->n_listed && c == ',') {
		pass(&s->r, 1);
		st = next_mark(&s->r, &c, err);
		if (!st && (c == ']' || c == ','))
			return out_of_order(s, "a ',' too many after", err);
	} else if (!st && c == ']') {
		return list_end(s, err);
	} else if (!st && s->n_listed) {
		return out_of_order(s, "neither ',' nor ']' after", err);
	}
	if (st == ST_END)
		return out_of_order(s, "cut short: no ']' after", err);
	return st;
}

enum status list_next(struct source *s, const char **p, size_t *n, uint64_t *line,
		      bool *too_long, struct err *err)
{
	enum status st = to_next(s, err);

	*too_long = false;
	if (st)
		return st;
	*line = s->r.lines + 1;
	s->n_listed++;
	st = take_value(s, too_long, err);
	*p = buf_str(&s->element);
	*n = *too_long ? 0 : s->element.len;
	return st;
}

enum status list_skip_to(struct source *s, uint64_t at, struct err *err)
{
	enum status st = ST_OK;

	while (!st && lines_at(&s->r) < at) {
		bool too_long;
		uint64_t line;
		const char *p;
		size_t n;

		st = list_next(s, &p, &n, &line, &too_long, err);
	}
	return st;
}
