/*
 * bpe_bytes.c - the alphabet of byte-level BPE: 256 visible characters for 256 bytes.
 *
 * A byte that is a printable sign of Latin-1 (33-126, 161-172, 174-255) is that
 * character; the other 68 are U+0100, U+0101, ... in the order of the bytes, so that a
 * blank is U+0120 (Radford et al. 2019).
 */
#include <string.h>

#include "base/mem.h"
#include "text/bpe.h"
#include "text/letters.h"
#include "text/utf8.h"

enum { FIRST_OTHER = 0x100, OTHERS = 68 };

static bool is_printable(unsigned c)
{
	return (c >= 33 && c <= 126) || (c >= 161 && c != 173 && c <= 255);
}

void bpe_letter(unsigned char byte, char out[4])
{
	uint32_t cp = byte;

	if (!is_printable(byte)) /* 0-32, 127-160 and 173 one after the other */
		cp = FIRST_OTHER + (byte < 127 ? byte : byte < 173 ? byte - 94U : 67U);
	out[utf8_put(cp, out)] = '\0';
}

/* The byte that a character stands for, or -1. */
static int byte_of(uint32_t cp)
{
	if (cp < FIRST_OTHER)
		return is_printable(cp) ? (int)cp : -1;
	if (cp >= FIRST_OTHER + OTHERS)
		return -1;
	cp -= FIRST_OTHER;
	return cp < 33 ? (int)cp : cp < 67 ? (int)cp + 94 : 173;
}

void bpe_raw(const char *piece, struct buf *out)
{
	size_t len = strlen(piece), from = out->len;
	uint32_t cp;

	for (size_t i = 0; i < len;) {
		int n = utf8_next(piece + i, len - i, &cp), byte = n ? byte_of(cp) : -1;

		if (byte < 0) { /* no piece of bytes: a special, say */
			out->len = from;
			buf_add(out, piece, len);
			return;
		}
		buf_addc(out, (char)byte);
		i += (size_t)n;
	}
}

/* --- back to text --- */

static bool is_special(const struct tokenizer *t, int32_t id)
{
	for (int k = 0; k < TOK_SPECIALS; k++)
		if (id == t->special[k])
			return true;
	return false;
}

/* Appends the bytes with U+FFFD for each that is no UTF-8: pieces may cut characters. */
static void add_valid(struct buf *out, const char *s, size_t len)
{
	uint32_t cp;

	for (size_t i = 0; i < len;) {
		int n = utf8_next(s + i, len - i, &cp);

		buf_add(out, n ? s + i : "\xef\xbf\xbd", n ? (size_t)n : 3);
		i += n ? (size_t)n : 1;
	}
}

/* The blank that a text was read with goes again. */
void bpe_decode(const struct tokenizer *base, const int32_t *ids, int n, struct buf *out)
{
	const struct bpe *t = bpe_of(base);
	size_t from = out->len, skip;
	struct buf raw;

	buf_init(&raw);
	for (int i = 0; i < n; i++)
		if (ids[i] >= 0 && ids[i] < base->n && !is_special(base, ids[i]))
			buf_add(&raw, strings_at(&t->raw, ids[i]),
				strings_len(&t->raw, ids[i]));
	skip = t->prefix_space && raw.len && raw.s[0] == ' ';
	add_valid(out, buf_str(&raw) + skip, raw.len - skip);
	text_nfc(out, from);
	buf_release(&raw);
}
