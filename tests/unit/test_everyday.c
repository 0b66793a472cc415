/*
 * test_everyday.c - files as everyday programs leave them: exported by
 * spreadsheets, packed, one JSON list, a folder of texts. Each is read to the
 * rows that were put in, or refused with its true cause.
 */
#include "data_check.h"

#include "data/guess.h"
#include "data/sample.h"
#include "data/source.h"

/* "LINE:first|second" or "LINE!fault(what)" a row, or what it was refused with. */
static const char *rows_of(const char *path, const char *first, const char *second)
{
	static struct buf b;
	struct source_spec spec = { .path = path, .header = -1, .n_fields = second ? 2 : 1,
				    .field = { first, second } };
	struct source *s;
	struct source_row row;
	struct err err = { "" };
	enum status st = source_open(&spec, &s, &err);

	buf_clear(&b);
	buf_reserve(&b, 1);
	while (!st && !(st = source_next(s, &row, &err))) {
		buf_addf(&b, "%" PRIu64, row.line);
		if (row.fault)
			buf_addf(&b, "!%s(%s)", row_fault_name(row.fault), row.what);
		for (int i = 0; !row.fault && i < spec.n_fields; i++) {
			buf_addc(&b, i ? '|' : ':');
			buf_add(&b, row.field[i], row.len[i]);
		}
		buf_addc(&b, '\n');
	}
	if (st != ST_END)
		buf_adds(&b, err.text);
	source_close(s);
	return buf_str(&b);
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%.600s' does not say '%s'", text, part);
}

/* --- spreadsheets --- */

static void test_semicolons(void **state)
{
	(void)state;
	/* a BOM, a line break and a separator in a cell, quotes doubled */
	assert_string_equal(rows_of(put_text("a.csv", "\xef\xbb\xbftext;score\r\n"
					     "\"one\ntwo; \"\"three\"\"\";3,5\r\nfour;-1\r\n"),
				    "text", "score"),
			    "2:one\ntwo; \"three\"|3,5\n4:four|-1\n");
	/* decimal commas are as many as separators: they separate nothing */
	assert_string_equal(rows_of(put_text("a.csv", "3,5;some words\n1,25;and more\n"),
				    "1", "0"),
			    "1:some words|3,5\n2:and more|1,25\n");
	/* numbers between commas are still columns */
	assert_string_equal(rows_of(put_text("a.csv", "3,5\n1,2\n"), "1", NULL), "1:5\n2:2\n");
}

static void test_sep_line(void **state)
{
	static const char *const heads[] = { "sep=;\n", "SEP=;\r\n", "\"sep=;\"\n",
					     "\xef\xbb\xbfsep=;\n" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		/* by votes these would be commas */
		str_format(text, sizeof text, "%sa, b, c;x\nd, e, f;y\n", heads[i]);
		assert_string_equal(rows_of(put_text("a.csv", text), "0", "1"),
				    "2:a, b, c|x\n3:d, e, f|y\n");
	}
	assert_string_equal(rows_of(put_text("a.txt", "sep=^\ntext^n\na,b^1\nc,d^2\n"),
				    "text", "n"), "3:a,b|1\n4:c,d|2\n");
	assert_string_equal(rows_of(put_text("a.csv", "sep=\t\nx\ty\n\"a\tb\"\t1\n"), "x", "y"),
			    "3:a\tb|1\n");
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		char decimal;
		double is; /* -99: none */
	} rows[] = {
		{ "3,5", ',', 3.5 }, { " -0,25 ", ',', -.25 }, { "3.5", ',', 3.5 },
		{ "7", ',', 7 },     { "1.234,5", ',', -99 },  { "1,234,567", ',', -99 },
		{ ",5", ',', .5 },   { "3,5", '.', -99 },      { "3.5", '.', 3.5 },
		{ ",", ',', -99 },   { "", ',', -99 },         { "3,5 kg", ',', -99 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double x = -99;
		bool is = source_number(rows[i].text, strlen(rows[i].text), rows[i].decimal, &x);

		if (is != (rows[i].is > -99) || (is && x != rows[i].is))
			fail_msg("'%s' with '%c' is %g", rows[i].text, rows[i].decimal, x);
	}
}

/* Decimal commas are numbers to whoever guesses, too: a task of numbers. */
static void test_decimal_task(void **state)
{
	struct sample *s;
	struct guess g;
	struct err err = { "" };
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "\xef\xbb\xbfReview;Score\r\n");
	for (int i = 0; i < 80; i++)
		buf_addf(&b, "\"the %d dishes\ncame late, and cold\";%d,%d\r\n", i * 7, i % 5,
			 i * 37 % 100);
	if (sample_read(put_file("scores.csv", b.s, b.len), &s, &err))
		fail_msg("%s", err.text);
	guess_file(s, &g);
	assert_true(g.header && g.n > 0);
	assert_int_equal(g.option[0].kind, TASK_REGRESS);
	assert_int_equal(g.option[0].target, 1);
	assert_int_equal(s->column[1].numbers, 80);
	sample_free(s);
	buf_release(&b);
}

/* Western Windows' bytes: the row, the byte, and the line that converts the file. */
static void test_code_page(void **state)
{
	struct row_report r = { 0 };
	struct source_row row = { .fault = ROW_OK };
	struct buf b;

	(void)state;
	assert_string_equal(rows_of(put_text("a.csv", "text;n\nein Stra\xdf" "enfest;1\nb;2\n"),
				    "text", "n"),
			    "2!invalid UTF-8(ein Stra<DF>enfest)\n3:b|2\n");
	row.fault = ROW_BAD_UTF8;
	row_report_add(&r, &row);
	buf_init(&b);
	row_report_text(&r, "data/my file.csv", &b);
	assert_says(buf_str(&b), "iconv -f WINDOWS-1252 -t UTF-8 'data/my file.csv' >NEW");
	buf_release(&b);
	/* in the header: the names as they are, and what is wrong with them */
	assert_says(rows_of(put_text("a.csv", "Gr\xf6\xdf" "e;n\na;1\nb;2\n"), "Größe", NULL),
		    "Gr<F6><DF>e");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_semicolons),   cmocka_unit_test(test_sep_line),
		cmocka_unit_test(test_numbers),      cmocka_unit_test(test_decimal_task),
		cmocka_unit_test(test_code_page),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
