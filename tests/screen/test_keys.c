/*
 * Key scripts: every file of tests/screen/keys is a test. Its keys go to the desk
 * over a made-up run, and the screen at its end is compared with a saved one.
 *
 *	# what it shows
 *	size 80x24                  columns x rows; this is the usual
 *	options tasks=20 lang=C     see option_table
 *	type 3<\tl\r                keys, with C escapes; then the desk comes to rest
 *	wait 0.5                    seconds
 *	resize 100x30
 *	signal WINCH                CONT, TSTP, USR1, TERM, HUP, INT or WINCH
 *
 * Several run side by side, so that the ones that wait keep nobody waiting.
 * TUTTI_GOLDEN=write saves the screens; TUTTI_KEYS=word runs the scripts with
 * that word in their names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>

#include "fixture/golden_screen.h"
#include "fixture/fake_film.h"
#include "fixture/fake_predictions.h"
#include "fixture/recognise.h"
#include "fixture/pty_desk.h"

#define KEYS "tests/screen/keys/"
#define GOLDEN "tests/golden/keys/"
enum { SIDE_BY_SIDE = 6 };
#define REST 15.0 /* seconds until a desk that does not come to rest is given up */

struct script {
	char name[80], trouble[160];
	char *text, *at;            /* the file, and what is left of it */
	int line;
	struct pty_spec spec;
	struct pty pty;
	bool is_open, is_done, is_waiting;
	double until;               /* a wait's end, or when rest must have come */
	char *seen;
};

static struct script *scripts;
static size_t n_scripts;

static bool fail_script(struct script *s, const char *what, const char *word)
{
	str_format(s->trouble, sizeof s->trouble, "line %d: %s '%.60s'", s->line, what,
		   word);
	return false;
}

/* --- the file --- */

/* Turns C escapes into bytes, in place; -1: a bad one. */
static long unescape(char *s)
{
	char *out = s, *begin = s;

	while (*s) {
		static const char from[] = "trnae\\\"", to[] = "\t\r\n\a\033\\\"";
		const char *simple;
		int value = 0, digits = 0;

		if (*s != '\\') {
			*out++ = *s++;
			continue;
		}
		s++;
		simple = *s ? strchr(from, *s) : NULL;
		if (simple) {
			*out++ = to[simple - from];
			s++;
		} else if (*s == 'x') {
			char hex[3] = {s[1], s[1] ? s[2] : '\0', '\0'}, *end;

			value = (int)strtol(hex, &end, 16);
			if (end != hex + 2)
				return -1;
			*out++ = (char)value;
			s += 3;
		} else {
			for (; digits < 3 && *s >= '0' && *s <= '7'; digits++)
				value = value * 8 + (*s++ - '0');
			if (!digits)
				return -1;
			*out++ = (char)value;
		}
	}
	return out - begin;
}

static bool read_size(const char *text, int *rows, int *cols)
{
	char more;

	return sscanf(text, "%dx%d%c", cols, rows, &more) == 2 && *rows > 0 &&
	       *cols > 0 && *rows <= 500 && *cols <= 1000;
}

static bool set_phase(struct pty_spec *s, const char *word)
{
	static const char *const name[] = {
		[PHASE_PREPARING] = "preparing", [PHASE_RUNNING] = "running",
		[PHASE_PAUSED] = "paused", [PHASE_EVALUATING] = "evaluating",
		[PHASE_SAVING] = "saving", [PHASE_DONE] = "done",
		[PHASE_STOPPED] = "stopped", [PHASE_FAILED] = "failed"};

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (name[i] && str_eq(name[i], word))
			s->phase = 1 + (int)i;
	return s->phase > 0;
}

static bool set_option(struct pty_spec *s, const char *word)
{
	if (str_eq(word, "ascii"))
		s->ascii = true;
	else if (str_eq(word, "no-color"))
		s->no_color = true;
	else if (str_eq(word, "holds"))
		s->holds_answers = true;
	else if (str_eq(word, "mouse"))
		s->mouse = true;
	else if (str_eq(word, "film"))
		return s->spoil = fake_film_spoil, fake_film_ready();
	else if (str_eq(word, "sets"))
		s->spoil = fake_sets_spoil;
	else if (str_starts(word, "theme="))
		return theme_parse(word + 6, &s->theme);
	else if (str_starts(word, "lang="))
		s->lang = word + 5;
	else if (str_starts(word, "term="))
		s->term = word + 5;
	else if (str_starts(word, "tasks="))
		s->tasks = (int)strtol(word + 6, NULL, 10);
	else if (str_starts(word, "step="))
		s->step = strtoll(word + 5, NULL, 10);
	else if (str_starts(word, "phase="))
		return set_phase(s, word + 6);
	else
		return false;
	return true;
}

/* The next line that is neither empty nor a remark, or NULL. */
static char *next_line(struct script *s)
{
	while (*s->at) {
		char *line = s->at, *end = line + strcspn(line, "\n");

		s->at = *end ? end + 1 : end;
		*end = '\0';
		s->line++;
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}

static void skip_remarks(struct script *s)
{
	while (*s->at == '#' || *s->at == '\n') {
		s->at += strcspn(s->at, "\n");
		s->at += *s->at == '\n';
		s->line++;
	}
}

/* The head: size and options, in any order. */
static bool read_head(struct script *s)
{
	for (;;) {
		char *line, *word, *end;

		skip_remarks(s);
		if (!str_starts(s->at, "size ") && !str_starts(s->at, "options "))
			return true;
		line = next_line(s);
		if (line[0] == 's') {
			if (!read_size(line + 5, &s->spec.rows, &s->spec.cols))
				return fail_script(s, "no size", line + 5);
			continue;
		}
		for (word = strtok_r(line + 8, " ", &end); word;
		     word = strtok_r(NULL, " ", &end))
			if (!set_option(&s->spec, word))
				return fail_script(s, "no option", word);
	}
}

/* --- commands --- */

static bool send_signal(struct script *s, const char *name)
{
	static const struct { const char *name; int sig; } row[] = {
		{"WINCH", SIGWINCH}, {"CONT", SIGCONT}, {"TSTP", SIGTSTP},
		{"USR1", SIGUSR1},   {"TERM", SIGTERM}, {"HUP", SIGHUP},
		{"INT", SIGINT}};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_eq(row[i].name, name)) {
			pty_kill(&s->pty, row[i].sig);
			return true;
		}
	return fail_script(s, "no signal", name);
}

/* Does one line; then the desk must come to rest, or a time must pass. */
static bool do_line(struct script *s, char *line)
{
	int rows, cols;
	long n;

	s->is_waiting = false;
	s->until = clock_now() + REST;
	if (str_starts(line, "type ")) {
		n = unescape(line + 5);
		if (n < 0)
			return fail_script(s, "a bad escape in", line + 5);
		pty_send(&s->pty, line + 5, (size_t)n);
	} else if (str_starts(line, "wait ")) {
		s->is_waiting = true;
		s->until = clock_now() + strtod(line + 5, NULL);
	} else if (str_starts(line, "resize ")) {
		if (!read_size(line + 7, &rows, &cols))
			return fail_script(s, "no size", line + 7);
		pty_resize(&s->pty, rows, cols);
	} else if (str_starts(line, "signal ")) {
		return send_signal(s, line + 7);
	} else {
		return fail_script(s, "no command", line);
	}
	return true;
}

/* --- running them --- */

static void end_script(struct script *s)
{
	int code = s->is_open && pty_has_ended(&s->pty) ? pty_wait(&s->pty, 1) : -1000;
	char why[96], *text;

	s->is_done = true;
	if (!s->is_open)
		return;
	text = pty_text(&s->pty);
	if (code == -1000) {
		s->seen = text;
	} else { /* it has ended: part of what is to be seen */
		struct buf b;

		buf_init(&b);
		buf_addf(&b, "%s[ended: %d]\n", text, code);
		s->seen = buf_take(&b);
		xfree(text);
		if (code < 0 && !s->trouble[0])
			fail_script(s, "it crashed with signal", strsignal(-code));
	}
	if (!s->trouble[0] &&
	    recognise(s->pty.raw.s, s->pty.raw.len,
		      !s->spec.lang || !str_eq(s->spec.lang, "C"), why) >= 0)
		fail_script(s, "bytes that are not ours:", why);
	pty_close(&s->pty);
	s->is_open = false;
}

/* Goes on with a script when what it waits for has come. */
static void turn_script(struct script *s)
{
	bool is_late = clock_now() >= s->until;
	char *line;

	if (s->is_waiting ? !(pty_drain(&s->pty), is_late) :
	    idle_is_known() ? !pty_is_idle(&s->pty) && !is_late &&
				      !pty_has_ended(&s->pty) :
			      pty_read(&s->pty, .4, 4) > 0)
		return;
	if (is_late && !s->is_waiting && idle_is_known())
		fail_script(s, "the desk does not come to rest after", "");
	line = s->trouble[0] ? NULL : next_line(s);
	if (!line || !do_line(s, line))
		end_script(s);
}

static void start_script(struct script *s)
{
	s->at = s->text;
	if (!read_head(s)) {
		end_script(s);
		return;
	}
	pty_open(&s->pty, &s->spec);
	s->is_open = true;
	s->until = clock_now() + REST;
}

static void wait_for_any(void)
{
	struct pollfd f[SIDE_BY_SIDE];
	nfds_t n = 0;

	for (size_t i = 0; i < n_scripts && n < SIDE_BY_SIDE; i++)
		if (scripts[i].is_open)
			f[n++] = (struct pollfd){.fd = scripts[i].pty.fd,
						 .events = POLLIN};
	poll(f, n, 2);
}

static int run_all(void **state)
{
	size_t left = n_scripts;

	(void)state;
	while (left) {
		size_t open = 0;

		left = 0;
		for (size_t i = 0; i < n_scripts; i++) {
			struct script *s = &scripts[i];

			if (s->is_done)
				continue;
			left++;
			if (s->is_open)
				turn_script(s);
			else if (open < SIDE_BY_SIDE)
				start_script(s);
			open += s->is_open;
		}
		wait_for_any();
	}
	return 0;
}

/* --- the tests --- */

static void test_script(void **state)
{
	struct script *s = *state;
	char path[256];

	if (s->trouble[0])
		fail_msg("%s%s.keys, %s", KEYS, s->name, s->trouble);
	str_format(path, sizeof path, GOLDEN "%s.txt", s->name);
	if (!golden_same(path, s->seen))
		fail_msg("not the saved screen (TUTTI_GOLDEN=write saves it)");
}

static void load_scripts(void)
{
	const char *word = getenv("TUTTI_KEYS");
	glob_t found;

	if (glob(KEYS "*.keys", 0, NULL, &found))
		return;
	scripts = xcalloc(found.gl_pathc, sizeof *scripts);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = found.gl_pathv[i] + strlen(KEYS);
		struct script *s = &scripts[n_scripts];

		if (word && !strstr(name, word))
			continue;
		str_copy(s->name, sizeof s->name, name);
		s->name[strlen(s->name) - strlen(".keys")] = '\0';
		s->text = golden_read(found.gl_pathv[i]);
		n_scripts++;
	}
	globfree(&found);
}

/* What earlier runs of these scripts wrote would give the files other names. */
static void forget_exports(void)
{
	static const char *const kind[] = {"*.csv", "*.jsonl"};

	for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
		char pattern[128];
		glob_t g;

		str_format(pattern, sizeof pattern, "build/fake/*/glue4+samsum/%s", kind[k]);
		if (glob(pattern, 0, NULL, &g))
			continue;
		for (size_t i = 0; i < g.gl_pathc; i++)
			unlink(g.gl_pathv[i]);
		globfree(&g);
	}
}

int main(void)
{
	struct CMUnitTest *tests;
	int failed;

	forget_exports();
	load_scripts();
	tests = xcalloc(n_scripts + 1, sizeof *tests);
	for (size_t i = 0; i < n_scripts; i++)
		tests[i] = (struct CMUnitTest){.name = scripts[i].name,
					       .test_func = test_script,
					       .initial_state = &scripts[i]};
	failed = _cmocka_run_group_tests("keys", tests, n_scripts, run_all, NULL);
	for (size_t i = 0; i < n_scripts; i++) {
		xfree(scripts[i].text);
		xfree(scripts[i].seen);
	}
	xfree(scripts);
	xfree(tests);
	return failed;
}
