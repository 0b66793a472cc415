/*
 * test_tensor_answers.c - the ops behind answers that are texts: weighted losses, log
 * probabilities, and texts that go on in several ways, against their oracles.
 */
#include "fixture/tensor_check.h"

enum { ROWS = 9, WORDS = 700 }; /* more than a slice of the output layer */

static const int32_t target[ROWS] = { 4, 699, -1, 0, 512, 511, -1, 77, 3 };
static const double weight[ROWS] = { 0.25, 1.5, 9, 0.1, 0.0, 0.7, 9, 2.0, 0.3 };

static double plain_log_prob(const struct check *c, const double *x,
			     const double *const *par, int y, double *uniform)
{
	double z[WORDS], top = -1e300, sum = 0, mean = 0;
	int C = c->cols[0];

	for (int k = 0; k < WORDS; k++) {
		z[k] = par[1][k];
		for (int j = 0; j < C; j++)
			z[k] += x[j] * par[0][k * C + j];
		top = z[k] > top ? z[k] : top;
		mean += z[k] / WORDS;
	}
	for (int k = 0; k < WORDS; k++)
		sum += exp(z[k] - top);
	*uniform = mean - top - log(sum);
	return z[y] - top - log(sum);
}

/* --- weighted losses --- */

static struct ten *run_weighted(struct check *c, struct tape *t, struct ten **in,
				double *loss, struct ten **y2)
{
	struct loss l = op_output_weighted(t, in[0], 0, 1, target, weight, c->smoothing,
					   NULL);

	(void)y2;
	*loss = l.objective;
	assert_int_equal(l.units, 7);
	assert_true(c->smoothing > 0.0f || fabs(l.plain - l.objective) < 1e-12);
	return NULL;
}

static double oracle_weighted(const struct check *c, const double *const *in,
			      const double *const *par, double *y, double *y2)
{
	double e = (double)c->smoothing, sum = 0, uniform;

	(void)y, (void)y2;
	for (int i = 0; i < ROWS; i++)
		if (target[i] >= 0) {
			double p = plain_log_prob(c, in[0] + i * c->cols[0], par,
						  target[i], &uniform);

			sum -= weight[i] * ((1 - e) * p + e * uniform);
		}
	return sum;
}

/* --- log probabilities --- */

/* Several of one row, one twice; none of others. */
static const int ask_of[] = { 0, 0, 0, 2, 3, 3, 5 };
static const int32_t asked[] = { 1, 4, 1, 0, 7, 2, 3 };
enum { ASKS = 7 };

static struct ten *run_log_probs(struct check *c, struct tape *t, struct ten **in,
				 double *loss, struct ten **y2)
{
	(void)c, (void)loss, (void)y2;
	return op_log_probs(t, in[0], 0, 1, ask_of, asked, ASKS);
}

static double oracle_log_probs(const struct check *c, const double *const *in,
			       const double *const *par, double *y, double *y2)
{
	double uniform;

	(void)y2;
	for (int i = 0; i < ASKS; i++)
		y[i] = plain_log_prob(c, in[0] + ask_of[i] * c->cols[0], par, asked[i],
				      &uniform);
	return 0.0;
}

static void check_output(struct check c)
{
	c.n_in = 1;
	c.rows[0] = ROWS;
	c.cols[0] = 6;
	param_add(&c.ps, WORDS, 6, PARAM_SHARED, PARAM_ROWS, "w");
	param_add(&c.ps, 1, WORDS, PARAM_SHARED, 0, "b");
	check_run(&c);
}

static void test_weighted(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++)
		check_output((struct check){
			.run = run_weighted, .oracle = oracle_weighted,
			.smoothing = k ? 0.1f : 0.0f, .flags = k * HAS_GRAD });
}

static void test_log_probs(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++)
		check_output((struct check){ .run = run_log_probs,
					     .oracle = oracle_log_probs,
					     .flags = k * HAS_GRAD });
}

/* The same weight everywhere is the mean; no gradient, no change of the loss. */
static void test_weights_agree(void **state)
{
	static const double even[ROWS] = { 1 / 7., 1 / 7., 1 / 7., 1 / 7., 1 / 7.,
					   1 / 7., 1 / 7., 1 / 7., 1 / 7. };
	float x[ROWS * 6];
	struct loss a, b;
	struct param_set ps;
	struct tape t;

	(void)state;
	blas_init();
	param_set_init(&ps);
	param_add(&ps, WORDS, 6, PARAM_SHARED, PARAM_ROWS, "w");
	param_set_alloc(&ps);
	for (size_t i = 0; i < ps.size; i++)
		ps.value[i] = (float)test_uniform(1, i);
	for (int i = 0; i < ROWS * 6; i++)
		x[i] = (float)test_uniform(2, (uint64_t)i);
	tape_init(&t, &ps);
	tape_begin(&t, NULL, NULL);
	a = op_output_loss(&t, tape_wrap(&t, x, ROWS, 6), 0, PARAM_NONE, target, 0.1f,
			   NULL);
	b = op_output_weighted(&t, tape_wrap(&t, x, ROWS, 6), 0, PARAM_NONE, target, even,
			       0.1f, NULL);
	assert_true(fabs(a.objective - b.objective) < 1e-12);
	assert_true(fabs(a.plain - b.plain) < 1e-12);
	tape_release(&t);
	param_set_release(&ps);
}

/* --- trees --- */

static const int prefix_off[] = { 0, 1, 24, 30 };
static const int tree_off[] = { 0, 6, 6, 13 };
/* Two ways of which one forks; nothing; one way, one row, two of that. */
static const int parent[] = { -1, 0, 1, 0, -1, 4, -1, 0, 1, 2, -1, 4, 4 };
static const struct trees trees = { { 3, prefix_off }, { 3, tree_off }, parent, 5 };
enum { PREFIX_ROWS = 30, TREE_ROWS = 13 };

static struct ten *run_trees(struct check *c, struct tape *t, struct ten **in,
			     double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_tree_attention(t, in[0], &trees, c->heads, c->p_drop);
}

/* Row `at` of part i, three prefixes and their trees, and what it sees, itself last. */
static int seen_by(int i, int row, int *key)
{
	int n = 0, of = i % 3, end = i < 3 ? prefix_off[of] + row + 1 : prefix_off[of + 1];
	int way[TREE_ROWS], k = 0;

	for (int j = prefix_off[of]; j < end; j++)
		key[n++] = j;
	for (int j = row; i >= 3 && j >= 0; j = parent[tree_off[of] + j])
		way[k++] = PREFIX_ROWS + tree_off[of] + j;
	while (k)
		key[n++] = way[--k];
	return n;
}

static double dropped(const struct check *c, uint32_t site, int e, double x)
{
	if (!c->noise)
		return x;
	return test_keep(c->noise, site, (size_t)e, c->p_drop) ?
		       x * test_keep_scale(c->p_drop) : 0.0;
}

/* One head of a row, of the keys by their numbers. */
static void plain_row(const struct check *c, const double *qkv, int h, int n,
		      const int *key, uint32_t site, int e, double *y)
{
	int C = c->cols[0] / 3, D = C / c->heads;
	const double *q = qkv + key[n - 1] * 3 * C + h * D;
	double p[64], sum = 0;

	for (int j = 0; j < n; j++) {
		p[j] = 0;
		for (int d = 0; d < D; d++)
			p[j] += q[d] * qkv[key[j] * 3 * C + C + h * D + d];
		sum += p[j] = exp(p[j] / sqrt(D));
	}
	for (int d = 0; d < D; d++) {
		double *out = y + key[n - 1] * C + h * D + d;

		*out = 0;
		for (int j = 0; j < n; j++)
			*out += dropped(c, site, e + j, p[j] / sum) *
				qkv[key[j] * 3 * C + 2 * C + h * D + d];
	}
}

static double oracle_trees(const struct check *c, const double *const *in,
			   const double *const *par, double *y, double *y2)
{
	uint32_t site = 0;
	int key[64];

	(void)par, (void)y2;
	for (int k = 0; k < 6 * c->heads; k++) {
		int i = k / c->heads, h = k % c->heads;
		const int *off = i < 3 ? prefix_off + i : tree_off + i - 3;
		int L = off[1] - off[0];
		int cols = i < 3 ? L : prefix_off[i - 2] - prefix_off[i - 3] + trees.depth;

		for (int row = 0; row < L; row++)
			plain_row(c, in[0], h, seen_by(i, row, key), key, site, row * cols,
				  y);
		site += test_site((size_t)(L * cols));
	}
	return 0.0;
}

static void test_trees(void **state)
{
	struct rng noise = test_rng(9);

	(void)state;
	for (int drop = 0; drop < 2; drop++) {
		struct check c = {
			.run = run_trees, .oracle = oracle_trees, .n_in = 1,
			.rows = { PREFIX_ROWS + TREE_ROWS }, .cols = { 3 * 14 },
			.heads = 2, .flags = drop * HAS_GRAD,
			.noise = drop ? &noise : NULL, .p_drop = drop ? 0.2f : 0.0f,
		};

		check_run(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weighted),
		cmocka_unit_test(test_log_probs),
		cmocka_unit_test(test_weights_agree),
		cmocka_unit_test(test_trees),
	};

	return cmocka_run_group_tests_name("tensor_answers", tests, NULL, NULL);
}
