/*
 * test_plan_budget.c - a budget in epochs or steps, and shares of it: what they come to,
 * what is written, and which of two counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

static struct plan *load_with(const char *budget, const char *const *sets, int n,
			      struct err *err)
{
	struct plan *p = NULL;
	char text[600];

	str_format(text, sizeof text, "{ \"tutti\": 1, \"tasks\": { \"a\": { \"kind\": "
		   "\"regress\", \"train\": \"README.md\" } }, \"optimizer\": { \"warmup\": "
		   "\"6%%\" }, \"mix\": { \"micro_batches\": 4 }, \"budget\": { %s } }",
		   budget);
	if (plan_parse(text, strlen(text), "p.json", NULL, sets, n, &p, err))
		assert_null(p);
	return p;
}

static struct plan *load(const char *budget)
{
	struct err err = { "" };
	struct plan *p = load_with(budget, NULL, 0, &err);

	if (!p)
		fail_msg("%s", err.text);
	return p;
}

static void expect_steps(const char *epochs, double micro_batches, int64_t steps)
{
	struct plan *p = load(epochs);

	assert_int_equal(p->steps, 0);
	assert_int_equal(plan_settle_epochs(p, micro_batches, NULL), ST_OK);
	assert_int_equal(p->steps, steps);
	plan_free(p);
}

static void test_epochs(void **state)
{
	(void)state;
	expect_steps("\"epochs\": 3", 100, 75);
	expect_steps("\"epochs\": 3", 101, 76); /* 75.75 */
	expect_steps("\"epochs\": 1", 97, 25);
	expect_steps("\"epochs\": 0.5", 96, 12);
	expect_steps("\"epochs\": 1e-6", 8, 1);
	expect_steps("\"epochs\": 0.7", 4000, 700);
	expect_steps("\"epochs\": 1.1", 200, 55); /* in doubles the product is more by a bit */
	expect_steps("\"epochs\": 1e3", 4e6, 1000000000);
}

static void test_no_epochs(void **state)
{
	struct plan *p = load("\"epochs\": 2");
	struct err err = { "" };

	(void)state;
	assert_int_equal(plan_settle_epochs(p, 0, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "budget.epochs"));
	assert_non_null(strstr(err.text, "unmute"));
	assert_int_equal(plan_settle_epochs(p, 4e9, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "more than"));
	assert_int_equal(p->steps, 0);
	plan_free(p);
}

/* A run keeps the steps it has, whatever the estimate would be now. */
static void test_settled_once(void **state)
{
	struct plan *p = load("\"epochs\": 2");

	(void)state;
	plan_set_steps(p, 31);
	assert_int_equal(plan_settle_epochs(p, 1e6, NULL), ST_OK);
	assert_int_equal(p->steps, 31);
	assert_int_equal(p->warmup.steps, 2); /* 6% of 31 */
	plan_free(p);
}

static void test_shares(void **state)
{
	struct plan *p = load("\"steps\": 1230, \"eval_every\": \"10%\", "
			      "\"checkpoint_every\": \"0.1%\"");

	(void)state;
	assert_int_equal(p->steps, 1230);
	assert_int_equal(p->warmup.steps, 74);    /* 73.8 */
	assert_int_equal(p->eval_every.steps, 123); /* not 124 */
	assert_int_equal(p->checkpoint_every.steps, 2);
	plan_free(p);
	p = load("\"steps\": 20, \"eval_every\": \"0%\", \"checkpoint_every\": \"100%\"");
	assert_int_equal(p->eval_every.steps, 0);
	assert_int_equal(p->checkpoint_every.steps, 20);
	plan_free(p);
	p = load("\"steps\": 3000, \"eval_every\": \"1.1%\"");
	assert_int_equal(p->eval_every.steps, 33); /* likewise */
	plan_free(p);
	p = load("\"epochs\": 2, \"eval_every\": \"2.5%\", \"checkpoint_every\": 7");
	assert_int_equal(p->eval_every.steps, 0);
	assert_int_equal(p->checkpoint_every.steps, 7);
	plan_settle_epochs(p, 200, NULL);
	assert_int_equal(p->eval_every.steps, 3); /* of 100 */
	assert_int_equal(p->checkpoint_every.steps, 7);
	plan_free(p);
}

/* What a person wrote stands in the written plan, before and after it is settled. */
static void test_written(void **state)
{
	struct plan *p = load("\"epochs\": 1.5, \"eval_every\": \"2.5%\"");
	struct buf before, after;

	(void)state;
	buf_init(&before);
	buf_init(&after);
	plan_write(p, &before);
	assert_non_null(strstr(buf_str(&before), "\"epochs\": 1.5"));
	assert_non_null(strstr(buf_str(&before), "\"eval_every\": \"2.5%\""));
	assert_non_null(strstr(buf_str(&before), "\"warmup\": \"6%\""));
	assert_non_null(strstr(buf_str(&before), "\"checkpoint_every\": 1000"));
	assert_null(strstr(buf_str(&before), "\"steps\""));
	plan_settle_epochs(p, 100, NULL);
	plan_write(p, &after);
	assert_string_equal(buf_str(&after), buf_str(&before));
	plan_free(p);
	p = load("\"steps\": 9");
	buf_clear(&after);
	plan_write(p, &after);
	assert_non_null(strstr(buf_str(&after), "\"steps\": 9"));
	assert_null(strstr(buf_str(&after), "\"epochs\""));
	plan_free(p);
	buf_release(&before);
	buf_release(&after);
}

static void expect_set(const char *budget, const char *a, const char *b, int64_t steps,
		       double epochs)
{
	const char *sets[] = { a, b };
	struct err err = { "" };
	struct plan *p = load_with(budget, sets, b ? 2 : 1, &err);

	if (!p)
		fail_msg("%s", err.text);
	assert_int_equal(p->steps, steps);
	assert_float_equal(p->epochs, epochs, 0);
	plan_free(p);
}

/* The one that `--set` names takes the place of the file's other one; both are refused. */
static void test_sets(void **state)
{
	const char *const both[] = { "budget.steps=5", "budget.epochs=2" };
	struct err err = { "" };

	(void)state;
	expect_set("\"epochs\": 3", "budget.steps=20", NULL, 20, 0);
	expect_set("\"steps\": 20", "budget.epochs=3", NULL, 0, 3);
	expect_set("\"steps\": 20", "budget.epochs=null", NULL, 20, 0);
	expect_set("\"epochs\": 3", "budget.epochs=0.5", "budget.eval_every=10%", 0, 0.5);
	expect_set("\"steps\": 20", "optimizer.warmup=10%", "budget.eval_every=3", 20, 0);
	assert_null(load_with("\"steps\": 20", both, 2, &err));
	assert_non_null(strstr(err.text, "both 'steps' and 'epochs'"));
	assert_null(load_with("\"epochs\": 20", both, 2, &err));
}

static void test_refused(void **state)
{
	static const struct { const char *budget, *set, *words[2]; } c[] = {
		{ "\"keep\": 2", NULL, { "missing 'steps' or 'epochs'", "at budget in p.json" } },
		{ "\"steps\": 9, \"epochs\": 2", NULL, { "both 'steps' and 'epochs'",
							    "at budget in p.json" } },
		{ "\"epochs\": 0", NULL, { "0 is out of range", "budget.epochs" } },
		{ "\"epochs\": -1", NULL, { "-1 is out of range", "budget.epochs" } },
		{ "\"epochs\": \"10%\"", NULL, { "not a number", "budget.epochs" } },
		{ "\"steps\": 0", NULL, { "0 is out of range", "budget.steps" } },
		{ "\"steps\": \"10%\"", NULL, { "not a whole number", "budget.steps" } },
		{ "\"steps\": 9", "budget.epochs=0", { "0 is out", "budget.epochs" } },
		{ "\"steps\": 9", "budget.eval_every=110%", { "'110%'", "budget.eval_every" } },
		{ "\"steps\": 9", "budget.eval_every=-1%", { "'-1%'", "\"0%\" to \"100%\"" } },
		{ "\"steps\": 9", "budget.eval_every=10%%", { "'10%%'", "budget.eval_every" } },
		{ "\"steps\": 9", "budget.eval_every=%", { "'%'", "budget.eval_every" } },
		{ "\"steps\": 9", "budget.eval_every=nan%", { "'nan%'", "eval_every" } },
		{ "\"steps\": 9, \"eval_every\": \"10\"", NULL, { "'10'", "budget.eval_every" } },
		{ "\"steps\": 9, \"eval_every\": \"10 %\"", NULL, { "'10 %'", "eval_every" } },
		{ "\"steps\": 9, \"eval_every\": 1.5", NULL, { "whole", "budget.eval_every" } },
		{ "\"steps\": 9, \"checkpoint_every\": -1", NULL, { "-1 is out",
								   "checkpoint_every" } },
		{ "\"steps\": 9", "optimizer.warmup=true", { "share", "optimizer.warmup" } },
		{ "\"steps\": 9", "optimizer.warmup=101%", { "'101%'", "optimizer.warmup" } },
		{ "\"steps\": 9", "optimizer.layer_decay=0", { "out of", "layer_decay" } },
		{ "\"steps\": 9", "optimizer.layer_decay=1.1", { "out of", "layer_decay" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct err err = { "" };

		if (load_with(c[i].budget, &c[i].set, c[i].set != NULL, &err))
			fail_msg("'%s' with %s was taken", c[i].budget, c[i].set);
		for (int k = 0; k < 2; k++)
			if (!strstr(err.text, c[i].words[k]))
				fail_msg("no '%s' in: %s", c[i].words[k], err.text);
	}
}

static void test_heard(void **state)
{
	struct plan_task t = { .share = -1 };

	(void)state;
	assert_true(plan_is_heard(&t));
	t.share = 0;
	assert_false(plan_is_heard(&t));
	t.share = 0.5;
	assert_true(plan_is_heard(&t));
	t.muted = true;
	assert_false(plan_is_heard(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_no_epochs),
		cmocka_unit_test(test_settled_once),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_heard),
	};

	return cmocka_run_group_tests_name("plan_budget", tests, NULL, NULL);
}
