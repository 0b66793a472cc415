/*
 * db.h - the one door to SQLite: a connection, statements kept prepared, values
 * bound by type, rows read by column. Used by the store alone.
 */
#ifndef TUTTI_STORE_DB_H
#define TUTTI_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct db;
struct db_rows; /* a query under way; belongs to the connection */

enum db_mode { DB_CREATE, DB_WRITE, DB_READ };
enum { DB_WAL_PAGES = 1000, DB_WAL_BYTES = 8 << 20, DB_LOOK_MAX = 256 << 20 };
/*
 * DB_CREATE: the file must not be there; it is made for its owner alone. Write
 * modes take WAL with synchronous=FULL, or a rollback journal where WAL cannot
 * work. The log goes back into the file at every DB_WAL_PAGES pages and is cut to
 * DB_WAL_BYTES when a transaction was longer.
 *
 * DB_READ takes no lock and leaves no mark, so that a reader that is stopped or
 * killed inside a read cannot hold a writer, and it creates, changes and removes
 * nothing; it works beside a writer, after one that was killed, and on a read-only
 * file system. The rows of one query are one picture of the file, at most
 * DB_LOOK_MAX bytes of them; the next query may see a newer one. db_query is
 * ST_BUSY when the file changed for 2 s whenever it was looked at: look again later.
 */
enum status db_open(const char *path, enum db_mode mode, struct db **out,
		    struct err *err);
void db_close(struct db *db); /* NULL is fine */
bool db_is_writable(const struct db *db);

/*
 * How long a writer's calls wait while somebody else (an older program, a shell, a
 * backup) holds the file, before they are ST_BUSY: 5 s, or without end once
 * `go_on` is there to be asked (first for `waited` 0, then about 40 times a
 * second; false: give up). db_patience sets it (seconds) and returns what it was.
 */
void db_on_wait(struct db *db, bool (*go_on)(void *arg, double waited), void *arg);
double db_patience(struct db *db, double seconds);

enum db_type { DB_VALUE_NULL, DB_VALUE_INT, DB_VALUE_REAL, DB_VALUE_TEXT,
	       DB_VALUE_BLOB };
struct db_value {
	enum db_type type;
	int64_t i;
	double x;        /* NaN becomes NULL, and NULL reads as NaN */
	const void *p;   /* borrowed during the call */
	size_t n;
};
#define DB_INT(v) ((struct db_value){ .type = DB_VALUE_INT, .i = (v) })
#define DB_REAL(v) ((struct db_value){ .type = DB_VALUE_REAL, .x = (v) })
#define DB_TEXT(v) ((struct db_value){ .type = DB_VALUE_TEXT, .p = (v) })
#define DB_BLOB(v, len) ((struct db_value){ .type = DB_VALUE_BLOB, .p = (v), .n = (len) })
#define DB_VALUES(...) \
	(const struct db_value[]){ __VA_ARGS__ }, \
	(int)(sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value))

/* `sql` must be a string that lives as long as the connection: it is the key. */
enum status db_run(struct db *db, const char *sql, const struct db_value *v, int n,
		   struct err *err);
/* Several statements, nothing bound. */
enum status db_script(struct db *db, const char *sql, struct err *err);
/*
 * A transaction. Within one, another is a part of it: it is begun and ended at no cost,
 * and what it said, `st`, has to be told to the end of the outer one.
 */
enum status db_begin(struct db *db, struct err *err);
/* Commits, or rolls back when `st` says so; returns the first failure. */
enum status db_end(struct db *db, enum status st, struct err *err);

enum status db_query(struct db *db, const char *sql, const struct db_value *v, int n,
		     struct db_rows **out, struct err *err);
/* ST_OK: a row; ST_END: no more. After anything but ST_OK the query is over. */
enum status db_next(struct db_rows *q, struct err *err);
void db_done(struct db_rows *q); /* ends a query early; NULL is fine */
int64_t db_int(const struct db_rows *q, int column);
double db_real(const struct db_rows *q, int column);
/* Borrowed until db_next; NULL for NULL. */
const char *db_text(const struct db_rows *q, int column);
const void *db_blob(const struct db_rows *q, int column, size_t *n);
/* Of whatever type it is; borrowed likewise. */
struct db_value db_value(const struct db_rows *q, int column);

#endif
