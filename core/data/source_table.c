/*
 * source_table.c - what TSV and CSV share: the width of a table, its header, the
 * columns that are asked for.
 *
 * The first rows are looked at. A table is as wide as most of them; the first row
 * has no vote where there are others, since it may be a header. A header with one
 * name less than that is R's kind, where the first column has the names of the
 * rows (each another one), or stands over rows that end with a separator.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "data/items.h"
#include "data/source_in.h"
#include "text/utf8.h"

enum { LOOK_ROWS = 2000, LOOK_BYTES = 1 << 20, WIDTHS = 64, NAME_WORDS = 3,
       SEEN_MAX = 240, NAME_MAX_SHOWN = 40 };

/* --- rows --- */

void table_see(struct source *s, const char *p, size_t n)
{
	const struct source_field f = { .column = s->n_columns, .p = p, .n = n };

	if (s->every)
		s->every->see(s->every->arg, &f);
	if (!s->n_columns++) {
		text_trim(&p, &n);
		s->is_blank = !n;
	}
}

/* A line of blanks alone is no row, but where a table has one column. */
static enum status next_raw(struct source *s, struct source_row *row, struct err *err)
{
	enum status st;

	do
		st = s->form.format == SOURCE_CSV ? csv_source_next(s, row, err) :
						    tsv_next(s, row, err);
	while (!st && !row->fault && s->is_blank && s->n_columns == 1 && s->width != 1);
	return st;
}

static void rewind_rows(struct source *s)
{
	lines_rewind(&s->r);
	if (s->form.format == SOURCE_CSV)
		csv_source_rewind(s);
}

/* Where none of the first rows could be read, the first good one is as wide as all. */
static void check_width(struct source *s, struct source_row *row)
{
	char what[ROW_WHAT];
	bool has_all = true;

	if (!s->width)
		s->width = s->n_columns;
	for (int i = 0; i < s->n_fields; i++)
		has_all = has_all && s->column[i] < s->n_columns;
	if (s->n_columns == s->width && has_all)
		return;
	for (int i = 0; i < s->n_longer; i++)
		row->is_longer = row->is_longer || s->n_columns == s->longer[i];
	if (row->is_longer)
		return;
	str_format(what, sizeof what, "%" PRIu64 " in place of %" PRIu64, s->n_columns,
		   s->width);
	row_say(row, s->n_columns < s->width ? ROW_SHORT : ROW_LONG, what, strlen(what));
}

enum status table_next(struct source *s, struct source_row *row, struct err *err)
{
	enum status st = next_raw(s, row, err);

	if (st || row->fault)
		return st;
	if (!s->every || s->passed_first)
		check_width(s, row);
	s->passed_first = true;
	if (!row->fault)
		source_check_fields(s, row);
	return ST_OK;
}

/* --- the width --- */

struct width {
	uint64_t columns, rows;
	uint64_t trailing;          /* of these, with nothing in the last column */
};

/* What may be the name of a row: its first field. */
struct row_name {
	uint64_t hash, columns;
	int words;
};

struct look {
	const struct source *s;
	uint64_t last_len;          /* of the row's last field */
	struct row_name name;       /* its first one */
	struct width first;         /* the first row */
	int n;                      /* the others */
	struct width width[WIDTHS];
	int n_widths;
	struct row_name *names;     /* [LOOK_ROWS] */
};

static int words_in(const char *p, size_t n)
{
	int words = 0;

	for (size_t i = 0; i < n; i++)
		words += p[i] != ' ' && (!i || p[i - 1] == ' ');
	return words;
}

static void see_field(void *arg, const struct source_field *f)
{
	struct look *l = arg;
	const char *p = f->p;
	size_t n = f->n;

	text_trim(&p, &n);
	if (!f->column)
		l->name = (struct row_name){ .hash = hash64_bytes(p, n),
					     .words = words_in(p, n) };
	l->last_len = n;
}

static struct width *width_of(struct look *l, uint64_t columns)
{
	int i = 0;

	while (i < l->n_widths && l->width[i].columns != columns)
		i++;
	if (i == WIDTHS)
		return &l->width[WIDTHS - 1];
	if (i == l->n_widths)
		l->width[l->n_widths++].columns = columns;
	return &l->width[i];
}

static void count_row(struct look *l)
{
	struct width *w = width_of(l, l->s->n_columns);

	w->rows++;
	w->trailing += !l->last_len;
	l->name.columns = l->s->n_columns;
	l->names[l->n++] = l->name;
}

static enum status look_at_rows(struct source *s, struct look *l, struct err *err)
{
	uint64_t end = lines_at(&s->r) + LOOK_BYTES;
	enum status st = ST_OK;

	while (!st && l->n < LOOK_ROWS && lines_at(&s->r) < end) {
		struct source_row row = { .fault = ROW_OK };

		st = next_raw(s, &row, err);
		if (st || row.fault)
			continue;
		if (!l->first.columns)
			l->first = (struct width){ s->n_columns, 1, !l->last_len };
		else
			count_row(l);
	}
	return st == ST_END ? ST_OK : st;
}

/* Of equals the one that the first row has, then the wider one. */
static const struct width *widest_spread(const struct look *l)
{
	const struct width *best = &l->first;
	uint64_t most = 0;

	for (int i = 0; i < l->n_widths; i++) {
		const struct width *w = &l->width[i];
		bool better = w->rows > most ||
			      (w->rows == most && best->columns != l->first.columns &&
			       (w->columns == l->first.columns ||
				w->columns > best->columns));

		if (better) {
			best = w;
			most = w->rows;
		}
	}
	return best;
}

static int by_hash(const void *a, const void *b)
{
	const struct row_name *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Is, in rows of the table's width, no first field twice there, and each a short one? */
static bool has_row_names(struct look *l)
{
	const struct row_name *last = NULL;

	qsort(l->names, (size_t)l->n, sizeof *l->names, by_hash);
	for (int i = 0; i < l->n; i++) {
		const struct row_name *name = &l->names[i];

		if (name->columns != l->s->width)
			continue;
		if (name->words > NAME_WORDS || (last && last->hash == name->hash))
			return false;
		last = name;
	}
	return last != NULL;
}

static void judge_first_row(struct source *s, struct look *l, const struct width *w)
{
	uint64_t has = l->first.columns;
	bool rows_trail = w->trailing * 20 >= w->rows * 19;

	s->can_name = has == s->width || (has == s->width + 1 && l->first.trailing);
	for (int i = 0; i < s->n_longer; i++)
		s->can_name = s->can_name || has == s->longer[i];
	if (s->can_name || has + 1 != s->width)
		return;
	s->shift = !rows_trail && has_row_names(l);
	s->can_name = rows_trail || s->shift;
}

/*
 * No tab is part of a text: where many rows agree on some columns more, these are
 * columns that other rows do without. A comma too many may be anywhere.
 */
static void allow_longer(struct source *s, const struct look *l)
{
	s->n_longer = 0;
	for (int i = 0; i < l->n_widths && s->form.format == SOURCE_TSV; i++) {
		const struct width *w = &l->width[i];

		if (w->columns > s->width && w->rows > ROW_FEW &&
		    w->rows * 20 >= (uint64_t)l->n && s->n_longer < SOURCE_LONGER)
			s->longer[s->n_longer++] = w->columns;
	}
}

static enum status count_widths(struct source *s, struct look *l, struct err *err)
{
	struct row_name *names = l->names;
	enum status st;

	*l = (struct look){ .s = s, .names = names };
	st = look_at_rows(s, l, err);
	s->width = widest_spread(l)->columns;
	if (!st)
		rewind_rows(s);
	return st;
}

/* Twice where there are comments that only the width gives away. */
enum status table_look(struct source *s, struct err *err)
{
	struct look *l = xcalloc(1, sizeof *l);
	struct source_every every = { .see = see_field, .arg = l };
	uint64_t start = s->r.start;
	enum status st;

	l->names = xcalloc(LOOK_ROWS, sizeof *l->names);
	s->every = &every;
	st = count_widths(s, l, err);
	if (!st)
		st = form_pass_comments(&s->r, s->form.delimiter, s->width, err);
	if (!st)
		rewind_rows(s);
	if (!st && s->r.start != start)
		st = count_widths(s, l, err);
	allow_longer(s, l);
	if (!st)
		judge_first_row(s, l, widest_spread(l));
	s->every = NULL;
	xfree(l->names);
	xfree(l);
	return st;
}

/* --- columns by name --- */

enum { ALIKE = 4 };

/* A column that is asked for, and where that name stands in the header. */
struct wish {
	const char *name;
	size_t len, nth_len;        /* "label#2": 7 and 5 */
	uint64_t nth;               /* 2; 0: no such form */
	uint64_t n, at[ALIKE];      /* columns of this name */
	uint64_t n_base, nth_at;    /* columns called "label"; the second of them */
};

struct header {
	const struct source *s;
	int n;
	struct wish wish[SOURCE_FIELDS];
	struct buf seen;
	uint64_t listed, count;
};

uint64_t source_nth_name(const char *name, size_t *len)
{
	const char *hash = strrchr(name, '#');
	uint64_t nth;

	if (!hash || hash == name || !parse_u64(hash + 1, &nth))
		return 0;
	*len = (size_t)(hash - name);
	return nth;
}

void column_list(struct buf *seen, uint64_t *listed, const char *name, size_t n)
{
	if (seen->len > SEEN_MAX)
		return;
	if ((*listed)++)
		buf_adds(seen, ", ");
	text_sanitize(seen, name, n < NAME_MAX_SHOWN ? n : NAME_MAX_SHOWN);
	if (n > NAME_MAX_SHOWN)
		buf_adds(seen, "...");
}

enum status column_missing(const char *name, const char *path, const struct buf *seen,
			   uint64_t listed, uint64_t count, struct err *err)
{
	if (!count)
		return err_set(err, ST_INVALID, "no column '%s' in '%s'", name, path);
	if (listed < count)
		return err_set(err, ST_INVALID,
			       "no column '%s' in '%s': there are %s and %" PRIu64 " more",
			       name, path, buf_str(seen), count - listed);
	return err_set(err, ST_INVALID, "no column '%s' in '%s': there %s %s", name, path,
		       count == 1 ? "is" : "are", buf_str(seen));
}

static bool is_same(const char *a, size_t n, const char *b, size_t m)
{
	return n == m && !memcmp(a, b, n);
}

static void see_name(void *arg, const struct source_field *f)
{
	struct header *h = arg;
	const char *p = f->p;
	size_t n = f->n;

	text_trim(&p, &n);
	if (f->column >= h->s->width)
		return;
	for (int i = 0; i < h->n; i++) {
		struct wish *w = &h->wish[i];
		uint64_t at = f->column + (uint64_t)h->s->shift;

		if (is_same(w->name, w->len, p, n)) {
			if (w->n < ALIKE)
				w->at[w->n] = at;
			w->n++;
		}
		if (w->nth && is_same(w->name, w->nth_len, p, n) && ++w->n_base == w->nth)
			w->nth_at = at;
	}
	column_list(&h->seen, &h->listed, p, n);
	h->count++;
}

static enum status read_header(struct source *s, struct header *h, struct err *err)
{
	struct source_every every = { .see = see_name, .arg = h };
	struct source_row row = { .fault = ROW_OK };
	enum status st;

	s->every = &every;
	st = next_raw(s, &row, err);
	s->every = NULL;
	if (st == ST_END)
		return err_set(err, ST_INVALID, "no rows: '%s'", s->r.path);
	if (!st && row.fault)
		return err_set(err, ST_INVALID, "%s in the header: '%s'",
			       row_fault_name(row.fault), s->r.path);
	return st;
}

static enum status two_columns(const struct wish *w, const char *path, struct err *err)
{
	struct buf b;

	buf_init(&b);
	for (uint64_t i = 0; i < w->n && i < ALIKE; i++)
		buf_addf(&b, "%s%" PRIu64, i ? ", " : "", w->at[i]);
	err_set(err, ST_INVALID, "%" PRIu64 " columns are called '%s' in '%s': numbers %s%s: "
		"say the number, or '%s#2' for the second", w->n, w->name, path, buf_str(&b),
		w->n > ALIKE ? ", ..." : "", w->name);
	buf_release(&b);
	return ST_INVALID;
}

static enum status settle(const struct source *s, const struct header *h,
			  const struct wish *w, bool header, uint64_t *at, struct err *err)
{
	uint64_t number;

	if (w->n == 1 || (!w->n && w->nth && w->n_base >= w->nth)) {
		*at = w->n ? w->at[0] : w->nth_at;
		return ST_OK;
	}
	if (w->n)
		return two_columns(w, s->r.path, err);
	if (parse_u64(w->name, &number) && (number < s->width || !s->width)) {
		*at = number;
		return ST_OK;
	}
	if (!header && !parse_u64(w->name, &number))
		return err_set(err, ST_INVALID, "'%s' has no header: columns go by number, "
			       "from 0, not by name ('%s')", s->r.path, w->name);
	if (!header)
		return err_set(err, ST_INVALID, "no column '%s' in '%s': there %s %" PRIu64,
			       w->name, s->r.path, s->width == 1 ? "is" : "are", s->width);
	return column_missing(w->name, s->r.path, &h->seen, h->listed, h->count, err);
}

static bool wants_header(const struct source *s, int header)
{
	uint64_t number;

	if (header >= 0)
		return header != 0;
	for (int i = 0; i < s->n_fields; i++) {
		if (parse_u64(s->field[i], &number))
			return false;
	}
	return true;
}

/* Names over rows of another width could be those of any column. */
static enum status check_header(const struct source *s, const struct header *h,
				struct err *err)
{
	uint64_t number;

	for (int i = 0; i < h->n && !s->can_name; i++) {
		if (!parse_u64(h->wish[i].name, &number))
			return err_set(err, ST_INVALID, "the header of '%s' in line %" PRIu64
				       " has %" PRIu64 " names, most rows have %" PRIu64
				       " columns: ask for them by number, from 0",
				       s->r.path, s->r.lines, s->n_columns, s->width);
	}
	return ST_OK;
}

/* Blanks around a name do not count here, either. */
static void take_wish(struct source *s, int i, struct wish *w)
{
	const char *p = s->field[i];

	w->len = strlen(p);
	text_trim(&p, &w->len);
	memmove(s->field[i], p, w->len);
	s->field[i][w->len] = '\0';
	w->name = s->field[i];
	w->nth = source_nth_name(w->name, &w->nth_len);
}

enum status table_columns(struct source *s, int has_header, struct err *err)
{
	struct header h = { .s = s, .n = s->n_fields };
	bool header = wants_header(s, has_header);
	enum status st = ST_OK;

	for (int i = 0; i < h.n; i++)
		take_wish(s, i, &h.wish[i]);
	if (header)
		st = read_header(s, &h, err);
	if (!st && header)
		st = check_header(s, &h, err);
	for (int i = 0; !st && i < h.n; i++)
		st = settle(s, &h, &h.wish[i], header, &s->column[i], err);
	buf_release(&h.seen);
	return st;
}
