/*
 * db_stamp.c - stamps of a database that is read without locks; db_stamp.h says why.
 */
#include "store/db_stamp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COARSE = 10000000 }; /* ns: file systems with whole seconds show them */
#define SECOND 1000000000LL

static int64_t nanoseconds(int64_t seconds, int64_t rest)
{
	return seconds * SECOND + rest;
}

bool stamp_is_settled(int64_t changed, int64_t now)
{
	int64_t grain = changed % COARSE ? 0 : 2 * SECOND;

	return changed + grain < now || changed > now + 3 * SECOND;
}

void file_mark_take(struct file_mark *m, const char *path)
{
	struct timespec now;
	struct statx sx;

	memset(m, 0, sizeof *m);
	m->is_settled = true;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	/* a network file system asks its server, and forgets what it kept of it */
	if (statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &sx))
		return;
	m->is_there = true;
	m->is_odd = !S_ISREG(sx.stx_mode);
	m->device = (uint64_t)sx.stx_dev_major << 32 | sx.stx_dev_minor;
	m->inode = sx.stx_ino;
	m->size = sx.stx_size;
	m->changed = nanoseconds(sx.stx_ctime.tv_sec, sx.stx_ctime.tv_nsec);
	m->is_settled = stamp_is_settled(m->changed, nanoseconds(now.tv_sec, now.tv_nsec));
}

/* A log or a journal: nobody locks these, so they may be opened. */
static void take_head(struct file_mark *m, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	if (pread(fd, m->head, sizeof m->head, 0) < 0)
		memset(m->head, 0, sizeof m->head);
	close(fd);
}

void db_stamp_take(struct db_stamp *s, const char *db, const char *wal,
		   const char *journal)
{
	memset(s->header, 0, sizeof s->header);
	file_mark_take(&s->journal, journal);
	if (s->journal.is_there)
		take_head(&s->journal, journal);
	file_mark_take(&s->wal, wal);
	if (s->wal.is_there)
		take_head(&s->wal, wal);
	file_mark_take(&s->db, db);
}

bool db_stamp_is_wal(const struct db_stamp *s)
{
	return s->header[18] == 2;
}

static bool same_file(const struct file_mark *a, const struct file_mark *b)
{
	return a->is_there == b->is_there && a->device == b->device &&
	       a->inode == b->inode && !memcmp(a->head, b->head, sizeof a->head);
}

static bool same_mark(const struct file_mark *a, const struct file_mark *b)
{
	return same_file(a, b) && a->size == b->size && a->changed == b->changed;
}

bool db_stamp_is_settled(const struct db_stamp *s)
{
	return s->db.is_settled && s->wal.is_settled && s->journal.is_settled;
}

bool db_stamp_same(const struct db_stamp *a, const struct db_stamp *b)
{
	return db_stamp_fits(a, b) && same_mark(&a->wal, &b->wal);
}

bool db_stamp_fits(const struct db_stamp *before, const struct db_stamp *after)
{
	return same_mark(&before->db, &after->db) &&
	       !memcmp(before->header, after->header, sizeof before->header) &&
	       same_mark(&before->journal, &after->journal) &&
	       same_file(&before->wal, &after->wal);
}
