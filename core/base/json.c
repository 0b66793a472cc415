/*
 * json.c - reading and changing JSON documents; the only file that knows cJSON.
 *
 * A `struct json` is a cJSON node under another name. Texts pass json_scan()
 * before cJSON sees them, and only its getters with case are used. cJSON keeps
 * numbers as doubles: whole numbers are exact up to 2^53, larger ones are no
 * json_int. The digits that stand in the text are kept in the number's
 * valuestring, which cJSON leaves empty and frees, where they are more than a
 * short whole number: that is its own text.
 */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json_scan.h"
#include "base/mem.h"

/* Before main: documents live on the counted heap, whoever parses first. */
__attribute__((constructor)) static void use_own_heap(void)
{
	cJSON_Hooks hooks = { .malloc_fn = xmalloc, .free_fn = xfree };

	cJSON_InitHooks(&hooks);
}

static struct json *from_c(const cJSON *n)
{
	union {
		const cJSON *in;
		struct json *out;
	} u = { .in = n };

	return u.out;
}

static const cJSON *node(const struct json *n)
{
	return (const cJSON *)(const void *)n;
}

static cJSON *node_rw(struct json *n)
{
	return (cJSON *)(void *)n;
}

/* --- the text of numbers --- */

enum { SHORT_WHOLE = 15 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of a checked text: the next number, past strings. */
static const char *next_number(const char *p, const char *end, size_t *n)
{
	const char *from;

	while (*p != '-' && !is_digit(*p)) {
		if (*p++ != '"')
			continue;
		for (; *p != '"'; p++)
			p += *p == '\\';
		p++;
	}
	for (from = p++; p < end && (is_digit(*p) || memchr("+-.eE", *p, 5));)
		p++;
	*n = (size_t)(p - from);
	return from;
}

/* "-12" and "3", which a double gives back; not "-0", "1.0", "1e3". */
static bool is_short_whole(const char *p, size_t n)
{
	size_t sign = *p == '-';

	if (n > SHORT_WHOLE || (sign && p[1] == '0'))
		return false;
	for (size_t i = sign; i < n; i++) {
		if (!is_digit(p[i]))
			return false;
	}
	return true;
}

/* Numbers of the tree, in the order of the text; returns where it is now. */
static const char *keep_numbers(cJSON *n, const char *at, const char *end)
{
	size_t len;

	if (cJSON_IsNumber(n)) {
		at = next_number(at, end, &len);
		if (!is_short_whole(at, len))
			n->valuestring = xstrndup(at, len);
		at += len;
	}
	for (cJSON *c = n->child; c; c = c->next)
		at = keep_numbers(c, at, end);
	return at;
}

enum status json_parse(const char *text, size_t len, const char *where,
		       struct json **out, struct err *err)
{
	enum status st = json_scan(text, len, where, err);
	cJSON *root;

	*out = NULL;
	if (st)
		return st;
	root = cJSON_ParseWithLengthOpts(text, len, NULL, 0);
	if (!root)
		return err_set(err, ST_INVALID, "%s:1:1: JSON cannot be read",
			       where);
	keep_numbers(root, text, text + len);
	*out = from_c(root);
	return ST_OK;
}

enum status json_load(const char *path, size_t cap, struct json **out,
		      struct err *err)
{
	struct buf b;
	enum status st;

	*out = NULL;
	buf_init(&b);
	st = file_read(path, cap, &b, err);
	if (!st)
		st = json_parse(buf_str(&b), b.len, path, out, err);
	buf_release(&b);
	return st;
}

void json_free(struct json *root)
{
	cJSON_Delete(node_rw(root));
}

enum json_type json_type(const struct json *n)
{
	switch (node(n)->type & 0xff) {
	case cJSON_NULL:   return JSON_NULL;
	case cJSON_False:
	case cJSON_True:   return JSON_BOOL;
	case cJSON_Number: return JSON_NUMBER;
	case cJSON_String: return JSON_STRING;
	case cJSON_Array:  return JSON_ARRAY;
	case cJSON_Object: return JSON_OBJECT;
	default:           BUG("JSON node of type %d", node(n)->type);
	}
}

const char *json_type_name(enum json_type t)
{
	switch (t) {
	case JSON_NULL:   return "null";
	case JSON_BOOL:   return "true or false";
	case JSON_NUMBER: return "a number";
	case JSON_STRING: return "a string";
	case JSON_ARRAY:  return "a list";
	case JSON_OBJECT: return "an object";
	}
	BUG("JSON type %d", (int)t);
}

bool json_bool(const struct json *n)
{
	BUG_IF(json_type(n) != JSON_BOOL);
	return cJSON_IsTrue(node(n));
}

double json_number(const struct json *n)
{
	BUG_IF(json_type(n) != JSON_NUMBER);
	return node(n)->valuedouble;
}

void json_number_text(const struct json *n, char out[JSON_DIGITS])
{
	BUG_IF(json_type(n) != JSON_NUMBER);
	if (node(n)->valuestring)
		str_copy(out, JSON_DIGITS, node(n)->valuestring);
	else
		str_format(out, JSON_DIGITS, "%.0f", node(n)->valuedouble);
}

bool json_int(const struct json *n, int64_t *out)
{
	double x;

	if (json_type(n) != JSON_NUMBER)
		return false;
	x = node(n)->valuedouble;
	/* 2^53 itself is also what 2^53 + 1 is read as. */
	if (!(fabs(x) < 0x1p53) || x != trunc(x))
		return false;
	*out = (int64_t)x;
	return true;
}

const char *json_string(const struct json *n)
{
	BUG_IF(json_type(n) != JSON_STRING);
	return node(n)->valuestring;
}

static bool is_list(const struct json *n)
{
	enum json_type t = json_type(n);

	return t == JSON_ARRAY || t == JSON_OBJECT;
}

int json_len(const struct json *n)
{
	return is_list(n) ? cJSON_GetArraySize(node(n)) : 0;
}

const struct json *json_first(const struct json *n)
{
	return is_list(n) ? from_c(node(n)->child) : NULL;
}

const struct json *json_next(const struct json *n)
{
	return from_c(node(n)->next);
}

const char *json_key(const struct json *n)
{
	return node(n)->string;
}

const struct json *json_get(const struct json *obj, const char *key)
{
	if (json_type(obj) != JSON_OBJECT)
		return NULL;
	return from_c(cJSON_GetObjectItemCaseSensitive(node(obj), key));
}

static bool is_utf8(const char *s)
{
	const char *end = s + strlen(s);

	while (s < end) {
		size_t n = json_utf8_len(s, end);

		if (!n)
			return false;
		s += n;
	}
	return true;
}

static int height(const cJSON *n)
{
	int most = 0;

	for (const cJSON *c = n->child; c; c = c->next) {
		int h = height(c);

		most = h > most ? h : most;
	}
	return cJSON_IsObject(n) || cJSON_IsArray(n) ? most + 1 : 0;
}

/* The member `key` of `obj` as an object, made when missing. */
static enum status step_into(cJSON **obj, const char *key, const char *path,
			     struct err *err)
{
	cJSON *next = cJSON_GetObjectItemCaseSensitive(*obj, key);

	if (!next)
		next = cJSON_AddObjectToObject(*obj, key);
	if (!cJSON_IsObject(next))
		return err_set(err, ST_INVALID,
			       "cannot set '%s': '%s' is no object but %s", path,
			       key, json_type_name(json_type(from_c(next))));
	*obj = next;
	return ST_OK;
}

static void put_member(cJSON *obj, const char *key, cJSON *value)
{
	if (cJSON_GetObjectItemCaseSensitive(obj, key))
		cJSON_ReplaceItemInObjectCaseSensitive(obj, key, value);
	else
		cJSON_AddItemToObject(obj, key, value);
}

/* Splits `path` at its dots in place; false: an empty part or too many. */
static bool split_path(char *path, const char *parts[JSON_DEPTH], int *n)
{
	*n = 0;
	for (char *p = path;; p++) {
		char *dot = strchr(p, '.');

		if (*n == JSON_DEPTH || *p == '\0' || p == dot)
			return false;
		parts[(*n)++] = p;
		if (!dot)
			return true;
		*dot = '\0';
		p = dot;
	}
}

enum status json_set_path(struct json *root, const char *path,
			  const char *value, struct err *err)
{
	const char *parts[JSON_DEPTH];
	struct json *parsed = NULL;
	cJSON *obj = node_rw(root), *leaf = NULL;
	char *copy;
	enum status st = ST_OK;
	int n;

	BUG_IF(json_type(root) != JSON_OBJECT);
	if (!is_utf8(path) || !is_utf8(value))
		return err_set(err, ST_INVALID, "invalid UTF-8 in a setting");
	copy = xstrdup(path);
	if (!split_path(copy, parts, &n))
		st = err_set(err, ST_INVALID, "'%s' is no dotted path", path);
	if (!st) {
		if (!json_parse(value, strlen(value), "value", &parsed, NULL))
			leaf = node_rw(parsed);
		else
			leaf = cJSON_CreateString(value);
		if (height(leaf) + n > JSON_DEPTH)
			st = err_set(err, ST_INVALID,
				     "cannot set '%s': nested deeper than 16 levels",
				     path);
	}
	for (int i = 0; !st && i < n - 1; i++)
		st = step_into(&obj, parts[i], path, err);
	if (!st)
		put_member(obj, parts[n - 1], leaf);
	else
		cJSON_Delete(leaf);
	xfree(copy);
	return st;
}
