/*
 * cmd_compare.c - `compare`: is one system better than another?
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cmd.h"
#include "compare.h"

enum { DRAWS = 10000, LEVEL = 95 };

static enum status check_options(const struct opts *o, struct err *err)
{
	if (o->json + o->csv + o->markdown > 1)
		return err_set(err, ST_INVALID, "--json, --csv and --markdown: one of them");
	if (o->best && o->step >= 0)
		return err_set(err, ST_INVALID, "--best and --step: one of them");
	if (o->metric && !metric_find(o->metric))
		return err_set(err, ST_INVALID, "no metric '%.60s'", o->metric);
	return ST_OK;
}

static enum status find_runs(const struct opts *o, char (*path)[4096],
			     const char **list, struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < o->n_args && !st; i++) {
		size_t n;

		st = cmd_find_run(o, o->arg[i], path[i], err);
		n = st ? 0 : strlen(path[i]);
		while (n > 1 && path[i][n - 1] == '/')
			path[i][--n] = '\0';
		list[i] = path[i];
	}
	return st;
}

static enum status print(const struct opts *o, const struct comparison *c, struct err *err)
{
	struct buf b;

	buf_init(&b);
	if (o->json || o->csv)
		compare_rows(c, o->json ? TABLE_JSON : TABLE_CSV, &b);
	else
		compare_text(c, o->markdown, &b);
	fwrite(buf_str(&b), 1, b.len, stdout);
	buf_release(&b);
	return fflush(stdout) ? err_sys(err, "cannot write the comparison") : ST_OK;
}

int cmd_compare(const struct opts *o)
{
	struct compare_options how = {
		.task = o->task, .metric = o->metric, .baseline = o->baseline,
		.each = o->each, .workers = o->workers > 0 ? (int)o->workers : 0,
		.step = o->best ? COMPARE_BEST : o->step >= 0 ? o->step : COMPARE_NEWEST,
		.draws = o->draws ? (int)o->draws : DRAWS,
		.level = (o->level > 0 ? o->level : LEVEL) / 100,
		.seed = o->seed >= 0 ? (uint64_t)o->seed : 1,
	};
	char (*path)[4096] = xcalloc((size_t)o->n_args, sizeof *path);
	const char **list = xcalloc((size_t)o->n_args, sizeof *list);
	struct comparison c = { 0 };
	struct err err = { "" };
	enum status st = check_options(o, &err);
	int code = EXIT_USAGE;

	if (!st) {
		code = EXIT_FAILED;
		cmd_catch_signals();
		st = find_runs(o, path, list, &err);
	}
	if (!st)
		st = compare_runs(o->n_args, list, &how, cmd_progress(), &c, &err);
	cmd_progress_end();
	if (!st)
		st = print(o, &c, &err);
	comparison_release(&c);
	xfree(list);
	xfree(path);
	if (!st)
		return EXIT_WELL;
	return code == EXIT_USAGE ? (cmd_fail(st, &err), code) : cmd_fail(st, &err);
}
