/*
 * test_weighting_gram.c - weighting methods on gradients: the papers' values, and facts.
 */
#include "fixture/gram_case.h"

#include <math.h>
#include <string.h>

#include "fixture/near.h"

/* --- the papers' values, before the constants that the rows put in front of them --- */

static void test_golden(void **state)
{
	static const double j[] = { -4, 1, 1, 6, 1, 1 };
	static const struct {
		const char *name, *arg;
		double a, b, by; /* by: the row's constant */
	} want[] = {
		{ "mgda", NULL, 0.6, 0.4, 2 },
		{ "pcgrad", NULL, 2.2222, 1.5789, 1 },
		{ "gradvac", NULL, 2.2222, 1.5789, 1 },
		{ "cagrad", "c=0.5", 0.7041, 0.5, 2 / 1.5 },
		{ "imtl_g", NULL, 0.5923, 0.4077, 2 },
		{ "aligned", NULL, 0.5591, 0.4083, 2 },
		{ "fairgrad", "alpha=1", 0.5915, 0.4071, 1 },
		{ "dualproj", NULL, 2 * 0.6109, 2 * 0.5, 1 }, /* p = 1/2 each: v = p c */
		{ "upgrad", NULL, 2 * 1.1109, 2 * 0.7894, 1 }, /* as dualproj */
	};
	struct case_of x = case_of_rows(2, 3, j);

	(void)state;
	assert_near(x.g[0], 18, 0);
	assert_near(x.g[1], -22, 0);
	assert_near(x.g[3], 38, 0);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		double c[MOST];

		once(want[i].name, want[i].arg, &x, c);
		if (!(fabs(c[0] / want[i].by - want[i].a) < 1.1e-4 &&
		      fabs(c[1] / want[i].by - want[i].b) < 1.1e-4))
			fail_msg("%s: %.5f %.5f", want[i].name, c[0] / want[i].by,
				 c[1] / want[i].by);
	}
}

/* --- every row --- */

static void test_orthonormal(void **state)
{
	const struct method *row;
	int seen = 0;

	(void)state;
	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)); i++)
		for (int n = 1; n <= MOST && is_gram(row); n++) {
			double g[MOST * MOST] = { 0 }, c[MOST];
			struct case_of x;

			for (int k = 0; k < n; k++)
				g[k * n + k] = 1;
			x = case_from(n, g);
			once(row->name, NULL, &x, c);
			for (int k = 0; k < n; k++)
				if (!(fabs(c[k] - 1) < 1e-5))
					fail_msg("%s at %d tasks: %g", row->name, n, c[k]);
			seen++;
		}
	assert_true(seen >= 11 * MOST);
}

/* --- facts --- */

/* A gradient's length times s, its coefficient by s: the direction is the same. */
static void test_nash_ignores_scale(void **state)
{
	(void)state;
	for (int t = 0; t < 500; t++)
		for (int n = 2; n <= MOST; n++) {
			struct case_of x = draw(n, PLAIN), y = x;
			double a[MOST], b[MOST], by = pow(10, 12 * uniform() - 6);
			int which = t % n;

			for (int k = 0; k < n; k++) {
				y.g[which * n + k] *= by;
				y.g[k * n + which] *= by;
			}
			y.norm[which] *= by;
			once("fairgrad", NULL, &x, a);
			once("fairgrad", NULL, &y, b);
			b[which] *= by;
			for (int k = 0; k < n; k++)
				if (!(fabs(a[k] - b[k]) < 1e-9 * a[k]))
					fail_msg("%g, %g", a[k], b[k]);
		}
}

static void test_two_tasks_agree(void **state)
{
	(void)state;
	for (int t = 0; t < 500; t++) {
		struct case_of x = draw(2, t % 2 ? PLAIN : UNEVEN);
		double a[MOST], b[MOST];

		once("fairgrad", NULL, &x, a);
		once("imtl_g", NULL, &x, b);
		assert_true(fabs(a[0] / a[1] - b[0] / b[1]) < 1e-4 * (a[0] / a[1]));
	}
}

/* Of three tasks one without a gradient: the others go on as if it was not there. */
static void test_zero_row(void **state)
{
	static const double two[] = { 18, -22, -22, 38 };
	static const double three[] = { 18, 0, -22, 0, 0, 0, -22, 0, 38 };
	struct case_of x = case_from(3, three), y = case_from(2, two);
	const struct method *row;

	(void)state;
	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)); i++) {
		double a[MOST], b[MOST];

		if (!is_gram(row))
			continue;
		once(row->name, NULL, &x, a);
		once(row->name, NULL, &y, b);
		assert_true(a[0] == b[0] && a[2] == b[1] && a[1] == 1);
		x.count[1] = 0;
	}
}

/* g1 . d < 0 comes of PCGrad for these three, in some order; never of UPGrad. */
static void test_three_tasks_in_conflict(void **state)
{
	int conflicts = 0;

	(void)state;
	for (int t = 0; t < 2000; t++) {
		struct case_of x = draw(3, PLAIN);
		double a[MOST], b[MOST];

		once("pcgrad", NULL, &x, a);
		once("upgrad", NULL, &x, b);
		for (int i = 0; i < 3; i++) {
			conflicts += row_of(&x, i, a) < -1e-3 * rounding(&x, i, a);
			assert_true(row_of(&x, i, b) >= -1e-3 * rounding(&x, i, b));
		}
	}
	assert_true(conflicts > 0);
}

/* The projection's order is of seed and step alone. */
static void test_order_is_drawn(void **state)
{
	int differ = 0;

	(void)state;
	for (int t = 0; t < 200; t++) {
		struct case_of x = draw(5, PLAIN);
		struct mix m = mix_with(5, "pcgrad", NULL), other = m, again = m;

		m.seed = other.seed = again.seed = 7;
		m.step = again.step = t;
		other.step = t + 1;
		tell(&m, &x);
		tell(&other, &x);
		tell(&again, &x);
		for (int i = 0; i < 5; i++) {
			assert_true(m.ch[i].factor == again.ch[i].factor);
			differ += m.ch[i].factor != other.ch[i].factor;
		}
	}
	assert_true(differ > 50);
}

/* By hand: the first call as PCGrad; then a target of -beta x 0.8412 (by its own phi). */
static void test_gradvac(void **state)
{
	static const double j[] = { -4, 1, 1, 6, 1, 1 };
	struct case_of x = case_of_rows(2, 3, j);
	struct mix m = mix_with(2, "gradvac", "beta=0.5");
	double phi = -22 / sqrt(18 * 38.0), target = 0.5 * phi;

	(void)state;
	tell(&m, &x);
	tell(&m, &x);
	/* phi below its target: by sqrt(18) (t sqrt(1 - phi^2) - phi sqrt(1 - t^2)) ... */
	assert_near(m.ch[1].factor, 1 + sqrt(18 / 38.0) * (target * sqrt(1 - phi * phi) -
		    phi * sqrt(1 - target * target)) / sqrt(1 - target * target), 1e-9);
	assert_near(m.weighting.memory[1], 0.75 * phi, 1e-9);
	assert_near(m.weighting.memory[0], 0, 0);
}

/* --- from the diagonal --- */

static struct case_of norms(double a, double b)
{
	const double g[] = { a * a, 0, 0, b * b };

	return case_from(2, g);
}

/* Against Adam and the paper's rule by hand: its first step is lr against the sign. */
static void test_gradnorm(void **state)
{
	struct case_of x = norms(1, 4);
	struct mix m = mix_with(2, "gradnorm", "lr=0.1");

	(void)state;
	tell(&m, &x); /* mean 2.5: the first is too short, the second too long */
	assert_near(m.ch[0].factor, 1.1, 1e-6);
	assert_near(m.ch[1].factor, 0.9, 1e-6);
	for (int i = 0; i < 400; i++)
		tell(&m, &x); /* G_1 = G_2, w_1 + w_2 = 2 */
	assert_near(m.ch[0].factor, 1.6, 0.1);
	assert_near(m.ch[1].factor, 0.4, 0.1);
	x.loss[0] = 0.25; /* the second has learned less: it is let be longer */
	for (int i = 0; i < 400; i++)
		tell(&m, &x);
	assert_true(4 * m.ch[1].factor > 2 * m.ch[0].factor);
	assert_near(m.ch[0].factor + m.ch[1].factor, 2, 1e-9);
}

static void test_db_mtl(void **state)
{
	struct case_of x = norms(1, 4);
	struct mix m = mix_with(2, "db_mtl", "beta=0.5");
	double mean;

	(void)state;
	x.loss[0] = 0.1; /* of log L: 10 and 4, so the first is the longest */
	tell(&m, &x);
	assert_near(m.ch[0].factor, 1, 1e-12);
	assert_near(m.ch[1].factor, 10.0 / 4 * 0.1, 1e-12);
	x.norm[1] = 8;
	tell(&m, &x); /* k = 1: beta 0.5 */
	assert_near(m.ch[1].factor, 10 / (0.5 * 4 + 0.5 * 8) * 0.1, 1e-12);
	tell(&m, &x); /* k = 2: beta 0.5 / sqrt(2) */
	mean = 0.5 / sqrt(2) * 6 + (1 - 0.5 / sqrt(2)) * 8;
	assert_near(m.ch[1].factor, 10 / mean * 0.1, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_orthonormal),
		cmocka_unit_test(test_nash_ignores_scale),
		cmocka_unit_test(test_two_tasks_agree),
		cmocka_unit_test(test_zero_row),
		cmocka_unit_test(test_three_tasks_in_conflict),
		cmocka_unit_test(test_order_is_drawn),
		cmocka_unit_test(test_gradvac),
		cmocka_unit_test(test_gradnorm),
		cmocka_unit_test(test_db_mtl),
	};

	return cmocka_run_group_tests_name("weighting_gram", tests, NULL, NULL);
}
