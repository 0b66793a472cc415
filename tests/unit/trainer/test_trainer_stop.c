/*
 * test_trainer_stop.c - the live engine paused, stopped and asked after its end;
 * data that cannot be trained on, all tasks muted.
 */
#include "fixture/live_run.h"

#include <unistd.h>

#include "trainer/trainer.h"

static enum status ask(struct trainer *t, const char *line, struct buf *answer)
{
	uint64_t ticket;

	assert_int_equal(trainer_post(t, line, WHO_PERSON, &ticket, &live_err), ST_OK);
	while (live_snap.ticket < ticket)
		live_look(t);
	return trainer_answer(t, ticket, answer, &live_err);
}

static void test_pause(void **state)
{
	const struct live_wanted w = { .workers = 2, .paused = true };
	struct trainer *t = live_start(&w);
	struct buf b;

	(void)state;
	buf_init(&b);
	while (live_snap.phase != PHASE_PAUSED)
		live_look(t);
	assert_int_equal(live_snap.step, 0);
	assert_int_equal(ask(t, "weight mood 2", &b), ST_OK);
	assert_true(live_snap.ch[0].weight == 2);
	assert_int_equal(ask(t, "try mood amber boat", &b), ST_OK);
	assert_non_null(strstr(buf_str(&b), "{\"tasks\":{\"mood\":{"));
	assert_int_equal(ask(t, "eval", &b), ST_OK);
	assert_int_equal(live_snap.eval_step, 0);
	assert_int_equal(ask(t, "weight other 2", &b), ST_NOT_FOUND);
	assert_non_null(strstr(live_err.text, "mood, count, sum"));
	assert_int_equal(trainer_post(t, "wait", WHO_PERSON, NULL, &live_err), ST_INVALID);
	assert_int_equal(live_snap.step, 0);
	assert_int_equal(ask(t, "continue", &b), ST_OK);
	live_wait_step(t, 5);
	assert_int_equal(ask(t, "pause", &b), ST_OK);
	{
		int64_t at;

		while (live_snap.phase != PHASE_PAUSED && !live_has_ended())
			live_look(t);
		at = live_snap.step;
		usleep(30000);
		trainer_snapshot(t, &live_snap);
		assert_int_equal(live_snap.step, at);
	}
	assert_int_equal(ask(t, "checkpoint lunch", &b), ST_OK);
	assert_int_equal(ask(t, "stop", &b), ST_OK);
	assert_int_equal(live_finish(t), ST_STOPPED);
	assert_int_equal(live_snap.phase, PHASE_STOPPED);
	assert_int_equal(live_snap.checkpoint_step, live_snap.step);
	buf_release(&b);
	assert_replays(2);
}

static void test_after_the_end(void **state)
{
	const struct live_wanted w = { .workers = 1, .steps = 3 };
	struct trainer *t = live_start(&w);

	(void)state;
	while (!live_has_ended())
		live_look(t);
	assert_int_equal(trainer_post(t, "weight mood 1", WHO_PERSON, NULL, &live_err), ST_END);
	assert_string_equal(live_err.text, "the run has ended");
	assert_int_equal(trainer_answer(t, 99, NULL, &live_err), ST_NOT_FOUND);
	assert_int_equal(trainer_join(t, &live_err), ST_OK);
	assert_int_equal(trainer_join(t, &live_err), ST_OK);
	trainer_free(t);
}

static void test_stop(void **state)
{
	const struct live_wanted w = { .workers = 2, .sets = { "budget.steps=100000" },
				  .n_sets = 1 };
	char again[40];
	struct trainer *t = live_start(&w);

	(void)state;
	live_wait_step(t, 25);
	trainer_stop(t);
	assert_int_equal(live_finish(t), ST_STOPPED);
	assert_true(live_snap.step >= 25 && live_snap.step < 100000);
	assert_int_equal(live_snap.checkpoint_step, live_snap.step);
	str_copy(again, sizeof again, live_snap.state);
	/* nothing to do: the same state, no new checkpoint needed */
	assert_int_equal(live_finish(live_resume(1, NULL)), ST_OK);
	assert_string_equal(live_snap.state, again);
}

/* Stopped before it ever began: the folder is gone. */
static void test_stop_preparing(void **state)
{
	const struct live_wanted w = { .workers = 1 };
	struct trainer *t = live_start(&w);
	enum status st;

	(void)state;
	trainer_stop(t);
	st = live_finish(t);
	/* quick machines may have prepared it by then */
	assert_int_equal(st, ST_STOPPED);
	if (live_snap.checkpoint_step < 0)
		assert_false(file_exists(live_path));
}

static void test_bad_data(void **state)
{
	const struct live_wanted w = { .sets = { "tasks.mood.train=bad.jsonl" }, .n_sets = 1 };
	char data[PATH_MAX];

	(void)state;
	str_format(data, sizeof data, "%s/bad.jsonl", fixture_dir);
	assert_int_equal(file_write(data, "{\"text\": 3\n", 12, NULL), ST_OK);
	assert_int_not_equal(live_finish(live_start(&w)), ST_OK);
	assert_int_equal(live_snap.phase, PHASE_FAILED);
	assert_non_null(strstr(live_err.text, "bad.jsonl"));
	assert_string_equal(live_snap.message, live_err.text);
	assert_false(file_exists(live_path));
}

static void test_all_muted(void **state)
{
	const struct live_wanted w = { .workers = 1,
		.sets = { "tasks.mood.muted=true", "tasks.count.muted=true",
			  "tasks.sum.muted=true" }, .n_sets = 3 };
	struct trainer *t = live_start(&w);
	struct buf b;

	(void)state;
	buf_init(&b);
	while (live_snap.phase != PHASE_PAUSED && !live_has_ended())
		live_look(t);
	assert_non_null(strstr(live_snap.message, "muted"));
	assert_int_equal(ask(t, "mute sum off", &b), ST_OK);
	assert_int_equal(ask(t, "continue", &b), ST_OK);
	assert_int_equal(live_finish(t), ST_OK);
	assert_int_equal(live_snap.ch[0].micro_batches, 0);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_after_the_end),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_preparing),
		cmocka_unit_test(test_bad_data),
		cmocka_unit_test(test_all_muted),
	};

	return cmocka_run_group_tests_name("trainer_stop", tests,
					   fixture_make_runs, fixture_remove);
}
