/*
 * wordpiece.c - WordPiece: text to ids as BERT's tokenizers do it, with a vocabulary
 * (vocab.txt: one piece a line, its id is the line's number from 0; wordpiece_read.c).
 *
 * Encoding = words as the rules say (wordpiece_words.c), then greedy longest match with
 * "##" pieces (Devlin et al. 2019; Wu et al. 2016). Same ids as Hugging Face's
 * `tokenizers` over the same vocabulary, but that no text gives a special: where it
 * says "[MASK]", that is cut into pieces (encode_special_tokens there).
 *
 * Pieces are found through one open-addressing table over the bytes of a piece
 * without its "##"; the two kinds start from different hash seeds. A word's
 * prefixes are hashed in one pass, then tried from the longest.
 */
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

static const struct wordpiece *wordpiece_of(const struct tokenizer *t)
{
	return (const struct wordpiece *)t;
}

static const uint64_t seed_first = 0xcbf29ce484222325U;
static const uint64_t seed_inner = 0x9ae16a3b2f90404fU;

/* FNV-1a, a byte at a time, so that a prefix's hash is there on the way. */
static uint64_t hash_step(uint64_t h, char c)
{
	return (h ^ (unsigned char)c) * 0x100000001b3U;
}

static uint64_t hash_end(uint64_t h)
{
	return h ^ h >> 29;
}

static const char *piece_at(const struct wordpiece *t, int32_t id)
{
	return strings_at(&t->piece, id);
}

/* The slot that holds these bytes, or the empty one where they would be. */
static struct wordpiece_slot *find_slot(const struct wordpiece *t, uint64_t h, bool inner,
			      const char *s, size_t len)
{
	size_t i = h & t->mask;

	for (;; i = (i + 1) & t->mask) {
		struct wordpiece_slot *slot = &t->slots[i];
		const char *piece;
		if (slot->id < 0)
			return slot;
		if (slot->tag != (uint32_t)(h >> 32))
			continue;
		piece = piece_at(t, slot->id);
		if (wordpiece_goes_on(piece) != inner)
			continue;
		piece += inner ? 2 : 0;
		if (!strncmp(piece, s, len) && piece[len] == '\0')
			return slot;
	}
}

static struct wordpiece_slot *find_piece(const struct wordpiece *t, const char *piece)
{
	bool inner = wordpiece_goes_on(piece);
	const char *s = piece + (inner ? 2 : 0);
	uint64_t h = inner ? seed_inner : seed_first;

	for (const char *p = s; *p; p++)
		h = hash_step(h, *p);
	return find_slot(t, hash_end(h), inner, s, strlen(s));
}

struct wordpiece *wordpiece_new(void)
{
	struct wordpiece *t = xcalloc(1, sizeof *t);

	t->base.kind = &tokenizer_wordpiece;
	for (int k = 0; k < TOK_SPECIALS; k++)
		t->base.special[k] = -1;
	strings_init(&t->piece);
	t->rules = bert_uncased;
	t->word_max = WORD_CHARS;
	return t;
}

void wordpiece_free(struct tokenizer *base)
{
	struct wordpiece *t = (struct wordpiece *)base;

	strings_release(&t->piece);
	xfree(t->slots);
	xfree(t);
}

int32_t wordpiece_index(struct wordpiece *t)
{
	size_t cap = 1024;
	int32_t twice = -1;

	t->base.n = t->piece.n;
	while (cap < (size_t)t->base.n * 2)
		cap *= 2;
	t->mask = cap - 1;
	t->slots = xreallocarray(NULL, cap, sizeof *t->slots);
	for (size_t i = 0; i < cap; i++)
		t->slots[i] = (struct wordpiece_slot){.tag = 0, .id = -1};
	for (int32_t id = 0; id < t->base.n; id++) {
		const char *piece = piece_at(t, id);
		size_t len = strlen(piece), head = wordpiece_goes_on(piece) ? 2 : 0;
		uint64_t h = head ? seed_inner : seed_first;
		struct wordpiece_slot *slot;

		for (size_t i = head; i < len; i++)
			h = hash_step(h, piece[i]);
		h = hash_end(h);
		slot = find_slot(t, h, head > 0, piece + head, len - head);
		twice = slot->id >= 0 ? id : twice;
		*slot = (struct wordpiece_slot){.tag = (uint32_t)(h >> 32), .id = id};
		if (len - head > t->longest)
			t->longest = len - head;
	}
	return twice;
}

/* A piece of a word: characters [first, last). */
struct part {
	int32_t id;
	int first, last;
};

/* The longest piece that starts at character `first`; id -1 when none does. */
static struct part longest_piece(const struct wordpiece *t, const struct word *w,
				 int first)
{
	const char *s = w->bytes + w->at[first];
	uint64_t hash[WORD_CHARS + 1], h = first ? seed_inner : seed_first;
	int last = first;

	while (last < w->chars &&
	       (size_t)(w->at[last + 1] - w->at[first]) <= t->longest) {
		for (int i = w->at[last]; i < w->at[last + 1]; i++)
			h = hash_step(h, w->bytes[i]);
		hash[++last] = hash_end(h);
	}
	for (; last > first; last--) {
		size_t len = (size_t)(w->at[last] - w->at[first]);
		int32_t id = find_slot(t, hash[last], first > 0, s, len)->id;
		if (id >= 0)
			return (struct part){id, first, last};
	}
	return (struct part){-1, first, first};
}

/* Greedy, longest first; a word that cannot be made is one [UNK]. */
static int split_word(const struct wordpiece *t, const struct word *w,
		      struct part out[WORD_CHARS])
{
	int n = 0;

	out[0] = (struct part){t->base.special[TOK_UNK], 0, 0};
	if (w->chars > t->word_max)
		return 1;
	for (int first = 0; first < w->chars; first = out[n++].last) {
		out[n] = longest_piece(t, w, first);
		if (out[n].id < 0) {
			out[0] = (struct part){t->base.special[TOK_UNK], 0, 0};
			return 1;
		}
	}
	return n;
}

static struct token_span span_of(const struct word *w, struct part p,
				 uint32_t number)
{
	struct token_span s = {w->start, w->end, number};

	if (p.last == p.first)
		return s; /* the whole word */
	s.start = w->from[p.first];
	s.end = w->to[p.first];
	for (int i = p.first + 1; i < p.last; i++) { /* marks may change places */
		s.start = w->from[i] < s.start ? w->from[i] : s.start;
		s.end = w->to[i] > s.end ? w->to[i] : s.end;
	}
	return s;
}

/* --- the row --- */

static const char *piece(const struct tokenizer *t, int32_t id)
{
	return piece_at(wordpiece_of(t), id);
}

static int32_t id_of(const struct tokenizer *t, const char *piece)
{
	return find_piece(wordpiece_of(t), piece)->id;
}

static int encode(const struct tokenizer *t, const char *text, size_t len, int32_t *ids,
		  struct token_span *spans, int cap, int *total)
{
	struct words it;
	struct word w;
	struct part part[WORD_CHARS];
	int written = 0, seen = 0;

	words_init(&it, &wordpiece_of(t)->rules, text, len);
	for (uint32_t number = 0; (total || written < cap) && words_next(&it, &w);
	     number++) {
		int n = split_word(wordpiece_of(t), &w, part);
		seen += n;
		for (int i = 0; i < n && written < cap; i++, written++) {
			ids[written] = part[i].id;
			if (spans)
				spans[written] = span_of(&w, part[i], number);
		}
	}
	if (total)
		*total = seen;
	return written;
}

/* --- pieces as they are written --- */

bool wordpiece_goes_on(const char *piece)
{
	return piece[0] == '#' && piece[1] == '#' && piece[2] != '\0';
}

const char *wordpiece_body(const char *piece)
{
	return piece + (wordpiece_goes_on(piece) ? 2 : 0);
}

static int role(const char *piece)
{
	for (int k = 0; k < TOK_SPECIALS; k++)
		if (str_eq(piece, special_names[k]))
			return k;
	return -1;
}

static bool begins_word(const char *piece)
{
	return !wordpiece_goes_on(piece);
}

/* The pieces along the words that these rules make of a text; the words that differ. */
static int place_by(const struct bert_rules *rules, const char *text, size_t len,
		    const char *const *piece, int n, struct token_span *out, bool *goes_on)
{
	size_t at = 0, whole = 0; /* bytes of the word: said so far, and all */
	bool is_in = false;
	uint32_t count = 0;
	struct words it;
	struct word w;
	int wrong = 0;

	words_init(&it, rules, text, len);
	for (int i = 0; i < n; i++) {
		const char *body = wordpiece_body(piece[i]);
		int special = role(piece[i]);

		out[i] = (struct token_span){0, 0, 0};
		if (special == TOK_CLS || special == TOK_SEP || special == TOK_PAD)
			continue; /* the others stand for words */
		if (begins_word(piece[i]) || !count) {
			wrong += at != whole;
			is_in = words_next(&it, &w);
			wrong += !is_in;
			count++;
			at = 0;
			whole = is_in && w.chars <= WORD_CHARS ? w.at[w.chars] : 0;
		}
		if (!is_in)
			continue;
		out[i] = (struct token_span){w.start, w.end, count - 1};
		if (special >= 0 || !whole) {
			at = whole;
		} else if (whole - at >= strlen(body) &&
			   !memcmp(w.bytes + at, body, strlen(body))) {
			at += strlen(body);
		} else {
			wrong++;
			at = whole = 0;
		}
	}
	*goes_on = words_next(&it, &w);
	return wrong;
}

/*
 * Nobody says which rules the pieces were made by: those whose words the pieces spell,
 * BERT's uncased ones before others; where none do, those that come nearest.
 */
static bool places(const char *text, size_t len, const char *const *piece, int n,
		   struct token_span *out)
{
	enum { ALL = 16 };
	int best = 0, least = INT_MAX;
	bool goes_on;

	for (int k = 0; k <= ALL; k++) { /* the last time: the best ones again */
		int bits = k < ALL ? k : best, wrong;
		struct bert_rules rules = { .lower = !(bits & 1), .strip = !(bits & 2),
					    .cjk = !(bits & 4), .clean = !(bits & 8) };

		wrong = place_by(&rules, text, len, piece, n, out, &goes_on);
		if (!wrong)
			break;
		if (k < ALL && wrong < least) {
			least = wrong;
			best = k;
		}
	}
	return goes_on;
}

const struct tokenizer_kind tokenizer_wordpiece = {
	.name = "wordpiece",
	.help = "words, in lower case or not, cut into the longest pieces there are (BERT)",
	.json_type = "WordPiece",
	.file = { "vocab.txt", "tokenizer.json", "tokenizer_config.json" },
	.may_lack = 7,
	.has_pieces = 3,
	.parse = wordpiece_parse,
	.print = wordpiece_print,
	.writes = wordpiece_writes,
	.free = wordpiece_free,
	.hash = wordpiece_hash,
	.piece = piece,
	.id = id_of,
	.encode = encode,
	.decode = wordpiece_decode,
	.role = role,
	.begins_word = begins_word,
	.places = places,
	.train_new = wordpiece_train_new,
	.train_feed = wordpiece_train_feed,
	.train_finish = wordpiece_train_finish,
	.train_free = wordpiece_train_free,
};
