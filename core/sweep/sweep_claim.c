/*
 * sweep_claim.c - who may begin a run of a sweep. The file goes when the claim does:
 * whoever locked a file that has lost its name meanwhile begins again with the one that
 * has it now.
 */
#include "sweep/sweep_look.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"

/* Is the open file the one of that name? */
static bool has_name(int fd, const char *path)
{
	struct stat open_file, named;

	return !fstat(fd, &open_file) && !lstat(path, &named) &&
	       open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

enum status sweep_claim_take(struct sweep_claim *c, const char *root, const char *run,
			     struct err *err)
{
	enum status st = file_mkdirs(root, 0700, err);

	c->fd = -1;
	if (!st && !str_format(c->path, sizeof c->path, "%s/.%s.claim", root, run))
		st = err_set(err, ST_INVALID, "path too long: '%.200s...'", root);
	while (!st) {
		c->fd = open(c->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			     0600);
		if (c->fd < 0)
			return err_sys(err, "cannot open '%s'", c->path);
		if (!lock_try(c->fd)) {
			if (has_name(c->fd, c->path))
				return ST_OK;
		} else if (errno == EAGAIN) {
			st = err_set(err, ST_BUSY, "another sweep is at work on '%s'", run);
		} else {
			st = err_sys(err, "cannot lock '%s'", c->path);
		}
		close(c->fd);
		c->fd = -1;
	}
	return st;
}

void sweep_claim_drop(struct sweep_claim *c)
{
	if (c->fd < 0)
		return;
	unlink(c->path);
	close(c->fd);
	c->fd = -1;
}
