/*
 * cmd_files.c - `ls`, `tokenize`: what can be said without a session.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

/* --- ls --- */

/* How far a live run is; checkpoints come seldom. */
static int64_t step_now(const struct run_info *r)
{
	struct store *s = NULL;
	int64_t step = 0;

	if (r->live && !run_store(r->path, &s, NULL))
		store_last_step(s, &step, NULL);
	store_close(s);
	return step > r->step ? step : r->step;
}

static void list_json(const struct run_info *r)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_event(&j, &b, "run");
	json_put_str(&j, "run", r->name);
	json_put_str(&j, "path", r->path);
	json_put_bool(&j, "live", r->live);
	json_put_bool(&j, "imported", r->is_imported);
	json_put_int(&j, "step", r->step);
	json_put_int(&j, "step_now", step_now(r));
	json_put_int(&j, "steps", r->steps);
	json_put_int(&j, "best", r->best);
	json_put_str(&j, "tasks", r->tasks);
	json_put_str(&j, "state", r->state);
	json_put_int(&j, "created_ms", r->created_ms);
	if (r->trouble[0])
		json_put_str(&j, "trouble", r->trouble);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

static void list_line(const struct run_info *r)
{
	char when[32] = "", best[24];
	struct buf b;

	if (r->created_ms)
		clock_iso(r->created_ms, when);
	buf_init(&b);
	text_sanitize(&b, r->name, strlen(r->name));
	str_copy(best, sizeof best, "-");
	if (r->best >= 0)
		str_format(best, sizeof best, "%lld", (long long)r->best);
	printf("%-24s %-8s %8lld/%-8lld %8s %-12.12s %-16.16s ", buf_str(&b),
	       r->live ? "live" : r->is_imported ? "imported" : "ended",
	       (long long)step_now(r), (long long)r->steps, best,
	       r->state[0] ? r->state : "-", when);
	buf_clear(&b);
	text_sanitize(&b, r->trouble[0] ? r->trouble : r->tasks,
		      strlen(r->trouble[0] ? r->trouble : r->tasks));
	puts(buf_str(&b));
	buf_release(&b);
}

/* For completion: names that need no quoting, a line each; takes the list. */
static int list_names(struct run_info *r, int n)
{
	for (int i = 0; i < n; i++)
		if (!strpbrk(r[i].name, " \t\n\r\"'`$\\*?[;&|<>(){}!#~"))
			puts(r[i].name);
	xfree(r);
	return EXIT_WELL;
}

int cmd_ls(const struct opts *o)
{
	char root[PATH_MAX];
	struct run_info *r = NULL;
	struct err err;
	int n = 0;
	enum status st = rundir_root(o->runs, root, &err);

	if (!st)
		st = rundir_list(root, &r, &n, &err);
	if (st)
		return cmd_fail(st, &err);
	if (o->names)
		return list_names(r, n);
	if (!o->json && n)
		printf("%-24s %-8s %8s/%-8s %8s %-12s %-16s %s\n", "run", "", "step",
		       "budget", "best", "state", "begun", "tasks");
	if (!o->json && !n)
		cmd_say("no runs in %s", root);
	for (int i = 0; i < n; i++)
		o->json ? list_json(&r[i]) : list_line(&r[i]);
	xfree(r);
	return EXIT_WELL;
}

/* --- tokenize --- */

/* A tokenizer's file, a folder with one, or that in a run's newest checkpoint. */
static enum status read_folder(void *arg, const char *folder, struct err *err)
{
	return tokenizer_open_folder(tokenizer_kind_in(folder), folder, arg, err);
}

static enum status open_tokenizer(const struct opts *o, struct tokenizer **tok,
				  struct err *err)
{
	struct stat sb;
	char run[PATH_MAX];
	struct checkpoint_choice c;
	struct err no_run;
	enum status st = ST_NOT_FOUND;
	bool is_there = !stat(o->arg[0], &sb);

	if (is_there)
		st = tokenizer_load(NULL, o->arg[0], tok, err);
	if (st != ST_NOT_FOUND || (is_there && !S_ISDIR(sb.st_mode)))
		return st;
	st = cmd_find_run(o, o->arg[0], run, is_there ? &no_run : err);
	if (st && is_there)
		return st; /* a folder that is neither: what it lacks */
	return st ? st : checkpoint_with(run, CHECKPOINT_NEWEST, &c, read_folder, tok, err);
}

static void print_ids(const struct tokenizer *tok, const char *line, size_t len,
		      struct buf *ids)
{
	int total = 0, cap;
	int32_t *id;

	buf_clear(ids);
	buf_reserve(ids, (len + 1) * sizeof *id);
	id = (int32_t *)(void *)ids->s;
	cap = (int)len + 1;
	total = tokenizer_encode(tok, line, len, id, NULL, cap, NULL);
	for (int i = 0; i < total; i++)
		printf(i ? " %d" : "%d", id[i]);
	putchar('\n');
}

int cmd_tokenize(const struct opts *o)
{
	const char *path = o->n_args > 1 ? o->arg[1] : "-";
	bool is_stdin = str_eq(path, "-");
	struct tokenizer *tok = NULL;
	struct err err;
	enum status st = open_tokenizer(o, &tok, &err);
	FILE *f = NULL;
	char *line = NULL;
	size_t cap = 0, number = 0;
	ssize_t len;
	struct buf ids;

	if (!st && !(f = is_stdin ? stdin : fopen(path, "re")))
		st = err_sys(&err, "cannot open '%s'", path);
	buf_init(&ids);
	while (!st && (len = getline(&line, &cap, f)) >= 0) {
		number++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		if (len > SOURCE_LINE_MAX)
			st = err_set(&err, ST_INVALID, "%s:%zu: line too long", path,
				     number);
		else if (!utf8_valid(line, (size_t)len))
			st = err_set(&err, ST_INVALID, "%s:%zu: not valid UTF-8", path,
				     number);
		else
			print_ids(tok, line, (size_t)len, &ids);
	}
	free(line); /* getline's own */
	buf_release(&ids);
	if (f && !is_stdin)
		fclose(f);
	tokenizer_free(tok);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
