/*
 * test_memory.c - what a session is said to need for its model, against what the heap
 * has given it.
 */
#include "fixture/engine_fixture.h"

#include <malloc.h>

#include "base/mem.h"
#include "mix/mix.h"
#include "session/session.h"
#include "tensor/weights.h"

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* A model beside which vocabulary, rows and arenas are small. */
static void check(const char *const *sets, int n, bool train)
{
	const char *all[8] = { "model.dim=256", "model.layers=3", "model.ff=1024" };
	struct session_options o = { .n_workers = 2, .train = train, .data = true };
	struct session *s = NULL;
	struct step_report r;
	struct err err = { "" };
	size_t before = heap(), is;

	for (int i = 0; i < n; i++)
		all[3 + i] = sets[i];
	if (session_make(fixture_plan(all, 3 + n), &o, NULL, &s, &err))
		fail_msg("%s", err.text);
	session_start_random(s); /* packs */
	is = heap() - before;
	assert_true(s->model_bytes > 20000000);
	if (s->model_bytes > is || is - s->model_bytes > s->model_bytes / 20)
		fail_msg("%zu bytes said, %zu there", s->model_bytes, is);
	if (train)
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
	session_free(s);
}

static void test_model(void **state)
{
#ifdef TUTTI_SANITIZED
	skip(); /* another heap, which does not say */
#endif
	static const char *const none[] = { "mix.gradients_every=0" };
	static const char *const many[] = { "mix.micro_batches=16" };
	static const char *const untied[] = { "model.tied=false", "model.shared_layers=1" };

	static const char *const bf16[] = { "model.precision=bf16" };

	(void)state;
	check(NULL, 0, false);
	check(NULL, 0, true);
	check(bf16, 1, false);
	check(none, 1, true);
	check(many, 1, true);
	check(untied, 2, true);
}

static void say(const struct mix_view *v, double *memory, double *out)
{
	(void)v;
	(void)memory;
	(void)out;
}

/* Sums for each task are made when they are first needed. */
static void test_task_sums(void **state)
{
#ifdef TUTTI_SANITIZED
	skip();
#endif
	static const struct method row = { .name = "gram", .role = METHOD_WEIGHTING,
					   .needs = NEEDS_GRAM, .say = say };
	static const double param[MIX_PARAMS];
	const char *const sets[] = { "model.dim=256", "mix.micro_batches=5" };
	struct step_report r;
	struct session *s = NULL;
	size_t before, is, want;

	(void)state;
	assert_int_equal(session_new(fixture_plan(sets, 2), NULL, 2, NULL, &s, NULL), ST_OK);
	session_start_random(s);
	for (int i = 0; i < 12; i++) /* arenas have grown */
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
	mix_use(&s->mix, &row, param);
	before = heap();
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	is = heap() - before;
	want = task_sums_bytes(&s->params, s->n_tasks, s->plan->micro_batches);
	assert_true(want > 1000000 && is >= want && is - want < want / 20);
	session_free(s);
}

static int large(const char *state_of_two, struct session **out)
{
	const char *const sets[] = { "model.dim=1024", "model.layers=3", "model.ff=4096",
				     "model.heads=2", "mix.tokens=16" };
	struct session *s = NULL;
	struct step_report r;
	char state[40];

	assert_int_equal(session_new(fixture_plan(sets, 5), NULL, 2, NULL, &s, NULL), ST_OK);
	session_start_random(s);
	assert_true(weights_are_large(&s->params));
	for (int i = 0; i < 2; i++) {
		assert_false(s->params.is_packed);
		if (state_of_two) { /* the same with looking in between */
			session_look(s);
			assert_true(s->params.is_packed && !s->sum);
		}
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_false(s->params.is_packed || s->params.packed);
		assert_non_null(s->sum);
	}
	session_state(s, state);
	*out = s;
	return state_of_two ? strcmp(state, state_of_two) : 0;
}

/* A large model has packed weights between steps alone, and then no gradients. */
static void test_large(void **state)
{
#ifdef TUTTI_SANITIZED
	skip(); /* too slow there */
#endif
	struct session *s = NULL;
	uint64_t before, after;
	char was[40];

	(void)state;
	large(NULL, &s);
	session_state(s, was);
	before = mem_now_bytes();
	session_look(s);
	after = mem_now_bytes();
	assert_true(after < before); /* three buffers for one of copies */
	session_free(s);
	assert_int_equal(large(was, &s), 0);
	session_free(s);
}

static void test_refused(void **state)
{
	const char *const sets[] = { "model.dim=8192", "model.layers=64", "model.ff=65536" };
	struct session *s = NULL;
	struct err err = { "" };

	(void)state;
	assert_int_equal(session_new(fixture_plan(sets, 3), NULL, 1, NULL, &s, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "the model needs "));
	assert_non_null(strstr(err.text, " blocks), this machine has "));
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_task_sums),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("memory", tests, fixture_make, fixture_remove);
}
