/*
 * table_out.c - rows as CSV or JSON lines.
 */
#include "base/table_out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table_out *t, struct buf *b, enum table_format format,
		const char *event)
{
	*t = (struct table_out){ .format = format, .event = event, .b = b };
}

void table_row(struct table_out *t)
{
	t->first = true;
	if (t->format == TABLE_CSV)
		return;
	json_event(&t->json, t->b, t->event);
}

void table_row_end(struct table_out *t)
{
	if (t->format == TABLE_JSON)
		json_close(&t->json, '}');
	buf_addc(t->b, '\n');
}

void table_group(struct table_out *t, const char *group)
{
	t->group = group;
	if (t->format == TABLE_JSON)
		json_open(&t->json, group, '{');
}

void table_group_end(struct table_out *t)
{
	t->group = NULL;
	if (t->format == TABLE_JSON)
		json_close(&t->json, '}');
}

void table_nest(struct table_out *t, const char *name)
{
	if (t->format == TABLE_JSON)
		json_open(&t->json, name, '{');
}

void table_nest_end(struct table_out *t)
{
	if (t->format == TABLE_JSON)
		json_close(&t->json, '}');
}

/* --- CSV --- */

static void put_field(struct buf *b, const char *s)
{
	if (!strpbrk(s, ",\"\r\n")) {
		buf_adds(b, s);
		return;
	}
	buf_addc(b, '"');
	for (; *s; s++) {
		if (*s == '"')
			buf_addc(b, '"');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static void put_name(struct table_out *t, const char *name)
{
	char full[256];

	if (!t->group) {
		put_field(t->b, name);
		return;
	}
	str_format(full, sizeof full, "%s.%s", t->group, name);
	put_field(t->b, full);
}

/* The comma before the next field; true: a value is wanted behind it. */
static bool csv_cell(struct table_out *t, const char *name)
{
	if (!t->first)
		buf_addc(t->b, ',');
	t->first = false;
	if (t->names)
		put_name(t, name);
	return !t->names;
}

/* --- cells --- */

void table_none(struct table_out *t, const char *name)
{
	if (t->format == TABLE_JSON)
		json_put_null(&t->json, name);
	else
		csv_cell(t, name);
}

void table_int(struct table_out *t, const char *name, int64_t x)
{
	if (t->format == TABLE_JSON)
		json_put_int(&t->json, name, x);
	else if (csv_cell(t, name))
		buf_addf(t->b, "%lld", (long long)x);
}

void table_f64(struct table_out *t, const char *name, double x)
{
	char text[32];

	if (!isfinite(x)) {
		table_none(t, name);
	} else if (t->format == TABLE_JSON) {
		json_put_num(&t->json, name, x);
	} else if (csv_cell(t, name)) {
		double_to_text(x, text);
		buf_adds(t->b, text);
	}
}

/* Six digits where they say it all, else the nine that a float may need. */
void table_f32(struct table_out *t, const char *name, float x)
{
	char text[32];

	if (!isfinite(x)) {
		table_none(t, name);
		return;
	}
	str_format(text, sizeof text, "%.6g", (double)x);
	if (strtof(text, NULL) != x)
		str_format(text, sizeof text, "%.9g", (double)x);
	if (t->format == TABLE_JSON)
		json_put_num(&t->json, name, strtod(text, NULL));
	else if (csv_cell(t, name))
		buf_adds(t->b, text);
}

void table_bool(struct table_out *t, const char *name, bool x)
{
	if (t->format == TABLE_JSON)
		json_put_bool(&t->json, name, x);
	else
		table_int(t, name, x);
}

void table_str(struct table_out *t, const char *name, const char *s)
{
	if (!s)
		table_none(t, name);
	else if (t->format == TABLE_JSON)
		json_put_str(&t->json, name, s);
	else if (csv_cell(t, name))
		put_field(t->b, s);
}
