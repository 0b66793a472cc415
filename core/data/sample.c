/*
 * sample.c - counting over the columns of an unknown file.
 */
#include "data/sample.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "data/items.h"
#include "text/keep_row.h"
#include "text/utf8.h"

enum { SLOTS = 4096, HEAD_ROWS = 20000, HEAD_BYTES = 16 << 20, STRETCHES = 32,
       STRETCH_ROWS = 64, STRETCH_BYTES = 256 << 10, NAME_BYTES = 256,
       NUMBER_BYTES = 17, KEY_BYTES = 64 };

/* --- one value --- */

/* Words between spaces; each character from the CJK blocks on is one, too. */
static uint64_t count_words(const char *p, size_t n)
{
	uint64_t words = 0;
	bool inside = false;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		int len = utf8_next(p + i, n - i, &cp);
		bool space = len == 1 && (cp == ' ' || (cp >= '\t' && cp <= '\r'));

		words += cp >= 0x2e80 || (!space && !inside);
		inside = !space && cp < 0x2e80;
		i += len > 0 ? (size_t)len : 1;
	}
	return words;
}

/* Up to 16 words one bin each, then eight to a doubling. */
static int bin_of(uint64_t words)
{
	double b = words < 16 ? (double)words : 16 + 8 * log2((double)words / 16);

	return b < SAMPLE_BINS - 1 ? (int)b : SAMPLE_BINS - 1;
}

static int words_of(int bin)
{
	return bin < 16 ? bin : (int)ceil(16 * exp2((bin - 15) / 8.0));
}

/* Values beyond those that fit are not counted. */
static void count_seen(struct sample_seen *s, const char *p, size_t n)
{
	uint64_t h = hash64_bytes(p, n) | 1, at = (h >> 20) % SLOTS;

	if (!s->slot)
		s->slot = xcalloc((size_t)2 * SLOTS, sizeof *s->slot);
	while (s->slot[2 * at] && s->slot[2 * at] != h)
		at = (at + 1) % SLOTS;
	if (!s->slot[2 * at]) {
		if (s->distinct == SAMPLE_DISTINCT)
			return;
		s->slot[2 * at] = h;
		s->distinct++;
	}
	if (++s->slot[2 * at + 1] > s->commonest)
		s->commonest = s->slot[2 * at + 1];
}

static void count_distinct(struct sample_column *c, const char *p, size_t n)
{
	count_seen(&c->seen, p, n);
	c->distinct = c->seen.distinct;
	c->commonest = c->seen.commonest;
}

/* The words of a list, which its elements are made of. */
static void count_list(struct sample_column *c, const char *p, size_t n)
{
	c->lists++;
	for (size_t i = 0, end; i < n; i = end + 1) {
		for (end = i; end < n && p[end] != ' ';)
			end++;
		if (end > i)
			count_seen(&c->seen_listed, p + i, end - i);
	}
	c->listed = c->seen_listed.distinct;
}

static bool is_whole(const char *p, size_t n)
{
	for (size_t i = n && (*p == '-' || *p == '+'); i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

static void count_number(struct sample_column *c, const char *p, size_t n, char decimal)
{
	double x;

	if (n > NUMBER_BYTES || !source_number(p, n, decimal, &x))
		return;
	if (!c->numbers || x < c->least)
		c->least = x;
	if (!c->numbers || x > c->most)
		c->most = x;
	c->numbers++;
	if (!is_whole(p, n))
		return;
	c->follows += c->wholes && x == c->before + 1;
	c->before = x;
	c->wholes++;
}

static void show(struct sample_column *c, const char *p, size_t n)
{
	struct buf b;

	buf_init(&b);
	text_sanitize(&b, p, n < SAMPLE_SHOWN ? n : SAMPLE_SHOWN);
	str_format(c->shown, sizeof c->shown, "%.*s",
		   (int)text_fit(buf_str(&b), b.len, SAMPLE_SHOWN / 2), buf_str(&b));
	buf_release(&b);
}

static bool has_ascii_word(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] >= '0' && p[i] <= '9') || ((p[i] | 32) >= 'a' && (p[i] | 32) <= 'z'))
			return true;
	return false;
}

static void count_value(struct sample_column *c, const char *p, size_t n, char decimal)
{
	uint64_t words;

	c->n++;
	text_trim(&p, &n);
	if (!n) {
		c->empty++;
		return;
	}
	words = count_words(p, n);
	if (!c->shown[0])
		show(c, p, n);
	c->ascii += has_ascii_word(p, n);
	c->masks += keep_row_read(p, n, NULL, 0) > 3;
	c->chars += n;
	c->words += words;
	c->bin[bin_of(words)]++;
	c->has_first = c->has_first ||
		       (c->first && strlen(c->first) == n && !memcmp(c->first, p, n));
	count_number(c, p, n, decimal);
	count_distinct(c, p, n);
}

/* --- a row --- */

struct cell {
	size_t at, len;
	int column;
	bool is_list;
};

struct look {
	struct sample *s;
	struct source *src;
	struct source_look found;
	struct buf text;           /* the row's fields, one after another */
	uint64_t n;                /* fields of the row */
	struct cell cell[SAMPLE_COLUMNS];
	int n_cells;
	bool had_first;
};

/* A key that no plan can name is no column. */
static bool has_plain_name(const char *name)
{
	return *name && strlen(name) < KEY_BYTES && !strpbrk(name, "\n\r\t");
}

/* The column of a JSON key: most rows have them in one order. */
static int find_column(struct sample *s, uint64_t at, const char *name)
{
	if (!name)
		return at < SAMPLE_COLUMNS ? (int)at : -1;
	if (!has_plain_name(name))
		return -1;
	if (at < (uint64_t)s->n_columns && s->column[at].name &&
	    str_eq(s->column[at].name, name))
		return (int)at;
	for (int i = 0; i < s->n_columns; i++)
		if (s->column[i].name && str_eq(s->column[i].name, name))
			return i;
	if (s->n_columns == SAMPLE_COLUMNS)
		return -1;
	s->column[s->n_columns].name = xstrdup(name);
	return s->n_columns++;
}

static void see(void *arg, const struct source_field *f)
{
	struct look *l = arg;
	int i;

	if (!f->column) { /* the row begins */
		l->n = 0;
		l->n_cells = 0;
		buf_clear(&l->text);
		l->s->is_list = !f->name; /* of a table that says nothing */
	}
	l->n++;
	if (f->is_nested && f->name && !l->s->nested)
		l->s->nested = xstrdup(f->name);
	if (!f->p || l->n_cells == SAMPLE_COLUMNS)
		return;
	i = find_column(l->s, f->column, f->name);
	if (i < 0)
		return;
	l->cell[l->n_cells] = (struct cell){ .at = l->text.len, .len = f->n,
					     .column = i, .is_list = f->is_list };
	l->n_cells++;
	buf_add(&l->text, f->p, f->n);
}

static void check_cells(const struct look *l, struct source_row *row)
{
	if (l->text.len && memchr(l->text.s, '\0', l->text.len))
		row->fault = ROW_NUL;
	for (int i = 0; !row->fault && i < l->n_cells; i++) {
		const char *p = buf_str(&l->text) + l->cell[i].at;

		if (!utf8_valid(p, l->cell[i].len))
			row_say_bytes(row, p, l->cell[i].len);
	}
}

/* Set aside: a header, or a row like the others. */
static void take_first(struct look *l)
{
	for (int i = 0; i < l->n_cells; i++) {
		int at = l->cell[i].column + l->found.shift;
		struct sample_column *c = &l->s->column[at < SAMPLE_COLUMNS ? at : i];
		const char *p = buf_str(&l->text) + l->cell[i].at;
		size_t n = l->cell[i].len;

		text_trim(&p, &n);
		c->first = xstrndup(p, n < NAME_BYTES ? n : NAME_BYTES);
		if (n && n < NAME_BYTES && !memchr(p, '\0', n) && utf8_valid(p, n))
			c->name = xstrndup(p, n);
	}
}

static void take_row(struct look *l, struct source_row *row)
{
	struct sample *s = l->s;

	if (!row->fault && s->format != SOURCE_JSONL && !l->had_first) {
		l->had_first = true;
		take_first(l);
		return;
	}
	if (!row->fault)
		check_cells(l, row);
	s->rows++;
	s->bad += row->fault != ROW_OK;
	row_report_add(&s->report, row);
	for (int i = 0; !row->fault && i < l->n_cells; i++) {
		struct sample_column *c = &s->column[l->cell[i].column];

		if (l->cell[i].is_list)
			count_list(c, buf_str(&l->text) + l->cell[i].at,
				   l->cell[i].len);
		count_value(c, buf_str(&l->text) + l->cell[i].at, l->cell[i].len,
			    row->decimal);
	}
	if (s->format == SOURCE_JSONL && s->is_list && l->n_cells > s->n_columns)
		s->n_columns = l->n_cells;
}

/* --- stretches of the file --- */

static enum status read_rows(struct look *l, int rows, uint64_t bytes, struct err *err)
{
	uint64_t from, at, size;
	enum status st = ST_OK;

	source_position(l->src, &from, &size);
	at = from;
	for (int i = 0; !st && i < rows && at - from < bytes; i++) {
		struct source_row row;

		st = source_next(l->src, &row, err);
		if (!st)
			take_row(l, &row);
		source_position(l->src, &at, &size);
	}
	return st;
}

/* Faults behind a jump are ours: the middle of a quoted field, say. */
static enum status read_stretches(struct look *l, struct err *err)
{
	struct sample *s = l->s;
	uint64_t rows = s->rows + l->had_first, at, head, size, bad = s->bad;
	uint64_t read = 0, jumped_rows = s->rows;
	struct row_report report = s->report;
	enum status st = ST_OK;

	source_position(l->src, &head, &size);
	if (rows)
		s->all_rows = (double)rows * (double)size / (double)(head ? head : 1);
	for (int i = 0; i < STRETCHES && (!st || st == ST_END); i++) {
		uint64_t to = head + (size - head) / STRETCHES * (uint64_t)i, end;

		st = source_skip_to(l->src, to, err);
		source_position(l->src, &at, &size);
		if (!st)
			st = read_rows(l, STRETCH_ROWS, STRETCH_BYTES, err);
		source_position(l->src, &end, &size);
		read += end - at;
	}
	jumped_rows = s->rows - jumped_rows;
	s->rows -= s->bad - bad;
	s->bad = bad;
	s->report = report;
	if (jumped_rows && read)
		s->all_rows = (double)rows + (double)jumped_rows *
						     (double)(size - head) / (double)read;
	return st == ST_END ? ST_OK : st;
}

static enum status read_all(struct look *l, struct err *err)
{
	enum status st = read_rows(l, HEAD_ROWS, HEAD_BYTES, err);

	l->s->is_whole = st == ST_END;
	l->s->all_rows = (double)l->s->rows;
	if (!st)
		st = read_stretches(l, err);
	return st == ST_END ? ST_OK : st;
}

static enum status check_rows(const struct look *l, struct err *err)
{
	const struct sample *s = l->s;
	enum status st;
	struct buf b;

	if (!s->rows && !s->bad)
		return err_set(err, ST_INVALID, "no rows: '%s'%s", s->path,
			       l->had_first ? " has one line" : "");
	if (s->bad * 2 <= s->rows)
		return ST_OK;
	buf_init(&b);
	row_report_text(&s->report, s->path, &b);
	st = err_set(err, ST_INVALID, "no table of texts: '%s': %" PRIu64 " of %" PRIu64
		     " rows cannot be read: %s", s->path, s->bad, s->rows, buf_str(&b));
	buf_release(&b);
	return st;
}

static enum status check_columns(const struct look *l, struct err *err)
{
	const struct source_look *f = &l->found;

	if (f->width > SAMPLE_COLUMNS)
		return err_set(err, ST_INVALID, "%" PRIu64 " columns in '%s': no more than "
			       "%d can be looked through, but a plan may name any "
			       "(tutti-plan(5))", f->width, l->s->path, SAMPLE_COLUMNS);
	if (f->format != SOURCE_JSONL && f->width == 1)
		return err_set(err, ST_INVALID, "most rows of '%s' have one column: nothing to "
			       "learn from texts alone", l->s->path);
	return ST_OK;
}

static enum status open_file(struct look *l, const struct source_every *every,
			     struct progress *pg, struct err *err)
{
	struct sample *s = l->s;
	uint64_t at;
	enum status st = source_open_every(s->path, SOURCE_AUTO, every, pg, &l->src,
					   &l->found, err);

	if (!st)
		st = check_columns(l, err);
	if (st)
		return st;
	source_position(l->src, &at, &s->size);
	s->format = l->found.format;
	s->can_name = l->found.can_name;
	s->comments = l->found.comments;
	s->decimal = l->found.decimal;
	s->n_columns = (int)l->found.width;
	return ST_OK;
}

enum status sample_read(const char *path, struct progress *pg, struct sample **out,
			struct err *err)
{
	struct look *l = xcalloc(1, sizeof *l);
	struct source_every every = { .see = see, .arg = l };
	struct sample *s = xcalloc(1, sizeof *s);
	enum status st;

	*out = NULL;
	l->s = s;
	s->path = xstrdup(path);
	buf_init(&l->text);
	st = open_file(l, &every, pg, err);
	if (!st)
		st = read_all(l, err);
	if (!st)
		st = check_rows(l, err);
	source_close(l->src);
	buf_release(&l->text);
	xfree(l);
	if (st)
		sample_free(s);
	else
		*out = s;
	return st;
}

void sample_free(struct sample *s)
{
	if (!s)
		return;
	for (int i = 0; i < SAMPLE_COLUMNS; i++) {
		xfree(s->column[i].name);
		xfree(s->column[i].first);
		xfree(s->column[i].seen.slot);
		xfree(s->column[i].seen_listed.slot);
	}
	xfree(s->nested);
	xfree(s->path);
	xfree(s);
}

/* --- what was counted --- */

uint64_t sample_values(const struct sample_column *c)
{
	return c->n - c->empty;
}

double sample_mean_words(const struct sample_column *c)
{
	uint64_t n = sample_values(c);

	return n ? (double)c->words / (double)n : 0;
}

int sample_words_at(const struct sample_column *c, double share)
{
	double want = share * (double)sample_values(c), sum = 0;

	for (int i = 0; i < SAMPLE_BINS; i++) {
		sum += (double)c->bin[i];
		if (sum >= want)
			return words_of(i);
	}
	return words_of(SAMPLE_BINS - 1);
}
