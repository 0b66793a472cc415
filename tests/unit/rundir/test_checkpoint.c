/*
 * test_checkpoint.c - a session's state on the disk and back to the same bits.
 */
#include <math.h>

#include "fixture/checkpoint_run.h"
#include "rundir/checkpoint_own.h"

/* --- there and back --- */

static void test_round_trip(void **state)
{
	struct session *b = fixture_session(NULL, 0, 1);
	struct store *st;
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];
	struct mix_channel *ch = &trained->mix.ch[1];
	struct err err = { "" };
	int64_t seq = 0;

	(void)state;
	assert_int_equal(mix_set(&trained->mix, METHOD_SAMPLING, "temperature",
					  (const char *const[]){ "T=3" }, 1, NULL), ST_OK);
	assert_int_equal(mix_set(&trained->mix, METHOD_WEIGHTING, "uncertainty", NULL, 0, NULL),
			 ST_OK);
	ch->weight = 0.1 + 0.2;
	ch->locked = true;
	trained->mix.weighting.memory[5] = NAN; /* of 3 tasks x 4 */
	trained->mix.weighting.memory[11] = -0.0;
	trained->task[1].units = 1.0 / 3;
	trained->skipped = trained->skips = 2;
	trained->task[2].cursor.tokens = UINT64_MAX - 5;
	trained->adam.count[0] = INT64_MAX;
	st = open_run_store(run);
	save_checkpoint(trained, st, run, NULL, 17, NAN);
	session_state(trained, was);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	if (checkpoint_load(b, folder, &seq, &err))
		fail_msg("%s", err.text);
	session_state(b, is);
	assert_string_equal(was, is);
	assert_true(seq == 17);
	assert_true(isnan(b->mix.weighting.memory[5]));
	assert_true(signbit(b->mix.weighting.memory[11]) && b->skips == 2);
	assert_true(b->task[1].units == 1.0 / 3);
	store_close(st);
	session_free(b);
	trained->task[2].cursor.tokens = 1;
	trained->adam.count[0] = 3;
	trained->task[1].units = packer_units(trained->task[1].packer);
	trained->skipped = trained->skips = 0;
	assert_int_equal(mix_set(&trained->mix, METHOD_WEIGHTING, "fixed", NULL, 0, NULL), ST_OK);
}

static void json_of(const char *folder, struct buf *out)
{
	char path[PATH_MAX + 16];

	str_format(path, sizeof path, "%s/state.json", folder);
	buf_init(out);
	assert_int_equal(file_read(path, 1 << 20, out, NULL), ST_OK);
}

/*
 * Dev metrics stand there where a method has seen some. Else nothing does, and the file
 * is what it was before there were any.
 */
static void test_dev_metrics(void **state)
{
	static const double dev[] = { 0.1 + 0.2, NAN, -0.5 };
	struct session *a = fixture_session(NULL, 0, 1), *b = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];
	struct buf json;

	(void)state;
	fixture_steps(a, 2);
	save_checkpoint(a, NULL, run, NULL, 0, NAN);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	json_of(folder, &json);
	assert_null(strstr(buf_str(&json), "dev_step"));
	buf_release(&json);
	assert_int_equal(mix_set(&a->mix, METHOD_SAMPLING, "dynamic", NULL, 0, NULL), ST_OK);
	fixture_steps(a, 5);
	mix_take_dev(&a->mix, dev);
	fixture_steps(a, 1);
	save_checkpoint(a, NULL, run, NULL, 0, NAN);
	session_state(a, was);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	json_of(folder, &json);
	assert_non_null(strstr(buf_str(&json), "dev_step"));
	buf_release(&json);
	assert_int_equal(checkpoint_load(b, folder, NULL, NULL), ST_OK);
	session_state(b, is);
	assert_string_equal(was, is);
	assert_true(b->mix.dev_step == 7 && b->mix.ch[0].dev == dev[0]);
	assert_true(isnan(b->mix.ch[1].dev) && b->mix.ch[2].dev == -0.5);
	session_free(a);
	session_free(b);
}

/* Going on from a checkpoint is going on (I2). */
static void test_go_on(void **state)
{
	struct session *a = fixture_session(NULL, 0, 1), *b = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];

	(void)state;
	fixture_steps(a, 7);
	save_checkpoint(a, NULL, run, NULL, 0, NAN);
	fixture_steps(a, 9);
	session_state(a, was);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	assert_int_equal(checkpoint_load(b, folder, NULL, NULL), ST_OK);
	fixture_steps(b, 9);
	session_state(b, is);
	assert_string_equal(was, is);
	session_free(a);
	session_free(b);
}

static void test_weights_alone(void **state)
{
	struct session *b = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	char folder[PATH_MAX];

	(void)state;
	save_checkpoint(trained, NULL, run, NULL, 0, NAN);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	assert_int_equal(checkpoint_load_weights(b, folder, NULL), ST_OK);
	for (int i = 0; i < b->params.n; i++)
		assert_memory_equal(param_value(&b->params, i),
				    param_value(&trained->params, i),
				    param_count(&b->params, i) * sizeof(float));
	assert_true(b->step == trained->step); /* who asks is told */
	session_free(b);
}

/* --- the best --- */

static void test_changed_data(void **state)
{
	struct session *b;
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];
	struct err err = { "" };

	(void)state;
	save_checkpoint(trained, NULL, run, NULL, 0, NAN);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	fixture_file("count.dev.jsonl", 1, 2000, 20);
	b = fixture_session(NULL, 0, 1);
	session_state(b, was);
	assert_int_equal(checkpoint_load(b, folder, NULL, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "data changed"));
	assert_non_null(strstr(err.text, "count.dev.jsonl"));
	session_state(b, is);
	assert_string_equal(was, is);
	session_free(b);
	fixture_file("count.dev.jsonl", 1, 1000, 20);
}

/* A run's folder that somebody removed is not made again, with one checkpoint in it. */
static void test_folder_gone(void **state)
{
	struct err err = { "" };

	(void)state;
	assert_int_equal(checkpoint_save(trained, NULL, "no-such-run", NULL, 0, NULL, &err),
			 ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "the run's folder is gone"));
	assert_false(file_exists("no-such-run"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_folder_gone),
		cmocka_unit_test(test_dev_metrics),
		cmocka_unit_test(test_go_on),
		cmocka_unit_test(test_weights_alone),
		cmocka_unit_test(test_changed_data),
	};

	return cmocka_run_group_tests_name("checkpoint", tests,
					   checkpoint_set_up, checkpoint_tear_down);
}
