/*
 * source_tsv.c - rows where a line is a row and every tab separates.
 */
#include <string.h>

#include "data/source_in.h"

static void take_field(struct source *s, struct source_row *row, const char *p, size_t n)
{
	for (int i = 0; i < s->n_fields; i++) {
		if (s->column[i] == s->n_columns) {
			row->field[i] = p;
			row->len[i] = n;
		}
	}
	table_see(s, p, n);
}

static void split(struct source *s, struct source_row *row, const char *p, size_t n)
{
	const char *end = p + n, *tab;

	for (s->n_columns = 0;; p = tab + 1) {
		tab = memchr(p, '\t', (size_t)(end - p));
		take_field(s, row, p, (size_t)((tab ? tab : end) - p));
		if (!tab)
			return;
	}
}

enum status tsv_next(struct source *s, struct source_row *row, struct err *err)
{
	bool too_long;
	const char *p;
	size_t n;

	do {
		enum status st = lines_next(&s->r, &p, &n, &too_long, err);

		if (st)
			return st;
	} while (!n && !too_long);
	row->line = s->r.lines;
	if (too_long)
		row->fault = ROW_TOO_LONG;
	else
		split(s, row, p, n);
	return ST_OK;
}
