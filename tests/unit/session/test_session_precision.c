/*
 * test_session_precision.c - model.precision bf16: losses and gradients are near those of
 * f32 and not the same, for every kind of trunk and decoder; and their own bits hang
 * neither on the workers nor on whether weights are packed.
 */
#include <math.h>

#include "base/mem.h"
#include "fixture/session_fixture.h"
#include "session/session.h"
#include "tensor/weights.h"

/* Of one width all layers' matrices have 32 rows and more. */
#define WIDE "model.dim=32", "model.ff=64", "optimizer.clip=0"

static const char *const kinds[][2] = {
	{ "model.kind=transformer", "model.decoder=cross" },
	{ "model.kind=transformer", "model.decoder=prefix" },
	{ "model.kind=bilstm", "model.decoder=lstm" },
	{ "model.kind=gpt", "model.dropout=0" },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct session *make(int kind, const char *precision, int workers)
{
	const char *sets[] = { WIDE, kinds[kind][0], kinds[kind][1], precision };
	/* what a kind has no use for is refused, so these come by their places */
	const char *lstm[] = { "model.dim=32", "optimizer.clip=0", kinds[kind][0],
			       kinds[kind][1], precision };
	bool is_lstm = strstr(kinds[kind][0], "bilstm");

	return is_lstm ? fixture_session(lstm, 5, workers) : fixture_session(sets, 6, workers);
}

/* --- near, and another --- */

/* The last step's gradient of element i of a parameter; 0: it has none. */
static double element(const struct session *s, int p, size_t i)
{
	const struct param *q = &s->params.p[p];
	const float *v = grads_peek(s->sum, p);
	int row = (int)(i / (size_t)q->cols);

	if (!v || (q->flags & PARAM_ROWS && !grads_has_row(s->sum, p, row)))
		return 0;
	return (double)v[i];
}

struct products {
	double aa, ab, bb;
};

static void add(struct products *sum, const struct session *a, const struct session *b,
		int p)
{
	for (size_t i = 0; i < param_count(&a->params, p); i++) {
		double x = element(a, p, i), y = element(b, p, i);

		sum->aa += x * x;
		sum->ab += x * y;
		sum->bb += y * y;
	}
}

static double cosine(const struct products *p)
{
	return p->ab / sqrt(p->aa * p->bb);
}

static bool is_same(const struct products *p)
{
	return !(p->ab < p->aa || p->ab > p->aa || p->ab < p->bb || p->ab > p->bb);
}

static void compare_losses(const struct session *a, const struct session *b)
{
	int others = 0;

	for (int i = 0; i < a->plan->micro_batches; i++) {
		double x = a->job[i].loss.plain, y = b->job[i].loss.plain;

		assert_int_equal(a->job[i].task, b->job[i].task);
		if (fabs(x - y) > 0.005 * fabs(x))
			fail_msg("losses %.6f and %.6f", x, y);
		others += fabs(x - y) > 0;
	}
	assert_true(others > 0);
}

/*
 * A number rounded to bfloat16 is off by 2^-9 of itself at most: of all gradients, one
 * in a thousand; of single matrices, whose sums may cancel, some more.
 */
static void test_near(void **state)
{
	(void)state;
	for (int k = 0; k < KINDS; k++) {
		struct session *a = make(k, "model.precision=f32", 1);
		struct session *b = make(k, "model.precision=bf16", 1);
		struct products all = { 0 };
		int n = 0, matrices = 0;

		for (int p = 0; p < a->params.n; p++)
			assert_memory_equal(param_value(&a->params, p),
					    param_value(&b->params, p),
					    param_count(&a->params, p) * sizeof(float));
		fixture_steps(a, 1);
		fixture_steps(b, 1);
		compare_losses(a, b);
		for (int p = 0; p < a->params.n; p++) {
			struct products one = { 0 };

			add(&one, a, b, p);
			add(&all, a, b, p);
			if (!weights_in_bf16(&b->params, p) || one.aa < 1e-6)
				continue;
			n++;
			if (cosine(&one) < 0.995 || is_same(&one))
				fail_msg("%s: %s is off by %g", kinds[k][0],
					 b->params.p[p].name, 1 - cosine(&one));
		}
		for (int p = 0; p < a->params.n; p++)
			matrices += weights_in_bf16(&b->params, p);
		assert_true(n > 4 && n <= matrices);
		if (cosine(&all) < 0.999)
			fail_msg("%s: off by %g", kinds[k][0], 1 - cosine(&all));
		session_free(a);
		session_free(b);
	}
}

/* --- the same bits --- */

static void state_after(int kind, const char *precision, int workers, char out[40])
{
	struct session *s = make(kind, precision, workers);

	fixture_steps(s, 3);
	session_state(s, out);
	session_free(s);
}

static void test_workers(void **state)
{
	(void)state;
	for (int k = 0; k < KINDS; k++) {
		char f32[40], one[40], three[40];

		state_after(k, "model.precision=f32", 1, f32);
		state_after(k, "model.precision=bf16", 1, one);
		state_after(k, "model.precision=bf16", 3, three);
		assert_string_equal(one, three);
		assert_string_not_equal(one, f32);
	}
}

/* --- which matrices --- */

/* The answers of heads and the gate of copying stay in float32: 2, 1 and 1 rows. */
static void test_which(void **state)
{
	struct session *s = make(0, "model.precision=bf16", 1);
	int few = 0, many = 0;

	(void)state;
	for (int p = 0; p < s->params.n; p++) {
		const struct param *q = &s->params.p[p];
		bool is_matrix = q->flags & (PARAM_DENSE | PARAM_OUTPUT);

		few += is_matrix && q->rows <= 2;
		many += is_matrix && q->rows >= 32;
		assert_int_equal(weights_in_bf16(&s->params, p),
				 is_matrix && q->rows >= 32);
	}
	assert_int_equal(few, 3);
	assert_true(many > 4);
	s->params.precision = PRECISION_F32;
	for (int p = 0; p < s->params.n; p++)
		assert_false(weights_in_bf16(&s->params, p));
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_which),
	};

	return cmocka_run_group_tests_name("session_precision", tests, fixture_make,
					   fixture_remove);
}
