/*
 * test_task_sums.c - methods handed in by the test: the Gram matrix against gradients
 * computed one by one, what is applied, looking again; the same bits on any workers, and
 * not one bit of anybody who needs none of it.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "base/mem.h"
#include "data/batch.h"
#include "session/session.h"
#include "session/task_sums.h"
#include "session/workers.h"

enum { N = 3 };

/* --- methods --- */

static double seen_gram[N * N], seen_norm[N], seen_loss[N], seen_after[N];
static int calls, compared;
static bool had_gram, had_after;

static void note(const struct mix_view *v)
{
	calls++;
	had_gram = v->gram != NULL;
	had_after = v->after != NULL;
	for (int i = 0; i < N; i++) {
		seen_norm[i] = v->norm ? v->norm[i] : NAN;
		seen_loss[i] = v->loss ? v->loss[i] : NAN;
		seen_after[i] = v->after ? v->after[i] : NAN;
	}
	if (v->gram)
		memcpy(seen_gram, v->gram, sizeof seen_gram);
}

static void say_ones(const struct mix_view *v, double *memory, double *out)
{
	(void)memory;
	note(v);
	for (int i = 0; i < v->n; i++)
		out[i] = 1;
}

static void say_given(const struct mix_view *v, double *memory, double *out)
{
	(void)memory;
	note(v);
	for (int i = 0; i < 3; i++)
		out[i] = v->param[i];
}

/* As long as the mean of all, less what the others point along: of every entry. */
static void say_even(const struct mix_view *v, double *memory, double *out)
{
	double mean = 0;

	note(v);
	for (int i = 0; i < v->n; i++)
		mean += v->norm[i] / v->n;
	for (int i = 0; i < v->n; i++) {
		out[i] = v->norm[i] > 0 ? mean / v->norm[i] : 1;
		for (int k = 0; k < v->n; k++)
			if (k != i && v->norm[i] * v->norm[k] > 0)
				out[i] -= 0.1 * v->gram[i * v->n + k] /
					  (v->norm[i] * v->norm[k]);
		memory[i] += out[i];
	}
}

static void say_nan(const struct mix_view *v, double *memory, double *out)
{
	note(v);
	memory[0] = 5;
	out[1] = NAN;
}

/* Factors from how much the losses fell, for the next step. */
static void say_fallen(const struct mix_view *v, double *memory, double *out)
{
	note(v);
	for (int i = 0; i < v->n; i++)
		if (v->count[i]) {
			memory[i] += v->loss[i] - v->after[i];
			out[i] = 1 / (1 + fabs(memory[i]));
		}
}

#define ROW(row_name, row_needs, ...)                                         \
	static const struct method row_name = {                              \
		.name = #row_name, .role = METHOD_WEIGHTING, .needs = row_needs, __VA_ARGS__ }
ROW(ones, NEEDS_GRAM, .say = say_ones);
ROW(ones_norms, NEEDS_NORMS, .say = say_ones);
ROW(ones_again, NEEDS_AFTER, .say = say_ones);
ROW(given, NEEDS_GRAM, .say = say_given, .param = { { "a", -9, 9, 1, "" } });
ROW(even, NEEDS_GRAM, .say = say_even, .each = 1);
ROW(not_finite, NEEDS_GRAM, .say = say_nan, .own = 1);
ROW(fallen, NEEDS_AFTER, .say = say_fallen, .each = 1);

static const double none[MIX_PARAMS];

static struct session *make(const char *const *sets, int n, int workers,
			    const struct method *row)
{
	struct session *s = fixture_session(sets, n, workers);

	if (row)
		mix_use(&s->mix, row, none);
	return s;
}

static struct step_report step(struct session *s)
{
	struct step_report r;

	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	return r;
}

static void check_gram(const struct param_set *ps, double *const *sum, const int *count)
{
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			double both = count[i] * count[k];
			double want = both > 0 ? shared_inner(ps, sum[i], sum[k]) / both : 0;
			double scale = seen_norm[i] * seen_norm[k] + 1e-12;

			assert_true(fabs(seen_gram[i * N + k] - want) < 1e-5 * scale);
			assert_true(seen_gram[i * N + k] == seen_gram[k * N + i]);
		}
	for (int i = 0; i < N; i++)
		assert_true(seen_norm[i] == sqrt(seen_gram[i * N + i]));
}

/* What lies in s->sum: weight / M x c x k_i g_i; c is 1 outside the shared ones. */
static void check_sum(struct session *s, double *const *sum, const double *weight,
		      const double *c)
{
	const struct param_set *ps = &s->params;
	double most = 0, off = 0;

	for (int p = 0; p < ps->n; p++) {
		const float *v = grads_peek(s->sum, p);
		int cols = ps->p[p].cols;

		for (size_t i = 0; i < param_count(ps, p); i++) {
			double want = 0, is = 0;

			for (int t = 0; t < N; t++)
				want += weight[t] / s->plan->micro_batches *
					(ps->p[p].owner == PARAM_SHARED ? c[t] : 1) *
					sum[t][ps->p[p].offset + i];
			if (v && grads_has_row(s->sum, p, (int)i / cols))
				is = v[i];
			most = fmax(most, fabs(want));
			off = fmax(off, fabs(want - is));
		}
	}
	if (!(off <= 2e-6 * most))
		fail_msg("%g of %g", off, most);
	compared += most > 0;
}

static void check_step(struct session *s, struct session *at, const double *weight)
{
	double *sum[N], c[N], felt[N];
	int count[N];

	memcpy(at->params.value, s->params.value,
	       s->params.size * sizeof *s->params.value);
	session_pack(at);
	step(s);
	for (int i = 0; i < N; i++) {
		sum[i] = task_gradient(s, at, i, &count[i]);
		c[i] = s->mix.ch[i].factor;
		felt[i] = (float)weight[i]; /* too small to be added is as good as 0 */
		if (felt[i] == 0)
			count[i] = 0;
	}
	check_gram(&s->params, sum, count);
	check_sum(s, sum, felt, c);
	for (int i = 0; i < N; i++)
		xfree(sum[i]);
}

static void test_gram(void **state)
{
	static const double weights[][N] = { { 1, 1, 1 }, { 0.5, 3, 1 }, { 1, 0, 2 },
					    { 1, 1e-300, 2 } };
	static const double coefficients[MIX_PARAMS] = { 2, -1, 0.5 };
	const char *const sets[][2] = { { "mix.micro_batches=7", "model.tied=false" },
					{ "mix.micro_batches=1", "model.tied=true" },
					{ "mix.micro_batches=4", "model.tied=true" } };

	(void)state;
	compared = 0;
	for (int k = 0; k < 3; k++) {
		struct session *s = make(sets[k], 2, 2, NULL), *at = make(sets[k], 2, 1, NULL);

		for (int w = 0; w < 4; w++) {
			for (int i = 0; i < N; i++)
				s->mix.ch[i].weight = weights[w][i];
			mix_use(&s->mix, &given, coefficients);
			for (int i = 0; i < 3; i++)
				check_step(s, at, weights[w]);
			assert_true(s->mix.ch[1].factor == -1);
		}
		session_free(s);
		session_free(at);
	}
	assert_true(compared > 20); /* one micro-batch of weight 0 leaves nothing */
}

/* The hand's lock: the method's word for that channel is not taken. */
static void test_locked(void **state)
{
	static const double weight[N] = { 1, 1, 1 };
	static const double coefficients[MIX_PARAMS] = { 2, 2, 2 };
	const char *const sets[] = { "mix.micro_batches=6" };
	struct session *s = make(sets, 1, 2, NULL), *at = make(sets, 1, 1, NULL);

	(void)state;
	s->mix.ch[1].locked = true;
	mix_use(&s->mix, &given, coefficients);
	check_step(s, at, weight);
	assert_true(s->mix.ch[0].factor == 2 && s->mix.ch[1].factor == 1);
	session_free(s);
	session_free(at);
}

/* --- coefficients of 1 are `fixed`, but for rounding; own parameters to the bit --- */

static void test_ones(void **state)
{
	const char *const sets[] = { "mix.micro_batches=7" };
	const struct method *const rows[] = { &ones, &ones_norms };

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct session *a = make(sets, 1, 2, NULL), *b = make(sets, 1, 2, rows[k]);
		const struct param_set *ps = &a->params;
		struct step_report ra = step(a), rb = step(b);

		assert_true(fabs(ra.norm - rb.norm) < 1e-6 * ra.norm);
		for (int p = 0; p < ps->n; p++)
			for (int r = 0; r < ps->p[p].rows; r++)
				assert_int_equal(grads_has_row(a->sum, p, r),
						 grads_has_row(b->sum, p, r));
		for (int p = 0; p < ps->n; p++)
			if (ps->p[p].owner != PARAM_SHARED && grads_whole(a->sum, p))
				assert_memory_equal(grads_peek(a->sum, p),
						    grads_peek(b->sum, p),
						    param_count(ps, p) * sizeof(float));
		assert_int_equal(had_gram, k == 0);
		assert_null(a->task_sums.all); /* nobody asked for it */
		session_free(a);
		session_free(b);
	}
}

/* --- the same bits on any workers; no heap --- */

static void test_workers(void **state)
{
	const struct method *const rows[] = { &even, &fallen };
	const char *const sizes[] = { "mix.micro_batches=1", "mix.micro_batches=5",
				      "mix.micro_batches=33" };

	(void)state;
	for (int k = 0; k < 6; k++) {
		char want[40], is[40];

		for (int workers = 1; workers <= 4; workers *= 2) {
			struct session *s = make(&sizes[k / 2], 1, workers, rows[k % 2]);
			uint64_t before;

			for (int i = 0; i < 8; i++)
				step(s);
			before = mem_allocations();
			for (int i = 0; i < 4; i++)
				step(s);
			if (k / 2 < 2)
				assert_int_equal(mem_allocations() - before, 0);
			session_state(s, workers == 1 ? want : is);
			if (workers > 1)
				assert_string_equal(is, want);
			session_free(s);
		}
	}
}

static void test_buffers(void **state)
{
	(void)state;
	assert_int_equal(task_sums_buffers(3, 1), 1);
	assert_int_equal(task_sums_buffers(3, 2), 2);
	assert_int_equal(task_sums_buffers(1, 255), 8);
	assert_int_equal(task_sums_buffers(3, 8), 3 + 2 + 1 + 1);
	assert_int_equal(task_sums_buffers(64, 8), 8);
}

/* --- what is not finite --- */

static void test_not_finite(void **state)
{
	struct session *s = make(NULL, 0, 2, &not_finite);
	float *before = xcalloc(s->params.size, sizeof *before);
	struct step_report r;

	(void)state;
	memcpy(before, s->params.value, s->params.size * sizeof *before);
	r = step(s);
	assert_true(r.row.skipped && s->skipped == 1);
	assert_memory_equal(before, s->params.value, s->params.size * sizeof *before);
	assert_true(s->mix.ch[1].factor == 1 && s->mix.weighting.memory[0] == 0);
	xfree(before);
	session_free(s);
}

/* --- looking again --- */

static void same_tensors(const struct session *a, const struct session *b)
{
	size_t n = a->params.size * sizeof(float);

	assert_memory_equal(a->params.value, b->params.value, n);
	assert_memory_equal(a->adam.m, b->adam.m, n);
	assert_memory_equal(a->adam.v, b->adam.v, n);
	for (int i = 0; i < N; i++)
		assert_memory_equal(&a->task[i].cursor, &b->task[i].cursor,
				    sizeof a->task[i].cursor);
}

/* It changes nothing but what the method is told. */
static void test_again_changes_nothing(void **state)
{
	struct session *a = make(NULL, 0, 2, NULL), *b = make(NULL, 0, 2, &ones_again);

	(void)state;
	calls = 0;
	for (int i = 0; i < 15; i++) {
		step(a);
		step(b);
		same_tensors(a, b);
	}
	assert_int_equal(calls, 15);
	assert_true(had_after && !had_gram);
	session_free(a);
	session_free(b);
}

/* The same micro-batches, the same dropout: weights that stand give the same losses. */
static void test_again_is_the_same(void **state)
{
	const char *const still[] = { "optimizer.lr=0" };
	struct session *a = make(still, 1, 2, &ones_again), *b = make(NULL, 0, 2, &ones_again);

	(void)state;
	for (int i = 0; i < 5; i++) {
		step(a);
		for (int k = 0; k < N; k++)
			assert_true(seen_loss[k] == seen_after[k]);
	}
	for (int i = 0; i < 5; i++) {
		struct step_report r = step(b);

		for (int k = 0; k < r.row.n; k++)
			assert_true(seen_loss[r.row.task[k].task] !=
				    seen_after[r.row.task[k].task]);
	}
	session_free(a);
	session_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gram),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_ones),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_again_changes_nothing),
		cmocka_unit_test(test_again_is_the_same),
	};

	return cmocka_run_group_tests_name("task_sums", tests, fixture_make, fixture_remove);
}
