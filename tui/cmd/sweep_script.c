/*
 * sweep_script.c - the runs of a sweep for somebody else's scheduler: a line each for
 * sh, or an array job for Slurm.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cmd.h"
#include "sweep/sweep_look.h"
#include "sweep_cmd.h"

/* As one word of sh: quoted where it has to be. */
static void put_word(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./=,:+@%";

	if (*word && !word[strspn(word, plain)]) {
		buf_adds(b, word);
		return;
	}
	buf_addc(b, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addc(b, *word);
	buf_addc(b, '\'');
}

static void put_line(struct buf *b, const struct sweep_jobs *j, int point, bool resume)
{
	char **words = sweep_words(j, point, resume, false);

	for (int i = 0; words[i]; i++) {
		if (i)
			buf_addc(b, ' ');
		put_word(b, words[i]);
	}
	sweep_words_free(words);
}

enum status sweep_commands(const struct sweep_jobs *j, struct err *err)
{
	struct point_look look;
	struct buf b;
	int left_out = 0;

	buf_init(&b);
	for (int i = 0; i < j->sweep->n_points; i++) {
		sweep_look(j->sweep, i, j->root, &look);
		if (look.state == POINT_FINISHED || look.state == POINT_LIVE) {
			left_out++;
			continue;
		}
		put_line(&b, j, i, look.state == POINT_UNFINISHED);
		buf_addc(&b, '\n');
	}
	fwrite(buf_str(&b), 1, b.len, stdout);
	buf_release(&b);
	if (left_out)
		cmd_say("%d runs that are finished or live are left out", left_out);
	return fflush(stdout) ? err_sys(err, "cannot write the commands") : ST_OK;
}

/* Twice what `check` measured, evaluations being apart, and ten minutes. */
static void put_time(struct buf *b, double seconds)
{
	long minutes = (long)ceil(2 * seconds / 60) + 10;

	buf_addf(b, "#SBATCH --time=%ld:%02ld:00\n", minutes / 60, minutes % 60);
}

static void put_head(struct buf *b, const struct sweep_jobs *j,
		     const struct sweep_needs *needs)
{
	buf_adds(b, "#!/bin/bash\n");
	buf_addf(b, "#SBATCH --job-name=%s\n", j->sweep->name);
	buf_addf(b, "#SBATCH --array=0-%d\n", j->sweep->n_points - 1);
	buf_addf(b, "#SBATCH --ntasks=1 --cpus-per-task=%d\n", j->workers);
	/* half as much again for evaluations and what is read, in whole 64 MB */
	buf_addf(b, "#SBATCH --mem=%lluM\n",
		 (unsigned long long)(64 * (needs->bytes * 3 / 2 / (64 << 20) + 1)));
	put_time(b, needs->seconds);
	buf_addf(b, "#SBATCH --output=%s-%%A_%%a.log\n", j->sweep->name);
	buf_adds(b, "# A task is a run: one that was begun goes on, one that is finished "
		 "ends at once.\n"
		 "# Its signal before the time is up (sbatch --signal=TERM@60) saves it.\n");
}

enum status sweep_slurm(const struct sweep_jobs *j, struct err *err)
{
	struct sweep_needs needs;
	struct buf b;
	enum status st = sweep_needs(j, &needs, err);

	if (st)
		return st;
	buf_init(&b);
	put_head(&b, j, &needs);
	buf_adds(&b, "case $SLURM_ARRAY_TASK_ID in\n");
	for (int i = 0; i < j->sweep->n_points; i++) {
		char plan[PATH_MAX];

		str_format(plan, sizeof plan, "%s/%s/plan.json", j->root,
			   j->sweep->point[i].run);
		buf_addf(&b, "%d)\n\tif [ -e ", i);
		put_word(&b, plan);
		buf_adds(&b, " ]; then\n\t\texec ");
		put_line(&b, j, i, true);
		buf_adds(&b, "\n\telse\n\t\texec ");
		put_line(&b, j, i, false);
		buf_adds(&b, "\n\tfi ;;\n");
	}
	buf_adds(&b, "*) echo \"no run of that number: $SLURM_ARRAY_TASK_ID\" >&2; exit 1 ;;\n"
		 "esac\n");
	fwrite(buf_str(&b), 1, b.len, stdout);
	buf_release(&b);
	return fflush(stdout) ? err_sys(err, "cannot write the script") : ST_OK;
}
