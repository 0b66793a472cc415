/*
 * Jobs: they run beside, wake who waits, can be cancelled, and their end is seen.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "ask/job.h"
#include "base/clock.h"

struct count {
	uint64_t rows, done;
};

static enum status counts(void *arg, struct progress *pg, struct err *err)
{
	struct count *c = arg;

	progress_begin(pg, c->rows, "rows", "counting");
	for (; c->done < c->rows; c->done++)
		if (progress_tick(pg, c->done))
			return err_set(err, ST_STOPPED, "stopped");
	return c->rows == 7 ? err_set(err, ST_CORRUPT, "seven") : ST_OK;
}

static enum status wait_for(struct job *j, int fd, struct err *err)
{
	enum status st = ST_BUSY;

	for (double end = clock_now() + 20; !job_is_done(j, &st, err);) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		eventfd_t n;

		assert_true(clock_now() < end);
		assert_true(poll(&p, 1, 5000) >= 0);
		eventfd_read(fd, &n);
	}
	return st;
}

static void test_ends(void **state)
{
	struct count c = {.rows = 100000};
	int fd = eventfd(0, EFD_NONBLOCK);
	struct job *j = job_start(counts, &c, fd);
	struct err err = {""};

	(void)state;
	assert_non_null(j);
	assert_int_equal(wait_for(j, fd, &err), ST_OK);
	assert_int_equal(c.done, c.rows);
	job_free(j);
	close(fd);
}

static void test_fails(void **state)
{
	struct count c = {.rows = 7};
	int fd = eventfd(0, EFD_NONBLOCK);
	struct job *j = job_start(counts, &c, fd);
	struct err err = {""};

	(void)state;
	assert_int_equal(wait_for(j, fd, &err), ST_CORRUPT);
	assert_string_equal(err.text, "seven");
	job_free(j);
	close(fd);
}

static void test_cancelled(void **state)
{
	struct count c = {.rows = UINT64_MAX};
	struct job *j = job_start(counts, &c, -1);
	enum status st;

	(void)state;
	assert_false(job_is_done(j, &st, NULL));
	job_free(j); /* comes back although the work has no end */
	assert_true(c.done < c.rows);
	job_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
