/*
 * test_store_held.c - a run outlives whoever locks its store: a shell, a backup, an
 * older program, stopped in a read or in a transaction. Rows wait in memory, what
 * must be on the disk waits with a word, a person's command is refused.
 */
#include "fixture/engine_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "trainer/trainer.h"

static struct err err;

/* --- somebody else: a process that locks a store when it is told to --- */

struct holder {
	pid_t pid;
	int to, from;
};

static void hold_when_told(const char *path, const char *how, int in, int out)
{
	sqlite3 *c = NULL;
	char byte;

	while (read(in, &byte, 1) == 1) {
		if (byte == 'h' && (sqlite3_open(path, &c) ||
				    sqlite3_busy_timeout(c, 20000) ||
				    sqlite3_exec(c, how, NULL, NULL, NULL)))
			_exit(1);
		if (byte == 'r')
			sqlite3_close(c);
		if (write(out, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static struct holder holder_start(const char *path, const char *how)
{
	struct holder h;
	int to[2], from[2];

	assert_int_equal(pipe(to) | pipe(from), 0);
	h.pid = fork();
	if (!h.pid) {
		close(to[1]);
		close(from[0]);
		hold_when_told(path, how, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	h.to = to[1];
	h.from = from[0];
	return h;
}

static void tell(struct holder *h, char byte)
{
	char back = 0;

	assert_int_equal(write(h->to, &byte, 1), 1);
	assert_int_equal(read(h->from, &back, 1), 1);
	assert_int_equal(back, byte);
}

static void holder_end(struct holder *h)
{
	int code;

	close(h->to);
	close(h->from);
	kill(h->pid, SIGKILL);
	assert_int_equal(waitpid(h->pid, &code, 0), h->pid);
}

/* What each way of holding does in each mode; all of them keep a writer out. */
static const struct way {
	const char *mode, *how;
} ways[] = {
	{ "delete", "BEGIN; SELECT count(*) FROM step" }, /* a reader of the old kind */
	{ "delete", "BEGIN EXCLUSIVE" },
	{ "wal", "BEGIN IMMEDIATE" },
};
enum { WAYS = sizeof ways / sizeof *ways };

static void set_mode(const char *mode)
{
	if (str_eq(mode, "delete"))
		setenv("TUTTI_JOURNAL", "delete", 1);
	else
		unsetenv("TUTTI_JOURNAL");
}

/* --- the store --- */

static struct store *new_store(const char *name, char path[PATH_MAX])
{
	struct store *s = NULL;

	str_format(path, PATH_MAX, "%s/%s", fixture_dir, name);
	assert_int_equal(store_open(path, true, &s, &err), ST_OK);
	return s;
}

static void count_step(void *arg, const struct step_row *r)
{
	int64_t *last = arg;

	assert_int_equal(r->step, *last + 1);
	*last = r->step;
}

static void put_steps(struct store *s, int64_t from, int n)
{
	for (int i = 0; i < n; i++) {
		struct step_row r = { .step = from + i, .n = 2 };

		if (store_step(s, 0, &r, &err))
			fail_msg("step %lld: %s", (long long)r.step, err.text);
	}
}

static bool half_a_second(void *arg, double waited)
{
	++*(int *)arg;
	return waited < 0.5;
}

static bool let_go(void *arg, double waited)
{
	if (waited > 0.3)
		tell(arg, 'r');
	return true;
}

/* Steps go on, in no time; records wait, and are written when it is over. */
static void hold_store(const struct way *w, int number)
{
	struct checkpoint_row c = { .step = 9000, .folder = "step-009000" };
	struct journal_entry e = { .step = 1, .command = "lr 1" };
	char path[PATH_MAX], name[16];
	struct store *s;
	struct holder h;
	int64_t last = 0;
	int asked = 0;
	double from;

	set_mode(w->mode);
	str_format(name, sizeof name, "held%d.db", number);
	str_format(path, sizeof path, "%s/%s", fixture_dir, name);
	h = holder_start(path, w->how);
	s = new_store(name, path);
	put_steps(s, 1, 10);
	assert_int_equal(store_flush(s, &err), ST_OK);
	tell(&h, 'h');
	from = clock_now();
	put_steps(s, 11, 8990); /* more than are flushed at once */
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_flush_soon(s, &err), ST_OK);
	assert_true(clock_now() - from < 4);

	store_on_wait(s, half_a_second, &asked);
	from = clock_now();
	assert_int_equal(store_journal(s, &e, &err), ST_BUSY);
	assert_non_null(strstr(err.text, "somebody else holds the run store"));
	assert_int_equal(store_checkpoint(s, &c, &err), ST_BUSY);
	assert_int_equal(store_flush(s, &err), ST_BUSY);
	assert_true(asked > 10 && clock_now() - from >= 1.5);

	store_on_wait(s, let_go, &h);
	assert_int_equal(store_checkpoint(s, &c, &err), ST_OK);
	assert_int_equal(store_journal(s, &e, &err), ST_OK);
	assert_int_equal(e.seq, 1);
	assert_int_equal(store_flush(s, &err), ST_OK);
	holder_end(&h);
	assert_int_equal(store_steps_read(s, 0, INT64_MAX, 1, count_step, &last, &err),
			 ST_OK);
	assert_int_equal(last, 9000);
	store_close(s);
}

static void test_store(void **state)
{
	(void)state;
	for (int i = 0; i < WAYS; i++)
		hold_store(&ways[i], i);
}

/* What waits in memory has a bound; there a step waits, and loses nothing. */
static void test_bound(void **state)
{
	char path[PATH_MAX];
	struct store *s;
	struct holder h;
	struct step_row r = { .step = STORE_WAIT_MAX, .n = 2 };
	int64_t last = 0;
	int asked = 0;

	(void)state;
	set_mode("wal");
	str_format(path, sizeof path, "%s/bound.db", fixture_dir);
	h = holder_start(path, "BEGIN IMMEDIATE");
	s = new_store("bound.db", path);
	tell(&h, 'h');
	put_steps(s, 1, STORE_WAIT_MAX - 1);
	store_on_wait(s, half_a_second, &asked);
	assert_int_equal(store_step(s, 0, &r, &err), ST_BUSY);
	store_on_wait(s, let_go, &h);
	put_steps(s, STORE_WAIT_MAX + 1, 1);
	holder_end(&h);
	assert_int_equal(store_steps_read(s, 0, INT64_MAX, 1, count_step, &last, &err),
			 ST_OK);
	assert_int_equal(last, STORE_WAIT_MAX + 1);
	store_close(s);
}

/* --- a run --- */

static struct snapshot snap;

static struct trainer *start(int number, const char *script, char path[PATH_MAX])
{
	char runs[PATH_MAX], name[16];
	struct trainer_options o = { .runs = runs, .run = name, .script = script,
				     .given = fixture_plan_text, .workers = 2,
				     .steps = -1, .plan = fixture_plan(NULL, 0) };
	struct trainer *t = NULL;

	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	assert_int_equal(file_mkdirs(runs, 0700, NULL), ST_OK);
	str_format(name, sizeof name, "r%d", number);
	str_format(path, PATH_MAX, "%s/%s", runs, name);
	if (trainer_start(&o, &t, &err))
		fail_msg("%s", err.text);
	snapshot_init(&snap);
	return t;
}

static bool has_ended(void)
{
	return snap.phase == PHASE_DONE || snap.phase == PHASE_STOPPED ||
	       snap.phase == PHASE_FAILED;
}

/* Until the word stands in the message; NULL: until it has ended. */
static void wait_for(struct trainer *t, const char *word)
{
	struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

	while (!has_ended() && !(word && strstr(snap.message, word))) {
		assert_true(poll(&fd, 1, 20000) > 0);
		trainer_snapshot(t, &snap);
	}
	if (word && has_ended())
		fail_msg("ended without '%s': %s", word, snap.message);
}

static void wait_paused(struct trainer *t)
{
	struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

	while (!has_ended() && snap.phase != PHASE_PAUSED) {
		assert_true(poll(&fd, 1, 20000) > 0);
		trainer_snapshot(t, &snap);
	}
	assert_int_equal(snap.phase, PHASE_PAUSED);
}

static enum status answer_to(struct trainer *t, const char *line)
{
	uint64_t ticket;
	enum status st = trainer_post(t, line, WHO_PERSON, &ticket, &err);

	if (st)
		return st;
	while ((st = trainer_answer(t, ticket, NULL, &err)) == ST_BUSY)
		usleep(1000);
	return st;
}

static enum status finish(struct trainer *t, char state[40])
{
	enum status st;

	wait_for(t, NULL);
	st = trainer_join(t, &err);
	trainer_snapshot(t, &snap);
	str_copy(state, 40, snap.state);
	trainer_free(t);
	snapshot_release(&snap);
	return st;
}

static void compare_figures(const char *a, const char *b)
{
	const char *path[] = { a, b };
	struct eval_row *row[2];
	int n[2];

	for (int i = 0; i < 2; i++) {
		char db[PATH_MAX];
		struct store *s = NULL;
		int64_t last = 0;

		str_format(db, sizeof db, "%s/run.db", path[i]);
		assert_int_equal(store_open_readonly(db, &s, &err), ST_OK);
		assert_int_equal(store_steps_read(s, 0, INT64_MAX, 1, count_step, &last,
						  &err), ST_OK);
		assert_int_equal(last, 60);
		assert_int_equal(store_evals_read(s, -1, &row[i], &n[i], &err), ST_OK);
		store_close(s);
	}
	assert_int_equal(n[0], n[1]);
	for (int i = 0; i < n[0]; i++)
		assert_true(row[0][i].step == row[1][i].step &&
			    row[0][i].task == row[1][i].task &&
			    !memcmp(&row[0][i].loss, &row[1][i].loss, sizeof(double)));
	xfree(row[0]);
	xfree(row[1]);
}

static void refuse_command(struct trainer *t)
{
	double from = clock_now();

	assert_int_equal(answer_to(t, "weight mood 2"), ST_FAILED);
	assert_non_null(strstr(err.text, "somebody else holds the run store"));
	assert_true(clock_now() - from >= 4.5);
}

/*
 * Held from step 5 on, longer than SQLite's usual patience: a command is refused,
 * steps go on up to the evaluation, that waits, and the end has the same bits.
 */
static void test_run(void **state)
{
	char quiet[PATH_MAX], path[PATH_MAX], want[40], got[40];
	const char *script = "5 pause\n";
	struct trainer *t = start(0, NULL, quiet);

	(void)state;
	set_mode("wal");
	assert_int_equal(finish(t, want), ST_OK);
	for (int i = 0; i < WAYS; i++) {
		struct holder h;

		set_mode(ways[i].mode);
		str_format(path, sizeof path, "%s/runs/r%d/run.db", fixture_dir, i + 1);
		h = holder_start(path, ways[i].how);
		t = start(i + 1, script, path);
		wait_paused(t);
		tell(&h, 'h');
		if (!i)
			refuse_command(t);
		assert_int_equal(answer_to(t, "continue"), ST_OK);
		wait_for(t, "waits for the run store");
		assert_int_equal(snap.step, 20); /* its evaluation */
		assert_int_equal(snap.ch[0].weight, 1);
		usleep(i ? 100000 : 5500000);
		assert_false(has_ended());
		tell(&h, 'r');
		wait_for(t, "somebody else held the run store for");
		if (finish(t, got))
			fail_msg("%s", err.text);
		assert_string_equal(got, want);
		compare_figures(quiet, path);
		holder_end(&h);
	}
}

/* Who stops a run whose store is held gets an end, and is told what is missing. */
static void test_stop(void **state)
{
	char path[PATH_MAX], got[40];
	struct trainer *t;
	struct holder h;
	double from;

	(void)state;
	set_mode("wal");
	str_format(path, sizeof path, "%s/runs/r9/run.db", fixture_dir);
	h = holder_start(path, "BEGIN IMMEDIATE");
	t = start(9, "5 pause\n", path);
	wait_paused(t);
	tell(&h, 'h');
	from = clock_now();
	trainer_stop(t);
	assert_int_equal(finish(t, got), ST_FAILED);
	assert_non_null(strstr(err.text, "stopped, but not saved: somebody else holds"));
	assert_true(clock_now() - from < 25);
	holder_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests_name("store held", tests, fixture_make,
					   fixture_remove);
}
