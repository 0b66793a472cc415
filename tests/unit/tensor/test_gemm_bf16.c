/*
 * test_gemm_bf16.c - products of bfloat16: every kernel that this processor runs against
 * plain loops that follow the rule of gemm_bf16.h, to the bit.
 */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tensor/gemm_bf16.h"
#include "tensor/gemm_bf16_kernel.h"

static const struct bf16_kernel *const all[] = { &bf16_avx2, &bf16_avx512, &bf16_amx };
enum { KERNELS = sizeof all / sizeof *all };

/* --- the rule --- */

static uint32_t bits(float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof u);
	return u;
}

static float of_bits(uint32_t u)
{
	float x;

	memcpy(&x, &u, sizeof x);
	return x;
}

static float flushed(float x)
{
	return fabsf(x) < FLT_MIN ? copysignf(0.0f, x) : x;
}

static float rounded(float x)
{
	uint32_t u = bits(flushed(x));

	if (isnan(x))
		return x;
	return of_bits((u + 0x7fff + (u >> 16 & 1)) & 0xffff0000);
}

/* Of K products of x[k sx] and w[k sw], onto y. */
static float promised(int K, const float *x, long sx, const float *w, long sw, float y,
		      bool add)
{
	float acc = add ? flushed(y) : 0.0f;

	for (int k = 0; k < K; k += BF16_K) {
		float chain[2] = { 0.0f, 0.0f };

		for (int i = k; i < k + BF16_K; i++) {
			float a = i < K ? rounded(x[i * sx]) : 0.0f;
			float b = i < K ? rounded(w[i * sw]) : 0.0f;

			chain[i & 1] = flushed(fmaf(a, b, chain[i & 1]));
		}
		acc = flushed(acc + flushed(chain[0] + chain[1]));
	}
	return acc;
}

static bool same(float a, float b)
{
	return (isnan(a) && isnan(b)) || bits(a) == bits(b);
}

/* --- numbers to multiply --- */

enum kind { NORMAL, WIDE, TINY, CANCELLING, SPECIAL, KINDS };

static float number(enum kind kind, const struct rng *r, uint64_t i)
{
	uint64_t u = (uint64_t)rng_u32(r, 2 * i) << 32 | rng_u32(r, 2 * i + 1);
	uint32_t sign_and_digits = (uint32_t)u & 0x807fffff, exponent = (uint32_t)(u >> 40);

	switch (kind) {
	case WIDE: /* sums of products from 2^-80 to 2^80 */
		return of_bits(sign_and_digits | (87 + exponent % 80) << 23);
	case TINY: /* products around 2^-126, a third below the least normal number */
		return exponent % 3 ? of_bits(sign_and_digits | (60 + exponent % 9) << 23) :
				      of_bits(sign_and_digits);
	case CANCELLING:
		return (u & 1 ? 1.0f : -1.0f) * (1.0f + (float)(u >> 1 & 1) / 128);
	case SPECIAL:
		if (exponent % 64 == 0)
			return exponent & 64 ? INFINITY : -INFINITY;
		return exponent % 64 == 1 ? NAN :
		       exponent % 64 == 2 ? FLT_MAX :
					    of_bits(sign_and_digits | 127 << 23);
	default:
		return rng_normal(r, i);
	}
}

static float *numbers(enum kind kind, size_t n, uint64_t draw)
{
	struct rng r = rng_stream(7, RNG_TEST, 0, draw);
	float *v = xalloc64((n + 1) * sizeof *v);

	for (size_t i = 0; i < n; i++)
		v[i] = number(kind, &r, i);
	return v;
}

/* --- a product --- */

enum { BESIDE = 3 /* columns of y that are not the product's */ };

struct job {
	enum kind kind;
	int M, N, K, from; /* from: the first column that is wanted */
	bool is_transposed, add;
};

struct made {
	float *x, *w, *y, *was;
	size_t n;
};

static struct made make(const struct job *j)
{
	struct made m = { .n = (size_t)j->M * (size_t)(j->N - j->from + BESIDE) };

	m.x = numbers(j->kind, (size_t)j->M * (size_t)j->K, 1);
	m.w = numbers(j->kind == TINY ? NORMAL : j->kind, (size_t)j->N * (size_t)j->K, 2);
	if (j->kind == TINY) /* so that products are about 2^-126 */
		for (size_t i = 0; i < (size_t)j->N * (size_t)j->K; i++)
			m.w[i] *= 0x1p-60f;
	m.y = numbers(j->kind, m.n, 3);
	m.was = numbers(j->kind, m.n, 3);
	return m;
}

static void made_release(struct made *m)
{
	xfree(m->x);
	xfree(m->w);
	xfree(m->y);
	xfree(m->was);
}

static void multiply(const struct job *j, struct made *m)
{
	float *panels = xalloc64(bf16_packed_size(j->N, j->K) * sizeof *panels);
	int cols = j->N - j->from;
	struct arena a;

	arena_init(&a);
	for (int part = 0; part < 3; part++)
		bf16_pack(j->N, j->K, m->w, j->is_transposed ? j->K : j->N,
			  j->is_transposed, panels, part, 3);
	bf16_packed(&a, j->M, j->N, j->K, j->from, cols, m->x, j->K, panels, m->y,
		    cols + BESIDE, j->add);
	arena_release(&a);
	xfree(panels);
}

static void multiply_turned(const struct job *j, struct made *m)
{
	struct arena a;

	arena_init(&a);
	bf16_xtw(&a, j->M, j->N, j->K, m->x, j->M, m->w, j->N, m->y, j->N + BESIDE, j->add);
	arena_release(&a);
}

/* The left side's element k of row i and the right side's of column n, as f reads them. */
static void check(const struct job *j, const struct made *m, bool is_turned)
{
	int cols = j->N - j->from, ldy = cols + BESIDE;

	for (int i = 0; i < j->M; i++)
		for (int n = 0; n < ldy; n++) {
			size_t o = (size_t)i * (size_t)ldy + (size_t)n;
			long column = j->from + n;
			float want = m->was[o];

			if (n < cols)
				want = promised(j->K, m->x + (is_turned ? i : (long)i * j->K),
						is_turned ? j->M : 1,
						m->w + (j->is_transposed ? column * j->K : column),
						j->is_transposed ? 1 : j->N, want, j->add);
			if (!same(m->y[o], want))
				fail_msg("%s, kind %d, %d x %d x %d, [%d, %d]: %a is not %a",
					 bf16_name(), (int)j->kind, j->M, j->N, j->K, i, n,
					 (double)m->y[o], (double)want);
		}
}

static void packed_case(struct job j)
{
	struct made m = make(&j);

	multiply(&j, &m);
	check(&j, &m, false);
	made_release(&m);
}

static void turned_case(struct job j)
{
	struct made m = make(&j);

	multiply_turned(&j, &m);
	check(&j, &m, true);
	made_release(&m);
}

/* Runs f with every kernel there is; at least one, where bf16_name says so. */
static void with_all(void (*f)(void))
{
	int ran = 0;

	if (!bf16_name())
		skip();
	for (int i = 0; i < KERNELS; i++) {
		if (!bf16_runs(all[i]))
			continue;
		bf16_use(all[i]);
		assert_string_equal(bf16_name(), all[i]->name);
		f();
		ran++;
	}
	bf16_use_amx(true);
	assert_true(ran > 0);
}

static const struct job shapes[] = {
	{ .M = 1, .N = 1, .K = 1 },	  { .M = 1, .N = 96, .K = 256 },
	{ .M = 7, .N = 16, .K = 257 },	  { .M = 12, .N = 64, .K = 40 },
	{ .M = 97, .N = 33, .K = 64 },	  { .M = 33, .N = 17, .K = 31 },
	{ .M = 270, .N = 48, .K = 33 },	  { .M = 16, .N = 16, .K = BF16_KC + 32 },
	{ .M = 6, .N = 31, .K = 2 },	  { .M = 18, .N = 50, .K = 2 * BF16_KC + 7 },
	{ .M = 64, .N = 32, .K = 128 },	  { .M = 48, .N = 100, .K = 70, .from = 64 },
};

static void every_shape(void)
{
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		for (int way = 0; way < 4; way++) {
			struct job j = shapes[i];

			j.add = way & 1;
			j.is_transposed = way & 2;
			packed_case(j);
			j.from = 0;
			j.is_transposed = false;
			if (way < 2)
				turned_case(j);
		}
}

static void every_kind(void)
{
	for (int kind = 0; kind < KINDS; kind++)
		for (int add = 0; add < 2; add++) {
			packed_case((struct job){ kind, 40, 40, 100, 0, true, add });
			packed_case((struct job){ kind, 19, 33, 70, 0, false, add });
			turned_case((struct job){ kind, 40, 40, 100, 0, false, add });
		}
}

static void test_shapes(void **state)
{
	(void)state;
	with_all(every_shape);
}

static void test_kinds(void **state)
{
	(void)state;
	with_all(every_kind);
}

/* --- what is rounded --- */

static void round_some(void)
{
	static const uint32_t from_to[][2] = {
		{ 0x3f800000, 0x3f800000 }, /* 1 */
		{ 0x3f808000, 0x3f800000 }, /* half way: to the even one, below */
		{ 0x3f818000, 0x3f820000 }, /* and above */
		{ 0x3f808001, 0x3f810000 }, { 0x3f807fff, 0x3f800000 },
		{ 0xbf818000, 0xbf820000 }, { 0x7f7fffff, 0x7f800000 }, /* overflows */
		{ 0x7f7f7fff, 0x7f7f0000 }, { 0xff800000, 0xff800000 },
		{ 0x00800000, 0x00800000 }, { 0x007fffff, 0x00000000 }, /* before rounding */
		{ 0x00000001, 0x00000000 },
	};

	for (size_t i = 0; i < sizeof from_to / sizeof *from_to; i++) {
		float x = of_bits(from_to[i][0]), one = 1.0f, y;
		struct job j = { .M = 1, .N = 1, .K = 1 };
		struct made m = { .x = &x, .w = &one, .y = &y };

		multiply(&j, &m);
		assert_int_equal(bits(y), from_to[i][1]);
		m = (struct made){ .x = &one, .w = &x, .y = &y };
		multiply_turned(&j, &m);
		assert_int_equal(bits(y), from_to[i][1]);
	}
}

static void test_rounding(void **state)
{
	(void)state;
	with_all(round_some);
}

/* Numbers below the least normal one are numbers again after a product. */
static void stay_numbers(void)
{
	volatile float least = FLT_MIN;

	packed_case((struct job){ .M = 3, .N = 3, .K = 3 });
	assert_true(least / 2 > 0);
	assert_true(least / 2 < least);
}

static void test_numbers_after(void **state)
{
	(void)state;
	with_all(stay_numbers);
}

/* One form of panels: what one kernel packed another one may read. */
static void test_panels(void **state)
{
	enum { N = 50, K = 75 };
	size_t n = bf16_packed_size(N, K);
	float *w = numbers(NORMAL, N * K, 2), *first = NULL;

	(void)state;
	if (!bf16_name())
		skip();
	for (int transposed = 0; transposed < 2; transposed++) {
		for (int i = 0; i < KERNELS; i++) {
			float *panels = xalloc64(n * sizeof *panels);

			if (bf16_runs(all[i])) {
				bf16_use(all[i]);
				bf16_pack(N, K, w, transposed ? K : N, transposed, panels, 0, 1);
			}
			if (first && bf16_runs(all[i]))
				assert_memory_equal(first, panels, n * sizeof *panels);
			if (first || !bf16_runs(all[i]))
				xfree(panels);
			else
				first = panels;
		}
		xfree(first);
		first = NULL;
	}
	bf16_use_amx(true);
	xfree(w);
}

/* --- the same row, the same bits --- */

/* Alone or among others, and with k in parts. */
static void rows_and_parts(void)
{
	enum { M = 37, N = 70, K = 600, FIRST = 320 };
	float *x = numbers(NORMAL, M * K, 1), *w = numbers(NORMAL, N * K, 2);
	float *panels = xalloc64(bf16_packed_size(N, K) * sizeof *panels);
	float *y = numbers(NORMAL, M * N, 3), *z = numbers(NORMAL, M * N, 4);
	struct arena a;

	arena_init(&a);
	bf16_pack(N, K, w, K, true, panels, 0, 1);
	bf16_packed(&a, M, N, K, 0, N, x, K, panels, y, N, false);
	for (int i = 0; i < M; i++) {
		bf16_packed(&a, 1, N, K, 0, N, x + i * K, K, panels, z, N, false);
		assert_memory_equal(y + i * N, z, N * sizeof *y);
	}
	bf16_pack(N, FIRST, w, K, true, panels, 0, 1);
	bf16_packed(&a, M, N, FIRST, 0, N, x, K, panels, z, N, false);
	bf16_pack(N, K - FIRST, w + FIRST, K, true, panels, 0, 1);
	bf16_packed(&a, M, N, K - FIRST, 0, N, x + FIRST, K, panels, z, N, true);
	assert_memory_equal(y, z, M * N * sizeof *y);
	arena_release(&a);
	xfree(x);
	xfree(w);
	xfree(y);
	xfree(z);
	xfree(panels);
}

static void test_rows_and_parts(void **state)
{
	(void)state;
	with_all(rows_and_parts);
}

/* --- several threads --- */

enum { THREADS = 4, TIMES = 20 };

struct worker {
	pthread_t thread;
	struct job job;
	struct made made;
	float *want;
	bool is_right;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->is_right = true;
	for (int i = 0; i < TIMES; i++) {
		memset(w->made.y, 0x7f, w->made.n * sizeof *w->made.y);
		multiply(&w->job, &w->made);
		for (int r = 0; r < w->job.M; r++) {
			size_t at = (size_t)r * (size_t)(w->job.N + BESIDE);

			if (memcmp(w->made.y + at, w->want + at,
				   (size_t)w->job.N * sizeof(float)) != 0)
				w->is_right = false;
		}
	}
	return NULL;
}

static void in_threads(void)
{
	struct worker w[THREADS];

	for (int i = 0; i < THREADS; i++) {
		w[i].job = (struct job){ .M = 60 + 7 * i, .N = 90 - 5 * i, .K = 130 + 32 * i,
					 .is_transposed = i & 1 };
		w[i].made = make(&w[i].job);
		multiply(&w[i].job, &w[i].made);
		w[i].want = w[i].made.y;
		w[i].made.y = numbers(NORMAL, w[i].made.n, 9);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_true(w[i].is_right);
		made_release(&w[i].made);
		xfree(w[i].want);
	}
}

static void test_threads(void **state)
{
	(void)state;
	with_all(in_threads);
}

/* --- by name --- */

static void test_names(void **state)
{
	(void)state;
	if (!bf16_name())
		skip();
	assert_int_equal(strcmp(bf16_name(), "AMX") == 0, bf16_runs(&bf16_amx));
	bf16_use_amx(false);
	assert_string_not_equal(bf16_name(), "AMX");
	bf16_use_amx(true);
	assert_int_equal(strcmp(bf16_name(), "AMX") == 0, bf16_runs(&bf16_amx));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	      cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_shapes),	      cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_numbers_after), cmocka_unit_test(test_panels),
		cmocka_unit_test(test_rows_and_parts), cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("gemm_bf16", tests, NULL, NULL);
}
