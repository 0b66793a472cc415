/*
 * data_check.h - what the tests of core/data share: a folder for a test, files
 * in it, a small vocabulary, rows as lines of text.
 */
#ifndef TUTTI_TESTS_DATA_CHECK_H
#define TUTTI_TESTS_DATA_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/source.h"
#include "text/tokenizer.h"

static char scratch[256]; /* the test's own folder */

static inline int scratch_make(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	if (!base || !*base) /* memory, where there is a folder in it */
		base = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
	snprintf(scratch, sizeof scratch, "%s/tutti-test-XXXXXX", base);
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_remove(void **state)
{
	(void)state;
	return file_remove_tree(scratch, NULL) ? -1 : 0;
}

/* One of a few static buffers. */
static inline const char *in_scratch(const char *name)
{
	static char paths[8][PATH_MAX];
	static int next;
	char *p = paths[next++ & 7];

	assert_true(str_format(p, PATH_MAX, "%s/%s", scratch, name));
	return p;
}

static inline const char *put_file(const char *name, const void *p, size_t n)
{
	const char *path = in_scratch(name);
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	return path;
}

static inline const char *put_text(const char *name, const char *text)
{
	return put_file(name, text, strlen(text));
}

/* Files in a folder whose names contain `part`. */
static inline int count_files(const char *dir, const char *part)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.' && strstr(e->d_name, part) != NULL;
	if (d)
		closedir(d);
	return n;
}

/* 0-4 the specials, then letters (5 = a ...), "##" letters, and a few words. */
static inline struct tokenizer *small_tokenizer(void)
{
	struct tokenizer *t = NULL;
	struct err err = { "" };
	struct buf b;

	buf_init(&b);
	buf_adds(&b, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
	for (char c = 'a'; c <= 'z'; c++)
		buf_addf(&b, "%c\n", c);
	for (char c = 'a'; c <= 'z'; c++)
		buf_addf(&b, "##%c\n", c);
	buf_adds(&b, "one\ntwo\nthree\n.\n,\n");
	put_file("vocab.txt", b.s, b.len);
	buf_release(&b);
	if (tokenizer_load(NULL, in_scratch("vocab.txt"), &t, &err))
		fail_msg("%s", err.text);
	return t;
}

/* The path of a shared data file, or NULL when there is none. */
static inline const char *shared_file(const char *name)
{
	static char path[PATH_MAX];
	const char *dir = getenv("TUTTI_SHARED");

	snprintf(path, sizeof path, "%s/%s", dir ? dir : "../shared/data", name);
	return access(path, R_OK) ? NULL : path;
}

#endif
