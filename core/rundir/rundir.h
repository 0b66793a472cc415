/*
 * rundir.h - run folders: names, places, the lock, and what `tutti ls` shows.
 *
 *   <run>/plan.json plan.given.json run.db checkpoints/ lock
 */
#ifndef TUTTI_RUNDIR_RUNDIR_H
#define TUTTI_RUNDIR_RUNDIR_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* ./saved_models where it exists, else $XDG_DATA_HOME/tutti; or `given`. */
enum status rundir_root(const char *given, char out[PATH_MAX], struct err *err);
/* A run by name under the root, or a folder: its path. ST_NOT_FOUND. */
enum status rundir_find(const char *root, const char *run, char out[PATH_MAX],
			struct err *err);
/*
 * What a user types for the run at `path`: its name where a bare name finds it, else
 * its folder, from here where it lies below.
 */
const char *rundir_called(const char *path, char out[PATH_MAX]);
/* Makes the folder; name NULL: base with the next free number ("demo-3"). */
enum status rundir_create(const char *root, const char *name, const char *base,
			  char out[PATH_MAX], struct err *err);

/*
 * The same of a run that is made at once: a folder beside that no list shows, under the
 * run's lock; once all is in it rundir_publish gives it the name (ST_BUSY: somebody has
 * it), and until then there is no run. What a process that was killed left of one is
 * removed when the same name is begun again, a minute later or more. After an error of
 * rundir_publish, or to give up: rundir_abandon, which also drops the lock.
 */
struct run_lock;
enum status rundir_begin(const char *root, const char *name, char beside[PATH_MAX],
			 struct run_lock *lock, struct err *err);
enum status rundir_publish(const char *root, const char *name, const char *beside,
			   char run[PATH_MAX], struct err *err);
void rundir_abandon(const char *beside, struct run_lock *lock);

/*
 * Removes what a run makes, then the folder. Refused: a live run (ST_BUSY), a link,
 * a folder without plan.json and run.db (ST_INVALID). Paths of what is not a run's
 * and stays, with its folder, are appended to `left`, between commas.
 */
enum status rundir_remove(const char *run, struct buf *left, struct err *err);

/* One engine per run (I8): a lock on <run>/lock, gone when the process is. */
struct run_lock { int fd; };
enum status run_lock_take(struct run_lock *l, const char *run, struct err *err);
void run_lock_drop(struct run_lock *l);
bool run_is_live(const char *run);

struct run_info {
	char name[128], path[PATH_MAX];
	bool live;
	bool is_imported;        /* what others said: imported.h */
	int64_t step, steps;     /* newest checkpoint's; where it ends */
	int64_t best;            /* step that eval and predict use; -1: no checkpoint */
	char state[40];          /* of the newest checkpoint */
	char tasks[256];         /* "sst2 samsum" */
	int64_t created_ms;
	char trouble[160];       /* "" or why it cannot be read */
};
/* Runs under a root by name, nothing but name and path; returns (caller frees). */
enum status rundir_names(const char *root, struct run_info **out, int *n,
			 struct err *err);
/* Fills in the rest from the run's folder. */
void rundir_look(struct run_info *r);
/* Both for all of them; returns (caller frees). */
enum status rundir_list(const char *root, struct run_info **out, int *n,
			struct err *err);

#endif
