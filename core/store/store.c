/*
 * store.c - run.db: opening it and writing to it. Reading is store_read.c's, the
 * tables and their version are store_schema.c's. Everything that goes in at once goes
 * in one transaction.
 */
#include "store/store_own.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum { FLUSH_ROWS = 4096, GRADIENTS_WAIT_MAX = 8 * STORE_WAIT_MAX };
#define WAIT_SECONDS 1.0
/* A try that need not succeed: so long, then after 1, 2, 4, ... at most 10 s. */
#define TRY_SECONDS 0.05
#define GAP_MAX 10.0

enum status store_damaged(const struct store *s, const char *what, struct err *err)
{
	return err_set(err, ST_CORRUPT, "damaged run store '%s': %s", s->path, what);
}

/* --- opening --- */

static enum status open_as(const char *path, enum db_mode mode, struct store **out,
			   struct err *err)
{
	struct store *s = xcalloc(1, sizeof *s);
	enum status st = db_open(path, mode, &s->db, err);

	s->path = xstrdup(path);
	if (!st)
		st = mode == DB_CREATE ? schema_make(s, err) :
		     schema_check(s, mode != DB_READ, err);
	if (!st && mode != DB_READ)
		st = gradient_table(s, err);
	if (!st && mode != DB_READ)
		st = conflict_table(s, err);
	if (!st && mode != DB_READ)
		st = score_table(s, err);
	if (!st && mode != DB_READ)
		st = mark_table(s, err);
	if (st) {
		store_close(s);
		s = NULL;
	}
	*out = s;
	return st;
}

enum status store_open(const char *db_path, bool is_new, struct store **out,
		       struct err *err)
{
	return open_as(db_path, is_new ? DB_CREATE : DB_WRITE, out, err);
}

enum status store_open_readonly(const char *db_path, struct store **out,
				struct err *err)
{
	return open_as(db_path, DB_READ, out, err);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->db)
		store_flush(s, NULL);
	db_close(s->db);
	xfree(s->wait);
	xfree(s->gradient);
	conflict_drop(s);
	xfree(s->conflict);
	xfree(s->path);
	xfree(s);
}

void store_on_wait(struct store *s, bool (*go_on)(void *arg, double waited), void *arg)
{
	db_on_wait(s->db, go_on, arg);
}

enum status store_begin(struct store *s, struct err *err)
{
	return db_begin(s->db, err);
}

enum status store_end(struct store *s, enum status st, struct err *err)
{
	return db_end(s->db, st, err);
}

/* --- facts, journal --- */

enum status store_set_fact(struct store *s, const char *key, const char *value,
			   struct err *err)
{
	return db_run(s->db, "INSERT OR REPLACE INTO fact VALUES(?, ?)",
		      DB_VALUES(DB_TEXT(key), DB_TEXT(value)), err);
}

char *store_fact(struct store *s, const char *key)
{
	struct db_rows *q = NULL;
	char *value = NULL;

	if (db_query(s->db, "SELECT value FROM fact WHERE key = ?",
		     DB_VALUES(DB_TEXT(key)), &q, NULL))
		return NULL;
	if (!db_next(q, NULL)) {
		value = xstrdup(db_text(q, 0) ? db_text(q, 0) : "");
		db_done(q);
	}
	return value;
}

int64_t store_until(struct store *s)
{
	char *text = store_fact(s, "until");
	int64_t step;

	if (!text || !parse_i64(text, &step) || step < 0)
		step = -1;
	xfree(text);
	return step;
}

/* A run that was never told otherwise has no such fact. */
enum status store_set_until(struct store *s, int64_t step, struct err *err)
{
	char text[24];

	if (store_until(s) == step)
		return ST_OK;
	str_format(text, sizeof text, "%lld", (long long)step);
	return store_set_fact(s, "until", text, err);
}

int64_t store_budget(struct store *s)
{
	char *text = store_fact(s, "budget.steps");
	int64_t steps;

	if (!text || !parse_i64(text, &steps) || steps < 0)
		steps = 0;
	xfree(text);
	return steps;
}

enum status store_set_budget(struct store *s, int64_t steps, struct err *err)
{
	char text[24];

	str_format(text, sizeof text, "%lld", (long long)steps);
	return store_set_fact(s, "budget.steps", text, err);
}

const char *journal_who_name(enum journal_who w)
{
	static const char *const names[] = { "you", "script", "guard", "timer", "actor" };

	BUG_IF((unsigned)w >= sizeof names / sizeof *names);
	return names[w];
}

static enum status last_seq(struct store *s, int64_t *out, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT ifnull(max(seq), 0) FROM journal", NULL,
				  0, &q, err);

	if (!st)
		st = db_next(q, err);
	if (st)
		return st == ST_END ? store_damaged(s, "journal", err) : st;
	*out = db_int(q, 0);
	db_done(q);
	return ST_OK;
}

enum status store_journal_at(struct store *s, const struct journal_entry *e,
			     struct err *err)
{
	return db_run(s->db, "INSERT INTO journal VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      DB_VALUES(DB_INT(e->seq), DB_INT(e->timeline), DB_INT(e->step),
				DB_INT(e->unix_ms), DB_TEXT(journal_who_name(e->who)),
				DB_TEXT(e->command), DB_TEXT(e->before),
				DB_TEXT(e->after), DB_TEXT(e->actor), DB_TEXT(e->reason),
				DB_TEXT(e->refused)), err);
}

enum status store_journal(struct store *s, struct journal_entry *e, struct err *err)
{
	int64_t seq = 0;
	enum status st = db_begin(s->db, err);

	if (st)
		return st;
	st = last_seq(s, &seq, err);
	e->seq = seq + 1;
	if (!st)
		st = store_journal_at(s, e, err);
	return db_end(s->db, st, err);
}

/* --- steps --- */

static unsigned char *put_u16(unsigned char *p, uint32_t x)
{
	*p++ = (unsigned char)x;
	*p++ = (unsigned char)(x >> 8);
	return p;
}

static unsigned char *put_u32(unsigned char *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		*p++ = (unsigned char)(x >> (8 * i));
	return p;
}

unsigned char *store_put_f32(unsigned char *p, float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof bits);
	return put_u32(p, bits);
}

int step_pack(const struct step_row *r, unsigned char *out)
{
	unsigned char *p = out;

	BUG_IF(r->n < 0 || r->n > MIX_TASKS_MAX);
	*p++ = STEP_VERSION;
	*p++ = r->skipped ? 1 : 0;
	p = put_u32(p, r->tokens);
	p = store_put_f32(p, r->lr);
	p = store_put_f32(p, r->grad_norm);
	p = store_put_f32(p, r->seconds);
	for (int i = 0; i < r->n; i++) {
		*p++ = r->task[i].task;
		p = put_u16(p, r->task[i].count);
		p = put_u32(p, r->task[i].examples);
		p = store_put_f32(p, r->task[i].loss);
		p = store_put_f32(p, r->task[i].weight);
	}
	return (int)(p - out);
}

enum status store_step(struct store *s, int timeline, const struct step_row *r,
		       struct err *err)
{
	double now = clock_now();
	struct step_wait *w;

	ARRAY_GROW(s->wait, s->n_wait, s->cap_wait);
	if (!s->n_wait)
		s->since = now;
	w = &s->wait[s->n_wait++];
	w->timeline = timeline;
	w->step = r->step;
	w->len = step_pack(r, w->bytes);
	if (s->n_wait < FLUSH_ROWS && now - s->since < WAIT_SECONDS)
		return ST_OK;
	return store_flush_soon(s, err);
}

enum status store_flush_soon(struct store *s, struct err *err)
{
	double now = clock_now(), before;
	enum status st;

	if (s->n_wait >= STORE_WAIT_MAX || s->n_gradients >= GRADIENTS_WAIT_MAX)
		return store_flush(s, err);
	if (now < s->retry)
		return ST_OK;
	before = db_patience(s->db, TRY_SECONDS);
	st = store_flush(s, err);
	db_patience(s->db, before);
	if (st != ST_BUSY) {
		s->gap = 0;
		return st;
	}
	s->gap = s->gap < 1 ? 1 : s->gap < GAP_MAX / 2 ? 2 * s->gap : GAP_MAX;
	s->retry = now + s->gap;
	return ST_OK;
}

/* What could not be written waits on: the next flush tries again. */
enum status store_flush(struct store *s, struct err *err)
{
	enum status st;

	if (!s->n_wait && !s->n_gradients && !s->n_conflicts)
		return ST_OK;
	st = db_begin(s->db, err);
	if (st)
		return st;
	for (size_t i = 0; i < s->n_wait && !st; i++) {
		const struct step_wait *w = &s->wait[i];

		st = db_run(s->db, "INSERT OR REPLACE INTO step VALUES(?, ?, ?)",
			    DB_VALUES(DB_INT(w->step), DB_INT(w->timeline),
				      DB_BLOB(w->bytes, (size_t)w->len)), err);
	}
	if (!st)
		st = gradient_flush(s, err);
	if (!st)
		st = conflict_flush(s, err);
	st = db_end(s->db, st, err);
	if (st)
		return st;
	s->n_wait = s->n_gradients = 0;
	conflict_drop(s);
	return ST_OK;
}

/* --- going back --- */

enum status store_drop_after(struct store *s, int64_t step, struct err *err)
{
#define LATER_OF(table) "DELETE FROM " table " WHERE step > ? AND" STANDS(table)
	static const char *const sql[] = { LATER_OF("step"), LATER_OF("gradient"),
					   LATER_OF("conflict"), LATER_OF("eval"),
					   LATER_OF("score"), LATER_OF("averaged"),
					   LATER_OF("prediction") };
#undef LATER_OF
	enum status st = db_begin(s->db, err);

	if (st)
		return st;
	for (size_t i = 0; i < sizeof sql / sizeof *sql && !st; i++)
		st = db_run(s->db, sql[i], DB_VALUES(DB_INT(step)), err);
	return db_end(s->db, st, err);
}

/* --- checkpoints --- */

/* There is one best: a new one takes the word from the old. */
enum status store_checkpoint(struct store *s, const struct checkpoint_row *r,
			     struct err *err)
{
	enum status st = db_begin(s->db, err);

	if (st)
		return st;
	if (r->best)
		st = db_run(s->db, "UPDATE checkpoint SET best = 0", NULL, 0, err);
	if (!st)
		st = db_run(s->db, "INSERT OR REPLACE INTO checkpoint VALUES"
			    "(?, ?, ?, ?, ?, ?, ?)",
			    DB_VALUES(DB_TEXT(r->folder), DB_INT(r->timeline),
				      DB_INT(r->step), DB_TEXT(r->name),
				      DB_TEXT(r->state), DB_REAL(r->score),
				      DB_INT(r->best)), err);
	return db_end(s->db, st, err);
}

enum status store_checkpoint_forget(struct store *s, const char *folder,
				    struct err *err)
{
	return db_run(s->db, "DELETE FROM checkpoint WHERE folder = ?",
		      DB_VALUES(DB_TEXT(folder)), err);
}
