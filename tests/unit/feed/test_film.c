/*
 * test_film.c - a recorded run shown again: its pictures are those that the live
 * run gave, seeking comes to the same pictures as playing, and neither memory nor
 * the time that a turn takes grows with the run.
 */
#include "fixture/recorded_run.h"

#include <unistd.h>

#include "base/clock.h"
#include "widget/axis.h"
#include "feed/feed.h"
#include "feed/film.h"
#include "feed/record.h"
#include "look/run_table.h"
#include "store/db.h"
#include "fixture/same_picture.h"

static struct err err;

static const char script[] = "0 weight mood 2\n"
			     "3 pause\n"
			     "7 mute sum on\n"
			     "7 note two at one step\n"
			     "8 pause\n"
			     "10 freeze trunk on\n"
			     "12 pause\n"
			     "17 pause\n"
			     "19 share count 0.5\n"
			     "20 sampling temperature T=3\n"
			     "20 pause\n"
			     "25 pause\n"
			     "27 freeze layer 0 off\n"
			     "29 pause\n"
			     "31 mute sum off\n"
			     "34 pause\n"
			     "40 lr 0.002\n"
			     "41 lock mood on\n"
			     "41 pause\n"
			     "44 clip 0.5\n"
			     "46 pause\n"
			     "50 pause\n"
			     "57 pause\n";
enum { ENTRIES = 11 + 1 }; /* and that the best begins afresh: sum counts again */

static char run[PATH_MAX]; /* recorded by the first test, read by the others */

/* --- against the live run --- */

enum { SEEN_MAX = 512 };
static struct snapshot seen[SEEN_MAX];
static int n_seen;

static bool is_settled(const struct snapshot *s)
{
	return s->phase == PHASE_RUNNING || s->phase == PHASE_PAUSED ||
	       s->phase == PHASE_DONE;
}

/* It pauses where the script says so and waits to be looked at: a picture of each. */
static void record_it(void)
{
	const char *const sets[] = { "budget.keep=9", /* checkpoints that go leave no row */
				     "mix.gradients_every=9",
				     "optimizer.average=0.9" };
	struct snapshot s;
	struct trainer *t = record_start("r0", script, true, sets, 3, run);
	int64_t continued = -1;

	snapshot_init(&s);
	while (s.phase < PHASE_DONE) {
		if (s.phase == PHASE_PAUSED && s.step != continued) {
			trainer_post(t, "continue", WHO_PERSON, NULL, NULL);
			continued = s.step;
		}
		if (!record_look(t, &s) || !is_settled(&s) || n_seen == SEEN_MAX)
			continue;
		snapshot_init(&seen[n_seen]);
		snapshot_copy(&seen[n_seen++], &s);
	}
	record_finish(t, &s);
	snapshot_release(&s);
}

static bool is_moment(const struct snapshot *a, const struct snapshot *b)
{
	return a->step == b->step && a->n_journal == b->n_journal &&
	       a->evals == b->evals && a->checkpoint_step == b->checkpoint_step;
}

static void test_as_it_was(void **state)
{
	struct record *r = NULL;
	int64_t last = -1;
	int steps = 0;

	(void)state;
	record_it();
	assert_int_equal(record_open(run, &r, &err), ST_OK);
	assert_int_equal(record_last(r), 60);
	for (int i = 0; i < n_seen; i++) {
		struct record_event e;

		while (!is_moment(record_picture(r), &seen[i]) && record_next(r, &e))
			record_take(r);
		if (!is_moment(record_picture(r), &seen[i]))
			fail_msg("no such moment: step %lld, %d entries, %d evaluations, "
				 "saved at %lld", (long long)seen[i].step,
				 seen[i].n_journal, seen[i].evals,
				 (long long)seen[i].checkpoint_step);
		same_picture(record_picture(r), &seen[i]);
		steps += seen[i].step != last;
		last = seen[i].step;
	}
	print_message("%d pictures of %d steps\n", n_seen, steps);
	assert_true(steps > 10);
	assert_int_equal(last, 60);
	assert_int_equal(seen[n_seen - 1].n_journal, ENTRIES);
	record_close(r);
	for (int i = 0; i < n_seen; i++)
		snapshot_release(&seen[i]);
}

/* --- seeking and playing --- */

static void play_to(struct record *r, int64_t step)
{
	struct record_event e;

	while (record_next(r, &e) && e.step <= step)
		record_take(r);
}

/* Turns of the desk until it is there; the longest of them in seconds. */
static double seek(struct feed *f, struct snapshot *s, int64_t step)
{
	char word[24];
	double longest = 0;

	film_seek(f->film, step);
	do {
		double from = clock_now();

		f->snapshot(f->arg, s);
		from = clock_now() - from;
		longest = from > longest ? from : longest;
		film_word(f->film, word);
	} while (str_eq(word, "FILM seek"));
	f->snapshot(f->arg, s);
	return longest;
}

static void seek_is_as_play(const char *path, const int64_t *steps, int n)
{
	struct film *film = NULL;
	struct feed f;
	struct snapshot s;

	snapshot_init(&s);
	assert_int_equal(film_open(path, 20, &film, &err), ST_OK);
	film_pause(film, true);
	feed_film(&f, film);
	for (int i = 0; i < n; i++) {
		struct record *r = NULL;
		struct journal_entry *e = NULL;
		int entries = 0;

		assert_int_equal(record_open(path, &r, &err), ST_OK);
		play_to(r, steps[i]);
		seek(&f, &s, steps[i]);
		same_picture(&s, record_picture(r));
		assert_int_equal(s.step, steps[i]);
		assert_int_equal(f.journal(f.arg, path, &e, &entries, &err), ST_OK);
		assert_int_equal(entries, s.n_journal);
		xfree(e);
		record_close(r);
	}
	film_close(film);
	snapshot_release(&s);
}

static void test_seek(void **state)
{
	static const int64_t steps[] = { 30, 7, 45, 0, 60, 20, 21, 60, 1 };

	(void)state;
	seek_is_as_play(run, steps, sizeof steps / sizeof *steps);
}

/* By its own watch: ever forward, to the picture that is the run's last one. */
static void test_play(void **state)
{
	struct film *film = NULL;
	struct record *r = NULL;
	struct feed f;
	struct snapshot s;
	double passed = 0;
	int64_t before = 0;
	char word[24];

	(void)state;
	snapshot_init(&s);
	assert_int_equal(film_open(run, 20, &film, &err), ST_OK);
	feed_film(&f, film);
	film_word(film, word);
	assert_string_equal(word, "FILM 20x");
	film_set_speed(film, 0.5);
	f.snapshot(f.arg, &s);
	assert_int_equal(s.phase, PHASE_RUNNING);
	assert_true(s.step < 60);
	film_pause(film, true);
	film_advance(film, 1000);
	f.snapshot(f.arg, &s);
	assert_int_equal(s.phase, PHASE_PAUSED);
	before = s.step;
	film_pause(film, false);
	while (!film_is_over(film)) {
		film_advance(film, 0.01);
		passed += 0.01;
		f.snapshot(f.arg, &s);
		assert_true(s.step >= before);
		before = s.step;
		assert_true(passed < 3600);
	}
	assert_int_equal(record_open(run, &r, &err), ST_OK);
	play_to(r, INT64_MAX);
	same_picture(&s, record_picture(r));
	assert_int_equal(s.phase, PHASE_DONE);
	/* as long as the steps took, and what lay between them */
	assert_true(passed >= s.train_seconds / 0.5 - 0.1);
	film_advance(film, 10); /* it stands still */
	f.snapshot(f.arg, &s);
	same_picture(&s, record_picture(r));
	film_set_speed(film, 1e30);
	assert_true(film_speed(film) == FILM_SPEED_MAX);
	record_close(r);
	film_close(film);
	snapshot_release(&s);
}

/* Predictions and histories are those of the present. */
static void test_present(void **state)
{
	struct film *film = NULL;
	struct feed f;
	struct snapshot s;
	struct prediction_set p, past;
	int64_t *steps = NULL;

	(void)state;
	snapshot_init(&s);
	assert_int_equal(film_open(run, 20, &film, &err), ST_OK);
	feed_film(&f, film);
	film_pause(film, true);
	f.snapshot(f.arg, &s);
	assert_int_equal(f.predictions(f.arg, run, 0, &p, &err), ST_NOT_FOUND);
	for (int64_t at = 20; at <= 60; at += 20) {
		seek(&f, &s, at + (at < 60 ? 5 : 0));
		assert_int_equal(s.eval_step, at);
		assert_int_equal(f.predictions(f.arg, run, 0, &p, &err), ST_OK);
		assert_int_equal(p.step, at);
		assert_int_equal(f.history(f.arg, run, 0, p.p[0].row, &past, &steps, &err),
				 ST_OK);
		assert_int_equal(past.n, at / 20);
		prediction_set_release(&p);
		prediction_set_release(&past);
		xfree(steps);
	}
	film_close(film);
	snapshot_release(&s);
}

/* --- long runs --- */

#ifdef TUTTI_SANITIZED
enum { LONG = 40000, MEMORY_COUNTS = 0 };
#else
enum { LONG = 150000, MEMORY_COUNTS = 1 };
#endif

static int64_t long_steps(void)
{
	const char *text = getenv("TUTTI_STEPS");

	return text ? strtoll(text, NULL, 10) : LONG;
}

/* The recorded run goes on for so many steps more. */
static void lengthen(int64_t to)
{
	struct store *db = NULL;
	char path[PATH_MAX + 8];

	str_format(path, sizeof path, "%s/run.db", run);
	assert_int_equal(store_open(path, false, &db, &err), ST_OK);
	for (int64_t i = 61; i <= to; i++) {
		struct step_row r = { .step = i, .lr = 1e-3f, .seconds = 0.02f,
				      .grad_norm = (float)(i % 97) / 50, .tokens = 240,
				      .n = 2 };

		for (int k = 0; k < 2; k++) {
			r.task[k].task = (uint8_t)((i + k) % 3);
			r.task[k].count = (uint8_t)(1 + i % 3);
			r.task[k].loss = 1 + (float)(i * 7919 % 1000) / 1000;
			r.task[k].weight = 1;
		}
		assert_int_equal(store_step(db, 0, &r, &err), ST_OK);
	}
	store_close(db);
}

static void test_long(void **state)
{
	int64_t last = long_steps();
	const int64_t steps[] = { last / 2, last / 3, 61, last - 1, last, 4096, 4095 };
	struct film *film = NULL;
	struct feed f;
	struct snapshot s;
	double longest, from;
	uint64_t memory;

	(void)state;
	lengthen(last);
	seek_is_as_play(run, steps, sizeof steps / sizeof *steps);
	snapshot_init(&s);
	memory = mem_now_bytes();
	assert_int_equal(film_open(run, 20, &film, &err), ST_OK);
	feed_film(&f, film);
	film_pause(film, true);
	from = clock_now();
	longest = seek(&f, &s, last);
	print_message("%lld steps: to the end %.2f s, a turn at most %.0f ms\n",
		      (long long)last, clock_now() - from, longest * 1000);
	from = clock_now();
	longest = fmax(longest, seek(&f, &s, last * 9 / 10));
	print_message("back by a tenth: %.2f s; memory %.1f MB\n", clock_now() - from,
		      (double)(mem_now_bytes() - memory) / 1e6);
	assert_true(longest < 1); /* 12 ms of work; the machine may be busy */
	assert_true(!MEMORY_COUNTS || mem_now_bytes() - memory < 16000000);
	film_close(film);
	snapshot_release(&s);
}

/* Looking at the end: something at once, and then exactly what playing gives. */
static void test_look(void **state)
{
	struct ended_run *ended = NULL;
	struct record *r = NULL;
	struct feed f;
	struct snapshot s;
	double from = clock_now(), first;
	int turns = 0;

	(void)state;
	snapshot_init(&s);
	assert_int_equal(ended_run_open(run, &ended, &err), ST_OK);
	feed_ended_run(&f, ended);
	assert_true(f.snapshot(f.arg, &s));
	first = clock_now() - from;
	assert_int_equal(s.step, long_steps());
	assert_int_equal(s.n_journal, ENTRIES);
	assert_true(s.work_total > 0 && s.ch[0].curve.n > 0 && isfinite(s.ch[0].smooth));
	for (; s.work_total && turns < 1000000; turns++)
		f.snapshot(f.arg, &s);
	print_message("look: first picture %.3f s, exact after %.2f s, %d turns\n", first,
		      clock_now() - from, turns);
	assert_int_equal(record_open(run, &r, &err), ST_OK);
	play_to(r, INT64_MAX);
	same_picture(&s, record_picture(r));
	assert_int_equal(f.fd(f.arg), -1); /* nothing wakes the desk any more */
	record_close(r);
	ended_run_close(ended);
	snapshot_release(&s);
}

/*
 * A run that was told to end before its plan's budget ended as it should: that is how
 * it looks when it is opened again, alone and among the runs. One that goes on is told
 * anew.
 */
static void end_at(struct trainer_options *o, int64_t step)
{
	struct trainer *t = NULL;

	o->steps = step;
	assert_int_equal(trainer_start(o, &t, &err), ST_OK);
	assert_int_equal(trainer_join(t, &err), ST_OK);
	trainer_free(t);
}

static void assert_looks(const char *path, int64_t steps)
{
	struct ended_run *ended = NULL;
	struct run_table table = { 0 };
	struct progress pg = { 0 };
	struct snapshot s;
	struct feed f;
	char root[PATH_MAX];
	bool was_seen = false;

	snapshot_init(&s);
	assert_int_equal(ended_run_open(path, &ended, &err), ST_OK);
	feed_ended_run(&f, ended);
	assert_true(f.snapshot(f.arg, &s));
	assert_int_equal(s.phase, PHASE_DONE);
	assert_int_equal(s.step, steps);
	assert_int_equal(s.steps, steps);
	assert_int_equal(axis_last(&s), steps);
	ended_run_close(ended);
	snapshot_release(&s);
	str_format(root, sizeof root, "%s/runs", fixture_dir);
	assert_int_equal(run_table_read(root, NULL, &pg, &table, &err), ST_OK);
	for (int i = 0; i < table.n; i++)
		if (str_eq(table.card[i].info.path, path)) {
			was_seen = true;
			assert_int_equal(table.card[i].info.steps, steps);
		}
	assert_true(was_seen);
	run_table_release(&table);
}

static void test_told_to_end(void **state)
{
	char runs[PATH_MAX], path[PATH_MAX + 8];
	struct trainer_options o = { .runs = runs, .run = "told", .workers = 1,
				     .given = fixture_plan_text };

	(void)state;
	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	str_format(path, sizeof path, "%s/told", runs);
	o.plan = fixture_plan(NULL, 0);
	end_at(&o, 6);
	assert_looks(path, 6);
	o = (struct trainer_options){ .resume = path, .workers = 1 };
	end_at(&o, 8);
	assert_looks(path, 8);
	end_at(&o, -1);
	assert_looks(path, 60);
}

/* A row that is damaged: the film stands still before it and says why. */
static void test_damage(void **state)
{
	struct film *film = NULL;
	struct ended_run *ended = NULL;
	struct feed f;
	struct snapshot s;
	struct db *db = NULL;
	char path[PATH_MAX + 8], word[24];

	(void)state;
	snapshot_init(&s);
	str_format(path, sizeof path, "%s/run.db", run);
	assert_int_equal(db_open(path, DB_WRITE, &db, &err), ST_OK);
	assert_int_equal(db_run(db, "UPDATE step SET figures = x'0102' WHERE step = 3001",
				NULL, 0, &err), ST_OK);
	db_close(db);
	assert_int_equal(film_open(run, 20, &film, &err), ST_OK);
	feed_film(&f, film);
	film_pause(film, true);
	seek(&f, &s, 5000);
	assert_true(s.step < 3001 && s.step >= 3001 - 256);
	assert_int_equal(s.phase, PHASE_FAILED);
	assert_non_null(strstr(s.message, "damaged"));
	film_word(film, word);
	assert_string_equal(word, "FILM end");
	seek(&f, &s, 1000); /* what lies before it can be seen */
	assert_int_equal(s.step, 1000);
	assert_int_equal(s.phase, PHASE_PAUSED);
	film_close(film);
	snapshot_release(&s);
	assert_int_equal(ended_run_open(run, &ended, &err), ST_OK);
	feed_ended_run(&f, ended);
	do
		f.snapshot(f.arg, &s);
	while (s.work_total);
	assert_int_equal(s.phase, PHASE_FAILED);
	assert_non_null(strstr(s.message, "damaged"));
	ended_run_close(ended);
	snapshot_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_it_was), cmocka_unit_test(test_seek),
		cmocka_unit_test(test_play),	  cmocka_unit_test(test_present),
		cmocka_unit_test(test_long),	  cmocka_unit_test(test_look),
		cmocka_unit_test(test_damage),	  cmocka_unit_test(test_told_to_end),
	};

	return cmocka_run_group_tests_name("film", tests, fixture_make_runs,
					   fixture_remove);
}
