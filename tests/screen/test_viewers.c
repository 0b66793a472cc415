/*
 * Who only looks, and who wants the screen, with the real program: nothing that
 * their terminals do reaches the run, or the desk of the one who steers.
 */
#include "fixture/desks.h"

/* A key that the desk draws: mute, on or off. */
static void check_mute(struct pty *p, bool is_on)
{
	pty_keys(p, "m");
	for (double end = clock_now() + 20; pty_shows(p, "M · ·") != is_on;) {
		pty_read(p, .05, .2);
		assert_true(clock_now() < end);
	}
}

static void attach_view(struct pty *p, const char *name, int rows, int cols)
{
	attach(p, name, "xterm-256color", "C.UTF-8", rows, cols, true);
	wait_for(p, "LOOKS ONLY");
}

static void resize(struct pty *p, int rows, int cols, const char *text)
{
	pty_resize(p, rows, cols);
	wait_for(p, text);
}

static void leave(struct pty *p, const char *keys)
{
	pty_keys(p, keys);
	assert_int_equal(pty_wait(p, 10), 0);
	assert_given_back(p);
	pty_close(p);
}

/* --- sizes --- */

/* One row less on either screen, and sizes below what the other one has. */
static void test_other_sizes(void **state)
{
	struct pty desk, looks;
	char name[16];

	(void)state;
	new_desk(&desk, name, LONG);
	resize(&desk, 30, 100, name);
	attach_view(&looks, name, 30, 100);
	resize(&looks, 29, 100, "LOOKS ONLY");
	check_mute(&desk, true);
	resize(&desk, 29, 100, name);
	check_mute(&desk, false);
	resize(&looks, 16, 60, "LOOKS ONLY");
	resize(&looks, 15, 60, "60x16 needed");
	assert_true(pty_shows(&looks, "training goes on"));
	resize(&looks, 24, 59, "60x16 needed");
	resize(&looks, 1, 1, "");
	check_mute(&desk, true);
	resize(&desk, 1, 1, "");
	resize(&looks, 120, 300, "LOOKS ONLY");
	resize(&desk, 40, 120, name);
	check_mute(&desk, false);
	leave(&looks, "q");
	leave(&desk, "D");
	stop_run(name);
}

/* --- leaving --- */

static void test_leaving(void **state)
{
	struct pty desk, looks;
	char name[16];

	(void)state;
	new_desk(&desk, name, LONG);
	for (int way = 0; way < 7; way++) {
		attach_view(&looks, name, 20 + way, 70 + way);
		switch (way) {
		case 0: leave(&looks, "q"); break;
		case 1: leave(&looks, "D"); break;
		case 2: leave(&looks, "\003"); break;
		case 3: leave(&looks, ":q\r"); break;
		case 4:
			kill(looks.pid, SIGTERM);
			assert_int_equal(pty_wait(&looks, 10), 128 + SIGTERM);
			assert_given_back(&looks);
			pty_close(&looks);
			break;
		case 5:
			kill(looks.pid, SIGKILL);
			assert_int_equal(pty_wait(&looks, 10), -SIGKILL);
			pty_close(&looks);
			break;
		default: /* the line is cut */
			close(looks.fd);
			looks.fd = -1;
			pty_close(&looks);
			break;
		}
		check_mute(&desk, !(way % 2));
	}
	leave(&desk, "D");
	stop_run(name);
}

/* --- what it shows --- */

static void send_ok(const char *name, const char *line)
{
	struct buf said;

	buf_init(&said);
	assert_int_equal(send_words(name, line, &said), 0);
	buf_release(&said);
}

/* What would steer the run, or ask its model, is no key there and says so. */
static void check_only_looks(struct pty *looks)
{
	static const char *const lines[] = { "m", "l", "]", " ", "e", "c", "0", "@",
					     "\033:weight mood 9\r", "\033:try amber boat\r",
					     "\033:eval\r", "\033:stop\r" };

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		pty_keys(looks, "\033");
		pty_keys(looks, lines[i]);
		wait_for(looks, "this screen only looks");
	}
	pty_keys(looks, "\0333t");
	wait_for(looks, "this screen only looks");
	assert_false(pty_shows(looks, "try a text"));
	pty_keys(looks, "\033?");
	wait_for(looks, "everywhere");
	pty_keys(looks, "g");
	assert_false(pty_shows(looks, "pause, continue"));
	pty_keys(looks, "\033\0331");
}

static void test_what_it_shows(void **state)
{
	static const char *const view[] = { "2", "3", "4", "5", "6", "7", "8" };
	struct pty desk, looks;
	char name[16], said[32];

	(void)state;
	new_desk(&desk, name, LONG);
	attach_view(&looks, name, 40, 120);
	wait_for(&looks, "RUN");
	check_only_looks(&looks);
	send_ok(name, "weight mood 2.5");
	wait_for(&looks, "2.50");
	send_ok(name, "eval");
	send_ok(name, "note a word to all");
	pty_keys(&looks, "8");
	wait_for(&looks, "a word to all");
	pty_keys(&looks, "3"); /* rows of the evaluation, from the store */
	wait_for(&looks, "mood");
	pty_keys(&looks, "a");
	wait_for(&looks, "only looks: no model is asked");
	for (size_t i = 0; i < sizeof view / sizeof *view; i++) {
		pty_keys(&looks, view[i]);
		assert_true(pty_shows(&looks, "LOOKS ONLY"));
	}
	pty_keys(&looks, "\0331");
	send_ok(name, "pause");
	wait_for(&looks, "PAUSE");
	wait_for(&desk, "PAUSE");
	{ /* the last step is on both */
		char *text = pty_text(&desk), *at = strstr(text, "PAUSE"), *end;

		at += strcspn(at, "0123456789");
		end = at + strspn(at, "0123456789,");
		str_format(said, sizeof said, "%.*s/", (int)(end - at), at);
		xfree(text);
	}
	wait_for(&looks, said);
	send_ok(name, "continue");
	wait_for(&looks, "RUN");
	stop_run(name);
	wait_for(&looks, "STOPPED");
	assert_false(pty_shows(&looks, "LOOKS ONLY"));
	pty_keys(&looks, "\033:try amber boat\r"); /* an ended run's screen */
	wait_for(&looks, "try a text");
	leave(&looks, "q");
	pty_close(&desk);
}

/* The engine is killed under it: it goes on as the screen of a run that has ended. */
static void test_engine_dies(void **state)
{
	struct pty desk, looks;
	char name[16];

	(void)state;
	new_desk(&desk, name, LONG);
	attach_view(&looks, name, 24, 80);
	wait_for(&looks, "RUN");
	kill(engine_of(name), SIGKILL);
	wait_for(&looks, "STOPPED");
	pty_keys(&looks, "2");
	leave(&looks, "q");
	pty_close(&desk);
}

/* The step on a title line, or -1. */
static int64_t step_on(struct pty *p)
{
	char *text = pty_text(p), *at = strstr(text, "step ");
	int64_t step = -1;

	for (at = at ? at + 5 : NULL; at && (*at == ',' || (*at >= '0' && *at <= '9')); at++)
		if (*at != ',')
			step = (step < 0 ? 0 : step) * 10 + (*at - '0');
	xfree(text);
	return step;
}

static void wait_beyond(struct pty *p, int64_t step)
{
	for (double end = clock_now() + 20; step_on(p) <= step; pty_read(p, .05, .2))
		assert_true(clock_now() < end);
}

/* Without a socket, and beside an engine that stands still, the store will do. */
static void test_store_alone(void **state)
{
	struct pty desk, looks;
	char name[16], path[PATH_MAX + 16];
	pid_t engine;

	(void)state;
	new_desk(&desk, name, LONG);
	engine = engine_of(name);
	kill(engine, SIGSTOP);
	attach_view(&looks, name, 30, 120);
	wait_for(&looks, "mood");
	assert_true(pty_shows(&looks, "RUN"));
	leave(&looks, "q");
	kill(engine, SIGCONT);
	str_format(path, sizeof path, "%s/%s/control.sock", desks_runs, name);
	assert_int_equal(unlink(path), 0);
	attach_view(&looks, name, 30, 120);
	wait_for(&looks, "RUN");
	wait_beyond(&looks, step_on(&looks));
	leave(&looks, "q");
	pty_keys(&desk, "q");
	pty_keys(&desk, "y");
	assert_int_equal(pty_wait(&desk, 20), 0);
	pty_close(&desk);
	wait_until_ended(name);
}

/* --- who wants the screen --- */

/* It answers soon, or the test has failed. */
static void wait_answer(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 20000), 1);
}

/* The words with which the engine refuses a screen. */
static void refuse(const char *path, const char *wishes, int in, int out, const char *why)
{
	struct control_message *m = xcalloc(1, sizeof *m);
	int fd = -1, fds[2] = { in, out };

	assert_int_equal(control_connect(path, &fd, NULL), ST_OK);
	assert_int_equal(control_write(fd, CONTROL_SCREEN, wishes, strlen(wishes), fds, 2,
				       NULL), ST_OK);
	wait_answer(fd);
	assert_int_equal(control_read(fd, m, NULL), ST_OK);
	assert_int_equal(m->type, CONTROL_REFUSED);
	if (!strstr(m->text, why))
		fail_msg("no '%s' in: %s", why, m->text);
	close(fd);
	xfree(m);
}

static void other_version(const char *path)
{
	struct { uint16_t version, type; uint32_t more; char text[200]; } packet = {
		CONTROL_VERSION + 1, CONTROL_SCREEN, 0, "anything" };
	int fd = -1;
	ssize_t n;

	assert_int_equal(control_connect(path, &fd, NULL), ST_OK);
	assert_int_equal(send(fd, &packet, 24, 0), 24);
	wait_answer(fd);
	n = recv(fd, &packet, sizeof packet - 1, 0);
	assert_true(n > 8);
	((char *)&packet)[n] = '\0';
	assert_int_equal(packet.version, CONTROL_VERSION + 1);
	assert_int_equal(packet.type, CONTROL_REFUSED);
	assert_non_null(strstr(packet.text, "another version"));
	close(fd);
}

static void test_refused(void **state)
{
	static const char good[] = "term=xterm\nutf8=1\nno_color=0\ncolor=auto\nascii=0\n"
				   "theme=dark\nmouse=0\n";
	struct winsize ws = {.ws_row = 24, .ws_col = 80};
	int master, slave, ends[2], half;
	struct pty desk;
	char name[16], path[PATH_MAX], text[400];

	(void)state;
	new_desk(&desk, name, LONG);
	run_folder(name, path);
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &ws), 0);
	assert_int_equal(pipe(ends), 0);
	str_format(text, sizeof text, "%sview=1\n", good); /* a viewer of before */
	refuse(path, text, slave, slave, "attach --view");
	check_mute(&desk, true);
	str_format(text, sizeof text, "%ssparkle=1\n", good);
	refuse(path, text, slave, slave, "sparkle");
	str_format(text, sizeof text, "%scolor=ultraviolet\n", good);
	refuse(path, text, slave, slave, "ultraviolet");
	refuse(path, "term=xterm\nmouse", slave, slave, "mouse");
	other_version(path);
	check_mute(&desk, false);
	refuse(path, "term=nonsuch\nutf8=1\n", slave, slave, "nonsuch");
	refuse(path, "utf8=1\n", slave, slave, "no screen on terminal");
	refuse(path, good, ends[0], ends[1], "no terminal");
	check_mute(&desk, true);
	str_format(text, sizeof text, "/proc/self/fd/%d", slave);
	half = open(text, O_RDONLY | O_NOCTTY);
	refuse(path, good, slave, half, "one to write to");
	close(half);
	half = open(text, O_WRONLY | O_NOCTTY);
	refuse(path, good, half, slave, "a terminal to read from");
	close(half);
	ws.ws_row = 15;
	assert_int_equal(ioctl(master, TIOCSWINSZ, &ws), 0);
	refuse(path, good, slave, slave, "80x15 is too small to take the screen over: 60x16");
	check_mute(&desk, false);
	close(master);
	refuse(path, good, slave, slave, "no terminal");
	check_mute(&desk, true); /* it has steered all the time */
	assert_int_equal(kill(desk.pid, 0), 0);
	close(slave);
	close(ends[0]);
	close(ends[1]);
	leave(&desk, "D");
	stop_run(name);
}

/* Nobody steers: then a small screen is one that can be made larger. */
static void test_small_alone(void **state)
{
	struct pty desk, small;
	char name[16];

	(void)state;
	new_desk(&desk, name, LONG);
	leave(&desk, "D");
	pty_program(&small, "xterm-256color", "C.UTF-8", 10, 70,
		    (const char *const[]){"attach", name, "--runs", desks_runs, NULL});
	wait_for(&small, "60x16 needed");
	resize(&small, 24, 80, name);
	check_mute(&small, true);
	leave(&small, "D");
	stop_run(name);
}

/* --- who says nothing --- */

enum { SILENT = 200 };

static void test_silent_callers(void **state)
{
	struct pty desk, looks;
	char name[16], path[PATH_MAX];
	int fd[SILENT], open = 0;
	struct pollfd p = {.events = POLLIN};

	(void)state;
	new_desk(&desk, name, LONG);
	run_folder(name, path);
	leave(&desk, "D");
	attach_view(&looks, name, 24, 80);
	alarm(120); /* connecting waits */
	for (int i = 0; i < SILENT; i++) /* who finds no place waits for one */
		assert_int_equal(control_connect(path, &fd[i], NULL), ST_OK);
	alarm(0);
	attach(&desk, name, "xterm-256color", "C.UTF-8", 24, 80, false);
	check_mute(&desk, true);
	send_ok(name, "note among many");
	wait_for(&looks, "note among many");
	for (int i = 0; i < SILENT; i++) {
		p.fd = fd[i];
		open += poll(&p, 1, 0) == 0;
		close(fd[i]);
	}
	assert_true(open > 0 && open < SILENT); /* some made room, not all had to */
	check_mute(&desk, false);
	leave(&looks, "q");
	leave(&desk, "D");
	stop_run(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_sizes),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_what_it_shows),
		cmocka_unit_test(test_engine_dies),
		cmocka_unit_test(test_store_alone),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_small_alone),
		cmocka_unit_test(test_silent_callers),
	};

	return cmocka_run_group_tests(tests, desks_make, desks_remove);
}
