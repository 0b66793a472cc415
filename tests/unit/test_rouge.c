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
#include "golden.h"
#include "metric/rouge.h"

static void check_score(const struct golden *g, const char *kind,
			struct rouge_score got, const double *want)
{
	if (got.precision != want[0] || got.recall != want[1] || got.f1 != want[2])
		fail_msg("%s:%d: %s is %.17g %.17g %.17g, not %.17g %.17g %.17g",
			 g->path, g->line, kind, got.precision, got.recall,
			 got.f1, want[0], want[1], want[2]);
}

static void test_golden_pairs(void **state)
{
	struct rouge_scorer *s = rouge_scorer_new();
	struct golden g;
	struct json *row;

	(void)state;
	golden_open(&g, "tests/golden/rouge/pairs.jsonl");
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
	assert_true(g.line >= 100);
	golden_close(&g);
	rouge_scorer_free(s);
}

/* Bytes that are no UTF-8 separate words and harm nothing. */
static void test_foreign_bytes(void **state)
{
	struct rouge_scorer *s = rouge_scorer_new();
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
	struct rouge_scorer *s = rouge_scorer_new();
	struct rouge a, b;
	uint64_t before;

	(void)state;
	rouge_score(s, "one two\nthree four", "four three two\none", &a);
	before = mem_thread_allocations();
	rouge_score(s, "one two\nthree four", "four three two\none", &b);
	assert_true(mem_thread_allocations() == before);
	assert_memory_equal(&a, &b, sizeof a);
	rouge_scorer_free(s);
}

static void test_signature(void **state)
{
	(void)state;
	assert_non_null(strstr(rouge_signature(), "rouge-score"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_pairs),
		cmocka_unit_test(test_foreign_bytes),
		cmocka_unit_test(test_scratch_is_kept),
		cmocka_unit_test(test_signature),
	};

	return cmocka_run_group_tests_name("rouge", tests, NULL, NULL);
}
