/*
 * fault.c - thin shells around the system calls that change the disk.
 */
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	atomic_bool armed;
	atomic_int count, at;
	atomic_bool one_byte;
	enum fault_op op;
	int what;
} fault;

void fault_set(enum fault_op op, int n, int what)
{
	fault.op = op;
	fault.what = what;
	atomic_store(&fault.count, 0);
	atomic_store(&fault.at, n);
	atomic_store(&fault.one_byte, false);
	atomic_store(&fault.armed, true);
}

void fault_off(void)
{
	atomic_store(&fault.armed, false);
}

int fault_count(void)
{
	return atomic_load(&fault.count);
}

void fault_reading(void)
{
	static atomic_int left = -1; /* 0: never */
	int n = atomic_load_explicit(&left, memory_order_relaxed);

	if (n < 0) {
		const char *wish = getenv("TUTTI_STOP_READING");

		n = wish ? (int)strtol(wish, NULL, 10) : 0;
	}
	if (n == 1)
		raise(SIGSTOP);
	atomic_store_explicit(&left, n > 0 ? n - 1 : 0, memory_order_relaxed);
}

enum verdict { GO, FAIL, GO_AND_DIE };

static enum verdict judge(enum fault_op op)
{
	int n;

	if (!atomic_load_explicit(&fault.armed, memory_order_relaxed))
		return GO;
	if (fault.op != FAULT_ANY && fault.op != op)
		return GO;
	n = atomic_fetch_add(&fault.count, 1) + 1;
	if (n != atomic_load(&fault.at))
		return GO;
	if (fault.what > 0) {
		errno = fault.what;
		return FAIL;
	}
	if (fault.what == FAULT_KILL_BEFORE)
		_exit(FAULT_EXIT);
	if (fault.what == FAULT_SHORT)
		atomic_store(&fault.one_byte, true);
	return fault.what == FAULT_KILL_AFTER ? GO_AND_DIE : GO;
}

static int settle(enum verdict v, int result)
{
	if (v == GO_AND_DIE)
		_exit(FAULT_EXIT);
	return result;
}

static size_t granted(size_t n)
{
	bool one = atomic_load_explicit(&fault.armed, memory_order_relaxed) &&
		   atomic_load(&fault.one_byte);

	return one && n > 1 ? 1 : n;
}

int disk_open(const char *path, int flags, unsigned mode)
{
	enum verdict v;
	int fd;

	do {
		v = judge(FAULT_OPEN);
		fd = v == FAIL ? -1 : open(path, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return settle(v, fd);
}

int disk_mkdir(const char *path, unsigned mode)
{
	enum verdict v = judge(FAULT_MKDIR);

	return settle(v, v == FAIL ? -1 : mkdir(path, (mode_t)mode));
}

ssize_t disk_write(int fd, const void *p, size_t n)
{
	enum verdict v = judge(FAULT_WRITE);
	ssize_t done = v == FAIL ? -1 : write(fd, p, granted(n));

	settle(v, 0);
	return done;
}

ssize_t disk_pwrite(int fd, const void *p, size_t n, off_t at)
{
	enum verdict v = judge(FAULT_WRITE);
	ssize_t done = v == FAIL ? -1 : pwrite(fd, p, granted(n), at);

	settle(v, 0);
	return done;
}

int disk_fsync(int fd)
{
	enum verdict v;
	int r;

	do {
		v = judge(FAULT_FSYNC);
		r = v == FAIL ? -1 : fsync(fd);
	} while (r < 0 && errno == EINTR);
	return settle(v, r);
}

int disk_rename(const char *from, const char *to)
{
	enum verdict v = judge(FAULT_RENAME);

	return settle(v, v == FAIL ? -1 : rename(from, to));
}

int disk_rename_new(const char *from, const char *to)
{
	enum verdict v = judge(FAULT_RENAME);
	int r = v == FAIL ? -1 : renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

	/* a file system that cannot: what is not empty is not replaced either */
	if (v != FAIL && r && (errno == EINVAL || errno == ENOSYS)) {
		r = rename(from, to);
		if (r && errno == ENOTEMPTY)
			errno = EEXIST;
	}
	return settle(v, r);
}

int disk_unlink_at(int dir, const char *name, int flags)
{
	enum verdict v = judge(FAULT_UNLINK);

	return settle(v, v == FAIL ? -1 : unlinkat(dir, name, flags));
}

/* A close that "fails" by test still gives the descriptor back. */
int disk_close(int fd)
{
	enum verdict v = judge(FAULT_CLOSE);
	int code = errno;
	int r = close(fd);

	if (v == FAIL) {
		errno = code;
		r = -1;
	}
	if (r < 0 && errno == EINTR)
		r = 0;
	return settle(v, r);
}
