/*
 * cmd_curves.c - `curves`: what a run has recorded, for other programs to draw.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "look/figures.h"
#include "text/utf8.h"

/* To a file or a pipe as it is; to a terminal made harmless, line by line. */
static enum status print_rows(void *arg, const struct buf *b, struct err *err)
{
	const bool *is_terminal = arg;
	const char *p = buf_str(b), *end = p + b->len;
	struct buf line;

	buf_init(&line);
	while (*is_terminal && p < end) {
		size_t n = strcspn(p, "\n");

		text_sanitize(&line, p, n);
		buf_addc(&line, '\n');
		p += n + 1;
	}
	fwrite(*is_terminal ? buf_str(&line) : p, 1, *is_terminal ? line.len : b->len,
	       stdout);
	buf_release(&line);
	return ferror(stdout) ? err_sys(err, "cannot write the table") : ST_OK;
}

static const struct figures_table *wanted_table(const struct opts *o, struct err *err)
{
	const struct figures_table *t = o->table ? figures_find(o->table) :
						   &figures_list[0];
	struct buf names;

	if (t)
		return t;
	buf_init(&names);
	for (int i = 0; i < figures_count; i++)
		buf_addf(&names, "%s%s", !i ? "" : i + 1 < figures_count ? ", " : " or ",
			 figures_list[i].name);
	err_set(err, ST_INVALID, "--table is %s, not '%.60s'", buf_str(&names), o->table);
	buf_release(&names);
	return NULL;
}

int cmd_curves(const struct opts *o)
{
	bool is_terminal = isatty(1) == 1;
	char path[PATH_MAX];
	struct err err = { "" };
	const struct figures_table *table = wanted_table(o, &err);
	enum status st;

	if (table && o->json && o->csv) {
		err_set(&err, ST_INVALID, "--csv and --json: one of them");
		table = NULL;
	}
	if (!table)
		return cmd_fail(ST_INVALID, &err), EXIT_USAGE;
	st = cmd_find_run(o, o->arg[0], path, &err);
	if (!st)
		st = figures_write(path, table, o->json ? TABLE_JSON : TABLE_CSV,
				   print_rows, &is_terminal, &err);
	if (!st && fflush(stdout))
		st = err_sys(&err, "cannot write the table");
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
