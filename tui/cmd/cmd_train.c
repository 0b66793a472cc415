/*
 * cmd_train.c - `train` and `resume`: the trainer without a screen, one line
 * of progress per 10 s, or one JSON object a line.
 */
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cmd.h"
#include "desk/host.h"
#include "train_lines.h"
#include "rundir/rundir.h"
#include "trainer/trainer.h"

enum { LINE_SECONDS = 10, SCRIPT_MAX = 16 << 20 };

/* What has been said so far. */
struct teller {
	struct trainer *trainer;
	struct host *host;        /* NULL: nobody can attach, for this reason */
	struct err alone;
	struct snapshot snap;
	bool json, has_begun, has_stepped;
	double last_line;
	enum phase phase;
	char work[96], message[SNAPSHOT_MESSAGE];
	int evals;
	struct passes passes;
	int64_t began_ms, guard_seq; /* entries of guards from then on, up to this one */
};

static bool has_ended(const struct snapshot *s)
{
	return s->phase == PHASE_DONE || s->phase == PHASE_STOPPED ||
	       s->phase == PHASE_FAILED;
}

/* What the desk's message line would say: once, each time it changes. */
static void tell_message(struct teller *t)
{
	struct json_out j;
	struct buf b;

	if (str_eq(t->snap.message, t->message))
		return;
	str_copy(t->message, sizeof t->message, t->snap.message);
	if (!t->message[0])
		return;
	if (!t->json) {
		cmd_say("tutti: %s", t->message);
		return;
	}
	train_open_event(&j, &b, "message");
	json_put_int(&j, "step", t->snap.step);
	json_put_str(&j, "text", t->message);
	train_close_event(&j, &b);
}

/* What guards noted and did since this program began: an event each. */
static void tell_guards(struct teller *t)
{
	for (int i = 0; i < t->snap.n_journal; i++) {
		const struct journal_entry *e = &t->snap.journal[i];
		bool is_note = str_starts(e->command, "note ");
		struct json_out j;
		struct buf b;

		if (e->who != WHO_GUARD || e->seq <= t->guard_seq || e->unix_ms < t->began_ms)
			continue;
		t->guard_seq = e->seq;
		train_open_event(&j, &b, "guard");
		json_put_int(&j, "step", e->step);
		json_put_str(&j, is_note ? "text" : "command", e->command + (is_note ? 5 : 0));
		train_close_event(&j, &b);
	}
}

static bool has_work(const struct snapshot *s)
{
	return (s->phase == PHASE_PREPARING || s->phase == PHASE_EVALUATING) &&
	       s->work[0];
}

static bool has_losses(const struct snapshot *s)
{
	for (int i = 0; i < s->n_channels; i++)
		if (!isnan(s->ch[i].smooth))
			return true;
	return false;
}

/* Says what is new in t->snap: the first step at once, then now and then. */
static void tell(struct teller *t)
{
	const struct snapshot *s = &t->snap;
	double now = clock_now();
	bool is_due = now - t->last_line >= LINE_SECONDS;

	if (s->phase != PHASE_PREPARING && !t->has_begun && s->n_channels) {
		t->has_begun = true;
		if (!t->host && !has_ended(s))
			cmd_say("tutti: nobody can attach: %s", t->alone.text);
		train_begin(s, t->json);
	}
	if (t->has_begun && (!has_ended(s) || s->phase == PHASE_DONE)) /* else the end says it */
		tell_message(t);
	if (t->has_begun && t->json)
		tell_guards(t);
	if (t->has_begun && passes_take(&t->passes, s))
		t->json ? train_json_passes(s, &t->passes) : train_text_passes(s, &t->passes);
	if (s->evals > t->evals && s->eval_step >= 0) {
		t->json ? train_json_eval(s) : train_text_eval(s);
		t->evals = s->evals;
	}
	if (has_work(s)) {
		if (is_due) {
			t->json ? train_json_work(s) : train_text_work(s);
			t->last_line = now;
		}
	} else if (s->phase == PHASE_RUNNING && has_losses(s) &&
		   (is_due || !t->has_stepped)) {
		t->json ? train_json_progress(s) : train_text_progress(s);
		t->last_line = now;
		t->has_stepped = true;
	}
}

static void watch(struct teller *t)
{
	bool is_stopping = false;

	while (!has_ended(&t->snap)) {
		struct pollfd p[HOST_POLLS + 2];
		int n = t->host ? host_polls(t->host, p) : 0;

		p[n] = (struct pollfd){ .fd = trainer_fd(t->trainer), .events = POLLIN };
		p[n + 1] = (struct pollfd){ .fd = is_stopping ? -1 : cmd_signal_fd(),
					    .events = POLLIN };
		if (poll(p, (nfds_t)n + 2, t->host ? host_wait(t->host) : 1000) < 0)
			n = 0; /* a signal: nothing was looked at */
		if (cmd_signal() && !is_stopping) {
			is_stopping = true;
			cmd_say("stopping: finishing the step and saving");
			trainer_stop(t->trainer);
		}
		trainer_snapshot(t->trainer, &t->snap);
		if (t->host && n)
			host_turn(t->host, p, n, &t->snap);
		tell(t);
	}
}

/*
 * Others may look, steer and ask; without a socket the run goes on alone, which is said
 * once it trains: one that fails at once takes its folder away, and that is no reason.
 */
static void listen_for_others(struct teller *t)
{
	struct host_options ho = { .trainer = t->trainer };
	char history[PATH_MAX], called[PATH_MAX];

	ho.called = rundir_called(trainer_run_path(t->trainer), called);
	if (cmd_history_path(history))
		ho.history = history;
	if (host_open(&ho, &t->host, &t->alone))
		t->host = NULL;
}

static int run_trainer(struct trainer_options *to, bool json)
{
	struct teller t = { .json = json, .last_line = clock_now(),
			    .began_ms = clock_unix_ms() };
	struct err err = { "" };
	enum status st = trainer_start(to, &t.trainer, &err);
	int code = EXIT_WELL;

	if (st)
		return cmd_fail(st, &err);
	snapshot_init(&t.snap);
	listen_for_others(&t);
	watch(&t);
	st = trainer_join(t.trainer, &err);
	trainer_snapshot(t.trainer, &t.snap);
	host_close(t.host, &t.snap, EXIT_WELL, "the run has ended");
	if (st && st != ST_STOPPED)
		code = cmd_fail(st, &err);
	else if (cmd_signal())
		code = EXIT_SIGNAL + cmd_signal();
	if (t.has_begun)
		json ? train_json_end(&t.snap) : train_text_end(&t.snap);
	snapshot_release(&t.snap);
	trainer_free(t.trainer);
	return code;
}

static enum status read_script(const struct opts *o, struct buf *script, struct err *err)
{
	return o->script ? file_read(o->script, SCRIPT_MAX, script, err) : ST_OK;
}

int cmd_train(const struct opts *o)
{
	struct trainer_options to = { .run = o->run, .runs = o->runs, .steps = o->steps,
				      .extend = o->extend };
	struct buf script, given;
	struct err err;
	enum status st;
	int code;

	buf_init(&script);
	buf_init(&given);
	cmd_catch_signals();
	to.workers = o->workers > 0 ? (int)o->workers : 0;
	st = read_script(o, &script, &err);
	if (!st)
		st = cmd_load_plan(o, o->arg[0], &to.plan, &given, &err);
	if (st) {
		cmd_fail(st, &err);
		code = st == ST_INVALID || st == ST_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
	} else {
		to.given = buf_str(&given);
		to.script = o->script ? buf_str(&script) : NULL;
		code = run_trainer(&to, o->json);
	}
	buf_release(&script);
	buf_release(&given);
	return code;
}

int cmd_resume(const struct opts *o)
{
	char path[PATH_MAX];
	struct trainer_options to = { .resume = path, .steps = o->steps,
				      .extend = o->extend };
	struct buf script;
	struct err err;
	enum status st;
	int code;

	buf_init(&script);
	cmd_catch_signals();
	to.workers = o->workers > 0 ? (int)o->workers : 0;
	st = cmd_find_run(o, o->arg[0], path, &err);
	if (!st)
		st = read_script(o, &script, &err);
	to.script = o->script ? buf_str(&script) : NULL;
	code = st ? cmd_fail(st, &err) : run_trainer(&to, o->json);
	buf_release(&script);
	return code;
}
