/*
 * test_frozen.c - frozen parameters on the tape: any set of them, under all ops in one
 * graph. They get no gradient, the others the bits they have with none frozen, and the
 * walk back ends above what is fixed.
 */
#include "fixture/tensor_check.h"

#include "base/mem.h"

enum { N = 10, B = 3, C = 8, V = 20, T = 6, TRIES = 300 };

static const int off[B + 1] = { 0, 3, 4, N }, dec_off[B + 1] = { 0, 2, 4, T };
static const int32_t ids[N] = { 3, 1, 19, 3, 0, 7, 7, 2, 11, 5 };
static const int32_t pos[N] = { 0, 1, 2, 0, 0, 1, 2, 3, 4, 5 };
static const int32_t target[T] = { 3, -1, 7, 0, 11, 5 };
static const int last[T] = { 1, 2, 3, 3, 8, 9 }, asked[4] = { 0, 0, 2, 5 };
static const struct ragged seq = { B, off }, dec = { B, dec_off };

/* The parameters by their places in the graph, from the bottom. */
struct net {
	struct param_set ps;
	int tok, place, gamma, beta, w, b, qkv, qkv_b, out, out_b, gamma2, beta2;
	struct lstm lstm[2], cell;
	int w_c, b_c, pool, kv, kv_b, q, q_b, k, k_b, gate, gate_b, head, head_b, table;
};

static int add(struct net *n, int rows, int cols, unsigned flags)
{
	return param_add(&n->ps, rows, cols, PARAM_SHARED, flags, "p%d", n->ps.n);
}

static struct lstm add_lstm(struct net *n, int H, int in, int hidden)
{
	struct lstm l;

	l.w_ih = add(n, 4 * H, in, PARAM_DENSE);
	l.b_ih = add(n, 1, 4 * H, 0);
	l.w_hh = add(n, 4 * H, hidden, PARAM_DENSE);
	l.b_hh = add(n, 1, 4 * H, 0);
	return l;
}

static void dense(struct net *n, int *w, int *b, int out)
{
	*w = add(n, out, C, PARAM_DENSE);
	*b = add(n, 1, out, 0);
}

static void make(struct net *n)
{
	param_set_init(&n->ps);
	n->tok = add(n, V, C, PARAM_ROWS | PARAM_OUTPUT);
	n->place = add(n, N, C, PARAM_ROWS);
	n->gamma = add(n, 1, C, 0);
	n->beta = add(n, 1, C, 0);
	dense(n, &n->w, &n->b, C);
	dense(n, &n->qkv, &n->qkv_b, 3 * C);
	dense(n, &n->out, &n->out_b, C);
	n->gamma2 = add(n, 1, C, 0);
	n->beta2 = add(n, 1, C, 0);
	n->lstm[0] = add_lstm(n, C / 2, C, C / 2);
	n->lstm[1] = add_lstm(n, C / 2, C, C / 2);
	n->pool = add(n, 1, C, 0);
	dense(n, &n->head, &n->head_b, 4);
	n->cell = add_lstm(n, C, C, 2 * C);
	n->w_c = add(n, C, 2 * C, PARAM_DENSE);
	n->b_c = add(n, 1, C, 0);
	dense(n, &n->kv, &n->kv_b, 2 * C);
	dense(n, &n->q, &n->q_b, C);
	dense(n, &n->k, &n->k_b, C);
	dense(n, &n->gate, &n->gate_b, 1);
	n->table = add(n, V, C, PARAM_OUTPUT);
	param_set_alloc(&n->ps);
	for (int p = 0; p < n->ps.n; p++)
		for (size_t i = 0; i < param_count(&n->ps, p); i++)
			param_value(&n->ps, p)[i] = (float)(0.4 * test_uniform(
				(uint64_t)p, i)) + (p == n->gamma || p == n->gamma2);
}

/* A trunk, as pre-norm has it: rows of it, *low what is below the attention. */
static struct ten *trunk(const struct net *n, struct tape *t, struct ten **low)
{
	struct ten *x = op_embed(t, n->tok, ids, N, n->place, pos, PARAM_NONE, NULL, 2.0f);
	struct ten *h, *part[3], *sum;

	x = op_dropout(t, x, 0.1f);
	h = op_norm(t, x, n->gamma, n->beta, 1e-5f);
	h = op_linear(t, h, n->w, n->b, ACT_GELU);
	x = *low = op_add(t, x, h, 0.1f);
	for (int i = 0; i < 3; i++)
		part[i] = op_linear_part(t, x, n->qkv, n->qkv_b, i * C, C);
	h = op_self_attention(t, op_join(t, part, 3), &seq, 2, false, 0.1f);
	h = op_linear(t, h, n->out, n->out_b, ACT_NONE);
	h = op_add_norm(t, x, h, 0.1f, n->gamma2, n->beta2, 1e-5f, &sum);
	h = op_lstm(t, op_add(t, sum, h, 0.0f), &seq, n->lstm, 2);
	return h;
}

/* Every head there is. */
static double losses(const struct net *n, struct tape *t, struct ten **low)
{
	static const int32_t label[B] = { 3, 0, 1 };
	static const float y[B] = { 0.5f, -1.0f, 2.0f };
	struct ten *x = trunk(n, t, low), *p, *d, *kv, *state, *q, *logp;
	double sum;

	p = op_attention_pool(t, x, &seq, n->pool);
	p = op_add(t, p, op_pool(t, x, &seq, POOL_MEAN), 0.0f);
	sum = op_cross_entropy(t, op_linear(t, p, n->head, n->head_b, ACT_NONE), label,
			       0.1f, NULL).objective;
	sum += op_mse(t, op_linear(t, p, n->gate, n->gate_b, ACT_TANH), y).objective;
	d = op_rows(t, x, last, T);
	state = op_attend_lstm(t, &(struct attend_lstm){ .x = d, .rows = x,
		.keys = op_linear(t, x, n->k, n->k_b, ACT_NONE), .dec = &dec, .src = &seq,
		.w = n->cell, .w_c = n->w_c, .b_c = n->b_c });
	kv = op_linear(t, x, n->kv, n->kv_b, ACT_NONE);
	q = op_linear(t, state, n->q, n->q_b, ACT_NONE);
	state = op_cross_attention(t, q, kv, &dec, &seq, 2, 0.1f);
	sum += op_output_loss(t, state, n->table, PARAM_NONE, target, 0.1f, NULL).objective;
	sum += op_copy_loss(t, &(struct copy_inputs){ .x = state, .q = q,
		.k = op_linear(t, x, n->k, n->k_b, ACT_NONE),
		.gate = op_linear(t, state, n->gate, n->gate_b, ACT_NONE), .dec = &dec,
		.src = &seq, .src_ids = ids, .target = target, .w = n->tok,
		.b = PARAM_NONE }).objective;
	logp = op_log_probs(t, d, n->tok, PARAM_NONE, asked, target + 2, 4);
	for (int i = 0; i < 4 && t->grads && !logp->is_fixed; i++)
		ten_grad(t, logp)[i] = -0.25f;
	return sum;
}

static void pass(const struct net *n, struct tape *t, struct grads *g, const bool *frozen,
		 struct ten **low, double *loss)
{
	struct rng noise = test_rng(1);

	grads_clear(g);
	tape_begin(t, g, &noise);
	tape_freeze(t, frozen);
	*loss = losses(n, t, low);
	tape_backward(t);
}

static void compare(const struct net *n, const struct grads *all, const struct grads *some,
		    const bool *frozen)
{
	for (int p = 0; p < n->ps.n; p++) {
		size_t cols = (size_t)n->ps.p[p].cols;
		const float *x = grads_peek(all, p), *y = grads_peek(some, p);

		assert_non_null(x);
		if (frozen[p] && y)
			fail_msg("%s has a gradient", n->ps.p[p].name);
		for (int r = 0; y && r < n->ps.p[p].rows; r++) {
			assert_int_equal(grads_has_row(all, p, r), grads_has_row(some, p, r));
			if (grads_has_row(all, p, r) &&
			    memcmp(x + (size_t)r * cols, y + (size_t)r * cols,
				   cols * sizeof *x))
				fail_msg("%s has another gradient", n->ps.p[p].name);
		}
		assert_true(frozen[p] || y);
	}
}

/* Any one alone, any two neighbours, all but one, then sets by lot. */
static bool in_set(uint64_t set, int p, int count)
{
	struct rng r = test_rng(2);

	if (set < (uint64_t)count)
		return p == (int)set;
	if (set < 2 * (uint64_t)count)
		return p == (int)set - count || p == (int)set - count + 1;
	if (set < 3 * (uint64_t)count)
		return p != (int)set - 2 * count;
	return rng_below(&r, set * 64 + (uint64_t)p, 4) < set % 4;
}

static void test_any_set(void **state)
{
	struct net n;
	struct tape t;
	struct grads *all, *some;
	struct ten *low;
	bool frozen[64];
	double loss, again;

	(void)state;
	make(&n);
	assert_true(n.ps.n <= 64);
	tape_init(&t, &n.ps);
	all = grads_new(&n.ps);
	some = grads_new(&n.ps);
	pass(&n, &t, all, NULL, &low, &loss);
	assert_true(isfinite(loss) && !low->is_fixed && low->d);
	for (uint64_t set = 0; set < TRIES; set++) {
		for (int p = 0; p < n.ps.n; p++)
			frozen[p] = in_set(set, p, n.ps.n);
		pass(&n, &t, some, frozen, &low, &again);
		assert_true(loss == again); /* no op sees it going forward */
		compare(&n, all, some, frozen);
	}
	grads_free(all);
	grads_free(some);
	tape_release(&t);
	param_set_release(&n.ps);
}

/* Frozen from the bottom up: what is below the lowest trained one has no gradient made. */
static void test_where_it_ends(void **state)
{
	struct net n;
	struct tape t;
	struct grads *g;
	struct ten *low;
	bool frozen[64];
	double loss;

	(void)state;
	make(&n);
	tape_init(&t, &n.ps);
	g = grads_new(&n.ps);
	for (int k = 0; k <= n.ps.n; k++) {
		for (int p = 0; p < n.ps.n; p++)
			frozen[p] = p < k;
		pass(&n, &t, g, frozen, &low, &loss);
		assert_int_equal(low->is_fixed, k > n.b); /* all that made it */
		assert_int_equal(!low->d, k > n.b);
	}
	for (int p = 0; p < n.ps.n; p++)
		assert_false(grads_touched(g, p));
	/* the next pass begins with nothing frozen */
	tape_begin(&t, g, NULL);
	assert_true(tape_trains(&t, 0) && !tape_trains(&t, PARAM_NONE));
	grads_free(g);
	tape_release(&t);
	param_set_release(&n.ps);
}

/* With all frozen nothing is recorded: a walk back has nothing to walk. */
static void test_nothing_recorded(void **state)
{
	struct net n;
	struct tape t;
	struct grads *g;
	struct ten *low;
	bool frozen[64];
	struct rng noise = test_rng(1);

	(void)state;
	make(&n);
	for (int p = 0; p < n.ps.n; p++)
		frozen[p] = true;
	tape_init(&t, &n.ps);
	g = grads_new(&n.ps);
	tape_begin(&t, g, &noise);
	tape_freeze(&t, frozen);
	assert_true(losses(&n, &t, &low) > 0);
	assert_null(t.last);
	grads_free(g);
	tape_release(&t);
	param_set_release(&n.ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_set),
		cmocka_unit_test(test_where_it_ends),
		cmocka_unit_test(test_nothing_recorded),
	};

	blas_init();
	return cmocka_run_group_tests_name("frozen", tests, NULL, NULL);
}
