/*
 * test_tensor_sets.c - the loss of sets of labels against plain double precision, with
 * gradients; against numbers that were worked out apart; classes that are weighted.
 */
#include "fixture/loss_check.h"

/* Rows 0 to 4: two labels, none, not known, all, one. */
static const int32_t known[] = { 2, 0, -1, 4, 1 };
static const int32_t sets[] = { 0, 3, 0, 1, 2, 3, 2 };
static const int off[] = { 0, 2, 2, 2, 6, 7 };
static const float weights[] = { 0.5f, 2.0f, 0.0f, 1.25f };

static const struct label_sets made = { known, sets, off };

static struct ten *run_sets(struct check *c, struct tape *t, struct ten **in,
			    double *loss, struct ten **y2)
{
	(void)y2;
	*loss = op_binary_cross_entropy(t, in[0], &made, c->smoothing,
					c->heads ? weights : NULL).objective;
	return NULL;
}

static bool has(int row, int label)
{
	for (int k = off[row]; k < off[row + 1]; k++)
		if (sets[k] == label)
			return true;
	return false;
}

/* -y log p - (1 - y) log (1 - p), as it is first written down. */
static double oracle_sets(const struct check *c, const double *const *in,
			  const double *const *par, double *y, double *y2)
{
	double e = (double)c->smoothing, s = 0;
	int n = 0;

	(void)par, (void)y, (void)y2;
	for (int i = 0; i < 5; i++) {
		n += known[i] >= 0;
		for (int k = 0; known[i] >= 0 && k < 4; k++) {
			double p = 1 / (1 + exp(-in[0][4 * i + k]));
			double target = has(i, k) * (1 - e) + e / 2;

			s -= (c->heads ? (double)weights[k] : 1) *
			     (target * log(p) + (1 - target) * log(1 - p)) / 4;
		}
	}
	return s / n;
}

static void test_gradient(void **state)
{
	(void)state;
	for (int e = 0; e < 3; e++)
		for (int weighted = 0; weighted < 2; weighted++) {
			struct check c = { .run = run_sets, .oracle = oracle_sets,
					   .n_in = 1, .rows = { 5 }, .cols = { 4 },
					   .smoothing = (float)e * 0.2f,
					   .heads = weighted };

			check_run(&c);
		}
}

/*
 * BCEWithLogitsLoss()(x, y), with weight=[0.5, 2, 1], and with y smoothed by 0.2:
 * values and gradients as that formula gives them in double precision.
 */
static void test_numbers(void **state)
{
	static const float given[] = { 0.5f, -1, 2, -0.3f, 0, 1.2f }, w[] = { 0.5f, 2, 1 };
	static const int32_t n[] = { 2, 1 }, label[] = { 0, 2, 1 };
	static const int at[] = { 0, 2, 3 };
	static const struct { const float *w; float smoothing; double loss, d[6]; } want[] = {
		{ NULL, 0, 0.604175263,
		  { -0.062923445, 0.044823570, -0.019867154,
		    0.070926247, -0.083333333, 0.128087464 } },
		{ w, 0, 0.686207388,
		  { -0.031461722, 0.089647140, -0.019867154,
		    0.035463124, -0.166666667, 0.128087464 } },
		{ NULL, 0.2f, 0.647508596,
		  { -0.046256778, 0.028156904, -0.003200487,
		    0.054259581, -0.066666667, 0.111420797 } },
	};
	const struct label_sets y = { n, label, at };

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		float x[6];
		struct param_set ps;
		struct grads *g;
		struct tape t;
		struct ten *in;
		struct loss l;

		memcpy(x, given, sizeof x);
		param_set_init(&ps);
		param_add(&ps, 1, 1, PARAM_SHARED, 0, "w");
		param_set_alloc(&ps);
		g = grads_new(&ps);
		tape_init(&t, &ps);
		tape_begin(&t, g, NULL);
		in = tape_wrap(&t, x, 2, 3);
		l = op_binary_cross_entropy(&t, in, &y, want[i].smoothing, want[i].w);
		assert_true(fabs(l.objective - want[i].loss) < 1e-7);
		assert_true(fabs(l.plain - want[0].loss) < 1e-7);
		assert_int_equal(l.units, 2);
		for (int k = 0; k < 6; k++)
			assert_true(fabs((double)ten_grad(&t, in)[k] - want[i].d[k]) < 1e-7);
		grads_free(g);
		tape_release(&t);
		param_set_release(&ps);
	}
}

/* Logits of 400 and more: no probability fits a float, the loss is right. */
static void test_extremes(void **state)
{
	float x[] = { 800, -900, -800, 900 };
	static const int32_t n[] = { 1, 1 }, label[] = { 0, 0 };
	static const int at[] = { 0, 1, 2 };
	const struct label_sets y = { n, label, at };
	struct param_set ps;
	struct tape t;

	(void)state;
	param_set_init(&ps);
	tape_init(&t, &ps);
	tape_begin(&t, NULL, NULL);
	assert_true(op_binary_cross_entropy(&t, tape_wrap(&t, x, 1, 2), &y, 0, NULL)
			    .plain < 1e-300);
	assert_true(fabs(op_binary_cross_entropy(&t, tape_wrap(&t, x, 2, 2), &y, 0, NULL)
				 .plain - 1700.0 / 4) < 1e-9);
	x[1] = NAN;
	assert_false(isfinite(op_binary_cross_entropy(&t, tape_wrap(&t, x, 2, 2), &y, 0,
						      NULL).plain));
	tape_release(&t);
	param_set_release(&ps);
}

/*
 * Classes: a row's objective counts its class's weight times, the mean is over rows;
 * what is shown is the plain loss. CE of rows 0 and 1 of {0, ln 3}: ln 4 - 0, ln 4 - ln 3.
 */
static void test_weighted_classes(void **state)
{
	float x[] = { 0, 1.0986123f, 0, 1.0986123f };
	static const int32_t y[] = { 0, 1 };
	static const float w[] = { 3, 0.5f };
	struct param_set ps;
	struct loss l;
	struct grads *g;
	struct tape t;
	struct ten *in;

	(void)state;
	param_set_init(&ps);
	param_add(&ps, 1, 1, PARAM_SHARED, 0, "w");
	param_set_alloc(&ps);
	g = grads_new(&ps);
	tape_init(&t, &ps);
	tape_begin(&t, g, NULL);
	in = tape_wrap(&t, x, 2, 2);
	l = op_cross_entropy(&t, in, y, 0, w);
	assert_true(fabs(l.plain - (log(4) + log(4.0 / 3)) / 2) < 1e-6);
	assert_true(fabs(l.objective - (3 * log(4) + 0.5 * log(4.0 / 3)) / 2) < 1e-6);
	/* p = {1/4, 3/4}: (p - y) w / 2 */
	assert_true(fabs((double)ten_grad(&t, in)[0] + 3 * 0.75 / 2) < 1e-6);
	assert_true(fabs((double)ten_grad(&t, in)[1] - 3 * 0.75 / 2) < 1e-6);
	assert_true(fabs((double)ten_grad(&t, in)[2] - 0.5 * 0.25 / 2) < 1e-6);
	assert_true(fabs((double)ten_grad(&t, in)[3] + 0.5 * 0.25 / 2) < 1e-6);
	grads_free(g);
	tape_release(&t);
	param_set_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradient),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_weighted_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
