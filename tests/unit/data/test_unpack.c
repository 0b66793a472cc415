/*
 * test_unpack.c - packed files: read to the rows that were put in, whatever packed
 * them; damaged, bombs, faults of the disk while they unpack, unpacked once.
 */
#include "fixture/everyday_files.h"

#include <sys/wait.h>

#include "base/fault.h"

static const char *const packers[] = { "gzip", "xz", "zstd", "bzip2" };
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

static void add_packed(struct buf *b, const char *from)
{
	const char *part = packed("gzip", from, "part.gz");
	struct buf bytes;

	assert_non_null(part);
	buf_init(&bytes);
	assert_int_equal(file_read(part, 1 << 20, &bytes, NULL), ST_OK);
	buf_add(b, bytes.s, bytes.len);
	buf_release(&bytes);
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
	buf_clear(&b);
	add_packed(&b, in_scratch("plain.tsv"));
	add_packed(&b, put_text("one.tsv", "one\t0\n"));
	put_file("two.gz", b.s, b.len);
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
	const char *zeros = put_text("zeros", "");

	(void)state;
	assert_int_equal(truncate(zeros, 64 << 20), 0);
	assert_non_null(packed("gzip", zeros, "bomb.gz"));
	assert_contains(rows_of(in_scratch("bomb.gz"), "0", NULL), "too large: '");
	assert_int_equal(count_files(in_scratch("cache/tutti"), ".tmp"), 0);
	assert_contains(rows_of(in_scratch("bomb.gz"), "0", NULL),
			"gives more than 16 MB of text");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_spool),
		cmocka_unit_test(test_spool_faults),
	};

	return cmocka_run_group_tests_name("unpack", tests, everyday_set_up,
					   scratch_remove);
}
