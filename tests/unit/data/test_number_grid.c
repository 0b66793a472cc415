/*
 * test_number_grid.c - numbers in steps: how they are written, which one is the nearest,
 * what is no grid.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "data/number_grid.h"

static struct number_grid grid(double step, double least, double most)
{
	struct number_grid g;
	struct err err = { "" };

	if (number_grid_make(step, least, most, &g, &err))
		fail_msg("%g, %g to %g: %s", step, least, most, err.text);
	return g;
}

/* All points, "0.0 0.2". */
static const char *points(double step, double least, double most)
{
	static struct buf all;
	struct number_grid g = grid(step, least, most);

	buf_clear(&all);
	for (int k = 0; k < g.n; k++) {
		char text[NUMBER_TEXT];

		number_grid_text(&g, k, text);
		buf_addf(&all, "%s%s", k ? " " : "", text);
	}
	return buf_str(&all);
}

/* As many decimals as the step has; ends rounded outwards, but not past a point. */
static void test_points(void **state)
{
	(void)state;
	assert_string_equal(points(0.2, 0.6, 1.4), "0.6 0.8 1.0 1.2 1.4");
	assert_string_equal(points(0.2, 0.61, 1.39), "0.6 0.8 1.0 1.2 1.4");
	assert_string_equal(points(0.2, 0.59, 0.61), "0.4 0.6 0.8");
	assert_string_equal(points(0.25, -0.3, 0.1), "-0.50 -0.25 0.00 0.25");
	assert_string_equal(points(1, 1, 3), "1 2 3");
	assert_string_equal(points(5, 3, 11), "0 5 10 15");
	assert_string_equal(points(0.1, 0.7, 0.7), "0.7 0.8");
	assert_string_equal(points(1.0 / 3, 0, 1), "0.000000 0.333333 0.666667 1.000000");
	assert_int_equal(grid(0.01, 0, 5.11).n, NUMBER_GRID_MAX);
}

/* A point's number is what its text says, and is its own nearest; so is the grid's own range. */
static void test_values(void **state)
{
	static const double steps[] = { 0.2, 0.1, 0.25, 1, 3, 0.7, 0.001, 1.0 / 3 };

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct number_grid g = grid(steps[i], -17.3 * steps[i], 90.1 * steps[i]), same;

		for (int k = 0; k < g.n; k++) {
			char text[NUMBER_TEXT];
			double x = number_grid_value(&g, k), said = 0;

			number_grid_text(&g, k, text);
			assert_true(parse_double(text, &said) && !(fabs(x - said) > 0));
			assert_int_equal(number_grid_nearest(&g, x), k);
		}
		if (steps[i] < 0.3 || steps[i] > 0.4) {
			same = grid(steps[i], number_grid_value(&g, 0),
				    number_grid_value(&g, g.n - 1));
			assert_true(same.first == g.first && same.n == g.n);
		}
	}
}

static void test_nearest(void **state)
{
	struct number_grid g = grid(0.2, 1, 5);
	static const struct {
		double x, nearest;
	} rows[] = {
		{ 1.09, 1.0 }, { 1.11, 1.2 }, { 3.0, 3.0 }, { 4.95, 5.0 },
		{ 1.1, 1.0 }, { 1.3, 1.2 }, { 1.5, 1.4 }, { 4.9, 4.8 }, /* the lower */
		{ 0, 1.0 }, { -1e300, 1.0 }, { 7, 5.0 }, { 1e300, 5.0 }, /* beyond */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double got = number_grid_value(&g, number_grid_nearest(&g, rows[i].x));

		if (fabs(got - rows[i].nearest) > 1e-12)
			fail_msg("%g gives %g", rows[i].x, got);
	}
}

static void test_no_grid(void **state)
{
	static const struct {
		double step, least, most;
		const char *says;
	} rows[] = {
		{ 0, 0, 1, "0 is no step" },
		{ -0.2, 0, 1, "-0.2 is no step" },
		{ NAN, 0, 1, "is no step" },
		{ 0.2, 2, 1, "2 to 1 is no range" },
		{ 0.2, NAN, 1, "no range" },
		{ 0.01, 0, 5.12, "512 steps of 0.01, which is more than 512 numbers" },
		{ 0.2, 1900, 2020, "600 steps of 0.2" },
		{ 0.2, 0, 1e300, "too small" },
		{ 0.2, 1e12, 1e12, "too small" },
		{ 1e-6, -INFINITY, INFINITY, "too small" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct number_grid g = { 1, 1, 1 };
		struct err err = { "" };

		assert_int_equal(number_grid_make(rows[i].step, rows[i].least, rows[i].most,
						  &g, &err), ST_INVALID);
		assert_int_equal(g.n, 0);
		if (!strstr(err.text, rows[i].says))
			fail_msg("'%s' does not say '%s'", err.text, rows[i].says);
	}
}

/* At most 100 steps, and the next smaller one would be more. */
static void test_step(void **state)
{
	static const struct { double least, most, step; } c[] = {
		{ 0, 5, 0.05 }, { 0, 10, 0.1 }, { 1, 5, 0.05 }, { 1900, 2020, 2 },
		{ 0, 100, 1 },  { 0, 101, 2 },  { -0.001, 0.001, 2e-5 }, { 0, 1e7, 1e5 },
		{ 3, 3, 0 },    { 5, 1, 0 },    { 0, 1e12, 0 },
	};
	struct number_grid g;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		double step = number_grid_step(c[i].least, c[i].most);

		if (fabs(step - c[i].step) > 1e-12)
			fail_msg("%g to %g: %g, not %g", c[i].least, c[i].most, step, c[i].step);
		if (!(step > 0))
			continue;
		assert_int_equal(number_grid_make(step, c[i].least, c[i].most, &g, NULL), ST_OK);
		assert_true(g.n <= 101);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_no_grid),
	};

	return cmocka_run_group_tests_name("number_grid", tests, NULL, NULL);
}
