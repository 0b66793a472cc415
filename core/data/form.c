/*
 * form.c - JSONL, TSV or CSV, and what stands between the columns.
 *
 * Every separator that could be the one is counted in the first lines. The one
 * whose commonest count most lines have is taken: prose has commas, too, but not
 * the same number in every line. Tabs between fields in quotes, in every line, are
 * a CSV table with tabs.
 */
#include "data/form.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "data/items.h"

enum { LINES = 200, ROW_LINES = 64, LOOK_BYTES = 1 << 20, COMMENTS = 1000 };
enum { TAB, COMMA, SEMICOLON, BAR, SEPARATORS };
static const char separators[SEPARATORS] = { '\t', ',', ';', '|' };

/* How often a separator stands in each row, as far as that was counted. */
struct tally {
	int n;
	uint32_t in_row[LINES], now;
};

struct votes {
	struct tally by[SEPARATORS];
	int lines, json;
	int in_quotes;          /* lines with tabs that CSV wrote: see is_quoted() */
	uint32_t commas, decimals; /* outside quotes; of them between digits */
	int row_lines;          /* lines of the row that is open */
	bool quoted;            /* it goes on in the next line */
	bool is_document;       /* the first line opens JSON and leaves it open */
	char opens;             /* and with which bracket */
};

/* --- comments --- */

/* Columns of a line, by what stands outside quotes. */
static uint64_t columns_of(const char *p, size_t n, char delimiter)
{
	bool quoted = false;
	uint64_t columns = 1;

	for (size_t i = 0; i < n; i++) {
		quoted ^= p[i] == '"' && delimiter != '\t';
		columns += p[i] == delimiter && !quoted;
	}
	return columns;
}

/* "sep=;", in quotes or not: what it names, else 0. */
static char named_separator(const char *p, size_t n)
{
	if (n > 2 && *p == '"' && p[n - 1] == '"') {
		p++;
		n -= 2;
	}
	if (n != 5 || strncasecmp(p, "sep=", 4) || p[4] == '"')
		return '\0';
	return ispunct((unsigned char)p[4]) || p[4] == '\t' ? p[4] : '\0';
}

/* width 0: not known; then "#" and a blank tell a comment, "#word" does not. */
static bool is_comment(const char *p, size_t n, char delimiter, uint64_t width)
{
	if (named_separator(p, n))
		return true;
	if (!n || *p != '#')
		return false;
	if (n == 1 || memchr(" #!", p[1], 3))
		return true;
	return width && columns_of(p, n, delimiter) != width;
}

enum status form_pass_comments(struct lines *r, char delimiter, uint64_t width,
			       struct err *err)
{
	lines_rewind(r);
	for (int i = 0; i < COMMENTS; i++) {
		uint64_t at = lines_at(r), lines = r->lines;
		bool too_long;
		const char *p;
		size_t n;
		enum status st = lines_next(r, &p, &n, &too_long, err);

		if (st && st != ST_END)
			return st;
		if (st) /* nothing else is there: these are the rows */
			break;
		if (too_long || !is_comment(p, n, delimiter, width)) {
			lines_seek(r, at, lines);
			lines_start_here(r);
			return ST_OK;
		}
	}
	lines_rewind(r);
	return ST_OK;
}

/* --- counting --- */

static void row_end(struct votes *v, int from)
{
	for (int i = from; i < SEPARATORS; i++) {
		struct tally *t = &v->by[i];

		if (t->n < LINES)
			t->in_row[t->n++] = t->now;
		t->now = 0;
	}
	v->quoted = false;
	v->row_lines = 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void count_comma(struct votes *v, const char *p, size_t n, size_t i)
{
	if (p[i] != ',' || v->quoted)
		return;
	v->commas++;
	v->decimals += i && i + 1 < n && is_digit(p[i - 1]) && is_digit(p[i + 1]);
}

/* A tab separates wherever it stands; the others not within quotes. */
static void count_line(struct votes *v, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		v->quoted ^= p[i] == '"';
		v->by[TAB].now += p[i] == '\t';
		count_comma(v, p, n, i);
		for (int k = COMMA; k < SEPARATORS; k++)
			v->by[k].now += p[i] == separators[k] && !v->quoted;
	}
	if (v->by[TAB].n < LINES)
		v->by[TAB].in_row[v->by[TAB].n++] = v->by[TAB].now;
	v->by[TAB].now = 0;
	if (!v->quoted || ++v->row_lines == ROW_LINES)
		row_end(v, COMMA);
}

/* One field as CSV quotes it: its own quotes come in twos. */
static bool is_quoted_field(const char *p, size_t n)
{
	if (n < 2 || *p != '"' || p[n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < n; i++)
		if (p[i] == '"' && (i + 2 >= n || p[++i] != '"'))
			return false;
	return true;
}

/* Are quotes around fields and nowhere else, as R and others write tables? */
static bool is_quoted(const char *p, size_t n)
{
	bool any = false;

	for (size_t at = 0, len; at <= n; at += len + 1) {
		const char *tab = memchr(p + at, '\t', n - at);

		len = tab ? (size_t)(tab - p) - at : n - at;
		if (is_quoted_field(p + at, len))
			any = true;
		else if (memchr(p + at, '"', len))
			return false;
	}
	return any;
}

static bool parses(const char *p, size_t n)
{
	struct json *root = NULL;
	bool yes = n <= SOURCE_LINE_MAX / 4 && !json_parse(p, n, "row", &root, NULL);

	json_free(root);
	return yes;
}

/* "{...}" is meant as JSON, well or not; "[...]" may be a text. */
static bool looks_like_json(const char *p, size_t n)
{
	if (n < 2)
		return false;
	return (*p == '{' && p[n - 1] == '}') ||
	       (*p == '[' && p[n - 1] == ']' && parses(p, n));
}

static void count_json(struct votes *v, const char *p, size_t n)
{
	bool is_row;

	text_trim(&p, &n);
	is_row = looks_like_json(p, n);
	v->json += is_row;
	if (v->lines++ || is_row)
		return;
	v->is_document = n && (*p == '{' || (*p == '[' && (n == 1 || p[1] == '{' ||
							   p[1] == '[')));
	v->opens = n ? *p : '\0';
}

static enum status take_votes(struct lines *r, struct votes *v, struct err *err)
{
	uint64_t end = lines_at(r) + LOOK_BYTES;
	enum status st = ST_OK;

	while (v->lines < LINES && !st && lines_at(r) < end) {
		bool too_long;
		const char *p;
		size_t n;

		st = lines_next(r, &p, &n, &too_long, err);
		if (st || too_long || text_is_blank(p, n))
			continue;
		count_json(v, p, n);
		v->in_quotes += is_quoted(p, n);
		count_line(v, p, n);
	}
	if (v->quoted)
		row_end(v, COMMA);
	return st == ST_END ? ST_OK : st;
}

/* --- deciding --- */

/* Rows that have the commonest count above zero; *first: one of them is the first. */
static int agreeing(const struct tally *t, bool *first)
{
	int most = 0;
	uint32_t count = 0;

	for (int i = 0; i < t->n; i++) {
		int same = 0;

		for (int k = 0; k < t->n && t->in_row[i]; k++)
			same += t->in_row[k] == t->in_row[i];
		if (same > most) {
			most = same;
			count = t->in_row[i];
		}
	}
	*first = most && t->in_row[0] == count;
	return most;
}

/* 0 where not half of the rows agree. */
static int score_of(const struct votes *v, int separator, enum source_format hint)
{
	const struct tally *t = &v->by[separator];
	enum source_format kind = separator == TAB ? SOURCE_TSV : SOURCE_CSV;
	bool first;
	int most = agreeing(t, &first);

	if (!most || most * 2 < t->n)
		return 0;
	return most * 100 / t->n + (first ? 20 : 0) + (kind == hint ? 15 : 0);
}

/* The best separator from `from` on, or -1. */
static int best_separator(const struct votes *v, int from, enum source_format hint)
{
	int best = -1, best_score = 0;

	for (int i = from; i < SEPARATORS; i++) {
		int score = score_of(v, i, hint);

		if (score > best_score) {
			best_score = score;
			best = i;
		}
	}
	if (best == COMMA && score_of(v, SEMICOLON, hint) && v->decimals * 2 > v->commas)
		return SEMICOLON; /* "3,5;a text" */
	return best;
}

static bool occurs(const struct tally *t)
{
	for (int i = 0; i < t->n; i++)
		if (t->in_row[i])
			return true;
	return false;
}

/* No separator has a majority: the name decides, where its one is there at all. */
static int by_name(const struct votes *v, enum source_format named)
{
	if (named == SOURCE_TSV)
		return TAB;
	if (named != SOURCE_CSV)
		return -1;
	return !occurs(&v->by[COMMA]) && occurs(&v->by[SEMICOLON]) ? SEMICOLON : COMMA;
}

static enum status refuse(const struct votes *v, const char *path,
			  enum source_format named, struct err *err)
{
	if (v->is_document && v->opens == '{')
		return err_set(err, ST_INVALID, "one JSON object, not a row a line: '%s': "
			       "jq -c '.KEY[]' makes rows of the list that its KEY has",
			       path);
	if (v->is_document)
		return err_set(err, ST_INVALID, "a JSON list, but not of rows: '%s': its "
			       "elements are neither objects nor lists", path);
	if (named == SOURCE_JSONL)
		return err_set(err, ST_INVALID, "no JSON rows: '%s'", path);
	return err_set(err, ST_INVALID, "cannot tell the columns of '%s': most lines have "
		       "neither JSON nor as many tabs, ',', ';' or '|' as each other "
		       "(texts without columns are for tasks of kind mlm, denoise or lm "
		       "with \"format\": \"lines\" or \"paragraphs\" in a plan)", path);
}

static enum status decide(const struct votes *v, const char *path, struct form *out,
			  struct err *err)
{
	enum source_format named = source_format_of(path);
	int separator;

	if (v->json * 2 > v->lines ||
	    (named == SOURCE_JSONL && v->json && !v->is_document)) {
		out->format = SOURCE_JSONL;
		return ST_OK;
	}
	separator = best_separator(v, TAB, named);
	if (v->is_document && separator != TAB)
		return refuse(v, path, named, err);
	if (separator < 0)
		separator = by_name(v, named);
	if (separator < 0 && v->lines)
		return refuse(v, path, named, err);
	out->format = separator < 0 && named ? named :
		      separator < 0 || (separator == TAB && v->in_quotes < v->lines) ?
		      SOURCE_TSV : SOURCE_CSV;
	out->delimiter = separator < 0 ? '\t' : separators[separator];
	return ST_OK;
}

/* --- one list --- */

/* Passes blanks and then `c`; false: something else is there. */
static bool pass_mark(struct lines *r, char c)
{
	const char *p = r->buf + r->begin, *end = r->buf + r->end;

	for (; p < end && strchr(" \t\r\n", *p) && *p; p++)
		r->lines += *p == r->term;
	if (p == end || *p != c)
		return false;
	r->begin = (size_t)(p - r->buf) + 1;
	return true;
}

/*
 * "[{" opens a list of rows; "[[" does where it is no row itself, as in a file of
 * lists, one a line. The reader is left behind the first bracket.
 */
static enum status find_list(struct lines *r, bool *is_list, struct err *err)
{
	struct votes v = { 0 };
	uint64_t at, lines;
	bool of_objects;
	enum status st;

	*is_list = pass_mark(r, '[');
	at = lines_at(r);
	lines = r->lines;
	of_objects = *is_list && pass_mark(r, '{');
	*is_list = of_objects || (*is_list && pass_mark(r, '['));
	lines_rewind(r);
	if (!*is_list)
		return ST_OK;
	st = of_objects ? ST_OK : take_votes(r, &v, err);
	*is_list = of_objects || v.lines == 1 || v.json * 2 <= v.lines;
	lines_seek(r, *is_list ? at : r->start, *is_list ? lines : r->start_lines);
	if (*is_list)
		lines_start_here(r);
	return st;
}

/* The first line of all, where it is "sep=". */
static enum status find_named(struct lines *r, char *separator, struct err *err)
{
	bool too_long;
	const char *p;
	size_t n;
	enum status st = lines_next(r, &p, &n, &too_long, err);

	*separator = st || too_long ? '\0' : named_separator(p, n);
	lines_rewind(r);
	return st == ST_END ? ST_OK : st;
}

static enum status find(struct lines *r, enum source_format asked, struct form *out,
			struct err *err)
{
	bool may_be_list = asked == SOURCE_AUTO || asked == SOURCE_JSONL;
	struct votes v = { 0 };
	int separator;
	enum status st = form_pass_comments(r, '\t', 0, err);

	if (!st && may_be_list)
		st = find_list(r, &out->is_list, err);
	if (st || out->is_list) {
		out->format = SOURCE_JSONL;
		return st;
	}
	if (!st && asked != SOURCE_JSONL && asked != SOURCE_TSV)
		st = take_votes(r, &v, err);
	if (!st && asked == SOURCE_AUTO)
		st = decide(&v, r->path, out, err);
	if (asked == SOURCE_CSV) {
		separator = best_separator(&v, TAB, asked);
		out->delimiter = separators[separator < 0 ? COMMA : separator];
	}
	return st;
}

enum status form_find(struct lines *r, enum source_format asked, struct form *out,
		      struct err *err)
{
	bool is_open = asked == SOURCE_AUTO || asked == SOURCE_CSV;
	char named = '\0';
	enum status st = ST_OK;

	*out = (struct form){ .format = asked, .delimiter = '\t', .decimal = '.' };
	if (is_open)
		st = find_named(r, &named, err);
	if (!st)
		st = named ? form_pass_comments(r, named, 0, err) :
			     find(r, asked, out, err);
	if (named) {
		out->format = SOURCE_CSV;
		out->delimiter = named;
	}
	if (out->format == SOURCE_CSV && out->delimiter == ';')
		out->decimal = ',';
	lines_rewind(r);
	return st;
}
