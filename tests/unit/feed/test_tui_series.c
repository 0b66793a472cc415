/*
 * test_tui_series.c - windows of steps against plain means over the rows; smoothed
 * lines.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "feed/feed.h"
#include "fixture/history_run.h"
#include "fixture/near.h"
#include "look/telemetry.h"
#include "feed/series.h"

/* --- windows --- */

static void check_buckets(const struct fine *f, int64_t upto)
{
	int64_t take = f->span < FINE_TAKE ? f->span : FINE_TAKE;

	for (int i = 0; i < f->n; i++) {
		int64_t first = f->from + i * f->span + 1;
		double sum = 0;
		int64_t n = 0;

		for (int64_t s = first; s < first + take && s <= upto; s++, n++)
			sum += made_loss(0, s);
		assert_int_equal(f->task[0].count[i], n);
		assert_near((double)f->task[0].mean[i], sum / (double)n, 1e-5);
		assert_int_equal(f->task[0].batches[i], n);
	}
}

static void test_window(void **state)
{
	static struct fine f;

	(void)state;
	assert_int_equal(made_snap.curve.span, 8);
	fine_read(&f, &made_feed, &made_snap, 0, 5000, 1);
	assert_int_equal(f.span, 0); /* the whole run's buckets do */
	made_rows = 0;
	fine_read(&f, &made_feed, &made_snap, 1001, 1401, 2);
	assert_int_equal(f.span, 1);
	assert_int_equal(f.n, 401 - 1);
	check_buckets(&f, 1401);
	fine_read(&f, &made_feed, &made_snap, 1001, 3001, 3);
	assert_int_equal(f.span, 4);
	check_buckets(&f, 3001);
	assert_true(made_rows <= 2 * FINE_POINTS * FINE_TAKE);
	made_reads = 0;
	fine_read(&f, &made_feed, &made_snap, 1001, 3001, 9);
	assert_int_equal(made_reads, 0); /* nothing is new */
	fine_release(&f);
}

/* Following a live run: whole buckets are added, four times a second at most. */
static void test_window_grows(void **state)
{
	static struct fine f;

	(void)state;
	made_snap.phase = PHASE_RUNNING;
	made_snap.step = made_newest = 4001;
	fine_read(&f, &made_feed, &made_snap, 3000, 5000, 10);
	check_buckets(&f, 4001);
	made_snap.step = made_newest = 4203;
	made_reads = 0;
	assert_true(fine_read(&f, &made_feed, &made_snap, 3000, 5000, 10.1)); /* too soon */
	assert_int_equal(made_reads, 0);
	made_rows = 0;
	assert_false(fine_read(&f, &made_feed, &made_snap, 3000, 5000, 10.3));
	assert_true(made_rows < 210);
	check_buckets(&f, 4203);
	made_snap.step = made_newest = 4205; /* less than a bucket more */
	made_reads = 0;
	fine_read(&f, &made_feed, &made_snap, 3000, 5000, 11);
	assert_int_equal(made_reads, 0);
	made_snap.step = made_newest = 5000;
	made_snap.phase = PHASE_DONE;
	fine_release(&f);
}

/* Of wide buckets a part is read, and the cost stays the same. */
static void test_window_samples(void **state)
{
	static struct fine f;
	struct snapshot big = made_snap;

	(void)state;
	big.curve.span = 1024;
	big.step = made_newest = 100000;
	made_rows = 0;
	fine_read(&f, &made_feed, &big, 0, 100000, 1);
	assert_int_equal(f.span, 256);
	assert_true(made_rows <= FINE_POINTS * FINE_TAKE);
	check_buckets(&f, 100000);
	made_newest = 5000;
	fine_release(&f);
}

/* --- lines --- */

static void test_smoothing(void **state)
{
	static struct series s;

	(void)state;
	series_loss(&s, &made_snap.ch[0].curve, NULL, 0, SMOOTH_STEPS, 5000);
	assert_memory_equal(s.value, made_snap.ch[0].curve.smooth,
			    (size_t)s.n * sizeof(float));
	series_loss(&s, &made_snap.ch[1].curve, NULL, 1, 0, 5000);
	for (int i = 0; i < 370; i++)
		assert_near((double)s.value[i], 3, 1e-6); /* raw: eight steps' mean */
	assert_true(isnan(series_at(&s, s.raw, 4000)));
	assert_near(series_at(&s, s.value, 1), 3, 1e-6);
	assert_true(isnan(series_at(&s, s.value, 0)));
	assert_true(isnan(series_at(&s, s.value, 5001)));
	/* a flat line stays; a step is met halfway after ln 2 / rate steps */
	series_loss(&s, &made_snap.ch[0].curve, NULL, 0, 200, 5000);
	assert_near(series_at(&s, s.value, 4000), 2, 1e-4);
	assert_true(series_at(&s, s.value, 900) > made_loss(0, 900) + .1);
}

/* A window goes on where the line before it stands. */
static void test_smoothing_seeded(void **state)
{
	static struct series whole, part;
	static struct fine f;

	(void)state;
	fine_read(&f, &made_feed, &made_snap, 600, 1000, 1);
	series_loss(&whole, &made_snap.ch[0].curve, NULL, 0, 200, 5000);
	series_loss(&part, &made_snap.ch[0].curve, &f, 0, 200, 5000);
	assert_int_equal(part.span, 1);
	for (int64_t s = 610; s < 1000; s += 10)
		assert_near(series_at(&part, part.value, s), series_at(&whole, whole.value, s),
			    .01);
	fine_release(&f);
}

static void test_share(void **state)
{
	static struct series s;
	static struct totals t;
	static struct fine f;

	(void)state;
	series_totals(&t, &made_snap, NULL);
	series_share(&s, &made_snap, NULL, &t, 1, 0);
	assert_near(series_at(&s, s.value, 100), .75, 1e-6); /* 3 of 4 micro-batches */
	assert_near(series_at(&s, s.value, 4000), 0, 1e-6);
	series_share(&s, &made_snap, NULL, &t, 0, 0);
	assert_near(series_at(&s, s.value, 4000), 1, 1e-6);
	fine_read(&f, &made_feed, &made_snap, 2900, 3100, 1);
	series_totals(&t, &made_snap, &f);
	series_share(&s, &made_snap, &f, &t, 1, 0);
	assert_int_equal(s.span, 1);
	assert_near(series_at(&s, s.value, 3000), .75, 1e-6); /* to the step */
	assert_near(series_at(&s, s.value, 3001), 0, 1e-6);
	fine_release(&f);
	series_norm(&s, &made_snap.curve, NULL, 0, 5000);
	assert_near(series_at(&s, s.value, 5), 4.5, 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_window_grows),
		cmocka_unit_test(test_window_samples),
		cmocka_unit_test(test_smoothing),
		cmocka_unit_test(test_smoothing_seeded),
		cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests_name("tui_series", tests,
					   history_set_up, history_tear_down);
}
