/*
 * wordpiece_count.c - the first half of training a WordPiece vocabulary: the words of all
 * texts with their counts, in bounded memory, and the letters in them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/wordpiece_train.h"
#include "text/utf8.h"

enum {
	WORDS_MAX = 1000000, /* distinct words kept; rarer ones go first */
	SLOTS_MIN = 1 << 12,
};

struct tokenizer_trainer *wordpiece_train_new(void)
{
	struct wordpiece_trainer *tr = xcalloc(1, sizeof *tr);

	return &tr->base;
}

void wordpiece_train_free(struct tokenizer_trainer *base)
{
	struct wordpiece_trainer *tr = (struct wordpiece_trainer *)base;

	xfree(tr->bytes);
	xfree(tr->words);
	xfree(tr->slots);
	xfree(tr);
}

static uint64_t hash_of(const char *s, size_t len)
{
	uint64_t h = hash64_bytes(s, len);

	return h ^ h >> 32;
}

/* The slot of this word, or the empty one (0) where it would be. */
static uint32_t *find_slot(const struct wordpiece_trainer *tr, const char *s,
			   size_t len)
{
	size_t i = hash_of(s, len) & tr->mask;

	for (; tr->slots[i]; i = (i + 1) & tr->mask) {
		const struct trainer_word *w = &tr->words[tr->slots[i] - 1];
		if (w->len == len && !memcmp(tr->bytes + w->at, s, len))
			break;
	}
	return &tr->slots[i];
}

static void index_words(struct wordpiece_trainer *tr)
{
	size_t cap = SLOTS_MIN;

	while (cap < tr->n * 4)
		cap *= 2;
	xfree(tr->slots);
	tr->slots = xcalloc(cap, sizeof *tr->slots);
	tr->mask = cap - 1;
	for (size_t i = 0; i < tr->n; i++) {
		const struct trainer_word *w = &tr->words[i];
		*find_slot(tr, tr->bytes + w->at, w->len) = (uint32_t)i + 1;
	}
}

/* Drops the rarest words until half the room is free. */
static void prune(struct wordpiece_trainer *tr)
{
	for (uint64_t rare = 1; tr->n > WORDS_MAX / 2; rare++) {
		size_t kept = 0;
		uint32_t used = 0;

		for (size_t i = 0; i < tr->n; i++) {
			struct trainer_word w = tr->words[i];
			if (w.count <= rare)
				continue;
			memmove(tr->bytes + used, tr->bytes + w.at, w.len);
			w.at = used;
			used += w.len;
			tr->words[kept++] = w;
		}
		tr->n = kept;
		tr->used = used;
	}
	index_words(tr);
}

static void count_word(struct wordpiece_trainer *tr, const char *s, size_t len)
{
	uint32_t *slot;

	if (tr->n * 2 >= tr->mask)
		index_words(tr);
	slot = find_slot(tr, s, len);
	if (*slot) {
		tr->words[*slot - 1].count++;
		return;
	}
	tr->bytes = array_grow(tr->bytes, tr->used + len, &tr->bytes_cap, 1);
	memcpy(tr->bytes + tr->used, s, len);
	ARRAY_GROW(tr->words, tr->n, tr->words_cap);
	tr->words[tr->n++] = (struct trainer_word){
		.at = (uint32_t)tr->used, .len = (uint32_t)len, .count = 1};
	*slot = (uint32_t)tr->n;
	tr->used += len;
	if (tr->n >= WORDS_MAX)
		prune(tr);
}

void wordpiece_train_feed(struct tokenizer_trainer *tr, const char *text, size_t len)
{
	struct words it;
	struct word w;

	words_init(&it, &bert_uncased, text, len);
	while (words_next(&it, &w))
		if (w.chars <= WORD_CHARS)
			count_word((struct wordpiece_trainer *)tr, w.bytes, w.at[w.chars]);
}

static int by_count(const void *a, const void *b)
{
	const struct letter *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->cp < y->cp ? -1 : 1;
}

static int by_code_point(const void *a, const void *b)
{
	const struct letter *x = a, *y = b;

	return x->cp < y->cp ? -1 : 1;
}

struct letter *trainer_letters(const struct wordpiece_trainer *tr, size_t *n)
{
	uint64_t *count = xcalloc(CODE_POINTS, sizeof *count);
	struct letter *letters = NULL;
	size_t cap = 0;
	uint32_t cp;

	*n = 0;
	for (size_t i = 0; i < tr->n; i++) {
		const struct trainer_word *w = &tr->words[i];
		for (size_t at = 0; at < w->len;) {
			at += (size_t)utf8_next(tr->bytes + w->at + at,
						w->len - at, &cp);
			count[cp] += w->count;
		}
	}
	for (cp = 0; cp < CODE_POINTS; cp++) {
		if (!count[cp])
			continue;
		ARRAY_GROW(letters, *n, cap);
		letters[(*n)++] = (struct letter){cp, count[cp]};
	}
	xfree(count);
	if (*n)
		qsort(letters, *n, sizeof *letters, by_count);
	return letters;
}

/* --- letters that are needed --- */

/* Marks the letters of the text; returns how many there are. */
static size_t mark_needed(const char *text, bool *is_needed)
{
	struct words it;
	struct word w;
	size_t n = 0;
	uint32_t cp;

	words_init(&it, &bert_uncased, text, strlen(text));
	while (words_next(&it, &w)) {
		if (w.chars > WORD_CHARS)
			continue;
		for (size_t at = 0; at < w.at[w.chars];) {
			at += (size_t)utf8_next(w.bytes + at, w.at[w.chars] - at, &cp);
			n += !is_needed[cp];
			is_needed[cp] = true;
		}
	}
	return n;
}

static bool are_kept(const struct letter *l, size_t kept, const bool *is_needed, size_t n)
{
	for (size_t i = 0; i < kept; i++)
		n -= is_needed[l[i].cp];
	return !n;
}

/* [n_needed + n]: the needed by code point, then the others as they are. */
static struct letter *put_first(const struct letter *l, size_t *n, const bool *is_needed,
				size_t n_needed)
{
	struct letter *out = xcalloc(n_needed + *n, sizeof *out);
	size_t k = 0;

	for (uint32_t cp = 0; cp < CODE_POINTS; cp++)
		if (is_needed[cp])
			out[k++] = (struct letter){ cp, 0 };
	for (size_t i = 0; i < *n; i++)
		if (!is_needed[l[i].cp])
			out[k++] = l[i];
	*n = k;
	return out;
}

bool trainer_need_letters(const struct wordpiece_trainer *tr, struct letter **letters,
			  size_t *n, size_t kept)
{
	bool *is_needed, is_new;
	struct letter *more;
	size_t needed;

	if (!tr->base.needs)
		return false;
	is_needed = xcalloc(CODE_POINTS, sizeof *is_needed);
	needed = mark_needed(tr->base.needs, is_needed);
	is_new = !are_kept(*letters, kept, is_needed, needed);
	if (is_new) {
		more = put_first(*letters, n, is_needed, needed);
		xfree(*letters);
		*letters = more;
	}
	xfree(is_needed);
	return is_new;
}

void trainer_sort_letters(struct letter *letters, size_t n)
{
	if (n)
		qsort(letters, n, sizeof *letters, by_code_point);
}
