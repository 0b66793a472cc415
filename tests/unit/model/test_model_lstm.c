/*
 * test_model_lstm.c - the decoder that is an LSTM: what it costs, and that a search's
 * steps give what the whole pass gives.
 */
#include "fixture/model_check.h"

static struct model_config lstm_config(const char *kind, bool copy)
{
	struct model_config cfg = small_config();

	snprintf(cfg.kind, sizeof cfg.kind, "%s", kind);
	snprintf(cfg.decoder, sizeof cfg.decoder, "lstm");
	cfg.copy = copy;
	return cfg;
}

/* Sources of several lengths; targets have no part in a search. */
static void sources(struct test_batch *x)
{
	struct rng r = rng_stream(8, RNG_TEST, 0, 0);
	int32_t w[16];

	tb_init(x, 2, TASK_SUMMARIZE);
	for (int b = 0; b < 4; b++) {
		for (int i = 0; i < 16; i++)
			w[i] = ID_WORD + (int32_t)rng_below(&r, (uint32_t)(16 * b + i), 30);
		tb_add(x, w, 1 + 5 * b, 99, w, 3);
	}
}

/* -log p of a hypothesis' pieces, by the whole pass. */
static double whole_pass(struct test_model *m, const struct test_batch *from, int b,
			 const struct hypothesis *h)
{
	const struct batch *s = &from->b;
	struct test_batch x;
	struct loss loss;

	tb_init(&x, 2, TASK_SUMMARIZE);
	tb_add(&x, s->ids + s->off[b] + 1, s->off[b + 1] - s->off[b] - 2, 99, h->ids, h->n);
	x.out[h->n] = -1; /* the end is none of its pieces */
	tape_begin(&m->t, NULL, NULL);
	loss = model_loss(m->m, &m->t, &x.b, 0.0f);
	return loss.plain * loss.units;
}

static void check_search(const char *kind, bool copy)
{
	struct decode_config dc = { .beams = 3, .min_len = 3, .max_len = 9,
				    .length_penalty = 1.0f };
	struct model_config cfg = lstm_config(kind, copy);
	struct generation g;
	struct test_batch x;
	struct test_model m;

	tm_init(&m, &cfg, small_tasks(), 3);
	generation_init(&g);
	sources(&x);
	tape_begin(&m.t, NULL, NULL);
	model_generate(m.m, &m.t, &x.b, &dc, ID_CLS, ID_SEP, test_banned, 4, &g);
	for (int i = 0; i < 4 * 3; i++) {
		const struct hypothesis *h = &g.hyp[i];
		double sum = 0;

		assert_true(h->n >= 3);
		for (int k = 0; k < h->n; k++)
			sum -= log((double)h->prob[k]);
		assert_true(fabs(sum - whole_pass(&m, &x, i / 3, h)) < 1e-4);
	}
	generation_release(&g);
	tm_release(&m);
}

static void test_search(void **state)
{
	(void)state;
	check_search("bilstm", true);
	check_search("bilstm", false);
	check_search("transformer", true);
}

/* By hand, of dim 16 and 40 pieces, from 5 tokens to 3. */
static void test_flops(void **state)
{
	struct model_config cfg = lstm_config("bilstm", false);
	struct test_model m;
	double trunk = 2 * 5 * 2 * (2 * 32 * 16 + 2 * 32 * 8);
	double step = 2 * (64 * 16 + 64 * 32 + 16 * 32), look = 3 * 5 * 2 * 2 * 16;

	(void)state;
	tm_init(&m, &cfg, small_tasks(), 3);
	assert_true(model_flops(m.m, 2, 5, 3) ==
		    trunk + 3 * step + look + 5 * 2 * 256 + 3 * 2 * 16 * 40);
	tm_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_flops),
	};

	return cmocka_run_group_tests_name("model_lstm", tests, NULL, NULL);
}
