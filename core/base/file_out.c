/*
 * file_out.c - the write protocol: a name never shows half a file (I4).
 *
 *   NAME.tmp-PID-N    O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600
 *   write ... fsync close    of the whole content
 *   rename over NAME         from here on the name shows the new content
 *   fsync of the folder      from here on it does so after a power cut too
 *
 * Any failure before the rename removes the neighbour and leaves NAME as it
 * was. If only the last fsync fails, NAME is complete but its new entry may not
 * outlive a power cut; that is an error as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"

enum { BUFFER = 1 << 16, TRIES = 1000, NAMES_TRIED = 1000 };

struct file_out {
	char *path, *tmp;
	int fd;
	bool failed;   /* a call failed: nothing may be committed */
	uint64_t size; /* with what is still in the buffer */
	size_t n;      /* bytes in the buffer */
	char buffer[BUFFER];
};

static enum status out_fail(struct err *err, const char *what, const char *path)
{
	int code = errno;

	err_sys(err, "cannot %s '%s'", what, path);
	return code == ENOSPC || code == EDQUOT ? ST_FULL
	       : code == ENOENT			? ST_NOT_FOUND
						: ST_IO;
}

static void out_free(struct file_out *f)
{
	xfree(f->path);
	xfree(f->tmp);
	xfree(f);
}

/* A name left behind by a dead process of our number is stepped over. */
static int open_neighbour(const char *path, char **tmp)
{
	static _Atomic unsigned serial;
	int fd = -1;

	*tmp = NULL;
	for (int i = 0; i < TRIES && fd < 0; i++) {
		struct buf b;

		buf_init(&b);
		buf_addf(&b, "%s.tmp-%ld-%u", path, (long)getpid(),
			 atomic_fetch_add(&serial, 1));
		xfree(*tmp);
		*tmp = buf_take(&b);
		fd = disk_open(*tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			       0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd;
}

enum status file_out_open(const char *path, struct file_out **out,
			  struct err *err)
{
	struct file_out *f;
	enum status st;
	char *tmp;
	int fd = open_neighbour(path, &tmp);

	*out = NULL;
	if (fd < 0) {
		st = out_fail(err, "create", tmp);
		xfree(tmp);
		return st;
	}
	f = xmalloc(sizeof *f);
	f->path = xstrdup(path);
	f->tmp = tmp;
	f->fd = fd;
	f->failed = false;
	f->size = 0;
	f->n = 0;
	*out = f;
	return ST_OK;
}

/* All n bytes, or an error; at `at`, or where the file ends (at < 0). */
static enum status write_all(struct file_out *f, const char *p, size_t n,
			     off_t at, struct err *err)
{
	while (n) {
		ssize_t k = at < 0 ? disk_write(f->fd, p, n)
				   : disk_pwrite(f->fd, p, n, at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			if (k == 0)
				errno = EIO;
			f->failed = true;
			return out_fail(err, "write", f->tmp);
		}
		p += k;
		n -= (size_t)k;
		at = at < 0 ? at : at + k;
	}
	return ST_OK;
}

static enum status drain(struct file_out *f, struct err *err)
{
	size_t n = f->n;

	f->n = 0;
	return write_all(f, f->buffer, n, -1, err);
}

static enum status check_whole(const struct file_out *f, struct err *err)
{
	if (!f->failed)
		return ST_OK;
	return err_set(err, ST_IO, "an earlier write failed: '%s'", f->path);
}

enum status file_out_write(struct file_out *f, const void *p, size_t n,
			   struct err *err)
{
	enum status st = check_whole(f, err);

	if (!st && n > BUFFER - f->n)
		st = drain(f, err);
	if (st || !n)
		return st;
	f->size += n;
	if (n >= BUFFER)
		return write_all(f, p, n, -1, err);
	memcpy(f->buffer + f->n, p, n);
	f->n += n;
	return ST_OK;
}

uint64_t file_out_size(const struct file_out *f)
{
	return f->size;
}

enum status file_out_patch(struct file_out *f, uint64_t at, const void *p,
			   size_t n, struct err *err)
{
	enum status st = check_whole(f, err);

	BUG_IF(at > f->size || n > f->size - at);
	if (!st)
		st = drain(f, err);
	return st ? st : write_all(f, p, n, (off_t)at, err);
}

static enum status sync_folder_of(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	enum status st;
	char *folder;

	if (!slash)
		return file_sync_dir(".", err);
	folder = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	st = file_sync_dir(folder, err);
	xfree(folder);
	return st;
}

/* Everything is on the disk, under the other name. */
static enum status settle(struct file_out *f, struct err *err)
{
	enum status st = check_whole(f, err);

	if (!st)
		st = drain(f, err);
	if (!st && disk_fsync(f->fd))
		st = out_fail(err, "flush", f->tmp);
	if (disk_close(f->fd) && !st)
		st = out_fail(err, "close", f->tmp);
	return st;
}

enum status file_out_commit(struct file_out *f, struct err *err)
{
	enum status st = settle(f, err);

	if (!st)
		st = file_rename(f->tmp, f->path, err);
	if (st)
		disk_unlink_at(AT_FDCWD, f->tmp, 0);
	else
		st = sync_folder_of(f->path, err);
	out_free(f);
	return st;
}

/* "/a/b.csv" and 3: "/a/b-3.csv". */
static bool numbered(char *out, size_t cap, const char *path, int number)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');

	if (!dot || (slash && dot < slash))
		dot = path + strlen(path);
	if (number == 1)
		return str_copy(out, cap, path);
	return str_format(out, cap, "%.*s-%d%s", (int)(dot - path), path, number, dot);
}

/* A link takes a free name or none; the first name goes. */
static enum status take_free_name(struct file_out *f, char *path, size_t cap,
				  struct err *err)
{
	for (int k = 1; k <= NAMES_TRIED; k++) {
		if (!numbered(path, cap, f->path, k))
			return err_set(err, ST_INVALID, "path too long: '%s'", f->path);
		if (!link(f->tmp, path)) {
			disk_unlink_at(AT_FDCWD, f->tmp, 0);
			return ST_OK;
		}
		if (errno != EEXIST)
			return out_fail(err, "create", path);
	}
	return err_set(err, ST_FULL, "'%s' and %d names after it are taken", f->path,
		       NAMES_TRIED - 1);
}

enum status file_out_commit_beside(struct file_out *f, char *path, size_t cap,
				   struct err *err)
{
	enum status st = settle(f, err);

	if (!st)
		st = take_free_name(f, path, cap, err);
	if (st)
		disk_unlink_at(AT_FDCWD, f->tmp, 0);
	else
		st = sync_folder_of(path, err);
	out_free(f);
	return st;
}

void file_out_abort(struct file_out *f)
{
	if (!f)
		return;
	disk_close(f->fd);
	disk_unlink_at(AT_FDCWD, f->tmp, 0);
	out_free(f);
}

enum status file_write(const char *path, const void *p, size_t n,
		       struct err *err)
{
	struct file_out *f;
	enum status st = file_out_open(path, &f, err);

	if (st)
		return st;
	st = file_out_write(f, p, n, err);
	if (st) {
		file_out_abort(f);
		return st;
	}
	return file_out_commit(f, err);
}
