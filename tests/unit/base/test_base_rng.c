/*
 * test_base_rng.c - Philox against its published answers, the deviates, and
 * the keyed permutation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"

/* The known-answer vectors for philox4x32, 10 rounds, of Random123. */
static void test_philox_answers(void **state)
{
	static const struct {
		uint32_t ctr[4], key[2], out[4];
	} rows[] = {
		{ { 0 }, { 0 },
		  { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
		  { 0xffffffff, 0xffffffff },
		  { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
		  { 0xa4093822, 0x299f31d0 },
		  { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rng r;
		uint32_t out[4];

		memcpy(r.key, rows[i].key, sizeof r.key);
		memcpy(r.ctr, rows[i].ctr, sizeof r.ctr);
		rng_block(&r, rows[i].ctr[3], out);
		assert_memory_equal(out, rows[i].out, sizeof out);
	}
}

/* Every argument of a stream reaches its values. */
static void test_streams_differ(void **state)
{
	struct rng r[] = {
		rng_stream(1, RNG_INIT, 0, 0),
		rng_stream(2, RNG_INIT, 0, 0),
		rng_stream(UINT64_C(1) << 32 | 1, RNG_INIT, 0, 0),
		rng_stream(1, RNG_SHUFFLE, 0, 0),
		rng_stream(1, RNG_INIT, 1, 0),
		rng_stream(1, RNG_INIT, RNG_TASK_NONE, 0),
		rng_stream(1, RNG_INIT, 0, 1),
		rng_stream(1, RNG_INIT, 0, UINT64_C(1) << 32),
		rng_stream(1, RNG_INIT, 0, (UINT64_C(1) << 48) - 1),
	};
	enum { N = sizeof r / sizeof *r };

	(void)state;
	for (int i = 0; i < N; i++)
		for (int k = 0; k < i; k++)
			assert_false(rng_u32(&r[i], 0) == rng_u32(&r[k], 0) &&
				     rng_u32(&r[i], 1) == rng_u32(&r[k], 1));
}

static void test_words_of_blocks(void **state)
{
	struct rng r = rng_stream(9, RNG_TEST, 3, 4);
	uint32_t words[4];

	(void)state;
	rng_block(&r, 0xffffffff, words);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(
			rng_u32(&r, (UINT64_C(0xffffffff) << 2) + i), words[i]);
	rng_block(&r, 2, words);
	assert_int_equal(rng_u32(&r, 9), words[1]);
}

static void test_uniform(void **state)
{
	struct rng r = rng_stream(11, RNG_TEST, 0, 0);
	enum { N = 400000 };
	double sum = 0, sum2 = 0;
	int bins[16] = { 0 };

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		double u = rng_uniform(&r, i);

		assert_true(u >= 0 && u < 1);
		sum += u;
		sum2 += u * u;
		bins[(int)(u * 16)]++;
	}
	assert_true(fabs(sum / N - 0.5) < 4 * sqrt(1.0 / 12 / N));
	assert_true(fabs(sum2 / N - 1.0 / 3) < 4 * sqrt(4.0 / 45 / N));
	for (int i = 0; i < 16; i++)
		assert_true(fabs(bins[i] - N / 16.0) < 5 * sqrt(N / 16.0));
}

static void test_below(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 3, 7, 10 };
	struct rng r = rng_stream(12, RNG_TEST, 0, 0);
	enum { N = 100000 };
	const uint32_t big = 0xc0000000u; /* 32 bits alone would be 2 : 1 here */
	int low = 0;

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		int count[10] = { 0 };
		double mean = (double)N / sizes[s];

		for (uint64_t i = 0; i < N; i++)
			count[rng_below(&r, i, sizes[s])]++;
		for (uint32_t k = 0; k < sizes[s]; k++)
			assert_true(fabs(count[k] - mean) <= 5 * sqrt(mean));
	}
	for (uint64_t i = 0; i < N; i++) {
		uint32_t x = rng_below(&r, i, big);

		assert_true(x < big);
		low += x % 3 == 0;
	}
	assert_true(fabs(low - N / 3.0) < 5 * sqrt(N * 2 / 9.0));
}

static double normal_cdf(double x)
{
	return 0.5 * erfc(-x / sqrt(2));
}

static void test_normal_shape(void **state)
{
	struct rng r = rng_stream(13, RNG_TEST, 0, 0);
	const double cut = 1.9, edge = normal_cdf(1.9) - 0.5;
	const double density = exp(-cut * cut / 2) / sqrt(2 * acos(-1.0));
	const double scale = 1 / sqrt(1 - 2 * cut * density / (2 * edge));
	enum { N = 300000 };
	double sum = 0, sum2 = 0, sum3 = 0;

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		double x = (double)rng_normal(&r, i);
		double u = rng_uniform(&r, i);

		/* the distribution function takes the value back to u */
		assert_true(fabs(normal_cdf(x / scale) - 0.5 -
				 (2 * u - 1) * edge) < 1e-7);
		assert_true(fabs(x) <= cut * scale * (1 + 1e-7));
		sum += x;
		sum2 += x * x;
		sum3 += x * x * x;
	}
	assert_true(fabs(sum / N) < 4 / sqrt(N));
	assert_true(fabs(sum2 / N - 1) < 4 / sqrt(N));
	assert_true(fabs(sum3 / N) < 8 / sqrt(N));
}

static uint64_t factorial(uint64_t n)
{
	return n < 2 ? 1 : n * factorial(n - 1);
}

/* The number of a permutation among all n! (Lehmer's code). */
static uint64_t permutation_number(const uint64_t *p, uint64_t n)
{
	uint64_t number = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t smaller = 0;

		for (uint64_t k = i + 1; k < n; k++)
			smaller += p[k] < p[i];
		number += smaller * factorial(n - 1 - i);
	}
	return number;
}

static void check_bijection(const struct rng *r, uint64_t n)
{
	unsigned char *seen = xcalloc(n, 1);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t x = rng_permute(r, n, i);

		assert_true(x < n);
		assert_int_equal(seen[x], 0);
		seen[x] = 1;
	}
	xfree(seen);
}

static void test_permute_bijection(void **state)
{
	static const uint64_t big[] = { 1000, 1023, 1024, 1025, 4095, 4096, 4097,
					16383, 65536, 65537, 100003 };

	(void)state;
	for (uint64_t draw = 0; draw < 3; draw++) {
		struct rng r = rng_stream(14, RNG_SHUFFLE, 2, draw);

		for (uint64_t n = 1; n <= 300; n++)
			check_bijection(&r, n);
		for (size_t i = 0; i < sizeof big / sizeof *big; i++)
			check_bijection(&r, big[i]);
	}
}

/* Sizes no array could hold: in range, and no two of a sample alike. */
static void test_permute_huge(void **state)
{
	static const uint64_t sizes[] = { UINT64_C(1) << 32, UINT64_C(10000000019),
					  (UINT64_C(1) << 62) + 1, UINT64_MAX };
	struct rng r = rng_stream(15, RNG_SHUFFLE, 0, 0);
	uint64_t x[500];

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (uint64_t i = 0; i < 500; i++) {
			uint64_t at = i % 2 ? sizes[s] - i : i;

			x[i] = rng_permute(&r, sizes[s], at);
			assert_true(x[i] < sizes[s]);
			for (uint64_t k = 0; k < i; k++)
				assert_true(x[k] != x[i]);
		}
}

/* Over many keys every position gets every value equally often. */
static void test_permute_small(void **state)
{
	enum { KEYS = 20000 };

	(void)state;
	for (uint64_t n = 2; n <= 8; n++) {
		int count[8][8] = { { 0 } };
		double mean = (double)KEYS / (double)n;
		double sigma = sqrt(mean * (1 - 1.0 / (double)n));

		for (uint64_t key = 0; key < KEYS; key++) {
			struct rng r = rng_stream(16, RNG_SHUFFLE, 0, key);

			for (uint64_t i = 0; i < n; i++)
				count[i][rng_permute(&r, n, i)]++;
		}
		for (uint64_t i = 0; i < n; i++)
			for (uint64_t x = 0; x < n; x++)
				assert_true(fabs(count[i][x] - mean) < 4.5 * sigma);
	}
}

/* And every order comes up equally often: chi-square below its 1e-6 point. */
static void test_permute_orders(void **state)
{
	static const double limit[] = { [2] = 23.9, [3] = 35.9, [4] = 70.5,
					[5] = 207.2, [6] = 913.8 };
	enum { PER_ORDER = 200 };

	(void)state;
	for (uint64_t n = 2; n <= 6; n++) {
		int count[720] = { 0 };
		uint64_t orders = factorial(n);
		double chi2 = 0;

		for (uint64_t key = 0; key < orders * PER_ORDER; key++) {
			struct rng r = rng_stream(key, RNG_SHUFFLE, 0, 0);
			uint64_t p[6];

			for (uint64_t i = 0; i < n; i++)
				p[i] = rng_permute(&r, n, i);
			count[permutation_number(p, n)]++;
		}
		for (uint64_t i = 0; i < orders; i++) {
			double d = count[i] - PER_ORDER;

			chi2 += d * d / PER_ORDER;
		}
		assert_true(chi2 < limit[n]);
	}
}

/* No trace of the order left: rank correlation, and steps between neighbours. */
static void test_permute_mixes(void **state)
{
	enum { N = 20000 };
	struct rng r = rng_stream(18, RNG_SHUFFLE, 1, 7);
	double dot = 0, mean = (N - 1) / 2.0;
	double variance = ((double)N * N - 1) / 12;
	int up = 0;
	uint64_t last = 0;

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		uint64_t x = rng_permute(&r, N, i);

		dot += ((double)i - mean) * ((double)x - mean);
		up += i > 0 && x > last;
		last = x;
	}
	assert_true(fabs(dot / N / variance) < 4 / sqrt(N));
	assert_true(fabs(up - N / 2.0) < 4 * sqrt(N / 12.0));
}

/*
 * Runs must mean the same on every machine and compiler, for ever: the values
 * themselves are fixed here. A change of these is a change of every run.
 */
static void test_values_fixed(void **state)
{
	struct rng r = rng_stream(20260504, RNG_INIT, 5, 77);
	struct hasher *h = hasher_new();
	char text[HASH_TEXT];

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		float x = rng_normal(&r, i);
		uint32_t bits;

		memcpy(&bits, &x, sizeof bits);
		hasher_add_u64(h, bits);
		hasher_add_u64(h, rng_below(&r, i, 1000003));
		hasher_add_u64(h, rng_permute(&r, 20000, i));
	}
	hash_text(hasher_end(h), text);
	assert_string_equal(text, "24926815640839efadc89884b88fac52");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_philox_answers),
		cmocka_unit_test(test_streams_differ),
		cmocka_unit_test(test_words_of_blocks),
		cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_normal_shape),
		cmocka_unit_test(test_permute_bijection),
		cmocka_unit_test(test_permute_huge),
		cmocka_unit_test(test_permute_small),
		cmocka_unit_test(test_permute_orders),
		cmocka_unit_test(test_permute_mixes),
		cmocka_unit_test(test_values_fixed),
	};

	return cmocka_run_group_tests_name("base_rng", tests, NULL, NULL);
}
