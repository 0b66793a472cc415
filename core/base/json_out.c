/*
 * json_out.c - writing JSON: valid whatever the strings hold.
 *
 * NULs and bytes that are no UTF-8 become U+FFFD, so that our own reader takes
 * the text back; other control characters, also DEL and C1, are escaped, so that
 * a line of JSON can be printed on a terminal. Numbers are the shortest text
 * that reads back as the same double.
 */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/json_scan.h"

void json_out_init(struct json_out *o, struct buf *b, int indent)
{
	*o = (struct json_out){ .b = b, .indent = indent, .first = true };
}

static void new_line(struct json_out *o)
{
	if (o->indent <= 0)
		return;
	buf_addc(o->b, '\n');
	for (int i = 0; i < o->depth * o->indent; i++)
		buf_addc(o->b, ' ');
}

static void put_control(struct buf *b, unsigned c)
{
	switch (c) {
	case '\n': buf_adds(b, "\\n"); break;
	case '\r': buf_adds(b, "\\r"); break;
	case '\t': buf_adds(b, "\\t"); break;
	case '\b': buf_adds(b, "\\b"); break;
	case '\f': buf_adds(b, "\\f"); break;
	default:   buf_addf(b, "\\u%04x", c);
	}
}

/* One character at p; returns its bytes. */
static size_t put_char(struct buf *b, const char *p, const char *end)
{
	size_t n = json_utf8_len(p, end);
	unsigned char c = (unsigned char)*p;

	if (!n || !c) {
		buf_adds(b, "\xef\xbf\xbd");
		return 1;
	}
	if (c == '"' || c == '\\') {
		buf_addc(b, '\\');
		buf_addc(b, (char)c);
	} else if (c < 0x20 || c == 0x7f) {
		put_control(b, c);
	} else if (c == 0xc2 && (unsigned char)p[1] < 0xa0) {
		put_control(b, (unsigned char)p[1]);
	} else {
		buf_add(b, p, n);
	}
	return n;
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_quoted(struct buf *b, const char *s, size_t n)
{
	const char *end = s + n;

	buf_addc(b, '"');
	while (s < end) {
		const char *from = s;

		while (s < end && is_plain(*s))
			s++;
		buf_add(b, from, (size_t)(s - from));
		if (s < end)
			s += put_char(b, s, end);
	}
	buf_addc(b, '"');
}

/* Comma, line and key: all that stands before a value. */
static void lead(struct json_out *o, const char *key)
{
	if (!o->first)
		buf_addc(o->b, ',');
	if (o->depth)
		new_line(o);
	o->first = false;
	if (key) {
		put_quoted(o->b, key, strlen(key));
		buf_adds(o->b, o->indent > 0 ? ": " : ":");
	}
}

void json_open(struct json_out *o, const char *key, char bracket)
{
	BUG_IF(bracket != '{' && bracket != '[');
	lead(o, key);
	buf_addc(o->b, bracket);
	o->depth++;
	o->first = true;
}

void json_event(struct json_out *o, struct buf *b, const char *event)
{
	json_out_init(o, b, 0);
	json_open(o, NULL, '{');
	json_put_int(o, "schema", 1);
	json_put_str(o, "event", event);
}

void json_close(struct json_out *o, char bracket)
{
	BUG_IF((bracket != '}' && bracket != ']') || o->depth == 0);
	o->depth--;
	if (!o->first)
		new_line(o);
	buf_addc(o->b, bracket);
	o->first = false;
}

void json_put_str(struct json_out *o, const char *key, const char *s)
{
	json_put_strn(o, key, s, strlen(s));
}

void json_put_strn(struct json_out *o, const char *key, const char *s, size_t n)
{
	lead(o, key);
	put_quoted(o->b, s, n);
}

void json_put_num(struct json_out *o, const char *key, double x)
{
	char text[32];

	if (!isfinite(x)) {
		json_put_null(o, key);
		return;
	}
	double_to_text(x, text);
	lead(o, key);
	buf_adds(o->b, text);
}

void json_put_int(struct json_out *o, const char *key, int64_t x)
{
	lead(o, key);
	buf_addf(o->b, "%lld", (long long)x);
}

void json_put_bool(struct json_out *o, const char *key, bool x)
{
	lead(o, key);
	buf_adds(o->b, x ? "true" : "false");
}

void json_put_null(struct json_out *o, const char *key)
{
	lead(o, key);
	buf_adds(o->b, "null");
}

/* The digits that were read, not what a double made of them. */
static void put_number(struct json_out *o, const char *key, const struct json *n)
{
	char text[JSON_DIGITS];

	json_number_text(n, text);
	lead(o, key);
	buf_adds(o->b, text);
}

/* At most JSON_DEPTH levels deep: documents are no deeper. */
void json_put_node(struct json_out *o, const char *key, const struct json *n)
{
	enum json_type t = json_type(n);

	switch (t) {
	case JSON_NULL:
		json_put_null(o, key);
		return;
	case JSON_BOOL:
		json_put_bool(o, key, json_bool(n));
		return;
	case JSON_NUMBER:
		put_number(o, key, n);
		return;
	case JSON_STRING:
		json_put_str(o, key, json_string(n));
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	json_open(o, key, t == JSON_OBJECT ? '{' : '[');
	for (const struct json *c = json_first(n); c; c = json_next(c))
		json_put_node(o, t == JSON_OBJECT ? json_key(c) : NULL, c);
	json_close(o, t == JSON_OBJECT ? '}' : ']');
}
