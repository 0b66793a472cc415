/*
 * sanitize.c - foreign text made harmless for a terminal, and its columns.
 *
 * Widths follow the C library's wcwidth, by which curses places things: marks
 * that take no place 0, East Asian wide and emoji 2, the rest 1. utf8proc is
 * off it in a few ranges, which are put right here.
 */
#include <utf8proc.h>

#include "text/ranges.h"
#include "text/utf8.h"

enum { MARKS_MAX = 2 }; /* combining marks on one base */

/* Marks and letters that show nothing (default ignorable, Unicode 15). */
static const struct range invisible[] = {
	{0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160},
	{0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
	{0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
	{0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

/* Assigned by Unicode 15.0: terminals and C libraries may not know them yet. */
static const struct range young[] = {
	{0xcf3, 0xcf3}, {0xece, 0xece}, {0x10efd, 0x10eff}, {0x1123f, 0x11241},
	{0x11b00, 0x11b09}, {0x11f00, 0x11f10}, {0x11f12, 0x11f3a},
	{0x11f3e, 0x11f59}, {0x1342f, 0x1342f}, {0x13440, 0x13455},
	{0x1b132, 0x1b132}, {0x1b155, 0x1b155}, {0x1d2c0, 0x1d2d3},
	{0x1df25, 0x1df2a}, {0x1e030, 0x1e06d}, {0x1e08f, 0x1e08f},
	{0x1e4d0, 0x1e4f9}, {0x1f6dc, 0x1f6dc}, {0x1f774, 0x1f776},
	{0x1f77b, 0x1f77f}, {0x1f7d9, 0x1f7d9}, {0x1fa75, 0x1fa77},
	{0x1fa87, 0x1fa88}, {0x1faad, 0x1faaf}, {0x1fabb, 0x1fabd},
	{0x1fabf, 0x1fabf}, {0x1face, 0x1facf}, {0x1fada, 0x1fadb},
	{0x1fae8, 0x1fae8}, {0x1faf7, 0x1faf8}, {0x2b739, 0x2b739},
	{0x31350, 0x323af},
};

static bool is_harmless(uint32_t cp)
{
	utf8proc_category_t cat;

	if (cp < 0x7f)
		return cp >= 0x20;
	cat = utf8proc_category((utf8proc_int32_t)cp);
	if (cat == UTF8PROC_CATEGORY_CN || cat >= UTF8PROC_CATEGORY_ZL)
		return false; /* unassigned, line ends, Cc, Cf, Cs, Co */
	return !IN(invisible, cp) && !IN(young, cp);
}

static int char_columns(uint32_t cp)
{
	int width;

	if (cp < 0x7f)
		return cp >= 0x20;
	if ((cp >= 0x1160 && cp <= 0x11ff) || (cp >= 0xd7b0 && cp <= 0xd7ff))
		return 0; /* vowels and finals of conjoining Hangul */
	if ((cp >= 0x3248 && cp <= 0x324f) || (cp >= 0x4dc0 && cp <= 0x4dff))
		return 2;
	width = utf8proc_charwidth((utf8proc_int32_t)cp);
	if (utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_MC)
		return width ? width : 1; /* spacing marks take a place */
	return width;
}

static void show(struct buf *out, uint32_t cp)
{
	if (cp == 0x1b)
		buf_adds(out, "<ESC>");
	else
		buf_addf(out, "<U+%04X>", (unsigned)cp);
}

/* Length of the run of plain ASCII at s. */
static size_t plain_run(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] < 0x7f)
		n++;
	return n;
}

/*
 * Appends the character `cp`, whose bytes stand at s; `marks` is how many
 * combining marks the base before it has, MARKS_MAX when there is no base.
 */
static int put_char(struct buf *out, uint32_t cp, const char *s, size_t n, int marks)
{
	if (cp == '\t' || cp == '\n') {
		buf_addc(out, ' ');
		return 0;
	}
	if (!is_harmless(cp)) {
		show(out, cp);
		return MARKS_MAX;
	}
	if (char_columns(cp) > 0) {
		buf_add(out, s, n);
		return 0;
	}
	if (marks == MARKS_MAX) {
		show(out, cp);
		return MARKS_MAX;
	}
	buf_add(out, s, n);
	return marks + 1;
}

void text_sanitize(struct buf *out, const char *text, size_t len)
{
	int marks = MARKS_MAX;

	for (size_t i = 0; i < len;) {
		size_t n = plain_run(text + i, len - i);
		uint32_t cp;

		if (n > 0) {
			buf_add(out, text + i, n);
			marks = 0;
		} else if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n') {
			n = 1; /* the newline after it is the space */
		} else if ((n = (size_t)utf8_next(text + i, len - i, &cp)) > 0) {
			marks = put_char(out, cp, text + i, n, marks);
		} else {
			buf_addf(out, "<%02X>", (unsigned)cp);
			marks = MARKS_MAX;
			n = 1;
		}
		i += n;
	}
}

/* Columns and bytes of the character at s; a bad byte is one column. */
static int step(const char *s, size_t len, size_t *bytes)
{
	uint32_t cp;
	int n = utf8_next(s, len, &cp);

	*bytes = n ? (size_t)n : 1;
	return n ? char_columns(cp) : 1;
}

int text_columns(const char *s, size_t len)
{
	int cols = 0;
	size_t n;

	for (size_t i = 0; i < len; i += n)
		cols += step(s + i, len - i, &n);
	return cols;
}

size_t text_fit(const char *s, size_t len, int cols)
{
	size_t i = 0, n;

	for (; i < len; i += n) {
		cols -= step(s + i, len - i, &n);
		if (cols < 0)
			break;
	}
	return i;
}
