/*
 * db.c - SQLite behind db.h; with db_look.c and db_vfs.c all that knows it.
 *
 * A connection belongs to one thread. Statements are prepared once and found
 * again by the address of their text.
 *
 * A writer's rows come from SQLite one by one, a reader's are copies (db_look.c).
 */
#include "store/db_own.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h> /* getenv */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/str.h"

#define PATIENCE 5.0 /* seconds, of a writer that nobody told otherwise */

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

enum status db_fail(const struct db *db, struct err *err)
{
	int code = sqlite3_extended_errcode(db->c);
	enum status st = code_status(code);
	const char *cause = st == ST_CORRUPT ? "damaged run store"
			    : st == ST_FULL  ? "disk full, run store"
			    : st == ST_BUSY  ? "somebody else holds the run store"
					     : "cannot use run store";

	return err_set(err, st, "%s '%s': %s", cause, db->path, sqlite3_errmsg(db->c));
}

bool db_is_writable(const struct db *db)
{
	return db->is_writable;
}

/* --- waiting for others --- */

void db_nap(int tries)
{
	enum { NAP_MAX = 25 };
	int ms = 1 << (tries < 5 ? tries : 5);

	usleep((unsigned)(ms < NAP_MAX ? ms : NAP_MAX) * 1000);
}

/* SQLite's call while somebody else holds the file: 0 gives up. */
static int wait_turn(void *arg, int tries)
{
	struct db *db = arg;
	double now = clock_now(), waited;

	if (!tries)
		db->since = now;
	waited = now - db->since;
	if (waited >= db->patience || (db->go_on && !db->go_on(db->go_on_arg, waited)))
		return 0;
	db_nap(tries);
	return 1;
}

double db_patience(struct db *db, double seconds)
{
	double before = db->patience;

	db->patience = seconds;
	return before;
}

void db_on_wait(struct db *db, bool (*go_on)(void *arg, double waited), void *arg)
{
	db->go_on = go_on;
	db->go_on_arg = arg;
	db->patience = go_on ? HUGE_VAL : PATIENCE;
}

/* --- statements --- */

static struct db_rows *find(struct db *db, const char *sql)
{
	for (int i = 0; i < db->n; i++)
		if (db->rows[i].sql == sql)
			return &db->rows[i];
	BUG_IF(db->n == STATEMENTS);
	db->rows[db->n] = (struct db_rows){ .db = db, .sql = sql };
	return &db->rows[db->n++];
}

static int bind_one(sqlite3_stmt *st, int at, const struct db_value *v)
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

enum status db_start(struct db_rows *q, const struct db_value *v, int n,
		     struct err *err)
{
	if (!q->st && sqlite3_prepare_v3(q->db->c, q->sql, -1, SQLITE_PREPARE_PERSISTENT,
					 &q->st, NULL))
		return db_fail(q->db, err);
	for (int i = 0; i < n; i++)
		if (bind_one(q->st, i + 1, &v[i]))
			return db_fail(q->db, err);
	return ST_OK;
}

/* Nothing bound is kept: the values were borrowed. */
void db_rest(struct db_rows *q)
{
	sqlite3_reset(q->st);
	sqlite3_clear_bindings(q->st);
}

static void drop_cells(struct db_rows *q)
{
	for (size_t i = 0; i < q->n_cells; i++)
		sqlite3_value_free(q->cell[i]);
	xfree(q->cell);
	q->cell = NULL;
	q->n_cells = q->cap_cells = q->next = 0;
}

void db_done(struct db_rows *q)
{
	if (!q)
		return;
	if (q->st)
		db_rest(q);
	drop_cells(q);
}

void db_disconnect(struct db *db)
{
	for (int i = 0; i < db->n; i++) {
		sqlite3_finalize(db->rows[i].st);
		db->rows[i].st = NULL;
	}
	sqlite3_close(db->c);
	db->c = NULL;
}

/* --- queries --- */

enum status db_query(struct db *db, const char *sql, const struct db_value *v, int n,
		     struct db_rows **out, struct err *err)
{
	struct db_rows *q = find(db, sql);
	enum status st;

	db_done(q);
	st = db->is_writable ? db_start(q, v, n, err) : db_look(q, v, n, err);
	if (st)
		db_done(q);
	*out = st ? NULL : q;
	return st;
}

static enum status next_copy(struct db_rows *q)
{
	if (q->next == q->n_cells) {
		db_done(q);
		return ST_END;
	}
	q->next += (size_t)q->columns;
	return ST_OK;
}

enum status db_next(struct db_rows *q, struct err *err)
{
	enum status st = ST_END;
	int code;

	if (!q->db->is_writable)
		return next_copy(q);
	code = sqlite3_step(q->st);
	if (code == SQLITE_ROW)
		return ST_OK;
	if (code != SQLITE_DONE)
		st = db_fail(q->db, err);
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
	return sqlite3_exec(db->c, sql, NULL, NULL, NULL) ? db_fail(db, err) : ST_OK;
}

enum status db_begin(struct db *db, struct err *err)
{
	enum status st = db->depth ? ST_OK : db_run(db, "BEGIN IMMEDIATE", NULL, 0, err);

	db->depth += !st;
	return st;
}

enum status db_end(struct db *db, enum status st, struct err *err)
{
	BUG_IF(db->depth < 1);
	if (--db->depth)
		return st;
	if (!st)
		st = db_run(db, "COMMIT", NULL, 0, err);
	if (st && !sqlite3_get_autocommit(db->c))
		db_run(db, "ROLLBACK", NULL, 0, NULL);
	return st;
}

/* A reader's copy; a writer asks its statement. */
static sqlite3_value *copy(const struct db_rows *q, int column)
{
	return q->cell[q->next - (size_t)(q->columns - column)];
}

int64_t db_int(const struct db_rows *q, int column)
{
	return q->db->is_writable ? sqlite3_column_int64(q->st, column)
				  : sqlite3_value_int64(copy(q, column));
}

double db_real(const struct db_rows *q, int column)
{
	if (!q->db->is_writable)
		return sqlite3_value_type(copy(q, column)) == SQLITE_NULL
		       ? NAN : sqlite3_value_double(copy(q, column));
	return sqlite3_column_type(q->st, column) == SQLITE_NULL
	       ? NAN : sqlite3_column_double(q->st, column);
}

const char *db_text(const struct db_rows *q, int column)
{
	return (const char *)(q->db->is_writable
			      ? sqlite3_column_text(q->st, column)
			      : sqlite3_value_text(copy(q, column)));
}

const void *db_blob(const struct db_rows *q, int column, size_t *n)
{
	bool is_copy = !q->db->is_writable;
	const void *p = is_copy ? sqlite3_value_blob(copy(q, column))
				: sqlite3_column_blob(q->st, column);

	*n = (size_t)(is_copy ? sqlite3_value_bytes(copy(q, column))
			      : sqlite3_column_bytes(q->st, column));
	return p;
}

struct db_value db_value(const struct db_rows *q, int column)
{
	struct db_value v = { .type = DB_VALUE_NULL };

	switch (q->db->is_writable ? sqlite3_column_type(q->st, column)
				   : sqlite3_value_type(copy(q, column))) {
	case SQLITE_INTEGER: return DB_INT(db_int(q, column));
	case SQLITE_FLOAT:   return DB_REAL(db_real(q, column));
	case SQLITE_TEXT:    return DB_TEXT(db_text(q, column));
	case SQLITE_BLOB:
		v.type = DB_VALUE_BLOB;
		v.p = db_blob(q, column, &v.n);
		break;
	default:
		break;
	}
	return v;
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
	return db_run(db, "SELECT count(*) FROM sqlite_schema", NULL, 0, err);
}

static enum status connect_write(struct db *db, struct err *err)
{
	if (sqlite3_open_v2(db->path, &db->c, SQLITE_OPEN_READWRITE |
			    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL))
		return db_fail(db, err);
	sqlite3_busy_handler(db->c, wait_turn, db);
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

/*
 * The log is copied into the file and begun again at every DB_WAL_PAGES, and cut when
 * one transaction made it longer. Where it cannot work there is a rollback journal;
 * then no page reaches the file before its transaction ends.
 */
static enum status set_durable(struct db *db, struct err *err)
{
	const char *asked = getenv("TUTTI_JOURNAL"); /* tests: "delete" */
	bool is_wal = !(asked && str_eq(asked, "delete")) &&
		      take_journal_mode(db, "PRAGMA journal_mode=WAL", "wal");
	struct buf b;
	enum status st;

	if (!is_wal)
		take_journal_mode(db, "PRAGMA journal_mode=DELETE", "delete");
	buf_init(&b);
	buf_addf(&b, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=%d;"
		 "PRAGMA journal_size_limit=%d;%s", DB_WAL_PAGES, DB_WAL_BYTES,
		 is_wal ? "" : "PRAGMA cache_spill=OFF");
	st = db_script(db, b.s, err);
	buf_release(&b);
	return st;
}

static enum status open_write(struct db *db, struct err *err)
{
	enum status st = connect_write(db, err);

	if (!st)
		st = probe(db, err);
	return st ? st : set_durable(db, err);
}

enum status db_open(const char *path, enum db_mode mode, struct db **out,
		    struct err *err)
{
	struct db *db = xcalloc(1, sizeof *db);
	enum status st = mode == DB_CREATE ? make_file(path, err)
					   : check_file(path, err);

	db->path = xstrdup(path);
	db->is_writable = mode != DB_READ;
	db->patience = PATIENCE;
	if (!st)
		st = db->is_writable ? open_write(db, err) : probe(db, err);
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
	for (int i = 0; i < db->n; i++)
		drop_cells(&db->rows[i]);
	db_disconnect(db);
	xfree(db->path);
	xfree(db);
}
