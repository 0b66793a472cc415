/*
 * test_tokenizer_train.c - training a WordPiece vocabulary: by hand, as the
 * reference, in any order of the texts, refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/mem.h"
#include "fixture/golden.h"
#include "fixture/vocab_check.h"
#include "text/tokenizer_train.h"

static struct tokenizer_trainer *trainer_new(int size)
{
	struct tokenizer_trainer *tr = NULL;

	assert_int_equal(tokenizer_trainer_new((struct tokenizer_wish){
				 tokenizer_kind_at(0), size, NULL }, &tr, NULL), ST_OK);
	return tr;
}

static struct tokenizer *train(const char *const *texts, int n, int size)
{
	struct tokenizer_trainer *tr = trainer_new(size);
	struct tokenizer *t = NULL;
	struct err err = { "" };

	for (int i = 0; i < n; i++)
		tokenizer_trainer_feed(tr, texts[i], strlen(texts[i]));
	if (tokenizer_trainer_finish(tr, NULL, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

/*
 * By hand: "abab" x 3, "abc" x 2, "ab" x 1. Counts: a+##b 6, ##a+##b 3,
 * ##b+##a 3, ##b+##c 2. So "ab" comes first; then ##a+##b 3, ab+##a 3 and
 * ab+##c 2 are left. The two with 3 share their words: "ab" (youngest) is the
 * later left piece, so ##a+##b goes first.
 */
static void test_train_by_hand(void **state)
{
	static const char *const texts[] = { "abab abc ABAB", "ab, abc\nabab" };
	static const char *const want[] = {
		"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", "a", "b", "c",
		"##a", "##b", "##c", "ab", "##ab", "abab", "abc",
	};
	struct tokenizer *t = train(texts, 2, 40);

	(void)state;
	for (int i = 0; i < tokenizer_size(t) && i < 16; i++)
		assert_string_equal(tokenizer_piece(t, i), want[i]);
	assert_int_equal(tokenizer_size(t), 16);
	tokenizer_free(t);
}

static char *read_text(const char *path, size_t *len)
{
	struct buf b;
	struct err err;

	buf_init(&b);
	assert_int_equal(file_read(path, 1 << 20, &b, &err), ST_OK);
	*len = b.len;
	return buf_take(&b);
}

/* The same vocabulary as a trainer that counts all pairs before each merge. */
static void test_train_golden(void **state)
{
	struct tokenizer *want = vocab_load("tests/golden/tokenizer/trained.txt"), *got;
	size_t len;
	char *text = read_text("tests/golden/tokenizer/corpus.txt", &len);
	const char *texts[] = { text };

	(void)state;
	got = train(texts, 1, 900);
	assert_int_equal(tokenizer_size(got), 900);
	for (int i = 0; i < 900; i++)
		assert_string_equal(tokenizer_piece(got, i),
				    tokenizer_piece(want, i));
	assert_true(hash_equal(tokenizer_hash(got), tokenizer_hash(want)));
	tokenizer_free(want);
	tokenizer_free(got);
	xfree(text);
}

/* The order of the texts does not matter; every known letter can be written. */
static void test_train_order(void **state)
{
	size_t len;
	char *text = read_text(vocab_path, &len);
	const char *forth[2], *back[2];
	char *half = strchr(text + len / 2, '\n');
	struct tokenizer *a, *b;
	int32_t ids[16];

	(void)state;
	*half = '\0';
	forth[0] = back[1] = text;
	forth[1] = back[0] = half + 1;
	a = train(forth, 2, 1500);
	b = train(back, 2, 1500);
	assert_int_equal(tokenizer_size(a), 1500);
	assert_true(hash_equal(tokenizer_hash(a), tokenizer_hash(b)));
	for (int k = 0; k < TOK_SPECIALS; k++)
		assert_int_equal(tokenizer_special(a, (enum special)k), k);
	assert_int_equal(tokenizer_encode(a, "zqxj", 4, ids, NULL, 16, NULL), 4);
	assert_int_not_equal(ids[0], TOK_UNK);
	tokenizer_free(a);
	tokenizer_free(b);
	xfree(text);
}

/*
 * A million words that occur once do not drive out those that occur twice,
 * nor fill the memory.
 */
static void test_train_many_words(void **state)
{
	struct tokenizer_trainer *tr = trainer_new(128);
	struct tokenizer *t = NULL;
	struct err err;
	char text[8 * 1000];

	(void)state;
	tokenizer_trainer_feed(tr, "tutti tutti", 11);
	for (unsigned word = 0; word < 1100000;) {
		size_t len = 0;
		for (int i = 0; i < 1000; i++, text[len++] = ' ')
			for (unsigned rest = word++ | 1U << 23; rest; rest /= 16)
				text[len++] = "bcdfghjklmnpqrsv"[rest % 16];
		tokenizer_trainer_feed(tr, text, len);
	}
	tokenizer_trainer_feed(tr, "TUTTI", 5);
	assert_int_equal(tokenizer_trainer_finish(tr, NULL, &t, &err), ST_OK);
	assert_true(tokenizer_size(t) <= 128);
	assert_true(tokenizer_id(t, "t") > 0 && tokenizer_id(t, "##u") > 0);
	tokenizer_free(t);
	assert_true(mem_peak_bytes() < 512u << 20);
}

/* A small size cuts the alphabet to the letters that occur most. */
static void test_train_small(void **state)
{
	static const char *const texts[] = { "eeee eee ee tttt ttt aaa aa oo nnn\n"
					     "\u6771 \u4eac z y x w v u s r q p" };
	struct tokenizer *t = train(texts, 1, 32);

	(void)state;
	assert_true(tokenizer_size(t) <= 32);
	assert_true(tokenizer_id(t, "e") > 0 && tokenizer_id(t, "##e") > 0);
	assert_int_equal(tokenizer_id(t, "z"), -1);
	assert_int_equal(tokenizer_id(t, "##\u6771"), -1);
	tokenizer_free(t);
}

/* Pieces of a vocabulary of this text and size that needs others, a line each. */
static void train_needing(const char *text, int size, const char *needs, struct buf *out)
{
	struct tokenizer_wish w = { tokenizer_kind_at(0), size, needs };
	struct tokenizer_trainer *tr;
	struct tokenizer *t = NULL;
	struct err err;

	buf_init(out);
	assert_int_equal(tokenizer_trainer_new(w, &tr, &err), ST_OK);
	tokenizer_trainer_feed(tr, text, strlen(text));
	assert_int_equal(tokenizer_trainer_finish(tr, NULL, &t, &err), ST_OK);
	assert_true(tokenizer_size(t) <= size);
	for (int i = 0; i < tokenizer_size(t); i++)
		buf_addf(out, "%s\n", tokenizer_piece(t, i));
	tokenizer_free(t);
}

/* Characters that are needed are in it however rare; if all are, nothing changes. */
static void test_train_needs(void **state)
{
	static const char text[] = "eeee eee ee tttt ttt aaa aa oo nnn z y x w v u s r q p";
	static const struct { int size; const char *needs, *in, *out; } c[] = {
		{ 60, "Tea: \u00e4\u6771", "\n:\n", "\n##:\n" },
		{ 60, "Tea: \u00e4\u6771", "\n\u6771\n", "\n##\u6771\n" },
		{ 60, "9", "\n##9\n", "\n8\n" },
		{ 32, "z9", "\n##9\n", "\np\n" },
		{ 32, "z9", "\n##z\n", "\ny\n" },
		{ 32, "z9", "\n##e\n", "\nq\n" },
	};
	struct buf a, b;

	(void)state;
	train_needing(text, 100, NULL, &a);
	train_needing(text, 100, "TEA, teat", &b);
	assert_non_null(strstr(b.s, "\n,\n"));
	buf_release(&b);
	train_needing(text, 100, "TEA teat z", &b);
	assert_string_equal(a.s, b.s);
	buf_release(&a);
	buf_release(&b);
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		train_needing(text, c[i].size, c[i].needs, &a);
		assert_non_null(strstr(a.s, c[i].in));
		assert_null(strstr(a.s, c[i].out));
		buf_release(&a);
	}
}

static void check_no_training(const char *text, int size, const char *word)
{
	struct tokenizer_trainer *tr = trainer_new(size);
	struct tokenizer *t = NULL;
	struct err err = { "" };

	tokenizer_trainer_feed(tr, text, strlen(text));
	assert_int_equal(tokenizer_trainer_finish(tr, NULL, &t, &err), ST_INVALID);
	assert_null(t);
	assert_non_null(strstr(err.text, word));
}

static bool stop_at_once(struct progress *p)
{
	(void)p;
	return true;
}

static void test_train_refusals(void **state)
{
	size_t len;
	char *text = read_text(vocab_path, &len);
	struct tokenizer_trainer *tr = trainer_new(3000);
	struct progress pg = { .tick = stop_at_once };
	struct tokenizer *t = NULL;
	struct err err;

	(void)state;
	check_no_training("", 100, "no text");
	check_no_training(" \t\n\x01", 100, "no text");
	check_no_training("text", 31, "32");
	check_no_training("text", -1, "32");
	check_no_training("text", 1000001, "1000000");
	tokenizer_trainer_feed(tr, text, len);
	assert_int_equal(tokenizer_trainer_finish(tr, &pg, &t, &err), ST_STOPPED);
	assert_null(t);
	tokenizer_trainer_free(trainer_new(100));
	tokenizer_trainer_free(NULL);
	xfree(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_train_by_hand),
		cmocka_unit_test(test_train_golden),
		cmocka_unit_test(test_train_order),
		cmocka_unit_test(test_train_many_words),
		cmocka_unit_test(test_train_needs),
		cmocka_unit_test(test_train_small),
		cmocka_unit_test(test_train_refusals),
	};

	return cmocka_run_group_tests_name("tokenizer_train", tests, NULL, NULL);
}
