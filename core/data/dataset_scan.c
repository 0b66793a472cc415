/*
 * dataset_scan.c - looks through a data file that come before its tokens: its
 * labels, and its texts for a vocabulary. Nothing is cached.
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"

enum { LABEL_BYTES_MAX = 256 };

/* Calls `take` for every good row; fails when there was none. */
static enum status each_row(const struct dataset_spec *spec, struct progress *pg,
			    enum row_fault (*take)(void *arg,
						   const struct source_row *row,
						   const struct dataset_columns *c),
			    void *arg, struct err *err)
{
	struct cache_header h = { 0 };
	struct dataset_spec any = *spec;
	struct dataset_columns c;
	struct source *src;
	struct source_row row;
	enum status st;

	dataset_columns(spec, &c);
	st = dataset_source(spec, &c, pg, &src, err);
	if (st)
		return st;
	while (!(st = source_next(src, &row, err))) {
		enum row_fault fault = row.fault ? row.fault : take(arg, &row, &c);

		row_report_add(&h.report, fault, row.line);
		h.n += !fault;
	}
	source_close(src);
	any.max_bad = 1;
	return st == ST_END ? cache_check_rows(&h, &any, err) : st;
}

/* --- labels --- */

struct labels {
	char **name; /* sorted by bytes */
	size_t n, cap;
	int most;
	bool too_many;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_blank(const char *s, size_t n)
{
	while (n && (is_space(s[n - 1]) || s[n - 1] == '\r' || s[n - 1] == '\n'))
		n--;
	return !n;
}

/* Where `s` is, or where it belongs. */
static size_t label_place(const struct labels *l, const char *s, bool *found)
{
	size_t low = 0, high = l->n;

	*found = false;
	while (low < high && !*found) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(l->name[mid], s);

		*found = !c;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return *found ? high : low;
}

static void label_add(struct labels *l, const char *s)
{
	bool found;
	size_t at = label_place(l, s, &found);

	if (found)
		return;
	if (l->n == (size_t)l->most) {
		l->too_many = true;
		return;
	}
	ARRAY_GROW(l->name, l->n, l->cap);
	memmove(l->name + at + 1, l->name + at, (l->n - at) * sizeof *l->name);
	l->name[at] = xstrdup(s);
	l->n++;
}

static enum row_fault take_label(void *arg, const struct source_row *row,
				 const struct dataset_columns *c)
{
	const char *s = row->field[c->target];
	size_t n = row->len[c->target];
	char name[LABEL_BYTES_MAX + 1];

	if (is_blank(row->field[c->text], row->len[c->text]) ||
	    (c->pair >= 0 && is_blank(row->field[c->pair], row->len[c->pair])))
		return ROW_EMPTY_TEXT;
	while (n && is_space(s[n - 1]))
		n--;
	for (; n && is_space(*s); n--)
		s++;
	if (!n || n > LABEL_BYTES_MAX)
		return ROW_BAD_LABEL;
	memcpy(name, s, n);
	name[n] = '\0';
	label_add(arg, name);
	return ROW_OK;
}

enum status dataset_scan_labels(const struct dataset_spec *spec,
				struct progress *pg, int cap, char ***labels,
				int *n, struct err *err)
{
	struct labels l = { .most = cap };
	enum status st;

	BUG_IF(spec->unlabelled);
	*labels = NULL;
	*n = 0;
	st = each_row(spec, pg, take_label, &l, err);
	if (!st && l.too_many)
		st = err_set(err, ST_INVALID,
			     "more than %d labels in column '%s' of '%s': is it "
			     "a text or a number",
			     cap, spec->target, spec->path);
	if (!st) {
		*labels = l.name;
		*n = (int)l.n;
		return ST_OK;
	}
	for (size_t i = 0; i < l.n; i++)
		xfree(l.name[i]);
	xfree(l.name);
	return st;
}

/* --- texts --- */

struct feed {
	struct tokenizer_trainer *tr;
	bool summaries;
};

static enum row_fault take_texts(void *arg, const struct source_row *row,
				 const struct dataset_columns *c)
{
	const struct feed *f = arg;

	tokenizer_trainer_feed(f->tr, row->field[c->text], row->len[c->text]);
	if (c->pair >= 0)
		tokenizer_trainer_feed(f->tr, row->field[c->pair],
				       row->len[c->pair]);
	if (f->summaries && c->target >= 0)
		tokenizer_trainer_feed(f->tr, row->field[c->target],
				       row->len[c->target]);
	return ROW_OK;
}

enum status dataset_feed_texts(const struct dataset_spec *spec,
			       struct tokenizer_trainer *tr,
			       struct progress *pg, struct err *err)
{
	struct feed f = { .tr = tr, .summaries = spec->kind == TASK_SUMMARIZE };

	return each_row(spec, pg, take_texts, &f, err);
}
