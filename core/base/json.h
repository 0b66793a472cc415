/*
 * json.h - the one door to JSON: strict reading (cJSON behind a pre-scan of
 * ours) and exact writing (our own writer).
 *
 * Reading refuses, with line and column: invalid UTF-8, NUL, duplicate keys,
 * depth beyond JSON_DEPTH, trailing bytes, numbers that are no JSON numbers.
 * Keys are compared with their case. A node is borrowed from its document.
 */
#ifndef TUTTI_BASE_JSON_H
#define TUTTI_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct json; /* a node, or a whole document at its root */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY,
		 JSON_OBJECT };
enum { JSON_DEPTH = 16, JSON_DIGITS = 64 }; /* bytes of a number, NUL included */

/* `where` stands before line:column in messages ("plan.json", "a.jsonl:17"). */
enum status json_parse(const char *text, size_t len, const char *where,
		       struct json **out, struct err *err);
enum status json_load(const char *path, size_t cap, struct json **out,
		      struct err *err);
void json_free(struct json *root); /* the root only; NULL is fine */

enum json_type json_type(const struct json *n);
const char *json_type_name(enum json_type t); /* "a string" */
bool json_bool(const struct json *n);
double json_number(const struct json *n);
/* As it stands in the document: all digits, "1.0" and "1e3" as they are. */
void json_number_text(const struct json *n, char out[JSON_DIGITS]);
/* False: no number, not whole, or not below 2^53 (where doubles stay exact). */
bool json_int(const struct json *n, int64_t *out);
const char *json_string(const struct json *n);
int json_len(const struct json *n);                /* array or object */
/* First child and next sibling of arrays and objects; NULL at the end. */
const struct json *json_first(const struct json *n);
const struct json *json_next(const struct json *n);
const char *json_key(const struct json *n); /* the member's name, or NULL */
const struct json *json_get(const struct json *obj, const char *key);

/*
 * Sets the member at a dotted path ("tasks.sum.weight"), making objects on the
 * way; `value` is JSON text, or taken as a string when it is none.
 */
enum status json_set_path(struct json *root, const char *path,
			  const char *value, struct err *err);

/*
 * Writing: commas and indentation are the writer's business. Members of an
 * object take a key, elements of an array take NULL. NaN and infinities are
 * written as null, NULs and bytes that are no UTF-8 as U+FFFD. indent 0: one line.
 */
struct json_out {
	struct buf *b;
	int indent, depth;
	bool first;
};

void json_out_init(struct json_out *o, struct buf *b, int indent);
void json_open(struct json_out *o, const char *key, char bracket); /* { or [ */
/*
 * Begins a line for programs: an open object that says the version of such lines and
 * what this one is, {"schema":1,"event":"run". To be closed as any object.
 */
void json_event(struct json_out *o, struct buf *b, const char *event);
void json_close(struct json_out *o, char bracket);                 /* } or ] */
void json_put_str(struct json_out *o, const char *key, const char *s);
void json_put_strn(struct json_out *o, const char *key, const char *s, size_t n);
void json_put_num(struct json_out *o, const char *key, double x); /* exact */
void json_put_int(struct json_out *o, const char *key, int64_t x);
void json_put_bool(struct json_out *o, const char *key, bool x);
void json_put_null(struct json_out *o, const char *key);
void json_put_node(struct json_out *o, const char *key, const struct json *n);

#endif
