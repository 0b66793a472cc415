/*
 * test_layout.c - texts, pairs and prompts as ids, with BERT's templates and with a
 * made-up kind: bytes as pieces, RoBERTa's and GPT's templates, hardly any specials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/layout.h"
#include "text/tokenizer_kind.h"

enum { CAP = 64 };

/* --- a made-up kind: "bytes" in two files, a word begins at a capital --- */

static enum status bytes_parse(const struct tokenizer_file *file, struct tokenizer **out,
			       struct err *err);

static void bytes_print(const struct tokenizer *t, int file, struct buf *out)
{
	buf_adds(out, file ? "merges" : t->special[TOK_CLS] >= 0 ? "roberta" : "gpt");
}

static void bytes_free(struct tokenizer *t)
{
	xfree(t);
}

static struct hash bytes_hash(const struct tokenizer *t)
{
	return hash_bytes(&t->special, sizeof t->special);
}

static const char *bytes_piece(const struct tokenizer *t, int32_t id)
{
	static char text[2];

	(void)t;
	text[0] = (char)id;
	return text;
}

static int32_t bytes_id(const struct tokenizer *t, const char *piece)
{
	(void)t;
	return piece[0] && !piece[1] ? (unsigned char)piece[0] : -1;
}

static int bytes_encode(const struct tokenizer *t, const char *text, size_t len,
			int32_t *ids, struct token_span *spans, int cap, int *total)
{
	int n = (int)len < cap ? (int)len : cap;

	(void)t;
	for (int i = 0; i < n; i++) {
		ids[i] = (unsigned char)text[i];
		if (spans)
			spans[i] = (struct token_span){ (uint32_t)i, (uint32_t)i + 1, 0 };
	}
	if (total)
		*total = (int)len;
	return n;
}

static void bytes_decode(const struct tokenizer *t, const int32_t *ids, int n,
			 struct buf *out)
{
	(void)t;
	for (int i = 0; i < n; i++)
		if (ids[i] < 256)
			buf_addc(out, (char)ids[i]);
}

static int bytes_role(const char *piece)
{
	return str_eq(piece, "<|end|>") ? TOK_SEP : -1;
}

static bool bytes_places(const char *text, size_t len, const char *const *piece, int n,
			 struct token_span *out)
{
	(void)text;
	(void)piece;
	for (int i = 0; i < n; i++)
		out[i] = (struct token_span){ (uint32_t)i, (uint32_t)i + 1, (uint32_t)i };
	return (size_t)n < len;
}

static const struct tokenizer_kind bytes = {
	.name = "bytes", .file = { "bytes.json", "merges.txt" },
	.parse = bytes_parse, .print = bytes_print, .free = bytes_free,
	.hash = bytes_hash, .piece = bytes_piece, .id = bytes_id,
	.encode = bytes_encode, .decode = bytes_decode, .role = bytes_role,
	.places = bytes_places,
};

/* <s> a </s>, and <s> a </s> </s> b </s>. */
static const struct layout_set roberta = {
	.one = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
	.pair = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP),
		    LAYOUT_ROLE(TOK_SEP), LAYOUT_B, LAYOUT_ROLE(TOK_SEP) } },
	.target = { { LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
};
/* One special, <|end|>, and prompts. */
static const struct layout_set gpt = {
	.one = { { LAYOUT_A } },
	.pair = { { LAYOUT_A, LAYOUT_B } },
	.target = { { LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
};

enum { BOS = 300, EOS, END };

static enum status bytes_parse(const struct tokenizer_file *file, struct tokenizer **out,
			       struct err *err)
{
	bool is_roberta = file[0].len == 7 && !memcmp(file[0].s, "roberta", 7);
	struct tokenizer *t;

	*out = NULL;
	if (file[1].len != 6 || memcmp(file[1].s, "merges", 6))
		return err_set(err, ST_INVALID, "no merges in '%s'", file[1].name);
	t = xcalloc(1, sizeof *t);
	t->kind = &bytes;
	t->layouts = is_roberta ? &roberta : &gpt;
	t->n = END + 1;
	for (int k = 0; k < TOK_SPECIALS; k++)
		t->special[k] = -1;
	t->special[TOK_SEP] = is_roberta ? EOS : END;
	if (is_roberta)
		t->special[TOK_CLS] = BOS;
	*out = t;
	return ST_OK;
}

static struct tokenizer *made_up(bool is_roberta)
{
	const char *first = is_roberta ? "roberta" : "gpt";
	struct tokenizer_file file[] = { { "a", first, strlen(first) },
					 { "b", "merges", 6 } };
	struct tokenizer *t = NULL;

	assert_int_equal(bytes_parse(file, &t, NULL), ST_OK);
	return t;
}

/* --- laying out --- */

/* Ids as text: specials in brackets. */
static const char *shown(const struct tokenizer *t, const int32_t *ids, int n)
{
	static char out[CAP * 8];
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < n; i++) {
		if (t->kind != &bytes)
			buf_addf(&b, "%s%s", i ? " " : "", tokenizer_piece(t, ids[i]));
		else if (ids[i] >= BOS)
			buf_adds(&b, ids[i] == BOS ? "<s>" : ids[i] == EOS ? "</s>" : "<end>");
		else
			buf_addc(&b, (char)ids[i]);
	}
	assert_true(str_copy(out, sizeof out, buf_str(&b)));
	buf_release(&b);
	return out;
}

static struct layout lay(const struct tokenizer *t, const char *a, const char *b, int cap,
			 int32_t *ids, struct token_span *spans)
{
	struct layout_words one = { a, strlen(a) }, two = { b, b ? strlen(b) : 0 };
	struct layout l, found;

	layout_source(t, one, two, cap, ids, spans, &l);
	assert_true(l.n <= cap);
	layout_find(t, NULL, l.n, l.at[1], &found);
	if (!b || l.at[1] < l.n) {
		assert_int_equal(found.at[0], l.at[0]);
		assert_int_equal(found.at[1], l.at[1]);
		assert_int_equal(found.len[0], l.len[0]);
		assert_int_equal(found.len[1], l.len[1]);
		assert_int_equal(found.segment, l.segment);
	}
	return l;
}

static void check(const struct tokenizer *t, const char *a, const char *b, int cap,
		  const char *want)
{
	int32_t ids[2 * CAP];
	struct layout l = lay(t, a, b, cap, ids, NULL);

	assert_string_equal(shown(t, ids, l.n), want);
}

static struct tokenizer *bert(void)
{
	static const char lines[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\n##c\n";
	struct tokenizer *t = NULL;

	assert_int_equal(tokenizer_unpack(tokenizer_kind_find("wordpiece"), lines,
					  sizeof lines - 1, "test", &t, NULL), ST_OK);
	return t;
}

static void test_bert(void **state)
{
	struct tokenizer *t = bert();
	int32_t ids[2 * CAP];
	struct layout l;

	(void)state;
	check(t, "a b", NULL, 8, "[CLS] a b [SEP]");
	check(t, "a b", "c", 8, "[CLS] a b [SEP] c [SEP]");
	check(t, "", NULL, 8, "[CLS] [SEP]");
	check(t, "", "", 8, "[CLS] [SEP] [SEP]");
	check(t, "", "ac", 8, "[CLS] [SEP] a ##c [SEP]");
	check(t, "a b c d a", NULL, 5, "[CLS] a b c [SEP]");
	check(t, "a b c d a", NULL, 2, "[CLS] [SEP]");
	/* the longer gives way; of equal ones the second */
	check(t, "a b c d", "a b", 8, "[CLS] a b c [SEP] a b [SEP]");
	check(t, "a b", "a b c d", 8, "[CLS] a b [SEP] a b c [SEP]");
	check(t, "a b c", "a b c", 8, "[CLS] a b c [SEP] a b [SEP]");
	check(t, "a b c", "a b c", 3, "[CLS] [SEP] [SEP]");
	l = lay(t, "a b c d", "a b", 8, ids, NULL);
	assert_int_equal(l.at[0], 1);
	assert_int_equal(l.at[1], 5);
	assert_int_equal(l.segment, 5);
	assert_int_equal(l.len[0], 3);
	assert_int_equal(l.total[0], 4);
	assert_int_equal(layout_lost(&l), 1);
	l = lay(t, "a b", NULL, 8, ids, NULL);
	assert_int_equal(l.at[1], l.n);
	assert_int_equal(l.segment, l.n);
	assert_false(layout_has(&l, 1));
	tokenizer_free(t);
}

static void test_target(void **state)
{
	struct tokenizer *t = bert(), *g = made_up(false);
	int32_t *ids = xcalloc(8, sizeof *ids); /* cap is enough for one text */
	struct layout l;

	(void)state;
	layout_target(t, (struct layout_words){ "a b c", 5 }, 8, ids, &l);
	assert_string_equal(shown(t, ids, l.n), "a b c [SEP]");
	layout_target(t, (struct layout_words){ "a b c", 5 }, 3, ids, &l);
	assert_string_equal(shown(t, ids, l.n), "a b [SEP]");
	assert_int_equal(layout_lost(&l), 1);
	assert_int_equal(layout_target_len(t, l.n), l.len[0]);
	layout_target(t, (struct layout_words){ "", 0 }, 3, ids, &l);
	assert_int_equal(l.total[0], 0);
	layout_target(g, (struct layout_words){ "abc", 3 }, 3, ids, &l);
	assert_string_equal(shown(g, ids, l.n), "ab<end>");
	xfree(ids);
	tokenizer_free(t);
	tokenizer_free(g);
}

/* Bytes in their own text; what is not of a text has none. */
static void test_spans(void **state)
{
	static const uint32_t want[][2] = { { 0, 0 }, { 0, 1 }, { 2, 3 }, { 3, 4 }, { 0, 0 },
					    { 1, 2 }, { 0, 0 } };
	struct tokenizer *t = bert();
	struct token_span span[2 * CAP];
	int32_t ids[2 * CAP];
	struct layout l;

	(void)state;
	memset(span, 0xff, sizeof span);
	l = lay(t, "a ac", " d", CAP, ids, span);
	assert_int_equal(l.n, 7);
	for (int i = 0; i < l.n; i++) {
		assert_int_equal(span[i].start, want[i][0]);
		assert_int_equal(span[i].end, want[i][1]);
		assert_int_equal(layout_is_text(&l, i), want[i][1] > 0);
	}
	tokenizer_free(t);
}

static void test_roberta(void **state)
{
	struct tokenizer *t = made_up(true);
	int32_t ids[2 * CAP];
	struct layout l;

	(void)state;
	check(t, "ab", NULL, 8, "<s>ab</s>");
	check(t, "ab", "c", 8, "<s>ab</s></s>c</s>");
	check(t, "abcd", "xyz", 8, "<s>ab</s></s>xy</s>");
	check(t, "", "", 8, "<s></s></s></s>");
	l = lay(t, "ab", "c", 8, ids, NULL);
	assert_int_equal(l.at[1], 5);
	assert_int_equal(l.segment, l.n); /* it has one segment */
	tokenizer_free(t);
}

static void check_prompt(const struct tokenizer *t, const char *prompt, int cap,
			 const char *want)
{
	const struct layout_words text[] = { { "abcdef", 6 }, { "xyz", 3 } };
	struct token_span span[2 * CAP];
	struct layout_template p;
	int32_t ids[2 * CAP], again[2 * CAP];
	struct layout l, found;

	assert_int_equal(layout_prompt(prompt, &p, NULL), ST_OK);
	layout_texts(t, &p, text, cap, ids, span, &l);
	assert_string_equal(shown(t, ids, l.n), want);
	for (int i = 0; i < l.n; i++)
		assert_int_equal(span[i].end > 0, layout_is_text(&l, i));
	layout_prompted(t, prompt, text[0], text[1], cap, again, NULL, &found);
	assert_int_equal(found.n, l.n);
	assert_memory_equal(again, ids, (size_t)l.n * sizeof *ids);
	layout_find(t, prompt, l.n, l.at[1], &found);
	assert_memory_equal(found.at, l.at, sizeof l.at);
	assert_memory_equal(found.len, l.len, sizeof l.len);
}

static void test_prompts(void **state)
{
	static const char *const bad[] = { "", "no text", "{pair}", "{text} {text}",
					   "{pair} {text}", "{text} {pair} {pair}" };
	struct layout_template p;
	struct tokenizer *t = made_up(false);
	struct err err;

	(void)state;
	check(t, "ab", NULL, 8, "ab");
	check_prompt(t, "Say {text}: ", 16, "Say abcdef: ");
	check_prompt(t, "Say {text}: ", 9, "Say abc: ");
	check_prompt(t, "Say {text}: ", 6, "Say : ");
	check_prompt(t, "{text} then {pair}!", 32, "abcdef then xyz!");
	check_prompt(t, "{text} then {pair}!", 11, "ab then xy!");
	check_prompt(t, "{source} then {text_b}!", 11, "ab then xy!");
	check_prompt(t, "{a} {text}}", 32, "{a} abcdef}");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(layout_prompt(bad[i], &p, &err), ST_INVALID);
	tokenizer_free(t);
}

/* --- a kind without most specials --- */

static void test_absent(void **state)
{
	struct tokenizer *t = made_up(false), *b = bert();
	int32_t never[TOK_SPECIALS];

	(void)state;
	assert_int_equal(tokenizer_special(t, TOK_CLS), -1);
	assert_int_equal(tokenizer_special(t, TOK_UNK), -1);
	assert_int_equal(tokenizer_start(t), END);
	assert_int_equal(tokenizer_end(t), END);
	assert_int_equal(tokenizer_stand_in(t), END);
	assert_int_equal(tokenizer_hidden(t), END);
	assert_int_equal(tokenizer_never_written(t, never), 0);
	assert_int_equal(tokenizer_start(b), 2);
	assert_int_equal(tokenizer_end(b), 3);
	assert_int_equal(tokenizer_stand_in(b), 1);
	assert_int_equal(tokenizer_hidden(b), 4);
	assert_int_equal(tokenizer_never_written(b, never), 4);
	assert_int_equal(tokenizer_role(b->kind, "[MASK]"), TOK_MASK);
	assert_int_equal(tokenizer_role(b->kind, "a"), -1);
	assert_int_equal(tokenizer_role(&bytes, "<|end|>"), TOK_SEP);
	tokenizer_free(t);
	tokenizer_free(b);
}

static void test_files(void **state)
{
	char folder[] = "/tmp/tutti-layout-XXXXXX", path[64];
	struct tokenizer *t = made_up(true), *back = NULL;
	struct tokenizer_trainer *tr = NULL;
	struct err err = { "" };
	struct buf b;

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (int i = 0; bytes.file[i]; i++) {
		str_format(path, sizeof path, "%s/%s", folder, bytes.file[i]);
		assert_int_equal(tokenizer_save_file(t, i, path, &err), ST_OK);
	}
	assert_int_equal(tokenizer_open_folder(&bytes, folder, &back, &err), ST_OK);
	assert_true(hash_equal(tokenizer_hash(t), tokenizer_hash(back)));
	tokenizer_free(back);
	/* the first file by its path, the other from beside it */
	str_format(path, sizeof path, "%s/bytes.json", folder);
	assert_int_equal(tokenizer_load(&bytes, path, &back, &err), ST_OK);
	tokenizer_free(back);
	str_format(path, sizeof path, "%s/merges.txt", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(tokenizer_open_folder(&bytes, folder, &back, &err), ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "merges.txt"));
	assert_null(back);
	assert_ptr_equal(tokenizer_kind_in(folder), tokenizer_kind_at(0));
	/* both in one */
	buf_init(&b);
	tokenizer_pack(t, &b);
	assert_int_equal(tokenizer_unpack(&bytes, b.s, b.len, "x", &back, &err), ST_OK);
	tokenizer_free(back);
	assert_int_equal(tokenizer_unpack(&bytes, b.s, 7, "x", &back, &err), ST_CORRUPT);
	assert_int_equal(tokenizer_trainer_new((struct tokenizer_wish){ &bytes, 99, NULL }, &tr,
					       &err), ST_INVALID);
	assert_null(tr);
	buf_release(&b);
	tokenizer_free(t);
	file_remove_tree(folder, NULL);
}

/* Every row stands in the list under its own name. */
static void test_list(void **state)
{
	const struct tokenizer_kind *k;

	(void)state;
	for (int i = 0; (k = tokenizer_kind_at(i)); i++) {
		assert_ptr_equal(tokenizer_kind_find(k->name), k);
		assert_non_null(strstr(TOKENIZER_KIND_CHOICES, k->name));
		assert_non_null(tokenizer_file(k, 0));
	}
	assert_null(tokenizer_kind_find("bytes"));
}

/* As it was cut before there were templates: one place at a time. */
static void test_any_pair(void **state)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyz";
	struct tokenizer *t = made_up(true);
	struct token_span span[2 * CAP];
	int32_t ids[2 * CAP];

	(void)state;
	for (int i = 0; i < 4000; i++) {
		int a = i % 23, b = i / 23 % 19, cap = 4 + i % 31, n = a, m = b;
		struct layout_words one = { text, (size_t)a }, two = { text, (size_t)b };
		struct layout l;

		while (n + m > cap - 4)
			*(n > m ? &n : &m) -= 1;
		layout_source(t, one, two, cap, ids, span, &l);
		assert_int_equal(l.len[0], n);
		assert_int_equal(l.len[1], m);
		assert_int_equal(layout_lost(&l), a + b - n - m);
		for (int k = 0; k < m; k++) {
			assert_int_equal(ids[l.at[1] + k], 'a' + k);
			assert_int_equal(span[l.at[1] + k].start, k);
		}
		assert_int_equal(ids[l.n - 1], EOS);
	}
	tokenizer_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bert),    cmocka_unit_test(test_target),
		cmocka_unit_test(test_spans),   cmocka_unit_test(test_roberta),
		cmocka_unit_test(test_prompts), cmocka_unit_test(test_absent),
		cmocka_unit_test(test_files),   cmocka_unit_test(test_list),
		cmocka_unit_test(test_any_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
