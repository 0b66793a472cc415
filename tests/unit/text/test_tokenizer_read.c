/*
 * test_tokenizer_read.c - tokenizers that are read: WordPiece with its rules, byte-level
 * BPE; ids and layouts that the reference gives, saved and read again, decoded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fixture/golden.h"
#include "fixture/vocab_check.h"
#include "text/layout.h"
#include "text/utf8.h"

#define GOLDEN "tests/golden/tokenizer/"
static const char *const folders[] = { GOLDEN "cased", GOLDEN "accents", GOLDEN "roberta",
				       GOLDEN "gpt" };
enum { FOLDERS = 4, CASED = 0, ACCENTS, ROBERTA, GPT };

static struct tokenizer *open_folder(const char *folder)
{
	struct tokenizer *t = NULL;
	struct err err = { "" };

	if (tokenizer_open_folder(tokenizer_kind_in(folder), folder, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

/* --- ids --- */

static void same_ids(const struct golden *g, const struct json *row, const int32_t *got, int n)
{
	static double want[VOCAB_TOKENS];
	size_t count = golden_numbers(row, "ids", want, VOCAB_TOKENS);

	for (int i = 0; i < n && (size_t)i < count; i++)
		if (got[i] != (int32_t)want[i])
			fail_msg("%s:%d: token %d is %d, not %d", g->path, g->line, i,
				 got[i], (int)want[i]);
	if ((size_t)n != count)
		fail_msg("%s:%d: %d tokens, not %zu", g->path, g->line, n, count);
}

static void check_text(const struct golden *g, const struct tokenizer *t,
		       const struct json *row)
{
	static int32_t ids[VOCAB_TOKENS];
	static struct token_span spans[VOCAB_TOKENS];
	const char *text = json_string(json_get(row, "text"));
	size_t len = strlen(text);
	int total, n = tokenizer_encode(t, text, len, ids, spans, VOCAB_TOKENS, &total);

	assert_int_equal(n, total);
	same_ids(g, row, ids, n);
	for (int i = 0; i < n; i++) {
		assert_true(spans[i].start < spans[i].end && spans[i].end <= len);
		assert_true(utf8_valid(text + spans[i].start,
				       spans[i].end - spans[i].start));
		assert_true(!i || spans[i].word - spans[i - 1].word <= 1);
		for (int k = 0; k < TOK_SPECIALS; k++)
			assert_true(k == TOK_UNK ||
				    ids[i] != tokenizer_special(t, (enum special)k));
	}
}

/* Laid out: what stands around, and the segments. */
static void check_pair(const struct golden *g, const struct tokenizer *t,
		       const struct json *row)
{
	static double segment[VOCAB_TOKENS];
	const struct json *pair = json_get(row, "pair");
	const char *a = json_string(json_get(row, "text"));
	const char *b = json_type(pair) == JSON_STRING ? json_string(pair) : NULL;
	int32_t ids[256];
	struct layout l;

	layout_source(t, (struct layout_words){ a, strlen(a) },
		      (struct layout_words){ b, b ? strlen(b) : 0 }, 128, ids, NULL, &l);
	same_ids(g, row, ids, l.n);
	if (!json_get(row, "segments")) {
		assert_int_equal(l.segment, l.n);
		return;
	}
	assert_int_equal(golden_numbers(row, "segments", segment, VOCAB_TOKENS), l.n);
	for (int i = 0; i < l.n; i++)
		if ((i >= l.segment) != (segment[i] == 1))
			fail_msg("%s:%d: segment of %d", g->path, g->line, i);
}

static void check_golden(const struct tokenizer *t, const char *folder)
{
	char path[128];
	struct golden g;
	struct json *row;

	str_format(path, sizeof path, "%s/golden.jsonl", folder);
	golden_open(&g, path);
	while ((row = golden_row(&g))) {
		if (json_get(row, "pair"))
			check_pair(&g, t, row);
		else
			check_text(&g, t, row);
		json_free(row);
	}
	assert_true(g.line > 200);
	golden_close(&g);
}

static void test_golden(void **state)
{
	(void)state;
	for (int i = 0; i < FOLDERS; i++) {
		struct tokenizer *t = open_folder(folders[i]);

		assert_string_equal(tokenizer_kind_name(tokenizer_kind_of(t)),
				    i < ROBERTA ? "wordpiece" : "bpe");
		check_golden(t, folders[i]);
		tokenizer_free(t);
	}
}

/* Packed, and as the files of a folder: the same tokenizer comes back. */
static void test_saved(void **state)
{
	(void)state;
	for (int i = 0; i < FOLDERS; i++) {
		char folder[] = "/tmp/tutti-read-XXXXXX", path[64];
		struct tokenizer *t = open_folder(folders[i]), *back = NULL;
		const struct tokenizer_kind *k = tokenizer_kind_of(t);
		struct err err = { "" };
		struct buf b;

		buf_init(&b);
		tokenizer_pack(t, &b);
		assert_int_equal(tokenizer_unpack(k, b.s, b.len, "x", &back, &err), ST_OK);
		assert_true(hash_equal(tokenizer_hash(t), tokenizer_hash(back)));
		check_golden(back, folders[i]);
		tokenizer_free(back);
		assert_non_null(mkdtemp(folder));
		for (int f = 0; tokenizer_file(k, f); f++) {
			str_format(path, sizeof path, "%s/%s", folder, tokenizer_file(k, f));
			if (tokenizer_has_file(t, f))
				assert_int_equal(tokenizer_save_file(t, f, path, &err), ST_OK);
		}
		assert_ptr_equal(tokenizer_kind_in(folder), k);
		back = open_folder(folder);
		assert_true(hash_equal(tokenizer_hash(t), tokenizer_hash(back)));
		check_golden(back, folders[i]);
		for (int r = 0; r < TOK_SPECIALS; r++)
			assert_int_equal(tokenizer_special(back, (enum special)r),
					 tokenizer_special(t, (enum special)r));
		tokenizer_free(back);
		tokenizer_free(t);
		buf_release(&b);
		assert_int_equal(file_remove_tree(folder, &err), ST_OK);
	}
}

/* BERT's uncased one is what it was: vocab.txt says all, and its hash is the file's. */
static void test_plain(void **state)
{
	struct tokenizer *t = vocab_load(vocab_path), *cased = open_folder(folders[CASED]);
	struct err err;
	struct buf b, text;

	(void)state;
	buf_init(&b);
	assert_true(tokenizer_has_file(t, 0));
	assert_false(tokenizer_has_file(t, 1) || tokenizer_has_file(t, 2));
	assert_true(tokenizer_has_file(cased, 0) && tokenizer_has_file(cased, 1));
	buf_init(&text);
	for (int i = 0; i < tokenizer_size(t); i++)
		buf_add(&text, tokenizer_piece(t, i), strlen(tokenizer_piece(t, i)) + 1);
	assert_true(hash_equal(tokenizer_hash(t), hash_bytes(text.s, text.len)));
	assert_int_equal(file_read(vocab_path, 1 << 20, &b, &err), ST_OK);
	assert_int_equal(b.len, text.len);
	buf_release(&b);
	buf_release(&text);
	tokenizer_free(t);
	tokenizer_free(cased);
}

static void test_roles(void **state)
{
	struct tokenizer *r = open_folder(folders[ROBERTA]), *g = open_folder(folders[GPT]);
	int32_t never[TOK_SPECIALS];

	(void)state;
	assert_int_equal(tokenizer_start(r), 0);
	assert_int_equal(tokenizer_end(r), 2);
	assert_int_equal(tokenizer_hidden(r), 4);
	assert_int_equal(tokenizer_stand_in(r), 3);
	assert_int_equal(tokenizer_never_written(r, never), 4);
	assert_string_equal(tokenizer_piece(g, tokenizer_end(g)), "<|endoftext|>");
	assert_int_equal(tokenizer_start(g), tokenizer_end(g));
	assert_int_equal(tokenizer_special(g, TOK_CLS), -1);
	assert_int_equal(tokenizer_never_written(g, never), 0);
	assert_int_equal(tokenizer_role(tokenizer_kind_find("bpe"), "</s>"), TOK_SEP);
	assert_false(tokenizer_is_trained(tokenizer_kind_find("bpe")));
	assert_true(tokenizer_is_trained(tokenizer_kind_find("wordpiece")));
	tokenizer_free(r);
	tokenizer_free(g);
}

/* --- decoding --- */

static void check_decoded(const struct tokenizer *t, const char *text, const char *want)
{
	int32_t ids[512];
	int n = tokenizer_encode(t, text, strlen(text), ids, NULL, 512, NULL);
	struct buf b;

	buf_init(&b);
	tokenizer_decode(t, ids, n, &b);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

/* Bytes come back as they went in, in NFC; words keep their case. */
static void test_decode(void **state)
{
	static const char *const same[] = {
		"The King's HORSE, it's (not) \"red\".", "  two  spaces\tand\nlines ",
		"\u00e9t\u00e9 \u4e2d\u6587 \U0001f468\u200d\U0001f469", "[SEP] <s> x", "", "x",
	};
	struct tokenizer *r = open_folder(folders[ROBERTA]), *g = open_folder(folders[GPT]);
	struct tokenizer *c = open_folder(folders[CASED]);
	int32_t cut[] = { tokenizer_id(g, "\u00e4"), 1 << 30, -1, tokenizer_end(g) };
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		check_decoded(g, same[i], same[i]);
		check_decoded(r, same[i], same[i][0] == ' ' ? same[i] + 1 : same[i]);
	}
	check_decoded(g, "e\u0301", "\u00e9");
	check_decoded(c, "The King, the KING! Don't.", "The King, the KING! Don't.");
	buf_init(&b);
	tokenizer_decode(g, cut, 4, &b); /* a byte of a character alone */
	assert_string_equal(buf_str(&b), "\ufffd");
	buf_release(&b);
	tokenizer_free(r);
	tokenizer_free(g);
	tokenizer_free(c);
}

/* --- places --- */

static void check_places(const struct tokenizer *t, const char *text)
{
	const char *piece[64];
	struct token_span want[64], got[64];
	int32_t ids[64];
	int n = tokenizer_encode(t, text, strlen(text), ids, want, 64, NULL);

	for (int i = 0; i < n; i++)
		piece[i] = tokenizer_piece(t, ids[i]);
	assert_false(tokenizer_places(tokenizer_kind_of(t), text, strlen(text), piece, n,
				      got));
	for (int i = 0; i < n; i++) {
		assert_int_equal(got[i].word, want[i].word);
		if (text[want[i].start] != ' ') /* a blank before the word, alone */
			assert_true(got[i].start <= want[i].start &&
				    got[i].end >= want[i].end);
	}
	assert_true(tokenizer_places(tokenizer_kind_of(t), text, strlen(text), piece, n - 1,
				     got));
}

static void test_places(void **state)
{
	static const char text[] = "The quick brown harbor, it's \u00e9t\u00e9 1999\u4e2d!";

	(void)state;
	for (int i = 0; i < FOLDERS; i++) {
		struct tokenizer *t = open_folder(folders[i]);

		check_places(t, text);
		tokenizer_free(t);
	}
}

/* What a model wrote that is no UTF-8 stands in the text as U+FFFD: three bytes for one. */
static void test_places_of_no_text(void **state)
{
	static const char *const piece[] = { "\u00c3", "\u0120the", "\u0120k", "\u00e2\u0122",
					     "ing", "</s>" };
	static const char text[] = "\ufffd the k\ufffd\ufffding";
	static const uint32_t start[] = { 0, 4, 8, 9, 15, 0 };
	struct token_span at[6];

	(void)state;
	assert_false(tokenizer_places(tokenizer_kind_find("bpe"), text, strlen(text), piece, 6,
				      at));
	for (int i = 0; i < 6; i++)
		assert_int_equal(at[i].start, start[i]);
	assert_int_equal(at[4].end, strlen(text));
}

/* Words as other rules than BERT's uncased ones make them. */
static void test_places_by_rules(void **state)
{
	/* a mark that stands alone; ideographs that are one word */
	static const char text[] = "a \u0301 B\u4e2d\u6587 c";
	static const char *const kept[] = { "a", "\u0301", "b\u4e2d", "##\u6587", "c" };
	static const char *const gone[] = { "a", "b", "\u4e2d", "\u6587", "c" };
	struct token_span at[5];

	(void)state;
	assert_false(tokenizer_places(NULL, text, strlen(text), kept, 5, at));
	assert_int_equal(at[1].start, 2);
	assert_int_equal(at[2].start, 5);
	assert_int_equal(at[3].start, 5);
	assert_int_equal(at[4].start, strlen(text) - 1);
	assert_false(tokenizer_places(NULL, text, strlen(text), gone, 5, at));
	assert_int_equal(at[2].start, 6);
	assert_int_equal(at[3].start, 9);
	assert_int_equal(at[4].start, strlen(text) - 1);
}

/* --- long words, odd bytes --- */

/* A short word is merged in one way, a long one in another: the same pieces. */
static void test_long_words(void **state)
{
	enum { LONG = 1 << 20 };
	struct tokenizer *t = open_folder(folders[GPT]);
	struct rng r = rng_stream(3, RNG_TEST, 1, 0);
	char *text = xmalloc(LONG);
	int32_t *ids = xreallocarray(NULL, LONG, sizeof *ids);
	int total, n;
	struct buf b;

	(void)state;
	for (int round = 0; round < 3; round++) { /* one letter, few, all */
		size_t at = 0;

		for (uint64_t i = 0; i < LONG; i++)
			text[i] = (char)('a' + (round ? rng_u32(&r, i) % (round > 1 ? 26 : 3) : 0));
		n = tokenizer_encode(t, text, LONG, ids, NULL, LONG, &total);
		assert_int_equal(n, total);
		assert_true(n > 0 && n < LONG);
		for (int i = 0; i < n; i++) {
			size_t len = strlen(tokenizer_piece(t, ids[i]));

			assert_true(at + len <= LONG);
			assert_memory_equal(text + at, tokenizer_piece(t, ids[i]), len);
			at += len;
		}
		assert_int_equal(at, LONG);
	}
	memset(text, ' ', LONG);
	text[LONG - 1] = 'x';
	n = tokenizer_encode(t, text, LONG, ids, NULL, LONG, NULL);
	buf_init(&b);
	tokenizer_decode(t, ids, n, &b);
	assert_int_equal(b.len, LONG);
	buf_release(&b);
	xfree(text);
	xfree(ids);
	tokenizer_free(t);
}

static void test_cap(void **state)
{
	static const char text[] = "The king walked; the queen <s> slept \U0001f600.";
	int32_t all[64], some[64];
	int total;

	(void)state;
	for (int f = 0; f < FOLDERS; f++) {
		struct tokenizer *t = open_folder(folders[f]);
		int n = tokenizer_encode(t, text, strlen(text), all, NULL, 64, NULL);

		for (int cap = 0; cap <= n; cap++) {
			memset(some, 0x55, sizeof some);
			assert_int_equal(tokenizer_encode(t, text, strlen(text), some, NULL,
							  cap, &total), cap);
			assert_int_equal(total, n);
			assert_memory_equal(some, all, (size_t)cap * sizeof *all);
			assert_int_equal(some[cap], 0x55555555);
		}
		tokenizer_free(t);
	}
}

static void test_hostile_bytes(void **state)
{
	struct rng r = rng_stream(1, RNG_TEST, 1, 0);
	int32_t ids[160];
	struct token_span spans[160];
	char text[64];

	(void)state;
	for (int f = 0; f < FOLDERS; f++) {
		struct tokenizer *t = open_folder(folders[f]);

		for (uint64_t at = 0; at < 3000 * 64;) {
			for (size_t i = 0; i < sizeof text; i++)
				text[i] = (char)rng_u32(&r, at++);
			int n = tokenizer_encode(t, text, sizeof text, ids, spans, 160, NULL);
			for (int i = 0; i < n; i++)
				assert_true(spans[i].start < spans[i].end &&
					    spans[i].end <= sizeof text);
		}
		tokenizer_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_saved),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_places),     cmocka_unit_test(test_places_of_no_text),
		cmocka_unit_test(test_places_by_rules),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_hostile_bytes),
	};

	return cmocka_run_group_tests_name("tokenizer_read", tests, NULL, NULL);
}
