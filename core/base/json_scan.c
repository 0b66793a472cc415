/*
 * json_scan.c - one pass over JSON text that accepts exactly what we allow.
 *
 * cJSON by itself takes duplicate keys, NULs, control characters, invalid
 * UTF-8, "01" and a thousand levels; all that is refused here, with the place.
 * Objects of up to FEW keys are checked for duplicates as they are read, by
 * hashes kept on the stack; larger ones are sorted when they close (json_key.c
 * compares).
 */
#include "base/json_scan.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

enum {
	FEW = 16,
	STACK_KEYS = 128,
	NUMBER_MAX = 62, /* what cJSON's number buffer holds; below JSON_DIGITS */
};

struct scan {
	const char *begin, *p, *end, *where;
	struct err *err;
	struct json_scan_key stack[STACK_KEYS];
	struct json_scan_key *keys; /* of all open objects, innermost last */
	size_t n, cap;
};

/* Line and column are counted only when there is an error to tell. */
static enum status fail(struct scan *s, const char *at, const char *cause)
{
	size_t line = 1, column = 1;

	for (const char *p = s->begin; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_set(s->err, ST_INVALID, "%s:%zu:%zu: %s", s->where, line,
		       column, cause);
}

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The well-formed sequences of the Unicode standard, table 3-7. */
size_t json_utf8_len(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t left = (size_t)(end - p);

	if (left < 1)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || left < 2 || !is_tail(u[1]))
		return 0;
	if (u[0] < 0xe0)
		return 2;
	if (left < 3 || !is_tail(u[2]))
		return 0;
	if (u[0] < 0xf0) {
		if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f))
			return 0;
		return 3;
	}
	if (u[0] > 0xf4 || left < 4 || !is_tail(u[3]))
		return 0;
	if ((u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return 4;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At "\u": checks the escape and moves past it, and past a pair's second half. */
static enum status scan_unicode(struct scan *s)
{
	const char *at = s->p;
	int32_t x = json_hex4(at + 2, s->end), y;

	if (x < 0)
		return fail(s, at, "\\u needs four hexadecimal digits");
	if (x == 0)
		return fail(s, at, "NUL character in a string");
	s->p = at + 6;
	if (x < 0xd800 || x > 0xdfff)
		return ST_OK;
	if (x > 0xdbff || s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
		return fail(s, at, "half of a surrogate pair");
	y = json_hex4(s->p + 2, s->end);
	if (y < 0xdc00 || y > 0xdfff)
		return fail(s, at, "half of a surrogate pair");
	s->p += 6;
	return ST_OK;
}

static enum status scan_escape(struct scan *s)
{
	if (s->end - s->p < 2)
		return fail(s, s->p, "string without an end");
	switch (s->p[1]) {
	case '"': case '\\': case '/': case 'b':
	case 'f': case 'n': case 'r': case 't':
		s->p += 2;
		return ST_OK;
	case 'u':
		return scan_unicode(s);
	default:
		return fail(s, s->p, "unknown escape in a string");
	}
}

static enum status scan_bad_byte(struct scan *s, const char *start)
{
	if (s->p >= s->end)
		return fail(s, start, "string without an end");
	if (*s->p == '\0')
		return fail(s, s->p, "NUL character in a string");
	if ((unsigned char)*s->p < 0x20)
		return fail(s, s->p, "control character in a string");
	return fail(s, s->p, "invalid UTF-8");
}

static bool is_plain(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x20 && u < 0x80 && u != '"' && u != '\\';
}

/* At the opening quote; leaves after the closing one. */
static enum status scan_string(struct scan *s)
{
	const char *start = s->p++;

	for (;;) {
		size_t n;

		while (s->p < s->end && is_plain(*s->p))
			s->p++;
		if (s->p < s->end && *s->p == '"') {
			s->p++;
			return ST_OK;
		}
		if (s->p < s->end && *s->p == '\\') {
			enum status st = scan_escape(s);

			if (st)
				return st;
			continue;
		}
		n = json_utf8_len(s->p, s->end);
		if (n < 2)
			return scan_bad_byte(s, start);
		s->p += n;
	}
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' ||
				 *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

static bool skip_digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return s->p > from;
}

static bool skip_char(struct scan *s, char c)
{
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* The grammar of RFC 8259, section 6; the text is left for scan_number. */
static bool skip_number(struct scan *s)
{
	skip_char(s, '-');
	if (!skip_char(s, '0') && !skip_digits(s))
		return false;
	if (skip_char(s, '.') && !skip_digits(s))
		return false;
	if (skip_char(s, 'e') || skip_char(s, 'E')) {
		if (!skip_char(s, '-'))
			skip_char(s, '+');
		return skip_digits(s);
	}
	return true;
}

static bool ends_token(const struct scan *s)
{
	return s->p >= s->end || strchr(" \t\r\n,]}:", *s->p);
}

/* "'NaN' is not a JSON value": the word that stands there, where one does. */
static enum status fail_value(struct scan *s, const char *at)
{
	const char *p = at + (*at == '-');
	char cause[48];
	int n;

	while (p < s->end && p - at < 16 && ((*p | 32) >= 'a' && (*p | 32) <= 'z'))
		p++;
	n = (int)(p - at);
	if (n - (*at == '-') < 1)
		return fail(s, at, "not a JSON value");
	str_format(cause, sizeof cause, "'%.*s' is not a JSON value", n, at);
	return fail(s, at, cause);
}

static enum status scan_number(struct scan *s)
{
	const char *start = s->p;
	size_t n;

	if (*start == '-' && start + 1 < s->end &&
	    ((start[1] | 32) == 'i' || (start[1] | 32) == 'n'))
		return fail_value(s, start); /* -Infinity, -NaN */
	if (!skip_number(s) || !ends_token(s))
		return fail(s, start, "not a JSON number");
	n = (size_t)(s->p - start);
	if (n > NUMBER_MAX)
		return fail(s, start, "number with too many digits");
	if (memchr(start, 'e', n) || memchr(start, 'E', n)) {
		char text[NUMBER_MAX + 1];

		memcpy(text, start, n);
		text[n] = '\0';
		if (!isfinite(strtod(text, NULL)))
			return fail(s, start, "number out of range");
	}
	return ST_OK;
}

static enum status scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return fail_value(s, s->p);
	s->p += n;
	return ends_token(s) ? ST_OK : fail_value(s, s->p - n);
}

static enum status fail_duplicate(struct scan *s, const char *p)
{
	char name[48], cause[80];

	json_key_text(p, name, sizeof name);
	str_format(cause, sizeof cause, "key '%s' comes twice", name);
	return fail(s, p - 1, cause);
}

static void push_key(struct scan *s, struct json_scan_key k)
{
	if (s->n == s->cap) {
		struct json_scan_key *more;

		more = xreallocarray(NULL, s->cap * 2, sizeof *more);
		memcpy(more, s->keys, s->n * sizeof *more);
		if (s->keys != s->stack)
			xfree(s->keys);
		s->keys = more;
		s->cap *= 2;
	}
	s->keys[s->n++] = k;
}

/* `base`: where the keys of the innermost object begin. */
static enum status add_key(struct scan *s, size_t base, const char *p)
{
	struct json_scan_key k = { json_key_hash(p), p };

	if (s->n - base < FEW)
		for (size_t i = base; i < s->n; i++)
			if (json_key_compare(&s->keys[i], &k) == 0)
				return fail_duplicate(s, p);
	push_key(s, k);
	return ST_OK;
}

static enum status close_keys(struct scan *s, size_t base)
{
	const char *first = NULL;
	size_t n = s->n - base;
	struct json_scan_key *k = s->keys + base;

	if (n > FEW) {
		qsort(k, n, sizeof *k, json_key_order);
		for (size_t i = 1; i < n; i++)
			if (json_key_compare(&k[i - 1], &k[i]) == 0 &&
			    (!first || k[i].p < first))
				first = k[i].p;
	}
	s->n = base;
	return first ? fail_duplicate(s, first) : ST_OK;
}

static enum status scan_value(struct scan *s, int depth);

static enum status scan_member(struct scan *s, size_t base, int depth)
{
	const char *key;
	enum status st;

	if (s->p >= s->end || *s->p != '"')
		return fail(s, s->p, "a key in quotes is missing");
	key = s->p + 1;
	st = scan_string(s);
	if (!st)
		st = add_key(s, base, key);
	if (st)
		return st;
	skip_space(s);
	if (!skip_char(s, ':'))
		return fail(s, s->p, "':' is missing after a key");
	skip_space(s);
	return scan_value(s, depth);
}

/* After the opening bracket. */
static enum status scan_list(struct scan *s, char close, int depth)
{
	const char *cause = close == '}' ? "',' or '}' is missing"
					 : "',' or ']' is missing";
	size_t base = s->n;

	skip_space(s);
	if (skip_char(s, close))
		return ST_OK;
	for (;;) {
		enum status st;

		skip_space(s);
		st = close == '}' ? scan_member(s, base, depth)
				  : scan_value(s, depth);
		if (st)
			return st;
		skip_space(s);
		if (skip_char(s, close))
			return close_keys(s, base);
		if (!skip_char(s, ','))
			return fail(s, s->p, cause);
	}
}

static enum status scan_value(struct scan *s, int depth)
{
	char c;

	if (s->p >= s->end)
		return fail(s, s->p, "the text ends where a value should be");
	c = *s->p;
	switch (c) {
	case '{':
	case '[':
		if (depth == JSON_DEPTH)
			return fail(s, s->p, "nested deeper than 16 levels");
		s->p++;
		return scan_list(s, c == '{' ? '}' : ']', depth + 1);
	case '"': return scan_string(s);
	case 't': return scan_word(s, "true");
	case 'f': return scan_word(s, "false");
	case 'n': return scan_word(s, "null");
	default:
		if (c == '-' || is_digit(c))
			return scan_number(s);
		return c ? fail_value(s, s->p) : fail(s, s->p, "NUL character");
	}
}

enum status json_scan(const char *text, size_t len, const char *where,
		      struct err *err)
{
	struct scan s;
	enum status st;

	s.begin = s.p = text;
	s.end = text + len;
	s.where = where;
	s.err = err;
	s.keys = s.stack;
	s.n = 0;
	s.cap = STACK_KEYS;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail(&s, text, "byte order mark before the JSON");
	skip_space(&s);
	if (s.p == s.end)
		return fail(&s, s.p, "no JSON here, only white space");
	st = scan_value(&s, 0);
	skip_space(&s);
	if (!st && s.p < s.end)
		st = fail(&s, s.p, "more text after the JSON value");
	if (s.keys != s.stack)
		xfree(s.keys);
	return st;
}
