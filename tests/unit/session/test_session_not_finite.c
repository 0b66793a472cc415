/*
 * test_session_not_finite.c - numbers that are not finite, or too large, never get
 * into the state; a step of nobody.
 */
#include <math.h>

#include "base/mem.h"
#include "fixture/session_fixture.h"
#include "session/session.h"

static bool all_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

/* What is not finite, or too large for a square, never gets in (I11). */
static void test_not_finite(void **state)
{
	static const double weights[] = { 1e20, 1e30, 1e38, 1e300 };

	(void)state;
	for (size_t k = 0; k < sizeof weights / sizeof *weights; k++) {
		const char *const sets[] = { "optimizer.clip=0" };
		struct session *s = fixture_session(sets, 1, 2);
		struct step_report r;
		float *before;

		fixture_steps(s, 3);
		before = xcalloc(s->params.size, sizeof *before);
		memcpy(before, s->params.value, s->params.size * sizeof *before);
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = weights[k];
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_true(r.row.skipped);
		assert_int_equal(s->skipped, 1);
		assert_int_equal(s->step, 4);
		assert_memory_equal(before, s->params.value,
				    s->params.size * sizeof *before);
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = 1;
		fixture_steps(s, 3);
		assert_int_equal(s->skipped, 1);
		assert_true(all_finite(s->params.value, s->params.size));
		assert_true(all_finite(s->adam.m, s->params.size));
		assert_true(all_finite(s->adam.v, s->params.size));
		xfree(before);
		session_free(s);
	}
}

static void test_broken_weights(void **state)
{
	struct session *s = fixture_session(NULL, 0, 2);
	struct step_report r;
	float *w;

	(void)state;
	w = s->params.value; /* the first embedding row */
	fixture_steps(s, 2);
	for (size_t i = 0; i < param_count(&s->params, 0); i++)
		w[i] = NAN;
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	assert_true(r.row.skipped);
	assert_true(all_finite(s->adam.m, s->params.size));
	session_free(s);
}

static void test_huge_rate(void **state)
{
	struct session *s = fixture_session(NULL, 0, 2);

	(void)state;
	fixture_command(s, "lr 1!");
	fixture_steps(s, 40);
	assert_true(all_finite(s->params.value, s->params.size));
	assert_true(all_finite(s->adam.v, s->params.size));
	session_free(s);
}

static void test_nobody(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	struct step_report r;
	struct err err = { "" };
	char a[40], b[40];

	(void)state;
	for (int i = 0; i < 3; i++)
		s->mix.ch[i].muted = true;
	session_state(s, a);
	assert_int_equal(session_step(s, &r, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "nothing to train"));
	session_state(s, b);
	assert_string_equal(a, b);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_broken_weights),
		cmocka_unit_test(test_huge_rate),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests_name("session_not_finite", tests,
					   fixture_make, fixture_remove);
}
