/*
 * words.c - wrapping, and what a summary copied from its source.
 */
#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

struct word *words_cut(const char *text, int *n)
{
	struct word *w = NULL;
	size_t cap = 0;
	bool starts = false;

	*n = 0;
	while (text && *text && *n < WORDS_MAX) {
		const char *from;

		for (; is_blank(*text); text++)
			starts |= *text == '\n';
		for (from = text; *text && !is_blank(*text);)
			text++;
		if (text == from)
			break;
		ARRAY_GROW(w, *n, cap);
		w[(*n)++] = (struct word){.s = from, .n = (size_t)(text - from),
					  .starts_line = starts};
		starts = false;
	}
	return w;
}

static bool same_word(const struct word *a, const struct word *b)
{
	return a->n == b->n && !strncasecmp(a->s, b->s, a->n);
}

static bool has_letters(const struct word *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (isalnum((unsigned char)w->s[i]) || (unsigned char)w->s[i] >= 0x80)
			return true;
	return false;
}

/* Does the source have this word, punctuation at its ends aside? */
static bool is_known(const struct word *source, int n, const struct word *w)
{
	for (int i = 0; i < n; i++) {
		if (same_word(&source[i], w))
			return true;
		if (source[i].n > w->n && !strncasecmp(source[i].s, w->s, w->n) &&
		    !isalnum((unsigned char)source[i].s[w->n]))
			return true;
	}
	return false;
}

/* The longest run of source words that equals output words from i on. */
static int longest_run(const struct word *source, int n_source,
		       const struct word *output, int n_output, int i, int *at)
{
	int best = 0;

	for (int k = 0; k < n_source; k++) {
		int len = 0;

		while (k + len < n_source && i + len < n_output &&
		       same_word(&source[k + len], &output[i + len]))
			len++;
		if (len > best) {
			best = len;
			*at = k;
		}
	}
	return best;
}

int words_compare(struct word *source, int n_source, struct word *output, int n_output)
{
	int spans = 0;

	for (int i = 0; i < n_output;) {
		int at = 0,
		    len = longest_run(source, n_source, output, n_output, i, &at);

		if (len < 2) {
			output[i].is_novel = has_letters(&output[i]) &&
					     !is_known(source, n_source, &output[i]);
			i++;
			continue;
		}
		spans++;
		for (int k = 0; k < len; k++) {
			output[i + k].span = spans;
			if (!source[at + k].span)
				source[at + k].span = spans;
		}
		i += len;
	}
	return spans;
}

/* --- drawing --- */

/* What stands around a word where colours cannot: <1> .. </1>, + .. +. */
static void marks_of(const struct word *w, int n, int i, char before[16],
		     char after[16])
{
	bool first = i == 0 || w[i - 1].span != w[i].span;
	bool last = i + 1 == n || w[i + 1].span != w[i].span;

	before[0] = after[0] = '\0';
	if (w[i].span && first)
		snprintf(before, 16, "<%d>", w[i].span);
	if (w[i].span && last)
		snprintf(after, 16, "</%d>", w[i].span);
	if (w[i].is_novel)
		before[0] = after[0] = '+', before[1] = after[1] = '\0';
}

/* With colours a small figure before the span is enough. */
static void fancy_marks(const struct word *w, int i, char before[16])
{
	static const char *const small[] = {"⁰", "¹", "²", "³", "⁴",
					    "⁵", "⁶", "⁷", "⁸", "⁹"};
	bool first = i == 0 || w[i - 1].span != w[i].span;

	before[0] = '\0';
	if (w[i].span && first)
		snprintf(before, 16, "%s%s",
			 w[i].span >= 10 ? small[w[i].span / 10 % 10] : "",
			 small[w[i].span % 10]);
}

static bool is_speaker(const struct word *w, int i)
{
	return (i == 0 || w[i].starts_line) && w[i].n > 1 && w[i].s[w[i].n - 1] == ':';
}

static int draw_word(struct canvas *c, int y, int x, int room, const struct word *w,
		     int n, int i, bool speakers)
{
	char before[16] = "", after[16] = "";
	bool colour = c->fancy;
	enum ink ink = speakers && is_speaker(w, i) ? INK_LINK :
		       w[i].is_novel ? INK_NOVEL : INK_TEXT;
	int used = 0;

	if (colour)
		fancy_marks(w, i, before);
	else
		marks_of(w, n, i, before, after);
	used += draw_text(c, y, x, room, INK_DIM, before);
	if (w[i].span)
		c->paper = (uint8_t)(PAPER_SPAN + (w[i].span - 1) % SPAN_PAPERS);
	used += draw_foreign_n(c, y, x + used, room - used, ink, w[i].s, w[i].n);
	c->paper = PAPER_NONE;
	used += draw_text(c, y, x + used, room - used, INK_DIM, after);
	return used;
}

static int word_columns(const struct canvas *c, const struct word *w, int n, int i)
{
	char before[16] = "", after[16] = "";

	if (c->fancy) {
		bool first = i == 0 || w[i - 1].span != w[i].span;

		return foreign_columns(w[i].s, w[i].n) +
		       (w[i].span && first ? 1 + (w[i].span >= 10) : 0);
	}
	marks_of(w, n, i, before, after);
	return foreign_columns(w[i].s, w[i].n) + (int)strlen(before) +
	       (int)strlen(after);
}

int words_draw(struct canvas *c, struct rect r, const struct word *w, int n, int skip,
	       bool speakers)
{
	int line = 0, x = 0;

	for (int i = 0; i < n; i++) {
		int cols = word_columns(c, w, n, i);

		if (cols > r.w)
			cols = r.w;
		if (x > 0 && (w[i].starts_line || x + 1 + cols > r.w)) {
			line++;
			x = 0;
		}
		if (line >= skip && line - skip < r.h) {
			int y = r.y + line - skip;

			if (x > 0 && w[i].span && w[i - 1].span == w[i].span) {
				c->paper = (uint8_t)(PAPER_SPAN +
						     (w[i].span - 1) % SPAN_PAPERS);
				draw_cell(c, y, r.x + x, ' ', INK_TEXT);
				c->paper = PAPER_NONE;
			}
			draw_word(c, y, r.x + x + (x > 0), r.w - x - (x > 0), w, n, i,
				  speakers);
		}
		x += cols + (x > 0);
	}
	return n ? line + 1 : 0;
}
