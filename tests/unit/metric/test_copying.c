/*
 * Folded words, pieces in their texts, and how much of a summary was copied.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "metric/copying.h"
#include "text/fold.h"
#include "text/tokenizer.h"

static void test_fold(void **state)
{
	static const char *const row[][2] = {
		{"tomorrow", "tomorrow"}, {"Tomorrow.", "tomorrow"}, {"(I'll", "i'll"},
		{"--", ""}, {"...", ""}, {"", ""}, {"Café,", "cafe"}, {"«Été»", "ete"},
		{"3.5%", "3.5"}, {"it’s", "it’s"}, {"“", ""}, {"ÜBER!!", "uber"},
	};
	struct buf b;

	(void)state;
	buf_init(&b);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		buf_clear(&b);
		text_fold(&b, row[i][0], strlen(row[i][0]));
		assert_string_equal(buf_str(&b), row[i][1]);
		assert_int_equal(text_fold_key(row[i][0], strlen(row[i][0])) == 0,
				 !row[i][1][0]);
	}
	assert_true(text_fold_key("Boat,", 5) == text_fold_key("boat", 4));
	assert_true(text_fold_key("boats", 5) != text_fold_key("boat", 4));
	buf_release(&b);
}

static bool places(const char *text, size_t len, const char *const *piece, int n,
		   struct token_span *out)
{
	return tokenizer_places(tokenizer_kind_at(0), text, len, piece, n, out);
}

static void test_places(void **state)
{
	static const char text[] = "Anna: I'll come, Zoë.";
	static const char *const piece[] = {"[CLS]", "anna", ":", "i", "'", "ll", "com",
					    "##e", ",", "[UNK]", ".", "[SEP]"};
	static const char *const word[] = {"", "Anna", ":", "I", "'", "ll", "come", "come",
					   ",", "Zoë", ".", ""};
	struct token_span span[12];

	(void)state;
	assert_false(places(text, strlen(text), piece, 12, span));
	for (int i = 0; i < 12; i++) {
		assert_int_equal(span[i].end - span[i].start, strlen(word[i]));
		assert_memory_equal(text + span[i].start, word[i], strlen(word[i]));
	}
	assert_int_equal(span[6].word, span[7].word);
	/* cut: the text goes on */
	assert_true(places(text, strlen(text), piece, 9, span));
	/* more pieces than text */
	assert_false(places("Anna", 4, piece, 4, span));
	assert_int_equal(span[3].start, span[3].end);
}

/* Words as small numbers; 1 2 3 .. is the source. */
static void test_measures(void **state)
{
	static const uint64_t source[] = {1, 2, 3, 4, 5, 6, 2, 3};
	static const uint64_t output[] = {2, 3, 4, 9, 6, 9, 1, 2};
	struct fragment f[8];
	struct copying c;

	(void)state;
	assert_int_equal(copying_fragments(source, 8, output, 8, f), 3);
	assert_int_equal(f[0].output, 0);
	assert_int_equal(f[0].source, 1);
	assert_int_equal(f[0].length, 3);
	assert_int_equal(f[1].output, 4);
	assert_int_equal(f[1].length, 1);
	assert_int_equal(f[2].output, 6);
	assert_int_equal(f[2].source, 0);
	assert_int_equal(f[2].length, 2);
	copying_measure(source, 8, output, 8, &c);
	assert_int_equal(c.longest, 3);
	assert_true(fabs(c.coverage - 6 / 8.0) < 1e-12);
	assert_true(fabs(c.density - (9 + 1 + 4) / 8.0) < 1e-12);
	assert_true(fabs(c.novel[0] - 2 / 8.0) < 1e-12);
	assert_true(fabs(c.novel[1] - 4 / 7.0) < 1e-12);
	assert_true(fabs(c.novel[2] - 5 / 6.0) < 1e-12);
	assert_int_equal(c.repeats, 0);
}

static void test_repeats_and_edges(void **state)
{
	static const uint64_t loop[] = {7, 8, 9, 7, 8, 9, 7};
	struct copying c;

	(void)state;
	copying_measure(loop, 2, loop, 7, &c);
	assert_int_equal(c.repeats, 2); /* 7 8 9 and 8 9 7 came before */
	copying_measure(loop, 0, loop, 2, &c);
	assert_true(c.coverage == 0 && c.novel[1] == 1 && isnan(c.novel[2]));
	copying_measure(loop, 7, loop, 0, &c);
	assert_true(isnan(c.coverage) && isnan(c.novel[0]) && c.longest == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_measures),
		cmocka_unit_test(test_repeats_and_edges),
	};

	return cmocka_run_group_tests_name("copying", tests, NULL, NULL);
}
