/*
 * test_trainer.c - the live engine: commands while it runs, replay to the same
 * bits, guards, a run seen from outside.
 */
#include "fixture/live_run.h"

#include <math.h>

#include "ask/evaluate.h"
#include "ask/open.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/rundir.h"
#include "trainer/trainer.h"

/* --- plain runs --- */

static void test_run(void **state)
{
	struct live_wanted w = { .workers = 2, .paused = true };
	char file[PATH_MAX];
	struct trainer *t = live_start(&w);
	struct trainer_options again = { .resume = live_path, .steps = -1 };
	struct trainer *second;

	(void)state;
	assert_int_equal(trainer_start(&again, &second, &live_err), ST_BUSY);
	assert_int_equal(trainer_post(t, "continue", WHO_PERSON, NULL, &live_err), ST_OK);
	assert_int_equal(live_finish(t), ST_OK);
	assert_int_equal(live_snap.step, 60);
	assert_int_equal(live_snap.phase, PHASE_DONE);
	assert_int_equal(live_snap.n_channels, 3);
	assert_int_equal(live_snap.eval_step, 60);
	assert_int_equal(live_snap.evals, 3);
	assert_int_equal(live_snap.checkpoint_step, 60);
	assert_int_equal(strlen(live_snap.state), 32);
	assert_true(live_snap.tokens > 0 && live_snap.train_seconds > 0);
	for (int i = 0; i < 3; i++) {
		const struct channel *c = &live_snap.ch[i];

		assert_true(c->micro_batches > 0 && isfinite(c->smooth));
		assert_true(isfinite(c->dev));
		/* the mean is a constant: it has no correlation */
		assert_true(isfinite(c->baseline) == (c->kind != TASK_REGRESS));
		assert_int_equal(c->curve.n, 60);
		assert_int_equal(c->dev_curve.n, 3);
		assert_int_equal(c->n_train, i == 0 ? 200 : i == 1 ? 90 : 120);
	}
	str_format(file, sizeof file, "%s/plan.given.json", live_path);
	assert_true(file_exists(file));
	assert_false(run_is_live(live_path));
}

static void test_same_bits(void **state)
{
	const struct live_wanted w[] = {
		{ .workers = 1 },
		{ .workers = 2 },
		{ .workers = 4, .sets = { "budget.checkpoint_every=3" }, .n_sets = 1 },
		{ .workers = 2, .sets = { "budget.checkpoint_every=50",
					  "budget.eval_every=0" }, .n_sets = 2 },
		{ .workers = 1, .sets = { "budget.eval_every=7",
					  "budget.eval_examples=0" }, .n_sets = 2 },
	};
	char first[40], other[40];

	(void)state;
	live_whole(&w[0], first);
	for (size_t i = 1; i < sizeof w / sizeof *w; i++) {
		live_whole(&w[i], other);
		assert_string_equal(first, other);
	}
}

/* --- commands while it runs --- */

/* Any weighting method, those on gradients at times by layer. */
static void random_weighting(double x, char *out, size_t cap)
{
	const struct method *row;
	int n = 0, at;

	while (method_at(METHOD_WEIGHTING, n))
		n++;
	at = (int)(x * n);
	row = method_at(METHOD_WEIGHTING, at);
	str_format(out, cap, "weighting %s%s", row->name,
		   method_combines(row) && x * n - at > 0.6 ? " scope=layer every=3" : "");
}

static void random_command(const struct rng *r, uint64_t i, char *out, size_t cap)
{
	static const char *const tasks[] = { "mood", "count", "sum" };
	const char *task = tasks[rng_below(r, 4 * i, 3)];
	double x = rng_uniform(r, 4 * i + 1);

	switch (rng_below(r, 4 * i + 2, 14)) {
	case 0: case 1: str_format(out, cap, "weight %s %.3f", task, 3 * x); break;
	case 2: str_format(out, cap, "share %s %.3f", task, x); break;
	case 3: str_format(out, cap, "share %s auto", task); break;
	case 4: str_format(out, cap, "mute %s %s", task, x < 0.5 ? "on" : "off"); break;
	case 5: str_format(out, cap, "solo %s %s", task, x < 0.4 ? "on" : "off"); break;
	case 6: str_format(out, cap, "lock %s %s", task, x < 0.5 ? "on" : "off"); break;
	case 7: str_format(out, cap, "lr %.5f", 0.01 * x); break;
	case 8: str_format(out, cap, "dropout %.2f", 0.5 * x); break;
	case 9: str_format(out, cap, "clip %.2f", 2 * x); break;
	case 10:
		if (x < 0.3)
			str_format(out, cap, "sampling temperature T=%.2f", 1 + 4 * x);
		else
			str_format(out, cap, "sampling %s", x < 0.8 ? "dynamic floor=0.1" :
				   x < 0.9 ? "annealed" : "uniform");
		break;
	case 11: random_weighting(x, out, cap); break;
	case 12: str_format(out, cap, "%s", x < 0.5 ? "eval" : "checkpoint"); break;
	default: str_format(out, cap, "note the hand moved %.3f", x); break;
	}
}

static void test_live_session(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		const struct live_wanted w = { .workers = 2,
			.sets = { "budget.steps=150" }, .n_sets = 1 };
		struct rng r = rng_stream(seed, RNG_TEST, 3, 0);
		char line[128];
		struct trainer *t = live_start(&w);
		uint64_t ticket = 0;
		int taken = 0;

		for (uint64_t i = 0; i < 30; i++) {
			enum status st;

			live_wait_step(t, (int64_t)(4 * i));
			random_command(&r, i, line, sizeof line);
			st = trainer_post(t, line, WHO_PERSON, &ticket, &live_err);
			if (st == ST_END)
				break;
			if (st)
				fail_msg("%s: %s", line, live_err.text);
			while (live_snap.ticket < ticket && !live_has_ended())
				live_look(t);
			taken += trainer_answer(t, ticket, NULL, &live_err) == ST_OK;
		}
		assert_int_equal(live_finish(t), ST_OK);
		assert_true(taken > 10);
		assert_true(live_snap.n_journal > 0);
		assert_replays(1);
		assert_replays(4);
	}
}

/* Nobody waits for answers; evaluations at every other step. */
static void test_storm(void **state)
{
	const struct live_wanted w = { .workers = 2,
		.sets = { "budget.eval_every=2", "budget.steps=80" }, .n_sets = 2 };
	struct rng r = rng_stream(9, RNG_TEST, 4, 0);
	char line[128];
	struct trainer *t = live_start(&w);
	uint64_t ticket = 0;

	(void)state;
	live_wait_step(t, 1);
	for (uint64_t i = 0; i < 400; i++) {
		enum status st;

		random_command(&r, i, line, sizeof line);
		st = trainer_post(t, line, WHO_PERSON, &ticket, &live_err);
		if (st == ST_END)
			break;
		if (st == ST_FULL || i % 20 == 19)
			live_look(t);
	}
	/* the hand may have left it with nothing heard, and so paused: play on */
	trainer_post(t, "continue", WHO_PERSON, NULL, NULL);
	assert_int_equal(live_finish(t), ST_OK);
	assert_int_equal(live_snap.ticket >= ticket, 1);
	assert_replays(2);
}

/* --- guards --- */

/* A weight no plan takes, so that no update can be made. */
static void test_guard(void **state)
{
	const struct live_wanted w = { .workers = 2, .weight = 1e30,
				  .sets = { "optimizer.clip=0" }, .n_sets = 1 };

	(void)state;
	assert_int_equal(live_finish(live_start(&w)), ST_FAILED);
	assert_non_null(strstr(live_err.text, "10 updates in a row skipped"));
	assert_int_equal(live_snap.phase, PHASE_FAILED);
	assert_int_equal(live_snap.skipped, 10);
	assert_int_equal(live_snap.n_journal, 13); /* and after 3, 6, 9 what helps */
	assert_non_null(strstr(live_snap.journal[3].command, "note finite: divergence: "));
	assert_int_equal(live_snap.journal[0].who, WHO_GUARD);
	assert_non_null(strstr(live_snap.journal[0].command, "update skipped"));
	assert_int_equal(live_snap.journal[0].step, 1);
}

/* A few updates skipped, then the hand puts it right and it goes on. */
static void test_guard_goes_on(void **state)
{
	const struct live_wanted w = { .workers = 2, .weight = 1e30,
		.sets = { "optimizer.clip=0" }, .n_sets = 1,
		.script = "4 weight mood 1\n4 weight count 1\n4 weight sum 1\n" };

	(void)state;
	assert_int_equal(live_finish(live_start(&w)), ST_OK);
	assert_int_equal(live_snap.step, 60);
	assert_int_equal(live_snap.skipped, 4);
	assert_int_equal(live_snap.n_journal, 8);
	assert_true(isfinite(live_snap.ch[0].dev) && isfinite(live_snap.ch[2].dev));
}

/*
 * The guard goes back and halves the rate, down to a quarter, then ends the run, before it
 * fails.
 */
static void test_guard_acts(void **state)
{
	const struct live_wanted w = { .workers = 2, .weight = 1e30,
		.sets = { "optimizer.clip=0", "guards.finite=act n=2 least=0.25" }, .n_sets = 2 };
	const char *const want[] = { "note gradient", "note gradient", "note finite", "rollback",
				     "lr 0.0015", "note gradient", "note gradient",
				     "note finite", "rollback", "lr 0.00075" };

	(void)state;
	assert_int_equal(live_finish(live_start(&w)), ST_STOPPED);
	assert_int_equal(live_snap.step, 2);
	assert_int_equal(live_snap.skipped, 2);
	assert_int_equal(live_snap.n_journal, 10 + 3);
	for (int i = 0; i < 10; i++)
		if (!str_starts(live_snap.journal[i].command, want[i]))
			fail_msg("entry %d: %s", i, live_snap.journal[i].command);
}

/* --- looking at a run from outside --- */

static void test_open(void **state)
{
	const struct live_wanted live = { .workers = 2 };
	struct session_wanted w;
	char hash[40];
	struct session *a = NULL, *b = NULL;
	struct eval_options o = { .greedy = true };
	struct evaluation e;
	struct buf json;

	(void)state;
	live_whole(&live, hash);
	w = (struct session_wanted){ .run = live_path, .step = CHECKPOINT_NEWEST, .workers = 2,
				     .with_data = true };
	assert_int_equal(session_open(&w, NULL, NULL, &a, &live_err), ST_OK);
	w = (struct session_wanted){ .run = live_path, .step = CHECKPOINT_BEST, .workers = 1 };
	assert_int_equal(session_open(&w, NULL, NULL, &b, &live_err), ST_OK);
	assert_null(b->task[0].train);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(evaluate_task(a, i, &o, NULL, &e, &live_err), ST_OK);
		evaluation_release(&e);
	}
	buf_init(&json);
	assert_int_equal(evaluate_text(b, -1, "lemon north", NULL, &json, &live_err), ST_OK);
	assert_non_null(strstr(buf_str(&json), "\"value\":"));
	assert_true(b->task[1].mean == a->task[1].mean && b->task[1].mean > 1);
	assert_string_equal(b->task[0].labels[0], "high");
	buf_release(&json);
	session_free(a);
	session_free(b);
	w.run = fixture_dir;
	assert_int_equal(session_open(&w, NULL, NULL, &a, &live_err), ST_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_live_session),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_guard_goes_on),
		cmocka_unit_test(test_guard_acts),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests_name("trainer", tests,
					   fixture_make_runs, fixture_remove);
}
