/*
 * The mouse: the zones that views leave while they draw, what events at them do,
 * and the terminal's modes with it on and off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "desk/frame.h"
#include "ui/keys.h"
#include "desk/mouse.h"
#include "view/view_table.h"
#include "fixture/pty_desk.h"

/* --- a desk without a terminal --- */

struct table {
	struct fake f;
	struct feed feed;
	struct canvas c;
	struct ui ui;
	struct mouse_hold hold;
};

static void draw(struct table *t)
{
	int rows = t->c.rows, cols = t->c.cols;

	ui_update(&t->ui);
	ui_recalc(&t->ui);
	canvas_resize(&t->c, rows, cols);
	t->c.fancy = t->c.utf8 = t->c.colour = t->c.mouse = true;
	draw_screen(&t->c, &t->ui);
}

static struct table *open_table(int rows, int cols, int tasks)
{
	struct table *t = xcalloc(1, sizeof *t);

	fake_init(&t->f, tasks, 12340);
	t->feed = fake_feed(&t->f);
	ui_init(&t->ui, &t->feed, view_table);
	t->ui.terminal = "none";
	canvas_init(&t->c);
	canvas_resize(&t->c, rows, cols);
	draw(t);
	return t;
}

static void close_table(struct table *t)
{
	ui_release(&t->ui);
	fake_release(&t->f);
	canvas_release(&t->c);
	xfree(t);
}

static void event(struct table *t, int y, int x, int button, bool release, bool drag)
{
	struct mouse m = {button, y, x, release, drag};

	t->ui.now += .01;
	mouse_act(&t->hold, &t->ui, &t->c, &m);
	draw(t);
}

static void click(struct table *t, int y, int x)
{
	event(t, y, x, MOUSE_LEFT, false, false);
	event(t, y, x, MOUSE_LEFT, true, false);
}

static const struct zone *find(const struct table *t, int action, int choose, int arg)
{
	for (int i = 0; i < t->c.n_zones; i++) {
		const struct zone *z = &t->c.zone[i];

		if (z->action == action && z->choose == choose &&
		    (arg < 0 || z->arg == arg))
			return z;
	}
	fail_msg("no zone for action %d of %d, %d", action, choose, arg);
	return NULL;
}

static void test_tabs(void **state)
{
	static const int cols[] = {60, 80, 120};

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct table *t = open_table(24, cols[k], 6);

		for (int v = 0; v < VIEWS; v++) {
			const struct zone *z;

			if (!view_table[v]->digit)
				continue;
			z = find(t, DO_VIEW, -1, v);
			click(t, z->r.y, z->r.x + z->r.w - 1);
			assert_int_equal(t->ui.view, v);
		}
		close_table(t);
	}
}

static void test_faders(void **state)
{
	static const int size[][2] = {{24, 80}, {40, 120}};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct table *t = open_table(size[k][0], size[k][1], 6);
		int action = k ? DO_FADER_UP : DO_FADER;
		struct zone z = *find(t, action, 2, -1);
		int y = z.r.y + z.r.h / 2, x = z.r.x + z.r.w / 2;

		click(t, y, x); /* the middle is 1 */
		assert_int_equal(t->ui.channel, 2);
		assert_true(fabs(ui_value(&t->ui, 2, KNOB_WEIGHT) - 1) < 1e-12);
		event(t, y, x, MOUSE_LEFT, false, false);
		event(t, 0, t->c.cols - 1, MOUSE_LEFT, false, true); /* far beyond */
		assert_true(fabs(ui_value(&t->ui, 2, KNOB_WEIGHT) - 8) < 1e-12);
		event(t, t->c.rows - 1, 0, MOUSE_LEFT, false, true);
		assert_true(fabs(ui_value(&t->ui, 2, KNOB_WEIGHT) - .125) < 1e-12);
		event(t, 0, 0, MOUSE_LEFT, true, false);
		event(t, 0, t->c.cols - 1, MOUSE_LEFT, false, true); /* let go */
		assert_true(fabs(ui_value(&t->ui, 2, KNOB_WEIGHT) - .125) < 1e-12);
		assert_int_equal(t->f.posted, 0); /* the hand still moved */
		t->ui.now += 1;
		ui_post_wishes(&t->ui);
		assert_int_equal(t->f.posted, 1); /* one event */
		assert_string_equal(t->f.last, "weight mrpc 0.125");
		draw(t);
		event(t, y, x, MOUSE_UP, false, false); /* the wheel: a notch */
		assert_true(fabs(ui_value(&t->ui, 2, KNOB_WEIGHT) - .125 * exp2(.25)) <
			    1e-9);
		close_table(t);
	}
}

static void test_lamps(void **state)
{
	static const int size[][2] = {{24, 80}, {40, 120}};

	(void)state;
	for (int k = 0; k < 2; k++)
		for (int knob = KNOB_MUTE; knob < KNOBS; knob++) {
			struct table *t = open_table(size[k][0], size[k][1], 6);
			struct zone z = *find(t, DO_TOGGLE, 4, knob);

			assert_int_equal(ui_value(&t->ui, 4, (enum knob)knob), 0);
			click(t, z.r.y, z.r.x);
			assert_int_equal(t->ui.channel, 4);
			assert_int_equal(ui_value(&t->ui, 4, (enum knob)knob), 1);
			ui_post_wishes(&t->ui);
			assert_int_equal(t->f.posted, 1);
			close_table(t);
		}
}

static void test_choose(void **state)
{
	struct table *t = open_table(24, 80, 20);
	struct zone z = *find(t, DO_NONE, 3, -1);

	(void)state;
	click(t, z.r.y, z.r.x + 6);
	assert_int_equal(t->ui.channel, 3);
	event(t, 20, 40, MOUSE_DOWN, false, false);
	assert_int_equal(t->ui.channel, 4);
	event(t, 20, 40, MOUSE_UP, false, false);
	event(t, 20, 40, MOUSE_UP, false, false);
	assert_int_equal(t->ui.channel, 2);
	t->ui.ask = ASK_QUIT; /* a question has the word */
	click(t, z.r.y, z.r.x + 6);
	assert_int_equal(t->ui.channel, 2);
	close_table(t);
}

/* Every zone of every view is on the screen, and a click on it does no harm. */
static void test_all_zones(void **state)
{
	static const int size[][2] = {{16, 60}, {24, 80}, {40, 120}, {60, 200}};

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct table *t = open_table(size[k][0], size[k][1], 12);

		for (int v = 0; v < VIEWS; v++) {
			int n;

			ui_show(&t->ui, (enum view_id)v);
			draw(t);
			n = t->c.n_zones;
			assert_true(n < ZONES_MAX);
			for (int i = 0; i < n && i < t->c.n_zones; i++) {
				struct zone z = t->c.zone[i];

				assert_true(z.r.y >= 0 && z.r.x >= 0 && z.r.h > 0 &&
					    z.r.w > 0);
				assert_true(z.r.y + z.r.h <= t->c.rows);
				assert_true(z.r.x + z.r.w <= t->c.cols);
				event(t, z.r.y, z.r.x, MOUSE_DOWN, false, false);
				click(t, z.r.y + z.r.h - 1, z.r.x + z.r.w - 1);
				ui_show(&t->ui, (enum view_id)v);
				draw(t);
			}
		}
		close_table(t);
	}
}

static void test_ladder(void **state)
{
	(void)state;
	assert_true(mouse_weight(0) == .125);
	assert_true(mouse_weight(.5) == 1);
	assert_true(mouse_weight(1) == 8);
	for (int i = 0; i <= 1000; i++) {
		double at = log2(mouse_weight(i / 1000.0)) * 4;

		assert_true(fabs(at - rint(at)) < 1e-9);
	}
}

/* --- with a terminal --- */

static void test_modes(void **state)
{
	struct pty_spec s = {.mouse = true}, off = {0};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_DRAG);
	assert_true(pty_raw_has(&p, "\033[?1006h", 8));
	pty_type(&p, "\033[<0;12;2M\033[<0;12;2m");
	assert_true(pty_shows(&p, "LOSS"));
	pty_type(&p, ":\033[<0;1;2M"); /* the prompt has the word */
	assert_true(pty_shows(&p, "\n:"));
	pty_type(&p, "\033");
	pty_kill(&p, SIGTERM);
	assert_int_equal(pty_wait(&p, 5), 143);
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_NONE);
	pty_close(&p);
	pty_begin(&p, &off);
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_NONE);
	assert_false(pty_raw_has(&p, "\033[?100", 6));
	pty_close(&p);
}

static void test_crash(void **state)
{
	struct pty_spec s = {.mouse = true};
	struct pty p;

	(void)state;
#ifdef TUTTI_SANITIZED
	skip(); /* the sanitizer ends the process in its own way */
#endif
	pty_begin(&p, &s);
	pty_send(&p, ":note crash null\r", 17);
	assert_int_equal(pty_wait(&p, 5), -SIGSEGV);
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_NONE);
	assert_true(pty_raw_has(&p, "\033[?1006l", 8));
	pty_close(&p);
}

static void test_switch(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "\033[<0;12;2M"); /* off: a stray report does nothing */
	assert_true(pty_shows(&p, "task"));
	pty_type(&p, ":mouse o\tn\r");
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_DRAG);
	pty_type(&p, "\033[<0;12;2M");
	assert_true(pty_shows(&p, "log"));
	pty_type(&p, ":mouse off\r");
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_NONE);
	pty_type(&p, ":mouse\r");
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_DRAG);
	pty_send(&p, "qy", 2);
	assert_int_equal(pty_wait(&p, 5), 0);
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_NONE);
	pty_close(&p);
}

/* A terminal without one is not asked for it. */
static void test_no_mouse(void **state)
{
	struct pty_spec s = {.mouse = true, .term = "vt100"};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	assert_int_equal(p.mouse, VTERM_PROP_MOUSE_NONE);
	pty_close(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tabs),	  cmocka_unit_test(test_faders),
		cmocka_unit_test(test_lamps),	  cmocka_unit_test(test_choose),
		cmocka_unit_test(test_all_zones), cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_modes),	  cmocka_unit_test(test_crash),
		cmocka_unit_test(test_no_mouse), cmocka_unit_test(test_switch),
	};

	return cmocka_run_group_tests_name("mouse", tests, NULL, NULL);
}
