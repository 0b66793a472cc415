/*
 * source_jsonl.c - rows that are JSON objects, one a line (or lists, whose
 * columns go by number).
 *
 * A field is a string; a number as it stands in the file, all its digits; a bool
 * as its text; or a list of these, joined by spaces (tokens).
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/json_text.h"
#include "data/source_in.h"
#include "text/utf8.h"

/*
 * A tree costs some 80 bytes a node, a node as little as two bytes of text: a
 * row of JSON_SMALL bytes is fine whatever it holds, a longer one may have
 * NODES_MAX nodes.
 */
enum { JSON_SMALL = 1 << 20, NODES_MAX = 1 << 19 };

/* At most as many nodes as separators and opening brackets, and one. */
static bool has_many_nodes(const char *p, size_t n)
{
	bool quoted = false;
	size_t nodes = 1;

	if (n <= JSON_SMALL)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted)
			nodes += c == ',' || c == '[' || c == '{';
	}
	return nodes > NODES_MAX;
}

enum row_fault json_row(const char *p, size_t n, struct json **out)
{
	*out = NULL;
	if (memchr(p, '\0', n))
		return ROW_NUL;
	if (!utf8_valid(p, n))
		return ROW_BAD_UTF8;
	if (has_many_nodes(p, n))
		return ROW_TOO_LONG;
	if (json_parse(p, n, "row", out, NULL))
		return ROW_BAD_JSON;
	if (json_type(*out) == JSON_OBJECT || json_type(*out) == JSON_ARRAY)
		return ROW_OK;
	json_free(*out);
	*out = NULL;
	return ROW_BAD_JSON;
}

const struct json *json_row_field(const struct json *row, const char *name)
{
	const struct json *e = json_first(row);
	uint64_t number;

	if (json_type(row) == JSON_OBJECT)
		return json_get(row, name);
	if (!parse_u64(name, &number))
		return NULL;
	for (; e && number; number--)
		e = json_next(e);
	return e;
}

static bool add_scalar(struct buf *out, const struct json *n)
{
	char number[JSON_DIGITS];

	switch (json_type(n)) {
	case JSON_STRING:
		buf_adds(out, json_string(n));
		return true;
	case JSON_NUMBER:
		json_number_text(n, number);
		buf_adds(out, number);
		return true;
	case JSON_BOOL:
		buf_adds(out, json_bool(n) ? "true" : "false");
		return true;
	default:
		return false;
	}
}

bool json_text(struct buf *out, const struct json *n)
{
	if (!n)
		return false;
	if (json_type(n) != JSON_ARRAY)
		return add_scalar(out, n);
	for (const struct json *e = json_first(n); e; e = json_next(e)) {
		if (e != json_first(n))
			buf_addc(out, ' ');
		if (!add_scalar(out, e))
			return false;
	}
	return true;
}

/* The fields are copied one after another into s->text. */
static enum row_fault copy_fields(struct source *s, const struct json *root,
				  struct source_row *row)
{
	size_t at[SOURCE_FIELDS];

	buf_clear(&s->text);
	buf_reserve(&s->text, 1);
	for (int i = 0; i < s->n_fields; i++) {
		at[i] = s->text.len;
		if (!json_text(&s->text, json_row_field(root, s->field[i])))
			return ROW_NO_FIELD;
		row->len[i] = s->text.len - at[i];
	}
	for (int i = 0; i < s->n_fields; i++)
		row->field[i] = s->text.s + at[i];
	return ROW_OK;
}

static bool is_blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			return false;
	}
	return true;
}

/* The next line that is not blank, parsed when it can be. */
static enum status next_row(struct source *s, enum row_fault *fault,
			    struct json **root, struct err *err)
{
	bool too_long;
	const char *p;
	size_t n;

	*root = NULL;
	do {
		enum status st = reader_line(&s->r, &p, &n, &too_long, err);

		if (st)
			return st;
	} while (!too_long && is_blank(p, n));
	*fault = too_long ? ROW_TOO_LONG : json_row(p, n, root);
	return ST_OK;
}

static void see_all(struct source *s, const struct json *root)
{
	uint64_t column = 0;

	for (const struct json *e = json_first(root); e; e = json_next(e), column++) {
		bool has_text;

		buf_clear(&s->text);
		has_text = json_text(&s->text, e);
		s->every->see(s->every->arg, column, json_key(e),
			      has_text ? buf_str(&s->text) : NULL, s->text.len);
	}
}

enum status jsonl_next(struct source *s, struct source_row *row, struct err *err)
{
	struct json *root;
	enum status st = next_row(s, &row->fault, &root, err);

	if (st)
		return st;
	row->line = s->r.lines;
	if (!row->fault && s->every)
		see_all(s, root);
	else if (!row->fault)
		row->fault = copy_fields(s, root, row);
	json_free(root);
	return ST_OK;
}

/* Marks the fields that the row has; lists its keys when it is the first. */
static void look_at_row(struct columns *c, const struct json *root)
{
	bool first = !c->count;

	for (const struct json *e = json_first(root); first && e; e = json_next(e)) {
		const char *key = json_key(e);

		columns_see(c, key ? key : "(a list)", key ? strlen(key) : 8);
	}
	for (int i = 0; i < c->n; i++) {
		if (json_row_field(root, c->name[i]))
			c->at[i] = 0;
	}
}

static enum status field_missing(const struct columns *c, int i, bool lists,
				 const char *path, struct err *err)
{
	uint64_t number;

	if (lists && !parse_u64(c->name[i], &number))
		return err_set(err, ST_INVALID,
			       "no column '%s': rows of '%s' are lists, not "
			       "objects: columns go by number, from 0",
			       c->name[i], path);
	return columns_missing(c, i, path, err);
}

/* A field that none of the first good rows has is a mistake in its name. */
enum status jsonl_open(struct source *s, const struct source_spec *spec,
		       struct err *err)
{
	enum { LOOK_AT = 16 };
	struct columns c;
	enum status st = ST_OK;
	bool lists = false;
	int good = 0;

	columns_init(&c, spec);
	for (int i = 0; i < LOOK_AT && !st; i++) {
		enum row_fault fault;
		struct json *root;

		st = next_row(s, &fault, &root, err);
		if (!st && !fault) {
			look_at_row(&c, root);
			lists = json_type(root) == JSON_ARRAY;
			good++;
		}
		json_free(root);
	}
	if (st == ST_END)
		st = ST_OK;
	for (int i = 0; !st && good && i < c.n; i++) {
		if (c.at[i] == UINT64_MAX)
			st = field_missing(&c, i, lists, spec->path, err);
	}
	columns_release(&c);
	reader_seek(&s->r, s->r.start, 0);
	return st;
}
