/*
 * test_mix_turns.c - sampling methods that give whole steps to a task, and the one that
 * plays for learning progress.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "fixture/mix_of.h"
#include "fixture/near.h"
#include "mix/mix.h"

enum { STEPS = 24 };

static void use(struct mix *m, const char *name, const char *const *args, int n)
{
	assert_int_equal(mix_set(m, METHOD_SAMPLING, name, args, n, NULL), ST_OK);
}

/* The only task of the step, '0' and on; '.' for a step of several. */
static char only(const struct mix *m)
{
	double s[MIX_TASKS_MAX];

	mix_shares(m, s);
	for (int i = 0; i < m->n; i++)
		if (s[i] > 0)
			return s[i] == 1 ? (char)('0' + i) : '.';
	return ' ';
}

static const char *turns(struct mix *m, char out[STEPS + 1], int n)
{
	for (int i = 0; i < n; i++) {
		m->step = i;
		out[i] = only(m);
	}
	out[n] = '\0';
	return out;
}

static void test_round_robin(void **state)
{
	const char *two[] = { "steps=2" };
	struct mix m = mix_of(4);
	char s[STEPS + 1];

	(void)state;
	use(&m, "round_robin", NULL, 0);
	assert_string_equal(turns(&m, s, 9), "012301230");
	use(&m, "round_robin", two, 1);
	assert_string_equal(turns(&m, s, 9), "001122330");
	m.ch[1].muted = true; /* no turn is lost */
	assert_string_equal(turns(&m, s, 7), "0022330");
	m.ch[2].solo = true;
	assert_string_equal(turns(&m, s, 3), "222");
	m.ch[2].solo = false;
	m.ch[3].share = 0.25; /* by hand: in every step, whoever's turn it is */
	assert_string_equal(turns(&m, s, 3), "...");
	m.ch[0].muted = m.ch[2].muted = true;
	assert_string_equal(turns(&m, s, 3), "333");
	m.ch[3].muted = true;
	assert_string_equal(turns(&m, s, 2), "  ");
}

/* A turn is drawn whole, and nobody is owed anything by the steps of others. */
static void test_turns_are_drawn(void **state)
{
	struct mix m = mix_of(3);

	(void)state;
	use(&m, "round_robin", NULL, 0);
	for (m.step = 0; m.step < 60; m.step++)
		for (int k = 0; k < 4; k++)
			assert_int_equal(mix_draw(&m), m.step % 3);
	use(&m, "uniform", NULL, 0);
	for (int k = 0; k < 30; k++)
		mix_draw(&m);
	for (int i = 0; i < 3; i++)
		assert_int_equal(m.ch[i].drawn, 80 + 10);
}

static void test_sequence(void **state)
{
	const char *order[] = { "order=31" }, *strange[] = { "order=93302" },
		   *rounds[] = { "rounds=2" };
	struct mix m = mix_of(3);
	char s[STEPS + 1];

	(void)state;
	m.horizon = 6;
	use(&m, "sequence", NULL, 0);
	assert_string_equal(turns(&m, s, 9), "001122222"); /* the last one beyond the horizon */
	use(&m, "sequence", order, 1);
	assert_string_equal(turns(&m, s, 6), "220011");
	use(&m, "sequence", strange, 1); /* 9 and 0 are no place, 3 stands there twice */
	assert_string_equal(turns(&m, s, 6), "221100");
	use(&m, "sequence", rounds, 1);
	assert_string_equal(turns(&m, s, 7), "0120122");
	m.ch[1].muted = true;
	m.horizon = 8;
	assert_string_equal(turns(&m, s, 8), "00220022");
	m.horizon = 0;
	assert_string_equal(turns(&m, s, 2), "00");
}

static void test_sequence_keeps(void **state)
{
	const char *args[] = { "keep=0.2", "rounds=2" };
	static const double want[6][3] = { { 1, 0, 0 },	    { 0.2, 0.8, 0 },
					   { 0.1, 0.1, 0.8 }, { 0.8, 0.1, 0.1 },
					   { 0.1, 0.8, 0.1 }, { 0.1, 0.1, 0.8 } };
	struct mix m = mix_of(3);
	double s[MIX_TASKS_MAX];

	(void)state;
	m.horizon = 6;
	use(&m, "sequence", args, 2);
	for (m.step = 0; m.step < 6; m.step++) {
		mix_shares(&m, s);
		for (int i = 0; i < 3; i++)
			assert_near(s[i], want[m.step][i], 1e-12);
	}
}

/* --- bandit --- */

static void learn(struct mix *m, const int *count, const double *loss)
{
	static const bool regress[MIX_TASKS_MAX];
	struct mix_seen seen = { .count = count, .regress = regress, .loss = loss };

	assert_true(mix_learn(m, METHOD_SAMPLING, &seen));
}

/*
 * Two steps by hand, alpha 0, gamma .5, decay .5: the first one begins the means. In the
 * second task 0 falls from 2 to 1: r = .5, x = .5 * 1 / (2 * .5) = .5, its logarithm grows
 * by .5 / 2 * .5 = .125; task 1 stays. p_0 = .5 e^.125 / (e^.125 + 1) + .25.
 */
static void test_bandit_by_hand(void **state)
{
	const char *args[] = { "gamma=0.5", "alpha=0", "decay=0.5" };
	const int count[] = { 1, 1 };
	const double first[] = { 2, 3 }, second[] = { 1, 3 };
	struct mix m = mix_of(2);
	double s[MIX_TASKS_MAX];

	(void)state;
	use(&m, "bandit", args, 3);
	learn(&m, count, first);
	mix_shares(&m, s);
	assert_near(s[0], 0.5, 1e-12);
	learn(&m, count, second);
	mix_shares(&m, s);
	assert_near(s[0], 0.5 * exp(0.125) / (exp(0.125) + 1) + 0.25, 1e-10);
	assert_near(m.sampling.memory[1], 1.5, 1e-12); /* the mean */
}

/* Who learns is drawn more, up to 1 - gamma + gamma / n; whose loss rises, less; never none. */
static void test_bandit_follows(void **state)
{
	const int count[] = { 2, 2, 2 };
	double loss[] = { 8, 1, 1 }, s[MIX_TASKS_MAX];
	struct mix m = mix_of(3);

	(void)state;
	use(&m, "bandit", NULL, 0);
	for (int i = 0; i < 300; i++) {
		loss[0] *= 0.98;
		loss[2] *= 1.02;
		learn(&m, count, loss);
	}
	mix_shares(&m, s);
	assert_true(s[0] > 0.8 && s[0] < 1 - 0.2 + 0.2 / 3 + 1e-9);
	assert_true(s[1] > s[2] && s[2] >= 0.2 / 3 - 1e-12);
	for (int i = 0; i < 400; i++) { /* and it comes back when another one learns */
		loss[1] *= 0.98;
		loss[0] *= 1.001;
		learn(&m, count, loss);
	}
	mix_shares(&m, s);
	assert_true(s[1] > 0.8);
}

/* No run is too long, no loss too strange, and who is not drawn stands still. */
static void test_bandit_is_finite(void **state)
{
	static const double strange[] = { 0, 1e300, -5, NAN, INFINITY, 1e-300, 7 };
	int count[] = { 1, 0, 1 };
	double loss[] = { 1, 1, 1 }, s[MIX_TASKS_MAX], before;
	struct mix m = mix_of(3);

	(void)state;
	use(&m, "bandit", NULL, 0);
	for (int i = 0; i < 100000; i++) {
		loss[0] = strange[i % 7];
		loss[1] = strange[i % 5];
		loss[2] = strange[(i + 3) % 7];
		learn(&m, count, loss);
	}
	mix_shares(&m, s);
	assert_near(s[0] + s[1] + s[2], 1, 1e-12);
	for (int i = 0; i < 3; i++)
		assert_true(s[i] >= 0.2 / 3 - 1e-12);
	use(&m, "bandit", (const char *const[]){ "alpha=0" }, 1);
	before = m.sampling.memory[3]; /* its logarithm */
	loss[0] = loss[2] = 2;
	learn(&m, count, loss);
	assert_near(m.sampling.memory[3], before, 0);
	assert_near(m.sampling.memory[5], 0, 0); /* never seen */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_robin),
		cmocka_unit_test(test_turns_are_drawn),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_sequence_keeps),
		cmocka_unit_test(test_bandit_by_hand),
		cmocka_unit_test(test_bandit_follows),
		cmocka_unit_test(test_bandit_is_finite),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
