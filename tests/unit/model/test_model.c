/*
 * test_model.c - what a model promises: parameters, private and shared; that it
 * learns; that predicting is the training pass without noise; bad configurations
 * refused with a word.
 */
#include "fixture/model_check.h"

/* Example i of a toy task; every answer can be read off the source. */
static void toy_example(struct test_batch *x, uint64_t i)
{
	struct rng r = rng_stream(3, RNG_TEST, 0, i);
	int n = 3 + (int)rng_below(&r, 0, 4), k = x->b.B;
	int32_t w[16];
	int key = (int)rng_below(&r, 1, 3);

	for (int j = 0; j < n; j++)
		w[j] = ID_WORD + 3 + (int32_t)rng_below(&r, (uint64_t)(10 + j),
							20);
	w[rng_below(&r, 2, (uint32_t)n)] = ID_WORD + key;
	x->label[k] = key;
	x->number[k] = 0.5 + 1.5 * (double)key;
	/* The summary: the second and the last word. */
	tb_add(x, w, n, 99, (int32_t[]){ w[1], w[n - 1] }, 2);
}

static void toy_batch(struct test_batch *x, int task, uint64_t number, int B)
{
	tb_init(x, task, small_tasks()[task].kind);
	for (int i = 0; i < B; i++)
		toy_example(x, number * 1000 + (uint64_t)i);
}

static double one_step(struct test_model *m, const struct batch *b, float lr,
		       float p_drop)
{
	struct adamw_group group[4];
	struct rng noise = rng_stream(9, RNG_DROPOUT, (uint32_t)b->task,
				      b->draw);
	double loss;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ lr, 0.9f, 0.98f, 1e-8f, 0.01f };
	grads_clear(m->g);
	tape_begin(&m->t, m->g, p_drop > 0.0f ? &noise : NULL);
	loss = model_loss(m->m, &m->t, b, p_drop).objective;
	tape_backward(&m->t);
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, 1.0f, group, 0, 1);
	return loss;
}

/* Of every trunk with every decoder. */
static void all_kinds(void (*promise)(const struct model_config *cfg))
{
	struct model_config cfg = small_config();

	for (int k = 0; model_kind_name(k); k++)
		for (int d = 0; model_decoder_name(d); d++) {
			snprintf(cfg.kind, sizeof cfg.kind, "%s", model_kind_name(k));
			snprintf(cfg.decoder, sizeof cfg.decoder, "%s",
				 model_decoder_name(d));
			promise(&cfg);
		}
}

static double toy_loss(struct test_model *m, const struct batch *b)
{
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, b, 0.0f).objective;
}

/* From ln K (or the variance, or ln V) to well below, on unseen examples. */
static void learns(const char *kind, int task, bool pre_norm, bool copy, int steps,
		   double below)
{
	struct model_config cfg = small_config();
	struct test_batch x, dev;
	struct test_model m;
	double before, after;

	snprintf(cfg.kind, sizeof cfg.kind, "%s", kind);
	cfg.pre_norm = pre_norm;
	cfg.copy = copy;
	cfg.dim = 32;
	cfg.ff = 64;
	tm_init(&m, &cfg, small_tasks(), 3);
	toy_batch(&dev, task, 1000000, 48);
	before = toy_loss(&m, &dev.b);
	for (int i = 0; i < steps; i++) {
		toy_batch(&x, task, (uint64_t)i, 16);
		x.b.draw = (uint64_t)i;
		one_step(&m, &x.b, 3e-3f, 0.05f);
	}
	after = toy_loss(&m, &dev.b);
	if (!(after < below && below < 0.8 * before))
		fail_msg("%s, task %d pre %d copy %d: loss %g to %g, wanted %g",
			 kind, task, pre_norm, copy, before, after, below);
	tm_release(&m);
}

static void test_learns(void **state)
{
	(void)state;
	learns("transformer", 0, true, false, 120, 0.1);
	learns("transformer", 0, false, false, 120, 0.1);
	learns("transformer", 1, true, false, 150, 0.1);
	learns("transformer", 1, false, false, 150, 0.1);
	learns("bilstm", 0, true, false, 120, 0.1);
	learns("bilstm", 1, true, false, 150, 0.1);
}

static void test_learns_summaries(void **state)
{
	(void)state;
	learns("transformer", 2, true, true, 500, 0.6);
	learns("transformer", 2, false, true, 500, 0.6);
	learns("bilstm", 2, true, true, 500, 0.6);
}

/* How many numbers its parameters are: declared, none allocated. 0: it is refused. */
static uint64_t declared(const struct model_config *cfg, const struct model_task *tasks,
			 int n)
{
	struct param_set ps;
	struct model *m;
	uint64_t sum = 0;

	param_set_init(&ps);
	model_declare(cfg, tasks, n, &ps, &m, NULL);
	for (int i = 0; m && i < ps.n; i++)
		sum += param_count(&ps, i);
	model_free(m);
	param_set_release(&ps);
	return sum;
}

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

/* A batch of one task leaves every other task's own parameters untouched. */
static void test_private(void **state)
{
	struct model_config cfg = small_config();
	struct test_batch x;
	struct test_model m;

	(void)state;
	tm_init(&m, &cfg, small_tasks(), 3);
	for (int task = 0; task < 3; task++) {
		toy_batch(&x, task, 7, 4);
		grads_clear(m.g);
		tape_begin(&m.t, m.g, NULL);
		model_loss(m.m, &m.t, &x.b, 0.0f);
		tape_backward(&m.t);
		for (int p = 0; p < m.ps.n; p++) {
			const struct param *q = &m.ps.p[p];
			bool own = q->owner == PARAM_SHARED || q->owner == task;

			if (grads_touched(m.g, p) != own)
				fail_msg("task %d, '%s' of %d", task, q->name,
					 q->owner);
		}
	}
	tm_release(&m);
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

/* The loss of a prediction is the loss of the training pass without dropout. */
static void predicts(const struct model_config *cfg)
{
	struct test_batch x;
	struct test_model m;

	tm_init(&m, cfg, small_tasks(), 3);
	for (int task = 0; task < 2; task++) {
		double train, sum = 0.0, *p;

		toy_batch(&x, task, 3, 9);
		tape_begin(&m.t, m.g, NULL);
		train = model_loss(m.m, &m.t, &x.b, 0.0f).objective;
		tape_begin(&m.t, NULL, NULL);
		model_predict(m.m, &m.t, &x.b, &p);
		for (int i = 0; i < 9; i++) {
			double d = (p[i] - x.number[i]) / 1.5;

			sum += task ? d * d :
				      -log(p[3 * i + x.label[i]]);
		}
		assert_true(fabs(sum / 9 - train) < 1e-5);
		assert_true(fabs(toy_loss(&m, &x.b) - train) < 1e-6);
	}
	toy_batch(&x, 2, 3, 9);
	tape_begin(&m.t, m.g, NULL);
	assert_true(fabs(model_loss(m.m, &m.t, &x.b, 0.0f).objective -
			 toy_loss(&m, &x.b)) < 1e-6);
	tm_release(&m);
}

static void test_predict(void **state)
{
	(void)state;
	all_kinds(predicts);
}

/* A sequence's result does not depend on its neighbours in the batch. */
static void stands_alone(const struct model_config *cfg)
{
	struct test_batch all, one;
	struct test_model m;
	double *p, kept[15];

	tm_init(&m, cfg, small_tasks(), 3);
	toy_batch(&all, 0, 1, 5);
	tape_begin(&m.t, NULL, NULL);
	model_predict(m.m, &m.t, &all.b, &p);
	memcpy(kept, p, sizeof kept);
	for (int i = 0; i < 5; i++) {
		tb_init(&one, 0, TASK_CLASSIFY);
		toy_example(&one, 1000 + (uint64_t)i);
		tape_begin(&m.t, NULL, NULL);
		model_predict(m.m, &m.t, &one.b, &p);
		for (int k = 0; k < 3; k++)
			assert_true(fabs(p[k] - kept[3 * i + k]) < 1e-6);
	}
	tm_release(&m);
}

static void test_alone(void **state)
{
	(void)state;
	all_kinds(stands_alone);
}

/* After the first rounds a micro-batch asks the heap for nothing. */
static void no_heap(const struct model_config *cfg)
{
	struct test_batch x;
	struct test_model m;
	uint64_t before = 0;

	tm_init(&m, cfg, small_tasks(), 3);
	for (int round = 0; round < 6; round++) {
		if (round == 3)
			before = mem_thread_allocations();
		for (int task = 0; task < 3; task++) {
			toy_batch(&x, task, 4, 8);
			one_step(&m, &x.b, 1e-3f, 0.1f);
		}
	}
	assert_int_equal(mem_thread_allocations(), before);
	tm_release(&m);
}

static void test_no_heap(void **state)
{
	(void)state;
	all_kinds(no_heap);
}

/* The same draw gives the same bits, whatever the tape did before. */
static void same_bits(const struct model_config *cfg)
{
	struct test_batch x, other;
	struct test_model a, b;

	tm_init(&a, cfg, small_tasks(), 3);
	tm_init(&b, cfg, small_tasks(), 3);
	for (int task = 0; task < 3; task++) {
		double first, again, changed;

		toy_batch(&x, task, 4, 8);
		toy_batch(&other, (task + 1) % 3, 5, 20);
		x.b.draw = 7;
		toy_loss(&b, &other.b);
		first = one_step(&a, &x.b, 1e-3f, 0.2f);
		again = one_step(&b, &x.b, 1e-3f, 0.2f);
		assert_memory_equal(&first, &again, sizeof first);
		assert_memory_equal(a.ps.value, b.ps.value,
				    a.ps.size * sizeof *a.ps.value);
		x.b.draw = 8;
		changed = one_step(&a, &x.b, 0.0f, 0.2f);
		x.b.draw = 9;
		again = one_step(&a, &x.b, 0.0f, 0.2f);
		assert_memory_not_equal(&changed, &again, sizeof again);
		x.b.draw = 8;
		one_step(&b, &x.b, 0.0f, 0.2f);
		x.b.draw = 9;
		one_step(&b, &x.b, 0.0f, 0.2f);
	}
	tm_release(&a);
	tm_release(&b);
}

static void test_same_bits(void **state)
{
	(void)state;
	all_kinds(same_bits);
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
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_nothing_shared),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_predict),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_learns_summaries),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
