/*
 * db_vfs.c - the view without locks; db_vfs.h says what it promises.
 *
 * A thin layer over SQLite's "unix" file system. What it reads is the file, with
 * the pages over it that SQLite meant to write. There is no shared memory, so
 * SQLite keeps the index of a log for itself (locking_mode=EXCLUSIVE asks for that).
 */
#include "store/db_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct kept { /* bytes over the file */
	sqlite3_int64 at;
	int n;
	unsigned char *bytes;
};

struct look {
	sqlite3_file base;    /* first: SQLite's view of this */
	int type;             /* SQLITE_OPEN_MAIN_DB, ... */
	sqlite3_file *real;   /* of the database */
	int fd;               /* of a log or a journal; -1: it is not there, so empty */
	sqlite3_int64 cut;    /* the size SQLite has cut it to; -1: none */
	struct kept *kept;    /* by place, none overlaps another */
	size_t n_kept, cap_kept, bytes_kept;
};

static void (*reading)(void);

static struct look *look_of(sqlite3_file *f)
{
	return (struct look *)f;
}

/* --- pages over the file --- */

/* The first that begins at `at` or after it. */
static size_t kept_from(const struct look *l, sqlite3_int64 at)
{
	size_t low = 0, high = l->n_kept;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->kept[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void lay_over(const struct look *l, unsigned char *out, int n, sqlite3_int64 at)
{
	size_t i = kept_from(l, at);

	for (i -= i > 0; i < l->n_kept && l->kept[i].at < at + n; i++) {
		const struct kept *k = &l->kept[i];
		sqlite3_int64 from = k->at > at ? k->at : at;
		sqlite3_int64 to = k->at + k->n < at + n ? k->at + k->n : at + n;

		if (from < to)
			memcpy(out + (from - at), k->bytes + (from - k->at),
			       (size_t)(to - from));
	}
}

/* SQLite rolls back whole pages, so a second write of a place has its size. */
static int keep(struct look *l, const void *p, int n, sqlite3_int64 at)
{
	size_t i = kept_from(l, at);
	bool is_there = i < l->n_kept && l->kept[i].at == at;

	if (is_there && l->kept[i].n == n) {
		memcpy(l->kept[i].bytes, p, (size_t)n);
		return SQLITE_OK;
	}
	if (is_there || n <= 0 || (i < l->n_kept && l->kept[i].at < at + n) ||
	    (i && l->kept[i - 1].at + l->kept[i - 1].n > at) ||
	    l->bytes_kept + (size_t)n > LOOK_KEPT_MAX)
		return SQLITE_IOERR_WRITE;
	ARRAY_GROW(l->kept, l->n_kept, l->cap_kept);
	memmove(l->kept + i + 1, l->kept + i, (l->n_kept - i) * sizeof *l->kept);
	l->kept[i] = (struct kept){ at, n, xmalloc((size_t)n) };
	memcpy(l->kept[i].bytes, p, (size_t)n);
	l->n_kept++;
	l->bytes_kept += (size_t)n;
	return SQLITE_OK;
}

/* --- one file --- */

static int look_close(sqlite3_file *f)
{
	struct look *l = look_of(f);

	if (l->real)
		l->real->pMethods->xClose(l->real);
	if (l->fd >= 0)
		close(l->fd);
	for (size_t i = 0; i < l->n_kept; i++)
		xfree(l->kept[i].bytes);
	xfree(l->kept);
	xfree(l->real);
	return SQLITE_OK;
}

static int size_of(const struct look *l, sqlite3_int64 *size)
{
	struct stat sb;

	*size = 0;
	if (l->real)
		return l->real->pMethods->xFileSize(l->real, size);
	if (l->fd >= 0 && fstat(l->fd, &sb))
		return SQLITE_IOERR_FSTAT;
	if (l->fd >= 0)
		*size = sb.st_size;
	return SQLITE_OK;
}

static int look_size(sqlite3_file *f, sqlite3_int64 *size)
{
	struct look *l = look_of(f);
	int code = size_of(l, size);

	if (l->n_kept) {
		const struct kept *k = &l->kept[l->n_kept - 1];

		if (k->at + k->n > *size)
			*size = k->at + k->n;
	}
	if (l->cut >= 0 && *size > l->cut)
		*size = l->cut;
	return code;
}

static int read_fd(const struct look *l, char *out, int n, sqlite3_int64 at)
{
	int done = 0;

	while (l->fd >= 0 && done < n) {
		ssize_t got = pread(l->fd, out + done, (size_t)(n - done), at + done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return SQLITE_IOERR_READ;
		if (!got)
			break;
		done += (int)got;
	}
	return done < n ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int look_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
	struct look *l = look_of(f);
	sqlite3_int64 size;
	int code;

	if (reading)
		reading();
	memset(out, 0, (size_t)n);
	code = l->real ? l->real->pMethods->xRead(l->real, out, n, at)
		       : read_fd(l, out, n, at);
	if (!l->n_kept && l->cut < 0)
		return code; /* nearly always */
	if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
		return code;
	lay_over(l, out, n, at);
	code = look_size(f, &size);
	if (code || at + n <= size)
		return code;
	if (at < size)
		memset((char *)out + (size - at), 0, (size_t)(at + n - size));
	else
		memset(out, 0, (size_t)n);
	return SQLITE_IOERR_SHORT_READ;
}

/* A journal that is over is overwritten: that is nobody's business. */
static int look_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct look *l = look_of(f);

	if (l->type == SQLITE_OPEN_MAIN_JOURNAL)
		return SQLITE_OK;
	return l->type == SQLITE_OPEN_MAIN_DB ? keep(l, p, n, at) : SQLITE_READONLY;
}

static int look_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct look *l = look_of(f);

	if (l->type == SQLITE_OPEN_MAIN_DB && (l->cut < 0 || size < l->cut))
		l->cut = size;
	return SQLITE_OK;
}

static int look_sync(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	return SQLITE_OK;
}

/* lock and unlock */
static int no_lock(sqlite3_file *f, int level)
{
	(void)f;
	(void)level;
	return SQLITE_OK;
}

static int nobody_writes(sqlite3_file *f, int *is_reserved)
{
	(void)f;
	*is_reserved = 0;
	return SQLITE_OK;
}

static int no_control(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *f)
{
	struct look *l = look_of(f);

	return l->real ? l->real->pMethods->xSectorSize(l->real) : 4096;
}

static int characteristics(sqlite3_file *f)
{
	struct look *l = look_of(f);

	return l->real ? l->real->pMethods->xDeviceCharacteristics(l->real) : 0;
}

/* Version 1: without shared memory and maps. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = look_close,
	.xRead = look_read,
	.xWrite = look_write,
	.xTruncate = look_truncate,
	.xSync = look_sync,
	.xFileSize = look_size,
	.xLock = no_lock,
	.xUnlock = no_lock,
	.xCheckReservedLock = nobody_writes,
	.xFileControl = no_control,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
};

/* --- the file system --- */

static sqlite3_vfs *usual(void)
{
	return sqlite3_vfs_find("unix");
}

/* Shared with a writer in this process: see db_vfs.h. */
static int open_real(struct look *l, const char *name)
{
	int code;

	l->real = xcalloc(1, (size_t)usual()->szOsFile);
	code = usual()->xOpen(usual(), name, l->real,
			      SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READONLY, NULL);
	if (code != SQLITE_OK)
		xfree(l->real);
	return code;
}

/*
 * Nobody locks these, and SQLite's own opening would give them the database's
 * owner. That there is none is no error: SQLite would make an empty one.
 */
static int open_beside(struct look *l, const char *name)
{
	l->fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return l->fd < 0 && errno != ENOENT ? SQLITE_CANTOPEN : SQLITE_OK;
}

/* SQLite asks for writing, and is told it may: it must, to roll back for itself. */
static int look_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
		     int *out_flags)
{
	struct look *l = look_of(f);
	int code;

	(void)v;
	*l = (struct look){ .type = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL |
					     SQLITE_OPEN_MAIN_JOURNAL),
			    .fd = -1, .cut = -1 };
	if (!name || !l->type)
		return SQLITE_CANTOPEN; /* no temporary files either */
	code = l->type == SQLITE_OPEN_MAIN_DB ? open_real(l, name) : open_beside(l, name);
	if (code != SQLITE_OK)
		return code;
	l->base.pMethods = &methods;
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

static int look_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	(void)name;
	(void)sync;
	return SQLITE_OK;
}

static int look_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	return usual()->xAccess(usual(), name, flags, out);
}

static int look_path(sqlite3_vfs *v, const char *name, int cap, char *out)
{
	(void)v;
	return usual()->xFullPathname(usual(), name, cap, out);
}

static int look_random(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	return usual()->xRandomness(usual(), n, out);
}

static int look_sleep(sqlite3_vfs *v, int microseconds)
{
	(void)v;
	return usual()->xSleep(usual(), microseconds);
}

static int look_time(sqlite3_vfs *v, double *now)
{
	(void)v;
	return usual()->xCurrentTime(usual(), now);
}

static int look_error(sqlite3_vfs *v, int n, char *text)
{
	(void)v;
	return usual()->xGetLastError(usual(), n, text);
}

static sqlite3_vfs vfs = {
	.iVersion = 1,
	.szOsFile = sizeof(struct look),
	.mxPathname = 4096,
	.zName = "tutti-look",
	.xOpen = look_open,
	.xDelete = look_delete,
	.xAccess = look_access,
	.xFullPathname = look_path,
	.xRandomness = look_random,
	.xSleep = look_sleep,
	.xCurrentTime = look_time,
	.xGetLastError = look_error,
};

/* SQLite's own lock guards its list; to be put in again does no harm. */
const char *db_vfs_name(void)
{
	if (!sqlite3_vfs_find(vfs.zName))
		sqlite3_vfs_register(&vfs, 0);
	return vfs.zName;
}

void db_vfs_header(struct sqlite3 *c, unsigned char *out, size_t n)
{
	sqlite3_file *f = NULL;
	struct look *l;

	memset(out, 0, n);
	if (sqlite3_file_control(c, "main", SQLITE_FCNTL_FILE_POINTER, &f) || !f)
		return;
	l = look_of(f);
	if (l->real)
		l->real->pMethods->xRead(l->real, out, (int)n, 0);
}

void db_vfs_hook(void (*hook)(void))
{
	reading = hook;
}
