/*
 * test_gemm.c - matrix products: our kernels against one chain of fmaf() per
 * output, to the bit, and cblas against exact sums.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tensor/blas.h"
#include "tensor/gemm.h"

/* --- every shape of call; small whole numbers, so that every order is exact --- */

enum { LD = 41 }; /* wider than any row */

static float element(const float *a, int i, int j, bool turned)
{
	return turned ? a[j * LD + i] : a[i * LD + j];
}

static void product_case(int M, int N, int K, int kind, bool add)
{
	void (*f[])(struct arena *, int, int, int, const float *, int,
		    const float *, int, float *, int, bool) = {
		blas_xwt, blas_xw, blas_xtw
	};
	float x[LD * LD], w[LD * LD], y[LD * LD];
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < LD * LD; i++) {
		x[i] = (float)(i % 7 - 3);
		w[i] = (float)(i % 5 - 2);
		y[i] = (float)(i % 3);
	}
	f[kind](&a, M, N, K, x, LD, w, LD, y, LD, add);
	for (int i = 0; i < LD; i++)
		for (int j = 0; j < LD; j++) {
			float was = (float)((i * LD + j) % 3), s = add ? was : 0;

			for (int k = 0; k < K; k++)
				s += element(x, i, k, kind == 2) *
				     element(w, k, j, kind == 0);
			assert_true(y[i * LD + j] ==
				    (i < M && j < N ? s : was));
		}
	arena_release(&a);
}

static void product_cases(void)
{
	for (int kind = 0; kind < 3; kind++)
		for (int add = 0; add < 2; add++)
			for (int K = 0; K < 41; K += 13) {
				product_case(1, 1, K, kind, add);
				product_case(5, 8, K, kind, add);
				product_case(0, 3, K, kind, add);
				product_case(3, 0, K, kind, add);
				product_case(13, 40, K, kind, add);
				product_case(41, 33, K, kind, add);
			}
}

static void test_products(void **state)
{
	(void)state;
	blas_init();
	assert_true(strlen(blas_name()) > 8);
	product_cases();
	blas_use_own(false);
	product_cases();
	blas_use_own(true);
}

/* --- the bits --- */

static float *noise(size_t n, uint64_t draw)
{
	struct rng r = rng_stream(7, RNG_TEST, 0, draw);
	float *v = xalloc64((n + 1) * sizeof *v);

	for (size_t i = 0; i < n; i++)
		v[i] = rng_normal(&r, i);
	return v;
}

/* What gemm.h promises of one output. */
static float promised(const float *x, const float *w, int K, float y, bool add)
{
	for (int k = 0; k < K; k += GEMM_KC) {
		float acc = 0.0f;

		for (int i = k; i < K && i < k + GEMM_KC; i++)
			acc = fmaf(x[i], w[i], acc);
		y = add || k ? y + acc : acc;
	}
	return y;
}

struct shape { int M, N, K; };

/* Through packed panels, as a weight matrix is multiplied by. */
static void bits_case(const struct gemm_kernel *g, struct shape s, bool add)
{
	size_t out = (size_t)s.M * (size_t)s.N;
	float *x = noise((size_t)s.M * (size_t)s.K, 1);
	float *w = noise((size_t)s.N * (size_t)s.K, 2);
	float *y = noise(out, 3), *was = noise(out, 3);
	float *panels = xalloc64(gemm_packed_size(g, s.N, s.K) * sizeof *panels);

	for (int part = 0; part < 3; part++)
		gemm_pack(g, s.N, s.K, w, s.K, true, panels, part, 3);
	gemm_packed(g, s.M, s.N, s.K, 0, s.N, x, s.K, panels, y, s.N, add);
	for (int i = 0; i < s.M; i++)
		for (int j = 0; j < s.N; j++) {
			size_t o = (size_t)i * (size_t)s.N + (size_t)j;

			assert_true(y[o] == promised(x + (size_t)i * (size_t)s.K,
						     w + (size_t)j * (size_t)s.K,
						     s.K, was[o], add));
		}
	xfree(x);
	xfree(w);
	xfree(y);
	xfree(was);
	xfree(panels);
}

static void bits_of(const struct gemm_kernel *g)
{
	static const struct shape shapes[] = {
		{ 1, 1, 1 },	{ 1, 32, 256 },	 { 7, 16, 257 },  { 12, 64, 40 },
		{ 97, 33, 64 }, { 200, 48, 513 }, { 13, 100, 300 }, { 6, 31, 2 },
	};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		bits_case(g, shapes[i], false);
		bits_case(g, shapes[i], true);
	}
}

/*
 * Both instruction sets' kernels, so that one machine says something of the
 * other: the one for AVX-512 is only run here where this build may cut its
 * vectors in two or the processor has them.
 */
static void test_bits(void **state)
{
	const struct gemm_kernel *g = gemm_pick();

	(void)state;
	if (!g)
		skip();
	bits_of(g);
#if defined(__x86_64__) && !defined(TUTTI_SANITIZED)
	if (!__builtin_cpu_supports("avx512f"))
		return;
#endif
	bits_of(&gemm_avx2);
	bits_of(&gemm_avx512);
}

/* Packed before, packed on the way, alone or among other rows: one answer. */
static void test_packed_is_the_same(void **state)
{
	enum { M = 37, N = 600, K = 300 };
	float *x = noise(M * K, 1), *w = noise(N * K, 2);
	float *y = noise(M * N, 3), *z = noise(M * N, 4), *panels;
	struct arena a;

	(void)state;
	blas_init();
	if (!blas_packed_size(N, K))
		skip();
	arena_init(&a);
	panels = xalloc64(blas_packed_size(N, K) * sizeof *panels);
	blas_pack(N, K, w, K, true, panels, 0, 1);
	blas_xp(M, N, K, x, K, panels, y, N, false);
	blas_xwt(&a, M, N, K, x, K, w, K, z, N, false);
	assert_memory_equal(y, z, M * N * sizeof *y);
	blas_xp(1, N, K, x + 5 * K, K, panels, z, N, false);
	assert_memory_equal(y + 5 * N, z, N * sizeof *y);
	blas_xp_part(M, N, K, 512, N - 512, x, K, panels, z, N, false);
	for (int i = 0; i < M; i++)
		assert_memory_equal(y + i * N + 512, z + i * N,
				    (N - 512) * sizeof *y);
	blas_pack(N, K, w, N, false, panels, 0, 1);
	blas_xp(M, N, K, x, K, panels, y, N, false);
	blas_xw(&a, M, N, K, x, K, w, N, z, N, false);
	assert_memory_equal(y, z, M * N * sizeof *y);
	arena_release(&a);
	xfree(x);
	xfree(w);
	xfree(y);
	xfree(z);
	xfree(panels);
}

/* Y = X^T W: the other order of reading, the same rule. */
static void test_left_turned(void **state)
{
	enum { M = 110, N = 50, K = 300 };
	float *x = noise(K * M, 1), *w = noise(K * N, 2), *y = noise(M * N, 3);
	float xt[K], wt[K];
	struct arena a;

	(void)state;
	blas_init();
	if (!gemm_pick())
		skip();
	arena_init(&a);
	blas_xtw(&a, M, N, K, x, M, w, N, y, N, false);
	for (int i = 0; i < M; i++)
		for (int j = 0; j < N; j++) {
			for (int k = 0; k < K; k++) {
				xt[k] = x[k * M + i];
				wt[k] = w[k * N + j];
			}
			assert_true(y[i * N + j] ==
				    promised(xt, wt, K, 0.0f, false));
		}
	arena_release(&a);
	xfree(x);
	xfree(w);
	xfree(y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_packed_is_the_same),
		cmocka_unit_test(test_left_turned),
	};

	return cmocka_run_group_tests_name("gemm", tests, NULL, NULL);
}
