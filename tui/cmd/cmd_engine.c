/*
 * cmd_engine.c - the process behind a desk (`tutti engine PLAN`, started by the
 * desk's command, never by hand).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cmd.h"
#include "desk/host.h"
#include "plan/plan.h"
#include "rundir/rundir.h"
#include "trainer/trainer.h"

enum { SCRIPT_MAX = 16 << 20 };

/* Tells the starter, who reads until this end closes. */
static void say_once(const char *word, const char *text)
{
	int none = open("/dev/null", O_WRONLY | O_CLOEXEC);

	printf("%s%s\n", word, text);
	fflush(stdout);
	if (none >= 0)
		dup2(none, 1);
}

static bool has_ended(const struct snapshot *s)
{
	return s->phase >= PHASE_DONE;
}

/* Until the run has ended and nobody looks any more. */
static void serve(struct host *h, struct trainer *t, struct snapshot *s)
{
	bool is_stopping = false;

	while (!host_is_dismissed(h) && (!has_ended(s) || host_is_watched(h))) {
		struct pollfd p[HOST_POLLS + 1];
		int n = host_polls(h, p);

		p[n] = (struct pollfd){.fd = is_stopping ? -1 : cmd_signal_fd(),
				       .events = POLLIN};
		if (poll(p, (nfds_t)n + 1, host_wait(h)) < 0) {
			BUG_IF(errno != EINTR);
			continue;
		}
		if (cmd_signal() && !is_stopping) {
			is_stopping = true;
			trainer_stop(t);
		}
		trainer_snapshot(t, s);
		host_turn(h, p, n, s);
		if (is_stopping && has_ended(s))
			break;
	}
}

/* path: the run's folder, which may be what failed. */
static void last_word(const struct snapshot *s, const char *path, const char *called, char *out,
		      size_t cap)
{
	bool may_resume = s->checkpoint_step >= 0 && file_exists(path);

	if (s->phase == PHASE_FAILED && may_resume)
		str_format(out, cap, "run %s failed: %s; 'tutti resume %s' goes on from "
			   "step %lld", s->run, s->message, called,
			   (long long)s->checkpoint_step);
	else if (s->phase == PHASE_FAILED)
		str_format(out, cap, "run %s failed: %s", s->run, s->message);
	else if (s->step < s->steps)
		str_format(out, cap, "run %s ended at step %lld of %lld; 'tutti %s' looks at it, "
			   "'tutti resume %s' goes on", s->run, (long long)s->step,
			   (long long)s->steps, called, called);
	else
		str_format(out, cap, "run %s ended at step %lld of %lld; 'tutti %s' looks at it",
			   s->run, (long long)s->step, (long long)s->steps, called);
}

static int run_engine(const struct host_options *ho)
{
	struct trainer *t = ho->trainer;
	struct snapshot s;
	struct host *h = NULL;
	struct err err = {""};
	char word[800];
	enum status st;
	int code;

	snapshot_init(&s);
	st = host_open(ho, &h, &err);
	if (st) {
		say_once("", err.text);
		trainer_stop(t);
	} else {
		say_once("run ", trainer_run_path(t));
		serve(h, t, &s);
	}
	code = h ? host_exit_code(h) : EXIT_FAILED;
	if (!st)
		st = trainer_join(t, &err);
	trainer_snapshot(t, &s);
	last_word(&s, trainer_run_path(ho->trainer), ho->called, word, sizeof word);
	if (st && st != ST_STOPPED)
		code = cmd_fail(st, &err);
	else if (cmd_signal())
		code = EXIT_SIGNAL + cmd_signal();
	host_close(h, &s, code, word);
	snapshot_release(&s);
	return code;
}

int cmd_engine(const struct opts *o)
{
	struct trainer_options to = {.run = o->run, .runs = o->runs, .steps = o->steps,
				     .extend = o->extend, .says_plan = true};
	struct host_options ho = {0};
	struct buf given, script;
	char history[PATH_MAX], called[PATH_MAX];
	struct err err;
	enum status st = ST_OK;
	int code = EXIT_FAILED;

	buf_init(&given);
	buf_init(&script);
	cmd_catch_signals();
	signal(SIGHUP, SIG_IGN);
	to.workers = o->workers > 0 ? (int)o->workers : 0;
	if (o->script)
		st = file_read(o->script, SCRIPT_MAX, &script, &err);
	if (!st)
		st = cmd_load_plan(o, o->arg[0], &to.plan, &given, &err);
	ho.stops_on_hangup = !st && to.plan->on_hangup;
	to.given = buf_str(&given);
	to.script = o->script ? buf_str(&script) : NULL;
	if (!st)
		st = trainer_start(&to, &ho.trainer, &err);
	if (cmd_history_path(history))
		ho.history = history;
	if (st)
		say_once("", err.text);
	else {
		ho.called = rundir_called(trainer_run_path(ho.trainer), called);
		code = run_engine(&ho);
	}
	trainer_free(ho.trainer);
	buf_release(&given);
	buf_release(&script);
	return code;
}
