/*
 * test_model_decode.c - decoding: greedy against an oracle, limits, a search that
 * is stopped, batched or alone, losses beside it, weights gone to NaN, the arena.
 */

#include "fixture/decode_check.h"

static int oracle_argmax(struct test_model *m, uint64_t source,
			 const int32_t *said, int n, bool end, double *logp)
{
	int best = -1;

	for (int32_t y = ID_SEP; y < DECODE_VOCAB; y++) {
		double p;

		if (y == ID_MASK || (y == ID_SEP && !end))
			continue;
		p = decode_oracle(m, source, said, n, y, false);
		if (best < 0 || p > *logp) {
			best = y;
			*logp = p;
		}
	}
	return best;
}

static void check_greedy(struct test_model *m, uint64_t source, int min_len,
			 const struct hypothesis *h)
{
	double total = 0.0, logp = 0.0;
	int32_t said[16];
	int n = 0;

	for (; n < DECODE_MAX; n++) {
		int y = oracle_argmax(m, source, said, n, n >= min_len, &logp);

		total += logp;
		if (y == ID_SEP)
			break;
		assert_true(n < h->n);
		assert_int_equal(h->ids[n], y);
		assert_true(fabs((double)h->prob[n] - exp(logp)) < 1e-5);
		said[n] = y;
	}
	assert_int_equal(h->n, n);
	if (n == DECODE_MAX)
		total += decode_oracle(m, source, said, n, ID_SEP, false);
	assert_true(fabs((double)h->score - penalised(total, n, 0.7)) < 1e-4);
}

static void test_greedy(void **state)
{
	struct test_batch x;
	struct generation g;
	int longest = 0, shortest = 99;

	(void)state;
	generation_init(&g);
	for (int variant = 0; variant < 8; variant++) {
		struct test_model m;

		decoder_init(&m, variant);
		decode_sources(&x, 5);
		for (int min_len = 0; min_len < 3; min_len += 2) {
			struct decode_config dc = { .beams = 1,
				.min_len = min_len, .max_len = DECODE_MAX,
				.length_penalty = 0.7f };

			decode_generate(&m, &x, &dc, &g);
			assert_int_equal(g.B, 5);
			for (int b = 0; b < 5; b++) {
				const struct hypothesis h = g.hyp[b];

				check_greedy(&m, (uint64_t)b, min_len, &h);
				check_origin(&x, b, variant & 2, &h);
				longest = h.n > longest ? h.n : longest;
				shortest = h.n < shortest ? h.n : shortest;
			}
		}
		tm_release(&m);
	}
	generation_release(&g);
	/* Both ways to end occurred. */
	assert_true(shortest < DECODE_MAX && longest == DECODE_MAX);
}

/* --- limits --- */

static bool repeats(const struct hypothesis *h, int n)
{
	for (int i = 0; i + n <= h->n; i++)
		for (int j = i + 1; j + n <= h->n; j++)
			if (!memcmp(h->ids + i, h->ids + j, (size_t)n * 4))
				return true;
	return false;
}

static void test_limits(void **state)
{
	struct generation g, free_g;
	struct test_batch x;
	int repeated = 0;

	(void)state;
	generation_init(&g);
	generation_init(&free_g);
	for (int variant = 0; variant < 8; variant++)
		for (int beams = 1; beams < 4; beams += 2)
			for (int n = 1; n < 4; n++) {
				struct decode_config dc = { .beams = beams,
					.min_len = 5, .max_len = 9 };
				struct test_model m;

				decoder_init(&m, variant);
				decode_sources(&x, 6);
				decode_generate(&m, &x, &dc, &free_g);
				dc.no_repeat = n;
				decode_generate(&m, &x, &dc, &g);
				for (int i = 0; i < 6 * beams; i++) {
					const struct hypothesis *h = &g.hyp[i];

					repeated += repeats(&free_g.hyp[i], n);
					assert_false(repeats(h, n));
					assert_true(h->n <= 9);
					if (n > 1)
						assert_true(h->n >= 5);
					for (int k = 0; k < h->n; k++)
						assert_true(h->ids[k] >=
							    ID_WORD);
				}
				tm_release(&m);
			}
	assert_true(repeated > 10);
	generation_release(&g);
	generation_release(&free_g);
}

/* The model's positions are the limit, whatever is asked. */
static void test_long(void **state)
{
	struct decode_config dc = { .beams = 2, .min_len = 1000,
				    .max_len = 1000 };
	struct generation g;
	struct test_batch x;
	struct test_model m;

	(void)state;
	generation_init(&g);
	decoder_init(&m, 7);
	decode_sources(&x, 3);
	decode_generate(&m, &x, &dc, &g);
	for (int b = 0; b < 3; b++)
		assert_int_equal(g.hyp[2 * b].n, 11);
	dc.max_len = dc.min_len = 0;
	decode_generate(&m, &x, &dc, &g);
	for (int b = 0; b < 3; b++)
		assert_int_equal(g.hyp[2 * b].n, 0);
	assert_true(isfinite(g.hyp[0].score));
	tb_init(&x, 0, TASK_SUMMARIZE);
	decode_generate(&m, &x, &dc, &g);
	assert_int_equal(g.B, 0);
	tm_release(&m);
	generation_release(&g);
}

static bool stop_after(void *arg)
{
	int *left = arg;

	return --*left < 0;
}

static void test_stop(void **state)
{
	struct decode_config dc = { .beams = 2, .min_len = 9, .max_len = 9,
				    .stop = stop_after };
	struct generation g;
	struct test_batch x;
	struct test_model m;

	(void)state;
	generation_init(&g);
	decoder_init(&m, 7);
	decode_sources(&x, 3);
	for (int turns = 0; turns < 9; turns += 2) {
		int left = turns;

		dc.arg = &left;
		decode_generate(&m, &x, &dc, &g);
		assert_true(g.stopped);
		assert_int_equal(left, -1);
		for (int b = 0; b < 3; b++)
			assert_int_equal(g.hyp[2 * b].n, turns);
	}
	dc.stop = NULL;
	decode_generate(&m, &x, &dc, &g);
	assert_false(g.stopped);
	tm_release(&m);
	generation_release(&g);
}

/* Batched or alone, the same pieces. */
static void test_alone(void **state)
{
	struct decode_config dc = { .beams = 3, .max_len = 9,
				    .length_penalty = 1.0f };
	struct generation g, one;
	struct test_batch x, single;
	struct test_model m;

	(void)state;
	generation_init(&g);
	generation_init(&one);
	decoder_init(&m, 7);
	decode_sources(&x, 20);
	decode_generate(&m, &x, &dc, &g);
	for (int b = 0; b < 20; b++) {
		tb_init(&single, 0, TASK_SUMMARIZE);
		decode_source(&single, (uint64_t)b, NULL, 0);
		decode_generate(&m, &single, &dc, &one);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(one.hyp[i].n, g.hyp[3 * b + i].n);
			assert_memory_equal(one.hyp[i].ids,
					    g.hyp[3 * b + i].ids,
					    (size_t)one.hyp[i].n * 4);
		}
	}
	tm_release(&m);
	generation_release(&g);
	generation_release(&one);
}

/* Losses beside a search: each example's is what model_loss says of it alone. */
static void test_losses(void **state)
{
	static const int32_t said[3] = { 7, 9, 8 };
	struct decode_config dc = { .beams = 2, .max_len = 4, .losses = true };
	struct test_model m;
	struct test_batch x, one;
	struct generation g;

	(void)state;
	decoder_init(&m, 7);
	generation_init(&g);
	tb_init(&x, 0, TASK_SUMMARIZE);
	for (int i = 0; i < 4; i++)
		decode_source(&x, (uint64_t)i, said, i);
	decode_generate(&m, &x, &dc, &g);
	assert_non_null(g.loss);
	for (int i = 0; i < 4; i++) {
		double loss;

		tb_init(&one, 0, TASK_SUMMARIZE);
		decode_source(&one, (uint64_t)i, said, i);
		tape_begin(&m.t, NULL, NULL);
		loss = model_loss(m.m, &m.t, &one.b, 0.0f).plain;
		assert_true(fabs(loss - g.loss[i]) < 1e-6 * loss);
	}
	dc.losses = false;
	decode_generate(&m, &x, &dc, &g);
	assert_null(g.loss);
	generation_release(&g);
	tm_release(&m);
}

/* Weights gone to NaN (a diverged run): nothing is said, nothing breaks. */
static void test_nan(void **state)
{
	struct decode_config dc = { .beams = 3, .max_len = 9 };
	struct generation g;
	struct test_batch x;
	struct test_model m;

	(void)state;
	generation_init(&g);
	decoder_init(&m, 7);
	decode_sources(&x, 4);
	for (size_t i = 0; i < m.ps.size; i++)
		m.ps.value[i] = NAN;
	decode_generate(&m, &x, &dc, &g);
	for (int i = 0; i < 12; i++)
		assert_int_equal(g.hyp[i].n, 0);
	tm_release(&m);
	generation_release(&g);
}

/* What stands in the tape's arena before the call stays. */
static void test_arena(void **state)
{
	struct decode_config dc = { .beams = 2, .max_len = 9 };
	struct generation g;
	struct test_batch x;
	struct test_model m;
	uint64_t before = 0;

	(void)state;
	generation_init(&g);
	decoder_init(&m, 7);
	decode_sources(&x, 4);
	for (int i = 0; i < 6; i++) {
		char *mine;

		if (i == 4)
			before = mem_thread_allocations();
		tape_begin(&m.t, NULL, NULL);
		mine = arena_alloc(&m.t.arena, 1000);
		memset(mine, 17, 1000);
		model_generate(m.m, &m.t, &x.b, &dc, ID_CLS, ID_SEP,
			       test_banned, 4, &g);
		for (int k = 0; k < 1000; k++)
			assert_int_equal(mine[k], 17);
	}
	assert_int_equal(mem_thread_allocations(), before);
	tm_release(&m);
	generation_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_nan),
		cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests_name("model_decode", tests, NULL, NULL);
}
