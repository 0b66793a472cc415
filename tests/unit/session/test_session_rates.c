/*
 * test_session_rates.c - optimizer.layer_decay: which parameter has which rate, and that
 * its steps are as much smaller.
 */
#include <math.h>

#include "base/mem.h"
#include "fixture/session_fixture.h"
#include "session/session.h"

enum { LAYERS = 3 };
#define DECAY 0.5

/* By what it is called: tables 4 below the heads, layer I of the trunk 3 - I. */
static int depth_by_name(const char *name)
{
	const char *at = strstr(name, "encoder.");

	if (!at)
		at = strstr(name, "layers.");
	if (!strncmp(name, "embed.", 6))
		return LAYERS + 1;
	if (strstr(name, ".decoder.") || !at)
		return 0;
	at = strchr(at, '.') + 1;
	return *at >= '0' && *at <= '9' ? LAYERS - (*at - '0') : 0;
}

static void check_rates(const char *kind, const char *decoder, const char *shared)
{
	char of_kind[64], of_decoder[64], of_shared[64];
	const char *sets[] = { of_kind, of_shared, "model.layers=3",
			       "optimizer.layer_decay=0.5", of_decoder };
	int seen[LAYERS + 2] = { 0 };
	struct session *s;

	str_format(of_kind, sizeof of_kind, "model.kind=%s", kind);
	str_format(of_shared, sizeof of_shared, "model.shared_layers=%s", shared);
	str_format(of_decoder, sizeof of_decoder, "model.decoder=%s", decoder ? decoder : "");
	s = fixture_session(sets, decoder ? 5 : 4, 1);
	for (int p = 0; p < s->params.n; p++) {
		int depth = depth_by_name(s->params.p[p].name);

		seen[depth]++;
		if (model_depth(s->model, p) != depth)
			fail_msg("%s: '%s' is of depth %d, not %d", kind,
				 s->params.p[p].name, model_depth(s->model, p), depth);
		assert_float_equal(s->rate[p], pow(DECAY, depth), 0);
	}
	for (int i = 0; i < LAYERS + 2; i++)
		assert_true(seen[i] > 0);
	session_free(s);
}

static void test_depths(void **state)
{
	(void)state;
	check_rates("transformer", "cross", "3");
	check_rates("transformer", "lstm", "1");
	check_rates("transformer", "prefix", "0");
	check_rates("bilstm", "cross", "2");
	check_rates("gpt", NULL, "1");
}

/* How far a parameter is from where it began, without what decay of weights does. */
static double moved(const struct session *s, const float *start, int p)
{
	size_t at = s->params.p[p].offset;
	double sum = 0;

	for (size_t i = 0; i < param_count(&s->params, p); i++) {
		double d = (double)s->params.value[at + i] - (double)start[at + i];

		sum += d * d;
	}
	return sqrt(sum);
}

static float *first_step(const char *decay, const char *line, struct session **out)
{
	const char *sets[] = { decay, "optimizer.weight_decay=0", "optimizer.warmup=0" };
	struct session *s = *out = fixture_session(sets, 3, 2);
	float *start = xcalloc(s->params.size, sizeof *start);

	memcpy(start, s->params.value, s->params.size * sizeof *start);
	if (line)
		fixture_command(s, line);
	fixture_steps(s, 1);
	return start;
}

/* Adam's first steps are the rate's size; the hand's `lr` multiplies all of them. */
static void compare(const char *line, double times)
{
	struct session *a, *b;
	float *from_a = first_step("optimizer.layer_decay=1", NULL, &a);
	float *from_b = first_step("optimizer.layer_decay=0.5", line, &b);
	int n = 0;

	for (int p = 0; p < a->params.n; p++) {
		double far = moved(a, from_a, p), near = moved(b, from_b, p);
		double want = times * pow(DECAY, model_depth(a->model, p));

		if (!(far > 0)) {
			assert_float_equal(near, 0, 0);
			continue;
		}
		n++;
		if (!(fabs(near / far - want) < 0.02 * want))
			fail_msg("'%s' moved by %g of that, not %g", a->params.p[p].name,
				 near / far, want);
	}
	assert_true(n > a->params.n / 2);
	xfree(from_a);
	xfree(from_b);
	session_free(a);
	session_free(b);
}

static void test_steps(void **state)
{
	(void)state;
	compare(NULL, 1);
}

static void test_hand(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	char line[40];

	(void)state;
	str_format(line, sizeof line, "lr %.17g", 2 * s->plan->lr);
	session_free(s);
	compare(line, 2);
}

/* A rate of 1 for all is what there was without the field. */
static void test_none(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);

	(void)state;
	for (int p = 0; p < s->params.n; p++)
		assert_float_equal(s->adam.rate[p], 1, 0);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depths),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_hand),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("session_rates", tests, fixture_make,
					   fixture_remove);
}
