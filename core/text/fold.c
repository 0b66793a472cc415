/*
 * fold.c - folded words.
 */
#include "text/fold.h"

#include <string.h>

#include "base/hash.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

static bool is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

static void fold_ascii(struct buf *out, const char *s, size_t n)
{
	while (n && !is_plain(*s))
		s++, n--;
	while (n && !is_plain(s[n - 1]))
		n--;
	for (size_t i = 0; i < n; i++)
		buf_addc(out, (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]));
}

static bool is_mark(const struct word *w)
{
	uint32_t cp = 0;

	if (w->chars != 1)
		return false;
	utf8_next(w->bytes, w->at[1], &cp);
	return char_is_punctuation(cp);
}

/* Marks count once something else has come, and are taken back at the end. */
static void fold_words(struct buf *out, const char *s, size_t n)
{
	size_t from = out->len, end = out->len;
	struct words it;
	struct word w;

	words_init(&it, &bert_uncased, s, n);
	while (words_next(&it, &w)) {
		bool mark = is_mark(&w);

		if (mark && out->len == from)
			continue;
		if (w.chars > WORD_CHARS)
			buf_add(out, s + w.start, w.end - w.start);
		else
			buf_add(out, w.bytes, w.at[w.chars]);
		if (!mark)
			end = out->len;
	}
	if (out->len > end) {
		out->len = end;
		out->s[end] = '\0';
	}
}

void text_fold(struct buf *out, const char *word, size_t len)
{
	if (is_ascii(word, len))
		fold_ascii(out, word, len);
	else
		fold_words(out, word, len);
}

uint64_t text_fold_key(const char *word, size_t len)
{
	struct buf b;
	uint64_t key = 0;

	buf_init(&b);
	text_fold(&b, word, len);
	if (b.len) {
		key = hash64_bytes(b.s, b.len);
		key += !key;
	}
	buf_release(&b);
	return key;
}
