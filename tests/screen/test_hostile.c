/*
 * A run whose every text is hostile, in every view (I6): what reaches the
 * terminal is of the language of recognise.h, and every cell shows something
 * harmless. Data rows have a line of a megabyte among them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/hostile.h"
#include "fixture/recognise.h"
#include "fixture/pty_desk.h"

struct visit {
	const char *name, *keys[6];
};
static const struct visit visits[] = {
	{"desk", {"j", "m", "t", "y"}},
	{"curves", {"2", "hhh", "\r", "j"}},
	{"inspect", {"3", "j", "j\r", "\tl\r", "c", "s"}},
	{"inspect, other tasks", {"3", ">", ">j", ">", "<"}},
	{"summaries", {"4", "]", "J", "]", "s", "J"}},
	{"runs", {"5", "j", "\r", "d", "\033"}},
	{"data", {"6", "j", "\r", "\t", "s"}},
	{"gradients", {"7", "j", "\r", "\t"}},
	{"journal", {"8", "j", "G", "\r"}},
	{"help", {"?", "G", "\033", ":help weight\r"}},
	{"try", {"4", "t\xff\033", "tlunch ?\r", "J", "J"}},
	{"refused", {":note refuse\r", "3", "8"}},
	{"prompt", {":weight \t\t", "\033[200~\033]0;x\007\xe2\x80\xae\xff\033[201~",
		    "\002\002\177", "\r"}},
	{"history", {":note \033[200~\x1b[31m\xc2\x9b\033[201~\r", ":\020", "\022no"}},
};

struct hostile_case {
	const struct visit *v;
	int rows, cols;
	const char *lang;
	char name[64];
};

static void assert_harmless_cells(struct pty *p)
{
	for (int y = 0; y < p->rows; y++)
		for (int x = 0; x < p->cols; x++) {
			VTermScreenCell c = pty_cell(p, y, x);

			if (c.chars[0] && c.chars[0] != (uint32_t)-1 &&
			    !is_harmless(c.chars[0]))
				fail_msg("U+%04X at %d, %d", (unsigned)c.chars[0], y, x);
			for (int i = 1; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i]; i++)
				if (i > 2 || !is_harmless(c.chars[i]))
					fail_msg("mark %d U+%04X at %d, %d", i,
						 (unsigned)c.chars[i], y, x);
		}
}

static void test_visit(void **state)
{
	const struct hostile_case *t = *state;
	struct pty_spec s = {.rows = t->rows, .cols = t->cols, .lang = t->lang,
			     .spoil = hostile_run, .tasks = 8};
	char why[96];
	struct pty p;
	long at;

	pty_begin(&p, &s);
	assert_harmless_cells(&p);
	for (int i = 0; i < 6 && t->v->keys[i]; i++) {
		pty_send(&p, t->v->keys[i], strlen(t->v->keys[i]));
		pty_settle(&p, 20);
		assert_false(pty_has_ended(&p));
		assert_harmless_cells(&p);
		assert_int_equal(p.mouse, VTERM_PROP_MOUSE_NONE);
		assert_true(p.is_alternate);
	}
	at = recognise(buf_str(&p.raw), p.raw.len, !t->lang, why);
	if (at >= 0)
		fail_msg("byte %ld is not ours: %s", at, why);
	pty_kill(&p, SIGTERM);
	assert_int_equal(pty_wait(&p, 10), 143);
	pty_close(&p);
}

/* The recogniser itself: it lets ours pass and nothing of the hostile texts. */
static void test_recogniser(void **state)
{
	static const char *const good[] = {
		"plain text\r\n", "\033[1;31mred\033[m", "\033[?1049h\033[?25l\033[H",
		"\xe2\x94\x80\xe6\x9d\xb1", "\033(B\033[m", "e\xcc\x81"};
	char why[96];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(recognise(good[i], strlen(good[i]), true, why), -1);
	for (int i = 0; i < HOSTILE; i++) {
		const char *s = hostile_text[i];

		if (i == 1 || i == 5 || i == 6 || i == 14 || i == 15 || i >= 17)
			continue; /* made of sequences that we send as well */
		assert_int_not_equal(recognise(s, strlen(s), true, why), -1);
	}
	assert_int_not_equal(recognise("\xc3\xa9", 2, false, why), -1);
	assert_int_not_equal(recognise("\033[?1003h", 8, true, why), -1);
	assert_int_not_equal(recognise("\033[", 2, true, why), -1);
}

static struct CMUnitTest tests[64];
static struct hostile_case cases[64];

int main(void)
{
	static const struct { int rows, cols; const char *lang; } size[] = {
		{24, 80, NULL}, {40, 120, NULL}, {30, 100, "C"}};
	size_t n = 0;

	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_recogniser);
	for (size_t i = 0; i < sizeof visits / sizeof *visits; i++)
		for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
			struct hostile_case *c = &cases[n];

			*c = (struct hostile_case){&visits[i], size[k].rows,
						   size[k].cols, size[k].lang, ""};
			str_format(c->name, sizeof c->name, "%s, %dx%d%s",
				   visits[i].name, c->cols, c->rows,
				   c->lang ? ", ASCII" : "");
			tests[n++] = (struct CMUnitTest){.name = c->name,
							 .test_func = test_visit,
							 .initial_state = c};
		}
	return _cmocka_run_group_tests("hostile", tests, n, NULL, NULL);
}
