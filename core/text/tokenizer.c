/*
 * tokenizer.c - a WordPiece vocabulary (vocab.txt: one piece a line, its id is
 * the line's number from 0) and text to ids with it.
 *
 * Pieces are found through one open-addressing table over the bytes of a piece
 * without its "##"; the two kinds start from different hash seeds. A word's
 * prefixes are hashed in one pass, then tried from the longest.
 */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

struct slot {
	uint32_t tag;
	int32_t id; /* -1: empty */
};

struct tokenizer {
	char *text;   /* the pieces, each with a NUL */
	uint32_t *at; /* where piece i starts in `text`; n + 1 of them */
	struct slot *slots;
	size_t mask;
	size_t longest; /* bytes of the longest piece, without "##" */
	int n;
	int32_t special[TOK_SPECIALS];
};

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

static bool is_inner(const char *piece)
{
	return piece[0] == '#' && piece[1] == '#' && piece[2] != '\0';
}

static const char *piece_at(const struct tokenizer *t, int32_t id)
{
	return t->text + t->at[id];
}

/* The slot that holds these bytes, or the empty one where they would be. */
static struct slot *find_slot(const struct tokenizer *t, uint64_t h, bool inner,
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
		if (is_inner(piece) != inner)
			continue;
		piece += inner ? 2 : 0;
		if (!strncmp(piece, s, len) && piece[len] == '\0')
			return slot;
	}
}

static struct slot *find_piece(const struct tokenizer *t, const char *piece)
{
	bool inner = is_inner(piece);
	const char *s = piece + (inner ? 2 : 0);
	uint64_t h = inner ? seed_inner : seed_first;

	for (const char *p = s; *p; p++)
		h = hash_step(h, *p);
	return find_slot(t, hash_end(h), inner, s, strlen(s));
}

/* A piece that stands twice has the later id, as in the reference. */
static void index_pieces(struct tokenizer *t)
{
	size_t cap = 1024;

	while (cap < (size_t)t->n * 2)
		cap *= 2;
	t->mask = cap - 1;
	t->slots = xreallocarray(NULL, cap, sizeof *t->slots);
	for (size_t i = 0; i < cap; i++)
		t->slots[i] = (struct slot){.tag = 0, .id = -1};
	for (int32_t id = 0; id < t->n; id++) {
		const char *piece = piece_at(t, id);
		size_t len = strlen(piece), head = is_inner(piece) ? 2 : 0;
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
static enum status take_lines(struct tokenizer *t, const char *lines, size_t len,
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
				       name, t->n + 1);
		if (t->n == VOCAB_PIECES_MAX)
			return err_set(err, ST_INVALID, "more than %d pieces: '%s'",
				       (int)VOCAB_PIECES_MAX, name);
		ARRAY_GROW(t->at, t->n, cap);
		t->at[t->n++] = (uint32_t)used;
		memcpy(t->text + used, line, n);
		used += n;
		t->text[used++] = '\0';
		pos += whole + (nl != NULL);
	}
	while (t->n > 0 && t->text[t->at[t->n - 1]] == '\0')
		used = t->at[--t->n];
	ARRAY_GROW(t->at, t->n, cap);
	t->at[t->n] = (uint32_t)used;
	return ST_OK;
}

static enum status find_specials(struct tokenizer *t, const char *name,
				 struct err *err)
{
	for (int k = 0; k < TOK_SPECIALS; k++) {
		t->special[k] = tokenizer_id(t, special_names[k]);
		if (t->special[k] < 0)
			return err_set(err, ST_INVALID,
				       "the vocabulary lacks the piece '%s': '%s'",
				       special_names[k], name);
	}
	return ST_OK;
}

enum status tokenizer_from_lines(const char *lines, size_t len, const char *name,
				 struct tokenizer **out, struct err *err)
{
	struct tokenizer *t = xcalloc(1, sizeof *t);
	enum status st = take_lines(t, lines, len, name, err);

	if (!st) {
		index_pieces(t);
		st = find_specials(t, name, err);
	}
	if (st) {
		tokenizer_free(t);
		t = NULL;
	}
	*out = t;
	return st;
}

enum status tokenizer_load(const char *vocab_path, struct tokenizer **out,
			   struct err *err)
{
	struct buf file;
	enum status st;

	*out = NULL;
	buf_init(&file);
	st = file_read(vocab_path, VOCAB_BYTES_MAX, &file, err);
	if (!st)
		st = tokenizer_from_lines(buf_str(&file), file.len, vocab_path, out,
					  err);
	buf_release(&file);
	return st;
}

void tokenizer_lines(const struct tokenizer *t, struct buf *out)
{
	for (int32_t id = 0; id < t->n; id++) {
		buf_adds(out, piece_at(t, id));
		buf_addc(out, '\n');
	}
}

enum status tokenizer_save(const struct tokenizer *t, const char *vocab_path,
			   struct err *err)
{
	struct buf lines;
	enum status st;

	buf_init(&lines);
	tokenizer_lines(t, &lines);
	st = file_write(vocab_path, buf_str(&lines), lines.len, err);
	buf_release(&lines);
	return st;
}

void tokenizer_free(struct tokenizer *t)
{
	if (!t)
		return;
	xfree(t->text);
	xfree(t->at);
	xfree(t->slots);
	xfree(t);
}

int tokenizer_size(const struct tokenizer *t)
{
	return t->n;
}

int32_t tokenizer_special(const struct tokenizer *t, enum special s)
{
	return t->special[s];
}

const char *tokenizer_piece(const struct tokenizer *t, int32_t id)
{
	BUG_IF(id < 0 || id >= t->n);
	return piece_at(t, id);
}

int32_t tokenizer_id(const struct tokenizer *t, const char *piece)
{
	return find_piece(t, piece)->id;
}

struct hash tokenizer_hash(const struct tokenizer *t)
{
	return hash_bytes(t->text, t->at[t->n]);
}

/* A piece of a word: characters [first, last). */
struct part {
	int32_t id;
	int first, last;
};

/* The longest piece that starts at character `first`; id -1 when none does. */
static struct part longest_piece(const struct tokenizer *t, const struct word *w,
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
static int split_word(const struct tokenizer *t, const struct word *w,
		      struct part out[WORD_CHARS])
{
	int n = 0;

	out[0] = (struct part){t->special[TOK_UNK], 0, 0};
	if (w->special >= 0) {
		out[0].id = t->special[w->special];
		return 1;
	}
	if (w->chars > WORD_CHARS)
		return 1;
	for (int first = 0; first < w->chars; first = out[n++].last) {
		out[n] = longest_piece(t, w, first);
		if (out[n].id < 0) {
			out[0] = (struct part){t->special[TOK_UNK], 0, 0};
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

int tokenizer_encode(const struct tokenizer *t, const char *text, size_t len,
		     int32_t *ids, struct token_span *spans, int cap, int *total)
{
	struct words it;
	struct word w;
	struct part part[WORD_CHARS];
	int written = 0, seen = 0;

	words_init(&it, text, len);
	for (uint32_t number = 0; (total || written < cap) && words_next(&it, &w);
	     number++) {
		int n = split_word(t, &w, part);
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
