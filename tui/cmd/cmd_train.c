/*
 * cmd_train.c - `train` and `resume`: the trainer without a screen, one line
 * of progress per 10 s, or one JSON object a line.
 */
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "screen/canvas.h"
#include "desk/host.h"
#include "rundir/run_open.h"
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
	int64_t began_ms, guard_seq; /* entries of guards from then on, up to this one */
};

static bool has_ended(const struct snapshot *s)
{
	return s->phase == PHASE_DONE || s->phase == PHASE_STOPPED ||
	       s->phase == PHASE_FAILED;
}

static void put_line(struct buf *b)
{
	buf_addc(b, '\n');
	fwrite(buf_str(b), 1, b->len, stdout);
	fflush(stdout);
	buf_release(b);
}

static void open_event(struct json_out *j, struct buf *b, const char *event)
{
	buf_init(b);
	json_event(j, b, event);
}

static void close_event(struct json_out *j, struct buf *b)
{
	json_close(j, '}');
	put_line(b);
}

static void json_progress(const struct snapshot *s)
{
	struct json_out j;
	struct buf b;

	open_event(&j, &b, "progress");
	json_put_str(&j, "phase", phase_name(s->phase));
	json_put_int(&j, "step", s->step);
	json_put_int(&j, "steps", s->steps);
	json_put_num(&j, "lr", s->lr);
	json_put_num(&j, "grad_norm", s->grad_norm);
	json_put_num(&j, "tokens_per_second", s->tokens_per_second);
	json_put_num(&j, "seconds_left", s->seconds_left);
	json_open(&j, "loss", '{');
	for (int i = 0; i < s->n_channels; i++)
		json_put_num(&j, s->ch[i].name, s->ch[i].smooth);
	json_close(&j, '}');
	close_event(&j, &b);
}

static void json_work(const struct snapshot *s)
{
	struct json_out j;
	struct buf b;

	open_event(&j, &b, "work");
	json_put_str(&j, "what", s->work);
	json_put_int(&j, "done", (int64_t)s->work_done);
	json_put_int(&j, "total", (int64_t)s->work_total);
	json_put_num(&j, "seconds_left", s->work_left);
	close_event(&j, &b);
}

/* The same of the weights' average, where there is one. */
static void put_averaged(struct json_out *j, const struct snapshot *s)
{
	bool any = false;

	for (int i = 0; i < s->n_channels; i++)
		any |= !isnan(s->ch[i].averaged);
	if (!any)
		return;
	json_open(j, "averaged", '{');
	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *c = &s->ch[i];

		json_open(j, c->name, '{');
		json_put_num(j, metric_table[c->metric].name, c->averaged);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void json_eval(const struct snapshot *s)
{
	struct json_out j;
	struct buf b;

	open_event(&j, &b, "eval");
	json_put_int(&j, "step", s->eval_step);
	json_open(&j, "dev", '{');
	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *c = &s->ch[i];

		json_open(&j, c->name, '{');
		json_put_num(&j, metric_table[c->metric].name, c->dev);
		json_close(&j, '}');
	}
	json_close(&j, '}');
	put_averaged(&j, s);
	close_event(&j, &b);
}

static void text_eval(const struct snapshot *s)
{
	printf("step %lld  dev", (long long)s->eval_step);
	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *c = &s->ch[i];
		char dev[24], base[24];

		if (isnan(c->dev) && c->dev_step != s->eval_step)
			continue; /* it has no dev rows; else a metric of no meaning: "-" */
		printf("  %s %s %s", c->name, metric_table[c->metric].name,
		       fmt_measure(dev, c->metric, c->dev));
		if (!isnan(c->averaged))
			printf(" (averaged %s)", fmt_measure(base, c->metric, c->averaged));
		if (!isnan(c->baseline))
			printf(" (baseline %s)", fmt_measure(base, c->metric, c->baseline));
	}
	putchar('\n');
	fflush(stdout);
}

static void text_progress(const struct snapshot *s)
{
	printf("step %lld/%lld ", (long long)s->step, (long long)s->steps);
	for (int i = 0; i < s->n_channels; i++)
		if (!isnan(s->ch[i].smooth))
			printf(" %s %.4f", s->ch[i].name, s->ch[i].smooth);
	printf("  lr %.2e  norm %.2f  %.1fk tok/s", s->lr, s->grad_norm,
	       s->tokens_per_second / 1000);
	if (s->seconds_left >= 90)
		printf("  %.0f min left", s->seconds_left / 60);
	else if (s->seconds_left >= 0)
		printf("  %.0f s left", s->seconds_left);
	putchar('\n');
	fflush(stdout);
}

static void text_work(const struct snapshot *s)
{
	if (s->work_total)
		printf("%s: %.0f%%", s->work,
		       100.0 * (double)s->work_done / (double)s->work_total);
	else
		printf("%s: %llu %s", s->work, (unsigned long long)s->work_done,
		       s->work_unit);
	if (s->work_left >= 0)
		printf(", %.0f s left", s->work_left);
	putchar('\n');
	fflush(stdout);
}

static void tell_begin(const struct snapshot *s, bool json)
{
	struct freeze_groups groups = snapshot_groups(s);
	char frozen[512], rates[512];
	struct json_out j;
	struct buf b;

	freeze_show(&groups, &s->frozen, frozen, sizeof frozen);
	rates_show(&groups, &s->rates, rates, sizeof rates);
	if (!json) {
		printf("run %s  %.2f M parameters  %d workers  %s\n", s->run,
		       (double)s->parameters / 1e6, s->workers, s->run_path);
		if (*s->adapter)
			printf("adapters: %s\n", s->adapter);
		if (freeze_any(&s->frozen))
			printf("frozen: %s\n", frozen);
		if (rates_any(&s->rates))
			printf("rates: %s\n", rates);
		fflush(stdout);
		return;
	}
	open_event(&j, &b, "begin");
	json_put_str(&j, "run", s->run);
	json_put_str(&j, "path", s->run_path);
	json_put_int(&j, "parameters", (int64_t)s->parameters);
	json_put_int(&j, "workers", s->workers);
	json_put_int(&j, "step", s->step);
	if (*s->adapter)
		json_put_str(&j, "adapters", s->adapter);
	if (freeze_any(&s->frozen))
		json_put_str(&j, "frozen", frozen);
	if (rates_any(&s->rates))
		json_put_str(&j, "rates", rates);
	close_event(&j, &b);
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
	open_event(&j, &b, "message");
	json_put_int(&j, "step", t->snap.step);
	json_put_str(&j, "text", t->message);
	close_event(&j, &b);
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
		open_event(&j, &b, "guard");
		json_put_int(&j, "step", e->step);
		json_put_str(&j, is_note ? "text" : "command", e->command + (is_note ? 5 : 0));
		close_event(&j, &b);
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
		tell_begin(s, t->json);
	}
	if (t->has_begun && (!has_ended(s) || s->phase == PHASE_DONE)) /* else the end says it */
		tell_message(t);
	if (t->has_begun && t->json)
		tell_guards(t);
	if (s->evals > t->evals && s->eval_step >= 0) {
		t->json ? json_eval(s) : text_eval(s);
		t->evals = s->evals;
	}
	if (has_work(s)) {
		if (is_due) {
			t->json ? json_work(s) : text_work(s);
			t->last_line = now;
		}
	} else if (s->phase == PHASE_RUNNING && has_losses(s) &&
		   (is_due || !t->has_stepped)) {
		t->json ? json_progress(s) : text_progress(s);
		t->last_line = now;
		t->has_stepped = true;
	}
}

/* --- the last line --- */

/* The newest evaluation's metrics of a task, or its baseline's. */
static void put_metrics(struct json_out *j, const struct snapshot *s, struct store *st,
			bool baseline)
{
	struct eval_row *rows = NULL;
	int n = 0;

	json_open(j, baseline ? "baseline" : "dev", '{');
	for (int c = 0; c < s->n_channels; c++) {
		if (store_evals_read(st, c, &rows, &n, NULL))
			continue;
		for (int i = n - 1; i >= 0; i--) {
			/* a baseline is an evaluation of nobody: step -1 */
			if ((rows[i].step < 0) != baseline)
				continue;
			json_open(j, s->ch[c].name, '{');
			for (int m = 0; m < rows[i].n_metrics; m++)
				json_put_num(j, rows[i].metric[m].name,
					     rows[i].metric[m].value);
			json_close(j, '}');
			break;
		}
		xfree(rows);
		rows = NULL;
	}
	json_close(j, '}');
}

static void json_end(const struct snapshot *s)
{
	struct store *st;
	struct json_out j;
	struct buf b;

	open_event(&j, &b, "end");
	json_put_str(&j, "run", s->run);
	json_put_int(&j, "step", s->step);
	if (!run_store(s->run_path, &st, NULL)) {
		put_metrics(&j, s, st, false);
		put_metrics(&j, s, st, true);
	}
	store_close(st);
	json_put_int(&j, "tokens", (int64_t)s->tokens);
	json_put_num(&j, "train_seconds", s->train_seconds);
	json_put_num(&j, "tokens_per_second",
		     s->train_seconds > 0 ? (double)s->tokens / s->train_seconds : 0);
	json_put_num(&j, "peak_mb", (double)s->memory_peak / 1e6);
	json_put_int(&j, "skipped", s->skipped);
	json_put_str(&j, "state", s->state);
	close_event(&j, &b);
}

static void text_end(const struct snapshot *s)
{
	printf("run %s  step %lld  %.1f M tokens in %.0f s (%.1fk tok/s)  peak %.0f MB  "
	       "state %.12s\n",
	       s->run, (long long)s->step, (double)s->tokens / 1e6, s->train_seconds,
	       s->train_seconds > 0 ? (double)s->tokens / s->train_seconds / 1000 : 0,
	       (double)s->memory_peak / 1e6, s->state);
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
	char history[PATH_MAX];

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
		json ? json_end(&t.snap) : text_end(&t.snap);
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
