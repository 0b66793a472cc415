/*
 * test_store.c - the run store: what goes in comes out, to the bit; readers
 * beside a writer; a killed writer; files that are no store.
 */
#include "fixture/data_check.h"

#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "fixture/eval_row.h"
#include "store/store_own.h"

static struct store *open_new(const char *name)
{
	struct store *s = NULL;
	struct err err = { "" };

	if (store_open(in_scratch(name), true, &s, &err))
		fail_msg("%s", err.text);
	return s;
}

static struct store *reopen(const char *name, bool readonly)
{
	struct store *s = NULL;
	struct err err = { "" };
	enum status st = readonly ? store_open_readonly(in_scratch(name), &s, &err)
				  : store_open(in_scratch(name), false, &s, &err);

	if (st)
		fail_msg("%s", err.text);
	return s;
}

static struct journal_entry entry_at(int timeline, int64_t step, const char *command)
{
	struct journal_entry e = { .timeline = timeline, .step = step, .unix_ms = 123,
				   .who = WHO_SCRIPT, .before = "1", .after = "2" };

	str_copy(e.command, sizeof e.command, command);
	return e;
}

static void test_facts(void **state)
{
	struct store *s = open_new("facts.db");
	char *v;

	(void)state;
	assert_null(store_fact(s, "blas"));
	assert_int_equal(store_set_fact(s, "blas", "zen", NULL), ST_OK);
	assert_int_equal(store_set_fact(s, "blas", "haswell 'x'", NULL), ST_OK);
	store_close(s);
	s = reopen("facts.db", true);
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
	struct store *s = reopen(name, true);
	enum status st;

	out->n = 0;
	st = store_gradients_read(s, from, INT64_MAX, add_gradient, out, NULL);
	store_close(s);
	return st;
}

/* Old stores are without the table: none to read, made when written to. */
static void test_gradients(void **state)
{
	struct store *s = open_new("gradients.db");
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
	s = reopen("gradients.db", false);
	store_gradient(s, &r[0]);
	assert_int_equal(store_flush(s, NULL), ST_OK);
	store_close(s);
	assert_int_equal(read_gradients("gradients.db", 0, &g), ST_OK);
	assert_int_equal(g.n, 1);
}

static void test_journal(void **state)
{
	struct store *s = open_new("journal.db");
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
	s = reopen("journal.db", true);
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

static struct step_row step_at(int64_t i, int tasks)
{
	struct step_row r = { .step = i, .lr = 1e-3f / (float)i, .grad_norm = 0.5f,
			      .seconds = 0.01f, .tokens = (uint32_t)i * 3, .n = tasks };

	r.skipped = i % 10 == 0;
	for (int k = 0; k < tasks; k++) {
		r.task[k].task = (uint8_t)(k * 2);
		r.task[k].count = (uint8_t)(k + 1);
		r.task[k].loss = 1.0f / (float)(i + k);
		r.task[k].weight = 1.41f;
		r.task[k].examples = (uint16_t)(i * 7 + k);
	}
	if (i == 5)
		r.task[0].loss = NAN;
	return r;
}

struct seen {
	int64_t n, last, bad;
	int tasks;
};

static void see(void *arg, const struct step_row *r)
{
	struct seen *s = arg;
	struct step_row want = step_at(r->step, s->tasks);

	s->bad += r->step <= s->last || r->n != want.n || r->skipped != want.skipped ||
		  r->tokens != want.tokens || memcmp(&r->lr, &want.lr, sizeof r->lr);
	for (int k = 0; k < r->n; k++)
		s->bad += r->task[k].task != want.task[k].task ||
			  r->task[k].count != want.task[k].count ||
			  r->task[k].examples != want.task[k].examples ||
			  memcmp(&r->task[k].loss, &want.task[k].loss, 4) ||
			  memcmp(&r->task[k].weight, &want.task[k].weight, 4);
	s->last = r->step;
	s->n++;
}

static void test_steps(void **state)
{
	struct store *s = open_new("steps.db");
	struct seen seen = { .tasks = 3 };

	(void)state;
	for (int64_t i = 1; i <= 1000; i++) {
		struct step_row r = step_at(i, 3);

		assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
	}
	for (int64_t i = 900; i <= 1000; i++) { /* computed again after a resume */
		struct step_row r = step_at(i, 3);

		assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
	}
	assert_int_equal(store_steps_read(s, 1, INT64_MAX, 1, see, &seen, NULL), ST_OK);
	assert_true(seen.n == 1000 && seen.bad == 0);
	store_close(s);
	s = reopen("steps.db", true);
	seen = (struct seen){ .tasks = 3 };
	assert_int_equal(store_steps_read(s, 101, 200, 10, see, &seen, NULL), ST_OK);
	assert_true(seen.n == 10 && seen.bad == 0 && seen.last == 191);
	store_close(s);
}

/* A row as version 1 or 2 wrote it: u8 task, u8 count, f32 loss, f32 weight, examples. */
static size_t old_bytes(const struct step_row *r, const unsigned char *now, int version,
			unsigned char *out)
{
	size_t each = version == 1 ? STEP_TASK_1 : STEP_TASK_2;

	memcpy(out, now, STEP_HEAD);
	out[0] = (unsigned char)version;
	for (int k = 0; k < r->n; k++) {
		unsigned char *p = out + STEP_HEAD + (size_t)k * each;

		p[0] = r->task[k].task;
		p[1] = (unsigned char)r->task[k].count;
		memcpy(p + 2, &r->task[k].loss, 4);
		memcpy(p + 6, &r->task[k].weight, 4);
		if (version == 2) {
			p[10] = (unsigned char)r->task[k].examples;
			p[11] = (unsigned char)(r->task[k].examples >> 8);
		}
	}
	return STEP_HEAD + (size_t)r->n * each;
}

/* Counts beyond a byte and beyond two of them come back as they were. */
static void test_step_counts(void **state)
{
	static const uint32_t examples[] = { 0, 65535, 65536, 130560, UINT32_MAX };
	struct step_row want = step_at(7, 3), got = { 0 };
	unsigned char bytes[STEP_BYTES];

	(void)state;
	for (int i = 0; i < 5; i++) {
		int len;

		want.task[1].count = (uint16_t)(255 + 13000 * i);
		want.task[2].examples = examples[i];
		len = step_pack(&want, bytes);
		assert_true(step_unpack(bytes, (size_t)len, &got));
		assert_int_equal(got.task[1].count, 255 + 13000 * i);
		assert_int_equal(got.task[2].examples, examples[i]);
	}
}

/* Rows of the versions before are still read; version 1 has no examples. */
static void test_step_versions(void **state)
{
	struct step_row want = step_at(7, 3), got = { 0 };
	unsigned char two[STEP_BYTES], one[STEP_BYTES];
	int len = step_pack(&want, two);

	(void)state;
	assert_int_equal(len, STEP_HEAD + 3 * STEP_TASK);
	for (int version = 1; version <= 2; version++) {
		size_t n = old_bytes(&want, two, version, one);

		assert_true(step_unpack(one, n, &got));
		assert_int_equal(got.n, 3);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(got.task[k].examples,
					 version == 1 ? 0 : want.task[k].examples);
			assert_int_equal(got.task[k].task, want.task[k].task);
			assert_int_equal(got.task[k].count, want.task[k].count);
			assert_true(got.task[k].loss == want.task[k].loss);
			assert_true(got.task[k].weight == want.task[k].weight);
		}
	}
	old_bytes(&want, two, 1, one);
	assert_false(step_unpack(one, STEP_HEAD + 3 * STEP_TASK_1 - 1, &got));
	two[0] = 4;
	assert_false(step_unpack(two, (size_t)len, &got));
}

/* At most 200 bytes a step for 2 to 6 tasks; the figure is printed. */
static void test_step_size(void **state)
{
	enum { STEPS = 100000 };

	(void)state;
	for (int tasks = 2; tasks <= 6; tasks += 4) {
		struct store *s = open_new(tasks == 2 ? "two.db" : "six.db");
		struct file_id id;
		double bytes;

		for (int64_t i = 1; i <= STEPS; i++) {
			struct step_row r = step_at(i, tasks);

			assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
		}
		store_close(s);
		assert_int_equal(file_id(in_scratch(tasks == 2 ? "two.db" : "six.db"), &id,
					 NULL), ST_OK);
		bytes = (double)id.size / STEPS;
		print_message("%d tasks: %.1f bytes a step\n", tasks, bytes);
		assert_true(bytes <= 200);
	}
}

static void test_evals(void **state)
{
	struct store *s = open_new("evals.db");
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

static void put_eval(struct store *s, int64_t step, bool scheduled, int keep)
{
	struct dev_row rows[2] = { { .row = 4, .line = 5, .text = (char[]){ "a" },
				     .target = (char[]){ "b" } },
				   { .row = 9, .line = 11, .text = (char[]){ "c" },
				     .pair = (char[]){ "d" } } };
	double p[5] = { 1, 2, (double)0.1f, (double)step, NAN };
	double scores[4] = { 0.1, 0.2, 0.3, 0.5 };
	struct prediction list[2] = {
		{ .row = 4, .loss = NAN, .n = 5, .v = p },
		{ .row = 9, .n = 4, .v = scores, .text = (char[]){ "caf\xc3\xa9" },
		  .detail = (char[]){ "{}" } },
	};

	struct evaluation e = { .row = { .step = step, .scheduled = scheduled },
				.n_kept = 2, .kept = list, .dev_rows = rows };

	assert_int_equal(store_evaluation(s, NULL, &e, 1, keep, NULL), ST_OK);
}

/* The second task's rows cannot go in: then the first one's are not there either. */
static void test_whole_or_not(void **state)
{
	struct store *s = open_new("evaluation.db");
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
	struct store *s = open_new("predictions.db");
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

static void test_checkpoints(void **state)
{
	struct store *s = open_new("checkpoints.db");
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
	struct store *s = open_new("live.db"), *r;
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
	r = reopen("live.db", true);
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
	r = reopen("live.db", true); /* the log that the writer left is read */
	{
		struct journal_entry *list;

		assert_int_equal(store_journal_read(r, 0, &list, &last, NULL), ST_OK);
		xfree(list);
	}
	assert_int_equal(last, 200);
	store_close(r);
}

/* Entries that store_journal() has answered for outlive kill -9. */
static void test_killed_writer(void **state)
{
	struct journal_entry *list;
	struct store *s = open_new("killed.db");
	int pipes[2], n, said = 0, x, code;
	pid_t pid;

	(void)state;
	store_close(s);
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		if (store_open(in_scratch("killed.db"), false, &s, NULL))
			_exit(1);
		for (x = 1;; x++) {
			struct journal_entry e = entry_at(0, x, "lr 1");

			if (store_journal(s, &e, NULL) ||
			    write(pipes[1], &x, sizeof x) != sizeof x)
				_exit(1);
		}
	}
	close(pipes[1]);
	while (said < 20 && read(pipes[0], &x, sizeof x) == sizeof x)
		said = x;
	kill(pid, SIGKILL);
	while (read(pipes[0], &x, sizeof x) == sizeof x)
		said = x;
	close(pipes[0]);
	waitpid(pid, &code, 0);
	assert_true(WIFSIGNALED(code));
	s = reopen("killed.db", false);
	assert_int_equal(store_journal_read(s, 0, &list, &n, NULL), ST_OK);
	assert_in_range(n, said, said + 1);
	xfree(list);
	store_close(s);
}

static void sql(const char *name, const char *text)
{
	sqlite3 *c;

	assert_int_equal(sqlite3_open(in_scratch(name), &c), SQLITE_OK);
	assert_int_equal(sqlite3_exec(c, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(c);
}

static void refuse(const char *name, enum status want, const char *word)
{
	struct err err = { "" };
	struct store *s;

	assert_int_equal(store_open(in_scratch(name), false, &s, &err), want);
	assert_null(s);
	if (!strstr(err.text, word))
		fail_msg("no '%s' in '%s'", word, err.text);
	assert_int_equal(store_open_readonly(in_scratch(name), &s, &err), want);
	assert_null(s);
}

static void test_not_a_store(void **state)
{
	struct store *s = open_new("later.db");
	struct err err = { "" };

	(void)state;
	store_close(s);
	assert_int_equal(store_open(in_scratch("later.db"), true, &s, &err), ST_IO);
	sql("later.db", "PRAGMA user_version=3");
	refuse("later.db", ST_INVALID, "later");
	put_text("text.db", "this is a text that is no database, and long enough to "
			    "be taken for one when only the size is looked at.......");
	refuse("text.db", ST_CORRUPT, "damaged");
	put_text("empty.db", "");
	refuse("empty.db", ST_CORRUPT, "empty");
	sql("foreign.db", "CREATE TABLE x(y)");
	refuse("foreign.db", ST_CORRUPT, "no tables of a run");
	refuse("none.db", ST_NOT_FOUND, "none.db");
	mkdir(in_scratch("dir.db"), 0700);
	refuse("dir.db", ST_INVALID, "no file");
}

static void ignore(void *arg, const struct step_row *r)
{
	(void)arg;
	(void)r;
}

/* Rows that cannot be are damage, not memory errors. */
static void test_damaged_rows(void **state)
{
	struct store *s = open_new("rows.db");
	struct journal_entry *j;
	struct eval_row *e;
	struct checkpoint_row *c;
	struct prediction_set set;
	int n;

	(void)state;
	store_close(s);
	sql("rows.db", "INSERT INTO step VALUES(1, 0, x'0100');"
		       "INSERT INTO journal VALUES(1, 0, 1, 1, 'nobody', 'x', '', '');"
		       "INSERT INTO eval VALUES(0, 1, 0, 1, 5, 0, 0, '{\"a\":[]}');"
		       "INSERT INTO checkpoint VALUES(printf('%0100d', 1), 0, 1, '', '', 0, 0);"
		       "INSERT INTO prediction VALUES(0,1,0,1,0,x'010203',NULL,NULL)");
	s = reopen("rows.db", true);
	assert_int_equal(store_steps_read(s, 0, 9, 1, ignore, NULL, NULL), ST_CORRUPT);
	assert_int_equal(store_journal_read(s, 0, &j, &n, NULL), ST_CORRUPT);
	assert_int_equal(store_evals_read(s, -1, &e, &n, NULL), ST_CORRUPT);
	assert_int_equal(store_checkpoints_read(s, &c, &n, NULL), ST_CORRUPT);
	assert_int_equal(store_predictions_read(s, 0, -1, &set, NULL), ST_CORRUPT);
	store_close(s);
}

/* Random bytes changed in a real store: every answer is an answer. */
static void test_damaged_file(void **state)
{
	struct store *s = open_new("whole.db");
	struct buf b;
	uint32_t x = 99;

	(void)state;
	for (int64_t i = 1; i <= 300; i++) {
		struct step_row r = step_at(i, 2);
		struct journal_entry e = entry_at(0, i, "lr 1");

		store_step(s, 0, &r, NULL);
		if (i % 30 == 0)
			store_journal(s, &e, NULL);
	}
	put_eval(s, 10, true, 0);
	store_close(s);
	buf_init(&b);
	assert_int_equal(file_read(in_scratch("whole.db"), 1 << 24, &b, NULL), ST_OK);
	for (int i = 0; i < 100; i++) {
		struct prediction_set set;
		struct journal_entry *j;
		size_t at;
		char was;
		int n;

		x = x * 1664525U + 1013904223U;
		at = (x >> 4) % b.len;
		was = b.s[at];
		b.s[at] = (char)(was ^ (1 + i % 255));
		put_file("bad.db", b.s, b.len);
		b.s[at] = was;
		if (store_open_readonly(in_scratch("bad.db"), &s, NULL))
			continue;
		if (!store_journal_read(s, 0, &j, &n, NULL))
			xfree(j);
		store_steps_read(s, 0, 999, 1, ignore, NULL, NULL);
		if (!store_predictions_read(s, 0, -1, &set, NULL))
			prediction_set_release(&set);
		store_close(s);
	}
	buf_release(&b);
}

/* Where WAL cannot work (no shared memory) a rollback journal is used. */
static void test_without_wal(void **state)
{
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
	struct journal_entry e = entry_at(0, 1, "lr 1"), *list;
	struct store *s;
	int n;

	(void)state;
	assert_int_equal(sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1),
			 SQLITE_OK);
	s = open_new("nowal.db");
	assert_int_equal(store_journal(s, &e, NULL), ST_OK);
	assert_false(file_exists(in_scratch("nowal.db-wal")));
	store_close(s);
	s = reopen("nowal.db", true);
	assert_int_equal(store_journal_read(s, 0, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	xfree(list);
	store_close(s);
	sqlite3_vfs_register(usual, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),	    cmocka_unit_test(test_journal),
		cmocka_unit_test(test_steps),	    cmocka_unit_test(test_step_size),
		cmocka_unit_test(test_step_versions),
		cmocka_unit_test(test_step_counts),
		cmocka_unit_test(test_evals),	    cmocka_unit_test(test_whole_or_not),
		cmocka_unit_test(test_predictions),
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_checkpoints), cmocka_unit_test(test_reader_beside_writer),
		cmocka_unit_test(test_killed_writer),
		cmocka_unit_test(test_not_a_store), cmocka_unit_test(test_damaged_rows),
		cmocka_unit_test(test_damaged_file),
		cmocka_unit_test(test_without_wal),
	};

	return cmocka_run_group_tests_name("store", tests, scratch_make, scratch_remove);
}
