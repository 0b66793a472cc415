/*
 * test_tokenizer_hostile.c - files of tokenizers that are damaged, hostile or of kinds
 * that are not ours: each is refused with a word that says what and where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/tokenizer.h"

static char folder[64];

static int set_up(void **state)
{
	(void)state;
	str_copy(folder, sizeof folder, "/tmp/tutti-hostile-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return file_remove_tree(folder, NULL) ? -1 : 0;
}

static void put(const char *name, const char *text, size_t len)
{
	char path[128];
	struct err err = { "" };

	str_format(path, sizeof path, "%s/%s", folder, name);
	if (file_write(path, text, len, &err))
		fail_msg("%s", err.text);
}

static void drop(const char *name)
{
	char path[128];

	str_format(path, sizeof path, "%s/%s", folder, name);
	unlink(path);
}

static void check(const char *word)
{
	struct tokenizer *t = NULL;
	struct err err = { "" };

	assert_int_not_equal(tokenizer_open_folder(tokenizer_kind_in(folder), folder, &t,
						   &err), ST_OK);
	assert_null(t);
	if (!strstr(err.text, word) || !strstr(err.text, folder))
		fail_msg("message without '%s' or the folder: %s", word, err.text);
}

/* --- tokenizer.json: a sound one, and each fault in it alone --- */

#define WORDS(normalizer, cut, post, model)                                             \
	"{\"normalizer\":" normalizer ",\"pre_tokenizer\":" cut ",\"post_processor\":"  \
	post ",\"model\":" model "}"
#define BERT_CUT "{\"type\":\"BertPreTokenizer\"}"
#define BERT_NORMAL "{\"type\":\"BertNormalizer\",\"lowercase\":false}"
#define PIECES "{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":3,\"##b\":4}"
#define WORDPIECE(fields, vocab)                                                        \
	"{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\"," fields "\"vocab\":" vocab "}"
#define SOUND WORDPIECE("", PIECES)
#define BYTE_CUT "{\"type\":\"ByteLevel\",\"add_prefix_space\":false}"
#define LETTERS "{\"a\":0,\"b\":1,\"ab\":2,\"<|endoftext|>\":3}"
#define BPE(fields, vocab, merges)                                                      \
	"{\"type\":\"BPE\"," fields "\"vocab\":" vocab ",\"merges\":" merges "}"
#define BPE_FILE(fields, vocab, merges)                                                 \
	WORDS("null", BYTE_CUT, "null", BPE(fields, vocab, merges))
#define SPECIAL(name) "{\"SpecialToken\":{\"id\":\"" name "\",\"type_id\":0}}"
#define TEXT(name, segment) "{\"Sequence\":{\"id\":\"" name "\",\"type_id\":" segment "}}"
#define TEMPLATE(one, pair)                                                             \
	"{\"type\":\"TemplateProcessing\",\"single\":[" one "],\"pair\":[" pair "],"    \
	"\"special_tokens\":{}}"
#define LAID_OUT(one, pair) WORDS(BERT_NORMAL, BERT_CUT, TEMPLATE(one, pair), SOUND)
#define ADDED(tokens) "{\"added_tokens\":" tokens "," "\"normalizer\":null,"            \
	"\"pre_tokenizer\":" BERT_CUT ",\"model\":" SOUND "}"

static struct tokenizer *sound(const char *text)
{
	struct tokenizer *t = NULL;
	struct err err = { "" };

	put("tokenizer.json", text, strlen(text));
	if (tokenizer_open_folder(tokenizer_kind_in(folder), folder, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

/* What the faults below are made of is no fault. */
static void test_sound(void **state)
{
	static const char *const fine[] = {
		WORDS(BERT_NORMAL, BERT_CUT, "null", SOUND),
		LAID_OUT(SPECIAL("[CLS]") "," TEXT("A", "0") "," SPECIAL("[SEP]"),
			 TEXT("A", "0") "," SPECIAL("[SEP]") "," TEXT("B", "1")),
		ADDED("[{\"id\":5,\"content\":\"[MASK]\",\"special\":true}]"),
		BPE_FILE("", LETTERS, "[\"a b\"]"), BPE_FILE("", LETTERS, "[[\"a\",\"b\"]]"),
		WORDS("null", BYTE_CUT, "null", "{\"vocab\":" LETTERS ",\"merges\":[]}"),
		BPE_FILE("\"dropout\":null,\"byte_fallback\":false,", LETTERS, "[]"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		tokenizer_free(sound(fine[i]));
}

/* A prefix of another kind reads as "##". */
static void test_prefix(void **state)
{
	static const char *const same[] = {
		WORDS("null", BERT_CUT, "null", SOUND),
		WORDS("null", BERT_CUT, "null",
		      WORDPIECE("\"continuing_subword_prefix\":\"@@\",",
				"{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":3,\"@@b\":4}")),
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct tokenizer *t = sound(same[i]);
		int32_t ids[8];

		assert_int_equal(tokenizer_encode(t, "ab Ab", 5, ids, NULL, 8, NULL), 3);
		assert_int_equal(ids[0], 3);
		assert_int_equal(ids[1], 4);
		assert_int_equal(ids[2], 0);
		tokenizer_free(t);
	}
}

static void test_refused_json(void **state)
{
	static const struct { const char *text, *word; } c[] = {
		{ "", "tokenizer.json" },
		{ "[]", "object" },
		{ "{}", "'model'" },
		{ "{\"model\":3}", "'model'" },
		{ "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",0]]}}", "'Unigram'" },
		{ "{\"model\":{\"vocab\":[[\"a\",0]]}}", "'Unigram'" },
		{ "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}", "'WordLevel'" },
		{ WORDS("{\"type\":\"NFC\"}", BERT_CUT, "null", SOUND), "'NFC'" },
		{ WORDS("null", "{\"type\":\"Whitespace\"}", "null", SOUND), "'Whitespace'" },
		{ WORDS("null", "null", "null", SOUND), "pre_tokenizer 'none'" },
		{ WORDS("null", BERT_CUT, "{\"type\":\"Odd\"}", SOUND), "'Odd'" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{}")), "no pieces" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "[]")), "'vocab'" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{\"a\":0}")), "unk_token" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{\"[UNK]\":0,\"a\":0}")),
		  "id 0 is of two" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{\"[UNK]\":0,\"a\":2}")),
		  "'a'" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{\"[UNK]\":0,\"a\":-1}")),
		  "'a'" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{\"[UNK]\":0,\"a\":1e99}")),
		  "'a'" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{\"[UNK]\":0,\"a\":\"1\"}")),
		  "'a'" },
		{ WORDS("null", BERT_CUT, "null", WORDPIECE("", "{\"[UNK]\":0,\"[UNK]\":1}")),
		  "[UNK]" },
		{ WORDS("null", BERT_CUT, "null",
			WORDPIECE("\"max_input_chars_per_word\":101,", PIECES)), "within" },
		{ WORDS("null", BERT_CUT, "null",
			WORDPIECE("\"max_input_chars_per_word\":0,", PIECES)), "within" },
		{ WORDS("null", BERT_CUT, "null",
			WORDPIECE("\"continuing_subword_prefix\":\"\",", PIECES)), "empty" },
		{ WORDS("null", BERT_CUT, "null",
			WORDPIECE("\"continuing_subword_prefix\":\"@\",", PIECES)), "'##b'" },
		{ WORDS("{\"type\":\"BertNormalizer\",\"lowercase\":1}", BERT_CUT, "null",
			SOUND), "'lowercase'" },
		{ ADDED("[{\"id\":6,\"content\":\"x\",\"special\":true}]"), "'x'" },
		{ ADDED("[{\"id\":3,\"content\":\"x\",\"special\":true}]"), "id 3 is of two" },
		{ ADDED("[{\"id\":5,\"content\":\"a\",\"special\":true}]"), "twice" },
		{ ADDED("[{\"id\":5,\"content\":\"x\",\"special\":false}]"), "no special" },
		{ ADDED("[7]"), "'content'" },
		{ ADDED("7"), "added_tokens" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		put("tokenizer.json", c[i].text, strlen(c[i].text));
		check(c[i].word);
	}
}

static void test_refused_layouts(void **state)
{
#define PAIR TEXT("A", "0") "," TEXT("B", "0")
	static const struct { const char *text, *word; } c[] = {
		{ LAID_OUT("", PAIR), "without its text" },
		{ LAID_OUT(TEXT("A", "0"), TEXT("A", "0")), "without its text" },
		{ LAID_OUT(TEXT("B", "0"), PAIR), "A and then B" },
		{ LAID_OUT(TEXT("C", "0"), PAIR), "neither A nor B" },
		{ LAID_OUT(TEXT("A", "0") "," TEXT("A", "0"), PAIR), "A and then B" },
		{ LAID_OUT(TEXT("A", "1"), PAIR), "segment 1" },
		{ LAID_OUT(TEXT("A", "7"), PAIR), "type_id" },
		{ LAID_OUT(TEXT("A", "0"), TEXT("A", "0") "," TEXT("B", "1") ","
			   SPECIAL("[SEP]")), "to the end" },
		{ LAID_OUT(SPECIAL("[X]") "," TEXT("A", "0"), PAIR), "one piece" },
		{ LAID_OUT(SPECIAL("a") "," TEXT("A", "0"), PAIR), "neither begins" },
		{ LAID_OUT("3", PAIR), "neither a text" },
		{ LAID_OUT("{}", PAIR), "neither a text" },
		{ WORDS("null", BERT_CUT, "{\"type\":\"BertProcessing\",\"sep\":[\"x\",99],"
			"\"cls\":[\"[CLS]\",1]}", SOUND), "not one of the pieces" },
		{ WORDS("null", BERT_CUT, "{\"type\":\"BertProcessing\"}", SOUND), "pair" },
		{ WORDS("null", BERT_CUT, "{\"type\":\"Sequence\"}", SOUND), "sequence" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		put("tokenizer.json", c[i].text, strlen(c[i].text));
		check(c[i].word);
	}
}

static void test_refused_bpe(void **state)
{
	static const struct { const char *text, *word; } c[] = {
		{ BPE_FILE("\"ignore_merges\":true,", LETTERS, "[]"), "'ignore_merges'" },
		{ BPE_FILE("\"byte_fallback\":true,", LETTERS, "[]"), "'byte_fallback'" },
		{ BPE_FILE("\"dropout\":0.1,", LETTERS, "[]"), "'dropout'" },
		{ BPE_FILE("\"end_of_word_suffix\":\"</w>\",", LETTERS, "[]"), "suffix" },
		{ BPE_FILE("\"unk_token\":\"?\",", LETTERS, "[]"), "unk_token" },
		{ BPE_FILE("", LETTERS, "[\"a c\"]"), "merge 1 is of 'c'" },
		{ BPE_FILE("", LETTERS, "[\"a b\", \"b a\"]"), "merge 2 is of 'ba'" },
		{ BPE_FILE("", LETTERS, "[\"ab\"]"), "merge 1" },
		{ BPE_FILE("", LETTERS, "[\"a b \"]"), "merge 1" },
		{ BPE_FILE("", LETTERS, "[\" b\"]"), "of nothing" },
		{ BPE_FILE("", LETTERS, "[[\"a\"]]"), "merge 1" },
		{ BPE_FILE("", LETTERS, "[[\"a\",2]]"), "merge 1" },
		{ BPE_FILE("", LETTERS, "{}"), "'merges'" },
		{ BPE_FILE("", "{\"a\":0,\"b\":2}", "[]"), "'b'" },
		{ WORDS("null", "{\"type\":\"ByteLevel\",\"use_regex\":false}", "null",
			BPE("", LETTERS, "[]")), "use_regex" },
		{ WORDS("null", "{\"type\":\"Sequence\"}", "null", BPE("", LETTERS, "[]")),
		  "'Sequence'" },
		{ WORDS("{\"type\":\"NFC\"}", BYTE_CUT, "null", BPE("", LETTERS, "[]")),
		  "'NFC'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		put("tokenizer.json", c[i].text, strlen(c[i].text));
		check(c[i].word);
	}
}

/* Cut short anywhere, or nested without end: refused, and nothing is read over. */
static void test_cut_and_deep(void **state)
{
	static const char text[] = BPE_FILE("", LETTERS, "[\"a b\"]");
	struct buf b;

	(void)state;
	for (size_t n = 0; n < sizeof text - 1; n++) {
		put("tokenizer.json", text, n);
		check("tokenizer.json");
	}
	buf_init(&b);
	buf_adds(&b, "{\"model\":");
	for (int i = 0; i < 200000; i++)
		buf_addc(&b, '[');
	put("tokenizer.json", b.s, b.len);
	check("tokenizer.json");
	buf_clear(&b);
	buf_adds(&b, "{\"model\":{\"type\":\"BPE\",\"vocab\":{");
	for (int i = 0; i <= 1000000; i++)
		buf_addf(&b, "%s\"%x\":%d", i ? "," : "", (unsigned)i, i);
	buf_adds(&b, "},\"merges\":[]},\"pre_tokenizer\":" BYTE_CUT "}");
	put("tokenizer.json", b.s, b.len);
	check("1000000");
	buf_release(&b);
}

/* --- other files --- */

static void test_pairs(void **state)
{
	(void)state;
	put("vocab.json", LETTERS, strlen(LETTERS));
	check("merges.txt");
	put("merges.txt", "#version: 0.2\na b\n", 18);
	check("byte-level");
	put("vocab.json", "[]", 2);
	check("vocab");
	drop("vocab.json");
	check("no tokenizer in");
}

static void test_configs(void **state)
{
	static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n";
	static const struct { const char *text, *word; } c[] = {
		{ "{\"do_lower_case\":\"no\"}", "do_lower_case" },
		{ "{\"do_basic_tokenize\":false}", "do_basic_tokenize" },
		{ "{\"word_tokenizer_type\":\"mecab\"}", "word_tokenizer_type" },
		{ "{", "tokenizer_config.json" },
		{ "[]", "tokenizer_config.json" },
	};

	(void)state;
	put("vocab.txt", vocab, sizeof vocab - 1);
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		put("tokenizer_config.json", c[i].text, strlen(c[i].text));
		check(c[i].word);
	}
}

/* Kinds that are not ours are named; a kind that is another than was asked for, too. */
static void test_other_kinds(void **state)
{
	struct tokenizer *t = NULL;
	struct err err = { "" };
	char path[128];

	(void)state;
	check("no tokenizer in");
	put("spiece.model", "x", 1);
	check("SentencePiece");
	put("tokenizer.json", BPE_FILE("", LETTERS, "[]"),
	    strlen(BPE_FILE("", LETTERS, "[]")));
	assert_string_equal(tokenizer_kind_name(tokenizer_kind_in(folder)), "bpe");
	str_format(path, sizeof path, "%s/tokenizer.json", folder);
	assert_int_equal(tokenizer_load(tokenizer_kind_find("wordpiece"), path, &t, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "tokenizer.kind"));
	assert_int_equal(tokenizer_load(NULL, path, &t, &err), ST_OK);
	tokenizer_free(t);
	assert_int_equal(tokenizer_load(NULL, folder, &t, &err), ST_OK);
	tokenizer_free(t);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_sound),
		IN_FOLDER(test_prefix),
		IN_FOLDER(test_refused_json),
		IN_FOLDER(test_refused_layouts),
		IN_FOLDER(test_refused_bpe),
		IN_FOLDER(test_cut_and_deep),
		IN_FOLDER(test_pairs),
		IN_FOLDER(test_configs),
		IN_FOLDER(test_other_kinds),
	};

	return cmocka_run_group_tests_name("tokenizer_hostile", tests, NULL, NULL);
}
