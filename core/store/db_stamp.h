/*
 * db_stamp.h - has anybody written to a database while it was read without a lock?
 *
 * A stamp is what the names of a database, its write-ahead log and its rollback
 * journal show at one moment. A reader takes one before and one after; what it
 * read between two stamps that fit is one picture:
 *
 * - log mode: the file itself changes by checkpoints alone, and the frames of the
 *   log stay until a new header begins the log again. So the file's change time
 *   and the log's header and inode tell. What is appended meanwhile is newer than
 *   the reader's picture and is not part of it.
 * - journal mode: a journal is made before the first page is written and removed
 *   after the last, and page 1 with the change counter is written first. So the
 *   journal and the counter tell, whatever the clock of a file server does. A
 *   journal that stands there all the time (a writer killed or stopped inside a
 *   commit) holds the pages as they were: SQLite rolls them back, for itself.
 *
 * A change time is as fine as the kernel's tick. Two writes inside one tick look
 * alike, so a stamp says whether its times are settled (older than the tick).
 */
#ifndef TUTTI_STORE_DB_STAMP_H
#define TUTTI_STORE_DB_STAMP_H

#include <stdbool.h>
#include <stdint.h>

enum { DB_HEADER = 40, STAMP_HEAD = 32 };

struct file_mark {
	bool is_there, is_settled;
	bool is_odd;                  /* no regular file */
	uint64_t device, inode, size;
	int64_t changed;              /* ns since 1970 */
	unsigned char head[STAMP_HEAD]; /* zeros beyond the end */
};

struct db_stamp {
	struct file_mark db, wal, journal; /* db without head: see header */
	unsigned char header[DB_HEADER];   /* of the database */
};

/*
 * `header`: the database's first bytes, read after this by the caller. The file
 * itself is never opened here: closing it would drop the locks that a writer in
 * this process has on it (POSIX locks belong to the process).
 */
void db_stamp_take(struct db_stamp *s, const char *db, const char *wal,
		   const char *journal);
void file_mark_take(struct file_mark *m, const char *path);
/*
 * Would a later write get another time than `changed`? `now`: the clock that files
 * are stamped with, read before the file was looked at, in ns. A time far ahead is
 * another machine's, or of before the clock was put back: no write gets it soon.
 */
bool stamp_is_settled(int64_t changed, int64_t now);
bool db_stamp_is_wal(const struct db_stamp *s);
/* Nothing at all has been written between the two, or since if both are settled. */
bool db_stamp_same(const struct db_stamp *a, const struct db_stamp *b);
bool db_stamp_is_settled(const struct db_stamp *s);
/* What was read between the two is one picture. */
bool db_stamp_fits(const struct db_stamp *before, const struct db_stamp *after);

#endif
