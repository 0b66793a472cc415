/*
 * test_run_figures.c - a run's figures as tables: every value that went in comes out
 * beside its step and task, memory does not grow with the run, and a store whose
 * numbers cannot be ends in a message or in what there is, never in a walk without
 * end. TUTTI_STEPS=n asks for other than the usual length.
 */
#include "fixture/data_check.h"

#include <math.h>
#include <sqlite3.h>

#include "base/json.h"
#include "look/figures.h"
#include "store/store.h"

#ifdef TUTTI_SANITIZED
enum { STEPS = 20000, MEMORY_COUNTS = 0 };
#else
enum { STEPS = 200000, MEMORY_COUNTS = 1 };
#endif
enum { WEIGHTS = 700 }; /* more than two pages of the journal */

static const char plan_text[] =
	"{ \"tutti\": 1, \"tasks\": {"
	" \"tone\": { \"kind\": \"classify\", \"train\": \"t.jsonl\", \"dev\": \"t.jsonl\","
	"  \"text\": \"text\", \"label\": \"label\", \"weight\": 1.5,"
	"  \"metrics\": [\"accuracy\", \"matthews\"] },"
	" \"size\": { \"kind\": \"regress\", \"train\": \"s.jsonl\", \"dev\": \"s.jsonl\","
	"  \"text\": \"text\", \"label\": \"label\", \"metrics\": [\"pearson\"] } },"
	" \"budget\": { \"steps\": 9 } }";

static struct store *new_run(const char *name)
{
	char file[80];
	struct store *s = NULL;
	struct err err = { "" };

	assert_int_equal(mkdir(in_scratch(name), 0700), 0);
	snprintf(file, sizeof file, "%s/plan.json", name);
	put_file(file, plan_text, strlen(plan_text));
	snprintf(file, sizeof file, "%s/run.db", name);
	if (store_open(in_scratch(file), true, &s, &err))
		fail_msg("%s", err.text);
	return s;
}

static void run_sql(const char *name, const char *sql)
{
	char file[80];
	sqlite3 *db = NULL;

	snprintf(file, sizeof file, "%s/run.db", name);
	assert_int_equal(sqlite3_open(in_scratch(file), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL))
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* What was handed on, and how. */
struct taken {
	struct buf text;
	bool keeps;
	size_t largest;     /* of one hand-over, bytes */
	int64_t times, lines;
	uint64_t most;      /* memory at a hand-over */
};

static enum status take(void *arg, const struct buf *b, struct err *err)
{
	struct taken *t = arg;
	uint64_t now = mem_now_bytes();

	(void)err;
	assert_true(b->len > 0 && b->s[b->len - 1] == '\n');
	if (t->keeps)
		buf_add(&t->text, b->s, b->len);
	for (size_t i = 0; i < b->len; i++)
		t->lines += b->s[i] == '\n';
	t->most = now > t->most ? now : t->most;
	t->largest = b->len > t->largest ? b->len : t->largest;
	t->times++;
	return ST_OK;
}

static enum status try_write(const char *run, const char *table, enum table_format f,
			     struct taken *t, struct err *err)
{
	assert_non_null(figures_find(table));
	return figures_write(in_scratch(run), figures_find(table), f, take, t, err);
}

static void write_table(const char *run, const char *table, enum table_format f,
			struct taken *t)
{
	struct err err = { "" };

	if (try_write(run, table, f, t, &err))
		fail_msg("%s", err.text);
}

/* --- what is in a step --- */

/* Task 0 is drawn in all steps but each fifth; task 1 in each second. */
static struct step_row step_at(int64_t i, double weight0)
{
	struct step_row r = { .step = i, .lr = 1e-3f / (float)i,
			      .grad_norm = i % 11 ? 0.1f * (float)i : NAN,
			      .seconds = 0.25f, .tokens = (uint32_t)(100 + i),
			      .skipped = i % 11 == 0 };

	if (i % 5) {
		r.task[r.n].task = 0;
		r.task[r.n].count = 3;
		r.task[r.n].examples = 17;
		r.task[r.n].loss = 2.0f / (float)i;
		r.task[r.n++].weight = (float)(weight0 * 0.7);
	}
	if (i % 2 == 0) {
		r.task[r.n].task = 1;
		r.task[r.n].count = 1;
		r.task[r.n].examples = 4;
		r.task[r.n].loss = 1.0f;
		r.task[r.n++].weight = 1;
	}
	return r;
}

/* Steps 2, 4, ... change the weight; it holds from the step after. */
static double weight_at(int64_t step)
{
	int64_t edits = (step - 1) / 2;

	edits = edits > WEIGHTS ? WEIGHTS : edits;
	return edits ? 1 + (double)edits / 64 : 1.5;
}

static void make_steps(const char *name, int64_t n)
{
	struct store *s = new_run(name);

	for (int64_t i = 1; i <= n; i++) {
		struct step_row r = step_at(i, weight_at(i));

		assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
		if (i % 7 == 1)
			store_gradient(s, &(struct gradient_row){ .step = i, .task = 1,
				.count = 2, .scheduled = i % 2, .norm = (double)i / 3 });
		if (i % 2 == 0 && i / 2 <= WEIGHTS) {
			struct journal_entry e = { .step = i, .unix_ms = 1000 * i,
						   .before = "x", .after = "y" };

			snprintf(e.command, sizeof e.command, "weight tone %.10g",
				 weight_at(i + 1));
			assert_int_equal(store_journal(s, &e, NULL), ST_OK);
		}
	}
	store_close(s);
}

/* The next field of a line without quotes; empty is NaN. */
static double field(const char **p)
{
	char *end;
	double x = **p == ',' || **p == '\n' ? NAN : strtod(*p, &end);

	*p += strcspn(*p, ",\n");
	assert_true(**p == ',' || **p == '\n');
	*p += 1;
	return x;
}

static void same(double got, double want, int64_t step)
{
	if (!(got == want || (isnan(got) && isnan(want))))
		fail_msg("step %lld: %.17g, not %.17g", (long long)step, got, want);
}

static void check_task(const char **p, const struct step_row *r, int task,
		       double weight, double factor, double norm)
{
	int drawn = 0, at = -1;

	for (int i = 0; i < r->n; i++) {
		drawn += r->task[i].count;
		at = r->task[i].task == task ? i : at;
	}
	same((float)field(p), at < 0 ? NAN : r->task[at].loss, r->step);
	same(field(p), weight, r->step);
	same((float)field(p), at < 0 ? NAN : (float)factor, r->step);
	same(field(p), !drawn ? NAN : at < 0 ? 0 : (double)r->task[at].count / drawn,
	     r->step);
	same(field(p), at < 0 ? 0 : r->task[at].count, r->step);
	same(field(p), at < 0 ? 0 : r->task[at].examples, r->step);
	same(field(p), norm, r->step);
}

static void check_step(const char **p, int64_t i)
{
	double weight = weight_at(i);
	struct step_row r = step_at(i, weight);

	same(field(p), (double)i, i);
	same((float)field(p), r.lr, i);
	same((float)field(p), r.grad_norm, i);
	same(field(p), r.tokens, i);
	same(field(p), r.skipped, i);
	same((float)field(p), r.seconds, i);
	check_task(p, &r, 0, weight, (float)(weight * 0.7) / weight, NAN);
	check_task(p, &r, 1, 1, 1, i % 7 == 1 ? (double)i / 3 : NAN);
}

static const char names[] =
	"step,lr,gradient_norm,tokens,skipped,seconds,"
	"tone.loss,tone.weight,tone.factor,tone.share,tone.micro_batches,tone.examples,"
	"tone.gradient_norm,"
	"size.loss,size.weight,size.factor,size.share,size.micro_batches,size.examples,"
	"size.gradient_norm\n";

static void test_steps(void **state)
{
	enum { N = 2 * WEIGHTS + 333 };
	struct taken t = { .keeps = true };
	const char *p;

	(void)state;
	make_steps("steps", N);
	write_table("steps", "steps", TABLE_CSV, &t);
	p = buf_str(&t.text);
	assert_memory_equal(p, names, strlen(names));
	p += strlen(names);
	for (int64_t i = 1; i <= N; i++)
		check_step(&p, i);
	assert_int_equal(*p, '\0');
	assert_true(t.times > N / 300);
	buf_release(&t.text);
}

static void test_json(void **state)
{
	struct taken t = { .keeps = true };
	struct json *doc = NULL;
	const struct json *task;
	const char *line;

	(void)state;
	make_steps("json", 40);
	write_table("json", "steps", TABLE_JSON, &t);
	assert_int_equal(t.lines, 40);
	line = t.text.s;
	for (int i = 1; i < 22; i++)
		line = strchr(line, '\n') + 1;
	assert_int_equal(json_parse(line, strcspn(line, "\n"), "line 22", &doc, NULL), ST_OK);
	assert_true(json_number(json_get(doc, "schema")) == 1);
	assert_string_equal(json_string(json_get(doc, "event")), "step");
	assert_true(json_number(json_get(doc, "step")) == 22);
	assert_true(json_bool(json_get(doc, "skipped")));
	assert_int_equal(json_type(json_get(doc, "gradient_norm")), JSON_NULL);
	task = json_get(json_get(doc, "tasks"), "size");
	assert_true(json_number(json_get(task, "share")) == 0.25);
	assert_true(json_number(json_get(task, "gradient_norm")) == 22.0 / 3);
	json_free(doc);
	buf_release(&t.text);
}

/* --- the other tables --- */

static void test_evals(void **state)
{
	struct taken t = { .keeps = true };
	const char *p;

	(void)state;
	store_close(new_run("evals"));
	run_sql("evals", "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s "
		"WHERE i < 600) INSERT INTO eval SELECT 0, 10 * i, t.k, i % 10 = 0, 50, "
		"1.0 / i, 0.5, CASE t.k WHEN 0 THEN '{\"accuracy\":0.25,\"matthews\":null}' "
		"ELSE '{\"pearson\":-0.5}' END FROM s, (SELECT 0 AS k UNION SELECT 1) AS t;"
		"INSERT INTO eval VALUES(0, -1, 0, 1, 50, 0, 0, '{\"accuracy\":0.5}');");
	write_table("evals", "evals", TABLE_CSV, &t);
	p = buf_str(&t.text);
	assert_true(str_starts(p, "step,timeline,task,kind,rows,loss,seconds,accuracy,"
			       "matthews,pearson\n,0,tone,baseline,50,,,0.5,,\n"));
	p = strchr(strchr(p, '\n') + 1, '\n') + 1;
	for (int i = 1; i <= 600; i++) {
		char want[2][200], loss[32];
		const char *kind = i % 10 ? "extra" : "scheduled";

		double_to_text(1.0 / i, loss);
		snprintf(want[0], 200, "%d,0,tone,%s,50,%s,0.5,0.25,,\n", 10 * i, kind,
			 loss);
		snprintf(want[1], 200, "%d,0,size,%s,50,%s,0.5,,,-0.5\n", 10 * i, kind,
			 loss);
		for (int k = 0; k < 2; p += strlen(want[k++]))
			assert_true(str_starts(p, want[k]));
	}
	assert_int_equal(*p, '\0');
	buf_release(&t.text);
}

static void test_journal(void **state)
{
	struct taken t = { .keeps = true };
	struct store *s = new_run("journal");
	struct journal_entry e = { .step = 3, .unix_ms = 1777896062000, .who = WHO_GUARD };
	const char *p;

	(void)state;
	for (int i = 0; i < 600; i++) {
		snprintf(e.command, sizeof e.command, i == 599 ?
			 "note he said \"no\", and went" : "eval");
		assert_int_equal(store_journal(s, &e, NULL), ST_OK);
	}
	store_close(s);
	write_table("journal", "journal", TABLE_CSV, &t);
	assert_int_equal(t.lines, 601);
	p = buf_str(&t.text);
	assert_true(str_starts(p, "seq,step,timeline,time,unix_ms,who,command,before,"
			       "after,actor,reason,refused\n"
			       "1,3,0,2026-05-04T12:01:02Z,1777896062000,guard,"
			       "eval,,,,,\n2,3,"));
	assert_non_null(strstr(p, "\n600,3,0,2026-05-04T12:01:02Z,1777896062000,guard,"
			       "\"note he said \"\"no\"\", and went\",,,,,\n"));
	buf_release(&t.text);
}

static void test_gradients(void **state)
{
	struct taken t = { .keeps = true };

	(void)state;
	make_steps("norms", 15);
	write_table("norms", "gradients", TABLE_CSV, &t);
	assert_string_equal(buf_str(&t.text),
			    "step,timeline,task,kind,micro_batches,norm\n"
			    "1,0,size,scheduled,2,0.3333333333333333\n"
			    "8,0,size,extra,2,2.6666666666666665\n"
			    "15,0,size,scheduled,2,5\n");
	buf_release(&t.text);
}

/* Names alone, in JSON nothing. */
static void test_empty(void **state)
{
	(void)state;
	store_close(new_run("empty"));
	for (int i = 0; i < figures_count; i++) {
		struct taken csv = { 0 }, json = { 0 };

		write_table("empty", figures_list[i].name, TABLE_CSV, &csv);
		write_table("empty", figures_list[i].name, TABLE_JSON, &json);
		assert_int_equal(csv.lines, 1);
		assert_int_equal(json.lines, 0);
	}
	assert_null(figures_find("step"));
}

/* --- what must not grow, and what must not hang --- */

/* SQLite keeps 2 MB of pages; the whole table would be ten times what is allowed. */
static void check_flat(const char *run, const char *table, int64_t lines)
{
	struct taken t = { 0 };
	uint64_t before = mem_now_bytes();

	write_table(run, table, TABLE_CSV, &t);
	print_message("%s: %lld lines, at most %zu bytes at once, %.0f kB more memory\n",
		      table, (long long)t.lines, t.largest,
		      ((double)t.most - (double)before) / 1000);
	assert_true(t.lines >= lines);
	assert_true(t.largest < 100000);
	assert_true(!MEMORY_COUNTS || t.most < before + 3000000);
}

static void test_memory(void **state)
{
	const char *wish = getenv("TUTTI_STEPS");
	int64_t n = STEPS;
	char sql[400];

	(void)state;
	assert_true(!wish || (parse_i64(wish, &n) && n > 1000));
	make_steps("long", n);
	snprintf(sql, sizeof sql, "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		 "FROM s WHERE i < %lld) INSERT INTO eval SELECT 0, i, 0, 1, 50, 1.0, 0.5, "
		 "'{\"accuracy\":0.25}' FROM s; WITH RECURSIVE s(i) AS (SELECT 5000 UNION "
		 "ALL SELECT i + 1 FROM s WHERE i < %lld) INSERT INTO journal SELECT i, 0, "
		 "i, 1, 'you', 'weight tone 2', '1', '2', '', '', '' FROM s", (long long)n / 4,
		 (long long)n / 4);
	run_sql("long", sql);
	check_flat("long", "steps", n);
	check_flat("long", "evals", n / 4);
	check_flat("long", "journal", n / 4 - 5000);
	check_flat("long", "gradients", n / 8);
}

/* A step of a number that nobody can count to; a row that is none. */
static void test_damaged(void **state)
{
	struct taken t = { .keeps = true };
	struct err err = { "" };

	(void)state;
	make_steps("far", 3);
	run_sql("far", "INSERT INTO step SELECT 9223372036854775806, 0, figures FROM step "
		"WHERE step = 3; INSERT INTO step SELECT 1000000000000, 0, figures FROM "
		"step WHERE step = 3; INSERT INTO step SELECT -5, 0, figures FROM step "
		"WHERE step = 3");
	write_table("far", "steps", TABLE_CSV, &t);
	assert_int_equal(t.lines, 6);
	assert_non_null(strstr(buf_str(&t.text), "\n9223372036854775806,"));
	buf_release(&t.text);
	write_table("far", "gradients", TABLE_CSV, &t);

	run_sql("far", "UPDATE step SET figures = x'0203' WHERE step = 2");
	assert_int_equal(try_write("far", "steps", TABLE_CSV, &t, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "the figures of a step"));
	run_sql("far", "INSERT INTO eval VALUES(0, 1, 0, 1, 50, 0, 0, 'no json');"
		"INSERT INTO journal VALUES(99, 0, 1, 1, 'nobody', 'eval', '', '', '', '', '')");
	assert_int_equal(try_write("far", "evals", TABLE_CSV, &t, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "an evaluation"));
	assert_int_equal(try_write("far", "journal", TABLE_CSV, &t, &err), ST_CORRUPT);
	run_sql("far", "DELETE FROM step WHERE step = 2");
	assert_int_equal(try_write("far", "steps", TABLE_CSV, &t, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "journal"));
	buf_release(&t.text);
}

static enum status refuse(void *arg, const struct buf *b, struct err *err)
{
	(void)b;
	++*(int *)arg;
	return err_set(err, ST_FULL, "no room");
}

/* Whoever cannot take more is not asked again. */
static void test_refused(void **state)
{
	struct err err = { "" };
	int times = 0;

	(void)state;
	for (int i = 0; i < figures_count; i++) {
		times = 0;
		assert_int_equal(figures_write(in_scratch("steps"), &figures_list[i],
					       TABLE_CSV, refuse, &times, &err),
				 ST_FULL);
		assert_int_equal(times, 1);
	}
	assert_string_equal(err.text, "no room");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),   cmocka_unit_test(test_json),
		cmocka_unit_test(test_evals),   cmocka_unit_test(test_journal),
		cmocka_unit_test(test_gradients), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_memory),  cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
