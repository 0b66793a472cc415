/*
 * record_fixture.h - runs that were recorded, for the tests of film and reader.
 */
#ifndef TUTTI_TEST_RECORD_FIXTURE_H
#define TUTTI_TEST_RECORD_FIXTURE_H

#include "engine_fixture.h"

#include <math.h>
#include <poll.h>

#include "base/mem.h"
#include "trainer/trainer.h"

static struct err err;

static int fixture_with_runs(void **state)
{
	char runs[PATH_MAX];

	if (fixture_make(state))
		return -1;
	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	return file_mkdirs(runs, 0700, NULL) ? -1 : 0;
}

static struct trainer *record_start(const char *name, const char *script, bool paused,
				    const char *const *sets, int n, char path[PATH_MAX])
{
	char runs[PATH_MAX];
	struct trainer_options o = { .runs = runs, .run = name, .script = script,
				     .given = fixture_plan_text, .workers = 2,
				     .steps = -1, .start_paused = paused };
	struct trainer *t = NULL;

	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	str_format(path, PATH_MAX, "%s/%s", runs, name);
	o.plan = fixture_plan(sets, n);
	if (trainer_start(&o, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

static bool record_look(struct trainer *t, struct snapshot *s)
{
	struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

	assert_true(poll(&fd, 1, 20000) > 0);
	return trainer_snapshot(t, s);
}

/* Joins; the last picture is in `s`. */
static void record_finish(struct trainer *t, struct snapshot *s)
{
	while (s->phase < PHASE_DONE)
		record_look(t, s);
	assert_int_equal(trainer_join(t, &err), ST_OK);
	trainer_snapshot(t, s);
	trainer_free(t);
}

#endif
