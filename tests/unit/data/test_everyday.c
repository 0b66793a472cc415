/*
 * test_everyday.c - files as everyday programs leave them: exported by
 * spreadsheets, packed, one JSON list, a folder of texts. Each is read to the
 * rows that were put in, or refused with its true cause.
 */
#include "fixture/data_check.h"

#include <sys/wait.h>

#include "base/fault.h"

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
	assert_says(buf_str(&b), "iconv -f WINDOWS-1252 -t UTF-8 'data/my file.csv' >NEW");
	buf_release(&b);
	/* in the header: the names as they are, and what is wrong with them */
	assert_says(rows_of(put_text("a.csv", "Gr\xf6\xdf" "e;n\na;1\nb;2\n"), "Größe", NULL),
		    "Gr<F6><DF>e");
}

/* --- packed --- */

/* One of the programs that pack; its output, or NULL where it is not there. */
static const char *packed(const char *program, const char *from, const char *name)
{
	char line[3 * PATH_MAX];
	const char *to = in_scratch(name);

	assert_true(str_format(line, sizeof line, "%s -c '%s' >'%s' 2>'%s'", program, from, to,
			       in_scratch("said")));
	return system(line) ? NULL : to;
}

static const char *const packers[] = { "gzip", "xz", "zstd -q", "bzip2" };
enum { PACKERS = sizeof packers / sizeof *packers };

/* Rows that do not pack well: `n` of them. */
static void random_rows(struct buf *b, int n)
{
	uint64_t x = 88172645463325252u;

	buf_clear(b);
	buf_adds(b, "text\tlabel\n");
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < 4; k++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			buf_addf(b, "%llx ", (unsigned long long)x);
		}
		buf_addf(b, "\t%d\n", i % 2);
	}
}

static void test_packed(void **state)
{
	struct buf b, want;

	(void)state;
	buf_init(&b);
	buf_init(&want);
	random_rows(&b, 4000);
	put_file("plain.tsv", b.s, b.len);
	buf_adds(&want, rows_of(in_scratch("plain.tsv"), "text", "label"));
	assert_int_equal(strncmp(want.s, "2:", 2), 0);
	for (int i = 0; i < PACKERS; i++) {
		/* whatever its name says: the content counts */
		const char *path = packed(packers[i], in_scratch("plain.tsv"),
					  i % 2 ? "rows.tsv" : "rows.gz");
		if (!path)
			fail_msg("'%s' is not here: it is in the set-up's packages", packers[i]);
		for (int k = 0; k < 2; k++) /* unpacked, then found */
			assert_string_equal(rows_of(path, "text", "label"), want.s);
		assert_int_equal(count_files(in_scratch("cache/tutti"), ".raw"), i ? 2 : 1);
	}
	/* plain text that is called .gz */
	assert_string_equal(rows_of(put_file("text.gz", b.s, b.len), "text", "label"), want.s);
	/* two parts put together, as cat and pigz do: one file */
	packed("gzip", in_scratch("plain.tsv"), "part.gz");
	{
		char line[3 * PATH_MAX];

		str_format(line, sizeof line, "printf 'one\t0\n' | gzip -c | cat '%s' - >'%s'",
			   in_scratch("part.gz"), in_scratch("two.gz"));
		assert_int_equal(system(line), 0);
	}
	buf_adds(&want, "4002:one|0\n");
	assert_string_equal(rows_of(in_scratch("two.gz"), "text", "label"), want.s);
	buf_release(&b);
	buf_release(&want);
}

/* A changed byte, and an end too early, anywhere: never rows that were not put in. */
static void test_damaged(void **state)
{
	struct buf b, file, want;
	int refused = 0, tried = 0;

	(void)state;
	buf_init(&b);
	buf_init(&file);
	buf_init(&want);
	random_rows(&b, 300);
	put_file("plain.tsv", b.s, b.len);
	buf_adds(&want, rows_of(in_scratch("plain.tsv"), "text", "label"));
	for (int i = 0; i < PACKERS; i++) {
		const char *path = packed(packers[i], in_scratch("plain.tsv"), "good");

		assert_non_null(path);
		assert_int_equal(file_read(path, 1 << 20, &file, NULL), ST_OK);
		for (size_t at = 12; at < file.len; at += file.len / 12) {
			const char *got;

			for (int cut = 0; cut < 2; cut++) {
				file.s[at] = (char)(file.s[at] ^ (cut ? 0 : 0x55));
				put_file("bad", file.s, cut ? at : file.len);
				file.s[at] = (char)(file.s[at] ^ (cut ? 0 : 0x55));
				got = rows_of(in_scratch("bad"), "text", "label");
				tried++;
				if (strstr(got, "damaged or cut short: '"))
					refused++;
				else if (strcmp(got, want.s))
					fail_msg("%s, byte %zu, cut %d: %.300s", packers[i], at,
						 cut, got);
			}
		}
	}
	if (refused < tried - 4) /* a byte of the head may mean nothing */
		fail_msg("%d of %d damaged files are refused", refused, tried);
	buf_release(&b);
	buf_release(&file);
	buf_release(&want);
}

/* 64 MB of nothing in 64 kB: a message, and nothing left of it. */
static void test_bomb(void **state)
{
	char line[3 * PATH_MAX];

	(void)state;
	str_format(line, sizeof line, "head -c 67108864 /dev/zero | gzip -c >'%s'",
		   in_scratch("bomb.gz"));
	assert_int_equal(system(line), 0);
	assert_says(rows_of(in_scratch("bomb.gz"), "0", NULL), "too large: '");
	assert_int_equal(count_files(in_scratch("cache/tutti"), ".tmp"), 0);
	assert_says(rows_of(in_scratch("bomb.gz"), "0", NULL), "gives more than 16 MB of text");
}

/* A spooled file that somebody cut or changed is made anew; a new state, too. */
static void test_spool(void **state)
{
	char cut[PATH_MAX];
	struct dirent *e;
	const char *path;
	DIR *d;

	(void)state;
	assert_int_equal(file_remove_tree(in_scratch("cache"), NULL), ST_OK);
	path = packed("gzip", put_text("a.tsv", "x\ty\n1\t2\n"), "a.gz");
	for (int i = 0; i < 3; i++) {
		assert_string_equal(rows_of(path, "x", "y"), "2:1|2\n");
		d = opendir(in_scratch("cache/tutti"));
		while ((e = readdir(d)) && !strstr(e->d_name, ".raw"))
			;
		assert_non_null(e);
		assert_true(str_format(cut, sizeof cut, "%s/%s", in_scratch("cache/tutti"),
				       e->d_name));
		closedir(d);
		if (i) {
			FILE *f = fopen(cut, "r+");

			assert_non_null(f);
			assert_int_equal(fseek(f, -2, SEEK_END), 0);
			assert_int_equal(fputc('9', f), '9');
			assert_int_equal(fclose(f), 0);
		} else {
			assert_int_equal(truncate(cut, 81), 0);
		}
	}
	packed("gzip", put_text("a.tsv", "x\ty\n3\t4\n"), "a.gz");
	assert_string_equal(rows_of(path, "x", "y"), "2:3|4\n");
	assert_int_equal(count_files(in_scratch("cache/tutti"), ".raw"), 1);
	/* where no cache can be: a file without a name */
	setenv("XDG_CACHE_HOME", "/dev/null/none", 1);
	assert_string_equal(rows_of(path, "x", "y"), "2:3|4\n");
	setenv("XDG_CACHE_HOME", in_scratch("cache"), 1);
}

static void forget_cache(void)
{
	char line[300];

	str_format(line, sizeof line, "rm -rf '%s/cache'", scratch);
	assert_int_equal(system(line), 0);
}

/* In a process of its own the n-th change of the disk goes wrong: its exit status. */
static int read_with_fault(const char *path, const char *want, int n, int what)
{
	int status;
	pid_t pid;

	forget_cache();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		const char *got;

		fault_set(FAULT_ANY, n, what);
		got = rows_of(path, "text", "label");
		/* 1: wrong rows; 2: a message */
		_exit(!strcmp(got, want) ? 0 : got[0] == '2' ? 1 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Killed before or after every change of the disk, and each of them failing. */
static void test_spool_faults(void **state)
{
	static const int whats[] = { FAULT_KILL_BEFORE, FAULT_KILL_AFTER, FAULT_SHORT, ENOSPC,
				     EIO };
	struct buf b, want;
	const char *path;

	(void)state;
	buf_init(&b);
	buf_init(&want);
	random_rows(&b, 4000);
	path = packed("gzip", put_file("plain.tsv", b.s, b.len), "faults.gz");
	assert_non_null(path);
	buf_adds(&want, rows_of(in_scratch("plain.tsv"), "text", "label"));
	for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
		int kills = 0;

		for (int n = 1; n < (whats[i] == FAULT_SHORT ? 3 : 40); n++) {
			int got = read_with_fault(path, want.s, n, whats[i]);

			if (got == 1)
				fail_msg("wrong rows: fault %d at call %d", whats[i], n);
			kills += got == FAULT_EXIT;
			assert_string_equal(rows_of(path, "text", "label"), want.s);
		}
		assert_true(whats[i] > 0 || whats[i] == FAULT_SHORT || kills >= 5);
	}
	buf_release(&b);
	buf_release(&want);
}

/* --- one JSON list --- */

static void test_json_list(void **state)
{
	static const char *const layouts[] = {
		"[{\"t\": \"a, ] b\", \"n\": 1}, {\"t\": \"\\\"c\\\\\", \"n\": 2}]",
		"\xef\xbb\xbf\r\n[\r\n{\"t\": \"a, ] b\", \"n\": 1}\r\n,{\"t\": \"\\\"c\\\\\", \"n\": 2}\r\n]\r\n\r\n",
		"[\n  {\n    \"t\": \"a, ] b\",\n    \"n\": 1\n  },\n  {\n    \"t\": \"\\\"c\\\\\",\n    \"n\": 2\n  }\n]\n",
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
	assert_string_equal(rows_of(put_text("a.json", "[\n{\"t\": 1},\n{\"t\": x},\n7,\n{\"t\": 2}]"),
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
		{ "[{\"t\": 1},\n{\"t\": 2}\n{\"t\": 3}]", "a.json:3: neither ',' nor ']' after row 2" },
		{ "[{\"t\": 1},\n{\"t\": \"2}]\n\n", "a.json:2: a quote without an end in row 2" },
		{ "[{\"t\": 1},\n{\"t\": [2}\n\n", "a.json:2: no end of row 2" },
		{ "[{\"t\": 1},\n]", "a.json:2: a ',' too many after row 1" },
		{ "[{\"t\": 1}\n]\nx", "a.json:3: more behind the end, which is after row 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_says(rows_of(put_text("a.json", rows[i].text), "t", NULL), rows[i].says);
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
	assert_says(rows_of(s->path, "text", "label"), "\n239998:row 59999, of ] many|2\n");
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
	assert_says(rows_of(in_scratch("set/train"), "text", NULL), "and two\\\n\n");
	/* what is none is told, and where the rows may be */
	assert_says(rows_of(in_scratch("set"), "text", NULL), "/set/train' meant");
	put_in("empty/pos", "a.md", "");
	assert_says(rows_of(in_scratch("empty"), "text", NULL), "a folder for each class");
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

		assert_says(got, "looks like ");
		assert_says(got, rows[i].is);
		assert_says(got, rows[i].line);
		/* and packed, once it is unpacked */
		assert_says(rows_of(packed("gzip", path, "packed"), "text", NULL), rows[i].is);
	}
}

/* Folders in folders in folders. */
static int end(void **state)
{
	char line[300];

	(void)state;
	str_format(line, sizeof line, "rm -r '%s'", scratch);
	return system(line);
}

static int begin(void **state)
{
	return scratch_make(state) || setenv("XDG_CACHE_HOME", in_scratch("cache"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_semicolons),   cmocka_unit_test(test_sep_line),
		cmocka_unit_test(test_numbers),      cmocka_unit_test(test_decimal_task),
		cmocka_unit_test(test_code_page),    cmocka_unit_test(test_packed),
		cmocka_unit_test(test_damaged),      cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_spool),        cmocka_unit_test(test_spool_faults),
		cmocka_unit_test(test_json_list),
		cmocka_unit_test(test_json_list_out_of_order),
		cmocka_unit_test(test_json_list_large), cmocka_unit_test(test_folder),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
