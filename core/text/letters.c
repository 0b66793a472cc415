/*
 * letters.c - normal forms and kinds of letters, by utf8proc's tables.
 */
#include "text/letters.h"

#include <utf8proc.h>

#include "base/mem.h"
#include "text/ranges.h"
#include "text/utf8.h"

/* Scripts without blanks between words: a reader finds them, a program cannot. */
static const struct range unspaced[] = {
	{0xe00, 0xe7f},     /* Thai */
	{0xe80, 0xeff},     /* Lao */
	{0x1000, 0x109f},   /* Burmese */
	{0x1780, 0x17ff},   /* Khmer */
	{0x3005, 0x3007},   {0x3021, 0x3029},   {0x3038, 0x303b}, /* ideographs, .. */
	{0x3041, 0x30ff},   {0x31f0, 0x31ff},   /* kana */
	{0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xf900, 0xfaff},
	{0xff66, 0xff9f},   /* halfwidth kana */
	{0x20000, 0x323af}, /* .. ideographs */
};

enum letter letter_of(uint32_t cp)
{
	utf8proc_category_t cat = utf8proc_category((utf8proc_int32_t)cp);

	if (cat >= UTF8PROC_CATEGORY_MN && cat <= UTF8PROC_CATEGORY_ME)
		return LETTER_MARK;
	if (cat < UTF8PROC_CATEGORY_LU || cat > UTF8PROC_CATEGORY_NO)
		return LETTER_NOT;
	return IN(unspaced, cp) ? LETTER_ALONE : LETTER_PART;
}

/* Decomposed, sorted and composed again; false: no valid UTF-8. */
static bool normalize(struct letters *l, const char *s, size_t len,
		      utf8proc_option_t options)
{
	utf8proc_ssize_t n;

	options |= UTF8PROC_COMPOSE | UTF8PROC_STABLE;
	l->n = 0;
	n = utf8proc_decompose((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, l->cp,
			       (utf8proc_ssize_t)l->cap, options);
	if (n > (utf8proc_ssize_t)l->cap) {
		l->cp = array_grow(l->cp, (size_t)n, &l->cap, sizeof *l->cp);
		n = utf8proc_decompose((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len,
				       l->cp, (utf8proc_ssize_t)l->cap, options);
	}
	if (n > 0)
		n = utf8proc_normalize_utf32(l->cp, n, options);
	l->n = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

/* The text with a space for each bad byte. */
static void copy_valid(struct buf *out, const char *s, size_t len)
{
	uint32_t cp;

	buf_clear(out);
	for (size_t i = 0, n; i < len; i += n) {
		n = (size_t)utf8_next(s + i, len - i, &cp);
		buf_add(out, n ? s + i : " ", n ? n : 1);
		n += !n;
	}
}

void letters_read(struct letters *l, const char *text, size_t len)
{
	copy_valid(&l->bytes, text, len);
	normalize(l, buf_str(&l->bytes), l->bytes.len,
		  UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
}

void letters_release(struct letters *l)
{
	xfree(l->cp);
	buf_release(&l->bytes);
	*l = (struct letters){0};
}

static bool is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

void text_nfc(struct buf *b, size_t from)
{
	struct letters l = {0};
	char bytes[4];

	if (b->len == from || is_ascii(b->s + from, b->len - from))
		return;
	if (normalize(&l, b->s + from, b->len - from, 0)) {
		b->len = from;
		for (size_t i = 0; i < l.n; i++)
			buf_add(b, bytes, (size_t)utf8_put((uint32_t)l.cp[i], bytes));
	}
	letters_release(&l);
}
