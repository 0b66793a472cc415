/*
 * attribution_draw.c - a text with the words that made its answer.
 *
 * The text is cut at white space into chunks that do not break over lines; inside
 * a chunk stand words and what no piece covers. Marks are brackets, so that shape
 * says what colour says: [towards], (away from), and the paper how much.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attribution.h"
#include "base/str.h"
#include "text/utf8.h"

enum { BRACKETS_FROM = 2 }; /* the level that gets brackets */

/* A run of bytes of a chunk: a word of the attribution, or none (-1). */
struct run {
	size_t from, to;
	int word, level;
};

/* The run at byte `at` of a chunk that ends at `end`; *next: where words go on. */
static struct run run_at(const struct attribution *a, enum attribution_method m, int text,
			 size_t at, size_t end, int *next)
{
	while (*next < a->n && (a->word[*next].text < text ||
	       (a->word[*next].text == text && a->word[*next].to <= at)))
		++*next;
	if (*next < a->n && a->word[*next].text == text && a->word[*next].from < end) {
		const struct attributed *w = &a->word[*next];

		if (w->from <= at)
			return (struct run){ at, foreign_cut(a->text[text], end,
							     w->to < end ? w->to : end),
					     *next, attribution_level(a, m, *next) };
		end = w->from;
	}
	return (struct run){ at, end, -1, 0 };
}

static int run_columns(const char *s, const struct run *r)
{
	int marks = r->level >= BRACKETS_FROM || r->level <= -BRACKETS_FROM ? 2 : 0;

	return foreign_columns(s + r->from, r->to - r->from) + marks;
}

static int draw_run(struct canvas *c, int y, int x, int room, const char *s,
		    const struct run *r)
{
	int size = r->level < 0 ? -r->level : r->level, used = 0;
	bool marks = size >= BRACKETS_FROM;

	if (size)
		c->paper = (uint8_t)((r->level > 0 ? PAPER_PUSH : PAPER_PULL) + size - 1);
	if (marks && room > 0)
		used += draw_text(c, y, x, 1, INK_TEXT, r->level > 0 ? "[" : "(");
	used += draw_foreign_n(c, y, x + used, room - used - marks, INK_TEXT, s + r->from,
			       r->to - r->from);
	if (marks && used < room)
		used += draw_text(c, y, x + used, 1, INK_TEXT, r->level > 0 ? "]" : ")");
	c->paper = PAPER_NONE;
	return used;
}

static size_t fit(const char *s, const struct run *w, int cols)
{
	return text_fit(s + w->from, w->to - w->from, cols - (w->level ? 2 : 0));
}

/* Of a chunk longer than a line (Chinese has no blanks): as much as fits, or a new line. */
static void break_run(const char *s, struct run *w, int room, int *line, int *x)
{
	size_t fits;

	if (*x + run_columns(s, w) <= room)
		return;
	fits = w->level ? 0 : fit(s, w, room - *x);
	if (!fits && *x > 0) {
		++*line;
		*x = 0;
		fits = fit(s, w, room);
	}
	if (fits)
		w->to = w->from + fits;
}

int attribution_draw(struct canvas *c, struct rect r, const struct attribution *a,
		     enum attribution_method m, int text)
{
	const char *s = a->text[text];
	int line = 0, x = 0, next = 0;

	for (size_t at = 0; s && s[at];) {
		size_t end = at;
		int cols = 0, ahead;

		if (char_is_blank(s[at])) {
			at++;
			continue;
		}
		while (s[end] && !char_is_blank(s[end]))
			end++;
		ahead = next;
		for (size_t k = at; k < end;) {
			struct run w = run_at(a, m, text, k, end, &ahead);

			cols += run_columns(s, &w);
			k = w.to > k ? w.to : end;
		}
		if (x > 0 && x + 1 + cols > r.w) {
			line++;
			x = 0;
		}
		x += x > 0;
		while (at < end) {
			struct run w = run_at(a, m, text, at, end, &next);

			if (cols > r.w)
				break_run(s, &w, r.w, &line, &x);
			if (line < r.h && x < r.w)
				draw_run(c, r.y + line, r.x + x, r.w - x, s, &w);
			x += run_columns(s, &w);
			at = w.to > at ? w.to : end;
		}
	}
	return x || line ? line + 1 : 0;
}

/* Digits behind the point that tell the strongest; all of a row have as many. */
static int digits_of(double largest)
{
	int n = 2;

	while (n < 6 && largest * pow(10, n) < 9.5)
		n++;
	return n;
}

void attribution_draw_top(struct canvas *c, int y, int x, int w,
			  const struct attribution *a, enum attribution_method m)
{
	int top[16], n = attribution_top(a, m, top, 16), end = x + w;

	int digits = n ? digits_of(fabs(a->word[top[0]].score[m])) : 0;

	x += draw_textf(c, y, x, 18, INK_DIM, "%-16s  ", method_name(m));
	if (!n)
		draw_text(c, y, x, end - x, INK_DIM, "no word changes the answer");
	for (int i = 0; i < n; i++) {
		const struct attributed *k = &a->word[top[i]];
		const char *s = a->text[k->text] + k->from;
		size_t len = foreign_cut(s, strlen(s), k->to - k->from);
		int cols = foreign_columns(s, len);
		char number[24];

		cols = cols > 16 ? 16 : cols;
		str_format(number, sizeof number, "%+.*f", digits, k->score[m]);
		if (x + cols + 1 + (int)strlen(number) > end)
			break;
		x += draw_foreign_n(c, y, x, 16, INK_TEXT, s, len) + 1;
		x += draw_text(c, y, x, 9, k->score[m] < 0 ? INK_LINK : INK_WARN, number) + 3;
	}
}
