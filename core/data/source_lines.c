/*
 * source_lines.c - text without columns: a line is a row, or a paragraph, lines up to a
 * blank one, which blanks join. Nothing is a header, nothing separates.
 */
#include <string.h>

#include "data/items.h"
#include "data/source_in.h"

enum status text_open(struct source *s, struct err *err)
{
	if (s->n_fields > 1)
		return err_set(err, ST_INVALID, "a file of texts has no column '%.60s': '%s'",
			       s->field[1], s->r.path);
	s->width = 1;
	return ST_OK;
}

static void take(struct source *s, struct source_row *row, const char *p, size_t n)
{
	row->field[0] = p;
	row->len[0] = n;
	s->n_columns = 0;
	table_see(s, p, n);
	source_check_fields(s, row);
}

/* The next line that is not blank; ST_END. */
static enum status next_line(struct source *s, struct source_row *row, const char **p,
			     size_t *n, struct err *err)
{
	bool too_long;

	do {
		enum status st = lines_next(&s->r, p, n, &too_long, err);

		if (st)
			return st;
	} while (!too_long && text_is_blank(*p, *n));
	row->line = s->r.lines;
	if (too_long)
		row->fault = ROW_TOO_LONG;
	return ST_OK;
}

/* The other lines of the paragraph, which the text begins with. */
static enum status read_paragraph(struct source *s, struct source_row *row, struct err *err)
{
	bool too_long;
	const char *p;
	size_t n;

	for (;;) {
		enum status st = lines_next(&s->r, &p, &n, &too_long, err);

		if (st == ST_END || (!st && !too_long && text_is_blank(p, n)))
			return ST_OK;
		if (st)
			return st;
		if (too_long || s->text.len + n >= SOURCE_LINE_MAX) {
			row->fault = ROW_TOO_LONG; /* what follows is passed over */
			continue;
		}
		buf_addc(&s->text, ' ');
		buf_add(&s->text, p, n);
	}
}

enum status text_next(struct source *s, struct source_row *row, struct err *err)
{
	bool is_long = s->form.format == SOURCE_PARAGRAPHS;
	const char *p;
	size_t n;
	enum status st = next_line(s, row, &p, &n, err);

	if (st)
		return st;
	if (is_long) {
		buf_clear(&s->text);
		buf_add(&s->text, p, n);
		st = read_paragraph(s, row, err);
		p = buf_str(&s->text);
		n = s->text.len;
	}
	if (!st && !row->fault)
		take(s, row, p, n);
	return st;
}
