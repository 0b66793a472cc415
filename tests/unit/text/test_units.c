/*
 * test_units.c - units of a text: words found again by a longest common subsequence,
 * against trying every way; an oracle's sentences, against BertSum's rule written
 * plainly; places among pieces; what is chosen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"
#include "text/units.h"

enum { MOST = 64 };

/* "01100" of a target; what it was in *what. */
static const char *kept(enum unit_kind how, const char *text, const char *target, int most,
			enum units_target *what)
{
	static char out[MOST + 1];
	struct text_part unit[MOST];
	bool keep[MOST] = { false };
	int n = text_units(how, text, strlen(text), unit, MOST);

	*what = units_of_target(how, unit, n, most, target, strlen(target), keep);
	for (int i = 0; i < n; i++)
		out[i] = keep[i] ? '1' : '0';
	out[n] = '\0';
	return out;
}

static void words(const char *text, const char *target, enum units_target is,
		  const char *mask)
{
	enum units_target what;
	const char *got = kept(UNIT_WORDS, text, target, 3, &what);

	assert_int_equal(what, is);
	if (what != UNITS_NONE && what != UNITS_MISCOUNTED)
		assert_string_equal(got, mask);
}

static void test_masks(void **state)
{
	(void)state;
	words("a b c", "010", UNITS_GIVEN, "010");
	words("a b c", " 0, 1\t0 ", UNITS_GIVEN, "010");
	words("a b c", "000", UNITS_NONE, "");
	words("a b c", "01", UNITS_MISCOUNTED, "");
	words("a b c", "0101", UNITS_MISCOUNTED, "");
	words("room 101 is free", "101 is", UNITS_FOUND, "0110");
	words("room 101 is free", "101", UNITS_FOUND, "0100"); /* a word, not three of them */
	words("room 101 free", "101", UNITS_GIVEN, "101");
}

static void test_words(void **state)
{
	(void)state;
	words("the cat sat on the mat .", "the cat sat", UNITS_FOUND, "1110000");
	words("The Cat, sat on the mat .", "cat sat .", UNITS_FOUND, "0110001");
	/* side by side, though the first "the" comes earlier */
	words("the cat saw the dog run", "the dog", UNITS_FOUND, "000110");
	/* of equally good places the leftmost */
	words("go and go and go", "go", UNITS_FOUND, "10000");
	words("go and go and go", "go go", UNITS_FOUND, "10100");
	/* marks are words, byte for byte */
	words("a ; b , c", "a , c", UNITS_FOUND, "10011");
	words("a ; b", "a , b", UNITS_NEAREST, "101");
	words("one two three four", "one four three", UNITS_NEAREST, "1010");
	words("one two", "three", UNITS_NONE, "");
	words("", "three", UNITS_NONE, "");
}

/* --- against every way there is --- */

static char drawn(const struct rng *r, uint64_t *at, int letters)
{
	return (char)('a' + rng_below(r, (*at)++, (uint32_t)letters));
}

struct best {
	int found, side, n;
	uint32_t mask;
};

/* All ways to find target[j..] behind text[i - 1], which was found if `last`. */
static void try_all(const char *text, int n, const char *target, int m, int i, int j,
		    int last_i, int last_j, struct best now, struct best *best)
{
	if (i == n || j == m) {
		bool more = now.found > best->found ||
			    (now.found == best->found && now.side > best->side);

		if (more)
			*best = now;
		return;
	}
	try_all(text, n, target, m, i + 1, j, last_i, last_j, now, best);
	try_all(text, n, target, m, i, j + 1, last_i, last_j, now, best);
	if (text[i] == target[j]) {
		now.found++;
		now.side += last_i == i - 1 && last_j == j - 1 && i > 0 && j > 0 && last_i >= 0;
		now.mask |= 1u << i;
		try_all(text, n, target, m, i + 1, j + 1, i, j, now, best);
	}
}

static int side_by_side(const char *text, const char *mask, const char *target, int m)
{
	int at[MOST], n = 0, side = 0, j = 0;

	for (int i = 0; mask[i]; i++)
		if (mask[i] == '1')
			at[n++] = i;
	for (int k = 0; k < n; k++, j++) { /* all of the target was found */
		assert_true(j < m && text[at[k]] == target[j]);
		side += k && at[k] == at[k - 1] + 1;
	}
	return side;
}

static void test_every_way(void **state)
{
	enum { N = 8, M = 4, TIMES = 300 };

	(void)state;
	for (uint64_t t = 0; t < TIMES; t++) {
		struct rng r = rng_stream(5, RNG_TEST, 1, t);
		char a[N + 1] = "", b[M + 1] = "", text[2 * N + 1] = "", target[2 * M + 1] = "";
		struct best best = { .found = -1 };
		enum units_target what;
		uint64_t at = 0;
		const char *got;
		int found = 0;

		for (int i = 0; i < N; i++) {
			a[i] = drawn(&r, &at, 3);
			text[2 * i] = a[i];
			text[2 * i + 1] = ' ';
		}
		for (int i = 0; i < M; i++) {
			b[i] = drawn(&r, &at, 4);
			target[2 * i] = b[i];
			target[2 * i + 1] = ' ';
		}
		try_all(a, N, b, M, 0, 0, -1, -1, (struct best){ 0 }, &best);
		got = kept(UNIT_WORDS, text, target, 3, &what);
		for (int i = 0; i < N; i++)
			found += got[i] == '1';
		if (what == UNITS_NONE) {
			assert_int_equal(best.found, 0);
			continue;
		}
		assert_int_equal(found, best.found);
		assert_int_equal(what == UNITS_FOUND, found == M);
		if (what == UNITS_FOUND)
			assert_int_equal(side_by_side(a, got, b, M), best.side);
	}
}

/* A text too long for a table: each word's next place. */
static void test_long(void **state)
{
	enum { N = UNITS_MAX };
	struct text_part *unit = calloc(N, sizeof *unit);
	bool *keep = calloc(N, sizeof *keep);
	struct buf text, target;
	int n;

	(void)state;
	buf_init(&text);
	buf_init(&target);
	for (int i = 0; i < N + 100; i++)
		buf_addf(&text, "w%d ", i);
	for (int i = 0; i < N; i += 2)
		buf_addf(&target, "w%d ", i);
	n = text_units(UNIT_WORDS, buf_str(&text), text.len, unit, N);
	assert_int_equal(n, N);
	assert_int_equal(units_of_target(UNIT_WORDS, unit, n, 3, buf_str(&target), target.len,
					 keep), UNITS_FOUND);
	for (int i = 0; i < N; i++)
		assert_int_equal(keep[i], i % 2 == 0);
	buf_release(&text);
	buf_release(&target);
	free(unit);
	free(keep);
}

/* --- sentences --- */

/* The F1s are written out: words {a b c d}, pairs {ab bc cd}. */
static void test_oracle(void **state)
{
	enum units_target what;

	(void)state;
	/* alone: 1: 2*2/6 + 2*1/4; 2: 2*2/6 + 2*1/4, later; 3: nothing */
	assert_string_equal(kept(UNIT_SENTENCES, "A b. C d. X y.", "a b c d", 3, &what), "110");
	assert_int_equal(what, UNITS_FOUND);
	/* one at most */
	assert_string_equal(kept(UNIT_SENTENCES, "A b. C d. X y.", "a b c d", 1, &what), "100");
	/* the first of two that are the same; the other one would add nothing */
	assert_string_equal(kept(UNIT_SENTENCES, "X y. A b c d. A b c d.", "a b c d", 3, &what),
			    "010");
	/* a sentence that costs more than it brings is not chosen */
	assert_string_equal(kept(UNIT_SENTENCES, "A b c. D p q r s t u v.", "a b c d", 3, &what),
			    "10");
	/* words count once, however often they come */
	assert_string_equal(kept(UNIT_SENTENCES, "A a a a. A b.", "a b", 1, &what), "01");
	kept(UNIT_SENTENCES, "One two. Three.", "four", 3, &what);
	assert_int_equal(what, UNITS_NONE);
	assert_string_equal(kept(UNIT_SENTENCES, "Ann Lee: hi there. Bob Roe: at nine.",
				 "bob at nine", 3, &what), "01");
	assert_string_equal(kept(UNIT_SENTENCES, "One two. Three.", "01", 3, &what), "01");
	assert_int_equal(what, UNITS_GIVEN);
}

/* --- places --- */

static void test_places(void **state)
{
	/* [CLS] un kind words . [SEP], the last word cut off; "kind" is a piece of "unkind" */
	static const char text[] = "Unkind words. more";
	static const struct token_span span[] = { { 0, 0, 0 }, { 0, 2, 0 }, { 2, 6, 0 },
						  { 6, 12, 1 }, { 12, 13, 2 }, { 0, 0, 0 } };
	struct layout l = { .n = 6, .at = { 1, 6 }, .len = { 4, 0 } };
	struct text_part unit[MOST];
	bool keep[MOST] = { false, true };
	struct unit_place u[MOST];
	int n = text_units(UNIT_WORDS, text, strlen(text), unit, MOST);

	(void)state;
	assert_int_equal(n, 3);
	assert_int_equal(units_place(UNIT_WORDS, text, unit, n, keep, &l, span, u), 2);
	assert_int_equal(u[0].from, 1);
	assert_int_equal(unit_rows(&u[0]), 1);
	assert_false(unit_is_kept(&u[0]));
	assert_int_equal(u[1].from, 3); /* its piece begins with the blank before it */
	assert_true(unit_is_kept(&u[1]));
	assert_int_equal(unit_rows(&u[2]), 0);
	n = text_units(UNIT_SENTENCES, text, strlen(text), unit, MOST);
	assert_int_equal(n, 1); /* no capital behind the full stop: one sentence */
	assert_int_equal(units_place(UNIT_SENTENCES, text, unit, n, NULL, &l, span, u), 1);
	assert_int_equal(u[0].from, 1);
	assert_int_equal(unit_rows(&u[0]), 4);
	/* what a damaged cache may say is not read */
	assert_true(unit_is_read(&(struct unit_place){ 5, 2 }, 6));
	assert_false(unit_is_read(&(struct unit_place){ 6, 2 }, 6));
	assert_false(unit_is_read(&(struct unit_place){ -1, 2 }, 6));
	assert_false(unit_is_read(&(struct unit_place){ 0, INT32_MAX }, 6));
	assert_false(unit_is_read(&(struct unit_place){ INT32_MAX, INT32_MAX }, 6));
}

/* --- choosing --- */

static const char *shown(const bool *keep, int n)
{
	static char out[MOST + 1];

	for (int i = 0; i < n; i++)
		out[i] = keep[i] ? '1' : '0';
	out[n] = '\0';
	return out;
}

static void test_choose(void **state)
{
	static const char text[] = "The red cat sat down. A red cat sat up. Dogs ran off. Go.";
	struct text_part unit[MOST];
	int n = text_units(UNIT_SENTENCES, text, strlen(text), unit, MOST);
	bool keep[MOST], gold[4] = { true, true, false, false };
	struct unit_counts c;
	struct buf b;

	(void)state;
	units_choose_words((const float[]){ 0.5f, 0.49f, -1, 0.9f }, 4, 0.5, keep);
	assert_string_equal(shown(keep, 4), "1001");
	units_choose_words((const float[]){ 0.1f, 0.2f, -1, 0.2f }, 4, 0.5, keep);
	assert_string_equal(shown(keep, 4), "0100"); /* never nothing */
	units_choose_words((const float[]){ -1, -1 }, 2, 0, keep);
	assert_string_equal(shown(keep, 2), "00"); /* but what was not read */
	c = units_count(gold, keep, 2);
	assert_true(c.gold == 2 && c.pred == 0 && c.both == 0);

	assert_int_equal(n, 4);
	/* the second has "red cat sat" in common with the first */
	units_choose_sentences(unit, (const float[]){ .9f, .8f, .2f, .1f }, n, 2, keep);
	assert_string_equal(shown(keep, n), "1010");
	units_choose_sentences(unit, (const float[]){ .7f, .8f, .2f, .1f }, n, 3, keep);
	assert_string_equal(shown(keep, n), "0111");
	units_choose_sentences(unit, (const float[]){ -1, .8f, -1, .1f }, n, 4, keep);
	assert_string_equal(shown(keep, n), "0101");
	buf_init(&b);
	units_text(unit, n, keep, &b);
	assert_string_equal(buf_str(&b), "A red cat sat up. Go.");
	buf_release(&b);
	units_choose_lead(n, 3, keep);
	assert_string_equal(shown(keep, n), "1110");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks), cmocka_unit_test(test_words),
		cmocka_unit_test(test_every_way), cmocka_unit_test(test_long),
		cmocka_unit_test(test_oracle), cmocka_unit_test(test_places),
		cmocka_unit_test(test_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
