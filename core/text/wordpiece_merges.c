/*
 * wordpiece_merges.c - the second half of training a WordPiece vocabulary: the alphabet, then
 * merges of the pair of pieces with the largest count, as in byte-pair encoding
 * (Sennrich, Haddow, Birch 2016) over "##" pieces. Pieces: specials in the order of
 * enum special, the characters seen (alone and as "##" continuation; the most
 * frequent ones when there are too many), then merges, ties by the older pieces,
 * while a pair occurs twice or more.
 *
 * Counts of pairs are kept exact after every merge: each pair has the list of
 * words it was ever seen in, and only those are touched. The heap holds a pair
 * once for every time its count rose; an entry whose count is no longer true is
 * put back with the true one, or dropped.
 */
#include "text/wordpiece_train.h"

#include <string.h>

#include "base/mem.h"
#include "text/utf8.h"

enum {
	ALPHABET_MAX = 1000, /* characters */
	SIZE_MIN = 32,
	NO_LINK = -1,
	PAIRS_MIN = 1 << 12,
};

/* A pair of neighbours: left piece in the high half of the key. */
struct pair {
	uint64_t key;
	int64_t count;
	int32_t link;   /* newest of the words it was seen in, or NO_LINK */
	uint32_t stamp; /* the merge that last raised the count */
};

struct link {
	uint32_t word;
	int32_t next;
};

struct heap_entry {
	int64_t count;
	uint64_t key;
	uint32_t pair;
};

/* A word as pieces: piece[first .. first + n). */
struct spelling {
	int64_t count;
	uint32_t first, n;
};

struct merger {
	const struct wordpiece_trainer *tr;
	struct buf pieces; /* texts with their NULs */
	uint32_t *piece_at;
	size_t n_pieces, piece_cap;
	uint32_t *piece_slots; /* hash table over texts: id + 1 */
	size_t piece_mask;
	int32_t *first_id, *inner_id; /* of a code point, -1: not in it */

	uint32_t *symbols;
	struct spelling *words;
	size_t n_symbols, symbol_cap, n_words, word_cap;

	struct pair *pairs;
	uint32_t *pair_slots; /* hash table over keys: number + 1 */
	size_t n_pairs, pair_cap, pair_mask;
	struct link *links;
	size_t n_links, link_cap;
	struct heap_entry *heap;
	size_t n_heap, heap_cap;
	uint32_t *raised; /* pairs that this merge raised */
	size_t n_raised, raised_cap;
	uint32_t merges;
};

/* ---- pieces ---- */

static const char *piece_text(const struct merger *m, size_t id)
{
	return m->pieces.s + m->piece_at[id];
}

static uint32_t *piece_slot(const struct merger *m, const char *s)
{
	size_t i = hash64_bytes(s, strlen(s)) & m->piece_mask;

	while (m->piece_slots[i] &&
	       strcmp(piece_text(m, m->piece_slots[i] - 1), s) != 0)
		i = (i + 1) & m->piece_mask;
	return &m->piece_slots[i];
}

/* The id of this text; a new one when it has none. */
static uint32_t piece_intern(struct merger *m, const char *s)
{
	uint32_t *slot = piece_slot(m, s);

	if (!*slot) {
		ARRAY_GROW(m->piece_at, m->n_pieces, m->piece_cap);
		m->piece_at[m->n_pieces++] = (uint32_t)m->pieces.len;
		buf_add(&m->pieces, s, strlen(s) + 1);
		*slot = (uint32_t)m->n_pieces;
	}
	return *slot - 1;
}

/* ---- the alphabet ---- */

static void add_letter(struct merger *m, uint32_t cp, bool inner)
{
	char text[8] = "##";
	int n = utf8_put(cp, text + 2);

	text[2 + n] = '\0';
	if (inner)
		m->inner_id[cp] = (int32_t)piece_intern(m, text);
	else
		m->first_id[cp] = (int32_t)piece_intern(m, text + 2);
}

/* How many there is room for. What always stands alone needs no inner piece. */
static size_t fitting(const struct letter *letters, size_t n, size_t room)
{
	size_t used = 0, kept;

	for (kept = 0; kept < n && kept < ALPHABET_MAX; kept++) {
		used += char_kind(letters[kept].cp, &bert_uncased) == CHAR_ALONE ? 1 : 2;
		if (used > room)
			break;
	}
	return kept;
}

/*
 * The most frequent letters, each as a first and an inner piece, in at most
 * half of the room; before them those that are needed.
 */
static void make_alphabet(struct merger *m)
{
	size_t room = (size_t)(m->tr->base.size - TOK_SPECIALS) / 2, n, kept;
	struct letter *letters = trainer_letters(m->tr, &n);

	kept = fitting(letters, n, room);
	if (trainer_need_letters(m->tr, &letters, &n, kept))
		kept = fitting(letters, n, room);
	trainer_sort_letters(letters, kept);
	for (size_t i = 0; i < kept; i++)
		add_letter(m, letters[i].cp, false);
	for (size_t i = 0; i < kept; i++)
		if (char_kind(letters[i].cp, &bert_uncased) != CHAR_ALONE)
			add_letter(m, letters[i].cp, true);
	xfree(letters);
}

/* ---- words as pieces ---- */

/* Words with a letter outside the alphabet will be [UNK]: left out. */
static void spell_word(struct merger *m, const struct trainer_word *w)
{
	const char *s = m->tr->bytes + w->at;
	struct spelling sp = {.count = (int64_t)w->count,
			      .first = (uint32_t)m->n_symbols};
	uint32_t cp;

	for (size_t at = 0; at < w->len; sp.n++) {
		int32_t id;
		at += (size_t)utf8_next(s + at, w->len - at, &cp);
		id = sp.n ? m->inner_id[cp] : m->first_id[cp];
		if (id < 0)
			break;
		ARRAY_GROW(m->symbols, m->n_symbols, m->symbol_cap);
		m->symbols[m->n_symbols++] = (uint32_t)id;
		if (at == w->len && sp.n > 0) {
			sp.n++;
			ARRAY_GROW(m->words, m->n_words, m->word_cap);
			m->words[m->n_words++] = sp;
			return;
		}
	}
	m->n_symbols = sp.first;
}

/* ---- pairs ---- */

static uint64_t pair_key(uint32_t left, uint32_t right)
{
	return (uint64_t)left << 32 | right;
}

static uint32_t *pair_slot(const struct merger *m, uint64_t key)
{
	uint64_t h = key * 0x9e3779b97f4a7c15U;
	size_t i = (h ^ h >> 32) & m->pair_mask;

	while (m->pair_slots[i] && m->pairs[m->pair_slots[i] - 1].key != key)
		i = (i + 1) & m->pair_mask;
	return &m->pair_slots[i];
}

static void index_pairs(struct merger *m)
{
	size_t cap = PAIRS_MIN;

	while (cap < m->n_pairs * 4)
		cap *= 2;
	xfree(m->pair_slots);
	m->pair_slots = xcalloc(cap, sizeof *m->pair_slots);
	m->pair_mask = cap - 1;
	for (size_t i = 0; i < m->n_pairs; i++)
		*pair_slot(m, m->pairs[i].key) = (uint32_t)i + 1;
}

static struct pair *pair_at(struct merger *m, uint64_t key)
{
	uint32_t *slot;

	if (m->n_pairs * 2 >= m->pair_mask)
		index_pairs(m);
	slot = pair_slot(m, key);
	if (!*slot) {
		ARRAY_GROW(m->pairs, m->n_pairs, m->pair_cap);
		m->pairs[m->n_pairs++] =
			(struct pair){.key = key, .link = NO_LINK};
		*slot = (uint32_t)m->n_pairs;
	}
	return &m->pairs[*slot - 1];
}

static void raise_pair(struct merger *m, uint64_t key, uint32_t word)
{
	struct pair *p = pair_at(m, key);

	p->count += m->words[word].count;
	if (p->stamp != m->merges + 1) {
		p->stamp = m->merges + 1;
		ARRAY_GROW(m->raised, m->n_raised, m->raised_cap);
		m->raised[m->n_raised++] = (uint32_t)(p - m->pairs);
	}
	if (p->link != NO_LINK && m->links[p->link].word == word)
		return;
	BUG_IF(m->n_links >= INT32_MAX);
	ARRAY_GROW(m->links, m->n_links, m->link_cap);
	m->links[m->n_links] = (struct link){word, p->link};
	p->link = (int32_t)m->n_links++;
}

static void lower_pair(struct merger *m, uint64_t key, uint32_t word)
{
	pair_at(m, key)->count -= m->words[word].count;
}

/* ---- the heap: largest count first, then the smaller key ---- */

static bool goes_before(struct heap_entry a, struct heap_entry b)
{
	return a.count != b.count ? a.count > b.count : a.key < b.key;
}

static void heap_push(struct merger *m, uint32_t pair)
{
	struct heap_entry e = {m->pairs[pair].count, m->pairs[pair].key, pair};
	size_t i = m->n_heap;

	ARRAY_GROW(m->heap, m->n_heap, m->heap_cap);
	m->n_heap++;
	for (; i > 0 && goes_before(e, m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = e;
}

static struct heap_entry heap_pop(struct merger *m)
{
	struct heap_entry top = m->heap[0], e = m->heap[--m->n_heap];
	size_t i = 0, child;

	for (; (child = 2 * i + 1) < m->n_heap; i = child) {
		if (child + 1 < m->n_heap &&
		    goes_before(m->heap[child + 1], m->heap[child]))
			child++;
		if (!goes_before(m->heap[child], e))
			break;
		m->heap[i] = m->heap[child];
	}
	m->heap[i] = e;
	return top;
}

/* The pair to merge next; false when none occurs twice. */
static bool best_pair(struct merger *m, uint32_t *pair)
{
	while (m->n_heap > 0) {
		struct heap_entry e = heap_pop(m);
		int64_t count = m->pairs[e.pair].count;

		if (count < 2 || count > e.count) /* a truer entry is in there */
			continue;
		if (count == e.count) {
			*pair = e.pair;
			return true;
		}
		heap_push(m, e.pair);
	}
	return false;
}

static void push_raised(struct merger *m)
{
	for (size_t i = 0; i < m->n_raised; i++)
		heap_push(m, m->raised[i]);
	m->n_raised = 0;
}

/* ---- merging ---- */

static uint32_t joined_piece(struct merger *m, uint32_t left, uint32_t right)
{
	struct buf text;
	uint32_t id;

	buf_init(&text);
	buf_adds(&text, piece_text(m, left));
	buf_adds(&text, piece_text(m, right) + 2);
	id = piece_intern(m, buf_str(&text));
	buf_release(&text);
	return id;
}

/* Replaces the pair in one word, and keeps the counts of its neighbours. */
static void merge_word(struct merger *m, uint32_t word, uint64_t key, uint32_t to)
{
	struct spelling *w = &m->words[word];
	uint32_t *s = m->symbols + w->first, n = 0;

	for (uint32_t i = 0; i < w->n; i++) {
		if (i + 1 == w->n || pair_key(s[i], s[i + 1]) != key) {
			s[n++] = s[i];
			continue;
		}
		lower_pair(m, key, word);
		if (n > 0) {
			lower_pair(m, pair_key(s[n - 1], s[i]), word);
			raise_pair(m, pair_key(s[n - 1], to), word);
		}
		if (i + 2 < w->n) {
			lower_pair(m, pair_key(s[i + 1], s[i + 2]), word);
			raise_pair(m, pair_key(to, s[i + 2]), word);
		}
		s[n++] = to;
		i++;
	}
	w->n = n;
}

static void merge_pair(struct merger *m, uint32_t pair)
{
	uint64_t key = m->pairs[pair].key;
	uint32_t to = joined_piece(m, (uint32_t)(key >> 32), (uint32_t)key);
	int32_t link = m->pairs[pair].link;

	m->pairs[pair].link = NO_LINK;
	for (; link != NO_LINK; link = m->links[link].next)
		merge_word(m, m->links[link].word, key, to);
	m->merges++;
	push_raised(m);
}

static enum status stopped(struct err *err)
{
	return err_set(err, ST_STOPPED, "stopped while training a vocabulary");
}

static enum status count_pairs(struct merger *m, struct progress *pg,
			       struct err *err)
{
	for (size_t i = 0; i < m->n_words; i++) {
		const struct spelling *w = &m->words[i];
		const uint32_t *s = m->symbols + w->first;
		for (uint32_t k = 0; k + 1 < w->n; k++)
			raise_pair(m, pair_key(s[k], s[k + 1]), (uint32_t)i);
		if (pg && i % 1024 == 0 && progress_tick(pg, m->n_pieces))
			return stopped(err);
	}
	push_raised(m);
	return ST_OK;
}

static enum status run_merges(struct merger *m, struct progress *pg,
			      struct err *err)
{
	size_t size = (size_t)m->tr->base.size;
	uint32_t pair;

	while (m->n_pieces < size && best_pair(m, &pair)) {
		merge_pair(m, pair);
		if (pg && progress_tick(pg, m->n_pieces))
			return stopped(err);
	}
	return ST_OK;
}

/* ---- putting it together ---- */

static void merger_init(struct merger *m, const struct wordpiece_trainer *tr)
{
	size_t cap = PAIRS_MIN;

	memset(m, 0, sizeof *m);
	m->tr = tr;
	buf_init(&m->pieces);
	while (cap < (size_t)tr->base.size * 4)
		cap *= 2;
	m->piece_slots = xcalloc(cap, sizeof *m->piece_slots);
	m->piece_mask = cap - 1;
	m->first_id = xmalloc(CODE_POINTS * sizeof *m->first_id);
	m->inner_id = xmalloc(CODE_POINTS * sizeof *m->inner_id);
	memset(m->first_id, 0xff, CODE_POINTS * sizeof *m->first_id);
	memset(m->inner_id, 0xff, CODE_POINTS * sizeof *m->inner_id);
}

static void merger_release(struct merger *m)
{
	buf_release(&m->pieces);
	xfree(m->piece_at);
	xfree(m->piece_slots);
	xfree(m->first_id);
	xfree(m->inner_id);
	xfree(m->symbols);
	xfree(m->words);
	xfree(m->pairs);
	xfree(m->pair_slots);
	xfree(m->links);
	xfree(m->heap);
	xfree(m->raised);
}

static enum status train(struct merger *m, struct progress *pg,
			 struct tokenizer **out, struct err *err)
{
	enum status st;

	if (pg)
		progress_begin(pg, (uint64_t)m->tr->base.size, "pieces",
			       "training a vocabulary");
	for (int k = 0; k < TOK_SPECIALS; k++)
		piece_intern(m, special_names[k]);
	make_alphabet(m);
	for (size_t i = 0; i < m->tr->n; i++)
		spell_word(m, &m->tr->words[i]);
	st = count_pairs(m, pg, err);
	if (!st)
		st = run_merges(m, pg, err);
	if (st)
		return st;
	for (size_t i = 0; i < m->pieces.len; i++)
		if (m->pieces.s[i] == '\0')
			m->pieces.s[i] = '\n';
	return wordpiece_from_lines(m->pieces.s, m->pieces.len,
				    "the trained vocabulary", out, err);
}

enum status wordpiece_train_finish(struct tokenizer_trainer *base, struct progress *pg,
				   struct tokenizer **out, struct err *err)
{
	const struct wordpiece_trainer *tr = (const struct wordpiece_trainer *)base;
	enum status st;
	struct merger m;

	if (base->size < SIZE_MIN || base->size > VOCAB_PIECES_MAX)
		return err_set(err, ST_INVALID,
			       "a vocabulary has %d to %d pieces, not %d", SIZE_MIN,
			       (int)VOCAB_PIECES_MAX, base->size);
	if (tr->n == 0)
		return err_set(err, ST_INVALID, "no text to train a vocabulary from");
	merger_init(&m, tr);
	st = train(&m, pg, out, err);
	merger_release(&m);
	return st;
}
