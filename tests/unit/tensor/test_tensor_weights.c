/*
 * test_tensor_weights.c - packed copies of matrices: which there are, and that no bit
 * depends on them, in float32 and in bfloat16.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "tensor/blas.h"
#include "tensor/ops.h"
#include "tensor/weights.h"

enum { OUT = 70, IN = 130, ROWS = 37, FROM = 10, PART = 33 };

/* n layers of side x side; declared, not allocated. */
static size_t bytes_of(int n, int side, bool training, enum precision precision)
{
	struct param_set ps;
	size_t bytes;

	param_set_init(&ps);
	ps.precision = precision;
	for (int i = 0; i < n; i++)
		param_add(&ps, side, side, PARAM_SHARED, PARAM_DECAY | PARAM_DENSE, "w.%d", i);
	bytes = weights_packed_bytes(&ps, training);
	param_set_release(&ps);
	return bytes;
}

/* Small models have copies for both directions, large ones for one. */
static void test_which(void **state)
{
	enum precision f32 = PRECISION_F32;

	(void)state;
	if (!blas_packed_size(1, 1))
		skip();
	assert_int_equal(bytes_of(8, 512, true, f32), 2 * bytes_of(8, 512, false, f32));
	assert_true(bytes_of(8, 512, false, f32) >= sizeof(float) * 8 * 512 * 512);
	assert_int_equal(bytes_of(72, 768, true, f32), bytes_of(72, 768, false, f32));
	assert_true(bytes_of(72, 768, false, f32) >= sizeof(float) * 72 * 768 * 768);
}

/* In bfloat16 both directions have one, whatever the size. Plain loops pack nothing. */
static void test_which_bf16(void **state)
{
	enum precision bf16 = PRECISION_BF16;
	size_t one = bytes_of(72, 768, false, bf16);

	(void)state;
	if (!blas_bf16_name())
		skip();
	assert_int_equal(bytes_of(72, 768, true, bf16), 2 * one);
	assert_int_equal(one, 72 * sizeof(float) * blas_bf16_packed_size(768, 768));
	assert_int_equal(bytes_of(1, WEIGHTS_BF16_ROWS - 1, true, bf16),
			 bytes_of(1, WEIGHTS_BF16_ROWS - 1, true, PRECISION_F32));
	assert_int_equal(one, 72 * 768 * 768 * 2);
}

static void fill(float *v, size_t n, uint64_t stream)
{
	struct rng r = rng_stream(5, RNG_TEST, 0, stream);

	for (size_t i = 0; i < n; i++)
		v[i] = (float)(2.0 * rng_uniform(&r, i) - 1.0);
}

/* What the products with one matrix came to, whole and of a part of its rows. */
struct results {
	float y[ROWS * OUT], part[ROWS * PART], alone[OUT];
	float dx[ROWS * IN], dx_part[ROWS * IN], dw[OUT * IN], dw_part[OUT * IN];
};

/* copies: 0 none, 1 of the forward direction alone, 2 of both. */
static void multiply(enum precision precision, int copies, struct results *r)
{
	static float x[ROWS * IN], dy[ROWS * OUT];
	struct param_set ps;
	struct arena a;

	arena_init(&a);
	fill(x, ROWS * IN, 1);
	fill(dy, ROWS * OUT, 2);
	param_set_init(&ps);
	ps.precision = precision;
	param_add(&ps, OUT, IN, PARAM_SHARED, PARAM_DENSE, "w");
	param_set_alloc(&ps);
	fill(ps.value, OUT * IN, 3);
	if (copies && weights_pack_begin(&ps, copies == 2)) {
		weights_pack(&ps, 1, 2);
		weights_pack(&ps, 0, 2);
		weights_pack_end(&ps);
		assert_true(weights_packed(&ps, 0));
	}
	fill(r->dx_part, ROWS * IN, 4);
	fill(r->dw, OUT * IN, 5);
	memset(r->dw_part, 0, sizeof r->dw_part);
	weights_forward(&ps, 0, &a, ROWS, x, r->y);
	weights_forward_part(&ps, 0, &a, ROWS, x, FROM, PART, r->part);
	weights_forward(&ps, 0, &a, 1, x + IN, r->alone);
	weights_back(&ps, 0, &a, ROWS, dy, r->dx, false);
	weights_back_part(&ps, 0, &a, ROWS, dy, FROM, PART, r->dx_part);
	weights_grad(&ps, 0, &a, ROWS, dy, x, r->dw, true);
	weights_grad_part(&ps, 0, &a, ROWS, dy, FROM, PART, x, r->dw_part, false);
	param_set_release(&ps);
	arena_release(&a);
}

/* Without copies, with those of one direction, with both: the same products. */
static void check_bits(enum precision precision, struct results r[3])
{
	for (int k = 0; k < 3; k++) {
		multiply(precision, k, &r[k]);
		assert_memory_equal(&r[k], &r[0], sizeof r[0]);
		assert_memory_equal(r[k].alone, r[k].y + OUT, sizeof r[k].alone);
		for (int i = 0; i < ROWS; i++)
			assert_memory_equal(r[k].part + i * PART, r[k].y + i * OUT + FROM,
					    PART * sizeof(float));
	}
}

static void test_bits(void **state)
{
	static struct results r[3];

	(void)state;
	check_bits(PRECISION_F32, r);
}

/* Sums of products of numbers of -1 .. 1, each rounded by 2^-9 of itself at most. */
static void check_near(const float *a, const float *b, int n, int terms)
{
	int others = 0;

	for (int i = 0; i < n; i++) {
		if (!(__builtin_fabsf(a[i] - b[i]) < 0x1p-8f * (float)terms))
			fail_msg("%d: %g and %g", i, (double)a[i], (double)b[i]);
		others += a[i] < b[i] || a[i] > b[i];
	}
	assert_true(others > n / 4);
}

/* They do not hang on who multiplies in float32. */
static void test_bits_bf16(void **state)
{
	static struct results f32, r[3], by_cblas;

	(void)state;
	if (!blas_bf16_name())
		skip();
	multiply(PRECISION_F32, 0, &f32);
	check_bits(PRECISION_BF16, r);
	check_near(r[0].y, f32.y, ROWS * OUT, IN);
	check_near(r[0].dx, f32.dx, ROWS * IN, OUT);
	check_near(r[0].dx_part, f32.dx_part, ROWS * IN, PART);
	check_near(r[0].dw, f32.dw, OUT * IN, ROWS);
	check_near(r[0].dw_part + FROM * IN, f32.dw_part + FROM * IN, PART * IN, ROWS);
	blas_use_own(false);
	multiply(PRECISION_BF16, 2, &by_cblas);
	blas_use_own(true);
	assert_memory_equal(&by_cblas, &r[0], sizeof by_cblas);
}

/* A matrix that is packed on the way in several strips, both ways. */
static void test_strips(void **state)
{
	enum { M = 3, N = 600, K = 1700 };
	static float x[M * K], dy[M * N], y[2][M * N], dx[2][M * K];
	struct param_set ps;
	struct arena a;

	(void)state;
	if (!blas_bf16_name())
		skip();
	arena_init(&a);
	fill(x, M * K, 1);
	fill(dy, M * N, 2);
	param_set_init(&ps);
	ps.precision = PRECISION_BF16;
	param_add(&ps, N, K, PARAM_SHARED, PARAM_DENSE, "w");
	param_set_alloc(&ps);
	fill(ps.value, N * K, 3);
	for (int k = 0; k < 2; k++) {
		if (k) {
			assert_true(weights_pack_begin(&ps, true));
			weights_pack(&ps, 0, 1);
			weights_pack_end(&ps);
		}
		weights_forward(&ps, 0, &a, M, x, y[k]);
		weights_back(&ps, 0, &a, M, dy, dx[k], false);
	}
	assert_memory_equal(y[1], y[0], sizeof y[0]);
	assert_memory_equal(dx[1], dx[0], sizeof dx[0]);
	param_set_release(&ps);
	arena_release(&a);
}

/* A search's logits: one row at a time has the bits that it has among others. */
static void test_infer(void **state)
{
	enum { V = 70 };
	static float x[ROWS * IN], all[ROWS * V], one[V], two[2 * V];
	struct param_set ps;
	struct tape t;

	(void)state;
	if (!blas_bf16_name())
		skip();
	fill(x, ROWS * IN, 1);
	param_set_init(&ps);
	ps.precision = PRECISION_BF16;
	param_add(&ps, V, IN, PARAM_SHARED, PARAM_OUTPUT, "table");
	param_set_alloc(&ps);
	fill(ps.value, V * IN, 3);
	tape_init(&t, &ps);
	tape_begin(&t, NULL, NULL);
	infer_output(&t, x, ROWS, 0, PARAM_NONE, all);
	infer_output(&t, x, 1, 0, PARAM_NONE, one);
	assert_memory_equal(one, all, sizeof one);
	assert_true(weights_pack_begin(&ps, false));
	weights_pack(&ps, 0, 1);
	weights_pack_end(&ps);
	infer_output(&t, x + IN, 2, 0, PARAM_NONE, two);
	assert_memory_equal(two, all + V, sizeof two);
	tape_release(&t);
	param_set_release(&ps);
}

static int start(void **state)
{
	(void)state;
	blas_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_which_bf16),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_bits_bf16),
		cmocka_unit_test(test_strips),
		cmocka_unit_test(test_infer),
	};

	return cmocka_run_group_tests_name("tensor_weights", tests, start, NULL);
}
