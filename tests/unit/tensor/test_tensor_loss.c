/*
 * test_tensor_loss.c - the losses against their oracles, values and gradients;
 * the corner cases of the copy gate; and decoding's two products.
 */
#include "fixture/tensor_check.h"

static double log_sum(int n, const double *x)
{
	double top = -1e300, s = 0;

	for (int i = 0; i < n; i++)
		top = x[i] > top ? x[i] : top;
	for (int i = 0; i < n; i++)
		s += exp(x[i] - top);
	return top + log(s);
}

/* (1 - e) (-log p_y) + e mean(-log p_k) */
static double plain_ce(int n, const double *x, int y, double e)
{
	double z = log_sum(n, x), u = 0;

	for (int i = 0; i < n; i++)
		u += (z - x[i]) / n;
	return (1 - e) * (z - x[y]) + e * u;
}

/* --- classification and regression --- */

static struct ten *run_ce(struct check *c, struct tape *t, struct ten **in,
			  double *loss, struct ten **y2)
{
	(void)y2;
	*loss = op_cross_entropy(t, in[0], c->ids, c->smoothing).objective;
	return NULL;
}

static double oracle_ce(const struct check *c, const double *const *in,
			const double *const *par, double *y, double *y2)
{
	int K = c->cols[0], n = 0;
	double s = 0;

	(void)par, (void)y, (void)y2;
	for (int i = 0; i < c->rows[0]; i++)
		if (c->ids[i] >= 0) {
			s += plain_ce(K, in[0] + i * K, c->ids[i],
				      (double)c->smoothing);
			n++;
		}
	return s / n;
}

static void test_cross_entropy(void **state)
{
	static const int32_t label[] = { 1, 0, -1, 1, 1, -1, 0 };
	static const int32_t many[] = { 149, 3, -1 };

	(void)state;
	for (int e = 0; e < 3; e++) {
		struct check a = { .run = run_ce, .oracle = oracle_ce, .n_in = 1,
				   .rows = { 7 }, .cols = { 2 }, .ids = label,
				   .smoothing = (float)e * 0.15f };
		struct check b = a, one = a;

		b.rows[0] = 3;
		b.cols[0] = 150;
		b.ids = many;
		one.rows[0] = 1;
		check_run(&a);
		check_run(&b);
		check_run(&one);
	}
}

static const float numbers[] = { 0.5f, -1.25f, 3.0f, 0.0f, 2.5f };

static struct ten *run_mse(struct check *c, struct tape *t, struct ten **in,
			   double *loss, struct ten **y2)
{
	(void)c, (void)y2;
	*loss = op_mse(t, in[0], numbers).objective;
	return NULL;
}

static double oracle_mse(const struct check *c, const double *const *in,
			 const double *const *par, double *y, double *y2)
{
	double s = 0;

	(void)par, (void)y, (void)y2;
	for (int i = 0; i < c->rows[0]; i++)
		s += pow(in[0][i] - (double)numbers[i], 2) / c->rows[0];
	return s;
}

static void test_mse(void **state)
{
	(void)state;
	for (int n = 1; n <= 5; n += 4) {
		struct check c = { .run = run_mse, .oracle = oracle_mse,
				   .n_in = 1, .rows = { n }, .cols = { 1 } };

		check_run(&c);
	}
}

/* --- output layer --- */

static struct ten *run_output(struct check *c, struct tape *t, struct ten **in,
			      double *loss, struct ten **y2)
{
	(void)y2;
	*loss = op_output_loss(t, in[0], 0, c->heads ? 1 : PARAM_NONE, c->ids,
			       c->smoothing, NULL).objective;
	return NULL;
}

static void plain_logits(const struct check *c, const double *x,
			 const double *const *par, int V, double *out)
{
	int C = c->cols[0];

	for (int k = 0; k < V; k++) {
		out[k] = c->heads ? par[1][k] : 0.0;
		for (int j = 0; j < C; j++)
			out[k] += x[j] * par[0][k * C + j];
	}
}

static double oracle_output(const struct check *c, const double *const *in,
			    const double *const *par, double *y, double *y2)
{
	int V = c->ps.p[0].rows, n = 0;
	double *z = new_doubles((size_t)V), s = 0;

	(void)y, (void)y2;
	for (int i = 0; i < c->rows[0]; i++) {
		if (c->ids[i] < 0)
			continue;
		plain_logits(c, in[0] + i * c->cols[0], par, V, z);
		s += plain_ce(V, z, c->ids[i], (double)c->smoothing);
		n++;
	}
	free(z);
	return n ? s / n : 0;
}

/* Targets for n rows; `hole` of every 5 rows are not counted. */
static int32_t *targets(int n, int V, int holes)
{
	int32_t *y = malloc((size_t)n * sizeof *y);

	assert_non_null(y);
	for (int i = 0; i < n; i++)
		y[i] = i % 5 < holes ? -1 : i * 31 % V;
	return y;
}

static void output_case(int rows, int C, int V, int holes, float e, int bias)
{
	int32_t *y = targets(rows, V, holes);
	struct check c = { .run = run_output, .oracle = oracle_output,
			   .n_in = 1, .rows = { rows }, .cols = { C },
			   .ids = y, .smoothing = e, .heads = bias,
			   .flags = bias * HAS_GRAD };

	param_add(&c.ps, V, C, PARAM_SHARED, PARAM_ROWS, "w");
	param_add(&c.ps, 1, V, PARAM_SHARED, 0, "b");
	check_run(&c);
	free(y);
}

static void test_output_loss(void **state)
{
	(void)state;
	for (int bias = 0; bias < 2; bias++)
		for (int e = 0; e < 2; e++) {
			output_case(1, 5, 40, 0, 0.1f * (float)e, bias);
			output_case(23, 12, 97, 0, 0.1f * (float)e, bias);
			output_case(23, 12, 97, 2, 0.1f * (float)e, bias);
		}
	/* More rows than a chunk holds: 2^20 / 17000 = 61. */
	output_case(70, 2, 17000, 0, 0.1f, 1);
	output_case(80, 2, 17000, 1, 0.0f, 0);
}

/* Nothing to count: no loss, nothing touched. */
static void test_output_nothing(void **state)
{
	static const int32_t none[] = { -1, -1 };
	float x[4] = { 1, 2, 3, 4 };
	struct param_set ps;
	struct grads *g;
	struct tape t;

	(void)state;
	param_set_init(&ps);
	param_add(&ps, 6, 2, PARAM_SHARED, 0, "w");
	param_set_alloc(&ps);
	g = grads_new(&ps);
	tape_init(&t, &ps);
	tape_begin(&t, g, NULL);
	assert_true(op_output_loss(&t, tape_wrap(&t, x, 2, 2), 0, PARAM_NONE,
				   none, 0.1f, NULL).objective == 0.0);
	assert_true(op_cross_entropy(&t, tape_wrap(&t, x, 2, 2), none,
				     0).objective == 0.0);
	assert_false(grads_touched(g, 0));
	grads_free(g);
	tape_release(&t);
	param_set_release(&ps);
}

/* --- copy gate --- */

static struct ten *run_copy(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	struct copy_inputs ci = {
		.x = in[0], .q = in[1], .k = in[2], .gate = in[3],
		.dec = &c->seq, .src = &c->src, .src_ids = c->ids2,
		.target = c->ids, .w = 0, .b = c->heads ? 1 : PARAM_NONE,
		.smoothing = c->smoothing,
	};

	(void)y2;
	*loss = op_copy_loss(t, &ci).objective;
	return NULL;
}

static double copied(const struct check *c, const double *q, const double *k,
		     int b, int y)
{
	int from = c->src.off[b], n = c->src.off[b + 1] - from, C = c->cols[1];
	double *s = new_doubles((size_t)n), z, sum = 0;

	for (int j = 0; j < n; j++)
		for (int d = 0; d < C; d++)
			s[j] += q[d] * k[(from + j) * C + d] / sqrt(C);
	z = log_sum(n, s);
	for (int j = 0; j < n; j++)
		sum += c->ids2[from + j] == y ? exp(s[j] - z) : 0;
	free(s);
	return sum;
}

static double oracle_copy(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	int V = c->ps.p[0].rows, n = 0;
	double *z = new_doubles((size_t)V), s = 0, e = (double)c->smoothing;

	(void)y, (void)y2;
	for (int b = 0; b < c->seq.n; b++)
		for (int i = c->seq.off[b]; i < c->seq.off[b + 1]; i++) {
			int t = c->ids[i];
			double g = 1 / (1 + exp(-in[3][i])), p;

			if (t < 0)
				continue;
			plain_logits(c, in[0] + i * c->cols[0], par, V, z);
			p = g * exp(z[t] - log_sum(V, z)) +
			    (1 - g) * copied(c, in[1] + i * c->cols[1], in[2],
					     b, t);
			/* the smoothing part of plain_ce, the gate in the rest */
			s += (1 - e) * -log(p) + plain_ce(V, z, t, e) -
			     (1 - e) * (log_sum(V, z) - z[t]);
			n++;
		}
	free(z);
	return s / n;
}

static void copy_case(const struct ragged *dec, const struct ragged *src, int V,
		      float e, int holes)
{
	int T = dec->off[dec->n], N = src->off[src->n];
	int32_t *y = targets(T, V, holes), *ids = targets(N, V, 0);
	struct check c = { .run = run_copy, .oracle = oracle_copy, .n_in = 4,
			   .rows = { T, T, N, T }, .cols = { 6, 9, 9, 1 },
			   .seq = *dec, .src = *src, .ids = y, .ids2 = ids,
			   .smoothing = e, .heads = holes > 0,
			   .flags = holes ? HAS_GRAD : 0 };

	for (int j = 0; j < N; j += 2) /* every other source word is said */
		ids[j] = y[j % T] < 0 ? 0 : y[j % T];
	param_add(&c.ps, V, 6, PARAM_SHARED, 0, "w");
	param_add(&c.ps, 1, V, PARAM_SHARED, 0, "b");
	check_run(&c);
	free(y);
	free(ids);
}

static void test_copy_loss(void **state)
{
	static const int d1[] = { 0, 1 }, s1[] = { 0, 1 };
	static const int d2[] = { 0, 9 }, s2[] = { 0, 30 };
	static const int d3[] = { 0, 1, 12, 13 }, s3[] = { 0, 40, 41, 44 };
	const struct ragged dec[] = { { 1, d1 }, { 1, d2 }, { 3, d3 } };
	const struct ragged src[] = { { 1, s1 }, { 1, s2 }, { 3, s3 } };

	(void)state;
	for (int s = 0; s < 3; s++)
		for (int holes = 0; holes < 2 + (s > 0); holes++)
			if (s || !holes)
				copy_case(&dec[s], &src[s], 25,
					  holes == 1 ? 0.0f : 0.1f, holes);
}

/*
 * A target that the softmax cannot say (200 below the top) and the source does
 * not hold, and a gate shut either way: finite loss, gradients that pull.
 */
static void test_copy_extremes(void **state)
{
	static const int off[] = { 0, 1 };
	static const struct ragged one = { 1, off };
	static const float gates[] = { 0.0f, 60.0f, -60.0f, 500.0f };

	(void)state;
	for (int i = 0; i < 8; i++) {
		int32_t target = 1, src = i & 1;
		float x = 100.0f, q = 1.0f, k = 1.0f, gate = gates[i / 2];
		struct param_set ps;
		struct grads *g;
		struct tape t;
		struct copy_inputs in;
		double loss, lg, lc, want;

		param_set_init(&ps);
		param_add(&ps, 2, 1, PARAM_SHARED, 0, "w");
		param_set_alloc(&ps);
		ps.value[0] = 1.0f;
		ps.value[1] = -1.0f;
		g = grads_new(&ps);
		tape_init(&t, &ps);
		tape_begin(&t, g, NULL);
		in = (struct copy_inputs){
			.x = tape_wrap(&t, &x, 1, 1),
			.q = tape_wrap(&t, &q, 1, 1),
			.k = tape_wrap(&t, &k, 1, 1),
			.gate = tape_wrap(&t, &gate, 1, 1),
			.dec = &one, .src = &one, .src_ids = &src,
			.target = &target, .w = 0, .b = PARAM_NONE,
		};
		loss = op_copy_loss(&t, &in).objective;
		lg = -200.0 - log1p(exp(-(double)gate));
		lc = src == 1 ? -(gate > 30 ? (double)gate :
				  log1p(exp((double)gate))) : -1e300;
		want = -(lg > lc ? lg + log1p(exp(lc - lg)) :
				   lc + log1p(exp(lg - lc)));
		if (!(fabs(loss - want) < 1e-9 * (1 + want)))
			fail_msg("gate %g: loss %.12g, not %.12g", (double)gate,
				 loss, want);
		assert_true(isfinite(in.x->d[0]) && isfinite(in.gate->d[0]));
		if (src == 0) /* only the softmax can: full pull on it */
			assert_true(fabsf(in.x->d[0] - 2.0f) < 1e-5f);
		grads_free(g);
		tape_release(&t);
		param_set_release(&ps);
	}
}

/*
 * The plain loss leaves smoothing out, the objective has it: both as the unsmoothed
 * and the smoothed op say. Logits of 400 and more: no probability of theirs fits a
 * float, the loss is finite and right.
 */
static void test_plain(void **state)
{
	float x[] = { 1, -2, 0.5f, 400, -400, 3, -900, 100, 0, 0.25f, 0.5f, 1 };
	const double want[] = { log(exp(0.0) + exp(-3.0) + exp(-0.5)), 800, 1000, 0 };
	static const int32_t y[] = { 0, 1, 0, -1 };
	struct param_set ps;
	struct loss plain, smooth, out;
	double each[4], sum = 0;
	struct tape t;

	(void)state;
	param_set_init(&ps);
	param_add(&ps, 3, 3, PARAM_SHARED, 0, "w");
	param_set_alloc(&ps);
	for (int i = 0; i < 3; i++)
		ps.value[4 * i] = 1; /* logits are x */
	tape_init(&t, &ps);
	tape_begin(&t, NULL, NULL);
	plain = op_cross_entropy(&t, tape_wrap(&t, x, 4, 3), y, 0);
	smooth = op_cross_entropy(&t, tape_wrap(&t, x, 4, 3), y, 0.3f);
	out = op_output_loss(&t, tape_wrap(&t, x, 4, 3), 0, PARAM_NONE, y, 0.3f, each);
	for (int i = 0; i < 3; i++) {
		sum += want[i] / 3;
		assert_true(fabs(each[i] - want[i]) < 1e-6 * (1 + want[i]));
	}
	assert_int_equal(plain.units, 3);
	assert_int_equal(out.units, 3);
	assert_true(plain.objective == plain.plain && plain.plain == smooth.plain);
	assert_true(fabs(plain.plain - sum) < 1e-6 * sum);
	assert_true(fabs(out.plain - sum) < 1e-6 * sum);
	assert_true(fabs(smooth.objective - smooth.plain) > 1);
	assert_true(fabs(out.objective - smooth.objective) < 1e-6 * sum);
	tape_release(&t);
	param_set_release(&ps);
}

/*
 * The source holds the target, but attention looks elsewhere by so much that the
 * copied share has few bits of a float left: finite loss and gradients.
 */
static void test_copy_underflow(void **state)
{
	static const int dec[] = { 0, 1 }, src[] = { 0, 8 };
	static const struct ragged d = { 1, dec }, o = { 1, src };
	static const int32_t ids[8] = { [7] = 1 }, target = 1;

	(void)state;
	for (int i = 0; i < 400; i++) {
		float x = 1, q = 1, k[8] = { 0 }, gate = -20.0f + (float)(i % 5) * 10;
		struct param_set ps;
		struct copy_inputs in;
		struct grads *g;
		struct tape t;
		struct loss loss;

		for (int j = 0; j < 7; j++)
			k[j] = 60.0f + 0.1f * (float)i; /* 60 to 100 above the target */
		param_set_init(&ps);
		param_add(&ps, 2, 1, PARAM_SHARED, 0, "w");
		param_set_alloc(&ps);
		g = grads_new(&ps);
		tape_init(&t, &ps);
		tape_begin(&t, g, NULL);
		in = (struct copy_inputs){
			.x = tape_wrap(&t, &x, 1, 1), .q = tape_wrap(&t, &q, 1, 1),
			.k = tape_wrap(&t, k, 8, 1), .gate = tape_wrap(&t, &gate, 1, 1),
			.dec = &d, .src = &o, .src_ids = ids, .target = &target,
			.w = 0, .b = PARAM_NONE,
		};
		loss = op_copy_loss(&t, &in);
		assert_true(isfinite(loss.plain) && loss.plain > 0);
		assert_true(isfinite(in.q->d[0]) && isfinite(in.k->d[0]) &&
			    isfinite(in.k->d[7]) && isfinite(in.gate->d[0]));
		assert_true(isfinite(grads_sumsq(g, GRADS_ALL)));
		grads_free(g);
		tape_release(&t);
		param_set_release(&ps);
	}
}

/* A value that is not finite shows in the loss, and nothing crashes. */
static void test_not_finite(void **state)
{
	static const int32_t y[] = { 1, 2 };
	static const float bad[] = { NAN, INFINITY };

	(void)state;
	for (int i = 0; i < 2; i++) {
		float x[6] = { 1, 2, 3, 4, bad[i], 6 };
		struct param_set ps;
		struct grads *g;
		struct tape t;

		param_set_init(&ps);
		param_add(&ps, 40, 3, PARAM_SHARED, 0, "w");
		param_set_alloc(&ps);
		for (int k = 0; k < 120; k++)
			ps.value[k] = 1.0f - (float)(k % 7);
		g = grads_new(&ps);
		tape_init(&t, &ps);
		tape_begin(&t, g, NULL);
		assert_false(isfinite(op_cross_entropy(
			&t, tape_wrap(&t, x, 2, 3), y, 0.1f).objective));
		assert_false(isfinite(op_output_loss(
			&t, tape_wrap(&t, x, 2, 3), 0, PARAM_NONE, y, 0.1f,
			NULL).objective));
		assert_false(isfinite(grads_sumsq(g, GRADS_ALL)));
		grads_free(g);
		tape_release(&t);
		param_set_release(&ps);
	}
}

/* --- inference --- */

static void test_infer_output(void **state)
{
	enum { C = 37, V = 53 };
	struct param_set ps;
	float x[64 * C], out[64 * V];
	struct tape t;

	(void)state;
	blas_init();
	param_set_init(&ps);
	tape_init(&t, &ps);
	param_add(&ps, V, C, PARAM_SHARED, 0, "w");
	param_add(&ps, 1, V, PARAM_SHARED, 0, "b");
	param_set_alloc(&ps);
	for (size_t i = 0; i < ps.size; i++)
		ps.value[i] = (float)test_uniform(1, i);
	for (int i = 0; i < 64 * C; i++)
		x[i] = (float)test_uniform(2, (uint64_t)i);
	for (int R = 1; R <= 64; R = R < 12 ? R + 1 : R + 26)
		for (int b = PARAM_NONE; b <= 1; b += 2) {
			tape_begin(&t, NULL, NULL);
			infer_output(&t, x, R, 0, b, out);
			for (int r = 0; r < R; r++)
				for (int k = 0; k < V; k++) {
					double s = b < 0 ? 0 : (double)
						   param_value(&ps, 1)[k];

					for (int j = 0; j < C; j++)
						s += (double)x[r * C + j] *
						     (double)ps.value[k * C + j];
					assert_true(fabs(s - (double)out[r * V + k])
						    < 1e-5);
				}
		}
	tape_release(&t);
	param_set_release(&ps);
}

static void test_infer_attend(void **state)
{
	enum { R = 4, C = 40, H = 4, D = C / H, STRIDE = 2 * C };
	static const int len[R] = { 1, 7, 130, 300 };
	static float cache[R][300 * STRIDE];
	static float p0[R][300];
	float q[R * C], out[R * C];
	const float *k[R], *v[R];
	float *probs[R];

	/* Later keys are larger: the greatest score grows from block to block. */
	(void)state;
	for (int r = 0; r < R; r++) {
		for (uint64_t i = 0; i < 300 * STRIDE; i++)
			cache[r][i] = (float)test_uniform(40 + (uint64_t)r, i) *
				      (0.5f + (float)i / (150 * STRIDE));
		k[r] = cache[r];
		v[r] = cache[r] + C;
		probs[r] = p0[r];
	}
	for (uint64_t i = 0; i < R * C; i++)
		q[i] = (float)(3 * test_uniform(50, i));
	infer_attend(q, R, C, H, k, v, len, STRIDE, out, probs);
	for (int r = 0; r < R; r++) {
		double want[300] = { 0 }, s[300], o[C] = { 0 };

		for (int h = 0; h < H; h++) {
			for (int j = 0; j < len[r]; j++) {
				s[j] = 0;
				for (int d = h * D; d < h * D + D; d++)
					s[j] += (double)q[r * C + d] * (double)
						k[r][j * STRIDE + d] / sqrt(D);
			}
			for (int j = 0; j < len[r]; j++) {
				double p = exp(s[j] - log_sum(len[r], s));

				want[j] += p / H;
				for (int d = h * D; d < h * D + D; d++)
					o[d] += p * (double)v[r][j * STRIDE + d];
			}
		}
		for (int j = 0; j < len[r]; j++)
			assert_true(fabs(want[j] - (double)p0[r][j]) < 2e-6);
		for (int d = 0; d < C; d++)
			assert_true(fabs(o[d] - (double)out[r * C + d]) < 2e-6);
	}
	/* Without probabilities: the same bits. */
	memcpy(cache[0], out, sizeof out);
	k[0] = cache[1];
	v[0] = cache[1] + C;
	infer_attend(q, R, C, H, k, v, len, STRIDE, out, NULL);
	assert_memory_equal(out + C, cache[0] + C, (R - 1) * C * sizeof *out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cross_entropy),
		cmocka_unit_test(test_mse),
		cmocka_unit_test(test_output_loss),
		cmocka_unit_test(test_output_nothing),
		cmocka_unit_test(test_copy_loss),
		cmocka_unit_test(test_copy_extremes),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_copy_underflow),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_infer_output),
		cmocka_unit_test(test_infer_attend),
	};

	return cmocka_run_group_tests_name("tensor_loss", tests, NULL, NULL);
}
