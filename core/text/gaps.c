/*
 * gaps.c - see gaps.h.
 */
#include "text/gaps.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "text/fold.h"
#include "text/layout.h"
#include "text/parts.h"

enum { PARTS_MAX = 1024, SPAN_WORDS = 3 };

/* Bytes of the text that are taken out together, in its order. */
struct gap {
	size_t from, end;
};

static int share_of(double share, int n)
{
	int k = (int)(share * n + 0.5);

	return k < 1 ? 1 : k > n - 1 ? n - 1 : k;
}

static void cut(const char *text, size_t len, const struct gap *gap, int n,
		const char *between, struct buf *source, struct buf *target)
{
	size_t at = 0;

	for (int i = 0; i < n; i++) {
		buf_add(source, text + at, gap[i].from - at);
		buf_adds(source, LAYOUT_MASK);
		buf_adds(target, i ? between : "");
		buf_add(target, text + gap[i].from, gap[i].end - gap[i].from);
		at = gap[i].end;
	}
	buf_add(source, text + at, len - at);
}

static bool next_word(const char *s, size_t len, size_t *at, struct gap *word)
{
	while (*at < len && char_is_blank(s[*at]))
		++*at;
	word->from = *at;
	while (*at < len && !char_is_blank(s[*at]))
		++*at;
	word->end = *at;
	return word->end > word->from;
}

/* --- sentences --- */

struct key {
	uint64_t word;
	int part;
};

static int by_word(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	return x->part - y->part;
}

/* The words of all parts, sorted: returns (caller frees) *n keys; words [n_parts]. */
static struct key *keys_of(const struct text_part *part, int n_parts, int *words, size_t *n)
{
	struct key *key = NULL;
	size_t cap = 0;

	*n = 0;
	for (int i = 0; i < n_parts; i++) {
		struct gap word;
		size_t at = 0;

		words[i] = 0;
		while (next_word(part[i].s, part[i].len, &at, &word)) {
			uint64_t k = text_fold_key(part[i].s + word.from, word.end - word.from);

			if (!k)
				continue;
			ARRAY_GROW(key, *n, cap);
			key[(*n)++] = (struct key){ k, i };
			words[i]++;
		}
	}
	if (*n)
		qsort(key, *n, sizeof *key, by_word);
	return key;
}

/* common[i]: words that part i and the rest have, each as often as both have it. */
static void count_common(const struct key *key, size_t n, int *common)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && key[end].word == key[i].word;)
			end++;
		for (size_t k = i, to; k < end; k = to) {
			size_t own, rest;

			for (to = k; to < end && key[to].part == key[k].part;)
				to++;
			own = to - k;
			rest = end - i - own;
			common[key[k].part] += (int)(own < rest ? own : rest);
		}
	}
}

/* F1 of ROUGE-1 of each part against the rest: 2 common / (its words + the rest's). */
static void score_parts(const struct text_part *part, int n, double *score)
{
	int *words = xcalloc((size_t)n, sizeof *words);
	int *common = xcalloc((size_t)n, sizeof *common);
	size_t all;
	struct key *key = keys_of(part, n, words, &all);

	count_common(key, all, common);
	for (int i = 0; i < n; i++)
		score[i] = all ? 2.0 * common[i] / (double)all : 0;
	xfree(key);
	xfree(words);
	xfree(common);
}

/* The k parts of the best scores, of equal ones the first, in their order. */
static void choose(const char *text, const struct text_part *part, int n, int k,
		   struct gap *gap)
{
	double *score = xcalloc((size_t)n, sizeof *score);
	int taken = 0;

	score_parts(part, n, score);
	for (int i = 0; i < n && taken < k; i++) {
		int before = 0;

		for (int j = 0; j < n; j++)
			before += score[j] > score[i] || (j < i && !(score[j] < score[i]));
		if (before < k)
			gap[taken++] = (struct gap){ (size_t)(part[i].s - text),
						     (size_t)(part[i].s - text) + part[i].len };
	}
	xfree(score);
}

static bool sentences(const struct masking_spec *spec, const char *text, size_t len,
		      struct buf *source, struct buf *target)
{
	struct text_part *part = xcalloc(PARTS_MAX, sizeof *part);
	int n = text_parts(text, len, part, PARTS_MAX), k;
	struct gap *gap = xcalloc((size_t)n + 1, sizeof *gap);

	if (n > 1) {
		k = share_of(spec->share, n);
		choose(text, part, n, k, gap);
		cut(text, len, gap, k, " ", source, target);
	}
	xfree(gap);
	xfree(part);
	return n > 1;
}

/* --- spans --- */

static struct gap *words_of(const char *text, size_t len, int *n)
{
	struct gap *word = NULL, w;
	size_t at = 0, count = 0, cap = 0;

	while (next_word(text, len, &at, &w)) {
		ARRAY_GROW(word, count, cap);
		word[count++] = w;
	}
	*n = (int)count;
	return word;
}

/*
 * n words in k parts of one at least, every division as likely: k - 1 of the n - 1 places
 * between two (Knuth's algorithm S). *at: of the stream, moved on.
 */
static void divide(const struct rng *r, uint64_t *at, int n, int k, int *part)
{
	int cuts = k - 1, size = 0;

	for (int i = 1; i <= n; i++) {
		size++;
		if (i == n || (int)rng_below(r, (*at)++, (uint32_t)(n - i)) >= cuts)
			continue;
		*part++ = size;
		size = 0;
		cuts--;
	}
	*part = size;
}

/* What is left and what is taken, in turns: the text begins with what is left. */
static int lay_spans(const struct rng *r, const struct gap *word, int n, int noise,
		     struct gap *gap)
{
	int k = (noise + SPAN_WORDS / 2) / SPAN_WORDS, at = 0;
	int *left, *taken;
	uint64_t index = 0;

	k = k < 1 ? 1 : k > n - noise ? n - noise : k;
	left = xcalloc((size_t)k, sizeof *left);
	taken = xcalloc((size_t)k, sizeof *taken);
	divide(r, &index, noise, k, taken);
	divide(r, &index, n - noise, k, left);
	for (int i = 0; i < k; i++) {
		at += left[i];
		gap[i] = (struct gap){ word[at].from, word[at + taken[i] - 1].end };
		at += taken[i];
	}
	xfree(left);
	xfree(taken);
	return k;
}

static bool spans(const struct masking_spec *spec, const char *text, size_t len,
		  struct buf *source, struct buf *target)
{
	uint64_t draw = hash64_bytes(text, len) >> 16;
	struct rng r = rng_stream(spec->is_dev ? 0 : spec->seed, RNG_MASK,
				  spec->is_dev ? 0 : (uint32_t)spec->task, draw);
	struct gap *word, *gap;
	int n, k;

	word = words_of(text, len, &n);
	gap = xcalloc((size_t)n + 1, sizeof *gap);
	if (n > 1) {
		k = lay_spans(&r, word, n, share_of(spec->share, n), gap);
		cut(text, len, gap, k, " . ", source, target);
	}
	xfree(gap);
	xfree(word);
	return n > 1;
}

bool gaps_make(const struct masking_spec *spec, const char *text, size_t len,
	       struct buf *source, struct buf *target)
{
	return spec->how == GAPS_SENTENCES ? sentences(spec, text, len, source, target) :
					     spans(spec, text, len, source, target);
}
