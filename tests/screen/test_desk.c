/*
 * The desk on a pseudo-terminal: what a person sees, key by key, and that the
 * terminal is given back whatever happens.
 *
 * Golden screens stand under tests/golden/screen; TUTTI_GOLDEN=write makes them
 * anew. An argument runs the desk on the made-up feed, to look at by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/golden_screen.h"
#include "fixture/pty_desk.h"

/* readline forgets an undo record of a recalled and edited line (8.2, measured). */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0"; /* through the library's own frames */
}

static void one_golden(const struct pty_spec *s, const char *keys, const char *name)
{
	struct pty p;

	pty_begin(&p, s);
	if (*keys)
		pty_type(&p, keys);
	assert_golden(&p, name);
	pty_close(&p);
}

static void test_goldens(void **state)
{
	static const struct { const char *key, *name; } view[] = {
		{"", "desk"}, {"2hhh", "curves"}, {"3", "inspect"}, {"4", "summaries"},
		{"8", "journal"}, {"?", "help"}};
	static const int size[][2] = {{24, 80}, {40, 120}};

	(void)state;
	for (size_t i = 0; i < sizeof view / sizeof *view; i++)
		for (int k = 0; k < 2; k++) {
			struct pty_spec s = {.rows = size[k][0], .cols = size[k][1]};
			char name[64];

			str_format(name, sizeof name, "%s-%d", view[i].name, s.cols);
			one_golden(&s, view[i].key, name);
		}
}

/* Beyond its budget a run is whole, not more than that. */
static void test_beyond_budget(void **state)
{
	struct pty_spec s = {.step = 50000};
	struct pty p;
	char *seen;

	(void)state;
	pty_begin(&p, &s);
	seen = pty_text(&p);
	assert_non_null(strstr(seen, " 100%"));
	assert_null(strstr(seen, "125%"));
	xfree(seen);
	pty_close(&p);
}

static void test_golden_levels(void **state)
{
	struct pty_spec c = {.lang = "C", .term = "vt100"}, mono = {.no_color = true};
	struct pty_spec small = {.rows = 16, .cols = 60},
			tiny = {.rows = 8, .cols = 40};
	struct pty_spec prepare = {.phase = 1 + PHASE_PREPARING};
	struct pty_spec many = {.tasks = 20, .rows = 40, .cols = 120};

	(void)state;
	one_golden(&c, "", "desk-80-vt100");
	one_golden(&mono, "", "desk-80-mono");
	mono.rows = 40;
	mono.cols = 120;
	one_golden(&mono, "4", "summaries-120-mono");
	one_golden(&small, "", "desk-60");
	one_golden(&tiny, "", "too-small");
	one_golden(&prepare, "", "preparing");
	one_golden(&many, "G", "desk-120-many");
}

/* A C locale gets ASCII only, colours or not. */
static void test_ascii_is_ascii(void **state)
{
	struct pty_spec s = {.lang = "C"};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "3");
	pty_type(&p, "4");
	for (size_t i = 0; i < p.raw.len; i++)
		assert_true((unsigned char)p.raw.s[i] < 0x80);
	pty_close(&p);
}

/*
 * Esc takes back one layer and then stays: whatever was open in a view, it never
 * leads where the next keys are edits (L raises a weight on the Desk, m mutes).
 */
static void test_esc_stays(void **state)
{
	static const char *const open[] = {"2hh", "3", "3\t\r", "3d", "4lld", "4ff", "5d",
					   "5/zz\r", "6\r", "6f", "6/zz\r", "7", "8w",
					   "8/zz\r", "8>"};

	(void)state;
	for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
		struct pty_spec s = {0};
		struct pty p;

		pty_begin(&p, &s);
		pty_type(&p, open[i]);
		for (int k = 0; k < 5; k++)
			pty_type(&p, "\033");
		pty_type(&p, "L");
		pty_type(&p, "m");
		pty_read(&p, .1, .5);
		pty_type(&p, "8");
		if (pty_shows(&p, "mute sst2") || pty_shows(&p, "weight sst2"))
			fail_msg("'%s' and Esc led to edits", open[i]);
		pty_close(&p);
	}
}

static void test_faders(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_send(&p, "lll", 3); /* three keys, one event, shown at once */
	for (double end = clock_now() + 5; !pty_shows(&p, "2.38~");) {
		assert_true(clock_now() < end); /* a busy machine takes its time */
		pty_read(&p, .005, .02);
	}
	pty_read(&p, .5, 3);
	assert_true(pty_shows(&p, "12,340  you     weight sst2 2.378"));
	assert_false(pty_shows(&p, "2.38~"));
	assert_false(pty_shows(&p, "weight sst2 1.682"));
	pty_type(&p, "jm");
	assert_true(pty_shows(&p, "mute cola on"));
	pty_type(&p, "m");
	assert_true(pty_shows(&p, "mute cola off"));
	pty_type(&p, "]]");
	pty_read(&p, .5, 2);
	assert_true(pty_shows(&p, "share cola 0.13"));
	pty_type(&p, " ");
	assert_true(pty_shows(&p, "PAUSE"));
	pty_close(&p);
}

/* `~` stays as long as the run has not answered. */
static void test_wish_waits(void **state)
{
	struct pty_spec s = {.holds_answers = true};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "l");
	pty_read(&p, .6, 2);
	assert_true(pty_shows(&p, "1.68~"));
	pty_close(&p);
}

static void test_prompt(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, ":weight ss\t1.5");
	assert_true(pty_shows(&p, ":weight sst2 1.5"));
	pty_type(&p, "\r");
	assert_true(pty_shows(&p, "weight sst2 1.5"));
	pty_type(&p, ":\020"); /* Ctrl-P: history */
	assert_true(pty_shows(&p, ":weight sst2 1.5"));
	pty_type(&p, "\033");
	assert_false(pty_shows(&p, ":weight sst2 1.5"));
	pty_type(&p, "=2");
	assert_true(pty_shows(&p, ":weight sst2 2"));
	pty_type(&p, "\033");
	pty_type(&p, ":nonsense 3\r");
	assert_true(pty_shows(&p, "nonsense"));
	pty_type(&p, ":\xc3\xa9\xe6\x9d\xb1x\177");
	assert_true(pty_shows(&p, ":\xc3\xa9\xe6\x9d\xb1"));
	pty_type(&p, "\033");
	pty_type(&p, ":wei\t"); /* more than one: they are shown */
	assert_true(pty_shows(&p, "weight  weighting"));
	pty_close(&p);
}

/* A paste is one line, nothing in it runs, and elsewhere it does nothing. */
static void test_paste(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "\033[200~mute sst2 on\nq y\r\033[201~");
	assert_false(pty_shows(&p, "mute sst2 on"));
	pty_type(&p, ":\033[200~note a\nmute sst2 on\r\033[201~");
	assert_true(pty_shows(&p, ":note a mute sst2 on"));
	assert_false(pty_shows(&p, "you     mute sst2 on"));
	pty_close(&p);
}

static void test_try(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "4t");
	pty_type(&p, "lunch?\r");
	assert_true(pty_shows(&p, "Tim and Ann will have lunch"));
	assert_true(pty_shows(&p, "0.880"));
	pty_type(&p, "\033");
	pty_read(&p, .2, 1);
	assert_true(pty_shows(&p, "reference"));
	pty_close(&p);
}

static void test_inspect_filter(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "3<\tl\r");
	assert_true(pty_shows(&p, "agnews"));
	assert_true(pty_shows(&p, "gold World, predicted Sports"));
	pty_type(&p, "c");
	assert_true(pty_shows(&p, "24 of 120"));
	pty_type(&p, "s");
	assert_true(pty_shows(&p, "by confidence"));
	pty_close(&p);
}

/* I6: what a model or a data row brings along never reaches the terminal raw. */
static void test_foreign(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "3");
	assert_true(pty_shows(&p, "<ESC>[31mforecast"));
	assert_true(pty_shows(&p, "<U+202E>"));
	assert_true(pty_shows(&p, "<FF>"));
	pty_type(&p, "4]");
	assert_true(pty_shows(&p, "<ESC>]0;x<U+0007>"));
	assert_false(pty_raw_has(&p, "\033]0;x", 5));
	assert_false(pty_raw_has(&p, "\xe2\x80\xae", 3));
	assert_false(pty_raw_has(&p, "\033[31mforecast", 13));
	pty_close(&p);
}

/* --- leaving: the terminal is as it was (I7) --- */

static void assert_restored(struct pty *p)
{
	struct termios now;

	assert_int_equal(tcgetattr(p->fd, &now), 0);
	assert_int_equal(now.c_lflag, p->before.c_lflag);
	assert_int_equal(now.c_iflag, p->before.c_iflag);
	assert_int_equal(now.c_oflag, p->before.c_oflag);
	assert_true(pty_raw_has(p, "\033[?1049l", 8));
	assert_true(pty_raw_has(p, "\033[?2004l", 8));
}

static void leave(const char *keys, int sig, int want)
{
	struct pty_spec s = {0};
	struct pty p;
	struct termios raw;
	int code;

	pty_begin(&p, &s);
	tcgetattr(p.fd, &raw);
	assert_false(raw.c_lflag & ICANON);
	if (keys)
		pty_send(&p, keys, strlen(keys));
	if (sig)
		kill(p.pid, sig);
	code = pty_wait(&p, 5);
	if (code != want)
		print_error("code %d, not %d\n", code, want);
	assert_int_equal(code, want);
	assert_restored(&p);
	pty_close(&p);
}

static void test_leaving(void **state)
{
	(void)state;
	leave("qy", 0, 0);
	leave("\003\003", 0, 130);
	leave(NULL, SIGTERM, 143);
	leave(":note half", SIGTERM, 143);
	leave(":quit\ry", 0, 0);
}

static void test_crashes(void **state)
{
	static const int sig[] = {SIGSEGV, SIGABRT, SIGBUS};

	(void)state;
#ifdef TUTTI_SANITIZED
	skip(); /* the sanitizer ends the process in its own way */
#endif
	for (int i = 0; i < 3; i++)
		leave(NULL, sig[i], -sig[i]);
}

static void test_asks_before_quitting(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_begin(&p, &s);
	pty_type(&p, "q");
	assert_true(pty_shows(&p, "stop the run and save it?"));
	pty_type(&p, "n");
	assert_false(pty_shows(&p, "stop the run and save it?"));
	assert_int_equal(pty_wait(&p, .3), -1000);
	pty_close(&p);
}

static void test_suspend(void **state)
{
	struct pty_spec s = {0};
	struct pty p;
	int status;

	(void)state;
	pty_begin(&p, &s);
	kill(p.pid, SIGTSTP);
	pty_read(&p, .2, 1);
	if (waitpid(p.pid, &status, WUNTRACED | WNOHANG) == p.pid &&
	    WIFSTOPPED(status)) {
		assert_restored(&p);
		kill(p.pid, SIGCONT);
	} /* a process group without a parent shell may not be stoppable */
	pty_read(&p, .4, 2);
	assert_golden(&p, "desk-80");
	pty_close(&p);
}

static void test_hang_up(void **state)
{
	struct pty_spec s = {0};
	struct pty p;
	int status = 0;
	pid_t got = 0;

	(void)state;
	pty_begin(&p, &s);
	close(p.fd);
	p.fd = -1;
	for (int i = 0; i < 400 && !got; i++) {
		usleep(5000);
		got = waitpid(p.pid, &status, WNOHANG);
	}
	assert_true(got == p.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 129);
	p.pid = 0;
	pty_close(&p);
}

static void test_no_terminal(void **state)
{
	struct pty_spec s = {.term = "dumb"};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	assert_int_equal(pty_wait(&p, 3), 99);
	assert_true(pty_raw_has(&p, "tutti train", 11));
	pty_close(&p);
}

/* --- slow lines --- */

static void test_silence(void **state)
{
	struct pty_spec s = {0};
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .5, 3);
	assert_int_equal(pty_read(&p, .8, .8), 0);
	pty_close(&p);
}

/* Nobody reads: the desk must neither wait for it nor fail to end. */
static void test_deaf_terminal(void **state)
{
	struct pty_spec s = {.rows = 40, .cols = 120};
	struct pty p;
	int status = 0;
	pid_t got = 0;

	(void)state;
	pty_begin(&p, &s);
	for (int i = 0; i < 400; i++)
		if (write(p.fd, &"1234"[i % 4], 1) != 1)
			break;
	usleep(300000);
	kill(p.pid, SIGTERM);
	for (int i = 0; i < 800 && !got; i++) {
		usleep(5000);
		got = waitpid(p.pid, &status, WNOHANG);
	}
	assert_true(got == p.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 143);
	p.pid = 0;
	pty_close(&p);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_beyond_budget),
		cmocka_unit_test(test_golden_levels),
		cmocka_unit_test(test_ascii_is_ascii),
		cmocka_unit_test(test_esc_stays),
		cmocka_unit_test(test_faders),
		cmocka_unit_test(test_wish_waits),
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_try),
		cmocka_unit_test(test_inspect_filter),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_asks_before_quitting),
		cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_deaf_terminal),
	};

	if (argc > 1) {
		struct pty_spec s = {.tasks = (int)strtol(argv[1], NULL, 10)};

		s.lang = getenv("LC_ALL") ? getenv("LC_ALL") : getenv("LANG");
		s.term = getenv("TERM");
		s.no_color = getenv("NO_COLOR") != NULL;
		s.theme = theme_wish(NULL);
		pty_child(&s);
	}
	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
