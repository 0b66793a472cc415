/*
 * db_own.h - what db.c and db_look.c share. Others include db.h.
 */
#ifndef TUTTI_STORE_DB_OWN_H
#define TUTTI_STORE_DB_OWN_H

#include <sqlite3.h>

#include "store/db.h"
#include "store/db_stamp.h"

enum { STATEMENTS = 48 };

struct db_rows {
	struct db *db;
	const char *sql;
	sqlite3_stmt *st;
	int columns;           /* a reader's copies: */
	sqlite3_value **cell;
	size_t n_cells, cap_cells;
	size_t next;           /* the first cell of the row after this one */
};

struct db {
	sqlite3 *c;
	char *path;
	bool is_writable;
	int n;
	struct db_rows rows[STATEMENTS];
	/* a writer's */
	int depth;             /* of transactions in one another */
	double patience, since;
	bool (*go_on)(void *arg, double waited);
	void *go_on_arg;
	/* a reader's */
	struct db_stamp picture;
	bool is_settled;       /* the picture is that of the file until the stamp changes */
};

enum status db_fail(const struct db *db, struct err *err); /* what SQLite said last */
void db_nap(int tries); /* longer at each, at most 25 ms */
void db_disconnect(struct db *db);
/* Prepared and bound; and with nothing bound again. */
enum status db_start(struct db_rows *q, const struct db_value *v, int n,
		     struct err *err);
void db_rest(struct db_rows *q);
/* All rows of a query without a lock, copied into q->cell. */
enum status db_look(struct db_rows *q, const struct db_value *v, int n,
		    struct err *err);

#endif
