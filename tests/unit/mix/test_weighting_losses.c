/*
 * test_weighting_losses.c - weighting methods on losses, against their papers' formulas
 * worked out by hand, and with losses that are absurd.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "fixture/mix_of.h"
#include "fixture/near.h"
#include "mix/mix.h"

static struct mix with(int n, const char *name, const char *a, const char *b)
{
	struct mix m = mix_of(n);
	const char *args[] = { a, b };

	assert_int_equal(mix_set(&m, METHOD_WEIGHTING, name, args, (a != NULL) + (b != NULL),
				 NULL), ST_OK);
	return m;
}

/* A step that saw these losses; below 0: the task was not drawn. */
static void saw(struct mix *m, const double *loss, const double *after)
{
	static const bool regress[MIX_TASKS_MAX];
	int count[MIX_TASKS_MAX];
	struct mix_seen seen = { .count = count, .regress = regress, .loss = loss,
				 .after = after };

	for (int i = 0; i < m->n; i++)
		count[i] = loss[i] >= 0;
	assert_true(mix_learn(m, METHOD_WEIGHTING, &seen));
	m->step++;
}

static void factors_are(const struct mix *m, double a, double b)
{
	assert_near(m->ch[0].factor, a, 1e-9 * (1 + fabs(a)));
	assert_near(m->ch[1].factor, b, 1e-9 * (1 + fabs(b)));
}

/* 2 softmax([1, 4] / 2) for ratios 1 and 4. */
static void test_dwa(void **state)
{
	static const double first[] = { 3, 0.5 }, second[] = { 3, 2 }, none[] = { 3, -1 };
	struct mix m = with(2, "dwa", "steps=2", NULL);
	double e = exp(-1.5);

	(void)state;
	saw(&m, first, NULL);
	saw(&m, first, NULL);
	factors_are(&m, 1, 1);
	saw(&m, second, NULL);
	factors_are(&m, 1, 1);
	saw(&m, second, NULL);
	factors_are(&m, 2 * e / (1 + e), 2 / (1 + e));
	saw(&m, none, NULL); /* a stretch without it: as at the start */
	saw(&m, none, NULL);
	factors_are(&m, 1, 1);
}

static void test_random(void **state)
{
	static const double loss[] = { 1, 2, 3 };
	struct mix m = with(3, "random", NULL, NULL), again;
	double log_sum = 0, log_square = 0;

	(void)state;
	m.seed = 9;
	for (int i = 0; i < 4000; i++) {
		double ratio;

		again = m;
		saw(&m, loss, NULL);
		saw(&again, loss, NULL);
		assert_near(m.ch[0].factor + m.ch[1].factor + m.ch[2].factor, 3, 1e-12);
		assert_true(m.ch[1].factor == again.ch[1].factor);
		ratio = log(m.ch[0].factor / m.ch[1].factor); /* a difference of normals */
		log_sum += ratio;
		log_square += ratio * ratio;
	}
	assert_near(log_sum / 4000, 0, 0.08);
	assert_near(log_square / 4000, 2, 0.12);
	m.ch[1].muted = true;
	saw(&m, loss, NULL);
	assert_near(m.ch[0].factor + m.ch[2].factor, 2, 1e-12);
}

static void test_gls(void **state)
{
	static const double loss[] = { 2, 8 }, one[] = { 8, -1 }, zero[] = { 0, 8 };
	struct mix m = with(2, "gls", NULL, NULL);

	(void)state;
	saw(&m, loss, NULL); /* sqrt(16) = 4 */
	factors_are(&m, 4 / 2.0, 4 / 8.0);
	saw(&m, one, NULL); /* the other's is the last one that was seen */
	factors_are(&m, 1, 1);
	saw(&m, zero, NULL);
	factors_are(&m, sqrt(1e-4 * 8) / 1e-4, sqrt(1e-4 * 8) / 8);
}

/* Adam's first step is lr against the sign; in the end exp(s) L = 1. */
static void test_imtl_l(void **state)
{
	static const double loss[] = { 4, 0.5 };
	struct mix m = with(2, "imtl_l", "lr=0.01", NULL);

	(void)state;
	saw(&m, loss, NULL);
	factors_are(&m, exp(-0.01), exp(0.01));
	for (int i = 0; i < 3000; i++)
		saw(&m, loss, NULL);
	assert_near(m.ch[0].factor * loss[0], 1, 1e-2);
	assert_near(m.ch[1].factor * loss[1], 1, 1e-2);
}

static void test_stch(void **state)
{
	static const double loss[] = { 3, 2 }, later[] = { 2, 1.5 };
	static const double huge[] = { 1e30, 3e30 };
	struct mix m = with(2, "stch", "mu=2", "warmup=0");
	double e = exp(-0.5), d, n[2] = { 3, 2 };

	(void)state;
	saw(&m, loss, NULL);
	factors_are(&m, 2 / (1 + e), 2 * e / (1 + e));
	m.ch[1].weight = 2; /* the preference is in the exponent: w L = 3 and 4 */
	saw(&m, loss, NULL);
	factors_are(&m, 2 * e / (1 + e), 2 / (1 + e));
	m.ch[1].weight = 1;
	saw(&m, huge, NULL);
	factors_are(&m, 0, 2);
	/* by what is left of each: 2/3 and 3/4 */
	m = with(2, "stch", "mu=0.1", "warmup=2");
	saw(&m, loss, NULL);
	factors_are(&m, 1, 1);
	saw(&m, loss, NULL); /* equal: 1 / n_i on a mean of 1 */
	d = (1 / n[0] + 1 / n[1]) / 2;
	factors_are(&m, 1 / n[0] / d, 1 / n[1] / d);
	saw(&m, later, NULL);
	e = exp((2 / 3.0 - 0.75) / 0.1);
	factors_are(&m, 2 * e / (1 + e) / n[0] / d, 2 / (1 + e) / n[1] / d);
}

/*
 * By hand: logits 0, so z = 1/2; d = log 4/2, log 1/1 = (ln 2, 0); J' d = (ln 2 / 4, -ln 2 /
 * 4); Adam's first step is lr: xi = (-lr, lr). Then c z_i / L'_i.
 */
static void test_famo(void **state)
{
	static const double loss[] = { 4, 1 }, after[] = { 2, 1 };
	struct mix m = with(2, "famo", "lr=0.1", "gamma=0");
	double z = 1 / (1 + exp(0.2)), sum = z / 2 + (1 - z) / 1;

	(void)state;
	saw(&m, loss, after);
	assert_near(m.ch[0].factor, 2 * z / 2 / sum, 1e-7); /* Adam has its eps */
	assert_near(m.ch[1].factor, 2 * (1 - z) / sum, 1e-7);
	/* who never falls gets ever more */
	for (int i = 0; i < 50; i++)
		saw(&m, loss, after);
	assert_true(m.ch[1].factor > 1.9);
}

/* Against one that falls as fast by halves as the other: nobody is preferred. */
static void test_famo_even(void **state)
{
	static const double loss[] = { 4, 1 }, after[] = { 2, 0.5 };
	struct mix m = with(2, "famo", NULL, NULL);

	(void)state;
	for (int i = 0; i < 50; i++)
		saw(&m, loss, after);
	factors_are(&m, 2 * (1 / 2.0) / 2.5, 2 * (1 / 0.5) / 2.5);
}

/* Losses of nothing, of 1e30 and of both: finite, from every method that reads them. */
static void test_absurd(void **state)
{
	static const double losses[][2] = { { 0, 0 }, { 0, 1e30 }, { 1e30, 1e30 },
					    { 1e30, 1e-30 }, { 1, 1e30 } };
	const struct method *row;

	(void)state;
	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)); i++) {
		struct mix m = with(2, row->name, NULL, NULL);

		for (int k = 0; k < 300 && !method_combines(row); k++) {
			saw(&m, losses[k % 5], losses[(k / 5) % 5]);
			assert_true(isfinite(m.ch[0].factor) && isfinite(m.ch[1].factor));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwa),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_gls),
		cmocka_unit_test(test_imtl_l),
		cmocka_unit_test(test_stch),
		cmocka_unit_test(test_famo),
		cmocka_unit_test(test_famo_even),
		cmocka_unit_test(test_absurd),
	};

	return cmocka_run_group_tests_name("weighting_losses", tests, NULL, NULL);
}
