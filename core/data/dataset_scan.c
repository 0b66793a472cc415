/*
 * dataset_scan.c - looks through data files that come before their tokens: the
 * labels, and the texts for a vocabulary. What they gave is kept (found.h).
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/found.h"
#include "data/label_items.h"

/* Calls `take` for every good row; fails when there was none. */
static enum status each_row(const struct dataset_spec *spec, struct progress *pg,
			    void (*take)(void *arg, const struct source_row *row,
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
	if (data_kind(spec->kind)->corrupt)
		c.target = -1; /* it is of the text, which is looked at whole */
	st = dataset_source(spec, &c, pg, &src, err);
	if (st)
		return st;
	while (!(st = source_next(src, &row, err))) {
		h.report.file_rows++;
		if (!dataset_has_row(spec, &c, &row))
			continue;
		dataset_check_row(spec, &c, &row);
		if (!row.fault)
			take(arg, &row, &c);
		row_report_add(&h.report, &row);
		h.n += !row.fault;
	}
	source_close(src);
	any.max_bad = 1;
	return st == ST_END ? cache_check_rows(&h, &any, err) : st;
}

/* --- labels --- */

struct labels {
	const struct dataset_spec *spec;
	char **name; /* sorted by bytes */
	size_t n, cap;
	int most;
	bool too_many;
};

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

static void take_label(void *arg, const struct source_row *row,
		       const struct dataset_columns *c)
{
	struct labels *l = arg;
	char name[LABEL_BYTES_MAX + 1];
	struct label_items it;
	const char *s;
	size_t n;

	label_items_begin(&it, l->spec, row, c->target);
	while (label_items_next(&it, &s, &n)) {
		memcpy(name, s, n);
		name[n] = '\0';
		label_add(l, name);
	}
}

static void labels_free(struct labels *l)
{
	for (size_t i = 0; i < l->n; i++)
		xfree(l->name[i]);
	xfree(l->name);
	*l = (struct labels){ .spec = l->spec, .most = l->most };
}

static enum status scan(const struct dataset_spec *spec, struct progress *pg,
			struct labels *l, struct err *err)
{
	enum status st = each_row(spec, pg, take_label, l, err);

	if (!st && l->too_many)
		st = err_set(err, ST_INVALID,
			     "more than %d labels in column '%s' of '%s': is it "
			     "a text or a number",
			     l->most, spec->target, spec->path);
	return st;
}

/* In found files: the names, each with its NUL. */
static bool labels_found(const struct found *f, struct labels *l)
{
	struct buf b;
	bool is_there;

	buf_init(&b);
	is_there = found_get(f, &b);
	for (size_t at = 0; is_there && at < b.len; at += strlen(b.s + at) + 1)
		label_add(l, b.s + at);
	buf_release(&b);
	return is_there;
}

static void labels_keep(const struct found *f, const struct found *now,
			const struct labels *l)
{
	struct buf b;

	buf_init(&b);
	for (size_t i = 0; i < l->n; i++)
		buf_add(&b, l->name[i], strlen(l->name[i]) + 1);
	found_put(f, now, buf_str(&b), b.len);
	buf_release(&b);
}

static void labels_key(struct found *f, const struct dataset_spec *spec, int cap,
		       const char *cache_dir)
{
	found_begin(f, "labels 2", (uint64_t)cap);
	found_add(f, spec, true);
	found_end(f, cache_dir);
}

enum status dataset_scan_labels(const struct dataset_spec *spec,
				const char *cache_dir, struct progress *pg,
				int cap, char ***labels, int *n, struct err *err)
{
	struct found *f = xcalloc(2, sizeof *f);
	struct labels l = { .spec = spec, .most = cap };
	enum status st = ST_OK;

	BUG_IF(spec->unlabelled);
	labels_key(&f[0], spec, cap, cache_dir);
	if (!labels_found(&f[0], &l)) {
		st = scan(spec, pg, &l, err);
		labels_key(&f[1], spec, cap, cache_dir);
		if (!st)
			labels_keep(&f[0], &f[1], &l);
	}
	xfree(f);
	if (st)
		labels_free(&l);
	*labels = l.name;
	*n = (int)l.n;
	return st;
}

/* --- texts --- */

struct feed {
	struct tokenizer_trainer *tr;
	bool targets, numbers;
};

/* Is a text's answer said, and a number? Then it is to have pieces for any. */
static bool says_numbers(const struct dataset_spec *spec)
{
	return spec->prompt && data_target(spec->kind)->has_number;
}

static bool learns_targets(const struct dataset_spec *spec)
{
	return data_target(spec->kind)->has_pieces || says_numbers(spec);
}

static void take_texts(void *arg, const struct source_row *row,
		       const struct dataset_columns *c)
{
	static const char digits[] = "- . 0 1 2 3 4 5 6 7 8 9";
	const struct feed *f = arg;

	tokenizer_trainer_feed(f->tr, row->field[c->text], row->len[c->text]);
	if (c->pair >= 0)
		tokenizer_trainer_feed(f->tr, row->field[c->pair],
				       row->len[c->pair]);
	if (f->targets && c->target >= 0)
		tokenizer_trainer_feed(f->tr, row->field[c->target],
				       row->len[c->target]);
	if (f->numbers)
		tokenizer_trainer_feed(f->tr, digits, sizeof digits - 1);
}

static enum status feed_texts(const struct dataset_spec *spec,
			      struct tokenizer_trainer *tr, struct progress *pg,
			      struct err *err)
{
	struct feed f = { .tr = tr, .targets = data_target(spec->kind)->has_pieces,
			  .numbers = says_numbers(spec) };

	return each_row(spec, pg, take_texts, &f, err);
}

static enum status train(const struct dataset_spec *spec, int n,
			 struct tokenizer_wish wish, struct progress *pg,
			 struct tokenizer **out, struct err *err)
{
	struct tokenizer_trainer *tr = NULL;
	enum status st = tokenizer_trainer_new(wish, &tr, err);

	for (int i = 0; i < n && !st; i++)
		st = feed_texts(&spec[i], tr, pg, err);
	if (!st)
		return tokenizer_trainer_finish(tr, pg, out, err);
	tokenizer_trainer_free(tr);
	return st;
}

/* In found files: the tokenizer's own, packed. */
static bool vocabulary_found(const struct found *f, const struct tokenizer_kind *kind,
			     struct tokenizer **out)
{
	struct buf b;
	bool is_there;

	buf_init(&b);
	is_there = found_get(f, &b) &&
		   !tokenizer_unpack(kind, buf_str(&b), b.len, f->place.path, out,
				     NULL);
	buf_release(&b);
	return is_there;
}

static void vocabulary_keep(const struct found *f, const struct found *now,
			    const struct tokenizer *tok)
{
	struct buf b;

	buf_init(&b);
	tokenizer_pack(tok, &b);
	found_put(f, now, buf_str(&b), b.len);
	buf_release(&b);
}

/* The number rises when the same files give other texts, or these other pieces. */
static void vocabulary_key(struct found *f, const struct dataset_spec *spec,
			   int n, struct tokenizer_wish wish, const char *cache_dir)
{
	char what[32];

	str_format(what, sizeof what, "%s 3", tokenizer_kind_name(wish.kind));
	found_begin(f, what, (uint64_t)wish.size);
	for (int i = 0; i < n; i++)
		found_add(f, &spec[i], learns_targets(&spec[i]));
	if (wish.needs)
		hasher_add_str(f->spec, wish.needs);
	found_end(f, cache_dir);
}

enum status dataset_vocabulary(const struct dataset_spec *spec, int n,
			       struct tokenizer_wish wish, const char *cache_dir,
			       struct progress *pg, struct tokenizer **out,
			       struct err *err)
{
	struct found *f = xcalloc(2, sizeof *f);
	enum status st = ST_OK;

	*out = NULL;
	vocabulary_key(&f[0], spec, n, wish, cache_dir);
	if (!vocabulary_found(&f[0], wish.kind, out)) {
		st = train(spec, n, wish, pg, out, err);
		vocabulary_key(&f[1], spec, n, wish, cache_dir);
		if (!st)
			vocabulary_keep(&f[0], &f[1], *out);
	}
	xfree(f);
	return st;
}
