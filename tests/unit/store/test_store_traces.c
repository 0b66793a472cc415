/*
 * test_store_traces.c - readers leave no trace: no file beside the store is made,
 * changed or removed by one, no lock of its process dropped; and what they see is
 * what is there: the newest commit, never half of one that was killed.
 */
#include "fixture/store_pair.h"

#include <sqlite3.h>

#include "store/db_stamp.h"

/* Each commit is seen by the next read, also inside one tick of the clock. */
static void test_follows(void **state)
{
	char name[32];
	struct err err = { "" };

	(void)state;
	for (int m = 0; m < 2; m++) {
		struct db *db, *r;

		str_format(name, sizeof name, "follow-%s", modes[m]);
		db = pair_new(name, modes[m]);
		r = pair_open(in_scratch(name), DB_READ);
		for (int64_t v = 1; v <= 200; v++) {
			assert_int_equal(pair_set(db, v, NULL), ST_OK);
			if (pair_get(r, &err) != v)
				fail_msg("%s: commit %lld not seen: %s", modes[m],
					 (long long)v, err.text);
		}
		db_close(db); /* takes the log away */
		assert_int_equal(pair_get(r, &err), 200);
		db = pair_open(in_scratch(name), DB_WRITE);
		assert_int_equal(pair_set(db, 300, NULL), ST_OK);
		assert_int_equal(pair_get(r, &err), 300);
		db_close(db);
		db_close(r);
	}
}

/* Two writes in one tick of the file system's clock have one time. */
static void test_settled(void **state)
{
	const int64_t s = 1000000000, t = 1700000000 * s + 123456789;
	struct file_mark m;
	int fresh = 0;

	(void)state;
	assert_false(stamp_is_settled(t, t));     /* this very tick */
	assert_true(stamp_is_settled(t, t + 1));
	assert_false(stamp_is_settled(t + 1, t)); /* finer than the clock that was read */
	assert_false(stamp_is_settled(t + 2 * s, t));
	assert_true(stamp_is_settled(t + 60 * s, t)); /* a server's clock ahead */
	/* whole seconds: a file system that knows no finer ones */
	assert_false(stamp_is_settled(1700000000 * s, t));
	assert_false(stamp_is_settled(1700000000 * s, t + s));
	assert_true(stamp_is_settled(1700000000 * s, t + 2 * s));
	for (int i = 0; i < 50; i++) {
		put_text("tick", i & 1 ? "tock" : "tick");
		file_mark_take(&m, in_scratch("tick"));
		fresh += !m.is_settled;
	}
	assert_true(m.is_there && m.size == 4 && fresh > 25);
	usleep(30000);
	file_mark_take(&m, in_scratch("tick"));
	assert_true(m.is_settled || m.changed % 10000000 == 0);
	file_mark_take(&m, in_scratch("no such"));
	assert_true(!m.is_there && m.is_settled);
}

/*
 * POSIX locks belong to the process: a reader in the writer's own process that
 * closes the file must not drop the writer's.
 */
static bool is_locked(const char *path, off_t at)
{
	int code;
	pid_t pid = fork();

	if (!pid) {
		struct flock l = { .l_type = F_WRLCK, .l_start = at, .l_len = 1 };
		int fd = open(path, O_RDWR);

		_exit(fcntl(fd, F_GETLK, &l) ? 2 : l.l_type != F_UNLCK);
	}
	code = reap(pid);
	assert_true(WIFEXITED(code) && WEXITSTATUS(code) < 2);
	return WEXITSTATUS(code) == 1;
}

static void test_locks_stay(void **state)
{
	enum { RESERVED = 0x40000001, SHARED = 0x40000002 };
	struct err err;

	(void)state;
	for (int m = 0; m < 2; m++) {
		off_t byte = m ? RESERVED : SHARED;
		struct db *db, *r;
		char name[32];

		str_format(name, sizeof name, "locks-%s", modes[m]);
		db = pair_new(name, modes[m]);
		assert_int_equal(db_begin(db, NULL), ST_OK);
		assert_true(is_locked(in_scratch(name), byte));
		for (int i = 0; i < 3; i++) {
			r = pair_open(in_scratch(name), DB_READ);
			assert_int_equal(pair_get(r, &err), 0);
			db_close(r);
			assert_true(is_locked(in_scratch(name), byte));
		}
		assert_int_equal(db_end(db, ST_OK, NULL), ST_OK);
		db_close(db);
	}
}

/* --- nothing beside the store is a reader's --- */

/* Names, sizes, inodes, times and the bytes' sum of all files of that name. */
static void listing(const char *name, struct buf *out)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };

	buf_init(out);
	for (int i = 0; i < 4; i++) {
		char path[PATH_MAX];
		struct stat sb;
		struct buf bytes;
		uint64_t sum = 0;

		str_format(path, sizeof path, "%s%s", in_scratch(name), ends[i]);
		if (stat(path, &sb))
			continue;
		buf_init(&bytes);
		assert_int_equal(file_read(path, 1 << 26, &bytes, NULL), ST_OK);
		for (size_t k = 0; k < bytes.len; k++)
			sum = sum * 31 + (unsigned char)bytes.s[k];
		buf_release(&bytes);
		buf_addf(out, "%s %lld %llu %lld.%09ld %llx\n", ends[i],
			 (long long)sb.st_size, (unsigned long long)sb.st_ino,
			 (long long)sb.st_ctim.tv_sec, sb.st_ctim.tv_nsec,
			 (unsigned long long)sum);
	}
	buf_addf(out, "%d files\n", count_files(scratch, name));
}

static void read_and_compare(const char *name, int64_t want, const char *beside)
{
	struct buf before, after;
	struct err err = { "" };
	struct db *r;
	char path[PATH_MAX];

	str_format(path, sizeof path, "%s%s", in_scratch(name), beside);
	assert_true(file_exists(path));
	listing(name, &before);
	r = pair_open(in_scratch(name), DB_READ);
	for (int i = 0; i < 3; i++) {
		int64_t v = pair_get(r, &err);

		if (v != want)
			fail_msg("%s: %lld, not %lld: %s", name, (long long)v,
				 (long long)want, err.text);
	}
	db_close(r);
	listing(name, &after);
	assert_string_equal(after.s, before.s);
	buf_release(&before);
	buf_release(&after);
}

/* Killed after its last transaction: log mode leaves a log and its index. */
static void leave(const char *name, const char *mode)
{
	pid_t pid = fork();

	if (!pid)
		_exit(pair_set(pair_new(name, mode), 5, NULL) != ST_OK);
	assert_int_equal(reap(pid), 0);
}

/* Killed inside a commit in journal mode: some pages are new, the journal has the old. */
static void leave_hot(const char *name)
{
	pid_t pid;

	db_close(pair_new(name, "delete"));
	pid = fork();
	if (!pid) {
		sqlite3 *c;

		if (sqlite3_open(in_scratch(name), &c) ||
		    sqlite3_exec(c, "PRAGMA cache_size=2; BEGIN; UPDATE one SET v = 9;"
				 "UPDATE many SET v = 9, pad = zeroblob(999)", NULL, NULL,
				 NULL))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(reap(pid), 0);
}

static void test_touches_nothing(void **state)
{
	struct db *db;

	(void)state;
	for (int m = 0; m < 2; m++) {
		db = pair_new(m ? "ended-delete" : "ended-wal", modes[m]);
		assert_int_equal(pair_set(db, 7, NULL), ST_OK);
		if (!m)
			read_and_compare("ended-wal", 7, "-shm"); /* beside its writer */
		db_close(db);
		read_and_compare(m ? "ended-delete" : "ended-wal", 7, "");
	}
	leave("left", "wal");
	read_and_compare("left", 5, "-wal");
	assert_int_equal(unlink(in_scratch("left-shm")), 0);
	read_and_compare("left", 5, "-wal");
	leave_hot("hot");
	read_and_compare("hot", 0, "-journal");
	db = pair_open(in_scratch("hot"), DB_WRITE); /* the next writer rolls it back */
	assert_int_equal(pair_set(db, 3, NULL), ST_OK);
	read_and_compare("hot", 3, "");
	db_close(db);
}

/* A reader is refused in words where a log is no file, and does not hang. */
static void test_log_is_no_file(void **state)
{
	struct err err = { "" };
	struct db *db = pair_new("fifo", "wal"), *r = NULL;

	(void)state;
	db_close(db);
	assert_int_equal(mkfifo(in_scratch("fifo-wal"), 0600), 0);
	alarm(30);
	assert_int_equal(db_open(in_scratch("fifo"), DB_READ, &r, &err), ST_CORRUPT);
	alarm(0);
	assert_non_null(strstr(err.text, "no regular file"));
	assert_int_equal(unlink(in_scratch("fifo-wal")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follows),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_locks_stay),
		cmocka_unit_test(test_touches_nothing),
		cmocka_unit_test(test_log_is_no_file),
	};

	return cmocka_run_group_tests_name("store traces", tests, scratch_make,
					   scratch_remove);
}
