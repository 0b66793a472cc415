/*
 * The engine behind the desk, with the real program on pseudo-terminals: detach,
 * a dropped connection, attach on other terminals, a second screen that looks,
 * commands over the socket, and what is left when somebody is killed.
 */
#include "fixture/desks.h"

/* --- tests --- */

static void test_detach_and_attach(void **state)
{
	struct pty p;
	char name[16];

	(void)state;
	new_desk(&p, name, LONG);
	pty_keys(&p, "D");
	assert_int_equal(pty_wait(&p, 10), 0);
	assert_given_back(&p);
	assert_true(pty_shows(&p, "goes on"));
	pty_close(&p);
	attach(&p, name, "vt100", "C", 30, 100, false); /* another kind of terminal */
	wait_for(&p, "RUN");
	for (size_t i = 0; i < p.raw.len; i++)
		assert_true((unsigned char)p.raw.s[i] < 0x80);
	pty_keys(&p, "q");
	pty_keys(&p, "y");
	assert_int_equal(pty_wait(&p, 20), 0);
	assert_given_back(&p);
	pty_close(&p);
	wait_until_ended(name);
}

/* The socket is for its owner alone, and gone when the engine is. */
static void test_socket_file(void **state)
{
	struct pty p;
	char name[16], path[PATH_MAX + 16];
	struct stat sb;

	(void)state;
	new_desk(&p, name, LONG);
	str_format(path, sizeof path, "%s/%s/control.sock", desks_runs, name);
	assert_int_equal(lstat(path, &sb), 0);
	assert_true(S_ISSOCK(sb.st_mode));
	assert_int_equal(sb.st_mode & 0777, 0600);
	stop_run(name);
	wait_for(&p, "STOPPED");
	pty_keys(&p, "q");
	assert_int_equal(pty_wait(&p, 10), 0);
	assert_int_equal(lstat(path, &sb), -1);
	pty_close(&p);
}

static void test_send(void **state)
{
	struct pty p;
	char name[16];
	struct buf said;

	(void)state;
	buf_init(&said);
	new_desk(&p, name, LONG);
	assert_int_equal(send_words(name, "weight mood 2.5", &said), 0);
	wait_for(&p, "2.50");
	assert_int_equal(send_words(name, "weight nobody 2", &said), 1);
	assert_non_null(strstr(buf_str(&said), "nobody"));
	buf_clear(&said);
	assert_int_equal(send_words(name, "try mood amber boat", &said), 0);
	assert_non_null(strstr(buf_str(&said), "\"tasks\""));
	buf_release(&said);
	stop_run(name);
	pty_close(&p);
}

/* A second screen looks; a third one takes the first one's place. */
static void test_two_screens(void **state)
{
	struct pty steers, looks, third;
	char name[16];

	(void)state;
	new_desk(&steers, name, LONG);
	attach(&looks, name, "xterm-256color", "C.UTF-8", 40, 120, true);
	wait_for(&looks, "LOOKS ONLY");
	pty_keys(&looks, "m"); /* what steers does nothing there, by key or typed */
	wait_for(&looks, "this screen only looks");
	pty_keys(&looks, "\033:mute mood on\r");
	wait_for(&looks, "this screen only looks");
	pty_read(&looks, .6, .6);
	assert_false(pty_shows(&looks, "off → on"));
	pty_keys(&steers, "m");
	wait_for(&steers, "M · ·");
	wait_for(&looks, "mute mood off → on");
	attach(&third, name, "xterm-256color", "C.UTF-8", 24, 80, false);
	assert_int_equal(pty_wait(&steers, 10), 0);
	assert_given_back(&steers);
	assert_true(pty_shows(&steers, "another terminal"));
	{
		char back[64];

		assert_true(pty_shows(&steers, "'tutti attach "));
		str_format(back, sizeof back, "/%s'", name); /* lies where no name finds it */
		assert_true(pty_shows(&steers, back));
	}
	pty_keys(&looks, "q");
	assert_int_equal(pty_wait(&looks, 10), 0);
	assert_given_back(&looks);
	pty_keys(&third, "q"); /* who would leave is told of D, and D it does */
	wait_for(&third, "D detach");
	pty_keys(&third, "D");
	assert_int_equal(pty_wait(&third, 10), 0);
	assert_true(pty_shows(&third, "goes on"));
	stop_run(name);
	pty_close(&steers);
	pty_close(&looks);
	pty_close(&third);
}

/* Ctrl-Z in a shell: it has its terminal as it was, and fg comes back. */
static void test_suspend(void **state)
{
	struct pty p;
	char name[16], line[3 * PATH_MAX];

	(void)state;
	str_format(name, sizeof name, "r%d", desks_begun++);
	setenv("PS1", "ready> ", 1);
	pty_exec(&p, "/bin/sh", "xterm-256color", "C.UTF-8", 24, 80,
		  (const char *const[]){"-i", NULL});
	wait_for(&p, "ready>");
	str_format(line, sizeof line, "%s %s --runs %s --run %s --set " LONG "\n",
		   pty_program_path(), desks_plan, desks_runs, name);
	pty_send(&p, line, strlen(line));
	wait_for(&p, "RUN");
	pty_keys(&p, "\032");
	wait_for(&p, "Stopped");
	pty_keys(&p, "stty -a | grep -c ' echo '; fg\n");
	wait_for(&p, "RUN");
	pty_keys(&p, "D");
	wait_for(&p, "goes on");
	stop_run(name);
	pty_close(&p);
}

static void test_client_killed(void **state)
{
	struct pty p;
	char name[16];

	(void)state;
	new_desk(&p, name, LONG);
	kill(p.pid, SIGKILL);
	assert_int_equal(pty_wait(&p, 5), -SIGKILL);
	for (double end = clock_now() + 10;;) { /* the engine mends the terminal */
		struct termios now;

		pty_read(&p, .02, .05);
		assert_true(clock_now() < end);
		if (!tcgetattr(p.fd, &now) && now.c_lflag == p.before.c_lflag)
			break;
	}
	pty_close(&p);
	stop_run(name);
}

/* A dropped line ends the run where the plan says so, with a checkpoint. */
static void test_hangup_ends(void **state)
{
	struct pty p;
	char name[16], end[40];
	struct buf said;

	(void)state;
	buf_init(&said);
	str_format(name, sizeof name, "r%d", desks_begun++);
	pty_program(&p, "xterm-256color", "C.UTF-8", 24, 80,
		    (const char *const[]){desks_plan, "--runs", desks_runs, "--run", name, "--set",
					  LONG, "--set", "on_hangup=checkpoint-exit",
					  NULL});
	wait_for(&p, "RUN");
	pty_keys(&p, "D"); /* to detach is no hang-up */
	assert_int_equal(pty_wait(&p, 10), 0);
	pty_close(&p);
	assert_int_equal(send_words(name, "note still here", &said), 0);
	attach(&p, name, "xterm-256color", "C.UTF-8", 24, 80, false);
	close(p.fd);
	p.fd = -1;
	wait_until_ended(name);
	pty_close(&p);
	buf_release(&said);
	final_state(name, end);
}

static void test_engine_killed(void **state)
{
	struct pty p;
	char name[16];

	(void)state;
	new_desk(&p, name, LONG);
	kill(engine_of(name), SIGKILL);
	assert_int_equal(pty_wait(&p, 10), 1);
	assert_given_back(&p);
	assert_true(pty_shows(&p, "tutti resume"));
	pty_close(&p);
}

/* SIGTERM to the command that began the run ends the run, with a checkpoint. */
static void test_terminated(void **state)
{
	struct pty p;
	char name[16];

	(void)state;
	new_desk(&p, name, LONG);
	kill(p.pid, SIGTERM);
	assert_int_equal(pty_wait(&p, 20), 143);
	assert_given_back(&p);
	pty_close(&p);
	wait_until_ended(name);
}

/* Packets that no tutti sends: the engine goes on, and still answers. */
static void test_nonsense_packets(void **state)
{
	struct rng r = rng_stream(3, RNG_TEST, 0, 0);
	struct pty p;
	char name[16], path[PATH_MAX];
	struct buf said;

	(void)state;
	new_desk(&p, name, LONG);
	run_folder(name, path);
	for (uint64_t k = 0; k < 300; k++) {
		unsigned char bytes[600];
		size_t n = (size_t)rng_below(&r, 4 * k, sizeof bytes);
		int fd = -1;

		assert_int_equal(control_connect(path, &fd, NULL), ST_OK);
		for (size_t i = 0; i < n; i++)
			bytes[i] = (unsigned char)rng_below(&r, 1000 + k * 600 + i, 256);
		if (k % 2 && n >= 4) { /* the head is right, the rest is not */
			memcpy(bytes, (const uint16_t[]){CONTROL_VERSION, 1}, 4);
			bytes[2] = (unsigned char)(k % 9);
		}
		send(fd, bytes, n, MSG_NOSIGNAL);
		close(fd);
		if (k % 20 == 0)
			pty_read(&p, .01, .05);
	}
	buf_init(&said);
	assert_int_equal(send_words(name, "note still here", &said), 0);
	buf_release(&said);
	wait_for(&p, "note still here");
	stop_run(name);
	pty_close(&p);
}

/*
 * Connections that drop while it trains, views that change: the same bits as a run
 * that nobody looked at. TUTTI_DROPS: how many (100 for the long test).
 */
static void test_drops_change_no_bit(void **state)
{
	static const char steps[] = "budget.steps=2500";
	const char *wish = getenv("TUTTI_DROPS");
	int64_t drops = 8;
	struct pty p;
	char name[16], alone[16], seen[40], unseen[40];
	int status;
	pid_t pid;

	(void)state;
	if (wish)
		assert_true(parse_i64(wish, &drops));
	new_desk(&p, name, drops > 20 ? "budget.steps=40000" : steps);
	for (int i = 0; i < drops; i++) {
		pty_keys(&p, (const char[]){(char)('1' + i % 8), 0});
		close(p.fd); /* the line is cut */
		p.fd = -1;
		waitpid(p.pid, &status, 0);
		p.pid = 0;
		pty_close(&p);
		attach(&p, name, i % 2 ? "vt100" : "xterm-256color", "C.UTF-8",
		       20 + i % 30, 70 + i % 60, false);
	}
	wait_long(&p, "DONE", 300); /* sanitized, on a busy machine */
	pty_keys(&p, "q");
	assert_int_equal(pty_wait(&p, 20), 0);
	pty_close(&p);
	wait_until_ended(name);
	final_state(name, seen);
	str_format(alone, sizeof alone, "r%d", desks_begun++);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int none = open("/dev/null", O_RDWR);

		dup2(none, 1);
		dup2(none, 2);
		execl(pty_program_path(), pty_program_path(), "train", desks_plan,
		      "--runs", desks_runs, "--run", alone,
		      "--set", drops > 20 ? "budget.steps=40000" : steps,
		      "--set", "budget.eval_every=100000", (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	final_state(alone, unseen);
	assert_string_equal(seen, unseen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detach_and_attach),
		cmocka_unit_test(test_socket_file),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_two_screens),
		cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_client_killed),
		cmocka_unit_test(test_hangup_ends),
		cmocka_unit_test(test_engine_killed),
		cmocka_unit_test(test_terminated),
		cmocka_unit_test(test_nonsense_packets),
		cmocka_unit_test(test_drops_change_no_bit),
	};

	return cmocka_run_group_tests(tests, desks_make, desks_remove);
}
