/*
 * sweep_train.c - a sweep at work: on a terminal one line that is redrawn, else a line
 * where a run begins or ends, or one JSON object a line.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "screen/canvas.h"
#include "sweep_cmd.h"
#include "text/utf8.h"

struct teller {
	const struct sweep_jobs *o;
	bool json, is_terminal;
	double last;
};

struct counts { int done, running, failed, elsewhere, waiting; };

static struct counts count(const struct sweep *s, const struct sweep_run *run)
{
	struct counts c = { 0 };

	for (int i = 0; i < s->n_points; i++)
		switch (run[i].fate) {
		case RUN_WAITS: c.waiting++; break;
		case RUN_RUNS: c.running++; break;
		case RUN_ELSEWHERE: c.elsewhere++; break;
		case RUN_WAS_DONE:
		case RUN_DONE: c.done++; break;
		case RUN_FAILED: c.failed++; break;
		case RUN_STOPPED: break;
		}
	return c;
}

/* How long a run takes: of those that ended, else by what a child says of itself. */
static double seconds_each(const struct sweep *s, const struct sweep_run *run)
{
	double sum = 0, now = clock_now();
	int n = 0;

	for (int i = 0; i < s->n_points; i++)
		if (run[i].fate == RUN_DONE && !run[i].is_resumed) {
			sum += run[i].seconds;
			n++;
		}
	for (int i = 0; !n && i < s->n_points; i++)
		if (run[i].fate == RUN_RUNS && run[i].left >= 0)
			return now - run[i].began + run[i].left;
	return n ? sum / n : -1;
}

/* Seconds until the last one ends; < 0: not known. */
static double time_left(const struct sweep_jobs *o, const struct sweep_run *run)
{
	double each = seconds_each(o->sweep, run), sum = 0;

	if (each < 0)
		return -1;
	for (int i = 0; i < o->sweep->n_points; i++) {
		double spent = clock_now() - run[i].began;

		if (run[i].fate == RUN_WAITS)
			sum += each;
		else if (run[i].fate == RUN_RUNS)
			sum += run[i].left >= 0 ? run[i].left :
			       each > spent ? each - spent : 0;
	}
	return sum / o->jobs;
}

static void redraw(const struct teller *t, const struct sweep_run *run)
{
	struct counts c = count(t->o->sweep, run);
	double left = time_left(t->o, run);

	fprintf(stderr, "\r\033[K%d of %d done, %d running", c.done, t->o->sweep->n_points,
		c.running);
	if (c.elsewhere)
		fprintf(stderr, ", %d elsewhere", c.elsewhere);
	if (c.failed)
		fprintf(stderr, ", %d failed", c.failed);
	if (left >= 90)
		fprintf(stderr, ", %.0f min left", left / 60);
	else if (left >= 0)
		fprintf(stderr, ", %.0f s left", left);
	fflush(stderr);
}

static const char *fate_event(const struct sweep_run *r)
{
	switch (r->fate) {
	case RUN_RUNS: return r->is_resumed ? "resume" : "start";
	case RUN_ELSEWHERE: return "elsewhere";
	case RUN_WAS_DONE: return "was-done";
	case RUN_DONE: return "done";
	case RUN_FAILED: return "failed";
	case RUN_STOPPED: return "stopped";
	case RUN_WAITS: break;
	}
	BUG("nothing is told of a run that waits");
}

static void tell_json(const struct teller *t, const struct sweep_run *all, int i)
{
	const struct sweep_run *r = &all[i];
	struct counts c = count(t->o->sweep, all);
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_event(&j, &b, fate_event(r));
	json_put_str(&j, "run", t->o->sweep->point[i].run);
	json_put_int(&j, "step", r->step);
	if (r->fate == RUN_FAILED)
		json_put_str(&j, "error", r->error);
	if (r->fate == RUN_DONE)
		json_put_num(&j, "seconds", r->seconds);
	json_put_int(&j, "runs_done", c.done);
	json_put_int(&j, "runs", t->o->sweep->n_points);
	json_close(&j, '}');
	puts(buf_str(&b));
	fflush(stdout);
	buf_release(&b);
}

static void tell_text(const struct teller *t, const struct sweep_run *all, int i)
{
	static const char *const word[] = {
		[RUN_RUNS] = "begins", [RUN_ELSEWHERE] = "is at work elsewhere",
		[RUN_WAS_DONE] = "was finished before", [RUN_DONE] = "has ended",
		[RUN_FAILED] = "has FAILED", [RUN_STOPPED] = "is stopped, and saved",
	};
	const struct sweep_run *r = &all[i];
	struct counts c = count(t->o->sweep, all);
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s %s", t->o->sweep->point[i].run,
		 r->fate == RUN_RUNS && r->is_resumed ? "goes on" : word[r->fate]);
	if (r->step > 0)
		buf_addf(&b, " at step %lld", (long long)r->step);
	if (r->fate == RUN_FAILED) {
		buf_adds(&b, ": ");
		text_sanitize(&b, r->error, strlen(r->error));
	}
	fprintf(stderr, "%s%s (%d of %d done)\n", t->is_terminal ? "\r\033[K" : "",
		buf_str(&b), c.done, t->o->sweep->n_points);
	fflush(stderr);
	buf_release(&b);
}

static void tell(void *arg, const struct sweep_run *all, int changed)
{
	struct teller *t = arg;
	double now = clock_now();

	if (changed >= 0) {
		if (t->json)
			tell_json(t, all, changed);
		else if (!t->is_terminal || all[changed].fate == RUN_FAILED)
			tell_text(t, all, changed);
	}
	if (t->is_terminal && !t->json && (changed >= 0 || now - t->last > 0.5)) {
		redraw(t, all);
		t->last = now;
	}
}

static void say_failed(const struct sweep *s, const struct sweep_run *run, int n)
{
	struct buf b;

	buf_init(&b);
	cmd_say("%d of %d runs failed; the same command goes on with them:", n, s->n_points);
	for (int i = 0; i < s->n_points; i++) {
		if (run[i].fate != RUN_FAILED)
			continue;
		buf_clear(&b);
		text_sanitize(&b, run[i].error, strlen(run[i].error));
		cmd_say("  %s: %s", s->point[i].run, buf_str(&b));
	}
	buf_release(&b);
}

static void say_plan(const struct sweep_jobs *j, const char *why, bool json)
{
	const struct sweep *s = j->sweep;

	if (json)
		return;
	cmd_say("%d runs of %d systems in %s; %d at once with %d worker%s each (%s)",
		s->n_points, s->n_systems, j->root, j->jobs, j->workers,
		j->workers == 1 ? "" : "s", why);
}

enum status sweep_train(struct sweep_jobs *j, const char *why, bool json, int *failed,
			struct err *err)
{
	struct teller t = { .o = j, .json = json, .is_terminal = isatty(2) == 1 };
	struct sweep_run *run = xcalloc((size_t)j->sweep->n_points, sizeof *run);
	struct counts c;
	enum status st;

	j->tell = tell;
	j->arg = &t;
	say_plan(j, why, json);
	st = sweep_jobs_run(j, run, err);
	if (t.is_terminal && !json)
		fputs("\r\033[K", stderr);
	c = count(j->sweep, run);
	*failed = c.failed;
	if (c.failed)
		say_failed(j->sweep, run, c.failed);
	if (st == ST_STOPPED && !json)
		cmd_say("stopped: %d of %d runs done; the same command goes on", c.done,
			j->sweep->n_points);
	xfree(run);
	return st;
}
