/*
 * store_gradient.c - the table of the tasks' gradient norms. Stores from before
 * it are given one when they are next written to, so it stands in no schema.
 */
#include "store/store_own.h"

#include <math.h> /* isfinite */

#include "base/mem.h"

enum status gradient_table(struct store *s, struct err *err)
{
	return db_script(s->db, "CREATE TABLE IF NOT EXISTS gradient("
			 "step INTEGER NOT NULL, timeline INTEGER NOT NULL,"
			 " task INTEGER NOT NULL, scheduled INTEGER NOT NULL,"
			 " count INTEGER NOT NULL, norm REAL NOT NULL,"
			 " PRIMARY KEY(step, timeline, task)) WITHOUT ROWID;", err);
}

void store_gradient(struct store *s, const struct gradient_row *r)
{
	ARRAY_GROW(s->gradient, s->n_gradients, s->cap_gradients);
	s->gradient[s->n_gradients++] = *r;
}

enum status gradient_flush(struct store *s, struct err *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < s->n_gradients && !st; i++) {
		const struct gradient_row *r = &s->gradient[i];

		st = db_run(s->db, "INSERT OR REPLACE INTO gradient VALUES"
			    "(?, ?, ?, ?, ?, ?)",
			    DB_VALUES(DB_INT(r->step), DB_INT(r->timeline),
				      DB_INT(r->task), DB_INT(r->scheduled),
				      DB_INT(r->count), DB_REAL(r->norm)), err);
	}
	return st;
}

/* ST_END: it has none. */
static enum status has_table(struct store *s, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT 1 FROM sqlite_master WHERE "
				  "type = 'table' AND name = 'gradient'", NULL, 0, &q,
				  err);

	if (!st)
		st = db_next(q, err);
	if (!st)
		db_done(q);
	return st;
}

static bool take_gradient(const struct db_rows *q, struct gradient_row *r)
{
	int64_t timeline = db_int(q, 0), task = db_int(q, 2), count = db_int(q, 4);

	*r = (struct gradient_row){ .timeline = (int)timeline, .step = db_int(q, 1),
				    .task = (int)task, .scheduled = db_int(q, 3) == 1,
				    .count = (int)count, .norm = db_real(q, 5) };
	return timeline >= 0 && timeline <= INT32_MAX && r->step > 0 && task >= 0 &&
	       task < MIX_TASKS_MAX && count > 0 && count < 256 && r->norm >= 0 &&
	       isfinite(r->norm);
}

struct gradients_wanted {
	void (*each)(void *arg, const struct gradient_row *r);
	void *arg;
	struct gradient_row last;
	int n;
};

/* The first STORE_CHUNK of those after the last. */
static enum status read_chunk(struct store *s, int64_t to, struct gradients_wanted *w,
			      struct err *err)
{
	struct gradient_row *r = &w->last;
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT timeline, step, task, scheduled, count, "
				  "norm FROM gradient WHERE "
				  "(step, timeline, task) > (?, ?, ?) AND step <= ? AND"
				  STANDS("gradient")
				  "ORDER BY step, timeline, task LIMIT ?",
				  DB_VALUES(DB_INT(r->step), DB_INT(r->timeline),
					    DB_INT(r->task), DB_INT(to),
					    DB_INT(STORE_CHUNK)), &q, err);

	w->n = 0;
	while (!st && !(st = db_next(q, err))) {
		if (!take_gradient(q, r)) {
			db_done(q);
			return store_damaged(s, "a gradient's norm", err);
		}
		w->n++;
		w->each(w->arg, r);
	}
	return st == ST_END ? ST_OK : st;
}

enum status store_gradients_read(struct store *s, int64_t from, int64_t to,
				 void (*each)(void *arg, const struct gradient_row *r),
				 void *arg, struct err *err)
{
	struct gradients_wanted w = { each, arg, { .step = from, .timeline = -1 },
				      STORE_CHUNK };
	enum status st = has_table(s, err);

	while (!st && w.n == STORE_CHUNK)
		st = read_chunk(s, to, &w, err);
	return st == ST_END ? ST_OK : st;
}
