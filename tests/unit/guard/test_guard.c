/*
 * test_guard.c - every guard on made-up series: what it sees and what it does not, words,
 * and the command it would give.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"
#include "guard/guard.h"

/* --- a run of two tasks, made up --- */

enum { TASKS = 2 };
static struct guard_task task[TASKS];
static struct guard g;
static const struct guard_row *row;
static struct guard_view now;
static struct guard_said said;
static struct err err;

/* Guard NAME, set by such words, at step 0. */
static void use(const char *name, const char *words)
{
	row = guard_at(guard_find(name));
	assert_non_null(row);
	for (int i = 0; i < TASKS; i++)
		task[i] = (struct guard_task){ .name = i ? "b" : "a", .metric = "accuracy",
					       .is_active = true };
	if (guard_read(row, words, &g, &err))
		fail_msg("%s %s: %s", name, words, err.text);
	now = (struct guard_view){ .n = TASKS, .task = task, .param = g.param, .lr = 0.001,
				   .plan_lr = 0.001, .dropout = 0.1, .seconds = NAN };
}

/* A step with these losses; NaN: the task had no micro-batch. */
static void step(double a, double b)
{
	double loss[TASKS] = { a, b };
	struct guard_view v = now;

	now.step++;
	now.tokens += 100;
	v = now;
	v.loss = loss;
	if (row->step)
		row->step(&v, g.memory);
}

static double dev_loss = NAN, dev_se = NAN;

static void evaluate(double a, double b)
{
	struct guard_dev dev[TASKS] = { { a, dev_loss, dev_se }, { b, dev_loss, dev_se } };
	struct guard_view v = now;

	v.dev = dev;
	if (row->dev)
		row->dev(&v, g.memory);
}

/* Some steps of a loss that falls, then an evaluation. */
static void round_of(double a, double b)
{
	for (int i = 0; i < 10; i++)
		step(1 / (1 + 0.01 * (double)now.step), 1 / (1 + 0.01 * (double)now.step));
	evaluate(a, b);
}

static void change(const char *name, int whose, const char *before)
{
	struct guard_change c = { .name = name, .task = whose, .before = before };

	if (row->change)
		row->change(&now, &c, g.memory);
}

static bool says(int which)
{
	memset(&said, 0, sizeof said);
	return row->say(&now, g.memory, which, &said);
}

static void assert_says(int which, const char *text, const char *act)
{
	if (!says(which))
		fail_msg("%s says nothing at step %d", row->name, (int)now.step);
	if (!strstr(said.text, text))
		fail_msg("'%s' is not in '%s'", text, said.text);
	assert_string_equal(said.act[0], act);
}

static void assert_silent(void)
{
	for (int i = -1; i < TASKS; i++)
		if (says(i))
			fail_msg("%s at step %d: %s", row->name, (int)now.step, said.text);
}

/* --- overfitting --- */

static void test_overfit(void **state)
{
	(void)state;
	use("overfit", "warn");
	round_of(0.70, 0.5);
	assert_silent(); /* a single evaluation tells nothing */
	round_of(0.80, NAN);
	round_of(0.78, 0.5);
	round_of(0.79, 0.5);
	assert_silent();
	round_of(0.76, 0.5);
	assert_says(0, "dev accuracy of a is 76.0 after 80.0 at step 20", "dropout 0.2");
	assert_false(says(1));
	step(0.1, 0.1);
	assert_silent(); /* at that step alone */
	round_of(0.70, 0.5);
	assert_silent(); /* and once, until there is a new best */
	round_of(0.90, 0.5);
	round_of(0.80, 0.5);
	round_of(0.80, 0.5);
	round_of(0.80, 0.5);
	assert_says(0, "after 90.0", "dropout 0.2");
	now.dropout = 0.5;
	assert_says(0, "after 90.0", "");
}

/* Not: within the margin now and then, a loss that does not fall, a task that rests, NaN. */
static void test_no_overfit(void **state)
{
	(void)state;
	use("overfit", "warn");
	for (int i = 0; i < 12; i++) {
		round_of(i % 3 == 2 ? 0.798 : i ? 0.7 : 0.8, NAN);
		assert_silent();
	}
	use("overfit", "warn");
	for (int i = 0; i < 8; i++) {
		for (int k = 0; k < 10; k++)
			step(1 + 0.01 * (double)now.step, NAN);
		evaluate(0.9 - 0.05 * i, 0.9 - 0.05 * i);
		assert_silent();
	}
	use("overfit", "warn n=1 margin=0");
	step(1, 1);
	evaluate(0, 0);
	for (int i = 0; i < 50; i++)
		step(0.5, 0.5);
	evaluate(-0.1, 0); /* a correlation below 0 */
	assert_says(0, "is -10.0 after 0.0", "dropout 0.2");
	assert_false(says(1));
}

/* With a standard error and a dev loss; what is said, or NULL. */
static const char *round_with(double merit, double se, double loss)
{
	dev_se = se;
	dev_loss = loss;
	round_of(merit, NAN);
	dev_se = dev_loss = NAN;
	return says(0) ? said.text : NULL;
}

/* Coins over 100 rows, for long, under a loss that falls: a healthy run says nothing. */
static int words_of_luck(const char *words, int rounds)
{
	struct rng r = rng_stream(5, RNG_TEST, 3, 0);
	uint64_t at = 0;
	int n = 0;

	use("overfit", words);
	for (int i = 0; i < rounds; i++) {
		int right = 0;

		for (int k = 0; k < 100; k++)
			right += rng_uniform(&r, at++) < 0.8;
		n += round_with(right / 100.0, 0.04, 0.5 + 0.01 * rng_uniform(&r, at++)) != NULL;
	}
	return n;
}

static void test_overfit_luck(void **state)
{
	(void)state;
	assert_true(words_of_luck("warn se=0", 400) >= 4);
	/* the best of so many is 3 standard errors above the mean, which takes half of it */
	assert_in_range(words_of_luck("warn", 400), 0, 1);
}

static void test_overfit_noise(void **state)
{
	(void)state;
	use("overfit", "warn");
	round_with(0.80, 0.03, 0.5);
	for (int i = 0; i < 9; i++) /* within 2 sqrt(2) 0.03 = 0.085 of it, and no loss rises */
		assert_null(round_with(0.72, 0.03, 0.52));
	for (int i = 0; i < 2; i++)
		assert_null(round_with(0.71, 0.03, 0.52));
	assert_non_null(round_with(0.71, 0.03, 0.52)); /* beyond it */
	use("overfit", "warn");
	round_with(0.80, 0.03, 0.5);
	for (int i = 0; i < 2; i++)
		assert_null(round_with(0.78, 0.03, 0.53));
	assert_non_null(round_with(0.78, 0.03, 0.53)); /* the dev loss says so, too */
	for (int i = 0; i < 9; i++) /* one event: a lucky best between does not end it */
		assert_null(round_with(i % 4 ? 0.70 : 0.81, 0.03, 0.9));
	assert_null(round_with(0.90, 0.03, 0.9)); /* this one does */
	for (int i = 0; i < 2; i++)
		assert_null(round_with(0.80, 0.03, 0.9));
	assert_string_equal(round_with(0.80, 0.03, 0.9) ? "said" : "", "said");
	use("overfit", "warn");
	round_with(0.80, NAN, 0.5); /* nobody knows: the margin alone, as ever */
	for (int i = 0; i < 2; i++)
		assert_null(round_with(0.78, NAN, 0.5));
	assert_non_null(round_with(0.78, NAN, 0.5));
}

/* --- negative transfer and forgetting --- */

static void test_transfer(void **state)
{
	(void)state;
	use("transfer", "act");
	round_of(0.8, 0.5);
	change("weight", 1, "1");
	round_of(0.7, 0.2);
	assert_silent();
	round_of(0.7, 0.2);
	assert_says(0, "dev accuracy of a fell from 80.0 to 70.0 since weight b at step 10",
		    "weight b 1");
	assert_null(said.sign); /* the row's */
	assert_false(says(1)); /* its own weight: the hand's affair */
	round_of(0.6, 0.5);
	assert_silent();
	change("share", 1, "auto"); /* begins anew */
	round_of(0.55, 0.5);
	round_of(0.55, 0.5);
	assert_says(0, "from 60.0 to 55.0 since share b", "share b auto");
	change("weighting", -1, "fixed");
	round_of(0.4, 0.5);
	round_of(0.4, 0.5);
	assert_says(0, "since weighting at step", "");
}

/* A fall that is luck is none; one that the dev loss tells of, too, is. */
static void test_transfer_luck(void **state)
{
	(void)state;
	use("transfer", "warn");
	round_with(0.79, 0.04, 0.51);
	change("share", 1, "auto");
	for (int i = 0; i < 9; i++) /* within 2 sqrt(2) 0.04 = 0.113 of it */
		assert_null(round_with(0.70, 0.04, 0.48));
	assert_null(round_with(0.67, 0.04, 0.48));
	assert_non_null(round_with(0.67, 0.04, 0.48)); /* beyond it */
	change("share", 1, "auto");
	assert_null(round_with(0.64, 0.04, 0.51));
	assert_non_null(round_with(0.64, 0.04, 0.51)); /* the loss rose */
	use("transfer", "warn se=0"); /* any beyond the margin */
	round_with(0.79, 0.04, 0.51);
	change("share", 1, "auto");
	assert_null(round_with(0.76, 0.04, 0.48));
	assert_non_null(round_with(0.76, 0.04, 0.48));
	assert_true(guard_memory(row, 1) == 10 + 5); /* states of before are read */
}

static void test_forgetting(void **state)
{
	(void)state;
	use("transfer", "act n=1");
	round_of(0.8, 0.5);
	change("mute", 0, "off");
	for (int i = 0; i < 10; i++)
		step(NAN, 0.5);
	evaluate(0.7, 0.6);
	assert_says(0, "fell from 80.0 to 70.0 since mute a", "mute a off");
	assert_string_equal(said.sign, "catastrophic forgetting");
}

/* What is no fall, no change of the mix, and a change in the middle of an evaluation. */
static void test_no_transfer(void **state)
{
	double before = 0, after = 0;

	(void)state;
	use("transfer", "warn n=1");
	round_of(0.8, 0.5);
	round_of(0.5, 0.5);
	assert_silent(); /* nobody changed anything */
	change("lr", -1, "0.001");
	change("dropout", -1, "0.1");
	round_of(0.3, 0.5);
	assert_silent();
	change("weight", 1, "1");
	round_of(0.295, 0.5);
	assert_silent(); /* within the margin */
	for (int order = 0; order < 2; order++) { /* the same, whichever was first */
		use("transfer", "warn n=1");
		round_of(0.8, 0.5);
		for (int i = 0; i < 5; i++)
			step(1, 1);
		if (order)
			evaluate(0.6, 0.5);
		change("weight", 1, "1");
		if (!order)
			evaluate(0.6, 0.5);
		assert_silent();
		round_of(0.5, 0.5);
		assert_says(0, "from 60.0 to 50.0", "weight b 1");
		before = order ? before : g.memory[0];
		after = g.memory[0];
	}
	assert_true(before == after);
}

/* --- spikes --- */

static void test_spike(void **state)
{
	struct rng r = rng_stream(3, RNG_TEST, 1, 0);
	int at = 0;

	(void)state;
	use("spike", "act");
	for (uint64_t i = 0; i < 5000; i++) { /* noise, and single steps far above it */
		double fall = 0.1 + 0.9 / (1 + 0.01 * (double)i);

		step(fall * (0.5 + rng_uniform(&r, 2 * i)), i % 211 == 210 ? 3 * fall : fall);
		assert_silent();
	}
	for (int i = 0; i < 30 && !at; i++) {
		step(3, 0.1);
		at = says(0) ? i + 1 : 0;
	}
	assert_in_range(at, 1, 6);
	assert_says(0, "the loss of a rose from 0.1", "lr 0.0005");
	for (int i = 0; i < 5; i++) {
		step(3, 0.1);
		assert_silent(); /* said once */
	}
	now.lr = 0.0002; /* less than the least would be left */
	for (int i = 0; i < 600; i++)
		step(0.1, 0.1);
	for (at = 0; !at; at = says(0))
		step(4, 0.1);
	assert_string_equal(said.act[0], "");
}

/* A loss near 0 may jitter; a task that is seldom drawn is judged by its own steps. */
static void test_no_spike(void **state)
{
	(void)state;
	use("spike", "warn");
	for (int i = 0; i < 400; i++) {
		step(i < 50 ? 2 : i % 7 ? 0.001 : 0.3, i % 10 ? NAN : 1);
		assert_silent();
	}
}

/* --- the others --- */

static void test_finite(void **state)
{
	(void)state;
	use("finite", "act");
	for (now.skips = 0; now.skips < 3; now.skips++)
		assert_silent();
	assert_says(-1, "in 3 steps in a row", "rollback");
	assert_string_equal(said.act[1], "lr 0.0005");
	now.skips = 4;
	assert_silent();
	now.skips = 6;
	now.lr = 0.00025;
	assert_says(-1, "in 6 steps", "rollback");
	assert_string_equal(said.act[1], "lr 0.000125");
	now.lr = 0.000125;
	assert_says(-1, "in 6 steps", "stop");
	now.lr = 0;
	assert_says(-1, "in 6 steps", "stop");
}

static void test_patience(void **state)
{
	(void)state;
	use("patience", "act n=2");
	round_of(0.5, NAN);
	round_of(0.5, NAN);
	assert_silent();
	round_of(0.6, NAN);
	round_of(0.6, NAN);
	assert_silent();
	round_of(0.59, NAN);
	assert_says(0, "no new best since 60.0 at step 30, 2 evaluations", "mute a on");
	assert_false(says(1)); /* it never had a metric */
	task[1].is_active = false;
	assert_says(0, "no new best", "stop");
	task[0].is_active = false; /* muted: nothing to be said */
	assert_silent();
	task[0].is_active = true;
	evaluate(0.1, NAN); /* not trained between the two */
	evaluate(0.1, NAN);
	round_of(0.5, NAN);
	assert_silent();
	round_of(0.5, NAN);
	assert_says(0, "no new best", "stop"); /* n anew */
	use("patience", "act n=2 delta=0.05");
	round_of(0.5, 0.5);
	round_of(0.54, 0.56);
	round_of(0.54, 0.56);
	assert_true(says(0) && !says(1));
}

static void test_budget(void **state)
{
	(void)state;
	use("budget", "act steps=3 tokens=1e6 minutes=2");
	step(1, 1);
	step(1, 1);
	assert_silent();
	step(1, 1);
	assert_says(-1, "3 steps of training are over", "stop");
	assert_false(said.is_once);
	step(1, 1);
	assert_silent();
	now.seconds = 119.9;
	assert_silent();
	now.seconds = 120;
	assert_says(-1, "2 minutes of training are over", "stop");
	assert_true(said.is_once);
	use("budget", "act tokens=250");
	step(1, 1);
	step(1, 1);
	assert_silent();
	step(1, 1);
	assert_says(-1, "250 tokens of training are over", "stop");
	use("budget", "act");
	for (int i = 0; i < 10; i++)
		step(1, 1);
	now.seconds = 1e9;
	assert_silent(); /* no limit */
}

/* --- all of them --- */

/* Nothing seen, nothing said; and hostile figures end in no words that are none. */
static void test_hostile(void **state)
{
	static const double odd[] = { NAN, INFINITY, -INFINITY, 1e308, -1e308, 0, 1e-320 };
	struct rng r = rng_stream(9, RNG_TEST, 2, 0);

	(void)state;
	for (int i = 0; guard_at(i); i++) {
		use(guard_at(i)->name, "act");
		assert_silent();
		round_of(NAN, NAN);
		assert_silent();
		for (uint64_t k = 0; k < 500; k++) {
			step(odd[rng_below(&r, 5 * k, 7)], odd[rng_below(&r, 5 * k + 1, 7)]);
			if (k % 3 == 0)
				evaluate(odd[rng_below(&r, 5 * k + 2, 7)],
					 odd[rng_below(&r, 5 * k + 3, 7)]);
			if (k % 11 == 0)
				change(k % 2 ? "mute" : "weight", (int)(k % 3) - 1, "?");
			for (int t = -1; t < TASKS; t++)
				assert_true(!says(t) || strlen(said.text) > 5);
		}
		for (int k = 0; k < GUARD_MEMORY; k++) /* a file that is damaged */
			g.memory[k] = odd[rng_below(&r, (uint64_t)k, 7)];
		for (int k = 0; k < GUARD_MEMORY; k += 3)
			g.memory[k] = (double)now.step;
		for (int t = -1; t < TASKS; t++)
			says(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overfit),   cmocka_unit_test(test_no_overfit),
		cmocka_unit_test(test_overfit_luck), cmocka_unit_test(test_overfit_noise),
		cmocka_unit_test(test_transfer),  cmocka_unit_test(test_forgetting),
		cmocka_unit_test(test_no_transfer), cmocka_unit_test(test_transfer_luck),
		cmocka_unit_test(test_spike),
		cmocka_unit_test(test_no_spike),  cmocka_unit_test(test_finite),
		cmocka_unit_test(test_patience),  cmocka_unit_test(test_budget),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
