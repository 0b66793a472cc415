/*
 * store_conflict.c - the table of how the tasks' gradients agree. Stores from before it
 * are given one when they are next written to, so it stands in no schema.
 *
 * A row's figures as bytes, little-endian:
 *   u8 version (1), u8 flags (1: scheduled, 2: exact), u8 tasks n, u16 groups, u64 from,
 *   f32 seconds, then u8 task each, then for each group f32 norm of each task and f32
 *   cosine of each pair.
 */
#include "store/store_conflict.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_own.h"

enum { VERSION = 1, HEAD = 17, IS_SCHEDULED = 1, IS_EXACT = 2 };

/* --- what follows from a row --- */

double conflict_norm(const struct conflict_row *r, int i, int group)
{
	double square = 0;

	if (group >= 0)
		return (double)r->norm[group * r->n + i];
	for (int g = 0; g < r->groups; g++) {
		double x = (double)r->norm[g * r->n + i];

		square += x * x;
	}
	return __builtin_sqrt(square);
}

/* cos_g |a_g| |b_g|; nothing where one has no gradient in the group. */
static double inner(const struct conflict_row *r, int i, int k, int group)
{
	size_t pairs = conflict_pairs(r->n);
	double c = (double)r->cosine[(size_t)group * pairs + conflict_at(i, k)];

	return isfinite(c) ? c * conflict_norm(r, i, group) * conflict_norm(r, k, group) : 0;
}

static double over_lengths(const struct conflict_row *r, int i, int k, double x)
{
	double lengths = conflict_norm(r, i, CONFLICT_ALL) * conflict_norm(r, k, CONFLICT_ALL);

	return lengths > 0 ? x / lengths : (double)NAN;
}

double conflict_part(const struct conflict_row *r, int i, int k, int group)
{
	return over_lengths(r, i, k, inner(r, i, k, group));
}

double conflict_cosine(const struct conflict_row *r, int i, int k, int group)
{
	double sum = 0;

	if (group >= 0)
		return (double)r->cosine[(size_t)group * conflict_pairs(r->n) +
					 conflict_at(i, k)];
	for (int g = 0; g < r->groups; g++)
		sum += inner(r, i, k, g);
	return over_lengths(r, i, k, sum);
}

static size_t floats_of(const struct conflict_row *r)
{
	return (size_t)r->groups * ((size_t)r->n + conflict_pairs(r->n));
}

struct conflict_row *conflict_row_new(const struct conflict_row *r)
{
	size_t norms = (size_t)r->groups * (size_t)r->n;
	struct conflict_row *copy = xmalloc(sizeof *copy + floats_of(r) * sizeof(float));
	float *f = (float *)(copy + 1);

	*copy = *r;
	copy->norm = f;
	copy->cosine = f + norms;
	if (norms) {
		memcpy(f, r->norm, norms * sizeof *f);
		memcpy(f + norms, r->cosine, (floats_of(r) - norms) * sizeof *f);
	}
	return copy;
}

/* --- bytes --- */

static unsigned char *pack(const struct conflict_row *r, size_t *len)
{
	size_t pairs = conflict_pairs(r->n);
	unsigned char *bytes, *p;

	BUG_IF(r->n < 0 || r->n > MIX_TASKS_MAX || r->groups < 0 ||
	       r->groups > CONFLICT_GROUPS_MAX);
	*len = HEAD + (size_t)r->n + 4 * floats_of(r);
	p = bytes = xmalloc(*len);
	*p++ = VERSION;
	*p++ = (unsigned char)((r->scheduled ? IS_SCHEDULED : 0) |
			       (r->is_exact ? IS_EXACT : 0));
	*p++ = (unsigned char)r->n;
	*p++ = (unsigned char)(r->groups & 255);
	*p++ = (unsigned char)(r->groups >> 8);
	for (int i = 0; i < 8; i++)
		*p++ = (unsigned char)((uint64_t)r->from >> (8 * i));
	p = store_put_f32(p, r->seconds);
	memcpy(p, r->task, (size_t)r->n);
	p += r->n;
	for (size_t g = 0; g < (size_t)r->groups; g++) {
		for (size_t i = 0; i < (size_t)r->n; i++)
			p = store_put_f32(p, r->norm[g * (size_t)r->n + i]);
		for (size_t k = 0; k < pairs; k++)
			p = store_put_f32(p, r->cosine[g * pairs + k]);
	}
	return bytes;
}

/* Tasks rise and are such that can be; figures are lengths and cosines. */
static bool is_sound(const struct conflict_row *r)
{
	size_t norms = (size_t)r->groups * (size_t)r->n;
	size_t pairs = (size_t)r->groups * conflict_pairs(r->n);

	for (int i = 0; i < r->n; i++)
		if (r->task[i] >= MIX_TASKS_MAX || (i && r->task[i] <= r->task[i - 1]))
			return false;
	for (size_t i = 0; i < norms; i++)
		if (!isfinite(r->norm[i]) || r->norm[i] < 0)
			return false;
	for (size_t i = 0; i < pairs; i++)
		if (r->cosine[i] < -1.001f || r->cosine[i] > 1.001f)
			return false;
	return r->from > 0 && r->from <= r->step && isfinite(r->seconds) && r->seconds >= 0;
}

/* Its floats go to a block that the caller frees; NULL: these are no bytes of a row. */
static float *unpack(const unsigned char *p, size_t len, struct conflict_row *r)
{
	size_t pairs, n;
	uint64_t from = 0;
	float *norm, *cosine;

	if (len < HEAD || p[0] != VERSION || p[1] > (IS_SCHEDULED | IS_EXACT) ||
	    p[2] > MIX_TASKS_MAX)
		return NULL;
	r->scheduled = p[1] & IS_SCHEDULED;
	r->is_exact = p[1] & IS_EXACT;
	r->n = p[2];
	r->groups = p[3] | p[4] << 8;
	if (r->groups > CONFLICT_GROUPS_MAX || len != HEAD + (size_t)r->n + 4 * floats_of(r))
		return NULL;
	for (int i = 0; i < 8; i++)
		from |= (uint64_t)p[5 + i] << (8 * i);
	r->from = (int64_t)from;
	r->seconds = store_get_f32(p + 13);
	memcpy(r->task, p + HEAD, (size_t)r->n);
	p += HEAD + r->n;
	n = (size_t)r->n;
	pairs = conflict_pairs(r->n);
	norm = xcalloc(floats_of(r) + 1, sizeof *norm);
	cosine = norm + (size_t)r->groups * n;
	for (size_t g = 0; g < (size_t)r->groups; g++) {
		for (size_t i = 0; i < n; i++, p += 4)
			norm[g * n + i] = store_get_f32(p);
		for (size_t k = 0; k < pairs; k++, p += 4)
			cosine[g * pairs + k] = store_get_f32(p);
	}
	r->norm = norm;
	r->cosine = cosine;
	if (is_sound(r))
		return norm;
	xfree(norm);
	return NULL;
}

/* --- the table --- */

enum status conflict_table(struct store *s, struct err *err)
{
	return db_script(s->db, "CREATE TABLE IF NOT EXISTS conflict("
			 "step INTEGER NOT NULL, timeline INTEGER NOT NULL,"
			 " figures BLOB NOT NULL, PRIMARY KEY(step, timeline)) "
			 "WITHOUT ROWID;", err);
}

void store_conflict(struct store *s, const struct conflict_row *r)
{
	struct conflict_wait *w;

	ARRAY_GROW(s->conflict, s->n_conflicts, s->cap_conflicts);
	w = &s->conflict[s->n_conflicts++];
	w->timeline = r->timeline;
	w->step = r->step;
	w->bytes = pack(r, &w->len);
}

enum status conflict_flush(struct store *s, struct err *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < s->n_conflicts && !st; i++) {
		const struct conflict_wait *w = &s->conflict[i];

		st = db_run(s->db, "INSERT OR REPLACE INTO conflict VALUES(?, ?, ?)",
			    DB_VALUES(DB_INT(w->step), DB_INT(w->timeline),
				      DB_BLOB(w->bytes, w->len)), err);
	}
	return st;
}

void conflict_drop(struct store *s)
{
	for (size_t i = 0; i < s->n_conflicts; i++)
		xfree(s->conflict[i].bytes);
	s->n_conflicts = 0;
}

struct conflicts_wanted {
	void (*each)(void *arg, const struct conflict_row *r);
	void *arg;
	int64_t step, timeline; /* of the last */
	int n;
};

static bool give(struct conflicts_wanted *w, const struct db_rows *q)
{
	struct conflict_row r = { .step = db_int(q, 0) };
	const unsigned char *p;
	float *room = NULL;
	size_t len;

	w->step = r.step;
	w->timeline = db_int(q, 1);
	p = db_blob(q, 2, &len);
	if (p && w->timeline >= 0 && w->timeline <= INT32_MAX)
		room = unpack(p, len, &r);
	if (!room)
		return false;
	r.timeline = (int)w->timeline;
	w->n++;
	w->each(w->arg, &r);
	xfree(room);
	return true;
}

/* The first STORE_CHUNK of those after the last. */
static enum status read_chunk(struct store *s, int64_t to, struct conflicts_wanted *w,
			      struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT step, timeline, figures FROM conflict WHERE "
				  "(step, timeline) > (?, ?) AND step <= ? AND"
				  STANDS("conflict")
				  "ORDER BY step, timeline LIMIT ?",
				  DB_VALUES(DB_INT(w->step), DB_INT(w->timeline), DB_INT(to),
					    DB_INT(STORE_CHUNK)), &q, err);

	w->n = 0;
	while (!st && !(st = db_next(q, err)))
		if (!give(w, q)) {
			db_done(q);
			return store_damaged(s, "how gradients agree", err);
		}
	return st == ST_END ? ST_OK : st;
}

enum status store_conflicts_read(struct store *s, int64_t from, int64_t to,
				 void (*each)(void *arg, const struct conflict_row *r),
				 void *arg, struct err *err)
{
	struct conflicts_wanted w = { each, arg, from, -1, STORE_CHUNK };
	enum status st = ST_OK;

	if (!store_has_table(s, "conflict"))
		return ST_OK;
	while (!st && w.n == STORE_CHUNK)
		st = read_chunk(s, to, &w, err);
	return st;
}
