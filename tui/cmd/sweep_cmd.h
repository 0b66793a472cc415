/*
 * sweep_cmd.h - what the files of `sweep` share.
 */
#ifndef TUTTI_TUI_SWEEP_CMD_H
#define TUTTI_TUI_SWEEP_CMD_H

#include <stdint.h>

#include "opts.h"
#include "sweep/sweep_jobs.h"

/* What `check` says a run takes, the greatest over the sweep's systems. */
struct sweep_needs {
	uint64_t bytes;      /* memory; 0: not known */
	double seconds;      /* of all steps, evaluations apart */
};
/*
 * Asks `check` of each system that may take another sum, with so many workers.
 * ST_STOPPED at a signal; what check refuses is refused here, with the run's name.
 */
enum status sweep_needs(const struct sweep_jobs *j, struct sweep_needs *out,
			struct err *err);

/*
 * Runs what there is to run; prints how it goes. `why`: why so many at once. *failed:
 * runs that did.
 */
enum status sweep_train(struct sweep_jobs *j, const char *why, bool json, int *failed,
			struct err *err);

/* A line a run that is not finished, for sh. */
enum status sweep_commands(const struct sweep_jobs *j, struct err *err);
/*
 * Has gnuplot follow the script; `file`, for messages, is the picture that comes of it.
 * ST_NOT_FOUND: there is none, and how to get it.
 */
enum status sweep_picture(const char *file, const struct buf *script, struct err *err);
/* The script for sbatch. */
enum status sweep_slurm(const struct sweep_jobs *j, struct err *err);

#endif
