/*
 * data_twins.c - rows that say the same: hashes of normal texts are sorted, and
 * texts whose hashes agree are compared.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "look/data_own.h"
#include "text/normal.h"

enum { TICK_ROWS = 256, BUCKETS = 256 };

void data_normal(const char *text, size_t len, struct buf *out)
{
	buf_clear(out);
	text_normal(text, len, out);
}

/* Texts of a row; a NUL, which no text holds, stands between the two of a pair. */
static void row_normal(const struct data_book *b, enum data_split s, uint64_t i,
		       struct buf *out)
{
	struct example e;

	dataset_get(data_book_set(b, s), i, &e);
	data_normal(e.text, e.text_len, out);
	if (!e.pair_len)
		return;
	buf_addc(out, '\0');
	text_normal(e.pair, e.pair_len, out);
}

/* --- the order of hashes --- */

static int by_hash(const void *a, const void *b)
{
	const struct data_key *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static unsigned bucket_of(const struct data_key *k)
{
	return (unsigned)(k->hash >> 56);
}

/* Every key to its bucket, by swaps along the cycles (American flag sort). */
static enum status scatter(struct data_key *k, uint64_t end[BUCKETS],
			   struct progress *pg)
{
	uint64_t at[BUCKETS], moved = 0;

	for (int i = 0; i < BUCKETS; i++)
		at[i] = i ? end[i - 1] : 0;
	for (unsigned i = 0; i < BUCKETS; i++)
		while (at[i] < end[i]) {
			unsigned to = bucket_of(&k[at[i]]);
			struct data_key held = k[at[i]];

			if (to == i) {
				at[i]++;
				continue;
			}
			k[at[i]] = k[at[to]];
			k[at[to]++] = held;
			if (++moved % 65536 == 0 && progress_tick(pg, 0))
				return ST_STOPPED;
		}
	return ST_OK;
}

enum status data_keys_sort(struct data_key *k, uint64_t n, struct progress *pg)
{
	uint64_t end[BUCKETS] = { 0 };
	enum status st;

	for (uint64_t i = 0; i < n; i++)
		end[bucket_of(&k[i])]++;
	for (int i = 1; i < BUCKETS; i++)
		end[i] += end[i - 1];
	st = scatter(k, end, pg);
	for (int i = 0; i < BUCKETS && !st; i++) {
		uint64_t from = i ? end[i - 1] : 0;

		if (end[i] > from + 1)
			qsort(k + from, end[i] - from, sizeof *k, by_hash);
		if (progress_tick(pg, end[i]))
			st = ST_STOPPED;
	}
	return st;
}

/* --- finding --- */

struct finder {
	const struct data_book *b;
	struct progress *pg;
	struct buf mine, other;
	uint64_t looked;
};

static enum status keys_of(struct finder *f, enum data_split s, struct data_key **out)
{
	uint64_t n = data_book_size(f->b, s);
	struct data_key *k = *out = xcalloc(n + 1, sizeof *k);

	progress_begin(f->pg, n, "rows", "hashing %s rows", data_split_name(s));
	for (uint64_t i = 0; i < n; i++) {
		row_normal(f->b, s, i, &f->mine);
		k[i].hash = hash64_bytes(buf_str(&f->mine), f->mine.len);
		k[i].row = i;
		if (i % TICK_ROWS == 0 && progress_tick(f->pg, i))
			return ST_STOPPED;
	}
	progress_begin(f->pg, n, "rows", "sorting %s rows", data_split_name(s));
	return data_keys_sort(k, n, f->pg);
}

/* f->mine holds row i of `s` in normal form; is row `other` of `t` the same? */
static bool says_mine(struct finder *f, enum data_split t, uint64_t other)
{
	row_normal(f->b, t, other, &f->other);
	return f->mine.len == f->other.len &&
	       !memcmp(buf_str(&f->mine), buf_str(&f->other), f->mine.len);
}

/* However they are written, in whatever order. */
static bool is_same_set(const struct example *a, const struct example *b)
{
	return a->n_set == b->n_set &&
	       !memcmp(a->set, b->set, (size_t)a->n_set * sizeof *a->set);
}

static bool targets_differ(const struct finder *f, enum data_split s, uint64_t i,
			   enum data_split t, uint64_t of)
{
	struct example a, b;

	dataset_get(data_book_set(f->b, s), i, &a);
	dataset_get(data_book_set(f->b, t), of, &b);
	if (a.n_set >= 0)
		return !is_same_set(&a, &b);
	return a.label != b.label || a.number < b.number || a.number > b.number ||
	       a.target_len != b.target_len ||
	       memcmp(a.target_text, b.target_text, a.target_len) != 0;
}

static void add_twin(struct finder *f, struct data_twins *t, size_t *cap,
		     enum data_split s, uint64_t row, enum data_split of_split,
		     uint64_t of)
{
	ARRAY_GROW(t->at, t->n, *cap);
	t->at[t->n++] = (struct data_twin){ row, of };
	t->differing += targets_differ(f, s, row, of_split, of);
}

static int by_row(const void *a, const void *b)
{
	const struct data_twin *x = a, *y = b;

	return x->row < y->row ? -1 : x->row > y->row;
}

static uint64_t run_end(const struct data_key *k, uint64_t n, uint64_t from)
{
	uint64_t to = from + 1;

	while (to < n && k[to].hash == k[from].hash)
		to++;
	return to;
}

/*
 * The first row of k[0..n), all of one hash, that says what f->mine does; n when
 * none does. Rows stand in order, so it is the first in the file.
 */
static uint64_t first_same(struct finder *f, enum data_split t,
			   const struct data_key *k, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (says_mine(f, t, k[i].row))
			return i;
	return n;
}

static bool looked_enough(struct finder *f)
{
	return ++f->looked % TICK_ROWS == 0 && progress_tick(f->pg, f->looked);
}

static enum status find_repeated(struct finder *f, enum data_split s,
				 const struct data_key *k, struct data_twins *out)
{
	uint64_t n = data_book_size(f->b, s), to;
	size_t cap = 0;

	for (uint64_t from = 0; from < n; from = to) {
		to = run_end(k, n, from);
		for (uint64_t i = from + 1; i < to; i++) {
			uint64_t first;

			row_normal(f->b, s, k[i].row, &f->mine);
			first = first_same(f, s, k + from, i - from);
			if (first < i - from)
				add_twin(f, out, &cap, s, k[i].row, s,
					 k[from + first].row);
			if (looked_enough(f))
				return ST_STOPPED;
		}
	}
	if (out->n)
		qsort(out->at, out->n, sizeof *out->at, by_row);
	return ST_OK;
}

/* Both orders side by side. */
static enum status find_leaked(struct finder *f, const struct data_key *train,
			       const struct data_key *dev, struct data_twins *out)
{
	uint64_t n_train = data_book_size(f->b, SPLIT_TRAIN);
	uint64_t n_dev = data_book_size(f->b, SPLIT_DEV), at = 0;
	size_t cap = 0;

	for (uint64_t i = 0; i < n_dev; i++) {
		uint64_t n, first;

		while (at < n_train && train[at].hash < dev[i].hash)
			at++;
		if (looked_enough(f))
			return ST_STOPPED;
		if (at == n_train || train[at].hash != dev[i].hash)
			continue;
		n = run_end(train, n_train, at) - at;
		row_normal(f->b, SPLIT_DEV, dev[i].row, &f->mine);
		first = first_same(f, SPLIT_TRAIN, train + at, n);
		if (first < n)
			add_twin(f, out, &cap, SPLIT_DEV, dev[i].row, SPLIT_TRAIN,
				 train[at + first].row);
	}
	if (out->n)
		qsort(out->at, out->n, sizeof *out->at, by_row);
	return ST_OK;
}

enum status data_twins_find(const struct data_book *b, struct progress *pg,
			    struct data_report *out)
{
	struct finder f = { .b = b, .pg = pg };
	struct data_key *k[SPLITS] = { NULL };
	enum status st = ST_OK;

	buf_init(&f.mine);
	buf_init(&f.other);
	for (int s = 0; s < SPLITS && !st; s++) {
		if (!data_book_set(b, (enum data_split)s))
			continue;
		st = keys_of(&f, (enum data_split)s, &k[s]);
		if (!st)
			st = find_repeated(&f, (enum data_split)s, k[s],
					   &out->split[s].repeated);
	}
	if (!st && k[SPLIT_TRAIN] && k[SPLIT_DEV])
		st = find_leaked(&f, k[SPLIT_TRAIN], k[SPLIT_DEV],
				 &out->split[SPLIT_DEV].leaked);
	for (int s = 0; s < SPLITS; s++)
		xfree(k[s]);
	buf_release(&f.mine);
	buf_release(&f.other);
	return st;
}

const struct data_twin *data_twin_find(const struct data_twins *t, uint64_t row)
{
	struct data_twin key = { row, 0 };

	return t->n ? bsearch(&key, t->at, t->n, sizeof key, by_row) : NULL;
}
