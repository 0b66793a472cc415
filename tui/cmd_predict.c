/*
 * cmd_predict.c - `predict`: JSONL or plain lines in, JSONL out, in order.
 *
 * A line that begins with '{' is an object with the task's own column names
 * (any other member is ignored); every other line is the text itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "run/evaluate.h"
#include "text/utf8.h"

enum {
	ROWS_AT_ONCE = 64,
	READ_AT_ONCE = 1 << 16,
};

/* Where a row came from and what it says. */
struct row {
	const char *file;
	size_t number;
	char *line;
	size_t len;
	struct json *object; /* when the line is one */
	const char *text, *pair;
};

/* Rows that wait for their answers, and the bytes that they lie in. */
struct feed {
	int fd;
	const char *file;
	bool is_over;       /* the file is at its end */
	size_t number;      /* lines so far */
	char *buf;
	size_t len, cap;    /* in use: whole lines first, then the beginning of one */
	size_t used;        /* of them taken */
	int n;
	struct row row[ROWS_AT_ONCE];
};

static enum status take_column(const struct row *r, const char *column, const char **out,
			       struct err *err)
{
	const struct json *n = json_get(r->object, column);

	if (!n || json_type(n) != JSON_STRING)
		return err_set(err, ST_INVALID, "%s:%zu: no text in '%.60s'", r->file,
			       r->number, column);
	*out = json_string(n);
	return ST_OK;
}

static enum status read_row(struct row *r, const struct plan_task *t, struct err *err)
{
	char where[600];
	enum status st;

	r->object = NULL;
	r->pair = NULL;
	if (r->line[0] != '{') {
		r->text = r->line;
		if (!utf8_valid(r->line, r->len) || strlen(r->line) != r->len)
			return err_set(err, ST_INVALID, "%s:%zu: not valid UTF-8 text",
				       r->file, r->number);
		return ST_OK;
	}
	str_format(where, sizeof where, "%s:%zu", r->file, r->number);
	st = json_parse(r->line, r->len, where, &r->object, err);
	if (!st)
		st = take_column(r, t->text, &r->text, err);
	if (!st && t->pair[0])
		st = take_column(r, t->pair, &r->pair, err);
	return st;
}

/* The members of the task's answer, without the inspector's detail. */
static void print_answer(const struct row *r, const struct json *answer)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	json_put_int(&j, "line", (int64_t)r->number);
	for (const struct json *n = json_first(answer); n; n = json_next(n)) {
		const char *key = json_key(n);

		if (!str_eq(key, "pieces") && !str_eq(key, "source") &&
		    !str_eq(key, "kind"))
			json_put_node(&j, key, n);
	}
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

/* --- lines as they come --- */

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
	if (f->len > SOURCE_LINE_MAX)
		return err_set(err, ST_INVALID, "%s:%zu: line too long", f->file,
			       f->number + 1);
	if (f->cap - f->len < READ_AT_ONCE) {
		f->cap = 2 * f->cap + READ_AT_ONCE;
		f->buf = xrealloc(f->buf, f->cap + 1);
	}
	got = read(f->fd, f->buf + f->len, f->cap - f->len);
	if (got < 0 && errno != EINTR)
		return err_sys(err, "cannot read '%s'", f->file);
	f->is_over = got == 0;
	f->len += got > 0 ? (size_t)got : 0;
	return ST_OK;
}

/* Takes the next whole line (at the end: what is left); false when there is none. */
static bool feed_line(struct feed *f, struct row *r)
{
	char *from = f->buf + f->used, *end;
	size_t left = f->len - f->used, len;

	end = left ? memchr(from, '\n', left) : NULL;
	if (!end && !(f->is_over && left))
		return false;
	len = end ? (size_t)(end - from) : left;
	f->used += len + (end != NULL);
	while (len > 0 && from[len - 1] == '\r')
		len--;
	from[len] = 0;
	*r = (struct row){ .file = f->file, .number = ++f->number, .line = from,
			   .len = len };
	return true;
}

/* --- answers --- */

static enum status answer_row(const struct row *r, const char *task,
			      const struct buf *json, struct err *err)
{
	struct json *all = NULL;
	enum status st = json_parse(buf_str(json), json->len, "answer", &all, err);

	if (!st)
		print_answer(r, json_get(json_get(all, "tasks"), task));
	json_free(all);
	return st;
}

/* What was read is answered, even when a row behind it cannot be. */
static enum status answer(struct session *s, int task, const struct feed *f,
			  struct err *err)
{
	const char *text[ROWS_AT_ONCE], *pair[ROWS_AT_ONCE];
	struct buf json[ROWS_AT_ONCE];
	enum status st = ST_OK;

	for (int i = 0; i < f->n; i++) {
		text[i] = f->row[i].text;
		pair[i] = f->row[i].pair;
		buf_init(&json[i]);
	}
	evaluate_texts(s, task, f->n, text, pair, json);
	for (int i = 0; i < f->n; i++) {
		if (!st)
			st = answer_row(&f->row[i], s->plan->tasks[task].name,
					&json[i], err);
		buf_release(&json[i]);
	}
	fflush(stdout);
	return st;
}

static enum status predict_batch(struct session *s, int task, struct feed *f,
				 struct err *err)
{
	enum status bad = ST_OK, st;

	f->n = 0;
	while (!bad && f->n < ROWS_AT_ONCE && feed_line(f, &f->row[f->n])) {
		bad = read_row(&f->row[f->n], &s->plan->tasks[task], err);
		f->n++;
	}
	f->n -= bad != ST_OK;
	st = answer(s, task, f, bad ? NULL : err);
	for (int i = 0; i < f->n + (bad != ST_OK); i++)
		json_free(f->row[i].object);
	return bad ? bad : st;
}

static enum status predict_all(struct session *s, int task, const char *path,
			       struct err *err)
{
	bool is_stdin = str_eq(path, "-");
	struct feed f = { .file = is_stdin ? "stdin" : path, .buf = xmalloc(1) };
	enum status st = ST_OK;

	f.fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
	if (f.fd < 0)
		st = err_sys(err, "cannot open '%s'", path);
	while (!st && (f.n || !f.is_over || f.used < f.len)) {
		if (cmd_signal())
			st = err_set(err, ST_STOPPED, "interrupted");
		if (!st)
			st = predict_batch(s, task, &f, err);
		if (!st && !f.n && !f.is_over)
			st = feed_more(&f, err);
	}
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
	if (!st)
		st = predict_all(s, task, o->n_args > 1 ? o->arg[1] : "-", &err);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
