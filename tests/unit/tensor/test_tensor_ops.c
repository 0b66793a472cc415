/*
 * test_tensor_ops.c - embedding, linear layers, sums, norm and joining against their
 * oracles at several shapes; memory and repeatability of a whole block.
 */
#include "fixture/tensor_check.h"

#include "base/mem.h"

/* --- embedding --- */

static struct ten *run_embed(struct check *c, struct tape *t, struct ten **in,
			     double *loss, struct ten **y2)
{
	(void)in, (void)loss, (void)y2;
	return op_embed(t, 0, c->ids, c->out, c->heads > 1 ? 1 : PARAM_NONE,
			c->ids2, c->heads > 2 ? 2 : PARAM_NONE, c->ids3, 0.75f);
}

static double oracle_embed(const struct check *c, const double *const *in,
			   const double *const *par, double *y, double *y2)
{
	int C = c->ps.p[0].cols;

	(void)in, (void)y2;
	for (int i = 0; i < c->out; i++)
		for (int j = 0; j < C; j++) {
			double s = 0.75 * par[0][c->ids[i] * C + j];

			if (c->heads > 1)
				s += par[1][c->ids2[i] * C + j];
			if (c->heads > 2)
				s += par[2][c->ids3[i] * C + j];
			y[i * C + j] = s;
		}
	return 0.0;
}

static void test_embed(void **state)
{
	static const int32_t ids[] = { 5, 0, 5, 9, 69, 5, 64, 63 };
	static const int32_t pos[] = { 0, 1, 2, 3, 0, 1, 2, 3 };
	static const int32_t seg[] = { 0, 0, 1, 1, 0, 0, 0, 1 };

	(void)state;
	for (int tables = 1; tables <= 3; tables++)
		for (int n = 1; n <= 8; n += 7) {
			struct check c = { .run = run_embed,
					   .oracle = oracle_embed,
					   .ids = ids, .ids2 = pos, .ids3 = seg,
					   .out = n, .heads = tables };
			unsigned f = tables == 2 ? 0 : PARAM_ROWS;

			param_add(&c.ps, 70, 19, PARAM_SHARED, f, "tok");
			param_add(&c.ps, 4, 19, PARAM_SHARED, PARAM_ROWS, "pos");
			param_add(&c.ps, 2, 19, PARAM_SHARED, 0, "seg");
			check_run(&c);
		}
}

/* Only the rows of the batch are touched, in ascending order when asked. */
static void test_embed_rows(void **state)
{
	static const int32_t ids[] = { 65, 3, 3, 64 };
	struct param_set ps;
	struct grads *g;
	struct tape t;
	struct ten *y;
	const int32_t *rows;
	int n;

	(void)state;
	param_set_init(&ps);
	param_add(&ps, 100, 5, PARAM_SHARED, PARAM_ROWS, "tok");
	param_set_alloc(&ps);
	g = grads_new(&ps);
	tape_init(&t, &ps);
	tape_begin(&t, g, NULL);
	y = op_embed(&t, 0, ids, 4, PARAM_NONE, NULL, PARAM_NONE, NULL, 1.0f);
	for (int i = 0; i < 20; i++)
		ten_grad(&t, y)[i] = (float)(i + 1);
	tape_backward(&t);
	rows = grads_rows(g, 0, &n);
	assert_int_equal(n, 3);
	assert_int_equal(rows[0], 3);
	assert_int_equal(rows[1], 64);
	assert_int_equal(rows[2], 65);
	assert_true(grads_row(g, 0, 3)[0] == 6.0f + 11.0f);
	assert_true(grads_has_row(g, 0, 64) && !grads_has_row(g, 0, 0));
	/* The whole parameter: other rows are zero, not what was there. */
	assert_true(grads_at(g, 0)[0] == 0.0f && grads_at(g, 0)[64 * 5] == 16.0f);
	assert_null(grads_rows(g, 0, &n));
	assert_int_equal(n, 100);
	grads_clear(g);
	assert_false(grads_touched(g, 0));
	grads_free(g);
	tape_release(&t);
	param_set_release(&ps);
}

/* --- linear --- */

static struct ten *run_linear(struct check *c, struct tape *t, struct ten **in,
			      double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_linear(t, in[0], 0, c->heads ? 1 : PARAM_NONE, c->act);
}

enum { IN_PARTS = 2 }; /* with a bias and without act */

static struct ten *run_linear_parts(struct check *c, struct tape *t, struct ten **in,
				    double *loss, struct ten **y2)
{
	int n = c->out / 2;
	struct ten *part[] = { op_linear_part(t, in[0], 0, 1, 0, n),
			       op_linear_part(t, in[0], 0, 1, n, c->out - n) };

	(void)loss, (void)y2;
	return op_join(t, part, 2);
}

static double plain_act(enum act act, double z)
{
	double u = 0.7978845608028654 * (z + 0.044715 * z * z * z);

	switch (act) {
	case ACT_RELU:
		return z > 0 ? z : 0;
	case ACT_GELU:
		return 0.5 * z * (1 + erf(z * M_SQRT1_2));
	case ACT_GELU_TANH:
		return 0.5 * z * (1 + tanh(u));
	case ACT_TANH:
		return tanh(z);
	case ACT_NONE:
		break;
	}
	return z;
}

static double oracle_linear(const struct check *c, const double *const *in,
			    const double *const *par, double *y, double *y2)
{
	int K = c->cols[0], M = c->out;

	(void)y2;
	for (int i = 0; i < c->rows[0]; i++)
		for (int j = 0; j < M; j++) {
			double z = c->heads ? par[1][j] : 0.0;

			for (int k = 0; k < K; k++)
				z += in[0][i * K + k] * par[0][j * K + k];
			y[i * M + j] = plain_act(c->act, z);
		}
	return 0.0;
}

static void test_linear(void **state)
{
	static const int size[][3] = { { 1, 1, 1 }, { 1, 7, 33 }, { 37, 18, 5 } };

	(void)state;
	for (int s = 0; s < 3; s++)
		for (int act = ACT_NONE; act <= ACT_TANH; act++)
			for (int bias = 0; bias <= IN_PARTS; bias++) {
				struct check c = { .run = run_linear,
						   .oracle = oracle_linear,
						   .n_in = 1,
						   .rows = { size[s][0] },
						   .cols = { size[s][1] },
						   .out = size[s][2],
						   .heads = bias,
						   .act = (enum act)act,
						   .flags = bias % 2 * HAS_GRAD };

				if (bias == IN_PARTS && (act != ACT_NONE || size[s][2] < 2))
					continue;
				if (bias == IN_PARTS)
					c.run = run_linear_parts;
				param_add(&c.ps, c.out, c.cols[0], PARAM_SHARED,
					  0, "w");
				param_add(&c.ps, 1, c.out, PARAM_SHARED, 0, "b");
				check_run(&c);
			}
}

/* --- sums and norm --- */

enum { WITH_SUM = 1, NORM_ALONE = 2, ADD_ALONE = 4, DROP_ALONE = 8 };

static struct ten *run_norm(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)loss;
	if (c->flags & NORM_ALONE)
		return op_norm(t, in[0], 0, 1, 1e-5f);
	if (c->flags & ADD_ALONE)
		return op_add(t, in[0], in[1], c->p_drop);
	if (c->flags & DROP_ALONE)
		return op_dropout(t, in[0], c->p_drop);
	return op_add_norm(t, in[0], in[1], c->p_drop, 0, 1, 1e-5f,
			   c->flags & WITH_SUM ? y2 : NULL);
}

static double dropped(const struct check *c, uint32_t first, int e, double x)
{
	if (!c->noise || c->p_drop <= 0.0f)
		return x;
	return test_keep(c->noise, first, (size_t)e, c->p_drop) ?
		       x * test_keep_scale(c->p_drop) : 0.0;
}

static void plain_norm(int C, double *y, const double *x, const double *gamma,
		       const double *beta, double eps)
{
	double mean = 0, var = 0;

	for (int j = 0; j < C; j++)
		mean += x[j] / C;
	for (int j = 0; j < C; j++)
		var += (x[j] - mean) * (x[j] - mean) / C;
	for (int j = 0; j < C; j++)
		y[j] = gamma[j] * (x[j] - mean) / sqrt(var + eps) + beta[j];
}

static double oracle_norm(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	int C = c->cols[0], n = c->rows[0] * C;
	double *s = new_doubles((size_t)n);

	for (int i = 0; i < n; i++) {
		s[i] = in[0][i];
		if (c->flags & DROP_ALONE)
			s[i] = dropped(c, 0, i, s[i]);
		else if (!(c->flags & NORM_ALONE))
			s[i] += dropped(c, 0, i, in[1][i]);
		if (y2)
			y2[i] = s[i];
		y[i] = s[i];
	}
	if (!(c->flags & (ADD_ALONE | DROP_ALONE)))
		for (int i = 0; i < c->rows[0]; i++)
			plain_norm(C, y + i * C, s + i * C, par[0], par[1], 1e-5f);
	free(s);
	return 0.0;
}

static void test_norm(void **state)
{
	static const int size[][2] = { { 1, 4 }, { 1, 50 }, { 13, 33 }, { 40, 16 } };
	static const int kind[] = { 0, WITH_SUM, NORM_ALONE, ADD_ALONE,
				    DROP_ALONE };
	struct rng noise = test_rng(5);

	(void)state;
	for (int s = 0; s < 4; s++)
		for (int k = 0; k < 5; k++)
			for (int drop = 0; drop < 3; drop++) {
				struct check c = {
					.run = run_norm, .oracle = oracle_norm,
					.n_in = 2, .flags = kind[k],
					.rows = { size[s][0], size[s][0] },
					.cols = { size[s][1], size[s][1] },
					.noise = drop ? &noise : NULL,
					.p_drop = drop == 2 ? 0.3f : 0.0f,
					/* the norm of 4 numbers is steep */
					.tol = 4e-5,
				};

				if (s & 1)
					c.flags |= HAS_GRAD;
				if (kind[k] & (NORM_ALONE | DROP_ALONE))
					c.n_in = 1;
				param_add(&c.ps, 1, c.cols[0], PARAM_SHARED, 0, "g");
				param_add(&c.ps, 1, c.cols[0], PARAM_SHARED, 0, "b");
				check_run(&c);
			}
}

/* --- joining --- */

static struct ten *run_join(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_join(t, in, c->n_in);
}

static double oracle_join(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	(void)par, (void)y2;
	for (int i = 0; i < c->rows[0]; i++)
		for (int k = 0; k < c->n_in; k++)
			for (int j = 0; j < c->cols[k]; j++)
				*y++ = in[k][i * c->cols[k] + j];
	return 0.0;
}

static void test_join(void **state)
{
	(void)state;
	for (int n = 1; n <= 3; n++)
		for (int rows = 1; rows <= 7; rows += 6)
			for (int flags = 0; flags <= HAS_GRAD; flags += HAS_GRAD) {
				struct check c = { .run = run_join,
						   .oracle = oracle_join,
						   .n_in = n, .flags = flags,
						   .rows = { rows, rows, rows },
						   .cols = { 16, 3, 21 } };

				check_run(&c);
			}
}

/* --- some rows --- */

static const int some[] = { 4, 0, 4 };

static struct ten *run_rows(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)c, (void)loss, (void)y2;
	return op_rows(t, in[0], some, 3);
}

static double oracle_rows(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	size_t C = (size_t)c->cols[0];

	(void)par, (void)y2;
	for (int i = 0; i < 3; i++)
		memcpy(y + (size_t)i * C, in[0] + (size_t)some[i] * C, C * sizeof *y);
	return 0.0;
}

static void test_rows(void **state)
{
	(void)state;
	for (int flags = 0; flags <= HAS_GRAD; flags += HAS_GRAD) {
		struct check c = { .run = run_rows, .oracle = oracle_rows, .n_in = 1,
				   .flags = flags, .rows = { 7 }, .cols = { 19 } };

		check_run(&c);
	}
}

/* --- a whole block: memory, repeatability --- */

struct block {
	struct param_set ps;
	int tok, wqkv, bqkv, wo, g, b, w1, b1, w2;
};

enum { DIM = 32, WORDS = 50 };

static void block_init(struct block *m)
{
	param_set_init(&m->ps);
	m->tok = param_add(&m->ps, WORDS, DIM, PARAM_SHARED, PARAM_ROWS, "tok");
	m->wqkv = param_add(&m->ps, 3 * DIM, DIM, PARAM_SHARED, 0, "qkv");
	m->bqkv = param_add(&m->ps, 1, 3 * DIM, PARAM_SHARED, 0, "bqkv");
	m->wo = param_add(&m->ps, DIM, DIM, PARAM_SHARED, 0, "o");
	m->g = param_add(&m->ps, 1, DIM, PARAM_SHARED, 0, "g");
	m->b = param_add(&m->ps, 1, DIM, PARAM_SHARED, 0, "b");
	m->w1 = param_add(&m->ps, 4 * DIM, DIM, PARAM_SHARED, 0, "w1");
	m->b1 = param_add(&m->ps, 1, 4 * DIM, PARAM_SHARED, 0, "b1");
	m->w2 = param_add(&m->ps, DIM, 4 * DIM, PARAM_SHARED, 0, "w2");
	param_set_alloc(&m->ps);
	for (size_t i = 0; i < m->ps.size; i++)
		m->ps.value[i] = (float)test_uniform(30, i) * 0.3f;
}

/* A layer over the unequal sequences, and next-token loss with a tied table. */
static double block_loss(const struct block *m, struct tape *t, float p)
{
	static const int off[] = { 0, 1, 41, 44, 61 };
	static const struct ragged seq = { 4, off };
	static int32_t ids[61], target[61];
	struct ten *x, *h;

	for (int i = 0; i < 61; i++) {
		ids[i] = i * 7 % WORDS;
		target[i] = i % 5 ? i * 11 % WORDS : -1;
	}
	x = op_embed(t, m->tok, ids, 61, PARAM_NONE, NULL, PARAM_NONE, NULL, 1);
	x = op_dropout(t, x, p);
	h = op_linear(t, x, m->wqkv, m->bqkv, ACT_NONE);
	h = op_self_attention(t, h, &seq, 4, true, p);
	h = op_linear(t, h, m->wo, PARAM_NONE, ACT_NONE);
	x = op_add_norm(t, x, h, p, m->g, m->b, 1e-5f, NULL);
	h = op_linear(t, x, m->w1, m->b1, ACT_GELU);
	h = op_linear(t, h, m->w2, PARAM_NONE, ACT_NONE);
	x = op_add_norm(t, x, h, p, m->g, m->b, 1e-5f, NULL);
	return op_output_loss(t, x, m->tok, PARAM_NONE, target, 0.1f, NULL).objective;
}

static void test_steady_memory(void **state)
{
	struct block m;
	struct tape t;
	struct grads *g, *sum;
	struct rng noise = test_rng(8);
	uint64_t before = 0;

	(void)state;
	blas_init();
	block_init(&m);
	tape_init(&t, &m.ps);
	g = grads_new(&m.ps);
	sum = grads_new(&m.ps);
	for (int i = 0; i < 5; i++) {
		if (i == 2)
			before = mem_thread_allocations();
		grads_clear(g);
		grads_clear(sum);
		tape_begin(&t, g, &noise);
		block_loss(&m, &t, 0.1f);
		tape_backward(&t);
		grads_add_marks(sum, g);
		grads_add(sum, 1.0f, g, 0.5f, 0, 1);
		grads_sumsq(sum, GRADS_ALL);
	}
	assert_int_equal(mem_thread_allocations() - before, 0);
	grads_free(g);
	grads_free(sum);
	tape_release(&t);
	param_set_release(&m.ps);
}

/* The same bits whatever else is in memory, and wherever the arena starts. */
static void test_repeatable(void **state)
{
	struct block m;
	struct rng noise = test_rng(9), other = test_rng(10);
	float *first = NULL;
	double loss0 = 0, off = 0;

	(void)state;
	blas_init();
	block_init(&m);
	for (int i = 0; i < 3; i++) {
		struct tape t;
		struct grads *g = grads_new(&m.ps);
		double loss;
		size_t n = m.ps.size * sizeof(float);

		tape_init(&t, &m.ps);
		for (int k = 0; k < i; k++) {
			tape_begin(&t, NULL, NULL);
			off = block_loss(&m, &t, 0.2f);
		}
		tape_begin(&t, g, &noise);
		loss = block_loss(&m, &t, 0.2f);
		tape_backward(&t);
		for (int p = 0; p < m.ps.n; p++)
			grads_at(g, p);
		if (!first) {
			first = malloc(n);
			assert_non_null(first);
			memcpy(first, grads_peek(g, 0), n);
			loss0 = loss;
		}
		assert_memory_equal(&loss, &loss0, sizeof loss);
		for (int p = 0; p < m.ps.n; p++)
			assert_memory_equal(first + m.ps.p[p].offset,
					    grads_peek(g, p),
					    param_count(&m.ps, p) * sizeof(float));
		/* Other noise, other loss; no noise, yet another. */
		tape_begin(&t, NULL, &other);
		assert_true(block_loss(&m, &t, 0.2f) != loss0);
		grads_free(g);
		tape_release(&t);
	}
	assert_true(off != loss0);
	free(first);
	param_set_release(&m.ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_embed),
		cmocka_unit_test(test_embed_rows),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_norm),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_steady_memory),
		cmocka_unit_test(test_repeatable),
	};

	return cmocka_run_group_tests_name("tensor_ops", tests, NULL, NULL);
}
