/*
 * Curves and Journal on a pseudo-terminal: golden frames at each level, windows,
 * axes, marks, a second run, undo. TUTTI_GOLDEN=write makes the frames anew.
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

/* What is read from the store comes with a later frame, a quarter of a second on. */
static void settle(struct pty *p)
{
	pty_settle(p, 10);
	pty_read(p, .6, 5);
}

static void open_at(struct pty *p, const struct pty_spec *s, const char *keys)
{
	pty_begin(p, s);
	for (const char *k = keys; *k; k++) {
		char one[2] = {*k, '\0'};

		pty_type(p, one);
	}
	settle(p);
}

/* What the keys bring up, as stored. */
static void test_frames(void **state)
{
	static const struct {
		const char *keys, *name;
	} frame[] = {
		{"2NN", "curves-mark"},	    {"2t", "curves-dev"},
		{"2tt", "curves-norm"},	    {"2ttt", "curves-share"},
		{"2\rrNa", "curves-one"},   {"2N+++++", "curves-zoom"},
		{"2:overlay glue4-alone\r", "curves-overlay"},
		{"2aaaaX", "curves-time"},  {"8kk", "journal-entry"},
		{"8w", "journal-who"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof frame / sizeof *frame; i++)
		for (int k = 0; k < 2; k++) {
			struct pty_spec s = {.rows = k ? 40 : 24, .cols = k ? 120 : 80};
			char name[64];
			struct pty p;

			str_format(name, sizeof name, "%s-%d", frame[i].name, s.cols);
			open_at(&p, &s, frame[i].keys);
			assert_golden(&p, name);
			pty_close(&p);
		}
}

static void test_levels(void **state)
{
	struct pty_spec plain = {.lang = "C", .term = "vt100"};
	struct pty_spec small = {.rows = 16, .cols = 60};
	struct pty_spec many = {.rows = 24, .cols = 80, .tasks = 20};
	struct pty p;

	(void)state;
	open_at(&p, &plain, "2:overlay glue4-alone\rN");
	assert_golden(&p, "curves-80-vt100");
	pty_close(&p);
	open_at(&p, &plain, "8");
	for (size_t i = 0; i < p.raw.len; i++)
		assert_true((unsigned char)p.raw.s[i] < 0x80);
	assert_golden(&p, "journal-80-vt100");
	pty_close(&p);
	open_at(&p, &small, "2N");
	assert_golden(&p, "curves-60");
	pty_close(&p);
	open_at(&p, &small, "8k");
	assert_golden(&p, "journal-60");
	pty_close(&p);
	open_at(&p, &many, "2kk");
	assert_golden(&p, "curves-80-many");
	pty_close(&p);
}

static void test_zoom_reads_rows(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	open_at(&p, &s, "2");
	assert_true(pty_shows(&p, "16 steps a point"));
	pty_type(&p, "++++");
	assert_true(pty_shows(&p, "10,152–12,652"));
	settle(&p);
	assert_true(pty_shows(&p, "8 steps a point"));
	pty_type(&p, "++++");
	settle(&p);
	assert_false(pty_shows(&p, "steps a point")); /* every step */
	pty_type(&p, "<<");
	assert_true(pty_shows(&p, "12,126–12,282"));
	pty_type(&p, "g"); /* the cursor takes the window along */
	assert_true(pty_shows(&p, "at 1 "));
	assert_true(pty_shows(&p, "0–156"));
	pty_type(&p, "f");
	assert_true(pty_shows(&p, "16 steps a point"));
	pty_close(&p);
}

static void test_marks_and_back(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	open_at(&p, &s, "2n");
	assert_true(pty_shows(&p, "at 7,000"));
	assert_true(pty_shows(&p, "you     mute stsb off"));
	pty_type(&p, "nn");
	assert_true(pty_shows(&p, "at 11,401"));
	pty_type(&p, "N");
	assert_true(pty_shows(&p, "guard   weight samsum"));
	pty_type(&p, "NN");
	assert_true(pty_shows(&p, "no journal entry further that way"));
	pty_type(&p, "\033");
	settle(&p);
	assert_true(pty_shows(&p, "now 12,340"));
	pty_close(&p);
}

static void test_overlay(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	open_at(&p, &s, "2:overlay nobody\r");
	assert_true(pty_shows(&p, "no run 'nobody'"));
	pty_type(&p, ":overlay glue4-alone\r");
	settle(&p);
	assert_true(pty_shows(&p, "behind the curves: glue4-alone"));
	assert_true(pty_shows(&p, "┄┄ glue4-alone"));
	pty_type(&p, ":overlay off\r");
	assert_false(pty_shows(&p, "┄┄ glue4-alone"));
	pty_close(&p);
}

static void test_undo(void **state)
{
	struct pty_spec s = {.rows = 30, .cols = 100};
	struct pty p;

	(void)state;
	open_at(&p, &s, "8");
	assert_true(pty_shows(&p, "u posts  weight samsum 1.41"));
	pty_type(&p, "u");
	assert_true(pty_shows(&p, "you     weight samsum 1.41"));
	assert_true(pty_shows(&p, "entry 5")); /* it follows the newest */
	pty_type(&p, "gu");
	assert_true(pty_shows(&p, "mute stsb off"));
	assert_true(pty_shows(&p, "entry 1")); /* the person moved away */
	pty_type(&p, ":note nothing to undo\r");
	pty_type(&p, "Gu");
	assert_true(pty_shows(&p, "nothing to undo: a note changes nothing"));
	pty_close(&p);
}

static void test_filters(void **state)
{
	struct pty_spec s = {.rows = 30, .cols = 100};
	struct pty p;

	(void)state;
	open_at(&p, &s, "8w");
	assert_true(pty_shows(&p, "2 of 4 by you"));
	assert_false(pty_shows(&p, "guard   weight"));
	pty_type(&p, "wwwww"); /* script, guards, timers, actors, all */
	assert_true(pty_shows(&p, "guard   weight"));
	pty_type(&p, "<<"); /* backwards: agnews, then samsum */
	assert_true(pty_shows(&p, "2 of 4 on samsum"));
	pty_type(&p, ">>");
	pty_type(&p, "/LR\r");
	assert_true(pty_shows(&p, "1 of 4 with 'LR'"));
	assert_true(pty_shows(&p, "lr 0.0005"));
	pty_type(&p, "/\r");
	assert_false(pty_shows(&p, "with 'LR'"));
	pty_type(&p, "g\r"); /* the curves at that step */
	assert_true(pty_shows(&p, "at 7,000"));
	pty_close(&p);
}

/* Nothing moves, nothing is written; an effect that is measured is enough. */
static void test_silence(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	open_at(&p, &s, "8");
	settle(&p);
	assert_int_equal(pty_read(&p, .8, .8), 0);
	pty_type(&p, "2N++++");
	settle(&p);
	assert_int_equal(pty_read(&p, .8, .8), 0);
	pty_close(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_zoom_reads_rows),
		cmocka_unit_test(test_marks_and_back),
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests_name("view_curves", tests, NULL, NULL);
}
