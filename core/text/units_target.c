/*
 * units_target.c - which units of a text a target keeps: a row of 0 and 1, words found
 * again, or a greedy oracle's sentences (units.h).
 */
#include "text/units.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "text/fold.h"
#include "text/keep_row.h"

/* --- a row of 0 and 1 --- */

int keep_row_read(const char *s, size_t len, bool *keep, int n)
{
	int found = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == ',' || char_is_blank(s[i]))
			continue;
		if (s[i] != '0' && s[i] != '1')
			return -1;
		if (found < n)
			keep[found] = s[i] == '1';
		found++;
	}
	return found;
}

/* --- words found again --- */

enum { CELLS_MAX = 1 << 20 };

/* Equal numbers, equal words. */
static uint64_t *keys_of(const struct text_part *word, int n)
{
	uint64_t *key = xcalloc((size_t)n + 1, sizeof *key);

	for (int i = 0; i < n; i++) {
		key[i] = text_fold_key(word[i].s, word[i].len);
		if (!key[i])
			key[i] = hash64_bytes(word[i].s, word[i].len);
	}
	return key;
}

/*
 * Cells [m + 1][n + 1] of the first j words of the target and the first i of the text:
 * the best there is of them, and the best of those in which the last two are found in
 * each other. A word found counts `found`, two side by side in both 1 more, so that no
 * number of neighbours outweighs a word.
 */
struct table {
	const uint64_t *text, *target;
	int n, m;
	int64_t found;
	int64_t *best, *ends; /* ends -1: they differ */
};

static size_t cell(const struct table *t, int j, int i)
{
	return (size_t)j * (size_t)(t->n + 1) + (size_t)i;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void fill(struct table *t)
{
	for (int j = 1; j <= t->m; j++)
		for (int i = 1; i <= t->n; i++) {
			size_t c = cell(t, j, i), before = cell(t, j - 1, i - 1);

			t->ends[c] = -1;
			if (t->target[j - 1] == t->text[i - 1])
				t->ends[c] = t->found + larger(t->best[before],
							       t->ends[before] + 1);
			t->best[c] = larger(t->ends[c], larger(t->best[cell(t, j, i - 1)],
							       t->best[cell(t, j - 1, i)]));
		}
}

/* From the end back, as far left in the text as is as good. Returns how many were found. */
static int trace(const struct table *t, bool *keep)
{
	int i = t->n, j = t->m, found = 0;
	bool must_end = false; /* its neighbour counts on it */

	while (i > 0 && j > 0) {
		size_t c = cell(t, j, i), before = cell(t, j - 1, i - 1);

		if (!must_end && t->best[c] == t->best[cell(t, j, i - 1)]) {
			i--;
		} else if (!must_end && t->best[c] == t->best[cell(t, j - 1, i)]) {
			j--;
		} else {
			keep[i - 1] = true;
			found++;
			must_end = t->ends[before] >= 0 &&
				   t->ends[before] + 1 > t->best[before];
			i--;
			j--;
		}
	}
	return found;
}

/* Of texts too long for a table: each word's next place, if it has one. */
static int find_next(const uint64_t *text, int n, const uint64_t *target, int m, bool *keep)
{
	int at = 0, found = 0;

	for (int j = 0; j < m; j++) {
		int i = at;

		while (i < n && text[i] != target[j])
			i++;
		if (i == n)
			continue;
		keep[i] = true;
		at = i + 1;
		found++;
	}
	return found;
}

static int find_words(const uint64_t *text, int n, const uint64_t *target, int m, bool *keep)
{
	struct table t = { .text = text, .target = target, .n = n, .m = m,
			   .found = (int64_t)m + 1 };
	size_t cells = (size_t)(n + 1) * (size_t)(m + 1);
	int found;

	if (cells > CELLS_MAX)
		return find_next(text, n, target, m, keep);
	t.best = xcalloc(cells, sizeof *t.best);
	t.ends = xcalloc(cells, sizeof *t.ends);
	for (int i = 0; i <= n; i++)
		t.ends[cell(&t, 0, i)] = -1;
	for (int j = 0; j <= m; j++)
		t.ends[cell(&t, j, 0)] = -1;
	fill(&t);
	found = trace(&t, keep);
	xfree(t.best);
	xfree(t.ends);
	return found;
}

static enum units_target keep_words(const struct text_part *unit, int n, const char *target,
				    size_t len, bool *keep)
{
	int cap = len / 2 + 1 < UNITS_MAX ? (int)(len / 2 + 1) : UNITS_MAX, m, found;
	struct text_part *word = xcalloc((size_t)cap, sizeof *word);
	uint64_t *a, *b;

	m = text_units(UNIT_WORDS, target, len, word, cap);
	a = keys_of(unit, n);
	b = keys_of(word, m);
	found = find_words(a, n, b, m, keep);
	xfree(a);
	xfree(b);
	xfree(word);
	return !found ? UNITS_NONE : found == m ? UNITS_FOUND : UNITS_NEAREST;
}

/* --- an oracle's sentences --- */

/* Numbers of words, or of pairs, rising and each once. */
struct set {
	uint64_t *key;
	size_t n, cap;
};

static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void set_add(struct set *s, uint64_t key)
{
	ARRAY_GROW(s->key, s->n, s->cap);
	s->key[s->n++] = key;
}

static void set_settle(struct set *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->key, s->n, sizeof *s->key, by_key);
	for (size_t i = 0; i < s->n; i++)
		if (!n || s->key[n - 1] != s->key[i])
			s->key[n++] = s->key[i];
	s->n = n;
}

enum { WORD, PAIR, GRAMS };

/* Of a text the sets of its words and of its pairs of neighbours. */
static void sets_of(const char *s, size_t len, struct set out[GRAMS])
{
	struct text_part *word = xcalloc(len / 2 + 1, sizeof *word);
	int n = text_units(UNIT_WORDS, s, len, word, (int)(len / 2 + 1));
	uint64_t pair[2] = { 0, 0 };

	for (int i = 0; i < n; i++) {
		pair[1] = text_fold_key(word[i].s, word[i].len);
		if (!pair[1])
			continue;
		set_add(&out[WORD], pair[1]);
		if (pair[0])
			set_add(&out[PAIR], hash64_bytes(pair, sizeof pair));
		pair[0] = pair[1];
	}
	xfree(word);
	set_settle(&out[WORD]);
	set_settle(&out[PAIR]);
}

static bool has(const struct set *s, uint64_t key)
{
	return s->n && bsearch(&key, s->key, s->n, sizeof key, by_key);
}

/* What is chosen: its set, and how many of the reference's it has. */
struct chosen {
	struct set set;
	size_t found;
};

struct oracle {
	int n;
	struct set (*unit)[GRAMS]; /* [n] */
	struct set ref[GRAMS];
	struct chosen chosen[GRAMS];
};

/* The F1s of what is chosen and unit i together, added up. */
static double score_with(const struct oracle *o, int i)
{
	double sum = 0;

	for (int g = 0; g < GRAMS; g++) {
		const struct chosen *c = &o->chosen[g];
		const struct set *own = &o->unit[i][g];
		size_t all = c->set.n + o->ref[g].n, found = c->found;

		for (size_t k = 0; k < own->n; k++) {
			if (has(&c->set, own->key[k]))
				continue;
			all++;
			found += has(&o->ref[g], own->key[k]);
		}
		sum += all ? 2 * (double)found / (double)all : 0;
	}
	return sum;
}

static void choose(struct oracle *o, int i)
{
	for (int g = 0; g < GRAMS; g++) {
		struct chosen *c = &o->chosen[g];
		const struct set *own = &o->unit[i][g];
		size_t before = c->set.n;

		for (size_t k = 0; k < own->n; k++) {
			struct set was = { .key = c->set.key, .n = before };

			if (has(&was, own->key[k]))
				continue;
			c->found += has(&o->ref[g], own->key[k]);
			set_add(&c->set, own->key[k]);
		}
		set_settle(&c->set);
	}
}

/* Of equally good ones the first. Returns how many were chosen. */
static int choose_greedily(struct oracle *o, int most, bool *keep)
{
	double best = 0;
	int chosen = 0, next;

	do {
		next = -1;
		for (int i = 0; i < o->n; i++) {
			double score = keep[i] ? 0 : score_with(o, i);

			if (score > best) {
				best = score;
				next = i;
			}
		}
		if (next >= 0) {
			keep[next] = true;
			choose(o, next);
			chosen++;
		}
	} while (next >= 0 && chosen < most);
	return chosen;
}

static void sets_release(struct set s[GRAMS])
{
	for (int g = 0; g < GRAMS; g++)
		xfree(s[g].key);
}

static enum units_target keep_sentences(const struct text_part *unit, int n, int most,
					const char *target, size_t len, bool *keep)
{
	struct oracle o = { .n = n, .unit = xcalloc((size_t)n + 1, sizeof *o.unit) };
	int chosen;

	sets_of(target, len, o.ref);
	for (int i = 0; i < n; i++)
		sets_of(unit[i].s, unit[i].len, o.unit[i]);
	chosen = choose_greedily(&o, most, keep);
	for (int i = 0; i < n; i++)
		sets_release(o.unit[i]);
	sets_release(o.ref);
	for (int g = 0; g < GRAMS; g++)
		xfree(o.chosen[g].set.key);
	xfree(o.unit);
	return chosen ? UNITS_FOUND : UNITS_NONE;
}

/* --- either --- */

enum units_target units_of_target(enum unit_kind how, const struct text_part *unit, int n,
				  int most, const char *target, size_t len, bool *keep)
{
	int given = keep_row_read(target, len, keep, n);
	enum units_target st;

	if (n && (given == n || (given > n && n == UNITS_MAX))) {
		for (int i = 0; i < n; i++)
			if (keep[i])
				return UNITS_GIVEN;
		return UNITS_NONE;
	}
	memset(keep, 0, (size_t)n * sizeof *keep);
	st = how == UNIT_WORDS ? keep_words(unit, n, target, len, keep) :
				 keep_sentences(unit, n, most, target, len, keep);
	return given > 0 && st != UNITS_FOUND ? UNITS_MISCOUNTED : st;
}
