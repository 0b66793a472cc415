/*
 * cmd_rm.c - `tutti rm`: runs that are no longer wanted.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"
#include "new.h"
#include "rundir/rundir.h"
#include "text/utf8.h"

static enum status may_remove(const struct opts *o, const char *run, bool *yes,
			      struct err *err)
{
	char answer[40];
	struct buf b;

	*yes = true;
	if (o->force)
		return ST_OK;
	if (!new_can_ask())
		return err_set(err, ST_INVALID, "no terminal to ask on: --force removes '%s' "
			       "without", run);
	buf_init(&b);
	text_sanitize(&b, run, strlen(run));
	*yes = new_ask("no", answer, sizeof answer, "remove %s with its checkpoints "
		       "(yes, no)", buf_str(&b)) &&
	       *answer && !strncasecmp("yes", answer, strlen(answer));
	buf_release(&b);
	return ST_OK;
}

static enum status remove_one(const struct opts *o, const char *name, struct err *err)
{
	char run[PATH_MAX];
	struct buf left, shown;
	bool yes;
	enum status st = cmd_find_run(o, name, run, err);

	if (!st && run_is_live(run))
		st = err_set(err, ST_BUSY, "run '%s' is live: stop it first", run);
	if (!st)
		st = may_remove(o, run, &yes, err);
	if (st || !yes)
		return st;
	buf_init(&left);
	buf_init(&shown);
	st = rundir_remove(run, &left, err);
	text_sanitize(&shown, buf_str(&left), left.len);
	if (!st && left.len)
		cmd_say("removed but for what is no run's: %s", buf_str(&shown));
	else if (!st)
		cmd_say("removed %s", name);
	buf_release(&left);
	buf_release(&shown);
	return st;
}

/* All are tried; the status is the first failure's. */
int cmd_rm(const struct opts *o)
{
	int code = EXIT_WELL;

	for (int i = 0; i < o->n_args; i++) {
		struct err err = { "" };
		enum status st = remove_one(o, o->arg[i], &err);

		if (st)
			cmd_fail(st, &err);
		if (st && code == EXIT_WELL)
			code = st == ST_INVALID ? EXIT_USAGE : EXIT_FAILED;
	}
	return code;
}
