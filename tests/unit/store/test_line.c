/*
 * test_line.c - what stands after a run went back, again and again, against a run that
 * is kept as a list: each jump cuts that list, and what is in it then is what stands.
 */
#include "fixture/store_rows.h"

#include "base/mem.h"
#include "base/rng.h"
#include "store/line.h"
#include "store/store_copy.h"

enum { MOVES = 400, LIST = 2000 };

/* What happened, in order; a state is the place in the list behind its last item. */
struct item {
	enum { ITEM_STEP, ITEM_ENTRY } kind;
	int timeline;
	int64_t step, seq;
	bool is_jump;
};
struct model {
	struct item now[LIST], all[LIST]; /* what stands; everything */
	int n, n_all;
	int timeline;
	int64_t step, seq;                /* of the present; seq of all entries */
};

static void happen(struct model *m, struct item i)
{
	m->now[m->n++] = i;
	m->all[m->n_all++] = i;
}

static int64_t last_seq(const struct model *m, int n)
{
	for (int i = n - 1; i >= 0; i--)
		if (m->now[i].kind == ITEM_ENTRY)
			return m->now[i].seq;
	return 0;
}

static int64_t last_step(const struct model *m, int n)
{
	for (int i = n - 1; i >= 0; i--)
		if (m->now[i].kind == ITEM_STEP)
			return m->now[i].step;
	return 0;
}

static void take_step(struct model *m, struct store *s)
{
	struct step_row r = { .step = ++m->step, .lr = (float)m->timeline };
	struct gradient_row g = { .timeline = m->timeline, .step = m->step, .count = 1,
				  .norm = m->timeline };

	assert_int_equal(store_step(s, m->timeline, &r, NULL), ST_OK);
	store_gradient(s, &g);
	happen(m, (struct item){ ITEM_STEP, m->timeline, m->step, 0, false });
}

static void take_entry(struct model *m, struct store *s)
{
	struct journal_entry e = entry_at(m->timeline, m->step, "note x");

	assert_int_equal(store_journal(s, &e, NULL), ST_OK);
	m->seq = e.seq;
	happen(m, (struct item){ ITEM_ENTRY, m->timeline, m->step, e.seq, false });
}

/* To the state behind the first `n` items. A jump is an item of the new line. */
static void go_back(struct model *m, struct store *s, int n)
{
	struct journal_entry e = entry_at(m->timeline, m->step, "rollback 1!"), then;
	struct jump j = { .step = last_step(m, n), .seq = last_seq(m, n) };
	bool says = m->seq % 2;

	then = entry_at(99, 99, "note then");
	assert_int_equal(store_flush(s, NULL), ST_OK);
	assert_int_equal(store_jump(s, &e, &j, says ? &then : NULL, NULL), ST_OK);
	assert_int_equal(j.timeline, m->timeline + 1);
	m->n = n;
	m->timeline = j.timeline;
	m->step = j.step;
	m->seq = e.seq;
	happen(m, (struct item){ ITEM_ENTRY, j.timeline, j.step, e.seq, true });
	if (!says)
		return;
	m->seq = then.seq;
	happen(m, (struct item){ ITEM_ENTRY, j.timeline, j.step, then.seq, false });
}

/* --- what is asked --- */

static bool stands(const struct model *m, const struct item *i)
{
	for (int k = 0; k < m->n; k++)
		if (m->now[k].kind == i->kind && m->now[k].step == i->step &&
		    m->now[k].timeline == i->timeline && m->now[k].seq == i->seq)
			return true;
	return false;
}

static void check_line(const struct model *m, struct store *s)
{
	struct line l;

	assert_int_equal(store_line(s, &l, NULL), ST_OK);
	assert_int_equal(line_newest(&l), m->timeline);
	for (int k = 0; k < m->n_all; k++) {
		const struct item *i = &m->all[k];

		if (i->kind == ITEM_STEP)
			assert_int_equal(line_has_step(&l, i->timeline, i->step),
					 stands(m, i));
		else
			assert_int_equal(line_has_entry(&l, i->seq), stands(m, i));
		if (i->kind == ITEM_ENTRY)
			assert_int_equal(line_jump(&l, i->seq) != NULL, i->is_jump);
	}
	line_release(&l);
}

struct seen { const struct model *m; int at; };

static void see_step(void *arg, const struct step_row *r)
{
	struct seen *s = arg;

	while (s->at < s->m->n && s->m->now[s->at].kind != ITEM_STEP)
		s->at++;
	assert_true(s->at < s->m->n);
	assert_int_equal(r->step, s->m->now[s->at].step);
	assert_true(r->lr == (float)s->m->now[s->at++].timeline);
}

static void see_gradient(void *arg, const struct gradient_row *g)
{
	struct step_row r = { .step = g->step, .lr = (float)g->timeline };

	see_step(arg, &r);
}

static void check_rows(const struct model *m, struct store *s)
{
	struct seen steps = { m, 0 }, gradients = { m, 0 };
	struct journal_entry *e = NULL;
	int64_t last = -1;
	int n = 0, k = 0;

	assert_int_equal(store_flush(s, NULL), ST_OK);
	assert_int_equal(store_steps_read(s, 1, LIST, 1, see_step, &steps, NULL), ST_OK);
	assert_int_equal(store_gradients_read(s, 1, LIST, see_gradient, &gradients, NULL),
			 ST_OK);
	assert_int_equal(steps.at, gradients.at);
	assert_int_equal(store_last_step(s, &last, NULL), ST_OK);
	assert_int_equal(last, m->step);
	assert_int_equal(store_path(s, 0, &e, &n, NULL), ST_OK);
	for (int i = 0; i < m->n; i++) {
		if (m->now[i].kind != ITEM_ENTRY)
			continue;
		assert_true(k < n);
		assert_int_equal(e[k].seq, m->now[i].seq);
		assert_int_equal(e[k].step, m->now[i].step);
		assert_int_equal(e[k++].timeline, m->now[i].timeline);
	}
	assert_int_equal(k, n);
	xfree(e);
}

/* A branch from the present has what stands, and no jump any more. */
static void check_copy(const struct model *m, struct store *s, const char *name)
{
	struct store *to = store_make(name);
	struct seen steps = { m, 0 };
	struct journal_entry *e = NULL;
	struct line l;
	int n = 0, want = 0;

	assert_int_equal(store_copy(s, to, m->step, m->seq, NULL), ST_OK);
	assert_int_equal(store_line(to, &l, NULL), ST_OK);
	assert_int_equal(l.n, 0);
	line_release(&l);
	assert_int_equal(store_steps_read(to, 1, LIST, 1, see_step, &steps, NULL), ST_OK);
	for (int i = 0; i < m->n; i++)
		want += m->now[i].kind == ITEM_ENTRY && !m->now[i].is_jump;
	assert_int_equal(store_journal_read(to, 0, &e, &n, NULL), ST_OK);
	assert_int_equal(n, want);
	xfree(e);
	store_close(to);
}

static void test_random(void **state)
{
	struct rng dice = rng_stream(5, RNG_TEST, 7, 0);
	struct model *m = xcalloc(1, sizeof *m);
	struct store *s = store_make("line.db"), *reader;
	int jumps = 0;

	(void)state;
	for (int i = 0; i < MOVES; i++) {
		uint64_t what = rng_below(&dice, (uint64_t)(3 * i), 20);

		if (what < 13) {
			take_step(m, s);
		} else if (what < 18) {
			take_entry(m, s);
		} else if (m->n) {
			go_back(m, s, (int)rng_below(&dice, (uint64_t)(3 * i + 1),
						     (uint64_t)m->n + 1));
			jumps++;
		}
		if (i % 16 == 0)
			check_line(m, s);
	}
	assert_true(jumps > 20);
	check_line(m, s);
	check_rows(m, s);
	check_copy(m, s, "copy.db");
	reader = store_again("line.db", true);
	check_rows(m, reader);
	store_close(reader);
	store_close(s);
	xfree(m);
}

/* What a resumed run drops is of the line alone: what was left stays as it is. */
static void test_drop(void **state)
{
	struct model *m = xcalloc(1, sizeof *m);
	struct store *s = store_make("drop.db");
	struct db_rows *q = NULL;

	(void)state;
	for (int i = 0; i < 20; i++)
		take_step(m, s);
	go_back(m, s, 10);
	for (int i = 0; i < 5; i++)
		take_step(m, s);
	assert_int_equal(store_flush(s, NULL), ST_OK);
	assert_int_equal(store_drop_after(s, 12, NULL), ST_OK);
	assert_int_equal(db_query(s->db, "SELECT count(*), max(step) FROM step", NULL, 0, &q,
				  NULL), ST_OK);
	assert_int_equal(db_next(q, NULL), ST_OK);
	assert_int_equal(db_int(q, 0), 22); /* 20 of timeline 0, 11 and 12 of timeline 1 */
	assert_int_equal(db_int(q, 1), 20);
	db_done(q);
	store_close(s);
	xfree(m);
}

/* Facts that are no jumps are damage, not a line. */
static void test_damage(void **state)
{
	static const char *const bad[][2] = {
		{ "timeline.1", "50 3" }, { "timeline.1", "50 3 7 8" }, { "timeline.1", "x 3 7" },
		{ "timeline.1", "-1 3 7" }, { "timeline.1", "50 7 7" }, { "timeline.0", "5 3 7" },
		{ "timeline.x", "50 3 7" }, { "timeline.1", "" },
		{ "timeline.1", "99999999999999999999999999 3 7" },
	};
	struct line l;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = { "" };
		struct store *s = store_make("bad.db");

		assert_int_equal(store_set_fact(s, bad[i][0], bad[i][1], NULL), ST_OK);
		assert_int_equal(store_line(s, &l, &err), ST_CORRUPT);
		assert_non_null(strstr(err.text, "timeline"));
		line_release(&l);
		store_close(s);
		assert_int_equal(remove(in_scratch("bad.db")), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests_name("line", tests, scratch_make,
					   scratch_remove);
}
