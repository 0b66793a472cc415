/*
 * test_run_systems.c - runs as systems: means and intervals over seeds and splits, the
 * best run, differences of means, tasks that were never heard.
 */
#include "fixture/data_check.h"

#include <math.h>

#include "fixture/eval_row.h"
#include "fixture/plan_run.h"
#include "look/run_systems.h"

enum { A, S, TASKS };

static int make(void **state)
{
	if (scratch_make_cache(state))
		return -1;
	return mkdir(in_scratch("runs"), 0700);
}

/* A run whose newest evaluation has these figures; NaN: the task has none. */
static void put_run(const char *name, const char *more, const char *muted, double accuracy,
		    double perplexity, const char *command)
{
	const double value[TASKS] = { accuracy, perplexity };
	char text[900];
	struct store *s;

	snprintf(text, sizeof text, "{\"tutti\": 1, %s \"tasks\": {"
		 "\"a\": {\"kind\": \"classify\", \"train\": \"/a.tsv\", "
		 "\"labels\": [\"x\", \"y\"]}, "
		 "\"s\": {\"kind\": \"summarize\", \"train\": \"/s.jsonl\", "
		 "\"metrics\": [\"perplexity\"]%s}}, "
		 "\"budget\": {\"steps\": 100}}", more, muted);
	s = plan_run_new(name, text);
	for (int i = 0; i < TASKS; i++) {
		struct eval_row r = { .timeline = 1, .step = 100, .task = i, .n_examples = 10,
				      .scheduled = true, .n_metrics = 1 };

		str_copy(r.metric[0].name, 16, i == A ? "accuracy" : "perplexity");
		r.metric[0].value = value[i];
		if (isfinite(value[i]))
			assert_int_equal(put_eval_row(s, &r), ST_OK);
	}
	if (command)
		plan_run_say(s, 10, WHO_PERSON, command);
	store_close(s);
}

static void make_runs(void)
{
	put_run("low-s1", "\"seed\": 1,", "", .5, 8, NULL);
	put_run("low-s2", "\"seed\": 2,", "", .75, 4, NULL);
	put_run("low-s3", "\"seed\": 3,", "", NAN, 6, NULL); /* not there yet */
	put_run("high-s1", "\"seed\": 1, \"optimizer\": {\"lr\": 0.01},", "", .75, 5, NULL);
	put_run("high-s2", "\"seed\": 2, \"optimizer\": {\"lr\": 0.01},", "", 1, 5, NULL);
	put_run("alone-s1", "\"seed\": 1,", ", \"muted\": true", .25, 900, NULL);
	put_run("late-s1", "\"seed\": 1,", ", \"muted\": true", .25, 9, "mute s off");
	put_run("cut-d1-s1", "\"seed\": 1, \"split\": 1, \"model\": {\"dim\": 64},", "", .5, 1,
		NULL);
	put_run("cut-d1-s2", "\"seed\": 2, \"split\": 1, \"model\": {\"dim\": 64},", "", .25,
		1, NULL);
	put_run("cut-d2-s1", "\"seed\": 1, \"split\": 2, \"model\": {\"dim\": 64},", "", .875,
		1, NULL);
}

static const struct run_group *group(const struct run_groups *g, const char *name)
{
	for (int i = 0; i < g->n; i++)
		if (str_eq(g->group[i].name, name))
			return &g->group[i];
	fail_msg("no system '%s'", name);
	return NULL;
}

static void test_systems(void **state)
{
	struct run_table t;
	struct run_groups g;
	struct system_value x;
	struct err err = { "" };
	const double two[] = { .5, .75 }, draws[] = { .375, .875 };
	struct mean_interval want;
	const struct run_group *low, *high, *alone;
	int common;

	(void)state;
	make_runs();
	assert_int_equal(run_table_read(in_scratch("runs"), NULL, NULL, &t, &err), ST_OK);
	run_groups_of(&t, &g);
	low = group(&g, "low");
	high = group(&g, "high");
	alone = group(&g, "alone-s1");

	system_value_read(&t, low, "a", PICK_NEWEST, 0, &x);
	mean_interval(two, 2, SYSTEM_LEVEL, &want);
	assert_true(x.is_there && x.metric == METRIC_ACCURACY && x.runs == 2 && x.m.n == 2);
	assert_true(x.m.mean == want.mean && x.m.low == want.low && x.m.high == want.high);
	assert_string_equal(t.card[x.best].info.name, "low-s2");
	system_value_read(&t, low, "s", PICK_NEWEST, 0, &x); /* the lowest is the best */
	assert_true(x.runs == 3 && x.m.mean == 6 && x.m.least == 4 && x.m.most == 8);
	assert_string_equal(t.card[x.best].info.name, "low-s2");
	system_value_read(&t, low, "a", PICK_STEP, 50, &x); /* none was there so early */
	assert_true(x.is_there && !x.runs && !x.m.n && isnan(x.m.mean) && x.best == -1);
	system_value_read(&t, low, "zz", PICK_NEWEST, 0, &x);
	assert_false(x.is_there);

	/* runs of one split are one draw */
	system_value_read(&t, group(&g, "cut"), "a", PICK_NEWEST, 0, &x);
	mean_interval(draws, 2, SYSTEM_LEVEL, &want);
	assert_true(x.runs == 3 && x.m.n == 2 && x.m.mean == want.mean && x.m.low == want.low);
	assert_true(x.m.least == .25 && x.m.most == .875);

	/* above 0: better; a perplexity is in no mean with an accuracy */
	assert_true(system_task_difference(&t, high, low, "a", PICK_NEWEST, 0) == .25);
	assert_true(system_task_difference(&t, high, low, "s", PICK_NEWEST, 0) == 1);
	assert_true(system_difference(&t, high, low, PICK_NEWEST, 0, &common) == .25);
	assert_int_equal(common, 1);
	assert_true(system_mean(&t, low, PICK_NEWEST, 0) == .625);

	/* what was muted all the time says nothing */
	system_value_read(&t, alone, "s", PICK_NEWEST, 0, &x);
	assert_true(!x.is_there && !x.runs);
	assert_true(isnan(system_task_difference(&t, alone, low, "s", PICK_NEWEST, 0)));
	system_value_read(&t, group(&g, "late-s1"), "s", PICK_NEWEST, 0, &x);
	assert_true(x.is_there && x.m.mean == 9);
	run_groups_release(&g);
	run_table_release(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_systems),
	};

	return cmocka_run_group_tests_name("run_systems", tests, make, scratch_remove);
}
