/*
 * test_checkpoint_kept.c - which checkpoints are kept, how they are found and
 * named, and which is the best.
 */
#include <math.h>

#include "base/mem.h"
#include "fixture/checkpoint_run.h"
#include "rundir/checkpoint_own.h"

/* --- one that a live run lets go of while it is read --- */

struct spoiler {
	int times, left;           /* calls so far; how many more find theirs gone */
	char last[PATH_MAX];
};

/* Goes wrong where the folder does; `left` below 0: where it does not. */
static enum status use_spoilt(void *arg, const char *folder, struct err *err)
{
	struct spoiler *x = arg;

	x->times++;
	str_copy(x->last, sizeof x->last, folder);
	if (x->left < 0)
		return err_set(err, ST_CORRUPT, "not for that");
	if (x->left-- > 0)
		assert_int_equal(file_remove_tree(folder, NULL), ST_OK);
	return x->left < 0 ? ST_OK : err_set(err, ST_CORRUPT, "it is gone");
}

static void test_with(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);
	struct spoiler x = { .left = 0 };
	struct checkpoint_choice c;
	struct err err;

	(void)state;
	for (int i = 0; i < 4; i++) {
		fixture_steps(s, 1);
		save_checkpoint(s, st, run, "kept", i, NAN);
	}
	assert_int_equal(checkpoint_with(run, CHECKPOINT_NEWEST, &c, use_spoilt, &x, &err),
			 ST_OK);
	assert_int_equal(x.times, 1);
	assert_int_equal(c.step, 4);
	x.left = 2; /* the newest, then the one before: they go while they are read */
	assert_int_equal(checkpoint_with(run, CHECKPOINT_NEWEST, &c, use_spoilt, &x, &err),
			 ST_OK);
	assert_int_equal(x.times, 4);
	assert_int_equal(c.step, 2);
	assert_string_equal(x.last, c.folder);
	x.left = -1; /* another trouble is its own */
	assert_int_equal(checkpoint_with(run, CHECKPOINT_NEWEST, &c, use_spoilt, &x, &err),
			 ST_CORRUPT);
	assert_int_equal(x.times, 5);
	assert_string_equal(err.text, "not for that");
	x.left = 9;
	assert_int_equal(checkpoint_with(run, CHECKPOINT_NEWEST, &c, use_spoilt, &x, &err),
			 ST_NOT_FOUND);
	assert_int_equal(x.times, 7); /* the last two, and there are no more */
	store_close(st);
	session_free(s);
}

/* --- which are kept, found, named --- */

static bool exists(const char *run, const char *folder)
{
	char path[PATH_MAX + 100];

	str_format(path, sizeof path, "%s/checkpoints/%s", run, folder);
	return file_exists(path);
}

static void test_keep(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);
	struct checkpoint_row *rows;
	static const double score[] = { 0.1, 0.9, NAN, 0.5, 0.9, 0.2, 0.3 };
	int n;

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct checkpoint_row row;

		fixture_steps(s, 1);
		row = save_checkpoint(s, st, run, i == 2 ? "mine" : NULL, i, score[i]);
		assert_int_equal(row.best, i < 2 || i == 4); /* of equals the newer */
	}
	assert_true(exists(run, "step-000007") && exists(run, "step-000006"));
	assert_true(exists(run, "step-000005")); /* the best */
	assert_true(exists(run, "step-000003")); /* named */
	assert_false(exists(run, "step-000001") || exists(run, "step-000002") ||
		     exists(run, "step-000004"));
	assert_int_equal(store_checkpoints_read(st, &rows, &n, NULL), ST_OK);
	assert_int_equal(n, 4);
	assert_true(!rows[0].best && rows[1].best && rows[1].score == 0.9);
	assert_string_equal(rows[0].name, "mine");
	xfree(rows);
	assert_checkpoint(run, CHECKPOINT_NEWEST, "/step-000007");
	assert_checkpoint(run, CHECKPOINT_BEST, "/step-000005");
	assert_checkpoint(run, 6, "/step-000006");
	assert_checkpoint(run, 4, "/step-000003");
	assert_int_equal(checkpoint_find(run, 1, (char[64]){ "" }, 64, NULL),
			 ST_NOT_FOUND);
	store_close(st);
	session_free(s);
}

/* The best may be one of the newest: then there are just so many. */
static void test_keep_best_is_newest(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);

	(void)state;
	for (int i = 0; i < 4; i++) {
		fixture_steps(s, 1);
		save_checkpoint(s, st, run, NULL, 0, i);
	}
	store_close(st);
	assert_true(exists(run, "step-000004") && exists(run, "step-000003"));
	assert_false(exists(run, "step-000002") || exists(run, "step-000001"));
	session_free(s);
}

/* The same state again: no second copy. Another state of the step: both, then one. */
static void test_same_step(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);
	struct checkpoint_row row, *rows;
	struct checkpoint_info *list;
	int n;

	(void)state;
	fixture_steps(s, 2);
	save_checkpoint(s, st, run, NULL, 0, NAN);
	row = save_checkpoint(s, st, run, "first", 0, NAN);
	assert_string_equal(row.folder, "step-000002");
	row = save_checkpoint(s, st, run, NULL, 0, NAN); /* keeps its name */
	assert_string_equal(row.name, "first");
	s->mix.ch[0].weight = 3;
	row = save_checkpoint(s, st, run, NULL, 1, NAN);
	assert_string_equal(row.folder, "step-000002.1");
	assert_checkpoint(run, CHECKPOINT_NEWEST, "/step-000002.1");
	assert_true(exists(run, "step-000002")); /* named */
	s->mix.ch[0].weight = 4;
	row = save_checkpoint(s, st, run, NULL, 2, NAN);
	assert_string_equal(row.folder, "step-000002.2");
	assert_false(exists(run, "step-000002.1")); /* written anew since */
	assert_int_equal(store_checkpoints_read(st, &rows, &n, NULL), ST_OK);
	assert_int_equal(n, 2);
	xfree(rows);
	s->timeline = 3;
	row = save_checkpoint(s, st, run, NULL, 2, NAN);
	assert_string_equal(row.folder, "step-000002-t3");
	assert_int_equal(checkpoint_list(run, &list, &n, NULL), ST_OK);
	assert_int_equal(list[0].timeline, 3);
	xfree(list);
	store_close(st);
	session_free(s);
}

/* Folders without a row, rows without a folder: as after a crash between the two. */
static void test_without_row(void **state)
{
	const char *run = new_run();
	struct store *st = open_run_store(run);
	struct checkpoint_row *rows, lost = { .step = 1, .folder = "step-000001" };
	int n;

	(void)state;
	save_checkpoint(trained, NULL, run, "named", 5, NAN);
	put_score(trained, st, true, 1, .5, 1);
	assert_checkpoint(run, CHECKPOINT_NEWEST, "/step-000003");
	assert_checkpoint(run, CHECKPOINT_BEST, "/step-000003");
	assert_int_equal(store_checkpoint(st, &lost, NULL), ST_OK);
	assert_int_equal(checkpoint_settle(run, st, 2, NULL), ST_OK);
	assert_int_equal(store_checkpoints_read(st, &rows, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	assert_true(rows[0].best && rows[0].score == .5);
	assert_string_equal(rows[0].folder, "step-000003");
	assert_string_equal(rows[0].name, "named");
	xfree(rows);
	store_close(st);
}

/* --- the best --- */

static void assert_best(const char *run, int64_t step, const char *words)
{
	struct checkpoint_choice c;
	char text[128];

	assert_int_equal(checkpoint_choose(run, CHECKPOINT_BEST, &c, NULL), ST_OK);
	assert_int_equal(c.step, step);
	checkpoint_words(&c, text);
	assert_string_equal(text, words);
}

/* Only an evaluation of that very step scores it, and one that comes later does. */
static void test_best_own_score(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);

	(void)state;
	fixture_steps(s, 1);
	put_score(s, st, true, 1, .9, 1); /* nothing was saved here */
	step_and_save(s, st, run, NAN);
	assert_best(run, 2, "step 2, the newest: none has a score");
	step_and_save(s, st, run, .5);
	step_and_save(s, st, run, NAN);
	assert_best(run, 3, "step 3, the best (score 0.5000)");
	put_score(s, st, true, 1, .6, 1); /* as a resumed run makes it */
	assert_best(run, 4, "step 4, the best (score 0.6000)");
	store_close(st);
	session_free(s);
}

/* Among equals the lower loss, then the newer; no loss is the worst one. */
static void test_best_equals(void **state)
{
	static const double loss[] = { NAN, 2, 1, 1, 3 };
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);
	struct score_row best;

	(void)state;
	for (int i = 0; i < 5; i++) {
		fixture_steps(s, 1);
		put_score(s, st, true, 1, .25, loss[i]);
		save_checkpoint(s, st, run, NULL, 0, NAN);
	}
	assert_best(run, 4, "step 4, the best (score 0.2500)");
	assert_int_equal(store_score_best(st, 0, 9, &best, NULL), ST_OK);
	assert_int_equal(best.step, 4);
	assert_int_equal(store_score_best(st, 0, 2, &best, NULL), ST_OK);
	assert_int_equal(best.step, 2);
	assert_int_equal(store_score_best(st, 0, 0, &best, NULL), ST_NOT_FOUND);
	store_close(st);
	session_free(s);
}

/* Another set of counted tasks: begun afresh, also when the first one comes back. */
static void test_best_afresh(void **state)
{
	static const struct { uint64_t counted; double score; int64_t since, best; } t[] = {
		{ 3, .9, 1, 1 }, { 3, .8, 1, 1 }, { 1, .2, 3, 3 }, { 1, .1, 3, 3 },
		{ 3, .5, 5, 5 }, { 0, NAN, 6, 5 }, { 3, .4, 5, 5 },
	};
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct checkpoint_choice c;
		struct score_row r;

		fixture_steps(s, 1);
		r = put_score(s, st, true, t[i].counted, t[i].score, 1);
		assert_int_equal(r.since, t[i].since);
		save_checkpoint(s, st, run, i == 0 ? "mine" : NULL, 0, NAN);
		assert_int_equal(checkpoint_choose(run, CHECKPOINT_BEST, &c, NULL), ST_OK);
		assert_int_equal(c.step, t[i].best);
	}
	assert_true(exists(run, "step-000001") && exists(run, "step-000005"));
	assert_false(exists(run, "step-000003"));
	store_close(st);
	session_free(s);
}

/* At a stop the last one may be the best; the plan's best is not lost for it. */
static void test_best_last(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);

	(void)state;
	step_and_save(s, st, run, .5);
	step_and_save(s, st, run, .3);
	step_and_save(s, st, run, .2);
	fixture_steps(s, 1);
	put_score(s, st, false, 1, .7, 1);
	save_checkpoint(s, st, run, NULL, 0, NAN);
	assert_best(run, 4, "step 4, the best (score 0.7000)");
	assert_true(exists(run, "step-000001"));
	step_and_save(s, st, run, .1);
	assert_best(run, 1, "step 1, the best (score 0.5000)");
	fixture_steps(s, 1);
	put_score(s, st, false, 2, .9, 1); /* of other tasks: no comparison */
	save_checkpoint(s, st, run, NULL, 0, NAN);
	assert_best(run, 1, "step 1, the best (score 0.5000)");
	store_close(st);
	session_free(s);
}

static void test_sweep(void **state)
{
	const char *run = new_run();
	char path[PATH_MAX + 64];

	(void)state;
	assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
	save_checkpoint(trained, NULL, run, NULL, 0, NAN);
	str_format(path, sizeof path, "%s/checkpoints/.tmp-step-000009-12/x", run);
	assert_int_equal(file_mkdirs(path, 0700, NULL), ST_OK);
	str_format(path, sizeof path, "%s/checkpoints/.old-step-000001-12", run);
	assert_int_equal(file_mkdirs(path, 0700, NULL), ST_OK);
	assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
	assert_false(exists(run, ".tmp-step-000009-12") ||
		     exists(run, ".old-step-000001-12"));
	assert_true(exists(run, "step-000003"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with), cmocka_unit_test(test_keep),
		cmocka_unit_test(test_keep_best_is_newest),
		cmocka_unit_test(test_same_step),
		cmocka_unit_test(test_without_row),
		cmocka_unit_test(test_best_own_score),
		cmocka_unit_test(test_best_equals),
		cmocka_unit_test(test_best_afresh),
		cmocka_unit_test(test_best_last),
		cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests_name("checkpoint_kept", tests,
					   checkpoint_set_up, checkpoint_tear_down);
}
