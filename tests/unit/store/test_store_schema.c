/*
 * test_store_schema.c - predictions as bytes, and stores of versions 1 to 3: they are
 * read as they are, and brought to this version when they are written to, all or nothing.
 */
#include "fixture/data_check.h"

#include <math.h>
#include <sqlite3.h>

#include "ask/ask_classify.h"
#include "ask/ask_regress.h"
#include "ask/ask_summarize.h"
#include "base/mem.h"
#include "store/store.h"

enum { VERSION = 4 };

/* --- bytes --- */

static void both_ways(const double *v, int n, size_t least, size_t most)
{
	struct prediction p = { .n = n, .v = (double *)(uintptr_t)v }, q = { 0 };
	struct buf b;

	buf_init(&b);
	prediction_pack(&p, &b);
	if (b.len < least || b.len > most)
		fail_msg("%zu bytes for %d values", b.len, n);
	assert_true(prediction_unpack((const unsigned char *)b.s, b.len, &q));
	assert_int_equal(q.n, n);
	if (n)
		assert_memory_equal(q.v, v, sizeof *v * (size_t)n);
	for (size_t i = 0; i < b.len; i++) { /* cut anywhere: fewer values, or refused */
		struct prediction cut = { 0 };

		if (prediction_unpack((const unsigned char *)b.s, i, &cut))
			assert_true(cut.n < n || !n);
		prediction_release(&cut);
	}
	prediction_release(&q);
	buf_release(&b);
}

static void test_bytes(void **state)
{
	static const double odd[] = { 0.1, 1, 2, 3, -0.0, 1e300, NAN, INFINITY, 1e-310, 0.5 };
	double p[1002] = { 3, 7 };

	(void)state;
	for (int k = 2; k < 1002; k++)
		p[k] = (double)(1.0f / (float)k);
	both_ways(NULL, 0, 1, 1);
	both_ways((double[]){ 0, -1 }, 2, 14, 14);
	both_ways((double[]){ 0.1, 1 }, 2, 22, 22);
	both_ways(odd, 10, 50, 90);
	both_ways(p, 1002, 4014, 4014); /* four bytes each: floats stay floats */
}

/* What a row counts goes with its values, to the bit; without one nothing is added. */
static void test_weight(void **state)
{
	double v[] = { 0.1, 1 };
	struct prediction p = { .n = 2, .v = v, .weight = 17.3 }, q = { 0 };
	unsigned char bad[9] = { 2 };
	struct buf b;

	(void)state;
	buf_init(&b);
	prediction_pack(&p, &b);
	assert_int_equal(b.len, 22 + 8);
	assert_true(prediction_unpack((const unsigned char *)b.s, b.len, &q));
	assert_true(q.weight == 17.3 && q.n == 2 && q.v[0] == .1);
	for (size_t i = 1; i < 9; i++)
		assert_false(prediction_unpack((const unsigned char *)b.s, i, &q));
	p.weight = 0;
	buf_clear(&b);
	prediction_pack(&p, &b);
	assert_true(prediction_unpack((const unsigned char *)b.s, b.len, &q));
	assert_true(q.weight == 0 && b.s[0] == 1);
	assert_false(prediction_unpack(bad, sizeof bad, &q)); /* 0 */
	memset(bad + 1, 0xff, 8);
	assert_false(prediction_unpack(bad, sizeof bad, &q)); /* NaN */
	bad[7] = 0xf0;
	memset(bad + 1, 0, 6);
	assert_false(prediction_unpack(bad, sizeof bad, &q)); /* minus infinity */
	bad[8] = 0x3f;
	assert_true(prediction_unpack(bad, sizeof bad, &q) && q.weight == 1 && !q.n);
	prediction_release(&q);
	buf_release(&b);
}

static void test_no_bytes(void **state)
{
	static const unsigned char bad[][12] = {
		{ 3 }, { 1, 4 }, { 1, 3, 1, 0, 0, 0, 9, 9, 9, 9 },
		{ 1, 8, 1, 0, 0, 0, 9, 9, 9, 9 }, { 1, 4, 255, 255, 255, 255, 9, 9, 9, 9 },
	};
	static const size_t len[] = { 1, 2, 10, 10, 10 };
	struct prediction p = { 0 };

	(void)state;
	assert_false(prediction_unpack(bad[0], 0, &p));
	for (size_t i = 0; i < sizeof len / sizeof *len; i++)
		assert_false(prediction_unpack(bad[i], len[i], &p));
	assert_true(p.n == 0 && !p.v);
	assert_true(isnan(prediction_value(&p, 0)) && prediction_class(&p, 0) == -1);
}

/* --- version 1 --- */

static void sql(const char *name, const char *text)
{
	char *why = NULL;
	sqlite3 *c;

	assert_int_equal(sqlite3_open(in_scratch(name), &c), SQLITE_OK);
	if (sqlite3_exec(c, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(c);
}

static int version_of(const char *name)
{
	sqlite3_stmt *q;
	sqlite3 *c;
	int version;

	assert_int_equal(sqlite3_open(in_scratch(name), &c), SQLITE_OK);
	sqlite3_prepare_v2(c, "PRAGMA user_version", -1, &q, NULL);
	sqlite3_step(q);
	version = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(c);
	return version;
}

/* The journal as it was before version 4. */
#define NO_ACTORS                                                              \
	"ALTER TABLE journal DROP COLUMN actor; ALTER TABLE journal DROP COLUMN reason;" \
	"ALTER TABLE journal DROP COLUMN refused;"

/* A store as the first version left it, with predictions of three kinds. */
static void make_old(const char *name)
{
	struct store *s;

	assert_int_equal(store_open(in_scratch(name), true, &s, NULL), ST_OK);
	store_close(s);
	sql(name, NO_ACTORS "DROP TABLE prediction; CREATE TABLE prediction("
	    "task INTEGER NOT NULL, step INTEGER NOT NULL,"
	    " timeline INTEGER NOT NULL, row INTEGER NOT NULL, gold INTEGER, pred INTEGER,"
	    " number REAL, guess REAL, loss REAL, p BLOB, output TEXT, detail TEXT,"
	    " rouge1 REAL, rouge2 REAL, rougeL REAL,"
	    " PRIMARY KEY(task, step, timeline, row)) WITHOUT ROWID;"
	    "PRAGMA user_version=1;"
	    "INSERT INTO dev_row VALUES(0, 4, 5, 'a', NULL, 'b');"
	    "INSERT INTO prediction VALUES(0, 10, 0, 4, 1, 0, 0, 0, 0.25,"
	    " x'0000003f0000803e0000803e', NULL, NULL, 0, 0, 0);"
	    "INSERT INTO prediction VALUES(0, 20, 0, 4, 1, 1, 0, 0, NULL,"
	    " x'0000803e0000003f0000803e', NULL, NULL, 0, 0, 0);"
	    "INSERT INTO prediction VALUES(1, 20, 0, 9, 0, 0, 0.1, -2.5, 0.7, x'',"
	    " NULL, NULL, 0, 0, 0);"
	    "INSERT INTO prediction VALUES(2, 20, 0, 3, 0, 0, 0, 0, 1.5, x'',"
	    " 'caf\xc3\xa9', '{\"pieces\":[]}', 0.1, 0.2, 0.3);");
}

static void check_all(struct store *s)
{
	struct prediction_set set;
	struct rouge rouge;
	int64_t *steps = NULL;

	assert_int_equal(store_history_read(s, 0, 4, &set, &steps, NULL), ST_OK);
	assert_true(set.n == 2 && steps[0] == 10 && steps[1] == 20);
	assert_true(label_gold(&set.p[0]) == 1 && label_pred(&set.p[0]) == 0);
	assert_true(label_count(&set.p[0]) == 3 && label_p(&set.p[0], 0) == .5 &&
		    label_p(&set.p[0], 2) == .25);
	assert_true(set.p[0].loss == .25 && isnan(set.p[1].loss));
	assert_string_equal(set.row[0].target, "b");
	prediction_set_release(&set);
	xfree(steps);
	assert_int_equal(store_predictions_read(s, 1, -1, &set, NULL), ST_OK);
	assert_true(number_gold(&set.p[0]) == .1 && number_guess(&set.p[0]) == -2.5);
	assert_true(set.p[0].n == 2 && !set.p[0].text);
	prediction_set_release(&set);
	assert_int_equal(store_predictions_read(s, 2, 20, &set, NULL), ST_OK);
	assert_true(summary_score(&set.p[0], SUMMARY_ROUGE1) == .1 &&
		    summary_score(&set.p[0], SUMMARY_ROUGEL) == .3 &&
		    isnan(summary_score(&set.p[0], SUMMARY_ROUGELSUM)));
	assert_false(summary_rouge(&set.p[0], &rouge)); /* to be measured */
	assert_string_equal(set.p[0].text, "caf\xc3\xa9");
	assert_string_equal(set.p[0].detail, "{\"pieces\":[]}");
	prediction_set_release(&set);
}

/* A reader changes nothing, and reads on when the run is resumed beside it. */
static void test_version_1(void **state)
{
	struct store *reader, *writer;

	(void)state;
	make_old("old.db");
	assert_int_equal(store_open_readonly(in_scratch("old.db"), &reader, NULL), ST_OK);
	check_all(reader);
	assert_int_equal(version_of("old.db"), 1);
	assert_int_equal(store_open(in_scratch("old.db"), false, &writer, NULL), ST_OK);
	check_all(writer);
	check_all(reader);
	store_close(reader);
	store_close(writer);
	assert_int_equal(version_of("old.db"), VERSION);
	assert_int_equal(store_open(in_scratch("old.db"), false, &writer, NULL), ST_OK);
	check_all(writer);
	store_close(writer);
}

/* Of version 2, whose rows have no weights: a reader leaves it, a writer takes it on. */
static void test_version_2(void **state)
{
	struct store *s;
	struct prediction_set set;

	(void)state;
	assert_int_equal(store_open(in_scratch("two.db"), true, &s, NULL), ST_OK);
	store_close(s);
	assert_int_equal(version_of("two.db"), VERSION);
	sql("two.db", NO_ACTORS "PRAGMA user_version=2; INSERT INTO prediction VALUES"
	    "(2, 5, 0, 1, 0.5, x'01040100000000000040', 'text', NULL)");
	assert_int_equal(store_open_readonly(in_scratch("two.db"), &s, NULL), ST_OK);
	assert_int_equal(store_predictions_read(s, 2, 5, &set, NULL), ST_OK);
	assert_true(set.p[0].weight == 0 && set.p[0].loss == .5 && set.p[0].v[0] == 2);
	prediction_set_release(&set);
	store_close(s);
	assert_int_equal(version_of("two.db"), 2);
	assert_int_equal(store_open(in_scratch("two.db"), false, &s, NULL), ST_OK);
	store_close(s);
	assert_int_equal(version_of("two.db"), VERSION);
}

static void check_entry(struct store *s, int i, enum journal_who who, const char *command,
			const char *actor, const char *reason, const char *refused)
{
	struct journal_entry *all = NULL, one;
	int n = 0;

	assert_int_equal(store_journal_read(s, 0, &all, &n, NULL), ST_OK);
	assert_true(i < n);
	assert_int_equal(all[i].who, who);
	assert_string_equal(all[i].command, command);
	assert_string_equal(all[i].actor, actor);
	assert_string_equal(all[i].reason, reason);
	assert_string_equal(all[i].refused, refused);
	assert_int_equal(store_journal_page(s, all[i].seq - 1, &one, 1, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	assert_memory_equal(&one, &all[i], sizeof one);
	xfree(all);
}

/*
 * Of version 3, whose journal knows no actors: read as it is, also by one who began to
 * read before it is written to again, and who then sees the new columns.
 */
static void test_version_3(void **state)
{
	struct journal_entry e = { .step = 3, .who = WHO_ACTOR, .command = "note x",
				   .actor = "tuner", .reason = "a 'why'", .refused = "no" };
	struct store *reader, *s;

	(void)state;
	assert_int_equal(store_open(in_scratch("three.db"), true, &s, NULL), ST_OK);
	store_close(s);
	sql("three.db", NO_ACTORS "PRAGMA user_version=3; INSERT INTO journal VALUES"
	    "(1, 0, 2, 5, 'you', 'weight mood 2', '1', '2')");
	assert_int_equal(store_open_readonly(in_scratch("three.db"), &reader, NULL), ST_OK);
	check_entry(reader, 0, WHO_PERSON, "weight mood 2", "", "", "");
	assert_int_equal(version_of("three.db"), 3);
	assert_int_equal(store_open(in_scratch("three.db"), false, &s, NULL), ST_OK);
	assert_int_equal(version_of("three.db"), VERSION);
	check_entry(s, 0, WHO_PERSON, "weight mood 2", "", "", "");
	assert_int_equal(store_journal(s, &e, NULL), ST_OK);
	check_entry(s, 1, WHO_ACTOR, "note x", "tuner", "a 'why'", "no");
	check_entry(reader, 1, WHO_ACTOR, "note x", "tuner", "a 'why'", "no");
	store_close(reader);
	store_close(s);
}

/* What cannot be brought over stays as it was, all of it. */
static void test_half_way(void **state)
{
	struct err err = { "" };
	struct store *s;

	(void)state;
	make_old("half.db");
	sql("half.db", "INSERT INTO prediction VALUES(2, 30, 0, 3, 0, 0, 0, 0, 0, x'010203',"
	    " NULL, NULL, 0, 0, 0)");
	assert_int_equal(store_open(in_scratch("half.db"), false, &s, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "a prediction"));
	assert_int_equal(version_of("half.db"), 1);
	sql("half.db", "DELETE FROM prediction WHERE step = 30");
	assert_int_equal(store_open_readonly(in_scratch("half.db"), &s, NULL), ST_OK);
	check_all(s);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_weight),
		cmocka_unit_test(test_no_bytes),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_version_2), cmocka_unit_test(test_version_3),
		cmocka_unit_test(test_half_way),
	};

	return cmocka_run_group_tests_name("store, versions", tests, scratch_make,
					   scratch_remove);
}
