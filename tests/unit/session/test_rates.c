/*
 * test_rates.c - what a factor on a group's rate does to an update: that of the rate times
 * the factor, of that group alone, whatever else decides about rates.
 */
#include "fixture/session_fixture.h"

#include "base/mem.h"
#include "session/freezing.h"
#include "session/session.h"
#include "session/state.h"

enum { SETS = 6 };

/* How far parameter p goes in one step from the start, as AdamW's first step has it. */
static double *first_step(const char *rates, const char *more, struct session **out)
{
	const char *const sets[] = { "model.layers=3", "model.shared_layers=2",
				     "optimizer.schedule=constant", "optimizer.warmup=0",
				     rates, more };
	struct session *s = fixture_session(sets, SETS, 1);
	float *was = xmalloc(s->params.size * sizeof *was);
	double *moved = xcalloc(s->params.size, sizeof *moved);

	memcpy(was, s->params.value, s->params.size * sizeof *was);
	fixture_steps(s, 1);
	for (size_t i = 0; i < s->params.size; i++)
		moved[i] = (double)s->params.value[i] - (double)was[i];
	xfree(was);
	*out = s;
	return moved;
}

static double length(const struct session *s, const double *x, int p)
{
	double sum = 0;

	for (size_t i = 0; i < param_count(&s->params, p); i++)
		sum += x[s->params.p[p].offset + i] * x[s->params.p[p].offset + i];
	return __builtin_sqrt(sum);
}

/* Each parameter's step is `rates` times what it is without them. */
static void check_steps(const char *rates, const char *more)
{
	char set[200];
	struct session *s, *plain;
	struct freeze_groups g;
	struct rates r;
	double *x, *y;

	str_format(set, sizeof set, "optimizer.rates=%s", rates);
	x = first_step(set, more, &s);
	y = first_step("optimizer.rates=trunk 1", more, &plain);
	freezing_groups(s, &g);
	rates_init(&r);
	assert_int_equal(rates_read(&g, rates, true, &r, NULL), ST_OK);
	for (int p = 0; p < s->params.n; p++) {
		double a = length(s, x, p), b = length(s, y, p);

		a -= b * freezing_rate(s, &r, p);
		if (a > 2e-3 * b * freezing_rate(s, &r, p) + 1e-6)
			fail_msg("%s moved %g too far", s->params.p[p].name, a);
		if (a < -2e-3 * b * freezing_rate(s, &r, p) - 1e-6)
			fail_msg("%s moved %g too little", s->params.p[p].name, -a);
	}
	xfree(x);
	xfree(y);
	session_free(s);
	session_free(plain);
}

static void test_factor(void **state)
{
	(void)state;
	check_steps("embeddings 0.5", "seed=3");
	check_steps("layer 0 3, layer 2 0.25", "seed=3");
	check_steps("trunk 0.1, mood 2, sum 7", "seed=3");
	check_steps("layers 0..2, count 2", "optimizer.layer_decay=0.5");
	check_steps("embeddings, layer 1, mood 4", "tasks.mood.lr=3");
}

static void same_state(const char *a, const char *b, int steps)
{
	const char *const left[] = { a }, *const right[] = { b };
	struct session *s = fixture_session(left, 1, 1), *t = fixture_session(right, 1, 2);
	char x[40], y[40];

	fixture_steps(s, steps);
	fixture_steps(t, steps);
	session_state(s, x);
	session_state(t, y);
	assert_string_equal(x, y);
	session_free(s);
	session_free(t);
}

/* The words do not matter, nor who set it; 1 is what there is without. */
static void test_same_bits(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	struct session *t;
	const char *const set[] = { "optimizer.rates=embeddings, mood 0.1" };
	char a[40], b[40];

	(void)state;
	same_state("optimizer.rates=layer 0 0.5,embeddings 0.1", "optimizer.rates=embeddings 0.1"
		   ", layer 0 2, layer 0 0.5", 6);
	same_state("optimizer.rates=embeddings 1, trunk 1", "optimizer.layer_decay=1", 6);
	t = fixture_session(set, 1, 3);
	fixture_command(s, "rate embeddings, mood 0.1");
	fixture_steps(s, 6);
	fixture_steps(t, 6);
	session_state(s, a);
	session_state(t, b);
	assert_string_equal(a, b);
	fixture_command(s, "rate trunk, mood 1");
	fixture_command(t, "rate embeddings 1, mood 1");
	fixture_steps(s, 3);
	fixture_steps(t, 3);
	session_state(s, a);
	session_state(t, b);
	assert_string_equal(a, b);
	session_free(s);
	session_free(t);
}

/* Every factor is of the state, and which group's it is. */
static void test_state(void **state)
{
	const char *const sets[] = { "model.layers=3" };
	struct session *s = fixture_session(sets, 1, 1);
	double *of[] = { &s->mix.rates.embeddings, &s->mix.rates.layers[0],
			 &s->mix.rates.layers[1], &s->mix.rates.layers[2],
			 &s->mix.rates.heads[0], &s->mix.rates.heads[1],
			 &s->mix.rates.heads[2] };
	char hash[8][40];

	(void)state;
	session_state(s, hash[7]);
	for (int i = 0; i < 7; i++) {
		*of[i] = 0.5;
		session_state(s, hash[i]);
		*of[i] = 1;
	}
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(hash[i], hash[k]);
	session_free(s);
}

/* A decay of the plan beside a rate so high that weights would turn around. */
static void test_no_turn(void **state)
{
	const char *const sets[] = { "optimizer.lr=0.9", "optimizer.weight_decay=1",
				     "optimizer.rates=trunk, mood, count, sum 1000",
				     "optimizer.schedule=constant", "optimizer.warmup=0" };
	struct session *s = fixture_session(sets, 5, 1);

	(void)state;
	for (int i = 0; i < 12; i++) {
		struct step_report r;

		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		for (size_t k = 0; k < s->params.size; k++)
			assert_true(s->params.value[k] < 1e6f && s->params.value[k] > -1e6f);
	}
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_factor), cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_state),  cmocka_unit_test(test_no_turn),
	};

	return cmocka_run_group_tests_name("rates", tests, fixture_make, fixture_remove);
}
