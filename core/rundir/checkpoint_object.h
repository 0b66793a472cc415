/*
 * checkpoint_object.h - JSON objects of state.json as they are read: the first thing wrong
 * is kept, with the key and the object it is of, and the rest goes on with zeros. A key that
 * nobody asked for is as wrong as one that is not there.
 */
#ifndef TUTTI_RUNDIR_CHECKPOINT_OBJECT_H
#define TUTTI_RUNDIR_CHECKPOINT_OBJECT_H

#include "base/hash.h"
#include "base/json.h"
#include "base/status.h"

struct reader {
	struct err *err;
	enum status st;
};

/* An object while it is read: what was asked for is known, the rest is not. */
enum { KEYS_MAX = 40 };
struct object {
	struct reader *r;
	const struct json *n;
	const char *what;          /* its own key */
	const char *key[KEYS_MAX]; /* borrowed */
	int n_keys;
};

void object_wrong(struct reader *r, const char *what, const char *key, const char *in);
/* The member of that type, or NULL. */
const struct json *object_member(struct object *o, const char *key, enum json_type type);
struct object object_of(struct reader *r, const struct json *n, const char *what);
struct object object_open(struct object *parent, const char *key);
void object_close(struct object *o); /* keys that nobody asked for */
void object_text(struct object *o, const char *key, char *out, size_t cap);
double object_real(struct object *o, const char *key); /* 16 hex digits */
double object_within(struct object *o, const char *key, double least, double most);
uint64_t object_count(struct object *o, const char *key, double most); /* decimal text */
int64_t object_int(struct object *o, const char *key, int64_t most);
/* 32 hex digits; "" where `may_lack`. */
void object_hash(struct object *o, const char *key, char out[HASH_TEXT], bool may_lack);

#endif
