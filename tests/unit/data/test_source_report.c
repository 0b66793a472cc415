/*
 * test_source_report.c - what a source says of a whole file: its hash, how far it
 * is, the bad rows by reason and how many are allowed; real data.
 */

#include "fixture/source_rows.h"

/* --- content, progress --- */

static void test_content_hash(void **state)
{
	static const char *const names[] = { "a.tsv", "a.csv", "a.jsonl" };
	struct buf b;

	(void)state;
	buf_init(&b);
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, "{\"x\": %d}\n", i);
	for (size_t k = 0; k < 3; k++) {
		struct source_spec spec = { .header = 0, .n_fields = 1,
					    .field = { k == 2 ? "x" : "0" } };
		struct hash want = hash_bytes(b.s, b.len), got;
		struct source *s;
		struct source_row row;

		spec.format = (enum source_format[]){ SOURCE_TSV, SOURCE_CSV,
						      SOURCE_JSONL }[k];
		spec.path = put_file(names[k], b.s, b.len);
		assert_int_equal(source_open(&spec, &s, NULL), ST_OK);
		while (!source_next(s, &row, NULL))
			;
		got = source_content(s);
		assert_true(hash_equal(want, got));
		source_close(s);
	}
	buf_release(&b);
}

static bool stop_now(struct progress *p)
{
	++*(int *)p->arg;
	return true;
}

static void test_stop(void **state)
{
	struct source_spec spec = { .header = 0, .n_fields = 1, .field = { "0" } };
	int ticks = 0;
	struct progress pg = { .tick = stop_now, .arg = &ticks };
	struct source *s;
	struct source_row row;
	struct buf b;
	enum status st;

	(void)state;
	buf_init(&b);
	add_many(&b, 'x', 3 << 20);
	for (size_t i = 99; i < b.len; i += 100)
		b.s[i] = '\n';
	spec.path = put_file("a.tsv", b.s, b.len);
	assert_int_equal(source_open(&spec, &s, NULL), ST_OK);
	progress_begin(&pg, b.len, "bytes", "reading");
	source_watch(s, &pg);
	while (!(st = source_next(s, &row, NULL)))
		;
	assert_int_equal(st, ST_STOPPED);
	assert_int_equal(ticks, 1);
	source_close(s);
	buf_release(&b);
}

static void test_report(void **state)
{
	struct row_report r = { 0 };
	struct buf b;

	(void)state;
	for (uint64_t i = 1; i <= 10; i++) {
		struct source_row row = { .line = i };

		if (i % 2)
			row_say(&row, ROW_SHORT, "1 in place of\x1b 2", i == 1 ? 16 : 1);
		row_report_add(&r, &row);
	}
	row_report_add(&r, &(struct source_row){ .line = 11, .fault = ROW_NUL });
	assert_int_equal(r.rows, 11);
	assert_int_equal(row_report_bad(&r), 6);
	assert_int_equal(r.bad[ROW_SHORT], 5);
	assert_int_equal(r.first[ROW_SHORT][0], 1);
	assert_int_equal(r.first[ROW_SHORT][3], 7);
	assert_int_equal(r.first[ROW_NUL][0], 11);
	for (int f = 0; f < ROW_FAULTS; f++)
		assert_non_null(row_fault_name((enum row_fault)f));
	buf_init(&b);
	row_report_text(&r, "a.csv", &b);
	assert_string_equal(buf_str(&b), "too few columns 5 (lines 1, 3, 5, 7, ...: 1 in "
					 "place of<ESC> 2); NUL byte 1 (line 11)");
	buf_release(&b);
}

/* max_bad is a share of the file; of a short file a few rows are fine. */
static void test_allowed(void **state)
{
	static const struct {
		uint64_t rows;
		double max_bad;
		uint64_t allowed;
	} rows[] = {
		{ 5, 0.01, 1 },    { 18, 0.01, 2 },     { 200, 0.01, 3 },
		{ 300, 0.01, 3 },  { 301, 0.01, 4 },    { 100000, 0.01, 1000 },
		{ 100, 0.07, 7 },  { 5, 0, 0 },         { 100000, 0, 0 },
		{ 10, 0.5, 5 },    { 10, 1, 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct row_report r = { .rows = 1, .file_rows = rows[i].rows };

		assert_int_equal(row_report_allowed(&r, rows[i].max_bad), rows[i].allowed);
	}
}

/* --- real data --- */

static void test_ag_news(void **state)
{
	const char *path = shared_file("ag_news/train.csv");
	struct source_spec spec = { .header = 0, .n_fields = 2, .field = { "0", "1" } };
	struct source *s;
	struct source_row row;
	uint64_t n = 0, of[5] = { 0 }, backslash = 0;

	(void)state;
	if (!path) {
		print_message("no shared data\n");
		skip();
	}
	spec.path = path;
	assert_int_equal(source_open(&spec, &s, NULL), ST_OK);
	while (!source_next(s, &row, NULL)) {
		assert_int_equal(row.fault, ROW_OK);
		assert_int_equal(row.len[0], 1);
		assert_in_range(row.field[0][0], '1', '4');
		of[row.field[0][0] - '0']++;
		backslash += memmem(row.field[1], row.len[1], "\\$", 2) != NULL;
		n++;
	}
	source_close(s);
	assert_int_equal(n, 18057);
	assert_true(backslash > 100);
	assert_true(of[1] && of[2] && of[3] && of[4]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content_hash),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_ag_news),
	};

	return cmocka_run_group_tests_name("source_report", tests,
					   scratch_make, scratch_remove);
}
