/*
 * cmd_sweep.c - `sweep`: reads what is to be run, has it run, prints what it came to.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cmd.h"
#include "rundir/rundir.h"
#include "sweep/sweep_look.h"
#include "sweep/sweep_plot.h"
#include "sweep/sweep_table.h"
#include "sweep_cmd.h"
#include "text/utf8.h"

static enum sweep_format wanted_format(const struct opts *o)
{
	return o->json ? SWEEP_JSON : o->csv ? SWEEP_CSV : o->markdown ? SWEEP_MARKDOWN :
									 SWEEP_TEXT;
}

static enum status check_options(const struct opts *o, struct err *err)
{
	if (o->json + o->csv + o->markdown > 1)
		return err_set(err, ST_INVALID, "--json, --csv and --markdown: one of them");
	if (o->commands + o->slurm + o->gather > 1)
		return err_set(err, ST_INVALID, "--commands, --slurm and --gather: one of "
			       "them");
	if (o->n_roots > 1 && !o->gather)
		return err_set(err, ST_INVALID, "--runs is there twice: several folders go "
			       "with --gather alone");
	if (o->plot && (o->commands || o->slurm))
		return err_set(err, ST_INVALID, "--plot draws what runs came to: it goes "
			       "with --gather, or with training");
	return o->plot ? sweep_plot_check(o->plot, err) : ST_OK;
}

/* The file, then what the command line says over it. */
static enum status read_sweep(const struct opts *o, struct sweep *s, struct err *err)
{
	enum status st = sweep_read(o->arg[0], o->run, s, err);

	for (int i = 0; !st && i < o->n_sets; i++)
		st = sweep_set(s, o->set[i], err);
	for (int i = 0; !st && i < o->n_vary; i++)
		st = sweep_vary(s, o->vary[i], err);
	if (!st && o->seeds)
		st = sweep_count(s, "seeds", o->seeds, err);
	if (!st && o->splits)
		st = sweep_count(s, "splits", o->splits, err);
	s->is_afar = o->gather;
	s->runs = o->runs;
	return st ? st : sweep_expand(s, err);
}

static enum status find_roots(const struct opts *o, char root[OPTS_ROOTS][PATH_MAX],
			      const char **list, int *n, struct err *err)
{
	enum status st = ST_OK;

	*n = o->n_roots ? o->n_roots : 1;
	for (int i = 0; !st && i < *n; i++) {
		st = rundir_root(o->n_roots ? o->root[i] : NULL, root[i], err);
		list[i] = root[i];
	}
	return st;
}

/*
 * A run of another plan by a name of ours is told before anything begins. *open: runs
 * that are not finished.
 */
static enum status check_names(const struct sweep *s, const char *root, int *open,
			       struct err *err)
{
	struct point_look look;

	*open = 0;
	for (int i = 0; i < s->n_points; i++) {
		sweep_look(s, i, root, &look);
		if (look.state == POINT_OTHER)
			return err_set(err, ST_INVALID, "%s", look.why.text);
		*open += look.state != POINT_FINISHED;
	}
	return ST_OK;
}

/* Drawn beside, under a name that ends alike: the picture is whole or the one before. */
static enum status draw(const struct sweep *s, const struct sweep_table *t,
			const char *file, struct err *err)
{
	char beside[PATH_MAX];
	struct buf b;
	enum status st;

	if (!str_format(beside, sizeof beside, "%s.tmp-%ld%s", file, (long)getpid(),
			strrchr(file, '.')))
		return err_set(err, ST_INVALID, "path too long: '%.200s...'", file);
	buf_init(&b);
	sweep_plot_write(s, t, beside, &b);
	st = sweep_picture(file, &b, err);
	if (!st)
		st = file_rename(beside, file, err);
	if (!st)
		cmd_say("picture: %s", file);
	else
		unlink(beside);
	buf_release(&b);
	return st;
}

static void put_end(const struct sweep *s, const struct sweep_table *t, struct buf *out)
{
	struct json_out j;

	json_event(&j, out, "end");
	json_put_int(&j, "runs", s->n_points);
	json_put_int(&j, "finished", t->n_finished);
	json_close(&j, '}');
	buf_addc(out, '\n');
}

static enum status print_table(const struct opts *o, const struct sweep *s,
			       const char *const *roots, int n, struct err *err)
{
	struct sweep_table t;
	struct buf b;
	enum status st = sweep_table_read(s, roots, n, cmd_progress(), &t, err);

	cmd_progress_end();
	if (st)
		return st;
	buf_init(&b);
	sweep_table_write(s, &t, wanted_format(o), &b);
	if (o->json)
		put_end(s, &t, &b);
	fwrite(buf_str(&b), 1, b.len, stdout);
	if (fflush(stdout))
		st = err_sys(err, "cannot write the table");
	if (!st && o->plot)
		st = draw(s, &t, o->plot, err);
	buf_release(&b);
	sweep_table_release(&t);
	return st;
}

/* More runs than cores: one thread each loses nothing to threads that wait. */
static int default_workers(int points)
{
	int cores = sweep_cores();

	return points >= cores ? 1 : cores / points;
}

enum { WHY = 128 };

static enum status fit_jobs(const struct opts *o, struct sweep_jobs *j, int open,
			    char why[WHY], struct err *err)
{
	struct sweep_needs needs = { 0 };
	enum status st = ST_OK;
	int cores = sweep_cores(), by_cores;

	str_copy(why, WHY, "as --jobs says");
	j->jobs = (int)o->jobs;
	if (j->jobs > 0)
		return ST_OK;
	j->jobs = by_cores = sweep_jobs_fit(cores, j->workers, 0, 0, open);
	str_format(why, WHY, "%d core%s%s", cores, cores == 1 ? "" : "s",
		   j->workers == 1 ? "; a thread a run waits for no other, the bits are "
				     "the same" : "");
	if (by_cores > 1)
		st = sweep_needs(j, &needs, err);
	if (!st && needs.bytes)
		j->jobs = sweep_jobs_fit(cores, j->workers, sweep_free_memory(),
					 needs.bytes, open);
	if (j->jobs < by_cores)
		str_format(why, WHY, "%d cores, but memory for %d runs of %.0f MB", cores,
			   j->jobs, (double)needs.bytes / 1e6);
	if (j->jobs > SWEEP_JOBS)
		j->jobs = SWEEP_JOBS;
	return st;
}

static int run_sweep(const struct opts *o, struct sweep *s, const char *const *roots, int n)
{
	char exe[PATH_MAX], why[WHY];
	struct sweep_jobs j = { .sweep = s, .exe = exe, .root = roots[0],
				.stop_fd = cmd_signal_fd() };
	struct err err = { "" };
	int failed = 0, open = 0;
	enum status st = ST_OK, table = ST_OK;
	ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (len < 0)
		st = err_sys(&err, "cannot tell where this program is");
	exe[len > 0 ? len : 0] = '\0';
	if (!st)
		st = check_names(s, roots[0], &open, &err);
	j.workers = o->workers > 0 ? (int)o->workers : default_workers(open ? open : 1);
	if (!st && o->commands)
		return (st = sweep_commands(&j, &err)) ? cmd_fail(st, &err) : EXIT_WELL;
	if (!st && o->slurm)
		return (st = sweep_slurm(&j, &err)) ? cmd_fail(st, &err) : EXIT_WELL;
	if (!st)
		st = fit_jobs(o, &j, open, why, &err);
	if (!st)
		st = sweep_train(&j, why, o->json, &failed, &err);
	if (st)
		return cmd_fail(st, &err);
	table = print_table(o, s, roots, n, &err);
	if (table)
		return cmd_fail(table, &err);
	return failed ? EXIT_FAILED : EXIT_WELL;
}

int cmd_sweep(const struct opts *o)
{
	static char root[OPTS_ROOTS][PATH_MAX];
	const char *list[OPTS_ROOTS];
	struct sweep s = { 0 };
	struct sweep_column column[SWEEP_METRICS];
	struct err err = { "" };
	int n = 0, code;
	enum status st = check_options(o, &err);

	cmd_catch_signals();
	if (!st)
		st = read_sweep(o, &s, &err);
	if (!st)
		st = sweep_columns(&s, column, &n, &err);
	if (st) {
		sweep_release(&s);
		cmd_fail(st, &err);
		return st == ST_IO ? EXIT_FAILED : EXIT_USAGE;
	}
	st = find_roots(o, root, list, &n, &err);
	if (!st && o->gather)
		st = print_table(o, &s, list, n, &err);
	code = st ? cmd_fail(st, &err) : EXIT_WELL;
	if (!st && !o->gather)
		code = run_sweep(o, &s, list, n);
	sweep_release(&s);
	return code;
}
