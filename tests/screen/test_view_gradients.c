/*
 * test_view_gradients.c - the Gradients view and the effective share on the
 * desk: frames to the byte, and what its figures say.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/frame.h"
#include "view/view_table.h"
#include "fixture/golden_screen.h"
#include "fixture/pty_desk.h"
#include "ui/keys.h"
#include "ui/ui.h"

static void test_goldens(void **state)
{
	static const struct {
		struct pty_spec s;
		const char *keys, *name;
	} row[] = {
		{{.rows = 24, .cols = 80}, "7", "gradients-80"},
		{{.rows = 40, .cols = 120}, "7jj", "gradients-120"},
		{{.rows = 16, .cols = 60}, "7", "gradients-60"},
		{{.lang = "C", .term = "vt100"}, "7", "gradients-80-vt100"},
		{{.rows = 40, .cols = 120, .no_color = true, .lang = "C"}, "7G\r",
		 "gradients-120-mono"},
		{{.rows = 30, .cols = 100, .tasks = 20}, "7G", "gradients-100-many"},
		{{.rows = 24, .cols = 80, .tasks = 2}, "7t", "pairs-80-two"},
		{{.rows = 40, .cols = 120, .tasks = 2}, "7t>>>>", "pairs-120-two"},
		{{.rows = 24, .cols = 80}, "7t", "pairs-80"},
		{{.rows = 40, .cols = 120}, "7tnn", "pairs-120"},
		{{.rows = 24, .cols = 80, .tasks = 12}, "7t", "pairs-80-twelve"},
		{{.rows = 40, .cols = 120, .tasks = 12}, "7t>", "pairs-120-twelve"},
		{{.rows = 16, .cols = 60, .tasks = 12}, "7tGl", "pairs-60-twelve"},
		{{.rows = 16, .cols = 60, .tasks = 2}, "7t", "pairs-60-two"},
		{{.lang = "C", .term = "vt100", .tasks = 12}, "7t", "pairs-80-vt100"},
		{{.rows = 40, .cols = 120, .no_color = true, .lang = "C"}, "7t", "pairs-120-mono"},
		{{.lang = "C", .term = "vt100", .rows = 40, .cols = 120}, "",
		 "desk-120-vt100"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct pty p;

		pty_open(&p, &row[i].s);
		pty_settle(&p, 10);
		if (row[i].keys[0])
			pty_type(&p, row[i].keys);
		assert_golden(&p, row[i].name);
		pty_close(&p);
	}
}

static void test_measures_now(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "7");
	assert_true(pty_shows(&p, " at 12,301 - 12,303"));
	pty_type(&p, "M");
	assert_true(pty_shows(&p, " at 12,341   every 50 steps, 3.1 of 140 ms"));
	assert_true(pty_shows(&p, "━ agnews"));
	pty_type(&p, "\r"); /* one: the legend names it alone */
	assert_true(pty_shows(&p, "━ sst2"));
	assert_false(pty_shows(&p, "━ agnews"));
	pty_close(&p);
}

/* Before the first measurement figures are dashes, on both views. */
static void test_not_measured(void **state)
{
	struct ui ui;
	struct fake f;
	struct feed feed;
	struct canvas c;
	char *line;

	(void)state;
	fake_init(&f, 6, 0);
	for (int i = 0; i < 6; i++) {
		f.s.ch[i].effective = f.s.ch[i].grad_norm = NAN;
		f.s.ch[i].grad_curve.n = 0;
	}
	feed = fake_feed(&f);
	ui_init(&ui, &feed, view_table);
	ui_update(&ui);
	ui.view = VIEW_GRADIENTS;
	ui_recalc(&ui);
	canvas_init(&c);
	canvas_resize(&c, 24, 80);
	draw_screen(&c, &ui);
	line = canvas_line(&c, 2);
	assert_non_null(strstr(line, "not measured yet"));
	xfree(line);
	line = canvas_line(&c, 4);
	assert_non_null(strstr(line, "20%"));
	assert_non_null(strstr(line, " - "));
	assert_null(strstr(line, "nan"));
	xfree(line);
	ui.view = VIEW_DESK;
	canvas_clear(&c);
	draw_screen(&c, &ui);
	line = canvas_line(&c, 3);
	assert_non_null(strstr(line, "20%    - "));
	xfree(line);
	canvas_release(&c);
	ui_release(&ui);
	fake_release(&f);
}

/* Hostile figures draw something, at any size. */
static void test_any_figures(void **state)
{
	static const double bad[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e300, 1e-300};
	struct ui ui;
	struct fake f;
	struct feed feed;
	struct canvas c;

	(void)state;
	fake_init(&f, 9, 12340);
	for (int i = 0; i < 9; i++) {
		struct channel *ch = &f.s.ch[i];

		ch->grad_norm = ch->effective = ch->share = bad[i % 7];
		ch->weight = bad[(i + 3) % 7];
		ch->grad_step = i % 2 ? INT64_MAX : -5;
		ch->silent = false;
		for (int k = 0; k < ch->grad_curve.n; k++)
			ch->grad_curve.norm[k] = (float)bad[(i + k) % 7];
	}
	for (size_t i = 0; i < conflict_pairs(9) * 6; i++) {
		f.s.conflicts.mean[i] = (float)bad[i % 7];
		f.s.conflicts.history[i * CONFLICT_POINTS + i % 60] = (float)bad[i % 7];
	}
	feed = fake_feed(&f);
	ui_init(&ui, &feed, view_table);
	ui_update(&ui);
	canvas_init(&c);
	for (int size = 0; size < 40; size++)
		for (int v = 0; v < 3; v++) {
			canvas_resize(&c, 16 + size, 60 + 5 * size);
			ui.view = v ? VIEW_GRADIENTS : VIEW_DESK;
			if (v == 2) /* the page of pairs, one after the other */
				view_table[VIEW_GRADIENTS]->act(&ui, DO_CHART, 1);
			if (v == 2)
				view_table[VIEW_GRADIENTS]->act(&ui, size % 3 ? DO_NEXT :
								DO_PAN, 1);
			ui_recalc(&ui);
			draw_screen(&c, &ui);
			if (v == 2)
				view_table[VIEW_GRADIENTS]->act(&ui, DO_CHART, 1);
		}
	canvas_release(&c);
	ui_release(&ui);
	fake_release(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_measures_now),
		cmocka_unit_test(test_not_measured),
		cmocka_unit_test(test_any_figures),
	};

	return cmocka_run_group_tests_name("view_gradients", tests, NULL, NULL);
}
