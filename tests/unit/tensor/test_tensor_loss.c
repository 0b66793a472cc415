/*
 * test_tensor_loss.c - losses of classes, numbers and the output layer against
 * plain double precision, with gradients; values that are not finite; what only
 * inference computes.
 */
#include "fixture/loss_check.h"

/* --- classification and regression --- */

static struct ten *run_ce(struct check *c, struct tape *t, struct ten **in,
			  double *loss, struct ten **y2)
{
	(void)y2;
	*loss = op_cross_entropy(t, in[0], c->ids, c->smoothing, NULL).objective;
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

static void output_case(int rows, int C, int V, int holes, float e, int bias)
{
	int32_t *y = new_targets(rows, V, holes);
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
				     0, NULL).objective == 0.0);
	assert_false(grads_touched(g, 0));
	grads_free(g);
	tape_release(&t);
	param_set_release(&ps);
}

/* --- copy gate --- */

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
	plain = op_cross_entropy(&t, tape_wrap(&t, x, 4, 3), y, 0, NULL);
	smooth = op_cross_entropy(&t, tape_wrap(&t, x, 4, 3), y, 0.3f, NULL);
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
			&t, tape_wrap(&t, x, 2, 3), y, 0.1f, NULL).objective));
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
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_infer_output),
		cmocka_unit_test(test_infer_attend),
	};

	return cmocka_run_group_tests_name("tensor_loss", tests, NULL, NULL);
}
