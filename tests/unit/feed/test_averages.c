/*
 * test_averages.c - what the averaged weights come to stands beside the weights' own
 * figures wherever a run's are shown: live, when it has ended, in the table of runs.
 */
#include "fixture/recorded_run.h"

#include "feed/record.h"
#include "fixture/same_picture.h"
#include "look/run_table.h"

static struct err err;
static struct snapshot last; /* of the live run */
static char run[PATH_MAX];

static struct record *open_ended(void)
{
	struct record *r = NULL;
	struct record_event e;

	assert_int_equal(record_open(run, &r, &err), ST_OK);
	while (record_next(r, &e))
		record_take(r);
	return r;
}

static void test_ended(void **state)
{
	const char *const sets[] = { "optimizer.average=0.9", "budget.steps=24",
				     "budget.eval_every=8" };
	struct trainer *t = record_start("r0", NULL, false, sets, 3, run);
	struct record *r;

	(void)state;
	snapshot_init(&last);
	record_finish(t, &last);
	r = open_ended();
	for (int i = 0; i < last.n_channels; i++)
		assert_true(isfinite(last.ch[i].averaged) == isfinite(last.ch[i].dev));
	assert_int_equal(last.evals, 3);
	same_picture(&last, record_picture(r));
	record_close(r);
}

static void test_among_runs(void **state)
{
	struct run_table table = { 0 }, copy;
	struct progress pg = { 0 };
	char root[PATH_MAX];

	(void)state;
	str_format(root, sizeof root, "%s/runs", fixture_dir);
	assert_int_equal(run_table_read(root, NULL, &pg, &table, &err), ST_OK);
	assert_int_equal(table.n, 1);
	run_table_copy(&copy, &table);
	run_table_release(&table);
	for (int i = 0; i < last.n_channels; i++) {
		const struct run_card *c = &copy.card[0];
		double plain = run_task_value(c, &c->task[i], PICK_NEWEST, -1);
		double averaged = run_task_averaged(c, &c->task[i], PICK_NEWEST, -1);

		assert_true((float)last.ch[i].dev == (float)plain);
		assert_true((float)last.ch[i].averaged == (float)averaged);
		assert_true(isnan(run_task_averaged(c, &c->task[i], PICK_STEP, 7)));
		assert_true(!isnan(run_task_averaged(c, &c->task[i], PICK_STEP, 8)));
	}
	run_table_release(&copy);
	snapshot_release(&last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_among_runs),
	};

	return cmocka_run_group_tests_name("averages", tests, fixture_make_runs,
					   fixture_remove);
}
