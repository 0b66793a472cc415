/*
 * golden.h - what tests over golden data share: a file's lines, one by one.
 * Include after cmocka.h.
 */
#ifndef TUTTI_TESTS_GOLDEN_H
#define TUTTI_TESTS_GOLDEN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

struct golden {
	struct buf file;
	size_t pos;
	int line;
	const char *path;
};

static inline void golden_open(struct golden *g, const char *path)
{
	struct err err = { "" };

	buf_init(&g->file);
	if (file_read(path, 64 << 20, &g->file, &err))
		fail_msg("%s", err.text);
	g->pos = 0;
	g->line = 0;
	g->path = path;
}

static inline void golden_close(struct golden *g)
{
	assert_true(g->line > 0);
	buf_release(&g->file);
}

/* The next line without its end, NUL-terminated; NULL at the end. */
static inline char *golden_line(struct golden *g)
{
	char *line = g->file.s + g->pos, *end;

	if (g->pos >= g->file.len)
		return NULL;
	end = memchr(line, '\n', g->file.len - g->pos);
	assert_non_null(end);
	*end = '\0';
	g->pos = (size_t)(end - g->file.s) + 1;
	g->line++;
	return line;
}

/* The next line as JSON (the caller frees), or NULL at the end. */
static inline struct json *golden_row(struct golden *g)
{
	char *line = golden_line(g);
	struct json *row = NULL;
	struct err err = { "" };

	if (line && json_parse(line, strlen(line), g->path, &row, &err))
		fail_msg("%s:%d: %s", g->path, g->line, err.text);
	return row;
}

/* The numbers of an array member; returns how many. */
static inline size_t golden_numbers(const struct json *row, const char *key,
				    double *out, size_t cap)
{
	const struct json *list = json_get(row, key);
	size_t i = 0;

	if (!list)
		return 0;
	for (const struct json *n = json_first(list); n; n = json_next(n)) {
		assert_true(i < cap);
		out[i++] = json_number(n);
	}
	return i;
}

/* A file of the shared data, or NULL when it is not on this machine. */
static inline const char *shared_file(const char *name, char *out, size_t cap)
{
	const char *dir = getenv("TUTTI_SHARED");

	snprintf(out, cap, "%s/%s", dir ? dir : "../shared/data", name);
	return file_exists(out) ? out : NULL;
}

#endif
