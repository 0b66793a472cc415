/*
 * fault.h - the calls by which core changes the disk, and how tests make them
 * fail on purpose.
 *
 * Every open for writing, mkdir, write, fsync, rename, unlink and close of a
 * written file in core goes through a disk_* function. Off (the normal case)
 * the faults cost one load of a flag. For tests only; set from one thread.
 */
#ifndef TUTTI_BASE_FAULT_H
#define TUTTI_BASE_FAULT_H

#include <stddef.h>
#include <sys/types.h>

enum fault_op {
	FAULT_OPEN,   /* create or open a file for writing */
	FAULT_MKDIR,
	FAULT_WRITE,  /* write and pwrite */
	FAULT_FSYNC,  /* of files and folders */
	FAULT_RENAME,
	FAULT_UNLINK, /* of files and folders */
	FAULT_CLOSE,
	FAULT_ANY,    /* all of the above, counted together */
};

/* What happens at the n-th call; above zero it is the errno it fails with. */
enum fault_what {
	FAULT_KILL_BEFORE = -1, /* _exit(FAULT_EXIT) in place of the call */
	FAULT_KILL_AFTER = -2,  /* the call is made, then _exit(FAULT_EXIT) */
	FAULT_SHORT = -3,       /* from then on every write takes one byte */
};
enum { FAULT_EXIT = 99 };

/*
 * In the midst of a read of a run's store, at each row that came. With
 * TUTTI_STOP_READING=N in the environment the process stops itself (SIGSTOP) at the
 * N-th: so is a reader that never goes on.
 */
void fault_reading(void);

/*
 * From now on counts calls of `op`; the n-th of them (1: the next) meets
 * `what`. n = 0: only counts. Any earlier setting is forgotten.
 */
void fault_set(enum fault_op op, int n, int what);
void fault_off(void);
int fault_count(void); /* calls of the op since fault_set */

/*
 * The calls themselves, with the results of the system's and errno. All but
 * disk_write and disk_pwrite (which may take less) repeat after EINTR; a close
 * is never repeated, and its EINTR is no error.
 */
int disk_open(const char *path, int flags, unsigned mode); /* adds O_CLOEXEC */
int disk_mkdir(const char *path, unsigned mode);
ssize_t disk_write(int fd, const void *p, size_t n);
ssize_t disk_pwrite(int fd, const void *p, size_t n, off_t at);
int disk_fsync(int fd);
int disk_rename(const char *from, const char *to);
/* The same where `to` must not be there (EEXIST). Of a folder with files in it. */
int disk_rename_new(const char *from, const char *to);
int disk_unlink_at(int dir, const char *name, int flags);
int disk_close(int fd);

#endif
