/*
 * test_model.c - parameters: how many, whose, how they begin; bad configurations refused
 * with a word. What every model promises is in test_model_promises.c.
 */
#include "fixture/model_check.h"

static void test_counts(void **state)
{
	struct model_config cfg = small_config();
	struct test_model m;
	uint64_t sum = 0;

	(void)state;
	for (int v = 0; v < 32; v++) {
		cfg.pre_norm = v & 1;
		cfg.tied = v & 2;
		cfg.copy = v & 4;
		cfg.shared_layers = v >> 3;
		if (cfg.shared_layers > cfg.layers) {
			assert_int_equal(declared(&cfg, small_tasks(), 3), 0);
			continue;
		}
		tm_init(&m, &cfg, small_tasks(), 3);
		sum = 0;
		for (int i = 0; i < m.ps.n; i++)
			sum += param_count(&m.ps, i);
		assert_int_equal(declared(&cfg, small_tasks(), 3), sum);
		tm_release(&m);
	}
	/* By hand: tied, pre-norm, copy, all shared, one summary task. */
	cfg = small_config();
	cfg.shared_layers = 2;
	sum = (40 + 24 + 2) * 16 + 2 * (48 * 17 + 16 * 17 + 32 * 17 + 16 * 33 +
					4 * 16) + 32;
	sum += 12 * 16 + 32 + 2 * ((48 + 16 + 16 + 32 + 16 + 32) * 17 + 16 * 33 +
				   6 * 16) + 40 + 2 * 16 * 17 + 17;
	assert_int_equal(declared(&cfg, small_tasks() + 2, 1), sum);
}

/* A big model is counted without taking its memory. */
static void test_count_allocates_nothing(void **state)
{
	struct model_config cfg = small_config();
	uint64_t before = mem_now_bytes();

	(void)state;
	cfg.dim = 8192;
	cfg.ff = 32768;
	cfg.layers = cfg.shared_layers = 48;
	cfg.vocab = 50000;
	assert_true(declared(&cfg, small_tasks(), 3) > 1u << 31);
	assert_true(mem_now_bytes() < before + (64u << 20));
}

/* All but embeddings are private when nothing is shared. */
static void test_nothing_shared(void **state)
{
	struct model_config cfg = small_config();
	struct test_model m;

	(void)state;
	cfg.shared_layers = 0;
	tm_init(&m, &cfg, small_tasks(), 3);
	for (int p = 0; p < m.ps.n; p++)
		assert_int_equal(m.ps.p[p].owner == PARAM_SHARED,
				 !strncmp(m.ps.p[p].name, "embed.", 6));
	assert_true(param_find(&m.ps, "tasks.topic.encoder.1.feed.up.weight") >=
		    0);
	tm_release(&m);
}

static unsigned flags_of(const struct param_set *ps, const char *name)
{
	int p = param_find(ps, name);

	assert_true(p >= 0);
	return ps->p[p].flags;
}

static void test_flags(void **state)
{
	struct model_config cfg = small_config();
	struct test_model m;

	(void)state;
	tm_init(&m, &cfg, small_tasks(), 3);
	assert_int_equal(flags_of(&m.ps, "embed.token"),
			 PARAM_ROWS | PARAM_DECAY | PARAM_OUTPUT);
	assert_int_equal(flags_of(&m.ps, "encoder.0.attention.norm.weight"), 0);
	assert_int_equal(flags_of(&m.ps, "encoder.0.attention.qkv.weight"),
			 PARAM_DECAY | PARAM_DENSE);
	assert_int_equal(flags_of(&m.ps, "encoder.0.attention.qkv.bias"), 0);
	tm_release(&m);
	tm_init(&m, &cfg, small_tasks(), 2); /* no summaries */
	assert_true(flags_of(&m.ps, "embed.token") & PARAM_LAZY);
	tm_release(&m);
	cfg.tied = false;
	tm_init(&m, &cfg, small_tasks(), 3);
	assert_true(flags_of(&m.ps, "embed.token") & PARAM_LAZY);
	assert_true(flags_of(&m.ps, "tasks.headline.decoder.token") & PARAM_LAZY);
	assert_int_equal(flags_of(&m.ps, "tasks.headline.decoder.output.weight"),
			 PARAM_DECAY | PARAM_OUTPUT);
	tm_release(&m);
}

/* The seed decides the weights, whatever stood there before. */
static void test_random(void **state)
{
	struct model_config cfg = small_config();
	struct test_model a, b;
	size_t bytes;

	(void)state;
	tm_init(&a, &cfg, small_tasks(), 3);
	tm_init(&b, &cfg, small_tasks(), 3);
	bytes = a.ps.size * sizeof(float);
	assert_memory_equal(a.ps.value, b.ps.value, bytes);
	model_init_random(b.m, &b.ps, 6);
	assert_memory_not_equal(a.ps.value, b.ps.value, bytes);
	model_init_random(b.m, &b.ps, 5);
	assert_memory_equal(a.ps.value, b.ps.value, bytes);
	tm_release(&a);
	tm_release(&b);
}

static void refuse(const struct model_config *cfg, const struct model_task *t,
		   int n, const char *word)
{
	struct param_set ps;
	struct model *m;
	struct err err = { "" };

	param_set_init(&ps);
	assert_int_equal(model_new(cfg, t, n, &ps, &m, &err), ST_INVALID);
	assert_null(m);
	if (!strstr(err.text, word))
		fail_msg("'%s' does not say '%s'", err.text, word);
	assert_int_equal(declared(cfg, t, n), 0);
	param_set_release(&ps);
}

static void test_refusals(void **state)
{
	struct model_config good = small_config(), c = good;
	struct model_task t[3];

	(void)state;
	memcpy(t, small_tasks(), sizeof t);
	snprintf(c.kind, sizeof c.kind, "perceptron");
	refuse(&c, t, 3, "'perceptron'");
	c = good;
	c.heads = 3;
	refuse(&c, t, 3, "multiple");
	c = good;
	snprintf(c.kind, sizeof c.kind, "bilstm");
	c.dim = 15;
	refuse(&c, t, 2, "model.dim (15)");
	c = good;
	c.shared_layers = 3;
	refuse(&c, t, 3, "shared_layers");
	c = good;
	c.decoder_layers = 0;
	refuse(&c, t, 3, "decoder_layers");
	c = good;
	c.vocab = 0;
	refuse(&c, t, 3, "vocab");
	refuse(&good, t, 0, "tasks");
	t[1] = t[0];
	refuse(&good, t, 3, "two tasks");
	t[1] = small_tasks()[1];
	t[1].scale = NAN;
	refuse(&good, t, 3, "'score'");
	t[1] = small_tasks()[1];
	t[0].n_labels = 1;
	refuse(&good, t, 3, "labels");
	assert_string_equal(model_kind_name(0), "transformer");
	assert_null(model_kind_name(1000));
	assert_null(model_kind_name(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_count_allocates_nothing),
		cmocka_unit_test(test_nothing_shared),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
