/*
 * words.c - wrapping words, and how their marks look.
 */
#include "words.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "text/fold.h"
#include "text/letters.h"
#include "text/utf8.h"

static enum letter letter_at(const char *s, int *bytes)
{
	uint32_t cp;
	int n = utf8_next(s, strnlen(s, 4), &cp);

	*bytes = n ? n : 1;
	return n ? letter_of(cp) : LETTER_NOT;
}

/* The end of the word that begins at `s`, which is no blank. */
static const char *word_end(const char *s)
{
	bool has_alone = false, has_part = false;

	for (int n; *s && !char_is_blank(*s); s += n) {
		enum letter l = letter_at(s, &n);

		if ((l == LETTER_ALONE && (has_alone || has_part)) ||
		    (l == LETTER_PART && has_alone))
			break;
		has_alone |= l == LETTER_ALONE;
		has_part |= l == LETTER_PART;
	}
	return s;
}

struct word *words_cut(const char *text, int *n)
{
	struct word *w = NULL;
	size_t cap = 0;
	bool starts = false;
	const char *end = NULL;

	*n = 0;
	while (text && *text && *n < WORDS_MAX) {
		const char *from;

		for (; char_is_blank(*text); text++)
			starts |= *text == '\n';
		from = text;
		text = word_end(from);
		if (text == from)
			break;
		ARRAY_GROW(w, *n, cap);
		w[(*n)++] = (struct word){.s = from, .n = (size_t)(text - from),
					  .key = text_fold_key(from, (size_t)(text - from)),
					  .starts_line = starts, .joins = from == end};
		starts = false;
		end = text;
	}
	return w;
}

/* --- marks --- */

enum { NAME_WORDS = 3 };

/* What stands around a word. `glue`: the mark goes on to the next word. */
struct marks {
	char before[24], after[24];
	enum ink ink;
	int paper;
	uint8_t flags;
};

static bool same_look(const struct word *a, const struct word *b)
{
	return a->look == b->look && a->look >= LOOK_ADDED;
}

static void add(char out[24], const char *s)
{
	size_t n = strlen(out);

	snprintf(out + n, 24 - n, "%s", s);
}

/* "12" in small figures. */
static void add_small(char out[24], int k)
{
	static const char *const small[] = {"⁰", "¹", "²", "³", "⁴",
					    "⁵", "⁶", "⁷", "⁸", "⁹"};

	if (k >= 10)
		add(out, small[k / 10 % 10]);
	add(out, small[k % 10]);
}

static void mark_span(struct marks *m, const struct word *w, int n, int i, bool fancy)
{
	bool first = i == 0 || w[i - 1].span != w[i].span;
	bool last = i + 1 == n || w[i + 1].span != w[i].span;
	char text[16];

	m->paper = PAPER_SPAN + (w[i].span - 1) % SPAN_PAPERS;
	if (fancy && first)
		add_small(m->before, w[i].span);
	if (!fancy && first) {
		snprintf(text, sizeof text, "<%d>", w[i].span);
		add(m->before, text);
	}
	if (!fancy && last) {
		snprintf(text, sizeof text, "</%d>", w[i].span);
		add(m->after, text);
	}
}

/* What stands around words of one look; `sign` where colours and attributes show, too. */
static const struct {
	enum ink ink;
	uint8_t flags;
	const char *sign, *before, *after;
} looks[WORD_LOOKS] = {
	[LOOK_ADDED] = {INK_GOOD, CELL_BOLD, "+", "{+", "+}"},
	[LOOK_REMOVED] = {INK_BAD, 0, "−", "[-", "-]"},
	[LOOK_KEPT] = {INK_GOOD, CELL_BOLD, "", "[", "]"},
	[LOOK_EXTRA] = {INK_BAD, CELL_BOLD, "+", "{+", "+}"},
	[LOOK_MISSED] = {INK_WARN, CELL_UNDERLINE, "−", "(-", "-)"},
};

static void mark_look(struct marks *m, const struct word *w, int n, int i, bool fancy)
{
	enum word_look l = w[i].look;

	m->ink = looks[l].ink;
	m->flags = looks[l].flags;
	if (i == 0 || !same_look(&w[i - 1], &w[i]))
		add(m->before, fancy ? looks[l].sign : looks[l].before);
	if (i + 1 == n || !same_look(&w[i + 1], &w[i]))
		add(m->after, fancy ? looks[l].sign : looks[l].after);
}

static bool ends_name(const struct word *w)
{
	return w->n > 1 && w->s[w->n - 1] == ':';
}

/* "Anna:" or "Anna Lee:" at the start of a line. */
static bool is_speaker(const struct word *w, int n, int i)
{
	int from = i, to = i;

	while (from > 0 && !w[from].starts_line && i - from < NAME_WORDS - 1 &&
	       !ends_name(&w[from - 1]))
		from--;
	if (from > 0 && !w[from].starts_line)
		return false;
	while (to < n && to - from < NAME_WORDS && !ends_name(&w[to]) &&
	       (to + 1 == n || !w[to + 1].starts_line))
		to++;
	return to < n && to - from < NAME_WORDS && ends_name(&w[to]);
}

bool words_shine(const struct canvas *c)
{
	return c->fancy && c->colour;
}

/* fancy: colours and small figures; else every mark is a sign in plain ASCII. */
static struct marks marks_of(const struct word *w, int n, int i, bool fancy,
			     bool speakers)
{
	static const char *const stars[] = {"", "*", "**", "***"};
	struct marks m = {.ink = speakers && is_speaker(w, n, i) ? INK_LINK : INK_TEXT,
			  .paper = PAPER_NONE};

	if (w[i].span)
		mark_span(&m, w, n, i, fancy);
	if (w[i].is_novel) {
		m.ink = INK_NOVEL;
		add(m.before, fancy ? "" : "+");
		add(m.after, fancy ? "" : "+");
	}
	if (w[i].look == LOOK_MATCHED) {
		m.ink = INK_GOOD;
		m.flags = CELL_UNDERLINE;
		add(m.before, fancy ? "" : "=");
		add(m.after, fancy ? "" : "=");
	}
	if (w[i].look >= LOOK_ADDED)
		mark_look(&m, w, n, i, fancy);
	if (w[i].heat) {
		m.paper = PAPER_HIT + w[i].heat - 1;
		add(m.after, fancy ? "" : stars[w[i].heat]);
	}
	if (w[i].is_chosen)
		m.paper = PAPER_TAB;
	return m;
}

/* Columns of our own marks: each character is one. */
static int mark_columns(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int draw_word(struct canvas *c, int y, int x, int room, const struct word *w,
		     const struct marks *m)
{
	int used = draw_text(c, y, x, room, INK_DIM, m->before);

	c->paper = (uint8_t)m->paper;
	c->flags = m->flags;
	used += draw_foreign_n(c, y, x + used, room - used, m->ink, w->s, w->n);
	c->paper = PAPER_NONE;
	c->flags = 0;
	return used + draw_text(c, y, x + used, room - used, INK_DIM, m->after);
}

/* --- wrapping --- */

/* Where the next word goes. */
struct wrap {
	int w, line, x;
};

/* Moves on by word i of `cols` columns; returns the column where it starts. */
static int wrap_word(struct wrap *at, const struct word *word, int cols)
{
	int x, gap = !word->joins;

	if (cols > at->w)
		cols = at->w;
	if (at->x > 0 && (word->starts_line || at->x + gap + cols > at->w)) {
		at->line++;
		at->x = 0;
	}
	x = at->x + (at->x > 0 ? gap : 0);
	at->x = x + cols;
	return x;
}

static int word_columns(const struct word *w, const struct marks *m)
{
	return foreign_columns(w->s, w->n) + mark_columns(m->before) +
	       mark_columns(m->after);
}

/* The blank between two words of one span belongs to it. */
static void draw_gap(struct canvas *c, int y, int x, const struct word *w,
		     const struct marks *m)
{
	if (w->joins || !w->span || w[-1].span != w->span)
		return;
	c->paper = (uint8_t)(w->heat || w->is_chosen ? PAPER_SPAN +
			     (w->span - 1) % SPAN_PAPERS : m->paper);
	draw_cell(c, y, x, ' ', INK_TEXT);
	c->paper = PAPER_NONE;
}

int words_draw(struct canvas *c, struct rect r, const struct word *w, int n, int skip,
	       bool speakers)
{
	struct wrap at = {.w = r.w};

	for (int i = 0; i < n; i++) {
		struct marks m = marks_of(w, n, i, words_shine(c), speakers);
		int x = wrap_word(&at, &w[i], word_columns(&w[i], &m));
		int y = r.y + at.line - skip;

		if (at.line < skip || at.line - skip >= r.h)
			continue;
		if (x > 0)
			draw_gap(c, y, r.x + x - 1, &w[i], &m);
		draw_word(c, y, r.x + x, r.w - x, &w[i], &m);
	}
	return n ? at.line + 1 : 0;
}

int words_line(const struct canvas *c, int w, const struct word *word, int n, int i)
{
	struct wrap at = {.w = w};

	for (int k = 0; k <= i && k < n; k++) {
		struct marks m = marks_of(word, n, k, words_shine(c), false);

		wrap_word(&at, &word[k], word_columns(&word[k], &m));
	}
	return at.line;
}
