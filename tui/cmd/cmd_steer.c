/*
 * cmd_steer.c - the door for programs that steer, and for shells: `actions` says what can
 * be done to a live run, `watch` how it is, `send` does it.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "cmd.h"
#include "desk/client.h"
#include "rundir/rundir.h"
#include "text/utf8.h"
#include "trainer/actors.h"
#include "trainer/control.h"

static enum status find_live(const struct opts *o, char path[PATH_MAX], struct err *err)
{
	enum status st = cmd_find_run(o, o->arg[0], path, err);
	char called[PATH_MAX];

	if (!st && !run_is_live(path))
		st = err_set(err, ST_NOT_FOUND, "run '%s' is not live: there is nothing to "
			     "steer ('tutti resume %s' goes on with it)", o->arg[0],
			     rundir_called(path, called));
	return st;
}

/* --- send --- */

int cmd_send(const struct opts *o)
{
	char path[PATH_MAX];
	struct buf line, answer;
	struct err err;
	enum status st;

	if (o->actor && !o->reason) {
		cmd_say("tutti: an actor gives a reason: --reason TEXT");
		return EXIT_USAGE;
	}
	st = actors_check_words(o->actor ? o->actor : "", o->reason ? o->reason : "", &err);
	if (st)
		return cmd_fail(st, &err), EXIT_USAGE;
	st = find_live(o, path, &err);
	buf_init(&line);
	buf_init(&answer);
	for (int i = 1; i < o->n_args; i++) {
		buf_adds(&line, i > 1 ? " " : "");
		buf_adds(&line, o->arg[i]);
	}
	if (!st)
		st = client_send(path, o->actor, o->reason, buf_str(&line), &answer, &err);
	if (!st && answer.len)
		printf("%s\n", buf_str(&answer));
	buf_release(&line);
	buf_release(&answer);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}

/* --- actions --- */

static void put_foreign(const char *s)
{
	struct buf b;

	buf_init(&b);
	text_sanitize(&b, s, strlen(s));
	fputs(buf_str(&b), stdout);
	buf_release(&b);
}

/* What the answer says of all goes into each line: a line is read by itself. */
static void action_json(const struct json *all, const struct json *action)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_event(&j, &b, "action");
	for (const struct json *n = json_first(all); n; n = json_next(n))
		if (json_type(n) != JSON_ARRAY)
			json_put_node(&j, json_key(n), n);
	for (const struct json *n = json_first(action); n; n = json_next(n))
		json_put_node(&j, json_key(n), n);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

static void put_value(const struct json *n)
{
	char number[32];

	if (json_type(n) == JSON_STRING) {
		put_foreign(json_string(n));
	} else if (json_type(n) == JSON_NUMBER) {
		double_to_text(json_number(n), number);
		fputs(number, stdout);
	}
}

/* "  weight TASK X            topic 1, headline 2" */
static void action_text(const struct json *action)
{
	const struct json *now = json_get(action, "now"), *may = json_get(action, "allowed");
	const struct json *range = json_get(action, "allowed_range");
	bool is_set = now && json_type(now) != JSON_NULL;

	printf("  %-*s", is_set ? 29 : 0, json_string(json_get(action, "usage")));
	if (json_type(now) == JSON_OBJECT) {
		for (const struct json *n = json_first(now); n; n = json_next(n)) {
			printf("%s%s ", n == json_first(now) ? "" : ", ", json_key(n));
			put_value(n);
		}
	} else if (now) {
		put_value(now);
	}
	if (may && !json_bool(may))
		fputs("  not allowed", stdout);
	if (range)
		printf("  allowed: %g to %g", json_number(json_first(range)),
		       json_number(json_next(json_first(range))));
	putchar('\n');
}

int cmd_actions(const struct opts *o)
{
	char path[PATH_MAX], line[64];
	struct json *doc = NULL;
	struct buf answer;
	struct err err;
	enum status st = actors_check_words(o->actor ? o->actor : "", "", &err);

	if (st)
		return cmd_fail(st, &err), EXIT_USAGE;
	buf_init(&answer);
	str_format(line, sizeof line, "actions%s%s", o->actor ? " " : "",
		   o->actor ? o->actor : "");
	st = find_live(o, path, &err);
	if (!st)
		st = client_send(path, NULL, NULL, line, &answer, &err);
	if (!st)
		st = json_parse(buf_str(&answer), answer.len, "the run's answer", &doc, &err);
	if (!st)
		for (const struct json *n = json_first(json_get(doc, "actions")); n;
		     n = json_next(n))
			o->json ? action_json(doc, n) : action_text(n);
	json_free(doc);
	buf_release(&answer);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}

/* --- watch --- */

/* One who looks: the last whole picture, and what is coming. */
struct look {
	int fd;
	bool json, is_new, has_gone;
	struct buf coming, last;
	struct control_message in;
	struct err err;
};

/* All that is there, of which the newest counts: who reads slowly sees no old ones. */
static void take_all(struct look *k)
{
	enum status st;

	while (!(st = control_read(k->fd, &k->in, &k->err))) {
		control_drop(&k->in);
		if (k->in.type != CONTROL_PICTURE)
			continue;
		buf_add(&k->coming, k->in.text, k->in.n);
		if (k->in.more)
			continue;
		buf_clear(&k->last);
		buf_add(&k->last, buf_str(&k->coming), k->coming.len);
		buf_clear(&k->coming);
		k->is_new = true;
	}
	k->has_gone = st != ST_BUSY;
}

static double number_of(const struct json *n, const char *key)
{
	const struct json *x = json_get(n, key);

	return x && json_type(x) == JSON_NUMBER ? json_number(x) : 0;
}

static const char *text_of(const struct json *n, const char *key)
{
	const struct json *x = json_get(n, key);

	return x && json_type(x) == JSON_STRING ? json_string(x) : "";
}

/* "step 120/500  running  topic 0.6931 w 1  headline 4.21 w 2  lr 3.00e-04" */
static void picture_text(const struct json *doc)
{
	printf("step %.0f/%.0f  %s", number_of(doc, "step"), number_of(doc, "steps"),
	       text_of(doc, "phase"));
	for (const struct json *n = json_first(json_get(doc, "tasks")); n; n = json_next(n)) {
		const struct json *loss = json_get(n, "smooth");

		printf("  %s ", json_key(n));
		if (loss && json_type(loss) == JSON_NUMBER)
			printf("%.4f", json_number(loss));
		else
			putchar('-');
		printf(" w %g", number_of(n, "weight"));
	}
	printf("  lr %.2e\n", number_of(doc, "lr"));
}

/* Is it of a run that is over? Then *code is how. */
static bool is_end(const struct json *doc, int *code)
{
	const char *phase = text_of(doc, "phase");
	bool is_over = str_eq(phase, "done") || str_eq(phase, "stopped") ||
		       str_eq(phase, "failed");

	*code = str_eq(phase, "failed") ? EXIT_FAILED : EXIT_WELL;
	return is_over;
}

/* ST_END: that was the last one. */
static enum status show(struct look *k, int *code)
{
	struct json *doc = NULL;
	enum status st = json_parse(buf_str(&k->last), k->last.len, "the run's picture", &doc,
				    &k->err);

	k->is_new = false;
	if (st)
		return st;
	if (k->json)
		puts(buf_str(&k->last));
	else
		picture_text(doc);
	if (fflush(stdout)) /* whoever read has seen enough */
		st = errno == EPIPE ? ST_END : err_sys(&k->err, "cannot write");
	else if (is_end(doc, code))
		st = ST_END;
	json_free(doc);
	return st;
}

static enum status look_on(struct look *k, int *code)
{
	enum status st = ST_OK;

	while (!st) {
		struct pollfd p[2] = { { .fd = k->fd, .events = POLLIN },
				       { .fd = cmd_signal_fd(), .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(&k->err, "cannot wait");
		if (cmd_signal())
			return err_set(&k->err, ST_STOPPED, "stopped");
		take_all(k);
		if (k->is_new)
			st = show(k, code);
		if (!st && k->has_gone)
			st = err_set(&k->err, ST_FAILED, "the run's engine has gone: 'tutti "
				     "resume' goes on from its newest checkpoint");
	}
	return st;
}

/* A run that has just begun may not listen yet. */
static enum status call(const char *path, int *fd, struct err *err)
{
	double until = clock_now() + 5;
	enum status st;

	while ((st = control_pictures(path, fd, err)) == ST_NOT_FOUND || st == ST_BUSY) {
		if (clock_now() > until || cmd_signal() || !run_is_live(path))
			return st;
		poll(NULL, 0, 50);
	}
	return st;
}

int cmd_watch(const struct opts *o)
{
	struct look k = { .fd = -1, .json = o->json };
	char path[PATH_MAX];
	int code = EXIT_WELL;
	enum status st = find_live(o, path, &k.err);

	buf_init(&k.coming);
	buf_init(&k.last);
	cmd_catch_signals();
	if (!st)
		st = call(path, &k.fd, &k.err);
	if (!st)
		st = look_on(&k, &code);
	if (k.fd >= 0)
		close(k.fd);
	buf_release(&k.coming);
	buf_release(&k.last);
	return st && st != ST_END ? cmd_fail(st, &k.err) : code;
}
