/*
 * prompt.c - readline in callback mode, fed from a queue.
 *
 * The points below were found by measuring readline 8.2 (UX 4): the getc
 * function gives EOF when the queue is empty and never repeats a byte; random
 * control keys crash the library, so only an allow-list is fed; cancelling is
 * sigcleanup, free_line_state, handler_remove, in this order.
 */
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/mem.h"
#include "base/str.h"
#include "screen/input.h"
#include "view/desk_command.h"
#include "text/utf8.h"

enum { QUEUE = 16, REMARK = 256, HISTORY_LINES = 500 };

static struct {
	bool is_started, is_open, is_searching;
	enum prompt_kind kind;
	unsigned char q[QUEUE];
	size_t n, at;
	char *line;               /* accepted, not yet taken */
	char remark[REMARK];
	struct buf shown;         /* harmless text of the line */
	const char *const *tasks;
	char history[512];
	FILE *in, *out;
} P;

/* --- what readline calls --- */

static int next_byte(FILE *f)
{
	(void)f;
	return P.at < P.n ? P.q[P.at++] : EOF;
}

/* Without this readline asks /dev/null, which always has an end of file ready. */
static int has_byte(void)
{
	return P.at < P.n;
}

static void no_display(void)
{
}

static void on_line(char *line)
{
	P.is_open = false;
	P.line = line ? xstrdup(line) : NULL;
	free(line); /* readline's own malloc */
	rl_callback_handler_remove();
}

static void on_matches(char **matches, int n, int longest)
{
	struct buf b;

	(void)longest;
	buf_init(&b);
	for (int i = 1; i <= n && b.len < REMARK; i++)
		buf_addf(&b, "%s%s", i > 1 ? "  " : "", matches[i]);
	str_copy(P.remark, sizeof P.remark, buf_str(&b));
	buf_release(&b);
}

/* Candidates of the word at the cursor, gathered through command_complete. */
struct candidates {
	char **word;
	size_t n, cap;
};

static void add_candidate(void *arg, const char *word)
{
	struct candidates *c = arg;

	ARRAY_GROW(c->word, c->n, c->cap);
	c->word[c->n++] = xstrdup(word);
}

static struct candidates found;

static char *next_candidate(const char *text, int state)
{
	static size_t i;

	if (!state)
		i = 0;
	while (i < found.n) {
		const char *word = found.word[i++];

		if (!strncmp(word, text, strlen(text)))
			return strdup(word); /* readline frees it */
	}
	return NULL;
}

static char **complete(const char *text, int start, int end)
{
	static const char *const none[] = {NULL};
	char **matches = NULL;

	(void)start;
	rl_attempted_completion_over = 1; /* never file names */
	if (P.kind != PROMPT_COMMAND)
		return NULL;
	memset(&found, 0, sizeof found);
	desk_command_complete(rl_line_buffer, end, P.tasks ? P.tasks : none, add_candidate,
			 &found);
	matches = rl_completion_matches(text, next_candidate);
	for (size_t i = 0; i < found.n; i++)
		xfree(found.word[i]);
	xfree(found.word);
	memset(&found, 0, sizeof found);
	return matches;
}

/* --- start and end --- */

static void load_history(const char *path)
{
	using_history();
	stifle_history(HISTORY_LINES);
	P.history[0] = '\0';
	if (path && str_copy(P.history, sizeof P.history, path))
		read_history(P.history);
}

void prompt_start(const char *history)
{
	const char *kept = getenv("INPUTRC");
	char *inputrc = kept ? xstrdup(kept) : NULL;

	if (P.is_started)
		return;
	P.in = fopen("/dev/null", "r");
	P.out = fopen("/dev/null", "w");
	rl_instream = P.in;
	rl_outstream = P.out;
	rl_readline_name = "tutti";
	rl_terminal_name = "dumb";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = next_byte;
	rl_input_available_hook = has_byte;
	rl_redisplay_function = no_display;
	rl_attempted_completion_function = complete;
	rl_completion_display_matches_hook = on_matches;
	rl_completer_word_break_characters = " ";
	rl_completion_query_items = 0;
	setenv("INPUTRC", "/dev/null", 1); /* foreign key bindings could be anything */
	rl_initialize();
	rl_variable_bind("enable-bracketed-paste", "off");
	rl_variable_bind("show-all-if-ambiguous", "on");
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("convert-meta", "off"); /* in LANG=C, letters, not commands */
	rl_variable_bind("input-meta", "on");
	if (inputrc)
		setenv("INPUTRC", inputrc, 1);
	else
		unsetenv("INPUTRC");
	xfree(inputrc);
	load_history(history);
	P.is_started = true;
}

void prompt_end(void)
{
	prompt_cancel();
	if (P.is_started && P.history[0]) {
		int fd = open(P.history, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			      0600);

		if (fd >= 0) {
			fchmod(fd, 0600);
			close(fd);
			write_history(P.history);
			chmod(P.history, 0600);
		}
	}
	clear_history();
	if (P.in)
		fclose(P.in);
	if (P.out)
		fclose(P.out);
	xfree(P.line);
	buf_release(&P.shown);
	memset(&P, 0, sizeof P);
}

/* --- life of a prompt --- */

void prompt_open(enum prompt_kind kind, const char *prefill)
{
	if (P.is_open || !P.is_started)
		return;
	P.kind = kind;
	P.is_open = true;
	P.is_searching = false;
	P.remark[0] = '\0';
	P.n = P.at = 0;
	xfree(P.line);
	P.line = NULL;
	rl_callback_handler_install("", on_line);
	if (prefill && *prefill)
		rl_insert_text(prefill);
}

bool prompt_is_open(void)
{
	return P.is_open;
}

enum prompt_kind prompt_kind_now(void)
{
	return P.kind;
}

void prompt_tasks(const char *const *tasks)
{
	P.tasks = tasks;
}

void prompt_cancel(void)
{
	if (!P.is_open)
		return;
	rl_callback_sigcleanup();
	rl_free_line_state();
	rl_callback_handler_remove();
	P.is_open = false;
	P.is_searching = false;
}

char *prompt_take(void)
{
	char *line = P.line;

	P.line = NULL;
	if (line && line[0] && P.kind == PROMPT_COMMAND) {
		HIST_ENTRY *last = history_length ? history_get(history_base +
						    history_length - 1) : NULL;

		if (!last || strcmp(last->line, line))
			add_history(line);
	}
	return line;
}

static void feed(const unsigned char *bytes, size_t n)
{
	memcpy(P.q, bytes, n);
	P.n = n;
	P.at = 0;
	while (P.at < P.n && P.is_open)
		rl_callback_read_char();
	P.is_searching = P.is_open && (RL_ISSTATE(RL_STATE_ISEARCH) != 0);
}

/* The bytes of a key that may reach readline; 0: none. */
static size_t allowed(uint32_t key, unsigned char out[8])
{
	static const unsigned char control[] = {1,  2,	4,  5,	6,  9,	11, 13,
						14, 16, 18, 20, 21, 23, 25, 127};
	static const unsigned char search[] = {7, 13, 18, 127};
	const unsigned char *list = P.is_searching ? search : control;
	size_t n = P.is_searching ? sizeof search : sizeof control;

	if (key == 8)
		key = 127;
	if (key == 10)
		key = 13;
	if (key >= 0x20 && key < 0x110000 && key != 127 && (key < 0x80 || key >= 0xa0))
		return (size_t)utf8_put(key, (char *)out);
	for (size_t i = 0; i < n; i++)
		if (key == list[i]) {
			out[0] = list[i];
			return 1;
		}
	return 0;
}

static uint32_t as_control(uint32_t key)
{
	switch (key) {
	case KEY_UP_: return 16;
	case KEY_DOWN_: return 14;
	case KEY_LEFT_: return 2;
	case KEY_RIGHT_: return 6;
	case KEY_HOME_: return 1;
	case KEY_END_: return 5;
	case KEY_DEL_: return 4;
	default: return key;
	}
}

void prompt_key(uint32_t key)
{
	unsigned char bytes[8];
	size_t n;

	if (!P.is_open)
		return;
	if (key == KEY_ESC_ || key == 3) {
		prompt_cancel();
		return;
	}
	key = as_control(key);
	if (key == 4 && rl_end == 0)
		return; /* an end of file would close it */
	if (P.is_searching && key < 0x20 && key != 7 && key != 13 && key != 18)
		return;
	n = allowed(key, bytes);
	if (n && rl_end < COMMAND_TEXT * 4) {
		if (key != 9)
			P.remark[0] = '\0';
		feed(bytes, n);
	} else if (n == 1 && bytes[0] < 0x20) {
		feed(bytes, n); /* full: keys that move or erase still work */
	} else if (n == 1 && bytes[0] == 127) {
		feed(bytes, n);
	}
}

/* As if typed: a paste can do what keys can, no more. */
static void feed_all(const char *s, size_t n)
{
	for (size_t i = 0; i < n && P.is_open;) {
		uint32_t cp;
		int bytes = utf8_next(s + i, n - i, &cp);

		if (bytes <= 0)
			break;
		feed((const unsigned char *)s + i, (size_t)bytes);
		i += (size_t)bytes;
	}
}

void prompt_paste(const char *text, size_t n)
{
	struct buf b;

	if (!P.is_open || P.is_searching)
		return;
	buf_init(&b);
	text_sanitize(&b, text, n);
	if (b.len < COMMAND_TEXT * 4 && rl_end + (int)b.len < COMMAND_TEXT * 4)
		feed_all(buf_str(&b), b.len);
	else
		str_copy(P.remark, sizeof P.remark, "too long to paste here");
	buf_release(&b);
}

void prompt_look(struct prompt_look *out)
{
	const char *line = rl_line_buffer ? rl_line_buffer : "";
	size_t n = strlen(line), at = rl_point > 0 ? (size_t)rl_point : 0;

	if (at > n)
		at = n;
	buf_clear(&P.shown);
	text_sanitize(&P.shown, line, at);
	out->cursor = text_columns(buf_str(&P.shown), P.shown.len);
	buf_clear(&P.shown);
	text_sanitize(&P.shown, line, n);
	out->text = buf_str(&P.shown);
	out->label = P.is_searching	  ? "search: " :
		     P.kind == PROMPT_TRY ? "text: " :
					    ":";
	out->remark = P.remark[0]	   ? P.remark :
		      P.is_searching	   ? "Ctrl-R older   Enter take" :
		      P.kind == PROMPT_TRY ? "Enter asks every task   Esc" :
					     "Tab completes   Up history   Esc";
}
