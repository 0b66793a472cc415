/*
 * test_reader.c - checkpoints answer as a session opened at them does, and a run
 * that goes on beside does not notice.
 */
#include "fixture/recorded_run.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask/evaluate.h"
#include "ask/open.h"
#include "ask/reader.h"
#include "base/file.h"
#include "rundir/checkpoint.h"

static struct err err;

static const char *const texts[] = { "lemon north", "amber boat cloud delta",
				     "sum pearl ocean", "zebra" };
enum { TEXTS = sizeof texts / sizeof *texts };

static void run_whole(const char *name, char path[PATH_MAX], char state[40])
{
	struct snapshot s;

	snapshot_init(&s);
	record_finish(record_start(name, NULL, false, NULL, 0, path), &s);
	str_copy(state, 40, s.state);
	snapshot_release(&s);
}

static void wait_answer(struct reader *r, int fd, uint64_t ticket, enum status want,
			struct buf *text)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	enum status st;
	eventfd_t n;

	while ((st = reader_answer(r, ticket, text, &err)) == ST_BUSY) {
		assert_true(poll(&p, 1, 20000) > 0);
		eventfd_read(fd, &n);
	}
	if (st != want)
		fail_msg("%s", err.text);
}

/* What a session of the checkpoint says itself. */
static void say(const char *path, int64_t step, const char *text, struct buf *out)
{
	struct session *s = NULL;
	int task = -1;

	if (session_open(&(struct session_wanted){ .run = path, .step = step, .workers = 2 },
			 NULL, NULL, &s, &err))
		fail_msg("%s", err.text);
	if (str_starts(text, "sum ")) {
		task = plan_task_find(s->plan, "sum");
		text += 4;
	}
	assert_int_equal(evaluate_text(s, task, text, NULL, out, &err), ST_OK);
	session_free(s);
}

static void test_answers(void **state)
{
	char path[PATH_MAX], hash[40], line[128];
	struct checkpoint_info *list = NULL;
	int n = 0, fd = eventfd(0, EFD_NONBLOCK), different = 0;
	struct reader *r;
	struct buf first;

	(void)state;
	run_whole("r0", path, hash);
	assert_int_equal(checkpoint_list(path, &list, &n, &err), ST_OK);
	assert_true(n >= 2);
	r = reader_new(path, fd);
	assert_non_null(r);
	buf_init(&first);
	for (int i = 0; i < n * TEXTS; i++) { /* another model at each question */
		int64_t step = list[i % n].step;
		struct buf want, got;
		uint64_t ticket = 0;

		buf_init(&want);
		buf_init(&got);
		str_format(line, sizeof line, "try %s", texts[i / n]);
		assert_int_equal(reader_ask(r, step, line, &ticket, &err), ST_OK);
		wait_answer(r, fd, ticket, ST_OK, &got);
		say(path, step, texts[i / n], &want);
		assert_string_equal(buf_str(&got), buf_str(&want));
		if (i % n == 0) {
			buf_clear(&first);
			buf_adds(&first, buf_str(&got));
		} else {
			different += !str_eq(buf_str(&first), buf_str(&got));
		}
		buf_release(&want);
		buf_release(&got);
	}
	assert_true(different > 0); /* the models are not all one */
	buf_release(&first);
	reader_free(r);
	close(fd);
	xfree(list);
}

static void test_refusals(void **state)
{
	char path[PATH_MAX];
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t ticket = 0;
	struct reader *r;
	struct buf text;

	(void)state;
	str_format(path, sizeof path, "%s/runs/r0", fixture_dir);
	r = reader_new(path, fd);
	buf_init(&text);
	assert_int_equal(reader_ask(r, 60, "weight mood 2", &ticket, &err), ST_INVALID);
	assert_int_equal(reader_ask(r, 60, "stop", &ticket, &err), ST_INVALID);
	assert_int_equal(reader_ask(r, 60, "nonsense", &ticket, &err), ST_INVALID);
	assert_int_equal(reader_answer(r, 1, &text, &err), ST_NOT_FOUND);
	assert_int_equal(reader_ask(r, 59, "try lemon", &ticket, &err), ST_OK);
	wait_answer(r, fd, ticket, ST_NOT_FOUND, &text);
	assert_non_null(strstr(err.text, "59"));
	assert_int_equal(reader_ask(r, 60, "try \xff", NULL, &err), ST_INVALID);
	assert_int_equal(reader_answer(r, ticket, &text, &err), ST_NOT_FOUND); /* once */
	for (int i = 0; i < READER_QUEUE_MAX; i++)
		assert_int_equal(reader_ask(r, 60, "try lemon", &ticket, &err), ST_OK);
	assert_int_equal(reader_ask(r, 60, "try lemon", NULL, &err), ST_FULL);
	wait_answer(r, fd, ticket, ST_OK, &text); /* the last: all are answered */
	assert_int_equal(reader_ask(r, 60, "try lemon", &ticket, &err), ST_OK);
	reader_rest(r);
	wait_answer(r, fd, ticket, ST_OK, &text);
	reader_rest(r);
	assert_int_equal(reader_ask(r, 40, "try lemon", &ticket, &err), ST_OK);
	reader_free(r); /* with questions and answers that nobody fetched */
	reader_free(NULL);
	buf_release(&text);
	close(fd);
}

/* --- checkpoints that go away while they are read --- */

enum { OPENS = 60 };

struct mover {
	char all[PATH_MAX];
	atomic_bool is_ending;
	atomic_int opens;         /* begun; each meets two at most */
	int n;                    /* of replacements made */
	bool failed;
};

/* As a run writes a step again: the new one stands before the old one goes. */
static bool put_new(struct mover *m, const char *old, const char *new)
{
	char from[PATH_MAX], tmp[PATH_MAX], to[PATH_MAX], a[PATH_MAX], b[PATH_MAX];
	struct dirent *e;
	DIR *d;

	str_format(from, sizeof from, "%s/%s", m->all, old);
	str_format(tmp, sizeof tmp, "%s/.tmp-moved", m->all);
	str_format(to, sizeof to, "%s/%s", m->all, new);
	d = opendir(from);
	if (!d || mkdir(tmp, 0700))
		return false;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' &&
		    (!str_format(a, sizeof a, "%s/%s", from, e->d_name) ||
		     !str_format(b, sizeof b, "%s/%s", tmp, e->d_name) || link(a, b)))
			return false;
	closedir(d);
	if (rename(tmp, to))
		return false;
	str_format(tmp, sizeof tmp, "%s/.old-moved", m->all);
	return !rename(from, tmp) && !file_remove_tree(tmp, NULL);
}

static void *move_on(void *arg)
{
	struct mover *m = arg;
	char old[64] = "step-000060", new[64];

	while (!atomic_load(&m->is_ending) && !m->failed) {
		poll(NULL, 0, m->n % 4);
		if (m->n >= 2 * atomic_load(&m->opens))
			continue;
		str_format(new, sizeof new, "step-000060.%d", ++m->n);
		m->failed = !put_new(m, old, new);
		str_copy(old, sizeof old, new);
	}
	return NULL;
}

/* Whoever opens one that is let go takes what stands in its place. */
static void test_gone_under_it(void **state)
{
	static struct mover m;
	char path[PATH_MAX], hash[40];
	pthread_t thread;

	(void)state;
	run_whole("r3", path, hash);
	str_format(m.all, sizeof m.all, "%s/checkpoints", path);
	assert_int_equal(pthread_create(&thread, NULL, move_on, &m), 0);
	for (int i = 0; i < OPENS; i++) {
		struct session *s = NULL;

		atomic_fetch_add(&m.opens, 1);
		if (session_open(&(struct session_wanted){ .run = path, .step = 60, .workers = 1 },
				 NULL, NULL, &s, &err))
			fail_msg("%s", err.text);
		assert_int_equal(s->step, 60);
		session_free(s);
	}
	atomic_store(&m.is_ending, true);
	pthread_join(thread, NULL);
	assert_false(m.failed);
	assert_true(m.n > OPENS); /* they did meet */
}

/* I10: the same bits at the end, whoever asks its checkpoints meanwhile. */
static void test_beside_a_run(void **state)
{
	const char *const sets[] = { "budget.steps=160", "budget.keep=9" };
	char path[PATH_MAX], hash[40];
	struct trainer *t = record_start("r1", NULL, false, sets, 2, path);
	int fd = eventfd(0, EFD_NONBLOCK), asked = 0;
	struct reader *r;
	struct snapshot s;

	(void)state;
	snapshot_init(&s);
	record_finish(t, &s);
	str_copy(hash, sizeof hash, s.state);
	snapshot_release(&s);
	t = record_start("r2", NULL, false, sets, 2, path);
	r = reader_new(path, fd);
	while (s.phase < PHASE_DONE) {
		struct buf text;
		uint64_t ticket = 0;

		record_look(t, &s);
		if (s.checkpoint_step < 0 || s.phase >= PHASE_DONE)
			continue;
		buf_init(&text);
		assert_int_equal(reader_ask(r, s.checkpoint_step, "try lemon north ocean",
					    &ticket, &err), ST_OK);
		wait_answer(r, fd, ticket, ST_OK, &text);
		assert_non_null(strstr(buf_str(&text), "\"mood\""));
		buf_release(&text);
		asked++;
	}
	record_finish(t, &s);
	assert_true(asked > 0);
	assert_string_equal(s.state, hash);
	reader_free(r);
	snapshot_release(&s);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_beside_a_run),
		cmocka_unit_test(test_gone_under_it),
	};

	return cmocka_run_group_tests_name("reader", tests, fixture_make_runs,
					   fixture_remove);
}
