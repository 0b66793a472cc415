/*
 * store_eval.c - evaluations: a row per task and metric, what they come to, and the
 * predictions of the fixed dev rows. All of one evaluation goes in at once (I15).
 *
 * The tables of scores and of what averaged weights come to are from after the first
 * stores: they are given one when they are next written to, so they stand in no schema.
 */
#include "store/store_own.h"

#include "base/json.h"

enum status score_table(struct store *s, struct err *err)
{
	return db_script(s->db, "CREATE TABLE IF NOT EXISTS score("
			 "timeline INTEGER NOT NULL, step INTEGER NOT NULL,"
			 " scheduled INTEGER NOT NULL, score REAL, loss REAL,"
			 " counted INTEGER NOT NULL, since INTEGER NOT NULL,"
			 " PRIMARY KEY(timeline, step, scheduled)) WITHOUT ROWID;"
			 "CREATE TABLE IF NOT EXISTS averaged("
			 "timeline INTEGER NOT NULL, step INTEGER NOT NULL,"
			 " task INTEGER NOT NULL, scheduled INTEGER NOT NULL,"
			 " n INTEGER NOT NULL, loss REAL, seconds REAL,"
			 " metrics TEXT NOT NULL,"
			 " PRIMARY KEY(step, timeline, task, scheduled)) WITHOUT ROWID;",
			 err);
}

/* --- rows of one evaluation --- */

static enum status put_eval(struct store *s, const struct eval_row *r, struct err *err)
{
	struct json_out o;
	struct buf b;
	enum status st;

	BUG_IF(r->n_metrics < 0 || r->n_metrics > STORE_METRICS);
	buf_init(&b);
	json_out_init(&o, &b, 0);
	json_open(&o, NULL, '{');
	for (int i = 0; i < r->n_metrics; i++)
		json_put_num(&o, r->metric[i].name, r->metric[i].value);
	json_close(&o, '}');
	st = db_run(s->db, r->is_averaged ?
		    "INSERT OR REPLACE INTO averaged VALUES(?, ?, ?, ?, ?, ?, ?, ?)" :
		    "INSERT OR REPLACE INTO eval VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		    DB_VALUES(DB_INT(r->timeline), DB_INT(r->step), DB_INT(r->task),
			      DB_INT(eval_row_sort(r)), DB_INT(r->n_examples),
			      DB_REAL(r->loss), DB_REAL(r->seconds), DB_TEXT(b.s)), err);
	buf_release(&b);
	return st;
}

static enum status put_dev_row(struct store *s, int task, const struct dev_row *r,
			       struct err *err)
{
	return db_run(s->db, "INSERT OR REPLACE INTO dev_row VALUES(?, ?, ?, ?, ?, ?)",
		      DB_VALUES(DB_INT(task), DB_INT(r->row), DB_INT(r->line),
				DB_TEXT(r->text), DB_TEXT(r->pair), DB_TEXT(r->target)),
		      err);
}

enum status store_put_prediction(struct store *s, const char *sql,
				 const struct eval_row *e, const struct prediction *p,
				 struct err *err)
{
	struct buf values;
	enum status st;

	buf_init(&values);
	prediction_pack(p, &values);
	st = db_run(s->db, sql,
		    DB_VALUES(DB_INT(e->task), DB_INT(e->step), DB_INT(e->timeline),
			      DB_INT(p->row), DB_REAL(p->loss),
			      DB_BLOB(values.s, values.len), DB_TEXT(p->text),
			      DB_TEXT(p->detail)), err);
	buf_release(&values);
	return st;
}

/* Are the predictions that stand there those of a whole evaluation? */
static enum status has_whole(struct store *s, const struct eval_row *r, bool *is,
			     struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT 1 FROM eval WHERE step = ? AND "
				  "timeline = ? AND task = ? AND scheduled = 2",
				  DB_VALUES(DB_INT(r->step), DB_INT(r->timeline),
					    DB_INT(r->task)), &q, err);

	if (!st)
		st = db_next(q, err);
	*is = !st;
	if (!st)
		db_done(q);
	return st == ST_END ? ST_OK : st;
}

static enum status put_task(struct store *s, const struct evaluation *e,
			    struct err *err)
{
	bool is_there = false;
	enum status st = ST_OK;

	if (e->row.is_averaged)
		return put_eval(s, &e->row, err);
	if (!e->row.is_whole)
		st = has_whole(s, &e->row, &is_there, err);
	if (!st)
		st = put_eval(s, &e->row, err);
	for (int i = 0; i < e->n_kept && !st && !is_there; i++) {
		st = put_dev_row(s, e->row.task, &e->dev_rows[i], err);
		if (!st)
			st = store_put_prediction(s, "INSERT OR REPLACE INTO prediction "
						  "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
						  &e->row, &e->kept[i], err);
	}
	return st;
}

static enum status trim(struct store *s, int keep, struct err *err)
{
	return db_run(s->db, "DELETE FROM prediction WHERE (step, timeline) NOT IN"
		      " (SELECT DISTINCT step, timeline FROM eval WHERE scheduled"
		      " AND" STANDS("eval") "ORDER BY timeline DESC, step DESC LIMIT ?)",
		      DB_VALUES(DB_INT(keep)), err);
}

/* --- scores --- */

#define SCORES                                                                 \
	"SELECT timeline, step, scheduled, score, loss, counted, since FROM score "

/* The newest scheduled one up to step ?2 that stands and counted anything. */
#define NEWEST                                                                 \
	"FROM score WHERE timeline <= ?1 AND step <= ?2 AND scheduled"              \
	" AND counted != 0 AND" STANDS("score") "ORDER BY step DESC LIMIT 1"

bool store_has_table(struct store *s, const char *name)
{
	struct db_rows *q = NULL;

	if (db_query(s->db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
		     DB_VALUES(DB_TEXT(name)), &q, NULL) || db_next(q, NULL))
		return false;
	db_done(q);
	return true;
}

/* The first row of a query of these columns. */
static enum status read_score(struct store *s, const char *sql, int timeline,
			      int64_t step, struct score_row *out, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = store_has_table(s, "score") ? ST_OK : ST_END;

	if (!st)
		st = db_query(s->db, sql, DB_VALUES(DB_INT(timeline), DB_INT(step)), &q,
			      err);
	if (!st)
		st = db_next(q, err);
	if (st == ST_END)
		return err_set(err, ST_NOT_FOUND, "no such evaluation");
	if (st)
		return st;
	*out = (struct score_row){ .timeline = (int)db_int(q, 0), .step = db_int(q, 1),
				   .scheduled = db_int(q, 2) != 0,
				   .score = db_real(q, 3), .loss = db_real(q, 4),
				   .counted = (uint64_t)db_int(q, 5),
				   .since = db_int(q, 6) };
	db_done(q);
	return ST_OK;
}

enum status store_score(struct store *s, int timeline, int64_t step,
			struct score_row *out, struct err *err)
{
	return read_score(s, SCORES "WHERE timeline <= ? AND step = ? AND" STANDS("score")
			  "ORDER BY timeline DESC, scheduled DESC LIMIT 1",
			  timeline, step, out, err);
}

enum status store_score_last(struct store *s, int timeline, int64_t upto,
			     struct score_row *out, struct err *err)
{
	return read_score(s, "SELECT timeline, step, scheduled, score, loss, counted, "
			  "since " NEWEST, timeline, upto, out, err);
}

enum status store_score_best(struct store *s, int timeline, int64_t upto,
			     struct score_row *out, struct err *err)
{
	return read_score(s, SCORES "WHERE timeline <= ?1 AND step <= ?2 AND scheduled"
			  " AND" STANDS("score")
			  " AND score IS NOT NULL AND since = (SELECT since " NEWEST ")"
			  " ORDER BY score DESC, loss IS NULL, loss, step DESC LIMIT 1",
			  timeline, upto, out, err);
}

/* Sets `since`: what counts the same goes on from where it began. */
static enum status put_score(struct store *s, struct score_row *r, struct err *err)
{
	struct score_row before;
	enum status st = store_score_last(s, r->timeline, r->step - 1, &before, err);

	if (st && st != ST_NOT_FOUND)
		return st;
	r->since = !st && before.counted == r->counted ? before.since : r->step;
	return db_run(s->db, "INSERT OR REPLACE INTO score VALUES(?, ?, ?, ?, ?, ?, ?)",
		      DB_VALUES(DB_INT(r->timeline), DB_INT(r->step),
				DB_INT(r->scheduled), DB_REAL(r->score),
				DB_REAL(r->loss), DB_INT((int64_t)r->counted),
				DB_INT(r->since)), err);
}

/* --- all at once --- */

enum status store_evaluation(struct store *s, struct score_row *score,
			     const struct evaluation *e, int n, int keep,
			     struct err *err)
{
	enum status st = db_begin(s->db, err);

	if (st)
		return st;
	for (int i = 0; i < n && !st; i++)
		st = put_task(s, &e[i], err);
	if (!st && score)
		st = put_score(s, score, err);
	if (!st && keep > 0)
		st = trim(s, keep, err);
	return db_end(s->db, st, err);
}

enum status store_forget_task(struct store *s, int task, struct err *err)
{
	static const char *const sql[] = { "DELETE FROM eval WHERE task = ?",
					   "DELETE FROM prediction WHERE task = ?",
					   "DELETE FROM averaged WHERE task = ?",
					   "DELETE FROM dev_row WHERE task = ?" };
	enum status st = db_begin(s->db, err);

	if (st)
		return st;
	for (size_t i = 0; i < sizeof sql / sizeof *sql && !st; i++)
		st = db_run(s->db, sql[i], DB_VALUES(DB_INT(task)), err);
	return db_end(s->db, st, err);
}
