/*
 * test_mix.c - shares, dev metrics, methods, schedules.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "fixture/mix_of.h"
#include "fixture/near.h"
#include "mix/mix.h"
#include "mix/schedule.h"

/* --- shares --- */

static void test_shares(void **state)
{
	struct mix m = mix_of(4);
	double s[MIX_TASKS_MAX];

	(void)state;
	mix_shares(&m, s);
	for (int i = 0; i < 4; i++)
		assert_near(s[i], 0.25, 1e-15);
	m.ch[1].share = 0.4;
	mix_shares(&m, s);
	assert_near(s[1], 0.4, 0);
	assert_near(s[0], 0.2, 1e-15);
	m.ch[0].muted = true;
	mix_shares(&m, s);
	assert_near(s[0], 0, 0);
	assert_near(s[1], 0.4, 0);
	assert_near(s[2], 0.3, 1e-15);
	m.ch[2].solo = true;
	mix_shares(&m, s);
	assert_near(s[2], 1, 1e-15);
	assert_near(s[1] + s[0] + s[3], 0, 0);
	m.ch[2].solo = false;
	m.ch[2].share = 0.9; /* 0.4 + 0.9 > 1: scaled, nothing left for the rest */
	mix_shares(&m, s);
	assert_near(s[1], 0.4 / 1.3, 1e-15);
	assert_near(s[2], 0.9 / 1.3, 1e-15);
	assert_near(s[3], 0, 0);
	m.ch[3].muted = true; /* hands alone, less than 1: they share all */
	m.ch[2].share = 0.1;
	mix_shares(&m, s);
	assert_near(s[1], 0.8, 1e-15);
	assert_near(s[2], 0.2, 1e-15);
	m.ch[1].muted = m.ch[2].muted = true;
	mix_shares(&m, s);
	assert_near(s[0] + s[1] + s[2] + s[3], 0, 0);
	assert_int_equal(mix_draw(&m), -1);
}

static void test_sampling(void **state)
{
	const char *t4[] = { "T=4" }, *bad[] = { "T=0" }, *other[] = { "U=2" },
		   *twice[] = { "T=2", "T=3" }, *word[] = { "T" };
	struct mix m = mix_of(3);
	double s[MIX_TASKS_MAX], sum;
	struct err err;

	(void)state;
	m.ch[0].size = 100;
	m.ch[1].size = 300;
	m.ch[2].size = 600;
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "proportional", NULL, 0, NULL), ST_OK);
	mix_shares(&m, s);
	assert_near(s[0], 0.1, 1e-15);
	assert_near(s[2], 0.6, 1e-15);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "temperature", t4, 1, NULL), ST_OK);
	mix_shares(&m, s);
	sum = pow(100, 0.25) + pow(300, 0.25) + pow(600, 0.25);
	assert_near(s[0], pow(100, 0.25) / sum, 1e-14);
	assert_near(s[1], pow(300, 0.25) / sum, 1e-14);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "manual", NULL, 0, NULL), ST_OK);
	m.ch[0].share = 0.5;
	mix_shares(&m, s);
	assert_near(s[1], 0.25, 1e-15);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "temperature", bad, 1, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "range"));
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "temperature", other, 1, &err), ST_INVALID);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "temperature", twice, 2, &err), ST_INVALID);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "temperature", word, 1, &err), ST_INVALID);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "tempo", NULL, 0, &err), ST_INVALID);
	assert_string_equal(m.sampling.row->name, "manual"); /* refusals changed nothing */
}

/* By hand: alpha 1, 0.6 and 0.2 at the begin, half way and from the horizon on. */
static void test_annealed(void **state)
{
	static const struct { int64_t step; double alpha; } at[] = {
		{ 0, 1 }, { 50, 0.6 }, { 100, 0.2 }, { 250, 0.2 } };
	const char *fall[] = { "fall=0.4" };
	struct mix m = mix_of(2);
	double s[MIX_TASKS_MAX];

	(void)state;
	m.ch[0].size = 9;
	m.ch[1].size = 1;
	m.horizon = 100;
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "annealed", NULL, 0, NULL), ST_OK);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		m.step = at[i].step;
		mix_shares(&m, s);
		assert_near(s[0] / s[1], pow(9, at[i].alpha), 1e-12);
	}
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "annealed", fall, 1, NULL), ST_OK);
	m.step = 100;
	mix_shares(&m, s);
	assert_near(s[0] / s[1], pow(9, 0.6), 1e-12);
}

/* --- dev metrics --- */

static void take(struct mix *m, int64_t step, double a, double b, double c)
{
	const double dev[] = { a, b, c };

	m->step = step;
	mix_take_dev(m, dev);
}

static void shares_are(const struct mix *m, double a, double b, double c)
{
	double s[MIX_TASKS_MAX];

	mix_shares(m, s);
	assert_near(s[0], a / (a + b + c), 1e-12);
	assert_near(s[1], b / (a + b + c), 1e-12);
	assert_near(s[2], c / (a + b + c), 1e-12);
}

static void test_dynamic(void **state)
{
	const char *target[] = { "target=0.8", "floor=0.1" };
	struct mix m = mix_of(3);

	(void)state;
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "dynamic", NULL, 0, NULL), ST_OK);
	shares_are(&m, 1, 1, 1); /* until there is one */
	take(&m, 10, 0.9, 0.4, 0.7);
	shares_are(&m, 0.1, 0.6, 0.3);
	take(&m, 20, 0.9, NAN, 0.7); /* without one: as the others on the mean */
	shares_are(&m, 0.1, 0.2, 0.3);
	take(&m, 30, 1, -0.5, 0.5); /* never quite forgotten; clipped to 0..1 */
	shares_are(&m, 0.01, 1, 0.5);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "dynamic", target, 2, NULL), ST_OK);
	shares_are(&m, 0.1, 0.8, 0.3); /* what was seen stays, the target moves */
}

/* Each evaluation is seen once; none from before; with nobody to read nothing is kept. */
static void test_dev_is_kept(void **state)
{
	struct mix m = mix_of(3);

	(void)state;
	take(&m, 10, 0.1, 0.2, 0.3);
	assert_true(isnan(m.ch[0].dev) && m.dev_step == 0);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "dynamic", NULL, 0, NULL), ST_OK);
	assert_false(mix_wants_dev(&m)); /* step 10's was before */
	take(&m, 10, 0.1, 0.2, 0.3);
	assert_true(isnan(m.ch[0].dev));
	take(&m, 20, 0.1, 0.2, 0.3);
	take(&m, 20, 0.9, 0.9, 0.9);
	assert_near(m.ch[0].dev, 0.1, 0);
	assert_int_equal(m.dev_step, 20);
	/* off and on again at once: as a replay, which looks before it is told */
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "uniform", NULL, 0, NULL), ST_OK);
	assert_true(isnan(m.ch[0].dev) && m.dev_step == 0);
	assert_int_equal(mix_set(&m, METHOD_SAMPLING, "dynamic", NULL, 0, NULL), ST_OK);
	assert_false(mix_wants_dev(&m));
}

/* --- rows --- */

/* What every row must keep, whoever adds it. */
static void test_rows(void **state)
{
	const struct method *row;
	char text[200];

	(void)state;
	for (int role = 0; role < METHOD_ROLES; role++)
		for (int i = 0; (row = method_at((enum method_role)role, i)); i++) {
			double param[MIX_PARAMS], out[MIX_TASKS_MAX], sum = 0;
			struct mix m = mix_of(MIX_TASKS_MAX);

			assert_ptr_equal(method_find((enum method_role)role, row->name), row);
			assert_true(row->help && row->source && row->say);
			assert_int_equal(row->role, role);
			for (int k = 0; k < MIX_PARAMS && row->param[k].name; k++)
				assert_true(row->param[k].fallback >= row->param[k].min &&
					    row->param[k].fallback <= row->param[k].max &&
					    row->param[k].help);
			assert_int_equal(method_params(row, NULL, 0, param, NULL), ST_OK);
			mix_use(&m, row, param); /* its memory fits the most tasks */
			mix_show(&m, row->role, text, sizeof text);
			assert_true(str_starts(text, row->name));
			/* all are alike, at once or in turn */
			m.horizon = MIX_TASKS_MAX;
			for (m.step = 0; m.step < m.horizon; m.step++) {
				mix_shares(&m, out);
				sum += out[3];
			}
			assert_near(sum, 1, 1e-10);
		}
}

/* A sampler that learns, as a bandit does: its memory moves with steps alone. */
static void say_learner(const struct mix_view *v, double *memory, double *wish)
{
	for (int i = 0; i < v->n; i++) {
		memory[i] += v->count && v->count[i] ? v->loss[i] : 0;
		wish[i] = 1 + memory[i];
	}
	memory[v->n] += 1; /* also where there is no step: it must not stay */
}

static void test_learner(void **state)
{
	static const struct method row = { .name = "learner", .role = METHOD_SAMPLING,
					   .needs = NEEDS_LOSSES, .each = 1, .own = 1,
					   .say = say_learner };
	static const double param[MIX_PARAMS], loss[] = { 1, 2, 9 };
	static const int count[] = { 1, 1, 0 };
	static const bool regress[3];
	struct mix_seen seen = { .count = count, .regress = regress, .loss = loss };
	struct mix m = mix_of(3);

	(void)state;
	mix_use(&m, &row, param);
	shares_are(&m, 1, 1, 1);
	shares_are(&m, 1, 1, 1);
	assert_true(mix_learn(&m, METHOD_SAMPLING, &seen));
	assert_true(mix_learn(&m, METHOD_SAMPLING, &seen));
	shares_are(&m, 3, 5, 1);
	assert_near(m.sampling.memory[3], 2, 0);
	mix_use(&m, &row, param); /* anew */
	shares_are(&m, 1, 1, 1);
}

/* A factor that no checkpoint could be read back with is refused, memory and all. */
static void say_much(const struct mix_view *v, double *memory, double *factor)
{
	static const double much[] = { 1e300, 1e305, -1e305, INFINITY, NAN };

	memory[0] += 1;
	factor[0] = much[(int)v->loss[0]];
}

static void test_factor_is_bounded(void **state)
{
	static const struct method row = { .name = "much", .role = METHOD_WEIGHTING,
					   .needs = NEEDS_LOSSES, .own = 1, .say = say_much };
	static const double param[MIX_PARAMS];
	static const int count[] = { 1, 1 };
	static const bool regress[2];
	double loss[] = { 0, 1 };
	struct mix_seen seen = { .count = count, .regress = regress, .loss = loss };
	struct mix m = mix_of(2);

	(void)state;
	mix_use(&m, &row, param);
	assert_true(mix_learn(&m, METHOD_WEIGHTING, &seen));
	assert_near(m.ch[0].factor, 1e300, 0);
	for (loss[0] = 1; loss[0] < 5; loss[0]++) {
		assert_false(mix_learn(&m, METHOD_WEIGHTING, &seen));
		assert_near(m.ch[0].factor, 1e300, 0);
		assert_near(m.weighting.memory[0], 1, 0);
	}
}

static void test_fits(void **state)
{
	const struct method gram = { .name = "gram", .needs = NEEDS_GRAM },
			    norms = { .name = "norms", .needs = NEEDS_NORMS | NEEDS_LOSSES };
	struct err err;

	(void)state;
	assert_int_equal(method_fits(&gram, 4, 4, NULL), ST_OK);
	assert_int_equal(method_fits(&gram, 4, 3, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "3 micro-batches are too few for 4"));
	assert_int_equal(method_fits(&norms, 2, 1, NULL), ST_INVALID);
	assert_int_equal(method_fits(method_find(METHOD_WEIGHTING, "uncertainty"), 4, 1,
				     NULL), ST_OK);
}

/* --- weighting --- */

/*
 * Two steps by hand: s = 0, L = 2: d = 1/2 - 2 = -1.5; Adam's first step is
 * lr (1 - eps / |d|) against the sign: s = lr. The second from m and v.
 */
static void test_uncertainty(void **state)
{
	const char *args[] = { "lr=0.01" };
	const double loss[] = { 2, 0.5 };
	const int count[] = { 1, 1 };
	const bool regress[] = { false, true };
	struct mix_seen f = { .loss = loss, .count = count, .regress = regress };
	struct mix m = mix_of(2);
	double s = 0, mean = 0, var = 0, z = -log(2);

	(void)state;
	assert_int_equal(mix_set(&m, METHOD_WEIGHTING, "uncertainty", args, 1, NULL), ST_OK);
	assert_near(m.ch[0].factor, 1, 0);
	for (int t = 1; t <= 20; t++) {
		double d = 0.5 - exp(-s) * 2;

		mix_learn(&m, METHOD_WEIGHTING, &f);
		mean = 0.9 * mean + 0.1 * d;
		var = 0.999 * var + 0.001 * d * d;
		s -= 0.01 * (mean / (1 - pow(0.9, t))) /
		     (sqrt(var / (1 - pow(0.999, t))) + 1e-8);
		assert_near(m.ch[0].factor, exp(-s), 1e-9);
	}
	/* regression begins at factor 1 too: exp(-s) / 2 with s = -ln 2 */
	m = mix_of(2);
	assert_int_equal(mix_set(&m, METHOD_WEIGHTING, "uncertainty", args, 1, NULL), ST_OK);
	mix_learn(&m, METHOD_WEIGHTING, &f);
	/* d = 1/2 - exp(ln 2) / 2 * 0.5 = 0: it stays where it is */
	assert_near(m.weighting.memory[4], z, 1e-12);
	assert_near(m.ch[1].factor, 1, 1e-12);
	assert_near(mix_loss_weight(&m, 1), 1, 1e-12);
	m.ch[1].weight = 3;
	assert_near(mix_loss_weight(&m, 1), 3, 1e-12);
}

static void test_uncertainty_bounds(void **state)
{
	const char *args[] = { "lr=1", "limit=2" };
	double loss[] = { 1e9, 0, NAN };
	const int count[] = { 1, 1, 1 };
	const bool regress[3] = { false };
	struct mix_seen f = { .loss = loss, .count = count, .regress = regress };
	struct mix m = mix_of(3);

	(void)state;
	assert_int_equal(mix_set(&m, METHOD_WEIGHTING, "uncertainty", args, 2, NULL), ST_OK);
	for (int i = 0; i < 100; i++)
		mix_learn(&m, METHOD_WEIGHTING, &f);
	assert_near(m.ch[0].factor, exp(-2), 1e-9);
	assert_near(m.ch[1].factor, exp(2), 1e-9);
	assert_near(m.ch[2].factor, 1, 0);
	m.ch[0].locked = true;
	loss[0] = 0;
	for (int i = 0; i < 10; i++)
		mix_learn(&m, METHOD_WEIGHTING, &f);
	assert_near(m.ch[0].factor, exp(-2), 1e-9);
	/* back to fixed: factors 1, but for the locked channel */
	assert_int_equal(mix_set(&m, METHOD_WEIGHTING, "fixed", NULL, 0, NULL), ST_OK);
	assert_near(m.ch[0].factor, exp(-2), 1e-9);
	assert_near(m.ch[1].factor, 1, 0);
}

/* --- schedules --- */

static void test_schedule(void **state)
{
	(void)state;
	assert_near(schedule_factor(SCHEDULE_CONSTANT, 0, 10, 100, 0), 0.1, 1e-15);
	assert_near(schedule_factor(SCHEDULE_CONSTANT, 9, 10, 100, 0), 1, 0);
	assert_near(schedule_factor(SCHEDULE_CONSTANT, 99, 10, 100, 0), 1, 0);
	assert_near(schedule_factor(SCHEDULE_LINEAR, 55, 10, 100, 0.2), 0.6, 1e-15);
	assert_near(schedule_factor(SCHEDULE_LINEAR, 100, 10, 100, 0.2), 0.2, 0);
	assert_near(schedule_factor(SCHEDULE_LINEAR, 1000, 10, 100, 0), 0, 0);
	for (int64_t k = 0; k <= 200; k++)
		assert_near(schedule_factor(SCHEDULE_COSINE, k, 0, 200, 0),
			    0.5 * (1 + cos(3.14159265358979323846 * (double)k / 200)), 1e-13);
	assert_near(schedule_factor(SCHEDULE_COSINE, 0, 0, 0, 0.5), 0.5, 0);
	assert_near(schedule_factor(SCHEDULE_LINEAR, 3, 10, 5, 0), 0.4, 1e-15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_sampling),
		cmocka_unit_test(test_annealed),
		cmocka_unit_test(test_dynamic),
		cmocka_unit_test(test_dev_is_kept),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_learner),
		cmocka_unit_test(test_factor_is_bounded),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_uncertainty),
		cmocka_unit_test(test_uncertainty_bounds),
		cmocka_unit_test(test_schedule),
	};

	return cmocka_run_group_tests_name("mix", tests, NULL, NULL);
}
