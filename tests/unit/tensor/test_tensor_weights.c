/*
 * test_tensor_weights.c - packed copies of matrices: which there are, and that no bit
 * depends on them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "tensor/blas.h"
#include "tensor/weights.h"

enum { OUT = 70, IN = 130, ROWS = 37 };

/* n layers of side x side; declared, not allocated. */
static size_t bytes_of(int n, int side, bool training)
{
	struct param_set ps;
	size_t bytes;

	param_set_init(&ps);
	for (int i = 0; i < n; i++)
		param_add(&ps, side, side, PARAM_SHARED, PARAM_DECAY | PARAM_DENSE, "w.%d", i);
	bytes = weights_packed_bytes(&ps, training);
	param_set_release(&ps);
	return bytes;
}

/* Small models have copies for both directions, large ones for one. */
static void test_which(void **state)
{
	(void)state;
	if (!blas_packed_size(1, 1))
		skip();
	assert_int_equal(bytes_of(8, 512, true), 2 * bytes_of(8, 512, false));
	assert_true(bytes_of(8, 512, false) >= sizeof(float) * 8 * 512 * 512);
	assert_int_equal(bytes_of(72, 768, true), bytes_of(72, 768, false));
	assert_true(bytes_of(72, 768, false) >= sizeof(float) * 72 * 768 * 768);
}

static void fill(float *v, size_t n, uint64_t stream)
{
	struct rng r = rng_stream(5, RNG_TEST, 0, stream);

	for (size_t i = 0; i < n; i++)
		v[i] = (float)(2.0 * rng_uniform(&r, i) - 1.0);
}

/* Without copies, with those of one direction, with both: the same products. */
static void test_bits(void **state)
{
	static float x[ROWS * IN], dy[ROWS * OUT], y[3][ROWS * OUT], dx[3][ROWS * IN];
	struct arena a;

	(void)state;
	arena_init(&a);
	fill(x, ROWS * IN, 1);
	fill(dy, ROWS * OUT, 2);
	for (int k = 0; k < 3; k++) {
		struct param_set ps;

		param_set_init(&ps);
		param_add(&ps, OUT, IN, PARAM_SHARED, PARAM_DENSE, "w");
		param_set_alloc(&ps);
		fill(ps.value, OUT * IN, 3);
		if (k && weights_pack_begin(&ps, k == 2)) {
			weights_pack(&ps, 0, 1);
			weights_pack_end(&ps);
			assert_true(weights_packed(&ps, 0));
		}
		weights_forward(&ps, 0, &a, ROWS, x, y[k]);
		weights_back(&ps, 0, &a, ROWS, dy, dx[k], false);
		param_set_release(&ps);
	}
	for (int k = 1; k < 3; k++) {
		assert_memory_equal(y[k], y[0], sizeof y[0]);
		assert_memory_equal(dx[k], dx[0], sizeof dx[0]);
	}
	arena_release(&a);
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
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests_name("tensor_weights", tests, start, NULL);
}
