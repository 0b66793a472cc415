/*
 * test_guard_words.c - settings of guards in words, there and back, and what is refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "guard/guard.h"

static void test_words(void **state)
{
	const struct guard_row *row = guard_at(GUARD_overfit);
	struct guard x;
	struct err err;
	char text[GUARD_LINE];

	(void)state;
	assert_int_equal(guard_find("nobody"), -1);
	assert_null(guard_at(GUARDS));
	assert_null(guard_at(-1));
	for (int i = 0; i < GUARDS; i++) {
		const struct guard_row *w = guard_at(i);

		assert_int_equal(guard_find(w->name), i);
		assert_true(w->help && w->sign && w->helps && w->acts && w->source && w->say);
		guard_init(w, &x);
		assert_true(guard_is_plain(w, &x));
		guard_show(w, &x, text, sizeof text);
		assert_int_equal(guard_read(w, text, &x, &err), ST_OK); /* there and back */
		assert_true(guard_is_plain(w, &x));
		assert_int_equal(guard_read(w, "act", &x, &err), ST_OK);
		assert_false(guard_is_plain(w, &x)); /* its memory is state */
		assert_true(w->fallback != GUARD_ACT); /* or old runs would change */
	}
	assert_int_equal(guard_read(row, "  act   n=7 ", &x, &err), ST_OK);
	guard_show(row, &x, text, sizeof text);
	assert_string_equal(text, "act n=7 margin=0.01 se=2 loss=0.05");
	assert_int_equal(guard_read(row, "", &x, &err), ST_INVALID);
	assert_int_equal(guard_read(row, "on", &x, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "set to warn, act or off, not to 'on'"));
	assert_int_equal(guard_read(row, "act n", &x, &err), ST_INVALID);
	assert_int_equal(guard_read(row, "act m=3", &x, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "guard 'overfit' has no parameter 'm'"));
	assert_int_equal(guard_read(row, "act n=0", &x, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "n=0 is out of range: 1 to 1000"));
	assert_int_equal(guard_read(row, "act n=3 n=4", &x, &err), ST_INVALID);
	assert_int_equal(guard_read(row, "act n=nan", &x, &err), ST_INVALID);
	assert_int_equal(guard_read(row, "act n=1 margin=0 n=2 n=3 n=4 n=5", &x, &err),
			 ST_INVALID);
	guard_show(row, &x, text, sizeof text);
	/* what is refused changes nothing */
	assert_string_equal(text, "act n=7 margin=0.01 se=2 loss=0.05");
}

/* As the strips on the desk have them. */
static void test_measures(void **state)
{
	const struct guard_task share = { .metric = "accuracy" };
	const struct guard_task r = { .metric = "pearson", .is_correlation = true };
	const struct guard_task ppl = { .metric = "perplexity", .is_inverse = true };
	char out[24];

	(void)state;
	assert_string_equal(guard_measure(&share, 0.8125, out), "81.2");
	assert_string_equal(guard_measure(&r, 0.059, out), ".059");
	assert_string_equal(guard_measure(&r, -0.0894, out), "-.089");
	assert_string_equal(guard_measure(&r, 0.9999, out), "1.00");
	assert_string_equal(guard_measure(&ppl, 0.0625, out), "16");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words),
					    cmocka_unit_test(test_measures) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
