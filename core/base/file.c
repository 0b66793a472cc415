/*
 * file.c - reading, mapping, names and folders. Writing is in file_out.c.
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"

/* The status that fits errno, for messages made by err_sys(). */
static enum status errno_status(int code)
{
	switch (code) {
	case ENOENT: return ST_NOT_FOUND;
	case ENOSPC:
	case EDQUOT: return ST_FULL;
	default:     return ST_IO;
	}
}

static enum status sys_fail(struct err *err, const char *what, const char *path)
{
	int code = errno;

	err_sys(err, "cannot %s '%s'", what, path);
	return errno_status(code);
}

static const char *kind_name(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a folder";
	if (S_ISFIFO(mode))
		return "a pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

static enum status check_regular(const struct stat *s, const char *path,
				 struct err *err)
{
	if (S_ISREG(s->st_mode))
		return ST_OK;
	return err_set(err, ST_INVALID, "not a file but %s: '%s'",
		       kind_name(s->st_mode), path);
}

static int64_t in_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

enum status file_id(const char *path, struct file_id *out, struct err *err)
{
	struct stat s;
	enum status st;

	if (stat(path, &s))
		return sys_fail(err, "find", path);
	st = check_regular(&s, path, err);
	if (st)
		return st;
	out->size = (uint64_t)s.st_size;
	out->inode = (uint64_t)s.st_ino;
	out->device = (uint64_t)s.st_dev;
	out->mtime_ns = in_ns(&s.st_mtim);
	out->ctime_ns = in_ns(&s.st_ctim);
	out->unsure = 0;
	return ST_OK;
}

bool file_same(const struct file_id *a, const struct file_id *b)
{
	return a->size == b->size && a->inode == b->inode &&
	       a->device == b->device && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

/*
 * How long until a change of the file must bear a later time. The clock that
 * counts is the one file systems stamp with, which moves by ticks; the time
 * that counts is the change's, which nobody can set.
 */
static int64_t until_settled(const struct file_id *id)
{
	const int64_t ticks = 20000000, whole_seconds = 2000000000;
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME_COARSE, &now))
		return INT64_MAX;
	return id->ctime_ns - in_ns(&now) +
	       (id->ctime_ns % 1000000000 ? ticks : whole_seconds);
}

enum status file_settle(const char *path, struct file_id *out, struct err *err)
{
	const int64_t tick = 4000000, most = 2100000000;
	static _Atomic uint64_t serial;
	struct timespec now = { 0, 0 };

	for (int i = 0; i < 10; i++) {
		enum status st = file_id(path, out, err);
		int64_t wait = st ? 0 : until_settled(out);

		if (st || wait <= 0)
			return st;
		if (wait > most)
			break;
		wait += tick; /* the clock steps: it may lag what was slept */
		nanosleep(&(struct timespec){ wait / 1000000000,
					      wait % 1000000000 }, NULL);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	out->unsure = ((uint64_t)in_ns(&now) << 8 | ++serial % 255) + 1;
	return ST_OK;
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
static enum status open_regular(const char *path, int *fd, size_t *size,
				struct err *err)
{
	struct stat s;
	enum status st;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return sys_fail(err, "open", path);
	if (fstat(*fd, &s))
		st = sys_fail(err, "look at", path);
	else
		st = check_regular(&s, path, err);
	if (st) {
		close(*fd);
		*fd = -1;
		return st;
	}
	*size = (size_t)s.st_size;
	return ST_OK;
}

/* To the end of the file, which may have moved since it was measured. */
static enum status read_all(int fd, const char *path, size_t cap,
			    struct buf *out, struct err *err)
{
	enum { CHUNK = 1 << 16 };

	for (;;) {
		size_t room = out->cap - out->len;
		ssize_t n;

		if (room < 2) {
			buf_reserve(out, CHUNK);
			room = out->cap - out->len;
		}
		n = read(fd, out->s + out->len, room - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sys_fail(err, "read", path);
		if (n == 0)
			return ST_OK;
		out->len += (size_t)n;
		out->s[out->len] = '\0';
		if (out->len > cap)
			return err_set(err, ST_INVALID,
				       "larger than %zu bytes: '%s'", cap, path);
	}
}

enum status file_read(const char *path, size_t cap, struct buf *out,
		      struct err *err)
{
	size_t size = 0;
	enum status st;
	int fd;

	buf_clear(out);
	st = open_regular(path, &fd, &size, err);
	if (st)
		return st;
	if (size > cap) {
		st = err_set(err, ST_INVALID, "larger than %zu bytes: '%s'", cap,
			     path);
	} else {
		buf_reserve(out, size + 1);
		st = read_all(fd, path, cap, out, err);
	}
	close(fd);
	return st;
}

enum status file_map(const char *path, struct file_map *m, struct err *err)
{
	size_t size = 0;
	enum status st;
	void *p;
	int fd;

	*m = (struct file_map){ "", 0 };
	st = open_regular(path, &fd, &size, err);
	if (st)
		return st;
	if (size) {
		p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED)
			st = sys_fail(err, "map", path);
		else
			*m = (struct file_map){ p, size };
	}
	close(fd);
	return st;
}

void file_unmap(struct file_map *m)
{
	union {
		const char *in;
		void *out;
	} u = { .in = m->p };

	if (m->len)
		munmap(u.out, m->len);
	*m = (struct file_map){ "", 0 };
}

bool file_exists(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0;
}

enum status file_rename(const char *from, const char *to, struct err *err)
{
	int code;

	if (!disk_rename(from, to))
		return ST_OK;
	code = errno;
	err_sys(err, "cannot rename '%s' to '%s'", from, to);
	return errno_status(code);
}

enum status file_rename_new(const char *from, const char *to, struct err *err)
{
	int code;

	if (!disk_rename_new(from, to))
		return ST_OK;
	code = errno;
	if (code == EEXIST)
		return err_set(err, ST_BUSY, "'%s' is there already", to);
	err_sys(err, "cannot rename '%s' to '%s'", from, to);
	return errno_status(code);
}

enum status file_sync_dir(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = ST_OK;

	if (fd < 0)
		return sys_fail(err, "open folder", path);
	if (disk_fsync(fd))
		st = sys_fail(err, "flush folder", path);
	close(fd);
	return st;
}

/* The new name is in its parent only once that is flushed; best effort. */
static void sync_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash) {
		file_sync_dir(".", NULL);
	} else if (slash == path) {
		file_sync_dir("/", NULL);
	} else {
		*slash = '\0';
		file_sync_dir(path, NULL);
		*slash = '/';
	}
}

static enum status make_dir(char *path, unsigned mode, struct err *err)
{
	struct stat s;

	if (!disk_mkdir(path, mode)) {
		sync_parent(path);
		return ST_OK;
	}
	if (errno != EEXIST && errno != EISDIR && errno != EROFS)
		return sys_fail(err, "make folder", path);
	if (stat(path, &s))
		return sys_fail(err, "make folder", path);
	if (!S_ISDIR(s.st_mode))
		return err_set(err, ST_INVALID, "not a folder: '%s'", path);
	return ST_OK;
}

/* Folders that exist are passed over, so only missing ones need permission. */
enum status file_mkdirs(const char *path, unsigned mode, struct err *err)
{
	enum status st = ST_OK;
	char *copy = xstrdup(path);
	size_t n = strlen(copy);

	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	for (char *p = copy + 1; n && !st && *p; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		if (!file_exists(copy))
			st = make_dir(copy, mode, err);
		*p = '/';
	}
	if (!st)
		st = make_dir(copy, mode, err);
	xfree(copy);
	return st;
}

static bool is_dots(const char *name)
{
	return str_eq(name, ".") || str_eq(name, "..");
}

static enum status remove_entries(int fd, const char *path, int levels,
				  struct err *err);

/*
 * Folder `name` in `dir` with all in it; takes no symbolic link for a folder. What others
 * put there meanwhile goes, too, a few times over.
 */
static enum status remove_folder(int dir, const char *name, const char *path,
				 int levels, struct err *err)
{
	enum status st = ST_OK;

	for (int round = 0; !st && round < 8; round++) {
		int fd = openat(dir, name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return sys_fail(err, "open folder", path);
		st = remove_entries(fd, path, levels, err);
		if (!st && !disk_unlink_at(dir, name, AT_REMOVEDIR))
			return ST_OK;
		if (!st && errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return st ? st : sys_fail(err, "remove folder", path);
}

static enum status remove_entry(int dir, const char *name, const char *path,
				int levels, struct err *err)
{
	struct buf inner;
	struct stat s;
	enum status st = ST_OK;

	buf_init(&inner);
	buf_addf(&inner, "%s/%s", path, name);
	if (fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW))
		st = errno == ENOENT ? ST_OK : sys_fail(err, "look at", inner.s);
	else if (S_ISDIR(s.st_mode) && levels <= 1)
		st = err_set(err, ST_INVALID, "folders too deep to remove: '%s'",
			     inner.s);
	else if (S_ISDIR(s.st_mode))
		st = remove_folder(dir, name, inner.s, levels - 1, err);
	else if (disk_unlink_at(dir, name, 0) && errno != ENOENT)
		st = sys_fail(err, "remove", inner.s);
	buf_release(&inner);
	return st;
}

/* Takes the descriptor. */
static enum status remove_entries(int fd, const char *path, int levels,
				  struct err *err)
{
	enum status st = ST_OK;
	DIR *d = fdopendir(fd);

	if (!d) {
		st = sys_fail(err, "read folder", path);
		close(fd);
		return st;
	}
	while (!st) {
		struct dirent *e;

		errno = 0;
		e = readdir(d);
		if (!e) {
			if (errno)
				st = sys_fail(err, "read folder", path);
			break;
		}
		if (!is_dots(e->d_name))
			st = remove_entry(fd, e->d_name, path, levels, err);
	}
	closedir(d);
	return st;
}

enum status file_remove_tree(const char *path, struct err *err)
{
	return remove_folder(AT_FDCWD, path, path, 2, err);
}

/* Reads back "too long" as an error, never as a shorter path. */
static enum status join(char *out, size_t cap, const char *a, const char *b,
			struct err *err)
{
	size_t n = strlen(a);
	const char *slash = n && a[n - 1] == '/' ? "" : "/";

	if (str_format(out, cap, "%s%s%s", a, *b ? slash : "", b))
		return ST_OK;
	return err_set(err, ST_INVALID, "path too long: '%s%s%s'", a, slash, b);
}

enum status file_absolute(const char *base, const char *path, char *out,
			  size_t cap, struct err *err)
{
	char here[PATH_MAX], from[PATH_MAX];
	enum status st;

	if (!*path)
		return err_set(err, ST_INVALID, "empty path");
	if (*path == '/')
		return join(out, cap, path, "", err);
	while (str_starts(path, "./"))
		for (path += 2; *path == '/'; path++)
			;
	if (str_eq(path, "."))
		path = "";
	if (base && *base == '/')
		return join(out, cap, base, path, err);
	if (!getcwd(here, sizeof here))
		return sys_fail(err, "find folder", ".");
	if (!base || !*base)
		return join(out, cap, here, path, err);
	st = join(from, sizeof from, here, base, err);
	return st ? st : join(out, cap, from, path, err);
}

/* As the XDG base directory rules want: a relative value counts as unset. */
enum status file_xdg(enum xdg_kind kind, char *out, size_t cap, struct err *err)
{
	static const struct {
		const char *variable, *in_home;
	} rows[] = {
		[XDG_CONFIG] = { "XDG_CONFIG_HOME", ".config" },
		[XDG_STATE] = { "XDG_STATE_HOME", ".local/state" },
		[XDG_CACHE] = { "XDG_CACHE_HOME", ".cache" },
		[XDG_DATA] = { "XDG_DATA_HOME", ".local/share" },
	};
	const char *folder = getenv(rows[kind].variable);
	const char *home = getenv("HOME");
	char base[PATH_MAX];
	enum status st;

	if (folder && *folder == '/')
		st = join(base, sizeof base, folder, "", err);
	else if (home && *home == '/')
		st = join(base, sizeof base, home, rows[kind].in_home, err);
	else
		st = err_set(err, ST_NOT_FOUND, "no home folder: set HOME or %s",
			     rows[kind].variable);
	if (!st)
		st = join(out, cap, base, "tutti", err);
	if (!st)
		st = file_mkdirs(out, 0700, err);
	return st;
}
