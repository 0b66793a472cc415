/*
 * json_scan.c - one pass over JSON text that accepts exactly what we allow.
 *
 * cJSON by itself takes duplicate keys, NULs, control characters, invalid
 * UTF-8, "01" and a thousand levels; all that is refused here, with the place.
 * Objects of up to FEW keys are checked for duplicates as they are read, by
 * hashes kept on the stack; larger ones are sorted when they close. Keys
 * compare by what they mean: "a" and "\u0061" are the same.
 */
#include "base/json_scan.h"

#include <errno.h>
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
	NUMBER_MAX = 62, /* what cJSON's number buffer holds */
};

struct key {
	uint64_t hash;
	const char *p; /* after the opening quote */
};

struct scan {
	const char *begin, *p, *end, *where;
	struct err *err;
	struct key stack[STACK_KEYS];
	struct key *keys; /* of all open objects, innermost last */
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

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits after "\u"; -1 when they are none. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t x = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = hex_value(p[i]);

		if (d < 0)
			return -1;
		x = x << 4 | d;
	}
	return x;
}

/* At "\u": checks the escape and moves past it, and past a pair's second half. */
static enum status scan_unicode(struct scan *s)
{
	const char *at = s->p;
	int32_t x = hex4(at + 2, s->end), y;

	if (x < 0)
		return fail(s, at, "\\u needs four hexadecimal digits");
	if (x == 0)
		return fail(s, at, "NUL character in a string");
	s->p = at + 6;
	if (x < 0xd800 || x > 0xdfff)
		return ST_OK;
	if (x > 0xdbff || s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
		return fail(s, at, "half of a surrogate pair");
	y = hex4(s->p + 2, s->end);
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

static enum status scan_number(struct scan *s)
{
	const char *start = s->p;
	size_t n;

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
		return fail(s, s->p, "not a JSON value");
	s->p += n;
	return ends_token(s) ? ST_OK : fail(s, s->p - n, "not a JSON value");
}

/*
 * The next byte a checked string stands for, -1 at its closing quote. `pending`
 * holds the rest of an escape's UTF-8, last byte lowest used first.
 */
struct key_reader {
	const char *p;
	unsigned char pending[4];
	int n;
};

static void put_utf8(struct key_reader *k, uint32_t c)
{
	k->n = 0;
	if (c < 0x80) {
		k->pending[k->n++] = (unsigned char)c;
		return;
	}
	k->pending[k->n++] = (unsigned char)(0x80 | (c & 0x3f));
	if (c >= 0x800)
		k->pending[k->n++] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	if (c >= 0x10000)
		k->pending[k->n++] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	if (c < 0x800)
		k->pending[k->n++] = (unsigned char)(0xc0 | c >> 6);
	else if (c < 0x10000)
		k->pending[k->n++] = (unsigned char)(0xe0 | c >> 12);
	else
		k->pending[k->n++] = (unsigned char)(0xf0 | c >> 18);
}

static int escaped_byte(struct key_reader *k)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char c = k->p[1];
	const char *hit;
	uint32_t x;

	if (c != 'u') {
		k->p += 2;
		hit = strchr(from, c);
		return hit ? to[hit - from] : c;
	}
	x = (uint32_t)hex4(k->p + 2, k->p + 6);
	k->p += 6;
	if (x >= 0xd800 && x <= 0xdbff) {
		uint32_t y = (uint32_t)hex4(k->p + 2, k->p + 6);

		x = 0x10000 + ((x - 0xd800) << 10) + (y - 0xdc00);
		k->p += 6;
	}
	put_utf8(k, x);
	return k->pending[--k->n];
}

static int key_byte(struct key_reader *k)
{
	if (k->n)
		return k->pending[--k->n];
	if (*k->p == '"')
		return -1;
	if (*k->p == '\\')
		return escaped_byte(k);
	return (unsigned char)*k->p++;
}

static uint64_t key_hash(const char *p)
{
	struct key_reader k = { .p = p };
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a; a hit is compared in full */
	int c;

	while ((c = key_byte(&k)) >= 0)
		h = (h ^ (uint64_t)c) * 0x100000001b3u;
	return h;
}

static int key_compare(const struct key *a, const struct key *b)
{
	struct key_reader x = { .p = a->p }, y = { .p = b->p };
	int c, d;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	do {
		c = key_byte(&x);
		d = key_byte(&y);
	} while (c == d && c >= 0);
	return c - d;
}

/* Same keys stand side by side, the earlier one first. */
static int key_order(const void *va, const void *vb)
{
	const struct key *a = va, *b = vb;
	int order = key_compare(a, b);

	return order ? order : (a->p > b->p) - (a->p < b->p);
}

static enum status fail_duplicate(struct scan *s, const char *p)
{
	struct key_reader k = { .p = p };
	char name[48], cause[80];
	size_t n = 0;
	int c;

	while ((c = key_byte(&k)) >= 0 && n < sizeof name - 4)
		name[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	if (c >= 0) {
		while (n && is_tail((unsigned char)name[n - 1]))
			n--;
		if (n && (unsigned char)name[n - 1] >= 0xc0)
			n--;
		memcpy(name + n, "...", 3);
		n += 3;
	}
	name[n] = '\0';
	str_format(cause, sizeof cause, "duplicate key '%s'", name);
	return fail(s, p - 1, cause);
}

static void push_key(struct scan *s, struct key k)
{
	if (s->n == s->cap) {
		struct key *more = xreallocarray(NULL, s->cap * 2, sizeof *more);

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
	struct key k = { key_hash(p), p };

	if (s->n - base < FEW)
		for (size_t i = base; i < s->n; i++)
			if (key_compare(&s->keys[i], &k) == 0)
				return fail_duplicate(s, p);
	push_key(s, k);
	return ST_OK;
}

static enum status close_keys(struct scan *s, size_t base)
{
	const char *first = NULL;
	size_t n = s->n - base;
	struct key *k = s->keys + base;

	if (n > FEW) {
		qsort(k, n, sizeof *k, key_order);
		for (size_t i = 1; i < n; i++)
			if (key_compare(&k[i - 1], &k[i]) == 0 &&
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
		return fail(s, s->p, c ? "not a JSON value" : "NUL character");
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
