/*
 * test_base_file.c - files: what is read and refused, folders made and removed,
 * paths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "fixture/file_dir.h"

static void test_read(void **state)
{
	struct buf b;
	struct err err;

	(void)state;
	buf_init(&b);
	put_in_dir("f", "0123456789");
	buf_adds(&b, "old");
	assert_int_equal(file_read(in_dir("f"), 10, &b, &err), ST_OK);
	assert_string_equal(b.s, "0123456789");
	assert_int_equal(file_read(in_dir("f"), 9, &b, &err), ST_INVALID);
	assert_true(str_starts(err.text, "larger than 9 bytes: '"));
	put_in_dir("empty", "");
	assert_int_equal(file_read(in_dir("empty"), 0, &b, &err), ST_OK);
	assert_int_equal(b.len, 0);
	assert_int_equal(file_read(in_dir("none"), 10, &b, &err), ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "no such file"));
	/* says 0 bytes, holds more: read to the end, and within the cap */
	assert_int_equal(file_read("/proc/self/status", FILE_CAP, &b, &err), ST_OK);
	assert_true(b.len > 100);
	assert_int_equal(file_read("/proc/self/status", 50, &b, &err),
			 ST_INVALID);
	buf_release(&b);
}

static void check_special(const char *path, const char *word)
{
	struct file_id id;
	struct file_map m;
	struct err err;
	struct buf b;

	buf_init(&b);
	assert_int_equal(file_read(path, FILE_CAP, &b, &err), ST_INVALID);
	assert_non_null(strstr(err.text, word));
	assert_int_equal(file_map(path, &m, &err), ST_INVALID);
	assert_int_equal(file_id(path, &id, &err), ST_INVALID);
	assert_non_null(strstr(err.text, word));
	buf_release(&b);
}

static void test_special_files(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
	check_special(in_dir("pipe"), "not a file but a pipe");
	check_special(file_dir, "not a file but a folder");
	check_special("/dev/null", "not a file but a device");
}

static void test_map_and_id(void **state)
{
	struct file_id a, b;
	struct file_map m;

	(void)state;
	put_in_dir("f", "hello");
	assert_int_equal(file_map(in_dir("f"), &m, NULL), ST_OK);
	assert_int_equal(m.len, 5);
	assert_memory_equal(m.p, "hello", 5);
	assert_int_equal(file_id(in_dir("f"), &a, NULL), ST_OK);
	assert_int_equal(a.size, 5);
	put_in_dir("f", "jello");
	assert_memory_equal(m.p, "hello", 5); /* the old file lives on */
	file_unmap(&m);
	file_unmap(&m);
	assert_int_equal(file_id(in_dir("f"), &b, NULL), ST_OK);
	assert_true(a.inode != b.inode || a.mtime_ns != b.mtime_ns);
	put_in_dir("empty", "");
	assert_int_equal(file_map(in_dir("empty"), &m, NULL), ST_OK);
	assert_int_equal(m.len, 0);
	assert_non_null(m.p);
	file_unmap(&m);
	assert_int_equal(file_map(in_dir("none"), &m, NULL), ST_NOT_FOUND);
}

static void test_out_pieces(void **state)
{
	struct file_out *f;
	struct stat s;
	struct buf b;
	char *big = xcalloc(200000, 1);

	(void)state;
	buf_init(&b);
	assert_int_equal(file_out_open(in_dir("f"), &f, NULL), ST_OK);
	assert_false(file_exists(in_dir("f")));
	assert_int_equal(file_out_write(f, "HEAD", 4, NULL), ST_OK);
	memset(big, 'x', 200000);
	for (size_t n = 1; n < 200000; n = n * 3 + 1)
		assert_int_equal(file_out_write(f, big, n, NULL), ST_OK);
	assert_int_equal(file_out_patch(f, 1, "ea", 2, NULL), ST_OK);
	assert_int_equal(file_out_write(f, "tail", 4, NULL), ST_OK);
	assert_int_equal(file_out_patch(f, file_out_size(f) - 1, "L", 1, NULL),
			 ST_OK);
	assert_int_equal(file_out_commit(f, NULL), ST_OK);
	assert_int_equal(file_read(in_dir("f"), FILE_CAP, &b, NULL), ST_OK);
	assert_memory_equal(b.s, "HeaDxxxx", 8);
	assert_string_equal(b.s + b.len - 5, "xtaiL");
	assert_int_equal(stat(in_dir("f"), &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	assert_int_equal(file_out_open(in_dir("f"), &f, NULL), ST_OK);
	file_out_abort(f);
	file_out_abort(NULL);
	assert_int_equal(dir_entries(), 1);
	buf_release(&b);
	xfree(big);
}

static void test_out_no_folder(void **state)
{
	struct file_out *f;
	struct err err;

	(void)state;
	assert_int_equal(file_out_open(in_dir("none/f"), &f, &err),
			 ST_NOT_FOUND);
	assert_null(f);
	assert_int_equal(file_write("/dev/full/x", "a", 1, NULL), ST_IO);
}

static void test_folders(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(file_mkdirs(in_dir("a//b/c/"), 0700, &err), ST_OK);
	assert_int_equal(file_mkdirs(in_dir("a/b/c"), 0700, &err), ST_OK);
	put_in_dir("a/b/f", "x");
	assert_int_equal(file_mkdirs(in_dir("a/b/f"), 0700, &err), ST_INVALID);
	assert_true(str_starts(err.text, "not a folder: '"));
	assert_true(file_mkdirs(in_dir("a/b/f/g"), 0700, &err) != ST_OK);
	assert_int_equal(file_rename(in_dir("a/b/f"), in_dir("a/g"), &err),
			 ST_OK);
	assert_int_equal(file_rename(in_dir("a/b/f"), in_dir("a/g"), &err),
			 ST_NOT_FOUND);
	assert_int_equal(file_sync_dir(in_dir("a"), &err), ST_OK);
	assert_int_equal(file_sync_dir(in_dir("z"), &err), ST_NOT_FOUND);
	assert_int_equal(unlink(in_dir("a/g")), 0);
	assert_int_equal(file_remove_tree(in_dir("a"), &err), ST_INVALID);
	assert_non_null(strstr(err.text, "too deep"));
	assert_int_equal(file_remove_tree(in_dir("a/b"), &err), ST_OK);
	assert_int_equal(file_remove_tree(in_dir("a"), &err), ST_OK);
	assert_false(file_exists(in_dir("a")));
	assert_int_equal(file_remove_tree(in_dir("a"), &err), ST_NOT_FOUND);
}

/* A link in a folder is removed itself; what it points to stays. */
static void test_remove_tree_keeps_links_targets(void **state)
{
	(void)state;
	assert_int_equal(file_mkdirs(in_dir("kept"), 0700, NULL), ST_OK);
	put_in_dir("kept/f", "precious");
	assert_int_equal(file_mkdirs(in_dir("gone/in"), 0700, NULL), ST_OK);
	put_in_dir("gone/in/f", "x");
	assert_int_equal(symlink(in_dir("kept"), in_dir("gone/link")), 0);
	assert_int_equal(symlink(in_dir("kept"), in_dir("link")), 0);
	assert_int_equal(file_remove_tree(in_dir("gone"), NULL), ST_OK);
	assert_true(file_remove_tree(in_dir("link"), NULL) != ST_OK);
	check_content("kept/f", "precious");
}

/* Another thread puts files there: the folder goes with them, or they find none. */
static void *put_files(void *arg)
{
	char path[PATH_MAX];

	for (int i = 0; i < 4; i++) {
		FILE *f;

		snprintf(path, sizeof path, "%s/late-%d", (const char *)arg, i);
		f = fopen(path, "w");
		if (f)
			fclose(f);
	}
	return NULL;
}

static void test_remove_tree_beside_others(void **state)
{
	char folder[PATH_MAX];

	(void)state;
	snprintf(folder, sizeof folder, "%s", in_dir("busy"));
	for (int i = 0; i < 2000; i++) {
		pthread_t other;

		assert_int_equal(file_mkdirs(folder, 0700, NULL), ST_OK);
		assert_int_equal(pthread_create(&other, NULL, put_files, folder), 0);
		assert_int_equal(file_remove_tree(folder, NULL), ST_OK);
		pthread_join(other, NULL);
		assert_false(file_exists(folder));
	}
}

static void check_absolute(const char *base, const char *path, const char *want)
{
	char out[PATH_MAX];
	struct err err = { "" };

	if (file_absolute(base, path, out, sizeof out, &err))
		fail_msg("%s", err.text);
	assert_string_equal(out, want);
}

static void test_absolute(void **state)
{
	char here[PATH_MAX], want[PATH_MAX + 16], out[8];

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	check_absolute("/a/b", "c.json", "/a/b/c.json");
	check_absolute("/a/b/", "./c", "/a/b/c");
	check_absolute("/a", "/x/y", "/x/y");
	check_absolute("/", "x", "/x");
	check_absolute("/a", ".", "/a");
	check_absolute("/a", "../b", "/a/../b");
	check_absolute(NULL, ".", here);
	snprintf(want, sizeof want, "%s/d/f", here);
	check_absolute(NULL, "d/f", want);
	check_absolute("d", "f", want);
	assert_int_equal(file_absolute("/a", "", out, sizeof out, NULL),
			 ST_INVALID);
	assert_int_equal(file_absolute("/a", "bcdef", out, sizeof out, NULL),
			 ST_INVALID);
	assert_int_equal(file_absolute("/a", "bcde", out, sizeof out, NULL),
			 ST_OK);
}

static void check_xdg(enum xdg_kind kind, const char *below)
{
	char out[PATH_MAX];
	struct err err = { "" };
	struct stat s;

	if (file_xdg(kind, out, sizeof out, &err))
		fail_msg("%s", err.text);
	assert_string_equal(out, in_dir(below));
	assert_int_equal(stat(out, &s), 0);
	assert_true(S_ISDIR(s.st_mode));
	assert_int_equal(s.st_mode & 0777, 0700);
}

static void test_xdg(void **state)
{
	char out[PATH_MAX];

	(void)state;
	setenv("HOME", file_dir, 1);
	unsetenv("XDG_STATE_HOME");
	setenv("XDG_CACHE_HOME", "not/absolute", 1);
	setenv("XDG_CONFIG_HOME", "", 1);
	setenv("XDG_DATA_HOME", in_dir("data"), 1);
	assert_int_equal(file_mkdirs(in_dir("data"), 0700, NULL), ST_OK);
	check_xdg(XDG_DATA, "data/tutti");
	assert_int_equal(file_remove_tree(in_dir("data"), NULL), ST_OK);
	check_xdg(XDG_CACHE, ".cache/tutti");
	assert_int_equal(file_remove_tree(in_dir(".cache"), NULL), ST_OK);
	check_xdg(XDG_CONFIG, ".config/tutti");
	assert_int_equal(file_remove_tree(in_dir(".config"), NULL), ST_OK);
	check_xdg(XDG_STATE, ".local/state/tutti");
	assert_int_equal(file_remove_tree(in_dir(".local/state"), NULL), ST_OK);
	unsetenv("HOME");
	assert_int_equal(file_xdg(XDG_CACHE, out, sizeof out, NULL),
			 ST_NOT_FOUND);
}

static void test_json_load(void **state)
{
	struct json *root;
	struct err err;
	char want[PATH_MAX + 128];

	(void)state;
	put_in_dir("p.json", "{\"a\": 1}\n");
	assert_int_equal(json_load(in_dir("p.json"), 100, &root, &err), ST_OK);
	json_free(root);
	assert_int_equal(json_load(in_dir("p.json"), 5, &root, &err),
			 ST_INVALID);
	assert_null(root);
	put_in_dir("p.json", "{\"a\": 1\n");
	assert_int_equal(json_load(in_dir("p.json"), 100, &root, &err),
			 ST_INVALID);
	snprintf(want, sizeof want, "%s:2:1: ',' or '}' is missing",
		 in_dir("p.json"));
	assert_string_equal(err.text, want);
	assert_int_equal(json_load(in_dir("none"), 100, &root, &err),
			 ST_NOT_FOUND);
}

/* A name that is taken stays as it is: the next free one is told. */
static void test_beside(void **state)
{
	static const char *const want[] = {"table.csv", "table-2.csv", "table-3.csv"};
	char place[] = "/tmp/tutti-beside-XXXXXX", path[64], taken[64];
	struct file_out *f;
	struct buf text;

	(void)state;
	assert_non_null(mkdtemp(place));
	str_format(path, sizeof path, "%s/table.csv", place);
	buf_init(&text);
	for (int i = 0; i < 3; i++) {
		char byte = (char)('a' + i), name[64];

		assert_int_equal(file_out_open(path, &f, NULL), ST_OK);
		assert_int_equal(file_out_write(f, &byte, 1, NULL), ST_OK);
		assert_int_equal(file_out_commit_beside(f, taken, sizeof taken, NULL),
				 ST_OK);
		str_format(name, sizeof name, "%s/%s", place, want[i]);
		assert_string_equal(taken, name);
	}
	for (int i = 0; i < 3; i++) {
		str_format(path, sizeof path, "%s/%s", place, want[i]);
		assert_int_equal(file_read(path, 16, &text, NULL), ST_OK);
		assert_int_equal(text.len, 1);
		assert_int_equal(text.s[0], 'a' + i);
	}
	assert_int_equal(file_remove_tree(place, NULL), ST_OK); /* and nothing else is left */
	assert_false(file_exists(place));
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside),
		cmocka_unit_test_setup(test_read, dir_empty),
		cmocka_unit_test_setup(test_special_files, dir_empty),
		cmocka_unit_test_setup(test_map_and_id, dir_empty),
		cmocka_unit_test_setup(test_out_pieces, dir_empty),
		cmocka_unit_test_setup(test_out_no_folder, dir_empty),
		cmocka_unit_test_setup(test_folders, dir_empty),
		cmocka_unit_test_setup(test_remove_tree_keeps_links_targets, dir_empty),
		cmocka_unit_test_setup(test_remove_tree_beside_others, dir_empty),
		cmocka_unit_test_setup(test_absolute, dir_empty),
		cmocka_unit_test_setup(test_xdg, dir_empty),
		cmocka_unit_test_setup(test_json_load, dir_empty),
	};

	return cmocka_run_group_tests_name("base_file", tests,
					   dir_set_up, dir_tear_down);
}
