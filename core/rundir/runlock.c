/*
 * runlock.c - one engine per run (I8): a lock on <run>/lock that belongs to the open
 * file (F_OFD_SETLK). The kernel lets go of it when the process ends, however it
 * ends; the number in the file is for the message alone. Whether a run is live is
 * asked (F_OFD_GETLK) and nothing is held for it: one who only looks, and is stopped
 * at that moment, keeps no engine from starting.
 */
#include "rundir/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/str.h"

static bool lock_path(const char *run, char out[PATH_MAX])
{
	return str_format(out, PATH_MAX, "%s/lock", run);
}

static enum status say_busy(int fd, const char *run, struct err *err)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	int64_t pid = 0;

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (parse_i64(text, &pid) && pid > 0)
		return err_set(err, ST_BUSY, "another engine is at work on '%s', process "
			       "%lld", run, (long long)pid);
	return err_set(err, ST_BUSY, "another engine is at work on '%s'", run);
}

static void write_pid(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
		return; /* the lock holds without it */
}

enum status run_lock_take(struct run_lock *l, const char *run, struct err *err)
{
	char path[PATH_MAX];
	enum status st = ST_OK;

	l->fd = -1;
	if (!lock_path(run, path))
		return err_set(err, ST_INVALID, "path too long: '%.200s...'", run);
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (l->fd < 0)
		return err_sys(err, "cannot open '%s'", path);
	if (lock_try(l->fd))
		st = errno == EAGAIN ? say_busy(l->fd, run, err)
					  : err_sys(err, "cannot lock '%s'", path);
	if (st)
		run_lock_drop(l);
	else
		write_pid(l->fd);
	return st;
}

void run_lock_drop(struct run_lock *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

bool run_is_live(const char *run)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX];
	bool is_held;
	int fd;

	if (!lock_path(run, path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	is_held = !fcntl(fd, F_OFD_GETLK, &whole) && whole.l_type != F_UNLCK;
	close(fd);
	return is_held;
}
