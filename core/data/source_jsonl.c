/*
 * source_jsonl.c - rows that are JSON objects, one a line (or lists, whose
 * columns go by number), or the elements of one list (source_list.c).
 *
 * A field is a string; a number as it stands in the file, all its digits; a bool
 * as its text; or a list of these, joined by spaces (tokens) or kept apart (labels).
 */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/folder.h"
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

/* What the JSON door says, without the place: the line has its number. */
static void say_json(struct source_row *row, const struct err *err)
{
	const char *cause = strstr(err->text, ": ");

	cause = cause ? cause + 2 : err->text;
	row_say(row, ROW_BAD_JSON, cause, strlen(cause));
}

void json_row(const char *p, size_t n, struct source_row *row, struct json **out)
{
	struct err err = { "" };

	*out = NULL;
	if (memchr(p, '\0', n))
		row->fault = ROW_NUL;
	else if (!utf8_valid(p, n))
		row_say_bytes(row, p, n);
	else if (has_many_nodes(p, n))
		row->fault = ROW_TOO_LONG;
	else if (json_parse(p, n, "row", out, &err))
		say_json(row, &err);
	if (row->fault || json_type(*out) == JSON_OBJECT || json_type(*out) == JSON_ARRAY)
		return;
	row_say(row, ROW_BAD_JSON, "neither an object nor a list", 28);
	json_free(*out);
	*out = NULL;
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

/* A list's elements, each with a SOURCE_APART behind it. */
static bool json_apart(struct buf *out, const struct json *n)
{
	for (const struct json *e = json_first(n); e; e = json_next(e)) {
		if (!add_scalar(out, e))
			return false;
		buf_addc(out, SOURCE_APART);
	}
	return true;
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
static void copy_fields(struct source *s, const struct json *root,
			struct source_row *row)
{
	size_t at[SOURCE_FIELDS];
	const struct json *n;
	bool has_text;

	buf_clear(&s->text);
	buf_reserve(&s->text, 1);
	for (int i = 0; i < s->n_fields; i++) {
		at[i] = s->text.len;
		n = json_row_field(root, s->field[i]);
		has_text = s->is_apart[i] && json_type(n) == JSON_ARRAY ?
				   json_apart(&s->text, n) : json_text(&s->text, n);
		if (!has_text) {
			row_say(row, ROW_NO_FIELD, s->field[i], strlen(s->field[i]));
			return;
		}
		row->len[i] = s->text.len - at[i];
		row->is_list[i] = json_type(n) == JSON_ARRAY;
	}
	for (int i = 0; i < s->n_fields; i++)
		row->field[i] = s->text.s + at[i];
}

static bool is_blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			return false;
	}
	return true;
}

/* The next line that is not blank. */
static enum status next_line(struct source *s, const char **p, size_t *n, uint64_t *line,
			     bool *too_long, struct err *err)
{
	do {
		enum status st = lines_next(&s->r, p, n, too_long, err);

		if (st)
			return st;
	} while (!*too_long && is_blank(*p, *n));
	*line = s->r.lines;
	return ST_OK;
}

/* What a line number does not say: the row of a list, the file of a folder. */
static void say_place(const struct source *s, const char *p, size_t n,
		      struct source_row *row)
{
	char place[ROW_WHAT + 24], what[ROW_WHAT];
	size_t len;
	const char *file = s->r.is_folder ? folder_row_file(p, n, &len) : NULL;

	if (file) {
		row_say(row, row->fault, file, len);
	} else if (s->form.is_list && row->fault) {
		str_copy(what, sizeof what, row->what);
		str_format(place, sizeof place, "row %" PRIu64 "%s%s", s->n_listed,
			   *what ? ": " : "", what);
		row_say(row, row->fault, place, strlen(place));
	}
}

/* Parsed when it can be. */
static enum status next_row(struct source *s, struct source_row *row,
			    struct json **root, struct err *err)
{
	bool too_long;
	const char *p;
	size_t n;
	enum status st;

	*root = NULL;
	st = s->form.is_list ? list_next(s, &p, &n, &row->line, &too_long, err) :
			       next_line(s, &p, &n, &row->line, &too_long, err);
	if (st)
		return st;
	if (too_long)
		row->fault = ROW_TOO_LONG;
	else
		json_row(p, n, row, root);
	say_place(s, p, n, row);
	return ST_OK;
}

static void see_all(struct source *s, const struct json *root)
{
	struct source_field f = { 0 };

	for (const struct json *e = json_first(root); e; e = json_next(e), f.column++) {
		bool has_text;

		buf_clear(&s->text);
		has_text = json_text(&s->text, e);
		f.name = json_key(e);
		f.p = has_text ? buf_str(&s->text) : NULL;
		f.n = s->text.len;
		f.is_list = json_type(e) == JSON_ARRAY;
		f.is_nested = !has_text && (f.is_list || json_type(e) == JSON_OBJECT);
		s->every->see(s->every->arg, &f);
	}
}

enum status jsonl_next(struct source *s, struct source_row *row, struct err *err)
{
	struct json *root;
	enum status st = next_row(s, row, &root, err);

	if (st)
		return st;
	if (!row->fault && s->every)
		see_all(s, root);
	else if (!row->fault)
		copy_fields(s, root, row);
	json_free(root);
	return ST_OK;
}

/* What the first good rows have. */
struct keys {
	bool has[SOURCE_FIELDS];      /* the fields that are asked for */
	bool are_lists;
	struct buf seen;              /* the names in the first row */
	uint64_t listed, count;
};

static void look_at_row(const struct source *s, struct keys *k, const struct json *root)
{
	bool first = !k->count;

	for (const struct json *e = json_first(root); first && e; e = json_next(e)) {
		const char *key = json_key(e);

		column_list(&k->seen, &k->listed, key ? key : "(a list)",
			    key ? strlen(key) : 8);
		k->count++;
	}
	for (int i = 0; i < s->n_fields; i++)
		k->has[i] = k->has[i] || json_row_field(root, s->field[i]);
	k->are_lists = json_type(root) == JSON_ARRAY;
}

static enum status field_missing(const struct source *s, const struct keys *k, int i,
				 struct err *err)
{
	uint64_t number;

	if (k->are_lists && !parse_u64(s->field[i], &number))
		return err_set(err, ST_INVALID,
			       "no column '%s': rows of '%s' are lists, not "
			       "objects: columns go by number, from 0",
			       s->field[i], s->r.path);
	return column_missing(s->field[i], s->r.path, &k->seen, k->listed, k->count, err);
}

/* A field that none of the first good rows has is a mistake in its name. */
enum status jsonl_open(struct source *s, struct err *err)
{
	enum { LOOK_AT = 16 };
	struct keys k = { 0 };
	enum status st = ST_OK;
	int good = 0;

	for (int i = 0; i < LOOK_AT && !st; i++) {
		struct source_row row = { .fault = ROW_OK };
		struct json *root;

		st = next_row(s, &row, &root, err);
		if (!st && !row.fault) {
			look_at_row(s, &k, root);
			good++;
		}
		json_free(root);
	}
	if (st == ST_END)
		st = ST_OK;
	for (int i = 0; !st && good && i < s->n_fields; i++) {
		if (!k.has[i])
			st = field_missing(s, &k, i, err);
	}
	buf_release(&k.seen);
	lines_rewind(&s->r);
	s->n_listed = 0;
	return st;
}
