/*
 * wordpiece_words.c - a text's words as BERT's tokenizers see them: clean, split off
 * CJK, decompose (NFD) and drop nonspacing marks, lower-case, split at white space and
 * punctuation; each of these but the last as the rules say. One pass, no heap: a word
 * is built in the caller's struct word.
 */
#include <string.h>

#include "text/utf8.h"
#include "text/wordpiece.h"

const char *const special_names[TOK_SPECIALS] = {
	[TOK_PAD] = "[PAD]", [TOK_UNK] = "[UNK]",   [TOK_CLS] = "[CLS]",
	[TOK_SEP] = "[SEP]", [TOK_MASK] = "[MASK]",
};

/* Kinds that only the queue knows, beyond enum char_kind. */
enum {
	KIND_GAP = 16, /* a dropped mark of class 0: marks do not move past it */
};

const struct bert_rules bert_uncased = {
	.clean = true, .cjk = true, .strip = true, .lower = true
};

void words_init(struct words *it, const struct bert_rules *rules, const char *text,
		size_t len)
{
	BUG_IF(len > UINT32_MAX);
	memset(it, 0, sizeof *it);
	it->rules = *rules;
	it->text = text;
	it->len = len;
}

static bool ascii_letter(unsigned char c)
{
	return (unsigned char)((c | 32) - 'a') < 26 || (unsigned char)(c - '0') < 10;
}

static char ascii_lower(unsigned char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void queue_put(struct words *it, uint32_t cp, int kind, size_t from)
{
	struct word_char *c = &it->queue[it->queued++];

	c->cp = cp;
	c->kind = (uint8_t)kind;
	c->from = (uint32_t)from;
	c->to = (uint32_t)it->pos;
}

static void queue_ascii(struct words *it)
{
	size_t from = it->pos++;
	unsigned char c = (unsigned char)it->text[from];
	bool is_space = it->rules.clean ? c == ' ' || c == '\t' || c == '\n' || c == '\r'
					: char_is_space((char)c);

	if (is_space)
		queue_put(it, ' ', CHAR_SPACE, from);
	else if (ascii_letter(c))
		queue_put(it, (unsigned char)(it->rules.lower ? ascii_lower(c) : (char)c),
			  CHAR_LETTER, from);
	else if (c > ' ' && c < 0x7f)
		queue_put(it, c, CHAR_ALONE, from);
	else if (!it->rules.clean)
		queue_put(it, c, CHAR_LETTER, from);
}

/* In lower case where the rules say so. */
static void queue_cased(struct words *it, uint32_t cp, size_t from, bool alone)
{
	uint32_t low = it->rules.lower ? char_lower(cp) : cp;

	if (it->rules.lower && cp == 0x130) { /* the one that becomes two: i and a dot */
		queue_put(it, 'i', alone ? CHAR_ALONE : CHAR_LETTER, from);
		low = 0x307;
	}
	queue_put(it, low, alone || char_is_punctuation(low) ? CHAR_ALONE : CHAR_LETTER,
		  from);
}

static void queue_parts(struct words *it, uint32_t cp, size_t from, bool alone)
{
	uint32_t part[CHAR_PARTS];
	int n = char_decompose(cp, part);

	for (int i = 0; i < n; i++) {
		if (char_is_dropped_mark(part[i])) {
			if (char_order(part[i]) == 0)
				queue_put(it, part[i], KIND_GAP, from);
			continue;
		}
		queue_cased(it, part[i], from, alone);
	}
}

static void queue_other(struct words *it)
{
	size_t from = it->pos;
	uint32_t cp;
	int n = utf8_next(it->text + from, it->len - from, &cp);
	enum char_kind kind;

	if (n == 0) { /* callers check; go on as with U+FFFD */
		it->pos++;
		return;
	}
	it->pos += (size_t)n;
	kind = char_kind(cp, &it->rules);
	if (kind == CHAR_SPACE)
		queue_put(it, ' ', CHAR_SPACE, from);
	else if (kind != CHAR_GONE && it->rules.strip)
		queue_parts(it, cp, from, kind == CHAR_ALONE);
	else if (kind != CHAR_GONE)
		queue_cased(it, cp, from, kind == CHAR_ALONE);
}

/* The next character, or NULL at the end of the text. */
static const struct word_char *next_char(struct words *it)
{
	while (it->taken == it->queued) {
		it->taken = it->queued = 0;
		if (it->pos == it->len)
			return NULL;
		if ((unsigned char)it->text[it->pos] < 0x80)
			queue_ascii(it);
		else
			queue_other(it);
	}
	return &it->queue[it->taken++];
}

/* Moves the characters from number `at` on up by one, and their bytes by n. */
static void make_room(struct word *w, int at, int n)
{
	int end = w->at[w->chars];

	memmove(w->bytes + w->at[at] + n, w->bytes + w->at[at],
		(size_t)(end - w->at[at]));
	for (int i = w->chars; i >= at; i--) {
		w->at[i + 1] = (uint16_t)(w->at[i] + n);
		if (i == w->chars)
			continue;
		w->order[i + 1] = w->order[i];
		w->from[i + 1] = w->from[i];
		w->to[i + 1] = w->to[i];
	}
}

/* Adds a character; where texts are decomposed, marks take their place among marks. */
static void add_char(struct word *w, const struct word_char *c, bool decomposed)
{
	int order = decomposed ? char_order(c->cp) : 0, at = w->chars, n;
	char bytes[4];

	w->end = c->to;
	if (w->chars >= WORD_CHARS) {
		w->chars++;
		return;
	}
	while (order && at > w->run && w->order[at - 1] > order)
		at--;
	n = utf8_put(c->cp, bytes);
	make_room(w, at, n);
	memcpy(w->bytes + w->at[at], bytes, (size_t)n);
	w->order[at] = (uint8_t)order;
	w->from[at] = c->from;
	w->to[at] = c->to;
	w->chars++;
	if (!order)
		w->run = w->chars;
}

/* The plain case: letters and digits of ASCII, straight from the text. */
static void add_ascii(struct words *it, struct word *w)
{
	size_t pos = it->pos;
	int n = w->chars;

	while (pos < it->len && n < WORD_CHARS &&
	       ascii_letter((unsigned char)it->text[pos])) {
		int at = w->at[n];
		w->bytes[at] = it->rules.lower ? ascii_lower((unsigned char)it->text[pos])
					       : it->text[pos];
		w->order[n] = 0;
		w->from[n] = (uint32_t)pos;
		w->to[n] = (uint32_t)++pos;
		w->at[++n] = (uint16_t)(at + 1);
	}
	if (pos == it->pos)
		return;
	it->pos = pos;
	w->chars = w->run = n;
	w->end = (uint32_t)pos;
}

bool words_next(struct words *it, struct word *w)
{
	const struct word_char *c;

	w->chars = w->run = w->at[0] = 0;
	for (;;) {
		if (it->taken == it->queued && w->chars > 0)
			add_ascii(it, w);
		c = next_char(it);
		if (!c)
			return w->chars > 0;
		if (c->kind == KIND_GAP) {
			w->run = w->chars;
			continue;
		}
		if (c->kind != CHAR_LETTER && w->chars > 0) {
			it->taken--; /* read again for the next word */
			return true;
		}
		if (c->kind == CHAR_SPACE)
			continue;
		if (w->chars == 0)
			w->start = c->from;
		add_char(w, c, it->rules.strip);
		if (c->kind != CHAR_LETTER)
			return true;
	}
}
