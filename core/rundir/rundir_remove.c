/*
 * rundir_remove.c - a run's folder taken away: what a run makes, by name, and
 * nothing else. No link is followed; what is not ours stays, and is told.
 *
 * The database goes last but for the lock, so that what a cut leaves is still a
 * run that can be removed.
 */
#include "rundir/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "text/tokenizer.h"

/* In this order; a name that ends in '/' is a folder of checkpoints. */
static const char *const of_run[] = { "checkpoints/", "plan.given.json", "control.sock",
				      "run.db-journal", "run.db-wal", "run.db-shm",
				      "plan.json", "run.db", "lock" };
static const char *const of_checkpoint[] = { "model.safetensors", "optimizer.safetensors",
					    "average.safetensors",
					     "state.json", "config.json" };
enum { OF_RUN = sizeof of_run / sizeof *of_run,
       OF_CHECKPOINT = sizeof of_checkpoint / sizeof *of_checkpoint };

/* "NAME" or what a writer of it left, "NAME.tmp-PID-N". */
static bool is_named(const char *entry, const char *name)
{
	size_t n = strcspn(name, "/");

	return !strncmp(entry, name, n) &&
	       (!entry[n] || str_starts(entry + n, ".tmp-"));
}

static bool is_one_of(const char *entry, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (is_named(entry, names[i]))
			return true;
	return false;
}

static int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Calls `take` for every entry; takes the descriptor. */
static enum status each_entry(int fd, const char *path,
			      enum status (*take)(int fd, const char *path,
						  const char *name, void *arg,
						  struct err *err),
			      void *arg, struct err *err)
{
	enum status st = ST_OK;
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		st = err_sys(err, "cannot read folder '%s'", path);
		close(fd);
		return st;
	}
	while (!st && (e = readdir(d)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			st = take(dirfd(d), path, e->d_name, arg, err);
	closedir(d);
	return st;
}

static bool is_folder(int at, const char *name)
{
	struct stat s;

	return !fstatat(at, name, &s, AT_SYMLINK_NOFOLLOW) && S_ISDIR(s.st_mode);
}

static void stays(struct buf *left, const char *path, const char *name)
{
	buf_addf(left, "%s%s/%s", left->len ? ", " : "", path, name);
}

/* A file or a link itself; one that is gone already is fine. */
static enum status remove_file(int fd, const char *path, const char *name, struct err *err)
{
	if (!disk_unlink_at(fd, name, 0) || errno == ENOENT)
		return ST_OK;
	return err_sys(err, "cannot remove '%s/%s'", path, name);
}

/* Empty by now, or with something in it that stays. */
static enum status remove_folder(int fd, const char *path, const char *name,
				 struct err *err)
{
	if (!disk_unlink_at(fd, name, AT_REMOVEDIR) || errno == ENOENT ||
	    errno == ENOTEMPTY || errno == EEXIST)
		return ST_OK;
	return err_sys(err, "cannot remove folder '%s/%s'", path, name);
}

/* --- checkpoints --- */

static bool is_of_tokenizer(const char *entry)
{
	const struct tokenizer_kind *k;
	const char *name;

	for (int i = 0; (k = tokenizer_kind_at(i)); i++)
		for (int f = 0; f < TOKENIZER_FILES_MAX && (name = tokenizer_file(k, f)); f++)
			if (is_named(entry, name))
				return true;
	return false;
}

static enum status take_checkpoint_file(int fd, const char *path, const char *name,
					void *left, struct err *err)
{
	if (!is_folder(fd, name) && (is_one_of(name, of_checkpoint, OF_CHECKPOINT) ||
				     is_of_tokenizer(name)))
		return remove_file(fd, path, name, err);
	stays(left, path, name);
	return ST_OK;
}

static enum status take_checkpoint(int fd, const char *path, const char *name, void *left,
				   struct err *err)
{
	char inner[PATH_MAX];
	int folder = open_folder(fd, name);
	enum status st;

	if (folder < 0 || !str_format(inner, sizeof inner, "%s/%s", path, name)) {
		if (folder >= 0)
			close(folder);
		stays(left, path, name);
		return ST_OK;
	}
	st = each_entry(folder, inner, take_checkpoint_file, left, err);
	return st ? st : remove_folder(fd, path, name, err);
}

static enum status remove_checkpoints(int fd, const char *path, struct buf *left,
				      struct err *err)
{
	char inner[PATH_MAX];
	int folder = open_folder(fd, "checkpoints");
	enum status st;

	if (folder < 0) /* none, or a link: then it stays, as a name */
		return ST_OK;
	if (!str_format(inner, sizeof inner, "%s/checkpoints", path)) {
		close(folder);
		return err_set(err, ST_INVALID, "path too long: '%.200s...'", path);
	}
	st = each_entry(folder, inner, take_checkpoint, left, err);
	return st ? st : remove_folder(fd, path, "checkpoints", err);
}

/* --- the run --- */

static enum status take_other(int fd, const char *path, const char *name, void *left,
			      struct err *err)
{
	(void)err;
	if (str_eq(name, "checkpoints") && is_folder(fd, name))
		return ST_OK; /* what it holds has been told */
	if (is_folder(fd, name) || str_eq(name, "checkpoints") ||
	    !is_one_of(name, of_run, OF_RUN))
		stays(left, path, name);
	return ST_OK;
}

/* Those named so, and what their writers left. */
struct part {
	const char *name;
};

static enum status take_part(int fd, const char *path, const char *name, void *arg,
			     struct err *err)
{
	const struct part *p = arg;

	if (!is_named(name, p->name) || is_folder(fd, name))
		return ST_OK;
	return remove_file(fd, path, name, err);
}

static bool is_file(int fd, const char *name)
{
	struct stat s;

	return !fstatat(fd, name, &s, AT_SYMLINK_NOFOLLOW) && S_ISREG(s.st_mode);
}

/* One that was killed before it began has its plan as it was given alone. */
static enum status check_is_run(int fd, const char *path, struct err *err)
{
	static const char *const needs[] = { "plan.json", "run.db" };

	if (is_file(fd, "plan.given.json") && !is_file(fd, "plan.json"))
		return ST_OK;
	for (int i = 0; i < 2; i++)
		if (!is_file(fd, needs[i]))
			return err_set(err, ST_INVALID, "not a run: no %s in '%s'", needs[i],
				       path);
	return ST_OK;
}

static enum status remove_parts(int fd, const char *path, struct buf *left,
				struct err *err)
{
	enum status st = each_entry(dup(fd), path, take_other, left, err);

	if (!st)
		st = remove_checkpoints(fd, path, left, err);
	for (int i = 0; i < OF_RUN && !st; i++) {
		struct part p = { of_run[i] };
		int again = open_folder(fd, ".");

		if (again < 0)
			st = err_sys(err, "cannot read folder '%s'", path);
		else if (!strchr(p.name, '/'))
			st = each_entry(again, path, take_part, &p, err);
		else
			close(again);
	}
	return st;
}

enum status rundir_remove(const char *run, struct buf *left, struct err *err)
{
	struct run_lock lock = { .fd = -1 };
	int fd = open_folder(AT_FDCWD, run);
	enum status st = ST_OK;

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(err, ST_INVALID, "not a folder but a link or a file: '%s'",
			       run);
	if (fd < 0)
		return err_sys(err, "cannot open folder '%s'", run);
	st = check_is_run(fd, run, err);
	if (!st)
		st = run_lock_take(&lock, run, err);
	if (!st)
		st = remove_parts(fd, run, left, err);
	run_lock_drop(&lock);
	close(fd);
	if (st || left->len)
		return st;
	if (disk_unlink_at(AT_FDCWD, run, AT_REMOVEDIR))
		return err_sys(err, "cannot remove folder '%s'", run);
	return ST_OK;
}
