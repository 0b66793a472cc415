/*
 * test_model_decode.c - decoding against oracles that know no cache: every
 * probability comes from a training pass over the whole prefix.
 */
#include "fixture/decode_check.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_brute_force),
		cmocka_unit_test(test_beam),
	};

	return cmocka_run_group_tests_name("model_decode", tests, NULL, NULL);
}
