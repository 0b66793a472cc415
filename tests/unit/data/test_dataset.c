/*
 * test_dataset.c - the token cache: what examples hold, when it is made anew,
 * what is left behind, and what cannot be read.
 */
#include "fixture/data_check.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fault.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/dataset.h"

enum { CLS = 2, SEP = 3 };

static struct tokenizer *tok;

static int make(void **state)
{
	if (scratch_make(state))
		return -1;
	tok = small_tokenizer();
	/* no test may reach the person's own cache */
	setenv("XDG_CACHE_HOME", scratch, 1);
	setenv("TMPDIR", scratch, 1);
	return 0;
}

static int unmake(void **state)
{
	tokenizer_free(tok);
	return scratch_remove(state);
}

/* A cache folder of its own for a test, empty. */
static const char *fresh_cache(void)
{
	static char dir[300];

	snprintf(dir, sizeof dir, "%s/cache", scratch);
	if (access(dir, F_OK) == 0)
		assert_int_equal(file_remove_tree(dir, NULL), ST_OK);
	return dir;
}

static const char *const labels_yn[] = { "yes", "no", "a long one" };

static struct dataset_spec classify_spec(const char *path)
{
	return (struct dataset_spec){
		.kind = TASK_CLASSIFY, .path = path, .header = -1, .text = "text",
		.target = "label", .n_labels = 3, .labels = labels_yn,
		.max_source = 16, .max_bad = 0.01,
	};
}

static struct dataset_spec summary_spec(const char *path)
{
	return (struct dataset_spec){
		.kind = TASK_SUMMARIZE, .path = path, .header = -1, .text = "text",
		.target = "sum", .max_source = 8, .max_target = 4, .max_bad = 0.01,
	};
}

static struct dataset *open_in(const struct dataset_spec *spec, const char *cache)
{
	struct dataset *d = NULL;
	struct err err = { "" };

	if (dataset_open(spec, tok, cache, NULL, &d, &err))
		fail_msg("%s", err.text);
	return d;
}

static const char *failure(const struct dataset_spec *spec, const char *cache)
{
	static struct err err;
	struct dataset *d = NULL;

	err.text[0] = '\0';
	assert_int_equal(dataset_open(spec, tok, cache, NULL, &d, &err), ST_INVALID);
	assert_null(d);
	return err.text;
}

static void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' lacks '%s'", text, part);
}

/* "ids ... ;second;target ids ...;text|pair|target", letters as letters. */
static void add_ids(struct buf *b, const int32_t *ids, int n)
{
	for (int i = 0; i < n; i++) {
		const char *piece = tokenizer_piece(tok, ids[i]);

		buf_addf(b, "%s%s", i ? " " : "", piece);
	}
}

static const char *show(const struct dataset *d, uint64_t i)
{
	static struct buf b;
	struct example e;

	dataset_get(d, i, &e);
	buf_clear(&b);
	add_ids(&b, e.ids, e.n_ids);
	buf_addf(&b, ";%d;", e.second);
	add_ids(&b, e.target, e.n_target);
	buf_addf(&b, ";%.*s|%.*s|%.*s", (int)e.text_len, e.text, (int)e.pair_len,
		 e.pair, (int)e.target_len, e.target_text);
	assert_int_equal(dataset_cost(d, i), e.n_ids + e.n_target);
	return b.s;
}

/* --- what an example holds --- */

static void test_classify(void **state)
{
	struct dataset_spec spec = classify_spec(
		put_text("a.tsv", "text\tlabel\nOne two.\tno\n  three ab\t yes \n"
				  "\xc3\x89 @\ta long one\n"));
	struct dataset *d = open_in(&spec, fresh_cache());
	struct example e;

	(void)state;
	assert_int_equal(dataset_size(d), 3);
	assert_int_equal(dataset_kind(d), TASK_CLASSIFY);
	assert_string_equal(show(d, 0), "[CLS] one two . [SEP];5;;One two.||no");
	assert_string_equal(show(d, 1), "[CLS] three a ##b [SEP];5;;  three ab|| yes ");
	assert_string_equal(show(d, 2),
			    "[CLS] e [UNK] [SEP];4;;\xc3\x89 @||a long one");
	for (uint64_t i = 0; i < 3; i++) {
		static const int want[] = { 1, 0, 2 };

		dataset_get(d, i, &e);
		assert_int_equal(e.label, want[i]);
		assert_int_equal(e.line, i + 2);
		assert_int_equal(dataset_label_counts(d)[i], 1);
	}
	assert_int_equal(dataset_tokens(d), 14);
	dataset_close(d);
}

static void test_pairs_are_cut_from_the_longer(void **state)
{
	struct dataset_spec spec = classify_spec(
		put_text("a.jsonl",
			 "{\"text\":\"a b c d e f g\",\"b\":\"x y\",\"label\":\"no\"}\n"
			 "{\"text\":\"a b c d e f g\",\"b\":\"t u v w x y z\",\"label\":\"no\"}\n"
			 "{\"text\":\"a\",\"b\":\"t u v w x y z\",\"label\":\"no\"}\n"));
	struct dataset *d;

	(void)state;
	spec.pair = "b";
	spec.max_source = 9;
	d = open_in(&spec, fresh_cache());
	assert_string_equal(show(d, 0), "[CLS] a b c d [SEP] x y [SEP];6;;"
					"a b c d e f g|x y|no");
	assert_string_equal(show(d, 1), "[CLS] a b c [SEP] t u v [SEP];5;;"
					"a b c d e f g|t u v w x y z|no");
	assert_string_equal(show(d, 2), "[CLS] a [SEP] t u v w x [SEP];3;;"
					"a|t u v w x y z|no");
	assert_int_equal(dataset_report(d)->cut_source, 3);
	dataset_close(d);
}

static void test_summaries_end_with_sep(void **state)
{
	struct dataset_spec spec = summary_spec(
		put_text("a.jsonl", "{\"text\":\"a b c d e f g h\",\"sum\":\"x y z\"}\n"
				    "{\"text\":\"a\",\"sum\":\"x y z w\"}\n"
				    "{\"text\":\"a b c d e f\",\"sum\":\"x\"}\n"));
	struct dataset *d = open_in(&spec, fresh_cache());

	(void)state;
	assert_string_equal(show(d, 0), "[CLS] a b c d e f [SEP];8;x y z [SEP];"
					"a b c d e f g h||x y z");
	assert_string_equal(show(d, 1), "[CLS] a [SEP];3;x y z [SEP];a||x y z w");
	assert_string_equal(show(d, 2), "[CLS] a b c d e f [SEP];8;x [SEP];"
					"a b c d e f||x");
	assert_int_equal(dataset_report(d)->cut_source, 1);
	assert_int_equal(dataset_report(d)->cut_target, 1);
	assert_int_equal(dataset_tokens(d), 8 + 4 + 3 + 4 + 8 + 2);
	dataset_close(d);
}

static void test_regress(void **state)
{
	struct dataset_spec spec = classify_spec(
		put_text("a.csv", "text,label\na,1.5\nb,-2\n\"c,d\", 2e0\n"));
	struct dataset *d;
	struct example e;

	(void)state;
	spec.kind = TASK_REGRESS;
	d = open_in(&spec, fresh_cache());
	assert_int_equal(dataset_size(d), 3);
	assert_true(dataset_mean(d) == 0.5);
	dataset_get(d, 1, &e);
	assert_true(e.number == -2.0f);
	assert_int_equal(e.label, -1);
	dataset_close(d);
	spec.path = put_text("b.csv", "text,label\na,1e151\nb,nan\nc,\nd,1x\ne,inf\n"
				      "f,9223372036854775808\n");
	spec.max_bad = 1;
	d = open_in(&spec, fresh_cache());
	assert_int_equal(dataset_report(d)->bad[ROW_BAD_NUMBER], 4);
	assert_int_equal(dataset_report(d)->bad[ROW_BIG_NUMBER], 1);
	assert_int_equal(dataset_size(d), 1);
	dataset_close(d);
	spec.path = put_text("c.csv", "text,label\na,1700000000.125\nb,-1e39\n"
				      "c,0.1\nd,123456789012345678\n");
	d = open_in(&spec, fresh_cache());
	for (uint64_t i = 0; i < 4; i++) {
		static const double want[] = { 1700000000.125, -1e39, 0.1,
					       123456789012345678.0 };

		dataset_get(d, i, &e);
		assert_true(e.number == want[i]); /* as doubles, not through a float */
	}
	dataset_close(d);
}

static void test_unlabelled(void **state)
{
	struct dataset_spec spec = classify_spec(put_text("a.tsv", "text\na b\nc\n"));
	struct dataset *d;
	struct example e;

	(void)state;
	spec.unlabelled = true;
	spec.n_labels = 0;
	d = open_in(&spec, fresh_cache());
	dataset_get(d, 1, &e);
	assert_int_equal(e.label, -1);
	assert_int_equal(e.target_len, 0);
	dataset_close(d);
	spec.kind = TASK_SUMMARIZE;
	d = open_in(&spec, fresh_cache());
	assert_string_equal(show(d, 0), "[CLS] a b [SEP];4;;a b||");
	dataset_close(d);
}

/* --- bad rows --- */

static const char *many_rows(const char *name, int good, const char *bad)
{
	const char *path = in_scratch(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("text\tlabel\n", f);
	for (int i = 0; i < good; i++)
		fprintf(f, "one %c\t%s\n", 'a' + i % 26, i % 3 ? "yes" : "no");
	fputs(bad, f);
	assert_int_equal(fclose(f), 0);
	return path;
}

static void test_share_of_bad_rows(void **state)
{
	struct dataset_spec spec =
		classify_spec(many_rows("a.tsv", 99, "x\tnever\x1b\n"));
	const char *cache = fresh_cache(), *why;
	struct dataset *d = open_in(&spec, cache);

	(void)state;
	assert_int_equal(dataset_size(d), 99);
	assert_int_equal(dataset_report(d)->rows, 100);
	assert_int_equal(dataset_report(d)->bad[ROW_BAD_LABEL], 1);
	dataset_close(d);
	/* the cache is there, the plan became stricter */
	spec.max_bad = 0;
	why = failure(&spec, cache);
	assert_contains(why, "a.tsv");
	assert_contains(why, "1 of 100, more than the 0 that a max_bad of 0");
	assert_contains(why, "unknown label 1 ");
	assert_contains(why, "(line 101: never<ESC>)");
	spec.max_bad = 0.01;
	spec.path = many_rows("b.tsv", 98, "x\tnever\n\tyes\nx\n \tno\nx\tnever\n");
	why = failure(&spec, cache);
	assert_contains(why, "5 of 103");
	assert_contains(why, "too few columns 1 (line 102: 1 in place of 2)");
	assert_contains(why, "empty text 2 (lines 101, 103)");
	assert_contains(why, "unknown label 2 (lines 100, 104: never)");
	assert_int_equal(count_files(cache, ""), 1); /* the first one's */
	spec.max_bad = 0.05;
	d = open_in(&spec, cache);
	assert_int_equal(dataset_size(d), 98);
	dataset_close(d);
}

static void test_no_usable_rows(void **state)
{
	struct dataset_spec spec = classify_spec(put_text("a.tsv", "text\tlabel\n"));
	const char *cache = fresh_cache();

	(void)state;
	assert_contains(failure(&spec, cache), "no rows: ");
	spec.path = put_text("a.tsv", "text\tlabel\nx\t9223372036854775808\n");
	spec.max_bad = 1;
	assert_contains(failure(&spec, cache), "no usable rows in ");
	spec.path = put_text("a.tsv", "");
	assert_contains(failure(&spec, cache), "no rows: ");
	assert_int_equal(count_files(cache, ""), 0);
	spec.n_labels = 0;
	assert_contains(failure(&spec, cache), "no labels");
}

/* --- when the cache is made --- */

static bool count_tick(struct progress *p)
{
	++*(int *)p->arg;
	return false;
}

/* Whether opening read the data file. */
static bool reads(const struct dataset_spec *spec, const char *cache)
{
	int ticks = 0;
	struct progress pg = { .tick = count_tick, .arg = &ticks };
	struct dataset *d = NULL;

	assert_int_equal(dataset_open(spec, tok, cache, &pg, &d, NULL), ST_OK);
	dataset_close(d);
	return pg.total != 0;
}

static void test_made_once(void **state)
{
	static const char *const others[] = { "no", "yes", "a long one" };
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 100, ""));
	const char *cache = fresh_cache();
	struct stat s;

	(void)state;
	assert_true(reads(&spec, cache));
	assert_false(reads(&spec, cache));
	assert_int_equal(stat(cache, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0700);
	/* any other spec is another cache */
	spec.max_source = 12;
	assert_true(reads(&spec, cache));
	spec.labels = others;
	assert_true(reads(&spec, cache));
	spec.n_labels = 2;
	assert_true(reads(&spec, cache));
	spec.header = 1;
	assert_true(reads(&spec, cache));
	spec.kind = TASK_SUMMARIZE;
	spec.max_target = 5;
	assert_true(reads(&spec, cache));
	spec.max_target = 6;
	assert_true(reads(&spec, cache));
	spec.pair = "label";
	assert_true(reads(&spec, cache));
	spec.unlabelled = true;
	assert_true(reads(&spec, cache));
	assert_int_equal(count_files(cache, ".tok"), 9);
	assert_int_equal(count_files(cache, ""), 9);
	spec.max_bad = 0.5;
	spec.target = NULL; /* of no matter: nothing is read from it */
	assert_false(reads(&spec, cache));
}

/* Its path under another name, the data in another state, other pieces. */
static void test_stale(void **state)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 100, ""));
	struct tokenizer *own = tok;
	const char *cache = fresh_cache();
	struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };
	struct dataset *d;
	char dots[PATH_MAX];

	(void)state;
	assert_true(reads(&spec, cache));
	many_rows("a.tsv", 101, "");
	d = open_in(&spec, cache);
	assert_int_equal(dataset_size(d), 101);
	dataset_close(d);
	assert_int_equal(count_files(cache, ""), 1); /* the old one is gone */
	assert_int_equal(utimensat(AT_FDCWD, spec.path, times, 0), 0);
	assert_true(reads(&spec, cache));
	assert_int_equal(count_files(cache, ""), 1);
	put_text("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\none\n");
	assert_int_equal(tokenizer_load(NULL, in_scratch("vocab.txt"), &tok, NULL), ST_OK);
	assert_true(reads(&spec, cache));
	tokenizer_free(tok);
	tok = own;
	assert_false(reads(&spec, cache));
	assert_int_equal(count_files(cache, ""), 2);
	snprintf(dots, sizeof dots, "%s/./a.tsv", scratch);
	spec.path = dots;
	assert_true(reads(&spec, cache));
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
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 3, ""));
	const char *cache = fresh_cache();
	struct cache_place pl;
	size_t size, now;
	const char *path;

	(void)state;
	assert_true(reads(&spec, cache));
	path = cache_file(cache, &size);
	assert_int_equal(cache_place_of(&spec, tok, &pl, NULL), ST_OK);
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
	assert_true(reads(&spec, cache));
	assert_int_equal(truncate(path, (off_t)size + 48), 0);
	assert_false(is_believed(&pl));
	assert_true(reads(&spec, cache));
	assert_false(reads(&spec, cache));
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
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 3, ""));
	const char *cache = fresh_cache();
	struct cache_place pl;
	struct buf whole, b;
	size_t size, first;
	const char *path;

	(void)state;
	assert_true(reads(&spec, cache));
	path = cache_file(cache, &size);
	assert_int_equal(cache_place_of(&spec, tok, &pl, NULL), ST_OK);
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

static void test_no_place_for_the_cache(void **state)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 100, ""));
	const char *file = put_text("plain", "no folder");
	struct err err = { "" };
	struct dataset *d;
	char dir[PATH_MAX];

	(void)state;
	snprintf(dir, sizeof dir, "%s/cache", file);
	d = open_in(&spec, dir);
	assert_int_equal(dataset_size(d), 100);
	assert_string_equal(show(d, 99), "[CLS] one v [SEP];4;;one v||no");
	assert_int_equal(count_files(scratch, "tutti-cache"), 0);
	dataset_close(d);
	/* nor in TMPDIR: then a message */
	setenv("TMPDIR", file, 1);
	assert_int_equal(dataset_open(&spec, tok, dir, NULL, &d, &err), ST_IO);
	setenv("TMPDIR", scratch, 1);
	assert_contains(err.text, "cannot make folder");
	assert_null(d);
}

/* Each call that changes the disk fails once: the data set opens all the same. */
static void check_faults(int code)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 100, ""));
	int calls;

	fresh_cache();
	fault_set(FAULT_ANY, 0, 0);
	dataset_close(open_in(&spec, fresh_cache()));
	calls = fault_count();
	fault_off();
	assert_true(calls >= 6);
	for (int n = 1; n <= calls; n++) {
		const char *cache = fresh_cache();
		struct dataset *d = NULL;

		fault_set(FAULT_ANY, n, code);
		assert_int_equal(dataset_open(&spec, tok, cache, NULL, &d, NULL), ST_OK);
		fault_off();
		assert_int_equal(dataset_size(d), 100);
		dataset_close(d);
		assert_int_equal(count_files(cache, "tmp"), 0);
		assert_int_equal(count_files(scratch, "tutti-cache"), 0);
	}
}

static void test_disk_faults(void **state)
{
	(void)state;
	check_faults(EIO);
	check_faults(ENOSPC);
	check_faults(EACCES);
	check_faults(EOPNOTSUPP); /* no O_TMPFILE here */
	check_faults(FAULT_SHORT);
}

/* Killed before and after each of them: the next start finds its way. */
static void test_killed_while_writing(void **state)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 100, ""));

	(void)state;
	for (int n = 1; n < 40; n++) {
		const char *cache = fresh_cache();
		int how = n % 2 ? FAULT_KILL_BEFORE : FAULT_KILL_AFTER, status;
		struct dataset *d;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			fault_set(FAULT_ANY, n / 2 + 1, how);
			dataset_open(&spec, tok, cache, NULL, &d, NULL);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		d = open_in(&spec, cache);
		assert_int_equal(dataset_size(d), 100);
		assert_string_equal(show(d, 0), "[CLS] one a [SEP];4;;one a||no");
		dataset_close(d);
		if (WEXITSTATUS(status) == 0)
			return;
	}
	fail_msg("the child never got to its end");
}

/* What a dead writer left an hour ago is cleared away; a live one's stays. */
static void test_left_over_files(void **state)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 10, ""));
	const char *cache = fresh_cache();
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	char name[PATH_MAX];
	pid_t dead = fork();

	(void)state;
	if (!dead)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	assert_true(reads(&spec, cache));
	snprintf(name, sizeof name, "cache/x.tok.tmp-%ld-1", (long)dead);
	put_text(name, "left");
	assert_int_equal(utimensat(AT_FDCWD, in_scratch(name), old, 0), 0);
	snprintf(name, sizeof name, "cache/x.tok.tmp-%ld-2", (long)dead);
	put_text(name, "left just now");
	snprintf(name, sizeof name, "cache/x.tok.tmp-%ld-1", (long)getpid());
	put_text(name, "in use");
	assert_int_equal(utimensat(AT_FDCWD, in_scratch(name), old, 0), 0);
	many_rows("a.tsv", 11, "");
	assert_true(reads(&spec, cache));
	assert_int_equal(count_files(cache, "tmp"), 2);
	assert_int_equal(count_files(cache, ""), 3);
}

/* Unused for long, a cache goes when another is made; one that is used stays. */
static void test_unused_caches(void **state)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 10, ""));
	const char *cache = fresh_cache();
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	const char *path;
	size_t size;

	(void)state;
	assert_true(reads(&spec, cache));
	path = cache_file(cache, &size);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_false(reads(&spec, cache)); /* used: as good as new */
	spec.max_source = 10;
	assert_true(reads(&spec, cache));
	assert_int_equal(count_files(cache, ""), 2);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	spec.max_source = 11;
	assert_true(reads(&spec, cache));
	assert_int_equal(count_files(cache, ""), 2);
	assert_int_not_equal(access(path, F_OK), 0);
}

static bool stop_now(struct progress *p)
{
	(void)p;
	return true;
}

static void test_stopped(void **state)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 30000, ""));
	const char *cache = fresh_cache();
	struct progress pg = { .tick = stop_now };
	struct dataset *d = NULL;
	char **labels;
	int n;

	(void)state;
	assert_int_equal(dataset_open(&spec, tok, cache, &pg, &d, NULL), ST_STOPPED);
	assert_null(d);
	assert_int_equal(count_files(cache, ""), 0);
	assert_int_equal(dataset_scan_labels(&spec, NULL, &pg, 10, &labels, &n, NULL),
			 ST_STOPPED);
	assert_null(labels);
}

/* --- two at once --- */

static void test_two_processes(void **state)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", 5000, ""));
	const char *cache = fresh_cache();
	pid_t pids[4];
	int status;

	(void)state;
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			struct dataset *d = NULL;
			bool ok = !dataset_open(&spec, tok, cache, NULL, &d, NULL) &&
				  dataset_size(d) == 5000;

			_exit(ok ? 0 : 1);
		}
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(count_files(cache, ""), 1);
	assert_false(reads(&spec, cache));
}

/* --- size --- */

/* Anonymous memory after reading a file, in kilobytes, in a process of its own. */
static long memory_of(int rows)
{
	struct dataset_spec spec = classify_spec(many_rows("a.tsv", rows, ""));
	const char *cache = fresh_cache();
	int fd[2];
	long kb = 0;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		struct dataset *d = NULL;

		if (dataset_open(&spec, tok, cache, NULL, &d, NULL))
			_exit(1);
		kb = (long)(mem_now_bytes() / 1024);
		_exit(write(fd[1], &kb, sizeof kb) == sizeof kb ? 0 : 1);
	}
	assert_int_equal(read(fd[0], &kb, sizeof kb), sizeof kb);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return kb;
}

static void test_memory_does_not_grow(void **state)
{
	long small = memory_of(5000), large = memory_of(100000);

	(void)state;
	assert_true(small > 0);
	if (large > small + 500) /* the index alone of the difference: 4500 */
		fail_msg("%ld kB for 5000 rows, %ld kB for 100000", small, large);
}

static void test_samsum(void **state)
{
	const char *path = shared_file("samsum/dev.jsonl");
	struct dataset_spec spec;
	struct dataset *d;
	struct example e;
	struct buf b;

	(void)state;
	if (!path) {
		print_message("no shared data\n");
		skip();
	}
	spec = summary_spec(path);
	spec.text = "dialogue";
	spec.target = "summary";
	spec.max_source = 256;
	spec.max_target = 64;
	d = open_in(&spec, fresh_cache());
	assert_int_equal(dataset_size(d), 818);
	assert_int_equal(row_report_bad(dataset_report(d)), 0);
	buf_init(&b);
	assert_int_equal(file_read(path, 1 << 24, &b, NULL), ST_OK);
	assert_true(hash_equal(hash_bytes(b.s, b.len), dataset_content(d)));
	buf_release(&b);
	for (uint64_t i = 0; i < 818; i++) {
		dataset_get(d, i, &e);
		assert_int_equal(e.line, i + 1);
		assert_int_equal(e.ids[0], CLS);
		assert_int_equal(e.ids[e.n_ids - 1], SEP);
		assert_int_equal(e.target[e.n_target - 1], SEP);
	}
	dataset_close(d);
}

/* --- kinds --- */

static void check_shown(const struct data_target *t, const struct target_shown *shown,
			const char *text, const char *json)
{
	char out[40];
	struct json_out j;
	struct buf b;

	t->show(shown, out, sizeof out);
	assert_string_equal(out, text);
	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	t->put(shown, &j);
	json_close(&j, '}');
	assert_string_equal(buf_str(&b), json);
	buf_release(&b);
}

static void test_targets_are_shown(void **state)
{
	static const char *const labels[] = { "no", "yes" };
	struct target_shown t = { .label = 1, .n_labels = 2, .labels = labels,
				  .number = 2.5, .pieces = 3, .text = "a sum", .len = 1 };

	(void)state;
	check_shown(&data_target_label, &t, "yes", "{\"label\":\"yes\"}");
	check_shown(&data_target_number, &t, "2.5", "{\"number\":2.5}");
	check_shown(&data_target_text, &t, "3", "{\"target\":\"a\"}");
	t = (struct target_shown){ .label = -1, .n_labels = 2, .labels = labels };
	check_shown(&data_target_label, &t, "", "{}");
	check_shown(&data_target_text, &t, "0", "{}");
	t.label = 2; /* of a damaged cache */
	check_shown(&data_target_label, &t, "", "{}");
}

/* One row of a table has all that is asked of it without looking. */
static void test_kinds_are_whole(void **state)
{
	struct buf b;

	(void)state;
	for (int i = 0; i < TASK_KINDS; i++) {
		const struct data_kind *k = data_kind((enum task_kind)i);
		const struct data_target *t = k->target;

		assert_non_null(k->units);
		assert_true(k->saying && k->column[COLUMN_TEXT].key &&
			    k->column[COLUMN_TARGET].key);
		for (int c = 0; c < DATA_COLUMNS; c++)
			assert_int_equal(!k->column[c].key, !k->column[c].noun ||
							    !k->column[c].help);
		assert_true(!k->mark || k->propose);
		assert_int_equal(t->has_labels + t->has_number + t->has_pieces, 1);
		assert_true(t->heading && t->check && t->take && t->count && t->fits &&
			    t->get && t->show && t->put);
	}
	buf_init(&b);
	task_kind_words(" or ", &b);
	assert_string_equal(buf_str(&b), "classify, regress or summarize");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets_are_shown),
		cmocka_unit_test(test_kinds_are_whole),
		cmocka_unit_test(test_classify),
		cmocka_unit_test(test_pairs_are_cut_from_the_longer),
		cmocka_unit_test(test_summaries_end_with_sep),
		cmocka_unit_test(test_regress),
		cmocka_unit_test(test_unlabelled),
		cmocka_unit_test(test_share_of_bad_rows),
		cmocka_unit_test(test_no_usable_rows),
		cmocka_unit_test(test_made_once),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_no_place_for_the_cache),
		cmocka_unit_test(test_disk_faults),
		cmocka_unit_test(test_killed_while_writing),
		cmocka_unit_test(test_left_over_files),
		cmocka_unit_test(test_unused_caches),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_two_processes),
		cmocka_unit_test(test_memory_does_not_grow),
		cmocka_unit_test(test_samsum),
	};

	return cmocka_run_group_tests_name("dataset", tests, make, unmake);
}
