/*
 * test_tensor_attention.c - self, causal and cross attention, and pooling,
 * against their oracles at several shapes of sequences.
 */
#include "fixture/tensor_check.h"

/* Shapes of sequences: length 1, one sequence, very unequal ones. */
static const int off_one[] = { 0, 1 };
static const int off_single[] = { 0, 23 };
static const int off_unequal[] = { 0, 1, 41, 44, 61 };
static const int off_long[] = { 0, 150, 153 };
static const struct ragged shapes[] = {
	{ 1, off_one }, { 1, off_single }, { 4, off_unequal }, { 2, off_long },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static int rows_of(const struct ragged *s)
{
	return s->off[s->n];
}

static double dropped(const struct check *c, uint32_t first, int e, double x)
{
	if (!c->noise || c->p_drop <= 0.0f)
		return x;
	return test_keep(c->noise, first, (size_t)e, c->p_drop) ?
		       x * test_keep_scale(c->p_drop) : 0.0;
}

/* --- attention --- */

static struct ten *run_self(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_self_attention(t, in[0], &c->seq, c->heads, c->flags & 1,
				 c->p_drop);
}

static struct ten *run_cross(struct check *c, struct tape *t, struct ten **in,
			     double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_cross_attention(t, in[0], in[1], &c->seq, &c->src, c->heads,
				  c->p_drop);
}

/* One query row, one head: keys j < n; mask elements from e on at `site`. */
static void plain_attend(const struct check *c, int D, int n, const double *q,
			 const double *k, const double *v, int ld, double *out,
			 uint32_t site, int e)
{
	double *p = new_doubles((size_t)n), top = -1e300, sum = 0;

	for (int j = 0; j < n; j++) {
		for (int d = 0; d < D; d++)
			p[j] += q[d] * k[j * ld + d];
		p[j] /= sqrt(D);
		top = p[j] > top ? p[j] : top;
	}
	for (int j = 0; j < n; j++)
		sum += p[j] = exp(p[j] - top);
	for (int d = 0; d < D; d++)
		out[d] = 0;
	for (int j = 0; j < n; j++)
		for (int d = 0; d < D; d++)
			out[d] += dropped(c, site, e + j, p[j] / sum) *
				  v[j * ld + d];
	free(p);
}

static double oracle_attention(const struct check *c, const double *const *in,
			       const double *const *par, double *y, double *y2)
{
	bool self = c->n_in == 1, causal = self && (c->flags & 1);
	int C = self ? c->cols[0] / 3 : c->cols[0], D = C / c->heads;
	int ldq = c->cols[0], ld = self ? ldq : c->cols[1];
	const double *kv = self ? in[0] + C : in[1];
	const struct ragged *src = self ? &c->seq : &c->src;
	uint32_t site = 0;

	(void)par, (void)y2;
	for (int b = 0; b < c->seq.n; b++)
		for (int h = 0; h < c->heads; h++) {
			int q0 = c->seq.off[b], L = c->seq.off[b + 1] - q0;
			int k0 = src->off[b], K = src->off[b + 1] - k0;

			for (int i = 0; i < L; i++)
				plain_attend(c, D, causal ? i + 1 : K,
					     in[0] + (q0 + i) * ldq + h * D,
					     kv + k0 * ld + h * D,
					     kv + k0 * ld + C + h * D, ld,
					     y + (q0 + i) * C + h * D, site,
					     i * K);
			site += test_site((size_t)(L * K));
		}
	return 0.0;
}

static void test_self_attention(void **state)
{
	struct rng noise = test_rng(6);

	(void)state;
	for (int s = 0; s < SHAPES; s++)
		for (int causal = 0; causal < 2; causal++)
			for (int drop = 0; drop < 2; drop++) {
				struct check c = {
					.run = run_self,
					.oracle = oracle_attention, .n_in = 1,
					.rows = { rows_of(&shapes[s]) },
					.cols = { 3 * (s == 1 ? 32 : 14) },
					.seq = shapes[s], .heads = 2,
					.flags = causal | drop * HAS_GRAD,
					.noise = drop ? &noise : NULL,
					.p_drop = drop ? 0.2f : 0.0f,
				};

				if (s == 3 && causal != drop)
					continue; /* the long one takes time */
				check_run(&c);
			}
}

static void test_cross_attention(void **state)
{
	static const int off_dec[] = { 0, 5, 6, 30, 31 };
	static const int off_short[] = { 0, 2, 3 };
	const struct ragged dec[] = {
		{ 1, off_single }, { 1, off_one }, { 4, off_dec },
		{ 2, off_short },
	};
	struct rng noise = test_rng(7);

	(void)state;
	for (int s = 0; s < SHAPES; s++)
		for (int drop = 0; drop < 2; drop++) {
			struct check c = {
				.run = run_cross, .oracle = oracle_attention,
				.n_in = 2, .heads = 3,
				.rows = { rows_of(&dec[s]), rows_of(&shapes[s]) },
				.cols = { 24, 48 },
				.seq = dec[s], .src = shapes[s],
				.flags = drop * HAS_GRAD,
				.noise = drop ? &noise : NULL,
				.p_drop = drop ? 0.4f : 0.0f,
			};

			check_run(&c);
		}
}

/* --- pooling --- */

static struct ten *run_pool(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_pool(t, in[0], &c->seq, c->pool);
}

static double oracle_pool(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	int C = c->cols[0];

	(void)par, (void)y2;
	for (int b = 0; b < c->seq.n; b++) {
		int from = c->seq.off[b], to = c->seq.off[b + 1];

		if (c->pool == POOL_FIRST)
			to = from + 1;
		for (int j = 0; j < C; j++) {
			y[b * C + j] = 0;
			for (int i = from; i < to; i++)
				y[b * C + j] += in[0][i * C + j] / (to - from);
		}
	}
	return 0.0;
}

static void test_pool(void **state)
{
	(void)state;
	for (int s = 0; s < SHAPES; s++)
		for (int how = POOL_FIRST; how <= POOL_MEAN; how++) {
			struct check c = { .run = run_pool, .oracle = oracle_pool,
					   .n_in = 1, .seq = shapes[s],
					   .rows = { rows_of(&shapes[s]) },
					   .cols = { 21 },
					   .pool = (enum pool)how,
					   .flags = how * HAS_GRAD };

			check_run(&c);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self_attention),
		cmocka_unit_test(test_cross_attention),
		cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests_name("tensor_attention", tests, NULL, NULL);
}
