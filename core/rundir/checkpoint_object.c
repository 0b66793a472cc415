/*
 * checkpoint_object.c - objects of state.json, member by member.
 */
#include "rundir/checkpoint_object.h"

#include <string.h>

#include "base/str.h"

void object_wrong(struct reader *r, const char *what, const char *key, const char *in)
{
	if (!r->st)
		r->st = err_set(r->err, ST_CORRUPT, "state.json: %s '%s'%s%s%s", what,
				key, in ? " in '" : "", in ? in : "", in ? "'" : "");
}

const struct json *object_member(struct object *o, const char *key, enum json_type type)
{
	struct reader *r = o->r;
	const struct json *n = r->st || !o->n ? NULL : json_get(o->n, key);

	BUG_IF(o->n_keys == KEYS_MAX);
	o->key[o->n_keys++] = key;
	if (!r->st && !n)
		object_wrong(r, "missing key", key, o->what);
	if (n && json_type(n) != type) {
		char what[80];

		str_format(what, sizeof what, "%s, not %s, for", json_type_name(
			   json_type(n)), json_type_name(type));
		object_wrong(r, what, key, o->what);
		n = NULL;
	}
	return n;
}

struct object object_of(struct reader *r, const struct json *n, const char *what)
{
	if (!r->st && n && json_type(n) != JSON_OBJECT) {
		object_wrong(r, "not an object:", what, NULL);
		n = NULL;
	}
	return (struct object){ .r = r, .n = n, .what = what };
}

struct object object_open(struct object *parent, const char *key)
{
	return object_of(parent->r, object_member(parent, key, JSON_OBJECT), key);
}

void object_close(struct object *o)
{
	const struct json *n = o->r->st || !o->n ? NULL : json_first(o->n);

	for (; n; n = json_next(n)) {
		bool is_known = false;

		for (int i = 0; i < o->n_keys; i++)
			is_known |= str_eq(json_key(n), o->key[i]);
		if (!is_known)
			object_wrong(o->r, "unknown key", json_key(n), o->what);
	}
}

void object_text(struct object *o, const char *key, char *out, size_t cap)
{
	const struct json *n = object_member(o, key, JSON_STRING);

	if (n && !str_copy(out, cap, json_string(n)))
		object_wrong(o->r, "too long:", key, o->what);
}

double object_real(struct object *o, const char *key)
{
	const struct json *n = object_member(o, key, JSON_STRING);
	double x = 0;

	if (n && !double_from_hex(json_string(n), &x))
		object_wrong(o->r, "no hexadecimal number:", key, o->what);
	return x;
}

double object_within(struct object *o, const char *key, double least, double most)
{
	double x = object_real(o, key);

	if (!o->r->st && !(x >= least && x <= most))
		object_wrong(o->r, "out of range:", key, o->what);
	return x;
}

uint64_t object_count(struct object *o, const char *key, double most)
{
	const struct json *n = object_member(o, key, JSON_STRING);
	uint64_t x = 0;

	if (n && (!parse_u64(json_string(n), &x) || (double)x > most))
		object_wrong(o->r, "no count or too large:", key, o->what);
	return o->r->st ? 0 : x;
}

int64_t object_int(struct object *o, const char *key, int64_t most)
{
	const struct json *n = object_member(o, key, JSON_NUMBER);
	int64_t x = 0;

	if (n && (!json_int(n, &x) || x < 0 || x > most))
		object_wrong(o->r, "out of range:", key, o->what);
	return o->r->st ? 0 : x;
}

void object_hash(struct object *o, const char *key, char out[HASH_TEXT],
		     bool may_lack)
{
	object_text(o, key, out, HASH_TEXT);
	if (o->r->st || (may_lack && !*out))
		return;
	if (strlen(out) != HASH_TEXT - 1 ||
	    strspn(out, "0123456789abcdef") != HASH_TEXT - 1)
		object_wrong(o->r, "no hash:", key, o->what);
}
