/*
 * wordpiece.c - WordPiece: text to ids as BERT's uncased tokenizer does it, with a
 * vocabulary (vocab.txt: one piece a line, its id is the line's number from 0).
 *
 * Encoding = clean, lower-case, NFD, drop combining marks, split on white
 * space, punctuation and CJK, then greedy longest match with "##" pieces
 * (Devlin et al. 2019; Wu et al. 2016). Same ids as Hugging Face's
 * BertTokenizer(do_lower_case=True) over the same vocabulary, which includes
 * that a text which says "[MASK]" (or another special, in just these letters)
 * gets that special's id.
 *
 * Pieces are found through one open-addressing table over the bytes of a piece
 * without its "##"; the two kinds start from different hash seeds. A word's
 * prefixes are hashed in one pass, then tried from the longest.
 */
#include <string.h>

#include "base/mem.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

struct slot {
	uint32_t tag;
	int32_t id; /* -1: empty */
};

struct wordpiece {
	struct tokenizer base;
	char *text;   /* the pieces, each with a NUL */
	uint32_t *at; /* where piece i starts in `text`; n + 1 of them */
	struct slot *slots;
	size_t mask;
	size_t longest; /* bytes of the longest piece, without "##" */
};

static const struct layout_set layouts = {
	.one = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
	.pair = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP), LAYOUT_B,
		    LAYOUT_ROLE(TOK_SEP) } },
	.target = { { LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
	.has_segments = true,
};

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
	return t->text + t->at[id];
}

/* The slot that holds these bytes, or the empty one where they would be. */
static struct slot *find_slot(const struct wordpiece *t, uint64_t h, bool inner,
			      const char *s, size_t len)
{
	size_t i = h & t->mask;

	for (;; i = (i + 1) & t->mask) {
		struct slot *slot = &t->slots[i];
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

static struct slot *find_piece(const struct wordpiece *t, const char *piece)
{
	bool inner = wordpiece_goes_on(piece);
	const char *s = piece + (inner ? 2 : 0);
	uint64_t h = inner ? seed_inner : seed_first;

	for (const char *p = s; *p; p++)
		h = hash_step(h, *p);
	return find_slot(t, hash_end(h), inner, s, strlen(s));
}

/* A piece that stands twice has the later id, as in the reference. */
static void index_pieces(struct wordpiece *t)
{
	size_t cap = 1024;

	while (cap < (size_t)t->base.n * 2)
		cap *= 2;
	t->mask = cap - 1;
	t->slots = xreallocarray(NULL, cap, sizeof *t->slots);
	for (size_t i = 0; i < cap; i++)
		t->slots[i] = (struct slot){.tag = 0, .id = -1};
	for (int32_t id = 0; id < t->base.n; id++) {
		const char *piece = piece_at(t, id);
		size_t len = strlen(piece), head = wordpiece_goes_on(piece) ? 2 : 0;
		uint64_t h = head ? seed_inner : seed_first;
		struct slot *slot;

		for (size_t i = head; i < len; i++)
			h = hash_step(h, piece[i]);
		h = hash_end(h);
		slot = find_slot(t, h, head > 0, piece + head, len - head);
		*slot = (struct slot){.tag = (uint32_t)(h >> 32), .id = id};
		if (len - head > t->longest)
			t->longest = len - head;
	}
}

static size_t trimmed(const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r\v\f", line[len - 1]))
		len--;
	return len;
}

/* Copies the lines into t->text, without the empty ones at the end. */
static enum status take_lines(struct wordpiece *t, const char *lines, size_t len,
			      const char *name, struct err *err)
{
	size_t cap = 0, used = 0;

	t->text = xmalloc(len + 2);
	for (size_t pos = 0; pos < len;) {
		const char *line = lines + pos, *nl = memchr(line, '\n', len - pos);
		size_t whole = nl ? (size_t)(nl - line) : len - pos;
		size_t n = trimmed(line, whole);

		if (memchr(line, '\0', n) || !utf8_valid(line, n))
			return err_set(err, ST_INVALID, "no valid UTF-8 text: %s:%d",
				       name, t->base.n + 1);
		if (t->base.n == VOCAB_PIECES_MAX)
			return err_set(err, ST_INVALID, "more than %d pieces: '%s'",
				       (int)VOCAB_PIECES_MAX, name);
		ARRAY_GROW(t->at, t->base.n, cap);
		t->at[t->base.n++] = (uint32_t)used;
		memcpy(t->text + used, line, n);
		used += n;
		t->text[used++] = '\0';
		pos += whole + (nl != NULL);
	}
	while (t->base.n > 0 && t->text[t->at[t->base.n - 1]] == '\0')
		used = t->at[--t->base.n];
	ARRAY_GROW(t->at, t->base.n, cap);
	t->at[t->base.n] = (uint32_t)used;
	return ST_OK;
}

static enum status find_specials(struct wordpiece *t, const char *name,
				 struct err *err)
{
	for (int k = 0; k < TOK_SPECIALS; k++) {
		t->base.special[k] = find_piece(t, special_names[k])->id;
		if (t->base.special[k] < 0)
			return err_set(err, ST_INVALID,
				       "the vocabulary lacks the piece '%s': '%s'",
				       special_names[k], name);
	}
	return ST_OK;
}

static void release(struct tokenizer *base)
{
	struct wordpiece *t = (struct wordpiece *)base;

	xfree(t->text);
	xfree(t->at);
	xfree(t->slots);
	xfree(t);
}

enum status wordpiece_from_lines(const char *lines, size_t len, const char *name,
				 struct tokenizer **out, struct err *err)
{
	struct wordpiece *t = xcalloc(1, sizeof *t);
	enum status st = take_lines(t, lines, len, name, err);

	*out = NULL;
	t->base.kind = &tokenizer_wordpiece;
	t->base.layouts = &layouts;
	if (!st) {
		index_pieces(t);
		st = find_specials(t, name, err);
	}
	if (st)
		release(&t->base);
	else
		*out = &t->base;
	return st;
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
	if (w->special >= 0) {
		out[0].id = t->base.special[w->special];
		return 1;
	}
	if (w->chars > WORD_CHARS)
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

static enum status parse(const struct tokenizer_file *file, struct tokenizer **out,
			 struct err *err)
{
	return wordpiece_from_lines(file[0].s, file[0].len, file[0].name, out, err);
}

static void print(const struct tokenizer *t, int file, struct buf *out)
{
	(void)file;
	for (int32_t id = 0; id < t->n; id++) {
		buf_adds(out, piece_at(wordpiece_of(t), id));
		buf_addc(out, '\n');
	}
}

static struct hash hash(const struct tokenizer *t)
{
	const struct wordpiece *w = wordpiece_of(t);

	return hash_bytes(w->text, w->at[t->n]);
}

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

	words_init(&it, text, len);
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

static bool places(const char *text, size_t len, const char *const *piece, int n,
		   struct token_span *out)
{
	bool is_in = false;
	uint32_t count = 0;
	struct words it;
	struct word w;

	words_init(&it, text, len);
	for (int i = 0; i < n; i++) {
		int special = role(piece[i]);

		out[i] = (struct token_span){0, 0, 0};
		if (special == TOK_CLS || special == TOK_SEP || special == TOK_PAD)
			continue; /* the others stand for words */
		if (begins_word(piece[i]) || !count) {
			is_in = words_next(&it, &w);
			count++;
		}
		if (is_in)
			out[i] = (struct token_span){w.start, w.end, count - 1};
	}
	return words_next(&it, &w);
}

const struct tokenizer_kind tokenizer_wordpiece = {
	.name = "wordpiece",
	.help = "words in lower case, cut into the longest pieces there are (BERT)",
	.file = { "vocab.txt" },
	.parse = parse,
	.print = print,
	.free = release,
	.hash = hash,
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
