/*
 * store_schema.c - run.db: its tables and their version.
 *
 * Tables: fact, journal, step, gradient (store_gradient.c's), conflict
 * (store_conflict.c's), eval, score, dev_row, prediction (store_eval.c's), checkpoint.
 * PRAGMA user_version holds the version of the schema; a store of a later version is
 * refused, one that says none was never finished. Version 2: an outcome of a prediction
 * is one column whatever its kind, the bytes of prediction.c. Version 1 has columns for
 * each kind. Version 3: those bytes may hold the weight of the row's loss; the tables
 * are those of 2. Version 4: an entry of the journal says which actor it is of, the
 * reason, and why it was refused. Older ones are read as they are, and brought to
 * version 4 when they are next written to.
 */
#include "store/store_own.h"

#include "base/mem.h"

enum { SCHEMA = 4, WITH_ACTORS = 4 };
#define SAYS_SCHEMA "PRAGMA user_version=4;"
#define ACTOR_COLUMN(name) name " TEXT NOT NULL DEFAULT ''"

#define PREDICTION_TABLE(name)                                                 \
	"CREATE TABLE " name "(task INTEGER NOT NULL, step INTEGER NOT NULL,"      \
	" timeline INTEGER NOT NULL, row INTEGER NOT NULL, loss REAL,"             \
	" outcome BLOB NOT NULL, text TEXT, detail TEXT,"                          \
	" PRIMARY KEY(task, step, timeline, row)) WITHOUT ROWID;"

static const char schema[] =
	"CREATE TABLE fact(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE journal(seq INTEGER PRIMARY KEY, timeline INTEGER NOT NULL,"
	" step INTEGER NOT NULL, unix_ms INTEGER NOT NULL, who TEXT NOT NULL,"
	" command TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, "
	ACTOR_COLUMN("actor") ", " ACTOR_COLUMN("reason") ", " ACTOR_COLUMN("refused") ");"
	"CREATE TABLE step(step INTEGER NOT NULL, timeline INTEGER NOT NULL,"
	" figures BLOB NOT NULL, PRIMARY KEY(step, timeline)) WITHOUT ROWID;"
	"CREATE TABLE eval(timeline INTEGER NOT NULL, step INTEGER NOT NULL,"
	" task INTEGER NOT NULL, scheduled INTEGER NOT NULL, n INTEGER NOT NULL,"
	" loss REAL, seconds REAL, metrics TEXT NOT NULL,"
	" PRIMARY KEY(step, timeline, task, scheduled)) WITHOUT ROWID;"
	"CREATE TABLE dev_row(task INTEGER NOT NULL, row INTEGER NOT NULL,"
	" line INTEGER NOT NULL, text TEXT, pair TEXT, target TEXT,"
	" PRIMARY KEY(task, row)) WITHOUT ROWID;"
	PREDICTION_TABLE("prediction")
	"CREATE TABLE checkpoint(folder TEXT PRIMARY KEY, timeline INTEGER NOT NULL,"
	" step INTEGER NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, score REAL,"
	" best INTEGER NOT NULL) WITHOUT ROWID;"
	SAYS_SCHEMA;

enum status schema_make(struct store *s, struct err *err)
{
	enum status st = db_begin(s->db, err);

	if (!st)
		st = db_end(s->db, db_script(s->db, schema, err), err);
	return st;
}

enum status schema_version(struct store *s, int *out, struct err *err)
{
	struct db_rows *q = NULL;
	int64_t version;
	enum status st = db_query(s->db, "PRAGMA user_version", NULL, 0, &q, err);

	if (!st)
		st = db_next(q, err);
	if (st)
		return st == ST_END ? store_damaged(s, "no version", err) : st;
	version = db_int(q, 0);
	db_done(q);
	if (version > SCHEMA)
		return err_set(err, ST_INVALID,
			       "run store '%s' has version %lld, and this program reads "
			       "up to %d (it was written by a later one)", s->path,
			       (long long)version, SCHEMA);
	if (version < 1)
		return store_damaged(s, "no tables of a run", err);
	*out = (int)version;
	return ST_OK;
}

/* --- version 1 --- */

/* Values stand as the kinds' rows have them (ask_classify.h and its neighbours). */
static bool take_labels(const struct db_rows *q, int column, const unsigned char *bytes,
			int n, struct prediction *p)
{
	double *v = prediction_values(p, 2 + n);

	for (int i = 0; i < 2; i++) {
		int64_t class = db_int(q, column + 1 + i);

		if (class < -1 || class > INT32_MAX)
			return false;
		v[i] = (double)class;
	}
	for (int i = 0; i < n; i++)
		v[2 + i] = (double)store_get_f32(bytes + 4 * i);
	return true;
}

/* Probabilities were there for labels alone, a text for summaries. */
bool schema_take_outcome_1(const struct db_rows *q, int column, bool has_text,
			   struct prediction *p)
{
	size_t len;
	const unsigned char *bytes = db_blob(q, column, &len);
	int from = column + (has_text ? 5 : 3), n = has_text ? 3 : 2;
	double *v;

	if (len % 4 || len / 4 > PREDICTION_VALUES_MAX - 2)
		return false;
	if (len)
		return take_labels(q, column, bytes, (int)(len / 4), p);
	v = prediction_values(p, n);
	for (int i = 0; i < n; i++)
		v[i] = db_real(q, from + i);
	return true;
}

static enum status copy_prediction(struct store *s, const struct db_rows *q,
				   struct err *err)
{
	struct eval_row e = { .task = (int)db_int(q, 0), .step = db_int(q, 1),
			      .timeline = (int)db_int(q, 2) };
	struct prediction p = { .row = db_int(q, 3), .loss = db_real(q, 4) };
	enum status st = ST_OK;

	if (db_text(q, 5))
		p.text = xstrdup(db_text(q, 5));
	if (db_text(q, 6))
		p.detail = xstrdup(db_text(q, 6));
	if (!schema_take_outcome_1(q, 7, p.text, &p))
		st = store_damaged(s, "a prediction", err);
	if (!st)
		st = store_put_prediction(s, "INSERT INTO prediction_2 VALUES"
					  "(?, ?, ?, ?, ?, ?, ?, ?)", &e, &p, err);
	prediction_release(&p);
	return st;
}

static enum status copy_predictions(struct store *s, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT task, step, timeline, row, loss, output, "
				  "detail," PREDICTION_1 " FROM prediction AS p "
				  "ORDER BY task, step, timeline, row", NULL, 0, &q, err);

	while (!st && !(st = db_next(q, err))) {
		st = copy_prediction(s, q, err);
		if (st)
			db_done(q);
	}
	return st == ST_END ? ST_OK : st;
}

static enum status upgrade_1(struct store *s, struct err *err)
{
	enum status st = db_script(s->db, PREDICTION_TABLE("prediction_2"), err);

	if (!st)
		st = copy_predictions(s, err);
	if (!st)
		st = db_script(s->db, "DROP TABLE prediction;"
			       "ALTER TABLE prediction_2 RENAME TO prediction;", err);
	return st;
}

/* --- versions 1 to 3 --- */

/* An entry's columns, as store_take_entry() wants them. */
#define ENTRY "SELECT seq, timeline, step, unix_ms, who, command, before, after, "

enum status journal_select(struct store *s, const char **sql_all, const char **sql_page,
			   struct err *err)
{
#define OF(columns, rest) ENTRY columns " FROM journal WHERE seq > ? ORDER BY " rest
	static const char *const all[] = {
		OF("'', '', ''", "timeline, step, seq"),
		OF("actor, reason, refused", "timeline, step, seq") };
	static const char *const page[] = {
		OF("'', '', ''", "seq LIMIT ?"), OF("actor, reason, refused", "seq LIMIT ?") };
#undef OF
	int version;
	enum status st = schema_version(s, &version, err);

	if (st)
		return st;
	*sql_all = all[version >= WITH_ACTORS];
	*sql_page = page[version >= WITH_ACTORS];
	return ST_OK;
}

/* All of it or nothing: a run that dies in it is of its old version still. */
static enum status upgrade(struct store *s, int version, struct err *err)
{
	enum status st = db_begin(s->db, err);

	if (st)
		return st;
	if (version == 1)
		st = upgrade_1(s, err);
	if (!st)
		st = db_script(s->db, "ALTER TABLE journal ADD COLUMN " ACTOR_COLUMN("actor")
			       ";ALTER TABLE journal ADD COLUMN " ACTOR_COLUMN("reason")
			       ";ALTER TABLE journal ADD COLUMN " ACTOR_COLUMN("refused")
			       ";" SAYS_SCHEMA, err);
	return db_end(s->db, st, err);
}

enum status schema_check(struct store *s, bool is_writer, struct err *err)
{
	int version = 0;
	enum status st = schema_version(s, &version, err);

	if (st || !is_writer || version == SCHEMA)
		return st;
	return upgrade(s, version, err);
}
