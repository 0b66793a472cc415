/*
 * source.c - rows from foreign files: opening by what they hold, and going on.
 */
#include "data/source.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/items.h"
#include "data/source_in.h"
#include "text/utf8.h"

static const char *const packings[] = { ".gz", ".xz", ".zst", ".bz2", NULL };

size_t source_name_length(const char *path)
{
	size_t n = strlen(path);

	for (const char *const *p = packings; *p; p++) {
		size_t len = strlen(*p);

		if (n > len && !strcasecmp(path + n - len, *p))
			return n - len;
	}
	return n;
}

const char *source_packed_beside(const char *path)
{
	char name[PATH_MAX];

	for (const char *const *p = packings; *p; p++) {
		int n = snprintf(name, sizeof name, "%s%s", path, *p);

		if (n > 0 && (size_t)n < sizeof name && file_exists(name))
			return *p;
	}
	return NULL;
}

enum source_format source_format_of(const char *path)
{
	static const struct {
		const char *ending;
		enum source_format format;
	} rows[] = {
		{".jsonl", SOURCE_JSONL}, {".ndjson", SOURCE_JSONL},
		{".json", SOURCE_JSONL},  {".tsv", SOURCE_TSV},
		{".csv", SOURCE_CSV},
	};
	size_t n = source_name_length(path);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = strlen(rows[i].ending);

		if (n >= len && !strncasecmp(path + n - len, rows[i].ending, len))
			return rows[i].format;
	}
	return SOURCE_AUTO;
}

void source_check_fields(const struct source *s, struct source_row *row)
{
	for (int i = 0; i < s->n_fields && !row->fault; i++) {
		if (row->len[i] && memchr(row->field[i], '\0', row->len[i]))
			row->fault = ROW_NUL;
		else if (row->len[i] && !utf8_valid(row->field[i], row->len[i]))
			row_say_bytes(row, row->field[i], row->len[i]);
	}
}

enum { NUMBER_BYTES = 63 };

bool source_number(const char *p, size_t n, char decimal, double *x)
{
	char text[NUMBER_BYTES + 1], *comma;

	text_trim(&p, &n);
	if (!n || n > NUMBER_BYTES || memchr(p, '\0', n))
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	comma = decimal == ',' && !strchr(text, '.') ? strchr(text, ',') : NULL;
	if (comma)
		*comma = '.';
	return parse_double(text, x);
}

/* --- opening --- */

static bool is_text(enum source_format f)
{
	return f == SOURCE_LINES || f == SOURCE_PARAGRAPHS;
}

/* The file, its form, and of a table how it is. */
static enum status begin(struct source *s, const char *path, enum source_format asked,
			 struct progress *pg, struct err *err)
{
	enum status st = lines_open(&s->r, path, pg, err);

	s->form = (struct form){ .format = asked, .delimiter = '\t', .decimal = '.' };
	if (is_text(asked))
		return st;
	if (!st)
		st = form_find(&s->r, asked, &s->form, err);
	if (st || s->form.format == SOURCE_JSONL)
		return st;
	if (s->form.format == SOURCE_CSV)
		csv_source_open(s);
	return table_look(s, err);
}

/* A table was asked for, and the rows are JSON: that is why nothing fits. */
static enum status refuse_json(const struct source_spec *spec, enum status st,
			       struct err *err)
{
	struct lines r;
	struct form form = { .format = SOURCE_AUTO };

	if (spec->format == SOURCE_AUTO || is_text(spec->format) ||
	    lines_open(&r, spec->path, NULL, NULL))
		return st;
	form_find(&r, SOURCE_AUTO, &form, NULL);
	lines_release(&r);
	if (form.format != SOURCE_JSONL)
		return st;
	return err_set(err, ST_INVALID, "rows of '%s' are JSON, and its format is said to "
		       "be %s", spec->path, spec->format == SOURCE_CSV ? "csv" : "tsv");
}

enum status source_open(const struct source_spec *spec, struct source **out,
			struct err *err)
{
	struct source *s;
	enum status st;

	*out = NULL;
	BUG_IF(spec->n_fields < 1 || spec->n_fields > SOURCE_FIELDS);
	s = xcalloc(1, sizeof *s);
	st = begin(s, spec->path, spec->format, spec->pg, err);
	s->n_fields = spec->n_fields;
	for (int i = 0; i < s->n_fields; i++) {
		s->field[i] = xstrdup(spec->field[i]);
		s->is_apart[i] = spec->is_apart[i];
	}
	if (!st && is_text(spec->format))
		st = text_open(s, err);
	else if (!st && s->form.format == SOURCE_JSONL)
		st = jsonl_open(s, err);
	else if (!st)
		st = table_columns(s, spec->header, err);
	if (st == ST_INVALID && s->form.format != SOURCE_JSONL)
		st = refuse_json(spec, st, err);
	if (st) {
		source_close(s);
		return st;
	}
	*out = s;
	return ST_OK;
}

enum status source_open_every(const char *path, enum source_format format,
			      const struct source_every *every, struct progress *pg,
			      struct source **out, struct source_look *look,
			      struct err *err)
{
	struct source *s = xcalloc(1, sizeof *s);
	enum status st = begin(s, path, format, pg, err);

	*out = NULL;
	if (st) {
		source_close(s);
		return st;
	}
	s->every = every;
	*look = (struct source_look){ .format = s->form.format, .width = s->width,
				      .shift = s->shift, .can_name = s->can_name,
				      .comments = s->r.start_lines,
				      .decimal = s->form.decimal };
	*out = s;
	return ST_OK;
}

/* --- rows --- */

enum status source_next(struct source *s, struct source_row *row,
			struct err *err)
{
	*row = (struct source_row){ .fault = ROW_OK, .decimal = s->form.decimal };
	if (is_text(s->form.format))
		return text_next(s, row, err);
	return s->form.format == SOURCE_JSONL ? jsonl_next(s, row, err) :
						table_next(s, row, err);
}

void source_watch(struct source *s, struct progress *pg)
{
	s->r.pg = pg;
}

void source_position(const struct source *s, uint64_t *at, uint64_t *size)
{
	*at = lines_at(&s->r);
	*size = s->r.size;
}

struct hash source_content(struct source *s)
{
	return lines_hash(&s->r);
}

enum status source_skip_to(struct source *s, uint64_t at, struct err *err)
{
	if (at < s->r.start)
		at = s->r.start;
	if (s->form.format == SOURCE_CSV)
		return csv_source_skip_to(s, at, err);
	if (s->form.is_list)
		return list_skip_to(s, at, err);
	lines_seek(&s->r, at, 0);
	return lines_skip_line(&s->r, err);
}

void source_close(struct source *s)
{
	if (!s)
		return;
	csv_source_close(s);
	lines_release(&s->r);
	for (int i = 0; i < s->n_fields; i++)
		xfree(s->field[i]);
	buf_release(&s->text);
	buf_release(&s->element);
	xfree(s);
}
