/*
 * test_tensor_kernels.c - our exp, tanh, sigmoid, normal and log against libm in
 * double on dense sweeps; noise against rng_block; the statistics of dropout;
 * the door to matrix products.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tensor/drop.h"
#include "tensor/kernels.h"
#include "tensor/vmath.h"

/* Error in units of the last place of the right answer. */
static double ulps(float x, double want)
{
	float w = (float)want;
	double ulp = (double)(nextafterf(fabsf(w), INFINITY) - fabsf(w));

	return fabs((double)x - want) / ulp;
}

static void test_exp(void **state)
{
	double worst = 0;

	(void)state;
	for (double x = -87.3; x < 88.722; x += 0.000371) {
		double e = ulps(v_exp((float)x), exp((double)(float)x));

		worst = e > worst ? e : worst;
		assert_true(x > 0 || v_exp_neg((float)x) == v_exp((float)x));
	}
	assert_true(worst < 2.0);
	/* Near zero, where sums of many exps live. */
	for (double x = -1e-3; x < 1e-3; x += 1e-7)
		assert_true(ulps(v_exp((float)x), exp((double)(float)x)) < 1.5);
}

static void test_exp_extremes(void **state)
{
	(void)state;
	assert_true(v_exp(0.0f) == 1.0f && v_exp(-0.0f) == 1.0f);
	assert_true(v_exp(-87.4f) == 0.0f && v_exp(-1e30f) == 0.0f);
	assert_true(v_exp(-INFINITY) == 0.0f && v_exp_neg(-INFINITY) == 0.0f);
	assert_true(v_exp_neg(0.0f) == 1.0f && v_exp_neg(-87.4f) == 0.0f);
	assert_true(v_exp_neg(-1e30f) == 0.0f && isnan(v_exp_neg(NAN)));
	assert_true(v_exp(88.73f) == INFINITY && v_exp(INFINITY) == INFINITY);
	assert_true(v_exp(-87.33f) >= FLT_MIN);
	assert_true(isnan(v_exp(NAN)) && isnan(v_tanh(NAN)));
	assert_true(isnan(v_sigmoid(NAN)));
	assert_true(v_sigmoid(-200.0f) == 0.0f && v_sigmoid(200.0f) == 1.0f);
	assert_true(v_tanh(-50.0f) == -1.0f && v_tanh(INFINITY) == 1.0f);
}

static void test_sqrt(void **state)
{
	(void)state;
	for (float x = 1e-36f; x < 1e36f; x *= 1.00037f)
		assert_true(ulps(v_sqrt(x), sqrt((double)x)) < 3.0);
	assert_true(v_sqrt(0.0f) == 0.0f && isnan(v_sqrt(NAN)));
}

static void test_tanh_sigmoid(void **state)
{
	(void)state;
	for (double d = -12; d < 12; d += 0.000107) {
		float x = (float)d;

		assert_true(ulps(v_tanh(x), tanh((double)x)) < 3.0);
		assert_true(ulps(v_sigmoid(x), 1 / (1 + exp(-(double)x))) < 3.0);
	}
	assert_true(v_tanh(1e-30f) == 1e-30f);
}

/* gelu itself to 1.2e-7, its result's rounding aside. */
static void test_normal_and_gelu(void **state)
{
	(void)state;
	for (double d = -14; d < 14; d += 0.000131) {
		float x = (float)d, pdf, cdf = v_normal(x, &pdf);
		double z = (double)x;
		double want = 0.5 * erfc(-z * M_SQRT1_2);
		double density = exp(-0.5 * z * z) * 0.39894228040143268;

		assert_true(fabs((double)cdf - want) < 2.5e-7);
		assert_true(fabs((double)pdf - density) < 1e-7);
		assert_true(fabs((double)(x * cdf) - z * want) <
			    1.2e-7 + 6e-8 * fabs(z * want));
	}
}

static void test_activation_kernels(void **state)
{
	enum { N = 4000 };
	static float y[N], der[N], y2[N], zero[N];

	(void)state;
	for (int act = 0; act < 4; act++) {
		void (*k[])(int, int, float *, float *, const float *) = {
			k_relu, k_gelu, k_gelu_tanh, k_tanh
		};

		for (int i = 0; i < N; i++)
			y[i] = y2[i] = -8.0f + 16.0f * (float)i / N;
		k[act](1, N, y, der, zero);
		k[act](1, N, y2, NULL, zero);
		assert_memory_equal(y, y2, sizeof y);
		for (int i = 0; i < N; i++) {
			double x = (double)(-8.0f + 16.0f * (float)i / N), w, d;
			double u = 0.7978845608028654 *
				   (x + 0.044715 * x * x * x);
			double c = 0.5 * erfc(-x * M_SQRT1_2), t = tanh(u);

			switch (act) {
			case 0:
				w = x > 0 ? x : 0, d = x > 0;
				break;
			case 1:
				w = x * c;
				d = c + x * exp(-x * x / 2) * 0.3989422804014327;
				break;
			case 2:
				w = 0.5 * x * (1 + t);
				d = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) *
				    0.7978845608028654 *
				    (1 + 0.134145 * x * x);
				break;
			default:
				w = tanh(x), d = 1 - w * w;
			}
			assert_true(fabs((double)y[i] - w) <
				    3e-7 + 1e-7 * fabs(w));
			assert_true(fabs((double)der[i] - d) < 5e-7);
		}
	}
}

static void test_double_log_exp(void **state)
{
	(void)state;
	for (double e = -700; e < 700; e += 0.0371) {
		double x = exp(e);

		assert_true(fabs(v_logd(x) - log(x)) <=
			    4e-16 * (1 + fabs(log(x))));
		assert_true(fabs(v_expd(e) - x) <= 1e-15 * x * (1 + fabs(e) / 8));
	}
	for (double x = 0.5; x < 2; x += 1e-4)
		assert_true(fabs(v_logd(x) - log(x)) <= 3e-16);
	assert_true(v_logd(0.0) == -INFINITY && isnan(v_logd(-1.0)));
	assert_true(isnan(v_logd(NAN)) && v_logd(INFINITY) == INFINITY);
	assert_true(fabs(v_logd(5e-324) - log(5e-324)) < 1e-12);
	assert_true(v_logd(1.0) == 0.0 && v_expd(0.0) == 1.0);
	assert_true(v_expd(-800) == 0.0 && v_expd(800) == INFINITY);
	assert_true(isnan(v_expd(NAN)) && v_expd(-INFINITY) == 0.0);
}

/* --- sums --- */

static void test_greatest(void **state)
{
	static const double x[] = { -2, 3, 1, 3, 7, NAN, 7 };

	(void)state;
	assert_int_equal(k_greatest(1, x), 0);
	assert_int_equal(k_greatest(2, x), 1);
	assert_int_equal(k_greatest(4, x), 1); /* of equals the lowest */
	assert_int_equal(k_greatest(7, x), 4); /* what is no number is not greater */
}

static void test_sums(void **state)
{
	enum { N = 1003 };
	static float x[N], y[N], out[17], m[59 * 17];

	(void)state;
	for (int i = 0; i < N; i++) {
		x[i] = (float)(i % 37) - 18.0f;
		y[i] = (float)(i % 11) * 0.5f;
		m[i] = x[i];
	}
	for (size_t n = 0; n <= N; n = n < 40 ? n + 1 : n + 321) {
		double s = 0, q = 0, d = 0;

		for (size_t i = 0; i < n; i++) {
			s += (double)x[i];
			q += (double)(x[i] * x[i]);
			d += (double)(x[i] * y[i]);
		}
		/* Small integers and halves: exact in any order. */
		assert_true(k_sum(n, x) == s && k_sumsq(n, x) == q);
		assert_true((double)k_dot(n, x, y) == d);
	}
	for (int rows = 0; rows <= 59; rows += rows < 9 ? 1 : 50) {
		memset(out, 0, sizeof out);
		k_colsum(rows, 17, out, m);
		for (int j = 0; j < 17; j++) {
			float s = 0;

			for (int r = 0; r < rows; r++)
				s += m[r * 17 + j];
			assert_true(out[j] == s);
		}
	}
	x[77] = NAN;
	assert_true(isnan(k_sumsq(N, x)) && isnan(k_sum(N, x)));
	x[77] = INFINITY;
	assert_true(isinf(k_sumsq(N, x)));
}

/* --- noise --- */

static void test_noise_is_philox(void **state)
{
	static const uint32_t first[] = { 0, 16, 4096, 0xfffffff0u };
	struct rng r = rng_stream(0x123456789abcdefULL, RNG_DROPOUT, 3, 1234567);

	(void)state;
	for (int i = 0; i < 4; i++) {
		uint32_t w[64], one[4];

		noise_group(&r, first[i], w);
		for (uint32_t b = 0; b < NOISE_GROUP; b++) {
			rng_block(&r, first[i] + b, one);
			for (int k = 0; k < 4; k++)
				assert_int_equal(one[k],
						 w[NOISE_GROUP * k + (int)b]);
		}
	}
}

static void test_noise_lengths(void **state)
{
	static uint8_t all[1024], some[1024];
	struct rng r = rng_stream(1, RNG_DROPOUT, 0, 0);

	(void)state;
	noise_keep(&r, 32, sizeof all, 20000, all);
	for (size_t n = 0; n <= sizeof all; n += 61) {
		memset(some, 9, sizeof some);
		assert_int_equal(noise_keep(&r, 32, n, 20000, some),
				 32 + (n + 127) / 128 * 16);
		assert_memory_equal(all, some, n);
		assert_true(n == sizeof all || some[n] == 9);
	}
}

/* By hand for one instruction set, or as the compiler likes: the same bytes. */
static void test_noise_wide(void **state)
{
	uint8_t a[128], b[128];

	(void)state;
	if (!noise_is_wide())
		skip();
	for (uint32_t i = 0; i < 400; i++) {
		struct rng r = rng_stream(i, RNG_DROPOUT, i % 5, i * 77);
		uint32_t th = i < 2 ? i * 65535 : i * 163 % 65536;

		noise_keep_wide(&r, i * 4099, th, a);
		noise_keep_plain(&r, i * 4099, th, b);
		assert_memory_equal(a, b, sizeof a);
	}
}

/* Kept share within 5 deviations, neighbours independent, sites different. */
static void test_dropout_statistics(void **state)
{
	enum { N = 1 << 20 };
	static uint8_t a[N], b[N];
	struct rng r = rng_stream(2, RNG_DROPOUT, 1, 7);
	uint32_t next;

	(void)state;
	for (int i = 1; i < 10; i += 4) {
		float p = 0.1f * (float)i, scale;
		uint32_t th = noise_threshold(p, &scale);
		double kept = 0, both = 0, across = 0, q = 1 - th / 65536.0;

		assert_true(fabs((double)scale * q - 1) < 1e-7);
		assert_true(fabs(q - (1 - (double)p)) < 1e-5);
		next = noise_keep(&r, 0, N, th, a);
		noise_keep(&r, next, N, th, b);
		for (int k = 0; k < N; k++) {
			kept += a[k];
			both += k ? a[k] * a[k - 1] : 0;
			across += a[k] * b[k];
		}
		assert_true(fabs(kept / N - q) < 5 * sqrt(q * (1 - q) / N));
		assert_true(fabs(both / N - q * q) < 5 * sqrt(q / N));
		assert_true(fabs(across / N - q * q) < 5 * sqrt(q / N));
	}
	assert_int_equal(noise_threshold(0.0f, &(float){ 0 }), 0);
}

/* A site's place does not depend on its own rate, nor on memory. */
static void test_sites(void **state)
{
	struct param_set ps = { 0 };
	struct rng r = rng_stream(3, RNG_DROPOUT, 0, 0);
	struct tape t;
	uint8_t first[300];

	(void)state;
	tape_init(&t, &ps);
	for (int i = 0; i < 3; i++) {
		struct drop d;

		tape_begin(&t, NULL, &r);
		arena_alloc(&t.arena, (size_t)i * 1000 + 1);
		d = drop_make(&t, 1000, i ? 0.5f : 0.0f);
		assert_true((d.keep != NULL) == (i > 0));
		d = drop_make(&t, 300, 0.25f);
		if (!i)
			memcpy(first, d.keep, sizeof first);
		assert_memory_equal(first, d.keep, sizeof first);
	}
	tape_begin(&t, NULL, NULL);
	assert_null(drop_make(&t, 300, 0.25f).keep);
	tape_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exp),
		cmocka_unit_test(test_greatest),
		cmocka_unit_test(test_exp_extremes),
		cmocka_unit_test(test_sqrt),
		cmocka_unit_test(test_tanh_sigmoid),
		cmocka_unit_test(test_normal_and_gelu),
		cmocka_unit_test(test_activation_kernels),
		cmocka_unit_test(test_double_log_exp),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_noise_is_philox),
		cmocka_unit_test(test_noise_lengths),
		cmocka_unit_test(test_noise_wide),
		cmocka_unit_test(test_dropout_statistics),
		cmocka_unit_test(test_sites),
	};

	return cmocka_run_group_tests_name("tensor_kernels", tests, NULL, NULL);
}
