/*
 * source_csv.c - rows by RFC 4180, with whatever separator; the only file that
 * knows libcsv.
 *
 * libcsv is fed a line at a time, so that a row ends where a feed ends. Spaces
 * belong to their field; a backslash is a character like any other. A quote
 * where none may stand, or one that is never closed, costs the line where the
 * row began: reading goes on at the line after it. Going back is paid from
 * `again`, so that a hostile file is read twice at most; then reading goes on
 * behind the trouble.
 */
#include <csv.h>
#include <string.h>

#include "base/mem.h"
#include "data/source_in.h"

enum { FIELD_BLOCK = 1 << 14 };
static const uint64_t AGAIN_LEAST = (uint64_t)4 * SOURCE_LINE_MAX;

struct format_csv {
	struct csv_parser parser;
	struct source *s;
	bool row_done;
	bool after_cr;            /* the last line end was a CR */
	uint64_t again;           /* bytes that may still be read twice */
	uint64_t row_at, row_line;/* where the row began */
	bool many_lines;          /* the row has gone over a line end */
	size_t fed;               /* bytes of the row */
	bool have[SOURCE_FIELDS];
	size_t at[SOURCE_FIELDS], len[SOURCE_FIELDS]; /* in s->text */
};

static int never(unsigned char c)
{
	(void)c;
	return 0;
}

static void parser_start(struct format_csv *f)
{
	BUG_IF(csv_init(&f->parser, CSV_STRICT | CSV_STRICT_FINI));
	csv_set_realloc_func(&f->parser, xrealloc);
	csv_set_free_func(&f->parser, xfree);
	csv_set_blk_size(&f->parser, FIELD_BLOCK);
	csv_set_space_func(&f->parser, never);
	csv_set_delim(&f->parser, (unsigned char)f->s->form.delimiter);
}

static void on_field(void *p, size_t n, void *arg)
{
	struct format_csv *f = arg;
	struct source *s = f->s;

	for (int i = 0; i < s->n_fields; i++) {
		if (s->column[i] != s->n_columns)
			continue;
		f->have[i] = true;
		f->at[i] = s->text.len;
		f->len[i] = n;
		buf_add(&s->text, p, n);
	}
	table_see(s, n ? p : "", n);
}

static void on_row(int end, void *arg)
{
	struct format_csv *f = arg;

	(void)end;
	f->row_done = true;
}

static void row_start(struct format_csv *f)
{
	f->row_at = lines_at(&f->s->r);
	f->row_line = f->s->r.lines + 1;
	f->s->n_columns = 0;
	f->row_done = f->many_lines = false;
	f->fed = 0;
	memset(f->have, 0, sizeof f->have);
	buf_clear(&f->s->text);
	buf_reserve(&f->s->text, 1);
}

/* Bytes up to the next line end and with it, out of what is in the buffer. */
static size_t piece_length(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '\n' && p[i] != '\r')
		i++;
	return i < n ? i + 1 : n;
}

/* Moves on by n bytes; CR LF is one line end. */
static void pass(struct format_csv *f, const char *p, size_t n)
{
	bool lf = n && p[n - 1] == '\n', cr = n && p[n - 1] == '\r';

	if (cr || (lf && !(n == 1 && f->after_cr)))
		f->s->r.lines++;
	f->many_lines = f->many_lines || ((lf || cr) && f->fed);
	f->after_cr = cr;
	f->s->r.begin += n;
}

/* To the start of the next line. */
static enum status pass_line(struct format_csv *f, struct err *err)
{
	struct lines *r = &f->s->r;

	for (;;) {
		const char *p = r->buf + r->begin;
		size_t n = piece_length(p, r->end - r->begin);
		bool end = n && (p[n - 1] == '\n' || p[n - 1] == '\r');
		enum status st;

		pass(f, p, n);
		if (end)
			return ST_OK;
		st = lines_fill(r, err);
		if (st)
			return st == ST_END ? ST_OK : st;
	}
}

/* After a row that cannot be read: on at a line where one may begin. */
static enum status recover(struct format_csv *f, struct err *err)
{
	struct lines *r = &f->s->r;
	uint64_t back = lines_at(r) - f->row_at;

	csv_free(&f->parser);
	parser_start(f);
	if (f->many_lines && back <= f->again) {
		f->again -= back;
		lines_seek(r, f->row_at, f->row_line - 1);
		f->after_cr = false;
	}
	return pass_line(f, err);
}

enum feed { FEED_MORE, FEED_ROW, FEED_BAD, FEED_LONG, FEED_END };

static enum feed feed_end(struct format_csv *f)
{
	if (csv_fini(&f->parser, on_field, on_row, f))
		return FEED_BAD;
	return f->row_done ? FEED_ROW : FEED_END;
}

/* libcsv's buffer grows by blocks of one size: copies without end for a long field. */
static void grow_by_doubling(struct format_csv *f)
{
	size_t has = csv_get_buffer_size(&f->parser);

	csv_set_blk_size(&f->parser, has > FIELD_BLOCK ? has : FIELD_BLOCK);
}

/* One line, or as much of it as there is; blank lines before a row are passed. */
static enum feed feed_piece(struct format_csv *f)
{
	struct lines *r = &f->s->r;
	const char *p = r->buf + r->begin;
	size_t n = piece_length(p, r->end - r->begin), taken;

	if (!f->fed && n == 1 && (*p == '\n' || *p == '\r')) {
		pass(f, p, 1);
		row_start(f);
		return FEED_MORE;
	}
	if (n > SOURCE_LINE_MAX - f->fed)
		return f->many_lines ? FEED_BAD : FEED_LONG;
	f->fed += n;
	grow_by_doubling(f);
	taken = csv_parse(&f->parser, p, n, on_field, on_row, f);
	if (taken < n)
		return FEED_BAD;
	pass(f, p, n);
	return f->row_done ? FEED_ROW : FEED_MORE;
}

static enum status read_row(struct format_csv *f, enum feed *what,
			    struct err *err)
{
	struct lines *r = &f->s->r;

	row_start(f);
	for (*what = FEED_MORE; *what == FEED_MORE;) {
		enum status st = ST_OK;

		if (r->begin == r->end)
			st = lines_fill(r, err);
		if (st == ST_END)
			*what = feed_end(f);
		else if (st)
			return st;
		else
			*what = feed_piece(f);
	}
	if (*what == FEED_BAD || *what == FEED_LONG)
		return recover(f, err);
	return ST_OK;
}

/* A field that the row has not got stays empty: the width tells. */
static void set_fields(const struct format_csv *f, struct source_row *row)
{
	const struct source *s = f->s;

	for (int i = 0; i < s->n_fields; i++) {
		row->field[i] = f->have[i] ? s->text.s + f->at[i] : "";
		row->len[i] = f->have[i] ? f->len[i] : 0;
	}
}

enum status csv_source_next(struct source *s, struct source_row *row,
			    struct err *err)
{
	struct format_csv *f = s->csv;
	enum feed what;
	enum status st = read_row(f, &what, err);

	if (st)
		return st;
	row->line = f->row_line;
	switch (what) {
	case FEED_END: return ST_END;
	case FEED_BAD: row->fault = ROW_BAD_QUOTE; break;
	case FEED_LONG: row->fault = ROW_TOO_LONG; break;
	default: set_fields(f, row); break;
	}
	return ST_OK;
}

void csv_source_open(struct source *s)
{
	struct format_csv *f = xcalloc(1, sizeof *f);

	s->csv = f;
	f->s = s;
	parser_start(f);
	f->again = s->r.size > AGAIN_LEAST ? s->r.size : AGAIN_LEAST;
}

void csv_source_rewind(struct source *s)
{
	struct format_csv *f = s->csv;

	csv_free(&f->parser);
	parser_start(f);
	f->after_cr = false;
	f->again = s->r.size > AGAIN_LEAST ? s->r.size : AGAIN_LEAST;
}

enum status csv_source_skip_to(struct source *s, uint64_t at, struct err *err)
{
	struct format_csv *f = s->csv;

	csv_source_rewind(s);
	lines_seek(&s->r, at, 0);
	return pass_line(f, err);
}

void csv_source_close(struct source *s)
{
	if (!s->csv)
		return;
	csv_free(&s->csv->parser);
	xfree(s->csv);
	s->csv = NULL;
}
