/*
 * test_parts.c - a text in turns or sentences.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "text/parts.h"

static void parts(const char *text, int n, const char *const *expected)
{
	struct text_part p[16];

	assert_int_equal(text_parts(text, strlen(text), p, 16), n);
	for (int i = 0; i < n; i++) {
		assert_int_equal(p[i].len, strlen(expected[i]));
		assert_memory_equal(p[i].s, expected[i], p[i].len);
	}
}

static void test_parts(void **state)
{
	static const char *const turns[] = { "Anna: hi there.", "Mary Ann Lee: hello!",
					     "Anna: bye" };
	static const char *const sentences[] = { "One.", "Is it two?", "3.5 is three!",
						 "four" };
	static const char *const one[] = { "Anna: alone is a sentence." };

	(void)state;
	parts("Anna: hi there. Mary Ann Lee: hello! Anna: bye", 3, turns);
	parts("One.  Is it two?\n3.5 is three! four", 4, sentences);
	parts("Anna: alone is a sentence.", 1, one);
	parts("", 0, NULL);
	parts(" \n ", 0, NULL);
}

static void test_turns(void **state)
{
	static const char text[] = "Anna: hi\nBo B: 3:30? X: no. mary: no. Mary:no. Cleo: yes";
	struct text_part p[16];

	(void)state;
	assert_int_equal(text_turns(text, strlen(text), p, 16), 2);
	assert_int_equal(p[0].len, strlen(text) - strlen("Cleo: yes") - 1);
	assert_memory_equal(p[1].s, "Cleo: yes", p[1].len);
	assert_int_equal(text_turns("One. Two.", 9, p, 16), 0);
	assert_int_equal(text_turns("An: a Bo: b Cy: c", 17, p, 2), 2);
	assert_int_equal(text_turns("", 0, p, 16), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
