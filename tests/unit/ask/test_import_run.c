/*
 * test_import_run.c - an import is whole or not there, whichever call that changes the
 * disk is the last one or fails: a new run, and a task of a run that was there.
 */
#include "fixture/session_fixture.h"

#include <dirent.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "ask/import_run.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/mem.h"
#include "rundir/imported.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"

enum { CALLS_MOST = 200 };

static struct session *s; /* of the task "mood" alone */
static char root[PATH_MAX], file[PATH_MAX];

static int make(void **state)
{
	struct plan *p;
	struct err err = { "" };

	if (fixture_make(state))
		return -1;
	str_format(root, sizeof root, "%s/runs", fixture_dir);
	str_format(file, sizeof file, "%s/said.jsonl", fixture_dir);
	p = fixture_plan(NULL, 0);
	plan_only_task(p, 0);
	return session_new(p, NULL, 1, NULL, &s, &err) ? -1 : 0;
}

static int drop(void **state)
{
	session_free(s);
	return fixture_remove(state);
}

/* Of all rows the one label is said; some are of the other. */
static void say(const char *label)
{
	uint64_t n = dataset_size(s->task[0].dev);
	struct buf b;

	buf_init(&b);
	for (uint64_t i = 0; i < n; i++)
		buf_addf(&b, "{\"row\": %d, \"label\": \"%s\"}\n", (int)i, label);
	assert_int_equal(file_write(file, buf_str(&b), b.len, NULL), ST_OK);
	buf_release(&b);
}

static enum status import(const char *label, bool replace, struct err *err)
{
	struct import_target t = { .root = root, .name = "x", .task = "mood",
				   .replace = replace, .file = file, .note = label };
	char run[PATH_MAX];
	struct imported im;
	enum status st = import_read(s, 0, file, false, NULL, &im, err);

	if (!st)
		st = import_write(&t, s, &im, run, err);
	imported_release(&im);
	return st;
}

static const char *run_path(void)
{
	static char path[PATH_MAX];

	str_format(path, sizeof path, "%s/x", root);
	return path;
}

/* What the run says it is of: the label, by all that it holds; "": there is no run. */
static void whose(char out[32])
{
	struct imported_task *t = NULL;
	struct journal_entry *e = NULL;
	struct prediction_set set;
	struct store *db = NULL;
	struct plan *p = NULL;
	struct err err = { "" };
	int n = 0;
	double right = 0;

	out[0] = '\0';
	if (!file_exists(run_path()))
		return;
	if (imported_read(run_path(), &t, &n, &err) || run_open(run_path(), &p, &db, &err))
		fail_msg("%s", err.text);
	assert_true(n == 1 && t[0].is_known && t[0].n == p->tasks[0].n_metrics);
	str_copy(out, 32, t[0].note);
	assert_int_equal(store_journal_read(db, 0, &e, &n, NULL), ST_OK);
	assert_true(n > 0 && str_starts(e[n - 1].command, "note "));
	assert_string_equal(e[n - 1].command + 5, out);
	assert_int_equal(store_predictions_read(db, 0, 0, &set, NULL), ST_OK);
	assert_int_equal(set.n, t[0].rows);
	for (int i = 0; i < set.n; i++) {
		assert_string_equal(p->tasks[0].labels[(int)set.p[i].v[1]], out);
		right += set.p[i].v[0] == set.p[i].v[1];
	}
	assert_true(fabs(t[0].of[0].value - right / set.n) < 1e-12);
	assert_false(isnan(t[0].of[0].baseline));
	prediction_set_release(&set);
	xfree(e);
	xfree(t);
	plan_free(p);
	store_close(db);
}

/* Entries of the root but for the run itself. */
static int beside(char name[256])
{
	DIR *d = opendir(root);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, "..") &&
		    !str_eq(e->d_name, "x")) {
			str_copy(name, 256, e->d_name);
			n++;
		}
	if (d)
		closedir(d);
	return n;
}

/* Locks of what is left look as if they were taken long ago. */
static void age_all(void)
{
	const struct utimbuf then = { 1000000000, 1000000000 };
	DIR *d = opendir(root);
	struct dirent *e;
	char path[PATH_MAX];

	while (d && (e = readdir(d)))
		if (e->d_name[0] == '.' &&
		    str_format(path, sizeof path, "%s/%s/lock", root, e->d_name))
			utime(path, &then);
	if (d)
		closedir(d);
}

static void begin_again(const char *label)
{
	struct err err = { "" };

	file_remove_tree(run_path(), NULL);
	if (!label)
		return;
	say(label);
	if (import(label, false, &err))
		fail_msg("%s", err.text);
}

/* A killed child's exit; 0: it came to its end. */
static int killed_at(int n, int what, const char *label)
{
	int code;
	pid_t pid = fork();

	if (!pid) {
		struct err err = { "" };

		fault_set(FAULT_ANY, n, what);
		_exit(import(label, true, &err) ? 1 : 0);
	}
	waitpid(pid, &code, 0);
	assert_true(WIFEXITED(code) && WEXITSTATUS(code) != 1);
	return WEXITSTATUS(code);
}

/* `was` NULL: there is no run before. */
static void killed_anywhere(const char *was)
{
	int calls = 0, seen[2] = { 0, 0 };
	bool ends = false;

	for (int n = 1; n <= CALLS_MOST && !ends; n++)
		for (int what = FAULT_KILL_BEFORE; what >= FAULT_KILL_AFTER && !ends;
		     what--) {
			char label[32];

			begin_again(was);
			say("low");
			ends = killed_at(n, what, "low") == 0;
			whose(label);
			if (!str_eq(label, "low") && !str_eq(label, was ? was : ""))
				fail_msg("call %d: '%s'", n, label);
			seen[str_eq(label, "low")]++;
			assert_true(!ends || str_eq(label, "low"));
			calls = n;
		}
	assert_true(calls > 5 && calls < CALLS_MOST && seen[0] && seen[1]);
	print_message("killed around each of %d calls\n", calls);
}

static void test_new(void **state)
{
	struct err err = { "" };
	char name[256], label[32];
	struct run_info *list;
	int n = 0, left;

	(void)state;
	killed_anywhere(NULL);
	begin_again(NULL);
	left = beside(name); /* what was killed; nothing lists it, nor does it bar the name */
	assert_true(left > 0 && name[0] == '.');
	assert_int_equal(rundir_list(root, &list, &n, NULL), ST_OK);
	assert_int_equal(n, 0);
	xfree(list);
	age_all(); /* a minute later it is taken away */
	say("high");
	assert_int_equal(import("high", false, &err), ST_OK);
	assert_true(beside(name) < left);
	whose(label);
	assert_string_equal(label, "high");
}

static void test_again(void **state)
{
	(void)state;
	killed_anywhere("high");
}

/* A call that fails: a message, and what was there before. */
static void test_failing(void **state)
{
	(void)state;
	for (int is_new = 0; is_new < 2; is_new++) {
		bool ends = false;

		for (int n = 1; n <= CALLS_MOST && !ends; n++) {
			struct err err = { "" };
			char label[32];
			enum status st;

			begin_again(is_new ? NULL : "high");
			say("low");
			fault_set(FAULT_ANY, n, n % 2 ? 28 : 5); /* ENOSPC, EIO */
			st = import("low", true, &err);
			ends = fault_count() < n;
			fault_off();
			whose(label);
			if (!str_eq(label, "low") && !str_eq(label, is_new ? "" : "high"))
				fail_msg("call %d: '%s', %s", n, label, err.text);
			assert_true(!st || err.text[0]);
			assert_false(st && !is_new && str_eq(label, "low"));
		}
		assert_true(ends);
	}
}

/* Two want one name: one has it, the other is told, and what it made is gone. */
static void test_taken(void **state)
{
	char folder[2][PATH_MAX], run[PATH_MAX];
	struct run_lock lock, other;
	struct err err = { "" };

	(void)state;
	begin_again(NULL);
	assert_int_equal(rundir_begin(root, "x", folder[0], &lock, &err), ST_OK);
	assert_int_equal(rundir_begin(root, "x", folder[1], &other, &err), ST_IO);
	mkdir(run_path(), 0700); /* empty, as `train` makes it first */
	assert_int_equal(rundir_publish(root, "x", folder[0], run, &err), ST_BUSY);
	assert_non_null(strstr(err.text, "a run 'x' is there already"));
	rundir_abandon(folder[0], &lock);
	assert_false(file_exists(folder[0]));
	assert_true(file_exists(run_path()));
	assert_int_equal(rundir_begin(root, "x", folder[0], &lock, &err), ST_BUSY);
	rmdir(run_path());
	assert_int_equal(rundir_begin(root, "..", folder[0], &lock, &err), ST_INVALID);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_taken),
	};

	return cmocka_run_group_tests_name("import, its run", tests, make, drop);
}
