/*
 * test_tokenizer.c - WordPiece: the ids and spans that the reference gives,
 * hostile text, the vocabulary file, decoding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "fixture/golden.h"
#include "fixture/vocab_check.h"
#include "text/tokenizer.h"

static void check_ids(const struct golden *g, const struct tokenizer *t,
		      const struct json *row, const int32_t *got, int n)
{
	static double want[VOCAB_TOKENS];
	size_t count = golden_numbers(row, "ids", want, VOCAB_TOKENS);

	for (int i = 0; i < n && (size_t)i < count; i++)
		if (got[i] != (int32_t)want[i])
			fail_msg("%s:%d: token %d is %s, not %s", g->path,
				 g->line, i, tokenizer_piece(t, got[i]),
				 tokenizer_piece(t, (int32_t)want[i]));
	if ((size_t)n != count)
		fail_msg("%s:%d: %d tokens, not %zu", g->path, g->line, n, count);
}

static void check_spans(const struct golden *g, const struct json *row,
			const struct token_span *got, int n, size_t len)
{
	static double want[2 * VOCAB_TOKENS];
	size_t count = golden_numbers(row, "spans", want, 2 * VOCAB_TOKENS);

	for (int i = 0; i < n; i++) {
		assert_true(got[i].start < got[i].end && got[i].end <= len);
		assert_true(i == 0 || got[i].word - got[i - 1].word <= 1);
		if (count && (got[i].start != (uint32_t)want[2 * i] ||
			      got[i].end != (uint32_t)want[2 * i + 1]))
			fail_msg("%s:%d: token %d is at %u-%u, not %u-%u", g->path,
				 g->line, i, got[i].start, got[i].end,
				 (unsigned)want[2 * i], (unsigned)want[2 * i + 1]);
	}
}

static int golden_ids(const struct tokenizer *t, const char *path)
{
	static int32_t ids[VOCAB_TOKENS];
	static struct token_span spans[VOCAB_TOKENS];
	struct golden g;
	struct json *row;
	int rows;

	golden_open(&g, path);
	while ((row = golden_row(&g))) {
		const char *text = json_string(json_get(row, "text"));
		size_t len = strlen(text);
		int total, n = tokenizer_encode(t, text, len, ids, spans, VOCAB_TOKENS,
						&total);

		assert_int_equal(n, total);
		check_ids(&g, t, row, ids, n);
		check_spans(&g, row, spans, n, len);
		json_free(row);
	}
	rows = g.line;
	golden_close(&g);
	return rows;
}

static void test_golden(void **state)
{
	struct tokenizer *t = vocab_load(vocab_path);

	(void)state;
	assert_true(golden_ids(t, "tests/golden/tokenizer/golden.jsonl") > 600);
	tokenizer_free(t);
}

static void test_golden_bert(void **state)
{
	const char *path = shared_file("vocab/bert-base-uncased-vocab.txt");
	struct tokenizer *t;

	(void)state;
	if (!path) {
		print_message("no BERT vocabulary here: skipped\n");
		skip();
	}
	t = vocab_load(path);
	assert_int_equal(tokenizer_size(t), 30522);
	assert_true(golden_ids(t, "tests/golden/tokenizer/bert.jsonl") == 400);
	tokenizer_free(t);
}

/* A short buffer gets the beginning; the count is of the whole text. */
static void test_cap(void **state)
{
	static const char text[] = "The king walked; the queen [MASK] slept.";
	struct tokenizer *t = vocab_load(vocab_path);
	int32_t all[64], some[64];
	int total, n = tokenizer_encode(t, text, strlen(text), all, NULL, 64, NULL);

	(void)state;
	assert_true(n > 8);
	for (int cap = 0; cap <= n; cap++) {
		memset(some, 0x55, sizeof some);
		assert_int_equal(tokenizer_encode(t, text, strlen(text), some,
						  NULL, cap, &total), cap);
		assert_int_equal(total, n);
		assert_memory_equal(some, all, (size_t)cap * sizeof *all);
		assert_int_equal(some[cap], 0x55555555);
	}
	assert_int_equal(tokenizer_encode(t, "a\0b", 3, all, NULL, 64, NULL), 2);
	tokenizer_free(t);
}

/* Encoding makes no heap call, whatever the text. */
static void test_no_heap(void **state)
{
	struct tokenizer *t = vocab_load(vocab_path);
	static char text[1 << 16];
	static int32_t ids[1 << 16];
	uint64_t before = mem_thread_allocations();
	int total;

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(tokenizer_encode(t, text, sizeof text, ids, NULL, 1 << 16,
					  &total), 1);
	assert_int_equal(ids[0], tokenizer_special(t, TOK_UNK));
	memset(text, '.', sizeof text);
	assert_int_equal(tokenizer_encode(t, text, sizeof text, ids, NULL, 1 << 16,
					  &total), 1 << 16);
	assert_true(mem_thread_allocations() == before);
	tokenizer_free(t);
}

/* Bytes that are no UTF-8 are the caller's mistake, but no harm is done. */
static void test_hostile_bytes(void **state)
{
	struct tokenizer *t = vocab_load(vocab_path);
	struct rng r = rng_stream(1, RNG_TEST, 1, 0);
	int32_t ids[128];
	struct token_span spans[128];
	char text[64];

	(void)state;
	for (uint64_t at = 0; at < 20000 * 64;) {
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = (char)rng_u32(&r, at++);
		int n = tokenizer_encode(t, text, sizeof text, ids, spans, 128, NULL);
		for (int i = 0; i < n; i++)
			assert_true(spans[i].start < spans[i].end &&
				    spans[i].end <= sizeof text);
	}
	tokenizer_free(t);
}

/* ---- the vocabulary file ---- */

static char temp_path[64];

static const char *temp_file(const void *bytes, size_t n)
{
	struct err err;

	snprintf(temp_path, sizeof temp_path, "/tmp/tutti-vocab-%d", (int)getpid());
	assert_int_equal(file_write(temp_path, bytes, n, &err), ST_OK);
	return temp_path;
}

static void check_refused(const char *bytes, size_t n, const char *word)
{
	struct tokenizer *t = NULL;
	struct err err = { "" };

	assert_int_equal(tokenizer_load(NULL, temp_file(bytes, n), &t, &err), ST_INVALID);
	assert_null(t);
	if (!strstr(err.text, word) || !strstr(err.text, temp_path))
		fail_msg("message without '%s' or the file: %s", word, err.text);
	unlink(temp_path);
}
#define REFUSED(text, word) check_refused(text, sizeof(text) - 1, word)

static void test_refused_files(void **state)
{
	struct tokenizer *t = NULL;
	struct err err = { "" };

	(void)state;
	REFUSED("", "[PAD]");
	REFUSED("\n\n\n", "[PAD]");
	REFUSED("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n", "[MASK]");
	REFUSED("[PAD]\n[CLS]\n[SEP]\n[MASK]\na\n", "[UNK]");
	REFUSED("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\xff\xfe\n", ":6");
	REFUSED("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\0b\n", ":6");
	assert_int_not_equal(tokenizer_load(NULL, "/nonexistent/vocab.txt", &t, &err),
			     ST_OK);
	assert_non_null(strstr(err.text, "/nonexistent/vocab.txt"));
	assert_int_not_equal(tokenizer_load(NULL, "/tmp", &t, &err), ST_OK);
}

static void test_too_many_pieces(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
	for (int i = 0; i < 1000000; i++)
		buf_addf(&b, "%x\n", (unsigned)i);
	check_refused(buf_str(&b), b.len, "1000000");
	buf_release(&b);
}

/* As the reference: of equal lines the last has the id; ends are trimmed. */
static void test_odd_lines(void **state)
{
	static const char lines[] = "[PAD]\r\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n\n"
				    "b \t\na\n##c\n##\n\n\n";
	struct tokenizer *t = vocab_load(temp_file(lines, sizeof lines - 1));
	int32_t ids[16];

	(void)state;
	unlink(temp_path);
	assert_int_equal(tokenizer_size(t), 11);
	assert_int_equal(tokenizer_id(t, "a"), 8);
	assert_int_equal(tokenizer_id(t, "b"), 7);
	assert_int_equal(tokenizer_id(t, "##c"), 9);
	assert_int_equal(tokenizer_id(t, "c"), -1);
	assert_int_equal(tokenizer_id(t, "##"), 10);
	assert_string_equal(tokenizer_piece(t, 6), "");
	assert_int_equal(tokenizer_special(t, TOK_MASK), 4);
	assert_int_equal(tokenizer_encode(t, "ACC cb", 6, ids, NULL, 16, NULL), 4);
	assert_int_equal(ids[0], 8);
	assert_int_equal(ids[1], 9);
	assert_int_equal(ids[2], 9);
	assert_int_equal(ids[3], 1);
	tokenizer_free(t);
	tokenizer_free(NULL);
}

static void test_save_and_hash(void **state)
{
	struct tokenizer *t = vocab_load(vocab_path), *back;
	struct err err;
	struct buf a, b;

	(void)state;
	temp_file("", 0);
	assert_int_equal(tokenizer_save_file(t, 0, temp_path, &err), ST_OK);
	back = vocab_load(temp_path);
	assert_true(hash_equal(tokenizer_hash(t), tokenizer_hash(back)));
	buf_init(&a);
	buf_init(&b);
	assert_int_equal(file_read(vocab_path, 1 << 20, &a, &err), ST_OK);
	assert_int_equal(file_read(temp_path, 1 << 20, &b, &err), ST_OK);
	assert_string_equal(buf_str(&a), buf_str(&b));
	unlink(temp_path);
	buf_release(&a);
	buf_release(&b);
	tokenizer_free(t);
	tokenizer_free(back);
}

/* ---- decoding ---- */

static void check_decoded(const struct tokenizer *t, const char *text,
			  const char *want)
{
	int32_t ids[256];
	int n = tokenizer_encode(t, text, strlen(text), ids, NULL, 256, NULL);
	struct buf b;

	buf_init(&b);
	tokenizer_decode(t, ids, n, &b);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

/* What a person would write comes back, but for case and accents. */
static void test_decode(void **state)
{
	static const char *const same[] = {
		"the king walked to the harbor.", "don't stop, i'll wait!",
		"it's 10:30 and 5.50 or 1,000, they say; ok?",
		"state-of-the-art and/or a_b", "he said \"hello there\" (twice).",
		"she said 'go now' and left", "the dogs' tails", "100% of $5 [all] #1",
		"five o'clock", "so... no", "rooms 3, 4 and 5", "",
	};
	struct tokenizer *t = vocab_load(vocab_path);
	int32_t odd[] = { -1, 1 << 30, tokenizer_id(t, "##s"), tokenizer_id(t, "[SEP]"),
			  tokenizer_id(t, "##s"), tokenizer_id(t, "king") };
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		check_decoded(t, same[i], same[i]);
	check_decoded(t, "a - b ( c )", "a-b (c)");
	check_decoded(t, "[CLS] The King[SEP]", "[cls] the king [sep]"); /* as plain text */
	check_decoded(t, "Caf\u00e9 , cafe\u0301 !", "cafe, cafe!");
	buf_init(&b);
	buf_adds(&b, "> ");
	tokenizer_decode(t, odd, 6, &b);
	assert_string_equal(buf_str(&b), "> ss king");
	tokenizer_decode(t, odd, 0, &b);
	assert_string_equal(buf_str(&b), "> ss king");
	buf_release(&b);
	tokenizer_free(t);
}

/* Ideographs, kana and their marks stand without blanks, other words beside them do not. */
static void test_decode_unspaced(void **state)
{
	static const char lines[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\u4eca\n\u65e5\n\u306f\n"
				    "\u5929\n\u6c17\n\u3002\n\uff01\n20\n##24\n\u5e74\n.\na\n";
	struct tokenizer *t = vocab_load(temp_file(lines, sizeof lines - 1));

	(void)state;
	unlink(temp_path);
	check_decoded(t, "\u4eca\u65e5\u306f\u5929\u6c17\u3002\u4eca\u65e5\uff01",
		      "\u4eca\u65e5\u306f\u5929\u6c17\u3002\u4eca\u65e5\uff01");
	check_decoded(t, "2024\u5e74 a \u5929. a", "2024 \u5e74 a \u5929. a");
	tokenizer_free(t);
}

/* Pieces are decomposed letters; what is written is composed (NFC). */
static void test_decode_composes(void **state)
{
	static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
				    "\u1112\u1161\u11ab\n##\u1100\u1173\u11af\n"
				    "\u05d0\n\u0438\n##\u0438\u0306\n";
	struct tokenizer *t = vocab_load(temp_file(vocab, sizeof vocab - 1));
	int32_t apart[] = { tokenizer_id(t, "\u0438"), tokenizer_id(t, "##\u0438\u0306") };
	struct buf b;

	(void)state;
	check_decoded(t, "\ud55c\uae00", "\ud55c\uae00");
	check_decoded(t, "\u05d0", "\u05d0");
	buf_init(&b);
	buf_adds(&b, "\u0438\u0306 "); /* what stands there already is not ours */
	tokenizer_decode(t, apart, 2, &b);
	assert_string_equal(buf_str(&b), "\u0438\u0306 \u0438\u0439");
	buf_release(&b);
	tokenizer_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_golden_bert),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_save_and_hash),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_unspaced),
		cmocka_unit_test(test_decode_composes),
	};

	return cmocka_run_group_tests_name("tokenizer", tests, NULL, NULL);
}
