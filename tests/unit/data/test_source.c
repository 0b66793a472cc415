/*
 * test_source.c - rows from foreign files: the three formats and their columns.
 */

#include "fixture/source_rows.h"

/* --- TSV --- */

static void test_tsv(void **state)
{
	(void)state;
	assert_string_equal(read_text("a.tsv", "x\ty\n1\t2\n3\t4\n", "y", "x"),
			    "2:2|1\n3:4|3\n");
	/* no final newline, CR LF, blank lines, quotes are letters */
	assert_string_equal(read_text("a.tsv", "x\ty\r\n\"1\t2\"\r\n\r\n3\t4",
				      "x", "y"),
			    "2:\"1|2\"\n4:3|4\n");
	/* CR alone */
	assert_string_equal(read_text("a.tsv", "x\ty\r1\t2\r3\t4\r", "x", "y"),
			    "2:1|2\n3:3|4\n");
	/* a BOM is no part of the first name */
	assert_string_equal(read_text("a.tsv", "\xef\xbb\xbfx\ty\n1\t2\n", "x", "y"),
			    "2:1|2\n");
	/* more columns than most rows have, and fewer */
	assert_string_equal(read_text("a.tsv", "x\ty\n1\t2\t3\n1\n\t\n", "y", NULL),
			    "2!too many columns\n3!too few columns\n4:\n");
	/* one column asked for twice */
	assert_string_equal(read_text("a.tsv", "x\ty\n1\t2\n", "y", "y"), "2:2|2\n");
}

static void test_columns_by_number(void **state)
{
	const char *path;

	(void)state;
	assert_string_equal(read_text("a.tsv", "1\t2\n3\t4\n", "1", "0"),
			    "1:2|1\n2:4|3\n");
	path = in_scratch("a.tsv");
	assert_string_equal(read_file(path, 1, "0", NULL), "2:3\n");
	/* names win over numbers */
	assert_string_equal(read_file(put_text("b.tsv", "1\t0\na\tb\n"), 1, "0", NULL),
			    "2:b\n");
	assert_contains(read_file(path, 0, "text", NULL), "no header");
	assert_contains(read_file(path, 1, "3", NULL), "no column '3'");
	assert_contains(read_file(path, 0, "9223372036854775808", NULL),
			"no column '9223372036854775808'");
}

/* Blanks around a name are none of it; the second of one name is NAME#2. */
static void test_column_names(void **state)
{
	(void)state;
	assert_string_equal(read_text("a.csv", "text , label\n1, 2\n", "label", " text"),
			    "2: 2|1\n");
	assert_string_equal(read_text("a.csv", "x,y,x\n1,2,3\n", "x#2", "x#1"), "2:3|1\n");
	/* a name as it stands goes before what it could mean */
	assert_string_equal(read_text("a.tsv", "x\tx\tx#2\n1\t2\t3\n", "x#2", "x#1"),
			    "2:3|1\n");
	assert_string_equal(read_text("a.tsv", "#1 x\t#2 x\n1\t2\n", "#2 x", "#1 x"),
			    "2:2|1\n");
}

/* A table is as wide as most of its rows, whatever its first line says. */
static void test_width(void **state)
{
	struct buf b;

	(void)state;
	/* R: no name above the names of the rows */
	assert_string_equal(read_text("a.csv", "x,y\n1,a,b\n2,c,d\n", "x", "y"),
			    "2:a|b\n3:c|d\n");
	/* but not where these come twice: then nobody knows whose the names are */
	assert_contains(read_text("a.csv", "x,y\n1,a,b\n1,c,d\n", "x", "y"), "has 2 names");
	assert_string_equal(read_file(in_scratch("a.csv"), 1, "1", "2"), "2:a|b\n3:c|d\n");
	/* rows that end with a separator, and a header alone that does */
	assert_string_equal(read_text("a.csv", "x,y\n1,2,\n3,4,\n", "x", "y"),
			    "2:1|2\n3:3|4\n");
	assert_string_equal(read_text("a.csv", "x,y,\n1,2\n3,4\n", "x", "y"),
			    "2:1|2\n3:3|4\n");
	/* blanks alone are no row, but where there is one column */
	assert_string_equal(read_text("a.csv", "x,y\n  \n1,2\n", "x", "y"), "3:1|2\n");
	assert_string_equal(read_file(put_text("a.csv", "x\n \n1\n"), 1, "x", NULL),
			    "2: \n3:1\n");
	/* in TSV many rows may have the same columns more; in CSV that is a comma */
	buf_init(&b);
	for (int i = 0; i < 40; i++)
		buf_addf(&b, "%d\ta%s\n", i, i == 7 ? "\tb\tc\td" : i % 8 ? "" : "\tb");
	assert_contains(read_file(put_text("a.tsv", b.s), 0, "0", "1"),
			"7:6|a\n8!too many columns\n9:8|a\n");
	for (size_t i = 0; i < b.len; i++)
		b.s[i] = b.s[i] == '\t' ? ',' : b.s[i];
	assert_contains(read_file(put_text("a.csv", b.s), 0, "0", "1"),
			"9!too many columns\n10:9|a\n");
	buf_release(&b);
}

/* What stands on top of a table and is no row. */
static void test_comments(void **state)
{
	(void)state;
	assert_string_equal(read_text("a.csv", "# by a tool, v2\n#user: x\nx,y\n1,2\n3,4\n",
				      "x", "y"),
			    "4:1|2\n5:3|4\n");
	assert_string_equal(read_text("a.csv", "sep=;\nx;y\n1;2\n3;4\n", "x", "y"),
			    "3:1|2\n4:3|4\n");
	/* a header may begin with it, and a row below */
	assert_string_equal(read_text("a.tsv", "#id\tx\n1\t2\n#3\t4\n", "#id", "x"),
			    "2:1|2\n3:#3|4\n");
	/* nothing else is there: then these are the rows */
	assert_string_equal(read_text("a.tsv", "# a\tb\n# c\td\n", "0", "1"),
			    "1:# a|b\n2:# c|d\n");
}

/* The content decides; the name is a hint. */
static void test_form(void **state)
{
	static const char *const names[] = { "a.tsv", "a.csv", "a.txt", "a.jsonl", "a" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_string_equal(read_text(names[i], "x\ty\na, b\tc; d\n", "x", "y"),
				    "2:a, b|c; d\n");
		assert_string_equal(read_text(names[i], "x;y\n\"a;b\";1,5\nc d;2,5\n", "x", "y"),
				    "2:a;b|1,5\n3:c d|2,5\n");
		assert_string_equal(read_text(names[i], "{\"x\": 1, \"y\": 2}\n", "x", "y"),
				    "1:1|2\n");
	}
}

static void test_missing_column(void **state)
{
	struct buf b;
	const char *got;

	(void)state;
	assert_contains(read_text("a.tsv", "x\ty\n1\t2\n", "phrase", NULL),
			"a.tsv': there are x, y");
	assert_contains(read_text("a.jsonl", "{\"x\": 1, \"y\": 2}\n", "phrase", NULL),
			"a.jsonl': there are x, y");
	assert_contains(read_text("a.csv", "x,y\n1,2\n", "phrase", NULL),
			"a.csv': there are x, y");
	assert_contains(read_text("a.json", "[1, 2]\n[3, 4]\n", "x", NULL),
			"are lists, not objects");
	/* names that would move a cursor, or fill the screen */
	got = read_text("a.tsv", "\x1b[2J\ty\n1\t2\n", "phrase", NULL);
	assert_null(strchr(got, '\x1b'));
	assert_contains(got, "<ESC>");
	buf_init(&b);
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%scolumn%d", i ? "," : "", i);
	buf_addc(&b, '\n');
	got = read_text("a.csv", b.s, "phrase", NULL);
	assert_contains(got, "there are column0, column1");
	assert_contains(got, " more");
	assert_true(strlen(got) < 500);
	buf_release(&b);
}

/* --- JSONL --- */

static void test_jsonl(void **state)
{
	(void)state;
	assert_string_equal(
		read_text("a.jsonl",
			  "{\"a\": \"x\", \"b\": 1}\n\n  \n{\"b\": true, \"a\": -2.5}\n"
			  "{\"a\": [\"the\", \"cat\", 3], \"b\": \"\"}\r\n"
			  "{\"a\": \"\\u00e9\\n\", \"b\": 1e300}",
			  "a", "b"),
		"1:x|1\n4:-2.5|true\n5:the cat 3|\n6:\xc3\xa9\n|1e300\n");
	assert_string_equal(read_text("a.jsonl", "{\"a\": 9223372036854775808}\n", "a",
				      NULL),
			    "1:9223372036854775808\n");
	/* a number is the text that stands in the file */
	assert_string_equal(read_text("a.jsonl",
				      "{\"a\": 123456789012345678, \"b\": 1.0}\n"
				      "{\"a\": 123456789012345679, \"b\": 1e3}\n",
				      "a", "b"),
			    "1:123456789012345678|1.0\n2:123456789012345679|1e3\n");
	/* lists, by number */
	assert_string_equal(read_text("a.jsonl", "[\"x\", \"y\"]\n[1]\n", "1", NULL),
			    "1:y\n2!field missing or no text\n");
}

static void test_jsonl_faults(void **state)
{
	static const char text[] =
		"{\"a\": \"fine\"}\n"
		"{\"b\": \"other\"}\n"
		"{\"a\": null}\n"
		"{\"a\": {\"b\": 1}}\n"
		"{\"a\": [[1]]}\n"
		"{\"a\": 1\n"
		"\"a\"\n"
		"{\"a\": 1, \"a\": 2}\n"
		"{\"a\": \"\xff\"}\n"
		"{\"a\": \"\0\"}\n"
		"{\"a\": \"\\u0000\"}\n"
		"{\"a\": \"last\"}\n";

	(void)state;
	assert_string_equal(
		read_file(put_file("a.jsonl", text, sizeof text - 1), -1, "a", NULL),
		"1:fine\n"
		"2!field missing or no text\n"
		"3!field missing or no text\n"
		"4!field missing or no text\n"
		"5!field missing or no text\n"
		"6!no valid JSON\n"
		"7!no valid JSON\n"
		"8!no valid JSON\n"
		"9!invalid UTF-8\n"
		"10!NUL byte\n"
		"11!no valid JSON\n"
		"12:last\n");
}

/* --- CSV --- */

static void test_csv(void **state)
{
	(void)state;
	assert_string_equal(read_text("a.csv", "x,y\n1,2\n\"a,\"\"b\"\"\",\" c \"\n",
				      "x", "y"),
			    "2:1|2\n3:a,\"b\"| c \n");
	/* line ends within quotes, spaces kept, CR LF, no final newline */
	assert_string_equal(read_text("a.csv", "x,y\r\n\"1\r\n2\",3\r\n 4 ,5", "x", "y"),
			    "2:1\r\n2|3\n4: 4 |5\n");
	assert_string_equal(read_text("a.csv", "x,y\r1,2\r3,4\r", "x", "y"),
			    "2:1|2\n3:3|4\n");
	/* a backslash is a character */
	assert_string_equal(read_text("a.csv", "\"3\",\"\\$1.35, \\\\\"\n", "0", "1"),
			    "1:3|\\$1.35, \\\\\n");
	assert_string_equal(read_text("a.csv", "x,y\n1\n\n,\n", "y", NULL),
			    "2!too few columns\n4:\n");
	assert_string_equal(read_text("a.csv", "\xef\xbb\xbf\"x\",y\n1,2\n", "x", NULL),
			    "2:1\n");
}

/* A bad quote costs the line where its row began, wherever it ends. */
static void test_csv_quotes(void **state)
{
	(void)state;
	assert_string_equal(read_text("a.csv", "x,y\n1,2\n\"3,4\n5,6\n7,8\n", "x", "y"),
			    "2:1|2\n3!quotes out of order\n4:5|6\n5:7|8\n");
	assert_string_equal(read_text("a.csv", "x,y\n\"1\n5,6\n\"7\",8\n9,0\n", "x",
				      "y"),
			    "2!quotes out of order\n3:5|6\n4:7|8\n5:9|0\n");
	assert_string_equal(read_text("a.csv", "x,y\n1\"2,3\n\"4\"5,6\n7,8", "x", "y"),
			    "2!quotes out of order\n3!quotes out of order\n4:7|8\n");
	assert_string_equal(read_text("a.csv", "x,y\r\n\"1,2\r\n\r\n3,4\r\n", "x", "y"),
			    "2!quotes out of order\n4:3|4\n");
	assert_string_equal(read_text("a.csv", "x,y\n1,\"2", "x", "y"),
			    "2!quotes out of order\n");
	assert_contains(read_text("a.csv", "x,\"y\n1,2\n", "x", NULL),
			"error: quotes out of order in the header");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tsv),
		cmocka_unit_test(test_columns_by_number),
		cmocka_unit_test(test_column_names),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_missing_column),
		cmocka_unit_test(test_jsonl),
		cmocka_unit_test(test_jsonl_faults),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_quotes),
	};

	return cmocka_run_group_tests_name("source", tests,
					   scratch_make, scratch_remove);
}
