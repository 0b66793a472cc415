/*
 * test_trainer.c - the live engine: commands while it runs, replay and resume
 * to the same bits, pause, stop, guards, refusals, pictures.
 */
#include "fixture/engine_fixture.h"

#include <math.h>
#include <poll.h>
#include <unistd.h>

#include "ask/evaluate.h"
#include "ask/open.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/rundir.h"
#include "trainer/replay.h"
#include "trainer/trainer.h"

static struct err err;
static struct snapshot snap;
static int run_number;

struct wanted {
	const char *sets[6];
	int n_sets, workers;
	int64_t steps;           /* 0: the plan's */
	const char *script;
	bool paused;
	double weight;           /* of the first task, beyond what a plan takes */
};

static int set_up(void **state)
{
	char runs[PATH_MAX];

	if (fixture_make(state))
		return -1;
	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	return file_mkdirs(runs, 0700, NULL) ? -1 : 0;
}

static struct trainer *start(const struct wanted *w, char path[PATH_MAX])
{
	char runs[PATH_MAX], name[16];
	struct trainer_options o = { .runs = runs, .run = name, .script = w->script,
				     .given = fixture_plan_text, .workers = w->workers,
				     .start_paused = w->paused };
	struct trainer *t = NULL;

	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	str_format(name, sizeof name, "r%d", run_number++);
	str_format(path, PATH_MAX, "%s/%s", runs, name);
	o.steps = w->steps ? w->steps : -1;
	o.plan = fixture_plan(w->sets, w->n_sets);
	if (w->weight > 0)
		for (int i = 0; i < 3; i++)
			o.plan->tasks[i].weight = w->weight;
	if (trainer_start(&o, &t, &err))
		fail_msg("%s", err.text);
	snapshot_init(&snap);
	return t;
}

static enum status try_resume(const char *path, int64_t steps, const char *script,
			      struct trainer **t)
{
	struct trainer_options o = { .resume = path, .steps = steps ? steps : -1,
				     .script = script };

	snapshot_init(&snap);
	return trainer_start(&o, t, &err);
}

static struct trainer *resume(const char *path, int64_t steps, const char *script)
{
	struct trainer *t = NULL;

	if (try_resume(path, steps, script, &t))
		fail_msg("%s", err.text);
	return t;
}

static bool has_ended(void)
{
	return snap.phase == PHASE_DONE || snap.phase == PHASE_STOPPED ||
	       snap.phase == PHASE_FAILED;
}

static void look(struct trainer *t)
{
	struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

	assert_true(poll(&fd, 1, 20000) > 0);
	trainer_snapshot(t, &snap);
}

static void wait_step(struct trainer *t, int64_t step)
{
	while (snap.step < step && !has_ended())
		look(t);
}

/* Joins; the last picture stays in `snap`. */
static enum status finish(struct trainer *t)
{
	enum status st;

	while (!has_ended())
		look(t);
	st = trainer_join(t, &err);
	trainer_snapshot(t, &snap);
	trainer_free(t);
	return st;
}

static void run_whole(const struct wanted *w, char path[PATH_MAX], char state[40])
{
	if (finish(start(w, path)))
		fail_msg("%s", err.text);
	assert_int_equal(snap.phase, PHASE_DONE);
	str_copy(state, 40, snap.state);
	snapshot_release(&snap);
}

/* --- plain runs --- */

static void test_run(void **state)
{
	struct wanted w = { .workers = 2, .paused = true };
	char path[PATH_MAX], file[PATH_MAX];
	struct trainer *t = start(&w, path);
	struct trainer *second;

	(void)state;
	assert_int_equal(try_resume(path, 0, NULL, &second), ST_BUSY);
	assert_int_equal(trainer_post(t, "continue", WHO_PERSON, NULL, &err), ST_OK);
	assert_int_equal(finish(t), ST_OK);
	assert_int_equal(snap.step, 60);
	assert_int_equal(snap.phase, PHASE_DONE);
	assert_int_equal(snap.n_channels, 3);
	assert_int_equal(snap.eval_step, 60);
	assert_int_equal(snap.evals, 3);
	assert_int_equal(snap.checkpoint_step, 60);
	assert_int_equal(strlen(snap.state), 32);
	assert_true(snap.tokens > 0 && snap.train_seconds > 0);
	for (int i = 0; i < 3; i++) {
		const struct channel *c = &snap.ch[i];

		assert_true(c->micro_batches > 0 && isfinite(c->smooth));
		assert_true(isfinite(c->dev));
		/* the mean is a constant: it has no correlation */
		assert_true(isfinite(c->baseline) == (c->kind != TASK_REGRESS));
		assert_int_equal(c->curve.n, 60);
		assert_int_equal(c->dev_curve.n, 3);
		assert_int_equal(c->n_train, i == 0 ? 200 : i == 1 ? 90 : 120);
	}
	str_format(file, sizeof file, "%s/plan.given.json", path);
	assert_true(file_exists(file));
	assert_false(run_is_live(path));
	snapshot_release(&snap);
}

static void test_same_bits(void **state)
{
	const struct wanted w[] = {
		{ .workers = 1 },
		{ .workers = 2 },
		{ .workers = 4, .sets = { "budget.checkpoint_every=3" }, .n_sets = 1 },
		{ .workers = 2, .sets = { "budget.checkpoint_every=50",
					  "budget.eval_every=0" }, .n_sets = 2 },
		{ .workers = 1, .sets = { "budget.eval_every=7",
					  "budget.eval_examples=0" }, .n_sets = 2 },
	};
	char path[PATH_MAX], first[40], other[40];

	(void)state;
	run_whole(&w[0], path, first);
	for (size_t i = 1; i < sizeof w / sizeof *w; i++) {
		run_whole(&w[i], path, other);
		assert_string_equal(first, other);
	}
}

/* --- commands while it runs --- */

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
	case 11: str_format(out, cap, "weighting %s", x < 0.6 ? "uncertainty" : "fixed");
		break;
	case 12: str_format(out, cap, "%s", x < 0.5 ? "eval" : "checkpoint"); break;
	default: str_format(out, cap, "note the hand moved %.3f", x); break;
	}
}

static void replays(const char *path, int workers)
{
	struct replay_result r;

	if (replay_run(path, workers, NULL, &r, &err))
		fail_msg("%s", err.text);
	assert_true(r.comparable);
	assert_string_equal(r.recorded, r.replayed);
	assert_true(r.same);
}

static void test_live_session(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		const struct wanted w = { .workers = 2,
			.sets = { "budget.steps=150" }, .n_sets = 1 };
		struct rng r = rng_stream(seed, RNG_TEST, 3, 0);
		char path[PATH_MAX], line[128];
		struct trainer *t = start(&w, path);
		uint64_t ticket = 0;
		int taken = 0;

		for (uint64_t i = 0; i < 30; i++) {
			enum status st;

			wait_step(t, (int64_t)(4 * i));
			random_command(&r, i, line, sizeof line);
			st = trainer_post(t, line, WHO_PERSON, &ticket, &err);
			if (st == ST_END)
				break;
			if (st)
				fail_msg("%s: %s", line, err.text);
			while (snap.ticket < ticket && !has_ended())
				look(t);
			taken += trainer_answer(t, ticket, NULL, &err) == ST_OK;
		}
		assert_int_equal(finish(t), ST_OK);
		assert_true(taken > 10);
		assert_true(snap.n_journal > 0);
		snapshot_release(&snap);
		replays(path, 1);
		replays(path, 4);
	}
}

/* Nobody waits for answers; evaluations at every other step. */
static void test_storm(void **state)
{
	const struct wanted w = { .workers = 2,
		.sets = { "budget.eval_every=2", "budget.steps=80" }, .n_sets = 2 };
	struct rng r = rng_stream(9, RNG_TEST, 4, 0);
	char path[PATH_MAX], line[128];
	struct trainer *t = start(&w, path);
	uint64_t ticket = 0;

	(void)state;
	wait_step(t, 1);
	for (uint64_t i = 0; i < 400; i++) {
		enum status st;

		random_command(&r, i, line, sizeof line);
		st = trainer_post(t, line, WHO_PERSON, &ticket, &err);
		if (st == ST_END)
			break;
		if (st == ST_FULL || i % 20 == 19)
			look(t);
	}
	/* the hand may have left it with nothing heard, and so paused: play on */
	trainer_post(t, "continue", WHO_PERSON, NULL, NULL);
	assert_int_equal(finish(t), ST_OK);
	assert_int_equal(snap.ticket >= ticket, 1);
	snapshot_release(&snap);
	replays(path, 2);
}

/* --- resume --- */

static const char script[] =
	"# steps and commands\n"
	"0 weight mood 2\n"
	"7 mute sum on\n"
	"7 note two at one step\n"
	"19 share count 0.5\n"
	"20 sampling temperature T=3\n"
	"20 weighting uncertainty lr=0.01\n"
	"31 mute sum off\n"
	"40 lr 0.002\n"
	"41 lock mood on\n";

static void test_resume(void **state)
{
	const struct wanted whole = { .workers = 2, .script = script };
	const int64_t stops[] = { 1, 7, 20, 21, 40, 59 };
	char path[PATH_MAX], expected[40];

	(void)state;
	run_whole(&whole, path, expected);
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		struct wanted part = whole;

		part.steps = stops[i];
		assert_int_equal(finish(start(&part, path)), ST_OK);
		assert_int_equal(snap.step, stops[i]);
		snapshot_release(&snap);
		assert_int_equal(finish(resume(path, stops[i] + 1, script)), ST_OK);
		snapshot_release(&snap);
		assert_int_equal(finish(resume(path, 0, script)), ST_OK);
		assert_int_equal(snap.step, 60);
		assert_string_equal(snap.state, expected);
		/* figures are all there again */
		assert_int_equal(snap.ch[0].curve.n, 60);
		assert_true(snap.n_journal >= 8);
		snapshot_release(&snap);
		replays(path, 2);
	}
}

/*
 * As after a kill: the newest checkpoints are gone, the journal is whole. The
 * run catches up with it, and refuses changes until it has.
 */
static void test_catch_up(void **state)
{
	const struct wanted w = { .workers = 2, .script = script,
				  .sets = { "budget.keep=9" }, .n_sets = 1 };
	char path[PATH_MAX], folder[PATH_MAX], expected[40];
	uint64_t ticket;
	struct trainer_options o = { .resume = path, .steps = -1, .start_paused = true };
	struct trainer *t;

	(void)state;
	run_whole(&w, path, expected);
	str_format(folder, sizeof folder, "%s/checkpoints/step-000060", path);
	assert_int_equal(file_remove_tree(folder, &err), ST_OK);
	str_format(folder, sizeof folder, "%s/checkpoints/step-000040", path);
	assert_int_equal(file_remove_tree(folder, &err), ST_OK);
	snapshot_init(&snap);
	assert_int_equal(trainer_start(&o, &t, &err), ST_OK);
	while (snap.phase != PHASE_PAUSED)
		look(t);
	assert_int_equal(snap.step, 20);
	assert_int_equal(snap.catching_up, 41);
	assert_int_equal(trainer_post(t, "weight mood 3", WHO_PERSON, &ticket, &err), ST_OK);
	while (snap.ticket < ticket)
		look(t);
	assert_int_equal(trainer_answer(t, ticket, NULL, &err), ST_FAILED);
	assert_non_null(strstr(err.text, "catching up"));
	assert_int_equal(trainer_post(t, "continue", WHO_PERSON, NULL, &err), ST_OK);
	assert_int_equal(finish(t), ST_OK);
	assert_string_equal(snap.state, expected);
	assert_int_equal(snap.catching_up, 0);
	snapshot_release(&snap);
}

static void test_script_refused(void **state)
{
	static const struct { const char *script, *why; } bad[] = {
		{ "x weight mood 1\n", "script:1: 'x' is no step" },
		{ "5 weight mood 1\n6 wait\n", "script:2: no command" },
		{ "5 weight moody 1\n", "script:1: no task 'moody'" },
		{ "-1 pause\n", "is no step" },
	};
	char path[PATH_MAX];
	const struct wanted w = { .steps = 10 };
	struct trainer *t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct trainer_options o = { .runs = fixture_dir, .run = "refused",
					     .steps = -1, .script = bad[i].script };

		o.plan = fixture_plan(NULL, 0);
		assert_int_not_equal(trainer_start(&o, &t, &err), ST_OK);
		if (!strstr(err.text, bad[i].why))
			fail_msg("%s", err.text);
	}
	/* a line of a step that is past, and that never was in the journal */
	assert_int_equal(finish(start(&w, path)), ST_OK);
	snapshot_release(&snap);
	assert_int_equal(finish(resume(path, 0, "4 weight mood 2\n")), ST_INVALID);
	assert_non_null(strstr(err.text, "script:1: step 4 is past"));
	assert_int_equal(snap.phase, PHASE_FAILED);
	snapshot_release(&snap);
}

/* --- pause, stop, questions --- */

static enum status ask(struct trainer *t, const char *line, struct buf *answer)
{
	uint64_t ticket;

	assert_int_equal(trainer_post(t, line, WHO_PERSON, &ticket, &err), ST_OK);
	while (snap.ticket < ticket)
		look(t);
	return trainer_answer(t, ticket, answer, &err);
}

static void test_pause(void **state)
{
	const struct wanted w = { .workers = 2, .paused = true };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);
	struct buf b;

	(void)state;
	buf_init(&b);
	while (snap.phase != PHASE_PAUSED)
		look(t);
	assert_int_equal(snap.step, 0);
	assert_int_equal(ask(t, "weight mood 2", &b), ST_OK);
	assert_true(snap.ch[0].weight == 2);
	assert_int_equal(ask(t, "try mood amber boat", &b), ST_OK);
	assert_non_null(strstr(buf_str(&b), "{\"tasks\":{\"mood\":{"));
	assert_int_equal(ask(t, "eval", &b), ST_OK);
	assert_int_equal(snap.eval_step, 0);
	assert_int_equal(ask(t, "weight other 2", &b), ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "mood, count, sum"));
	assert_int_equal(trainer_post(t, "wait", WHO_PERSON, NULL, &err), ST_INVALID);
	assert_int_equal(snap.step, 0);
	assert_int_equal(ask(t, "continue", &b), ST_OK);
	wait_step(t, 5);
	assert_int_equal(ask(t, "pause", &b), ST_OK);
	{
		int64_t at;

		while (snap.phase != PHASE_PAUSED && !has_ended())
			look(t);
		at = snap.step;
		usleep(30000);
		trainer_snapshot(t, &snap);
		assert_int_equal(snap.step, at);
	}
	assert_int_equal(ask(t, "checkpoint lunch", &b), ST_OK);
	assert_int_equal(ask(t, "stop", &b), ST_OK);
	assert_int_equal(finish(t), ST_STOPPED);
	assert_int_equal(snap.phase, PHASE_STOPPED);
	assert_int_equal(snap.checkpoint_step, snap.step);
	snapshot_release(&snap);
	buf_release(&b);
	replays(path, 2);
}

static void test_after_the_end(void **state)
{
	const struct wanted w = { .workers = 1, .steps = 3 };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);

	(void)state;
	while (!has_ended())
		look(t);
	assert_int_equal(trainer_post(t, "weight mood 1", WHO_PERSON, NULL, &err), ST_END);
	assert_string_equal(err.text, "the run has ended");
	assert_int_equal(trainer_answer(t, 99, NULL, &err), ST_NOT_FOUND);
	assert_int_equal(trainer_join(t, &err), ST_OK);
	assert_int_equal(trainer_join(t, &err), ST_OK);
	trainer_free(t);
	snapshot_release(&snap);
}

static void test_stop(void **state)
{
	const struct wanted w = { .workers = 2, .sets = { "budget.steps=100000" },
				  .n_sets = 1 };
	char path[PATH_MAX], again[40];
	struct trainer *t = start(&w, path);

	(void)state;
	wait_step(t, 25);
	trainer_stop(t);
	assert_int_equal(finish(t), ST_STOPPED);
	assert_true(snap.step >= 25 && snap.step < 100000);
	assert_int_equal(snap.checkpoint_step, snap.step);
	str_copy(again, sizeof again, snap.state);
	snapshot_release(&snap);
	/* nothing to do: the same state, no new checkpoint needed */
	assert_int_equal(finish(resume(path, 1, NULL)), ST_OK);
	assert_string_equal(snap.state, again);
	snapshot_release(&snap);
}

/* Stopped before it ever began: the folder is gone. */
static void test_stop_preparing(void **state)
{
	const struct wanted w = { .workers = 1 };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);
	enum status st;

	(void)state;
	trainer_stop(t);
	st = finish(t);
	/* quick machines may have prepared it by then */
	assert_int_equal(st, ST_STOPPED);
	if (snap.checkpoint_step < 0)
		assert_false(file_exists(path));
	snapshot_release(&snap);
}

static void test_bad_data(void **state)
{
	const struct wanted w = { .sets = { "tasks.mood.train=bad.jsonl" }, .n_sets = 1 };
	char path[PATH_MAX];

	(void)state;
	str_format(path, sizeof path, "%s/bad.jsonl", fixture_dir);
	assert_int_equal(file_write(path, "{\"text\": 3\n", 12, NULL), ST_OK);
	assert_int_not_equal(finish(start(&w, path)), ST_OK);
	assert_int_equal(snap.phase, PHASE_FAILED);
	assert_non_null(strstr(err.text, "bad.jsonl"));
	assert_string_equal(snap.message, err.text);
	assert_false(file_exists(path));
	snapshot_release(&snap);
}

static void test_all_muted(void **state)
{
	const struct wanted w = { .workers = 1,
		.sets = { "tasks.mood.muted=true", "tasks.count.muted=true",
			  "tasks.sum.muted=true" }, .n_sets = 3 };
	char path[PATH_MAX];
	struct trainer *t = start(&w, path);
	struct buf b;

	(void)state;
	buf_init(&b);
	while (snap.phase != PHASE_PAUSED && !has_ended())
		look(t);
	assert_non_null(strstr(snap.message, "muted"));
	assert_int_equal(ask(t, "mute sum off", &b), ST_OK);
	assert_int_equal(ask(t, "continue", &b), ST_OK);
	assert_int_equal(finish(t), ST_OK);
	assert_int_equal(snap.ch[0].micro_batches, 0);
	snapshot_release(&snap);
	buf_release(&b);
}

/* --- guards --- */

/* A weight no plan takes, so that no update can be made. */
static void test_guard(void **state)
{
	const struct wanted w = { .workers = 2, .weight = 1e30,
				  .sets = { "optimizer.clip=0" }, .n_sets = 1 };
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(finish(start(&w, path)), ST_FAILED);
	assert_non_null(strstr(err.text, "10 updates in a row skipped"));
	assert_int_equal(snap.phase, PHASE_FAILED);
	assert_int_equal(snap.skipped, 10);
	assert_int_equal(snap.n_journal, 10);
	assert_int_equal(snap.journal[0].who, WHO_GUARD);
	assert_non_null(strstr(snap.journal[0].command, "update skipped"));
	assert_int_equal(snap.journal[0].step, 1);
	snapshot_release(&snap);
}

/* A few updates skipped, then the hand puts it right and it goes on. */
static void test_guard_goes_on(void **state)
{
	const struct wanted w = { .workers = 2, .weight = 1e30,
		.sets = { "optimizer.clip=0" }, .n_sets = 1,
		.script = "4 weight mood 1\n4 weight count 1\n4 weight sum 1\n" };
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(finish(start(&w, path)), ST_OK);
	assert_int_equal(snap.step, 60);
	assert_int_equal(snap.skipped, 4);
	assert_int_equal(snap.n_journal, 7);
	assert_true(isfinite(snap.ch[0].dev) && isfinite(snap.ch[2].dev));
	snapshot_release(&snap);
}

/* --- looking at a run from outside --- */

static void test_open(void **state)
{
	const struct wanted w = { .workers = 2 };
	char path[PATH_MAX], hash[40];
	struct session *a = NULL, *b = NULL;
	struct eval_options o = { .greedy = true };
	struct evaluation e;
	struct buf json;

	(void)state;
	run_whole(&w, path, hash);
	assert_int_equal(session_open(path, CHECKPOINT_NEWEST, 2, true, NULL, &a, &err),
			 ST_OK);
	assert_int_equal(session_open(path, CHECKPOINT_BEST, 1, false, NULL, &b, &err),
			 ST_OK);
	assert_null(b->task[0].train);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(evaluate_task(a, i, &o, NULL, &e, &err), ST_OK);
		evaluation_release(&e);
	}
	buf_init(&json);
	assert_int_equal(evaluate_text(b, -1, "lemon north", NULL, &json, &err), ST_OK);
	assert_non_null(strstr(buf_str(&json), "\"value\":"));
	assert_true(b->task[1].mean == a->task[1].mean && b->task[1].mean > 1);
	assert_string_equal(b->task[0].labels[0], "high");
	buf_release(&json);
	session_free(a);
	session_free(b);
	assert_int_equal(session_open(fixture_dir, CHECKPOINT_NEWEST, 1, false, NULL, &a,
				      &err), ST_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_live_session),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_catch_up),
		cmocka_unit_test(test_script_refused),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_after_the_end),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_preparing),
		cmocka_unit_test(test_bad_data),
		cmocka_unit_test(test_all_muted),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_guard_goes_on),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests_name("trainer", tests, set_up, fixture_remove);
}
