/*
 * cmd_schedule.c - `schedule`: what hands did to a run, as lines "STEP COMMAND" that
 * --script takes.
 *
 * These are the moves that stand, of persons and scripts: what was left behind by going
 * back is not among them, and neither is what guards and timers did by themselves; an
 * `at` or a `when` is a move, what came of it is not.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "cmd.h"
#include "command/command.h"
#include "rundir/run_open.h"
#include "store/line.h"

static bool is_move(const struct journal_entry *e)
{
	const struct command_row *row = command_of(e->command);

	return (e->who == WHO_PERSON || e->who == WHO_SCRIPT) && row &&
	       !(row->flags & CMD_JUMPS);
}

static enum status read_moves(const char *run, struct buf *out, struct err *err)
{
	struct journal_entry *e = NULL;
	struct store *db = NULL;
	int n = 0;
	enum status st = run_store(run, &db, err);

	if (!st)
		st = store_path(db, 0, &e, &n, err);
	for (int i = 0; i < n && !st; i++)
		if (is_move(&e[i]))
			buf_addf(out, "%lld %s\n", (long long)e[i].step, e[i].command);
	store_close(db);
	xfree(e);
	return st;
}

int cmd_schedule(const struct opts *o)
{
	const char *path = o->n_args > 1 ? o->arg[1] : NULL;
	char run[4096];
	struct buf moves;
	struct err err;
	enum status st = cmd_find_run(o, o->arg[0], run, &err);

	buf_init(&moves);
	if (!st)
		st = read_moves(run, &moves, &err);
	if (!st && path && !o->force && file_exists(path))
		st = err_set(&err, ST_BUSY, "'%s' is there already (--force writes over it)",
			     path);
	if (!st && path)
		st = file_write(path, buf_str(&moves), moves.len, &err);
	else if (!st)
		fputs(buf_str(&moves), stdout);
	if (!st && !moves.len)
		cmd_say("nobody has moved anything in '%s'", o->arg[0]);
	buf_release(&moves);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
