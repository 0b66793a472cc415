/*
 * test_source.c - rows from foreign files: the three formats, columns, every
 * reason for a bad row, and files that nobody should have made.
 */
#include "fixture/data_check.h"

#include <fcntl.h>
#include <sys/wait.h>

/*
 * All rows as text: "LINE:field|field\n", or "LINE!reason\n"; a failure as
 * "error: message".
 */
static const char *read_spec(const struct source_spec *spec)
{
	static struct buf b;
	struct source *s;
	struct source_row row;
	struct err err = { "" };
	enum status st = source_open(spec, &s, &err);

	buf_clear(&b);
	buf_adds(&b, "");
	while (!st && !(st = source_next(s, &row, &err))) {
		buf_addf(&b, "%" PRIu64, row.line);
		if (row.fault)
			buf_addf(&b, "!%s", row_fault_name(row.fault));
		for (int i = 0; !row.fault && i < spec->n_fields; i++) {
			buf_adds(&b, i ? "|" : ":");
			buf_add(&b, row.field[i], row.len[i]);
		}
		buf_addc(&b, '\n');
	}
	if (st != ST_END) {
		buf_clear(&b);
		buf_addf(&b, "error: %s", err.text);
	}
	source_close(s);
	return buf_str(&b);
}

static const char *read_file(const char *path, int header, const char *a,
			     const char *b)
{
	struct source_spec spec = { .path = path, .header = header,
				    .n_fields = b ? 2 : 1, .field = { a, b } };

	return read_spec(&spec);
}

static const char *read_text(const char *name, const char *text, const char *a,
			     const char *b)
{
	return read_file(put_text(name, text), -1, a, b);
}

static void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%.300s' lacks '%s'", text, part);
}

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

static void fill(struct buf *b, char c, size_t n)
{
	buf_reserve(b, n);
	memset(b->s + b->len, c, n);
	b->len += n;
	b->s[b->len] = '\0';
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
	fill(&b, 'x', SOURCE_LINE_MAX);
	buf_adds(&b, "\n");
	fill(&b, 'x', SOURCE_LINE_MAX + 1);
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
	fill(&b, '\t', N);
	buf_adds(&b, "x\n");
	fill(&b, '\t', N);
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
	fill(&b, 'x', 3 << 20);
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
		cmocka_unit_test(test_csv_quote_on_every_line),
		cmocka_unit_test(test_not_utf8_text),
		cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_million_columns),
		cmocka_unit_test(test_json_of_many_nodes),
		cmocka_unit_test(test_file_that_shrinks),
		cmocka_unit_test(test_content_hash),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_ag_news),
	};

	return cmocka_run_group_tests_name("source", tests, scratch_make,
					   scratch_remove);
}
