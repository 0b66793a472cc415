/*
 * new_table.c - the tasks that were found as one table on a terminal: Enter takes
 * it as it stands, a number changes that line.
 */
#include <stdio.h>
#include <string.h>

#include "new.h"
#include "text/utf8.h"

/* 80 columns with the number before and the remark behind. */
enum { CELL_NAME = 12, CELL_KIND = 10, CELL_TEXT = 25, CELL_TARGET = 12 };

/* --- drawing --- */

static void put_cell(struct buf *out, const char *p, size_t n, int columns)
{
	struct buf b;
	size_t fits;
	int used;

	buf_init(&b);
	text_sanitize(&b, p, n);
	fits = text_fit(buf_str(&b), b.len, columns);
	buf_add(out, buf_str(&b), fits);
	used = text_columns(buf_str(&b), fits);
	buf_release(&b);
	for (; used < columns + 2; used++)
		buf_addc(out, ' ');
}

static void put_word(struct buf *out, const char *word, int columns)
{
	put_cell(out, word, strlen(word), columns);
}

static void put_columns(struct buf *out, const struct new_file *f,
			const struct guess_task *g)
{
	struct buf text;

	buf_init(&text);
	if (g->text >= 0)
		new_name(f, g->text, &text);
	else
		buf_adds(&text, "?");
	if (g->pair >= 0) {
		buf_adds(&text, " + ");
		new_name(f, g->pair, &text);
	}
	put_cell(out, buf_str(&text), text.len, CELL_TEXT);
	buf_clear(&text);
	if (g->target >= 0)
		new_name(f, g->target, &text);
	else
		buf_adds(&text, "?");
	put_cell(out, buf_str(&text), text.len, CELL_TARGET);
	buf_release(&text);
}

static bool is_whole(const struct new_line *l)
{
	return l->g.text >= 0 && l->g.target >= 0;
}

static const char *remark(const struct new_line *l)
{
	if (!l->is_in)
		return "left out";
	return !is_whole(l) ? "to be said" : l->g.sure < GUESS_UNSURE ? "not sure" : "";
}

static void print_line(const struct new_files *f, const struct new_line *l, int number)
{
	const struct new_file *x = &f->file[f->set[l->set].train];
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "  %2d  ", number);
	put_word(&b, l->name, CELL_NAME);
	put_word(&b, task_kind_name(l->g.kind), CELL_KIND);
	put_columns(&b, x, &l->g);
	buf_adds(&b, remark(l));
	while (b.len && b.s[b.len - 1] == ' ')
		b.s[--b.len] = '\0';
	fprintf(stderr, "%s\n", buf_str(&b));
	buf_release(&b);
}

static void print_table(const struct new_files *f, const struct new_line *line, int n)
{
	struct buf b;

	buf_init(&b);
	buf_adds(&b, "      ");
	put_word(&b, "task", CELL_NAME);
	put_word(&b, "kind", CELL_KIND);
	put_word(&b, "text", CELL_TEXT);
	buf_adds(&b, "label, target");
	fprintf(stderr, "%s\n", buf_str(&b));
	buf_release(&b);
	for (int i = 0; i < n; i++)
		print_line(f, &line[i], i + 1);
}

/* --- changing --- */

static bool has_name(const struct new_line *line, int n, int but, const char *name)
{
	for (int i = 0; i < n; i++)
		if (i != but && line[i].is_in && str_eq(line[i].name, name))
			return true;
	return false;
}

static enum status change_name(struct new_line *line, int n, int at, struct err *err)
{
	for (;;) {
		enum status st = new_ask_name(line[at].name, err);

		if (st || !has_name(line, n, at, line[at].name))
			return st;
		fprintf(stderr, "  another task is called so\n");
	}
}

static enum status change_columns(const struct new_files *f, struct new_line *l,
				  struct err *err)
{
	const struct new_file *x = &f->file[f->set[l->set].train];
	enum status st;

	new_say_guess(x, &l->g, "");
	st = new_ask_which(x, &l->g, err);
	if (!st)
		l->g.sure = 1;
	return st;
}

static enum status change(const struct new_files *f, struct new_line *line, int n, int at,
			  struct err *err)
{
	enum { COLUMNS, NAME, IN, OUT };
	struct new_line *l = &line[at];
	int what;
	enum status st = new_choose("columns|name|in|out", l->is_in ? "columns" : "in",
				    "change what (columns, name; in or out of the plan)",
				    &what, err);

	if (st)
		return st;
	l->is_in = what != OUT;
	if (what == COLUMNS)
		return change_columns(f, l, err);
	if (what == NAME || (what == IN && has_name(line, n, at, l->name)))
		return change_name(line, n, at, err);
	return ST_OK;
}

/* Every line that goes in must be whole. */
static bool can_take(const struct new_line *line, int n)
{
	for (int i = 0; i < n; i++)
		if (line[i].is_in && !is_whole(&line[i])) {
			fprintf(stderr, "  line %d is to be said: its number, then columns "
				"or out\n", i + 1);
			return false;
		}
	return true;
}

enum status new_confirm(const struct new_files *f, struct new_line *line, int n,
			struct err *err)
{
	enum status st = ST_OK;

	print_table(f, line, n);
	while (!st) {
		char answer[24];
		int64_t at;

		if (!new_ask("", answer, sizeof answer,
			     "Enter takes these, a number changes that line, q ends") ||
		    str_eq(answer, "q"))
			return err_set(err, ST_STOPPED, "not confirmed: nothing is written");
		if (!*answer && can_take(line, n))
			return ST_OK;
		if (!*answer)
			continue;
		if (!parse_i64(answer, &at) || at < 1 || at > n) {
			fprintf(stderr, "  1 to %d\n", n);
			continue;
		}
		st = change(f, line, n, (int)at - 1, err);
		if (!st)
			print_table(f, line, n);
	}
	return st;
}
