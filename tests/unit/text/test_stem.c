/*
 * test_stem.c - Porter's stemmer against NLTK's, word by word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "fixture/golden.h"
#include "text/stem.h"

static void test_golden_words(void **state)
{
	struct golden g;
	char *line, word[256];
	int wrong = 0;

	(void)state;
	golden_open(&g, "tests/golden/stem/words.tsv");
	while ((line = golden_line(&g))) {
		char *tab = strchr(line, '\t');
		size_t len = (size_t)(tab - line), got;

		memcpy(word, line, len);
		word[len] = '\x7f'; /* must stay */
		got = stem_word(word, len);
		assert_true(got <= len);
		assert_int_equal(word[len], '\x7f');
		if (got != strlen(tab + 1) || memcmp(word, tab + 1, got)) {
			print_message("%.*s: %.*s, not %s\n", (int)len, line,
				      (int)got, word, tab + 1);
			wrong++;
		}
	}
	assert_true(g.line > 6000);
	golden_close(&g);
	assert_int_equal(wrong, 0);
}

static void test_long_word(void **state)
{
	static char word[100000];

	(void)state;
	memset(word, 'y', sizeof word);
	assert_true(stem_word(word, sizeof word) <= sizeof word);
	memset(word, 'a', sizeof word);
	memcpy(word + sizeof word - 4, "sses", 4);
	assert_int_equal(stem_word(word, sizeof word), sizeof word - 2);
	assert_int_equal(stem_word(word, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_words),
		cmocka_unit_test(test_long_word),
	};

	return cmocka_run_group_tests_name("stem", tests, NULL, NULL);
}
