/*
 * cmd_common.c - what the sub-commands share.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ask/open.h"
#include "base/clock.h"
#include "base/file.h"
#include "plan/plan.h"
#include "rundir/init.h"
#include "rundir/rundir.h"
#include "text/utf8.h"
#include "trainer/actors.h"

static volatile sig_atomic_t got_signal;
static int signal_pipe[2] = { -1, -1 };
static struct progress work;
static bool line_open;
static double last_line;
static int last_percent;
static char last_what[sizeof work.what];

int cmd_fail(enum status st, const struct err *err)
{
	struct buf b;

	if (st == ST_STOPPED && got_signal)
		return EXIT_SIGNAL + got_signal;
	cmd_progress_end();
	buf_init(&b);
	text_sanitize(&b, err->text, strlen(err->text));
	fprintf(stderr, "tutti: %s\n", buf_str(&b));
	buf_release(&b);
	return EXIT_FAILED;
}

void cmd_say(const char *fmt, ...)
{
	va_list ap;

	cmd_progress_end();
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* --- signals --- */

static void on_signal(int sig)
{
	static volatile time_t first;
	int saved = errno;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (got_signal && sig == SIGINT && now.tv_sec - first <= 2)
		_exit(EXIT_SIGNAL + SIGINT);
	first = now.tv_sec;
	got_signal = sig;
	if (signal_pipe[1] >= 0 && write(signal_pipe[1], "", 1) < 0)
		errno = 0; /* full: a byte is there already */
	errno = saved;
}

void cmd_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK))
		signal_pipe[0] = signal_pipe[1] = -1;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int cmd_signal(void)
{
	return got_signal;
}

int cmd_signal_fd(void)
{
	return signal_pipe[0];
}

/* --- progress --- */

static void format_left(double s, char *out, size_t cap)
{
	if (s < 0)
		str_copy(out, cap, "");
	else if (s < 90)
		str_format(out, cap, ", %.0f s left", s);
	else
		str_format(out, cap, ", %.0f min left", s / 60);
}

static void print_progress(struct progress *p, bool is_terminal)
{
	char left[32];
	double percent = p->total ? 100.0 * (double)p->done / (double)p->total : 0;

	format_left(progress_eta(p), left, sizeof left);
	if (p->total)
		fprintf(stderr, "%s%s: %.0f%%%s", is_terminal ? "\r\033[K" : "", p->what,
			percent, left);
	else
		fprintf(stderr, "%s%s: %llu %s", is_terminal ? "\r\033[K" : "", p->what,
			(unsigned long long)p->done, p->unit ? p->unit : "");
	line_open = is_terminal;
	if (!is_terminal)
		fputc('\n', stderr);
	fflush(stderr);
}

static bool tick(struct progress *p)
{
	bool is_terminal = isatty(2) == 1;
	double now = clock_now();
	int percent = p->total ? (int)(100 * p->done / p->total) : -1;
	bool is_new = strcmp(last_what, p->what) != 0;

	if (is_terminal) {
		if (now - p->started > 0.5)
			print_progress(p, true);
	} else if (now - p->started > 2 &&
		   (is_new || (now - last_line >= 10 && percent != last_percent))) {
		print_progress(p, false);
		last_line = now;
		last_percent = percent;
		str_copy(last_what, sizeof last_what, p->what);
	}
	return got_signal != 0;
}

struct progress *cmd_progress(void)
{
	work.tick = tick;
	return &work;
}

void cmd_progress_end(void)
{
	if (line_open)
		fputs("\r\033[K", stderr);
	line_open = false;
}

/* --- plans and runs --- */

enum status cmd_load_plan(const struct opts *o, const char *path, struct plan **plan,
			  struct buf *given, struct err *err)
{
	const char *sets[OPTS_SETS + 1];
	char seed[40];
	int n = o->n_sets;
	enum status st;

	memcpy(sets, o->set, sizeof *sets * (size_t)n);
	if (o->seed >= 0) {
		str_format(seed, sizeof seed, "seed=%lld", (long long)o->seed);
		sets[n++] = seed;
	}
	st = plan_load_with(path, sets, n, &(struct plan_opener){ init_open, o->runs }, false,
			    plan, err);
	if (!st) {
		st = actors_check_plan(*plan, err);
		if (st) {
			plan_free(*plan);
			*plan = NULL;
		}
	}
	if (!st && (*plan)->left_out)
		cmd_say("tutti: %s", (*plan)->left_out);
	if (!st && given)
		st = file_read(path, PLAN_SIZE_MAX, given, err);
	return st;
}

enum status cmd_find_run(const struct opts *o, const char *name, char out[4096],
			 struct err *err)
{
	char root[PATH_MAX];
	enum status st = rundir_root(o->runs, root, err);

	return st ? st : rundir_find(root, name, out, err);
}

enum status cmd_open_run(const struct opts *o, bool with_data, struct session **s,
			 struct err *err)
{
	char path[PATH_MAX], words[128];
	struct session_wanted w = { .run = path, .step = o->step >= 0 ? o->step :
									CHECKPOINT_BEST,
				    .workers = o->workers > 0 ? (int)o->workers : 0,
				    .with_data = with_data, .averaged = o->averaged };
	struct checkpoint_choice c;
	enum status st = cmd_find_run(o, o->arg[0], path, err);

	cmd_catch_signals();
	if (!st)
		st = session_open(&w, cmd_progress(), &c, s, err);
	if (st)
		return st;
	checkpoint_words(&c, words);
	cmd_progress_end();
	cmd_say("%s%s", words, o->averaged ? ", the weights' average" : "");
	return ST_OK;
}

int cmd_name_columns(const struct plan *p)
{
	size_t w = 12;

	for (int i = 0; i < p->n_tasks; i++)
		w = strlen(p->tasks[i].name) > w ? strlen(p->tasks[i].name) : w;
	return (int)w;
}
