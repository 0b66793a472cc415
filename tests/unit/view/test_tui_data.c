/*
 * test_tui_data.c - the Data view over many rows and the Runs view over many runs
 * never hold up a key: what a frame costs is measured in this thread's own time.
 */
#include "desk/frame.h"
#include "view/view_table.h"
#include "fixture/data_check.h"

#include <time.h>

#include "fixture/eval_row.h"
#include "ui/keys.h"
#include "store/store.h"
#include "view/view_data.h"
#include "view/view_runs.h"

enum { ROWS = 100000, RUNS = 120 };
static const double A_FRAME = .010; /* seconds of reading, at most */

static int make(void **state)
{
	if (scratch_make_cache(state))
		return -1;
	return mkdir(in_scratch("runs"), 0700) || mkdir(in_scratch("runs/r0"), 0700);
}

static void put_rows(void)
{
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < ROWS; i++)
		buf_addf(&b, "%s\trow %d of many , which says little and says it slowly %d\n",
			 i % 3 ? "yes" : "no", i % 90000, i % 90000 % 7);
	put_file("rows.tsv", b.s, b.len);
	buf_clear(&b);
	buf_addf(&b, "{\"tutti\": 1, \"tokenizer\": {\"size\": 200}, \"tasks\": {\"t\": "
		 "{\"kind\": \"classify\", \"train\": \"%s/rows.tsv\", \"text\": \"1\", "
		 "\"label\": \"0\", \"labels\": [\"no\", \"yes\"]}}, "
		 "\"budget\": {\"steps\": 10}}", scratch);
	put_file("runs/r0/plan.json", b.s, b.len);
	buf_release(&b);
}

/* --- a desk without a terminal --- */

static bool no_snapshot(void *arg, struct snapshot *dst)
{
	(void)arg;
	(void)dst;
	return false;
}

static void start(struct ui *ui, enum view_id view)
{
	struct feed feed = { .snapshot = no_snapshot };

	ui_init(ui, &feed, view_table);
	str_copy(ui->live.run_path, sizeof ui->live.run_path, in_scratch("runs/r0"));
	ui->live.n_channels = 1;
	ui->live.ch = xcalloc(2, sizeof *ui->live.ch);
	str_copy(ui->live.ch[0].name, sizeof ui->live.ch[0].name, "t");
	ui->live.phase = PHASE_DONE;
	ui->view = view;
}

static double own_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One frame: recalc and draw; returns its cost. */
static double frame(struct ui *ui, struct canvas *c)
{
	double from = own_time();

	ui->now += .25;
	ui_recalc(ui);
	canvas_clear(c);
	draw_screen(c, ui);
	return own_time() - from;
}

static bool shows(const struct canvas *c, const char *text)
{
	bool found = false;

	for (int y = 0; y < c->rows && !found; y++) {
		char *line = canvas_line(c, y);

		found = strstr(line, text) != NULL;
		xfree(line);
	}
	return found;
}

/* Frames until `text` is there; how many, and the dearest one. */
static int frames_until(struct ui *ui, struct canvas *c, const char *text, double *most)
{
	for (int n = 1; n < 20000; n++) {
		double cost = frame(ui, c);

		*most = cost > *most ? cost : *most;
		if (shows(c, text))
			return n;
		usleep(1000);
	}
	fail_msg("'%s' never came", text);
	return 0;
}

static void test_many_rows(void **state)
{
	static struct ui ui;
	struct canvas c;
	double most = 0;

	(void)state;
	put_rows();
	start(&ui, VIEW_DATA);
	canvas_init(&c);
	c.utf8 = c.fancy = true;
	canvas_resize(&c, 40, 120);
	assert_true(frames_until(&ui, &c, "10,000", &most) > 3); /* repeated rows */
	assert_true(frames_until(&ui, &c, "1 of 100,000", &most) >= 1);
	data_view_act(&ui, DO_ONLY, ONLY_REPEATED);
	frames_until(&ui, &c, "1 of 10,000", &most);
	data_view_act(&ui, DO_END, 1);
	frames_until(&ui, &c, "10,000 of 10,000", &most);
	data_view_find(&ui, "len>5 label=no ROW 77");
	frames_until(&ui, &c, "'row 77'", &most);
	data_view_act(&ui, DO_CLEAR, 0);
	for (int i = 0; i < 300; i++) {
		double cost;

		data_view_act(&ui, DO_MOVE, i * 331);
		cost = frame(&ui, &c);
		most = cost > most ? cost : most;
	}
	print_message("the dearest frame of the Data view: %.2f ms\n", most * 1e3);
	assert_true(most < A_FRAME * 2);
	canvas_release(&c);
	ui_release(&ui);
}

/* The desk closes while the data is being read: it does not wait for the end. */
static void test_closing(void **state)
{
	static struct ui ui;
	struct canvas c;
	double from;

	(void)state;
	put_rows(); /* another file by its times: nothing is cached */
	start(&ui, VIEW_DATA);
	canvas_init(&c);
	canvas_resize(&c, 24, 80);
	frame(&ui, &c);
	usleep(20000);
	from = own_time();
	ui_release(&ui);
	assert_true(own_time() - from < .02);
	canvas_release(&c);
}

/* --- many runs --- */

static void put_runs(void)
{
	struct store *s = NULL;
	struct buf plan, db;

	assert_int_equal(store_open(in_scratch("runs/r0/run.db"), true, &s, NULL), ST_OK);
	for (int step = 100; step <= 3000; step += 100) {
		struct eval_row r = { .step = step, .n_examples = 9, .n_metrics = 1 };

		str_copy(r.metric[0].name, 16, "accuracy");
		r.metric[0].value = step / 4000.0;
		assert_int_equal(put_eval_row(s, &r), ST_OK);
	}
	store_close(s);
	buf_init(&plan);
	buf_init(&db);
	file_read(in_scratch("runs/r0/plan.json"), 1 << 20, &plan, NULL);
	file_read(in_scratch("runs/r0/run.db"), 16 << 20, &db, NULL);
	for (int i = 1; i < RUNS; i++) {
		char name[60];

		snprintf(name, sizeof name, "runs/r%d", i);
		assert_int_equal(mkdir(in_scratch(name), 0700), 0);
		snprintf(name, sizeof name, "runs/r%d/plan.json", i);
		put_file(name, plan.s, plan.len);
		snprintf(name, sizeof name, "runs/r%d/run.db", i);
		put_file(name, db.s, db.len);
	}
	buf_release(&plan);
	buf_release(&db);
}

static void test_many_runs(void **state)
{
	static struct ui ui;
	struct canvas c;
	double most = 0;

	(void)state;
	put_runs();
	start(&ui, VIEW_RUNS);
	ui.chart.kind = CHART_DEV;
	canvas_init(&c);
	c.utf8 = c.fancy = true;
	canvas_resize(&c, 40, 120);
	assert_true(frames_until(&ui, &c, "120 of 120", &most) > 1);
	for (int i = 0; i < 200; i++) { /* again and again, marks and sorts between */
		double cost;

		runs_view_act(&ui, i % 9 ? DO_MOVE : DO_OPEN, 1);
		runs_view_act(&ui, i % 31 ? DO_NONE : DO_SORT, 0);
		cost = frame(&ui, &c);
		most = cost > most ? cost : most;
		usleep(500);
	}
	print_message("the dearest frame of the Runs view: %.2f ms\n", most * 1e3);
	assert_true(most < A_FRAME * 2);
	canvas_release(&c);
	ui_release(&ui);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_many_runs),
	};

	return cmocka_run_group_tests_name("tui_data", tests, make, scratch_remove);
}
