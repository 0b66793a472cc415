/*
 * desks.h - runs behind desks, with the real program on pseudo-terminals: begun,
 * looked at, sent words, ended; for the tests of the engine and of who looks.
 */
#ifndef TUTTI_TESTS_DESKS_H
#define TUTTI_TESTS_DESKS_H

#include "../unit/engine_fixture.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "rundir/rundir.h"
#include "trainer/control.h"
#include "program.h"

static inline void wait_long(struct pty *p, const char *text, double most)
{
	for (double end = clock_now() + most; !pty_shows(p, text);) {
		pty_read(p, .05, .2);
		if (clock_now() > end) {
			char *screen = pty_text(p);

			fprintf(stderr, "no '%s' on:\n%s", text, screen);
			xfree(screen);
			fail();
		}
	}
}

static inline void wait_for(struct pty *p, const char *text)
{
	wait_long(p, text, 20);
}

static inline void assert_given_back(struct pty *p)
{
	struct termios now;

	assert_int_equal(tcgetattr(p->fd, &now), 0);
	assert_int_equal(now.c_lflag, p->before.c_lflag);
	assert_int_equal(now.c_iflag, p->before.c_iflag);
	assert_int_equal(now.c_oflag, p->before.c_oflag);
}

static char plan_path[PATH_MAX], runs[PATH_MAX];
static int run_number;

/* A long run with a name of its own: its folder is runs/<name>. */
static inline void new_desk(struct pty *p, char name[16], const char *steps)
{
	str_format(name, 16, "r%d", run_number++);
	pty_program(p, "xterm-256color", "C.UTF-8", 24, 80,
		    (const char *const[]){plan_path, "--runs", runs, "--run", name, "--set",
				    steps, "--set", "budget.eval_every=100000", NULL});
	wait_for(p, "RUN");
}
#define LONG "budget.steps=1000000"

static inline void attach(struct pty *p, const char *name, const char *term, const char *lang,
		   int rows, int cols, bool looks)
{
	pty_program(p, term, lang, rows, cols,
	      (const char *const[]){"attach", name, "--runs", runs,
				    looks ? "--view" : NULL, NULL});
	wait_for(p, name);
}

static inline void run_folder(const char *name, char out[PATH_MAX])
{
	str_format(out, PATH_MAX, "%s/%s", runs, name);
}

static inline void wait_until_ended(const char *name)
{
	char path[PATH_MAX];

	run_folder(name, path);
	for (double end = clock_now() + 30; run_is_live(path); usleep(20000))
		assert_true(clock_now() < end);
}

/* Sends words through `tutti send`; its exit status. */
static inline int send_words(const char *name, const char *line, struct buf *said)
{
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		close(ends[0]);
		execl(pty_program_path(), pty_program_path(), "send", name, "--runs", runs, line,
		      (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	for (char bytes[512];;) {
		ssize_t n = read(ends[0], bytes, sizeof bytes);

		if (n <= 0)
			break;
		buf_add(said, bytes, (size_t)n);
	}
	close(ends[0]);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static inline void stop_run(const char *name)
{
	struct buf said;

	buf_init(&said);
	assert_int_equal(send_words(name, "stop", &said), 0);
	buf_release(&said);
	wait_until_ended(name);
}

/* The state at the end of a run of so many steps, from `tutti ls --json`. */
static inline void final_state(const char *name, char out[40])
{
	struct run_info *info = NULL;
	int n = 0;

	assert_int_equal(rundir_list(runs, &info, &n, NULL), ST_OK);
	out[0] = '\0';
	for (int i = 0; i < n; i++)
		if (str_eq(info[i].name, name))
			str_copy(out, 40, info[i].state);
	xfree(info);
	assert_true(strlen(out) == 32);
}

static inline pid_t engine_of(const char *name)
{
	char path[PATH_MAX + 16], text[32] = "";
	int64_t pid = 0;
	FILE *f;

	str_format(path, sizeof path, "%s/%s/lock", runs, name);
	f = fopen(path, "r");
	assert_non_null(f);
	if (fgets(text, sizeof text, f))
		text[strcspn(text, "\n")] = '\0';
	fclose(f);
	assert_true(parse_i64(text, &pid) && pid > 1);
	return (pid_t)pid;
}

static inline int desks_make(void **state)
{
	struct buf b;

	(void)fixture_plan;
	(void)fixture_remove;
	if (fixture_make(state))
		return -1;
	str_format(plan_path, sizeof plan_path, "%s/plan.json", fixture_dir);
	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	setenv("XDG_STATE_HOME", fixture_dir, 1);
	buf_init(&b);
	buf_adds(&b, fixture_plan_text);
	file_write(plan_path, buf_str(&b), b.len, NULL);
	buf_release(&b);
	return 0;
}

static inline int desks_remove(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	for (int i = 0; i < run_number; i++) { /* what a failed test left behind */
		char path[PATH_MAX];

		str_format(path, sizeof path, "%s/r%d", runs, i);
		if (run_is_live(path) && (pid = engine_of(strrchr(path, '/') + 1)) > 1)
			kill(pid, SIGKILL);
	}
	usleep(100000);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", fixture_dir, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && !status ? 0 : 1;
}

#endif
