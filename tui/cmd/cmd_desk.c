/*
 * cmd_desk.c - `tutti PLAN` and `tutti RUN`: an engine for a new run and this
 * terminal lent to it; a live run gets this terminal; one that has ended is looked
 * at from here.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "desk/client.h"
#include "cmd.h"
#include "desk/desk.h"
#include "feed/follow.h"
#include "plan/plan.h"
#include "rundir/imported.h"
#include "rundir/rundir.h"

enum { VIEWER_NICE = 10 };

bool cmd_is_plan(const char *name)
{
	size_t n = strlen(name);
	struct stat sb;

	if (n > 5 && str_eq(name + n - 5, ".json"))
		return true;
	return !stat(name, &sb) && S_ISREG(sb.st_mode);
}

enum color_mode cmd_color(const struct opts *o)
{
	if (!o->color)
		return COLOR_AUTO;
	return str_eq(o->color, "always") ? COLOR_ALWAYS :
	       str_eq(o->color, "never")  ? COLOR_NEVER :
					    COLOR_AUTO;
}

bool cmd_history_path(char out[PATH_MAX])
{
	char state[PATH_MAX];

	return !file_xdg(XDG_STATE, state, sizeof state, NULL) &&
	       str_format(out, PATH_MAX, "%s/history", state);
}

/* --- looking --- */

int cmd_show(const struct opts *o, const struct feed *feed)
{
	char history[PATH_MAX];
	struct desk_options d = {.terminal = {.in_fd = 0, .out_fd = 1,
					      .color = cmd_color(o), .ascii = o->ascii,
					      .theme = theme_wish(o->theme),
					      .mouse = o->mouse},
				 .feed = feed};
	struct err err = {""};
	int code = EXIT_WELL;
	enum status st;

	if (cmd_history_path(history))
		d.history_path = history;
	st = desk_run(&d, &code, &err);
	return st ? cmd_fail(st, &err) : code;
}

static int look(const struct opts *o, const char *run)
{
	struct feed feed;
	struct ended_run *ended = NULL;
	struct err err = {""};
	enum status st = ended_run_open(run, &ended, &err);
	int code;

	if (st)
		return cmd_fail(st, &err);
	feed_ended_run(&feed, ended);
	code = cmd_show(o, &feed);
	ended_run_close(ended);
	return code;
}

/* Beside a run that goes on elsewhere: training comes first. */
static int follow(const struct opts *o, const char *run)
{
	struct follow *f = NULL;
	struct feed feed;
	struct err err = {""};
	enum status st;
	int code;

	if (setpriority(PRIO_PROCESS, 0, VIEWER_NICE))
		errno = 0; /* then as it is */
	st = follow_open(run, &f, &err);
	if (st)
		return cmd_fail(st, &err);
	feed_follow(&feed, f);
	code = cmd_show(o, &feed);
	follow_close(f);
	return code;
}

/* The word about a screen that came back; the exit status. */
static int say_end(const struct client_result *end, const char *run)
{
	const char *slash = strrchr(run, '/'), *name = slash ? slash + 1 : run;
	char called[PATH_MAX];

	switch (end->end) {
	case CLIENT_SIGNAL: return EXIT_SIGNAL + end->status;
	case CLIENT_LOST:
		cmd_say("tutti: the engine of %s has gone\ntutti: 'tutti resume %s' goes on "
			"from its newest checkpoint", name, rundir_called(run, called));
		return EXIT_FAILED;
	default:
		if (end->word.len)
			cmd_say("%s", buf_str(&end->word));
		return end->status;
	}
}

int cmd_lend(const struct opts *o, const char *run, bool is_owner)
{
	struct client_options c = {.run = run, .color = cmd_color(o), .ascii = o->ascii,
				   .theme = theme_wish(o->theme), .mouse = o->mouse,
				   .is_owner = is_owner};
	struct client_result end = {0};
	struct err err = {""};
	enum status st;
	int code;

	buf_init(&end.word);
	st = client_show(&c, &end, &err);
	code = st ? cmd_fail(st, &err) : say_end(&end, run);
	buf_release(&end.word);
	return code;
}

/* What works without a terminal, for what was named. */
static int advise(const struct opts *o)
{
	const char *name = o->arg[0];
	char path[PATH_MAX];
	struct err err;
	enum status st;

	if (cmd_is_plan(name)) {
		cmd_say("tutti: no terminal here; 'tutti train %s' works without one", name);
		return EXIT_USAGE;
	}
	st = cmd_find_run(o, name, path, &err);
	if (st)
		return cmd_fail(st, &err), EXIT_USAGE;
	if (run_is_live(path))
		cmd_say("tutti: no terminal here; the run is live: 'tutti send %s COMMAND' "
			"steers it without one, 'tutti ls' says how far it is", name);
	else if (imported_is_run(path))
		cmd_say("tutti: no terminal here; 'tutti curves %s --table evals' prints what "
			"its imported predictions scored", name);
	else
		cmd_say("tutti: no terminal here; 'tutti eval %s' measures the run without "
			"one, 'tutti resume %s' trains on", name, name);
	return EXIT_USAGE;
}

int cmd_attach(const struct opts *o)
{
	char path[PATH_MAX];
	struct err err;
	enum status st = cmd_find_run(o, o->arg[0], path, &err);

	if (st)
		return cmd_fail(st, &err);
	if (isatty(0) != 1 || isatty(1) != 1)
		return advise(o);
	if (!run_is_live(path))
		return look(o, path);
	return o->view ? follow(o, path) : cmd_lend(o, path, false);
}

/* --- a new run --- */

static int open_log(void)
{
	char state[PATH_MAX], path[PATH_MAX];

	if (file_xdg(XDG_STATE, state, sizeof state, NULL) ||
	    file_mkdirs(state, 0700, NULL) ||
	    !str_format(path, sizeof path, "%s/engine.log", state))
		return -1;
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/*
 * In the child: a session of its own, so that no terminal's hang-up reaches it,
 * and a fresh program with the words that the person typed.
 */
static void become_engine(const struct opts *o, int pipe_fd)
{
	const char **argv = xcalloc((size_t)o->argc + 3, sizeof *argv);
	int none = open("/dev/null", O_RDWR | O_CLOEXEC), log = open_log();

	argv[0] = "tutti";
	argv[1] = "engine";
	memcpy(argv + 2, o->argv, sizeof *argv * (size_t)o->argc);
	setsid();
	if (none < 0 || dup2(none, 0) < 0 || dup2(pipe_fd, 1) < 0 ||
	    dup2(log >= 0 ? log : none, 2) < 0)
		_exit(EXIT_FAILED);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(EXIT_FAILED);
}

/* What the engine says of its beginning: "run PATH", or why there is none. */
static enum status hear(int fd, char *run, size_t cap, struct err *err)
{
	char text[PATH_MAX + 8];
	size_t n = 0;
	ssize_t got;

	while (n + 1 < sizeof text &&
	       ((got = read(fd, text + n, sizeof text - 1 - n)) > 0 ||
		(got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (str_starts(text, "run "))
		return str_copy(run, cap, text + 4) ? ST_OK :
		       err_set(err, ST_INVALID, "path too long");
	return err_set(err, ST_FAILED, "%s", text[0] ? text : "the engine did not start");
}

static enum status start_engine(const struct opts *o, char *run, size_t cap,
				struct err *err)
{
	int ends[2];
	enum status st;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become_engine(o, ends[1]);
	close(ends[1]);
	st = pid < 0 ? err_sys(err, "cannot start the engine") :
		       hear(ends[0], run, cap, err);
	close(ends[0]);
	if (st && pid > 0)
		waitpid(pid, NULL, 0);
	return st;
}

/* Here, where the person reads what is wrong with the plan; the engine does it again. */
static enum status check_plan(const struct opts *o, struct err *err)
{
	struct plan *plan = NULL;
	enum status st = term_check(getenv("TERM"), 0, 1, NULL, err);

	if (!st)
		st = cmd_load_plan(o, o->arg[0], &plan, NULL, err);
	plan_free(plan);
	return st;
}

static int start(const struct opts *o)
{
	char run[PATH_MAX];
	struct err err;
	enum status st = check_plan(o, &err);

	if (st) {
		cmd_fail(st, &err);
		return st == ST_INVALID || st == ST_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
	}
	st = start_engine(o, run, sizeof run, &err);
	return st ? cmd_fail(st, &err) : cmd_lend(o, run, true);
}

int cmd_desk(const struct opts *o)
{
	if (isatty(0) != 1 || isatty(1) != 1)
		return advise(o);
	return cmd_is_plan(o->arg[0]) ? start(o) : cmd_attach(o);
}
