/*
 * test_model_parts.c - what a configuration settles and what its settings do; what the
 * parts of a model say of themselves: their fields and what they cost.
 */
#include "fixture/model_check.h"

static void batch_of(struct test_batch *x, int task, int B)
{
	tb_init(x, task, small_tasks()[task].kind);
	for (int i = 0; i < B; i++) {
		struct rng r = rng_stream(3, RNG_TEST, 0, (uint64_t)i);
		int n = 3 + i % 5;
		int32_t w[8];

		for (int j = 0; j < n; j++)
			w[j] = ID_WORD + (int32_t)rng_below(&r, (uint64_t)j, 30);
		x->label[i] = i % 3;
		x->number[i] = 0.5 * i;
		tb_add(x, w, n, 3, w + 1, 2);
	}
}

/* With the gradients left in m->g. */
static double dropped_loss(struct test_model *m, int task, float p_drop)
{
	struct test_batch x;
	struct rng noise = rng_stream(5, RNG_TEST, 1, 0);
	double loss;

	batch_of(&x, task, 9);
	grads_clear(m->g);
	tape_begin(&m->t, m->g, p_drop > 0 ? &noise : NULL);
	loss = model_loss(m->m, &m->t, &x.b, p_drop).objective;
	tape_backward(&m->t);
	return loss;
}

static double loss_of(struct test_model *m, int task)
{
	return dropped_loss(m, task, 0);
}

static double loss_with(const struct model_config *cfg, int task)
{
	struct test_model m;
	double loss;

	tm_init(&m, cfg, small_tasks(), 3);
	loss = loss_of(&m, task);
	tm_release(&m);
	return loss;
}

/* --- settings --- */

/* The pooled row loses numbers in training alone, and where a head reads it. */
static void test_drop_pooled(void **state)
{
	struct model_config c = small_config();
	double is[2][2];

	(void)state;
	for (int task = 0; task < 3; task++) {
		for (int twice = 0; twice < 2; twice++) {
			struct test_model m;

			c.drop_pooled = twice;
			tm_init(&m, &c, small_tasks(), 3);
			is[twice][0] = loss_of(&m, task);
			is[twice][1] = dropped_loss(&m, task, 0.3f);
			tm_release(&m);
		}
		assert_memory_equal(&is[0][0], &is[1][0], sizeof is[0][0]);
		assert_int_equal(memcmp(&is[0][1], &is[1][1], sizeof is[0][1]) != 0, task != 2);
	}
}

static void test_settled(void **state)
{
	struct model_config cfg = small_config();
	const struct model_config *c;
	struct test_model m;

	(void)state;
	for (int pre = 0; pre < 2; pre++) {
		cfg.pre_norm = pre;
		tm_init(&m, &cfg, small_tasks(), 3);
		c = model_config(m.m);
		assert_string_equal(c->decoder, "cross");
		assert_true(c->eps == (pre ? 1e-5f : 1e-12f));
		assert_true(c->table_scale == (pre ? 4.0 : 1.0)); /* dim 16 */
		assert_int_equal(c->act, ACT_GELU);
		assert_int_equal(c->max_positions, 24);
		tm_release(&m);
	}
}

/* What is settled, said aloud: the same bits; and each setting has an effect. */
static void test_settings(void **state)
{
	struct model_config plain = small_config(), c = plain;

	(void)state;
	for (int task = 0; task < 3; task++) {
		double is = loss_with(&plain, task);

		c.eps = 1e-5f;
		c.act = ACT_GELU;
		c.table_scale = 4.0;
		c.max_positions = 24;
		c.embed_dim = 16;
		c.segments = 2;
		c.head_act = ACT_TANH;
		assert_true(loss_with(&c, task) == is);
		c = plain;
		c.eps = 1e-2f;
		assert_true(loss_with(&c, task) != is);
		c = plain;
		c.act = ACT_GELU_TANH;
		assert_true(loss_with(&c, task) != is);
		assert_true(fabs(loss_with(&c, task) - is) < 1e-2);
		c.act = ACT_RELU;
		assert_true(loss_with(&c, task) != is);
		/* Random tables make up for the scale; a tied output layer feels it. */
		c = plain;
		c.table_scale = 2.0;
		assert_true((loss_with(&c, task) != is) == (task == 2));
		c = plain;
		c.head_act = ACT_RELU;
		assert_true((loss_with(&c, task) != is) == (task != 2));
		c = plain;
		c.segments = 1;
		assert_true(loss_with(&c, task) != is);
		c.segments = NO_SEGMENTS;
		assert_true(loss_with(&c, task) != is);
		c = plain;
	}
}

/* --- q, k, v in one matrix or three --- */

/* Every parameter of `to` from the one of its name, or a third of a joined one. */
static void copy_split(struct test_model *to, const struct test_model *from)
{
	for (int p = 0; p < to->ps.n; p++) {
		const char *name = to->ps.p[p].name, *at = strstr(name, "attention.");
		size_t n = param_count(&to->ps, p), third = 0;
		char joined[PARAM_NAME + 8];
		int q = param_find(&from->ps, name);

		if (q < 0) {
			assert_non_null(at);
			at += strlen("attention.");
			third = (size_t)(strchr("qkv", *at) - "qkv");
			snprintf(joined, sizeof joined, "%.*sqkv%s", (int)(at - name),
				 name, at + 1);
			q = param_find(&from->ps, joined);
		}
		assert_true(q >= 0);
		memcpy(param_value(&to->ps, p),
		       param_value(&from->ps, q) + third * n, n * sizeof(float));
	}
}

/* The dense gradient of a matrix, or zeros. */
static double largest_gap(const struct test_model *split, const struct test_model *one,
			  const char *name, const char *joined)
{
	int p = param_find(&split->ps, name), q = param_find(&one->ps, joined);
	size_t n, third = (size_t)(strchr("qkv", strstr(name, "attention.")[10]) - "qkv");
	double gap = 0;

	assert_true(p >= 0 && q >= 0);
	n = param_count(&split->ps, p);
	for (size_t i = 0; i < n; i++)
		gap = fmax(gap, fabs((double)grads_peek(split->g, p)[i] -
				     (double)grads_peek(one->g, q)[third * n + i]));
	return gap;
}

static void test_split_qkv(void **state)
{
	struct model_config cfg = small_config();
	struct test_model one, split;

	(void)state;
	cfg.shared_layers = 2;
	tm_init(&one, &cfg, small_tasks(), 3);
	cfg.split_qkv = true;
	tm_init(&split, &cfg, small_tasks(), 3);
	assert_true(param_find(&split.ps, "encoder.0.attention.qkv.weight") < 0);
	assert_true(one.ps.size == split.ps.size);
	copy_split(&split, &one);
	for (int task = 0; task < 3; task++) {
		double a = loss_of(&one, task), b = loss_of(&split, task);

		assert_true(fabs(a - b) < 1e-6 * fabs(a));
		for (int k = 0; k < 3; k++) {
			char name[64];

			snprintf(name, sizeof name, "encoder.1.attention.%c.weight",
				 "qkv"[k]);
			assert_true(largest_gap(&split, &one, name,
						"encoder.1.attention.qkv.weight") < 1e-5);
		}
	}
	tm_release(&one);
	tm_release(&split);
}

/* The search's caches know the layout, too. */
static void test_split_qkv_writes(void **state)
{
	struct decode_config dc = { .beams = 3, .max_len = 8, .length_penalty = 1 };
	struct model_config cfg = small_config();
	struct test_model m[2];
	struct generation g[2];
	struct test_batch x;

	(void)state;
	batch_of(&x, 2, 6);
	for (int k = 0; k < 2; k++) {
		cfg.split_qkv = k;
		tm_init(&m[k], &cfg, small_tasks(), 3);
		if (k)
			copy_split(&m[1], &m[0]);
		generation_init(&g[k]);
		tape_begin(&m[k].t, NULL, NULL);
		model_generate(m[k].m, &m[k].t, &x.b, &dc, ID_CLS, ID_SEP, test_banned,
			       4, &g[k]);
	}
	for (int i = 0; i < 6; i++) {
		const struct hypothesis *a = &g[0].hyp[i * 3], *b = &g[1].hyp[i * 3];

		assert_int_equal(a->n, b->n);
		assert_memory_equal(a->ids, b->ids, (size_t)a->n * sizeof *a->ids);
		assert_true(fabsf(a->score - b->score) < 1e-5f);
	}
	for (int k = 0; k < 2; k++) {
		generation_release(&g[k]);
		tm_release(&m[k]);
	}
}

/* --- places --- */

/* A longer table whose rows stand further down: the same bits. */
static void test_positions(void **state)
{
	struct model_config cfg = small_config();
	struct test_model a, b;
	struct param_set ps;
	struct model *m;
	struct err err;

	(void)state;
	tm_init(&a, &cfg, small_tasks(), 3);
	cfg.max_positions = 40;
	cfg.position_offset = 2;
	tm_init(&b, &cfg, small_tasks(), 3);
	for (int p = 0; p < a.ps.n; p++) {
		int skip = strcmp(a.ps.p[p].name, "embed.position") ? 0 : 2 * 16;

		assert_int_equal(b.ps.p[p].rows, skip ? 42 : a.ps.p[p].rows);
		memcpy(param_value(&b.ps, p) + skip, param_value(&a.ps, p),
		       param_count(&a.ps, p) * sizeof(float));
	}
	for (int task = 0; task < 3; task++)
		assert_true(loss_of(&a, task) == loss_of(&b, task));
	tm_release(&a);
	tm_release(&b);
	cfg.max_positions = 23;
	param_set_init(&ps);
	assert_int_equal(model_new(&cfg, small_tasks(), 3, &ps, &m, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "max_positions"));
	param_set_release(&ps);
}

/* --- what the parts say --- */

/* By hand, of dim 16, ff 32, 2 + 2 layers, 40 pieces, 3 labels. */
static void test_flops(void **state)
{
	struct model_config cfg = small_config();
	struct test_model m;
	double trunk = 2 * (5 * (8 * 256 + 4 * 16 * 32) + 5 * 4 * 16 * 5), cross;

	(void)state;
	tm_init(&m, &cfg, small_tasks(), 3);
	assert_true(model_flops(m.m, 0, 5, 0) == trunk + 2 * 16 * (16 + 3));
	assert_true(model_flops(m.m, 1, 5, 0) == trunk + 2 * 16 * (16 + 1));
	cross = 3 * (12 * 256 + 4 * 16 * 32) + 5 * 4 * 256 + 4 * 16 * (1 + 2 + 3) +
		3 * 4 * 16 * 5;
	cross = 2 * cross + 3 * 2 * 16 * 40;
	cross += 2 * 256 * (3 + 5) + 3 * 2 * 16 + 2 * 16 * 3 * 5; /* the copy gate */
	assert_true(model_flops(m.m, 2, 5, 3) == trunk + cross);
	tm_release(&m);
}

static void test_fields(void **state)
{
	static const char *const has[] = { "kind", "dim", "layers", "heads", "ff",
					   "shared_layers", "decoder_layers", "dropout",
					   "norm", "pool", "copy", "tied", "init" };

	(void)state;
	for (size_t i = 0; i < sizeof has / sizeof *has; i++)
		assert_true(model_kind_has("transformer", has[i]));
	assert_false(model_kind_has("transformer", "hidden"));
	assert_false(model_kind_has("transformer", ""));
	assert_false(model_kind_has("perceptron", "dim"));
	assert_false(model_kind_has("bilstm", "pool"));
	assert_true(model_kind_has("bilstm", "heads"));
	assert_true(model_uses("bilstm", "cross", "heads"));
	assert_false(model_uses("bilstm", "lstm", "heads"));
	assert_true(model_uses("transformer", "lstm", "heads"));
	assert_false(model_uses("perceptron", "parrot", "dim"));
}

static void test_decoders(void **state)
{
	struct model_config cfg = small_config();
	struct param_set ps;
	struct model *m;
	struct err err;

	(void)state;
	snprintf(cfg.decoder, sizeof cfg.decoder, "parrot");
	param_set_init(&ps);
	assert_int_equal(model_new(&cfg, small_tasks(), 3, &ps, &m, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "'parrot'"));
	param_set_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_drop_pooled),
		cmocka_unit_test(test_split_qkv),
		cmocka_unit_test(test_split_qkv_writes),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_flops),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_decoders),
	};

	return cmocka_run_group_tests_name("model_parts", tests, NULL, NULL);
}
