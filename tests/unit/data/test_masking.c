/*
 * test_masking.c - hidden pieces: a function of seed, task, row and epoch alone, in BERT's
 * shares, whole words at a time.
 */
#include "fixture/dataset_open.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "text/masking.h"

enum { PIECES = 40, ROWS = 2000, WORDS = 300, TAILS = 50 };

/* "[PAD]" .. "[MASK]", WORDS pieces that begin a word, TAILS that go on with one. */
static struct tokenizer *make_tokenizer(void)
{
	struct tokenizer *t = NULL;
	struct buf b;

	buf_init(&b);
	buf_adds(&b, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
	for (int i = 0; i < WORDS; i++)
		buf_addf(&b, "w%d\n", i);
	for (int i = 0; i < TAILS; i++)
		buf_addf(&b, "##t%d\n", i);
	assert_int_equal(tokenizer_unpack(tokenizer_kind_find("wordpiece"), buf_str(&b), b.len,
					  "vocab", &t, NULL), ST_OK);
	buf_release(&b);
	return t;
}

static struct masking *masking_of(const struct tokenizer *t, double share, uint64_t seed,
				  int task, bool is_dev)
{
	return masking_new(t, &(struct masking_spec){ .share = share, .seed = seed,
						     .task = task, .is_dev = is_dev });
}

/* [CLS], words of one to three pieces, [SEP]: another text for another row. */
static void make_row(const struct tokenizer *t, uint64_t row, int32_t ids[PIECES])
{
	struct rng r = rng_stream(11, RNG_TEST, 1, row);
	int32_t first = tokenizer_id(t, "w0"), tail = tokenizer_id(t, "##t0");

	ids[0] = tokenizer_special(t, TOK_CLS);
	ids[PIECES - 1] = tokenizer_special(t, TOK_SEP);
	for (int i = 1; i < PIECES - 1; i++) {
		bool goes_on = i > 1 && rng_below(&r, 2 * (uint64_t)i, 3) == 0;

		ids[i] = goes_on ? tail + (int32_t)rng_below(&r, 2 * (uint64_t)i + 1, TAILS) :
				   first + (int32_t)rng_below(&r, 2 * (uint64_t)i + 1, WORDS);
	}
}

struct hidden {
	int n;
	int32_t was[PIECES], ids[PIECES], out[PIECES];
};

static void hide(const struct tokenizer *t, const struct masking *m, uint64_t row,
		 uint64_t epoch, struct hidden *h)
{
	int room[PIECES];

	make_row(t, row, h->was);
	memcpy(h->ids, h->was, sizeof h->ids);
	h->n = masking_hide(m, row, epoch, PIECES, h->ids, room, h->out);
}

static bool same(const struct hidden *a, const struct hidden *b)
{
	return !memcmp(a->ids, b->ids, sizeof a->ids) && !memcmp(a->out, b->out, sizeof a->out);
}

/* What is asked for is what stood there; the rest is as it was, and no special is touched. */
static void test_what_is_asked(void **state)
{
	struct tokenizer *t = make_tokenizer();
	struct masking *m = masking_of(t, 0.15, 3, 0, false);
	struct hidden h;

	(void)state;
	for (uint64_t row = 0; row < 300; row++) {
		int n = 0;

		hide(t, m, row, 0, &h);
		for (int i = 0; i < PIECES; i++) {
			if (h.out[i] < 0) {
				assert_int_equal(h.ids[i], h.was[i]);
				continue;
			}
			n++;
			assert_int_equal(h.out[i], h.was[i]);
			assert_true(h.was[i] > tokenizer_special(t, TOK_MASK));
			assert_true(h.ids[i] >= tokenizer_special(t, TOK_MASK));
		}
		assert_int_equal(n, h.n);
		assert_true(n >= 1 && n <= 6); /* 38 pieces x 0.15 = 5.7 */
	}
	masking_free(m);
	tokenizer_free(t);
}

/* Nothing but seed, task, row and epoch counts, and each of them does. */
static void test_pure(void **state)
{
	struct tokenizer *t = make_tokenizer();
	struct masking *m = masking_of(t, 0.15, 3, 0, false), *again, *seed, *task;
	struct hidden a, b;
	int others = 0;

	(void)state;
	again = masking_of(t, 0.15, 3, 0, false);
	seed = masking_of(t, 0.15, 4, 0, false);
	task = masking_of(t, 0.15, 3, 1, false);
	for (uint64_t row = 0; row < 200; row++) {
		hide(t, m, row, 7, &a);
		hide(t, m, 199 - row, 3, &b); /* others come between */
		hide(t, again, row, 7, &b);
		assert_true(same(&a, &b));
		hide(t, m, row, 8, &b);
		others += !same(&a, &b);
		hide(t, seed, row, 7, &b);
		others += !same(&a, &b);
		hide(t, task, row, 7, &b);
		others += !same(&a, &b);
		hide(t, m, row, 7 + MASKING_EPOCHS, &b);
		assert_true(same(&a, &b));
	}
	assert_true(others > 590);
	masking_free(m);
	masking_free(again);
	masking_free(seed);
	masking_free(task);
	tokenizer_free(t);
}

/* Evaluations ask for the same: of every epoch, seed and task; not what training asks. */
static void test_dev(void **state)
{
	struct tokenizer *t = make_tokenizer();
	struct masking *m = masking_of(t, 0.15, 0, 0, false);
	struct masking *dev = masking_of(t, 0.15, 1, 0, true);
	struct masking *other = masking_of(t, 0.15, 9, 5, true);
	struct hidden a, b;
	int differ = 0;

	(void)state;
	for (uint64_t row = 0; row < 100; row++) {
		hide(t, dev, row, 0, &a);
		hide(t, other, row, 12, &b);
		assert_true(same(&a, &b));
		hide(t, m, row, 0, &b);
		differ += !same(&a, &b);
	}
	assert_true(differ > 95);
	masking_free(m);
	masking_free(dev);
	masking_free(other);
	tokenizer_free(t);
}

/* Five deviations of a binomial of n draws: one test in two million errs. */
static void is_share(uint64_t k, uint64_t n, double p)
{
	double wide = 5 * sqrt((double)n * p * (1 - p));

	if (fabs((double)k - (double)n * p) > wide)
		fail_msg("%llu of %llu is not %g", (unsigned long long)k, (unsigned long long)n, p);
}

static void test_shares(void **state)
{
	struct tokenizer *t = make_tokenizer();
	struct masking *m = masking_of(t, 0.15, 3, 0, false);
	uint64_t all = 0, masked = 0, kept = 0, other = 0, at[PIECES] = { 0 };
	double chance = 1.0 / (WORDS + TAILS); /* that another piece is the same one */
	struct hidden h;

	(void)state;
	for (uint64_t row = 0; row < ROWS; row++) {
		hide(t, m, row, 2, &h);
		for (int i = 0; i < PIECES; i++) {
			if (h.out[i] < 0)
				continue;
			all++;
			at[i]++;
			masked += h.ids[i] == tokenizer_special(t, TOK_MASK);
			kept += h.ids[i] == h.out[i];
			other += h.ids[i] != h.out[i] &&
				 h.ids[i] != tokenizer_special(t, TOK_MASK);
		}
	}
	is_share(masked, all, 0.8);
	is_share(kept, all, 0.1 + 0.1 * chance);
	is_share(other, all, 0.1 * (1 - chance));
	/* 38 pieces want 6 each; a word that does not fit may leave one open */
	assert_true(all > ROWS * 57 / 10 && all <= ROWS * 6);
	for (int i = 2; i < PIECES - 2; i++) /* no place is favoured much */
		assert_true(at[i] > ROWS / 10 && at[i] < ROWS / 5);
	masking_free(m);
	tokenizer_free(t);
}

/* Of a word all pieces are hidden or none. */
static void check_words(const struct tokenizer *t, double share)
{
	struct masking *m = masking_of(t, share, 3, 0, false);
	int32_t tail = tokenizer_id(t, "##t0");
	uint64_t longer = 0;
	struct hidden h;

	for (uint64_t row = 0; row < 500; row++) {
		hide(t, m, row, 0, &h);
		assert_true(h.n >= 1);
		for (int i = 2; i < PIECES - 1; i++)
			if (h.was[i] >= tail) {
				assert_int_equal(h.out[i] >= 0, h.out[i - 1] >= 0);
				longer += h.out[i] >= 0;
			}
	}
	assert_true(longer > 100);
	masking_free(m);
}

static void test_whole_words(void **state)
{
	struct tokenizer *t = make_tokenizer();

	(void)state;
	check_words(t, 0.15);
	check_words(t, 0.5);
	check_words(t, 0.999);
	tokenizer_free(t);
}

/* Byte-level pieces: words begin with their space. */
static void test_bytes(void **state)
{
	static const char text[] = "Unbelievable astronomers misunderstood extraordinary "
				   "telescopes";
	struct tokenizer *t = NULL;
	struct token_span span[64];
	int32_t ids[64], was[64], out[64];
	struct masking *m;
	int room[64], n;

	(void)state;
	assert_int_equal(tokenizer_load(NULL, "tests/golden/tokenizer/roberta", &t, NULL), ST_OK);
	n = tokenizer_encode(t, text, sizeof text - 1, was, span, 64, NULL);
	assert_true(n > 8); /* words of several pieces */
	m = masking_of(t, 0.4, 3, 0, false);
	for (uint64_t row = 0; row < 50; row++) {
		memcpy(ids, was, sizeof ids);
		assert_true(masking_hide(m, row, 0, n, ids, room, out) >= 1);
		for (int i = 1; i < n; i++)
			if (span[i].word == span[i - 1].word)
				assert_int_equal(out[i] >= 0, out[i - 1] >= 0);
	}
	masking_free(m);
	tokenizer_free(t);
}

/* The least: one word, be it longer than the share; of specials and unknown ones nothing. */
static void test_short_rows(void **state)
{
	struct tokenizer *t = make_tokenizer();
	struct masking *m = masking_of(t, 0.15, 3, 0, false);
	int32_t cls = tokenizer_special(t, TOK_CLS), sep = tokenizer_special(t, TOK_SEP);
	int32_t unk = tokenizer_special(t, TOK_UNK), w = tokenizer_id(t, "w3");
	int32_t tail = tokenizer_id(t, "##t0"), out[5];
	int32_t none[] = { cls, unk, unk, sep }, word[] = { cls, w, tail, tail, sep };
	int room[5];

	(void)state;
	assert_false(masking_can(m, 4, none));
	assert_int_equal(masking_hide(m, 0, 0, 4, none, room, out), 0);
	assert_true(out[0] < 0 && out[1] < 0 && out[2] < 0 && out[3] < 0);
	assert_true(masking_can(m, 5, word));
	assert_int_equal(masking_hide(m, 0, 0, 5, word, room, out), 3);
	assert_true(out[1] == w && out[2] == tail && out[3] == tail);
	assert_int_equal(masking_wanted(m, 42), 6);
	assert_int_equal(masking_wanted(m, 3), 1);
	masking_free(m);
	tokenizer_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked), cmocka_unit_test(test_pure),
		cmocka_unit_test(test_dev),	      cmocka_unit_test(test_shares),
		cmocka_unit_test(test_whole_words),   cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_short_rows),
	};

	return cmocka_run_group_tests_name("masking", tests, NULL, NULL);
}
