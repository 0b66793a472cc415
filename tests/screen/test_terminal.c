/*
 * The terminal is a guest room: whatever happens in it, it is left as it was
 * found. Each way out, each stop and each change of size, on each kind of
 * terminal and in each state of the screen; one test a case, made from tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/recognise.h"
#include "fixture/pty_desk.h"

static const char *const terms[] = {"xterm-256color", "xterm",	"vt100",
				    "linux",	      "screen", "tmux-256color",
				    "rxvt-unicode-256color"};
enum { TERMS = sizeof terms / sizeof *terms };

struct way { /* out */
	const char *name, *keys;
	int sig, times, code;
	bool is_crash;
};
static const struct way ways[] = {
	{"q", "qy", 0, 0, 0, false},
	{":quit", ":quit\ry", 0, 0, 0, false},
	{"Ctrl-C twice", "\003\003", 0, 0, 130, false},
	{"SIGINT twice", "", SIGINT, 2, 130, false},
	{"SIGTERM", "", SIGTERM, 1, 143, false},
	{"SIGHUP", "", SIGHUP, 1, 129, false},
	{"a null pointer", ":note crash null\r", 0, 0, -SIGSEGV, true},
	{"SIGSEGV", "", SIGSEGV, 1, -SIGSEGV, true},
	{"SIGBUS", ":note crash bus\r", 0, 0, -SIGBUS, true},
	{"SIGFPE", ":note crash fpe\r", 0, 0, -SIGFPE, true},
	{"SIGILL", ":note crash ill\r", 0, 0, -SIGILL, true},
	{"abort", ":note crash abort\r", 0, 0, -SIGABRT, true},
	{"a broken promise", ":note crash bug\r", 0, 0, -SIGABRT, true},
	{"no memory", ":note crash memory\r", 0, 0, 1, true},
};
enum { WAYS = sizeof ways / sizeof *ways };

struct mood { /* what the screen is busy with; `more` goes on with it */
	const char *name, *keys, *more;
};
static const struct mood moods[] = {
	{"desk", "", "j"},
	{"curves", "2", "hh"},
	{"inspect", "3", "j"},
	{"summaries", "4", "]"},
	{"runs", "5", ""},
	{"data", "6", ""},
	{"gradients", "7", ""},
	{"journal", "8", "j"},
	{"help", "?", "j"},
	{"help of a word", ":help weight\r", ""},
	{"prompt", ":weight sst2 1.5", "5"},
	{"completion", ":wei\t", "g"},
	{"search", ":note a\r:\022no", "t"},
	{"paste", ":\033[200~note a", "b\033[201~"},
	{"try", "4tlunch\r", "J"},
	{"question", "q", ""},
	{"frozen", "z", "j"},
	{"wish", "lll", ""},
};
enum { MOODS = sizeof moods / sizeof *moods };

struct trial_case {
	const char *term;
	const struct way *way;
	const struct mood *mood;
	int sig;            /* of a stop; 0: Ctrl-Z */
	char name[96];
};

/* --- what must hold --- */

/* How the private mode was last set: 'h', 'l', or 0: never. */
static char last_mode(const struct pty *p, const char *number)
{
	char mode[16], found = 0;
	const char *at = buf_str(&p->raw);

	str_format(mode, sizeof mode, "\033[?%s", number);
	while ((at = strstr(at, mode))) {
		at += strlen(mode);
		if (*at == 'h' || *at == 'l')
			found = *at;
	}
	return found;
}

static bool same_settings(const struct pty *p)
{
	struct termios now;

	return tcgetattr(p->fd, &now) == 0 && now.c_iflag == p->before.c_iflag &&
	       now.c_oflag == p->before.c_oflag && now.c_cflag == p->before.c_cflag &&
	       now.c_lflag == p->before.c_lflag &&
	       !memcmp(now.c_cc, p->before.c_cc, sizeof now.c_cc);
}

/* What is written now is plain: no attribute, no colour, letters as letters. */
static void assert_plain_pen(struct pty *p)
{
	VTermScreenCell cell;
	VTermPos at;

	vterm_input_write(p->vt, "\r\nq", 3);
	vterm_state_get_cursorpos(vterm_obtain_state(p->vt), &at);
	cell = pty_cell(p, at.row, at.col - 1);
	assert_int_equal(cell.chars[0], 'q');
	assert_false(cell.attrs.bold || cell.attrs.reverse || cell.attrs.underline);
	assert_true(VTERM_COLOR_IS_DEFAULT_FG(&cell.fg));
	assert_true(VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
}

static void assert_ours(const struct pty *p)
{
	char why[96];
	long at = recognise(buf_str(&p->raw), p->raw.len, true, why);

	if (at >= 0)
		fail_msg("byte %ld is not ours: %s", at, why);
}

static void assert_given_back(struct pty *p)
{
	assert_true(same_settings(p));
	assert_true(p->has_cursor);
	assert_false(p->is_alternate);
	assert_int_equal(p->mouse, VTERM_PROP_MOUSE_NONE);
	assert_int_not_equal(last_mode(p, "2004"), 'h');
	assert_int_not_equal(last_mode(p, "2026"), 'h');
	assert_int_not_equal(last_mode(p, "1006"), 'h');
	assert_int_not_equal(last_mode(p, "1"), 'h'); /* cursor keys */
	assert_ours(p);
	assert_plain_pen(p);
}

static void assert_taken(struct pty *p)
{
	struct termios now;

	assert_int_equal(tcgetattr(p->fd, &now), 0);
	assert_false(now.c_lflag & (ICANON | ECHO | ISIG));
}

/* --- the cases --- */

static void leave(const struct trial_case *t, struct pty *p)
{
	assert_taken(p);
	pty_send(p, t->way->keys, strlen(t->way->keys));
	for (int i = 0; i < t->way->times; i++) {
		pty_kill(p, t->way->sig);
		if (i + 1 < t->way->times)
			pty_settle(p, 2);
	}
	assert_int_equal(pty_wait(p, 10), t->way->code);
	if (t->way->is_crash)
		assert_true(pty_raw_has(p, "tutti: crashed", 14));
	assert_given_back(p);
}

static void test_leave(void **state)
{
	const struct trial_case *t = *state;
	struct pty_spec s = {.term = t->term};
	struct pty p;

#ifdef TUTTI_SANITIZED
	if (t->way->is_crash)
		skip(); /* the sanitizer ends the process in its own way */
#endif
	pty_begin(&p, &s);
	if (t->mood)
		pty_type(&p, t->mood->keys);
	leave(t, &p);
	pty_close(&p);
}

/* The line drops: the process ends, it does not spin. */
static void test_hang_up(void **state)
{
	const struct trial_case *t = *state;
	struct pty_spec s = {.term = t->term};
	double end = clock_now() + 5;
	siginfo_t info = {0};
	struct pty p;

	pty_begin(&p, &s);
	pty_type(&p, t->mood->keys);
	close(p.fd);
	p.fd = -1;
	while (clock_now() < end && info.si_pid != p.pid) {
		waitid(P_PID, (id_t)p.pid, &info, WEXITED | WNOHANG | WNOWAIT);
		usleep(2000);
	}
	assert_int_equal(info.si_pid, p.pid);
	assert_int_equal(info.si_code, CLD_EXITED);
	assert_int_equal(info.si_status, 129);
	pty_close(&p);
}

static bool wait_for_stop(struct pty *p, int stops)
{
	double end = clock_now() + 5;

	while (clock_now() < end && atomic_load(&p->idle->stops) < stops) {
		pty_drain(p);
		usleep(1000);
	}
	pty_read(p, .01, .1);
	return atomic_load(&p->idle->stops) >= stops;
}

/* Stopped, the terminal is the shell's; continued, the screen is as it was. */
static void test_stop(void **state)
{
	const struct trial_case *t = *state;
	struct pty_spec s = {.term = t->term, .has_shell = true};
	char *before, *after;
	bool had_cursor;
	struct pty p;

	pty_begin(&p, &s);
	pty_type(&p, t->mood->keys);
	before = pty_text(&p);
	had_cursor = p.has_cursor;
	for (int i = 1; i <= 2; i++) {
		if (t->sig)
			pty_kill(&p, t->sig);
		else
			pty_send(&p, "\032", 1);
		assert_true(wait_for_stop(&p, i));
		if (t->sig != SIGSTOP)
			assert_given_back(&p); /* with that nobody could do it */
		p.turns = atomic_load(&p.idle->turns);
		atomic_store(&p.idle->go, 1);
		assert_true(pty_settle(&p, 5));
		assert_taken(&p);
		after = pty_text(&p);
		if (strcmp(before, after))
			print_error("--- before:\n%s--- after:\n%s", before, after);
		assert_string_equal(before, after);
		assert_int_equal(p.has_cursor, had_cursor);
		xfree(after);
	}
	pty_kill(&p, SIGTERM);
	assert_int_equal(pty_wait(&p, 5), 143);
	assert_given_back(&p);
	xfree(before);
	pty_close(&p);
}

/* Resized, the screen is what one opened in that size would show. */
static void test_resize(void **state)
{
	static const int size[][2] = {{40, 120}, {16, 60}, {4, 20}, {27, 93}};
	const struct trial_case *t = *state;
	struct pty_spec s = {.term = t->term}, there = {.term = t->term};
	char *seen, *want;
	struct pty p, q;

	there.rows = size[3][0];
	there.cols = size[3][1];
	pty_begin(&p, &s);
	pty_begin(&q, &there);
	pty_type(&p, t->mood->keys);
	pty_type(&q, t->mood->keys);
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		pty_resize(&p, size[i][0], size[i][1]);
		pty_settle(&p, 5);
		pty_kill(&p, SIGCONT); /* shells send it for good measure */
		pty_settle(&p, 5);
	}
	pty_type(&p, t->mood->more);
	pty_type(&q, t->mood->more);
	seen = pty_text(&p);
	want = pty_text(&q);
	if (strcmp(seen, want))
		print_error("--- seen:\n%s--- wanted:\n%s", seen, want);
	assert_string_equal(seen, want);
	assert_int_equal(p.has_cursor, q.has_cursor);
	assert_ours(&p);
	xfree(seen);
	xfree(want);
	pty_close(&p);
	pty_close(&q);
}

/* A text cursor there is only in the prompt; nothing is drawn as if bold. */
static void test_cursor(void **state)
{
	const struct trial_case *t = *state;
	struct pty_spec s = {.term = t->term};
	struct pty p;

	pty_begin(&p, &s);
	assert_true(pty_raw_has(&p, "\033[", 2));
	if (!str_eq(t->term, "vt100")) /* which cannot hide it */
		assert_false(p.has_cursor);
	pty_type(&p, ":abc");
	assert_true(p.has_cursor);
	pty_type(&p, "\033");
	if (!str_eq(t->term, "vt100"))
		assert_false(p.has_cursor);
	assert_ours(&p);
	pty_close(&p);
}

/* --- made from the tables --- */

static struct CMUnitTest tests[512];
static struct trial_case cases[512];
static size_t n_cases;

static void add(CMUnitTestFunction f, const char *what, struct trial_case t)
{
	struct trial_case *c = &cases[n_cases];

	*c = t;
	str_format(c->name, sizeof c->name, "%s %s%s%s, %s", what,
		   t.way  ? t.way->name :
		   t.mood ? t.mood->name : "",
		   t.way && t.mood ? " in " : "", t.way && t.mood ? t.mood->name : "",
		   t.term);
	tests[n_cases++] =
		(struct CMUnitTest){.name = c->name, .test_func = f, .initial_state = c};
}

static void make_cases(void)
{
	static const int stops[] = {0, SIGTSTP, SIGSTOP};

	for (int t = 0; t < TERMS; t++) {
		for (int w = 0; w < WAYS; w++)
			add(test_leave, "left by",
			    (struct trial_case){.term = terms[t], .way = &ways[w]});
		add(test_cursor, "cursor", (struct trial_case){.term = terms[t]});
	}
	for (int m = 0; m < MOODS; m++) {
		const char *term = terms[m % TERMS];
		struct trial_case c = {.term = term, .mood = &moods[m]};

		add(test_hang_up, "hang-up in", c);
		add(test_resize, "resized in", c);
		c.term = terms[(m + 3) % TERMS];
		add(test_resize, "resized in", c);
		c.sig = stops[m % 3];
		add(test_stop, c.sig == SIGSTOP ? "frozen by SIGSTOP in" :
		    c.sig ? "stopped by SIGTSTP in" : "stopped by Ctrl-Z in", c);
		c.way = &ways[4]; /* SIGTERM */
		add(test_leave, "left by", c);
		if (m >= 10) { /* and whatever is open, a crash closes it */
			c.way = &ways[7];
			add(test_leave, "left by", c);
		}
	}
}

int main(void)
{
	make_cases();
	return _cmocka_run_group_tests("terminal", tests, n_cases, NULL, NULL);
}
