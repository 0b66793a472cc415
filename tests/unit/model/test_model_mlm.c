/*
 * test_model_mlm.c - the head that puts hidden pieces back: its gradients, its answers
 * beside its loss, whose parameters it moves, that it learns.
 */
#include "fixture/model_check.h"

enum { WORDS = 6, B = 5 };

static const struct model_task mlm = { .name = "gaps", .kind = TASK_MLM };

struct masked {
	struct test_batch x;
	int32_t out[TB_TOK];
};

/* Texts that count upward from a word of their own; two words of each are hidden. */
static void make_batch(struct masked *a, uint64_t number)
{
	tb_init(&a->x, 0, TASK_MLM);
	for (int e = 0; e < B; e++) {
		struct rng r = rng_stream(3, RNG_TEST, 2, number * 100 + (uint64_t)e);
		int first = (int)rng_below(&r, 0, 20), at = a->x.b.N + 1;
		int32_t w[WORDS];

		for (int i = 0; i < WORDS; i++)
			w[i] = ID_WORD + first + i;
		tb_add(&a->x, w, WORDS, 99, NULL, 0);
		for (int i = a->x.off[e]; i < a->x.off[e + 1]; i++)
			a->out[i] = -1;
		for (int k = 0; k < 2; k++) {
			int i = at + (int)rng_below(&r, 1 + (uint64_t)k, WORDS);

			if (a->out[i] < 0)
				a->out[i] = a->x.ids[i];
			a->x.ids[i] = ID_MASK;
		}
	}
	a->x.b.ids_out = a->out;
}

static struct model_config config(bool tied, int embed_dim)
{
	struct model_config cfg = small_config();

	cfg.tied = tied;
	if (embed_dim) {
		cfg.embed_dim = embed_dim;
		cfg.pre_norm = false;
	}
	return cfg;
}

static struct loss loss_of(struct test_model *m, const struct masked *a, bool grads)
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

/*
 * Along a random direction of all parameters the loss changes as the gradient says: a
 * central difference, Richardson-free, at a step where floats still tell.
 */
static void check_gradient(bool tied, int embed_dim)
{
	struct model_config cfg = config(tied, embed_dim);
	struct test_model m;
	struct masked a;
	double slope = 0, up, down;
	const double step = 2e-3;
	float *was, *dir;

	make_batch(&a, 1);
	tm_init(&m, &cfg, &mlm, 1);
	was = malloc(m.ps.size * sizeof *was);
	dir = malloc(m.ps.size * sizeof *dir);
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
	check_gradient(true, 0);
	check_gradient(false, 0);
	check_gradient(true, 8);
}

/* Answers say what the loss says of the same pieces; probabilities are of one softmax. */
static void test_answers(void **state)
{
	enum { MOST = 40 };
	struct model_config cfg = config(true, 0);
	struct piece_answers x;
	struct test_model m;
	struct masked a;
	double sum = 0;
	struct loss l;

	(void)state;
	make_batch(&a, 2);
	tm_init(&m, &cfg, &mlm, 1);
	l = loss_of(&m, &a, false);
	tape_begin(&m.t, NULL, NULL);
	model_pieces(m.m, &m.t, &a.x.b, MOST, &x);
	assert_int_equal(x.n, l.units);
	for (int k = 0; k < x.n; k++) {
		double all = 0;

		assert_true(a.out[x.row[k]] >= 0);
		sum += x.loss[k] / x.n;
		assert_true(fabs(exp(-x.loss[k]) - (double)x.p[k]) < 1e-5);
		for (int i = 0; i < MOST; i++) {
			all += (double)x.best_p[k * MOST + i];
			assert_true(!i || x.best_p[k * MOST + i] <= x.best_p[k * MOST + i - 1]);
			if (x.best[k * MOST + i] == a.out[x.row[k]])
				assert_true(x.best_p[k * MOST + i] == x.p[k]);
		}
		assert_true(fabs(all - 1) < 1e-5);
	}
	assert_true(fabs(sum - l.plain) < 1e-5);
	a.x.b.ids_out = NULL; /* nothing is asked: a text that was typed without a mask */
	tape_begin(&m.t, NULL, NULL);
	model_pieces(m.m, &m.t, &a.x.b, 1, &x);
	assert_int_equal(x.n, 0);
	assert_int_equal(loss_of(&m, &a, true).units, 0);
	tm_release(&m);
}

/* Names as pieces of checkpoints, and a tied table that always moves whole. */
static void test_parameters(void **state)
{
	struct model_config cfg = config(true, 0);
	static const char *const names[] = {
		"tasks.gaps.head.transform.weight", "tasks.gaps.head.transform.bias",
		"tasks.gaps.head.norm.weight", "tasks.gaps.head.norm.bias",
		"tasks.gaps.head.bias",
	};
	struct test_model m;

	(void)state;
	tm_init(&m, &cfg, &mlm, 1);
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		bool found = false;

		for (int p = 0; p < m.ps.n; p++)
			found |= !strcmp(m.ps.p[p].name, names[k]);
		assert_true(found);
	}
	for (int p = 0; p < m.ps.n; p++)
		if (!strcmp(m.ps.p[p].name, "embed.token"))
			assert_true(m.ps.p[p].flags & PARAM_OUTPUT);
	tm_release(&m);
	cfg.tied = false;
	tm_init(&m, &cfg, &mlm, 1);
	for (int p = 0; p < m.ps.n; p++)
		if (!strcmp(m.ps.p[p].name, "embed.token"))
			assert_false(m.ps.p[p].flags & PARAM_OUTPUT);
	tm_release(&m);
}

/* What is between two words follows from them: it is found, on texts never seen. */
static void learns(const char *kind)
{
	struct model_config cfg = config(true, 0);
	struct adamw_group group[2] = { { .lr = 0.004f, .beta1 = 0.9f, .beta2 = 0.999f,
					  .eps = 1e-8f } };
	struct test_model m;
	struct masked a;
	double first, last = 0;

	snprintf(cfg.kind, sizeof cfg.kind, "%s", kind);
	group[1] = group[0];
	tm_init(&m, &cfg, &mlm, 1);
	make_batch(&a, 5000);
	first = loss_of(&m, &a, false).plain;
	for (uint64_t i = 0; i < 600; i++) {
		make_batch(&a, i);
		loss_of(&m, &a, true);
		adamw_count(&m.opt, m.g);
		adamw_step(&m.opt, m.g, 1.0f, group, 0, 1);
	}
	for (uint64_t i = 0; i < 5; i++) {
		make_batch(&a, 5000 + i);
		last += loss_of(&m, &a, false).plain / 5;
	}
	if (!(first > 3 && last < 0.8))
		fail_msg("%s: from %g to %g", kind, first, last);
	tm_release(&m);
}

static void test_learns(void **state)
{
	(void)state;
	learns("transformer");
	learns("bilstm");
}

/* A model that sees no further than a piece's own place cannot. */
static void test_refused(void **state)
{
	struct model_config cfg = config(true, 0);
	struct param_set ps;
	struct model *m = NULL;
	struct err err = { "" };

	(void)state;
	snprintf(cfg.kind, sizeof cfg.kind, "gpt");
	cfg.copy = false;
	param_set_init(&ps);
	assert_int_equal(model_declare(&cfg, &mlm, 1, &ps, &m, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "a 'gpt' model has no answers for tasks of kind 'mlm'"));
	param_set_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradient),   cmocka_unit_test(test_answers),
		cmocka_unit_test(test_parameters), cmocka_unit_test(test_learns),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("model_mlm", tests, NULL, NULL);
}
