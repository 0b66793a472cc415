/*
 * db.c - SQLite behind db.h; the only file that knows it.
 *
 * A connection belongs to one thread. Statements are prepared once and found
 * again by the address of their text.
 */
#include "run/db.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "base/str.h"

enum { STATEMENTS = 48, BUSY_MS = 5000 };

struct db_rows {
	struct db *db;
	const char *sql;
	sqlite3_stmt *st;
};

struct db {
	sqlite3 *c;
	char *path;
	bool is_wal, is_writable;
	int n;
	struct db_rows rows[STATEMENTS];
};

static enum status code_status(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ST_CORRUPT;
	case SQLITE_FULL:   return ST_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ST_BUSY;
	default:            return ST_IO;
	}
}

static enum status fail(const struct db *db, struct err *err)
{
	int code = sqlite3_extended_errcode(db->c);
	enum status st = code_status(code);
	const char *cause = st == ST_CORRUPT ? "damaged run store"
			    : st == ST_FULL  ? "disk full, run store"
			    : st == ST_BUSY  ? "somebody else holds the run store"
					     : "cannot use run store";

	return err_set(err, st, "%s '%s': %s", cause, db->path, sqlite3_errmsg(db->c));
}

bool db_is_wal(const struct db *db)
{
	return db->is_wal;
}

bool db_is_writable(const struct db *db)
{
	return db->is_writable;
}

/* --- statements --- */

static enum status prepare(struct db *db, const char *sql, struct db_rows **out,
			   struct err *err)
{
	struct db_rows *q;

	for (int i = 0; i < db->n; i++)
		if (db->rows[i].sql == sql) {
			*out = &db->rows[i];
			return ST_OK;
		}
	BUG_IF(db->n == STATEMENTS);
	q = &db->rows[db->n];
	if (sqlite3_prepare_v3(db->c, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->st, NULL))
		return fail(db, err);
	q->sql = sql;
	q->db = db;
	db->n++;
	*out = q;
	return ST_OK;
}

static int bind(sqlite3_stmt *st, int at, const struct db_value *v)
{
	switch (v->type) {
	case DB_VALUE_INT:
		return sqlite3_bind_int64(st, at, v->i);
	case DB_VALUE_REAL:
		return sqlite3_bind_double(st, at, v->x);
	case DB_VALUE_TEXT:
		return v->p ? sqlite3_bind_text(st, at, v->p, -1, SQLITE_STATIC)
			    : sqlite3_bind_null(st, at);
	case DB_VALUE_BLOB:
		return sqlite3_bind_blob64(st, at, v->n ? v->p : "", v->n,
					   SQLITE_STATIC);
	case DB_VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(st, at);
}

enum status db_query(struct db *db, const char *sql, const struct db_value *v, int n,
		     struct db_rows **out, struct err *err)
{
	enum status st = prepare(db, sql, out, err);

	for (int i = 0; !st && i < n; i++)
		if (bind((*out)->st, i + 1, &v[i]))
			st = fail(db, err);
	if (st)
		*out = NULL;
	return st;
}

/* Nothing bound is kept: the values were borrowed. */
void db_done(struct db_rows *q)
{
	if (!q)
		return;
	sqlite3_reset(q->st);
	sqlite3_clear_bindings(q->st);
}

enum status db_next(struct db_rows *q, struct err *err)
{
	int code = sqlite3_step(q->st);
	enum status st = ST_END;

	if (code == SQLITE_ROW)
		return ST_OK;
	if (code != SQLITE_DONE)
		st = fail(q->db, err);
	db_done(q);
	return st;
}

enum status db_run(struct db *db, const char *sql, const struct db_value *v, int n,
		   struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(db, sql, v, n, &q, err);

	if (!st) {
		st = db_next(q, err);
		if (st == ST_OK)
			db_done(q);
	}
	return st == ST_END ? ST_OK : st;
}

enum status db_script(struct db *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db->c, sql, NULL, NULL, NULL) ? fail(db, err) : ST_OK;
}

enum status db_begin(struct db *db, struct err *err)
{
	return db_run(db, "BEGIN IMMEDIATE", NULL, 0, err);
}

enum status db_end(struct db *db, enum status st, struct err *err)
{
	if (!st)
		st = db_run(db, "COMMIT", NULL, 0, err);
	if (st && !sqlite3_get_autocommit(db->c))
		db_run(db, "ROLLBACK", NULL, 0, NULL);
	return st;
}

int64_t db_int(const struct db_rows *q, int column)
{
	return sqlite3_column_int64(q->st, column);
}

double db_real(const struct db_rows *q, int column)
{
	if (sqlite3_column_type(q->st, column) == SQLITE_NULL)
		return NAN;
	return sqlite3_column_double(q->st, column);
}

const char *db_text(const struct db_rows *q, int column)
{
	return (const char *)sqlite3_column_text(q->st, column);
}

const void *db_blob(const struct db_rows *q, int column, size_t *n)
{
	const void *p = sqlite3_column_blob(q->st, column);

	*n = (size_t)sqlite3_column_bytes(q->st, column);
	return p;
}

/* --- opening --- */

static enum status make_file(const char *path, struct err *err)
{
	int fd = disk_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_sys(err, "cannot create run store '%s'", path);
	disk_close(fd);
	return ST_OK;
}

static enum status check_file(const char *path, struct err *err)
{
	struct stat sb;

	if (stat(path, &sb))
		return errno == ENOENT
		       ? err_set(err, ST_NOT_FOUND, "no run store '%s'", path)
		       : err_sys(err, "cannot look at run store '%s'", path);
	if (!S_ISREG(sb.st_mode))
		return err_set(err, ST_INVALID, "run store is no file: '%s'", path);
	if (!sb.st_size)
		return err_set(err, ST_CORRUPT, "damaged run store '%s': it is empty",
			       path);
	return ST_OK;
}

/* The first page is read: a file that is no database says so here. */
static enum status probe(struct db *db, struct err *err)
{
	return db_script(db, "SELECT count(*) FROM sqlite_schema", err);
}

static enum status connect_to(struct db *db, const char *name, int flags,
			      struct err *err)
{
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(name, &db->c, flags, NULL))
		return fail(db, err);
	sqlite3_busy_timeout(db->c, BUSY_MS);
	sqlite3_db_config(db->c, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return db_script(db, "PRAGMA trusted_schema=OFF", err);
}

/* What the connection says its journal mode is, after it was asked for one. */
static bool take_journal_mode(struct db *db, const char *sql, const char *wanted)
{
	struct db_rows *q = NULL;
	bool is = false;

	if (db_query(db, sql, NULL, 0, &q, NULL))
		return false;
	if (!db_next(q, NULL)) {
		is = db_text(q, 0) && str_eq(db_text(q, 0), wanted);
		db_done(q);
	}
	return is;
}

static enum status set_durable(struct db *db, struct err *err)
{
	db->is_wal = take_journal_mode(db, "PRAGMA journal_mode=WAL", "wal");
	if (!db->is_wal)
		take_journal_mode(db, "PRAGMA journal_mode=DELETE", "delete");
	return db_script(db, "PRAGMA synchronous=FULL", err);
}

static void disconnect(struct db *db)
{
	for (int i = 0; i < db->n; i++)
		sqlite3_finalize(db->rows[i].st);
	db->n = 0;
	sqlite3_close(db->c);
	db->c = NULL;
}

/*
 * Where no file can be made beside it, a store in WAL mode opens only as one
 * that never changes; right when nothing waits in its log.
 */
static enum status open_immutable(struct db *db, struct err *err)
{
	struct stat sb;
	struct buf b;
	enum status st;

	buf_init(&b);
	buf_addf(&b, "%s-wal", db->path);
	if (!stat(b.s, &sb) && sb.st_size) {
		buf_release(&b);
		return ST_IO;
	}
	disconnect(db);
	buf_clear(&b);
	buf_adds(&b, "file:");
	for (const char *p = db->path; *p; p++)
		buf_addf(&b, strchr("%?#", *p) ? "%%%02X" : "%c", (unsigned char)*p);
	buf_adds(&b, "?immutable=1");
	st = connect_to(db, b.s, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
	buf_release(&b);
	return st ? st : probe(db, err);
}

static enum status open_read(struct db *db, struct err *err)
{
	enum status st = connect_to(db, db->path, SQLITE_OPEN_READONLY, err);

	if (!st)
		st = probe(db, err);
	if (st == ST_IO && !open_immutable(db, NULL))
		st = ST_OK;
	return st;
}

enum status db_open(const char *path, enum db_mode mode, struct db **out,
		    struct err *err)
{
	struct db *db = xcalloc(1, sizeof *db);
	enum status st = mode == DB_CREATE ? make_file(path, err)
					   : check_file(path, err);

	db->path = xstrdup(path);
	db->is_writable = mode != DB_READ;
	if (!st && mode == DB_READ)
		st = open_read(db, err);
	if (!st && mode != DB_READ) {
		st = connect_to(db, path, SQLITE_OPEN_READWRITE, err);
		if (!st)
			st = probe(db, err);
		if (!st)
			st = set_durable(db, err);
	}
	if (st) {
		db_close(db);
		db = NULL;
	}
	*out = db;
	return st;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	disconnect(db);
	xfree(db->path);
	xfree(db);
}
