/*
 * Layouts over all sizes: nothing overlaps, nothing leaves the screen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "widget/layout.h"

static void inside(struct rect r, struct rect all)
{
	assert_true(r.h >= 0 && r.w >= 0);
	if (r.h == 0 || r.w == 0)
		return;
	assert_true(r.y >= all.y && r.x >= all.x);
	assert_true(r.y + r.h <= all.y + all.h && r.x + r.w <= all.x + all.w);
}

static void apart(struct rect a, struct rect b)
{
	if (!a.h || !a.w || !b.h || !b.w)
		return;
	assert_true(a.y + a.h <= b.y || b.y + b.h <= a.y || a.x + a.w <= b.x ||
		    b.x + b.w <= a.x);
}

static void all_apart(const struct rect *r, int n, struct rect all)
{
	for (int i = 0; i < n; i++) {
		inside(r[i], all);
		for (int k = 0; k < i; k++)
			apart(r[i], r[k]);
	}
}

static void check_desk(struct rect body, int tasks)
{
	struct desk_layout l;
	struct rect r[5];

	layout_desk(body, tasks, &l);
	r[0] = l.strips;
	r[1] = l.mix;
	r[2] = l.legend;
	r[3] = l.chart;
	r[4] = l.journal;
	all_apart(r, 5, body);
	assert_true(l.visible >= 0 && l.visible <= tasks);
	for (int i = 0; l.tall && i < l.visible; i++) {
		inside(layout_strip(&l, i), l.strips);
		if (i)
			apart(layout_strip(&l, i), layout_strip(&l, i - 1));
	}
	if (body.h >= LAYOUT_MIN_ROWS - 3 && tasks > 0)
		assert_true(l.visible > 0 && l.chart.h >= 3);
}

static void check_pairs(struct rect body, int tasks)
{
	for (int parts = 1; parts < 40; parts += 7) {
		struct pairs_layout p;

		layout_pairs(body, tasks, parts, &p);
		all_apart((struct rect[]){p.head, p.words, p.matrix, p.groups, p.chart, p.help},
			  6, body);
		assert_true(p.rows <= tasks && p.columns <= tasks);
		if (body.h < LAYOUT_MIN_ROWS - 3 || body.w < LAYOUT_MIN_COLS)
			continue;
		assert_true(p.rows >= (tasks < 4 ? tasks : 4));
		assert_true(p.columns >= (tasks < 4 ? tasks : 4));
		assert_true(p.matrix.h > p.rows && p.groups.h >= 2 && p.groups.w >= 30);
		assert_true(p.name_w + 5 + p.columns * p.cell < p.matrix.w ||
			    (!p.is_beside && p.name_w + 5 + p.columns * p.cell < body.w));
	}
}

static void check_gradients(struct rect body, int tasks)
{
	struct gradients_layout l;

	layout_gradients(body, tasks, &l);
	check_pairs(body, tasks);
	all_apart((struct rect[]){l.head, l.table, l.legend, l.chart, l.help}, 5, body);
	assert_true(l.visible >= 0 && l.visible <= tasks);
	assert_true(l.table.h == 0 || l.visible < l.table.h);
	if (body.h >= LAYOUT_MIN_ROWS - 3 && tasks > 0)
		assert_true(l.visible > 0 && l.chart.h >= 3);
}

static void check_others(struct rect body, int classes)
{
	struct inspect_layout i;
	struct summary_layout s;

	layout_inspect(body, classes, 0, &i);
	all_apart((struct rect[]){i.head, i.matrix, i.calibration, i.list, i.detail}, 5,
		  body);
	layout_summary(body, &s);
	all_apart((struct rect[]){s.head, s.source, s.reference, s.output, s.words,
				  s.rouge, s.low},
		  7, body);
	if (body.h >= LAYOUT_MIN_ROWS - 3 && body.w >= LAYOUT_MIN_COLS)
		assert_true(s.source.h >= 3 && s.reference.h >= 2 && s.output.h >= 3 &&
			    s.rouge.h >= 4 && s.low.w >= 20);
}

static void check_history(struct rect body, int tasks)
{
	struct curves_layout c;
	struct journal_layout j;

	layout_curves(body, tasks, &c);
	all_apart((struct rect[]){c.legend, c.chart, c.values, c.entries}, 4, body);
	layout_journal(body, &j);
	all_apart((struct rect[]){j.timeline, j.legend, j.list, j.detail}, 4, body);
	if (body.h >= LAYOUT_MIN_ROWS - 3) {
		assert_true(c.chart.h >= 8 && c.chart.w >= 40 && c.values.h >= 1);
		assert_true(j.list.h >= 4 && j.timeline.h >= 2);
	}
}

static void check_data(struct rect body)
{
	struct data_layout d;
	struct runs_layout r;

	for (int open = 0; open < 2; open++) {
		layout_data(body, open, &d);
		all_apart((struct rect[]){d.head, d.splits, d.lengths, d.side, d.skips,
					  d.list, d.detail},
			  7, body);
		if (body.h >= LAYOUT_MIN_ROWS - 3)
			assert_true(open ? d.detail.h >= 8 : d.list.h >= 6);
	}
	for (int runs = 0; runs < 500; runs += runs < 40 ? 1 : 97) {
		layout_runs(body, runs, &r);
		all_apart((struct rect[]){r.head, r.table, r.legend, r.chart, r.detail}, 5,
			  body);
		if (body.h >= LAYOUT_MIN_ROWS - 3)
			assert_true(r.table.h >= 6 && r.chart.h >= 3);
	}
}

static void check_size(int rows, int cols)
{
	struct rect all = {0, 0, rows, cols};
	struct page p;

	layout_page(rows, cols, &p);
	assert_int_equal(p.too_small, rows < 16 || cols < 60);
	all_apart((struct rect[]){p.title, p.tabs, p.body, p.foot}, 4, all);
	if (p.too_small)
		return;
	for (int tasks = 0; tasks <= 64; tasks += tasks < 8 ? 1 : 7) {
		check_desk(p.body, tasks);
		check_history(p.body, tasks);
		check_gradients(p.body, tasks);
	}
	check_desk(p.body, 64);
	check_gradients(p.body, 64);
	for (int classes = 0; classes < 200; classes += classes < 10 ? 1 : 37)
		check_others(p.body, classes);
	check_data(p.body);
}

static void test_sweep(void **state)
{
	(void)state;
	for (int rows = 1; rows <= 300; rows += rows < 60 ? 1 : 13)
		for (int cols = 1; cols <= 500; cols += cols < 150 ? 1 : 17)
			check_size(rows, cols);
	check_size(300, 500);
}

/* A hundred thousand screens nobody thought of. */
static void test_random(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		unsigned d[4];
		struct page p;
		int rows, cols;

		for (int k = 0; k < 4; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			d[k] = (unsigned)(seed >> 33);
		}
		rows = 1 + (int)(d[0] % (i % 2 ? 300 : 60));
		cols = 1 + (int)(d[1] % (i % 2 ? 500 : 160));
		layout_page(rows, cols, &p);
		all_apart((struct rect[]){p.title, p.tabs, p.body, p.foot}, 4,
			  (struct rect){0, 0, rows, cols});
		check_desk(p.body, (int)(d[2] % 65));
		check_others(p.body, (int)(d[3] % 300));
	}
}

static void test_first(void **state)
{
	(void)state;
	for (int n = 1; n <= 64; n++)
		for (int visible = 1; visible <= n; visible++)
			for (int chosen = 0; chosen < n; chosen++) {
				int first = layout_first(n, visible, chosen);

				assert_true(first >= 0 && first + visible <= n);
				assert_true(chosen >= first &&
					    chosen < first + visible);
			}
}

/* What the acceptance sizes get. */
static void test_known_sizes(void **state)
{
	struct desk_layout l;
	struct page p;

	(void)state;
	layout_page(24, 80, &p);
	layout_desk(p.body, 6, &l);
	assert_false(l.tall);
	assert_int_equal(l.visible, 6);
	assert_true(l.chart.h >= 10);
	layout_page(40, 120, &p);
	layout_desk(p.body, 6, &l);
	assert_true(l.tall);
	assert_int_equal(l.visible, 6);
	assert_true(l.mix.w >= 16);
	assert_true(l.chart.h >= 14);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_known_sizes),
	};

	return cmocka_run_group_tests_name("tui_layout", tests, NULL, NULL);
}
