/*
 * test_model_prefix.c - summaries by the trunk's own layers: who sees whom, to the bit;
 * that it learns; what it costs; what is refused. That a cached step is the whole pass
 * test_model_decode.c shows, test_model_torch.c the gradients.
 */
#include "fixture/model_check.h"

enum { SUMMARY = 2, PIECES = 6 };

/* Four bits: pre-norm, copy gate, masks, a layer of its own. */
enum { VARIANTS = 16 };

static struct model_config prefix_config(int variant)
{
	struct model_config cfg = small_config();

	snprintf(cfg.decoder, sizeof cfg.decoder, "prefix");
	cfg.pre_norm = variant & 1;
	cfg.copy = variant & 2;
	cfg.from_mask = variant & 4;
	cfg.shared_layers = variant & 8 ? 1 : 2;
	cfg.mask_id = ID_MASK;
	return cfg;
}

static void prefix_init(struct test_model *m, int variant)
{
	struct model_config cfg = prefix_config(variant);

	tm_init(m, &cfg, small_tasks(), 3);
}

/* Two examples of PIECES target pieces each, the first one's from `said`. */
static void batch_of(struct test_batch *x, const int32_t *said)
{
	static const int32_t words[2][7] = { { 9, 12, 30, 17, 8, 25, 11 },
					     { 33, 5, 19, 21, 0, 0, 0 } };

	tb_init(x, SUMMARY, TASK_SUMMARIZE);
	tb_add(x, words[0], 7, 99, said, PIECES - 1);
	tb_add(x, words[1], 4, 99, words[0], PIECES - 1);
}

/* --- who sees whom --- */

/* The loss of the first example's piece k alone. */
static double loss_at(struct test_model *m, struct test_batch *x, int k)
{
	for (int i = 0; i < x->b.T; i++)
		if (i != k)
			x->out[i] = -1;
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, &x->b, 0.0f).objective;
}

/*
 * Pieces behind the one that is asked for leave its loss alone, to the bit: neither it
 * nor the source's rows, which it and the copy gate see, have seen them. The piece
 * before it does not.
 */
static void test_causal(void **state)
{
	static const int32_t said[PIECES - 1] = { 12, 30, 22, 8, 36 };

	(void)state;
	for (int variant = 0; variant < VARIANTS; variant++) {
		struct test_model m;

		prefix_init(&m, variant);
		for (int k = 0; k < PIECES; k++)
			for (int j = 0; j < PIECES - 1; j++) {
				struct test_batch x;
				int32_t other[PIECES - 1];
				double is, was;

				memcpy(other, said, sizeof other);
				other[j] = 14;
				batch_of(&x, said);
				was = loss_at(&m, &x, k);
				batch_of(&x, other);
				x.out[k] = k < PIECES - 1 ? said[k] : ID_SEP;
				is = loss_at(&m, &x, k);
				if ((memcmp(&is, &was, sizeof is) == 0) != (j >= k))
					fail_msg("variant %d: piece %d in the loss of %d: "
						 "%.17g, %.17g", variant, j, k, was, is);
			}
		tm_release(&m);
	}
}

/* The op itself: rows of the source are the same bits whatever stands behind them. */
static void test_source_rows(void **state)
{
	enum { PREFIX = 9, BEHIND = 10, C = 24 };
	static float qkv[2][(PREFIX + BEHIND) * 3 * C];
	static const int off[] = { 0, PREFIX + BEHIND }, prefix[] = { PREFIX };
	struct ten *y[2];
	struct tape t;

	(void)state;
	blas_init();
	tape_init(&t, NULL);
	for (int masks = 0; masks < 2; masks++) {
		struct prefixed rows = { { 1, off }, prefix, masks };

		for (int i = 0; i < (PREFIX + BEHIND) * 3 * C; i++) {
			struct rng r = rng_stream(6, RNG_TEST, 0, 0);

			qkv[0][i] = qkv[1][i] = rng_normal(&r, (uint64_t)i);
			if (i >= PREFIX * 3 * C)
				qkv[1][i] *= -3.0f;
		}
		tape_begin(&t, NULL, NULL);
		for (int k = 0; k < 2; k++)
			y[k] = op_prefix_attention(
				&t, tape_wrap(&t, qkv[k], PREFIX + BEHIND, 3 * C), &rows, 4,
				0.0f);
		assert_memory_equal(y[0]->v, y[1]->v, PREFIX * C * sizeof(float));
		assert_memory_not_equal(y[0]->v + PREFIX * C, y[1]->v + PREFIX * C,
					C * sizeof(float));
	}
	tape_release(&t);
}

/* --- training --- */

/* Sources of random words; the summary is the second and the last of them. */
static void toy_batch(struct test_batch *x, uint64_t number, int B)
{
	tb_init(x, SUMMARY, TASK_SUMMARIZE);
	x->b.draw = number;
	for (int e = 0; e < B; e++) {
		struct rng r = rng_stream(3, RNG_TEST, 0, number * 1000 + (uint64_t)e);
		int n = 3 + (int)rng_below(&r, 0, 4);
		int32_t w[8];

		for (int j = 0; j < n; j++)
			w[j] = ID_WORD + (int32_t)rng_below(&r, (uint64_t)(1 + j), 20);
		tb_add(x, w, n, 99, (int32_t[]){ w[1], w[n - 1] }, 2);
	}
}

static double toy_loss(struct test_model *m)
{
	struct test_batch x;

	toy_batch(&x, 1000000, 32);
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, &x.b, 0.0f).objective;
}

static void one_step(struct test_model *m, uint64_t number, float p_drop)
{
	struct adamw_group group[4];
	struct rng noise = rng_stream(9, RNG_DROPOUT, SUMMARY, number);
	struct test_batch x;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ 3e-3f, 0.9f, 0.98f, 1e-8f, 0.01f };
	toy_batch(&x, number, 16);
	grads_clear(m->g);
	tape_begin(&m->t, m->g, p_drop > 0.0f ? &noise : NULL);
	model_loss(m->m, &m->t, &x.b, p_drop);
	tape_backward(&m->t);
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, 1.0f, group, 0, 1);
}

static void test_learns(void **state)
{
	static const int variants[] = { 3, 6 }; /* with all of a layout, between them */

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct model_config cfg = prefix_config(variants[k]);
		struct test_model m;
		double before, after;

		cfg.dim = 32;
		cfg.ff = 64;
		tm_init(&m, &cfg, small_tasks(), 3);
		before = toy_loss(&m);
		for (int i = 0; i < 500; i++)
			one_step(&m, (uint64_t)i, 0.05f);
		after = toy_loss(&m);
		if (!(after < 0.6 && after < 0.8 * before))
			fail_msg("variant %d: loss %g to %g", variants[k], before, after);
		tm_release(&m);
	}
}

/* The same draw gives the same bits; after the first rounds the heap is left alone. */
static void test_same_bits(void **state)
{
	(void)state;
	for (int variant = 3; variant < VARIANTS; variant += 4) {
		struct test_model a, b;
		uint64_t before = 0;

		prefix_init(&a, variant);
		prefix_init(&b, variant);
		toy_loss(&b); /* another history of memory */
		for (uint64_t i = 0; i < 6; i++) {
			if (i == 3)
				before = mem_thread_allocations();
			one_step(&a, i % 3, 0.2f);
			one_step(&b, i % 3, 0.2f);
		}
		assert_int_equal(mem_thread_allocations(), before);
		assert_memory_equal(a.ps.value, b.ps.value,
				    a.ps.size * sizeof *a.ps.value);
		tm_release(&a);
		tm_release(&b);
	}
}

/* --- parameters and cost --- */

/* Beside the trunk: a transform, its norm, a bias, and the copy gate. */
static void test_parameters(void **state)
{
	struct model_config cfg = prefix_config(3);
	uint64_t C = 16, with = C * C + 3 * C + 40 + 2 * (C * C + C) + C + 1;
	struct model_task others[2];
	struct test_model m;

	(void)state;
	memcpy(others, small_tasks(), sizeof others);
	assert_int_equal(declared(&cfg, small_tasks(), 3),
			 declared(&cfg, others, 2) + with);
	tm_init(&m, &cfg, small_tasks(), 3);
	assert_int_equal(model_config(m.m)->max_positions, 24 + 12);
	assert_true(param_find(&m.ps, "tasks.headline.decoder.output.bias") >= 0);
	assert_true(param_find(&m.ps, "tasks.headline.decoder.output.norm.bias") >= 0);
	assert_true(param_find(&m.ps, "tasks.headline.decoder.position") < 0);
	tm_release(&m);
	cfg.from_mask = true;
	tm_init(&m, &cfg, small_tasks(), 3);
	assert_int_equal(model_config(m.m)->max_positions, 24 + 12 + 1);
	tm_release(&m);
}

/* By hand: 5 pieces of source, 3 of the target, 2 layers. */
static void test_flops(void **state)
{
	double row = 8 * 256 + 4 * 16 * 32, see = 4 * 16;
	double trunk = 2 * 5 * (row + see * 5), head = 3 * 2 * 16 * 40 + 3 * 2 * 256;
	double unread = 5 * (row + see * 5) - 5 * 4 * 256; /* the source's in the top */
	struct test_model m;

	(void)state;
	prefix_init(&m, 1);
	assert_true(model_flops(m.m, SUMMARY, 5, 3) ==
		    trunk + 2 * (3 * row + see * (6 + 7 + 8)) + head - unread);
	tm_release(&m);
	prefix_init(&m, 1 | 4);
	unread += 3 * (row - 4 * 256) + see * (6 + 7 + 8);
	assert_true(model_flops(m.m, SUMMARY, 5, 3) ==
		    trunk + 2 * (6 * row + see * (6 + 7 + 8 + 7 + 8 + 9)) + head - unread);
	tm_release(&m);
}

static void refuse(const struct model_config *cfg, const char *word)
{
	struct param_set ps;
	struct model *m;
	struct err err = { "" };

	param_set_init(&ps);
	assert_int_equal(model_new(cfg, small_tasks(), 3, &ps, &m, &err), ST_INVALID);
	if (!strstr(err.text, word))
		fail_msg("'%s' does not say '%s'", err.text, word);
	param_set_release(&ps);
}

static void test_refusals(void **state)
{
	struct model_config cfg = prefix_config(7);

	(void)state;
	cfg.max_positions = 24 + 12;
	refuse(&cfg, "max_positions");
	cfg = prefix_config(7);
	cfg.mask_id = -1;
	refuse(&cfg, "mask_id");
	assert_true(model_decoder_fits("prefix", "transformer"));
	assert_true(model_decoder_fits("cross", "transformer"));
	assert_false(model_decoder_fits("parrot", "transformer"));
	assert_false(model_decoder_fits("prefix", "perceptron"));
	assert_true(model_kind_has("transformer", "predict_from"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causal),     cmocka_unit_test(test_source_rows),
		cmocka_unit_test(test_learns),     cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_parameters), cmocka_unit_test(test_flops),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("model_prefix", tests, NULL, NULL);
}
