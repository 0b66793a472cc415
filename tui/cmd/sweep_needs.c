/*
 * sweep_needs.c - what a run takes, asked of `check` in a process of its own, so that
 * its memory is its own.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cmd.h"
#include "sweep/sweep_child.h"
#include "sweep_cmd.h"

/* Of the optimizer's numbers no byte depends, nor of a task's weight. */
static bool costs_nothing(const char *set)
{
	const char *dot = strchr(set, '=');

	while (dot && dot > set && *dot != '.')
		dot--;
	return str_starts(set, "optimizer.") || str_starts(set, "seed=") ||
	       (dot && (str_starts(dot, ".weight=") || str_starts(dot, ".lr=") ||
			str_starts(dot, ".share=")));
}

/* What of a system's settings may change its sum. */
static void key_of(const struct sweep *s, int system, struct buf *out)
{
	const struct sweep_sets *sets = &s->system[system].sets;

	buf_clear(out);
	for (int i = 0; i < sets->n; i++)
		if (!costs_nothing(sets->text[i]))
			buf_addf(out, "%s\n", sets->text[i]);
}

static bool is_asked(const struct sweep *s, int system)
{
	struct buf a, b;
	bool found = false;

	buf_init(&a);
	buf_init(&b);
	key_of(s, system, &a);
	for (int i = 0; i < system && !found; i++) {
		key_of(s, i, &b);
		found = str_eq(buf_str(&a), buf_str(&b));
	}
	buf_release(&a);
	buf_release(&b);
	return found;
}

/* "train PLAN --run NAME --runs DIR --set ..." as "check PLAN --runs DIR --set ...". */
static char **check_words(const struct sweep_jobs *j, int point)
{
	char **words = sweep_words(j, point, false, true);

	xfree(words[1]);
	words[1] = xstrdup("check");
	for (int i = 3; i < 5; i++)
		xfree(words[i]);
	for (int i = 3; (words[i] = words[i + 2]); i++)
		; /* the NULL at the end, too */
	return words;
}

struct answer { double memory_mb, seconds_per_step, steps; };

static void take_number(const struct json *event, const char *key, double *out)
{
	const struct json *n = json_get(event, key);

	if (n && json_type(n) == JSON_NUMBER)
		*out = json_number(n);
}

static void hear(void *arg, const struct json *event)
{
	struct answer *a = arg;

	take_number(event, "memory_mb", &a->memory_mb);
	take_number(event, "seconds_per_step", &a->seconds_per_step);
	take_number(event, "steps", &a->steps);
}

static enum status ask(const struct sweep_jobs *j, int point, struct answer *a,
		       struct err *err)
{
	char **words = check_words(j, point);
	const char *run = j->sweep->point[point].run;
	struct sweep_child c;
	enum status st = sweep_child_start(&c, j->exe, words, -1, err);
	bool is_stopping = false;
	char last[ERR_MAX];
	int code;

	sweep_words_free(words);
	while (!st) {
		struct pollfd p[3] = { { .fd = c.out, .events = POLLIN },
				       { .fd = c.err, .events = POLLIN },
				       { .fd = is_stopping ? -1 : j->stop_fd,
					 .events = POLLIN } };

		poll(p, 3, 1000);
		if (cmd_signal() && !is_stopping) {
			is_stopping = true;
			kill(c.pid, SIGTERM);
		}
		if (!sweep_child_read(&c, hear, a))
			break;
	}
	if (st)
		return st;
	str_copy(last, sizeof last, c.last);
	code = sweep_child_wait(&c);
	if (is_stopping)
		return err_set(err, ST_STOPPED, "stopped");
	if (!code)
		return ST_OK;
	return err_set(err, ST_FAILED, "run '%s': %.500s", run,
		       *last ? last : "'check' of its plan failed");
}

enum status sweep_needs(const struct sweep_jobs *j, struct sweep_needs *out,
			struct err *err)
{
	const struct sweep *s = j->sweep;
	struct progress *pg = cmd_progress();
	enum status st = ST_OK;

	*out = (struct sweep_needs){ 0 };
	progress_begin(pg, (uint64_t)s->n_systems, "systems", "what a run takes");
	for (int y = 0; !st && y < s->n_systems; y++) {
		struct answer a = { 0, 0, 0 };
		double seconds;

		if (is_asked(s, y))
			continue;
		progress_tick(pg, (uint64_t)y);
		st = ask(j, s->system[y].first, &a, err);
		seconds = a.seconds_per_step * a.steps;
		if (1e6 * a.memory_mb > (double)out->bytes)
			out->bytes = (uint64_t)(1e6 * a.memory_mb);
		if (seconds > out->seconds)
			out->seconds = seconds;
	}
	cmd_progress_end();
	return st;
}
