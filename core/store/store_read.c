/*
 * store_read.c - what run.db holds, read back. Nothing in the file is trusted:
 * sizes and numbers that cannot be are said to be damage.
 */
#include "store/store_own.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

static char *copy_text(const struct db_rows *q, int column)
{
	const char *s = db_text(q, column);

	return s ? xstrdup(s) : NULL;
}

static bool take_text(const struct db_rows *q, int column, char *out, size_t cap)
{
	const char *s = db_text(q, column);

	return s && str_copy(out, cap, s);
}

/* 0 to `most`; false, and 0: it is not. */
static bool take_int(const struct db_rows *q, int column, int64_t most, int *out)
{
	int64_t x = db_int(q, column);

	*out = x < 0 || x > most ? 0 : (int)x;
	return x >= 0 && x <= most;
}

/* --- journal --- */

static bool take_who(const struct db_rows *q, int column, enum journal_who *out)
{
	const char *s = db_text(q, column);

	for (int w = WHO_PERSON; s && w < WHO_COUNT; w++)
		if (str_eq(s, journal_who_name((enum journal_who)w))) {
			*out = (enum journal_who)w;
			return true;
		}
	return false;
}

bool store_take_entry(const struct db_rows *q, struct journal_entry *e)
{
	*e = (struct journal_entry){ .seq = db_int(q, 0), .step = db_int(q, 2),
				     .unix_ms = db_int(q, 3) };
	return e->seq > 0 && e->step >= 0 &&
	       take_int(q, 1, INT32_MAX, &e->timeline) && take_who(q, 4, &e->who) &&
	       take_text(q, 5, e->command, sizeof e->command) &&
	       take_text(q, 6, e->before, sizeof e->before) &&
	       take_text(q, 7, e->after, sizeof e->after) &&
	       take_text(q, 8, e->actor, sizeof e->actor) &&
	       take_text(q, 9, e->reason, sizeof e->reason) &&
	       take_text(q, 10, e->refused, sizeof e->refused);
}

enum status store_journal_read(struct store *s, int64_t after,
			       struct journal_entry **out, int *n, struct err *err)
{
	struct journal_entry *list = NULL;
	struct db_rows *q = NULL;
	size_t count = 0, cap = 0;
	const char *all, *page;
	enum status st = journal_select(s, &all, &page, err);

	if (!st)
		st = db_query(s->db, all, DB_VALUES(DB_INT(after)), &q, err);
	while (!st && !(st = db_next(q, err))) {
		ARRAY_GROW(list, count, cap);
		if (!store_take_entry(q, &list[count++])) {
			db_done(q);
			st = store_damaged(s, "an entry of the journal", err);
		}
	}
	if (st != ST_END) {
		xfree(list);
		list = NULL;
		count = 0;
	}
	*out = list;
	*n = (int)count;
	return st == ST_END ? ST_OK : st;
}

/* --- evaluations --- */

/* {"rouge1":0.31,...}; null is a value that was no number. */
static bool take_metrics(const char *text, struct eval_row *r)
{
	struct json *doc = NULL;
	bool is_fine;

	if (!text || json_parse(text, strlen(text), "metrics", &doc, NULL))
		return false;
	is_fine = json_type(doc) == JSON_OBJECT && json_len(doc) <= STORE_METRICS;
	for (const struct json *n = json_first(doc); n && is_fine; n = json_next(n)) {
		enum json_type t = json_type(n);
		int i = r->n_metrics++;

		is_fine = json_key(n) && (t == JSON_NUMBER || t == JSON_NULL) &&
			  str_copy(r->metric[i].name, sizeof r->metric[i].name,
				   json_key(n));
		r->metric[i].value = t == JSON_NUMBER ? json_number(n) : NAN;
	}
	json_free(doc);
	return is_fine;
}

bool store_take_eval(const struct db_rows *q, struct eval_row *r)
{
	*r = (struct eval_row){ .step = db_int(q, 1), .scheduled = db_int(q, 3) == 1,
				.is_whole = db_int(q, 3) == 2,
				.loss = db_real(q, 5), .seconds = db_real(q, 6) };
	return take_int(q, 0, INT32_MAX, &r->timeline) &&
	       take_int(q, 2, MIX_TASKS_MAX - 1, &r->task) &&
	       take_int(q, 4, INT32_MAX, &r->n_examples) &&
	       take_metrics(db_text(q, 7), r);
}

#define EVAL_FIELDS "SELECT timeline, step, task, scheduled, n, loss, seconds, metrics "
#define EVAL_COLUMNS EVAL_FIELDS "FROM eval "
#define EVAL_ORDER " ORDER BY timeline, step, task, scheduled"

/* Rows of a query of these columns; `st` is how the query went. */
static enum status read_evals(struct store *s, struct db_rows *q, enum status st,
			      struct eval_row **out, int *n, struct err *err)
{
	struct eval_row *list = NULL;
	size_t count = 0, cap = 0;

	while (!st && !(st = db_next(q, err))) {
		ARRAY_GROW(list, count, cap);
		if (!store_take_eval(q, &list[count++])) {
			db_done(q);
			st = store_damaged(s, "an evaluation", err);
		}
	}
	if (st != ST_END) {
		xfree(list);
		list = NULL;
		count = 0;
	}
	*out = list;
	*n = (int)count;
	return st == ST_END ? ST_OK : st;
}

enum status store_evals_read(struct store *s, int task, struct eval_row **out, int *n,
			     struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, EVAL_COLUMNS "WHERE (?1 < 0 OR task = ?1) AND"
				  STANDS("eval") EVAL_ORDER, DB_VALUES(DB_INT(task)), &q, err);

	return read_evals(s, q, st, out, n, err);
}

enum status store_averaged_from(struct store *s, int64_t step, struct eval_row **out,
				int *n, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st;

	*out = NULL;
	*n = 0;
	if (!store_has_table(s, "averaged"))
		return ST_OK;
	st = db_query(s->db, EVAL_FIELDS "FROM averaged WHERE step >= ? AND"
		      STANDS("averaged") EVAL_ORDER, DB_VALUES(DB_INT(step)), &q, err);
	st = read_evals(s, q, st, out, n, err);
	for (int i = 0; i < *n; i++)
		(*out)[i].is_averaged = true;
	return st;
}

enum status store_evals_from(struct store *s, int64_t step, struct eval_row **out, int *n,
			     struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, EVAL_COLUMNS "WHERE step >= ? AND"
				  STANDS("eval") EVAL_ORDER,
				  DB_VALUES(DB_INT(step)), &q, err);

	return read_evals(s, q, st, out, n, err);
}

/* --- predictions --- */

/* Everything is set even when the answer is false: release frees it. */
static bool take_prediction(const struct db_rows *q, int version, struct prediction *p,
			    struct dev_row *r)
{
	const unsigned char *bytes;
	size_t len;

	*p = (struct prediction){ .row = db_int(q, 1), .loss = db_real(q, 2),
				  .text = copy_text(q, 3), .detail = copy_text(q, 4) };
	*r = (struct dev_row){ .row = p->row, .line = db_int(q, 5),
			       .text = copy_text(q, 6), .pair = copy_text(q, 7),
			       .target = copy_text(q, 8) };
	if (version == 1)
		return schema_take_outcome_1(q, 9, p->text, p);
	bytes = db_blob(q, 9, &len);
	return bytes && prediction_unpack(bytes, len, p);
}

#define OF_EACH "ifnull(line, 0), d.text, pair, target,"
#define FROM_BOTH                                                              \
	" FROM prediction AS p LEFT JOIN dev_row AS d"                             \
	" ON d.task = p.task AND d.row = p.row "
#define COLUMNS_1                                                              \
	"SELECT p.step, p.row, loss, output, detail, " OF_EACH PREDICTION_1 FROM_BOTH
#define COLUMNS                                                                \
	"SELECT p.step, p.row, loss, p.text, detail, " OF_EACH " outcome" FROM_BOTH

/* Query `where` of this version and of the one before. */
#define PREDICTIONS(where) (const char *const[]){ COLUMNS where, COLUMNS_1 where }

/* Reads such a query to its end; `steps` may be NULL. */
static enum status read_predictions(struct store *s, const char *const sql[2],
				    const struct db_value *v, int n,
				    struct prediction_set *out, int64_t **steps,
				    struct err *err)
{
	size_t cap_p = 0, cap_r = 0, cap_s = 0;
	struct db_rows *q = NULL;
	int version = 0;
	enum status st = schema_version(s, &version, err);

	*out = (struct prediction_set){ .step = -1 };
	if (!st)
		st = db_query(s->db, sql[version == 1], v, n, &q, err);
	while (!st && !(st = db_next(q, err))) {
		ARRAY_GROW(out->p, out->n, cap_p);
		ARRAY_GROW(out->row, out->n, cap_r);
		out->step = db_int(q, 0);
		if (steps) {
			ARRAY_GROW(*steps, out->n, cap_s);
			(*steps)[out->n] = out->step;
		}
		out->n++;
		if (!take_prediction(q, version, &out->p[out->n - 1],
				     &out->row[out->n - 1])) {
			db_done(q);
			return store_damaged(s, "a prediction", err);
		}
	}
	return st == ST_END ? ST_OK : st;
}

void prediction_set_release(struct prediction_set *p)
{
	for (int i = 0; i < p->n; i++) {
		prediction_release(&p->p[i]);
		xfree(p->row[i].text);
		xfree(p->row[i].pair);
		xfree(p->row[i].target);
	}
	xfree(p->p);
	xfree(p->row);
	*p = (struct prediction_set){ 0 };
}

enum status store_predictions_read(struct store *s, int task, int64_t step,
				   struct prediction_set *out, struct err *err)
{
	enum status st = read_predictions(
		s, PREDICTIONS("WHERE p.task = ?1 AND (p.timeline, p.step) = "
			       "(SELECT timeline, step FROM prediction AS o WHERE "
			       "task = ?1 AND (?2 < 0 OR step = ?2) AND" STANDS("o")
			       "ORDER BY timeline DESC, step DESC LIMIT 1) "
			       "ORDER BY p.row"),
		DB_VALUES(DB_INT(task), DB_INT(step)), out, NULL, err);

	if (!st && !out->n)
		st = err_set(err, ST_NOT_FOUND, "no predictions of that evaluation");
	if (st)
		prediction_set_release(out);
	return st;
}

enum status store_predictions_step(struct store *s, int task, int64_t upto,
				   int64_t *step, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT max(step) FROM prediction AS p WHERE "
				  "task = ? AND step <= ? AND" STANDS("p"),
				  DB_VALUES(DB_INT(task), DB_INT(upto)), &q, err);

	*step = -1;
	if (!st && !(st = db_next(q, err))) {
		if (!isnan(db_real(q, 0)))
			*step = db_int(q, 0);
		db_done(q);
	}
	if (st && st != ST_END)
		return st;
	return *step >= 0 ? ST_OK : err_set(err, ST_NOT_FOUND, "no predictions up to "
					    "step %lld", (long long)upto);
}

enum status store_history_read(struct store *s, int task, int64_t row,
			       struct prediction_set *out, int64_t **steps,
			       struct err *err)
{
	enum status st;

	*steps = NULL;
	st = read_predictions(s, PREDICTIONS("WHERE p.task = ? AND p.row = ? AND" STANDS("p")
					     "ORDER BY p.timeline, p.step"),
			      DB_VALUES(DB_INT(task), DB_INT(row)), out, steps, err);
	if (st) {
		prediction_set_release(out);
		xfree(*steps);
		*steps = NULL;
	}
	return st;
}

/* --- checkpoints --- */

static bool take_checkpoint(const struct db_rows *q, struct checkpoint_row *r)
{
	*r = (struct checkpoint_row){ .step = db_int(q, 2), .score = db_real(q, 5),
				      .best = db_int(q, 6) != 0 };
	return r->step >= 0 && take_text(q, 0, r->folder, sizeof r->folder) &&
	       take_int(q, 1, INT32_MAX, &r->timeline) &&
	       take_text(q, 3, r->name, sizeof r->name) &&
	       take_text(q, 4, r->state, sizeof r->state);
}

enum status store_checkpoints_read(struct store *s, struct checkpoint_row **out, int *n,
				   struct err *err)
{
	struct checkpoint_row *list = NULL;
	struct db_rows *q = NULL;
	size_t count = 0, cap = 0;
	enum status st = db_query(s->db, "SELECT folder, timeline, step, name, state, "
				  "score, best FROM checkpoint "
				  "ORDER BY timeline, step, folder", NULL, 0, &q, err);

	while (!st && !(st = db_next(q, err))) {
		ARRAY_GROW(list, count, cap);
		if (!take_checkpoint(q, &list[count++])) {
			db_done(q);
			st = store_damaged(s, "a checkpoint's row", err);
		}
	}
	if (st != ST_END) {
		xfree(list);
		list = NULL;
		count = 0;
	}
	*out = list;
	*n = (int)count;
	return st == ST_END ? ST_OK : st;
}
