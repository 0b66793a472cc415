/*
 * store_page.c - the journal and the evaluations a page at a time, for readers whose
 * memory must not grow with the run. No query outlives its page: nobody who writes
 * waits for what is done with the rows.
 */
#include "store/store_own.h"

enum status store_journal_page(struct store *s, int64_t after, struct journal_entry *out,
			       int cap, int *n, struct err *err)
{
	struct db_rows *q = NULL;
	const char *all, *page;
	enum status st = journal_select(s, &all, &page, err);

	if (!st)
		st = db_query(s->db, page, DB_VALUES(DB_INT(after), DB_INT(cap)), &q, err);
	*n = 0;
	while (!st && !(st = db_next(q, err)))
		if (!store_take_entry(q, &out[(*n)++])) {
			db_done(q);
			return store_damaged(s, "an entry of the journal", err);
		}
	return st == ST_END ? ST_OK : st;
}

enum status store_evals_page(struct store *s, const struct eval_row *after,
			     struct eval_row *out, int cap, int *n, struct err *err)
{
	static const struct eval_row none = { .step = INT64_MIN };
	struct db_rows *q = NULL;
	enum status st;

	if (!after)
		after = &none;
	st = db_query(s->db, "SELECT timeline, step, task, scheduled, n, loss, seconds, "
		      "metrics FROM eval WHERE (step, timeline, task, scheduled) > "
		      "(?, ?, ?, ?) AND" STANDS("eval")
		      "ORDER BY step, timeline, task, scheduled LIMIT ?",
		      DB_VALUES(DB_INT(after->step), DB_INT(after->timeline),
				DB_INT(after->task), DB_INT(eval_row_sort(after)),
				DB_INT(cap)), &q, err);
	*n = 0;
	while (!st && !(st = db_next(q, err)))
		if (!store_take_eval(q, &out[(*n)++])) {
			db_done(q);
			return store_damaged(s, "an evaluation", err);
		}
	return st == ST_END ? ST_OK : st;
}
