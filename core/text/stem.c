/*
 * stem.c - Porter's stemmer with the departures of NLTK's default mode.
 *
 * The paper's words: a letter is a consonant or a vowel (y by what is before
 * it; digits count as consonants), the measure m of a stem is how often a vowel
 * is followed by a consonant in it. A rule replaces a suffix when the stem
 * before it has measure enough; of a step's rules the first whose suffix fits
 * decides, whether or not its condition holds.
 */
#include "text/stem.h"

#include <stdbool.h>
#include <string.h>

struct stem {
	char *s;
	size_t len;
};

struct rule {
	const char *suffix, *to;
};

static bool is_vowel_letter(char c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

static bool is_consonant(const char *s, size_t i)
{
	bool flip = false;

	/* a y is what the letter before it is not; the first one a consonant */
	for (; s[i] == 'y' && i > 0; i--)
		flip = !flip;
	return !is_vowel_letter(s[i]) != flip;
}

static int measure(const char *s, size_t len)
{
	bool before = true, now;
	int m = 0;

	for (size_t i = 0; i < len; i++, before = now) {
		if (s[i] == 'y')
			now = i == 0 || !before;
		else
			now = !is_vowel_letter(s[i]);
		m += i > 0 && now && !before;
	}
	return m;
}

static bool has_vowel(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_vowel_letter(s[i]) || (s[i] == 'y' && !is_consonant(s, i)))
			return true;
	return false;
}

/* *d: ends in a double consonant. */
static bool ends_double(const char *s, size_t len)
{
	return len >= 2 && s[len - 1] == s[len - 2] && is_consonant(s, len - 1);
}

/* *o: consonant, vowel, consonant but w, x, y; here also vowel, consonant. */
static bool ends_cvc(const char *s, size_t len)
{
	if (len == 2)
		return !is_consonant(s, 0) && is_consonant(s, 1);
	return len >= 3 && is_consonant(s, len - 3) && !is_consonant(s, len - 2) &&
	       is_consonant(s, len - 1) && !strchr("wxy", s[len - 1]);
}

static bool ends_with(const struct stem *w, const char *suffix)
{
	size_t n = strlen(suffix);

	return w->len >= n && !memcmp(w->s + w->len - n, suffix, n);
}

/* Replaces the last `n` bytes; no rule makes a word longer than it came. */
static void replace(struct stem *w, size_t n, const char *to)
{
	size_t add = strlen(to);

	memcpy(w->s + w->len - n, to, add);
	w->len += add - n;
}

/* A step whose rules all ask for a measure above `m`. */
static void apply(struct stem *w, const struct rule *rules, size_t count, int m)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(rules[i].suffix);
		if (!ends_with(w, rules[i].suffix))
			continue;
		if (measure(w->s, w->len - n) > m)
			replace(w, n, rules[i].to);
		return;
	}
}

#define APPLY(w, rules, m) apply(w, rules, sizeof(rules) / sizeof *(rules), m)

static bool irregular(struct stem *w)
{
	static const struct rule words[] = {
		{"skies", "sky"},     {"dying", "die"},       {"lying", "lie"},
		{"tying", "tie"},     {"innings", "inning"},  {"outings", "outing"},
		{"inning", "inning"}, {"outing", "outing"},   {"canning", "canning"},
		{"sky", "sky"},       {"cannings", "canning"}, {"howe", "howe"},
		{"news", "news"},     {"proceed", "proceed"}, {"exceed", "exceed"},
		{"succeed", "succeed"},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (w->len == strlen(words[i].suffix) &&
		    ends_with(w, words[i].suffix)) {
			replace(w, w->len, words[i].to);
			return true;
		}
	}
	return false;
}

/* Plurals. "dies" keeps its e, "flies" does not. */
static void step1a(struct stem *w)
{
	if (ends_with(w, "ies"))
		replace(w, 3, w->len == 4 ? "ie" : "i");
	else if (ends_with(w, "sses"))
		replace(w, 2, "");
	else if (ends_with(w, "s") && !ends_with(w, "ss"))
		replace(w, 1, "");
}

/* What a stem gets back after it lost "ed" or "ing". */
static void mend(struct stem *w)
{
	char last = w->s[w->len - 1];

	if (ends_with(w, "at") || ends_with(w, "bl") || ends_with(w, "iz"))
		replace(w, 0, "e");
	else if (ends_double(w->s, w->len))
		w->len -= last != 'l' && last != 's' && last != 'z';
	else if (measure(w->s, w->len) == 1 && ends_cvc(w->s, w->len))
		replace(w, 0, "e");
}

static void step1b(struct stem *w)
{
	size_t n = ends_with(w, "ed") ? 2 : ends_with(w, "ing") ? 3 : 0;

	if (ends_with(w, "ied")) {
		replace(w, 3, w->len == 4 ? "ie" : "i");
	} else if (ends_with(w, "eed")) {
		if (measure(w->s, w->len - 3) > 0)
			replace(w, 1, "");
	} else if (n && has_vowel(w->s, w->len - n)) {
		w->len -= n;
		mend(w);
	}
}

/* y to i after a consonant: "happy", "fly"; but not "by" or "enjoy". */
static void step1c(struct stem *w)
{
	if (ends_with(w, "y") && w->len > 2 && is_consonant(w->s, w->len - 2))
		replace(w, 1, "i");
}

static void step2(struct stem *w)
{
	static const struct rule rules[] = {
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},
		{"anci", "ance"},   {"izer", "ize"},    {"bli", "ble"},
		{"alli", "al"},     {"entli", "ent"},   {"eli", "e"},
		{"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
		{"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"},
		{"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
		{"iviti", "ive"},   {"biliti", "ble"},  {"fulli", "ful"},
	};

	/* "additionalli" has two of the suffixes to lose */
	if (ends_with(w, "alli") && measure(w->s, w->len - 4) > 0)
		replace(w, 2, "");
	if (!ends_with(w, "logi"))
		APPLY(w, rules, 0);
	else if (measure(w->s, w->len - 3) > 0) /* the l counts as stem */
		replace(w, 1, "");
}

static void step3(struct stem *w)
{
	static const struct rule rules[] = {
		{"icate", "ic"}, {"ative", ""},  {"alize", "al"}, {"iciti", "ic"},
		{"ical", "ic"},  {"ful", ""},    {"ness", ""},
	};

	APPLY(w, rules, 0);
}

static void step4(struct stem *w)
{
	static const struct rule rules[] = {
		{"al", ""},   {"ance", ""},  {"ence", ""}, {"er", ""},  {"ic", ""},
		{"able", ""}, {"ible", ""},  {"ant", ""},  {"ement", ""},
		{"ment", ""}, {"ent", ""},   {"ou", ""},   {"ism", ""}, {"ate", ""},
		{"iti", ""},  {"ous", ""},   {"ive", ""},  {"ize", ""},
	};

	if (!ends_with(w, "ion"))
		APPLY(w, rules, 1);
	else if (w->len > 3 && strchr("st", w->s[w->len - 4]) &&
		 measure(w->s, w->len - 3) > 1)
		w->len -= 3;
}

static void step5(struct stem *w)
{
	if (ends_with(w, "e")) {
		size_t n = w->len - 1;
		int m = measure(w->s, n);
		if (m > 1 || (m == 1 && !ends_cvc(w->s, n)))
			w->len = n;
	}
	if (ends_with(w, "ll") && measure(w->s, w->len - 1) > 1)
		w->len--;
}

size_t stem_word(char *word, size_t len)
{
	struct stem w = {word, len};

	if (irregular(&w) || len <= 2)
		return w.len;
	step1a(&w);
	step1b(&w);
	step1c(&w);
	step2(&w);
	step3(&w);
	step4(&w);
	step5(&w);
	return w.len;
}
