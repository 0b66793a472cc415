/*
 * test_views.c - the rows of views and what the screen's state does with them:
 * their data, what is shown over what, what :find and Esc reach.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/fake_feed.h"
#include "ui/keys.h"
#include "view/desk_command.h"
#include "view/journal_view.h"
#include "view/trial.h"
#include "view/view_data.h"
#include "view/view_help.h"
#include "view/view_runs.h"
#include "view/view_table.h"

struct bench {
	struct fake fake;
	struct feed feed;
	struct ui ui;
};

static int open_bench(void **state)
{
	struct bench *b = xcalloc(1, sizeof *b);

	fake_init(&b->fake, FAKE_TASKS, 12340);
	b->feed = fake_feed(&b->fake);
	ui_init(&b->ui, &b->feed, view_table);
	ui_update(&b->ui);
	*state = b;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *b = *state;

	ui_release(&b->ui);
	fake_release(&b->fake);
	xfree(b);
	return 0;
}

static void test_rows(void **state)
{
	const struct bench *b = *state;

	for (int v = 0; v < VIEW_ROWS; v++) {
		const struct view *row = view_table[v];

		assert_non_null(row);
		assert_true(row->name && row->brief && row->draw && row->act);
		assert_true(!row->own_new == !row->own_free);
		assert_true(!row->own_new == !b->ui.own[v]);
		assert_true(v >= VIEWS || row->hints);
		for (int o = 0; o < v; o++) {
			assert_ptr_not_equal(row, view_table[o]);
			assert_true(!row->digit || row->digit != view_table[o]->digit);
		}
	}
}

/* The key of a view's row is the key that shows it. */
static void test_digits(void **state)
{
	(void)state;
	for (int v = 0; v < VIEWS; v++) {
		char digit = view_table[v]->digit;
		const struct key_row *k = key_find(VIEW_DESK, (uint32_t)digit);

		if (!digit)
			continue;
		assert_non_null(k);
		assert_int_equal(k->action, DO_VIEW);
		assert_int_equal(k->arg, v);
	}
}

static void test_help(void **state)
{
	struct ui *ui = &((struct bench *)*state)->ui;

	ui_show(ui, VIEW_DATA);
	ui_show(ui, VIEW_HELP);
	assert_int_equal(ui->back, VIEW_DATA);
	help_of(ui)->top = 3;
	ui_show(ui, VIEW_HELP); /* it stays where it is */
	assert_int_equal(help_of(ui)->top, 3);
	assert_int_equal(ui->back, VIEW_DATA);
	ui_back(ui);
	assert_int_equal(ui->view, VIEW_DATA);
	ui_show(ui, VIEW_HELP);
	assert_int_equal(help_of(ui)->top, 0);
	assert_true(desk_command_run(ui, "help weight"));
	assert_string_equal(help_of(ui)->word, "weight");
	ui_back(ui);
	assert_string_equal(help_of(ui)->word, "");
}

/* Data gives its work up while another view is shown, but not for help over it. */
static void test_idle(void **state)
{
	struct ui *ui = &((struct bench *)*state)->ui;

	ui->now = 100;
	ui_show(ui, VIEW_DATA);
	ui_recalc(ui);
	assert_true(data_view_of(ui)->left <= 0);
	ui_show(ui, VIEW_HELP);
	ui_recalc(ui);
	assert_true(data_view_of(ui)->left <= 0);
	ui_show(ui, VIEW_DESK);
	ui_recalc(ui);
	assert_true(data_view_of(ui)->left == 100);
}

static void test_find(void **state)
{
	struct ui *ui = &((struct bench *)*state)->ui;

	ui_show(ui, VIEW_RUNS);
	assert_true(desk_command_run(ui, "find demo"));
	assert_string_equal(runs_view_of(ui)->filter, "demo");
	assert_int_equal(ui->view, VIEW_RUNS);
	ui_show(ui, VIEW_CURVES); /* it has no list of its own */
	assert_true(desk_command_run(ui, "find weight"));
	assert_int_equal(ui->view, VIEW_JOURNAL);
	assert_string_equal(journal_of(ui)->word, "weight");
	assert_string_equal(runs_view_of(ui)->filter, "demo");
}

static void test_layer(void **state)
{
	struct bench *b = *state;
	struct ui *ui = &b->ui;

	ui_show(ui, VIEW_SUMMARIES);
	b->fake.holds_answers = true;
	trial_start(ui, "one text");
	assert_ptr_equal(ui->layer, &view_try);
	assert_true(trial_of(ui)->is_waiting);
	assert_true(ui->layer->model_changed(ui));
	assert_string_equal(trial_of(ui)->text, "one text");
	assert_int_equal(trial_of(ui)->serial, 2);
	assert_int_equal(b->fake.posted, 2);
	ui_back(ui); /* the layer, and nothing below it */
	assert_null(ui->layer);
	assert_int_equal(ui->view, VIEW_SUMMARIES);
	trial_start(ui, "another");
	ui_show(ui, VIEW_DESK);
	assert_null(ui->layer);
	b->fake.holds_answers = false; /* what comes late opens nothing */
	ui_update(ui);
	assert_null(ui->layer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, open_bench, close_bench),
		cmocka_unit_test(test_digits),
		cmocka_unit_test_setup_teardown(test_help, open_bench, close_bench),
		cmocka_unit_test_setup_teardown(test_idle, open_bench, close_bench),
		cmocka_unit_test_setup_teardown(test_find, open_bench, close_bench),
		cmocka_unit_test_setup_teardown(test_layer, open_bench, close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
