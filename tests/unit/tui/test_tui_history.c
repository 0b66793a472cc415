/*
 * Journal entries told apart, taken back and measured; windows of steps against
 * plain means over the rows.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "effect.h"
#include "look/telemetry.h"
#include "command/command.h"
#include "series.h"

/* A run of two tasks: task 0 loses 0.001 a step up to 1 000, then is flat. */
static struct snapshot snap;
static struct marks marks;
static int64_t rows_read, newest;
static int reads;

static double loss_at(int task, int64_t step)
{
	if (task == 1)
		return step % 2 ? 2 : 4;
	return step < 1000 ? 3 - .001 * (double)step : 2;
}

static void row_at(int64_t step, struct step_row *r)
{
	*r = (struct step_row){.step = step, .grad_norm = (float)step, .n = 2};
	for (int t = 0; t < 2; t++) {
		r->task[t].task = (uint8_t)t;
		r->task[t].count = (uint8_t)(1 + 2 * t);
		r->task[t].loss = (float)loss_at(t, step);
	}
	if (step > 3000)
		r->n = 1; /* task 1 is muted */
}

static enum status steps(void *arg, const char *path, int64_t from, int64_t to,
			 int64_t span, int64_t take,
			 void (*each)(void *arg, const struct step_row *r),
			 void *each_arg, struct err *err)
{
	struct step_row r;

	(void)arg;
	(void)path;
	(void)err;
	reads++;
	for (int64_t s = from; s <= to && s <= newest; s++) {
		if (span > take && (s - from) % span >= take)
			continue;
		row_at(s, &r);
		rows_read++;
		each(each_arg, &r);
	}
	return ST_OK;
}

static const struct feed feed = {.steps = steps};

static void entry(int64_t step, enum journal_who who, const char *command,
		  const char *before, const char *after)
{
	struct journal_entry *e = &snap.journal[snap.n_journal++];

	*e = (struct journal_entry){.seq = snap.n_journal, .step = step, .who = who};
	str_copy(e->command, sizeof e->command, command);
	str_copy(e->before, sizeof e->before, before);
	str_copy(e->after, sizeof e->after, after);
}

static int set_up(void **state)
{
	struct telemetry *t = xcalloc(1, sizeof *t);

	(void)state;
	snapshot_init(&snap);
	str_copy(snap.run_path, sizeof snap.run_path, "a");
	snap.n_channels = 2;
	snap.ch = xcalloc(2, sizeof *snap.ch);
	str_copy(snap.ch[0].name, sizeof snap.ch[0].name, "one");
	str_copy(snap.ch[1].name, sizeof snap.ch[1].name, "two");
	curve_init(&snap.ch[0].curve);
	curve_init(&snap.ch[1].curve);
	telemetry_init(t);
	for (int64_t s = 1; s <= 5000; s++) {
		struct step_row r;

		row_at(s, &r);
		telemetry_step(t, &snap, &r);
	}
	snap.step = newest = 5000;
	snap.phase = PHASE_DONE;
	xfree(t);
	entry(600, WHO_PERSON, "weight one 2", "1", "2");
	entry(900, WHO_GUARD, "lr 0.0005", "0.001", "0.0005");
	entry(900, WHO_PERSON, "note one two", "", "");
	entry(2000, WHO_SCRIPT, "share two 0.3", "auto", "0.3");
	entry(4000, WHO_PERSON, "mute two on", "off", "on");
	entry(4980, WHO_PERSON, "sampling uniform", "temperature t=2", "uniform");
	assert_true(marks_read(&marks, &feed, &snap));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	marks_release(&marks);
	snapshot_release(&snap);
	return 0;
}

/* --- marks --- */

static void test_marks(void **state)
{
	(void)state;
	assert_int_equal(marks.n, 6);
	assert_false(marks_read(&marks, &feed, &snap));
	assert_int_equal(mark_letter(&marks.e[0]), 'W');
	assert_int_equal(mark_letter(&marks.e[1]), 'l'); /* a guard's is small */
	assert_int_equal(mark_letter(&marks.e[2]), 'N');
	assert_int_equal(mark_channel(&snap, marks.e[0].command), 0);
	assert_int_equal(mark_channel(&snap, marks.e[3].command), 1);
	assert_int_equal(mark_channel(&snap, marks.e[2].command), -1); /* "note one" */
	assert_int_equal(mark_channel(&snap, marks.e[1].command), -1);
	assert_int_equal(marks_next(&marks, 600, 1), 1);
	assert_int_equal(marks_next(&marks, 2000, -1), 2);
	assert_int_equal(marks_next(&marks, 600, -1), -1);
	assert_int_equal(marks_next(&marks, 4980, 1), -1);
	assert_int_equal(marks_near(&marks, 920, 50), 2);
	assert_int_equal(marks_near(&marks, 3000, 50), -1);
}

/* A gap in what the picture brings is read from the store, and only that. */
static int asked;
static enum status journal(void *arg, const char *path, struct journal_entry **out,
			   int *n, struct err *err)
{
	(void)arg;
	(void)path;
	(void)err;
	asked++;
	*n = 2;
	*out = xcalloc(2, sizeof **out);
	(*out)[0].seq = 1;
	(*out)[1].seq = 2;
	return ST_OK;
}

static void test_marks_gap(void **state)
{
	static struct snapshot late;
	struct feed f = {.journal = journal};
	struct marks m = {0};

	(void)state;
	snapshot_init(&late);
	late.n_journal = 1;
	late.journal[0].seq = 1;
	assert_true(marks_read(&m, &f, &late));
	assert_int_equal(asked, 0);
	assert_int_equal(m.n, 1);
	late.journal[0].seq = 3;
	assert_true(marks_read(&m, &f, &late));
	assert_int_equal(asked, 1);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.newest, 3);
	late.journal[0].seq = 1; /* another picture: played back */
	marks_read(&m, &f, &late);
	assert_int_equal(m.n, 1);
	marks_release(&m);
}

static void inverse_is(int i, const char *want)
{
	char line[JOURNAL_TEXT];
	const char *why = NULL;

	if (!want) {
		assert_false(command_undo(&marks.e[i], line, &why));
		assert_non_null(why);
		return;
	}
	assert_true(command_undo(&marks.e[i], line, &why));
	assert_string_equal(line, want);
}

static void test_inverse(void **state)
{
	struct journal_entry e = {.command = "weight a 1", .before = "1", .after = "1"};
	char line[JOURNAL_TEXT];
	const char *why;

	(void)state;
	inverse_is(0, "weight one 1");
	inverse_is(1, "lr 0.001");
	inverse_is(2, NULL);
	inverse_is(3, "share two auto");
	inverse_is(4, "mute two off");
	inverse_is(5, "sampling temperature t=2");
	assert_false(command_undo(&e, line, &why)); /* it changed nothing */
	memset(e.before, 'x', sizeof e.before - 1); /* may be cut */
	assert_false(command_undo(&e, line, &why));
	e = (struct journal_entry){.command = "weight a 1", .before = "20", .after = "1"};
	assert_true(command_undo(&e, line, &why)); /* beyond the fader: with its '!' */
	assert_string_equal(line, "weight a 20!");
	str_copy(e.command, sizeof e.command, "rollback 500");
	assert_false(command_undo(&e, line, &why));
}

/* --- effects --- */

static void near(double a, double b, double by)
{
	if (!(fabs(a - b) <= by))
		print_error("%g is not %g\n", a, b);
	assert_true(fabs(a - b) <= by);
}

/*
 * Task 0 falls by 0.001 a step up to step 1 000, and so do its losses less their
 * trend nothing: an edit in the middle of it did nothing, however far it fell.
 */
static void test_falling(void **state)
{
	struct effect e;
	double error;

	(void)state;
	effect_read(&e, &feed, &snap, &marks, 0, 0); /* up to the next entry: 300 */
	assert_int_equal(e.length, 300);
	assert_true(e.is_whole);
	near(e.loss[0].slope, -.001, 1e-8);
	near(effect_of(&e, 0), 0, 1e-5);
	near(e.loss[0].error, 0, 1e-4);
	near(effect_change(&e, 0), -.3, 1e-5); /* with the trend: the means are 300 apart */
	near(e.loss[0].before, 3 - .4505, 1e-5);
	near(e.loss[0].after, 3 - .7505, 1e-5);
	near(effect_of(&e, 1), 0, .03); /* 2, 4, 2, 4: noise, and it knows that it is */
	near(e.loss[1].error, sqrt(2.0 / 300 + 300.0 * 300 * 12 / pow(300, 3)), .01);
	near(effect_of_all(&e, &error), 0, .01);
	near(error, e.loss[1].error / e.loss[1].trend / 2, 1e-4);
	effect_read(&e, &feed, &snap, &marks, 0, 0);
	for (int k = 1; k < EFFECT_PATH; k++) /* 300 to 900: straight down, late by 50 */
		near((double)e.path[k], loss_at(0, 300 + (k + 1) * 600 / 64 - 50), .02);
}

/* At step 900 the way down ends 100 steps later: less than the trend promised. */
static void test_bend(void **state)
{
	struct effect e;
	double want = 0;

	(void)state;
	effect_read(&e, &feed, &snap, &marks, 1, 0); /* 300 after the entry before it */
	assert_int_equal(e.length, 300);
	for (int64_t s = 901; s <= 1200; s++)
		want += (loss_at(0, s) - (3 - .001 * (double)s)) / 300;
	near(effect_of(&e, 0), want, 1e-4);
	assert_true(want > .06 && effect_of(&e, 0) > 100 * e.loss[0].error);
	assert_true(effect_change(&e, 0) < 0); /* it went down all the same */
	effect_read(&e, &feed, &snap, &marks, 3, 0); /* flat before and after */
	assert_int_equal(e.length, 500);
	near(effect_of(&e, 0), 0, 1e-6);
}

/* Notes do not act; what stands close by acts together. */
static void test_span(void **state)
{
	struct effect e;
	int64_t was = marks.e[2].step;

	(void)state;
	marks.e[2].step = 1000; /* the note */
	effect_read(&e, &feed, &snap, &marks, 1, 0);
	assert_int_equal(e.length, 300);
	marks.e[2].step = was;
	was = marks.e[3].step;
	marks.e[3].step = 910; /* so near that both act together */
	effect_read(&e, &feed, &snap, &marks, 1, 0);
	assert_int_equal(e.length, 300);
	marks.e[3].step = 1000;
	effect_read(&e, &feed, &snap, &marks, 1, 0);
	assert_int_equal(e.length, 100);
	marks.e[3].step = was;
	effect_read(&e, &feed, &snap, &marks, 4, 0); /* task 1 has no loss any more */
	assert_true(isnan(effect_of(&e, 1)) && isnan(effect_change(&e, 1)));
	near(effect_of(&e, 0), 0, 1e-6);
	effect_read(&e, &feed, &snap, &marks, 5, 0); /* twenty steps tell nothing */
	assert_int_equal(e.length, 20);
	assert_true(isnan(effect_of(&e, 0)));
	marks.e[0].step = 40; /* no more steps were before it */
	effect_read(&e, &feed, &snap, &marks, 0, 0);
	assert_int_equal(e.length, 40);
	near(effect_of(&e, 0), 0, 1e-5);
	marks.e[0].step = 0; /* none: there is no trend */
	effect_read(&e, &feed, &snap, &marks, 0, 0);
	assert_true(isnan(effect_of(&e, 0)));
	marks.e[0].step = 600;
}

/* While the run goes on, an effect with too few steps is not whole. */
static void test_effect_grows(void **state)
{
	struct effect e;
	bool is_whole;

	(void)state;
	snap.phase = PHASE_RUNNING;
	snap.step = newest = 4100;
	assert_int_equal(effect_length(&snap, &marks, 4, &is_whole), 100);
	assert_false(is_whole);
	newest = 4080; /* the store is a second behind */
	effect_read(&e, &feed, &snap, &marks, 4, 0);
	assert_false(e.is_whole);
	assert_int_equal(e.length, 80);
	snap.step = newest = 5000;
	effect_read(&e, &feed, &snap, &marks, 4, 0);
	assert_true(e.is_whole);
	assert_int_equal(e.length, 500);
	snap.phase = PHASE_DONE;
}

/* --- windows --- */

static void check_buckets(const struct fine *f, int64_t upto)
{
	int64_t take = f->span < FINE_TAKE ? f->span : FINE_TAKE;

	for (int i = 0; i < f->n; i++) {
		int64_t first = f->from + i * f->span + 1;
		double sum = 0;
		int64_t n = 0;

		for (int64_t s = first; s < first + take && s <= upto; s++, n++)
			sum += loss_at(0, s);
		assert_int_equal(f->task[0].count[i], n);
		near((double)f->task[0].mean[i], sum / (double)n, 1e-5);
		assert_int_equal(f->task[0].batches[i], n);
	}
}

static void test_window(void **state)
{
	static struct fine f;

	(void)state;
	assert_int_equal(snap.curve.span, 8);
	fine_read(&f, &feed, &snap, 0, 5000, 1);
	assert_int_equal(f.span, 0); /* the whole run's buckets do */
	rows_read = 0;
	fine_read(&f, &feed, &snap, 1001, 1401, 2);
	assert_int_equal(f.span, 1);
	assert_int_equal(f.n, 401 - 1);
	check_buckets(&f, 1401);
	fine_read(&f, &feed, &snap, 1001, 3001, 3);
	assert_int_equal(f.span, 4);
	check_buckets(&f, 3001);
	assert_true(rows_read <= 2 * FINE_POINTS * FINE_TAKE);
	reads = 0;
	fine_read(&f, &feed, &snap, 1001, 3001, 9);
	assert_int_equal(reads, 0); /* nothing is new */
	fine_release(&f);
}

/* Following a live run: whole buckets are added, four times a second at most. */
static void test_window_grows(void **state)
{
	static struct fine f;

	(void)state;
	snap.phase = PHASE_RUNNING;
	snap.step = newest = 4001;
	fine_read(&f, &feed, &snap, 3000, 5000, 10);
	check_buckets(&f, 4001);
	snap.step = newest = 4203;
	reads = 0;
	assert_true(fine_read(&f, &feed, &snap, 3000, 5000, 10.1)); /* too soon */
	assert_int_equal(reads, 0);
	rows_read = 0;
	assert_false(fine_read(&f, &feed, &snap, 3000, 5000, 10.3));
	assert_true(rows_read < 210);
	check_buckets(&f, 4203);
	snap.step = newest = 4205; /* less than a bucket more */
	reads = 0;
	fine_read(&f, &feed, &snap, 3000, 5000, 11);
	assert_int_equal(reads, 0);
	snap.step = newest = 5000;
	snap.phase = PHASE_DONE;
	fine_release(&f);
}

/* Of wide buckets a part is read, and the cost stays the same. */
static void test_window_samples(void **state)
{
	static struct fine f;
	struct snapshot big = snap;

	(void)state;
	big.curve.span = 1024;
	big.step = newest = 100000;
	rows_read = 0;
	fine_read(&f, &feed, &big, 0, 100000, 1);
	assert_int_equal(f.span, 256);
	assert_true(rows_read <= FINE_POINTS * FINE_TAKE);
	check_buckets(&f, 100000);
	newest = 5000;
	fine_release(&f);
}

/* --- lines --- */

static void test_smoothing(void **state)
{
	static struct series s;

	(void)state;
	series_loss(&s, &snap.ch[0].curve, NULL, 0, SMOOTH_STEPS, 5000);
	assert_memory_equal(s.value, snap.ch[0].curve.smooth, (size_t)s.n * sizeof(float));
	series_loss(&s, &snap.ch[1].curve, NULL, 1, 0, 5000);
	for (int i = 0; i < 370; i++)
		near((double)s.value[i], 3, 1e-6); /* raw: eight steps' mean */
	assert_true(isnan(series_at(&s, s.raw, 4000)));
	near(series_at(&s, s.value, 1), 3, 1e-6);
	assert_true(isnan(series_at(&s, s.value, 0)));
	assert_true(isnan(series_at(&s, s.value, 5001)));
	/* a flat line stays; a step is met halfway after ln 2 / rate steps */
	series_loss(&s, &snap.ch[0].curve, NULL, 0, 200, 5000);
	near(series_at(&s, s.value, 4000), 2, 1e-4);
	assert_true(series_at(&s, s.value, 900) > loss_at(0, 900) + .1);
}

/* A window goes on where the line before it stands. */
static void test_smoothing_seeded(void **state)
{
	static struct series whole, part;
	static struct fine f;

	(void)state;
	fine_read(&f, &feed, &snap, 600, 1000, 1);
	series_loss(&whole, &snap.ch[0].curve, NULL, 0, 200, 5000);
	series_loss(&part, &snap.ch[0].curve, &f, 0, 200, 5000);
	assert_int_equal(part.span, 1);
	for (int64_t s = 610; s < 1000; s += 10)
		near(series_at(&part, part.value, s), series_at(&whole, whole.value, s),
		     .01);
	fine_release(&f);
}

static void test_share(void **state)
{
	static struct series s;
	static struct totals t;
	static struct fine f;

	(void)state;
	series_totals(&t, &snap, NULL);
	series_share(&s, &snap, NULL, &t, 1, 0);
	near(series_at(&s, s.value, 100), .75, 1e-6); /* 3 of 4 micro-batches */
	near(series_at(&s, s.value, 4000), 0, 1e-6);
	series_share(&s, &snap, NULL, &t, 0, 0);
	near(series_at(&s, s.value, 4000), 1, 1e-6);
	fine_read(&f, &feed, &snap, 2900, 3100, 1);
	series_totals(&t, &snap, &f);
	series_share(&s, &snap, &f, &t, 1, 0);
	assert_int_equal(s.span, 1);
	near(series_at(&s, s.value, 3000), .75, 1e-6); /* to the step */
	near(series_at(&s, s.value, 3001), 0, 1e-6);
	fine_release(&f);
	series_norm(&s, &snap.curve, NULL, 0, 5000);
	near(series_at(&s, s.value, 5), 4.5, 1e-6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_marks_gap),
		cmocka_unit_test(test_inverse),
		cmocka_unit_test(test_falling), cmocka_unit_test(test_bend),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_effect_grows),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_window_grows),
		cmocka_unit_test(test_window_samples),
		cmocka_unit_test(test_smoothing),
		cmocka_unit_test(test_smoothing_seeded),
		cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests_name("tui_history", tests, set_up, tear_down);
}
