/*
 * db_vfs.h - SQLite's view of a file for somebody who only looks: no lock is
 * taken, nothing is created, written or removed, whatever SQLite wants to do.
 *
 * A hot journal (of a writer that was killed or stopped inside a commit) is rolled
 * back by SQLite itself: the pages it writes stay in memory, over the file. A log
 * or a journal that is not there is empty. Used by db_look.c alone.
 *
 * The database is opened through SQLite's usual "unix" files, which share their
 * descriptors in a process: closing one of our own would drop the locks that a
 * writer in the same process holds (POSIX locks belong to the process).
 */
#ifndef TUTTI_STORE_DB_VFS_H
#define TUTTI_STORE_DB_VFS_H

#include <stddef.h>

struct sqlite3;

enum { LOOK_KEPT_MAX = 64 << 20 }; /* bytes of rolled back pages, at most */

/* The name for sqlite3_open_v2; any thread. */
const char *db_vfs_name(void);
/* The first `n` bytes as they are in the file now, zeros where it has none. */
void db_vfs_header(struct sqlite3 *c, unsigned char *out, size_t n);
/* For tests: called before each read of a file that is looked at; NULL: no more. */
void db_vfs_hook(void (*hook)(void));

#endif
