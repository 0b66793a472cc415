/*
 * test_dataset_faults.c - the token cache where writing fails, is killed or
 * stopped, or two write at once.
 */
#include <sys/wait.h>

#include "base/fault.h"
#include "data/cache.h"
#include "data/dataset.h"
#include "fixture/dataset_open.h"

/* --- writing that fails --- */

static void test_no_place_for_the_cache(void **state)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 100, ""));
	const char *file = put_text("plain", "no folder");
	struct err err = { "" };
	struct dataset *d;
	char dir[PATH_MAX];

	(void)state;
	snprintf(dir, sizeof dir, "%s/cache", file);
	d = dataset_open_in(&spec, dir);
	assert_int_equal(dataset_size(d), 100);
	assert_string_equal(row_shown(d, 99), "[CLS] one v [SEP];4;;one v||no");
	assert_int_equal(count_files(scratch, "tutti-cache"), 0);
	dataset_close(d);
	/* nor in TMPDIR: then a message */
	setenv("TMPDIR", file, 1);
	assert_int_equal(dataset_open(&spec, test_tok, dir, NULL, &d, &err), ST_IO);
	setenv("TMPDIR", scratch, 1);
	assert_contains(err.text, "cannot make folder");
	assert_null(d);
}

/* Each call that changes the disk fails once: the data set opens all the same. */
static void check_faults(int code)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 100, ""));
	int calls;

	fresh_cache();
	fault_set(FAULT_ANY, 0, 0);
	dataset_close(dataset_open_in(&spec, fresh_cache()));
	calls = fault_count();
	fault_off();
	assert_true(calls >= 6);
	for (int n = 1; n <= calls; n++) {
		const char *cache = fresh_cache();
		struct dataset *d = NULL;

		fault_set(FAULT_ANY, n, code);
		assert_int_equal(dataset_open(&spec, test_tok, cache, NULL, &d, NULL),
				 ST_OK);
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
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 100, ""));

	(void)state;
	for (int n = 1; n < 40; n++) {
		const char *cache = fresh_cache();
		int how = n % 2 ? FAULT_KILL_BEFORE : FAULT_KILL_AFTER, status;
		struct dataset *d;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			fault_set(FAULT_ANY, n / 2 + 1, how);
			dataset_open(&spec, test_tok, cache, NULL, &d, NULL);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		d = dataset_open_in(&spec, cache);
		assert_int_equal(dataset_size(d), 100);
		assert_string_equal(row_shown(d, 0), "[CLS] one a [SEP];4;;one a||no");
		dataset_close(d);
		if (WEXITSTATUS(status) == 0)
			return;
	}
	fail_msg("the child never got to its end");
}

static bool stop_now(struct progress *p)
{
	(void)p;
	return true;
}

static void test_stopped(void **state)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 30000, ""));
	const char *cache = fresh_cache();
	struct progress pg = { .tick = stop_now };
	struct dataset *d = NULL;
	char **labels;
	int n;

	(void)state;
	assert_int_equal(dataset_open(&spec, test_tok, cache, &pg, &d, NULL), ST_STOPPED);
	assert_null(d);
	assert_int_equal(count_files(cache, ""), 0);
	assert_int_equal(dataset_scan_labels(&spec, NULL, &pg, 10, &labels, &n, NULL),
			 ST_STOPPED);
	assert_null(labels);
}

/* --- two at once --- */

static void test_two_processes(void **state)
{
	struct dataset_spec spec = classify_spec(put_many_rows("a.tsv", 5000, ""));
	const char *cache = fresh_cache();
	pid_t pids[4];
	int status;

	(void)state;
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			struct dataset *d = NULL;
			bool ok = !dataset_open(&spec, test_tok, cache, NULL, &d, NULL) &&
				  dataset_size(d) == 5000;

			_exit(ok ? 0 : 1);
		}
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(count_files(cache, ""), 1);
	assert_false(reads_data(&spec, cache));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_place_for_the_cache),
		cmocka_unit_test(test_disk_faults),
		cmocka_unit_test(test_killed_while_writing),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_two_processes),
	};

	return cmocka_run_group_tests_name("dataset_faults", tests,
					   dataset_set_up, dataset_tear_down);
}
