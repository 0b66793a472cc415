/*
 * store_steps.c - run.db: the figures of steps, read back. A row's bytes are
 * store.c's step_pack.
 */
#include "store/store_own.h"

#include <string.h>

static uint16_t get_u16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get_u32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

float store_get_f32(const unsigned char *p)
{
	uint32_t bits = get_u32(p);
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

/* One task's figures in a step of that version. */
static void take_task(const unsigned char *p, int version, struct step_row *r, int i)
{
	const unsigned char *figures = p + (version == 3 ? 7 : 2);

	r->task[i].task = p[0];
	r->task[i].loss = store_get_f32(figures);
	r->task[i].weight = store_get_f32(figures + 4);
	if (version == 3) {
		r->task[i].count = get_u16(p + 1);
		r->task[i].examples = get_u32(p + 3);
	} else {
		r->task[i].count = p[1];
		r->task[i].examples = version == 2 ? get_u16(p + 10) : 0;
	}
}

bool step_unpack(const unsigned char *p, size_t len, struct step_row *r)
{
	static const size_t sizes[] = { 0, STEP_TASK_1, STEP_TASK_2, STEP_TASK };
	size_t each;
	int version;

	if (len < STEP_HEAD || p[0] < 1 || p[0] > STEP_VERSION || p[1] > 1)
		return false;
	version = p[0];
	each = sizes[version];
	if ((len - STEP_HEAD) % each || (len - STEP_HEAD) / each > MIX_TASKS_MAX)
		return false;
	r->skipped = p[1] == 1;
	r->tokens = get_u32(p + 2);
	r->lr = store_get_f32(p + 6);
	r->grad_norm = store_get_f32(p + 10);
	r->seconds = store_get_f32(p + 14);
	r->n = (int)((len - STEP_HEAD) / each);
	p += STEP_HEAD;
	for (int i = 0; i < r->n; i++, p += each) {
		if (p[0] >= MIX_TASKS_MAX)
			return false;
		take_task(p, version, r, i);
	}
	return true;
}

enum status store_last_step(struct store *s, int64_t *out, struct err *err)
{
	struct db_rows *q = NULL;
	enum status st = db_query(s->db, "SELECT ifnull((SELECT step FROM step AS a WHERE"
				  STANDS("a") "ORDER BY step DESC LIMIT 1), 0)", NULL, 0,
				  &q, err);

	if (!st)
		st = db_next(q, err);
	if (st)
		return st == ST_END ? store_damaged(s, "steps", err) : st;
	*out = db_int(q, 0);
	db_done(q);
	return ST_OK;
}

/* Of a step that stands on several timelines the newest one counts. */
#define NEWEST                                                                 \
	" timeline = (SELECT max(timeline) FROM step AS b WHERE b.step = a.step AND"  \
	STANDS("b") ") "

/* A look-up per row that is wanted: those between are never touched. */
#define SPARSE                                                                 \
	"WITH RECURSIVE pick(at) AS (SELECT min(step) FROM step WHERE step >= ?1"  \
	" UNION ALL SELECT (SELECT min(step) FROM step WHERE step >= pick.at + ?3)" \
	" FROM pick WHERE pick.at <= ?2 - ?3)"                                     \
	" SELECT step, figures FROM pick CROSS JOIN step AS a"                     \
	" ON a.step = pick.at WHERE pick.at <= ?2 AND" NEWEST "LIMIT ?4"
#define DENSE                                                                  \
	"SELECT step, figures FROM step AS a WHERE step >= ?1 AND step <= ?2 AND"  \
	NEWEST "ORDER BY step LIMIT ?4"

/* Whom the rows are for, and what has come so far. */
struct steps_wanted {
	void (*each)(void *arg, const struct step_row *r);
	void *arg;
	int64_t last;
	int n;
};

/* The first STORE_CHUNK of them. */
static enum status read_chunk(struct store *s, const char *sql, int64_t from, int64_t to,
			      int64_t stride, struct steps_wanted *w, struct err *err)
{
	struct db_rows *q = NULL;
	struct step_row r;
	enum status st = db_query(s->db, sql, DB_VALUES(DB_INT(from), DB_INT(to),
				  DB_INT(stride), DB_INT(STORE_CHUNK)), &q, err);

	w->n = 0;
	while (!st && !(st = db_next(q, err))) {
		size_t len;
		const void *p = db_blob(q, 1, &len);

		r.step = db_int(q, 0);
		if (!p || !step_unpack(p, len, &r)) {
			db_done(q);
			return store_damaged(s, "the figures of a step", err);
		}
		w->last = r.step;
		w->n++;
		w->each(w->arg, &r);
	}
	return st == ST_END ? ST_OK : st;
}

enum status store_steps_read(struct store *s, int64_t from, int64_t to, int64_t stride,
			     void (*each)(void *arg, const struct step_row *r),
			     void *arg, struct err *err)
{
	struct steps_wanted w = { .each = each, .arg = arg };
	enum status st = db_is_writable(s->db) ? store_flush(s, err) : ST_OK;

	if (stride < 1)
		stride = 1;
	while (!st && from <= to) {
		st = read_chunk(s, stride > 1 ? SPARSE : DENSE, from, to, stride, &w, err);
		if (st || w.n < STORE_CHUNK || w.last > to - stride)
			break;
		from = w.last + stride;
	}
	return st;
}
