/*
 * sample_format.c - JSONL, TSV or CSV, by the first lines of a file.
 */
#include <string.h>

#include "base/json.h"
#include "data/reader.h"
#include "data/sample_in.h"

enum { LINES = 40 };

/* How often each separator stands outside quotes. */
struct line_marks {
	int tabs, commas, semicolons, bars;
};

/* What all lines have in common: the least and the most of each. */
struct marks {
	int lines;
	struct line_marks least, most;
};

static struct line_marks marks_of(const char *p, size_t n)
{
	struct line_marks m = { 0, 0, 0, 0 };
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		quoted ^= p[i] == '"';
		m.tabs += p[i] == '\t';
		m.commas += p[i] == ',' && !quoted;
		m.semicolons += p[i] == ';' && !quoted;
		m.bars += p[i] == '|' && !quoted;
	}
	return m;
}

static void widen(int *least, int *most, int x, bool is_first)
{
	if (is_first || x < *least)
		*least = x;
	if (is_first || x > *most)
		*most = x;
}

static void add_marks(struct marks *m, struct line_marks x)
{
	bool first = !m->lines++;

	widen(&m->least.tabs, &m->most.tabs, x.tabs, first);
	widen(&m->least.commas, &m->most.commas, x.commas, first);
	widen(&m->least.semicolons, &m->most.semicolons, x.semicolons, first);
	widen(&m->least.bars, &m->most.bars, x.bars, first);
}

static bool is_json(const char *p, size_t n)
{
	struct json *root = NULL;
	bool yes;

	if (n > SOURCE_LINE_MAX / 4 || json_parse(p, n, "row", &root, NULL))
		return false;
	yes = json_type(root) == JSON_OBJECT || json_type(root) == JSON_ARRAY;
	json_free(root);
	return yes;
}

/* "[", "{", "[{", "[[": how a whole document begins. */
static bool opens_document(const char *p, size_t n)
{
	return n && (*p == '{' || (*p == '[' && (n == 1 || p[1] == '{' || p[1] == '[')));
}

/* The first byte that says something. */
static char first_char(const char *p, size_t n)
{
	while (n && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	return n ? *p : '\0';
}

static enum source_format by_marks(const struct marks *m, enum source_format named)
{
	bool tabs = m->least.tabs > 0 && m->least.tabs == m->most.tabs;

	if (tabs || (m->least.tabs > 0 && named != SOURCE_CSV))
		return SOURCE_TSV;
	if (named != SOURCE_AUTO && named != SOURCE_JSONL &&
	    !(named == SOURCE_TSV && m->most.tabs == 0 && m->least.commas > 0))
		return named;
	return m->most.commas > 0 ? SOURCE_CSV : SOURCE_AUTO;
}

static enum status refuse(const char *path, const struct marks *m, struct err *err)
{
	if (m->least.semicolons > 0 && m->most.commas < m->least.semicolons)
		return err_set(err, ST_INVALID, "columns between ';' in '%s': save it with "
			       "',' or tabs between them", path);
	if (m->least.bars > 0 && m->least.bars == m->most.bars)
		return err_set(err, ST_INVALID, "columns between '|' in '%s': save it with "
			       "',' or tabs between them", path);
	return err_set(err, ST_INVALID, "one column in '%s': neither JSON rows nor tabs nor "
		       "commas", path);
}

static enum status look(struct reader *r, enum source_format *format, struct err *err)
{
	enum source_format named = source_format_of(r->path);
	struct marks m = { 0 };
	int json = 0;
	char first = '\0';
	bool is_document = false, is_bare = false; /* a bracket alone opens it */
	enum status st = ST_OK;

	for (int i = 0; i < LINES && !st && r->buf_at + r->begin < (1 << 20); i++) {
		bool too_long;
		const char *p;
		size_t n;

		st = reader_line(r, &p, &n, &too_long, err);
		if (st || too_long || !n)
			continue;
		if (!first) {
			first = first_char(p, n);
			is_document = opens_document(p, n);
			is_bare = is_document && n == 1;
		}
		json += is_json(p, n);
		add_marks(&m, marks_of(p, n));
	}
	if (st && st != ST_END)
		return st;
	if (!m.lines) { /* none that can be kept */
		*format = named ? named : SOURCE_TSV;
		return ST_OK;
	}
	if (!is_bare && (json * 2 > m.lines || (named == SOURCE_JSONL && json))) {
		*format = SOURCE_JSONL;
		return ST_OK;
	}
	if (is_document && m.least.tabs == 0)
		return err_set(err, ST_INVALID, "one JSON document, not a row a line: '%s': "
			       "jq -c '.[]' makes rows of a list", r->path);
	if (named == SOURCE_JSONL)
		return err_set(err, ST_INVALID, "no JSON rows: '%s'", r->path);
	*format = by_marks(&m, named);
	if (*format == SOURCE_AUTO || (*format == SOURCE_CSV && m.most.commas == 0) ||
	    (*format == SOURCE_TSV && m.most.tabs == 0))
		return refuse(r->path, &m, err);
	if (*format == SOURCE_CSV && m.least.semicolons > 0 && m.least.commas == 0 &&
	    m.least.semicolons == m.most.semicolons)
		return refuse(r->path, &m, err);
	return ST_OK;
}

enum status sample_format(const char *path, enum source_format *format, uint64_t *size,
			  struct err *err)
{
	struct reader r;
	enum status st = reader_open(&r, path, err);

	*format = SOURCE_AUTO;
	if (st)
		return st;
	*size = r.size;
	st = look(&r, format, err);
	reader_release(&r);
	return st;
}
