/*
 * test_runs_chart.c - what Runs' chart says where there is nothing to draw: of imported
 * predictions that they have no curve, by losses as by metrics; of others as ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "look/snapshot.h"
#include "screen/canvas.h"
#include "view/view_runs.h"

enum { RUNS = 3, ROWS = 12, COLS = 70 };

static struct run_card card[RUNS];
static struct snapshot pic;

/* Two imported ones and one that was trained; those named in `marks` are drawn. */
static struct runs_view *view_of(const char *marks)
{
	struct runs_view *v = xcalloc(1, sizeof *v);

	v->table = (struct run_table){ .n = RUNS, .card = card };
	str_copy(v->task, sizeof v->task, "topic");
	for (int i = 0; i < RUNS; i++) {
		card[i] = (struct run_card){ .info = { .is_imported = i < 2 } };
		str_format(card[i].info.name, sizeof card[i].info.name, "%c", 'a' + i);
		str_copy(card[i].info.path, sizeof card[i].info.path, card[i].info.name);
	}
	for (int k = 0; marks[k]; k++)
		str_format(v->mark[k], RUN_NAME, "%c", marks[k]);
	runs_marks_settle(v);
	return v;
}

static bool shows(const char *marks, bool is_dev, bool has_range, const char *text)
{
	struct runs_view *v = view_of(marks);
	struct canvas c;
	bool found = false;

	if (has_range) {
		struct curve_range r = { .is_set = true, .unit = .1, .hi = 10 };

		v->dev_range = v->loss_range = r;
	}
	canvas_init(&c);
	canvas_resize(&c, ROWS, COLS);
	draw_runs_chart(&c, v, &pic, is_dev, (struct rect){ 0, 0, 1, COLS },
			(struct rect){ 1, 0, ROWS - 1, COLS });
	for (int y = 0; y < ROWS; y++) {
		char *line = canvas_line(&c, y);

		found |= strstr(line, text) != NULL;
		xfree(line);
	}
	canvas_release(&c);
	xfree(v->mark_of);
	xfree(v);
	return found;
}

static void test_words(void **state)
{
	static const char none[] = "imported predictions have no curve";

	(void)state;
	for (int dev = 0; dev < 2; dev++)
		for (int range = 0; range < 2; range++) {
			assert_true(shows("a", dev, range, none));
			assert_true(shows("ba", dev, range, none));
			assert_false(shows("c", dev, range, none));
			assert_false(shows("ac", dev, range, none)); /* one has a curve */
			assert_false(shows("", dev, range, none));
		}
	assert_true(shows("c", true, false, "no evaluation of this task yet"));
	assert_false(shows("a", true, false, "no evaluation"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("runs chart", tests, NULL, NULL);
}
