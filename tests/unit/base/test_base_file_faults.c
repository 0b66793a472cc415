/*
 * test_base_file_faults.c - the write protocol with a failure, a kill or short
 * writes at every single call (I4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"
#include "fixture/file_dir.h"

static enum status write_new(struct err *err)
{
	return file_write(in_dir("f"), "new content", 11, err);
}

/* How many calls of the kind one file_write makes. */
static int calls_of(enum fault_op op)
{
	int n;

	put_in_dir("f", "old");
	fault_set(op, 0, 0);
	assert_int_equal(write_new(NULL), ST_OK);
	n = fault_count();
	fault_off();
	return n;
}

static void test_calls_counted(void **state)
{
	(void)state;
	assert_int_equal(calls_of(FAULT_OPEN), 1);
	assert_int_equal(calls_of(FAULT_WRITE), 1);
	assert_int_equal(calls_of(FAULT_FSYNC), 2);
	assert_int_equal(calls_of(FAULT_RENAME), 1);
	assert_int_equal(calls_of(FAULT_UNLINK), 0);
	assert_int_equal(calls_of(FAULT_CLOSE), 1);
	assert_int_equal(calls_of(FAULT_ANY), 6);
}

/* Each call fails once: an error with a word, the old content, no leftovers. */
static void test_each_call_fails(void **state)
{
	static const int codes[] = { EIO, ENOSPC, EACCES, EMFILE, EDQUOT };
	int calls = calls_of(FAULT_ANY);

	(void)state;
	for (size_t c = 0; c < sizeof codes / sizeof *codes; c++)
		for (int n = 1; n <= calls; n++) {
			bool full = codes[c] == ENOSPC || codes[c] == EDQUOT;
			struct err err = { "" };

			put_in_dir("f", "old");
			fault_set(FAULT_ANY, n, codes[c]);
			assert_int_equal(write_new(&err), full ? ST_FULL : ST_IO);
			fault_off();
			assert_true(str_starts(err.text, "cannot "));
			/* only the folder's flush comes after the new name */
			check_content("f", n == calls ? "new content" : "old");
			assert_int_equal(dir_entries(), 1);
		}
}

static void test_interrupted_calls(void **state)
{
	int calls = calls_of(FAULT_ANY);

	(void)state;
	for (int n = 1; n <= calls; n++) {
		if (n == 5) /* rename is never interrupted */
			continue;
		put_in_dir("f", "old");
		fault_set(FAULT_ANY, n, EINTR);
		assert_int_equal(write_new(NULL), ST_OK);
		fault_off();
		check_content("f", "new content");
	}
}

static void test_short_writes(void **state)
{
	struct file_out *f;

	(void)state;
	fault_set(FAULT_WRITE, 1, FAULT_SHORT);
	assert_int_equal(file_out_open(in_dir("f"), &f, NULL), ST_OK);
	assert_int_equal(file_out_write(f, "0123456789", 10, NULL), ST_OK);
	assert_int_equal(file_out_patch(f, 2, "abc", 3, NULL), ST_OK);
	assert_int_equal(file_out_commit(f, NULL), ST_OK);
	assert_true(fault_count() >= 13);
	fault_off();
	check_content("f", "01abc56789");
}

/* A write that failed is not forgotten when the next ones succeed. */
static void test_failure_sticks(void **state)
{
	struct file_out *f;
	struct err err;

	(void)state;
	put_in_dir("f", "old");
	assert_int_equal(file_out_open(in_dir("f"), &f, NULL), ST_OK);
	assert_int_equal(file_out_write(f, "abc", 3, NULL), ST_OK);
	fault_set(FAULT_WRITE, 1, EIO);
	assert_int_equal(file_out_patch(f, 0, "x", 1, NULL), ST_IO);
	fault_off();
	assert_int_equal(file_out_write(f, "def", 3, &err), ST_IO);
	assert_int_equal(file_out_commit(f, &err), ST_IO);
	assert_true(str_starts(err.text, "an earlier write failed: '"));
	check_content("f", "old");
	assert_int_equal(dir_entries(), 1);
}

/* Killed before or after each call: the old or the new content, whole. */
static void test_killed_at_each_call(void **state)
{
	int calls = calls_of(FAULT_ANY);

	(void)state;
	for (int n = 1; n <= calls; n++)
		for (int what = FAULT_KILL_BEFORE; what >= FAULT_KILL_AFTER;
		     what--) {
			bool renamed = n > 5 || (n == 5 &&
						 what == FAULT_KILL_AFTER);
			int status;
			pid_t child;

			put_in_dir("f", "old");
			child = fork();
			assert_true(child >= 0);
			if (child == 0) {
				fault_set(FAULT_ANY, n, what);
				write_new(NULL);
				_exit(0);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), FAULT_EXIT);
			check_content("f", renamed ? "new content" : "old");
		}
}

/* Leftovers of a dead process with our number do not stand in the way. */
static void test_stale_neighbours(void **state)
{
	char name[64];
	int fd;

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "f.tmp-%ld-%d", (long)getpid(), i);
		fd = open(in_dir(name), O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	put_in_dir("f", "fine");
	check_content("f", "fine");
	assert_int_equal(dir_entries(), 201);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_calls_counted, dir_empty),
		cmocka_unit_test_setup(test_each_call_fails, dir_empty),
		cmocka_unit_test_setup(test_interrupted_calls, dir_empty),
		cmocka_unit_test_setup(test_short_writes, dir_empty),
		cmocka_unit_test_setup(test_failure_sticks, dir_empty),
		cmocka_unit_test_setup(test_killed_at_each_call, dir_empty),
		cmocka_unit_test_setup(test_stale_neighbours, dir_empty),
	};

	return cmocka_run_group_tests_name("base_file_faults", tests,
					   dir_set_up, dir_tear_down);
}
