/*
 * test_found.c - labels and vocabularies: what they are, that a file is looked
 * through once, and that neither a changed file nor a damaged note is believed.
 */
#include "fixture/data_check.h"

#include <fcntl.h>
#include <time.h>

#include "data/dataset.h"

static const char *cache; /* empty for every test */

static int empty(void **state)
{
	(void)state;
	cache = in_scratch("cache");
	return access(cache, F_OK) == 0 ? (int)file_remove_tree(cache, NULL) : 0;
}

static struct dataset_spec spec_of(const char *path)
{
	return (struct dataset_spec){ .kind = TASK_CLASSIFY, .path = path,
				      .header = -1, .text = "text",
				      .target = "label" };
}

/* "a,b", and whether the file was read for it. */
static const char *scan(const struct dataset_spec *spec, int cap, bool *reads)
{
	static struct buf b;
	struct progress pg = { .total = 0 };
	struct err err = { "" };
	char **labels;
	int n;

	buf_clear(&b);
	if (dataset_scan_labels(spec, cache, &pg, cap, &labels, &n, &err)) {
		assert_null(labels);
		assert_int_equal(n, 0);
		buf_adds(&b, err.text);
	}
	for (int i = 0; i < n; i++) {
		buf_addf(&b, "%s%s", i ? "," : "", labels[i]);
		xfree(labels[i]);
	}
	xfree(labels);
	if (reads)
		*reads = pg.total != 0;
	return buf_str(&b);
}

static void check(const struct dataset_spec *spec, const char *labels, bool reads)
{
	bool did;

	assert_string_equal(scan(spec, 9, &did), labels);
	assert_int_equal(did, reads);
}

static char *found_file(size_t *size)
{
	static char path[PATH_MAX];
	DIR *dir = opendir(cache);
	struct dirent *e;
	struct stat s;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (strstr(e->d_name, ".fnd"))
			snprintf(path, sizeof path, "%s/%s", cache, e->d_name);
	closedir(dir);
	assert_int_equal(stat(path, &s), 0);
	*size = (size_t)s.st_size;
	return path;
}

/* In place, as an editor would not: the same file, the same size. */
static void overwrite(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
	close(fd);
}

/* --- labels --- */

static void test_labels(void **state)
{
	struct dataset_spec spec = spec_of(
		put_text("a.tsv", "text\tlabel\na\tb\na\t B \nb\ta\nc\tb\n\tempty\n"
				  "d\t10\ne\t9\nf\t\nshort\n"));

	(void)state;
	assert_string_equal(scan(&spec, 5, NULL), "10,9,B,a,b");
	assert_non_null(strstr(scan(&spec, 4, NULL),
			       "more than 4 labels in column 'label'"));
	spec.path = put_text("a.tsv", "text\tlabel\n\tx\n");
	assert_non_null(strstr(scan(&spec, 4, NULL), "no usable rows"));
}

static void test_labels_once(void **state)
{
	struct dataset_spec spec = spec_of(
		put_text("a.tsv", "text\tlabel\tother\na\tb\tc\nb\td\te\n"));

	(void)state;
	check(&spec, "b,d", true);
	check(&spec, "b,d", false);
	assert_int_equal(count_files(cache, ".fnd"), 1);
	assert_int_equal(count_files(cache, ""), 1);
	spec.target = "other"; /* another column is another thing */
	check(&spec, "c,e", true);
	spec.path = put_text("b.tsv", "text\tlabel\tother\na\tb\tx\n");
	check(&spec, "x", true);
	assert_int_equal(count_files(cache, ".fnd"), 3);
	spec.path = put_text("b.tsv", "text\tlabel\tother\na\tb\tyy\n");
	check(&spec, "yy", true);
	assert_int_equal(count_files(cache, ".fnd"), 3); /* of one spec one state */
}

/* Same size, within one tick of the clock, the old times put back: noticed. */
static void test_changed_at_once(void **state)
{
	char text[] = "text\tlabel\na\t?\n", want[] = "?";
	struct dataset_spec spec = spec_of(put_text("a.tsv", text));
	struct timespec times[2];
	struct stat s;

	(void)state;
	assert_int_equal(stat(spec.path, &s), 0);
	times[0] = s.st_atim;
	times[1] = s.st_mtim;
	for (char c = 'a'; c <= 'z'; c++) {
		text[strlen(text) - 2] = want[0] = c;
		overwrite(spec.path, text);
		assert_int_equal(utimensat(AT_FDCWD, spec.path, times, 0), 0);
		check(&spec, want, true);
		check(&spec, want, false);
	}
	assert_int_equal(count_files(cache, ".fnd"), 1);
}

/* Any changed byte and any shorter or longer file: looked through again. */
static void test_damaged(void **state)
{
	struct dataset_spec spec = spec_of(put_text("a.tsv", "text\tlabel\na\tb\nb\tc\n"));
	char good[256], bad[257];
	const char *path;
	size_t size;
	FILE *f;

	(void)state;
	check(&spec, "b,c", true);
	path = found_file(&size);
	assert_true(size < sizeof good);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(good, 1, size, f), size);
	fclose(f);
	for (size_t i = 0; i < 3 * size; i++) {
		size_t n = i < size ? size : i < 2 * size ? i - size : size + 1;

		memcpy(bad, good, size);
		bad[size] = '\0';
		if (i < size)
			bad[i] ^= 0x10;
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(bad, 1, n, f), n);
		fclose(f);
		check(&spec, "b,c", true);
	}
	check(&spec, "b,c", false);
}

static void test_no_folder(void **state)
{
	struct dataset_spec spec = spec_of(put_text("a.tsv", "text\tlabel\na\tb\n"));

	(void)state;
	cache = put_text("a-file", "x");
	check(&spec, "b", true);
	check(&spec, "b", true);
}

/* --- vocabularies --- */

static struct tokenizer *vocabulary(const struct dataset_spec *spec, int n, int size,
				    bool reads)
{
	struct progress pg = { .total = 0 };
	struct tokenizer *t = NULL;
	struct err err = { "" };

	if (dataset_vocabulary(spec, n,
			       (struct tokenizer_wish){ tokenizer_kind_at(0), size, NULL },
			       cache, &pg, &t, &err))
		fail_msg("%s", err.text);
	assert_int_equal(pg.total != 0, reads);
	return t;
}

static bool has(const struct dataset_spec *spec, int n, const char *piece, bool reads)
{
	struct tokenizer *t = vocabulary(spec, n, 100, reads);
	bool is_in = tokenizer_id(t, piece) >= 0;

	tokenizer_free(t);
	return is_in;
}

static void test_texts(void **state)
{
	struct dataset_spec spec = spec_of(
		put_text("a.jsonl", "{\"text\":\"aa aa aa\",\"b\":\"bb bb\",\"sum\":\"cc cc\"}\n"));

	(void)state;
	spec.pair = "b";
	spec.target = "sum";
	for (int summaries = 0; summaries < 2; summaries++) {
		spec.kind = summaries ? TASK_SUMMARIZE : TASK_CLASSIFY;
		assert_true(has(&spec, 1, "aa", true));
		assert_true(has(&spec, 1, "bb", false));
		assert_int_equal(has(&spec, 1, "cc", false), summaries);
	}
}

static void test_vocabulary_once(void **state)
{
	struct dataset_spec spec[2] = {
		spec_of(put_text("a.tsv", "text\tlabel\naa aa aa\tx\n")),
		spec_of(put_text("b.tsv", "text\tlabel\nbb bb bb\tx\n")),
	};
	struct dataset_spec turned[2] = { spec[1], spec[0] };
	struct tokenizer *first = vocabulary(spec, 2, 100, true);
	struct tokenizer *again = vocabulary(spec, 2, 100, false);

	(void)state;
	assert_true(hash_equal(tokenizer_hash(first), tokenizer_hash(again)));
	assert_int_equal(tokenizer_size(first), tokenizer_size(again));
	tokenizer_free(first);
	tokenizer_free(again);
	tokenizer_free(vocabulary(spec, 2, 101, true));
	tokenizer_free(vocabulary(turned, 2, 100, true));
	assert_false(has(spec, 1, "bb", true));
	assert_true(has(spec, 2, "bb", false));
	overwrite(spec[1].path, "text\tlabel\ncc cc cc\tx\n");
	assert_false(has(spec, 2, "bb", true));
	assert_true(has(spec, 2, "cc", false));
}

/* --- the state of a file --- */

static void test_settle(void **state)
{
	struct timespec ahead[2] = { { 1LL << 33, 5 }, { 1LL << 33, 5 } };
	struct file_id a, b;
	const char *path = put_text("a", "1");

	(void)state;
	assert_int_equal(file_settle(path, &a, NULL), ST_OK);
	overwrite(path, "2");
	assert_int_equal(file_settle(path, &b, NULL), ST_OK);
	assert_false(file_same(&a, &b));
	assert_int_equal(a.unsure | b.unsure, 0);
	assert_int_equal(file_settle(path, &a, NULL), ST_OK);
	assert_true(file_same(&a, &b));
	/* a time that was set counts, but is not waited for */
	assert_int_equal(utimensat(AT_FDCWD, path, ahead, 0), 0);
	assert_int_equal(file_settle(path, &b, NULL), ST_OK);
	assert_false(file_same(&a, &b));
	assert_int_equal(b.unsure, 0);
	assert_int_equal(file_settle(in_scratch("none"), &b, NULL), ST_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_labels, empty),
		cmocka_unit_test_setup(test_labels_once, empty),
		cmocka_unit_test_setup(test_changed_at_once, empty),
		cmocka_unit_test_setup(test_damaged, empty),
		cmocka_unit_test_setup(test_no_folder, empty),
		cmocka_unit_test_setup(test_texts, empty),
		cmocka_unit_test_setup(test_vocabulary_once, empty),
		cmocka_unit_test_setup(test_settle, empty),
	};

	return cmocka_run_group_tests(tests, scratch_make_cache, scratch_remove);
}
