/*
 * source.c - rows from foreign files: formats, columns, reports, and TSV, where
 * a row is a line and every tab separates. Blank lines are no rows.
 */
#include "data/source.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "data/source_in.h"
#include "text/utf8.h"

/* --- reports --- */

const char *row_fault_name(enum row_fault f)
{
	static const char *const names[ROW_FAULTS] = {
		[ROW_OK] = "fine",
		[ROW_SHORT] = "too few columns",
		[ROW_BAD_JSON] = "no valid JSON",
		[ROW_NO_FIELD] = "field missing or no text",
		[ROW_BAD_UTF8] = "invalid UTF-8",
		[ROW_NUL] = "NUL byte",
		[ROW_TOO_LONG] = "row too long",
		[ROW_EMPTY_TEXT] = "empty text",
		[ROW_BAD_LABEL] = "unknown label",
		[ROW_BAD_NUMBER] = "no number",
		[ROW_BAD_QUOTE] = "quotes out of order",
	};

	BUG_IF((unsigned)f >= ROW_FAULTS);
	return names[f];
}

void row_report_add(struct row_report *r, enum row_fault f, uint64_t line)
{
	enum { FIRST = sizeof r->first[0] / sizeof r->first[0][0] };

	r->rows++;
	if (f == ROW_OK)
		return;
	if (r->bad[f] < FIRST)
		r->first[f][r->bad[f]] = line;
	r->bad[f]++;
}

uint64_t row_report_bad(const struct row_report *r)
{
	uint64_t n = 0;

	for (int f = ROW_OK + 1; f < ROW_FAULTS; f++)
		n += r->bad[f];
	return n;
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
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof rows / sizeof *rows; i++) {
		if (!strcasecmp(dot, rows[i].ending))
			return rows[i].format;
	}
	return SOURCE_AUTO;
}

/* --- columns --- */

enum { SEEN_MAX = 240, NAME_MAX_SHOWN = 40 };

void columns_init(struct columns *c, const struct source_spec *spec)
{
	*c = (struct columns){ .n = spec->n_fields };
	for (int i = 0; i < c->n; i++) {
		c->name[i] = spec->field[i];
		c->at[i] = UINT64_MAX;
	}
}

void columns_release(struct columns *c)
{
	buf_release(&c->seen);
}

void columns_see(struct columns *c, const char *name, size_t len)
{
	for (int i = 0; i < c->n; i++) {
		if (c->at[i] == UINT64_MAX && strlen(c->name[i]) == len &&
		    !memcmp(c->name[i], name, len))
			c->at[i] = c->count;
	}
	c->count++;
	if (c->seen.len > SEEN_MAX)
		return;
	if (c->listed++)
		buf_adds(&c->seen, ", ");
	text_sanitize(&c->seen, name, len < NAME_MAX_SHOWN ? len : NAME_MAX_SHOWN);
	if (len > NAME_MAX_SHOWN)
		buf_adds(&c->seen, "...");
}

enum status columns_missing(const struct columns *c, int i, const char *path,
			    struct err *err)
{
	if (!c->count)
		return err_set(err, ST_INVALID, "no column '%s' in '%s'",
			       c->name[i], path);
	if (c->listed < c->count)
		return err_set(err, ST_INVALID,
			       "no column '%s' in '%s': there are %s and %" PRIu64
			       " more",
			       c->name[i], path, buf_str(&c->seen),
			       c->count - c->listed);
	return err_set(err, ST_INVALID, "no column '%s' in '%s': there %s %s",
		       c->name[i], path, c->count == 1 ? "is" : "are",
		       buf_str(&c->seen));
}

enum status columns_settle(struct columns *c, bool header, const char *path,
			   struct err *err)
{
	for (int i = 0; i < c->n; i++) {
		uint64_t number;

		if (c->at[i] != UINT64_MAX)
			continue;
		if (!parse_u64(c->name[i], &number)) {
			if (header)
				return columns_missing(c, i, path, err);
			return err_set(err, ST_INVALID,
				       "'%s' has no header: columns go by number, "
				       "from 0, not by name ('%s')",
				       path, c->name[i]);
		}
		if (header && number >= c->count)
			return columns_missing(c, i, path, err);
		if (number == UINT64_MAX)
			number--;
		c->at[i] = number;
	}
	return ST_OK;
}

static bool wants_header(const struct source_spec *spec)
{
	uint64_t number;

	if (spec->header >= 0)
		return spec->header != 0;
	for (int i = 0; i < spec->n_fields; i++) {
		if (parse_u64(spec->field[i], &number))
			return false;
	}
	return true;
}

/* --- TSV --- */

static void set_column(const struct source *s, struct source_row *row,
		       uint64_t column, const char *p, size_t n)
{
	for (int i = 0; i < s->n_fields; i++) {
		if (s->column[i] == column) {
			row->field[i] = p;
			row->len[i] = n;
		}
	}
}

/* Looks no further than the last column that is asked for. */
static enum row_fault tsv_split(const struct source *s, struct source_row *row,
				const char *p, size_t n)
{
	const char *end = p + n;

	for (uint64_t column = 0; column <= s->last_column; column++) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));

		if (!tab && column < s->last_column)
			return ROW_SHORT;
		set_column(s, row, column, p, (size_t)((tab ? tab : end) - p));
		p = tab ? tab + 1 : end;
	}
	return source_check_fields(s, row);
}

static void tsv_see_all(const struct source *s, const char *p, size_t n)
{
	const char *end = p + n, *tab = p;

	for (uint64_t column = 0; tab; column++) {
		tab = memchr(p, '\t', (size_t)(end - p));
		s->every->see(s->every->arg, column, NULL, p,
			      (size_t)((tab ? tab : end) - p));
		p = tab ? tab + 1 : end;
	}
}

static enum status tsv_next(struct source *s, struct source_row *row,
			    struct err *err)
{
	bool too_long;
	const char *p;
	size_t n;

	do {
		enum status st = reader_line(&s->r, &p, &n, &too_long, err);

		if (st)
			return st;
	} while (!n && !too_long);
	row->line = s->r.lines;
	if (too_long)
		row->fault = ROW_TOO_LONG;
	else if (s->every)
		tsv_see_all(s, p, n);
	else
		row->fault = tsv_split(s, row, p, n);
	return ST_OK;
}

static enum status tsv_open(struct source *s, struct columns *c, bool header,
			    struct err *err)
{
	bool too_long = false;
	const char *p = "", *tab;
	size_t n = 0;
	enum status st = ST_OK;

	if (!header)
		return ST_OK;
	while (!st && !n && !too_long)
		st = reader_line(&s->r, &p, &n, &too_long, err);
	if (st == ST_END)
		return err_set(err, ST_INVALID, "no rows: '%s'", s->r.path);
	if (!st && too_long)
		return err_set(err, ST_INVALID, "header too long: '%s'", s->r.path);
	for (; !st; p = tab + 1) {
		tab = memchr(p, '\t', n);
		columns_see(c, p, tab ? (size_t)(tab - p) : n);
		if (!tab)
			break;
		n -= (size_t)(tab - p) + 1;
	}
	return st;
}

/* --- the source --- */

enum row_fault source_check_fields(const struct source *s,
				   const struct source_row *row)
{
	for (int i = 0; i < s->n_fields; i++) {
		if (row->len[i] && memchr(row->field[i], '\0', row->len[i]))
			return ROW_NUL;
		if (row->len[i] && !utf8_valid(row->field[i], row->len[i]))
			return ROW_BAD_UTF8;
	}
	return ROW_OK;
}

static enum status open_table(struct source *s, const struct source_spec *spec,
			      struct err *err)
{
	bool header = wants_header(spec);
	struct columns c;
	enum status st;

	columns_init(&c, spec);
	if (s->format == SOURCE_TSV)
		st = tsv_open(s, &c, header, err);
	else
		st = csv_source_open(s, &c, header, err);
	if (!st)
		st = columns_settle(&c, header, spec->path, err);
	for (int i = 0; !st && i < s->n_fields; i++) {
		s->column[i] = c.at[i];
		if (c.at[i] > s->last_column)
			s->last_column = c.at[i];
	}
	columns_release(&c);
	return st;
}

enum status source_open(const struct source_spec *spec, struct source **out,
			struct err *err)
{
	struct source *s;
	enum status st;

	*out = NULL;
	BUG_IF(spec->n_fields < 1 || spec->n_fields > SOURCE_FIELDS);
	s = xcalloc(1, sizeof *s);
	s->format = spec->format ? spec->format : source_format_of(spec->path);
	s->n_fields = spec->n_fields;
	for (int i = 0; i < s->n_fields; i++)
		s->field[i] = xstrdup(spec->field[i]);
	st = reader_open(&s->r, spec->path, err);
	if (!st && s->format == SOURCE_AUTO)
		st = err_set(err, ST_INVALID,
			     "cannot tell the format by the name: '%s': say jsonl, "
			     "tsv or csv",
			     spec->path);
	else if (!st && s->format == SOURCE_JSONL)
		st = jsonl_open(s, spec, err);
	else if (!st)
		st = open_table(s, spec, err);
	if (st) {
		source_close(s);
		return st;
	}
	*out = s;
	return ST_OK;
}

enum status source_next(struct source *s, struct source_row *row,
			struct err *err)
{
	*row = (struct source_row){ .fault = ROW_OK };
	switch (s->format) {
	case SOURCE_JSONL: return jsonl_next(s, row, err);
	case SOURCE_CSV:   return csv_source_next(s, row, err);
	default:           return tsv_next(s, row, err);
	}
}

void source_watch(struct source *s, struct progress *pg)
{
	s->r.pg = pg;
}

void source_position(const struct source *s, uint64_t *at, uint64_t *size)
{
	*at = reader_at(&s->r);
	*size = s->r.size;
}

struct hash source_content(struct source *s)
{
	return reader_hash(&s->r);
}

enum status source_open_every(const char *path, enum source_format format,
			      const struct source_every *every, struct source **out,
			      struct err *err)
{
	struct source *s = xcalloc(1, sizeof *s);
	enum status st;

	BUG_IF(format == SOURCE_AUTO);
	*out = NULL;
	s->format = format;
	s->every = every;
	st = reader_open(&s->r, path, err);
	if (!st && format == SOURCE_CSV)
		st = csv_source_open(s, NULL, false, err);
	if (st)
		source_close(s);
	else
		*out = s;
	return st;
}

enum status source_skip_to(struct source *s, uint64_t at, struct err *err)
{
	if (at < s->r.start)
		at = s->r.start;
	if (s->format == SOURCE_CSV)
		return csv_source_skip_to(s, at, err);
	reader_seek(&s->r, at, 0);
	return reader_skip_line(&s->r, err);
}

void source_close(struct source *s)
{
	if (!s)
		return;
	csv_source_close(s);
	reader_release(&s->r);
	for (int i = 0; i < s->n_fields; i++)
		xfree(s->field[i]);
	buf_release(&s->text);
	xfree(s);
}
