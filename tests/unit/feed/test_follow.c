/*
 * test_follow.c - a live run followed through its store: the pictures are those of
 * the run itself, whatever was written between two looks; what the engine tells
 * beside it; and what becomes of it at the run's end.
 */
#include "fixture/eval_row.h"
#include "fixture/recorded_run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "feed/feed.h"
#include "feed/follow.h"
#include "feed/status_packet.h"
#include "feed/record.h"
#include "rundir/rundir.h"
#include "store/line.h"
#include "trainer/control.h"
#include "fixture/same_picture.h"

static struct err err;

/* --- following --- */

static const char script[] = "0 weight mood 2\n"
			     "7 mute sum on\n"
			     "20 freeze trunk, sum on\n"
			     "25 pause\n"
			     "25 clip 0.5\n"
			     "31 mute sum off\n"
			     "33 freeze layer 0 off\n"
			     "44 lr 0.002\n"
			     "47 pause\n";
static const char *const sets[] = { "budget.keep=9", "mix.gradients_every=9" };

static void wait_for_phase(struct trainer *t, struct snapshot *s, enum phase phase,
			   int64_t step)
{
	while (s->phase != phase || s->step != step)
		record_look(t, s);
}

/* Looks as a desk does until the picture is of `step` and in that phase. */
static void follow_to(struct feed *f, struct snapshot *s, int64_t step, enum phase phase)
{
	double end = clock_now() + 20;

	while (s->step != step || s->phase != phase) {
		f->snapshot(f->arg, s);
		assert_true(clock_now() < end);
		usleep(2000);
	}
}

static void test_as_the_run(void **state)
{
	char path[PATH_MAX];
	struct trainer *t = record_start("r0", script, true, sets, 2, path);
	struct snapshot live, seen;
	struct follow *f = NULL;
	struct feed feed;

	(void)state;
	snapshot_init(&live);
	snapshot_init(&seen);
	assert_int_equal(follow_open(path, &f, &err), ST_OK);
	feed_follow(&feed, f);
	assert_true(feed.is_live);
	assert_null(feed.post);
	trainer_post(t, "continue", WHO_PERSON, NULL, NULL);
	for (int i = 0; i < 2; i++) { /* it pauses there by its script */
		int64_t step = i ? 47 : 25;

		wait_for_phase(t, &live, PHASE_PAUSED, step);
		follow_to(&feed, &seen, step, PHASE_RUNNING); /* nobody tells: it runs */
		for (double end = clock_now() + 2.5; clock_now() < end; usleep(10000))
			feed.snapshot(feed.arg, &seen);
		trainer_snapshot(t, &live);
		same_picture(&live, &seen);
		trainer_post(t, "continue", WHO_PERSON, NULL, NULL);
	}
	record_finish(t, &live);
	follow_to(&feed, &seen, 60, PHASE_DONE);
	same_picture(&live, &seen);
	follow_close(f);
	snapshot_release(&live);
	snapshot_release(&seen);
}

/* Read on step by step of another's writing: the picture of one who reads all at once. */
static void test_record_grows(void **state)
{
	char path[PATH_MAX];
	struct trainer *t = record_start("r1", script, true, sets, 2, path);
	struct record *r = NULL, *whole = NULL;
	struct record_event e;
	struct snapshot s;
	int looks = 0;

	(void)state;
	snapshot_init(&s);
	while (s.phase != PHASE_PAUSED)
		record_look(t, &s);
	assert_int_equal(record_open(path, &r, &err), ST_OK);
	while (s.phase < PHASE_DONE) {
		trainer_post(t, "continue", WHO_PERSON, NULL, NULL);
		record_look(t, &s);
		assert_int_equal(record_follow(r, &err), ST_OK);
		while (record_next(r, &e))
			record_take(r);
		looks++;
	}
	record_finish(t, &s);
	assert_int_equal(record_follow(r, &err), ST_OK);
	while (record_next(r, &e))
		record_take(r);
	assert_true(looks > 3);
	assert_int_equal(record_open(path, &whole, &err), ST_OK);
	while (record_next(whole, &e))
		record_take(whole);
	same_picture(record_picture(whole), record_picture(r));
	record_close(whole);
	record_close(r);
	snapshot_release(&s);
}

/* --- in which order, with a writer of our own --- */

static void write_steps(struct store *s, int64_t from, int64_t to)
{
	for (int64_t k = from; k <= to; k++) {
		struct step_row row = { .step = k, .tokens = 10, .grad_norm = 1, .n = 1 };

		row.task[0].count = 1;
		assert_int_equal(store_step(s, 0, &row, &err), ST_OK);
	}
	assert_int_equal(store_flush(s, &err), ST_OK);
}

static void write_eval(struct store *s, int64_t step, int task)
{
	struct eval_row e = { .step = step, .task = task, .scheduled = true,
			      .n_examples = 3 };

	assert_int_equal(put_eval_row(s, &e), ST_OK);
}

static struct store *new_store(char path[PATH_MAX])
{
	char from[PATH_MAX + 16], to[PATH_MAX + 16];
	struct store *s = NULL;
	struct buf b;

	buf_init(&b);
	str_format(from, sizeof from, "%s/runs/r1/plan.json", fixture_dir);
	str_format(path, PATH_MAX, "%s/runs/r4", fixture_dir);
	assert_int_equal(file_mkdirs(path, 0700, NULL), ST_OK);
	str_format(to, sizeof to, "%s/plan.json", path);
	assert_int_equal(file_read(from, 1 << 20, &b, &err), ST_OK);
	assert_int_equal(file_write(to, buf_str(&b), b.len, &err), ST_OK);
	buf_release(&b);
	str_format(to, sizeof to, "%s/run.db", path);
	assert_int_equal(store_open(to, true, &s, &err), ST_OK);
	return s;
}

/* "s6 s7 e7": steps, evaluations, entries in the order in which they come. */
static void take_all(struct record *r, char *out, size_t cap)
{
	static const char letter[] = { [EVENT_STEP] = 's', [EVENT_EVAL] = 'v',
				       [EVENT_SAVED] = 'c', [EVENT_ENTRY] = 'e' };
	struct record_event e;

	assert_int_equal(record_follow(r, &err), ST_OK);
	for (out[0] = '\0'; record_next(r, &e); record_take(r))
		str_format(out + strlen(out), cap - strlen(out), "%s%c%lld",
			   out[0] ? " " : "", letter[e.kind], (long long)e.step);
}

static void test_order(void **state)
{
	struct journal_entry e = { .step = 10, .command = "clip 0.5" };
	struct checkpoint_row c = { .step = 12, .folder = "step-000012", .state = "x" };
	struct record *r = NULL;
	struct store *s;
	char path[PATH_MAX], got[400];

	(void)state;
	s = new_store(path);
	assert_int_equal(record_open(path, &r, &err), ST_OK);
	take_all(r, got, sizeof got);
	assert_string_equal(got, "");
	write_steps(s, 1, 3);
	assert_int_equal(store_journal(s, &e, &err), ST_OK);
	take_all(r, got, sizeof got);
	assert_string_equal(got, "s1 s2 s3"); /* the entry waits for its step */
	assert_true(record_picture(r)->clip > .9);
	write_steps(s, 4, 12);
	take_all(r, got, sizeof got);
	assert_string_equal(got, "s4 s5 s6 s7 s8 s9 s10 e10 s11 s12");
	assert_true(record_picture(r)->clip < .6);
	write_eval(s, 12, 0);
	take_all(r, got, sizeof got);
	assert_string_equal(got, "v12");
	write_eval(s, 12, 1);
	write_eval(s, 12, 2);
	assert_int_equal(store_checkpoint(s, &c, &err), ST_OK);
	take_all(r, got, sizeof got);
	assert_string_equal(got, "v12 v12 c12");
	assert_int_equal(record_picture(r)->evals, 1);
	write_eval(s, 12, 2); /* written again: nothing new */
	take_all(r, got, sizeof got);
	assert_string_equal(got, "");
	write_steps(s, 700, 701); /* further on than one window */
	take_all(r, got, sizeof got);
	assert_string_equal(got, "s700 s701");
	assert_int_equal(record_picture(r)->checkpoint_step, 12);
	record_close(r);
	store_close(s);
}

/* A store that cannot be read is asked again, and nothing is lost. */
static void test_trouble_passes(void **state)
{
	char path[PATH_MAX], db[PATH_MAX + 16], aside[PATH_MAX + 16];
	struct record *r = NULL;
	struct record_event e;
	int n = 0;

	(void)state;
	str_format(path, sizeof path, "%s/runs/r1", fixture_dir);
	str_format(db, sizeof db, "%s/run.db", path);
	str_format(aside, sizeof aside, "%s/aside", path);
	assert_int_equal(record_open(path, &r, &err), ST_OK);
	assert_int_equal(rename(db, aside), 0);
	assert_int_equal(record_follow(r, &err), ST_NOT_FOUND);
	assert_false(record_next(r, &e));
	assert_int_equal(record_trouble(r, NULL), ST_NOT_FOUND);
	assert_int_equal(rename(aside, db), 0);
	assert_int_equal(record_follow(r, &err), ST_OK);
	for (; record_next(r, &e); n += e.kind == EVENT_STEP)
		record_take(r);
	assert_int_equal(n, 60);
	record_close(r);
}

/* Killed and resumed between two looks: what is shown is what is made again. */
static void test_goes_back(void **state)
{
	struct run_lock lock = { .fd = -1 };
	char path[PATH_MAX], db[PATH_MAX + 16];
	struct store *s = NULL;
	struct follow *f = NULL;
	struct snapshot seen;
	struct feed feed;

	(void)state;
	snapshot_init(&seen);
	str_format(path, sizeof path, "%s/runs/r1", fixture_dir);
	str_format(db, sizeof db, "%s/run.db", path);
	assert_int_equal(run_lock_take(&lock, path, &err), ST_OK);
	assert_int_equal(follow_open(path, &f, &err), ST_OK);
	feed_follow(&feed, f);
	follow_to(&feed, &seen, 60, PHASE_RUNNING);
	assert_int_equal(store_open(db, false, &s, &err), ST_OK);
	assert_int_equal(store_drop_after(s, 23, &err), ST_OK);
	follow_to(&feed, &seen, 23, PHASE_RUNNING);
	assert_int_equal(seen.eval_step, 20);
	write_steps(s, 24, 25);
	follow_to(&feed, &seen, 25, PHASE_RUNNING);
	store_close(s);
	run_lock_drop(&lock);
	follow_close(f);
	snapshot_release(&seen);
}

/*
 * Gone back, and further than before, between two looks: no step is missing, and yet
 * those behind the one it went to are others.
 */
static void test_rolled_back(void **state)
{
	struct run_lock lock = { .fd = -1 };
	struct journal_entry e = { .step = 25, .who = WHO_PERSON, .command = "rollback 10!",
				   .before = "step 25", .after = "step 10" };
	struct jump j = { .step = 10 };
	char path[PATH_MAX], db[PATH_MAX + 16];
	struct store *s = NULL;
	struct follow *f = NULL;
	struct snapshot seen;
	struct feed feed;

	(void)state;
	snapshot_init(&seen);
	str_format(path, sizeof path, "%s/runs/r1", fixture_dir);
	str_format(db, sizeof db, "%s/run.db", path);
	assert_int_equal(run_lock_take(&lock, path, &err), ST_OK);
	assert_int_equal(follow_open(path, &f, &err), ST_OK);
	feed_follow(&feed, f);
	follow_to(&feed, &seen, 25, PHASE_RUNNING);
	assert_false(seen.ch[0].curve.mean[19] == 9.0F);
	assert_int_equal(store_open(db, false, &s, &err), ST_OK);
	assert_int_equal(store_jump(s, &e, &j, NULL, &err), ST_OK);
	for (int64_t k = 11; k <= 30; k++) {
		struct step_row row = { .step = k, .tokens = 10, .grad_norm = 1, .n = 1 };

		row.task[0].count = 1;
		row.task[0].loss = 9;
		assert_int_equal(store_step(s, j.timeline, &row, &err), ST_OK);
	}
	assert_int_equal(store_flush(s, &err), ST_OK);
	follow_to(&feed, &seen, 30, PHASE_RUNNING);
	assert_int_equal(seen.ch[0].curve.n, 30);
	for (int k = 10; k < 30; k++)
		assert_true(seen.ch[0].curve.mean[k] == 9.0F);
	assert_int_equal(seen.eval_step, -1); /* that of step 20 is left behind */
	store_close(s);
	run_lock_drop(&lock);
	follow_close(f);
	snapshot_release(&seen);
}

/* A run that prepares has a lock and no plan; one that leaves nothing has ended. */
static void test_before_and_after(void **state)
{
	struct run_lock lock = { .fd = -1 };
	char path[PATH_MAX];
	struct follow *f = NULL;
	struct snapshot s;
	struct feed feed;

	(void)state;
	snapshot_init(&s);
	str_format(path, sizeof path, "%s/runs/r2", fixture_dir);
	assert_int_equal(file_mkdirs(path, 0700, NULL), ST_OK);
	assert_int_equal(run_lock_take(&lock, path, &err), ST_OK);
	assert_int_equal(follow_open(path, &f, &err), ST_OK);
	feed_follow(&feed, f);
	assert_true(feed.snapshot(feed.arg, &s));
	assert_int_equal(s.phase, PHASE_PREPARING);
	assert_int_equal(s.n_channels, 0);
	assert_string_equal(s.run, "r2");
	run_lock_drop(&lock);
	for (double end = clock_now() + 10; s.phase < PHASE_DONE; usleep(10000)) {
		feed.snapshot(feed.arg, &s);
		assert_true(clock_now() < end);
	}
	assert_int_equal(s.phase, PHASE_STOPPED);
	assert_true(strlen(s.message) > 0);
	follow_close(f);
	snapshot_release(&s);
	file_remove_tree(path, NULL);
}

/* --- who is live --- */

/* Asking holds nothing: a hundred who ask keep no engine from its lock. */
static void test_asking_holds_nothing(void **state)
{
	struct run_lock lock = { .fd = -1 }, other = { .fd = -1 };
	char path[PATH_MAX], file[PATH_MAX + 8];
	int fd;

	(void)state;
	str_format(path, sizeof path, "%s/runs/r3", fixture_dir);
	assert_int_equal(file_mkdirs(path, 0700, NULL), ST_OK);
	assert_false(run_is_live(path));
	assert_int_equal(run_lock_take(&lock, path, &err), ST_OK);
	assert_true(run_is_live(path));
	assert_int_equal(run_lock_take(&other, path, &err), ST_BUSY);
	assert_non_null(strstr(err.text, "another engine"));
	run_lock_drop(&lock);
	assert_false(run_is_live(path));
	str_format(file, sizeof file, "%s/lock", path);
	fd = open(file, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_SH), 0); /* as one did who was stopped asking */
	assert_int_equal(run_lock_take(&lock, path, &err), ST_OK);
	run_lock_drop(&lock);
	close(fd);
	file_remove_tree(path, NULL);
}

/* --- what is told --- */

static void test_status_packet(void **state)
{
	struct snapshot s, t;
	struct buf b;

	(void)state;
	snapshot_init(&s);
	snapshot_init(&t);
	buf_init(&b);
	s.phase = PHASE_EVALUATING;
	memset(s.message, 'm', sizeof s.message - 1);
	str_copy(s.work, sizeof s.work, "evaluating\nphase=done x=y");
	str_copy(s.work_unit, sizeof s.work_unit, "rows");
	s.work_done = 12;
	s.work_total = UINT64_MAX;
	s.work_left = 3.5;
	s.memory_now = 123456789012;
	s.parameters = 7;
	s.workers = 3;
	s.steps = 900;
	status_packet_write(&s, &b);
	assert_true(b.len < CONTROL_TEXT);
	status_packet_read(buf_str(&b), &t);
	assert_int_equal(t.phase, PHASE_EVALUATING);
	assert_string_equal(t.message, s.message);
	assert_string_equal(t.work, "evaluating phase=done x=y");
	assert_string_equal(t.work_unit, "rows");
	assert_true(t.work_done == 12 && t.work_total == UINT64_MAX && t.work_left == 3.5);
	assert_true(t.memory_now == s.memory_now && t.parameters == 7 && t.workers == 3);
	assert_int_equal(t.steps, 900);
	/* who tells may know more, and may be wrong */
	status_packet_read("later=1\nphase=dancing\nworkers=-4\nworkers=99999999999\nsteps=x\n"
			   "left=nan\n=\n\nno line", &t);
	assert_int_equal(t.phase, PHASE_EVALUATING);
	assert_true(t.workers == 3 && t.steps == 900 && t.work_left == 3.5);
	buf_release(&b);
}

/* A packet of another version is known as one, and answered so that it is read. */
static void test_versions(void **state)
{
	struct control_message *m = xcalloc(1, sizeof *m);
	struct { uint16_t version, type; uint32_t more; char text[16]; } head = {
		CONTROL_VERSION + 1, 77, 9, "abc" };
	int end[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end), 0);
	assert_int_equal(send(end[0], &head, sizeof head, 0), sizeof head);
	assert_int_equal(control_read(end[1], m, &err), ST_INVALID);
	assert_int_equal(m->version, CONTROL_VERSION + 1);
	control_refuse(end[1], m->version, "words");
	assert_int_equal(recv(end[0], &head, sizeof head, 0), 8 + 5);
	assert_int_equal(head.version, CONTROL_VERSION + 1);
	assert_int_equal(head.type, CONTROL_REFUSED);
	assert_memory_equal(head.text, "words", 5);
	/* and what this version does not know is no packet */
	head.version = CONTROL_VERSION;
	head.type = CONTROL_TYPES;
	assert_int_equal(send(end[0], &head, sizeof head, 0), sizeof head);
	assert_int_equal(control_read(end[1], m, &err), ST_CORRUPT);
	close(end[0]);
	close(end[1]);
	xfree(m);
}

/* The last word of one who hung up with words of ours unread is heard all the same. */
static void test_farewell(void **state)
{
	struct control_message *m = xmalloc(sizeof *m);
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(control_write(ends[0], CONTROL_SIGNAL, "28", 2, NULL, 0, &err), ST_OK);
	assert_int_equal(control_write(ends[1], CONTROL_LEFT, "0 bye", 5, NULL, 0, &err), ST_OK);
	close(ends[1]);
	assert_int_equal(control_read(ends[0], m, &err), ST_OK);
	assert_int_equal(m->type, CONTROL_LEFT);
	assert_string_equal(m->text, "0 bye");
	assert_int_equal(control_read(ends[0], m, &err), ST_END);
	close(ends[0]);
	xfree(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_farewell),
		cmocka_unit_test(test_as_the_run),
		cmocka_unit_test(test_record_grows),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_trouble_passes),
		cmocka_unit_test(test_goes_back),
		cmocka_unit_test(test_rolled_back),
		cmocka_unit_test(test_before_and_after),
		cmocka_unit_test(test_asking_holds_nothing),
		cmocka_unit_test(test_status_packet),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, fixture_make_runs, fixture_remove);
}
