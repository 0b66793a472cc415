/*
 * test_refusals.c - every word that the readers of data refuse with, on a file
 * whose fault is known. (A file that changes while it is read: test_source,
 * test_dataset; one that is no regular file: test_source.)
 */
#include "fixture/data_check.h"

#include "data/sample.h"
#include "data/survey.h"

#define BYTES(s) s, sizeof s - 1

struct refusal {
	const char *name, *bytes;
	size_t n;
	const char *says, *also;  /* `also` may be NULL */
};

/* Rows of words, so that a fault has something around it. */
static const char *rows_of(const char *head, const char *row, const char *end, int n,
			   const char *tail)
{
	static struct buf b;

	buf_clear(&b);
	buf_adds(&b, head);
	for (int i = 0; i < n; i++)
		buf_addf(&b, "%s%d%s\n", row, i, end);
	buf_adds(&b, tail);
	return buf_str(&b);
}

static void check_words(const char *file, const char *got, const char *says,
			const char *also)
{
	if (!strstr(got, says) || (also && !strstr(got, also)))
		fail_msg("of '%s': '%s' does not say '%s', '%s'", file, got, says,
			 also ? also : "");
	if (strchr(got, '\n') || (got[0] >= 'A' && got[0] <= 'Z') ||
	    got[strlen(got) - 1] == '.' || got[strlen(got) - 1] == ':')
		fail_msg("of '%s': no style for a message: '%s'", file, got);
}

/* --- files that nobody has described --- */

static void test_sample(void **state)
{
	static const struct refusal rows[] = {
		{ "a.csv", BYTES(""), "is empty", NULL },
		{ "a.csv", BYTES("\xef\xbb\xbf"), "is empty", NULL },
		{ "a.csv", BYTES("text,label\n"), "has one line", NULL },
		{ "a.csv", BYTES("\xff\xfe" "a\0"), "UTF-16", "iconv" },
		{ "a.csv", BYTES("\xfe\xff" "\0a"), "UTF-16", "iconv" },
		{ "a.csv", BYTES("a\0b\0c\0d\0e\0f\0g\0h\0"), "UTF-16", "iconv" },
		{ "a.csv", BYTES("\x1f\x8b\x08 data"), "damaged or cut short", "a.csv" },
		{ "a.csv", BYTES("\xfd" "7zXZ data"), "damaged or cut short", "a.csv" },
		{ "a.csv", BYTES("\x28\xb5\x2f\xfd data"), "damaged or cut short", "a.csv" },
		{ "a.csv", BYTES("BZh9 data"), "damaged or cut short", "a.csv" },
		{ "a.txt", BYTES("one line\nand a second, longer\nthird\n"),
		  "cannot tell the columns", NULL },
		{ "a.csv", BYTES("one\ntwo\nthree\n"), "most rows of ",
		  "have one column: nothing to learn" },
		{ "a.jsonl", BYTES("just words\nin lines\n"), "no JSON rows", NULL },
		{ "a.json", BYTES("[\n \"a\",\n \"b\"\n]\n"), "a JSON list, but not of rows",
		  NULL },
		{ "a.json", BYTES("{\n \"rows\": [\n {\"text\": \"a\"},\n {\"text\": \"b\"}\n]}\n"),
		  "one JSON object", "jq -c '.KEY[]'" },
		/* the reason is that of the rows, not of the file's form */
		{ "a.jsonl", BYTES("{\"a\": 1, \"a\": 2}\n{\"a\": 1, \"a\": 2}\n"),
		  "2 of 2 rows cannot be read: no valid JSON 2 (lines 1, 2: key 'a' comes twice)",
		  NULL },
		{ "a.jsonl", BYTES("{\"a\": 1,}\n{\"a\": 'x'}\n"), "no valid JSON 2",
		  "a key in quotes is missing" },
		{ "a.jsonl", BYTES("{\"a\": \"\xe9\"}\n{\"a\": \"\xe9\"}\n"),
		  "invalid UTF-8 2 (lines 1, 2: {\"a\": \"<E9>\"})", "iconv" },
		{ "a.tsv", BYTES("x\ty\na\0\tb\nc\0\td\n"), "NUL byte 2 (lines 2, 3)", NULL },
		{ "a.csv", BYTES("x,y\n\"a\"b,c\nd\"e,f\n"),
		  "quotes out of order 2 (lines 2, 3)", NULL },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sample *s = NULL;
		struct err err = { "" };
		const char *path = put_file(rows[i].name, rows[i].bytes, rows[i].n);

		if (!sample_read(path, NULL, &s, &err))
			fail_msg("'%s' number %zu is taken", rows[i].name, i);
		check_words(rows[i].bytes, err.text, rows[i].says, rows[i].also);
		unlink(path);
	}
	buf_init(&b);
	for (int i = 0; i < 3 * 300; i++)
		buf_adds(&b, i % 300 == 299 ? "a\n" : "a\t");
	struct sample *s = NULL;
	struct err err = { "" };

	assert_int_equal(sample_read(put_file("a.tsv", b.s, b.len), NULL, &s, &err), ST_INVALID);
	check_words("300 columns", err.text, "300 columns in", "256");
	buf_release(&b);
}

/* --- columns that are asked for --- */

static void test_columns(void **state)
{
	static const struct {
		const char *name, *bytes;
		int header;
		const char *field, *says, *also;
	} rows[] = {
		{ "a.tsv", "x\ty\n1\t2\n", -1, "z", "no column 'z' in", "there are x, y" },
		{ "a.csv", "x,y\n1,2\n", 1, "2", "no column '2' in", "there are x, y" },
		{ "a.csv", "1,2\n3,4\n", 0, "x", "has no header", "('x')" },
		{ "a.csv", "1,2\n3,4\n", 0, "2", "no column '2' in", "there are 2" },
		{ "a.csv", "x,y,x\n1,2,3\n", -1, "x", "2 columns are called 'x'",
		  "numbers 0, 2: say the number, or 'x#2'" },
		{ "a.csv", "x,y,x\n1,2,3\n", -1, "x#3", "no column 'x#3'", "there are x, y, x" },
		{ "a.csv", "x,y\n1,2,3\n1,5,6\n", -1, "x", "in line 1 has 2 names",
		  "most rows have 3 columns" },
		{ "a.csv", "x,y,z\n1,2\n3,4\n", -1, "x", "in line 1 has 3 names",
		  "most rows have 2 columns" },
		{ "a.csv", "x,\"y\n1,2\n3,4\n", -1, "x", "quotes out of order in the header",
		  NULL },
		{ "a.csv", "\n \n", -1, "x", "no rows", NULL },
		{ "a.jsonl", "{\"x\": 1, \"y\": 2}\n", -1, "z", "no column 'z' in",
		  "there are x, y" },
		{ "a.jsonl", "{\"x\": 1}\n", -1, "z", "there is x", NULL },
		{ "a.jsonl", "{}\n", -1, "z", "no column 'z' in", NULL },
		{ "a.jsonl", "[1, 2]\n", -1, "z", "are lists, not objects", "by number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct source_spec spec = { .path = put_text(rows[i].name, rows[i].bytes),
					    .header = rows[i].header, .n_fields = 1,
					    .field = { rows[i].field } };
		struct source *s = NULL;
		struct err err = { "" };

		if (!source_open(&spec, &s, &err))
			fail_msg("'%s' is taken", rows[i].bytes);
		check_words(rows[i].bytes, err.text, rows[i].says, rows[i].also);
	}
}

/* --- rows --- */

static const char *const yes_no[] = { "no", "yes" };

static struct dataset_spec spec_of(enum task_kind kind)
{
	return (struct dataset_spec){ .kind = kind, .header = -1, .text = "text",
				      .target = "label", .n_labels = 2, .labels = yes_no,
				      .max_source = 16, .max_target = 8, .max_bad = 0.01 };
}

/* Said by the survey and by the token cache alike. */
static void refused_rows(const struct dataset_spec *spec, const struct tokenizer *tok,
			 const char *says, const char *also)
{
	struct progress pg = { 0 };
	struct err a = { "" }, b = { "" };
	struct survey s;
	struct dataset *d = NULL;

	assert_int_equal(survey_read(spec, &pg, &s, &a), ST_INVALID);
	survey_release(&s);
	check_words(spec->path, a.text, says, also);
	assert_int_equal(dataset_open(spec, tok, in_scratch("cache"), &pg, &d, &b),
			 ST_INVALID);
	assert_string_equal(a.text, b.text);
}

static void test_rows(void **state)
{
	static const struct {
		enum task_kind kind;
		const char *name, *head, *row, *end;
		int n;
		const char *tail, *says, *also;
	} rows[] = {
		{ TASK_CLASSIFY, "a.csv", "text,label\n", "one n", ",yes", 100,
		  "a,b,yes\nc,d,no\nf,g,no\nh,i,no\n",
		  "4 of 104, more than the 3 that a max_bad of 0.01",
		  "too many columns 4 (lines 102, 103, 104, 105: 3 in place of 2)" },
		{ TASK_CLASSIFY, "a.csv", "text,label\n", "one n", ",yes", 100, "a\nb\nc\nd\n",
		  "too few columns 4 (lines 102, 103, 104, 105: 1 in place of 2)", NULL },
		{ TASK_CLASSIFY, "a.csv", "text,label\n", "one n", ",yes", 100,
		  "a\xe9,yes\nb\xe9,yes\nc\xe9,no\nd\xe9,no\ne\xe9,no\n",
		  "invalid UTF-8 5 (lines 102, 103, 104, 105, ...: ",
		  "iconv -f WINDOWS-1252 -t UTF-8 '" },
		{ TASK_CLASSIFY, "a.csv", "text,label\n", "one n", ",yes", 20,
		  "one,maybe\ntwo,maybe\nthree,perhaps\nfour,maybe\n", "4 of 24, more than the 3",
		  "unknown label 4 (lines 22, 23, 24, 25: maybe)" },
		{ TASK_CLASSIFY, "a.csv", "text,label\n", "one n", ",yes", 9,
		  "two,\n\"three\",\" \"\n,\n",
		  "empty label 3 (lines 11, 12, 13): a max_bad of 1", "3 of 12" },
		{ TASK_CLASSIFY, "a.csv", "text,label\n", "one n", ",yes", 9,
		  ",yes\n ,yes\n\" \n\",no\n",
		  "empty text 3 (lines 11, 12, 13)", "3 of 12" },
		{ TASK_REGRESS, "a.csv", "text,label\n", "one,", "", 9,
		  "two,1.5.2\nthree,1e199\nfour,x\n",
		  "no number 2 (lines 11, 13: 1.5.2); number too large 1 (line 12: 1e199)",
		  "3 of 12" },
		{ TASK_CLASSIFY, "a.jsonl", "", "", "", 0, "{\"text\": \"a\", \"label\": [1]}\n",
		  "no usable rows", "a list where one label or number may be 1 (line 1: 1)" },
		{ TASK_CLASSIFY, "a.jsonl", "", "", "", 0,
		  "{\"text\": \"a\"}\n{\"label\": \"yes\"}\n",
		  "field missing or no text 2 (lines 1, 2: label)", NULL },
		{ TASK_CLASSIFY, "a.csv", "text,label\n", "one n", ",yes", 0, "",
		  "no rows: ", NULL },
	};
	struct tokenizer *tok = small_tokenizer();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dataset_spec spec = spec_of(rows[i].kind);

		spec.path = put_text(rows[i].name, rows_of(rows[i].head, rows[i].row,
							   rows[i].end, rows[i].n,
							   rows[i].tail));
		refused_rows(&spec, tok, rows[i].says, rows[i].also);
	}
	tokenizer_free(tok);
}

/* Of one file for two splits: too few rows to hold one out. */
static void test_held(void **state)
{
	struct dataset_spec spec = spec_of(TASK_CLASSIFY);
	struct tokenizer *tok = small_tokenizer();

	(void)state;
	spec.path = put_text("a.csv", "text,label\none,yes\none,no\none,no\n");
	spec.held_share = 1e-9;
	spec.is_held = true;
	refused_rows(&spec, tok, "no row is held out", "too few for a dev_share of 1e-09");
	spec.held_share = 1 - 1e-9;
	spec.is_held = false;
	refused_rows(&spec, tok, "no row is left to train on", "a dev_share of 1");
	tokenizer_free(tok);
}

static void test_labels(void **state)
{
	struct dataset_spec spec = spec_of(TASK_CLASSIFY);
	struct progress pg = { 0 };
	struct err err = { "" };
	char **labels;
	int n;

	(void)state;
	spec.path = put_text("a.csv", rows_of("text,label\n", "one,l", "", 30, ""));
	assert_int_equal(dataset_scan_labels(&spec, in_scratch("cache"), &pg, 20, &labels, &n,
					     &err), ST_INVALID);
	check_words("labels", err.text, "more than 20 labels in column 'label'",
		    "is it a text or a number");
}

static void test_spec(void **state)
{
	struct dataset_spec spec = spec_of(TASK_CLASSIFY);
	struct tokenizer *tok = small_tokenizer();
	struct progress pg = { 0 };
	struct dataset *d;
	struct err err = { "" };

	(void)state;
	spec.path = put_text("a.csv", "text,label\none,yes\n");
	spec.max_source = 3;
	assert_int_equal(dataset_open(&spec, tok, NULL, &pg, &d, &err), ST_INVALID);
	check_words("max_source", err.text, "max_source below 4", NULL);
	spec.max_source = 16;
	spec.n_labels = 0;
	assert_int_equal(dataset_open(&spec, tok, NULL, &pg, &d, &err), ST_INVALID);
	check_words("labels", err.text, "no labels for", NULL);
	spec.kind = TASK_SUMMARIZE;
	spec.max_target = 1;
	assert_int_equal(dataset_open(&spec, tok, NULL, &pg, &d, &err), ST_INVALID);
	check_words("max_target", err.text, "max_target below 2", NULL);
	tokenizer_free(tok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample), cmocka_unit_test(test_columns),
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_held),
		cmocka_unit_test(test_labels), cmocka_unit_test(test_spec),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
