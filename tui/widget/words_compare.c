/*
 * words_compare.c - two texts held against each other, word by word.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "metric/copying.h"
#include "text/fold.h"
#include "text/stem.h"
#include "words.h"

int words_keys(const struct word *w, int n, uint64_t *key, int *at)
{
	int k = 0;

	for (int i = 0; i < n; i++) {
		if (!w[i].key)
			continue;
		key[k] = w[i].key;
		if (at)
			at[k] = i;
		k++;
	}
	return k;
}

/* Keys of a text and the words they are of; one block, freed by xfree(key). */
struct keyed {
	uint64_t *key;
	int *at, n;
};

static struct keyed keyed_of(const struct word *w, int n)
{
	struct keyed k = {.key = xcalloc((size_t)n + 1, sizeof *k.key),
			  .at = xcalloc((size_t)n + 1, sizeof *k.at)};

	k.n = words_keys(w, n, k.key, k.at);
	return k;
}

static void keyed_free(struct keyed *k)
{
	xfree(k->key);
	xfree(k->at);
}

/* --- copied spans --- */

/* Punctuation within a span belongs to it. */
static void paint(struct word *w, int first, int last, int span)
{
	for (int i = first; i <= last; i++)
		if (!w[i].span)
			w[i].span = span;
}

/* The span that all of the source's words here have already, or 0. */
static int span_there(const struct word *source, const struct keyed *s,
		      const struct fragment *f)
{
	int span = source[s->at[f->source]].span;

	for (int i = 1; i < f->length; i++)
		if (source[s->at[f->source + i]].span != span)
			return 0;
	return span;
}

/* The longest first: a shorter one within it gets its number. */
static int by_length(const void *a, const void *b)
{
	const struct fragment *x = a, *y = b;

	return x->length != y->length ? y->length - x->length : x->output - y->output;
}

/* Numbers from 1 on in the order in which the output has them. */
static void renumber(struct word *source, int n_source, struct word *output,
		     int n_output, int spans)
{
	int *number = xcalloc((size_t)spans + 1, sizeof *number), n = 0;

	for (int i = 0; i < n_output; i++) {
		if (output[i].span && !number[output[i].span])
			number[output[i].span] = ++n;
		output[i].span = number[output[i].span];
	}
	for (int i = 0; i < n_source; i++)
		source[i].span = number[source[i].span];
	xfree(number);
}

static int number_spans(struct word *source, const struct keyed *s, struct word *output,
			const struct keyed *o)
{
	struct fragment *f = xcalloc((size_t)o->n + 1, sizeof *f);
	int n = copying_fragments(s->key, s->n, o->key, o->n, f), spans = 0;

	qsort(f, (size_t)n, sizeof *f, by_length);
	for (int i = 0; i < n && f[i].length > 1; i++) {
		int last = f[i].length - 1, span = span_there(source, s, &f[i]);

		if (!span)
			span = ++spans;
		paint(source, s->at[f[i].source], s->at[f[i].source + last], span);
		paint(output, o->at[f[i].output], o->at[f[i].output + last], span);
	}
	xfree(f);
	return spans;
}

static bool has_key(const struct keyed *k, uint64_t key)
{
	for (int i = 0; i < k->n; i++)
		if (k->key[i] == key)
			return true;
	return false;
}

int words_compare(struct word *source, int n_source, struct word *output, int n_output)
{
	struct keyed s = keyed_of(source, n_source), o = keyed_of(output, n_output);
	int spans = number_spans(source, &s, output, &o);

	renumber(source, n_source, output, n_output, spans);
	for (int i = 0; i < o.n; i++)
		output[o.at[i]].is_novel = !has_key(&s, o.key[i]);
	keyed_free(&s);
	keyed_free(&o);
	return spans;
}

/* --- what ROUGE-1 counts --- */

static uint64_t stem_key(const struct word *w)
{
	uint64_t key = w->key;
	struct buf b;

	if (!key)
		return 0;
	buf_init(&b);
	text_fold(&b, w->s, w->n);
	if (b.len >= 4)
		key = hash64_bytes(b.s, stem_word(b.s, b.len));
	buf_release(&b);
	return key;
}

int words_match(struct word *reference, int n_reference, struct word *output,
		int n_output)
{
	uint64_t *key = xcalloc((size_t)n_output + 1, sizeof *key);
	int hits = 0;

	for (int k = 0; k < n_output; k++)
		key[k] = stem_key(&output[k]);
	for (int i = 0; i < n_reference; i++) {
		uint64_t mine = stem_key(&reference[i]);

		for (int k = 0; mine && k < n_output; k++)
			if (key[k] == mine && output[k].look != LOOK_MATCHED) {
				reference[i].look = output[k].look = LOOK_MATCHED;
				hits++;
				break;
			}
	}
	xfree(key);
	return hits;
}

/* --- what became of a text --- */

static bool same_word(const struct word *a, const struct word *b)
{
	return a->key == b->key &&
	       (a->key || (a->n == b->n && !memcmp(a->s, b->s, a->n)));
}

/* longest[i * (n_now + 1) + k]: common words of was[i..] and now[k..]. */
static uint16_t *common_table(const struct word *was, int n_was, const struct word *now,
			      int n_now)
{
	size_t cols = (size_t)n_now + 1;
	uint16_t *t = xcalloc(((size_t)n_was + 1) * cols, sizeof *t);

	for (int i = n_was - 1; i >= 0; i--)
		for (int k = n_now - 1; k >= 0; k--) {
			uint16_t *here = &t[(size_t)i * cols + (size_t)k];
			uint16_t down = here[cols], right = here[1];

			if (same_word(&was[i], &now[k]))
				*here = (uint16_t)(here[cols + 1] + 1);
			else
				*here = down >= right ? down : right;
		}
	return t;
}

static void push(struct word *out, int *n, const struct word *w, enum word_look look)
{
	out[*n] = *w;
	out[*n].look = look;
	if (look == LOOK_REMOVED) {
		out[*n].span = 0;
		out[*n].is_novel = false;
	}
	(*n)++;
}

struct word *words_diff(const struct word *was, int n_was, const struct word *now,
			int n_now, int *n)
{
	struct word *out = xcalloc((size_t)n_was + (size_t)n_now + 1, sizeof *out);
	size_t cols = (size_t)n_now + 1;
	uint16_t *t;
	int i = 0, k = 0;

	*n = 0;
	if (n_was > DIFF_WORDS || n_now > DIFF_WORDS) {
		if (n_now)
			memcpy(out, now, (size_t)n_now * sizeof *out);
		*n = n_now;
		return out;
	}
	t = common_table(was, n_was, now, n_now);
	while (i < n_was || k < n_now) {
		const uint16_t *here = &t[(size_t)i * cols + (size_t)k];

		if (i < n_was && k < n_now && same_word(&was[i], &now[k])) {
			push(out, n, &now[k], LOOK_PLAIN);
			i++;
			k++;
		} else if (i < n_was && (k == n_now || here[cols] >= here[1])) {
			push(out, n, &was[i++], LOOK_REMOVED);
		} else {
			push(out, n, &now[k++], LOOK_ADDED);
		}
	}
	xfree(t);
	return out;
}
