/*
 * test_averaging.c - the weights' average: the recursion to the bit, what it leaves alone,
 * and that nothing of a run feels it.
 */
#include "fixture/session_fixture.h"

#include <stdio.h>

#include "ask/evaluate.h"
#include "base/mem.h"
#include "session/averaging.h"
#include "session/session.h"
#include "session/state.h"

#define AVERAGE "optimizer.average=0.6"

static void *copy_of(const void *from, size_t n)
{
	return memcpy(xmalloc(n), from, n);
}

/*
 * The recursion in one loop over all, by counts of its own. A parameter has an update in a
 * step when its count says so; its gradient may have been in few rows of it.
 */
static void follow(struct session *s, float *average, int64_t *count)
{
	for (int p = 0; p < s->params.n; p++) {
		double t = (double)++count[p], d = (1 + t) / (10 + t);
		float rest = (float)(1 - (d < 0.6 ? d : 0.6));

		if (s->adam.count[p] != count[p]) {
			count[p]--;
			continue;
		}
		for (size_t i = 0; i < param_count(&s->params, p); i++) {
			size_t at = s->params.p[p].offset + i;

			average[at] += rest * (s->params.value[at] - average[at]);
		}
	}
}

static void test_recursion(void **state)
{
	static const char *const sets[] = { AVERAGE, "model.tied=false", "model.layers=2",
					    "model.shared_layers=1" };

	(void)state;
	for (int workers = 1; workers <= 4; workers++) {
		struct session *s = fixture_session(sets, 4, workers);
		size_t bytes = s->params.size * sizeof(float);
		float *average = copy_of(s->params.value, bytes);
		int64_t *count = xcalloc((size_t)s->params.n, sizeof *count);

		assert_memory_equal(s->average, average, bytes);
		for (int i = 0; i < 20; i++) {
			fixture_steps(s, 1);
			follow(s, average, count);
			for (int p = 0; p < s->params.n; p++)
				assert_memory_equal(s->average + s->params.p[p].offset,
						    average + s->params.p[p].offset,
						    param_count(&s->params, p) *
							    sizeof(float));
		}
		assert_memory_not_equal(s->average, s->params.value, bytes);
		xfree(average);
		xfree(count);
		session_free(s);
	}
}

/* Against numbers that PyTorch's AveragedModel came to (tests/golden/make_average.py). */
static void test_golden(void **state)
{
	FILE *f = fopen("tests/golden/average.txt", "r");
	double decay, average, value, x = 0;
	int t, lines = 0;

	(void)state;
	assert_non_null(f);
	while (fscanf(f, "%d %lf %lf %lf", &t, &decay, &value, &average) == 4) {
		x = t == 0 ? value :
			     x + (double)averaging_rate(decay, t) * (value - x);
		if (x - average > 1e-6 || average - x > 1e-6)
			fail_msg("decay %g, update %d: %.9f where torch has %.9f", decay, t,
				 x, average);
		lines++;
	}
	fclose(f);
	assert_int_equal(lines, 2 * 21);
}

/* The averages of what is muted, or frozen, are as they were; of the others they move. */
static void test_untouched(void **state)
{
	static const char *const sets[] = { AVERAGE, "model.layers=2" };
	struct session *s = fixture_session(sets, 2, 2);
	float *was;
	int64_t *count;

	(void)state;
	fixture_steps(s, 6);
	fixture_command(s, "mute mood on");
	fixture_command(s, "freeze embeddings, layer 1 on");
	was = copy_of(s->average, s->params.size * sizeof *was);
	count = copy_of(s->adam.count, (size_t)s->params.n * sizeof *count);
	fixture_steps(s, 6);
	for (int p = 0; p < s->params.n; p++) {
		size_t at = s->params.p[p].offset, n = param_count(&s->params, p);
		bool is_same = !memcmp(was + at, s->average + at, n * sizeof *was);

		if (is_same != (count[p] == s->adam.count[p]))
			fail_msg("%s", s->params.p[p].name);
	}
	xfree(was);
	xfree(count);
	session_free(s);
}

/* Weights, moments and all else are those of the run without; the hash is another. */
static void test_nothing_feels_it(void **state)
{
	static const char *const set[] = { AVERAGE };
	struct session *a = fixture_session(NULL, 0, 1), *b = fixture_session(set, 1, 2);
	char x[40], y[40];
	float *average;

	(void)state;
	fixture_steps(a, 12);
	fixture_steps(b, 12);
	session_state(a, x);
	session_state(b, y);
	assert_string_not_equal(x, y);
	average = b->average;
	b->average = NULL;
	session_state(b, y);
	b->average = average;
	assert_string_equal(x, y);
	/* every number of it is state */
	session_state(b, x);
	average[b->params.p[b->params.n - 1].offset] += 1;
	session_state(b, y);
	assert_string_not_equal(x, y);
	session_free(a);
	session_free(b);
}

static double dev_loss(struct session *s)
{
	struct eval_options o = { .greedy = true };
	struct evaluation e;
	double loss;

	assert_int_equal(evaluate_task(s, 0, &o, NULL, &e, NULL), ST_OK);
	loss = e.row.loss;
	evaluation_release(&e);
	return loss;
}

/* Looked at through the average and back: the state is the same, and the looks differ. */
static void test_looking(void **state)
{
	static const char *const set[] = { AVERAGE };
	struct session *s = fixture_session(set, 1, 2), *t = fixture_session(set, 1, 2);
	char a[40], b[40];
	double plain, averaged;

	(void)state;
	fixture_steps(s, 8);
	fixture_steps(t, 8);
	session_state(s, a);
	plain = dev_loss(s);
	averaging_swap(s);
	averaged = dev_loss(s);
	averaging_swap(s);
	session_state(s, b);
	assert_string_equal(a, b);
	assert_true(averaged != plain && dev_loss(s) == plain);
	/* what the look saw is what weights of those values come to */
	memcpy(t->params.value, t->average, t->params.size * sizeof(float));
	session_pack(t);
	assert_true(dev_loss(t) == averaged);
	fixture_steps(s, 4);
	session_free(t);
	t = fixture_session(set, 1, 1);
	fixture_steps(t, 12);
	session_state(s, a);
	session_state(t, b);
	assert_string_equal(a, b);
	session_free(s);
	session_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recursion), cmocka_unit_test(test_golden),
		cmocka_unit_test(test_untouched), cmocka_unit_test(test_nothing_feels_it),
		cmocka_unit_test(test_looking),
	};

	return cmocka_run_group_tests_name("averaging", tests, fixture_make, fixture_remove);
}
