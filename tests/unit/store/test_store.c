/*
 * test_store.c - the run store: what goes in comes out, to the bit, all or
 * nothing, also for a reader beside the writer.
 */
#include <math.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "fixture/eval_row.h"
#include "fixture/store_rows.h"
#include "store/store_own.h"

static void test_facts(void **state)
{
	struct store *s = store_make("facts.db");
	char *v;

	(void)state;
	assert_null(store_fact(s, "blas"));
	assert_int_equal(store_set_fact(s, "blas", "zen", NULL), ST_OK);
	assert_int_equal(store_set_fact(s, "blas", "haswell 'x'", NULL), ST_OK);
	store_close(s);
	s = store_again("facts.db", true);
	v = store_fact(s, "blas");
	assert_string_equal(v, "haswell 'x'");
	xfree(v);
	assert_int_not_equal(store_set_fact(s, "blas", "no", NULL), ST_OK);
	store_close(s);
}

struct gradients {
	struct gradient_row row[8];
	int n;
};

static void add_gradient(void *arg, const struct gradient_row *r)
{
	struct gradients *g = arg;

	g->row[g->n++] = *r;
}

static enum status read_gradients(const char *name, int64_t from, struct gradients *out)
{
	struct store *s = store_again(name, true);
	enum status st;

	out->n = 0;
	st = store_gradients_read(s, from, INT64_MAX, add_gradient, out, NULL);
	store_close(s);
	return st;
}

/* Old stores are without the table: none to read, made when written to. */
static void test_gradients(void **state)
{
	struct store *s = store_make("gradients.db");
	struct gradient_row r[] = {
		{ .timeline = 1, .step = 3, .task = 0, .count = 1, .norm = .5 },
		{ .step = 9, .task = 2, .count = 2, .scheduled = true, .norm = 1.0 / 3 },
		{ .step = 9, .task = 1, .count = 1, .norm = 1e300 },
		{ .step = 9, .task = 1, .count = 1, .norm = 7 },
	};
	struct gradients g;
	sqlite3 *db;

	(void)state;
	for (int i = 0; i < 4; i++)
		store_gradient(s, &r[i]);
	store_close(s);
	assert_int_equal(read_gradients("gradients.db", 0, &g), ST_OK);
	assert_int_equal(g.n, 3);
	assert_true(g.row[0].timeline == 1 && g.row[0].step == 3);
	assert_true(g.row[1].task == 1 && g.row[1].norm == 7 && !g.row[1].scheduled);
	assert_true(g.row[2].norm == 1.0 / 3 && g.row[2].scheduled && g.row[2].count == 2);
	assert_int_equal(read_gradients("gradients.db", 4, &g), ST_OK);
	assert_int_equal(g.n, 2);
	assert_int_equal(sqlite3_open(in_scratch("gradients.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE gradient SET norm = -1", NULL, NULL,
				      NULL), SQLITE_OK);
	assert_int_equal(read_gradients("gradients.db", 0, &g), ST_CORRUPT);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE gradient", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(read_gradients("gradients.db", 0, &g), ST_OK);
	assert_int_equal(g.n, 0);
	s = store_again("gradients.db", false);
	store_gradient(s, &r[0]);
	assert_int_equal(store_flush(s, NULL), ST_OK);
	store_close(s);
	assert_int_equal(read_gradients("gradients.db", 0, &g), ST_OK);
	assert_int_equal(g.n, 1);
}

static void test_journal(void **state)
{
	struct store *s = store_make("journal.db");
	struct journal_entry a = entry_at(0, 7, "weight sum 2"), *list;
	struct journal_entry b = entry_at(0, 3, "mute cls on");
	struct journal_entry c = entry_at(1, 1, "note \xe2\x82\xac 'q' \"r\"");
	int n;

	(void)state;
	assert_int_equal(store_journal(s, &a, NULL), ST_OK);
	assert_int_equal(store_journal(s, &b, NULL), ST_OK);
	assert_int_equal(store_journal(s, &c, NULL), ST_OK);
	assert_true(a.seq == 1 && b.seq == 2 && c.seq == 3);
	store_close(s);
	s = store_again("journal.db", true);
	assert_int_equal(store_journal_read(s, 0, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 3);
	/* timeline, step, seq */
	assert_true(list[0].seq == 2 && list[1].seq == 1 && list[2].seq == 3);
	assert_string_equal(list[2].command, c.command);
	assert_true(list[1].who == WHO_SCRIPT && list[1].unix_ms == 123);
	assert_string_equal(list[1].before, "1");
	xfree(list);
	assert_int_equal(store_journal_read(s, 2, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	xfree(list);
	store_close(s);
}

static void test_evals(void **state)
{
	struct store *s = store_make("evals.db");
	struct eval_row r = { .step = 20, .task = 1, .n_examples = 40, .scheduled = true,
			      .loss = 0.1 + 0.2, .seconds = 1, .n_metrics = 2 };
	struct eval_row *list;
	int n;

	(void)state;
	str_copy(r.metric[0].name, 16, "rouge1");
	r.metric[0].value = 1.0 / 3;
	str_copy(r.metric[1].name, 16, "rougeLsum");
	r.metric[1].value = NAN;
	assert_int_equal(put_eval_row(s, &r), ST_OK);
	r.task = 0;
	r.scheduled = false;
	r.loss = NAN;
	assert_int_equal(put_eval_row(s, &r), ST_OK);
	assert_int_equal(store_evals_read(s, -1, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 2);
	assert_true(isnan(list[0].loss) && !list[0].scheduled);
	assert_true(list[1].loss == 0.1 + 0.2 && list[1].scheduled);
	assert_true(list[1].metric[0].value == 1.0 / 3);
	assert_true(isnan(list[1].metric[1].value));
	assert_string_equal(list[1].metric[1].name, "rougeLsum");
	xfree(list);
	assert_int_equal(store_evals_read(s, 1, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	xfree(list);
	store_close(s);
}

/* The second task's rows cannot go in: then the first one's are not there either. */
static void test_whole_or_not(void **state)
{
	struct store *s = store_make("evaluation.db");
	struct prediction p = { .row = 4 };
	struct dev_row d = { .row = 4, .line = 5 };
	struct evaluation e[2] = { { .row = { .step = 10, .scheduled = true },
				     .n_kept = 1, .kept = &p, .dev_rows = &d },
				   { .row = { .step = 10, .task = 1, .scheduled = true },
				     .n_kept = 1, .kept = &p, .dev_rows = &d } };
	struct score_row score = { .step = 10, .scheduled = true, .counted = 3 }, was;
	struct prediction_set set;
	struct eval_row *list;
	int n;

	(void)state;
	assert_int_equal(db_script(s->db, "CREATE TRIGGER no BEFORE INSERT ON prediction "
				   "WHEN NEW.task = 1 BEGIN SELECT RAISE(ABORT, 'no'); END",
				   NULL), ST_OK);
	assert_true(store_evaluation(s, &score, e, 2, 20, NULL) != ST_OK);
	assert_int_equal(store_evals_read(s, -1, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 0);
	xfree(list);
	assert_int_equal(store_predictions_read(s, 0, 10, &set, NULL), ST_NOT_FOUND);
	assert_int_equal(store_score(s, 0, 10, &was, NULL), ST_NOT_FOUND);
	assert_int_equal(db_script(s->db, "DROP TRIGGER no", NULL), ST_OK);
	assert_int_equal(store_evaluation(s, &score, e, 2, 20, NULL), ST_OK);
	assert_int_equal(store_evals_read(s, -1, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 2);
	xfree(list);
	assert_int_equal(store_score(s, 0, 10, &was, NULL), ST_OK);
	assert_true(was.counted == 3 && was.since == 10);
	store_close(s);
}

static void test_predictions(void **state)
{
	struct store *s = store_make("predictions.db");
	struct prediction_set set;
	int64_t *steps;

	(void)state;
	assert_int_equal(store_predictions_read(s, 0, -1, &set, NULL), ST_NOT_FOUND);
	for (int64_t i = 10; i <= 50; i += 10)
		put_eval(s, i, i != 50, 0);
	assert_int_equal(store_predictions_read(s, 0, -1, &set, NULL), ST_OK);
	assert_true(set.step == 50 && set.n == 2);
	assert_true(set.p[0].n == 5 && set.p[0].v[3] == 50 && isnan(set.p[0].v[4]));
	assert_true(set.p[0].v[2] == (double)0.1f);
	assert_true(isnan(set.p[0].loss) && set.p[1].v[0] == 0.1 && set.p[1].v[3] == 0.5);
	assert_null(set.p[0].text);
	assert_string_equal(set.p[1].text, "caf\xc3\xa9");
	assert_string_equal(set.row[1].pair, "d");
	assert_true(set.row[0].line == 5 && !set.row[0].pair);
	prediction_set_release(&set);
	assert_int_equal(store_history_read(s, 0, 9, &set, &steps, NULL), ST_OK);
	assert_true(set.n == 5 && steps[0] == 10 && steps[4] == 50);
	prediction_set_release(&set);
	xfree(steps);
	put_eval(s, 40, true, 2);
	assert_int_equal(store_history_read(s, 0, 9, &set, &steps, NULL), ST_OK);
	assert_true(set.n == 2 && steps[0] == 30 && steps[1] == 40);
	prediction_set_release(&set);
	xfree(steps);
	assert_int_equal(store_predictions_read(s, 0, 30, &set, NULL), ST_OK);
	prediction_set_release(&set);
	assert_int_equal(store_predictions_read(s, 0, 20, &set, NULL), ST_NOT_FOUND);
	store_close(s);
}

static void put_one(struct store *s, int64_t step, int kind, double said, int keep)
{
	double v[2] = { 1, said };
	struct prediction p = { .row = 3, .n = 2, .v = v };
	struct dev_row d = { .row = 3 };
	struct evaluation e = { .row = { .step = step, .scheduled = kind == 1,
					 .is_whole = kind == 2, .loss = said },
				.n_kept = 1, .kept = &p, .dev_rows = &d };

	assert_int_equal(store_evaluation(s, NULL, &e, 1, keep, NULL), ST_OK);
}

/* One of all rows stands beside those of its step, and its predictions stay. */
static void test_whole(void **state)
{
	struct store *s = store_make("whole.db");
	struct prediction_set set;
	struct eval_row *e = NULL, page[2];
	int n = 0;

	(void)state;
	for (int kind = 0; kind < 3; kind++)
		put_one(s, 5, kind, kind, 2);
	put_one(s, 5, 0, 7, 0);
	put_one(s, 5, 1, 8, 2);
	assert_int_equal(store_evals_read(s, -1, &e, &n, NULL), ST_OK);
	assert_int_equal(n, 3);
	for (int i = 0; i < n; i++)
		assert_int_equal(eval_row_sort(&e[i]), i);
	assert_true(e[2].is_whole && !e[2].scheduled && e[1].scheduled && !e[1].is_whole);
	assert_true(e[0].loss == 7 && e[1].loss == 8 && e[2].loss == 2);
	assert_int_equal(store_evals_page(s, &e[1], page, 2, &n, NULL), ST_OK);
	assert_true(n == 1 && page[0].is_whole);
	xfree(e);
	assert_int_equal(store_predictions_read(s, 0, 5, &set, NULL), ST_OK);
	assert_true(prediction_value(&set.p[0], 1) == 2);
	prediction_set_release(&set);
	put_one(s, 6, 1, 9, 2); /* of the newest two it is one, of three no more */
	assert_int_equal(store_predictions_read(s, 0, 5, &set, NULL), ST_OK);
	prediction_set_release(&set);
	put_one(s, 7, 1, 9, 2);
	assert_int_equal(store_predictions_read(s, 0, 5, &set, NULL), ST_NOT_FOUND);
	store_close(s);
}

static void test_checkpoints(void **state)
{
	struct store *s = store_make("checkpoints.db");
	struct checkpoint_row r = { .step = 5, .folder = "step-000005", .score = NAN,
				    .state = "00" }, *list;
	int n;

	(void)state;
	r.best = true;
	assert_int_equal(store_checkpoint(s, &r, NULL), ST_OK);
	r.step = 10;
	r.score = 0.25;
	str_copy(r.folder, sizeof r.folder, "step-000010");
	str_copy(r.name, sizeof r.name, "before");
	assert_int_equal(store_checkpoint(s, &r, NULL), ST_OK);
	assert_int_equal(store_checkpoints_read(s, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 2);
	assert_true(!list[0].best && list[1].best && isnan(list[0].score));
	assert_true(list[1].score == 0.25);
	assert_string_equal(list[1].name, "before");
	xfree(list);
	assert_int_equal(store_checkpoint_forget(s, "step-000005", NULL), ST_OK);
	assert_int_equal(store_checkpoints_read(s, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	xfree(list);
	store_close(s);
}

/* A reader sees whole transactions while the writer writes. */
static void test_reader_beside_writer(void **state)
{
	struct store *s = store_make("live.db"), *r;
	int fail = 0, code, last = 0;
	pid_t pid;

	(void)state;
	store_close(s);
	pid = fork();
	if (!pid) {
		s = NULL;
		code = store_open(in_scratch("live.db"), false, &s, NULL) != ST_OK;
		for (int i = 0; i < 200 && !code; i++) {
			struct journal_entry e = entry_at(0, i, "lr 1");

			code = store_journal(s, &e, NULL) != ST_OK;
		}
		_exit(code); /* not closed: as if killed */
	}
	r = store_again("live.db", true);
	while (waitpid(pid, &code, WNOHANG) == 0) {
		struct journal_entry *list;
		int n;

		if (store_journal_read(r, 0, &list, &n, NULL) || n < last)
			fail++;
		last = n;
		xfree(list);
	}
	store_close(r);
	assert_int_equal(code, 0);
	assert_int_equal(fail, 0);
	r = store_again("live.db", true); /* the log that the writer left is read */
	{
		struct journal_entry *list;

		assert_int_equal(store_journal_read(r, 0, &list, &last, NULL), ST_OK);
		xfree(list);
	}
	assert_int_equal(last, 200);
	store_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_evals),
		cmocka_unit_test(test_whole_or_not),
		cmocka_unit_test(test_predictions),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_checkpoints),
		cmocka_unit_test(test_reader_beside_writer),
	};

	return cmocka_run_group_tests_name("store", tests,
					   scratch_make, scratch_remove);
}
