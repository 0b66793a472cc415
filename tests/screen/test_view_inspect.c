/*
 * test_view_inspect.c - the Inspect view on a made-up run: figures, filters,
 * attributions, one row alone, finding, exporting; and "try a text" with marks.
 *
 * Golden screens stand under tests/golden/screen (TUTTI_GOLDEN=write).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/pty_desk.h"

static void test_goldens(void **state)
{
	static const struct pty_spec size[] = {
		{.rows = 24, .cols = 80},
		{.rows = 40, .cols = 120},
		{.rows = 24, .cols = 80, .lang = "C", .term = "vt100"},
		{.rows = 16, .cols = 60},
	};
	static const char *const name[] = {"80", "120", "80-vt100", "60"};
	static const struct { const char *keys, *name; } what[] = {
		{"3<\r", "inspect-explained"}, {"3<\r\r", "inspect-row"},
		{"3>>>", "inspect-numbers"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof what / sizeof *what; i++)
		for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
			char file[64];

			str_format(file, sizeof file, "%s-%s", what[i].name, name[k]);
			assert_screen(&size[k], what[i].keys, file);
		}
}

static void test_explain(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "3<");
	assert_true(pty_shows(&p, "Enter: which words made the answer?"));
	pty_type(&p, "\r");
	assert_true(pty_shows(&p, "gradient x input"));
	assert_true(pty_shows(&p, "[Köln]"));
	assert_true(pty_shows(&p, "(in)"));
	pty_type(&p, "o");
	assert_true(pty_shows(&p, "o: gradient x input"));
	assert_true(pty_shows(&p, "[team]"));
	pty_type(&p, "j"); /* another row has not been asked about */
	assert_true(pty_shows(&p, "Enter: which words made the answer?"));
	pty_type(&p, "k"); /* an answer stays */
	assert_true(pty_shows(&p, "[team]"));
	pty_type(&p, "\r");
	assert_true(pty_shows(&p, "margin 0.954"));
	assert_false(pty_shows(&p, "recall"));
	pty_type(&p, "\033");
	assert_true(pty_shows(&p, "recall"));
	pty_close(&p);
}

static void test_waiting(void **state)
{
	struct pty_spec s = {.holds_answers = true};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "3\r");
	assert_true(pty_shows(&p, "asked; the answer comes between two steps"));
	pty_close(&p);
}

static void test_lists(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "3<");
	assert_true(pty_shows(&p, "fixed 9  broke 2"));
	assert_true(pty_shows(&p, "24 of 120 · by loss"));
	pty_type(&p, "a");
	assert_true(pty_shows(&p, "120 of 120"));
	pty_type(&p, "d");
	assert_true(pty_shows(&p, "changed: + fixed, - broken"));
	assert_true(pty_shows(&p, "11 of 120"));
	pty_type(&p, "d");
	pty_type(&p, "ss");
	assert_true(pty_shows(&p, "by margin"));
	pty_type(&p, "c\tl\r");
	assert_true(pty_shows(&p, "gold World, predicted Sports"));
	pty_type(&p, "c");
	pty_type(&p, "a");
	assert_true(pty_shows(&p, "24 of 120"));
	pty_close(&p);
}

static void test_find(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "3<n");
	assert_true(pty_shows(&p, "nothing to look for"));
	pty_type(&p, "/");
	assert_true(pty_shows(&p, "find "));
	pty_type(&p, "PIRATES\r");
	assert_true(pty_shows(&p, "hold 'PIRATES'"));
	assert_true(pty_shows(&p, "row 738"));
	pty_type(&p, "n");
	assert_true(pty_shows(&p, "row 528"));
	pty_type(&p, "N");
	assert_true(pty_shows(&p, "row 738"));
	pty_type(&p, ":find nowhere\r");
	assert_true(pty_shows(&p, "no row of the list holds 'nowhere'"));
	pty_close(&p);
}

/* Where it went is said; a second time it goes beside the first. */
static void test_export(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "3<x");
	pty_read(&p, .5, 2);
	assert_true(pty_shows(&p, "written to"));
	assert_true(pty_shows(&p, "inspect-agnews-12000"));
	pty_close(&p);
}

static void test_try(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "3t");
	pty_type(&p, "the cup in time\r");
	assert_true(pty_shows(&p, "0.880"));
	pty_type(&p, "o");
	assert_true(pty_shows(&p, "gradient x input"));
	assert_true(pty_shows(&p, "(in)"));
	pty_type(&p, "o");
	assert_true(pty_shows(&p, "occlusion "));
	pty_type(&p, "jjo");
	assert_true(pty_shows(&p, "no one answer to explain"));
	pty_type(&p, "\033");
	pty_type(&p, ":explain sst2 a cup\r");
	assert_true(pty_shows(&p, "gradient x input") || pty_shows(&p, "occlusion "));
	pty_close(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_try),
	};

	return cmocka_run_group_tests_name("view_inspect", tests, NULL, NULL);
}
