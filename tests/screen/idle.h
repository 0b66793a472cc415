/*
 * idle.h - when a desk stands still, known to the byte rather than by waiting.
 *
 * The child of a test counts on a page shared with its parent what it reads
 * from and writes to terminals, and says how long the poll it waits in would
 * last. It stands still when every byte sent was read, every byte written has
 * arrived, and it waits for about a second or more. To that end poll, read and
 * write are defined here, around the system calls; elsewhere they do what they
 * always did. Not under the thread sanitizer, which needs its own: there
 * idle_is_known() is false and callers fall back on silence.
 */
#ifndef TUTTI_TESTS_IDLE_H
#define TUTTI_TESTS_IDLE_H

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_BUSY = -2, IDLE_MS = 800 };

struct idle {
	atomic_int timeout;         /* of the poll it waits in, or IDLE_BUSY */
	atomic_uint turns;          /* waits so far */
	atomic_ullong got, put;     /* bytes read from, written to a terminal */
	atomic_int desk, stops, go; /* below a shell: see pty_shell */
};
static struct idle *idle_mine;      /* in the child only */

#if defined(__SANITIZE_THREAD__)
static inline bool idle_is_known(void)
{
	return false;
}
#else
static inline bool idle_is_known(void)
{
	return true;
}

int idle_poll(struct pollfd *p, nfds_t n, int ms) __asm__("poll");
int idle_poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size) __asm__("__poll_chk");
ssize_t idle_read(int fd, void *to, size_t n) __asm__("read");
ssize_t idle_read_chk(int fd, void *to, size_t n, size_t size) __asm__("__read_chk");
ssize_t idle_write(int fd, const void *from, size_t n) __asm__("write");

static inline int idle_poll_really(struct pollfd *p, nfds_t n, int ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	return (int)syscall(SYS_ppoll, p, n, ms < 0 ? NULL : &t, NULL, (size_t)0);
}

int idle_poll(struct pollfd *p, nfds_t n, int ms)
{
	int got;

	if (!idle_mine || ms == 0)
		return idle_poll_really(p, n, ms);
	got = idle_poll_really(p, n, 0);
	if (got)
		return got;
	atomic_fetch_add(&idle_mine->turns, 1);
	atomic_store(&idle_mine->timeout, ms);
	got = idle_poll_really(p, n, ms);
	atomic_store(&idle_mine->timeout, IDLE_BUSY);
	return got;
}

int idle_poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size)
{
	(void)size;
	return idle_poll(p, n, ms);
}

static inline void idle_count(atomic_ullong *counter, int fd, ssize_t n)
{
	int kept = errno;

	if (n > 0 && isatty(fd))
		atomic_fetch_add(counter, (unsigned long long)n);
	errno = kept;
}

ssize_t idle_read(int fd, void *to, size_t n)
{
	ssize_t got = (ssize_t)syscall(SYS_read, fd, to, n);

	if (idle_mine)
		idle_count(&idle_mine->got, fd, got);
	return got;
}

ssize_t idle_read_chk(int fd, void *to, size_t n, size_t size)
{
	if (n > size)
		abort();
	return idle_read(fd, to, n);
}

ssize_t idle_write(int fd, const void *from, size_t n)
{
	ssize_t got = (ssize_t)syscall(SYS_write, fd, from, n);

	if (idle_mine)
		idle_count(&idle_mine->put, fd, got);
	return got;
}
#endif

static inline struct idle *idle_new(void)
{
	struct idle *i = mmap(NULL, sizeof *i, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (i == MAP_FAILED)
		abort();
	atomic_store(&i->timeout, IDLE_BUSY);
	return i;
}

static inline void idle_free(struct idle *i)
{
	if (i)
		munmap(i, sizeof *i);
}

/* A thread of `pid` that works: what it finds will come to the screen yet. */
static inline bool idle_has_work(int pid)
{
	char path[300], text[256], *end;
	bool found = false;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	d = opendir(path);
	while (d && !found && (e = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/%d/task/%.200s/stat", pid,
			 e->d_name);
		f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (!f)
			continue;
		text[fread(text, 1, sizeof text - 1, f)] = '\0';
		fclose(f);
		end = strrchr(text, ')');
		found = end && (end[2] == 'R' || end[2] == 'D');
	}
	if (d)
		closedir(d);
	return found;
}

/* `sent` bytes went to it and `seen` came from it. */
static inline bool idle_now(struct idle *i, int pid, unsigned long long sent,
			    unsigned long long seen)
{
	int ms = atomic_load(&i->timeout);

	if (ms == IDLE_BUSY || (ms >= 0 && ms < IDLE_MS) ||
	    atomic_load(&i->got) < sent || atomic_load(&i->put) > seen)
		return false;
	return !idle_has_work(pid) && atomic_load(&i->timeout) == ms &&
	       atomic_load(&i->put) <= seen;
}

#endif
