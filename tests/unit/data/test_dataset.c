/*
 * test_dataset.c - what the examples of a data set hold, which rows it cannot
 * read, and what it costs in memory.
 */
#include <sys/wait.h>

#include "data/cache.h"
#include "data/dataset.h"
#include "fixture/dataset_open.h"

enum { CLS = 2, SEP = 3 };

static struct dataset_spec summary_spec(const char *path)
{
	return (struct dataset_spec){
		.kind = TASK_SUMMARIZE, .path = path, .header = -1, .text = "text",
		.target = "sum", .max_source = 8, .max_target = 4, .max_bad = 0.01,
	};
}

static const char *failure(const struct dataset_spec *spec, const char *cache)
{
	static struct err err;
	struct dataset *d = NULL;

	err.text[0] = '\0';
	assert_int_equal(dataset_open(spec, test_tok, cache, NULL, &d, &err), ST_INVALID);
	assert_null(d);
	return err.text;
}

/* --- what an example holds --- */

static void test_classify(void **state)
{
	struct dataset_spec spec = classify_spec(
		put_text("a.tsv", "text\tlabel\nOne two.\tno\n  three ab\t yes \n"
				  "\xc3\x89 @\ta long one\n"));
	struct dataset *d = dataset_open_in(&spec, fresh_cache());
	struct example e;

	(void)state;
	assert_int_equal(dataset_size(d), 3);
	assert_int_equal(dataset_kind(d), TASK_CLASSIFY);
	assert_string_equal(row_shown(d, 0), "[CLS] one two . [SEP];5;;One two.||no");
	assert_string_equal(row_shown(d, 1),
			    "[CLS] three a ##b [SEP];5;;  three ab|| yes ");
	assert_string_equal(row_shown(d, 2),
			    "[CLS] e [UNK] [SEP];4;;\xc3\x89 @||a long one");
	for (uint64_t i = 0; i < 3; i++) {
		static const int want[] = { 1, 0, 2 };

		dataset_get(d, i, &e);
		assert_int_equal(e.label, want[i]);
		assert_int_equal(e.line, i + 2);
		assert_int_equal(dataset_label_counts(d)[i], 1);
	}
	assert_int_equal(dataset_tokens(d), 14);
	dataset_close(d);
}

static void test_pairs_are_cut_from_the_longer(void **state)
{
	struct dataset_spec spec = classify_spec(
		put_text("a.jsonl",
			 "{\"text\":\"a b c d e f g\",\"b\":\"x y\",\"label\":\"no\"}\n"
			 "{\"text\":\"a b c d e f g\",\"b\":\"t u v w x y z\",\"label\":\"no\"}\n"
			 "{\"text\":\"a\",\"b\":\"t u v w x y z\",\"label\":\"no\"}\n"));
	struct dataset *d;

	(void)state;
	spec.pair = "b";
	spec.max_source = 9;
	d = dataset_open_in(&spec, fresh_cache());
	assert_string_equal(row_shown(d, 0), "[CLS] a b c d [SEP] x y [SEP];6;;"
					"a b c d e f g|x y|no");
	assert_string_equal(row_shown(d, 1), "[CLS] a b c [SEP] t u v [SEP];5;;"
					"a b c d e f g|t u v w x y z|no");
	assert_string_equal(row_shown(d, 2), "[CLS] a [SEP] t u v w x [SEP];3;;"
					"a|t u v w x y z|no");
	assert_int_equal(dataset_report(d)->cut_source, 3);
	dataset_close(d);
}

static void test_summaries_end_with_sep(void **state)
{
	struct dataset_spec spec = summary_spec(
		put_text("a.jsonl", "{\"text\":\"a b c d e f g h\",\"sum\":\"x y z\"}\n"
				    "{\"text\":\"a\",\"sum\":\"x y z w\"}\n"
				    "{\"text\":\"a b c d e f\",\"sum\":\"x\"}\n"));
	struct dataset *d = dataset_open_in(&spec, fresh_cache());

	(void)state;
	assert_string_equal(row_shown(d, 0), "[CLS] a b c d e f [SEP];8;x y z [SEP];"
					"a b c d e f g h||x y z");
	assert_string_equal(row_shown(d, 1), "[CLS] a [SEP];3;x y z [SEP];a||x y z w");
	assert_string_equal(row_shown(d, 2), "[CLS] a b c d e f [SEP];8;x [SEP];"
					"a b c d e f||x");
	assert_int_equal(dataset_report(d)->cut_source, 1);
	assert_int_equal(dataset_report(d)->cut_target, 1);
	assert_int_equal(dataset_tokens(d), 8 + 4 + 3 + 4 + 8 + 2);
	dataset_close(d);
}

static void test_regress(void **state)
{
	struct dataset_spec spec = classify_spec(
		put_text("a.csv", "text,label\na,1.5\nb,-2\n\"c,d\", 2e0\n"));
	struct dataset *d;
	struct example e;

	(void)state;
	spec.kind = TASK_REGRESS;
	d = dataset_open_in(&spec, fresh_cache());
	assert_int_equal(dataset_size(d), 3);
	assert_true(dataset_mean(d) == 0.5);
	dataset_get(d, 1, &e);
	assert_true(e.number == -2.0f);
	assert_int_equal(e.label, -1);
	dataset_close(d);
	spec.path = put_text("b.csv", "text,label\na,1e151\nb,nan\nc,\nd,1x\ne,inf\n"
				      "f,9223372036854775808\n");
	spec.max_bad = 1;
	d = dataset_open_in(&spec, fresh_cache());
	assert_int_equal(dataset_report(d)->bad[ROW_BAD_NUMBER], 4);
	assert_int_equal(dataset_report(d)->bad[ROW_BIG_NUMBER], 1);
	assert_int_equal(dataset_size(d), 1);
	dataset_close(d);
	spec.path = put_text("c.csv", "text,label\na,1700000000.125\nb,-1e39\n"
				      "c,0.1\nd,123456789012345678\n");
	d = dataset_open_in(&spec, fresh_cache());
	for (uint64_t i = 0; i < 4; i++) {
		static const double want[] = { 1700000000.125, -1e39, 0.1,
					       123456789012345678.0 };

		dataset_get(d, i, &e);
		assert_true(e.number == want[i]); /* as doubles, not through a float */
	}
	dataset_close(d);
}

static void test_unlabelled(void **state)
{
	struct dataset_spec spec = classify_spec(put_text("a.tsv", "text\na b\nc\n"));
	struct dataset *d;
	struct example e;

	(void)state;
	spec.unlabelled = true;
	spec.n_labels = 0;
	d = dataset_open_in(&spec, fresh_cache());
	dataset_get(d, 1, &e);
	assert_int_equal(e.label, -1);
	assert_int_equal(e.target_len, 0);
	dataset_close(d);
	spec.kind = TASK_SUMMARIZE;
	d = dataset_open_in(&spec, fresh_cache());
	assert_string_equal(row_shown(d, 0), "[CLS] a b [SEP];4;;a b||");
	dataset_close(d);
}

/* --- bad rows --- */

static void test_share_of_bad_rows(void **state)
{
	struct dataset_spec spec =
		classify_spec(put_many_rows("a.tsv", 99, "x\tnever\x1b\n"));
	const char *cache = fresh_cache(), *why;
	struct dataset *d = dataset_open_in(&spec, cache);

	(void)state;
	assert_int_equal(dataset_size(d), 99);
	assert_int_equal(dataset_report(d)->rows, 100);
	assert_int_equal(dataset_report(d)->bad[ROW_BAD_LABEL], 1);
	dataset_close(d);
	/* the cache is there, the plan became stricter */
	spec.max_bad = 0;
	why = failure(&spec, cache);
	assert_contains(why, "a.tsv");
	assert_contains(why, "1 of 100, more than the 0 that a max_bad of 0");
	assert_contains(why, "unknown label 1 ");
	assert_contains(why, "(line 101: never<ESC>)");
	spec.max_bad = 0.01;
	spec.path = put_many_rows("b.tsv", 98, "x\tnever\n\tyes\nx\n \tno\nx\tnever\n");
	why = failure(&spec, cache);
	assert_contains(why, "5 of 103");
	assert_contains(why, "too few columns 1 (line 102: 1 in place of 2)");
	assert_contains(why, "empty text 2 (lines 101, 103)");
	assert_contains(why, "unknown label 2 (lines 100, 104: never)");
	assert_int_equal(count_files(cache, ""), 1); /* the first one's */
	spec.max_bad = 0.05;
	d = dataset_open_in(&spec, cache);
	assert_int_equal(dataset_size(d), 98);
	dataset_close(d);
}

static void test_no_usable_rows(void **state)
{
	struct dataset_spec spec = classify_spec(put_text("a.tsv", "text\tlabel\n"));
	const char *cache = fresh_cache();

	(void)state;
	assert_contains(failure(&spec, cache), "no rows: ");
	spec.path = put_text("a.tsv", "text\tlabel\nx\t9223372036854775808\n");
	spec.max_bad = 1;
	assert_contains(failure(&spec, cache), "no usable rows in ");
	spec.path = put_text("a.tsv", "");
	assert_contains(failure(&spec, cache), "no rows: ");
	assert_int_equal(count_files(cache, ""), 0);
	spec.n_labels = 0;
	assert_contains(failure(&spec, cache), "no labels");
}

/* --- size --- */

/* Anonymous memory after reading a file, in kilobytes, in a process of its own. */
static long memory_of(int rows)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", rows, ""));
	const char *cache = fresh_cache();
	int fd[2];
	long kb = 0;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		struct dataset *d = NULL;

		if (dataset_open(&spec, test_tok, cache, NULL, &d, NULL))
			_exit(1);
		kb = (long)(mem_now_bytes() / 1024);
		_exit(write(fd[1], &kb, sizeof kb) == sizeof kb ? 0 : 1);
	}
	assert_int_equal(read(fd[0], &kb, sizeof kb), sizeof kb);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return kb;
}

static void test_memory_does_not_grow(void **state)
{
	long small = memory_of(5000), large = memory_of(100000);

	(void)state;
	assert_true(small > 0);
	if (large > small + 500) /* the index alone of the difference: 4500 */
		fail_msg("%ld kB for 5000 rows, %ld kB for 100000", small, large);
}

static void test_samsum(void **state)
{
	const char *path = shared_file("samsum/dev.jsonl");
	struct dataset_spec spec;
	struct dataset *d;
	struct example e;
	struct buf b;

	(void)state;
	if (!path) {
		print_message("no shared data\n");
		skip();
	}
	spec = summary_spec(path);
	spec.text = "dialogue";
	spec.target = "summary";
	spec.max_source = 256;
	spec.max_target = 64;
	d = dataset_open_in(&spec, fresh_cache());
	assert_int_equal(dataset_size(d), 818);
	assert_int_equal(row_report_bad(dataset_report(d)), 0);
	buf_init(&b);
	assert_int_equal(file_read(path, 1 << 24, &b, NULL), ST_OK);
	assert_true(hash_equal(hash_bytes(b.s, b.len), dataset_content(d)));
	buf_release(&b);
	for (uint64_t i = 0; i < 818; i++) {
		dataset_get(d, i, &e);
		assert_int_equal(e.line, i + 1);
		assert_int_equal(e.ids[0], CLS);
		assert_int_equal(e.ids[e.n_ids - 1], SEP);
		assert_int_equal(e.target[e.n_target - 1], SEP);
	}
	dataset_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classify),
		cmocka_unit_test(test_pairs_are_cut_from_the_longer),
		cmocka_unit_test(test_summaries_end_with_sep),
		cmocka_unit_test(test_regress),
		cmocka_unit_test(test_unlabelled),
		cmocka_unit_test(test_share_of_bad_rows),
		cmocka_unit_test(test_no_usable_rows),
		cmocka_unit_test(test_memory_does_not_grow),
		cmocka_unit_test(test_samsum),
	};

	return cmocka_run_group_tests_name("dataset", tests,
					   dataset_set_up, dataset_tear_down);
}
