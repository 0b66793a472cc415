/*
 * test_store_damage.c - the run store after a killed writer, damaged, no store at
 * all, and where WAL cannot work.
 */
#include <sqlite3.h>
#include <sys/wait.h>

#include "fixture/eval_row.h"
#include "fixture/store_rows.h"
#include "store/store_own.h"

/* Entries that store_journal() has answered for outlive kill -9. */
static void test_killed_writer(void **state)
{
	struct journal_entry *list;
	struct store *s = store_make("killed.db");
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
	s = store_again("killed.db", false);
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
	struct store *s = store_make("later.db");
	struct err err = { "" };

	(void)state;
	store_close(s);
	assert_int_equal(store_open(in_scratch("later.db"), true, &s, &err), ST_IO);
	sql("later.db", "PRAGMA user_version=5");
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
	struct store *s = store_make("rows.db");
	struct journal_entry *j;
	struct eval_row *e;
	struct checkpoint_row *c;
	struct prediction_set set;
	int n;

	(void)state;
	store_close(s);
	sql("rows.db", "INSERT INTO step VALUES(1, 0, x'0100');"
		       "INSERT INTO journal VALUES(1, 0, 1, 1, 'nobody', 'x', '', '', '', '', '');"
		       "INSERT INTO eval VALUES(0, 1, 0, 1, 5, 0, 0, '{\"a\":[]}');"
		       "INSERT INTO checkpoint VALUES(printf('%0100d', 1), 0, 1, '', '', 0, 0);"
		       "INSERT INTO prediction VALUES(0,1,0,1,0,x'010203',NULL,NULL)");
	s = store_again("rows.db", true);
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
	struct store *s = store_make("whole.db");
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
	s = store_make("nowal.db");
	assert_int_equal(store_journal(s, &e, NULL), ST_OK);
	assert_false(file_exists(in_scratch("nowal.db-wal")));
	store_close(s);
	s = store_again("nowal.db", true);
	assert_int_equal(store_journal_read(s, 0, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	xfree(list);
	store_close(s);
	sqlite3_vfs_register(usual, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_writer),
		cmocka_unit_test(test_not_a_store),
		cmocka_unit_test(test_damaged_rows),
		cmocka_unit_test(test_damaged_file),
		cmocka_unit_test(test_without_wal),
	};

	return cmocka_run_group_tests_name("store_damage", tests,
					   scratch_make, scratch_remove);
}
