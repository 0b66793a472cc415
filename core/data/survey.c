/*
 * survey.c - counting the rows of a split, and those that two splits share.
 */
#include "data/survey.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/items.h"
#include "data/label_items.h"
#include "text/normal.h"

/* Labels that may mean that a row has none: SNLI's, R's, pandas', spreadsheets'. */
static const char *const none[SURVEY_NONE] = { "-", "NA", "N/A", "#N/A", "nan", "NaN",
					       "null", "NULL", "None", "?" };

struct walk {
	const struct dataset_spec *spec;
	struct dataset_columns c;
	struct survey *out;
	struct buf text;
	struct made_texts made;
};

static bool is_listed(const struct dataset_spec *spec, const char *s, size_t n)
{
	for (int i = 0; i < spec->n_labels; i++)
		if (strlen(spec->labels[i]) == n && !memcmp(spec->labels[i], s, n))
			return true;
	return !spec->n_labels;
}

/* A NUL, which no text holds, stands between the two of a pair. */
static void add_text(struct walk *w, const struct source_row *row)
{
	struct survey *s = w->out;

	buf_clear(&w->text);
	text_normal(row->field[w->c.text], row->len[w->c.text], &w->text);
	if (w->c.pair >= 0) {
		buf_addc(&w->text, '\0');
		text_normal(row->field[w->c.pair], row->len[w->c.pair], &w->text);
	}
	ARRAY_GROW(s->text, s->n, s->cap);
	s->text[s->n++] = hash64_bytes(buf_str(&w->text), w->text.len);
}

static bool is_name(const struct source_row *row, int i, const char *name)
{
	const char *p = row->field[i];
	size_t n = row->len[i];

	if (n > 3 && !memcmp(p, "\xef\xbb\xbf", 3)) { /* the second file's BOM */
		p += 3;
		n -= 3;
	}
	text_trim(&p, &n);
	return strlen(name) == n && !memcmp(p, name, n);
}

/* The columns' names, as where two files were put together. */
static bool is_header(const struct walk *w, const struct source_row *row)
{
	return w->c.target >= 0 && is_name(row, w->c.text, w->spec->text) &&
	       is_name(row, w->c.target, w->spec->target);
}

static void check_labels(const struct walk *w, struct source_row *row)
{
	struct label_items it;
	const char *label;
	size_t n;

	label_items_begin(&it, w->spec, row, w->c.target);
	while (!row->fault && label_items_next(&it, &label, &n))
		if (!is_listed(w->spec, label, n))
			row_say(row, ROW_BAD_LABEL, label, n);
}

static void count_labels(struct walk *w, const struct source_row *row)
{
	struct label_items it;
	const char *label;
	size_t n;
	int labels = 0;

	label_items_begin(&it, w->spec, row, w->c.target);
	for (; label_items_next(&it, &label, &n); labels++)
		for (int i = 0; i < SURVEY_NONE; i++)
			w->out->none[i] += strlen(none[i]) == n &&
					   !memcmp(label, none[i], n);
	w->out->bare += !labels;
}

static void take_row(struct walk *w, struct source_row *row)
{
	bool is_label = data_target(w->spec->kind)->has_labels && w->c.target >= 0;

	dataset_corrupt(w->spec, &w->c, row, &w->made);
	dataset_check_row(w->spec, &w->c, row);
	if (!row->fault && is_label)
		check_labels(w, row);
	row_report_add(&w->out->report, row);
	if (row->fault)
		return;
	if (is_label)
		count_labels(w, row);
	if (is_header(w, row) && !w->out->headers++)
		w->out->header_line = row->line;
	add_text(w, row);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

enum status survey_read(const struct dataset_spec *spec, struct progress *pg,
			struct survey *out, struct err *err)
{
	struct walk w = { .spec = spec, .out = out };
	struct cache_header h = { 0 };
	struct source *src;
	struct source_row row;
	enum status st;

	*out = (struct survey){ .n = 0 };
	dataset_columns(spec, &w.c);
	st = dataset_source(spec, &w.c, pg, &src, err);
	if (st)
		return st;
	while (!(st = source_next(src, &row, err))) {
		out->report.file_rows++;
		if (dataset_has_row(spec, &w.c, &row))
			take_row(&w, &row);
	}
	if (st == ST_END) {
		out->content = source_content(src);
		h.report = out->report;
		h.n = out->n;
		st = cache_check_rows(&h, spec, err);
	}
	source_close(src);
	buf_release(&w.text);
	made_texts_release(&w.made);
	if (out->n)
		qsort(out->text, out->n, sizeof *out->text, by_value);
	return st;
}

void survey_release(struct survey *s)
{
	xfree(s->text);
	*s = (struct survey){ .n = 0 };
}

uint64_t survey_common(const struct survey *train, const struct survey *dev)
{
	uint64_t common = 0, i = 0;

	for (uint64_t k = 0; k < dev->n; k++) {
		while (i < train->n && train->text[i] < dev->text[k])
			i++;
		common += i < train->n && train->text[i] == dev->text[k];
	}
	return common;
}

static void warn_none(const struct survey *s, const char *split, struct buf *out)
{
	for (int i = 0; i < SURVEY_NONE; i++)
		if (s->none[i])
			buf_addf(out, "%" PRIu64 " %s row%s the label '%s', which %s: it is "
				 "learned as one of the labels, unless the plan lists "
				 "\"labels\" without it and its max_bad lets such rows "
				 "pass\n", s->none[i], split,
				 s->none[i] == 1 ? " has" : "s have", none[i],
				 i ? "may mean that there is none" :
				     "means no label in SNLI and MNLI");
}

static void tell_bare(const struct survey *s, const char *split, struct buf *out)
{
	if (s->bare)
		buf_addf(out, "%" PRIu64 " of %" PRIu64 " %s rows have no label: the empty set "
			 "is right for them\n", s->bare, s->n, split);
}

static void warn_headers(const struct survey *s, const char *split, struct buf *out)
{
	if (s->headers)
		buf_addf(out, "%" PRIu64 " %s row%s the names of the columns, the first in "
			 "line %" PRIu64 ", as where files were put together: it is learned "
			 "as a row like the others\n", s->headers, split,
			 s->headers == 1 ? " has" : "s have", s->header_line);
}

void survey_warn(const struct survey *train, const struct survey *dev, struct buf *out)
{
	uint64_t common = dev ? survey_common(train, dev) : 0;

	tell_bare(train, "train", out);
	warn_none(train, "train", out);
	warn_headers(train, "train", out);
	if (!dev)
		return;
	tell_bare(dev, "dev", out);
	warn_none(dev, "dev", out);
	warn_headers(dev, "dev", out);
	if (hash_equal(train->content, dev->content) && common == dev->n)
		buf_adds(out, "the dev file holds what the train file holds: its figures say "
			      "nothing about new texts\n");
	else if (common)
		buf_addf(out, "%" PRIu64 " of %" PRIu64 " dev rows have a text that stands "
			 "in train, too\n", common, dev->n);
}
