/*
 * test_tensor_lstm.c - LSTM layers against their oracle, values and gradients, at
 * several shapes of sequences.
 */
#include "fixture/tensor_check.h"

#include "base/mem.h"
#include "tensor/weights.h"

/* Shapes of sequences: length 1, one sequence, very unequal ones, many. */
static const int off_one[] = { 0, 1 };
static const int off_single[] = { 0, 13 };
static const int off_unequal[] = { 0, 1, 32, 35, 47, 47, 59, 60 };
static const int off_ones[] = { 0, 1, 2, 3, 4, 5 };
static const int off_many[] = { 0, 3, 5, 10, 13, 14, 18, 20, 21, 26, 29, 31, 33, 38, 39,
				42, 44, 47, 48, 53, 56 };
static const int off_wide[] = { 0, 1, 32, 35, 47, 59, 60 };
static const struct ragged shapes[] = {
	{ 1, off_one }, { 1, off_single }, { 7, off_unequal }, { 5, off_ones },
	{ 20, off_many }, { 6, off_wide },
};
enum { SHAPES = sizeof shapes / sizeof *shapes, C = 5 }; /* C: columns */

static int rows_of(const struct ragged *s)
{
	return s->off[s->n];
}

static const struct lstm both[2] = { { 0, 1, 2, 3 }, { 4, 5, 6, 7 } };

static struct ten *run_lstm(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_lstm(t, in[0], &c->seq, both, c->heads);
}

static double sigmoid(double x)
{
	return 1.0 / (1.0 + exp(-x));
}

/* Row x [C] after h, c [H]; par: W_ih, b_ih, W_hh, b_hh. */
static void plain_cell(int H, const double *x, const double *const *par, double *h,
		       double *c)
{
	double z[4 * 32];

	for (int k = 0; k < 4 * H; k++) {
		z[k] = par[1][k] + par[3][k];
		for (int j = 0; j < C; j++)
			z[k] += par[0][k * C + j] * x[j];
		for (int j = 0; j < H; j++)
			z[k] += par[2][k * H + j] * h[j];
	}
	for (int j = 0; j < H; j++) {
		c[j] = sigmoid(z[H + j]) * c[j] + sigmoid(z[j]) * tanh(z[2 * H + j]);
		h[j] = sigmoid(z[3 * H + j]) * tanh(c[j]);
	}
}

static double oracle_lstm(const struct check *k, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	int H = k->out, n = k->heads;

	(void)y2;
	for (int d = 0; d < n; d++)
		for (int b = 0; b < k->seq.n; b++) {
			int from = k->seq.off[b], to = k->seq.off[b + 1];
			double h[32] = { 0 }, c[32] = { 0 };

			for (int s = 0; s < to - from; s++) {
				int i = d ? to - 1 - s : from + s;

				plain_cell(H, in[0] + i * C, par + 4 * d, h, c);
				memcpy(y + (i * n + d) * H, h,
				       (size_t)H * sizeof *h);
			}
		}
	return 0.0;
}

static void add_params(struct param_set *ps, int H, int n)
{
	param_set_init(ps);
	for (int d = 0; d < n; d++) {
		param_add(ps, 4 * H, C, PARAM_SHARED, PARAM_DENSE, "%d.w_ih", d);
		param_add(ps, 1, 4 * H, PARAM_SHARED, 0, "%d.b_ih", d);
		param_add(ps, 4 * H, H, PARAM_SHARED, PARAM_DENSE, "%d.w_hh", d);
		param_add(ps, 1, 4 * H, PARAM_SHARED, 0, "%d.b_hh", d);
	}
}

/* n: directions. H is not a multiple of any vector, and then one and a bit of them. */
static void check_shapes(int n)
{
	for (int s = 0; s < SHAPES; s++)
		for (int k = 0; k < 2; k++) {
			struct check c = { .run = run_lstm, .oracle = oracle_lstm,
					   .n_in = 1, .seq = shapes[s],
					   .rows = { rows_of(&shapes[s]) },
					   .cols = { C }, .out = k ? 18 : 3,
					   .heads = n, .flags = k * HAS_GRAD,
					   .tol = 3e-5 };

			add_params(&c.ps, c.out, n);
			check_run(&c);
		}
}

static void test_one_direction(void **state)
{
	(void)state;
	check_shapes(1);
}

static void test_both_directions(void **state)
{
	(void)state;
	check_shapes(2);
}

/* --- attention pooling --- */

static struct ten *run_pool(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_attention_pool(t, in[0], &c->seq, 0);
}

static double oracle_pool(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	int n = c->cols[0];

	(void)y2;
	for (int b = 0; b < c->seq.n; b++) {
		double sum = 0, *out = y + b * n;

		memset(out, 0, (size_t)n * sizeof *out);
		for (int i = c->seq.off[b]; i < c->seq.off[b + 1]; i++) {
			double s = 0, e;

			for (int j = 0; j < n; j++)
				s += par[0][j] * tanh(in[0][i * n + j]);
			sum += e = exp(s);
			for (int j = 0; j < n; j++)
				out[j] += e * in[0][i * n + j];
		}
		for (int j = 0; j < n; j++)
			out[j] = tanh(out[j] / sum);
	}
	return 0.0;
}

static void test_attention_pool(void **state)
{
	(void)state;
	for (int s = 0; s < SHAPES; s++)
		for (int k = 0; k < 2; k++) {
			struct check c = { .run = run_pool, .oracle = oracle_pool,
					   .n_in = 1, .seq = shapes[s],
					   .rows = { rows_of(&shapes[s]) },
					   .cols = { k ? 21 : 32 },
					   .flags = k * HAS_GRAD };

			if (s == 2)
				continue; /* has an empty one */
			param_set_init(&c.ps);
			param_add(&c.ps, 1, c.cols[0], PARAM_SHARED, 0, "w");
			check_run(&c);
		}
}

/* --- memory and bits --- */

enum { H = 18, MANY = 4 }; /* MANY: of shapes */
static const struct ragged *const many = &shapes[MANY];

/* Two ways over `many` and the sum of all as gradient; y [N, 2H]: the result. */
static void forth_and_back(struct tape *t, struct grads *g, float *y)
{
	int n = rows_of(many);
	struct ten *x, *out;

	tape_begin(t, g, NULL);
	x = tape_ten(t, n, C);
	for (int i = 0; i < n * C; i++)
		x->v[i] = (float)test_uniform(3, (uint64_t)i);
	out = op_lstm(t, x, many, both, 2);
	memcpy(y, out->v, (size_t)(n * 2 * H) * sizeof *y);
	if (!g)
		return;
	for (int i = 0; i < n * 2 * H; i++)
		ten_grad(t, out)[i] = (float)test_uniform(4, (uint64_t)i);
	tape_backward(t);
}

static void set_params(struct param_set *ps)
{
	blas_init();
	add_params(ps, H, 2);
	param_set_alloc(ps);
	for (size_t i = 0; i < ps->size; i++)
		ps->value[i] = (float)test_uniform(5, i);
}

static void test_steady_memory(void **state)
{
	static float y[56 * 2 * H];
	struct param_set ps;
	struct tape t;
	struct grads *g;
	uint64_t before = 0;

	(void)state;
	set_params(&ps);
	tape_init(&t, &ps);
	g = grads_new(&ps);
	for (int i = 0; i < 5; i++) {
		if (i == 2)
			before = mem_thread_allocations();
		grads_clear(g);
		forth_and_back(&t, g, y);
	}
	assert_int_equal(mem_thread_allocations() - before, 0);
	grads_free(g);
	tape_release(&t);
	param_set_release(&ps);
}

/* The same bits with packed weights, in a used arena and without gradients. */
static void test_same_bits(void **state)
{
	static float y[3][56 * 2 * H];
	struct param_set ps;
	struct tape t;
	struct grads *g[2];

	(void)state;
	set_params(&ps);
	tape_init(&t, &ps);
	for (int i = 0; i < 2; i++) {
		g[i] = grads_new(&ps);
		forth_and_back(&t, g[i], y[i]);
		if (!i && weights_pack_begin(&ps, true)) {
			weights_pack(&ps, 0, 1);
			weights_pack_end(&ps);
		}
	}
	forth_and_back(&t, NULL, y[2]);
	for (int i = 1; i < 3; i++)
		assert_memory_equal(y[0], y[i], sizeof y[0]);
	for (int p = 0; p < ps.n; p++)
		assert_memory_equal(grads_peek(g[0], p), grads_peek(g[1], p),
				    param_count(&ps, p) * sizeof(float));
	grads_free(g[0]);
	grads_free(g[1]);
	tape_release(&t);
	param_set_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_direction),
		cmocka_unit_test(test_both_directions),
		cmocka_unit_test(test_attention_pool),
		cmocka_unit_test(test_steady_memory),
		cmocka_unit_test(test_same_bits),
	};

	return cmocka_run_group_tests_name("tensor_lstm", tests, NULL, NULL);
}
