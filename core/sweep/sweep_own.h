/*
 * sweep_own.h - what the files that read a sweep share. Everybody else includes
 * sweep.h.
 */
#ifndef TUTTI_SWEEP_SWEEP_OWN_H
#define TUTTI_SWEEP_SWEEP_OWN_H

#include "sweep/sweep.h"

/* Length of KEY in "KEY=VALUE"; 0: there is none. */
size_t sweep_key_len(const char *text);
/* The setting of this key, or -1. */
int sweep_sets_find(const struct sweep_sets *s, const char *key, size_t len);
/* Puts a text in, in place of one of the same key. ST_FULL. */
enum status sweep_sets_put(struct sweep_sets *s, const char *text, struct err *err);
void sweep_sets_copy(struct sweep_sets *to, const struct sweep_sets *from);
void sweep_sets_release(struct sweep_sets *s);
/* A new axis, or an old one emptied. NULL and err: too many. */
struct sweep_axis *sweep_axis_put(struct sweep *s, const char *key, struct err *err);
enum status sweep_axis_add(struct sweep_axis *a, const char *value, struct err *err);
enum status sweep_numbers_add(struct sweep_numbers *n, const char *what, uint64_t value,
			      struct err *err);
/* 1 to `count`, in place of what is there. */
enum status sweep_numbers_upto(struct sweep_numbers *n, const char *what, int64_t count,
			       struct err *err);
/* The name of a plan's field? */
bool sweep_has_field(const char *path);

#endif
