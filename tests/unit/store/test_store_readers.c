/*
 * test_store_readers.c - whoever only looks cannot hold a writer: readers that are
 * stopped or killed inside a read, hundreds that come and go, each in log and in
 * journal mode. What they see is one picture. TUTTI_READERS=n: so many times the
 * readers and transactions.
 */
#include "fixture/store_pair.h"

#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "store/db_vfs.h"
#include "store/store.h"

/* A machine may be slow; a reader's lock would cost 5 s and fail. */
#define SLOWEST 4.0 /* seconds a writer's call may take */

static int times(int n)
{
	const char *knob = getenv("TUTTI_READERS");
	int more = knob ? (int)strtol(knob, NULL, 10) : 1;

	return more > 0 ? n * more : n;
}

/* --- readers in processes of their own --- */

static int until_stop; /* reads so many pages, then stops itself; 0: never */
static long pages_read;

static void count_page(void)
{
	if (++pages_read == until_stop)
		raise(SIGSTOP);
}

/*
 * Reads until its parent has gone on: exit status 0 when everything was whole and
 * never older than before. Says a byte for each read.
 */
static void reader(const char *path, int say, int reads)
{
	struct db *db = NULL;
	struct err err;
	int64_t last = 0;
	int busy = 0;

	for (int i = 0; i < reads; i++) {
		enum status st = db ? ST_OK : db_open(path, DB_READ, &db, &err);
		int64_t v = st == ST_BUSY ? -3 : st ? -2 : pair_get(db, &err);

		if (v == -3 && ++busy < 20) /* a busy machine */
			continue;
		if (v < last) {
			fprintf(stderr, "reader: %lld after %lld: %s\n", (long long)v,
				(long long)last, v == -2 ? err.text : "torn or old");
			_exit(v == -1 ? 1 : v == -2 ? 2 : 4);
		}
		last = v;
		if (write(say, "r", 1) != 1)
			break;
		if (i % 7 == 6) { /* leaves and comes again */
			db_close(db);
			db = NULL;
		}
	}
	db_close(db);
	_exit(0);
}

static pid_t start_reader(const char *path, int say, int reads)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		reader(path, say, reads);
	return pid;
}

static double took(struct db *db, int64_t v)
{
	double from = clock_now(), seconds;
	struct err err = { "" };

	if (pair_set(db, v, &err))
		fail_msg("%s", err.text);
	seconds = clock_now() - from;
	return seconds;
}

/*
 * Six at a time, each for a few reads; every fourth is killed where it stands.
 * The writer goes on all the time, and no call of it is late.
 */
static void crowd(const char *mode)
{
	enum { AT_ONCE = 6 };
	pid_t pid[AT_ONCE] = { 0 };
	int pipes[2], joined = 0, killed = 0, wanted = times(150);
	struct db *db = pair_new(mode, mode);
	const char *path = in_scratch(mode);
	double slowest = 0;
	int64_t v = 0;
	char bytes[4096];
	long reads = 0, n;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; joined < wanted || i % AT_ONCE; i++) {
		pid_t *p = &pid[i % AT_ONCE];
		double s = took(db, ++v);

		slowest = s > slowest ? s : slowest;
		if (*p && joined % 4 == 3 && !kill(*p, SIGKILL))
			killed++;
		if (*p) {
			int code = reap(*p);

			assert_true(WIFSIGNALED(code) ? WTERMSIG(code) == SIGKILL
						      : !WEXITSTATUS(code));
		}
		*p = start_reader(path, pipes[1], 1 + joined++ % 9);
		if ((n = read(pipes[0], bytes, sizeof bytes)) > 0)
			reads += n;
	}
	for (int i = 0; i < AT_ONCE; i++)
		assert_int_equal(reap(pid[i]), 0);
	if ((n = read(pipes[0], bytes, sizeof bytes)) > 0)
		reads += n;
	close(pipes[0]);
	close(pipes[1]);
	db_close(db);
	print_message("%s: %d readers, %d killed, %ld reads, %lld transactions, the slowest "
		      "%.3f s\n", mode, joined, killed, reads, (long long)v, slowest);
	assert_true(killed > wanted / 8 && reads > wanted / 2);
	assert_true(slowest < SLOWEST);
	assert_int_equal(pair_is_log(path), str_eq(mode, "wal"));
}

static void test_crowd(void **state)
{
	(void)state;
	for (int m = 0; m < 2; m++)
		crowd(modes[m]);
}

/* --- stopped inside a read --- */

static pid_t start_stopped(const char *path, int page)
{
	int code, null = open("/dev/null", O_WRONLY);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		until_stop = page;
		db_vfs_hook(count_page);
		reader(path, null, 1);
	}
	close(null);
	assert_int_equal(waitpid(pid, &code, WUNTRACED), pid);
	if (!WIFSTOPPED(code))
		assert_int_equal(code, 0); /* it had read less than that */
	return WIFSTOPPED(code) ? pid : 0;
}

/*
 * How the log stands when the reader begins, and whether it goes into the file
 * while the reader stands still.
 */
enum log { GROWS, BEGINS_ANEW, HAS_BEGUN, LOGS };
#define CHECKPOINT "PRAGMA wal_checkpoint"

struct stopping {
	struct db *db;
	const char *path;
	int64_t v;
	int stops;
	double slowest;
};

static void set_log(struct db *db, enum log log)
{
	/* all of it is in the file: the next transaction begins it anew */
	if (log != GROWS)
		assert_int_equal(db_script(db, CHECKPOINT, NULL), ST_OK);
	/* has begun it: most pages are read from the file, which may change */
	if (log == HAS_BEGUN)
		assert_int_equal(db_script(db, "INSERT INTO other VALUES(1)", NULL),
				 ST_OK);
}

/* At some of a read's pages; afterwards it goes on and sees what is there then. */
static void stop_at_pages(struct stopping *s, enum log log, bool checkpoint)
{
	for (int page = 1;; page += 1 + page / 8) {
		pid_t pid;

		set_log(s->db, log);
		pid = start_stopped(s->path, page);
		if (!pid)
			return;
		s->stops++;
		for (int i = 0; i < 3; i++) {
			double seconds = took(s->db, ++s->v);

			s->slowest = seconds > s->slowest ? seconds : s->slowest;
		}
		if (checkpoint)
			assert_int_equal(db_script(s->db, CHECKPOINT, NULL), ST_OK);
		kill(pid, s->stops % 5 ? SIGCONT : SIGKILL);
		if (s->stops % 5)
			assert_int_equal(reap(pid), 0);
		else
			assert_true(WIFSIGNALED(reap(pid)));
	}
}

static void test_stopped(void **state)
{
	(void)state;
	for (int m = 0; m < 2; m++) {
		struct stopping s = { 0 };
		char name[32];

		str_format(name, sizeof name, "stopped-%s", modes[m]);
		s.db = pair_new(name, modes[m]);
		s.path = in_scratch(name);
		for (int way = 0; way < (m ? 1 : 2 * LOGS); way++)
			stop_at_pages(&s, (enum log)(way % LOGS), way >= LOGS);
		db_close(s.db);
		print_message("%s: stopped at %d places, the slowest transaction %.3f s\n",
			      modes[m], s.stops, s.slowest);
		assert_true(s.stops >= (m ? 10 : 60));
		assert_true(s.slowest < SLOWEST);
	}
}

/* Thousands of flushes beside a stopped reader: none fails, the log stays small. */
static void flush_beside_stopped(const char *mode)
{
	struct err err = { "" };
	struct store *s = NULL;
	struct file_id id;
	uint64_t most = 0;
	double slowest = 0, begun = clock_now();
	char name[32], log[PATH_MAX];
	int code, n = times(2500);
	pid_t pid;

	set_mode(mode);
	str_format(name, sizeof name, "flushes-%s", mode);
	str_format(log, sizeof log, "%s-wal", in_scratch(name));
	assert_int_equal(store_open(in_scratch(name), true, &s, NULL), ST_OK);
	pid = fork();
	if (!pid) {
		struct store *r = NULL;
		int64_t last = -1;

		until_stop = 2;
		db_vfs_hook(count_page);
		code = store_open_readonly(in_scratch(name), &r, &err) ||
		       store_last_step(r, &last, &err);
		store_close(r);
		if (code || last != n)
			fprintf(stderr, "step %lld: %s\n", (long long)last, err.text);
		_exit(code || last != n);
	}
	assert_int_equal(waitpid(pid, &code, WUNTRACED), pid);
	assert_true(WIFSTOPPED(code));
	for (int i = 1; i <= n; i++) {
		struct step_row r = { .step = i, .n = 3 };
		double from = clock_now(), took_now;

		if (store_step(s, 0, &r, &err) || store_flush(s, &err))
			fail_msg("%s", err.text);
		took_now = clock_now() - from;
		slowest = took_now > slowest ? took_now : slowest;
		if (!file_id(log, &id, NULL) && id.size > most)
			most = id.size;
	}
	print_message("%s: %d flushes beside a stopped reader, the log at most %.1f MB, the "
		      "slowest %.3f s\n", mode, n, (double)most / 1e6, slowest);
	assert_true(most <= DB_WAL_BYTES);
	assert_int_equal(most > 0, str_eq(mode, "wal"));
	assert_true(slowest < SLOWEST);
	while (clock_now() - begun < 2.5) /* longer than a reader tries by itself */
		usleep(10000);
	kill(pid, SIGCONT);
	assert_int_equal(reap(pid), 0);
	store_close(s);
}

static void test_flushes(void **state)
{
	(void)state;
	for (int m = 0; m < 2; m++)
		flush_beside_stopped(modes[m]);
}

/* One long transaction makes the log long, for no longer than it takes. */
static void test_log_is_cut(void **state)
{
	struct db *db = pair_new("cut", "wal");
	struct file_id id;

	(void)state;
	assert_int_equal(db_script(db, "CREATE TABLE big(x)", NULL), ST_OK);
	assert_int_equal(db_run(db, "INSERT INTO big VALUES(zeroblob(?))", DB_VALUES(
				DB_INT(3 * DB_WAL_BYTES)), NULL), ST_OK);
	assert_int_equal(file_id(in_scratch("cut-wal"), &id, NULL), ST_OK);
	assert_true(id.size > 3 * (uint64_t)DB_WAL_BYTES);
	for (int i = 0; i < 3; i++)
		took(db, i);
	assert_int_equal(file_id(in_scratch("cut-wal"), &id, NULL), ST_OK);
	assert_true(id.size <= DB_WAL_BYTES);
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_flushes),
		cmocka_unit_test(test_log_is_cut),
	};

	return cmocka_run_group_tests_name("store readers", tests, scratch_make,
					   scratch_remove);
}
