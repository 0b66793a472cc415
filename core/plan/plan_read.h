/*
 * plan_read.h - what the files that read a plan's values share. Each function refuses as
 * plan_refuse() does: ST_INVALID, with the field's path.
 */
#ifndef TUTTI_PLAN_PLAN_READ_H
#define TUTTI_PLAN_PLAN_READ_H

#include "plan/plan_table.h"

/* What a row wants, in words, "a whole number"; lent. */
const char *plan_wish(const struct plan_field *f);
enum status plan_refuse_type(struct plan_reader *r, const char *path, const char *want,
			     const struct json *n);
/* A string with its variables replaced, into an empty buf. */
enum status plan_read_string(struct plan_reader *r, const char *path, const char *want,
			     const struct json *n, struct buf *out);

/* plan_read_list.c. An array with as many entries as its row allows. */
enum status plan_read_list(struct plan_reader *r, const struct plan_field *f,
			   const char *path, const struct json *n);
/* The labels of a task, or what is said for them. */
enum status plan_read_labels(struct plan_reader *r, const struct plan_field *f,
			     struct plan_task *t, enum plan_slot slot, const char *path,
			     const struct json *n);
enum status plan_read_commands(struct plan_reader *r, const struct plan_field *f,
			       struct plan_actor *a, const char *path,
			       const struct json *n);
enum status plan_read_metrics(struct plan_reader *r, struct plan_task *t,
			      const char *path, const struct json *n);
/* {"T": 2, "scope": "layer"} as words, "T=2", "scope=layer", in the order they stand. */
enum status plan_read_args(struct plan_reader *r, const struct plan_field *f,
			   struct plan_method *m, const char *path, const struct json *n);

#endif
