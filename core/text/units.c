/*
 * units.c - units of a text, their places, and which are chosen.
 */
#include "text/units.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "text/fold.h"

/* --- cutting --- */

static int cut_words(const char *text, size_t len, struct text_part *out, int cap)
{
	size_t at = 0;
	int n = 0;

	while (n < cap) {
		size_t from;

		while (at < len && char_is_blank(text[at]))
			at++;
		for (from = at; at < len && !char_is_blank(text[at]);)
			at++;
		if (at == from)
			break;
		out[n++] = (struct text_part){ text + from, at - from };
	}
	return n;
}

int text_units(enum unit_kind how, const char *text, size_t len, struct text_part *out,
	       int cap)
{
	return how == UNIT_WORDS ? cut_words(text, len, out, cap) :
				   text_parts(text, len, out, cap);
}

void units_text(const struct text_part *unit, int n, const bool *keep, struct buf *out)
{
	bool any = false;

	for (int i = 0; i < n; i++) {
		if (!keep[i])
			continue;
		if (any)
			buf_addc(out, ' ');
		buf_add(out, unit[i].s, unit[i].len);
		any = true;
	}
}

/* --- places --- */

/* Pieces and units are in the order of the text: both go on, none goes back. */
int units_place(enum unit_kind how, const char *text, const struct text_part *unit, int n,
		const bool *keep, const struct layout *l, const struct token_span *spans,
		struct unit_place *out)
{
	int at = l->at[0], end = l->at[0] + l->len[0], read = 0;

	for (int i = 0; i < n; i++) {
		size_t from = (size_t)(unit[i].s - text), to = from + unit[i].len;
		int rows = 0;

		while (at < end && spans[at].end <= from)
			at++;
		while (at + rows < end && spans[at + rows].start < to &&
		       !(how == UNIT_WORDS && rows))
			rows++;
		out[i] = (struct unit_place){ rows ? at : 0, 2 * rows + (keep && keep[i]) };
		read += rows > 0;
	}
	return read;
}

/* --- choosing --- */

/* The likeliest that is left; -1: none is. */
static int likeliest(const float *p, int n, const bool *taken)
{
	int best = -1;

	for (int i = 0; i < n; i++)
		if (!taken[i] && p[i] >= 0 && (best < 0 || p[i] > p[best]))
			best = i;
	return best;
}

void units_choose_words(const float *p, int n, double threshold, bool *keep)
{
	bool any = false;
	int best;

	for (int i = 0; i < n; i++) {
		keep[i] = p[i] >= 0 && (double)p[i] >= threshold;
		any |= keep[i];
	}
	best = any ? -1 : likeliest(p, n, keep);
	if (best >= 0)
		keep[best] = true;
}

enum { GRAM = 3 };

struct grams {
	uint64_t *key;
	size_t n, cap;
};

static void grams_add(struct grams *g, uint64_t key)
{
	ARRAY_GROW(g->key, g->n, g->cap);
	g->key[g->n++] = key;
}

/* Every three words of it in a row; words without letters are none. */
static void add_grams(struct grams *g, const struct text_part *unit)
{
	struct text_part *word = xcalloc(unit->len / 2 + 1, sizeof *word);
	int n = cut_words(unit->s, unit->len, word, (int)(unit->len / 2 + 1));
	uint64_t last[GRAM];
	int have = 0;

	for (int i = 0; i < n; i++) {
		uint64_t key = text_fold_key(word[i].s, word[i].len);

		if (!key)
			continue;
		if (have == GRAM)
			memmove(last, last + 1, (GRAM - 1) * sizeof *last);
		have -= have == GRAM;
		last[have++] = key;
		if (have == GRAM)
			grams_add(g, hash64_bytes(last, sizeof last));
	}
	xfree(word);
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool share_any(const struct grams *a, const struct grams *sorted)
{
	for (size_t i = 0; i < a->n && sorted->n; i++)
		if (bsearch(&a->key[i], sorted->key, sorted->n, sizeof *a->key, by_key))
			return true;
	return false;
}

static void take_grams(struct grams *all, const struct grams *own)
{
	for (size_t i = 0; i < own->n; i++)
		grams_add(all, own->key[i]);
	if (all->n)
		qsort(all->key, all->n, sizeof *all->key, by_key);
}

void units_choose_sentences(const struct text_part *unit, const float *p, int n, int k,
			    bool *keep)
{
	bool *seen = xcalloc((size_t)n + 1, sizeof *seen);
	struct grams chosen = { 0 };
	int best;

	memset(keep, 0, (size_t)n * sizeof *keep);
	while (k > 0 && (best = likeliest(p, n, seen)) >= 0) {
		struct grams own = { 0 };

		seen[best] = true;
		add_grams(&own, &unit[best]);
		if (!share_any(&own, &chosen)) {
			keep[best] = true;
			k--;
			take_grams(&chosen, &own);
		}
		xfree(own.key);
	}
	xfree(chosen.key);
	xfree(seen);
}

void units_choose_lead(int n, int k, bool *keep)
{
	for (int i = 0; i < n; i++)
		keep[i] = i < k;
}

struct unit_counts units_count(const bool *gold, const bool *pred, int n)
{
	struct unit_counts c = { 0 };

	for (int i = 0; i < n; i++) {
		c.gold += gold[i];
		c.pred += pred[i];
		c.both += gold[i] && pred[i];
	}
	return c;
}
