/*
 * test_store_conflict.c - measurements of how gradients agree: what goes in comes out, to
 * the bit; what stands no more is left out; bytes that are none are refused by name.
 */
#include <math.h>
#include <sqlite3.h>

#include "fixture/store_rows.h"
#include "store/line.h"
#include "store/store_conflict.h"
#include "store/store_copy.h"

enum { GROUPS = 3, TASKS = 4, PAIRS = 6, ROWS = 16 };

struct seen {
	int n;
	struct conflict_row *row[ROWS];
};

static void see(void *arg, const struct conflict_row *r)
{
	struct seen *s = arg;

	assert_true(s->n < ROWS);
	s->row[s->n++] = conflict_row_new(r);
}

static void forget(struct seen *s)
{
	for (int i = 0; i < s->n; i++)
		xfree(s->row[i]);
	s->n = 0;
}

static enum status read_all(const char *name, int64_t from, struct seen *out)
{
	struct store *s = store_again(name, true);
	enum status st;

	forget(out);
	st = store_conflicts_read(s, from, INT64_MAX, see, out, NULL);
	store_close(s);
	return st;
}

static struct conflict_row row_at(int64_t step)
{
	static float norm[GROUPS * TASKS], cosine[GROUPS * PAIRS];

	for (int i = 0; i < GROUPS * TASKS; i++)
		norm[i] = (float)(i + step) / 3;
	for (int i = 0; i < GROUPS * PAIRS; i++)
		cosine[i] = i % 5 == 4 ? NAN : (float)(i - 9) / 10;
	return (struct conflict_row){ .step = step, .from = step - 1, .scheduled = step % 2,
				      .is_exact = step % 3 == 0, .seconds = 0.125f, .n = TASKS,
				      .groups = GROUPS, .task = { 1, 2, 5, 63 },
				      .norm = norm, .cosine = cosine };
}

static void check_row(const struct conflict_row *r, int64_t step)
{
	struct conflict_row want = row_at(step);

	assert_true(r->step == step && r->from == want.from && r->seconds == want.seconds);
	assert_true(r->scheduled == want.scheduled && r->is_exact == want.is_exact);
	assert_true(r->n == TASKS && r->groups == GROUPS && r->task[3] == 63);
	assert_memory_equal(r->norm, want.norm, sizeof(float) * GROUPS * TASKS);
	assert_memory_equal(r->cosine, want.cosine, sizeof(float) * GROUPS * PAIRS);
}

static void test_rows(void **state)
{
	struct store *s = store_make("rows.db");
	struct conflict_row none = { .step = 9, .from = 9, .seconds = 0.5f };
	struct seen seen = { 0 };

	(void)state;
	for (int64_t step = 3; step < 6; step++) {
		struct conflict_row r = row_at(step);

		store_conflict(s, &r);
	}
	store_conflict(s, &none);
	store_close(s);
	assert_int_equal(read_all("rows.db", 0, &seen), ST_OK);
	assert_int_equal(seen.n, 4);
	for (int i = 0; i < 3; i++)
		check_row(seen.row[i], 3 + i);
	assert_true(seen.row[3]->n == 0 && seen.row[3]->seconds == 0.5f);
	assert_true(isnan(conflict_cosine(seen.row[0], 3, 1, 0)));
	assert_int_equal(read_all("rows.db", 5, &seen), ST_OK);
	assert_int_equal(seen.n, 2);
	s = store_again("rows.db", false);
	assert_int_equal(store_drop_after(s, 3, NULL), ST_OK);
	store_close(s);
	assert_int_equal(read_all("rows.db", 0, &seen), ST_OK);
	assert_int_equal(seen.n, 1);
	forget(&seen);
}

/* Those after the step that the run went back to stand no more, nor go with a branch. */
static void test_line(void **state)
{
	struct store *s = store_make("line.db"), *to = store_make("copy.db");
	struct journal_entry e = entry_at(0, 4, "rollback 4!");
	struct jump j = { .step = 4 };
	struct seen seen = { 0 };

	(void)state;
	for (int64_t step = 3; step < 7; step++) {
		struct conflict_row r = row_at(step);

		store_conflict(s, &r);
	}
	assert_int_equal(store_flush(s, NULL), ST_OK);
	assert_int_equal(store_jump(s, &e, &j, NULL, NULL), ST_OK);
	assert_int_equal(store_copy(s, to, 3, 0, NULL), ST_OK);
	store_close(s);
	store_close(to);
	assert_int_equal(read_all("line.db", 0, &seen), ST_OK);
	assert_int_equal(seen.n, 2);
	assert_int_equal(read_all("copy.db", 0, &seen), ST_OK);
	assert_int_equal(seen.n, 1);
	check_row(seen.row[0], 3);
	forget(&seen);
}

/* One change to the bytes of a row, in SQL, and what reading says. */
static enum status spoil(const char *sql)
{
	struct store *s = store_make("spoilt.db");
	struct conflict_row r = row_at(3);
	struct seen seen = { 0 };
	enum status st;
	sqlite3 *db;

	store_conflict(s, &r);
	store_close(s);
	assert_int_equal(sqlite3_open(in_scratch("spoilt.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	st = read_all("spoilt.db", 0, &seen);
	forget(&seen);
	unlink(in_scratch("spoilt.db"));
	return st;
}

static void test_spoilt(void **state)
{
	static const char *const bad[] = {
		"UPDATE conflict SET figures = x''",
		"UPDATE conflict SET figures = 'words'",
		"UPDATE conflict SET figures = x'02' || substr(figures, 2)",       /* version */
		"UPDATE conflict SET figures = figures || x'00'",
		"UPDATE conflict SET figures = substr(figures, 1, length(figures) - 4)",
		"UPDATE conflict SET timeline = -1",
		"UPDATE conflict SET figures = CAST(substr(figures, 1, 17) || x'01010505' || "
		"substr(figures, 22) AS BLOB)",                                    /* tasks */
		"UPDATE conflict SET figures = CAST(substr(figures, 1, 21) || x'0000c07f' || "
		"substr(figures, 26) AS BLOB)",                                    /* a norm NaN */
		"UPDATE conflict SET figures = CAST(substr(figures, 1, 37) || x'00000040' || "
		"substr(figures, 42) AS BLOB)",                                    /* a cosine 2 */
	};

	(void)state;
	assert_int_equal(spoil("SELECT 1"), ST_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (spoil(bad[i]) != ST_CORRUPT)
			fail_msg("%s", bad[i]);
	assert_int_equal(spoil("DROP TABLE conflict"), ST_OK); /* as in older stores */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_spoilt),
	};

	return cmocka_run_group_tests_name("store_conflict", tests, scratch_make,
					   scratch_remove);
}
