/*
 * test_trainer_resume.c - a run resumed: to the same bits, caught up with its
 * journal, with a script or refused.
 */
#include "fixture/trainer_run.h"

#include "base/mem.h"
#include "trainer/trainer.h"

static void test_resume(void **state)
{
	const struct wanted whole = { .workers = 2, .script = script };
	const int64_t stops[] = { 1, 7, 20, 21, 40, 59 };
	char path[PATH_MAX], expected[40];

	(void)state;
	run_whole(&whole, path, expected);
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		struct wanted part = whole;

		part.steps = stops[i];
		assert_int_equal(finish(start(&part, path)), ST_OK);
		assert_int_equal(snap.step, stops[i]);
		snapshot_release(&snap);
		assert_int_equal(finish(resume(path, stops[i] + 1, script)), ST_OK);
		snapshot_release(&snap);
		assert_int_equal(finish(resume(path, 0, script)), ST_OK);
		assert_int_equal(snap.step, 60);
		assert_string_equal(snap.state, expected);
		/* figures are all there again */
		assert_int_equal(snap.ch[0].curve.n, 60);
		assert_true(snap.n_journal >= 8);
		snapshot_release(&snap);
		replays(path, 2);
	}
}

/*
 * As after a kill: the newest checkpoints are gone, the journal is whole. The
 * run catches up with it, and refuses changes until it has.
 */
static void test_catch_up(void **state)
{
	const struct wanted w = { .workers = 2, .script = script,
				  .sets = { "budget.keep=9" }, .n_sets = 1 };
	char path[PATH_MAX], folder[PATH_MAX], expected[40];
	uint64_t ticket;
	struct trainer_options o = { .resume = path, .steps = -1, .start_paused = true };
	struct trainer *t;

	(void)state;
	run_whole(&w, path, expected);
	str_format(folder, sizeof folder, "%s/checkpoints/step-000060", path);
	assert_int_equal(file_remove_tree(folder, &err), ST_OK);
	str_format(folder, sizeof folder, "%s/checkpoints/step-000040", path);
	assert_int_equal(file_remove_tree(folder, &err), ST_OK);
	snapshot_init(&snap);
	assert_int_equal(trainer_start(&o, &t, &err), ST_OK);
	while (snap.phase != PHASE_PAUSED)
		look(t);
	assert_int_equal(snap.step, 20);
	assert_int_equal(snap.catching_up, 41);
	assert_int_equal(trainer_post(t, "weight mood 3", WHO_PERSON, &ticket, &err), ST_OK);
	while (snap.ticket < ticket)
		look(t);
	assert_int_equal(trainer_answer(t, ticket, NULL, &err), ST_FAILED);
	assert_non_null(strstr(err.text, "catching up"));
	assert_int_equal(trainer_post(t, "continue", WHO_PERSON, NULL, &err), ST_OK);
	assert_int_equal(finish(t), ST_OK);
	assert_string_equal(snap.state, expected);
	assert_int_equal(snap.catching_up, 0);
	snapshot_release(&snap);
}

static void test_script_refused(void **state)
{
	static const struct { const char *script, *why; } bad[] = {
		{ "x weight mood 1\n", "script:1: 'x' is no step" },
		{ "5 weight mood 1\n6 wait\n", "script:2: no command" },
		{ "5 weight moody 1\n", "script:1: no task 'moody'" },
		{ "-1 pause\n", "is no step" },
	};
	char path[PATH_MAX];
	const struct wanted w = { .steps = 10 };
	struct trainer *t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct trainer_options o = { .runs = fixture_dir, .run = "refused",
					     .steps = -1, .script = bad[i].script };

		o.plan = fixture_plan(NULL, 0);
		assert_int_not_equal(trainer_start(&o, &t, &err), ST_OK);
		if (!strstr(err.text, bad[i].why))
			fail_msg("%s", err.text);
	}
	/* a line of a step that is past, and that never was in the journal */
	assert_int_equal(finish(start(&w, path)), ST_OK);
	snapshot_release(&snap);
	assert_int_equal(finish(resume(path, 0, "4 weight mood 2\n")), ST_INVALID);
	assert_non_null(strstr(err.text, "script:1: step 4 is past"));
	assert_int_equal(snap.phase, PHASE_FAILED);
	snapshot_release(&snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_catch_up),
		cmocka_unit_test(test_script_refused),
	};

	return cmocka_run_group_tests_name("trainer_resume", tests,
					   trainer_set_up, fixture_remove);
}
