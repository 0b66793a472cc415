/*
 * test_freezing.c - frozen groups stand still to the bit, and what is trained has the
 * gradient that it has with nothing frozen: under every trunk, decoder and group.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "base/mem.h"
#include "session/freezing.h"
#include "session/session.h"
#include "session/state.h"
#include "session/workers.h"

enum { STEPS = 10, SETS = 6 };

/* Layouts whose passes differ in what they record; two layers shared, one of each task. */
static const char *const layouts[][SETS] = {
	{ "model.layers=3", "model.shared_layers=2" },
	{ "model.layers=3", "model.shared_layers=2", "model.norm=post", "model.tied=false",
	  "model.copy=false", "model.pool=first" },
	{ "model.layers=3", "model.decoder=lstm" },
	{ "model.layers=3", "model.shared_layers=2", "model.decoder=prefix" },
	{ "model.layers=3", "model.shared_layers=2", "model.kind=bilstm" },
	{ "model.layers=3", "model.shared_layers=2", "model.kind=gpt", "tokenizer.size=120" },
	{ "model.layers=3", "model.kind=gpt", "tokenizer.size=120",
	  "model.prompt_loss=true" },
	{ "model.layers=3", "model.shared_layers=2", "model.adapter=lora",
	  "model.adapter_trunk=trained", "model.adapter_of=key, value, down" },
	{ "model.layers=3", "model.shared_layers=2", "model.adapter=bottleneck",
	  "model.adapter_trunk=trained", "model.adapter_per=all", "model.decoder=prefix" },
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

/* Lists of groups; those of heads are left out where answers are said. */
static const char *const lists[] = {
	"embeddings", "layer 0", "layer 1", "layer 2", "layers 0..1", "trunk",
	"embeddings, layers 0..1", "layers 1..2", "embeddings, layer 2",
	"mood", "sum", "sum, count", "trunk, mood, count", "embeddings, layers 0..1, sum",
	"layers 0..2, mood, count, sum", "adapters", "adapters, layers 0..1",
	"trunk, sum", "trunk, mood, count, sum",
};
enum { LISTS = sizeof lists / sizeof *lists };
#ifdef TUTTI_SANITIZED /* many times as slow: of each layout every so many of the lists */
enum { EVERY = 4 };
#else
enum { EVERY = 1 };
#endif

static struct session *make(int layout, int workers)
{
	int n = 0;

	while (n < SETS && layouts[layout][n])
		n++;
	return fixture_session(layouts[layout], n, workers);
}

/* False: the model has no such group, or nothing else. */
static bool freeze(struct session *s, const char *list)
{
	struct freeze_groups g;
	bool any = false;

	freezing_groups(s, &g);
	if (freeze_read(&g, list, &s->mix.frozen, NULL))
		return false;
	for (int owner = PARAM_SHARED; owner < s->n_tasks; owner++)
		any |= freezing_leaves(s, &s->mix.frozen, owner);
	return any;
}

/* --- values and moments --- */

struct copy {
	float *value, *m, *v;
	int64_t *count;
};

static void *copy_of(const void *from, size_t n)
{
	return memcpy(xmalloc(n), from, n);
}

static struct copy take(const struct session *s)
{
	size_t n = s->params.size * sizeof(float);

	return (struct copy){ copy_of(s->params.value, n), copy_of(s->adam.m, n),
			      copy_of(s->adam.v, n),
			      copy_of(s->adam.count, (size_t)s->params.n *
						     sizeof *s->adam.count) };
}

static void let_go(struct copy *c)
{
	xfree(c->value);
	xfree(c->m);
	xfree(c->v);
	xfree(c->count);
}

static bool is_same(const struct session *s, const struct copy *c, int p)
{
	size_t at = s->params.p[p].offset, n = param_count(&s->params, p) * sizeof(float);

	return s->adam.count[p] == c->count[p] &&
	       !memcmp(s->params.value + at, c->value + at, n) &&
	       !memcmp(s->adam.m + at, c->m + at, n) && !memcmp(s->adam.v + at, c->v + at, n);
}

/* Frozen ones as they were; each of the others has had an update, where its task was drawn. */
static void check_stood(const struct session *s, const struct freeze *f,
			const struct copy *before)
{
	for (int p = 0; p < s->params.n; p++) {
		bool has = freezing_has(s, f, p);

		if (has && !is_same(s, before, p))
			fail_msg("%s moved", s->params.p[p].name);
		if (!has && is_same(s, before, p))
			fail_msg("%s did not move", s->params.p[p].name);
	}
}

static void test_untouched(void **state)
{
	(void)state;
	for (int k = 0; k < LAYOUTS; k++)
		for (int i = k % EVERY; i < LISTS; i += EVERY) {
			struct session *s = make(k, 1 + i / EVERY % 2);
			struct freeze f;
			struct copy before, between;

			fixture_steps(s, 4); /* moments that could decay */
			before = take(s);
			if (freeze(s, lists[i])) {
				f = s->mix.frozen;
				fixture_steps(s, STEPS);
				check_stood(s, &f, &before);
				s->mix.frozen = (struct freeze){ 0 };
				between = take(s);
				fixture_steps(s, 4);
				check_stood(s, &s->mix.frozen, &between);
				let_go(&between);
			}
			let_go(&before);
			session_free(s);
		}
}

/* --- gradients --- */

static void check_same_gradient(struct session *a, struct session *b)
{
	for (int p = 0; p < a->params.n; p++) {
		size_t cols = (size_t)a->params.p[p].cols;
		const float *x = grads_peek(a->sum, p), *y = grads_peek(b->sum, p);

		if (freezing_has(b, &b->mix.frozen, p)) {
			assert_null(y);
			continue;
		}
		assert_true(!x == !y);
		for (int r = 0; x && r < a->params.p[p].rows; r++) {
			assert_int_equal(grads_has_row(a->sum, p, r),
					 grads_has_row(b->sum, p, r));
			if (grads_has_row(a->sum, p, r) &&
			    memcmp(x + (size_t)r * cols, y + (size_t)r * cols,
				   cols * sizeof *x))
				fail_msg("%s has another gradient", a->params.p[p].name);
		}
	}
}

/* From the same weights: the sum of a step, before it is clipped. */
static void test_same_gradient(void **state)
{
	(void)state;
	for (int k = 0; k < LAYOUTS; k++) {
		struct session *a = make(k, 1), *b;

		fixture_steps(a, 1);
		for (int i = k % EVERY; i < LISTS; i += EVERY) {
			b = make(k, 2);
			if (freeze(b, lists[i])) {
				fixture_steps(b, 1);
				check_same_gradient(a, b);
			}
			session_free(b);
		}
		session_free(a);
	}
}

/* Clipping is by what is trained alone. */
static void test_norm(void **state)
{
	struct session *s = make(0, 2);
	struct step_report r;
	double square = 0;

	(void)state;
	assert_true(freeze(s, "embeddings, layers 0..1"));
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	for (int p = 0; p < s->params.n; p++) {
		const float *g = grads_peek(s->sum, p);

		for (size_t i = 0; g && i < param_count(&s->params, p); i++)
			square += (double)g[i] * (double)g[i];
	}
	assert_true(square > 0);
	assert_true(fabs(r.norm - sqrt(square)) < 1e-9 * r.norm);
	session_free(s);
}

/* --- what it saves --- */

/* Bytes of the largest micro-batch so far, of a model of `layers`. */
static size_t peak(const char *layers, const char *list)
{
	struct session *s = fixture_session(&layers, 1, 1);
	size_t bytes;

	s->mix.ch[1].muted = s->mix.ch[2].muted = true;
	assert_true(freeze(s, list));
	fixture_steps(s, 6);
	bytes = workers_arena_peak(s->workers);
	session_free(s);
	return bytes;
}

/*
 * Layers below the lowest trained one keep nothing for the way back, and give back what
 * they took: however many there are.
 */
static void test_memory(void **state)
{
	size_t all = peak("model.layers=3", "nothing");
	size_t half = peak("model.layers=3", "embeddings, layers 0..1");
	size_t deep = peak("model.layers=9", "embeddings, layers 0..7");

	(void)state;
	assert_true(half < all * 3 / 4);
	assert_true(deep < half + half / 50);
	assert_true(peak("model.layers=3", "layers 0..1") > half);
}

/* --- workers, state --- */

static void run(int workers, char hash[40])
{
	struct session *s = make(0, workers);

	fixture_steps(s, 3);
	fixture_command(s, "freeze embeddings, layers 0..1, mood on");
	fixture_steps(s, 5);
	fixture_command(s, "freeze layer 1 off");
	fixture_steps(s, 5);
	session_state(s, hash);
	session_free(s);
}

static void test_workers(void **state)
{
	char one[40], other[40];

	(void)state;
	run(1, one);
	for (int n = 2; n < 5; n++) {
		run(n, other);
		assert_string_equal(one, other);
	}
}

/* What is frozen is in the hash, and not there when nothing is. */
static void test_hash(void **state)
{
	struct session *s = make(0, 1);
	char none[40], some[40];

	(void)state;
	session_state(s, none);
	for (int i = 0; i + 1 < LISTS; i++) { /* the last one is all there is */
		if (strstr(lists[i], "adapters"))
			continue;
		assert_true(freeze(s, lists[i]));
		session_state(s, some);
		assert_string_not_equal(none, some);
	}
	assert_true(freeze(s, "nothing"));
	session_state(s, some);
	assert_string_equal(none, some);
	session_free(s);
}

/* --- a trunk that adapters hold still for good --- */

static const char *const held[][SETS] = {
	{ "model.adapter=lora" },
	{ "model.adapter=lora", "model.adapter_per=all", "model.adapter_of=query, up",
	  "model.decoder=prefix" },
	{ "model.adapter=bottleneck", "model.kind=gpt", "tokenizer.size=120" },
	{ "model.adapter=bottleneck", "model.shared_layers=0", "model.norm=post" },
};
enum { HELD = sizeof held / sizeof *held };

static struct session *make_held(int k, int workers)
{
	int n = 0;

	while (n < SETS && held[k][n])
		n++;
	return fixture_session(held[k], n, workers);
}

/* Every other parameter moves; nothing else has moments. */
static void test_held(void **state)
{
	(void)state;
	for (int k = 0; k < HELD; k++) {
		struct session *s = make_held(k, 2);
		float *before = copy_of(s->params.value, s->params.size * sizeof *before);

		fixture_steps(s, STEPS);
		for (int p = 0; p < s->params.n; p++) {
			size_t at = s->params.p[p].offset;
			bool is_same_now = !memcmp(before + at, s->params.value + at,
						   param_count(&s->params, p) *
						   sizeof *before);

			if (is_same_now != param_is_still(&s->params, p))
				fail_msg("%s", s->params.p[p].name);
			assert_int_equal(s->adam.count[p] == 0, is_same_now);
			if (model_is_adapter(s->model, p))
				assert_false(is_same_now);
		}
		assert_true(s->params.moving < s->params.size);
		xfree(before);
		session_free(s);
	}
}

static void test_held_workers(void **state)
{
	(void)state;
	for (int k = 0; k < HELD; k++) {
		char one[40], other[40];

		for (int n = 1; n < 5; n++) {
			struct session *s = make_held(k, n);

			fixture_steps(s, 3);
			if (!model_kind_says(s->plan->model.kind)) /* it has nothing else */
				fixture_command(s, "freeze adapters on");
			fixture_steps(s, 2);
			fixture_command(s, "freeze adapters off");
			fixture_steps(s, 3);
			session_state(s, n == 1 ? one : other);
			if (n > 1)
				assert_string_equal(one, other);
			session_free(s);
		}
	}
}

/* Does a task have anything to share? So the norms say, and so does the plan. */
static void test_held_shares(void **state)
{
	(void)state;
	for (int k = 0; k < HELD; k++) {
		struct session *s = make_held(k, 1);
		bool shares = freezing_leaves(s, &s->mix.frozen, PARAM_SHARED);
		struct freeze_groups g;
		struct step_report r;

		freezing_groups(s, &g);
		assert_int_equal(shares, k == 1);
		assert_int_equal(freeze_covers_shared(&g, &s->mix.frozen), !shares);
		gradients_ask(s);
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_int_equal(r.n_gradients > 0, shares);
		session_free(s);
	}
}

/* --- norms of the tasks' gradients --- */

static void test_measured(void **state)
{
	struct session *s = make(0, 1);
	struct step_report r;

	(void)state;
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	assert_true(r.n_gradients > 0);
	assert_true(freeze(s, "embeddings, layers 0..1")); /* layer 2 is each task's own */
	gradients_ask(s);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_int_equal(r.n_gradients, 0);
	}
	assert_true(freeze(s, "embeddings"));
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	assert_true(r.n_gradients > 0); /* still asked for */
	assert_true(r.gradient[0].norm > 0);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_same_gradient),
		cmocka_unit_test(test_norm),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_held_workers),
		cmocka_unit_test(test_held_shares),
	};

	return cmocka_run_group_tests_name("freezing", tests, fixture_make, fixture_remove);
}
