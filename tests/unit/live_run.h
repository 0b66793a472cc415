/*
 * live_run.h - a live trainer's run for tests that stop it, go on with it and make it
 * again: begun, looked at to its end, resumed. One run at a time, in the fixture's folder.
 */
#ifndef TUTTI_TEST_LIVE_RUN_H
#define TUTTI_TEST_LIVE_RUN_H

#include "engine_fixture.h"

#include <poll.h>

#include "trainer/replay.h"
#include "trainer/trainer.h"

static struct err err;
static struct snapshot snap;
static char run[PATH_MAX], said[SNAPSHOT_MESSAGE];
static int run_number;

static int set_up(void **state)
{
	char runs[PATH_MAX];

	if (fixture_make(state))
		return -1;
	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	return file_mkdirs(runs, 0700, NULL) ? -1 : 0;
}

static bool has_ended(void)
{
	return snap.phase == PHASE_DONE || snap.phase == PHASE_STOPPED ||
	       snap.phase == PHASE_FAILED;
}

/* Looks on to the end; `said` keeps the first message. */
static enum status finish(struct trainer *t)
{
	enum status st;

	said[0] = '\0';
	while (!has_ended()) {
		struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

		assert_true(poll(&fd, 1, 20000) > 0);
		trainer_snapshot(t, &snap);
		if (!said[0] && (!has_ended() || snap.phase == PHASE_DONE))
			str_copy(said, sizeof said, snap.message);
	}
	st = trainer_join(t, &err);
	trainer_snapshot(t, &snap);
	trainer_free(t);
	return st;
}

static struct trainer *begin(const char *const *sets, int n, int64_t steps, bool extend,
			     const char *script)
{
	char runs[PATH_MAX], name[16];
	struct trainer_options o = { .runs = runs, .run = name, .steps = steps,
				     .extend = extend, .script = script, .workers = 2,
				     .given = fixture_plan_text };
	struct trainer *t = NULL;

	snapshot_release(&snap);
	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	str_format(name, sizeof name, "r%d", run_number++);
	str_format(run, sizeof run, "%s/%s", runs, name);
	o.plan = fixture_plan(sets, n);
	if (trainer_start(&o, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

static struct trainer *go_on(int64_t steps, bool extend)
{
	struct trainer_options o = { .resume = run, .steps = steps, .extend = extend };
	struct trainer *t = NULL;

	snapshot_release(&snap);
	if (trainer_start(&o, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

static void assert_ok(enum status st)
{
	if (st)
		fail_msg("%s", err.text);
}

static void assert_replays(void)
{
	struct replay_result r;

	assert_ok(replay_run(run, 1, NULL, &r, &err));
	assert_string_equal(r.recorded, r.replayed);
}

#endif
