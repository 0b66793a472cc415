/*
 * cmd_desk.c - `tutti PLAN` and `tutti RUN`: the desk over a new run, or over a
 * run that has ended, to look at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd.h"
#include "desk.h"
#include "run/rundir.h"
#include "run/trainer.h"

static bool is_plan(const char *name)
{
	size_t n = strlen(name);
	struct stat sb;

	if (n > 5 && str_eq(name + n - 5, ".json"))
		return true;
	return !stat(name, &sb) && S_ISREG(sb.st_mode);
}

static enum color_mode color_of(const struct opts *o)
{
	if (!o->color)
		return COLOR_AUTO;
	return str_eq(o->color, "always") ? COLOR_ALWAYS :
	       str_eq(o->color, "never")  ? COLOR_NEVER :
					    COLOR_AUTO;
}

static int show(const struct opts *o, struct trainer *t, const char *run)
{
	char state[PATH_MAX], history[PATH_MAX] = "";
	struct desk_options d = { .in_fd = 0, .out_fd = 1, .term = getenv("TERM"),
				  .color = color_of(o), .ascii = o->ascii,
				  .theme = theme_wish(o->theme), .mouse = o->mouse,
				  .trainer = t, .run = run };
	struct err err = { "" };
	int code = EXIT_WELL;
	enum status st;

	if (!file_xdg(XDG_STATE, state, sizeof state, NULL) &&
	    str_format(history, sizeof history, "%s/history", state))
		d.history_path = history;
	st = desk_run(&d, &code, &err);
	return st ? cmd_fail(st, &err) : code;
}

static int look(const struct opts *o)
{
	char path[PATH_MAX];
	struct err err;
	enum status st = cmd_find_run(o, o->arg[0], path, &err);

	if (!st && run_is_live(path))
		st = err_set(&err, ST_BUSY,
			     "run '%s' is live: its own desk shows it until it ends",
			     o->arg[0]);
	return st ? cmd_fail(st, &err) : show(o, NULL, path);
}

static int start(const struct opts *o)
{
	struct trainer_options to = { .run = o->run, .runs = o->runs, .steps = o->steps };
	struct trainer *t = NULL;
	struct buf given, script;
	struct err err;
	enum status st = ST_OK;
	int code;

	buf_init(&given);
	buf_init(&script);
	to.workers = o->workers > 0 ? (int)o->workers : 0;
	if (o->script)
		st = file_read(o->script, 16 << 20, &script, &err);
	if (!st)
		st = cmd_load_plan(o, o->arg[0], &to.plan, &given, &err);
	if (st) {
		buf_release(&given);
		buf_release(&script);
		cmd_fail(st, &err);
		return st == ST_INVALID || st == ST_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
	}
	to.given = buf_str(&given);
	to.script = o->script ? buf_str(&script) : NULL;
	st = trainer_start(&to, &t, &err);
	buf_release(&given);
	buf_release(&script);
	if (st)
		return cmd_fail(st, &err);
	code = show(o, t, NULL);
	st = trainer_join(t, &err);
	if (st && st != ST_STOPPED)
		code = cmd_fail(st, &err);
	trainer_free(t);
	return code;
}

int cmd_desk(const struct opts *o)
{
	if (isatty(0) != 1 || isatty(1) != 1) {
		cmd_say("tutti: no terminal here; 'tutti train %s' works without one",
			o->arg[0]);
		return EXIT_USAGE;
	}
	return is_plan(o->arg[0]) ? start(o) : look(o);
}
