/*
 * line.c - the jumps of a run, written and read. What is said of rows in SQL is
 * STANDS in store_own.h.
 */
#include "store/line.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/store_own.h"

#define KEY "timeline."

/* "50 3 7"; false: it is not. */
static bool read_jump(const char *key, const char *text, struct jump *j)
{
	int64_t timeline, *const at[] = { &j->step, &j->seq, &j->entry };
	char word[24];

	if (!parse_i64(key + strlen(KEY), &timeline) || timeline < 1 ||
	    timeline > INT32_MAX)
		return false;
	j->timeline = (int)timeline;
	for (int i = 0; i < 3; i++) {
		size_t n = strcspn(text, " ");

		if (n >= sizeof word || (text[n] != ' ') == (i < 2))
			return false;
		memcpy(word, text, n);
		word[n] = '\0';
		if (!parse_i64(word, at[i]) || *at[i] < 0)
			return false;
		text += n + (text[n] == ' ');
	}
	return !*text && j->seq < j->entry;
}

static int by_timeline(const void *pa, const void *pb)
{
	const struct jump *a = pa, *b = pb;

	return (a->timeline > b->timeline) - (a->timeline < b->timeline);
}

enum status store_line(struct store *s, struct line *out, struct err *err)
{
	struct db_rows *q = NULL;
	size_t n = 0, cap = 0;
	enum status st = db_query(s->db, "SELECT key, value FROM fact WHERE "
				  "key > '" KEY "' AND key < 'timeline/'", NULL, 0, &q,
				  err);

	*out = (struct line){ 0 };
	while (!st && !(st = db_next(q, err))) {
		const char *key = db_text(q, 0), *value = db_text(q, 1);

		ARRAY_GROW(out->jump, n, cap);
		if (!key || !value || !read_jump(key, value, &out->jump[n])) {
			db_done(q);
			return store_damaged(s, "a timeline", err);
		}
		out->n = (int)++n;
	}
	if (n)
		qsort(out->jump, n, sizeof *out->jump, by_timeline);
	return st == ST_END ? ST_OK : st;
}

void line_release(struct line *l)
{
	xfree(l->jump);
	*l = (struct line){ 0 };
}

/* --- what stands --- */

bool line_has_step(const struct line *l, int timeline, int64_t step)
{
	for (int i = 0; i < l->n; i++)
		if (l->jump[i].timeline > timeline && step > l->jump[i].step)
			return false;
	return true;
}

bool line_has_entry(const struct line *l, int64_t seq)
{
	for (int i = 0; i < l->n; i++)
		if (l->jump[i].entry > seq && seq > l->jump[i].seq)
			return false;
	return true;
}

bool line_has_state(const struct line *l, int timeline, int64_t step, int64_t seq)
{
	for (int i = 0; i < l->n; i++)
		if (l->jump[i].timeline > timeline && seq > l->jump[i].seq)
			return false;
	return line_has_step(l, timeline, step);
}

int line_newest(const struct line *l)
{
	return l->n ? l->jump[l->n - 1].timeline : 0;
}

const struct jump *line_jump(const struct line *l, int64_t entry)
{
	for (int i = 0; i < l->n; i++)
		if (l->jump[i].entry == entry)
			return &l->jump[i];
	return NULL;
}

/* --- going back --- */

static enum status put_jump(struct store *s, const struct jump *j, struct err *err)
{
	char key[32], value[72];

	str_format(key, sizeof key, KEY "%d", j->timeline);
	str_format(value, sizeof value, "%lld %lld %lld", (long long)j->step,
		   (long long)j->seq, (long long)j->entry);
	return store_set_fact(s, key, value, err);
}

enum status store_jump(struct store *s, struct journal_entry *e, struct jump *j,
		       struct journal_entry *then, struct err *err)
{
	struct line l;
	enum status st = db_begin(s->db, err);

	if (st)
		return st;
	st = store_line(s, &l, err);
	j->timeline = 1 + (line_newest(&l) > e->timeline ? line_newest(&l) : e->timeline);
	line_release(&l);
	if (!st)
		st = store_journal(s, e, err);
	j->entry = e->seq;
	if (!st)
		st = put_jump(s, j, err);
	if (!st && then) {
		then->timeline = j->timeline;
		then->step = j->step;
		st = store_journal(s, then, err);
	}
	return db_end(s->db, st, err);
}

/* --- hashes along the way --- */

enum status mark_table(struct store *s, struct err *err)
{
	return db_script(s->db, "CREATE TABLE IF NOT EXISTS mark("
			 "step INTEGER NOT NULL, seq INTEGER NOT NULL,"
			 " timeline INTEGER NOT NULL, dev_step INTEGER NOT NULL,"
			 " state TEXT NOT NULL, PRIMARY KEY(step, seq, timeline, dev_step))"
			 " WITHOUT ROWID;", err);
}

enum status store_mark(struct store *s, const struct mark *m, struct err *err)
{
	return db_run(s->db, "INSERT OR REPLACE INTO mark VALUES(?, ?, ?, ?, ?)",
		      DB_VALUES(DB_INT(m->step), DB_INT(m->seq), DB_INT(m->timeline),
				DB_INT(m->dev_step), DB_TEXT(m->state)), err);
}

static bool take_mark(const struct db_rows *q, struct mark *m)
{
	int64_t timeline = db_int(q, 2);

	*m = (struct mark){ .step = db_int(q, 0), .seq = db_int(q, 1),
			    .timeline = (int)timeline, .dev_step = db_int(q, 3) };
	return m->step >= 0 && m->seq >= 0 && timeline >= 0 && timeline <= INT32_MAX &&
	       m->dev_step >= 0 && db_text(q, 4) &&
	       str_copy(m->state, sizeof m->state, db_text(q, 4));
}

enum status store_marks(struct store *s, struct mark **out, int *n, struct err *err)
{
	struct db_rows *q = NULL;
	struct mark *list = NULL;
	size_t count = 0, cap = 0;
	struct line l;
	enum status st = store_line(s, &l, err);

	*out = NULL;
	*n = 0;
	if (!st && store_has_table(s, "mark"))
		st = db_query(s->db, "SELECT step, seq, timeline, dev_step, state FROM mark "
			      "ORDER BY step, seq, timeline, dev_step", NULL, 0, &q, err);
	while (!st && q && !(st = db_next(q, err))) {
		ARRAY_GROW(list, count, cap);
		if (!take_mark(q, &list[count])) {
			db_done(q);
			st = store_damaged(s, "a state's hash", err);
			break;
		}
		count += line_has_state(&l, list[count].timeline, list[count].step,
					list[count].seq);
	}
	line_release(&l);
	*out = list;
	*n = (int)count;
	return st == ST_END ? ST_OK : st;
}

/* --- the journal of what stands --- */

enum status store_path(struct store *s, int64_t after, struct journal_entry **out, int *n,
		       struct err *err)
{
	struct line l;
	int kept = 0;
	enum status st = store_line(s, &l, err);

	*out = NULL;
	*n = 0;
	if (!st)
		st = store_journal_read(s, after, out, n, err);
	for (int i = 0; i < *n; i++) {
		struct journal_entry *e = &(*out)[i];
		const struct jump *j = line_jump(&l, e->seq);

		if (!line_has_entry(&l, e->seq))
			continue;
		if (j) {
			e->step = j->step;
			e->timeline = j->timeline;
		}
		(*out)[kept++] = *e;
	}
	*n = kept;
	line_release(&l);
	return st;
}
