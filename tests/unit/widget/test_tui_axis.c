/*
 * Axes: from steps to what went by with them and back, and what labels say.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "widget/axis.h"
#include "base/mem.h"
#include "fixture/near.h"
#include "widget/curve.h"
#include "look/telemetry.h"

static struct snapshot snap;
static struct axis axis;

/* 3 000 steps: two seconds each up to step 1 000, then half a second. */
static int set_up(void **state)
{
	double seconds = 0;
	uint64_t tokens = 0;

	(void)state;
	snapshot_init(&snap);
	snap.n_channels = 1;
	snap.ch = xcalloc(1, sizeof *snap.ch);
	snap.ch[0].n_train = 500;
	curve_init(&snap.ch[0].curve);
	for (int64_t s = 1; s <= 3000; s++) {
		seconds += s <= 1000 ? 2 : 0.5;
		tokens += 100;
		run_curve_add(&snap.curve, s, 1, tokens, seconds);
		curve_add(&snap.ch[0].curve, s, 1, 1);
		curve_count(&snap.ch[0].curve, s, 1, 5);
	}
	snap.step = 3000;
	snap.steps = 10000;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	snapshot_release(&snap);
	return 0;
}

/* While it goes on there is room for what is planned; an ended run fills its axis. */
static void test_last(void **state)
{
	static const enum phase over[] = {PHASE_DONE, PHASE_STOPPED, PHASE_FAILED};

	(void)state;
	axis_make(&axis, AXIS_STEP, false, &snap, 0);
	snap.phase = PHASE_PAUSED;
	assert_int_equal(axis_last(&snap), 10000);
	assert_near(axis_end(&axis, &snap), 10000, 0);
	for (int i = 0; i < 3; i++) {
		snap.phase = over[i];
		assert_int_equal(axis_last(&snap), 3000);
		assert_near(axis_end(&axis, &snap), 3000, 0);
	}
	snap.phase = PHASE_RUNNING;
}

static void test_values(void **state)
{
	(void)state;
	axis_make(&axis, AXIS_STEP, false, &snap, 0);
	assert_near(axis_value(&axis, 1234), 1234, 0);
	axis_make(&axis, AXIS_TIME, false, &snap, 0);
	assert_near(axis_value(&axis, 500), 1000, 1e-6);
	assert_near(axis_value(&axis, 1000), 2000, 1e-6);
	assert_near(axis_value(&axis, 2000), 2500, 1e-6);
	assert_near(axis_value(&axis, 3000), 3000, 1e-3);
	assert_near(axis_value(&axis, 6000), 6000, 1e-3); /* as it went so far */
	axis_make(&axis, AXIS_TOKENS, false, &snap, 0);
	assert_near(axis_value(&axis, 700), 70000, 1e-6);
	axis_make(&axis, AXIS_EXAMPLES, false, &snap, 0);
	assert_near(axis_value(&axis, 700), 3500, 1e-6);
	axis_make(&axis, AXIS_EPOCH, false, &snap, 0);
	assert_near(axis_value(&axis, 700), 7, 1e-9);
}

/* The step of a value is the value's step, for each axis. */
static void test_back(void **state)
{
	(void)state;
	for (int k = 0; k < AXES; k++) {
		axis_make(&axis, (enum axis_kind)k, false, &snap, 0);
		for (double s = 0; s < 5000; s += 17)
			assert_near(axis_step(&axis, axis_value(&axis, s)), s, 1e-6);
		assert_near(axis_step(&axis, -1), k == AXIS_STEP ? -1 : 0, 0);
	}
}

/* A run that does not know how many rows there are has no epochs. */
static void test_unknown(void **state)
{
	struct snapshot none;

	(void)state;
	snapshot_init(&none);
	axis_make(&axis, AXIS_TIME, false, &none, 0);
	assert_int_equal(axis.kind, AXIS_STEP);
	snap.ch[0].n_train = 0;
	axis_make(&axis, AXIS_EPOCH, false, &snap, 0);
	assert_int_equal(axis.kind, AXIS_STEP);
	snap.ch[0].n_train = 500;
}

static void test_ends(void **state)
{
	(void)state;
	axis_make(&axis, AXIS_STEP, false, &snap, 0);
	assert_near(axis_end(&axis, &snap), 10000, 0);
	axis_make(&axis, AXIS_TIME, false, &snap, 0);
	assert_near(axis_end(&axis, &snap), 3600, 0);
	axis_make(&axis, AXIS_TOKENS, false, &snap, 0);
	assert_near(axis_end(&axis, &snap), 500000, 0);
	axis_make(&axis, AXIS_EPOCH, false, &snap, 0);
	assert_near(axis_end(&axis, &snap), 50, 1e-9);
	snap.phase = PHASE_DONE;
	assert_near(axis_end(&axis, &snap), 30, 1e-9);
	snap.phase = PHASE_RUNNING;
}

static void label_is(enum axis_kind k, double v, double tick, const char *want)
{
	char text[24];

	assert_string_equal(axis_label(k, text, v, tick), want);
}

static void test_labels(void **state)
{
	(void)state;
	assert_near(axis_tick(AXIS_STEP, 40000, 4), 10000, 0);
	assert_near(axis_tick(AXIS_STEP, 3, 4), 1, 0);
	assert_near(axis_tick(AXIS_EPOCH, 1, 4), .5, 1e-12);
	assert_near(axis_tick(AXIS_TIME, 3600, 4), 900, 0);
	label_is(AXIS_STEP, 20000, 10000, "20k");
	label_is(AXIS_STEP, 12125, 25, "12,125");
	label_is(AXIS_EPOCH, 1.5, .5, "1.5");
	label_is(AXIS_TIME, 900, 900, "15m00");
}

/* A plot by time: a step lands where its time is, and the place gives it back. */
static void test_plot(void **state)
{
	struct plot p = {.axis = &axis, .x_max = 4000};

	(void)state;
	axis_make(&axis, AXIS_TIME, false, &snap, 0);
	p.area = (struct rect){0, 0, 10, 100};
	assert_int_equal(plot_column(&p, 1000), 50);
	assert_int_equal(plot_column(&p, 9000), -1);
	assert_near(plot_step_at(&p, .5), 1000, 1e-6);
	axis_make(&axis, AXIS_STEP, true, &snap, 0);
	p.x_max = 1024;
	assert_int_equal(plot_column(&p, 1), 0);
	assert_int_equal(plot_column(&p, 32), 50);
	assert_int_equal(plot_column(&p, 1024), 99);
	assert_int_equal(plot_column(&p, 1025), -1);
	assert_near(plot_step_at(&p, .5), 32, 1e-6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last), cmocka_unit_test(test_values),
		cmocka_unit_test(test_back), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_labels), cmocka_unit_test(test_plot),
	};

	return cmocka_run_group_tests_name("tui_axis", tests, set_up, tear_down);
}
