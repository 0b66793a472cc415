/*
 * test_model_extract.c - the head that keeps units of a text: its loss against sums in
 * double, its gradients, its answers beside its loss, that a unit reads its own rows alone
 * besides what the trunk mixes, and that it learns.
 */
#include "fixture/model_check.h"

enum { WORDS = 6, B = 5, UNITS = B * WORDS };

static const struct model_task keep = { .name = "short", .kind = TASK_EXTRACT };

struct kept {
	struct test_batch x;
	int off[B + 1], row[UNITS], rows[UNITS];
	bool kept[UNITS], known[B];
};

/* Texts of random words, cut into units of `size` of them; those of even words are kept. */
static void make_batch(struct kept *a, int size, uint64_t number)
{
	int u = 0;

	tb_init(&a->x, 0, TASK_EXTRACT);
	a->off[0] = 0;
	for (int e = 0; e < B; e++) {
		struct rng r = rng_stream(3, RNG_TEST, 2, number * 100 + (uint64_t)e);
		int at = a->x.b.N + 1;
		int32_t w[WORDS];

		for (int i = 0; i < WORDS; i++)
			w[i] = ID_WORD + (int32_t)rng_below(&r, (uint64_t)i, 30);
		tb_add(&a->x, w, WORDS, 99, NULL, 0);
		for (int i = 0; i < WORDS; i += size, u++) {
			a->row[u] = at + i;
			a->rows[u] = i + size > WORDS ? WORDS - i : size;
			a->kept[u] = w[i] % 2 == 0;
		}
		a->off[e + 1] = u;
		a->known[e] = true;
	}
	a->x.b.unit_off = a->off;
	a->x.b.unit_row = a->row;
	a->x.b.unit_rows = a->rows;
	a->x.b.unit_kept = a->kept;
	a->x.b.has_kept = a->known;
}

static struct loss loss_of(struct test_model *m, const struct kept *a, bool grads)
{
	struct loss l;

	if (grads)
		grads_clear(m->g);
	tape_begin(&m->t, grads ? m->g : NULL, NULL);
	l = model_loss(m->m, &m->t, &a->x.b, 0.0f);
	if (grads)
		tape_backward(&m->t);
	return l;
}

static double log1pexp(double z)
{
	return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

/* The mean over units of log(1 + e^z) - y z, z from the probabilities. */
static void check_loss(int size)
{
	struct model_config cfg = small_config();
	struct test_model m;
	struct kept a;
	struct loss l;
	double *each, sum = 0;
	float *p;

	make_batch(&a, size, 1);
	a.known[2] = false; /* whose units count for nothing */
	tm_init(&m, &cfg, &keep, 1);
	l = loss_of(&m, &a, false);
	tape_begin(&m.t, NULL, NULL);
	model_units(m.m, &m.t, &a.x.b, &p, &each);
	for (int e = 0, n = 0; e < B; e++)
		for (int u = a.off[e]; u < a.off[e + 1]; u++) {
			double z = log((double)p[u] / (1 - (double)p[u]));

			assert_true(p[u] > 0 && p[u] < 1);
			assert_int_equal(isnan(each[u]), !a.known[e]);
			if (!a.known[e])
				continue;
			assert_true(fabs(each[u] - log1pexp(z) + (a.kept[u] ? z : 0)) < 1e-5);
			sum += each[u];
			assert_true(++n <= l.units);
		}
	assert_int_equal(l.units, a.off[B] - (a.off[3] - a.off[2]));
	assert_true(fabs(l.plain - sum / l.units) < 1e-6);
	assert_true(fabs(l.objective - l.plain) < 1e-12);
	tm_release(&m);
}

static void test_loss(void **state)
{
	(void)state;
	check_loss(1);
	check_loss(2);
	check_loss(4); /* and one of two behind it */
}

/* Along a random direction of all parameters the loss changes as the gradient says. */
static void check_gradient(int size)
{
	const double step = 2e-3;
	struct model_config cfg = small_config();
	struct test_model m;
	struct kept a;
	double slope = 0, up, down;
	float *was, *dir;

	make_batch(&a, size, 2);
	tm_init(&m, &cfg, &keep, 1);
	was = malloc(m.ps.size * sizeof *was);
	dir = malloc(m.ps.size * sizeof *dir);
	for (int p = 0; p < m.ps.n; p++) /* a head that is larger than it starts */
		if (strstr(m.ps.p[p].name, "head.out.weight"))
			for (size_t i = 0; i < param_count(&m.ps, p); i++)
				param_value(&m.ps, p)[i] *= 20;
	memcpy(was, m.ps.value, m.ps.size * sizeof *was);
	for (size_t i = 0; i < m.ps.size; i++) {
		struct rng r = rng_stream(8, RNG_TEST, 3, i >> 20);

		dir[i] = rng_normal(&r, i & 0xfffff) * 0.1f;
	}
	loss_of(&m, &a, true);
	for (int p = 0; p < m.ps.n; p++) {
		const float *d = grads_at(m.g, p);
		size_t from = (size_t)(param_value(&m.ps, p) - m.ps.value);

		for (size_t i = 0; i < param_count(&m.ps, p); i++)
			slope += (double)d[i] * (double)dir[from + i];
	}
	for (size_t i = 0; i < m.ps.size; i++)
		m.ps.value[i] = was[i] + (float)step * dir[i];
	up = loss_of(&m, &a, false).objective;
	for (size_t i = 0; i < m.ps.size; i++)
		m.ps.value[i] = was[i] - (float)step * dir[i];
	down = loss_of(&m, &a, false).objective;
	if (!(fabs((up - down) / (2 * step) - slope) < 0.01 * fabs(slope) + 1e-3))
		fail_msg("%g is not %g", (up - down) / (2 * step), slope);
	assert_true(fabs(slope) > 1e-2);
	free(was);
	free(dir);
	tm_release(&m);
}

static void test_gradient(void **state)
{
	(void)state;
	check_gradient(1);
	check_gradient(2);
	check_gradient(4);
}

/* What one text's units are owes nothing to the batch's others, to the bit. */
static void test_alone(void **state)
{
	struct model_config cfg = small_config();
	struct test_model m;
	struct kept all, one;
	double *loss;
	float *p, want[WORDS];

	(void)state;
	for (int size = 1; size <= 4; size++) {
		int n;

		make_batch(&all, size, 3);
		tm_init(&m, &cfg, &keep, 1);
		tape_begin(&m.t, NULL, NULL);
		model_units(m.m, &m.t, &all.x.b, &p, &loss);
		n = all.off[1];
		memcpy(want, p, (size_t)n * sizeof *want);
		one = all;
		one.x.b.B = 1;
		one.x.b.N = all.x.off[1];
		tape_begin(&m.t, NULL, NULL);
		model_units(m.m, &m.t, &one.x.b, &p, &loss);
		assert_memory_equal(p, want, (size_t)n * sizeof *want);
		tm_release(&m);
	}
}

/* A batch without a unit that is read: nothing is counted, nothing moves. */
static void test_none(void **state)
{
	struct model_config cfg = small_config();
	struct test_model m;
	struct kept a;
	double *loss;
	float *p;

	(void)state;
	make_batch(&a, 1, 4);
	memset(a.off, 0, sizeof a.off);
	tm_init(&m, &cfg, &keep, 1);
	assert_int_equal(loss_of(&m, &a, true).units, 0);
	for (int i = 0; i < m.ps.n; i++)
		for (size_t k = 0; k < param_count(&m.ps, i); k++)
			assert_true(!(fabsf(grads_at(m.g, i)[k]) > 0));
	tape_begin(&m.t, NULL, NULL);
	model_units(m.m, &m.t, &a.x.b, &p, &loss);
	tm_release(&m);
}

/* Which word it is decides: found on texts never seen. */
static void learns(const char *kind, int size)
{
	struct model_config cfg = small_config();
	struct adamw_group group[2] = { { .lr = 0.004f, .beta1 = 0.9f, .beta2 = 0.999f,
					  .eps = 1e-8f } };
	struct test_model m;
	struct kept a;
	double first, last = 0;

	snprintf(cfg.kind, sizeof cfg.kind, "%s", kind);
	group[1] = group[0];
	tm_init(&m, &cfg, &keep, 1);
	make_batch(&a, size, 5000);
	first = loss_of(&m, &a, false).plain;
	for (uint64_t i = 0; i < 300; i++) {
		make_batch(&a, size, i);
		loss_of(&m, &a, true);
		adamw_count(&m.opt, m.g);
		adamw_step(&m.opt, m.g, 1.0f, group, 0, 1);
	}
	for (uint64_t i = 0; i < 5; i++) {
		make_batch(&a, size, 5000 + i);
		last += loss_of(&m, &a, false).plain / 5;
	}
	if (!(first > 0.6 && last < 0.3))
		fail_msg("%s: from %g to %g", kind, first, last);
	tm_release(&m);
}

static void test_learns(void **state)
{
	(void)state;
	learns("transformer", 1);
	learns("bilstm", 1);
	learns("transformer", 3); /* whose first word decides */
}

/* A model that says its answers has none for this. */
static void test_refused(void **state)
{
	struct model_config cfg = small_config();
	struct param_set ps;
	struct model *m = NULL;
	struct err err = { "" };

	(void)state;
	snprintf(cfg.kind, sizeof cfg.kind, "gpt");
	cfg.copy = false;
	param_set_init(&ps);
	assert_int_equal(model_declare(&cfg, &keep, 1, &ps, &m, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "a 'gpt' model has no answers for tasks of kind "
					 "'extract'"));
	param_set_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loss),  cmocka_unit_test(test_gradient),
		cmocka_unit_test(test_alone), cmocka_unit_test(test_none),
		cmocka_unit_test(test_learns), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
