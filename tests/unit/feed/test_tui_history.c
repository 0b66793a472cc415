/*
 * test_tui_history.c - journal entries told apart, taken back and measured.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "feed/effect.h"
#include "command/command.h"
#include "fixture/history_run.h"
#include "fixture/near.h"

/* --- marks --- */

static void test_marks(void **state)
{
	(void)state;
	assert_int_equal(made_marks.n, 6);
	assert_false(marks_read(&made_marks, &made_feed, &made_snap));
	assert_int_equal(mark_letter(&made_marks.e[0]), 'W');
	assert_int_equal(mark_letter(&made_marks.e[1]), 'l'); /* a guard's is small */
	assert_int_equal(mark_letter(&made_marks.e[2]), 'N');
	assert_int_equal(mark_channel(&made_snap, made_marks.e[0].command), 0);
	assert_int_equal(mark_channel(&made_snap, made_marks.e[3].command), 1);
	assert_int_equal(mark_channel(&made_snap, made_marks.e[2].command), -1); /* "note one" */
	assert_int_equal(mark_channel(&made_snap, made_marks.e[1].command), -1);
	assert_int_equal(marks_next(&made_marks, 600, 1), 1);
	assert_int_equal(marks_next(&made_marks, 2000, -1), 2);
	assert_int_equal(marks_next(&made_marks, 600, -1), -1);
	assert_int_equal(marks_next(&made_marks, 4980, 1), -1);
	assert_int_equal(marks_near(&made_marks, 920, 50), 2);
	assert_int_equal(marks_near(&made_marks, 3000, 50), -1);
}

/* A gap in what the picture brings is read from the store, and only that. */
static int asked;
static enum status journal(void *arg, const char *path, struct journal_entry **out,
			   int *n, struct err *err)
{
	(void)arg;
	(void)path;
	(void)err;
	asked++;
	*n = 2;
	*out = xcalloc(2, sizeof **out);
	(*out)[0].seq = 1;
	(*out)[1].seq = 2;
	return ST_OK;
}

static void test_marks_gap(void **state)
{
	static struct snapshot late;
	struct feed f = {.journal = journal};
	struct marks m = {0};

	(void)state;
	snapshot_init(&late);
	late.n_journal = 1;
	late.journal[0].seq = 1;
	assert_true(marks_read(&m, &f, &late));
	assert_int_equal(asked, 0);
	assert_int_equal(m.n, 1);
	late.journal[0].seq = 3;
	assert_true(marks_read(&m, &f, &late));
	assert_int_equal(asked, 1);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.newest, 3);
	late.journal[0].seq = 1; /* another picture: played back */
	marks_read(&m, &f, &late);
	assert_int_equal(m.n, 1);
	marks_release(&m);
}

static void inverse_is(int i, const char *want)
{
	char line[JOURNAL_TEXT];
	const char *why = NULL;

	if (!want) {
		assert_false(command_undo(&made_marks.e[i], line, &why));
		assert_non_null(why);
		return;
	}
	assert_true(command_undo(&made_marks.e[i], line, &why));
	assert_string_equal(line, want);
}

static void test_inverse(void **state)
{
	struct journal_entry e = {.command = "weight a 1", .before = "1", .after = "1"};
	char line[JOURNAL_TEXT];
	const char *why;

	(void)state;
	inverse_is(0, "weight one 1");
	inverse_is(1, "lr 0.001");
	inverse_is(2, NULL);
	inverse_is(3, "share two auto");
	inverse_is(4, "mute two off");
	inverse_is(5, "sampling temperature t=2");
	assert_false(command_undo(&e, line, &why)); /* it changed nothing */
	memset(e.before, 'x', sizeof e.before - 1); /* may be cut */
	assert_false(command_undo(&e, line, &why));
	e = (struct journal_entry){.command = "weight a 1", .before = "20", .after = "1"};
	assert_true(command_undo(&e, line, &why)); /* beyond the fader: with its '!' */
	assert_string_equal(line, "weight a 20!");
	str_copy(e.command, sizeof e.command, "rollback 500");
	assert_false(command_undo(&e, line, &why));
}

/* --- effects --- */

/*
 * Task 0 falls by 0.001 a step up to step 1 000, and so do its losses less their
 * trend nothing: an edit in the middle of it did nothing, however far it fell.
 */
static void test_falling(void **state)
{
	struct effect e;
	double error;

	(void)state;
	/* up to the next entry: 300 */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 0, 0);
	assert_int_equal(e.length, 300);
	assert_true(e.is_whole);
	assert_near(e.loss[0].slope, -.001, 1e-8);
	assert_near(effect_of(&e, 0), 0, 1e-5);
	assert_near(e.loss[0].error, 0, 1e-4);
	assert_near(effect_change(&e, 0), -.3, 1e-5); /* with the trend: the means are 300 apart */
	assert_near(e.loss[0].before, 3 - .4505, 1e-5);
	assert_near(e.loss[0].after, 3 - .7505, 1e-5);
	assert_near(effect_of(&e, 1), 0, .03); /* 2, 4, 2, 4: noise, and it knows that it is */
	assert_near(e.loss[1].error, sqrt(2.0 / 300 + 300.0 * 300 * 12 / pow(300, 3)),
		    .01);
	assert_near(effect_of_all(&e, &error), 0, .01);
	assert_near(error, e.loss[1].error / e.loss[1].trend / 2, 1e-4);
	effect_read(&e, &made_feed, &made_snap, &made_marks, 0, 0);
	for (int k = 1; k < EFFECT_PATH; k++) /* 300 to 900: straight down, late by 50 */
		assert_near((double)e.path[k],
			    made_loss(0, 300 + (k + 1) * 600 / 64 - 50), .02);
}

/* At step 900 the way down ends 100 steps later: less than the trend promised. */
static void test_bend(void **state)
{
	struct effect e;
	double want = 0;

	(void)state;
	/* 300 after the entry before it */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 1, 0);
	assert_int_equal(e.length, 300);
	for (int64_t s = 901; s <= 1200; s++)
		want += (made_loss(0, s) - (3 - .001 * (double)s)) / 300;
	assert_near(effect_of(&e, 0), want, 1e-4);
	assert_true(want > .06 && effect_of(&e, 0) > 100 * e.loss[0].error);
	assert_true(effect_change(&e, 0) < 0); /* it went down all the same */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 3, 0); /* flat before and after */
	assert_int_equal(e.length, 500);
	assert_near(effect_of(&e, 0), 0, 1e-6);
}

/* Notes do not act; what stands close by acts together. */
static void test_span(void **state)
{
	struct effect e;
	int64_t was = made_marks.e[2].step;

	(void)state;
	made_marks.e[2].step = 1000; /* the note */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 1, 0);
	assert_int_equal(e.length, 300);
	made_marks.e[2].step = was;
	was = made_marks.e[3].step;
	made_marks.e[3].step = 910; /* so near that both act together */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 1, 0);
	assert_int_equal(e.length, 300);
	made_marks.e[3].step = 1000;
	effect_read(&e, &made_feed, &made_snap, &made_marks, 1, 0);
	assert_int_equal(e.length, 100);
	made_marks.e[3].step = was;
	/* task 1 has no loss any more */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 4, 0);
	assert_true(isnan(effect_of(&e, 1)) && isnan(effect_change(&e, 1)));
	assert_near(effect_of(&e, 0), 0, 1e-6);
	/* twenty steps tell nothing */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 5, 0);
	assert_int_equal(e.length, 20);
	assert_true(isnan(effect_of(&e, 0)));
	made_marks.e[0].step = 40; /* no more steps were before it */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 0, 0);
	assert_int_equal(e.length, 40);
	assert_near(effect_of(&e, 0), 0, 1e-5);
	made_marks.e[0].step = 0; /* none: there is no trend */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 0, 0);
	assert_true(isnan(effect_of(&e, 0)));
	made_marks.e[0].step = 600;
}

/* While the run goes on, an effect with too few steps is not whole. */
static void test_effect_grows(void **state)
{
	struct effect e;
	bool is_whole;

	(void)state;
	made_snap.phase = PHASE_RUNNING;
	made_snap.step = made_newest = 4100;
	assert_int_equal(effect_length(&made_snap, &made_marks, 4, &is_whole), 100);
	assert_false(is_whole);
	made_newest = 4080; /* the store is a second behind */
	effect_read(&e, &made_feed, &made_snap, &made_marks, 4, 0);
	assert_false(e.is_whole);
	assert_int_equal(e.length, 80);
	made_snap.step = made_newest = 5000;
	effect_read(&e, &made_feed, &made_snap, &made_marks, 4, 0);
	assert_true(e.is_whole);
	assert_int_equal(e.length, 500);
	made_snap.phase = PHASE_DONE;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_marks_gap),
		cmocka_unit_test(test_inverse),
		cmocka_unit_test(test_falling),
		cmocka_unit_test(test_bend),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_effect_grows),
	};

	return cmocka_run_group_tests_name("tui_history", tests,
					   history_set_up, history_tear_down);
}
