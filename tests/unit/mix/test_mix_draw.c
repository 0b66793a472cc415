/*
 * test_mix_draw.c - the draw: counts within one of the wished, whatever the
 * shares, while they change and tasks come and go. TUTTI_LOTS=50 for a long look.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "fixture/mix_of.h"
#include "mix/mix.h"

/* How much longer than in every check: TUTTI_LOTS=50 for a long look. */
static int draws_factor(void)
{
	const char *text = getenv("TUTTI_LOTS");
	int x = text ? (int)strtol(text, NULL, 10) : 1;

	return x > 0 ? x : 1;
}

/* Shares u^power, u even on 0 to 1: at 6 they are millions of times apart. */
static void random_shares(struct mix *m, const struct rng *r, uint64_t *at, int power)
{
	double sum = 0;

	for (int i = 0; i < m->n; i++) {
		m->ch[i].share = pow(rng_uniform(r, (*at)++), power) + 1e-12;
		sum += m->ch[i].share;
	}
	for (int i = 0; i < m->n; i++)
		m->ch[i].share /= sum;
}

/* How far anybody was behind and ahead, in micro-batches. */
struct worst {
	double behind, ahead;
};

/* `every` 0: shares never change. */
static struct worst draw(int n, int power, int every, uint64_t seed, int draws)
{
	struct rng r = rng_stream(seed, RNG_TEST, (uint32_t)n, (uint64_t)every);
	double wished[MIX_TASKS_MAX] = { 0 }, share[MIX_TASKS_MAX];
	struct worst w = { 0, 0 };
	struct mix m = mix_of(n);
	uint64_t at = 0;

	for (int k = 0; k < draws; k++) {
		if (!k || (every && k % every == 0))
			random_shares(&m, &r, &at, power);
		mix_shares(&m, share);
		assert_true(mix_draw(&m) >= 0);
		for (int i = 0; i < n; i++) {
			double d = (wished[i] += share[i]) - (double)m.ch[i].drawn;

			w.behind = d > w.behind ? d : w.behind;
			w.ahead = -d > w.ahead ? -d : w.ahead;
			assert_true(fabs(d - m.ch[i].credit) < 1e-6);
		}
	}
	return w;
}

static double bound_of(int n)
{
	return n > 1 ? 1 - 1.0 / (2 * n - 2) : 0;
}

static void test_draw_within_one(void **state)
{
	int factor = draws_factor();

	(void)state;
	for (int n = 1; n <= MIX_TASKS_MAX; n++)
		for (uint64_t seed = 0; seed < 6; seed++) {
			int power = seed % 2 ? 6 : 1 + (int)seed;
			struct worst w = draw(n, power, 0, seed, 400 * factor);

			assert_true(w.behind <= bound_of(n) + 1e-6);
			assert_true(w.ahead <= bound_of(n) + 1e-6);
		}
	for (int n = 2; n <= 12; n++) { /* long runs */
		struct worst w = draw(n, 6, 0, 77, 20000 * factor);

		assert_true(w.behind <= bound_of(n) + 1e-6);
		assert_true(w.ahead <= bound_of(n) + 1e-6);
	}
}

static void test_draw_shares_change(void **state)
{
	static const int every[] = { 1, 7, 50 };
	int factor = draws_factor();

	(void)state;
	for (int n = 1; n <= MIX_TASKS_MAX; n += n < 12 ? 1 : 13)
		for (uint64_t seed = 0; seed < 8; seed++)
			for (int k = 0; k < 3; k++) {
				struct worst w = draw(n, seed % 2 ? 6 : 2, every[k], seed,
						      500 * factor);

				assert_true(w.ahead <= bound_of(n) + 1e-6);
				assert_true(w.behind < 2);
			}
}

/* Some are muted, some come back, shares change: the active credits sum to 0. */
static void test_draw_tasks_come_and_go(void **state)
{
	int factor = draws_factor();

	(void)state;
	for (int n = 2; n <= MIX_TASKS_MAX; n += n < 12 ? 1 : 13)
		for (uint64_t seed = 0; seed < 8; seed++) {
			struct rng r = rng_stream(seed, RNG_TEST, (uint32_t)n, 99);
			struct mix m = mix_of(n);
			uint64_t at = 0;

			random_shares(&m, &r, &at, 3);
			for (int k = 0; k < 500 * factor; k++) {
				double sum = 0;
				int drawn;

				if (k % 11 == 0) {
					struct mix_channel *c =
						&m.ch[rng_below(&r, at++, (uint64_t)n)];

					c->muted = !c->muted;
				}
				if (k % 40 == 0)
					random_shares(&m, &r, &at, 3);
				drawn = mix_draw(&m);
				for (int i = 0; i < n; i++)
					if (mix_active(&m, i)) {
						sum += m.ch[i].credit;
						assert_true(fabs(m.ch[i].credit) < 3);
					}
				assert_true(fabs(sum) < 1e-8);
				assert_true(drawn < 0 || mix_active(&m, drawn));
			}
		}
}

/*
 * By hand: shares 1/2, 1/3, 1/6. All may be drawn from 1/4 on; deadlines of (3/4 -
 * credit) / share.
 */
static void test_draw_order(void **state)
{
	static const int want[] = { 0, 1, 0, 2, 1, 0, 0, 1, 0, 2, 1, 0 };
	struct mix m = mix_of(3);

	(void)state;
	m.ch[0].share = 1.0 / 2;
	m.ch[1].share = 1.0 / 3;
	m.ch[2].share = 1.0 / 6;
	for (int k = 0; k < 12; k++)
		assert_int_equal(mix_draw(&m), want[k]);
}

static void test_draw_leaves_out(void **state)
{
	struct mix m = mix_of(3);

	(void)state;
	for (int k = 0; k < 50; k++)
		mix_draw(&m);
	m.ch[1].muted = true;
	for (int k = 0; k < 50; k++)
		assert_int_not_equal(mix_draw(&m), 1);
	m.ch[0].share = 0;
	for (int k = 0; k < 50; k++)
		assert_int_equal(mix_draw(&m), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw_within_one),
		cmocka_unit_test(test_draw_shares_change),
		cmocka_unit_test(test_draw_tasks_come_and_go),
		cmocka_unit_test(test_draw_order),
		cmocka_unit_test(test_draw_leaves_out),
	};

	return cmocka_run_group_tests_name("mix_draw", tests, NULL, NULL);
}
