/*
 * The Data view and the Runs view on run folders that are there (fake_data.h):
 * what a person sees at several sizes and levels, and what the keys do.
 *
 * TUTTI_GOLDEN=write makes the golden screens anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/golden_screen.h"
#include "fixture/pty_desk.h"

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

/* What a job finds comes when it comes: waits for it, then for a screen at rest. */
static void wait_shows(struct pty *p, const char *text)
{
	double end = clock_now() + 20;

	while (!pty_shows(p, text) && clock_now() < end)
		pty_read(p, .05, .2);
	pty_read(p, .3, 2);
	if (!pty_shows(p, text)) {
		char *seen = pty_text(p);

		print_error("'%s' never came:\n%s", text, seen);
		xfree(seen);
	}
	assert_true(pty_shows(p, text));
}

static void one(const struct pty_spec *s, const char *keys, const char *awaited,
		const char *name)
{
	struct pty p;

	pty_open(&p, s);
	pty_read(&p, .3, 3);
	for (const char *at = keys; *at; at += *at == '|') { /* "5|j": wait between */
		char part[32];

		str_format(part, sizeof part, "%.*s", (int)strcspn(at, "|"), at);
		pty_type(&p, part);
		at += strcspn(at, "|");
		if (*at == '|')
			wait_shows(&p, "3 of 3");
		else
			break;
	}
	wait_shows(&p, awaited);
	assert_golden(&p, name);
	pty_close(&p);
}

static void test_goldens(void **state)
{
	static const struct { const char *keys, *awaited, *name; } view[] = {
		{"6", "66.8%", "data"}, {"5t", "uniform", "runs"}};
	static const int size[][2] = {{24, 80}, {40, 120}};

	(void)state;
	for (size_t i = 0; i < sizeof view / sizeof *view; i++)
		for (int k = 0; k < 2; k++) {
			struct pty_spec s = {.rows = size[k][0], .cols = size[k][1]};
			struct pty_spec c = {.rows = size[k][0], .cols = size[k][1],
					     .lang = "C", .term = "vt100",
					     .no_color = true};
			char name[64];

			str_format(name, sizeof name, "%s-%d", view[i].name, s.cols);
			one(&s, view[i].keys, view[i].awaited, name);
			str_format(name, sizeof name, "%s-%d-vt100", view[i].name, s.cols);
			one(&c, view[i].keys, view[i].awaited, name);
		}
}

static void test_more_goldens(void **state)
{
	struct pty_spec small = {.rows = 16, .cols = 60}, s = {0};
	struct pty_spec wide = {.rows = 40, .cols = 120};

	(void)state;
	one(&small, "6", "▸ train", "data-60");
	one(&small, "5", "uniform", "runs-60");
	one(&s, "6>>>", "numbers to predict", "data-80-regress");
	one(&s, "6>>>>l", "summary in pieces", "data-80-summaries");
	one(&wide, "6l\r", "as the model", "data-120-row");
	one(&wide, "5|jbkd", "keeps no predictions", "runs-120-differences");
}

/* Planted rows are found; filters show what they say. */
static void test_data_keys(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "6");
	wait_shows(&p, "2 of 402");         /* skipped rows */
	assert_true(pty_shows(&p, "no valid JSON"));
	assert_true(pty_shows(&p, "field missing"));
	assert_true(pty_shows(&p, "line 32"));
	pty_type(&p, "r");
	wait_shows(&p, "1 of 1 · repeated");
	assert_true(pty_shows(&p, "the same text as row 1 of train"));
	pty_type(&p, "c");
	assert_true(pty_shows(&p, "3 of 400")); /* stays on the row */
	pty_type(&p, "L");
	wait_shows(&p, "1 of 3 · in train");
	assert_true(pty_shows(&p, "dev rows"));
	pty_type(&p, "c/len>30 label=negative the film\r");
	wait_shows(&p, "length 31 or more, label negative, 'the film'");
	pty_type(&p, "/\025find len>x\r");
	wait_shows(&p, "no length: 'len>x'");
	pty_type(&p, "/\025find label=maybe\r");
	wait_shows(&p, "no label 'maybe'");
	pty_type(&p, "/nowhere in it\r");
	wait_shows(&p, "no such rows");
	pty_type(&p, "cw");
	wait_shows(&p, "length 40 or more"); /* the longest twentieth fills the limit */
	pty_type(&p, "w");
	wait_shows(&p, "length up to");
	pty_type(&p, "w");
	wait_shows(&p, "of 60 ");
	pty_type(&p, "G");
	assert_true(pty_shows(&p, "60 of 60"));
	pty_type(&p, "gf");
	wait_shows(&p, "label negative");
	pty_close(&p);
}

/* I6: what rows bring along never reaches the terminal raw. */
static void test_foreign(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "6");
	wait_shows(&p, "<ESC>[31mhostile");
	assert_true(pty_shows(&p, "<U+202E>"));
	pty_type(&p, "5");
	wait_shows(&p, "<ESC>[31mred");
	assert_false(pty_raw_has(&p, "\033[31mhostile", 12));
	assert_false(pty_raw_has(&p, "\xe2\x80\xae", 3));
	assert_false(pty_raw_has(&p, "\033[31mred", 8));
	pty_close(&p);
}

static void test_runs_keys(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "5");
	wait_shows(&p, "3 of 3");
	pty_type(&p, "\rjb"); /* nothing is marked, the base is the chosen one */
	wait_shows(&p, "±base");
	pty_type(&p, "d");
	assert_true(pty_shows(&p, "then choose another one"));
	pty_type(&p, "k");
	wait_shows(&p, "uniform → glue4+samsum");
	assert_true(pty_shows(&p, "model.layers"));
	assert_true(pty_shows(&p, "optimizer.lr"));
	assert_true(pty_shows(&p, "mute stsb on"));
	pty_type(&p, "d=");
	wait_shows(&p, "at step 12,000");
	pty_type(&p, "G\r");
	wait_shows(&p, "at step 6,000"); /* as far as the third run came */
	pty_type(&p, "=m");
	wait_shows(&p, "newest evaluation");
	pty_type(&p, "s");
	wait_shows(&p, "by name");
	pty_type(&p, "/one\r");
	wait_shows(&p, "'one' · 1 of 3");
	assert_false(pty_shows(&p, "equal shares"));
	pty_type(&p, "c");
	wait_shows(&p, "3 of 3");
	pty_close(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_more_goldens),
		cmocka_unit_test(test_data_keys),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_runs_keys),
	};

	return cmocka_run_group_tests_name("view_data", tests, NULL, NULL);
}
