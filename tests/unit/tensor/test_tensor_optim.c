/*
 * test_tensor_optim.c - parameters, gradient buffers, clipping's norm and AdamW
 * against a plain version in double.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tensor/optim.h"

enum { W, BIAS, TABLE, LAZY, HEAD, IDLE, N_PARAMS };
enum { MAX = 4096 };

static double uniform(uint64_t stream, uint64_t i)
{
	struct rng r = rng_stream(5, RNG_TEST, 0, stream);

	return 2.0 * rng_uniform(&r, i) - 1.0;
}

static void params(struct param_set *ps)
{
	param_set_init(ps);
	param_add(ps, 37, 21, PARAM_SHARED, PARAM_DECAY, "w");
	param_add(ps, 1, 37, PARAM_SHARED, 0, "bias");
	param_add(ps, 70, 9, PARAM_SHARED, PARAM_ROWS | PARAM_DECAY, "table");
	param_add(ps, 70, 19, PARAM_SHARED, PARAM_ROWS | PARAM_LAZY, "lazy");
	param_add(ps, 3, 21, 1, PARAM_DECAY, "head.%d", 1);
	param_add(ps, 5, 5, 0, PARAM_DECAY, "idle");
	param_set_alloc(ps);
	assert_true(ps->size <= MAX);
	for (size_t i = 0; i < ps->size; i++)
		ps->value[i] = (float)uniform(1, i);
}

static void fill(float *v, size_t n, uint64_t stream)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (float)uniform(stream, i);
}

/* What a micro-batch leaves: rows of the tables, sometimes a whole one. */
static void fill_grads(const struct param_set *ps, struct grads *g, int step)
{
	uint64_t s = 100 + 10 * (uint64_t)step;

	grads_clear(g);
	fill(grads_at(g, W), 37 * 21, s);
	fill(grads_at(g, BIAS), 37, s + 1);
	for (int i = 0; i < 5; i++) {
		fill(grads_row(g, LAZY, (i * 17 + step) % 70), 19, s + 2);
		fill(grads_row(g, TABLE, (i * 13 + step) % 70), 9, s + 3);
	}
	if (step % 3 == 1)
		fill(grads_at(g, TABLE), 70 * 9, s + 4);
	if (step % 2)
		fill(grads_at(g, HEAD), param_count(ps, HEAD), s + 5);
}

static void test_params(void **state)
{
	struct param_set ps;

	(void)state;
	params(&ps);
	assert_int_equal(ps.n, N_PARAMS);
	assert_int_equal(param_find(&ps, "head.1"), HEAD);
	assert_int_equal(param_find(&ps, "head"), -1);
	for (int p = 0; p < ps.n; p++) {
		assert_int_equal((uintptr_t)param_value(&ps, p) % 64, 0);
		assert_true(ps.p[p].offset + param_count(&ps, p) <= ps.size);
	}
	param_set_release(&ps);
}

static void test_rows(void **state)
{
	struct param_set ps;
	struct grads *g;
	const int32_t *rows;
	int n;

	(void)state;
	params(&ps);
	g = grads_new(&ps);
	assert_null(grads_peek(g, TABLE));
	rows = grads_rows(g, TABLE, &n);
	assert_int_equal(n, 0);
	grads_row(g, TABLE, 69)[0] = 1;
	grads_row(g, TABLE, 63)[0] = 2;
	grads_row(g, TABLE, 64)[0] = 3;
	grads_row(g, TABLE, 63)[1] = 4;
	rows = grads_rows(g, TABLE, &n);
	assert_int_equal(n, 3);
	assert_true(rows[0] == 63 && rows[1] == 64 && rows[2] == 69);
	assert_true(grads_row(g, TABLE, 63)[0] == 2.0f);
	assert_true(grads_peek(g, TABLE)[63 * 9 + 1] == 4.0f);
	/* Cleared rows come back as zeros. */
	grads_clear(g);
	assert_false(grads_touched(g, TABLE) || grads_has_row(g, TABLE, 63));
	assert_true(grads_row(g, TABLE, 63)[0] == 0.0f);
	/* A row of a parameter without PARAM_ROWS touches it whole. */
	grads_row(g, W, 3)[0] = 1;
	assert_true(grads_whole(g, W) && !grads_whole(g, TABLE));
	grads_free(g);
	param_set_release(&ps);
}

/* Sums of three micro-batches in double, part by part, marks first or not. */
static void add_case(int parts, bool marks_ahead)
{
	static const float scale[] = { 0.5f, 2.0f, -0.25f };
	struct param_set ps;
	struct grads *g[3], *sum;
	double want[MAX] = { 0 }, sq = 0, shared = 0;

	params(&ps);
	sum = grads_new(&ps);
	for (int round = 0; round < 2; round++) {
		grads_clear(sum);
		memset(want, 0, sizeof want);
		sq = shared = 0;
		for (int k = 0; k < 3; k++) {
			if (!round)
				g[k] = grads_new(&ps);
			fill_grads(&ps, g[k], k + round);
			if (marks_ahead)
				grads_add_marks(sum, g[k]);
		}
		for (int k = 0; k < 3; k++) {
			if (!marks_ahead)
				grads_add_marks(sum, g[k]);
			for (int part = 0; part < parts; part++)
				grads_add(sum, 1.0f, g[k], scale[k], part, parts);
		}
		for (int k = 0; k < 3; k++)
			for (int p = 0; p < ps.n; p++)
				for (size_t i = 0; i < param_count(&ps, p); i++)
					if (grads_has_row(g[k], p, (int)i /
							  ps.p[p].cols))
						want[ps.p[p].offset + i] +=
							(double)scale[k] * (double)
							grads_peek(g[k], p)[i];
		for (int p = 0; p < ps.n; p++) {
			assert_true(grads_touched(sum, p) == (p != IDLE));
			for (size_t i = 0; i < param_count(&ps, p); i++) {
				double w = want[ps.p[p].offset + i];
				int row = (int)i / ps.p[p].cols;

				sq += w * w;
				shared += p < HEAD ? w * w : 0;
				if (!grads_has_row(sum, p, row))
					assert_true(w == 0);
				else
					assert_true(fabs((double)grads_peek(
						sum, p)[i] - w) < 1e-6);
			}
		}
		assert_true(fabs(grads_sumsq(sum, GRADS_ALL) - sq) < 1e-5 * sq);
		assert_true(fabs(grads_sumsq(sum, PARAM_SHARED) - shared) <
			    1e-5 * shared);
		assert_true(grads_sumsq(sum, 0) == 0.0);
	}
	for (int k = 0; k < 3; k++)
		grads_free(g[k]);
	grads_free(sum);
	param_set_release(&ps);
}

static void test_add(void **state)
{
	(void)state;
	for (int parts = 1; parts <= 4; parts++) {
		add_case(parts, false);
		add_case(parts, true);
	}
}

/* One buffer used for every micro-batch in turn, as a single worker does. */
static void test_add_reused(void **state)
{
	struct param_set ps;
	struct grads *g, *sum;

	(void)state;
	params(&ps);
	g = grads_new(&ps);
	sum = grads_new(&ps);
	for (int k = 0; k < 3; k++) {
		grads_clear(g);
		grads_at(g, BIAS)[36] = 1.0f;
		grads_add_marks(sum, g);
		grads_add(sum, 1.0f, g, 1.0f, 0, 1);
	}
	assert_true(grads_peek(sum, BIAS)[36] == 3.0f);
	grads_free(g);
	grads_free(sum);
	param_set_release(&ps);
}

static void test_not_finite(void **state)
{
	static const float bad[] = { NAN, INFINITY, -INFINITY };
	struct param_set ps;
	struct grads *g;

	(void)state;
	params(&ps);
	g = grads_new(&ps);
	for (int k = 0; k < 3; k++)
		for (size_t i = 0; i < 37 * 21; i += 13) {
			grads_clear(g);
			grads_at(g, W)[i] = bad[k];
			assert_false(isfinite(grads_sumsq(g, GRADS_ALL)));
			grads_at(g, W)[i] = 3e38f; /* its square is no float */
			assert_true(isfinite(grads_sumsq(g, GRADS_ALL)));
		}
	grads_free(g);
	param_set_release(&ps);
}

/* --- AdamW --- */

static const struct adamw_group groups[] = {
	{ 1e-2f, 0.9f, 0.999f, 1e-8f, 0.1f },  /* shared */
	{ 1e-2f, 0.9f, 0.999f, 1e-8f, 0.1f },  /* task 0 */
	{ 3e-2f, 0.8f, 0.98f, 1e-6f, 0.01f },  /* task 1 */
};

struct plain {
	double w[MAX], m[MAX], v[MAX];
	int count[N_PARAMS];
};

/* Algorithm 2 of Loshchilov & Hutter, element by element. */
static void plain_step(struct plain *o, const struct param_set *ps,
		       const struct grads *g, double scale)
{
	for (int p = 0; p < ps->n; p++) {
		const struct param *q = &ps->p[p];
		const struct adamw_group *a =
			&groups[q->owner == PARAM_SHARED ? 0 : 1 + q->owner];
		double b1 = (double)a->beta1, b2 = (double)a->beta2, c1, c2;
		double wd = q->flags & PARAM_DECAY ? (double)a->weight_decay : 0;

		if (!grads_touched(g, p))
			continue;
		o->count[p]++;
		c1 = 1 - pow(b1, o->count[p]);
		c2 = 1 - pow(b2, o->count[p]);
		for (size_t i = 0; i < param_count(ps, p); i++) {
			bool has = grads_has_row(g, p, (int)i / q->cols);
			size_t k = q->offset + i;
			double x = has ? scale * (double)grads_peek(g, p)[i] : 0;

			if (!has && (q->flags & PARAM_LAZY))
				continue;
			o->m[k] = b1 * o->m[k] + (1 - b1) * x;
			o->v[k] = b2 * o->v[k] + (1 - b2) * x * x;
			o->w[k] -= (double)a->lr *
				   (o->m[k] / c1 / (sqrt(o->v[k] / c2) +
						    (double)a->eps) +
				    wd * o->w[k]);
		}
	}
}

static void test_adamw(void **state)
{
	static struct plain o;
	struct param_set ps;
	struct adamw a;
	struct grads *g;

	(void)state;
	params(&ps);
	for (size_t i = 0; i < ps.size; i++)
		o.w[i] = (double)ps.value[i];
	adamw_init(&a, &ps);
	g = grads_new(&ps);
	for (int step = 0; step < 60; step++) {
		float scale = step % 4 ? 1.0f : 0.3f;

		fill_grads(&ps, g, step);
		adamw_count(&a, g);
		adamw_step(&a, g, scale, groups, 0, 1);
		plain_step(&o, &ps, g, (double)scale);
	}
	for (int p = 0; p < ps.n; p++) {
		assert_int_equal(a.count[p], o.count[p]);
		for (size_t i = 0; i < param_count(&ps, p); i++) {
			size_t k = ps.p[p].offset + i;

			if (fabs((double)ps.value[k] - o.w[k]) > 3e-5)
				fail_msg("%s %zu: %.9g, not %.9g", ps.p[p].name,
					 i, (double)ps.value[k], o.w[k]);
		}
	}
	grads_free(g);
	adamw_release(&a);
	param_set_release(&ps);
}

/* Untouched: not a bit moves. Lazy: rows without a gradient neither. */
static void test_adamw_untouched(void **state)
{
	struct param_set ps;
	struct adamw a;
	struct grads *g;
	float before[MAX];

	(void)state;
	params(&ps);
	memcpy(before, ps.value, ps.size * sizeof(float));
	adamw_init(&a, &ps);
	g = grads_new(&ps);
	for (int k = 0; k < 3; k++) {
		grads_clear(g);
		grads_row(g, LAZY, 7)[2] = 1.0f;
		adamw_count(&a, g);
		adamw_step(&a, g, 1.0f, groups, 0, 1);
	}
	for (size_t i = 0; i < ps.size; i++)
		if (i < ps.p[LAZY].offset + 7 * 19 ||
		    i >= ps.p[LAZY].offset + 8 * 19)
			assert_true(ps.value[i] == before[i] && a.m[i] == 0);
	assert_true(ps.value[ps.p[LAZY].offset + 7 * 19 + 2] !=
		    before[ps.p[LAZY].offset + 7 * 19 + 2]);
	assert_int_equal(a.count[LAZY], 3);
	assert_int_equal(a.count[W], 0);
	grads_free(g);
	adamw_release(&a);
	param_set_release(&ps);
}

static void test_adamw_parts(void **state)
{
	struct param_set ps;
	float first[MAX];

	(void)state;
	for (int parts = 1; parts <= 4; parts++) {
		struct adamw a;
		struct grads *g;

		params(&ps);
		adamw_init(&a, &ps);
		g = grads_new(&ps);
		for (int step = 0; step < 6; step++) {
			fill_grads(&ps, g, step);
			adamw_count(&a, g);
			for (int part = parts - 1; part >= 0; part--)
				adamw_step(&a, g, 0.7f, groups, part, parts);
		}
		if (parts == 1)
			memcpy(first, ps.value, ps.size * sizeof(float));
		assert_memory_equal(first, ps.value, ps.size * sizeof(float));
		grads_free(g);
		adamw_release(&a);
		param_set_release(&ps);
	}
}

/* Parameters, moments that are 0 and a buffer for gradients; and all of them let go. */
struct fresh {
	struct param_set ps;
	struct adamw a;
	struct grads *g;
};

static void fresh_make(struct fresh *f)
{
	params(&f->ps);
	adamw_init(&f->a, &f->ps);
	f->g = grads_new(&f->ps);
}

static void fresh_release(struct fresh *f)
{
	grads_free(f->g);
	adamw_release(&f->a);
	param_set_release(&f->ps);
}

static void fresh_step(struct fresh *f, const struct adamw_group *by)
{
	adamw_count(&f->a, f->g);
	adamw_step(&f->a, f->g, 1.0f, by, 0, 1);
}

/* Moments that nobody feeds end at zero, not among the denormals. */
static void test_adamw_decay_to_zero(void **state)
{
	struct fresh f;

	(void)state;
	fresh_make(&f);
	for (int step = 0; step < 1000; step++) {
		grads_clear(f.g);
		grads_at(f.g, BIAS)[5] = step ? 0.0f : 1.0f;
		fresh_step(&f, groups);
	}
	assert_true(f.a.m[f.ps.p[BIAS].offset + 5] == 0.0f);
	assert_true(f.a.v[f.ps.p[BIAS].offset + 5] > 0.0f);
	assert_true(isfinite(f.ps.value[f.ps.p[BIAS].offset + 5]));
	fresh_release(&f);
}

/* A mean that is still large over a second moment that is nothing any more: no infinity. */
static void test_adamw_stays_finite(void **state)
{
	static const struct adamw_group wild[] = {
		{ 10, 0.9f, 0, 1e-20f, 0.1f }, { 10, 0.9f, 0, 1e-20f, 0 },
		{ 10, 0.9f, 0.999f, 1e-20f, 0 },
	};
	struct fresh f;

	(void)state;
	fresh_make(&f);
	for (int step = 0; step < 100; step++) {
		grads_clear(f.g);
		grads_at(f.g, BIAS)[5] = step ? 0.0f : (float)ADAMW_GRADIENT;
		grads_at(f.g, HEAD)[7] = step ? 1e-30f : (float)-ADAMW_GRADIENT;
		fresh_step(&f, wild);
	}
	for (size_t i = 0; i < f.ps.size; i++)
		assert_true(isfinite(f.ps.value[i]) && isfinite(f.a.m[i]) && isfinite(f.a.v[i]));
	assert_true(fabsf(f.ps.value[f.ps.p[BIAS].offset + 5]) > 1e30f);
	fresh_release(&f);
}

/* A step on buffers that exist makes no heap calls. */
static void test_no_heap(void **state)
{
	struct param_set ps;
	struct adamw a;
	struct grads *g, *sum;
	uint64_t before;
	int n;

	(void)state;
	params(&ps);
	adamw_init(&a, &ps);
	g = grads_new(&ps);
	sum = grads_new(&ps);
	before = mem_thread_allocations();
	for (int step = 0; step < 4; step++) {
		fill_grads(&ps, g, step);
		grads_clear(sum);
		grads_add_marks(sum, g);
		grads_add(sum, 1.0f, g, 1.0f, 0, 1);
		grads_rows(sum, LAZY, &n);
		adamw_count(&a, sum);
		adamw_step(&a, sum, 1.0f, groups, 0, 1);
	}
	assert_int_equal(mem_thread_allocations() - before, 0);
	grads_free(g);
	grads_free(sum);
	adamw_release(&a);
	param_set_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_add_reused),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_adamw),
		cmocka_unit_test(test_adamw_untouched),
		cmocka_unit_test(test_adamw_parts),
		cmocka_unit_test(test_adamw_decay_to_zero),
		cmocka_unit_test(test_adamw_stays_finite),
		cmocka_unit_test(test_no_heap),
	};

	return cmocka_run_group_tests_name("tensor_optim", tests, NULL, NULL);
}
