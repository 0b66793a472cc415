/*
 * cmd_predict.c - `predict`: JSONL or plain lines in, JSONL out, in order.
 *
 * A line that begins with '{' is an object with the task's own column names
 * (any other member is ignored), in a task whose columns are numbers '[' begins
 * a list; every other line is the text itself. What is a good row in data has an
 * answer here. A line that is none has an object with the reason ("error") in its
 * place, and the exit status is 1. --top K has the likeliest labels in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "data/items.h"
#include "data/json_text.h"
#include "data/looks.h"
#include "data/plain.h"
#include "run/evaluate.h"
#include "text/utf8.h"

enum {
	ROWS_AT_ONCE = 64,
	READ_AT_ONCE = 1 << 16,
};

/* Where a row came from and what it says, or why it says nothing. */
struct row {
	const char *file;
	size_t number;
	const char *line;
	size_t len;
	bool is_too_long, is_lone; /* lone: one text where a pair is wanted */
	struct buf text, pair;
	struct err why; /* "": it is fine */
};

/* Rows that wait for their answers, and the bytes that they lie in. */
struct feed {
	int fd;
	int64_t top;        /* so many labels; 0: all, in the plan's order */
	bool is_known;      /* its first bytes were looked at */
	const char *file;
	bool is_over;       /* the file is at its end */
	bool is_skipping;   /* within a line that is too long */
	size_t number;      /* lines so far */
	size_t bad, first;  /* of them without an answer; the first one */
	struct err why;     /* of the first */
	char *buf;
	size_t len, cap;    /* in use: whole lines first, then the beginning of one */
	size_t used;        /* of them taken */
	int n;
	struct row row[ROWS_AT_ONCE];
};

/* --- one row --- */

static void reject(struct row *r, enum row_fault f)
{
	err_set(&r->why, ST_INVALID, "%s", row_fault_name(f));
}

static bool is_blank(const struct buf *b)
{
	const char *p = buf_str(b);
	size_t n = b->len;

	text_trim(&p, &n);
	return !n;
}

static void take_column(struct row *r, const struct json *row, const char *column,
			struct buf *out)
{
	if (r->why.text[0])
		return;
	if (!json_text(out, json_row_field(row, column)))
		err_set(&r->why, ST_INVALID, "no text in '%.60s'", column);
	else if (is_blank(out))
		reject(r, ROW_EMPTY_TEXT);
}

static void take_json(struct row *r, const struct plan_task *t)
{
	struct source_row row = { .fault = ROW_OK };
	struct json *doc;

	json_row(r->line, r->len, &row, &doc);
	if (row.fault && row.what[0])
		err_set(&r->why, ST_INVALID, "%s: %s", row_fault_name(row.fault),
			row.what);
	else if (row.fault)
		reject(r, row.fault);
	if (!r->why.text[0])
		take_column(r, doc, t->text, &r->text);
	if (!r->why.text[0] && t->pair[0])
		take_column(r, doc, t->pair, &r->pair);
	json_free(doc);
}

static void take_plain(struct row *r, const struct plan_task *t)
{
	buf_add(&r->text, r->line, r->len);
	if (memchr(buf_str(&r->text), '\0', r->text.len))
		reject(r, ROW_NUL);
	else if (!utf8_valid(buf_str(&r->text), r->text.len))
		reject(r, ROW_BAD_UTF8);
	else if (is_blank(&r->text))
		reject(r, ROW_EMPTY_TEXT);
	else if ((r->is_lone = t->pair[0] != 0))
		err_set(&r->why, ST_INVALID, "task '%s' is of two texts: JSON objects "
			"with '%.60s' and '%.60s' are wanted, not plain lines", t->name,
			t->text, t->pair);
}

static bool is_json(const struct row *r, const struct plan_task *t)
{
	uint64_t number;

	return r->len && (r->line[0] == '{' ||
			  (r->line[0] == '[' && parse_u64(t->text, &number)));
}

static void read_row(struct row *r, const struct plan_task *t)
{
	buf_init(&r->text);
	buf_init(&r->pair);
	if (r->is_too_long)
		reject(r, ROW_TOO_LONG);
	else if (is_json(r, t))
		take_json(r, t);
	else
		take_plain(r, t);
}

static void print_line(struct json_out *j, struct buf *b, const struct row *r)
{
	buf_init(b);
	json_out_init(j, b, 0);
	json_open(j, NULL, '{');
	json_put_int(j, "line", (int64_t)r->number);
}

static void end_line(struct json_out *j, struct buf *b)
{
	json_close(j, '}');
	puts(buf_str(b));
	buf_release(b);
}

static void print_reason(const struct row *r)
{
	struct json_out j;
	struct buf b;

	print_line(&j, &b, r);
	json_put_str(&j, "error", r->why.text);
	end_line(&j, &b);
}

/* The likeliest label that is not printed yet; of equals the first. */
static const struct json *next_likely(const struct json *p, const bool *printed, int *at)
{
	const struct json *best = NULL;
	int i = 0;

	for (const struct json *n = json_first(p); n; n = json_next(n), i++)
		if (!printed[i] && (!best || json_number(n) > json_number(best))) {
			best = n;
			*at = i;
		}
	return best;
}

static void print_top(struct json_out *j, const struct json *p, int64_t top)
{
	bool printed[PLAN_LABELS_MAX] = { false };
	const struct json *n;
	int at = 0;

	json_open(j, "top", '[');
	for (int64_t k = 0; k < top && (n = next_likely(p, printed, &at)); k++) {
		printed[at] = true;
		json_open(j, NULL, '{');
		json_put_str(j, "label", json_key(n));
		json_put_node(j, "p", n);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* The members of the task's answer, without the inspector's detail. */
static void print_answer(const struct row *r, const struct json *answer, int64_t top)
{
	struct json_out j;
	struct buf b;

	print_line(&j, &b, r);
	for (const struct json *n = json_first(answer); n; n = json_next(n)) {
		const char *key = json_key(n);

		if (top && str_eq(key, "p"))
			print_top(&j, n, top);
		else if (!str_eq(key, "pieces") && !str_eq(key, "source") &&
			 !str_eq(key, "kind"))
			json_put_node(&j, key, n);
	}
	end_line(&j, &b);
}

/* --- lines as they come --- */

/* Data that is no text would be so many lines without sense. */
static enum status look_at_start(struct feed *f, struct err *err)
{
	if (f->is_known)
		return ST_OK;
	f->is_known = true;
	return looks_check(f->file, f->buf, f->len, err);
}

/*
 * More bytes behind those that are left: whatever there is, so that somebody who
 * types is answered line by line and a file in the largest batches.
 */
static enum status feed_more(struct feed *f, struct err *err)
{
	ssize_t got;

	memmove(f->buf, f->buf + f->used, f->len - f->used);
	f->len -= f->used;
	f->used = 0;
	if (f->len > SOURCE_LINE_MAX || f->is_skipping) { /* no end of a line in it */
		f->is_skipping |= f->len > 0;
		f->len = 0;
	}
	if (f->cap - f->len < READ_AT_ONCE) {
		f->cap = 2 * f->cap + READ_AT_ONCE;
		f->buf = xrealloc(f->buf, f->cap + 1);
	}
	got = read(f->fd, f->buf + f->len, f->cap - f->len);
	if (got < 0 && errno != EINTR)
		return err_sys(err, "cannot read '%s'", f->file);
	f->is_over = got == 0;
	f->len += got > 0 ? (size_t)got : 0;
	return look_at_start(f, err);
}

/* Takes the next whole line (at the end: what is left); false when there is none. */
static bool feed_line(struct feed *f, struct row *r)
{
	const char *from = f->buf + f->used, *end;
	size_t left = f->len - f->used, len;

	end = left ? memchr(from, '\n', left) : NULL;
	if (!end && !(f->is_over && (left || f->is_skipping)))
		return false;
	len = end ? (size_t)(end - from) : left;
	f->used += len + (end != NULL);
	if (!f->number && len >= 3 && !memcmp(from, "\xef\xbb\xbf", 3)) {
		from += 3;
		len -= 3;
	}
	*r = (struct row){ .file = f->file, .number = ++f->number,
			   .is_too_long = f->is_skipping || len > SOURCE_LINE_MAX };
	f->is_skipping = false;
	text_trim(&from, &len);
	r->line = from;
	r->len = len;
	return true;
}

/* --- answers --- */

static enum status answer_row(const struct row *r, const char *task, int64_t top,
			      const struct buf *json, struct err *err)
{
	struct json *all = NULL;
	enum status st = json_parse(buf_str(json), json->len, "answer", &all, err);

	if (!st)
		print_answer(r, json_get(json_get(all, "tasks"), task), top);
	json_free(all);
	return st;
}

/* Good rows are answered together; each row's line is printed in its place. */
static enum status answer(struct session *s, int task, const struct feed *f,
			  struct err *err)
{
	const char *text[ROWS_AT_ONCE], *pair[ROWS_AT_ONCE];
	struct buf json[ROWS_AT_ONCE];
	enum status st = ST_OK;
	int n = 0, k = 0;

	for (int i = 0; i < f->n; i++) {
		const struct row *r = &f->row[i];

		if (r->why.text[0])
			continue;
		text[n] = buf_str(&r->text);
		pair[n] = r->pair.len ? buf_str(&r->pair) : NULL;
		buf_init(&json[n++]);
	}
	if (n)
		evaluate_texts(s, task, n, text, pair, json);
	for (int i = 0; i < f->n && !st; i++) {
		if (f->row[i].why.text[0])
			print_reason(&f->row[i]);
		else
			st = answer_row(&f->row[i], s->plan->tasks[task].name, f->top,
					&json[k++], err);
	}
	while (n > 0)
		buf_release(&json[--n]);
	fflush(stdout);
	return st;
}

static void count_bad(struct feed *f, const struct row *r)
{
	if (r->why.text[0] && !f->bad++) {
		f->first = r->number;
		f->why = r->why;
	}
}

/* "[" or "[{" */
static bool opens_list(const struct row *r)
{
	return r->len && r->line[0] == '[' && (r->len == 1 || r->line[1] == '{');
}

/* A whole file of the wrong kind is refused at its first line. */
static enum status check_first(const struct row *r, struct err *err)
{
	if (r->number == 1 && opens_list(r))
		return err_set(err, ST_INVALID, "one JSON list, not a row a line: '%s': "
			       "jq -c '.[]' makes lines of it", r->file);
	if (r->number != 1 || !r->is_lone)
		return ST_OK;
	return err_set(err, ST_INVALID, "%s:1: %s", r->file, r->why.text);
}

static enum status predict_batch(struct session *s, int task, struct feed *f,
				 struct err *err)
{
	const struct plan_task *t = &s->plan->tasks[task];
	enum status st = ST_OK;

	f->n = 0;
	while (!st && f->n < ROWS_AT_ONCE && feed_line(f, &f->row[f->n])) {
		struct row *r = &f->row[f->n++];

		read_row(r, t);
		count_bad(f, r);
		st = check_first(r, err);
	}
	if (!st)
		st = answer(s, task, f, err);
	for (int i = 0; i < f->n; i++) {
		buf_release(&f->row[i].text);
		buf_release(&f->row[i].pair);
	}
	return st;
}

/* Rows without an answer, on stderr: the output alone might pass unread. */
static enum status check_all(const struct feed *f, struct err *err)
{
	if (!f->bad)
		return ST_OK;
	return err_set(err, ST_INVALID, "%zu of %zu lines have no answer, the first is %s:%zu: "
		       "%.300s", f->bad, f->number, f->file, f->first, f->why.text);
}

/* Files and folders as the readers of data open them; a pipe as it comes. */
static enum status open_rows(const char *path, int *fd, struct err *err)
{
	struct plain text;
	struct stat s;
	enum status st;

	if (stat(path, &s) || !(S_ISREG(s.st_mode) || S_ISDIR(s.st_mode))) {
		*fd = open(path, O_RDONLY | O_CLOEXEC);
		return *fd < 0 ? err_sys(err, "cannot open '%s'", path) : ST_OK;
	}
	st = plain_open(path, cmd_progress(), &text, err);
	cmd_progress_end();
	*fd = text.fd;
	if (!st && lseek(*fd, (off_t)text.at, SEEK_SET) < 0)
		st = err_sys(err, "cannot read '%s'", path);
	return st;
}

static enum status predict_all(struct session *s, int task, const char *path,
			       int64_t top, struct err *err)
{
	bool is_stdin = str_eq(path, "-");
	struct feed f = { .file = is_stdin ? "stdin" : path, .top = top,
			  .buf = xmalloc(1) };
	enum status st = ST_OK;

	if (!is_stdin)
		st = open_rows(path, &f.fd, err);
	while (!st && (f.n || !f.is_over || f.used < f.len || f.is_skipping)) {
		if (cmd_signal())
			st = err_set(err, ST_STOPPED, "interrupted");
		if (!st)
			st = predict_batch(s, task, &f, err);
		if (!st && !f.n && !f.is_over)
			st = feed_more(&f, err);
	}
	if (!st)
		st = check_all(&f, err);
	xfree(f.buf);
	if (!is_stdin && f.fd >= 0)
		close(f.fd);
	return st;
}

int cmd_predict(const struct opts *o)
{
	struct session *s = NULL;
	struct err err;
	int task = -1;
	enum status st;

	if (!o->task) {
		err_set(&err, ST_INVALID, "predict wants --task");
		return cmd_fail(ST_INVALID, &err), EXIT_USAGE;
	}
	st = cmd_open_run(o, false, &s, &err);
	cmd_progress_end();
	if (!st) {
		task = plan_task_find(s->plan, o->task);
		if (task < 0)
			st = err_set(&err, ST_INVALID, "no task '%.60s' in this run",
				     o->task);
	}
	if (!st && o->top && s->plan->tasks[task].kind != TASK_CLASSIFY)
		st = err_set(&err, ST_INVALID, "--top is for tasks with labels: '%s' is to %s",
			     o->task, task_kind_name(s->plan->tasks[task].kind));
	if (!st)
		st = predict_all(s, task, o->n_args > 1 ? o->arg[1] : "-", o->top, &err);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
