/*
 * test_model_decode.c - decoding against oracles that know no cache: every
 * probability comes from a training pass over the whole prefix.
 */
#include "fixture/model_check.h"

enum { V = 11, WORDS = V - ID_WORD, MAX_LEN = 4 };

static const struct model_task sum_task[1] = {
	{ .name = "headline", .kind = TASK_SUMMARIZE },
};

/* Weights far from flat, so that what is said depends on what is read. */
static void sharpen(struct test_model *m, float by)
{
	for (int p = 0; p < m->ps.n; p++) {
		struct rng r = rng_stream(8, RNG_TEST, 0, (uint64_t)p);
		float *v = param_value(&m->ps, p);

		for (size_t i = 0; i < param_count(&m->ps, p); i++)
			v[i] = v[i] * by + 0.3f * rng_normal(&r, i);
	}
}

/* Three bits of layout, then the decoder: cross, prefix, prefix from masks; at the end
 * a causal language model, of one layout. */
enum { LAYOUTS = 8, CAUSAL = 3 * LAYOUTS, VARIANTS };

static void decoder_init(struct test_model *m, int variant)
{
	struct model_config cfg = small_config();
	int decoder = variant / LAYOUTS;

	if (variant == CAUSAL)
		snprintf(cfg.kind, sizeof cfg.kind, "gpt");
	if (decoder)
		snprintf(cfg.decoder, sizeof cfg.decoder, "prefix");
	cfg.from_mask = decoder == 2;
	cfg.mask_id = ID_MASK;
	cfg.vocab = V;
	cfg.pre_norm = variant & 1;
	cfg.copy = variant & 2;
	cfg.tied = variant & 4;
	cfg.shared_layers = 2;
	tm_init(m, &cfg, sum_task, 1);
	model_init_random(m->m, &m->ps, (uint64_t)variant + 20);
	sharpen(m, 1.6f);
}

static void add_source(struct test_batch *x, uint64_t i, const int32_t *target,
		       int n_target)
{
	struct rng r = rng_stream(4, RNG_TEST, 1, i);
	int n = 1 + (int)rng_below(&r, 0, 6);
	int32_t w[8];

	for (int j = 0; j < n; j++)
		w[j] = ID_WORD + (int32_t)rng_below(&r, (uint64_t)(1 + j),
						    WORDS);
	tb_add(x, w, n, 99, target, n_target);
}

/*
 * log p of what follows a prefix, by a training pass over it: targets before
 * the last are not counted. With `all`, of the whole sequence to its [SEP].
 */
static double oracle(struct test_model *m, uint64_t source, const int32_t *said,
		     int n, int32_t next, bool all)
{
	struct test_batch x;
	int32_t full[16];

	memcpy(full, said, (size_t)n * sizeof *said);
	tb_init(&x, 0, TASK_SUMMARIZE);
	add_source(&x, source, full, n);
	x.out[n] = next;
	for (int i = 0; i < n && !all; i++)
		x.out[i] = -1;
	tape_begin(&m->t, NULL, NULL);
	return -model_loss(m->m, &m->t, &x.b, 0.0f).plain * (all ? n + 1 : 1);
}

static double penalised(double logp, int n, double a)
{
	return logp / pow((5.0 + n) / 6.0, a);
}

static void generate(struct test_model *m, const struct test_batch *x,
		     const struct decode_config *dc, struct generation *g)
{
	tape_begin(&m->t, NULL, NULL);
	model_generate(m->m, &m->t, &x->b, dc, ID_CLS, ID_SEP, test_banned, 4, g);
}

static void sources(struct test_batch *x, int n)
{
	tb_init(x, 0, TASK_SUMMARIZE);
	for (int i = 0; i < n; i++)
		add_source(x, (uint64_t)i, NULL, 0);
}

static int oracle_argmax(struct test_model *m, uint64_t source,
			 const int32_t *said, int n, bool end, double *logp)
{
	int best = -1;

	for (int32_t y = ID_SEP; y < V; y++) {
		double p;

		if (y == ID_MASK || (y == ID_SEP && !end))
			continue;
		p = oracle(m, source, said, n, y, false);
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

	for (; n < MAX_LEN; n++) {
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
	if (n == MAX_LEN)
		total += oracle(m, source, said, n, ID_SEP, false);
	assert_true(fabs((double)h->score - penalised(total, n, 0.7)) < 1e-4);
}

/* The places most looked at: most first, each once; all of a short source. */
static void check_look(const struct gaze *g, bool copy, int n, const int32_t *ids,
		       int32_t id, int32_t from)
{
	int most = n < GAZES ? n : GAZES;
	float sum = 0.0f;

	for (int k = 0; k < GAZES; k++) {
		if (!copy || k >= most) {
			assert_int_equal(g->at[k], -1);
			continue;
		}
		assert_in_range(g->at[k], 0, n - 1);
		assert_true(g->share[k] > 0.0f);
		assert_true(k == 0 || g->share[k] <= g->share[k - 1]);
		for (int l = 0; l < k; l++)
			assert_int_not_equal(g->at[k], g->at[l]);
		sum += g->share[k];
	}
	assert_true(sum < 1.0f + 1e-5f);
	assert_true(!copy || n > GAZES || sum > 1.0f - 1e-5f);
	for (int k = 0; copy && k < most; k++)
		if (ids[g->at[k]] == id) { /* the first place of this piece */
			assert_int_equal(g->at[k], from);
			break;
		}
}

/* Gate and place are what they say they are. */
static void check_origin(const struct test_batch *x, int b, bool copy,
			 const struct hypothesis *h)
{
	int from = x->off[b], n = x->off[b + 1] - from;

	for (int i = 0; i < h->n; i++) {
		bool there = false;

		for (int j = 0; j < n; j++)
			there |= x->ids[from + j] == h->ids[i];
		if (copy) {
			assert_true(h->gate[i] > 0.0f && h->gate[i] < 1.0f);
			assert_int_equal(h->from[i] >= 0, there);
		} else {
			assert_true(h->gate[i] >= 1.0f && h->gate[i] <= 1.0f);
			assert_int_equal(h->from[i], -1);
		}
		check_look(&h->look[i], copy, n, x->ids + from, h->ids[i], h->from[i]);
		if (h->from[i] >= 0) {
			assert_true(h->from[i] < n);
			assert_int_equal(x->ids[from + h->from[i]], h->ids[i]);
		}
	}
}

static void test_greedy(void **state)
{
	struct test_batch x;
	struct generation g;
	int longest = 0, shortest = 99;

	(void)state;
	generation_init(&g);
	for (int variant = 0; variant < VARIANTS; variant++) {
		struct test_model m;

		decoder_init(&m, variant);
		sources(&x, 5);
		for (int min_len = 0; min_len < 3; min_len += 2) {
			struct decode_config dc = { .beams = 1,
				.min_len = min_len, .max_len = MAX_LEN,
				.length_penalty = 0.7f };

			generate(&m, &x, &dc, &g);
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
	assert_true(shortest < MAX_LEN && longest == MAX_LEN);
}

/* --- all sequences --- */

struct sequence {
	int n;
	int32_t ids[MAX_LEN];
	double score;
};

static int by_score(const void *a, const void *b)
{
	double x = ((const struct sequence *)a)->score;
	double y = ((const struct sequence *)b)->score;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Every sequence of up to `most` words; returns how many. */
static int all_sequences(struct test_model *m, uint64_t source, int least,
			 int most, struct sequence *out)
{
	int n = 0;

	for (int len = least; len <= most; len++) {
		int count = (int)(pow(WORDS, len) + 0.5);

		for (int k = 0; k < count; k++) {
			struct sequence *s = &out[n++];
			int left = k;

			s->n = len;
			for (int i = 0; i < len; i++, left /= WORDS)
				s->ids[i] = ID_WORD + left % WORDS;
			s->score = penalised(oracle(m, source, s->ids, len,
						    ID_SEP, true), len, 0.7);
		}
	}
	qsort(out, (size_t)n, sizeof *out, by_score);
	return n;
}

/* A beam wide enough for everything finds everything, in the right order. */
static void test_brute_force(void **state)
{
	static struct sequence all[300];
	struct generation g;
	struct test_batch x;

	(void)state;
	generation_init(&g);
	for (int variant = 1; variant < VARIANTS; variant += 2) {
		struct decode_config dc = { .beams = 300, .max_len = 3,
					    .min_len = variant & 4 ? 1 : 0,
					    .length_penalty = 0.7f };
		struct test_model m;

		decoder_init(&m, variant);
		sources(&x, 2);
		generate(&m, &x, &dc, &g);
		for (int b = 0; b < 2; b++) {
			int n = all_sequences(&m, (uint64_t)b, dc.min_len, 3,
					      all);
			const struct hypothesis *h = g.hyp + b * 300;

			for (int i = 0; i < n; i++)
				assert_true(fabs((double)h[i].score -
						 all[i].score) < 1e-4);
			assert_int_equal(h[0].n, all[0].n);
			assert_memory_equal(h[0].ids, all[0].ids,
					    (size_t)h[0].n * sizeof(int32_t));
			assert_true(isinf(h[n].score) && h[n].n == 0);
		}
		tm_release(&m);
	}
	generation_release(&g);
}

/* --- a beam in between, written plainly --- */

struct plain {
	struct sequence live[8], done[8];
	int n_live, n_done, ended;
};

static void plain_finish(struct plain *p, const struct sequence *s, int beams)
{
	struct sequence f = *s;

	f.score = penalised(s->score, s->n, 0.7);
	p->ended++;
	p->done[p->n_done++] = f;
	qsort(p->done, (size_t)p->n_done, sizeof f, by_score);
	p->n_done = p->n_done > beams ? beams : p->n_done;
}

static bool plain_turn(struct test_model *m, uint64_t source, struct plain *p,
		       int beams)
{
	static struct sequence cand[8 * V];
	struct sequence next[8];
	int n = 0, n_next = 0;

	for (int i = 0; i < p->n_live; i++)
		for (int32_t y = ID_SEP; y < V; y++) {
			struct sequence s = p->live[i];

			if (y == ID_MASK || (y != ID_SEP && s.n == MAX_LEN))
				continue;
			s.score += oracle(m, source, s.ids, s.n, y, false);
			if (y != ID_SEP)
				s.ids[s.n] = y;
			s.n += y == ID_SEP ? 1000 : 1;
			cand[n++] = s;
		}
	qsort(cand, (size_t)n, sizeof *cand, by_score);
	for (int i = 0; i < n && i < 2 * beams; i++) {
		if (cand[i].n < 1000 && n_next < beams) {
			next[n_next++] = cand[i];
		} else if (cand[i].n >= 1000 && i < beams) {
			cand[i].n -= 1000;
			plain_finish(p, &cand[i], beams);
		}
	}
	memcpy(p->live, next, (size_t)n_next * sizeof *next);
	p->n_live = n_next;
	return n_next && p->ended < beams;
}

static void test_beam(void **state)
{
	struct generation g;
	struct test_batch x;

	(void)state;
	generation_init(&g);
	for (int variant = 0; variant < VARIANTS; variant++) {
		int beams = 2 + variant % 3;
		struct decode_config dc = { .beams = beams, .max_len = MAX_LEN,
					    .length_penalty = 0.7f };
		struct test_model m;

		decoder_init(&m, variant);
		sources(&x, 4);
		generate(&m, &x, &dc, &g);
		for (int b = 0; b < 4; b++) {
			struct plain p = { .n_live = 1 };

			while (plain_turn(&m, (uint64_t)b, &p, beams))
				;
			for (int i = 0; i < p.n_done; i++) {
				const struct hypothesis *h =
					&g.hyp[b * beams + i];

				assert_int_equal(h->n, p.done[i].n);
				assert_memory_equal(h->ids, p.done[i].ids,
						    (size_t)h->n * 4);
				assert_true(fabs((double)h->score -
						 p.done[i].score) < 1e-4);
				check_origin(&x, b, variant & 2, h);
			}
		}
		tm_release(&m);
	}
	generation_release(&g);
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
	for (int variant = 0; variant < VARIANTS; variant++)
		for (int beams = 1; beams < 4; beams += 2)
			for (int n = 1; n < 4; n++) {
				struct decode_config dc = { .beams = beams,
					.min_len = 5, .max_len = 9 };
				struct test_model m;

				decoder_init(&m, variant);
				sources(&x, 6);
				generate(&m, &x, &dc, &free_g);
				dc.no_repeat = n;
				generate(&m, &x, &dc, &g);
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

	generation_init(&g);
	decoder_init(&m, *(int *)*state);
	sources(&x, 3);
	generate(&m, &x, &dc, &g);
	for (int b = 0; b < 3; b++)
		assert_int_equal(g.hyp[2 * b].n, 11);
	dc.max_len = dc.min_len = 0;
	generate(&m, &x, &dc, &g);
	for (int b = 0; b < 3; b++)
		assert_int_equal(g.hyp[2 * b].n, 0);
	assert_true(isfinite(g.hyp[0].score));
	tb_init(&x, 0, TASK_SUMMARIZE);
	generate(&m, &x, &dc, &g);
	assert_int_equal(g.B, 0);
	tm_release(&m);
	generation_release(&g);
}

/* Everything equally likely: lower ids win, then the better parent. */
static void test_ties(void **state)
{
	struct decode_config dc = { .beams = 3, .min_len = 2, .max_len = 2 };
	struct generation g;
	struct test_batch x;
	struct test_model m;

	(void)state;
	generation_init(&g);
	decoder_init(&m, 5); /* no copy gate */
	sources(&x, 2);
	memset(m.ps.value, 0, m.ps.size * sizeof *m.ps.value);
	generate(&m, &x, &dc, &g);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(g.hyp[i].n, 2);
		assert_int_equal(g.hyp[i].ids[0], ID_WORD + i % 3);
		assert_int_equal(g.hyp[i].ids[1], ID_WORD);
	}
	dc.beams = 1;
	dc.min_len = 0;
	generate(&m, &x, &dc, &g); /* [SEP] is the lowest of all */
	assert_int_equal(g.hyp[0].n, 0);
	dc.min_len = 1;
	generate(&m, &x, &dc, &g);
	assert_int_equal(g.hyp[0].n, 1);
	assert_int_equal(g.hyp[0].ids[0], ID_WORD);
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

	generation_init(&g);
	decoder_init(&m, *(int *)*state);
	sources(&x, 3);
	for (int turns = 0; turns < 9; turns += 2) {
		int left = turns;

		dc.arg = &left;
		generate(&m, &x, &dc, &g);
		assert_true(g.stopped);
		assert_int_equal(left, -1);
		for (int b = 0; b < 3; b++)
			assert_int_equal(g.hyp[2 * b].n, turns);
	}
	dc.stop = NULL;
	generate(&m, &x, &dc, &g);
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

	generation_init(&g);
	generation_init(&one);
	decoder_init(&m, *(int *)*state);
	sources(&x, 20);
	generate(&m, &x, &dc, &g);
	for (int b = 0; b < 20; b++) {
		tb_init(&single, 0, TASK_SUMMARIZE);
		add_source(&single, (uint64_t)b, NULL, 0);
		generate(&m, &single, &dc, &one);
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

/* Weights gone to NaN (a diverged run): nothing is said, nothing breaks. */
/* Losses beside a search: each example's is what model_loss says of it alone. */
static void test_losses(void **state)
{
	static const int32_t said[3] = { 7, 9, 8 };
	struct decode_config dc = { .beams = 2, .max_len = 4, .losses = true };
	struct test_model m;
	struct test_batch x, one;
	struct generation g;

	decoder_init(&m, *(int *)*state);
	generation_init(&g);
	tb_init(&x, 0, TASK_SUMMARIZE);
	for (int i = 0; i < 4; i++)
		add_source(&x, (uint64_t)i, said, i);
	generate(&m, &x, &dc, &g);
	assert_non_null(g.loss);
	for (int i = 0; i < 4; i++) {
		double loss;

		tb_init(&one, 0, TASK_SUMMARIZE);
		add_source(&one, (uint64_t)i, said, i);
		tape_begin(&m.t, NULL, NULL);
		loss = model_loss(m.m, &m.t, &one.b, 0.0f).plain;
		assert_true(fabs(loss - g.loss[i]) < 1e-6 * loss);
	}
	dc.losses = false;
	generate(&m, &x, &dc, &g);
	assert_null(g.loss);
	generation_release(&g);
	tm_release(&m);
}

static void test_nan(void **state)
{
	struct decode_config dc = { .beams = 3, .max_len = 9 };
	struct generation g;
	struct test_batch x;
	struct test_model m;

	generation_init(&g);
	decoder_init(&m, *(int *)*state);
	sources(&x, 4);
	for (size_t i = 0; i < m.ps.size; i++)
		m.ps.value[i] = NAN;
	generate(&m, &x, &dc, &g);
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

	generation_init(&g);
	decoder_init(&m, *(int *)*state);
	sources(&x, 4);
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

/* With everything that a layout has. */
static int with[] = { LAYOUTS - 1, 2 * LAYOUTS - 1, 3 * LAYOUTS - 1, CAUSAL };
#define EACH_DECODER(test)                          \
	cmocka_unit_test_prestate(test, &with[0]),  \
	cmocka_unit_test_prestate(test, &with[1]),  \
	cmocka_unit_test_prestate(test, &with[2]),  \
	cmocka_unit_test_prestate(test, &with[3])

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_brute_force),
		cmocka_unit_test(test_beam),
		cmocka_unit_test(test_limits),
		EACH_DECODER(test_long),
		cmocka_unit_test(test_ties),
		EACH_DECODER(test_stop),
		EACH_DECODER(test_alone),
		EACH_DECODER(test_losses),
		EACH_DECODER(test_nan),
		EACH_DECODER(test_arena),
	};

	return cmocka_run_group_tests_name("model_decode", tests, NULL, NULL);
}
