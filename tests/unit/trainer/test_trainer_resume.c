/*
 * test_trainer_resume.c - a run resumed: to the same bits, caught up with its
 * journal, with a script or refused.
 */
#include "fixture/live_run.h"

#include "base/mem.h"
#include "trainer/trainer.h"

static const char script[] =
	"# steps and commands\n"
	"0 weight mood 2\n"
	"7 mute sum on\n"
	"7 note two at one step\n"
	"19 share count 0.5\n"
	"20 sampling temperature T=3\n"
	"20 weighting uncertainty lr=0.01\n"
	"31 mute sum off\n"
	"40 lr 0.002\n"
	"41 lock mood on\n";

static void test_resume(void **state)
{
	const struct live_wanted whole = { .workers = 2, .script = script };
	const int64_t stops[] = { 1, 7, 20, 21, 40, 59 };
	char expected[40];

	(void)state;
	live_whole(&whole, expected);
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		struct live_wanted part = whole;

		part.steps = stops[i];
		assert_int_equal(live_finish(live_start(&part)), ST_OK);
		assert_int_equal(live_snap.step, stops[i]);
		assert_int_equal(live_finish(live_resume(stops[i] + 1, script)), ST_OK);
		assert_int_equal(live_finish(live_resume(0, script)), ST_OK);
		assert_int_equal(live_snap.step, 60);
		assert_string_equal(live_snap.state, expected);
		/* figures are all there again */
		assert_int_equal(live_snap.ch[0].curve.n, 60);
		assert_true(live_snap.n_journal >= 8);
		assert_replays(2);
	}
}

/* A script that goes through every weighting method there is, in several forms. */
static void all_methods(char *out, size_t cap)
{
	static const char *const forms[] = { "", " every=2", " scope=layer ema=0.7" };
	const struct method *row;
	int step = 1;

	*out = 0;
	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)); i++, step += 2)
		str_format(out + strlen(out), cap - strlen(out), "%d weighting %s%s\n", step,
			   row->name, method_combines(row) ? forms[i % 3] : "");
	assert_true(step < 60);
}

static void test_resume_methods(void **state)
{
	static const int64_t stops[] = { 4, 17, 23, 34, 41 };
	char text[2048], expected[40];
	const struct live_wanted whole = { .workers = 2, .script = text };

	(void)state;
	all_methods(text, sizeof text);
	live_whole(&whole, expected);
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		struct live_wanted part = whole;

		part.steps = stops[i];
		assert_int_equal(live_finish(live_start(&part)), ST_OK);
		assert_int_equal(live_finish(live_resume(stops[i] + 2, text)), ST_OK);
		assert_int_equal(live_finish(live_resume(0, text)), ST_OK);
		assert_string_equal(live_snap.state, expected);
		assert_replays(2);
	}
}

/*
 * As after a kill: the newest checkpoints are gone, the journal is whole. The
 * run catches up with it, and refuses changes until it has.
 */
static void test_catch_up(void **state)
{
	const struct live_wanted w = { .workers = 2, .script = script,
				  .sets = { "budget.keep=9" }, .n_sets = 1 };
	char folder[PATH_MAX], expected[40];
	uint64_t ticket;
	struct trainer_options o = { .resume = live_path, .steps = -1, .start_paused = true };
	struct trainer *t;

	(void)state;
	live_whole(&w, expected);
	str_format(folder, sizeof folder, "%s/checkpoints/step-000060", live_path);
	assert_int_equal(file_remove_tree(folder, &live_err), ST_OK);
	str_format(folder, sizeof folder, "%s/checkpoints/step-000040", live_path);
	assert_int_equal(file_remove_tree(folder, &live_err), ST_OK);
	snapshot_release(&live_snap);
	assert_int_equal(trainer_start(&o, &t, &live_err), ST_OK);
	while (live_snap.phase != PHASE_PAUSED)
		live_look(t);
	assert_int_equal(live_snap.step, 20);
	assert_int_equal(live_snap.catching_up, 41);
	assert_int_equal(trainer_post(t, "weight mood 3", WHO_PERSON, &ticket, &live_err), ST_OK);
	while (live_snap.ticket < ticket)
		live_look(t);
	assert_int_equal(trainer_answer(t, ticket, NULL, &live_err), ST_FAILED);
	assert_non_null(strstr(live_err.text, "catching up"));
	assert_int_equal(trainer_post(t, "continue", WHO_PERSON, NULL, &live_err), ST_OK);
	assert_int_equal(live_finish(t), ST_OK);
	assert_string_equal(live_snap.state, expected);
	assert_int_equal(live_snap.catching_up, 0);
}

static void test_script_refused(void **state)
{
	static const struct { const char *script, *why; } bad[] = {
		{ "x weight mood 1\n", "script:1: 'x' is no step" },
		{ "5 weight mood 1\n6 wait\n", "script:2: no command" },
		{ "5 weight moody 1\n", "script:1: no task 'moody'" },
		{ "-1 pause\n", "is no step" },
	};
	const struct live_wanted w = { .steps = 10 };
	struct trainer *t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct trainer_options o = { .runs = fixture_dir, .run = "refused",
					     .steps = -1, .script = bad[i].script };

		o.plan = fixture_plan(NULL, 0);
		assert_int_not_equal(trainer_start(&o, &t, &live_err), ST_OK);
		if (!strstr(live_err.text, bad[i].why))
			fail_msg("%s", live_err.text);
	}
	/* a line of a step that is past, and that never was in the journal */
	assert_int_equal(live_finish(live_start(&w)), ST_OK);
	assert_int_equal(live_finish(live_resume(0, "4 weight mood 2\n")), ST_INVALID);
	assert_non_null(strstr(live_err.text, "script:1: step 4 is past"));
	assert_int_equal(live_snap.phase, PHASE_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_resume_methods),
		cmocka_unit_test(test_catch_up),
		cmocka_unit_test(test_script_refused),
	};

	return cmocka_run_group_tests_name("trainer_resume", tests,
					   fixture_make_runs, fixture_remove);
}
