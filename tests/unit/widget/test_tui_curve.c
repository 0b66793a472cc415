/*
 * The plot widget: where values land, joined lines, ranges that stand still.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "widget/curve.h"

static void sheet(struct canvas *c, int rows, int cols, bool fancy)
{
	canvas_init(c);
	c->fancy = c->utf8 = fancy;
	canvas_resize(c, rows, cols);
}

static void test_range_grows_at_once(void **state)
{
	struct curve_range r = {.log = true};

	(void)state;
	curve_range_fit(&r, .3, 3);
	assert_int_equal(r.lo, -2);
	assert_int_equal(r.hi, 2);
	curve_range_fit(&r, .3, 9);
	assert_int_equal(r.hi, 4);
	assert_float_equal(curve_range_place(&r, .25), 0, 1e-9);
	assert_float_equal(curve_range_place(&r, 16), 1, 1e-9);
	assert_float_equal(curve_range_place(&r, 2), .5, 1e-9);
}

/* It shrinks only when more than an octave and a half stays empty. */
static void test_range_has_hysteresis(void **state)
{
	struct curve_range r = {.log = true};

	(void)state;
	curve_range_fit(&r, .3, 7);
	assert_int_equal(r.hi, 3);
	curve_range_fit(&r, .3, 3);
	assert_int_equal(r.hi, 3);
	curve_range_fit(&r, .3, 2.7);
	assert_int_equal(r.hi, 2);
	curve_range_fit(&r, NAN, INFINITY);
	assert_int_equal(r.hi, 2);
}

/* The dots of column x as a bit per dot row, the top one first. */
static int dot_at(struct canvas *c, const struct plot *p, int dx, int dy)
{
	static const int bit[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
	struct cell *k = canvas_at(c, p->area.y + dy / 4, p->area.x + dx / 2);

	if (k->ch < 0x2800 || k->ch > 0x28ff)
		return 0;
	return ((int)k->ch - 0x2800) & bit[dy % 4][dx % 2] ? 1 : 0;
}

static void test_line_lands(void **state)
{
	struct canvas c;
	struct plot p = {.x_max = 80,
			 .range = {.is_set = true, .unit = 1, .lo = 0, .hi = 1}};
	struct plot_line l = {.span = 1, .ink = INK_CHANNEL, .mark = 'o'};
	float v[80];

	(void)state;
	sheet(&c, 12, 50, true);
	plot_begin(&c, &p, (struct rect){0, 0, 12, 49});
	assert_int_equal(p.area.w, 40);
	assert_int_equal(p.area.h, 11);
	for (int i = 0; i < 80; i++)
		v[i] = (float)(i / 79.0); /* a diagonal: one value a dot column */
	l.n = 80;
	l.v = v;
	plot_line(&c, &p, &l);
	for (int x = 0; x < 80; x++) {
		int y = (int)lrint((1 - x / 79.0) * 43);

		assert_int_equal(dot_at(&c, &p, x, y), 1);
	}
	assert_int_equal(dot_at(&c, &p, 0, 0), 0);
	canvas_release(&c);
}

/* A jump is joined by dots; a gap is not. */
static void test_joined_and_gap(void **state)
{
	struct canvas c;
	struct plot p = {.x_max = 80,
			 .range = {.is_set = true, .unit = 1, .lo = 0, .hi = 1}};
	struct plot_line l = {.span = 1, .ink = INK_CHANNEL, .mark = 'o', .n = 80};
	float v[80];
	int count = 0;

	(void)state;
	sheet(&c, 12, 50, true);
	plot_begin(&c, &p, (struct rect){0, 0, 12, 49});
	for (int i = 0; i < 80; i++)
		v[i] = i < 40 ? 0 : i < 50 ? NAN : 1;
	v[20] = 1;
	l.v = v;
	plot_line(&c, &p, &l);
	for (int y = 0; y < 44; y++)
		count += dot_at(&c, &p, 20, y);
	assert_true(count > 40);
	for (int x = 40; x < 49; x++)
		for (int y = 0; y < 44; y++)
			assert_int_equal(dot_at(&c, &p, x, y), 0);
	canvas_release(&c);
}

static void test_ascii_marks(void **state)
{
	struct canvas c;
	struct plot p = {.x_max = 40,
			 .range = {.is_set = true, .unit = 1, .lo = 0, .hi = 1}};
	struct plot_line l = {.span = 1, .ink = INK_CHANNEL, .mark = 'x', .n = 40};
	float v[40];
	char *line;

	(void)state;
	sheet(&c, 6, 50, false);
	for (int i = 0; i < 40; i++)
		v[i] = 1;
	plot_begin(&c, &p, (struct rect){0, 0, 6, 49});
	l.v = v;
	plot_line(&c, &p, &l);
	line = canvas_line(&c, 0);
	assert_non_null(strstr(line, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
	for (const char *s = line; *s; s++)
		assert_true((unsigned char)*s < 0x80);
	xfree(line);
	canvas_release(&c);
}

/* Numbers are rounded to the columns there are, never cut off. */
static void test_labels(void **state)
{
	static const struct { int y; const char *text; } want[] = {
		{0, " 0.062 |"}, {4, " 0.016 |"}, {6, " .0078 |"}, {9, " .0039 |"},
		{11, " 0.002 |"}, {13, "  1e-3 |"}, {15, "  5e-4 |"} };
	struct canvas c;
	struct plot p = {.x_max = 40, .range = {.log = true, .is_set = true, .unit = 1,
						.lo = -11, .hi = -4}};

	(void)state;
	sheet(&c, 18, 60, false);
	plot_begin(&c, &p, (struct rect){0, 0, 18, 59});
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		char *line = canvas_line(&c, want[i].y);

		assert_memory_equal(line, want[i].text, strlen(want[i].text));
		xfree(line);
	}
	canvas_release(&c);
}

/* Any rectangle, any values: nothing is written outside (ASan looks on). */
static void test_small_places(void **state)
{
	float v[] = {0, INFINITY, -INFINITY, NAN, 1e30f, -1e30f, 1e-30f};
	struct plot_line l = {.span = 3, .n = 7, .v = v, .mark = 'o'};

	(void)state;
	for (int h = 0; h < 8; h++)
		for (int w = 0; w < 24; w++) {
			struct canvas c;
			struct plot p = {.x_max = 21, .range = {.log = true}};

			sheet(&c, h + 1, w + 1, true);
			curve_range_fit(&p.range, .5, 4);
			plot_begin(&c, &p, (struct rect){0, 0, h, w});
			plot_line(&c, &p, &l);
			plot_level(&c, &p, 1, INK_DIM);
			plot_event(&c, &p, 21, 'w', INK_TEXT, true);
			plot_event(&c, &p, 1 << 30, 'w', INK_TEXT, false);
			canvas_release(&c);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range_grows_at_once),
		cmocka_unit_test(test_range_has_hysteresis),
		cmocka_unit_test(test_line_lands),
		cmocka_unit_test(test_joined_and_gap),
		cmocka_unit_test(test_ascii_marks),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_small_places),
	};

	return cmocka_run_group_tests_name("tui_curve", tests, NULL, NULL);
}
