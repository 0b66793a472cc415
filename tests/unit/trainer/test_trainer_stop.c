/*
 * test_trainer_stop.c - the live engine paused, stopped and asked after its end;
 * data that cannot be trained on, all tasks muted.
 */
#include "fixture/trainer_run.h"

#include <unistd.h>

#include "trainer/trainer.h"

static enum status ask(struct trainer *t, const char *line, struct buf *answer)
{
	uint64_t ticket;

	assert_int_equal(trainer_post(t, line, WHO_PERSON, &ticket, &err), ST_OK);
	while (snap.ticket < ticket)
		look(t);
	return trainer_answer(t, ticket, answer, &err);
}

static void test_pause(void **state)
{
	const struct wanted w = { .workers = 2, .paused = true };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);
	struct buf b;

	(void)state;
	buf_init(&b);
	while (snap.phase != PHASE_PAUSED)
		look(t);
	assert_int_equal(snap.step, 0);
	assert_int_equal(ask(t, "weight mood 2", &b), ST_OK);
	assert_true(snap.ch[0].weight == 2);
	assert_int_equal(ask(t, "try mood amber boat", &b), ST_OK);
	assert_non_null(strstr(buf_str(&b), "{\"tasks\":{\"mood\":{"));
	assert_int_equal(ask(t, "eval", &b), ST_OK);
	assert_int_equal(snap.eval_step, 0);
	assert_int_equal(ask(t, "weight other 2", &b), ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "mood, count, sum"));
	assert_int_equal(trainer_post(t, "wait", WHO_PERSON, NULL, &err), ST_INVALID);
	assert_int_equal(snap.step, 0);
	assert_int_equal(ask(t, "continue", &b), ST_OK);
	wait_step(t, 5);
	assert_int_equal(ask(t, "pause", &b), ST_OK);
	{
		int64_t at;

		while (snap.phase != PHASE_PAUSED && !has_ended())
			look(t);
		at = snap.step;
		usleep(30000);
		trainer_snapshot(t, &snap);
		assert_int_equal(snap.step, at);
	}
	assert_int_equal(ask(t, "checkpoint lunch", &b), ST_OK);
	assert_int_equal(ask(t, "stop", &b), ST_OK);
	assert_int_equal(finish(t), ST_STOPPED);
	assert_int_equal(snap.phase, PHASE_STOPPED);
	assert_int_equal(snap.checkpoint_step, snap.step);
	snapshot_release(&snap);
	buf_release(&b);
	replays(path, 2);
}

static void test_after_the_end(void **state)
{
	const struct wanted w = { .workers = 1, .steps = 3 };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);

	(void)state;
	while (!has_ended())
		look(t);
	assert_int_equal(trainer_post(t, "weight mood 1", WHO_PERSON, NULL, &err), ST_END);
	assert_string_equal(err.text, "the run has ended");
	assert_int_equal(trainer_answer(t, 99, NULL, &err), ST_NOT_FOUND);
	assert_int_equal(trainer_join(t, &err), ST_OK);
	assert_int_equal(trainer_join(t, &err), ST_OK);
	trainer_free(t);
	snapshot_release(&snap);
}

static void test_stop(void **state)
{
	const struct wanted w = { .workers = 2, .sets = { "budget.steps=100000" },
				  .n_sets = 1 };
	char path[PATH_MAX], again[40];
	struct trainer *t = start(&w, path);

	(void)state;
	wait_step(t, 25);
	trainer_stop(t);
	assert_int_equal(finish(t), ST_STOPPED);
	assert_true(snap.step >= 25 && snap.step < 100000);
	assert_int_equal(snap.checkpoint_step, snap.step);
	str_copy(again, sizeof again, snap.state);
	snapshot_release(&snap);
	/* nothing to do: the same state, no new checkpoint needed */
	assert_int_equal(finish(resume(path, 1, NULL)), ST_OK);
	assert_string_equal(snap.state, again);
	snapshot_release(&snap);
}

/* Stopped before it ever began: the folder is gone. */
static void test_stop_preparing(void **state)
{
	const struct wanted w = { .workers = 1 };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);
	enum status st;

	(void)state;
	trainer_stop(t);
	st = finish(t);
	/* quick machines may have prepared it by then */
	assert_int_equal(st, ST_STOPPED);
	if (snap.checkpoint_step < 0)
		assert_false(file_exists(path));
	snapshot_release(&snap);
}

static void test_bad_data(void **state)
{
	const struct wanted w = { .sets = { "tasks.mood.train=bad.jsonl" }, .n_sets = 1 };
	char path[PATH_MAX];

	(void)state;
	str_format(path, sizeof path, "%s/bad.jsonl", fixture_dir);
	assert_int_equal(file_write(path, "{\"text\": 3\n", 12, NULL), ST_OK);
	assert_int_not_equal(finish(start(&w, path)), ST_OK);
	assert_int_equal(snap.phase, PHASE_FAILED);
	assert_non_null(strstr(err.text, "bad.jsonl"));
	assert_string_equal(snap.message, err.text);
	assert_false(file_exists(path));
	snapshot_release(&snap);
}

static void test_all_muted(void **state)
{
	const struct wanted w = { .workers = 1,
		.sets = { "tasks.mood.muted=true", "tasks.count.muted=true",
			  "tasks.sum.muted=true" }, .n_sets = 3 };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);
	struct buf b;

	(void)state;
	buf_init(&b);
	while (snap.phase != PHASE_PAUSED && !has_ended())
		look(t);
	assert_non_null(strstr(snap.message, "muted"));
	assert_int_equal(ask(t, "mute sum off", &b), ST_OK);
	assert_int_equal(ask(t, "continue", &b), ST_OK);
	assert_int_equal(finish(t), ST_OK);
	assert_int_equal(snap.ch[0].micro_batches, 0);
	snapshot_release(&snap);
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
					   trainer_set_up, fixture_remove);
}
