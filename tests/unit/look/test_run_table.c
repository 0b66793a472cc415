/*
 * test_run_table.c - cards of runs, what is read anew, which evaluation counts, and
 * what two runs have different.
 */
#include "fixture/data_check.h"

#include <math.h>
#include <utime.h>

#include "fixture/eval_row.h"
#include "fixture/plan_run.h"
#include "look/run_diff.h"
#include "look/run_table.h"
#include "store/store.h"

static int make(void **state)
{
	if (scratch_make_cache(state))
		return -1;
	return mkdir(in_scratch("runs"), 0700);
}

static const char *run_path(const char *name)
{
	static char path[4][300];
	static int next;
	char *p = path[next++ & 3];

	snprintf(p, sizeof path[0], "%s/runs/%s", scratch, name);
	return p;
}

static const char *plan_text(const char *lr, const char *more)
{
	static char text[900];

	snprintf(text, sizeof text, "{\"tutti\": 1, \"tasks\": {"
		 "\"a\": {\"kind\": \"classify\", \"train\": \"a.tsv\", "
		 "\"labels\": [\"x\", \"y\"]}, "
		 "\"s\": {\"kind\": \"summarize\", \"train\": \"s.jsonl\"}%s}, "
		 "\"optimizer\": {\"lr\": %s}, \"budget\": {\"steps\": 1000}}", more, lr);
	return text;
}

static void eval(struct store *s, int timeline, int64_t step, int task, double value)
{
	struct eval_row r = { .timeline = timeline, .step = step, .task = task,
			      .n_examples = 10, .scheduled = true, .n_metrics = 2 };

	str_copy(r.metric[0].name, 16, task ? "rougeL" : "f1"); /* not the strip's */
	r.metric[0].value = .99;
	str_copy(r.metric[1].name, 16, task ? "rouge1" : "accuracy");
	r.metric[1].value = value;
	assert_int_equal(put_eval_row(s, &r), ST_OK);
}

static void step(struct store *s, int64_t at, float loss)
{
	struct step_row r = { .step = at, .n = 1 };

	r.task[0].task = 1;
	r.task[0].count = 1;
	r.task[0].loss = loss;
	assert_int_equal(store_step(s, 1, &r, NULL), ST_OK);
}

static const char third[] = ", \"n\": {\"kind\": \"regress\", \"train\": \"n.tsv\"}";

static void make_runs(void)
{
	struct store *s = plan_run_new("one", plan_text("0.001", ""));

	eval(s, 1, -1, 0, .1); /* the baseline is no evaluation of the run */
	eval(s, 1, 100, 0, .5);
	eval(s, 1, 100, 1, .2);
	eval(s, 1, 200, 0, .7);
	eval(s, 1, 200, 1, .3);
	eval(s, 1, 250, 0, .95); /* by hand, of one task alone */
	eval(s, 1, 300, 0, .9);
	eval(s, 1, 300, 1, .05);
	plan_run_say(s, 10, WHO_PERSON, "note \"the first\"");
	plan_run_say(s, 20, WHO_PERSON, "weight a 2");
	plan_run_say(s, 30, WHO_PERSON, "weight s 2");
	store_set_fact(s, "created", "1700000000000", NULL);
	store_set_fact(s, "data.a.train", "0123456789abcdef 7 a.tsv", NULL);
	for (int i = 1; i <= 400; i++)
		step(s, i, (float)(1 + 1.0 / i));
	store_close(s);

	s = plan_run_new("two", plan_text("0.002", third));
	eval(s, 1, 100, 0, .6);
	eval(s, 1, 200, 0, .61);
	eval(s, 1, 300, 0, .62);
	eval(s, 2, 200, 0, .8); /* after a rollback to 100: 200 and 300 are gone */
	eval(s, 2, 200, 1, .4);
	plan_run_say(s, 20, WHO_PERSON, "weight a 2");
	plan_run_say(s, 30, WHO_PERSON, "weight s 3");
	assert_int_equal(store_journal(s, &(struct journal_entry){
		.step = 40, .unix_ms = 1, .who = WHO_GUARD,
		.command = "note the best begins afresh" }, NULL), ST_OK);
	store_set_fact(s, "data.a.train", "fedcba9876543210 7 a.tsv", NULL);
	store_close(s);
	assert_int_equal(mkdir(run_path("broken"), 0700), 0);
	put_text("runs/broken/plan.json", "{");
}

static void same(double x, double y)
{
	assert_true(fabs(x - y) < 1e-6);
}

/* What is lower has gained, and sorts as the larger. */
static void test_gains(void **state)
{
	int64_t at[] = { 10 };
	float now[] = { 20 }, was[] = { 25 }, share[] = { .5f };
	struct run_task a = { .name = "s", .metric = METRIC_PERPLEXITY, .n = 1, .step = at,
			      .value = now }, b = a;
	struct run_card one = { .n_tasks = 1, .task = &a, .best_step = 10 };
	struct run_card two = { .n_tasks = 1, .task = &b, .best_step = 10 };
	struct run_task mixed[2] = { { .name = "c", .metric = METRIC_ACCURACY, .n = 1,
				       .step = at, .value = share } };
	int common;

	(void)state;
	b.value = was;
	same(run_task_difference(&one, &two, 0, PICK_BEST, 0), 5);
	same(run_card_difference(&two, &one, PICK_NEWEST, 0, &common), -5);
	assert_int_equal(common, 1);
	assert_true(run_card_mean(&one, PICK_BEST, 0) > run_card_mean(&two, PICK_BEST, 0));
	same(run_task_value(&one, &a, PICK_BEST, 0), 20);
	mixed[1] = a; /* beside another metric it is in no mean */
	one = (struct run_card){ .n_tasks = 2, .task = mixed, .best_step = 10 };
	assert_true(run_card_counts(&one, 0) && !run_card_counts(&one, 1));
	same(run_card_mean(&one, PICK_BEST, 0), .5);
	mixed[0] = a;
	assert_true(run_card_counts(&one, 0) && run_card_counts(&one, 1));
	same(run_card_mean(&one, PICK_BEST, 0), -20);
}

static void test_cards(void **state)
{
	struct run_table t, again;
	const struct run_card *one, *two;
	struct err err = { "" };
	int common;

	(void)state;
	make_runs();
	assert_int_equal(run_table_read(run_path("."), NULL, NULL, &t, &err), ST_OK);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.reread, 3);
	assert_string_equal(t.card[0].info.name, "broken");
	assert_true(t.card[0].info.trouble[0]);
	one = &t.card[1];
	two = &t.card[2];
	assert_string_equal(one->note, "the first");
	assert_int_equal(one->interventions, 2);
	assert_string_equal(two->note, ""); /* a guard's note is nobody's word on it */
	assert_int_equal(one->info.created_ms, 1700000000000);
	assert_int_equal(one->info.step, 400); /* beyond the newest checkpoint */
	assert_int_equal(one->best_step, 200);
	assert_int_equal(one->newest_step, 300);
	same(run_task_value(one, &one->task[0], PICK_BEST, 0), .7);
	same(run_task_value(one, &one->task[0], PICK_NEWEST, 0), .9);
	same(run_task_value(one, &one->task[0], PICK_STEP, 299), .95);
	same(run_task_value(one, &one->task[1], PICK_STEP, 299), .3);
	assert_true(isnan(run_task_value(one, &one->task[0], PICK_STEP, 99)));
	same(run_card_mean(one, PICK_BEST, 0), .5);
	assert_true(isnan(run_card_mean(two, PICK_BEST, 0))); /* n was never evaluated */
	assert_int_equal(two->task[0].n, 2);
	same((double)two->task[0].value[1], .8);
	same(run_card_difference(two, one, PICK_NEWEST, 0, &common), (-.1 + .35) / 2);
	assert_int_equal(common, 2);

	assert_int_equal(run_table_read(run_path("."), &t, NULL, &again, &err), ST_OK);
	assert_int_equal(again.reread, 0);
	same((double)again.card[1].task[0].value[0], .5);
	run_table_release(&again);
	put_text("runs/two/plan.json", plan_text("0.0025", ""));
	assert_int_equal(run_table_read(run_path("."), &t, NULL, &again, &err), ST_OK);
	assert_int_equal(again.reread, 1);
	assert_int_equal(again.card[2].n_tasks, 2);
	run_table_release(&again);
	run_table_release(&t);
	put_text("runs/two/plan.json", plan_text("0.002", third));
}

static void test_losses(void **state)
{
	static struct curve c;
	struct err err = { "" };

	(void)state;
	assert_int_equal(run_loss_read(run_path("one"), "s", NULL, &c, &err), ST_OK);
	assert_int_equal(c.n, 400);
	same((double)c.mean[0], 2);
	same((double)c.mean[399], 1 + 1.0 / 400);
	assert_true((double)c.smooth[399] > 1 && (double)c.smooth[399] < 1.01);
	assert_int_equal(run_loss_read(run_path("one"), "a", NULL, &c, &err), ST_OK);
	assert_true(isnan(c.smooth[399])); /* no micro-batch of it */
	assert_int_equal(run_loss_read(run_path("one"), "zz", NULL, &c, &err),
			 ST_NOT_FOUND);
}

static const struct plan_change *change(const struct run_diff *d, const char *path)
{
	for (int i = 0; i < d->n_changes; i++)
		if (str_eq(d->change[i].path, path))
			return &d->change[i];
	return NULL;
}

static void test_diff(void **state)
{
	struct run_diff d;
	struct err err = { "" };
	const struct plan_change *c;

	(void)state;
	assert_int_equal(run_diff_make(run_path("one"), run_path("two"), &d, &err), ST_OK);
	c = change(&d, "optimizer.lr");
	assert_non_null(c);
	assert_string_equal(c->a, "0.001");
	assert_string_equal(c->b, "0.002");
	c = change(&d, "tasks.n");
	assert_non_null(c);
	assert_string_equal(c->a, "");
	assert_string_equal(c->b, "regress");
	c = change(&d, "data.a.train");
	assert_non_null(c);
	assert_string_equal(c->a, "01234567");
	assert_string_equal(c->b, "fedcba98");
	assert_non_null(change(&d, "tasks.a.train")); /* each in its own folder */
	assert_null(change(&d, "optimizer.beta1"));
	assert_null(change(&d, "tasks.a.kind"));
	assert_int_equal(d.n_entries, 4); /* the last one is the guard's note */
	assert_string_equal(d.entry[0].e.command, "note \"the first\"");
	assert_false(d.entry[0].is_b);
	assert_string_equal(d.entry[1].e.command, "weight s 2");
	assert_false(d.entry[1].is_b);
	assert_string_equal(d.entry[2].e.command, "weight s 3");
	assert_true(d.entry[2].is_b);
	run_diff_release(&d);
	assert_int_equal(run_diff_make(run_path("one"), run_path("one"), &d, &err), ST_OK);
	assert_int_equal(d.n_changes + d.n_entries, 0);
	run_diff_release(&d);
	assert_int_not_equal(run_diff_make(run_path("one"), run_path("broken"), &d, &err),
			     ST_OK);
	run_diff_release(&d);
}

/* A whole evaluation is the newest, and in no curve, until another one comes. */
static void test_whole(void **state)
{
	int64_t at[] = { 10, 20 };
	float v[] = { .5f, .25f };
	struct run_task t = { .metric = METRIC_ACCURACY, .n = 2, .step = at, .value = v,
			      .whole_step = 20, .whole = .75 };
	struct run_card c = { .n_tasks = 1, .task = &t, .best_step = 20 };

	(void)state;
	same(run_task_value(&c, &t, PICK_NEWEST, 0), .75);
	same(run_task_value(&c, &t, PICK_BEST, 0), .25);
	same(run_task_value(&c, &t, PICK_STEP, 20), .25);
	t.whole_step = 10;
	same(run_task_value(&c, &t, PICK_NEWEST, 0), .25);
}

/* The best by the run's own rule, a loss here, not by the mean of the strips' metrics. */
static void test_best_by_rule(void **state)
{
	struct score_row score = { .step = 100, .scheduled = true, .score = -.1,
				   .loss = .1, .counted = 1 };
	char path[PATH_MAX];
	struct run_table t;
	struct store *s = NULL;
	struct err err = { "" };

	(void)state;
	str_format(path, sizeof path, "%s/run.db", run_path("one"));
	assert_int_equal(store_open(path, false, &s, &err), ST_OK);
	assert_int_equal(store_evaluation(s, &score, NULL, 0, 0, &err), ST_OK);
	score.step = 200;
	score.score = -.2;
	assert_int_equal(store_evaluation(s, &score, NULL, 0, 0, &err), ST_OK);
	store_close(s);
	assert_int_equal(run_table_read(run_path("."), NULL, NULL, &t, &err), ST_OK);
	assert_string_equal(t.card[1].info.name, "one");
	assert_int_equal(t.card[1].best_step, 100);
	same(run_task_value(&t.card[1], &t.card[1].task[0], PICK_BEST, 0), .5);
	run_table_release(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gains),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cards),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_best_by_rule),
	};

	return cmocka_run_group_tests_name("run_table", tests, make, scratch_remove);
}
