/*
 * cmd_predict.c - `predict`: JSONL, plain lines or a table in, JSONL out, in order.
 *
 * A row that is no good has an object with the reason ("error") in its place, and
 * the exit status is 1. --top K has the likeliest labels in order.
 */
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "predict.h"
#include "ask/ask_kind.h"

static void print_line(struct json_out *j, struct buf *b, const struct predict_row *r)
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

static void print_reason(const struct predict_row *r)
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

/* The members of the task's answer; whose kind it is goes without saying. */
static void print_answer(const struct predict_row *r, const struct json *answer,
			 int64_t top)
{
	struct json_out j;
	struct buf b;

	print_line(&j, &b, r);
	for (const struct json *n = json_first(answer); n; n = json_next(n)) {
		const char *key = json_key(n);

		if (top && str_eq(key, "p"))
			print_top(&j, n, top);
		else if (!str_eq(key, "kind"))
			json_put_node(&j, key, n);
	}
	end_line(&j, &b);
}

/* --- answers --- */

static enum status answer_row(const struct predict_row *r, const char *task,
			      int64_t top, const struct buf *json, struct err *err)
{
	struct json *all = NULL;
	enum status st = json_parse(buf_str(json), json->len, "answer", &all, err);

	if (!st)
		print_answer(r, json_get(json_get(all, "tasks"), task), top);
	json_free(all);
	return st;
}

/* Good rows are answered together; each row's line is printed in its place. */
static enum status answer(struct session *s, int task, const struct predict_feed *f,
			  int64_t top, struct err *err)
{
	const char *text[PREDICT_ROWS], *pair[PREDICT_ROWS];
	struct buf json[PREDICT_ROWS];
	enum status st = ST_OK;
	int n = 0, k = 0;

	for (int i = 0; i < f->n; i++) {
		const struct predict_row *r = &f->row[i];

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
			st = answer_row(&f->row[i], s->plan->tasks[task].name, top,
					&json[k++], err);
	}
	while (n > 0)
		buf_release(&json[--n]);
	fflush(stdout);
	return st;
}

/* Rows without an answer, on stderr: the output alone might pass unread. */
static enum status check_all(const struct predict_feed *f, struct err *err)
{
	if (!f->bad)
		return ST_OK;
	return err_set(err, ST_INVALID, "%zu of %zu lines have no answer, the first is "
		       "%s:%zu: %.300s", f->bad, f->number, f->file, f->first, f->why.text);
}

static enum status predict_all(struct session *s, int task, const char *path,
			       int64_t top, struct err *err)
{
	const struct plan_task *t = &s->plan->tasks[task];
	struct predict_feed f;
	enum status st = predict_feed_open(&f, t, path, err);

	while (!st && !(st = predict_feed_next(&f, t, err)) && f.n)
		st = answer(s, task, &f, top, err);
	if (!st && !f.number)
		cmd_say("no lines in '%s'", f.file);
	if (!st)
		st = check_all(&f, err);
	predict_feed_close(&f);
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
	if (!st && o->top && !ask_kind(s->plan->tasks[task].kind)->has_labels)
		st = err_set(&err, ST_INVALID, "--top is for tasks with labels: '%s' is to %s",
			     o->task, task_kind_name(s->plan->tasks[task].kind));
	if (!st)
		st = predict_all(s, task, o->n_args > 1 ? o->arg[1] : "-", o->top, &err);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
