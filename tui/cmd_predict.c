/*
 * cmd_predict.c - `predict`: JSONL or plain lines in, JSONL out, in order.
 *
 * A line that begins with '{' is an object with the task's own column names
 * (any other member is ignored); every other line is the text itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cmd.h"
#include "run/checkpoint.h"
#include "run/evaluate.h"
#include "run/open.h"
#include "text/utf8.h"

/* Where a row came from and what it says. */
struct row {
	const char *file;
	size_t number;
	char *line;
	size_t len;
	struct json *object; /* when the line is one */
	const char *text, *pair;
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

static enum status predict_row(struct session *s, int task, struct row *r,
			       struct err *err)
{
	struct json *all = NULL;
	struct buf b;
	enum status st = read_row(r, &s->plan->tasks[task], err);

	buf_init(&b);
	if (!st)
		st = evaluate_text(s, task, r->text, r->pair, &b, err);
	if (!st)
		st = json_parse(buf_str(&b), b.len, "answer", &all, err);
	if (!st)
		print_answer(r, json_get(json_get(all, "tasks"),
					 s->plan->tasks[task].name));
	json_free(all);
	json_free(r->object);
	buf_release(&b);
	return st;
}

static enum status predict_all(struct session *s, int task, const char *path,
			       struct err *err)
{
	bool is_stdin = str_eq(path, "-");
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	struct row r = { .file = is_stdin ? "stdin" : path };
	size_t cap = 0;
	ssize_t len;
	enum status st = ST_OK;

	if (!f)
		return err_sys(err, "cannot open '%s'", path);
	while (!st && (len = getline(&r.line, &cap, f)) >= 0) {
		r.number++;
		while (len > 0 && (r.line[len - 1] == '\n' || r.line[len - 1] == '\r'))
			r.line[--len] = 0;
		r.len = (size_t)len;
		if (len > SOURCE_LINE_MAX)
			st = err_set(err, ST_INVALID, "%s:%zu: line too long", r.file,
				     r.number);
		else
			st = predict_row(s, task, &r, err);
		if (!st && cmd_signal())
			st = err_set(err, ST_STOPPED, "interrupted");
	}
	free(r.line); /* getline's own */
	if (!is_stdin)
		fclose(f);
	return st;
}

int cmd_predict(const struct opts *o)
{
	char path[PATH_MAX];
	int64_t step = o->step >= 0 ? o->step : CHECKPOINT_BEST;
	struct session *s = NULL;
	struct err err;
	int task = -1;
	enum status st;

	if (!o->task) {
		err_set(&err, ST_INVALID, "predict wants --task");
		return cmd_fail(ST_INVALID, &err), EXIT_USAGE;
	}
	cmd_catch_signals();
	st = cmd_find_run(o, o->arg[0], path, &err);
	if (!st)
		st = session_open(path, step, o->workers > 0 ? (int)o->workers : 0, false,
				  cmd_progress(), &s, &err);
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
