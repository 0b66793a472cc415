/*
 * test_model_beam.c - beam search: against all sequences, against a plain one, and
 * ties.
 */

#include "fixture/decode_check.h"

/* --- all sequences --- */

struct sequence {
	int n;
	int32_t ids[DECODE_MAX];
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
		int count = (int)(pow(DECODE_WORDS, len) + 0.5);

		for (int k = 0; k < count; k++) {
			struct sequence *s = &out[n++];
			int left = k;

			s->n = len;
			for (int i = 0; i < len; i++, left /= DECODE_WORDS)
				s->ids[i] = ID_WORD + left % DECODE_WORDS;
			s->score = penalised(decode_oracle(m, source, s->ids, len,
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
	for (int variant = 1; variant < 8; variant += 2) {
		struct decode_config dc = { .beams = 300, .max_len = 3,
					    .min_len = variant & 4 ? 1 : 0,
					    .length_penalty = 0.7f };
		struct test_model m;

		decoder_init(&m, variant);
		decode_sources(&x, 2);
		decode_generate(&m, &x, &dc, &g);
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
	static struct sequence cand[8 * DECODE_VOCAB];
	struct sequence next[8];
	int n = 0, n_next = 0;

	for (int i = 0; i < p->n_live; i++)
		for (int32_t y = ID_SEP; y < DECODE_VOCAB; y++) {
			struct sequence s = p->live[i];

			if (y == ID_MASK || (y != ID_SEP && s.n == DECODE_MAX))
				continue;
			s.score += decode_oracle(m, source, s.ids, s.n, y, false);
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
	for (int variant = 0; variant < 8; variant++) {
		int beams = 2 + variant % 3;
		struct decode_config dc = { .beams = beams, .max_len = DECODE_MAX,
					    .length_penalty = 0.7f };
		struct test_model m;

		decoder_init(&m, variant);
		decode_sources(&x, 4);
		decode_generate(&m, &x, &dc, &g);
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
	decode_sources(&x, 2);
	memset(m.ps.value, 0, m.ps.size * sizeof *m.ps.value);
	decode_generate(&m, &x, &dc, &g);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(g.hyp[i].n, 2);
		assert_int_equal(g.hyp[i].ids[0], ID_WORD + i % 3);
		assert_int_equal(g.hyp[i].ids[1], ID_WORD);
	}
	dc.beams = 1;
	dc.min_len = 0;
	decode_generate(&m, &x, &dc, &g); /* [SEP] is the lowest of all */
	assert_int_equal(g.hyp[0].n, 0);
	dc.min_len = 1;
	decode_generate(&m, &x, &dc, &g);
	assert_int_equal(g.hyp[0].n, 1);
	assert_int_equal(g.hyp[0].ids[0], ID_WORD);
	tm_release(&m);
	generation_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_brute_force),
		cmocka_unit_test(test_beam),
		cmocka_unit_test(test_ties),
	};

	return cmocka_run_group_tests_name("model_beam", tests, NULL, NULL);
}
