/*
 * table_out.h - a table of figures as CSV or as JSON lines, written a row at a time
 * into a buffer that the caller empties when it likes.
 *
 * CSV: a line of names, then a line a row. Fields with a comma, a quote or a line
 * break are quoted as RFC 4180 has it; lines end in LF; nothing stands where there
 * is no value. JSON: an object a line with "schema": 1 and "event"; null where there
 * is no value. A number is the text that reads back as the same number; one that is
 * not finite is no value.
 *
 * A cell is named where it is put, so a table is one function that puts a row: with
 * `names` set it writes the line of names instead, whatever the values are. Every
 * row must put the same cells in the same order.
 */
#ifndef TUTTI_BASE_TABLE_OUT_H
#define TUTTI_BASE_TABLE_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/str.h"

enum table_format { TABLE_CSV, TABLE_JSON };

struct table_out {
	enum table_format format;
	bool names;            /* CSV: the row being put is the line of names */
	const char *event;     /* JSON: what a row is; borrowed */
	const char *group;     /* borrowed while it is open */
	bool first;
	struct buf *b;         /* borrowed */
	struct json_out json;
};

void table_init(struct table_out *t, struct buf *b, enum table_format format,
		const char *event);
void table_row(struct table_out *t);
void table_row_end(struct table_out *t);
/* The cells until the end are "GROUP.NAME" in CSV, an object GROUP in JSON. */
void table_group(struct table_out *t, const char *group);
void table_group_end(struct table_out *t);
/* The groups until the end are in an object NAME in JSON; CSV has no such floor. */
void table_nest(struct table_out *t, const char *name);
void table_nest_end(struct table_out *t);

void table_int(struct table_out *t, const char *name, int64_t x);
void table_f32(struct table_out *t, const char *name, float x);
void table_f64(struct table_out *t, const char *name, double x);
void table_bool(struct table_out *t, const char *name, bool x); /* CSV: 0, 1 */
void table_str(struct table_out *t, const char *name, const char *s); /* NULL: none */
void table_none(struct table_out *t, const char *name);

#endif
