/*
 * test_source_hostile.c - rows from foreign files that nobody should have made:
 * quotes never closed, long lines, a million columns, any bytes at all.
 */

#include "fixture/source_rows.h"

/* --- CSV --- */

/* Every line opens a quote that is never closed: read about twice, not n times. */
static void test_csv_quote_on_every_line(void **state)
{
	enum { LINES = 60000 };
	struct source_spec spec = { .header = 0, .n_fields = 1, .field = { "0" } };
	struct source *s;
	struct source_row row;
	struct buf b;
	uint64_t n = 0, bad = 0;

	(void)state;
	buf_init(&b);
	for (int i = 0; i < LINES; i++)
		buf_addf(&b, "a,b%d\n", i);
	for (int i = 0; i < 400; i++)
		buf_adds(&b, "\"x,y\n a\n");
	buf_adds(&b, "last,1\n");
	spec.path = put_file("a.csv", b.s, b.len);
	buf_release(&b);
	assert_int_equal(source_open(&spec, &s, NULL), ST_OK);
	while (!source_next(s, &row, NULL)) {
		n++;
		bad += row.fault == ROW_BAD_QUOTE;
	}
	source_close(s);
	assert_int_equal(bad, 400);
	assert_int_equal(n, LINES + 400 + 400 + 1);
}

/* --- files that nobody should have made --- */

static void test_not_utf8_text(void **state)
{
	(void)state;
	assert_contains(read_file(put_file("a.tsv", "\xff\xfex\0\n\0", 6), -1, "x", NULL),
			"looks like UTF-16");
	assert_contains(read_file(put_file("a.tsv", "\xfe\xff\0x\0\n", 6), -1, "x", NULL),
			"looks like UTF-16");
	assert_contains(read_file(put_file("a.tsv", "x\0\t\0y\0\n\0a\0\t\0b\0\n\0", 16),
				  -1, "x", NULL),
			"looks like UTF-16");
	assert_contains(read_file(put_file("a.xz", "\xfd" "7zXZ\0\0\4", 8), -1, "x", NULL),
			"damaged or cut short");
	assert_contains(read_text("a.txt", "x\n", "x", NULL), "cannot tell the columns");
	assert_string_equal(read_text("a.tsv", "x\ty\n\xc3\t1\n\xed\xa0\x80\t1\na\t\xff\n",
				      "x", NULL),
			    "2!invalid UTF-8\n3!invalid UTF-8\n4:a\n");
	assert_string_equal(read_file(put_file("a.tsv", "x\na\0b\nc\n", 8), -1, "x", NULL),
			    "2!NUL byte\n3:c\n");
	assert_string_equal(read_file(put_file("a.csv", "x\na\0b\nc\n", 8), -1, "x", NULL),
			    "2!NUL byte\n3:c\n");
}

static void test_not_a_file(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_scratch("pipe.tsv"), 0600), 0);
	assert_contains(read_file(in_scratch("pipe.tsv"), -1, "x", NULL), "a pipe");
	assert_contains(read_file(scratch, -1, "x", NULL), "a folder");
	assert_contains(read_file("/dev/zero", -1, "x", NULL), "a device");
	assert_contains(read_file(in_scratch("absent.tsv"), -1, "x", NULL), "absent.tsv");
}

static void test_no_rows(void **state)
{
	(void)state;
	assert_contains(read_text("a.tsv", "", "x", NULL), "error: no rows");
	assert_contains(read_text("a.tsv", "\xef\xbb\xbf", "x", NULL), "error: no rows");
	assert_contains(read_text("a.tsv", "\n\n", "x", NULL), "error: no rows");
	assert_contains(read_text("a.csv", "\n", "x", NULL), "error: no rows");
	assert_string_equal(read_text("a.tsv", "x\n", "x", NULL), "");
	assert_string_equal(read_text("a.csv", "x\n", "x", NULL), "");
	assert_string_equal(read_text("a.jsonl", "\n\r\n ", "x", NULL), "");
}

/* A line of 64 MB is passed over; the buffer stays within its cap. */
static void check_long_line(const char *name, const char *head, const char *tail)
{
	const char *path = put_text(name, head), *got;
	FILE *f = fopen(path, "r+b");
	uint64_t before, grown;

	assert_non_null(f);
	assert_int_equal(fseek(f, 64 << 20, SEEK_END), 0); /* a hole: zeros */
	assert_int_equal(fwrite(tail, 1, strlen(tail), f), strlen(tail));
	assert_int_equal(fclose(f), 0);
	before = mem_now_bytes();
	got = read_file(path, 0, "0", NULL);
	grown = mem_now_bytes() - before;
	assert_string_equal(got, "1:a\n2!row too long\n3:b\n");
#ifndef TUTTI_SANITIZED
	assert_true(grown < (uint64_t)40 << 20 || grown > UINT64_MAX / 2);
#else
	(void)grown;
#endif
	unlink(path);
}

static void test_long_lines(void **state)
{
	(void)state;
	check_long_line("a.tsv", "a\n", "\nb\n");
	check_long_line("a.csv", "a\n", "\nb\n");
	check_long_line("a.jsonl", "[\"a\"]\n[\"", "\"]\n[\"b\"]\n");
}

/* Right at the limit: the longest line that is taken, and one more. */
static void test_line_limit(void **state)
{
	struct buf b;
	const char *got;

	(void)state;
	buf_init(&b);
	add_many(&b, 'x', SOURCE_LINE_MAX);
	buf_adds(&b, "\n");
	add_many(&b, 'x', SOURCE_LINE_MAX + 1);
	got = read_file(put_file("a.tsv", b.s, b.len), 0, "0", NULL);
	assert_int_equal(strlen(got), 2 + SOURCE_LINE_MAX + strlen("\n2!row too long\n"));
	buf_release(&b);
}

static void test_million_columns(void **state)
{
	enum { N = 1000000 };
	struct buf b;

	(void)state;
	buf_init(&b);
	add_many(&b, '\t', N);
	buf_adds(&b, "x\n");
	add_many(&b, '\t', N);
	buf_adds(&b, "y\nshort\n");
	assert_string_equal(read_text("a.tsv", b.s, "x", NULL),
			    "2:y\n3!too few columns\n");
	for (size_t i = 0; i < b.len; i++)
		b.s[i] = b.s[i] == '\t' ? ',' : b.s[i];
	assert_string_equal(read_text("a.csv", b.s, "x", NULL),
			    "2:y\n3!too few columns\n");
	buf_release(&b);
}

/* A row of JSON whose tree would be far larger than its text. */
static void test_json_of_many_nodes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "{\"a\": 1}\n{\"a\": [0");
	for (int i = 0; i < 2000000; i++)
		buf_adds(&b, ",0");
	buf_adds(&b, "]}\n{\"a\": \"");
	for (int i = 0; i < 2000000; i++)
		buf_adds(&b, ",[");
	buf_adds(&b, "\"}\n{\"a\": 2}\n");
	put_file("a.jsonl", b.s, b.len);
	buf_clear(&b);
	buf_adds(&b, read_file(in_scratch("a.jsonl"), -1, "a", NULL));
	assert_non_null(strstr(b.s, "2!row too long\n3:,[,["));
	assert_int_equal(b.len, strlen("1:1\n2!row too long\n3:\n4:2\n") + 4000000);
	buf_release(&b);
}

static void test_file_that_shrinks(void **state)
{
	struct source_spec spec = { .header = 1, .n_fields = 1, .field = { "x" } };
	struct source *s;
	struct source_row row;
	struct err err = { "" };
	struct buf b;
	enum status st;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "x\n");
	for (int i = 0; i < 200000; i++)
		buf_addf(&b, "row %d\n", i);
	spec.path = put_file("a.tsv", b.s, b.len);
	assert_int_equal(source_open(&spec, &s, &err), ST_OK);
	assert_int_equal(truncate(spec.path, (off_t)b.len / 2), 0);
	while (!(st = source_next(s, &row, &err)))
		;
	assert_int_equal(st, ST_IO);
	assert_contains(err.text, "became shorter");
	source_close(s);
	buf_release(&b);
}

/* --- any bytes at all --- */

/* Bytes that matter to some format, in any order: rows or a message, no more. */
static void test_any_bytes(void **state)
{
	static const char bytes[] = "\"\",,\t\t\n\n\r{}[]:ab01\\\0\xc3\xa9\xff\xef\xbb\xbf ";
	static const char *const names[] = { "a.tsv", "a.csv", "a.jsonl" };
	uint32_t x = 1;

	(void)state;
	for (int round = 0; round < 600; round++) {
		char text[200];
		size_t n = 1 + (size_t)round % sizeof text;

		for (size_t i = 0; i < n; i++) {
			x = x * 1664525u + 1013904223u;
			text[i] = bytes[(x >> 16) % (sizeof bytes - 1)];
		}
		for (int k = 0; k < 3; k++) {
			const char *path = put_file(names[k], text, n);

			read_file(path, round % 2, k == 2 ? "a" : "0", "1");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv_quote_on_every_line),
		cmocka_unit_test(test_not_utf8_text),
		cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_million_columns),
		cmocka_unit_test(test_json_of_many_nodes),
		cmocka_unit_test(test_file_that_shrinks),
		cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests_name("source_hostile", tests,
					   scratch_make, scratch_remove);
}
