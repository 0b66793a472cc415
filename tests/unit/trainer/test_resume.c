/*
 * test_resume.c - what a run is told when it goes on: beyond its schedule, on another
 * machine, from a damaged checkpoint; and the evaluation that it still owes.
 */
#include "fixture/live_run.h"

#include <math.h>

#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/rundir.h"

static void assert_said(const char *words)
{
	if (!strstr(live_said, words))
		fail_msg("'%s' does not say '%s'", live_said, words);
}

/* --- beyond the schedule --- */

static void test_beyond(void **state)
{
	(void)state;
	assert_ok(live_finish(live_begin(NULL, 0, -1, false, NULL)));
	assert_string_equal(live_said, "");
	assert_ok(live_finish(live_go_on(70, false)));
	assert_said("the schedule ends at step 60: beyond it the learning rate is 0, up to "
		    "step 70; --extend moves its end");
	assert_true(live_snap.lr == 0 && live_snap.step == 70);
	assert_ok(live_finish(live_go_on(90, true)));
	assert_said("the schedule ends at step 90 now, not 60");
	assert_true(live_snap.lr > 0 && live_snap.step == 90 && live_snap.steps == 90);
	assert_string_equal(live_snap.journal[0].command, "horizon 90");
	assert_string_equal(live_snap.journal[0].before, "60");
	assert_string_equal(live_snap.journal[0].after, "90");
	assert_true(live_snap.journal[0].step == 70);
	assert_replays(1);
	assert_ok(live_finish(live_go_on(-1, false))); /* its end is 90 now */
	assert_true(live_snap.step == 90);
}

static void test_beyond_new(void **state)
{
	const char *constant[] = { "optimizer.schedule=constant" };

	(void)state;
	assert_ok(live_finish(live_begin(NULL, 0, 65, false, NULL)));
	assert_said("the schedule ends at step 60");
	assert_ok(live_finish(live_begin(NULL, 0, 65, true, NULL)));
	assert_said("the schedule ends at step 65 now, not 60");
	assert_true(live_snap.lr > 0 && live_snap.n_journal == 1);
	assert_replays(1);
	assert_ok(live_finish(live_begin(constant, 1, 65, false, NULL)));
	assert_string_equal(live_said, ""); /* its rate goes on */
}

/* Stopped and resumed after the horizon was moved = never stopped. */
static void test_extended_bits(void **state)
{
	static const int64_t at[] = { 1, 29, 30, 31, 60, 61, 74 };
	const char *script = "30 horizon 75\n31 weight mood 2\n";
	char state_was[40];

	(void)state;
	assert_ok(live_finish(live_begin(NULL, 0, -1, false, script)));
	assert_true(live_snap.step == 75 && live_snap.steps == 75);
	str_copy(state_was, 40, live_snap.state);
	assert_replays(1);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		assert_ok(live_finish(live_begin(NULL, 0, at[i], false, script)));
		assert_true(live_snap.step == at[i]);
		assert_ok(live_finish(live_resume(-1, script)));
		assert_string_equal(live_snap.state, state_was);
	}
}

static void test_refused(void **state)
{
	struct trainer *t = live_begin(NULL, 0, -1, false, "10 horizon 10\n11 horizon 10\n"
						      "12 horizon 20.5\n20 pause\n");

	(void)state;
	while (live_snap.phase != PHASE_PAUSED)
		trainer_snapshot(t, &live_snap);
	assert_string_equal(live_snap.message, "script:3: '20.5' is no whole number of steps");
	assert_true(live_snap.n_journal == 0 && live_snap.steps == 60);
	trainer_stop(t);
	assert_int_equal(live_finish(t), ST_STOPPED);
}

/* --- another machine --- */

static void set_fact(const char *key, const char *value)
{
	char path[PATH_MAX + 16];
	struct store *s = NULL;

	str_format(path, sizeof path, "%s/run.db", live_path);
	assert_ok(store_open(path, false, &s, &live_err));
	assert_ok(store_set_fact(s, key, value, &live_err));
	store_close(s);
}

static void test_machine(void **state)
{
	static const char *const key[] = { "version", "build", "blas", "isa" };
	static const char *const words[] = { "version ", "another build",
					     "before by OpenBLAS Z80",
					     "before OpenBLAS Z80" };
	struct replay_result r;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_ok(live_finish(live_begin(NULL, 0, 20, false, NULL)));
		assert_string_equal(live_said, "");
		set_fact(key[i], "OpenBLAS Z80");
		assert_ok(live_finish(live_go_on(40, false)));
		assert_said("not comparable to the bit: ");
		assert_said(words[i]);
		assert_true(live_snap.step == 40); /* it goes on */
		assert_ok(replay_run(live_path, 1, NULL, &r, &live_err));
		assert_false(r.comparable);
	}
}

/* --- damage --- */

static void test_damage(void **state)
{
	static const char *const files[] = { "state.json", "config.json", "vocab.txt",
					     "model.safetensors",
					     "optimizer.safetensors" };
	char path[PATH_MAX + 64];
	struct replay_result r;
	struct buf whole, bad;

	(void)state;
	assert_ok(live_finish(live_begin(NULL, 0, -1, false, NULL)));
	for (int k = 0; k < 10; k++) {
		struct trainer *t = NULL;
		int i = k % 5;

		str_format(path, sizeof path, "%s/checkpoints/step-000060/%s", live_path,
			   files[i]);
		buf_init(&whole);
		assert_ok(file_read(path, 1 << 24, &whole, &live_err));
		buf_init(&bad);
		buf_add(&bad, whole.s, whole.len);
		bad.s[bad.len / 2] ^= 2;
		if (k >= 5) /* in its size, and nothing in it */
			memset(bad.s, 0, bad.len);
		assert_ok(file_write(path, bad.s, bad.len, &live_err));
		buf_release(&bad);
		t = live_go_on(70, false);
		assert_int_equal(live_finish(t), ST_CORRUPT);
		assert_non_null(strstr(live_err.text, "damaged checkpoint 'step-000060'"));
		assert_non_null(strstr(live_err.text, files[i]));
		assert_int_equal(replay_run(live_path, 1, NULL, &r, &live_err), ST_CORRUPT);
		assert_non_null(strstr(live_err.text, files[i]));
		assert_ok(file_write(path, whole.s, whole.len, &live_err));
		buf_release(&whole);
	}
	assert_ok(live_finish(live_go_on(70, false)));
}

/* --- the evaluation that is owed --- */

static bool is_scored(int64_t step, bool scheduled)
{
	char path[PATH_MAX + 16];
	struct store *s = NULL;
	struct score_row row = { 0 };
	bool is;

	str_format(path, sizeof path, "%s/run.db", live_path);
	assert_ok(store_open_readonly(path, &s, &live_err));
	is = !store_score(s, 0, step, &row, NULL) && row.scheduled == scheduled;
	store_close(s);
	return is;
}

static int rows_of_step(int64_t step)
{
	char path[PATH_MAX + 16];
	struct store *s = NULL;
	struct eval_row *e = NULL;
	int n = 0, rows = 0;

	str_format(path, sizeof path, "%s/run.db", live_path);
	assert_ok(store_open_readonly(path, &s, &live_err));
	assert_ok(store_evals_read(s, -1, &e, &n, &live_err));
	for (int i = 0; i < n; i++)
		rows += e[i].step == step;
	xfree(e);
	store_close(s);
	return rows;
}

/* Stopped in the midst of one: nothing is there; a resumed run makes it and saves. */
static void test_owed(void **state)
{
	const char *sets[] = { "budget.eval_every=30", "budget.checkpoint_every=1000",
			       "budget.eval_examples=0" };
	struct checkpoint_choice c;
	int caught = 0;

	(void)state;
	fixture_file("mood.dev.jsonl", 0, 1000, 3000);
	for (int64_t due = 30; due <= 60; due += 30)
		for (int i = 0; i < 4; i++) {
			struct trainer *t = live_begin(sets, 3, -1, false, NULL);

			while (!live_has_ended() && (live_snap.phase != PHASE_EVALUATING ||
						live_snap.step != due))
				trainer_snapshot(t, &live_snap);
			if (live_has_ended()) { /* a busy machine did not look in time */
				assert_ok(live_finish(t));
				continue;
			}
			trainer_stop(t);
			live_finish(t);
			assert_true(live_snap.step == due);
			if (live_snap.phase == PHASE_STOPPED && !is_scored(due, true)) {
				caught++;
				assert_int_equal(rows_of_step(due), 0); /* of any task */
			}
			assert_ok(live_finish(live_go_on(-1, false)));
			assert_true(live_snap.step == 60);
			assert_true(is_scored(30, true) && is_scored(60, true));
			assert_ok(checkpoint_choose(live_path, CHECKPOINT_BEST, &c, &live_err));
			assert_true(c.is_scored && c.step == live_snap.best_step);
		}
	assert_true(caught > 0);
	fixture_file("mood.dev.jsonl", 0, 1000, 40);
}

/* --- another course --- */

/* As if the run had been killed before it saved any of these. */
static void forget_checkpoints(int64_t after)
{
	struct checkpoint_info *list = NULL;
	char path[PATH_MAX + 64];
	int n = 0, gone = 0;

	assert_ok(checkpoint_list(live_path, &list, &n, &live_err));
	for (int i = 0; i < n; i++) {
		if (list[i].step <= after)
			continue;
		str_format(path, sizeof path, "%s/checkpoints/%s", live_path, list[i].folder);
		assert_ok(file_remove_tree(path, &live_err));
		gone++;
	}
	assert_true(gone > 0);
	xfree(list);
}

static struct store *store_of_run(void)
{
	char path[PATH_MAX + 16];
	struct store *s = NULL;

	str_format(path, sizeof path, "%s/run.db", live_path);
	assert_ok(store_open_readonly(path, &s, &live_err));
	return s;
}

static int count_gradients;

static void count_gradient(void *arg, const struct gradient_row *r)
{
	(void)arg;
	(void)r;
	count_gradients++;
}

/* Nothing that was recorded of later steps than `step` is there. */
static void assert_ends(int64_t step)
{
	struct store *s = store_of_run();
	struct prediction_set set;
	struct eval_row *e = NULL;
	struct score_row score;
	int64_t last;
	int n = 0;

	assert_ok(store_last_step(s, &last, &live_err));
	assert_int_equal(last, step);
	assert_ok(store_evals_read(s, -1, &e, &n, &live_err));
	for (int i = 0; i < n; i++)
		assert_true(e[i].step <= step);
	for (int64_t at = step + 1; at <= 60; at++) {
		assert_int_equal(store_score(s, 0, at, &score, NULL), ST_NOT_FOUND);
		assert_int_not_equal(store_predictions_read(s, 0, at, &set, NULL), ST_OK);
	}
	count_gradients = 0;
	assert_ok(store_gradients_read(s, step + 1, 60, count_gradient, NULL, &live_err));
	assert_int_equal(count_gradients, 0);
	xfree(e);
	store_close(s);
}

/* The losses of the last evaluation. */
static void last_losses(double loss[3])
{
	struct store *s = store_of_run();
	struct eval_row *e = NULL;
	int n = 0;

	assert_ok(store_evals_from(s, 60, &e, &n, &live_err));
	assert_int_equal(n, 3);
	for (int i = 0; i < n; i++)
		loss[e[i].task] = e[i].loss;
	xfree(e);
	store_close(s);
}

/* Killed, resumed and steered elsewhere: figures are those of what was trained. */
static void test_other_course(void **state)
{
	const char *sets[] = { "budget.eval_every=7", "mix.gradients_every=5",
			       "budget.checkpoint_every=20", "budget.keep=9" };
	const char *script = "41 weight mood 7\n";
	double want[3], was[3], is[3];

	(void)state;
	assert_ok(live_finish(live_begin(sets, 4, -1, false, script)));
	last_losses(want);
	assert_ok(live_finish(live_begin(sets, 4, -1, false, "50 eval\n")));
	last_losses(was);
	assert_true(was[0] != want[0]);
	forget_checkpoints(40);
	assert_ok(live_finish(live_resume(45, script)));
	assert_ends(45);
	assert_ok(live_finish(live_resume(-1, script)));
	last_losses(is);
	assert_memory_equal(is, want, sizeof is);
	assert_int_equal(rows_of_step(50), 0); /* a hand's, of weights that are no more */
}

/* Every new best is saved; the last evaluation is the last checkpoint's. */
static void test_best_is_saved(void **state)
{
	const char *sets[] = { "budget.eval_every=7", "budget.checkpoint_every=25",
			       "best=mood.loss" };
	struct checkpoint_row *rows = NULL;
	char path[PATH_MAX + 16];
	struct store *s = NULL;
	struct score_row best;
	int n = 0, seen = 0;

	(void)state;
	assert_ok(live_finish(live_begin(sets, 3, -1, false, NULL)));
	str_format(path, sizeof path, "%s/run.db", live_path);
	assert_ok(store_open_readonly(path, &s, &live_err));
	assert_ok(store_score_best(s, 0, 60, &best, &live_err));
	assert_ok(store_checkpoints_read(s, &rows, &n, &live_err));
	for (int i = 0; i < n; i++) {
		struct score_row r;

		seen += rows[i].best && rows[i].step == best.step &&
			rows[i].score == best.score;
		if (store_score(s, 0, rows[i].step, &r, NULL))
			assert_true(isnan(rows[i].score));
		else
			assert_true(rows[i].score == r.score);
	}
	assert_int_equal(seen, 1);
	assert_true(rows[n - 1].step == 60 && !isnan(rows[n - 1].score));
	assert_true(live_snap.best_step == best.step);
	xfree(rows);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beyond),	   cmocka_unit_test(test_beyond_new),
		cmocka_unit_test(test_extended_bits), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_machine),	   cmocka_unit_test(test_damage),
		cmocka_unit_test(test_owed),	   cmocka_unit_test(test_best_is_saved),
		cmocka_unit_test(test_other_course),
	};

	snapshot_init(&live_snap);
	return cmocka_run_group_tests_name("resume", tests, fixture_make_runs, fixture_remove);
}
