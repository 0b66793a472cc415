/*
 * cmd_branch.c - `branch`: a run that begins from another run's checkpoint.
 */
#include <stdio.h>

#include "base/json.h"
#include "cmd.h"
#include "rundir/rundir.h"
#include "trainer/branch.h"

static void print_json(const struct opts *o, const struct branch_made *made)
{
	struct json_out out;
	struct buf b;

	buf_init(&b);
	json_out_init(&out, &b, 0);
	json_open(&out, NULL, '{');
	json_put_int(&out, "schema", 1);
	json_put_str(&out, "event", "branch");
	json_put_str(&out, "run", o->arg[1]);
	json_put_str(&out, "path", made->run);
	json_put_str(&out, "of", o->arg[0]);
	json_put_int(&out, "step", made->step);
	json_put_str(&out, "state", made->state);
	json_close(&out, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

int cmd_branch(const struct opts *o)
{
	char run[4096];
	struct branch_wanted w = { .run = run, .name = o->arg[1], .step = o->step,
				   .sets = o->set, .n_sets = o->n_sets,
				   .pg = cmd_progress() };
	struct branch_made made;
	char called[PATH_MAX];
	struct err err;
	enum status st;

	cmd_catch_signals();
	st = cmd_find_run(o, o->arg[0], run, &err);
	if (!st)
		st = branch_make(&w, &made, &err);
	cmd_progress_end();
	if (st)
		return cmd_fail(st, &err);
	if (o->json)
		print_json(o, &made);
	else
		printf("%s begins from step %lld of %s: 'tutti resume %s' goes on with it\n",
		       o->arg[1], (long long)made.step, o->arg[0], rundir_called(made.run, called));
	return EXIT_WELL;
}
