/*
 * test_dataset_cache.c - the token cache: when it is made anew, what is believed
 * of it, what is left behind and cleared away.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>

#include "data/cache.h"
#include "data/dataset.h"
#include "fixture/dataset_open.h"

/* --- when the cache is made --- */

static void test_made_once(void **state)
{
	static const char *const others[] = { "no", "yes", "a long one" };
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 100, ""));
	const char *cache = fresh_cache();
	struct stat s;

	(void)state;
	assert_true(reads_data(&spec, cache));
	assert_false(reads_data(&spec, cache));
	assert_int_equal(stat(cache, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0700);
	/* any other spec is another cache */
	spec.max_source = 12;
	assert_true(reads_data(&spec, cache));
	spec.labels = others;
	assert_true(reads_data(&spec, cache));
	spec.n_labels = 2;
	assert_true(reads_data(&spec, cache));
	spec.header = 1;
	assert_true(reads_data(&spec, cache));
	spec.kind = TASK_SUMMARIZE;
	spec.max_target = 5;
	assert_true(reads_data(&spec, cache));
	spec.max_target = 6;
	assert_true(reads_data(&spec, cache));
	spec.pair = "label";
	assert_true(reads_data(&spec, cache));
	spec.unlabelled = true;
	assert_true(reads_data(&spec, cache));
	assert_int_equal(count_files(cache, ".tok"), 9);
	assert_int_equal(count_files(cache, ""), 9);
	spec.max_bad = 0.5;
	spec.target = NULL; /* of no matter: nothing is read from it */
	assert_false(reads_data(&spec, cache));
}

/* Its path under another name, the data in another state, other pieces. */
static void test_stale(void **state)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 100, ""));
	struct tokenizer *own = test_tok;
	const char *cache = fresh_cache();
	struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };
	struct dataset *d;
	char dots[PATH_MAX];

	(void)state;
	assert_true(reads_data(&spec, cache));
	put_many_rows("a.tsv", 101, "");
	d = dataset_open_in(&spec, cache);
	assert_int_equal(dataset_size(d), 101);
	dataset_close(d);
	assert_int_equal(count_files(cache, ""), 1); /* the old one is gone */
	assert_int_equal(utimensat(AT_FDCWD, spec.path, times, 0), 0);
	assert_true(reads_data(&spec, cache));
	assert_int_equal(count_files(cache, ""), 1);
	put_text("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\none\n");
	assert_int_equal(tokenizer_load(NULL, in_scratch("vocab.txt"), &test_tok, NULL),
			 ST_OK);
	assert_true(reads_data(&spec, cache));
	tokenizer_free(test_tok);
	test_tok = own;
	assert_false(reads_data(&spec, cache));
	assert_int_equal(count_files(cache, ""), 2);
	snprintf(dots, sizeof dots, "%s/./a.tsv", scratch);
	spec.path = dots;
	assert_true(reads_data(&spec, cache));
}

/* --- damage --- */

static char *cache_file(const char *cache, size_t *size)
{
	static char path[PATH_MAX];
	DIR *dir = opendir(cache);
	struct dirent *e;
	struct stat s;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		if (strstr(e->d_name, ".tok"))
			snprintf(path, sizeof path, "%s/%s", cache, e->d_name);
	}
	closedir(dir);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	*size = (size_t)s.st_size;
	return path;
}

static void flip_byte(const char *path, size_t at)
{
	int fd = open(path, O_RDWR);
	unsigned char c;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
	c ^= 0x40;
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
	close(fd);
}

static bool is_believed(const struct cache_place *pl)
{
	struct dataset *d = NULL;
	enum status st = cache_map(pl, &d, NULL);

	dataset_close(d);
	return st == ST_OK;
}

/* Every byte of a small cache, and every length: never believed, made anew. */
static void test_damaged(void **state)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 3, ""));
	const char *cache = fresh_cache();
	struct cache_place pl;
	size_t size, now;
	const char *path;

	(void)state;
	assert_true(reads_data(&spec, cache));
	path = cache_file(cache, &size);
	assert_int_equal(cache_place_of(&spec, test_tok, &pl, NULL), ST_OK);
	assert_int_equal(cache_place_in(&pl, cache, NULL), ST_OK);
	assert_true(is_believed(&pl));
	for (size_t at = 0; at < size; at++) {
		flip_byte(path, at);
		if (is_believed(&pl))
			fail_msg("a flip at %zu of %zu went unseen", at, size);
		flip_byte(path, at);
	}
	assert_true(is_believed(&pl));
	for (size_t n = size; n-- > 0;) {
		assert_int_equal(truncate(path, (off_t)n), 0);
		assert_false(is_believed(&pl));
	}
	assert_true(reads_data(&spec, cache));
	assert_int_equal(truncate(path, (off_t)size + 48), 0);
	assert_false(is_believed(&pl));
	assert_true(reads_data(&spec, cache));
	assert_false(reads_data(&spec, cache));
	cache_file(cache, &now);
	assert_int_equal(now, size);
	assert_int_equal(count_files(cache, ""), 1);
}

/*
 * With all checksums made to fit: sizes that point outside are seen. (Every
 * field of the first record set to numbers of the kind that hurt.)
 */
static void forge(char *p, size_t size)
{
	struct cache_header *h = (void *)p;

	h->body_sum = hash_bytes(p + sizeof *h, h->tail_at - sizeof *h);
	h->tail_sum = hash_bytes(p + h->tail_at, size - h->tail_at);
	h->sum = hash64_bytes(h, offsetof(struct cache_header, sum));
}

static void test_forged(void **state)
{
	static const uint32_t hurts[] = { 1u << 20, INT32_MAX, 0x80000000u, UINT32_MAX };
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 3, ""));
	const char *cache = fresh_cache();
	struct cache_place pl;
	struct buf whole, b;
	size_t size, first;
	const char *path;

	(void)state;
	assert_true(reads_data(&spec, cache));
	path = cache_file(cache, &size);
	assert_int_equal(cache_place_of(&spec, test_tok, &pl, NULL), ST_OK);
	assert_int_equal(cache_place_in(&pl, cache, NULL), ST_OK);
	buf_init(&whole);
	buf_init(&b);
	assert_int_equal(file_read(path, 1 << 20, &whole, NULL), ST_OK);
	first = size - 3 * sizeof(struct cache_record);
	for (size_t word = 0; word < 12; word++) {
		if (word == 2 || word == 3 || word == 5)
			continue; /* a line may be any number; a label has one word */
		for (size_t k = 0; k < 4; k++) {
			if (word == 4 && k == 3)
				continue; /* -1: no label */
			buf_clear(&b);
			buf_add(&b, whole.s, whole.len);
			memcpy(b.s + first + word * 4, &hurts[k], 4);
			forge(b.s, size);
			assert_int_equal(file_write(path, b.s, b.len, NULL), ST_OK);
			if (is_believed(&pl))
				fail_msg("word %zu as %" PRIu32 " was believed", word,
					 hurts[k]);
		}
	}
	forge(whole.s, size);
	assert_int_equal(file_write(path, whole.s, whole.len, NULL), ST_OK);
	assert_true(is_believed(&pl));
	buf_release(&whole);
	buf_release(&b);
}

/* --- writing that fails --- */

/* What a dead writer left an hour ago is cleared away; a live one's stays. */
static void test_left_over_files(void **state)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 10, ""));
	const char *cache = fresh_cache();
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	char name[PATH_MAX];
	pid_t dead = fork();

	(void)state;
	if (!dead)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	assert_true(reads_data(&spec, cache));
	snprintf(name, sizeof name, "cache/x.tok.tmp-%ld-1", (long)dead);
	put_text(name, "left");
	assert_int_equal(utimensat(AT_FDCWD, in_scratch(name), old, 0), 0);
	snprintf(name, sizeof name, "cache/x.tok.tmp-%ld-2", (long)dead);
	put_text(name, "left just now");
	snprintf(name, sizeof name, "cache/x.tok.tmp-%ld-1", (long)getpid());
	put_text(name, "in use");
	assert_int_equal(utimensat(AT_FDCWD, in_scratch(name), old, 0), 0);
	put_many_rows("a.tsv", 11, "");
	assert_true(reads_data(&spec, cache));
	assert_int_equal(count_files(cache, "tmp"), 2);
	assert_int_equal(count_files(cache, ""), 3);
}

/* Unused for long, a cache goes when another is made; one that is used stays. */
static void test_unused_caches(void **state)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 10, ""));
	const char *cache = fresh_cache();
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	const char *path;
	size_t size;

	(void)state;
	assert_true(reads_data(&spec, cache));
	path = cache_file(cache, &size);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_false(reads_data(&spec, cache)); /* used: as good as new */
	spec.max_source = 10;
	assert_true(reads_data(&spec, cache));
	assert_int_equal(count_files(cache, ""), 2);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	spec.max_source = 11;
	assert_true(reads_data(&spec, cache));
	assert_int_equal(count_files(cache, ""), 2);
	assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_once),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_left_over_files),
		cmocka_unit_test(test_unused_caches),
	};

	return cmocka_run_group_tests_name("dataset_cache", tests,
					   dataset_set_up, dataset_tear_down);
}
