/*
 * store_pair.h - a database of two tables that always belong together, in log or
 * journal mode, for the tests of who reads beside a writer.
 */
#ifndef TUTTI_TESTS_STORE_PAIR_H
#define TUTTI_TESTS_STORE_PAIR_H

#include "data_check.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "store/db.h"

enum { ROWS = 240, PAD = 600 };

static const char *const modes[] = { "wal", "delete" };

static inline void set_mode(const char *mode)
{
	if (str_eq(mode, "delete"))
		setenv("TUTTI_JOURNAL", "delete", 1);
	else
		unsetenv("TUTTI_JOURNAL");
}

/* By what the file says of itself. */
static inline bool pair_is_log(const char *path)
{
	unsigned char head[20] = { 0 };
	int fd = open(path, O_RDONLY);

	assert_int_equal(pread(fd, head, sizeof head, 0), sizeof head);
	close(fd);
	return head[18] == 2;
}

#define ONE_AND_ALL                                                             \
	"SELECT (SELECT v FROM one), (SELECT min(v) FROM many),"                    \
	" (SELECT max(v) FROM many), (SELECT count(*) FROM many),"                  \
	" (SELECT sum(length(pad)) FROM many), (SELECT sum(v) FROM many)"

static inline struct db *pair_open(const char *path, enum db_mode mode)
{
	struct db *db = NULL;
	struct err err;

	if (db_open(path, mode, &db, &err))
		fail_msg("%s", err.text);
	return db;
}

static inline struct db *pair_new(const char *name, const char *mode)
{
	struct db *db;

	set_mode(mode);
	db = pair_open(in_scratch(name), DB_CREATE);
	assert_int_equal(db_script(db, "CREATE TABLE one(v); INSERT INTO one VALUES(0);"
				   "CREATE TABLE many(k INTEGER PRIMARY KEY, v, pad);"
				   "CREATE TABLE other(x)",
				   NULL), ST_OK);
	assert_int_equal(db_begin(db, NULL), ST_OK);
	for (int k = 0; k < ROWS; k++)
		assert_int_equal(db_run(db, "INSERT INTO many VALUES(?, 0, zeroblob(?))",
					DB_VALUES(DB_INT(k), DB_INT(PAD)), NULL), ST_OK);
	assert_int_equal(db_end(db, ST_OK, NULL), ST_OK);
	return db;
}

/* Everything becomes `v` in one transaction, over some forty pages. */
static inline enum status pair_set(struct db *db, int64_t v, struct err *err)
{
	enum status st = db_begin(db, err);

	if (st)
		return st;
	st = db_run(db, "UPDATE many SET v = ?", DB_VALUES(DB_INT(v)), err);
	if (!st)
		st = db_run(db, "UPDATE one SET v = ?", DB_VALUES(DB_INT(v)), err);
	return db_end(db, st, err);
}

/*
 * What the tables say; -1: two pictures in one; -2: an error; -3: not now, look
 * again.
 */
static inline int64_t pair_get(struct db *db, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(db, ONE_AND_ALL, NULL, 0, &q, err);
	int64_t v;

	if (st || db_next(q, err))
		return st == ST_BUSY ? -3 : -2;
	v = db_int(q, 0);
	if (db_int(q, 1) != v || db_int(q, 2) != v || db_int(q, 3) != ROWS ||
	    db_int(q, 4) != ROWS * PAD || db_int(q, 5) != v * ROWS)
		v = -1;
	db_done(q);
	return v;
}

static inline int reap(pid_t pid)
{
	int code = 0;

	assert_int_equal(waitpid(pid, &code, 0), pid);
	return code;
}

#endif
