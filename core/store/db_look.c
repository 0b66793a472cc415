/*
 * db_look.c - rows read without a lock.
 *
 * They are copied whole before the first is handed out, between two stamps
 * (db_stamp.h): only when these fit were they rows of one picture; else all is
 * forgotten and read again. SQLite's connection for looking (db_vfs.h) shows one
 * picture for as long as it lives and is made anew when the file has changed, so
 * that nothing it keeps can be stale.
 */
#include "store/db_own.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "store/db_vfs.h"

/* Tries so long to get one picture, and so often: it may have been stopped itself. */
#define LOOK_SECONDS 2.0
enum { LOOK_TRIES = 10 };

static enum status take_row(struct db_rows *q, size_t *bytes, struct err *err)
{
	for (int i = 0; i < q->columns; i++) {
		sqlite3_value *v = sqlite3_value_dup(sqlite3_column_value(q->st, i));

		if (!v)
			return err_set(err, ST_IO, "no memory for rows of run store '%s'",
				       q->db->path);
		ARRAY_GROW(q->cell, q->n_cells, q->cap_cells);
		q->cell[q->n_cells++] = v;
		*bytes += 64 + (size_t)sqlite3_column_bytes(q->st, i);
	}
	if (*bytes > DB_LOOK_MAX)
		return err_set(err, ST_CORRUPT, "more than %d MB at once in run store '%s'",
			       DB_LOOK_MAX >> 20, q->db->path);
	return ST_OK;
}

static enum status take_rows(struct db_rows *q, const struct db_value *v, int n,
			     struct err *err)
{
	size_t bytes = 0;
	int code = SQLITE_ROW;
	enum status st = db_start(q, v, n, err);

	if (st)
		return st;
	q->columns = sqlite3_column_count(q->st);
	while (!st && (code = sqlite3_step(q->st)) == SQLITE_ROW) {
		fault_reading();
		st = take_row(q, &bytes, err);
	}
	if (!st && code != SQLITE_DONE)
		st = db_fail(q->db, err);
	db_rest(q);
	return st;
}

static void look_stamp(struct db *db, struct db_stamp *s)
{
	const char *name = sqlite3_db_filename(db->c, "main");

	db_stamp_take(s, name, sqlite3_filename_wal(name),
		      sqlite3_filename_journal(name));
	db_vfs_header(db->c, s->header, sizeof s->header);
}

static enum status connect_look(struct db *db, struct err *err)
{
	if (sqlite3_open_v2(db->path, &db->c, SQLITE_OPEN_READWRITE |
			    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, db_vfs_name()))
		return db_fail(db, err);
	sqlite3_db_config(db->c, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->c, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return db_script(db, "PRAGMA trusted_schema=OFF; PRAGMA query_only=ON;"
			 "PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY", err);
}

static bool still_shows(struct db *db)
{
	struct db_stamp now;

	if (!db->c || !db->is_settled)
		return false;
	look_stamp(db, &now);
	return db_stamp_same(&now, &db->picture);
}

/*
 * Makes db->picture that of the file now, with a connection that has seen nothing
 * else. ST_BUSY: not at this moment.
 */
static enum status face(struct db *db, struct err *err)
{
	const struct db_stamp *s = &db->picture;
	struct file_mark before;
	enum status st;

	if (still_shows(db))
		return ST_OK;
	db->is_settled = false;
	db_disconnect(db);
	file_mark_take(&before, db->path);
	st = connect_look(db, err);
	if (st)
		return st;
	look_stamp(db, &db->picture);
	if (s->wal.is_odd || s->journal.is_odd)
		return err_set(err, ST_CORRUPT, "damaged run store '%s': its log is no "
			       "regular file", db->path);
	if (before.inode != s->db.inode || (db_stamp_is_wal(s) && !s->db.is_settled))
		return ST_BUSY;
	db->is_settled = db_stamp_is_settled(s);
	return ST_OK;
}

/* ST_BUSY: somebody wrote meanwhile; whatever else was found is forgotten. */
static enum status look_once(struct db_rows *q, const struct db_value *v, int n,
			     struct err *err)
{
	struct db *db = q->db;
	struct db_stamp after;
	enum status st = face(db, err);

	if (st)
		return st;
	st = take_rows(q, v, n, err);
	look_stamp(db, &after);
	if (db_stamp_fits(&db->picture, &after))
		return st;
	db_done(q);
	db->is_settled = false;
	return ST_BUSY;
}

enum status db_look(struct db_rows *q, const struct db_value *v, int n,
		    struct err *err)
{
	double until = clock_now() + LOOK_SECONDS;
	enum status st;

	for (int tries = 0;; tries++) {
		st = look_once(q, v, n, err);
		if (st != ST_BUSY)
			return st;
		if (tries >= LOOK_TRIES && clock_now() > until)
			return err_set(err, ST_BUSY, "run store '%s' changes faster than "
				       "it can be read: look again later", q->db->path);
		db_nap(tries);
	}
}
