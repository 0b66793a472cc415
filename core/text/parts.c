/*
 * parts.c - the turns of a dialogue, or else the sentences of a text.
 */
#include "text/parts.h"

#include "base/str.h"
#include "text/sentence.h"

enum { NAME_WORDS = 3 };

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/*
 * Does a turn begin at s? Up to three words of two letters or more, each
 * beginning with a capital, then a colon and a space.
 */
static bool is_turn(const char *s, const char *end)
{
	for (int words = 1; words <= NAME_WORDS; words++) {
		if (s + 1 >= end || !is_upper(*s) || !is_word(s[1]))
			return false;
		while (s < end && is_word(*s))
			s++;
		if (s + 1 < end && s[0] == ':' && (s[1] == ' ' || s[1] == '\n'))
			return true;
		if (s >= end || *s != ' ')
			return false;
		s++;
	}
	return false;
}

/* Adds [from, to) without its outer blanks; empty ones are left out. */
static int add_part(struct text_part *out, int n, int cap, const char *from,
		    const char *to)
{
	while (from < to && char_is_blank(*from))
		from++;
	while (to > from && char_is_blank(to[-1]))
		to--;
	if (from == to || n == cap)
		return n;
	out[n] = (struct text_part){ from, (size_t)(to - from) };
	return n + 1;
}

/* The end of the name at the start of a turn that was found. */
static const char *after_name(const char *s)
{
	while (*s != ':')
		s++;
	return s + 1;
}

static int split_turns(const char *text, const char *end, struct text_part *out,
		       int cap)
{
	const char *from = text;
	int n = 0, turns = 0;

	for (const char *s = text; s < end; s++) {
		bool is_start = s == text || !is_word(s[-1]);

		if (!is_start || !is_turn(s, end))
			continue;
		turns++;
		n = add_part(out, n, cap, from, s);
		from = s;
		s = after_name(s);
	}
	n = add_part(out, n, cap, from, end);
	return turns > 1 ? n : 0;
}

static int split_sentences(const char *text, const char *end, struct text_part *out,
			   int cap)
{
	struct sentences it;
	size_t from, to;
	int n = 0;

	sentences_init(&it, text, (size_t)(end - text));
	while (sentences_next(&it, &from, &to))
		n = add_part(out, n, cap, text + from, text + to);
	return n;
}

int text_turns(const char *text, size_t len, struct text_part *out, int cap)
{
	return split_turns(text, text + len, out, cap);
}

int text_parts(const char *text, size_t len, struct text_part *out, int cap)
{
	int n = split_turns(text, text + len, out, cap);

	return n ? n : split_sentences(text, text + len, out, cap);
}
