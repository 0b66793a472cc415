/*
 * layout.c - templates filled with texts.
 */
#include "text/layout.h"

#include <string.h>

#include "text/tokenizer_kind.h"

/* The longer text gives way, piece by piece; of equal ones the second. */
static void cut_pair(int len[LAYOUT_TEXTS], int room)
{
	while (len[0] + len[1] > room)
		len[len[0] > len[1] ? 0 : 1]--;
}

/* --- what stands around --- */

static int words_size(const struct tokenizer *t, const struct layout_words *w)
{
	int total = 0;

	tokenizer_encode(t, w->s, w->len, NULL, NULL, 0, &total);
	return total;
}

static int part_size(const struct tokenizer *t, const struct layout_part *p)
{
	switch (p->what) {
	case LAYOUT_SPECIAL: return t->special[p->which] >= 0;
	case LAYOUT_WORDS:   return words_size(t, &p->words);
	default:             return 0;
	}
}

/* Of the parts before text `which`; -1: of all. */
static int size_before(const struct tokenizer *t, const struct layout_template *l,
		       int which)
{
	int n = 0;

	for (const struct layout_part *p = l->part; p->what; p++) {
		if (p->what == LAYOUT_TEXT && p->which == which)
			break;
		n += part_size(t, p);
	}
	return n;
}

int layout_around(const struct tokenizer *t, const struct layout_template *l)
{
	return size_before(t, l, -1);
}

/* --- filling --- */

struct filling {
	const struct tokenizer *t;
	bool masks;               /* "[MASK]" is the mask */
	int32_t *ids;
	struct token_span *spans; /* NULL: not wanted */
	int from[LAYOUT_TEXTS];   /* where the texts' tokens are kept meanwhile */
	struct layout *out;
};

static struct token_span *span_at(const struct filling *f, int i)
{
	return f->spans ? f->spans + i : NULL;
}

static bool has_text(const struct layout_template *l, int which)
{
	for (const struct layout_part *p = l->part; p->what; p++)
		if (p->what == LAYOUT_TEXT && p->which == which)
			return true;
	return false;
}

enum { MASK_MARK = sizeof LAYOUT_MASK - 1 };

static int encode_masked(const struct filling *f, struct layout_words text, int at, int cap,
			 int *total)
{
	int n = 0, all;

	*total = 0;
	for (size_t from = 0; from < text.len;) {
		const char *s = text.s + from;
		const char *mark = memmem(s, text.len - from, LAYOUT_MASK, MASK_MARK);
		size_t len = mark ? (size_t)(mark - s) : text.len - from;
		int first = n;

		n += tokenizer_encode(f->t, s, len, f->ids + at + n, span_at(f, at + n),
				      cap - n, &all);
		*total += all + (mark != NULL);
		for (int i = first; i < n && f->spans; i++) {
			f->spans[at + i].start += (uint32_t)from;
			f->spans[at + i].end += (uint32_t)from;
		}
		from += len;
		if (!mark)
			break;
		if (n < cap) {
			if (f->spans)
				f->spans[at + n] = (struct token_span){
					(uint32_t)from, (uint32_t)from + MASK_MARK, 0 };
			f->ids[at + n++] = f->t->special[TOK_MASK];
		}
		from += MASK_MARK;
	}
	return n;
}

static int encode(const struct filling *f, struct layout_words text, int at, int cap,
		  int *total)
{
	if (f->masks)
		return encode_masked(f, text, at, cap, total);
	return tokenizer_encode(f->t, text.s, text.len, f->ids + at, span_at(f, at), cap,
				total);
}

/* Text 0 where it stays, text 1 behind the room. */
static void read_texts(struct filling *f, const struct layout_template *l,
		       const struct layout_words *text, int cap)
{
	int room = cap - layout_around(f->t, l);
	struct layout *o = f->out;

	BUG_IF(room < 0);
	f->from[0] = size_before(f->t, l, 0);
	f->from[1] = cap;
	for (int i = 0; i < LAYOUT_TEXTS; i++)
		if (text[i].s && has_text(l, i))
			o->len[i] = encode(f, text[i], f->from[i], room, &o->total[i]);
	cut_pair(o->len, room);
}

/* Other than a text's: without a place. */
static void put_around(struct filling *f, const struct layout_part *p)
{
	int at = f->out->n, n = part_size(f->t, p);

	if (p->what == LAYOUT_SPECIAL && n)
		f->ids[at] = f->t->special[p->which];
	if (p->what == LAYOUT_WORDS)
		tokenizer_encode(f->t, p->words.s, p->words.len, f->ids + at, NULL, n,
				 NULL);
	for (int i = 0; i < n && f->spans; i++)
		f->spans[at + i] = (struct token_span){ 0, 0, 0 };
	f->out->n += n;
}

static void put_text(struct filling *f, int which)
{
	struct layout *o = f->out;
	size_t n = (size_t)o->len[which];

	o->at[which] = o->n;
	memmove(f->ids + o->n, f->ids + f->from[which], n * sizeof *f->ids);
	if (f->spans)
		memmove(f->spans + o->n, f->spans + f->from[which], n * sizeof *f->spans);
	o->n += o->len[which];
}

static void fill(struct filling *f, const struct layout_template *l,
		 const struct layout_words *text, int cap)
{
	struct layout *out = f->out;

	*out = (struct layout){ 0 };
	read_texts(f, l, text, cap);
	for (const struct layout_part *p = l->part; p->what; p++) {
		if (p->what == LAYOUT_TEXT)
			put_text(f, p->which);
		else
			put_around(f, p);
	}
	for (int i = 0; i < LAYOUT_TEXTS; i++)
		if (!has_text(l, i))
			out->at[i] = out->n;
	out->segment = f->t->layouts->has_segments ? out->at[1] : out->n;
}

void layout_texts(const struct tokenizer *t, const struct layout_template *l,
		  const struct layout_words text[LAYOUT_TEXTS], int cap, int32_t *ids,
		  struct token_span *spans, struct layout *out)
{
	struct filling f = { .t = t, .ids = ids, .spans = spans, .out = out };

	fill(&f, l, text, cap);
}

void layout_source(const struct tokenizer *t, struct layout_words text,
		   struct layout_words pair, int cap, int32_t *ids,
		   struct token_span *spans, struct layout *out)
{
	const struct layout_words both[LAYOUT_TEXTS] = { text, pair };

	layout_texts(t, pair.s ? &t->layouts->pair : &t->layouts->one, both, cap, ids,
		     spans, out);
}

static void fill_prompted(struct filling *f, const char *prompt,
			  struct layout_words text, struct layout_words pair, int cap)
{
	const struct layout_words both[LAYOUT_TEXTS] = { text, pair };
	const struct layout_template *l = pair.s ? &f->t->layouts->pair : &f->t->layouts->one;
	struct layout_template own;

	if (prompt) {
		BUG_IF(layout_prompt(prompt, &own, NULL));
		l = &own;
	}
	fill(f, l, both, cap);
}

void layout_prompted(const struct tokenizer *t, const char *prompt,
		     struct layout_words text, struct layout_words pair, int cap,
		     int32_t *ids, struct token_span *spans, struct layout *out)
{
	struct filling f = { .t = t, .ids = ids, .spans = spans, .out = out };

	fill_prompted(&f, prompt, text, pair, cap);
}

void layout_masked(const struct tokenizer *t, const char *prompt, struct layout_words text,
		   struct layout_words pair, int cap, int32_t *ids,
		   struct token_span *spans, struct layout *out)
{
	struct filling f = { .t = t, .ids = ids, .spans = spans, .out = out,
			     .masks = t->special[TOK_MASK] >= 0 };

	fill_prompted(&f, prompt, text, pair, cap);
}

void layout_target(const struct tokenizer *t, struct layout_words text, int cap,
		   int32_t *ids, struct layout *out)
{
	const struct layout_words both[LAYOUT_TEXTS] = { text, { NULL, 0 } };

	layout_texts(t, &t->layouts->target, both, cap, ids, NULL, out);
}

/* --- from ids back --- */

static int within(int x, int least, int most)
{
	return x < least ? least : x > most ? most : x;
}

void layout_find(const struct tokenizer *t, const char *prompt, int n, int second,
		 struct layout *out)
{
	bool is_pair = second < n;
	const struct layout_template *l = is_pair ? &t->layouts->pair : &t->layouts->one;
	struct layout_template own;
	int head, before, all, end;

	if (prompt) {
		BUG_IF(layout_prompt(prompt, &own, NULL));
		l = &own;
	}
	head = size_before(t, l, 0);
	before = size_before(t, l, 1);
	all = layout_around(t, l);
	end = is_pair ? second - (before - head) : n - (all - head);
	*out = (struct layout){ .n = n, .at = { within(head, 0, n), within(second, 0, n) } };
	out->len[0] = within(end - head, 0, n - out->at[0]);
	if (is_pair)
		out->len[1] = within(n - second - (all - before), 0, n - out->at[1]);
	out->total[0] = out->len[0];
	out->total[1] = out->len[1];
	out->segment = t->layouts->has_segments ? out->at[1] : n;
}

int layout_target_len(const struct tokenizer *t, int n)
{
	return within(n - layout_around(t, &t->layouts->target), 0, n);
}

/* --- prompts --- */

/* A place for a text at s: its bytes, and which; 0: none. */
static size_t place_at(const char *s, int *which)
{
	static const struct { const char *name; int which; } places[] = {
		{ "{text}", 0 }, { "{source}", 0 }, { "{pair}", 1 }, { "{text_b}", 1 },
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (str_starts(s, places[i].name)) {
			*which = places[i].which;
			return strlen(places[i].name);
		}
	return 0;
}

static size_t words_len(const char *s)
{
	size_t n = 0;
	int which;

	while (s[n] && !place_at(s + n, &which))
		n++;
	return n;
}

enum status layout_prompt(const char *prompt, struct layout_template *out,
			  struct err *err)
{
	int n = 0, texts = 0, which;

	*out = (struct layout_template){ .part = { { .what = LAYOUT_END } } };
	for (const char *s = prompt; *s;) {
		size_t len = place_at(s, &which);
		bool is_place = len > 0;

		if (n == LAYOUT_PARTS)
			return err_set(err, ST_INVALID, "a prompt of more than %d parts: "
				       "'%s'", (int)LAYOUT_PARTS, prompt);
		if (is_place && which != texts++)
			return err_set(err, ST_INVALID, "a prompt has {text} once, and "
				       "{pair} at most once behind it: '%s'", prompt);
		if (is_place) {
			out->part[n++] = (struct layout_part){ LAYOUT_TEXT, which,
							       { NULL, 0 } };
		} else {
			len = words_len(s);
			out->part[n++] = (struct layout_part){ LAYOUT_WORDS, 0,
							       { s, len } };
		}
		s += len;
	}
	if (!texts)
		return err_set(err, ST_INVALID, "no {text} in a prompt: '%s'", prompt);
	return ST_OK;
}
