/*
 * test_rundir.c - run folders: names, numbers without a race, the lock, and a
 * list that survives damaged runs.
 */
#include "fixture/data_check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "rundir/run_open.h"
#include "rundir/rundir.h"

/* Runs hold folders in folders, deeper than file_remove_tree goes. */
static int remove_all(void **state)
{
	static const char *const roots[] = { "names", "race", "race2", "list", "live" };

	for (size_t r = 0; r < sizeof roots / sizeof *roots; r++) {
		const char *root = in_scratch(roots[r]);
		DIR *d = opendir(root);
		struct dirent *e;
		char path[PATH_MAX * 2];

		while (d && (e = readdir(d)))
			if (e->d_name[0] != '.') {
				snprintf(path, sizeof path, "%s/%s/checkpoints", root,
					 e->d_name);
				file_remove_tree(path, NULL);
				snprintf(path, sizeof path, "%s/%s", root, e->d_name);
				file_remove_tree(path, NULL);
			}
		if (d)
			closedir(d);
	}
	return scratch_remove(state);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".hidden", "a/b", "a..b", "a b",
					   "/etc", "\xc3\xa4", "a\n" };
	const char *root = in_scratch("names");
	char out[PATH_MAX];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(rundir_create(root, bad[i], "x", out, &err), ST_INVALID);
	assert_int_equal(rundir_create(root, "my.run_1-A", "x", out, &err), ST_OK);
	assert_int_equal(rundir_create(root, "my.run_1-A", "x", out, &err), ST_BUSY);
	assert_non_null(strstr(err.text, "my.run_1-A"));
	assert_int_equal(rundir_create(root, NULL, "demo", out, &err), ST_OK);
	assert_string_equal(strrchr(out, '/'), "/demo-1");
	assert_int_equal(rundir_create(root, "demo-7", "x", out, &err), ST_OK);
	assert_int_equal(rundir_create(root, NULL, "demo", out, &err), ST_OK);
	assert_string_equal(strrchr(out, '/'), "/demo-8");
	assert_int_equal(rundir_create(root, NULL, "..a b/c", out, &err), ST_OK);
	assert_null(strstr(strrchr(out, '/'), ".."));
}

static void test_find(void **state)
{
	const char *root = in_scratch("names");
	char out[PATH_MAX], run[PATH_MAX + 2];
	struct err err;

	(void)state;
	assert_int_equal(rundir_find(root, "demo-1", out, &err), ST_NOT_FOUND);
	put_text("names/demo-1/plan.json", "{}");
	assert_int_equal(rundir_find(root, "demo-1", out, &err), ST_OK);
	snprintf(run, sizeof run, "%s/", out);
	assert_int_equal(rundir_find("/nowhere", run, out, &err), ST_OK);
	assert_string_equal(strrchr(out, '/'), "/demo-1");
	assert_int_equal(rundir_find(root, "nothing", out, &err), ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "nothing"));
}

static void test_root(void **state)
{
	char out[PATH_MAX], here[PATH_MAX];
	struct err err;

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(chdir(scratch), 0);
	setenv("XDG_DATA_HOME", in_scratch("xdg"), 1);
	assert_int_equal(rundir_root("given", out, &err), ST_OK);
	assert_string_equal(out, in_scratch("given"));
	assert_int_equal(rundir_root(NULL, out, &err), ST_OK);
	assert_string_equal(out, in_scratch("xdg/tutti"));
	mkdir("saved_models", 0700);
	assert_int_equal(rundir_root(NULL, out, &err), ST_OK);
	assert_string_equal(out, in_scratch("saved_models"));
	rmdir("saved_models");
	file_remove_tree(in_scratch("xdg"), NULL);
	assert_int_equal(chdir(here), 0);
}

/* Many processes at once each get a folder of their own. */
static void test_race(void **state)
{
	enum { PROCESSES = 8, EACH = 12 };
	const char *root = in_scratch("race");
	int code, bad = 0, n = 0;
	struct dirent *e;
	DIR *d;

	(void)state;
	for (int i = 0; i < PROCESSES; i++)
		if (!fork()) {
			char out[PATH_MAX];

			for (int k = 0; k < EACH; k++)
				if (rundir_create(root, NULL, "r", out, NULL))
					_exit(1);
			_exit(0);
		}
	while (wait(&code) > 0)
		bad += code != 0;
	assert_int_equal(bad, 0);
	d = opendir(root);
	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	assert_int_equal(n, PROCESSES * EACH);
}

/* Twenty start at once and one wins; after its death the run is free. */
static void test_lock(void **state)
{
	enum { PROCESSES = 20 };
	char run[PATH_MAX];
	int out[2], won = 0, code;
	pid_t pid[PROCESSES], winner = 0, x;
	struct run_lock lock;
	struct err err;

	(void)state;
	assert_int_equal(rundir_create(in_scratch("live"), "a", NULL, run, NULL), ST_OK);
	assert_false(run_is_live(run));
	assert_int_equal(pipe(out), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			enum status st = run_lock_take(&lock, run, NULL);

			x = st ? -getpid() : getpid();
			if (write(out[1], &x, sizeof x) != sizeof x)
				_exit(2);
			if (!st)
				pause();
			_exit(st == ST_BUSY ? 0 : 1);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(read(out[0], &x, sizeof x), sizeof x);
		if (x > 0) {
			won++;
			winner = x;
		}
	}
	assert_int_equal(won, 1);
	assert_true(run_is_live(run));
	assert_int_equal(run_lock_take(&lock, run, &err), ST_BUSY);
	{
		char number[24];

		snprintf(number, sizeof number, "process %ld", (long)winner);
		assert_non_null(strstr(err.text, number));
	}
	kill(winner, SIGKILL);
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pid[i], &code, 0), pid[i]);
		assert_true(pid[i] == winner ? WIFSIGNALED(code) : code == 0);
	}
	assert_false(run_is_live(run));
	assert_int_equal(run_lock_take(&lock, run, &err), ST_OK);
	assert_true(fcntl(lock.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(run_is_live(run));
	run_lock_drop(&lock);
	run_lock_drop(&lock); /* twice is fine */
	assert_false(run_is_live(run));
	close(out[0]);
	close(out[1]);
}

static void test_lock_is_no_link(void **state)
{
	char run[PATH_MAX], path[PATH_MAX + 8];
	struct run_lock lock;

	(void)state;
	assert_int_equal(rundir_create(in_scratch("live"), "b", NULL, run, NULL), ST_OK);
	snprintf(path, sizeof path, "%s/lock", run);
	put_text("victim", "keep");
	assert_int_equal(symlink(in_scratch("victim"), path), 0);
	assert_int_not_equal(run_lock_take(&lock, run, NULL), ST_OK);
	assert_false(run_is_live(run));
}

/* A store of a run that never began. */
static void put_store(const char *folder)
{
	char path[PATH_MAX];
	struct store *st = NULL;

	str_format(path, sizeof path, "%s/run.db", in_scratch(folder));
	assert_int_equal(store_open(path, true, &st, NULL), ST_OK);
	store_close(st);
}

static void test_list(void **state)
{
	static const char plan[] = "{\"tutti\":1,\"tasks\":{\"a\":{},\"b\":{}},"
				   "\"budget\":{\"steps\":60}}";
	char root[PATH_MAX], out[PATH_MAX];
	struct run_info *r;
	int n;

	(void)state;
	str_copy(root, sizeof root, in_scratch("list"));
	assert_int_equal(rundir_list(root, &r, &n, NULL), ST_OK);
	assert_int_equal(n, 0);
	for (int i = 0; i < 6; i++)
		assert_int_equal(rundir_create(root, NULL, "r", out, NULL), ST_OK);
	put_text("list/r-1/plan.json", plan);
	put_file("list/r-1/run.db", "SQLite format 3\0", 16);
	put_text("list/r-2/plan.json", "{ broken");
	put_text("list/r-3/run.db", "garbage that is no database");
	put_text("list/r-4/plan.json", "[]");
	put_file("list/r-4/run.db", "SQLite format 3\0", 16);
	put_text("list/r-5/plan.json", plan);
	put_store("list/r-5");
	mkdir(in_scratch("list/r-5/checkpoints"), 0700);
	mkdir(in_scratch("list/r-5/checkpoints/step-000020"), 0700);
	put_text("list/note.txt", "no run");
	assert_int_equal(rundir_list(root, &r, &n, NULL), ST_OK);
	assert_int_equal(n, 5); /* r-6 is an empty folder */
	assert_string_equal(r[0].name, "r-1");
	assert_string_equal(r[0].tasks, "a b");
	assert_true(r[0].steps == 60 && r[0].step == 0 && r[0].created_ms > 0);
	assert_string_equal(r[0].trouble, "");
	assert_non_null(strstr(r[1].trouble, "plan.json"));
	assert_non_null(strstr(r[2].trouble, "plan.json"));
	assert_non_null(strstr(r[3].trouble, "no plan"));
	assert_non_null(strstr(r[4].trouble, "step-000020"));
	xfree(r);
}

/* The rungs in their order, the same words for everybody; both or neither. */
static void test_open_to_look(void **state)
{
	static const char plan[] = "{\"tutti\":1,\"tasks\":{\"a\":{\"kind\":\"classify\","
				   "\"train\":\"/gone.jsonl\",\"dev\":\"/gone.jsonl\","
				   "\"labels\":[\"x\",\"y\"]}},"
				   "\"budget\":{\"steps\":60}}";
	char run[PATH_MAX], deep[PATH_MAX];
	struct store *store;
	struct plan *p;
	struct err err = { "" };

	(void)state;
	assert_int_equal(rundir_create(in_scratch("list"), "look", NULL, run, NULL), ST_OK);
	memset(deep, 'x', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	assert_int_equal(run_open(deep, &p, &store, &err), ST_INVALID);
	assert_true(str_starts(err.text, "path too long: 'xxx"));
	assert_int_not_equal(run_open(run, &p, &store, &err), ST_OK);
	assert_non_null(strstr(err.text, "list/look/plan.json"));
	put_text("list/look/plan.json", plan);
	assert_int_equal(run_plan(run, &p, &err), ST_OK); /* its data are gone */
	plan_free(p);
	assert_int_not_equal(run_open(run, &p, &store, &err), ST_OK);
	assert_non_null(strstr(err.text, "list/look/run.db"));
	assert_true(!p && !store);
}

/* A name only where a name alone finds the run; else a folder that does. */
static void test_called(void **state)
{
	char here[PATH_MAX], root[PATH_MAX], path[PATH_MAX], out[PATH_MAX];
	struct err err;

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(rundir_root(NULL, root, &err), ST_OK);
	str_format(path, sizeof path, "%s/one", root);
	assert_string_equal(rundir_called(path, out), "one");
	str_format(path, sizeof path, "%s/other/one", here);
	assert_string_equal(rundir_called(path, out), "other/one");
	str_format(path, sizeof path, "%s/one", here);
	assert_string_equal(rundir_called(path, out), "./one"); /* "one" is the root's */
	str_format(path, sizeof path, "%sother/one", here);
	assert_string_equal(rundir_called(path, out), path);
	assert_string_equal(rundir_called("/far/one", out), "/far/one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_find),
		cmocka_unit_test(test_root),  cmocka_unit_test(test_race),
		cmocka_unit_test(test_lock),  cmocka_unit_test(test_lock_is_no_link),
		cmocka_unit_test(test_list),  cmocka_unit_test(test_open_to_look),
		cmocka_unit_test(test_called),
	};

	return cmocka_run_group_tests_name("rundir", tests, scratch_make, remove_all);
}
