/*
 * new_ask.c - questions on a terminal, a line each, with the default in brackets.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "data/data_kind.h"
#include "new.h"
#include "text/utf8.h"

enum { ANSWER = 256 };

bool new_can_ask(void)
{
	return isatty(0) == 1 && isatty(2) == 1;
}

bool new_ask(const char *fallback, char *out, size_t cap, const char *fmt, ...)
{
	char line[ANSWER], *p = line;
	va_list ap;
	size_t n;

	fputs("  ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (*fallback)
		fprintf(stderr, " [%s]", fallback);
	fputs(": ", stderr);
	fflush(stderr);
	if (!fgets(line, sizeof line, stdin)) {
		fputc('\n', stderr);
		return false;
	}
	while (*p == ' ' || *p == '\t')
		p++;
	for (n = strlen(p); n && strchr(" \t\r\n", p[n - 1]); n--)
		p[n - 1] = '\0';
	str_copy(out, cap, *p ? p : fallback);
	return true;
}

static enum status stopped(struct err *err)
{
	return err_set(err, ST_STOPPED, "no answer: nothing is written");
}

/* One of the words in "yes|no|skip"; a first letter will do. */
enum status new_choose(const char *words, const char *fallback, const char *question,
			  int *which, struct err *err)
{
	char answer[ANSWER], word[40];

	for (;;) {
		const char *p = words;

		if (!new_ask(fallback, answer, sizeof answer, "%s", question))
			return stopped(err);
		for (*which = 0; *p; p += strcspn(p, "|"), p += *p == '|', ++*which) {
			str_format(word, sizeof word, "%.*s", (int)strcspn(p, "|"), p);
			if (*answer && !strncasecmp(word, answer, strlen(answer)))
				return ST_OK;
		}
		fprintf(stderr, "  one of: %s\n", words);
	}
}

static enum status ask_column(const struct new_file *f, const char *question, int fallback,
			      bool may_lack, int *column, struct err *err)
{
	char answer[ANSWER], name[PLAN_COLUMN] = "-";

	if (fallback >= 0)
		guess_column(f->sample, f->guess.header, fallback, name, sizeof name);
	else if (!may_lack)
		name[0] = '\0';
	for (;;) {
		struct buf b;

		if (!new_ask(name, answer, sizeof answer, "%s", question))
			return stopped(err);
		*column = guess_find_column(f->sample, f->guess.header, answer);
		if (*column >= 0 || (may_lack && str_eq(answer, "-")))
			return ST_OK;
		buf_init(&b);
		new_columns(f, &b);
		fprintf(stderr, "  %s; there are: %s\n", *column == GUESS_SEVERAL ?
			"several of that name: say a number, or NAME#2" : "no such column",
			buf_str(&b));
		buf_release(&b);
	}
}

/* Of another kind nothing is known but the text. */
static enum status ask_kind(const struct new_file *f, struct guess_task *t,
			    struct err *err)
{
	struct buf b;
	int kind;
	enum status st;

	buf_init(&b);
	new_columns(f, &b);
	fprintf(stderr, "  columns: %s\n", buf_str(&b));
	buf_clear(&b);
	buf_adds(&b, "kind of task (");
	task_kind_words(", ", &b);
	buf_addc(&b, ')');
	st = new_choose(TASK_KIND_CHOICES, task_kind_name(t->kind), buf_str(&b), &kind, err);
	buf_release(&b);
	if (st)
		return st;
	if (kind != (int)t->kind)
		t->pair = t->target = -1;
	t->kind = (enum task_kind)kind;
	return ST_OK;
}

static enum status ask_by_hand(const struct new_file *f, struct guess_task *g,
			       struct err *err)
{
	struct guess_task t = *g;
	int *const at[DATA_COLUMNS] = { &t.text, &t.pair, &t.target };
	enum status st = ask_kind(f, &t, err);

	for (int i = 0; i < DATA_COLUMNS && !st; i++) {
		const struct data_column *c = &data_kind(t.kind)->column[i];
		bool may_lack = i == COLUMN_PAIR;
		char question[64];

		if (!c->key)
			continue;
		str_format(question, sizeof question, "column of the %s%s", c->noun,
			   may_lack ? " (- for none)" : "");
		st = ask_column(f, question, *at[i], may_lack, at[i], err);
	}
	if (st)
		return st;
	str_copy(t.why, sizeof t.why, "said by hand");
	*g = t;
	return st;
}

/* Only where the first row leaves it open. */
enum status new_ask_header(struct new_file *f, struct err *err)
{
	struct buf b;
	int no;
	enum status st;

	if (f->sample->format == SOURCE_JSONL || f->guess.header_sure >= GUESS_UNSURE)
		return ST_OK;
	buf_init(&b);
	for (int i = 0; i < f->sample->n_columns && i < 8; i++) {
		const char *first = f->sample->column[i].first;

		buf_adds(&b, i ? " | " : "");
		text_sanitize(&b, first ? first : "", first ? strnlen(first, 40) : 0);
	}
	fprintf(stderr, "  first row: %s\n", buf_str(&b));
	buf_release(&b);
	st = new_choose("yes|no", f->guess.header ? "yes" : "no",
		    "does it name the columns (yes, no)", &no, err);
	if (!st && f->guess.header == (no == 1))
		guess_columns(f->sample, no == 0, &f->guess);
	return st;
}

void new_say_guess(const struct new_file *f, const struct guess_task *g,
		      const char *before)
{
	struct buf b;

	buf_init(&b);
	new_describe(f, g, &b);
	if (*g->why) {
		buf_adds(&b, "  (");
		text_sanitize(&b, g->why, strlen(g->why));
		buf_addc(&b, ')');
	}
	fprintf(stderr, "  %s%s\n", before, buf_str(&b));
	buf_release(&b);
}

/* The numbered readings, and 0 for saying it by hand. */
enum status new_ask_which(const struct new_file *f, struct guess_task *g,
			     struct err *err)
{
	char answer[ANSWER], number[24];
	int64_t i;

	for (int k = 1; k < f->guess.n; k++) {
		str_format(number, sizeof number, "%d  ", k);
		new_say_guess(f, &f->guess.option[k], number);
	}
	for (bool first = true; f->guess.n > 1; first = false) {
		if (!first)
			fprintf(stderr, "  0 to %d\n", f->guess.n - 1);
		if (!new_ask("0", answer, sizeof answer, "which one; 0: by hand"))
			return stopped(err);
		if (!parse_i64(answer, &i) || i < 0 || i >= f->guess.n)
			continue;
		if (i) {
			*g = f->guess.option[i];
			return ST_OK;
		}
		break;
	}
	return ask_by_hand(f, g, err);
}

static bool is_task_name(const char *s)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t n = strlen(s);

	return n && n < TASK_NAME_MAX && strspn(s, fit) == n;
}

enum status new_ask_name(char name[GUESS_NAME], struct err *err)
{
	char answer[ANSWER];

	for (;;) {
		if (!new_ask(name, answer, sizeof answer, "name of the task"))
			return stopped(err);
		if (is_task_name(answer))
			break;
		fprintf(stderr, "  small letters, digits, '-' and '_', up to %d\n",
			TASK_NAME_MAX - 1);
	}
	str_copy(name, GUESS_NAME, answer);
	return ST_OK;
}
