/*
 * test_tensor_attend_lstm.c - the decoder's LSTM against its oracle, values and
 * gradients; a search's steps against the whole pass; memory.
 */
#include "fixture/tensor_check.h"

#include "base/mem.h"

/* Targets and their sources: length 1, one sequence, very unequal ones, many. */
static const int dec_one[] = { 0, 1 }, src_one[] = { 0, 1 };
static const int dec_single[] = { 0, 9 }, src_single[] = { 0, 13 };
static const int dec_unequal[] = { 0, 1, 22, 25, 25, 30 };
static const int src_unequal[] = { 0, 20, 21, 51, 55, 61 };
static const int dec_many[] = { 0, 3, 5, 9, 10, 12, 17, 18, 22, 24, 27 };
static const int src_many[] = { 0, 2, 9, 12, 16, 19, 21, 27, 30, 31, 36 };
static const struct shape {
	struct ragged dec, src;
} shapes[] = {
	{ { 1, dec_one }, { 1, src_one } },
	{ { 1, dec_single }, { 1, src_single } },
	{ { 5, dec_unequal }, { 5, src_unequal } },
	{ { 10, dec_many }, { 10, src_many } },
};
enum { SHAPES = sizeof shapes / sizeof *shapes, MANY = 3, C_MOST = 18 };

static const struct attend_lstm numbers = { .w = { 0, 1, 2, 3 }, .w_c = 4, .b_c = 5 };

static struct ten *run_op(struct check *c, struct tape *t, struct ten **in, double *loss,
			  struct ten **y2)
{
	struct attend_lstm a = numbers;

	(void)loss, (void)y2;
	a.x = in[0];
	a.rows = in[1];
	a.keys = in[2];
	a.dec = &c->seq;
	a.src = &c->src;
	return op_attend_lstm(t, &a);
}

static double sigmoid(double x)
{
	return 1.0 / (1.0 + exp(-x));
}

/* y [n] = W x + b */
static void plain_linear(int n, int m, const double *w, const double *b, const double *x,
			 double *y)
{
	for (int k = 0; k < n; k++) {
		y[k] = b[k];
		for (int j = 0; j < m; j++)
			y[k] += w[k * m + j] * x[j];
	}
}

/* state: a | h | c. */
static void plain_cell(int C, const double *x, const double *const *par, double *state)
{
	double z[4 * C_MOST], r[4 * C_MOST], *h = state + C, *c = state + 2 * C;

	plain_linear(4 * C, C, par[0], par[1], x, z);
	plain_linear(4 * C, 2 * C, par[2], par[3], state, r);
	for (int j = 0; j < 4 * C; j++)
		z[j] += r[j];
	for (int j = 0; j < C; j++) {
		c[j] = sigmoid(z[C + j]) * c[j] + sigmoid(z[j]) * tanh(z[2 * C + j]);
		h[j] = sigmoid(z[3 * C + j]) * tanh(c[j]);
	}
}

/* seen [C] from h and K rows and keys. */
static void plain_look(int C, int K, const double *h, const double *rows,
		       const double *keys, double *seen)
{
	double sum = 0;

	memset(seen, 0, (size_t)C * sizeof *seen);
	for (int j = 0; j < K; j++) {
		double s = 0, e;

		for (int i = 0; i < C; i++)
			s += h[i] * keys[j * C + i];
		sum += e = exp(s / sqrt(C));
		for (int i = 0; i < C; i++)
			seen[i] += e * rows[j * C + i];
	}
	for (int i = 0; i < C; i++)
		seen[i] /= sum;
}

static double oracle(const struct check *k, const double *const *in,
		     const double *const *par, double *y, double *y2)
{
	int C = k->cols[0];

	(void)y2;
	for (int b = 0; b < k->seq.n; b++) {
		double state[3 * C_MOST] = { 0 }, seen[2 * C_MOST];
		int from = k->src.off[b], K = k->src.off[b + 1] - from;

		for (int i = k->seq.off[b]; i < k->seq.off[b + 1]; i++) {
			plain_cell(C, in[0] + i * C, par, state);
			plain_look(C, K, state + C, in[1] + from * C, in[2] + from * C,
				   seen);
			memcpy(seen + C, state + C, (size_t)C * sizeof *seen);
			plain_linear(C, 2 * C, par[4], par[5], seen, y + i * C);
			for (int j = 0; j < C; j++)
				state[j] = y[i * C + j] = tanh(y[i * C + j]);
		}
	}
	return 0.0;
}

static void add_params(struct param_set *ps, int C)
{
	param_set_init(ps);
	param_add(ps, 4 * C, C, PARAM_SHARED, PARAM_DENSE, "w_ih");
	param_add(ps, 1, 4 * C, PARAM_SHARED, 0, "b_ih");
	param_add(ps, 4 * C, 2 * C, PARAM_SHARED, PARAM_DENSE, "w_hh");
	param_add(ps, 1, 4 * C, PARAM_SHARED, 0, "b_hh");
	param_add(ps, C, 2 * C, PARAM_SHARED, PARAM_DENSE, "w_c");
	param_add(ps, 1, C, PARAM_SHARED, 0, "b_c");
}

static void test_gradients(void **state)
{
	(void)state;
	for (int s = 0; s < SHAPES; s++)
		for (int k = 0; k < 2; k++) {
			int C = k ? C_MOST : 3, T = shapes[s].dec.off[shapes[s].dec.n];
			int N = shapes[s].src.off[shapes[s].src.n];
			struct check c = { .run = run_op, .oracle = oracle, .n_in = 3,
					   .seq = shapes[s].dec, .src = shapes[s].src,
					   .rows = { T, N, N }, .cols = { C, C, C },
					   .flags = k * HAS_GRAD, .tol = 3e-5 };

			add_params(&c.ps, C);
			check_run(&c);
		}
}

/* --- a model of its own --- */

struct own {
	struct param_set ps;
	struct tape t;
	const struct shape *shape;
	struct attend_lstm in;
};

static struct ten *uniform(struct tape *t, int rows, int cols, uint64_t stream)
{
	struct ten *x = tape_ten(t, rows, cols);

	for (int i = 0; i < rows * cols; i++)
		x->v[i] = (float)test_uniform(stream, (uint64_t)i);
	return x;
}

static void own_init(struct own *o)
{
	o->shape = &shapes[MANY];
	blas_init();
	add_params(&o->ps, C_MOST);
	param_set_alloc(&o->ps);
	for (size_t i = 0; i < o->ps.size; i++)
		o->ps.value[i] = (float)test_uniform(5, i);
	tape_init(&o->t, &o->ps);
}

static void own_begin(struct own *o, struct grads *g)
{
	const struct shape *s = o->shape;

	tape_begin(&o->t, g, NULL);
	o->in = numbers;
	o->in.dec = &s->dec;
	o->in.src = &s->src;
	o->in.x = uniform(&o->t, s->dec.off[s->dec.n], C_MOST, 2);
	o->in.rows = uniform(&o->t, s->src.off[s->src.n], C_MOST, 3);
	o->in.keys = uniform(&o->t, s->src.off[s->src.n], C_MOST, 4);
}

static void own_release(struct own *o)
{
	tape_release(&o->t);
	param_set_release(&o->ps);
}

/* Step by step, two rows of one source beside one of another. */
static void test_steps(void **state)
{
	static const int source[] = { 5, 2, 5 }, off[] = { 0, 1, 2, 3 };
	const struct ragged rows = { 3, off };
	float st[3 * 3 * C_MOST] = { 0 };
	struct own o;
	struct ten *whole, *x, *y;

	(void)state;
	own_init(&o);
	own_begin(&o, NULL);
	whole = op_attend_lstm(&o.t, &o.in);
	x = o.in.x;
	o.in.dec = &rows;
	o.in.source = source;
	o.in.state = o.in.end = st;
	for (int i = 0; i < 4; i++) { /* a row is fed as its source's target was */
		o.in.x = tape_ten(&o.t, 3, C_MOST);
		for (int b = 0; b < 3; b++)
			memcpy(o.in.x->v + b * C_MOST,
			       x->v + (dec_many[source[b]] + i) * C_MOST,
			       C_MOST * sizeof *x->v);
		y = op_attend_lstm(&o.t, &o.in);
		for (int j = 0; j < 3 * C_MOST; j++) {
			int at = (dec_many[source[j / C_MOST]] + i) * C_MOST;

			assert_true(fabsf(y->v[j] - whole->v[at + j % C_MOST]) < 1e-6f);
		}
	}
	own_release(&o);
}

static void test_steady_memory(void **state)
{
	struct own o;
	struct grads *g;
	uint64_t before = 0;

	(void)state;
	own_init(&o);
	g = grads_new(&o.ps);
	for (int i = 0; i < 5; i++) {
		struct ten *y;

		if (i == 2)
			before = mem_thread_allocations();
		grads_clear(g);
		own_begin(&o, g);
		y = op_attend_lstm(&o.t, &o.in);
		ten_grad(&o.t, y)[0] = 1.0f;
		tape_backward(&o.t);
	}
	assert_int_equal(mem_thread_allocations() - before, 0);
	grads_free(g);
	own_release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_steady_memory),
	};

	return cmocka_run_group_tests_name("tensor_attend_lstm", tests, NULL, NULL);
}
