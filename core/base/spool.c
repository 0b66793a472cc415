/*
 * spool.c - a nameless file, buffered.
 */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/str.h"

enum status spool_open(struct spool *s, const char *dir, struct err *err)
{
	static _Atomic unsigned serial;
	char name[PATH_MAX];

	s->n = 0;
	s->size = 0;
	s->fd = disk_open(dir, O_TMPFILE | O_RDWR, 0600);
	if (s->fd >= 0)
		return ST_OK;
	/* file systems without O_TMPFILE: a name for a moment */
	if (!str_format(name, sizeof name, "%s/index.tok.tmp-%ld-%u", dir,
			(long)getpid(), atomic_fetch_add(&serial, 1)))
		return err_set(err, ST_INVALID, "path too long: '%s'", dir);
	s->fd = disk_open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (s->fd < 0)
		return err_sys(err, "cannot create '%s'", name);
	disk_unlink_at(AT_FDCWD, name, 0);
	return ST_OK;
}

void spool_close(struct spool *s)
{
	if (s->fd >= 0)
		disk_close(s->fd);
	s->fd = -1;
}

static enum status spool_drain(struct spool *s, struct err *err)
{
	for (size_t at = 0; at < s->n;) {
		ssize_t k = disk_write(s->fd, s->buffer + at, s->n - at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			int code = errno = k ? errno : EIO;

			err_sys(err, "cannot write the index of a cache");
			return code == ENOSPC || code == EDQUOT ? ST_FULL : ST_IO;
		}
		at += (size_t)k;
	}
	s->n = 0;
	return ST_OK;
}

enum status spool_add(struct spool *s, const void *p, size_t n, struct err *err)
{
	enum status st = ST_OK;

	if (n > SPOOL_BUFFER - s->n)
		st = spool_drain(s, err);
	if (st)
		return st;
	memcpy(s->buffer + s->n, p, n);
	s->n += n;
	s->size += n;
	return ST_OK;
}

enum status spool_rewind(struct spool *s, struct err *err)
{
	s->at = 0;
	return spool_drain(s, err);
}

enum status spool_next(struct spool *s, const void **p, size_t *n,
		       struct err *err)
{
	ssize_t k;

	if (s->at >= s->size)
		return ST_END;
	do
		k = pread(s->fd, s->buffer, SPOOL_BUFFER, (off_t)s->at);
	while (k < 0 && errno == EINTR);
	if (k <= 0)
		return err_sys(err, "cannot read the index of a cache");
	s->at += (uint64_t)k;
	*p = s->buffer;
	*n = (size_t)k;
	return ST_OK;
}
