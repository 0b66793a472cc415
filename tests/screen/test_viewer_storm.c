/*
 * Terminals of any size on one live run: the one that steers and up to four that
 * look are resized, join, leave, are killed, stopped among the rows of a read. The
 * engine must end in the state of a run that nobody looked at, with a log that did
 * not grow; after each leaving the desk draws what a key does. With the store in
 * WAL mode and with a rollback journal. TUTTI_EVENTS: how many (1000 for the long
 * test), TUTTI_SEED: other ones.
 */
#include "fixture/desks.h"
#include "store/store.h"

#include "store/db.h"

enum { TERMINALS = 5, CALLERS = 40 };

struct seat {
	struct pty p;
	bool is_taken, is_stopped;
};

static struct seat seat[TERMINALS]; /* the first one steers */
static int silent[CALLERS];
static struct rng dice_stream;
static uint64_t dice_count;
static char run_name[16], run_path[PATH_MAX];
static bool is_paused;
static int64_t seen_step;
static off_t longest_log;
static int stopped_reading, checked_keys, left, seen;

static int dice(int n)
{
	return (int)rng_below(&dice_stream, dice_count++, (uint64_t)n);
}

static void random_size(int *rows, int *cols)
{
	*rows = 1 + dice(dice(3) ? 60 : 300);
	*cols = 1 + dice(dice(3) ? 140 : 500);
}

/* --- what must always hold --- */

static void drain_all(void)
{
	for (int i = 0; i < TERMINALS; i++)
		if (seat[i].is_taken && seat[i].p.fd >= 0) {
			pty_drain(&seat[i].p);
			buf_clear(&seat[i].p.raw);
		}
}

static off_t log_size(void)
{
	char path[PATH_MAX + 16];
	struct stat sb;

	str_format(path, sizeof path, "%s/run.db-wal", run_path);
	return stat(path, &sb) ? 0 : sb.st_size;
}

/* A store that is written to too often just now is looked at again. */
static int64_t last_step(void)
{
	char path[PATH_MAX + 16];
	struct err err = { "" };
	enum status st = ST_BUSY;
	int64_t step = 0;

	str_format(path, sizeof path, "%s/run.db", run_path);
	for (double end = clock_now() + 30; st == ST_BUSY && clock_now() < end;) {
		struct store *s = NULL;

		st = store_open_readonly(path, &s, &err);
		if (!st)
			st = store_last_step(s, &step, &err);
		store_close(s);
	}
	if (st)
		fail_msg("%s", err.text);
	return step;
}

/* It lives, and unless it pauses it takes steps. */
static void check_training(void)
{
	double end = clock_now() + 30;

	assert_true(run_is_live(run_path));
	if (log_size() > longest_log)
		longest_log = log_size();
	for (int64_t step; !is_paused && (step = last_step()) <= seen_step;) {
		assert_true(run_is_live(run_path));
		assert_true(clock_now() < end);
		drain_all();
		usleep(20000);
		if (step > seen_step)
			seen_step = step;
	}
	seen_step = last_step();
}

/* A screen of a useful size, seen from here on. */
static void open_eyes(struct pty *p)
{
	if (p->rows != 24 || p->cols != 80)
		pty_resize(p, 24, 80);
	pty_open_eyes(p);
	pty_send(p, "\033\f", 2);
}

static void wait_gone(struct pty *p, const char *text)
{
	for (double end = clock_now() + 20; pty_shows(p, text); pty_read(p, .02, .1))
		assert_true(clock_now() < end);
}

/* z freezes the picture and says so: a key that the screen shows, and no bit feels. */
static void check_key(void)
{
	struct pty *p = &seat[0].p;

	open_eyes(p);
	wait_for(p, run_name);
	pty_send(p, "z", 1);
	wait_for(p, "FROZEN");
	pty_send(p, "z", 1);
	wait_gone(p, "FROZEN");
	assert_false(pty_shows(p, "LOOKS ONLY"));
	pty_close_eyes(p);
	checked_keys++;
}

/* --- those who look --- */

static void sit_down(struct seat *s, bool looks, int rows, int cols)
{
	pty_program(&s->p, "xterm-256color", "C.UTF-8", rows, cols,
		    (const char *const[]){"attach", run_name, "--runs", desks_runs,
					  looks ? "--view" : NULL, NULL});
	s->is_taken = true;
	s->is_stopped = false;
	pty_close_eyes(&s->p);
}

static void get_up(struct seat *s)
{
	pty_close(&s->p);
	s->is_taken = s->is_stopped = false;
}

static bool is_stopped(pid_t pid)
{
	siginfo_t info = {0};

	return !waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid == pid && info.si_code == CLD_STOPPED;
}

/* It stops itself among the rows that it reads, and stays so. */
static void join_and_stop(struct seat *s)
{
	char at[16];
	int rows, cols;

	random_size(&rows, &cols);
	str_format(at, sizeof at, "%d", 1 + dice(200));
	setenv("TUTTI_STOP_READING", at, 1);
	sit_down(s, true, rows, cols);
	unsetenv("TUTTI_STOP_READING");
	for (double end = clock_now() + 30; !is_stopped(s->p.pid); usleep(5000)) {
		drain_all();
		assert_true(clock_now() < end);
	}
	s->is_stopped = true;
	stopped_reading++;
}

static void join(struct seat *s)
{
	int rows, cols;

	random_size(&rows, &cols);
	sit_down(s, true, rows, cols);
}

static void leave(struct seat *s)
{
	switch (dice(s->is_stopped ? 2 : 4)) {
	case 0: kill(s->p.pid, SIGKILL); break;
	case 1:
		kill(s->p.pid, SIGCONT);
		close(s->p.fd);
		s->p.fd = -1;
		break;
	case 2: pty_send(&s->p, "\033q", 2); break;
	default: kill(s->p.pid, SIGTERM); break;
	}
	if (s->p.fd >= 0 && dice(2))
		pty_wait(&s->p, .3);
	get_up(s);
	left++;
	check_key();
}

/* It says that it only looks, whatever it went through. */
static void look_closely(struct seat *s)
{
	open_eyes(&s->p);
	wait_for(&s->p, "LOOKS ONLY");
	wait_for(&s->p, run_name);
	pty_close_eyes(&s->p);
	seen++;
}

static void press_keys(struct seat *s)
{
	static const char any[] = "12345678zjkhl+-[]{}mspa?\033\f\t<>gG0=ecuMyrtnN@ ";
	static const char harmless[] = "12345678jk?\033\f";
	const char *from = s == seat ? harmless : any;

	for (int i = 0; i < 6; i++)
		pty_send(&s->p, &from[dice((int)strlen(from))], 1);
	if (s == seat)
		pty_send(&s->p, "\033\0331", 3);
}

/* --- the one that steers --- */

static void come_back(void)
{
	sit_down(&seat[0], false, 24, 80);
	pty_open_eyes(&seat[0].p);
	wait_for(&seat[0].p, run_name);
	pty_close_eyes(&seat[0].p);
}

static void take_over(void)
{
	struct pty old = seat[0].p;

	come_back();
	assert_int_equal(pty_wait(&old, 20), 0);
	pty_close(&old);
}

/* Too small to take the screen: it hears so, and the other goes on. */
static void fail_to_take_over(void)
{
	struct seat s = {0};

	sit_down(&s, false, 1 + dice(15), 1 + dice(200));
	assert_int_equal(pty_wait(&s.p, 20), 1);
	pty_close(&s.p);
}

static void change_steering(void)
{
	int code;

	switch (dice(5)) {
	case 0: take_over(); break;
	case 1: fail_to_take_over(); break;
	case 2: /* the line is cut */
		get_up(&seat[0]);
		come_back();
		break;
	case 3:
		kill(seat[0].p.pid, SIGKILL);
		get_up(&seat[0]);
		come_back();
		break;
	default:
		open_eyes(&seat[0].p);
		wait_for(&seat[0].p, run_name);
		pty_send(&seat[0].p, "D", 1);
		if ((code = pty_wait(&seat[0].p, 20)) != 0)
			fail_msg("D: exit %d, with this on the screen:\n%s", code,
				 pty_text(&seat[0].p));
		get_up(&seat[0]);
		come_back();
		break;
	}
	check_key();
}

static void pause_or_go(void)
{
	struct buf said;

	buf_init(&said);
	if (send_words(run_name, is_paused ? "continue" : "pause", &said))
		fail_msg("%s: %s", is_paused ? "continue" : "pause", buf_str(&said));
	buf_release(&said);
	is_paused = !is_paused;
	seen_step = last_step();
}

static void call_and_be_silent(void)
{
	int i = dice(CALLERS);

	if (silent[i] >= 0)
		close(silent[i]);
	silent[i] = -1;
	control_watch(run_path, &silent[i], NULL);
}

/* --- events --- */

static void resize_any(void)
{
	struct seat *s = &seat[dice(TERMINALS)];
	int rows, cols;

	random_size(&rows, &cols);
	if (s->is_taken)
		pty_resize(&s->p, rows, cols);
}

static void stop_or_go(struct seat *s)
{
	kill(s->p.pid, s->is_stopped ? SIGCONT : SIGSTOP);
	s->is_stopped = !s->is_stopped;
}

static void meet_viewer(struct seat *s)
{
	int what = dice(8);

	if (!s->is_taken && what < 3)
		join_and_stop(s);
	else if (!s->is_taken)
		join(s);
	else if (what < 3)
		leave(s);
	else if (what < 5)
		stop_or_go(s);
	else if (!s->is_stopped && what == 5)
		press_keys(s);
	else if (!s->is_stopped)
		look_closely(s);
}

static void happen(void)
{
	int what = dice(20);

	if (what < 11)
		meet_viewer(&seat[1 + dice(TERMINALS - 1)]);
	else if (what < 15)
		resize_any();
	else if (what < 16)
		press_keys(&seat[0]);
	else if (what < 17)
		change_steering();
	else if (what < 19)
		pause_or_go();
	else
		call_and_be_silent();
}

/* --- the whole --- */

static void run_alone(const char *name, int64_t steps)
{
	char text[24];
	int status;
	pid_t pid;

	str_format(text, sizeof text, "%lld", (long long)steps);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int none = open("/dev/null", O_RDWR);

		dup2(none, 1);
		dup2(none, 2);
		execl(pty_program_path(), pty_program_path(), "train", desks_plan, "--runs",
		      desks_runs, "--run", name, "--steps", text, "--set", LONG, "--set",
		      "budget.eval_every=4000", (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int64_t saved_step(const char *name)
{
	struct run_info info = {0};

	str_copy(info.name, sizeof info.name, name);
	str_format(info.path, sizeof info.path, "%s/%s", desks_runs, name);
	rundir_look(&info);
	return info.step;
}

static void begin(uint64_t number)
{
	const char *wish = getenv("TUTTI_SEED");
	int64_t seed = 1;

	if (wish)
		assert_true(parse_i64(wish, &seed));
	dice_stream = rng_stream((uint64_t)seed, RNG_TEST, 77, number);
	dice_count = 0;
	is_paused = false;
	seen_step = longest_log = 0;
	stopped_reading = checked_keys = left = seen = 0;
	for (int i = 0; i < CALLERS; i++)
		silent[i] = -1;
	memset(seat, 0, sizeof seat);
	str_format(run_name, sizeof run_name, "r%d", desks_begun++);
	pty_program(&seat[0].p, "xterm-256color", "C.UTF-8", 24, 80,
		    (const char *const[]){desks_plan, "--runs", desks_runs, "--run", run_name,
					  "--set", LONG, "--set",
					  "budget.eval_every=4000", NULL});
	seat[0].is_taken = true;
	wait_for(&seat[0].p, "RUN");
	run_folder(run_name, run_path);
	pty_close_eyes(&seat[0].p);
	for (double end = clock_now() + 60; last_step() < 300; drain_all())
		assert_true(clock_now() < end);
}

static void end(void)
{
	for (int i = 1; i < TERMINALS; i++)
		if (seat[i].is_taken)
			get_up(&seat[i]);
	for (int i = 0; i < CALLERS; i++)
		if (silent[i] >= 0)
			close(silent[i]);
	check_key();
	stop_run(run_name);
	get_up(&seat[0]);
}

static void storm(uint64_t number)
{
	const char *wish = getenv("TUTTI_EVENTS");
	char alone[16], with[40], without[40];
	int64_t events = 60, steps;

	if (wish)
		assert_true(parse_i64(wish, &events));
	begin(number);
	for (int64_t i = 0; i < events; i++) {
		happen();
		drain_all();
		check_training();
	}
	end();
	steps = saved_step(run_name);
	printf("%lld events: %d stopped reading, %d left, %d looked at, %d keys drawn; "
	       "log at most %lld KB; %lld steps\n", (long long)events, stopped_reading,
	       left, seen, checked_keys, (long long)longest_log >> 10, (long long)steps);
	assert_true(stopped_reading > 0 && left > 0);
	final_state(run_name, with);
	str_format(alone, sizeof alone, "r%d", desks_begun++);
	run_alone(alone, steps);
	final_state(alone, without);
	assert_string_equal(with, without);
}

static void test_wal(void **state)
{
	(void)state;
	unsetenv("TUTTI_JOURNAL");
	storm(1);
	assert_true(longest_log > 0 && longest_log <= DB_WAL_BYTES);
}

static void test_rollback_journal(void **state)
{
	(void)state;
	setenv("TUTTI_JOURNAL", "delete", 1);
	storm(2);
	assert_int_equal(longest_log, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wal),
		cmocka_unit_test(test_rollback_journal),
	};

	return cmocka_run_group_tests(tests, desks_make, desks_remove);
}
