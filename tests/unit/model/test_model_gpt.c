/*
 * test_model_gpt.c - a causal language model: labels that are said, the loss on answers
 * and on prompts, who sees whom; that it learns; what is refused. Summaries by it are in
 * test_model_decode.c, its gradients in test_model_torch.c.
 */
#include "fixture/model_check.h"

enum { TOPIC, HEADLINE };

/* Labels of one, two and four pieces; the second begins as the first does. */
static const int32_t label_text[] = { 10, ID_SEP, 10, 11, ID_SEP, 30, 31, 10, 12, ID_SEP };
static const int label_off[] = { 0, 2, 5, 10 };

static const struct model_task gpt_tasks[2] = {
	[TOPIC] = { .name = "topic", .kind = TASK_CLASSIFY, .n_labels = 3,
		    .text = label_text, .text_off = label_off },
	[HEADLINE] = { .name = "headline", .kind = TASK_SUMMARIZE },
};

static struct model_config gpt_config(void)
{
	struct model_config cfg = small_config();

	snprintf(cfg.kind, sizeof cfg.kind, "gpt");
	cfg.copy = false;
	return cfg;
}

static void gpt_init(struct test_model *m, bool prompt_loss)
{
	struct model_config cfg = gpt_config();

	cfg.prompt_loss = prompt_loss;
	tm_init(m, &cfg, gpt_tasks, 2);
}

/* Sources of random words with a marked one that is the label; the summary is its last. */
static void toy_batch(struct test_batch *x, int task, uint64_t number, int B)
{
	tb_init(x, task, gpt_tasks[task].kind);
	x->b.draw = number;
	for (int e = 0; e < B; e++) {
		struct rng r = rng_stream(3, RNG_TEST, 0, number * 1000 + (uint64_t)e);
		int n = 3 + (int)rng_below(&r, 0, 5), key = (int)rng_below(&r, 1, 3);
		int32_t w[10];

		for (int j = 0; j < n; j++)
			w[j] = ID_WORD + 3 + (int32_t)rng_below(&r, (uint64_t)(9 + j), 20);
		w[rng_below(&r, 2, (uint32_t)n)] = ID_WORD + key;
		x->label[e] = key;
		tb_add(x, w, n, 99, task == HEADLINE ? (int32_t[]){ w[1], w[n - 1] } : NULL,
		       2);
	}
}

static double toy_loss(struct test_model *m, const struct test_batch *x)
{
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, &x->b, 0.0f).plain;
}

/* --- labels that are said --- */

/* The score of a label, among all of them, is minus the loss of saying it. */
static void test_scores(void **state)
{
	struct test_batch x;
	struct test_model m;
	double said[9][3];

	(void)state;
	gpt_init(&m, false);
	toy_batch(&x, TOPIC, 5, 9);
	for (int e = 0; e < 9; e++)
		for (int k = 0; k < 3; k++) {
			for (int i = 0; i < 9; i++)
				x.label[i] = i == e ? k : -1;
			said[e][k] = toy_loss(&m, &x);
		}
	for (int k = 0; k < 3; k++) {
		double *p, *loss;

		for (int e = 0; e < 9; e++)
			x.label[e] = k;
		tape_begin(&m.t, k ? m.g : NULL, NULL); /* in parts, and at once */
		model_predict_losses(m.m, &m.t, &x.b, &p, &loss);
		for (int e = 0; e < 9; e++) {
			double sum = 0;

			for (int j = 0; j < 3; j++)
				sum += exp(-said[e][j]);
			assert_true(fabs(loss[e] - said[e][k]) < 1e-5);
			assert_true(fabs(p[3 * e + k] - exp(-said[e][k]) / sum) < 1e-5);
		}
	}
	tm_release(&m);
}

/* A label counts as often as the task says, in the mean over rows; not in what is shown. */
static void test_class_weights(void **state)
{
	static const float weight[] = { 2.0f, 0.0f, 0.5f };
	struct model_task task = gpt_tasks[TOPIC];
	struct model_config cfg = gpt_config();
	double objective = 0, plain = 0;
	struct test_model m, weighed;
	struct test_batch x;
	struct loss l;

	(void)state;
	task.class_weight = weight;
	tm_init(&m, &cfg, gpt_tasks, 1);
	tm_init(&weighed, &cfg, &task, 1);
	toy_batch(&x, TOPIC, 7, 6);
	for (int e = 0; e < 6; e++) {
		double said;

		for (int i = 0; i < 6; i++)
			x.label[i] = i == e ? e % 3 : -1;
		said = toy_loss(&m, &x);
		plain += said / 6;
		objective += (double)weight[e % 3] * said / 6;
	}
	for (int e = 0; e < 6; e++)
		x.label[e] = e % 3;
	tape_begin(&weighed.t, NULL, NULL);
	l = model_loss(weighed.m, &weighed.t, &x.b, 0.0f);
	assert_true(fabs(l.objective - objective) < 1e-5);
	assert_true(fabs(l.plain - plain) < 1e-5);
	assert_true(fabs(objective - plain) > 0.1);
	tm_release(&m);
	tm_release(&weighed);
}

/* More than fit at once, with long texts: each as if it were alone. */
static void test_many(void **state)
{
	enum { LONG = LABEL_PIECES_MAX };
	static const int off[] = { 0, LONG, 2 * LONG, 3 * LONG };
	int32_t text[3 * LONG];
	struct model_task task = gpt_tasks[TOPIC];
	struct model_config cfg = gpt_config();
	struct test_model m;
	struct test_batch x, one;
	double *p, all[64 * 3];

	(void)state;
	for (int i = 0; i < 3 * LONG; i++)
		text[i] = ID_WORD + i * 7 % 30;
	task.text = text;
	task.text_off = off;
	tm_init(&m, &cfg, &task, 1);
	toy_batch(&x, TOPIC, 6, 64);
	tape_begin(&m.t, NULL, NULL);
	model_predict(m.m, &m.t, &x.b, &p);
	memcpy(all, p, sizeof all);
	for (int e = 0; e < 64; e += 9) {
		tb_init(&one, TOPIC, TASK_CLASSIFY);
		tb_add(&one, x.ids + x.off[e] + 1, x.off[e + 1] - x.off[e] - 2, 99, NULL, 0);
		tape_begin(&m.t, NULL, NULL);
		model_predict(m.m, &m.t, &one.b, &p);
		for (int k = 0; k < 3; k++)
			assert_true(fabs(p[k] - all[3 * e + k]) < 1e-6);
	}
	tm_release(&m);
}

/* The score of x's label for its one example, place i's row longer by h of its token's. */
static double moved(struct test_model *m, struct test_batch *x, int i, float h)
{
	float *at = param_value(&m->ps, param_find(&m->ps, "embed.position")) + i * 16;
	const float *e = param_value(&m->ps, param_find(&m->ps, "embed.token")) +
			 x->ids[i] * 16;
	double *p, *loss;
	float was[16];

	memcpy(was, at, sizeof was);
	for (int k = 0; k < 16; k++)
		at[k] += h * 4.0f * e[k]; /* table_scale: sqrt(16) */
	tape_begin(&m->t, NULL, NULL);
	model_predict_losses(m->m, &m->t, &x->b, &p, &loss);
	memcpy(at, was, sizeof was);
	return -loss[0];
}

/*
 * The likeliest label's score pulled apart. A token's row enters with its place's, so
 * that the one's share can be felt at the other: tokens are in the output layer, too.
 */
static void test_attribute(void **state)
{
	struct test_model m;
	struct test_batch x;
	double *p, largest = 0;
	float *score, given[16];

	(void)state;
	gpt_init(&m, false);
	toy_batch(&x, TOPIC, 7, 1);
	grads_clear(m.g);
	tape_begin(&m.t, m.g, NULL);
	model_attribute(m.m, &m.t, &x.b, &p, &score);
	x.label[0] = p[1] > p[0] ? 1 : 0;
	x.label[0] = p[2] > p[x.label[0]] ? 2 : x.label[0];
	memcpy(given, score, (size_t)x.b.N * sizeof *score);
	for (int i = 0; i < x.b.N; i++) {
		double want = (moved(&m, &x, i, 0.01f) - moved(&m, &x, i, -0.01f)) / 0.02;

		assert_true(fabs(want - (double)given[i]) < 1e-3 + 0.02 * fabs(want));
		largest = fmax(largest, fabs(want));
	}
	assert_true(largest > 0.02);
	tm_release(&m);
}

/* --- losses --- */

/*
 * With prompt_loss the objective is another one, what is shown the same; of examples
 * and their pieces the mean, in both.
 */
static void test_prompt_loss(void **state)
{
	struct test_model m[2];
	struct test_batch x;

	(void)state;
	for (int k = 0; k < 2; k++)
		gpt_init(&m[k], k);
	for (int task = TOPIC; task <= HEADLINE; task++) {
		struct loss l[2];

		toy_batch(&x, task, 8, 5);
		for (int k = 0; k < 2; k++) {
			tape_begin(&m[k].t, NULL, NULL);
			l[k] = model_loss(m[k].m, &m[k].t, &x.b, 0.0f);
			assert_int_equal(l[k].units, task == TOPIC ? 5 : 15);
		}
		assert_true(fabs(l[0].plain - l[0].objective) < 1e-9);
		assert_true(fabs(l[0].plain - l[1].plain) < 1e-9);
		assert_true(fabs(l[1].plain - l[1].objective) > 1e-4);
		for (int e = 0; e < 5; e++) /* no answer: nothing to learn from */
			x.label[e] = -1;
		for (int i = 0; i < x.b.T; i++)
			x.out[i] = -1;
		for (int k = 0; k < 2; k++) {
			tape_begin(&m[k].t, NULL, NULL);
			l[k] = model_loss(m[k].m, &m[k].t, &x.b, 0.0f);
			assert_true(l[k].units == 0 && !(fabs(l[k].objective) > 0));
		}
	}
	for (int k = 0; k < 2; k++)
		tm_release(&m[k]);
}

/* Each example counts the same, whatever the length of its label's text. */
static void test_means(void **state)
{
	struct test_model m;
	struct test_batch x;
	double each = 0, all;
	int32_t label[5];

	(void)state;
	gpt_init(&m, false);
	toy_batch(&x, TOPIC, 8, 5);
	all = toy_loss(&m, &x);
	memcpy(label, x.label, sizeof label);
	for (int e = 0; e < 5; e++) {
		for (int i = 0; i < 5; i++)
			x.label[i] = i == e ? label[i] : -1;
		each += toy_loss(&m, &x) / 5;
	}
	assert_true(fabs(each - all) < 1e-6);
	tm_release(&m);
}

/* A later piece leaves an earlier one's loss alone, to the bit; an earlier one does not. */
static void test_causal(void **state)
{
	static const int32_t words[6] = { 9, 12, 30, 17, 8, 25 }, said[3] = { 7, 8, 9 };
	struct test_model m;

	(void)state;
	gpt_init(&m, false);
	for (int k = 0; k < 4; k++)
		for (int j = 0; j < 3; j++) {
			double loss[2];

			for (int other = 0; other < 2; other++) {
				struct test_batch x;
				int32_t t[3] = { said[0], said[1], said[2] };

				t[j] += other;
				tb_init(&x, HEADLINE, TASK_SUMMARIZE);
				tb_add(&x, words, 6, 99, t, 3);
				for (int i = 0; i < 4; i++)
					x.out[i] = i == k ? 20 : -1;
				loss[other] = toy_loss(&m, &x);
			}
			assert_int_equal(!memcmp(&loss[0], &loss[1], sizeof *loss), j >= k);
		}
	tm_release(&m);
}

/* --- training --- */

static void one_step(struct test_model *m, int task, uint64_t number)
{
	struct adamw_group group[4];
	struct rng noise = rng_stream(9, RNG_DROPOUT, (uint32_t)task, number);
	struct test_batch x;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ 3e-3f, 0.9f, 0.98f, 1e-8f, 0.01f };
	toy_batch(&x, task, number, 16);
	grads_clear(m->g);
	tape_begin(&m->t, m->g, &noise);
	model_loss(m->m, &m->t, &x.b, 0.05f);
	tape_backward(&m->t);
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, 1.0f, group, 0, 1);
}

static void test_learns(void **state)
{
	struct model_config cfg = gpt_config();

	(void)state;
	cfg.dim = 32;
	cfg.ff = 64;
	for (int k = 0; k < 2; k++) {
		struct test_batch dev[2];
		struct test_model m;
		double *p;
		int right = 0;

		cfg.prompt_loss = k;
		tm_init(&m, &cfg, gpt_tasks, 2);
		for (int i = 0; i < 800; i++)
			one_step(&m, i % 2 ? HEADLINE : TOPIC, (uint64_t)i);
		for (int task = 0; task < 2; task++)
			toy_batch(&dev[task], task, 1000000, 48);
		tape_begin(&m.t, NULL, NULL);
		model_predict(m.m, &m.t, &dev[TOPIC].b, &p);
		for (int e = 0; e < 48; e++) {
			double *q = p + 3 * e;
			int best = q[1] > q[0] ? 1 : 0;

			right += dev[TOPIC].label[e] == (q[2] > q[best] ? 2 : best);
		}
		if (right < 46 || !(toy_loss(&m, &dev[HEADLINE]) < 2.3))
			fail_msg("prompt_loss %d: %d of 48 right, summaries at %g", k, right,
				 toy_loss(&m, &dev[HEADLINE]));
		tm_release(&m);
	}
}

/* The same draw gives the same bits; after the first rounds the heap is left alone. */
static void test_same_bits(void **state)
{
	struct test_batch other;
	struct test_model a, b;
	uint64_t before = 0;

	(void)state;
	gpt_init(&a, true);
	gpt_init(&b, true);
	toy_batch(&other, HEADLINE, 77, 20);
	toy_loss(&b, &other); /* another history of memory */
	for (uint64_t i = 0; i < 12; i++) {
		if (i == 6)
			before = mem_thread_allocations();
		one_step(&a, i % 2 ? HEADLINE : TOPIC, i % 6);
		one_step(&b, i % 2 ? HEADLINE : TOPIC, i % 6);
	}
	assert_int_equal(mem_thread_allocations(), before);
	assert_memory_equal(a.ps.value, b.ps.value, a.ps.size * sizeof *a.ps.value);
	tm_release(&a);
	tm_release(&b);
}

/* --- what it is made of, what it costs, what it refuses --- */

static void test_parts(void **state)
{
	struct model_config cfg = gpt_config();
	const struct model_config *c;
	struct test_model m;

	(void)state;
	cfg.pre_norm = cfg.tied = false; /* neither is open */
	cfg.copy = true;
	tm_init(&m, &cfg, gpt_tasks, 2);
	c = model_config(m.m);
	assert_true(c->pre_norm && c->tied && !c->copy);
	assert_int_equal(c->act, ACT_GELU_TANH);
	assert_int_equal(c->max_positions, 24 + LABEL_PIECES_MAX);
	assert_true(param_find(&m.ps, "layers.0.attention.qkv.weight") >= 0);
	assert_true(param_find(&m.ps, "tasks.topic.layers.1.feed.up.weight") >= 0);
	assert_true(param_find(&m.ps, "tasks.headline.layers.norm.bias") >= 0);
	assert_true(param_find(&m.ps, "embed.segment") < 0);
	assert_true(m.ps.p[param_find(&m.ps, "embed.token")].flags & PARAM_OUTPUT);
	for (int p = 0; p < m.ps.n; p++)
		assert_null(strstr(m.ps.p[p].name, ".head."));
	tm_release(&m);
	assert_true(model_kind_has("gpt", "prompt_loss"));
	assert_false(model_kind_has("gpt", "decoder_layers"));
	assert_false(model_kind_has("gpt", "norm"));
	assert_false(model_kind_has("transformer", "prompt_loss"));
	assert_true(model_decoder_fits("cross", "gpt"));
}

/* By hand: 5 pieces of prompt, 3 of the answer, of which 2 are read; 2 layers. */
static void test_flops(void **state)
{
	double row = 8 * 256 + 4 * 16 * 32, see = 4 * 16;
	double trunk = 2 * (5 * row + see * (1 + 2 + 3 + 4 + 5));
	double said = 2 * (2 * row + see * (6 + 7)), out = 2 * 16 * 40;
	double unread = 4 * (row - 4 * 256) + see * (1 + 2 + 3 + 4); /* in the top layer */
	/* all labels, of 2, 3 and 5 pieces: 1, 2 and 4 are read */
	double labels = 2 * (7 * row + see * (6 + 6 + 7 + 6 + 7 + 8 + 9));
	struct test_model m;

	(void)state;
	gpt_init(&m, false);
	assert_true(model_flops(m.m, HEADLINE, 5, 3) ==
		    trunk + said + 3 * out - unread);
	assert_true(model_predict_flops(m.m, TOPIC, 5) == trunk + labels + (1 + 7) * out);
	tm_release(&m);
	gpt_init(&m, true);
	assert_true(model_flops(m.m, HEADLINE, 5, 3) == trunk + said + (4 + 3) * out);
	tm_release(&m);
}

static void refuse(const struct model_task *task, const char *word)
{
	struct model_config cfg = gpt_config();
	struct param_set ps;
	struct model *m;
	struct err err = { "" };

	param_set_init(&ps);
	assert_int_equal(model_new(&cfg, task, 1, &ps, &m, &err), ST_INVALID);
	if (!strstr(err.text, word) || !strstr(err.text, "'topic'"))
		fail_msg("'%s' does not say '%s'", err.text, word);
	param_set_release(&ps);
}

static void test_refusals(void **state)
{
	static const int32_t twice[] = { 10, ID_SEP, 9, ID_SEP, 10, ID_SEP };
	static const int32_t many[LABEL_PIECES_MAX + 1 + 4];
	static const int two[] = { 0, 2, 4, 6 }, none[] = { 0, 2, 2, 4 };
	static const int longest[] = { 0, 1, LABEL_PIECES_MAX + 2, LABEL_PIECES_MAX + 4 };
	struct model_task t = gpt_tasks[TOPIC];

	(void)state;
	t.text = twice;
	t.text_off = two;
	refuse(&t, "labels 1 and 3 are one text");
	t.text_off = none;
	refuse(&t, "label 2 has 0 pieces");
	t.text = many;
	t.text_off = longest;
	refuse(&t, "label 2 has 33 pieces");
	t.text = NULL;
	refuse(&t, "no texts");
	t = (struct model_task){ .name = "topic", .kind = TASK_REGRESS, .scale = 1 };
	refuse(&t, "no grid of numbers");
	t.grid = (struct number_grid){ 0.5, 2, 3 };
	refuse(&t, "no texts for its numbers");
	t.text = twice;
	t.text_off = two;
	refuse(&t, "numbers 1 and 3 are one text");
	assert_true(model_kind_answers("gpt", TASK_CLASSIFY));
	assert_true(model_kind_answers("gpt", TASK_REGRESS));
	assert_true(model_kind_answers("transformer", TASK_REGRESS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scores),      cmocka_unit_test(test_many),
		cmocka_unit_test(test_attribute),   cmocka_unit_test(test_prompt_loss),
		cmocka_unit_test(test_means),       cmocka_unit_test(test_causal),
		cmocka_unit_test(test_learns),      cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_parts),       cmocka_unit_test(test_flops),
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_class_weights),
	};

	return cmocka_run_group_tests_name("model_gpt", tests, NULL, NULL);
}
