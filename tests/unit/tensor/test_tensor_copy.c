/*
 * test_tensor_copy.c - the loss behind a copy gate against plain double precision,
 * with gradients, at its extremes.
 */
#include "fixture/loss_check.h"

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
	int32_t *y = new_targets(T, V, holes), *ids = new_targets(N, V, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_loss),
		cmocka_unit_test(test_copy_extremes),
		cmocka_unit_test(test_copy_underflow),
	};

	return cmocka_run_group_tests_name("tensor_copy", tests, NULL, NULL);
}
