/*
 * test_data_report_kinds.c - reports on data of other kinds and on files that are
 * gone; one on many rows runs beside whoever asked for it.
 */
#include "fixture/report_run.h"

#include <math.h>

#include "ask/job.h"
#include "base/clock.h"
#include "look/data_own.h"
#include "look/data_report.h"

/* --- other kinds, and what is not there --- */

static void test_summaries_and_numbers(void **state)
{
	char tasks[1200];
	struct data_report r;
	struct data_book *b;
	struct data_pieces p;
	const struct data_split_report *t;

	(void)state;
	put_text("sum.jsonl",
		 "{\"source\": \"one two three four\", \"target\": \"one two\"}\n"
		 "{\"source\": \"one  TWO three four\", \"target\": \"three\"}\n"
		 "{\"source\": \"a b c d e f g h i j k l m n o p\", "
		 "\"target\": \"a b c d e f g h i j k l m\"}\n");
	put_text("num.tsv", "text\tlabel\nhello world\t1\nhello there\t2.5\nbye\t4\n");
	snprintf(tasks, sizeof tasks, "\"s\": {\"kind\": \"summarize\", \"train\": "
		 "\"%s/sum.jsonl\", \"max_source\": 8, \"max_target\": 6}, "
		 "\"n\": {\"kind\": \"regress\", \"train\": \"%s/num.tsv\"}", scratch,
		 scratch);
	b = open_book(put_plan(tasks), 0);
	assert_int_equal(data_report_make(b, NULL, &r, NULL), ST_OK);
	t = &r.split[SPLIT_TRAIN];
	assert_int_equal(t->rows, 3);
	assert_int_equal(t->repeated.n, 1);
	assert_int_equal(t->repeated.differing, 1); /* another summary */
	assert_int_equal(t->repeated.at[0].row, 1);
	assert_true(t->cut_source >= 1 && t->cut_target >= 1);
	assert_int_equal(t->source.max, 8);
	assert_int_equal(t->target.max, 6);
	assert_true(fabs(t->compression - (double)t->source.sum /
			 (double)t->target.sum) < 1e-12);
	assert_false(r.split[SPLIT_DEV].is_open);
	assert_string_equal(data_book_trouble(b, SPLIT_DEV), "the plan has no dev rows");
	data_book_pieces(b, SPLIT_TRAIN, 2, &p);
	assert_true(p.text_lost > 0 && p.target_lost > 0);
	assert_int_equal(p.n, 8);
	assert_int_equal(p.n_target, 6);
	data_pieces_release(&p);
	data_report_release(&r);
	data_book_close(b);

	b = open_book(in_scratch("run"), 1);
	assert_int_equal(data_report_make(b, NULL, &r, NULL), ST_OK);
	t = &r.split[SPLIT_TRAIN];
	assert_true(fabs(t->mean - 2.5) < 1e-6);
	assert_true(t->low > .99 && t->low < 1.01 && t->high > 3.99 && t->high < 4.01);
	assert_int_equal(t->numbers[0], 1);
	assert_int_equal(t->numbers[DATA_BINS - 1], 1);
	data_report_release(&r);
	data_book_close(b);
}

static void test_gone(void **state)
{
	struct made train, dev;
	struct data_report r;
	struct data_book *b = NULL;
	struct err err = { "" };

	(void)state;
	made_seed = 14;
	train = made_split("train.jsonl", 300, NULL);
	dev = made_split("dev.jsonl", 100, &train);
	b = open_book(put_classify(), 0);
	data_book_close(b);
	assert_int_equal(unlink(in_scratch("dev.jsonl")), 0);
	b = open_book(in_scratch("run"), 0);
	assert_null(data_book_trouble(b, SPLIT_TRAIN));
	assert_non_null(strstr(data_book_trouble(b, SPLIT_DEV), "dev.jsonl"));
	assert_int_equal(data_book_size(b, SPLIT_DEV), 0);
	assert_int_equal(data_report_make(b, NULL, &r, NULL), ST_OK);
	assert_int_equal(r.split[SPLIT_TRAIN].rows, train.n);
	assert_false(r.split[SPLIT_DEV].is_open);
	data_report_release(&r);
	data_book_close(b);
	assert_int_equal(data_book_open(in_scratch("nowhere"), 0, NULL, &b, &err),
			 ST_NOT_FOUND);
	assert_int_equal(data_book_open(in_scratch("run"), 7, NULL, &b, &err),
			 ST_NOT_FOUND);
	made_free(&train);
	made_free(&dev);
}

/* --- beside everything else --- */

struct work {
	struct data_book *b;
	struct data_report r;
};

static enum status do_work(void *arg, struct progress *pg, struct err *err)
{
	struct work *w = arg;

	return data_report_make(w->b, pg, &w->r, err);
}

static double wait_for(struct job *j, enum status *st)
{
	double from = clock_now();

	while (!job_is_done(j, st, NULL) && clock_now() < from + 60)
		usleep(500);
	return clock_now() - from;
}

static void test_many_rows(void **state)
{
	struct made train, dev;
	struct work w = { 0 };
	enum status st = ST_FAILED;
	struct job *j;
	double start;

	(void)state;
	made_seed = 15;
	train = made_split("train.jsonl", 100000, NULL);
	dev = made_split("dev.jsonl", 1000, &train);
	w.b = open_book(put_classify(), 0);
	start = clock_now();
	j = job_start(do_work, &w, -1);
	assert_non_null(j);
	assert_true(clock_now() - start < .05); /* nobody waits for it */
	wait_for(j, &st);
	assert_int_equal(st, ST_OK);
	assert_int_equal(w.r.split[SPLIT_TRAIN].rows, train.n);
	assert_true(w.r.split[SPLIT_DEV].leaked.n >= 140);
	job_free(j);
	data_report_release(&w.r);

	j = job_start(do_work, &w, -1); /* given up at once: it ends soon */
	job_cancel(j);
	assert_true(wait_for(j, &st) < 1);
	job_free(j);
	data_report_release(&w.r);
	data_book_close(w.b);
	made_free(&train);
	made_free(&dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summaries_and_numbers),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_many_rows),
	};

	return cmocka_run_group_tests_name("data_report_kinds", tests,
					   scratch_make_cache, scratch_remove);
}
