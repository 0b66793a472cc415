/*
 * decode.c - WordPiece ids back to a line of text. It forgets where the spaces
 * were; the rules here put them where English usually has them: none before
 * . , ! ? ; : % ) ] }, none after ( [ { $ #, quotes hug what they quote,
 * contractions ("don't", "o'clock"), hyphens, slashes and underscores join their
 * neighbours, so do points, colons and thousands' commas between digits. There is none
 * within what is written without: between ideographs, kana and their punctuation.
 */
#include <string.h>

#include "base/mem.h"
#include "text/letters.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

/* A word of the output: bytes [at, at + len) of the joined pieces. */
struct out_word {
	size_t at, len;
};

struct joiner {
	struct buf *out;
	const char *bytes;
	bool in_double, in_single; /* inside of quotes */
	bool hug;                  /* no space before the next word */
};

static bool is_special(const struct tokenizer *t, int32_t id)
{
	for (int k = 0; k < TOK_SPECIALS; k++)
		if (id == tokenizer_special(t, (enum special)k))
			return true;
	return false;
}

/* Glues "##" pieces to what they continue; returns the number of words. */
static size_t glue_pieces(const struct tokenizer *t, const int32_t *ids, int n,
			  struct buf *bytes, struct out_word *words)
{
	size_t n_words = 0;

	for (int i = 0; i < n; i++) {
		const char *piece;
		if (ids[i] < 0 || ids[i] >= tokenizer_size(t) ||
		    is_special(t, ids[i]))
			continue;
		piece = tokenizer_piece(t, ids[i]);
		if (!wordpiece_goes_on(piece))
			words[n_words++] = (struct out_word){bytes->len, 0};
		if (n_words == 0) /* a continuation of nothing */
			words[n_words++] = (struct out_word){bytes->len, 0};
		buf_adds(bytes, wordpiece_body(piece));
		words[n_words - 1].len = bytes->len - words[n_words - 1].at;
	}
	return n_words;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_wordy(const char *s, const struct out_word *w)
{
	unsigned char c;

	if (!w)
		return false;
	c = (unsigned char)s[w->at];
	return c >= 0x80 || is_digit((char)c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool word_is(const char *s, const struct out_word *w, const char *text)
{
	return w && w->len == strlen(text) && !memcmp(s + w->at, text, w->len);
}

static bool is_contraction(const char *s, const struct out_word *w)
{
	static const char *const tails[] = {"s",  "t",  "m",  "d",  "re",
					    "ve", "ll", "em", "clock"};

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		if (word_is(s, w, tails[i]))
			return true;
	return false;
}

/* "3 . 5", "10 : 30", and a comma before three digits. */
static bool joins_digits(const char *s, const struct out_word *prev, char c,
			 const struct out_word *next)
{
	if (!prev || !next || !is_digit(s[prev->at + prev->len - 1]) ||
	    !is_digit(s[next->at]))
		return false;
	return c != ',' || next->len == 3;
}

/* What a sign does to the space before it (true: none) and after it (hug). */
static bool join_quote(struct joiner *j, bool *inside)
{
	bool closes = *inside;

	*inside = !*inside;
	j->hug = !closes;
	return closes;
}

static bool join_apostrophe(struct joiner *j, const struct out_word *prev,
			    const struct out_word *next)
{
	bool after_word = is_wordy(j->bytes, prev);

	if (after_word && is_contraction(j->bytes, next)) {
		j->hug = true;
		return true;
	}
	if (!j->in_single && after_word && j->bytes[prev->at + prev->len - 1] == 's')
		return true; /* the dogs' tails */
	return join_quote(j, &j->in_single);
}

static bool join_sign(struct joiner *j, const struct out_word *prev, char c,
		      const struct out_word *next)
{
	bool between = is_wordy(j->bytes, prev) && is_wordy(j->bytes, next);

	switch (c) {
	case '.':
	case ',':
	case ':':
		j->hug = joins_digits(j->bytes, prev, c, next);
		return true;
	case '!':
	case '?':
	case ';':
	case '%':
	case ')':
	case ']':
	case '}':
		return true;
	case '(':
	case '[':
	case '{':
	case '$':
	case '#':
		j->hug = true;
		return false;
	case '-':
	case '/':
	case '_':
		j->hug = between;
		return between;
	case '"':
		return join_quote(j, &j->in_double);
	case '\'':
		return join_apostrophe(j, prev, next);
	default:
		return false;
	}
}

/* A letter of a script written without blanks, its punctuation, a form as wide. */
static bool is_unspaced(uint32_t cp)
{
	return letter_of(cp) == LETTER_ALONE || (cp >= 0x3000 && cp <= 0x303f) ||
	       (cp >= 0xff01 && cp <= 0xff65);
}

/* The end of `prev` and the beginning of `w` are both of those. */
static bool joins_unspaced(const char *s, const struct out_word *prev, const struct out_word *w)
{
	size_t at = prev->len;
	uint32_t before, after;

	while (at > 0 && ((unsigned char)s[prev->at + --at] & 0xc0) == 0x80)
		;
	return utf8_next(s + prev->at + at, prev->len - at, &before) && is_unspaced(before) &&
	       utf8_next(s + w->at, w->len, &after) && is_unspaced(after);
}

static void put_word(struct joiner *j, const struct out_word *prev,
		     const struct out_word *w, const struct out_word *next)
{
	bool hugged = j->hug, joined = false;

	j->hug = false;
	if (w->len == 1)
		joined = join_sign(j, prev, j->bytes[w->at], next);
	if (prev && !hugged && !joined && !joins_unspaced(j->bytes, prev, w))
		buf_addc(j->out, ' ');
	buf_add(j->out, j->bytes + w->at, w->len);
}

void wordpiece_decode(const struct tokenizer *t, const int32_t *ids, int n,
		      struct buf *out)
{
	struct out_word *words;
	struct buf bytes;
	struct joiner j = {.out = out};
	size_t count, from = out->len;

	if (n <= 0)
		return;
	words = xreallocarray(NULL, (size_t)n, sizeof *words);
	buf_init(&bytes);
	count = glue_pieces(t, ids, n, &bytes, words);
	j.bytes = buf_str(&bytes);
	for (size_t i = 0; i < count; i++)
		put_word(&j, i > 0 ? &words[i - 1] : NULL, &words[i],
			 i + 1 < count ? &words[i + 1] : NULL);
	text_nfc(out, from); /* pieces are decomposed letters */
	buf_release(&bytes);
	xfree(words);
}
