/*
 * test_rouge.c - ROUGE against rouge-score, exactly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/mem.h"
#include "fixture/golden.h"
#include "metric/rouge.h"
#include "text/sentence.h"

static void check_score(const struct golden *g, const char *kind,
			struct rouge_score got, const double *want)
{
	if (got.precision != want[0] || got.recall != want[1] || got.f1 != want[2])
		fail_msg("%s:%d: %s is %.17g %.17g %.17g, not %.17g %.17g %.17g",
			 g->path, g->line, kind, got.precision, got.recall,
			 got.f1, want[0], want[1], want[2]);
}

/* Every row of the file, scored so; returns how many. */
static int check_pairs(const char *path, struct rouge_options o)
{
	struct rouge_scorer *s = rouge_scorer_new(o);
	struct golden g;
	struct json *row;
	int lines;

	golden_open(&g, path);
	while ((row = golden_row(&g))) {
		double want[12];
		struct rouge got;

		assert_int_equal(golden_numbers(row, "scores", want, 12), 12);
		rouge_score(s, json_string(json_get(row, "ref")),
			    json_string(json_get(row, "hyp")), &got);
		check_score(&g, "rouge1", got.r1, want);
		check_score(&g, "rouge2", got.r2, want + 3);
		check_score(&g, "rougeL", got.rl, want + 6);
		check_score(&g, "rougeLsum", got.rlsum, want + 9);
		json_free(row);
	}
	lines = g.line;
	golden_close(&g);
	rouge_scorer_free(s);
	return lines;
}

static void test_golden_pairs(void **state)
{
	(void)state;
	assert_true(check_pairs("tests/golden/rouge/pairs.jsonl",
				(struct rouge_options){ 0 }) >= 100);
}

/* Texts in one line score as the same texts cut by hand do. */
static void test_golden_split(void **state)
{
	(void)state;
	assert_true(check_pairs("tests/golden/rouge/split.jsonl",
				(struct rouge_options){ .split = true }) >= 10);
}

static void test_golden_unicode(void **state)
{
	(void)state;
	assert_true(check_pairs("tests/golden/rouge/unicode.jsonl",
				(struct rouge_options){ .unicode = true }) >= 18);
}

/* Are the pieces of the text those of the list, blanks at their ends apart? */
static void check_cut(const struct golden *g, const char *text, const struct json *want)
{
	struct sentences it;
	size_t from, end, at = 0;

	sentences_init(&it, text, strlen(text));
	for (want = json_first(want); sentences_next(&it, &from, &end);
	     want = json_next(want)) {
		const char *s = want ? json_string(want) : "(nothing)";

		assert_int_equal(from, at); /* the pieces are the whole text */
		at = end;
		while (from < end && text[from] == ' ')
			from++;
		while (end > from && text[end - 1] == ' ')
			end--;
		if (strlen(s) != end - from || memcmp(s, text + from, end - from))
			fail_msg("%s:%d: '%.*s' in place of '%s'", g->path, g->line,
				 (int)(end - from), text + from, s);
	}
	assert_null(want);
	assert_int_equal(at, strlen(text));
}

static void test_sentences(void **state)
{
	struct golden g;
	struct json *row;

	(void)state;
	golden_open(&g, "tests/golden/rouge/split.jsonl");
	while ((row = golden_row(&g))) {
		check_cut(&g, json_string(json_get(row, "ref")), json_get(row, "ref_cut"));
		check_cut(&g, json_string(json_get(row, "hyp")), json_get(row, "hyp_cut"));
		json_free(row);
	}
	golden_close(&g);
}

static size_t count_sentences(const char *text)
{
	struct sentences it;
	size_t from, end, n = 0;

	sentences_init(&it, text, strlen(text));
	while (sentences_next(&it, &from, &end))
		n++;
	return n;
}

/* What has no place in golden texts: line breaks, other scripts, oddities. */
static void test_sentences_elsewhere(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{ "", 0 }, { ".", 1 }, { "...", 1 }, { "\n", 1 }, { "\n\n", 2 },
		{ "a\nb", 2 }, { "One.\nTwo.", 3 }, { "One. two", 1 }, { "no caps. at all", 2 },
		{ "v1.2.3 is out", 1 }, { "a.b", 1 },
		{ "\xe6\x99\xb4\xe3\x80\x82\xe9\x9b\xa8\xe3\x80\x82", 2 },
		{ "\xe3\x80\x8c\xe6\x99\xb4\xe3\x80\x82\xe3\x80\x8d\xe9\x9b\xa8", 2 },
		{ "bad \xe2\x80 bytes\xff. Go", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (count_sentences(rows[i].text) != rows[i].n)
			fail_msg("'%s' has %zu sentences, not %zu", rows[i].text,
				 count_sentences(rows[i].text), rows[i].n);
}

/* What ROUGE is blind to is told apart from what scores 0. */
static void test_has_words(void **state)
{
	struct rouge_scorer *plain = rouge_scorer_new((struct rouge_options){ 0 });
	struct rouge_scorer *wide = rouge_scorer_new((struct rouge_options){
		.unicode = true });
	const char *russian = "\xd0\xba\xd0\xbe\xd1\x82 \xd1\x81\xd0\xbf\xd0\xb8\xd1\x82";

	(void)state;
	assert_true(rouge_has_words(plain, "?! a"));
	assert_false(rouge_has_words(plain, russian));
	assert_true(rouge_has_words(wide, russian));
	assert_false(rouge_has_words(wide, "?!"));
	assert_false(rouge_has_words(wide, ""));
	rouge_scorer_free(plain);
	rouge_scorer_free(wide);
}

/* Bytes that are no UTF-8 separate words and harm nothing. */
static void test_foreign_bytes(void **state)
{
	struct rouge_scorer *s = rouge_scorer_new((struct rouge_options){ 0 });
	struct rouge got;

	(void)state;
	rouge_score(s, "cat\xff" "dog \xe2\x84", "dog \xc4 cat\xe2", &got);
	assert_true(got.r1.f1 == 1);
	assert_true(got.r2.f1 == 0);
	assert_true(got.rl.f1 == 0.5);
	rouge_scorer_free(s);
	rouge_scorer_free(NULL);
}

/* A scorer keeps its memory: the same pair again costs no heap call. */
static void test_scratch_is_kept(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		struct rouge_scorer *s = rouge_scorer_new((struct rouge_options){
			.unicode = way & 1, .split = way >> 1 });
		struct rouge a, b;
		uint64_t before;

		rouge_score(s, "one two. \nthree f\xc3\xb6ur", "four. Three two\none", &a);
		before = mem_thread_allocations();
		rouge_score(s, "one two. \nthree f\xc3\xb6ur", "four. Three two\none", &b);
		assert_true(mem_thread_allocations() == before);
		assert_memory_equal(&a, &b, sizeof a);
		rouge_scorer_free(s);
	}
}

/* No two settings have one signature, and the published one names its program. */
static void test_signature(void **state)
{
	const char *of[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		of[i] = rouge_signature((struct rouge_options){ .unicode = i & 1,
								.split = i >> 1 });
	for (int i = 0; i < 4; i++)
		for (int k = i + 1; k < 4; k++)
			assert_string_not_equal(of[i], of[k]);
	assert_non_null(strstr(of[0], "rouge-score"));
	assert_null(strstr(of[1], "rouge-score"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_pairs),
		cmocka_unit_test(test_golden_split),
		cmocka_unit_test(test_golden_unicode),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_sentences_elsewhere),
		cmocka_unit_test(test_has_words),
		cmocka_unit_test(test_foreign_bytes),
		cmocka_unit_test(test_scratch_is_kept),
		cmocka_unit_test(test_signature),
	};

	return cmocka_run_group_tests_name("rouge", tests, NULL, NULL);
}
