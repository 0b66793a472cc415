/*
 * test_everyday.c - files as everyday programs leave them: exported by
 * spreadsheets, one JSON list, a folder of texts. Each is read to the rows that
 * were put in, or refused with its true cause.
 */
#include "fixture/everyday_files.h"

#include "data/guess.h"
#include "data/sample.h"
#include "data/source.h"

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
	if (sample_read(put_file("scores.csv", b.s, b.len), NULL, &s, &err))
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
	assert_contains(buf_str(&b),
			"iconv -f WINDOWS-1252 -t UTF-8 'data/my file.csv' >NEW");
	buf_release(&b);
	/* in the header: the names as they are, and what is wrong with them */
	assert_contains(rows_of(put_text("a.csv", "Gr\xf6\xdf" "e;n\na;1\nb;2\n"), "Größe", NULL),
			"Gr<F6><DF>e");
}

/* --- one JSON list --- */

static void test_json_list(void **state)
{
	static const char *const layouts[] = {
		"[{\"t\": \"a, ] b\", \"n\": 1}, {\"t\": \"\\\"c\\\\\", \"n\": 2}]",
		"\xef\xbb\xbf\r\n[\r\n{\"t\": \"a, ] b\", \"n\": 1}\r\n"
		",{\"t\": \"\\\"c\\\\\", \"n\": 2}\r\n]\r\n\r\n",
		"[\n  {\n    \"t\": \"a, ] b\",\n    \"n\": 1\n  },\n"
		"  {\n    \"t\": \"\\\"c\\\\\",\n    \"n\": 2\n  }\n]\n",
	};
	static const char *const lines[] = { "1:a, ] b|1\n1:\"c\\|2\n",
					     "3:a, ] b|1\n4:\"c\\|2\n",
					     "2:a, ] b|1\n6:\"c\\|2\n" };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_string_equal(rows_of(put_text("a.json", layouts[i]), "t", "n"), lines[i]);
	assert_string_equal(rows_of(put_text("a.json", "[[\"a\", 1],\n [\"b\", 2]]\n"), "0", "1"),
			    "1:a|1\n2:b|2\n");
	/* a list a line is no list of lists */
	assert_string_equal(rows_of(put_text("a.json", "[[\"a\"], 1]\n[[\"b\"], 2]\n"), "0", "1"),
			    "1:a|1\n2:b|2\n");
	/* bad rows are rows, and say which they are */
	assert_string_equal(rows_of(put_text("a.json", "[\n{\"t\": 1},\n{\"t\": x},\n"
						       "7,\n{\"t\": 2}]"),
				    "t", NULL),
			    "2:1\n3!no valid JSON(row 2: 'x' is not a JSON value)\n"
			    "4!no valid JSON(row 3: neither an object nor a list)\n5:2\n");
}

static void test_json_list_out_of_order(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "[{\"t\": 1},\n{\"t\": 2}", "a.json:2: cut short: no ']' after row 2" },
		{ "[{\"t\": 1},\n{\"t\": 2}\n{\"t\": 3}]",
		  "a.json:3: neither ',' nor ']' after row 2" },
		{ "[{\"t\": 1},\n{\"t\": \"2}]\n\n", "a.json:2: a quote without an end in row 2" },
		{ "[{\"t\": 1},\n{\"t\": [2}\n\n", "a.json:2: no end of row 2" },
		{ "[{\"t\": 1},\n]", "a.json:2: a ',' too many after row 1" },
		{ "[{\"t\": 1}\n]\nx", "a.json:3: more behind the end, which is after row 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_contains(rows_of(put_text("a.json", rows[i].text), "t", NULL),
				rows[i].says);
}

/* A list of many rows, looked at by jumps and read whole; memory stays. */
static void test_json_list_large(void **state)
{
	struct sample *s;
	struct err err = { "" };
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "[\n");
	for (int i = 0; i < 60000; i++)
		buf_addf(&b, "%s {\n  \"text\": \"row %d, of ] many\",\n  \"label\": %d\n }",
			 i ? ",\n" : "", i, i % 3);
	buf_adds(&b, "\n]\n");
	if (sample_read(put_file("big.json", b.s, b.len), NULL, &s, &err))
		fail_msg("%s", err.text);
	assert_false(s->is_whole);
	assert_int_equal(s->bad, 0);
	assert_int_equal(s->n_columns, 2);
	assert_true(s->all_rows > 59000 && s->all_rows < 61000);
	assert_contains(rows_of(s->path, "text", "label"),
			"\n239998:row 59999, of ] many|2\n");
	sample_free(s);
	/* a row beyond the cap is one bad row, wherever its end is */
	buf_clear(&b);
	buf_adds(&b, "[{\"t\": \"");
	for (int i = 0; i < (SOURCE_LINE_MAX >> 4) + 1; i++)
		buf_adds(&b, "0123456789abcdef");
	buf_adds(&b, "\"},\n{\"t\": 2}]\n");
	assert_string_equal(rows_of(put_file("long.json", b.s, b.len), "t", NULL),
			    "1!row too long(row 1)\n2:2\n");
	buf_release(&b);
}

/* --- a folder of texts --- */

static const char *put_in(const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];

	assert_int_equal(file_mkdirs(in_scratch(folder), 0700, NULL), ST_OK);
	assert_true(str_format(path, sizeof path, "%s/%s", folder, name));
	return put_text(path, text);
}

static void test_folder(void **state)
{
	(void)state;
	put_in("set/train/pos", "b.txt", "good \"one\"\n\tand two\\\n");
	put_in("set/train/pos", "a.txt", "\xef\xbb\xbf" "first");
	put_in("set/train/neg", "10.txt", "ten");
	put_in("set/train/neg", "2.txt", "two\r\nlines");
	put_in("set/train/neg", ".hidden.txt", "no row");
	put_in("set/train/neg", "notes.md", "no row");
	put_in("set/train/neg/deeper", "x.txt", "no row");
	put_in("set/train/unsup", "1.txt", "no label");
	put_in("set/train/.git", "1.txt", "no row");
	assert_string_equal(rows_of(in_scratch("set/train"), "label", "text"),
			    "1:neg|ten\n2:neg|two\r\nlines\n3:pos|first\n"
			    "4:pos|good \"one\"\n\tand two\\\n\n");
	assert_string_equal(rows_of(in_scratch("set/train/"), "file", NULL),
			    "1:neg/10.txt\n2:neg/2.txt\n3:pos/a.txt\n4:pos/b.txt\n");
	/* another file, another content: read anew */
	put_in("set/train/neg", "2.txt", "changed");
	put_in("set/train/pos", "c.txt", "\xff new");
	assert_string_equal(rows_of(in_scratch("set/train"), "text", NULL),
			    "1:ten\n2:changed\n3:first\n4:good \"one\"\n\tand two\\\n\n"
			    "5!invalid UTF-8(pos/c.txt)\n");
	unlink(in_scratch("set/train/pos/c.txt"));
	assert_contains(rows_of(in_scratch("set/train"), "text", NULL),
			"and two\\\n\n");
	/* what is none is told, and where the rows may be */
	assert_contains(rows_of(in_scratch("set"), "text", NULL), "/set/train' meant");
	put_in("empty/pos", "a.md", "");
	assert_contains(rows_of(in_scratch("empty"), "text", NULL),
			"a folder for each class");
}

/* Folders in folders in folders: the deepest first. */
static int remove_folders(void **state)
{
	static const char *const made[] = { "set/train/neg", "set/train", "set", "empty" };

	(void)state;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		file_remove_tree(in_scratch(made[i]), NULL);
	return 0;
}

/* --- what holds no rows --- */

static void test_others(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *is, *line;
	} rows[] = {
#define B(s) s, sizeof s - 1
		{ B("PAR1\x15\x04"), "a Parquet file", "p.read_parquet('" },
		{ B("ARROW1\0\0"), "an Arrow file", "p.read_feather('" },
		{ B("\xff\xff\xff\xff\x10\0\0\0"), "an Arrow stream", "open_stream('" },
		{ B("PK\x03\x04 [Content_Types].xml xl/workbook.xml"), "an Excel sheet",
		  "CSV UTF-8" },
		{ B("PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
		  "an ODF spreadsheet", "read_excel('" },
		{ B("PK\x03\x04 train.csv"), "a zip archive", "unzip '" },
		{ B("PK\x03\x04 keyword/train.tsv"), "a zip archive", "unzip '" },
		{ B("PK\x03\x04 [Content_Types].xml word/document.xml"), "a Word document",
		  "copy its texts" },
		{ B("PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.text"),
		  "an ODF document", "copy its texts" },
		{ B("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old Excel sheet", "read_excel('" },
		{ B("\x80\x04\x95\x10\0."), "a Python pickle", "read_pickle('" },
		{ B("\x80\x05}q\0."), "a Python pickle", "if you trust it" },
		{ B("SQLite format 3\0 more"), "an SQLite database", "-csv '" },
		{ B("<!DOCTYPE html><html>"), "a web page", "download" },
		{ B("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
		  "a pointer of Git LFS", "git lfs pull" },
		{ B("\xff\xfet\0e\0"), "UTF-16 text", "iconv -f UTF-16 -t UTF-8 '" },
#undef B
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		/* by the content: the name says CSV, JSON or nothing */
		static const char *const names[] = { "a.csv", "a.jsonl", "a" };
		const char *path = put_file(names[i % 3], rows[i].bytes, rows[i].n);
		const char *got = rows_of(path, "text", NULL);

		assert_contains(got, "looks like ");
		assert_contains(got, rows[i].is);
		assert_contains(got, rows[i].line);
		/* and packed, once it is unpacked */
		assert_contains(rows_of(packed("gzip", path, "packed"), "text", NULL),
				rows[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_semicolons),
		cmocka_unit_test(test_sep_line),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_decimal_task),
		cmocka_unit_test(test_code_page),
		cmocka_unit_test(test_json_list),
		cmocka_unit_test(test_json_list_out_of_order),
		cmocka_unit_test(test_json_list_large),
		cmocka_unit_test_teardown(test_folder, remove_folders),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("everyday", tests, everyday_set_up,
					   scratch_remove);
}
