/*
 * test_models.c - the desk's questions find their model: of a run that has ended
 * its best checkpoint, or the one that was chosen; never what would steer.
 */
#include "fixture/recorded_run.h"

#include "base/clock.h"
#include "ui/models.h"
#include "view/trial.h"
#include "view/view_table.h"
#include "ask/evaluate.h"
#include "ask/open.h"
#include "rundir/checkpoint.h"

static struct err err;

static char run[PATH_MAX];

static int record_run(void **state)
{
	struct snapshot s;

	if (fixture_make_runs(state))
		return -1;
	snapshot_init(&s);
	record_finish(record_start("r0", "30 note hello\n", false, NULL, 0, run), &s);
	snapshot_release(&s);
	return 0;
}

static void wait_trial(struct ui *ui)
{
	double until = clock_now() + 20; /* a poll may return at once, whatever it waits for */

	while (trial_of(ui)->is_waiting && clock_now() < until) {
		struct pollfd p = { .fd = ui->wake_fd, .events = POLLIN };

		poll(&p, 1, 1);
		ui_update(ui);
	}
	assert_false(trial_of(ui)->is_waiting);
}

/* The trial's answer is what a session opened at `step` says. */
static void assert_said_by(struct ui *ui, int64_t step)
{
	struct session *s = NULL;
	struct buf want;

	wait_trial(ui);
	buf_init(&want);
	assert_int_equal(session_open(&(struct session_wanted){ .run = run, .step = step,
								.workers = 1 },
				      NULL, NULL, &s, &err), ST_OK);
	assert_int_equal(evaluate_text(s, -1, "lemon north", NULL, &want, &err), ST_OK);
	assert_string_equal(buf_str(&trial_of(ui)->answer), buf_str(&want));
	buf_release(&want);
	session_free(s);
}

static void open_ui(struct ui *ui, struct ended_run **ended)
{
	struct feed f;

	assert_int_equal(ended_run_open(run, ended, &err), ST_OK);
	feed_ended_run(&f, *ended);
	ui_init(ui, &f, view_table);
	ui_update(ui);
}

static void test_ended(void **state)
{
	struct ui *ui = xcalloc(1, sizeof *ui);
	struct ended_run *ended = NULL;
	char name[64];

	(void)state;
	open_ui(ui, &ended);
	assert_false(models_is_live(ui));
	models_name(ui, name);
	assert_true(str_starts(name, "the best checkpoint, step ")); /* before it is asked */
	trial_start(ui, "lemon north");
	assert_true(ui_shows_layer(ui, VIEW_TRY) && trial_of(ui)->is_waiting);
	assert_said_by(ui, CHECKPOINT_BEST);
	models_name(ui, name);
	assert_true(str_starts(name, "best checkpoint, step "));
	models_choose(ui, "60"); /* the same text again, of another model */
	models_name(ui, name);
	assert_non_null(strstr(name, "step 60"));
	assert_said_by(ui, 60);
	models_choose(ui, "best");
	assert_said_by(ui, CHECKPOINT_BEST);
	for (int i = 0; i < 5; i++) { /* before the first one has answered */
		models_choose(ui, "60");
		models_choose(ui, i % 2 ? "best" : "40");
	}
	assert_said_by(ui, 40);
	while (ui->models.n_waiting)
		ui_update(ui);
	assert_said_by(ui, 40);
	ui_back(ui);
	assert_false(ui_shows_layer(ui, VIEW_TRY));
	ui_release(ui);
	ended_run_close(ended);
	xfree(ui);
}

/* Round and round, through all that are kept. */
static void test_next(void **state)
{
	struct ui *ui = xcalloc(1, sizeof *ui);
	struct ended_run *ended = NULL;
	struct checkpoint_info *list = NULL;
	int64_t first, steps[16];
	int n = 0, kept = 0;

	(void)state;
	assert_int_equal(checkpoint_list(run, &list, &kept, &err), ST_OK);
	open_ui(ui, &ended);
	models_choose(ui, "next");
	first = ui->models.step;
	assert_true(ui->models.is_best);
	do {
		for (int i = 0; i < n; i++)
			assert_true(steps[i] != ui->models.step);
		steps[n++] = ui->models.step;
		models_choose(ui, "next");
	} while (ui->models.step != first && n < 16);
	assert_int_equal(n, kept);
	assert_non_null(strstr(ui->message, "questions go to best checkpoint"));
	ui_release(ui);
	ended_run_close(ended);
	xfree(list);
	xfree(ui);
}

static void test_refusals(void **state)
{
	struct ui *ui = xcalloc(1, sizeof *ui);
	struct ended_run *ended = NULL;

	(void)state;
	open_ui(ui, &ended);
	assert_false(ui_post(ui, "weight mood 2", true, NULL));
	assert_non_null(strstr(ui->message, "nothing to steer"));
	ui_wish(ui, 0, KNOB_WEIGHT, 2);
	assert_false(ui_is_wished(ui, 0, KNOB_WEIGHT));
	models_choose(ui, "live");
	assert_non_null(strstr(ui->message, "has ended"));
	models_choose(ui, "41");
	assert_non_null(strstr(ui->message, "step 41"));
	models_choose(ui, "worst");
	assert_true(ui->is_bad);
	assert_int_equal(ui->models.step, MODEL_LIVE); /* as it was */
	assert_true(ui_post(ui, "try lemon north", true, NULL)); /* typed as a command */
	for (int i = 0; i < 20000 && ui->models.n_waiting; i++) {
		struct pollfd p = { .fd = ui->wake_fd, .events = POLLIN };

		poll(&p, 1, 1);
		ui_update(ui);
	}
	assert_non_null(strstr(ui->message, "\"tasks\""));
	trial_start(ui, "lemon"); /* left with a question under way */
	ui_release(ui);
	ended_run_close(ended);
	xfree(ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("models", tests, record_run, fixture_remove);
}
