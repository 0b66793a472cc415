/*
 * masking.c - see masking.h.
 *
 * A row's stream: its number is the draw, a dev row's with the highest bit set. An epoch
 * has PER_EPOCH places of it: the first half for the order of the words, then two for each
 * piece.
 */
#include "text/masking.h"

#include "base/mem.h"
#include "base/rng.h"

enum { PER_EPOCH = 1 << 17, OF_PIECES = PER_EPOCH / 2, AROUND = 2 };
#define DEV_ROW ((uint64_t)1 << 47)

enum { HIDES = 1, BEGINS = 2 }; /* of a piece: it may be hidden; it begins a word */

struct masking {
	double share;
	uint64_t seed, epochs;
	uint32_t task;
	bool is_dev;
	int32_t mask;
	int n_pieces;           /* that may stand in */
	int32_t *piece;         /* [n_pieces] */
	int size;
	unsigned char *flags;   /* [size] */
};

static bool is_special(const struct tokenizer *tok, int32_t id)
{
	for (int s = 0; s < TOK_SPECIALS; s++)
		if (tokenizer_special(tok, (enum special)s) == id)
			return true;
	return false;
}

struct masking *masking_new(const struct tokenizer *tok, const struct masking_spec *spec)
{
	struct masking *m = xcalloc(1, sizeof *m);
	const struct tokenizer_kind *kind = tokenizer_kind_of(tok);

	m->share = spec->share;
	m->is_dev = spec->is_dev;
	m->seed = spec->is_dev ? 0 : spec->seed;
	m->task = spec->is_dev ? 0 : (uint32_t)spec->task;
	m->mask = tokenizer_special(tok, TOK_MASK);
	BUG_IF(m->mask < 0);
	m->size = tokenizer_size(tok);
	m->flags = xcalloc((size_t)m->size + 1, sizeof *m->flags);
	m->piece = xcalloc((size_t)m->size + 1, sizeof *m->piece);
	for (int32_t id = 0; id < m->size; id++) {
		if (is_special(tok, id)) {
			m->flags[id] = BEGINS;
			continue;
		}
		m->flags[id] = HIDES;
		if (tokenizer_begins_word(kind, tokenizer_piece(tok, id)))
			m->flags[id] |= BEGINS;
		m->piece[m->n_pieces++] = id;
	}
	return m;
}

void masking_free(struct masking *m)
{
	if (!m)
		return;
	xfree(m->flags);
	xfree(m->piece);
	xfree(m);
}

static unsigned flags_of(const struct masking *m, int32_t id)
{
	return id >= 0 && id < m->size ? m->flags[id] : BEGINS;
}

bool masking_can(const struct masking *m, int n, const int32_t *ids)
{
	for (int i = 0; i < n; i++)
		if (flags_of(m, ids[i]) & HIDES)
			return true;
	return false;
}

static int wanted_of(const struct masking *m, int pieces)
{
	int n = (int)(m->share * pieces + 0.5);

	return n > 0 ? n : 1;
}

int masking_wanted(const struct masking *m, int n)
{
	return wanted_of(m, n > AROUND ? n - AROUND : n);
}

/* --- words --- */

/*
 * Where words of pieces that may be hidden begin: word [n] -> how many; *pieces of them.
 * A word ends before the next piece that begins one or may not be hidden.
 */
static int find_words(const struct masking *m, int n, const int32_t *ids, int *word,
		      int *pieces)
{
	int words = 0;
	bool is_in = false;

	*pieces = 0;
	for (int i = 0; i < n; i++) {
		unsigned flags = flags_of(m, ids[i]);

		if (!(flags & HIDES)) {
			is_in = false;
			continue;
		}
		if (!is_in || flags & BEGINS)
			word[words++] = i;
		is_in = true;
		++*pieces;
	}
	return words;
}

/* --- hiding --- */

struct hiding {
	const struct masking *m;
	struct rng r;
	uint64_t at;      /* of this epoch's first place in the stream */
	int n, hidden;
	int32_t *ids, *out;
};

static void hide_word(struct hiding *h, int from, int end)
{
	const struct masking *m = h->m;

	for (int i = from; i < end; i++) {
		uint64_t at = h->at + OF_PIECES + 2 * (uint64_t)i;
		uint32_t luck = rng_below(&h->r, at, 10);

		h->out[i] = h->ids[i];
		if (luck < 8)
			h->ids[i] = m->mask;
		else if (luck < 9)
			h->ids[i] = m->piece[rng_below(&h->r, at + 1, (uint32_t)m->n_pieces)];
	}
	h->hidden += end - from;
}

/* A word ends where another one begins or was hidden, and where none can be. */
static int word_end(const struct hiding *h, int from)
{
	int i = from + 1;

	while (i < h->n && h->out[i] < 0 &&
	       (flags_of(h->m, h->ids[i]) & (HIDES | BEGINS)) == HIDES)
		i++;
	return i;
}

/* The next word of the order becomes word[k] (Fisher & Yates). */
static void hide_words(struct hiding *h, int *word, int words, int wanted)
{
	for (int k = 0; k < words && h->hidden < wanted; k++) {
		int j = k + (int)rng_below(&h->r, h->at + (uint64_t)k, (uint32_t)(words - k));
		int from = word[j], end;

		word[j] = word[k];
		word[k] = from;
		end = word_end(h, from);
		if (h->hidden + end - from <= wanted)
			hide_word(h, from, end);
	}
	if (!h->hidden && words)
		hide_word(h, word[0], word_end(h, word[0]));
}

int masking_hide(const struct masking *m, uint64_t row, uint64_t epoch, int n, int32_t *ids,
		 int *scratch, int32_t *out)
{
	int pieces, words = find_words(m, n, ids, scratch, &pieces);
	struct hiding h = { .m = m, .n = n, .ids = ids, .out = out };

	BUG_IF(n > OF_PIECES / 2 || row >= DEV_ROW);
	h.r = rng_stream(m->seed, RNG_MASK, m->task, m->is_dev ? row | DEV_ROW : row);
	h.at = m->is_dev ? 0 : epoch % MASKING_EPOCHS * PER_EPOCH;
	for (int i = 0; i < n; i++)
		out[i] = -1;
	hide_words(&h, scratch, words, wanted_of(m, pieces));
	return h.hidden;
}
