/*
 * The chart, from a picture and rows of steps alone: its window and cursor, what it
 * reads for them, what is drawn.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fixture/fake_curves.h"
#include "base/mem.h"
#include "widget/chart.h"

struct fixture {
	struct fake fake;
	struct feed feed;
	struct chart chart;
	struct chart_input in;
};

/* A run at `step` of 20,000, three tasks; the whole chart of the second. */
static void fixture_init(struct fixture *b, int64_t step)
{
	fake_init(&b->fake, 3, step);
	fake_run_curve(&b->fake);
	b->fake.s.steps = 20000;
	b->fake.s.phase = PHASE_RUNNING;
	b->feed = (struct feed){.arg = &b->fake, .steps = fake_steps};
	chart_init(&b->chart);
	b->in = (struct chart_input){.feed = &b->feed, .s = &b->fake.s, .channel = 1,
				     .is_full = true, .now = 1};
	assert_false(chart_recalc(&b->chart, &b->in));
}

static void fixture_release(struct fixture *b)
{
	chart_release(&b->chart);
	fake_release(&b->fake);
}

/* Halves that keep the newest step, never less than WINDOW_LEAST; and back to all. */
static void test_zoom(void **state)
{
	struct fixture b;
	int64_t width = 20000;

	(void)state;
	fixture_init(&b, 9000);
	assert_int_equal(b.chart.to, 0);
	for (int i = 0; i < 20; i++) {
		chart_zoom(&b.chart, b.in.s, 1);
		width = width / 2 > WINDOW_LEAST ? width / 2 : WINDOW_LEAST;
		assert_int_equal(b.chart.to - b.chart.from, width);
		assert_in_range(b.fake.s.step, b.chart.from, b.chart.to);
		assert_true(b.chart.follows);
	}
	for (int i = 0; i < 20; i++)
		chart_zoom(&b.chart, b.in.s, -1);
	assert_int_equal(b.chart.to, 0);
	fixture_release(&b);
}

/* It stays within the run and the window, and its step is the one that is told. */
static void test_cursor(void **state)
{
	struct fixture b;

	(void)state;
	fixture_init(&b, 9000);
	assert_int_equal(chart_where(&b.chart, b.in.s), 9000);
	chart_look_at(&b.chart, b.in.s, 12000);
	assert_int_equal(b.chart.cursor, 9000);
	chart_look_at(&b.chart, b.in.s, -5);
	assert_int_equal(b.chart.cursor, 1);
	chart_look_at(&b.chart, b.in.s, 4000);
	chart_zoom(&b.chart, b.in.s, 1);
	chart_zoom(&b.chart, b.in.s, 1);
	assert_in_range(4000, b.chart.from + 1, b.chart.to);
	assert_false(b.chart.follows);
	chart_pan(&b.chart, b.in.s, -1);
	assert_in_range(b.chart.cursor, b.chart.from + 1, b.chart.to);
	assert_int_equal(chart_where(&b.chart, b.in.s), b.chart.cursor);
	chart_look_at(&b.chart, b.in.s, 8000); /* the window comes along */
	assert_in_range(8000, b.chart.from + 1, b.chart.to);
	b.chart.cursor = -1;
	b.chart.from = 1000;
	b.chart.to = 2000;
	assert_int_equal(chart_where(&b.chart, b.in.s), 2000);
	b.in.is_full = false; /* the whole run: its newest step */
	chart_recalc(&b.chart, &b.in);
	assert_int_equal(chart_where(&b.chart, b.in.s), 9000);
	fixture_release(&b);
}

/* Finer points than the run's own, read once; new steps wait a quarter of a second. */
static void test_window_is_read(void **state)
{
	struct fixture b;
	int64_t coarse;

	(void)state;
	fixture_init(&b, 9000);
	coarse = b.chart.line[1].span;
	assert_true(coarse > 1);
	b.chart.from = 8800;
	b.chart.to = 9400;
	assert_false(chart_recalc(&b.chart, &b.in));
	assert_true(b.chart.line[1].span < coarse);
	assert_true(isfinite(chart_at(&b.chart, b.in.s, 1, 8990, false)));
	b.fake.step = b.fake.s.step = 9050;
	b.in.now = 1.1;
	assert_true(chart_recalc(&b.chart, &b.in));
	b.in.now = 1.3;
	assert_false(chart_recalc(&b.chart, &b.in));
	assert_int_equal(b.chart.line[1].last, 9050);
	fixture_release(&b);
}

static bool has(const struct fixture *b, const char *text)
{
	struct canvas c;
	bool is_there = false;

	canvas_init(&c);
	c.fancy = c.utf8 = c.colour = true;
	canvas_resize(&c, 20, 100);
	draw_chart(&c, &b->chart, b->in.s, (struct rect){0, 0, 1, 100},
		   (struct rect){1, 0, 19, 100});
	for (int y = 0; y < c.rows; y++) {
		char *line = canvas_line(&c, y);

		is_there = is_there || strstr(line, text);
		xfree(line);
	}
	canvas_release(&c);
	return is_there;
}

/* Every task's name in the legend; alone where only one is wished, and that is seen. */
static void test_draws_what_it_is_told(void **state)
{
	struct fixture b;

	(void)state;
	fixture_init(&b, 9000);
	assert_true(has(&b, "LOSS") && has(&b, fake_task[0].name));
	b.chart.one = true;
	assert_false(has(&b, fake_task[0].name));
	assert_true(has(&b, fake_task[1].name));
	b.in.is_full = false;
	chart_recalc(&b.chart, &b.in);
	assert_true(has(&b, fake_task[0].name));
	chart_next_kind(&b.chart, CHART_NORM);
	chart_recalc(&b.chart, &b.in);
	assert_true(has(&b, "GRADIENT NORM") && !has(&b, fake_task[0].name));
	fixture_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zoom),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_window_is_read),
		cmocka_unit_test(test_draws_what_it_is_told),
	};

	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
