/*
 * test_tensor_attention.c - self, causal, prefix, last and cross attention, and pooling,
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

/*
 * One query row, one head: keys j < n; mask elements from e on at `site`, that of the
 * last key at e + last.
 */
static void plain_attend(const struct check *c, int D, int n, const double *q,
			 const double *k, const double *v, int ld, double *out,
			 uint32_t site, int e, int last)
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
			out[d] += dropped(c, site, e + (j < n - 1 ? j : last),
					  p[j] / sum) * v[j * ld + d];
	free(p);
}

/* Causal sequences come in parts of so many queries, all in as many as the longest. */
enum { CAUSAL_ROWS = 96 };

static int causal_parts(const struct check *c)
{
	int parts = 1;

	for (int b = 0; b < c->seq.n; b++)
		while (c->seq.off[b + 1] - c->seq.off[b] > parts * CAUSAL_ROWS)
			parts++;
	return parts;
}

static double oracle_attention(const struct check *c, const double *const *in,
			       const double *const *par, double *y, double *y2)
{
	bool self = c->n_in == 1, causal = self && (c->flags & 1);
	int C = self ? c->cols[0] / 3 : c->cols[0], D = C / c->heads;
	int ldq = c->cols[0], ld = self ? ldq : c->cols[1];
	const double *kv = self ? in[0] + C : in[1];
	const struct ragged *src = self ? &c->seq : &c->src;
	int parts = causal ? causal_parts(c) : 1;
	uint32_t site = 0;

	(void)par, (void)y2;
	for (int k = 0; k < c->seq.n * parts * c->heads; k++) {
		int b = k / c->heads / parts, h = k % c->heads, q0 = c->seq.off[b];
		int k0 = src->off[b], K = src->off[b + 1] - k0;
		int from = k / c->heads % parts * CAUSAL_ROWS;
		int to = c->seq.off[b + 1] - q0;

		if (causal)
			to = K = to < from + CAUSAL_ROWS ? to : from + CAUSAL_ROWS;
		for (int i = from; i < to; i++) {
			int n = causal ? i + 1 : K;

			plain_attend(c, D, n, in[0] + (q0 + i) * ldq + h * D,
				     kv + k0 * ld + h * D, kv + k0 * ld + C + h * D, ld,
				     y + (q0 + i) * C + h * D, site, (i - from) * K, n - 1);
		}
		if (to > from)
			site += test_site((size_t)((to - from) * K));
	}
	return 0.0;
}

/* --- attention with a prefix --- */

enum { MASKS = 2 };

/* Sequences of shapes that hold c->ids2 [n] rows behind a prefix of c->ids [n]. */
static struct ten *run_prefix(struct check *c, struct tape *t, struct ten **in,
			      double *loss, struct ten **y2)
{
	struct prefixed *rows = arena_alloc(&t->arena, sizeof *rows);

	(void)loss, (void)y2;
	*rows = (struct prefixed){ c->seq, c->ids, c->flags & MASKS };
	return op_prefix_attention(t, in[0], rows, c->heads, c->p_drop);
}

/* Part 0, 1 or 2 of sequence b: where it begins in it, how many rows it has. */
static int part_of(const struct check *c, int b, int part, int *from)
{
	int prefix = c->ids[b], L = c->seq.off[b + 1] - c->seq.off[b];
	int behind = (L - prefix) / (c->flags & MASKS ? 2 : 1);

	*from = part ? prefix + (part - 1) * behind : 0;
	return part ? behind : prefix;
}

/* The keys and values [n, 2C] that row i of a part sees, copied together; returns n. */
static int seen_by(const struct check *c, int b, int part, int i, const double *qkv,
		   double *kv)
{
	int C = c->cols[0] / 3, prefix = c->ids[b], n = 0, from;
	int last = part ? prefix + i : prefix - 1;

	part_of(c, b, part, &from);
	for (int j = 0; j <= last + (part == 2); j++, n++)
		memcpy(kv + n * 2 * C,
		       qkv + (c->seq.off[b] + (j > last ? from + i : j)) * 3 * C + C,
		       (size_t)(2 * C) * sizeof *kv);
	return n;
}

static double oracle_prefix(const struct check *c, const double *const *in,
			    const double *const *par, double *y, double *y2)
{
	int C = c->cols[0] / 3, D = C / c->heads, from;
	double *kv = new_doubles((size_t)(c->rows[0] * 2 * C));
	uint32_t site = 0;

	(void)par, (void)y2;
	for (int k = 0; k < 3 * c->seq.n * c->heads; k++) {
		int b = k / c->heads / 3, part = k / c->heads % 3, h = k % c->heads;
		int L = part_of(c, b, part, &from), q = c->seq.off[b] + from;
		int cols = c->ids[b] + (part ? L : 0) + (part == 2);

		if (part == 2 && !(c->flags & MASKS))
			continue;
		for (int i = 0; i < L; i++, q++) {
			int n = seen_by(c, b, part, i, in[0], kv);

			plain_attend(c, D, n, in[0] + q * 3 * C + h * D, kv + h * D,
				     kv + C + h * D, 2 * C, y + q * C + h * D, site,
				     i * cols, part == 2 ? cols - 1 : n - 1);
		}
		site += test_site((size_t)(L * cols));
	}
	free(kv);
	return 0.0;
}

/* Prefixes and rows behind: none of either, one, very unequal ones. */
static const int32_t prefix_one[] = { 1 }, prefix_many[] = { 0, 30, 3, 9, 1 };
static const int off_behind[] = { 0, 3 }, off_many[] = { 0, 6, 38, 41, 63, 66 };
static const int off_masks[] = { 0, 5 }, off_many_masks[] = { 0, 6, 38, 41, 64, 67 };

static void test_prefix_attention(void **state)
{
	struct rng noise = test_rng(8);

	(void)state;
	for (int k = 0; k < 8; k++) {
		int masks = k & 1, many = k & 2, drop = k & 4;
		const int *off = masks ? many ? off_many_masks : off_masks :
				 many ? off_many : off_behind;
		struct check c = {
			.run = run_prefix, .oracle = oracle_prefix, .n_in = 1,
			.seq = { many ? 5 : 1, off }, .rows = { off[many ? 5 : 1] },
			.cols = { 3 * (many ? 14 : 32) }, .heads = 2,
			.ids = many ? prefix_many : prefix_one,
			.flags = masks * MASKS | (drop ? HAS_GRAD : 0),
			.noise = drop ? &noise : NULL, .p_drop = drop ? 0.2f : 0.0f,
		};

		check_run(&c);
	}
}

/* --- where the last rows alone ask --- */

static struct ten *run_last(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)loss, (void)y2;
	return op_last_attention(t, in[0], in[1], &c->seq, &c->src, c->flags & MASKS,
				 c->heads, c->p_drop);
}

/* Sequences of src end with as many rows as seq's have, twice with masks. */
static double oracle_last(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	int C = c->cols[0], D = C / c->heads, masks = c->flags & MASKS ? 1 : 0;
	double *kv = new_doubles((size_t)(c->rows[1] * 2 * C));
	size_t row = (size_t)(2 * C) * sizeof *kv;
	uint32_t site = 0;

	(void)par, (void)y2;
	for (int k = 0; k < c->seq.n * c->heads; k++) {
		int b = k / c->heads, h = k % c->heads, q0 = c->seq.off[b];
		int k0 = c->src.off[b], L = c->seq.off[b + 1] - q0;
		int K = c->src.off[b + 1] - k0 - masks * L, cols = K + masks;

		for (int i = 0; i < L; i++) {
			int n = K - L + i + 1;

			memcpy(kv, in[1] + k0 * 2 * C, (size_t)n * row);
			memcpy(kv + n * 2 * C, in[1] + (k0 + K + i) * 2 * C,
			       masks ? row : 0);
			n += masks;
			plain_attend(c, D, n, in[0] + (q0 + i) * C + h * D, kv + h * D,
				     kv + C + h * D, 2 * C, y + (q0 + i) * C + h * D, site,
				     i * cols, masks ? cols - 1 : n - 1);
		}
		site += test_site((size_t)(L * cols));
	}
	free(kv);
	return 0.0;
}

/* All of a sequence asks, none of it, one row, a few. */
static void test_last_attention(void **state)
{
	static const int asking[] = { 0, 4, 4, 5, 8, 24 }, all[] = { 0, 4, 9, 10, 40, 61 };
	static const int with_masks[] = { 0, 8, 13, 15, 40, 73 };
	struct rng noise = test_rng(9);

	(void)state;
	for (int k = 0; k < 4; k++) {
		int masks = k & 1, drop = k & 2;
		const int *off = masks ? with_masks : all;
		struct check c = {
			.run = run_last, .oracle = oracle_last, .n_in = 2, .heads = 2,
			.seq = { 5, asking }, .src = { 5, off },
			.rows = { asking[5], off[5] }, .cols = { 14, 28 },
			.flags = masks * MASKS | (drop ? HAS_GRAD : 0),
			.noise = drop ? &noise : NULL, .p_drop = drop ? 0.2f : 0.0f,
		};

		check_run(&c);
	}
}

/* Cached in one place, in two or in three: the same. */
static void test_spans(void **state)
{
	enum { C = 40, LEN = 150, LD = 2 * C };
	static float kv[LEN * LD], q[3 * C], out[3 * C], whole[3 * C];
	const float *k[3] = { kv, kv, kv }, *v[3] = { kv + C, kv + C, kv + C };
	int len[3] = { LEN, 70, 1 };
	struct kv_span span[9];

	(void)state;
	for (int i = 0; i < LEN * LD; i++)
		kv[i] = (float)test_uniform(1, (uint64_t)i);
	for (int i = 0; i < 3 * C; i++)
		q[i] = (float)test_uniform(2, (uint64_t)i);
	infer_attend(q, 3, C, 20, k, v, len, LD, whole, NULL);
	for (int n = 1; n <= 3; n++) {
		for (int i = 0; i < 3 * n; i++) {
			int all = len[i / n], from = all * (i % n) / n;

			span[i] = (struct kv_span){ kv + from * LD, kv + from * LD + C,
						    all * (i % n + 1) / n - from, LD };
		}
		infer_attend_spans(q, 3, C, 20, span, n, out);
		for (int i = 0; i < 3 * C; i++)
			assert_true(fabsf(out[i] - whole[i]) <= (n > 1 ? 2e-6f : 0.0f));
	}
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
		cmocka_unit_test(test_prefix_attention),
		cmocka_unit_test(test_last_attention),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests_name("tensor_attention", tests, NULL, NULL);
}
