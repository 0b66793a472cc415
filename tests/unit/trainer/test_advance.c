/*
 * test_advance.c - a run whose sampling reads dev metrics: stopped, resumed, looked at
 * by hand, switched by hand and made again, it is always the same bits (I2, I3, I10).
 */
#include "fixture/live_run.h"

#include <math.h>

#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/rundir.h"

static char state_is[40];

static const char *const dynamic[] = { "mix.sampling=dynamic", "budget.eval_every=5",
				       "mix.sampling_args.floor=0.05" };

/* Stopped and resumed at each of the steps (ends with < 0: where the plan ends). */
static const char *state_after(const char *const *sets, int n, const int64_t *at,
			       const char *script)
{
	assert_ok(live_finish(live_begin(sets, n, at[0], false, script)));
	for (int i = 0; at[i] >= 0; i++) {
		assert_replays(1);
		assert_ok(live_finish(live_resume(at[i + 1], script)));
	}
	assert_replays(1);
	str_copy(state_is, sizeof state_is, live_snap.state);
	return state_is;
}

static const int64_t whole[] = { -1 };
static const int64_t chains[][6] = { { 5, -1 }, { 4, 6, -1 }, { 10, 20, 35, -1 },
				     { 1, 19, 20, 21, 59, -1 } };

static void grid(const char *const *sets, int n, const char *script)
{
	char want[40];

	str_copy(want, sizeof want, state_after(sets, n, whole, script));
	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++)
		assert_string_equal(state_after(sets, n, chains[i], script), want);
}

static void test_stops(void **state)
{
	(void)state;
	grid(dynamic, 3, NULL);
}

/* Evaluations feed it: without them the run is another one. */
static void test_reads(void **state)
{
	const char *const late[] = { "mix.sampling=dynamic", "budget.eval_every=1000" },
		   *const even[] = { "mix.sampling=uniform" };
	char none[40];

	(void)state;
	str_copy(none, sizeof none, state_after(late, 2, whole, NULL));
	assert_true(fabs(live_snap.ch[0].share - 1.0 / 3) < 1e-12);
	state_after(even, 1, whole, NULL);
	assert_string_not_equal(none, state_after(dynamic, 3, whole, NULL));
	assert_true(fabs(live_snap.ch[0].share - 1.0 / 3) > 1e-3);
}

/* By hand, at the schedule's steps and beside them: nobody is told. */
static void test_by_hand(void **state)
{
	char want[40];

	(void)state;
	str_copy(want, sizeof want, state_after(dynamic, 3, whole, NULL));
	assert_string_equal(state_after(dynamic, 3, whole, "3 eval\n10 eval\n27 eval\n"),
			    want);
}

/* Chosen, left, chosen again at one step; commands stand after the evaluation there. */
static void test_switched(void **state)
{
	const char *const sets[] = { "budget.eval_every=5" };

	(void)state;
	grid(sets, 1, "8 sampling dynamic\n20 sampling dynamic target=0.7\n"
	     "23 sampling annealed\n30 sampling dynamic\n40 sampling uniform\n"
	     "40 sampling dynamic floor=0.2\n55 weighting uncertainty\n");
}

/* Nobody reads: no trace of an evaluation in the state, as ever. */
static void test_left(void **state)
{
	const char *const sets[] = { "budget.eval_every=5" }, *const rare[] = {
		"budget.eval_every=1000" };
	const char *script = "9 sampling dynamic\n9 sampling uniform\n";
	char want[40];

	(void)state;
	str_copy(want, sizeof want, state_after(sets, 1, whole, NULL));
	assert_string_equal(state_after(rare, 1, whole, NULL), want);
	assert_string_equal(state_after(sets, 1, whole, script), want);
}

/* Until the snapshot says that an evaluation is on its way. */
static bool wait_evaluating(struct trainer *t, int64_t from)
{
	while (!live_has_ended()) {
		live_look(t);
		if (live_snap.phase == PHASE_EVALUATING && live_snap.step >= from)
			return true;
	}
	return false;
}

/*
 * In the middle of an evaluation: methods are switched, the run is stopped. What is
 * saved there has not seen it, a replay to there has not, and a resumed run does.
 */
static void test_stopped_inside(void **state)
{
	static const char *const lines[] = { NULL, "sampling dynamic target=0.9",
					     "sampling uniform", "sampling dynamic" };
	int inside = 0;

	(void)state;
	for (int i = 0; i < 12; i++) {
		const char *const sets[] = { i % 2 ? dynamic[0] : "mix.sampling=uniform",
					     "budget.eval_every=5",
					     "budget.checkpoint_every=1000" };
		struct trainer *t = live_begin(sets, 3, -1, false, NULL);

		if (wait_evaluating(t, 5 * (1 + i % 3))) {
			if (lines[i % 4])
				trainer_post(t, lines[i % 4], WHO_PERSON, NULL, NULL);
			if (i % 4 == 2)
				trainer_post(t, "sampling dynamic floor=0.3", WHO_PERSON,
					     NULL, NULL);
			trainer_post(t, "stop", WHO_PERSON, NULL, NULL);
		}
		inside += live_finish(t) == ST_STOPPED && live_snap.step % 5 == 0;
		assert_replays(1);
		assert_ok(live_finish(live_go_on(17, false)));
		assert_replays(1);
		assert_ok(live_finish(live_go_on(-1, false)));
		assert_replays(1);
	}
	assert_true(inside > 0); /* on a busy machine, the others end elsewhere */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_switched),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_stopped_inside),
	};

	return cmocka_run_group_tests_name("advance", tests, fixture_make_runs, fixture_remove);
}
