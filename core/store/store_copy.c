/*
 * store_copy.c - rows from one store to another, as they are.
 */
#include "store/store_copy.h"

#include "base/mem.h"
#include "store/line.h"
#include "store/store_own.h"

enum { COLUMNS_MAX = 8 };

/* Rows of `select` into `insert`, which has as many columns. */
static enum status copy_rows(struct store *from, struct store *to, const char *select,
			     const char *insert, int columns, int64_t step,
			     struct err *err)
{
	struct db_value v[COLUMNS_MAX];
	struct db_rows *q = NULL;
	enum status st = db_query(from->db, select, DB_VALUES(DB_INT(step)), &q, err);

	while (!st && !(st = db_next(q, err))) {
		for (int i = 0; i < columns; i++)
			v[i] = db_value(q, i);
		st = db_run(to->db, insert, v, columns, err);
		if (st)
			db_done(q);
	}
	return st == ST_END ? ST_OK : st;
}

#define VALUES_2 " VALUES(?, ?)"
#define VALUES_3 " VALUES(?, ?, ?)"
#define VALUES_5 " VALUES(?, ?, ?, ?, ?)"
#define VALUES_6 " VALUES(?, ?, ?, ?, ?, ?)"
#define VALUES_7 " VALUES(?, ?, ?, ?, ?, ?, ?)"
#define VALUES_8 " VALUES(?, ?, ?, ?, ?, ?, ?, ?)"
#define UP_TO(t) " FROM " t " WHERE " t ".step <= ?1 AND" STANDS(t)

/* Every table by its columns: none is copied that this program does not know. */
static const struct {
	const char *table, *select, *insert;
	int columns;
} tables[] = {
	{ "fact", "SELECT key, value FROM fact WHERE ?1 = ?1 AND NOT (key LIKE 'timeline.%' "
		  "OR key LIKE 'branch.%' OR key IN ('until', 'created'))",
	  "INSERT INTO fact" VALUES_2, 2 },
	{ "step", "SELECT step, timeline, figures" UP_TO("step"),
	  "INSERT INTO step" VALUES_3, 3 },
	{ "gradient", "SELECT step, timeline, task, scheduled, count, norm" UP_TO("gradient"),
	  "INSERT INTO gradient" VALUES_6, 6 },
	{ "conflict", "SELECT step, timeline, figures" UP_TO("conflict"),
	  "INSERT INTO conflict" VALUES_3, 3 },
	{ "eval", "SELECT timeline, step, task, scheduled, n, loss, seconds, metrics"
		  UP_TO("eval"),
	  "INSERT INTO eval" VALUES_8, 8 },
	{ "averaged", "SELECT timeline, step, task, scheduled, n, loss, seconds, metrics"
		      UP_TO("averaged"),
	  "INSERT INTO averaged" VALUES_8, 8 },
	{ "score", "SELECT timeline, step, scheduled, score, loss, counted, since"
		   UP_TO("score"),
	  "INSERT INTO score" VALUES_7, 7 },
	{ "mark", "SELECT step, seq, timeline, dev_step, state" UP_TO("mark"),
	  "INSERT INTO mark" VALUES_5, 5 },
	{ "dev_row", "SELECT task, row, line, text, pair, target FROM dev_row WHERE ?1 = ?1",
	  "INSERT INTO dev_row" VALUES_6, 6 },
};

static enum status copy_predictions(struct store *from, struct store *to, int64_t step,
				    struct err *err)
{
	int version = 0;
	enum status st = schema_version(from, &version, err);

	if (st || version == 1) /* columns of their own: its writer brings them up */
		return st;
	return copy_rows(from, to, "SELECT task, step, timeline, row, loss, outcome, text, "
			 "detail" UP_TO("prediction"), "INSERT INTO prediction" VALUES_8, 8,
			 step, err);
}

static enum status copy_journal(struct store *from, struct store *to, int64_t seq,
				struct err *err)
{
	struct journal_entry *e = NULL;
	struct line l;
	int n = 0;
	enum status st = store_line(from, &l, err);

	if (!st)
		st = store_path(from, 0, &e, &n, err);
	for (int i = 0; i < n && !st; i++)
		if (e[i].seq <= seq && !line_jump(&l, e[i].seq))
			st = store_journal_at(to, &e[i], err);
	line_release(&l);
	xfree(e);
	return st;
}

enum status store_copy(struct store *from, struct store *to, int64_t step, int64_t seq,
		       struct err *err)
{
	enum status st = db_begin(to->db, err);

	if (st)
		return st;
	for (size_t i = 0; i < sizeof tables / sizeof *tables && !st; i++)
		if (store_has_table(from, tables[i].table))
			st = copy_rows(from, to, tables[i].select, tables[i].insert,
				       tables[i].columns, step, err);
	if (!st)
		st = copy_predictions(from, to, step, err);
	if (!st)
		st = copy_journal(from, to, seq, err);
	return db_end(to->db, st, err);
}
