/*
 * sentence.c - where sentences end.
 */
#include "text/sentence.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Bytes of the word of `list` (each with its NUL, "" ends it) at s; or 0. */
static size_t one_of(const char *list, const char *s, size_t len)
{
	for (size_t n; (n = strlen(list)) > 0; list += n + 1)
		if (n <= len && !memcmp(list, s, n))
			return n;
	return 0;
}

/* . ! ? and the ellipsis. */
static size_t mark_at(const char *s, size_t len)
{
	return one_of(".\0!\0?\0\xe2\x80\xa6\0", s, len);
}

/* The ideographic full stop, its halfwidth form, the fullwidth . ! ? */
static size_t wide_mark_at(const char *s, size_t len)
{
	return one_of("\xe3\x80\x82\0\xef\xbd\xa1\0\xef\xbc\x8e\0\xef\xbc\x81\0"
		      "\xef\xbc\x9f\0", s, len);
}

/* Quotes and brackets that close: ASCII, curly, guillemets, corner brackets. */
static size_t closer_at(const char *s, size_t len)
{
	return one_of("\"\0'\0)\0]\0\xe2\x80\x9d\0\xe2\x80\x99\0\xc2\xbb\0\xe3\x80\x8d\0"
		      "\xe3\x80\x8f\0\xef\xbc\x89\0", s, len);
}

/* Words that a full stop belongs to: something follows them. */
static bool is_abbreviation(const char *word, size_t n)
{
	static const char *const list[] = {
		"mr", "mrs", "ms", "dr", "prof", "st", "mt", "gen", "sen", "rep", "gov",
		"col", "capt", "lt", "sgt", "rev", "hon", "vs", "cf", "e.g", "i.e",
	};

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (strlen(list[i]) == n && !strncasecmp(list[i], word, n))
			return true;
	return false;
}

/* "J", but not "I"; "U.S". */
static bool is_initials(const char *word, size_t n)
{
	if (n == 1)
		return is_upper(*word) && *word != 'I';
	for (size_t i = 0; i < n; i++)
		if (i % 2 ? word[i] != '.' : !is_upper(word[i]))
			return false;
	return n % 2;
}

/* Does the word before the full stop at s[at] keep it for itself? */
static bool is_kept(const struct sentences *it, size_t at)
{
	size_t from = at;

	while (from > it->at && !char_is_space(it->s[from - 1]) && it->s[from - 1] != '(' &&
	       it->s[from - 1] != '"')
		from--;
	return is_abbreviation(it->s + from, at - from) ||
	       is_initials(it->s + from, at - from);
}

static bool goes_on_small(const struct sentences *it, size_t at)
{
	while (at < it->len && char_is_space(it->s[at]))
		at++;
	return it->has_capitals && at < it->len && is_lower(it->s[at]);
}

/*
 * Behind the marks and what closes after them, when the sentence ends with the
 * mark at s[at]; else 0. *n: bytes to pass over when it does not.
 */
static size_t end_at(const struct sentences *it, size_t at, size_t *n)
{
	size_t to = at, k;
	bool wide = false, alone, closes;

	*n = 1;
	if (!strchr(".!?", it->s[at]) && !(it->s[at] & 0x80))
		return 0;
	for (; (k = wide_mark_at(it->s + to, it->len - to)) ||
	       (k = mark_at(it->s + to, it->len - to)); to += k)
		wide |= k > 1 && it->s[to] != '\xe2';
	alone = to == at + 1 && it->s[at] == '.';
	closes = to > at && closer_at(it->s + to, it->len - to);
	while (to > at && (k = closer_at(it->s + to, it->len - to)))
		to += k;
	*n = to > at ? to - at : 1;
	if (to == at)
		return 0;
	if (wide || to == it->len)
		return to;
	if (!char_is_space(it->s[to]) || (alone && is_kept(it, at)))
		return 0;
	if ((closes || it->s[at] == '.') && it->s[to] != '\n' && goes_on_small(it, to))
		return 0;
	return to;
}

void sentences_init(struct sentences *it, const char *s, size_t len)
{
	*it = (struct sentences){.s = s, .len = len};
	for (size_t i = 0; i < len && !it->has_capitals; i++)
		it->has_capitals = is_upper(s[i]);
}

bool sentences_next(struct sentences *it, size_t *from, size_t *end)
{
	size_t i = it->at, n = 1;

	if (i == it->len)
		return false;
	*from = i;
	for (*end = 0; !*end && i < it->len; i += n) {
		n = 1;
		*end = it->s[i] == '\n' ? i + 1 : end_at(it, i, &n);
	}
	if (!*end)
		*end = it->len;
	it->at = *end;
	return true;
}
