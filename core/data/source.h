/*
 * source.h - rows from files that are not ours: JSONL, TSV and CSV.
 *
 * A row is a list of named fields. TSV is GLUE's kind: tabs separate, nothing
 * quotes. CSV is RFC 4180 (libcsv). Columns are asked for by name (JSON key,
 * header) or by number ("0" is the first; the only way without a header). A
 * JSON row may be a list: its columns go by number. Blank lines are no rows.
 * A bad row is counted by reason with the first row numbers, and skipped; over
 * 1% bad rows (or `max_bad`) fails at the end, with file and row.
 */
#ifndef TUTTI_DATA_SOURCE_H
#define TUTTI_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/progress.h"
#include "base/status.h"

enum source_format { SOURCE_AUTO, SOURCE_JSONL, SOURCE_TSV, SOURCE_CSV };
enum { SOURCE_FIELDS = 4, SOURCE_LINE_MAX = 16 << 20 };

/* Why a row was skipped. ROW_OK is a good one. */
enum row_fault { ROW_OK, ROW_SHORT, ROW_BAD_JSON, ROW_NO_FIELD, ROW_BAD_UTF8,
		 ROW_NUL, ROW_TOO_LONG, ROW_EMPTY_TEXT, ROW_BAD_LABEL,
		 ROW_BAD_NUMBER, ROW_BAD_QUOTE, ROW_FAULTS };
const char *row_fault_name(enum row_fault f); /* "too few columns" */

struct row_report {
	uint64_t rows;                  /* seen, good and bad */
	uint64_t bad[ROW_FAULTS];       /* by reason */
	uint64_t first[ROW_FAULTS][4];  /* first line numbers of each, 1-based */
	uint64_t cut_source, cut_target;/* texts longer than the limit */
};
void row_report_add(struct row_report *r, enum row_fault f, uint64_t line);
uint64_t row_report_bad(const struct row_report *r);

/* Which columns, and where they are. Strings are borrowed. */
struct source_spec {
	const char *path;
	enum source_format format;      /* SOURCE_AUTO: by the name's ending */
	int header;                     /* 1 yes, 0 no, -1: unless a column is a number */
	int n_fields;
	const char *field[SOURCE_FIELDS]; /* name or number */
};

struct source_row {
	uint64_t line;                  /* 1-based line where the row starts */
	enum row_fault fault;           /* fields are set only when ROW_OK */
	const char *field[SOURCE_FIELDS];
	size_t len[SOURCE_FIELDS];      /* borrowed until the next call */
};

struct source;
/* Fails (with file and what there is instead) when a column is not there. */
enum status source_open(const struct source_spec *spec, struct source **out,
			struct err *err);
/* ST_OK and a row (good or faulty), ST_END after the last, else an error. */
enum status source_next(struct source *s, struct source_row *row,
			struct err *err);
/* Ticks at every read from now on; source_next then may say ST_STOPPED. */
void source_watch(struct source *s, struct progress *pg);
/* Bytes read so far and in all. */
void source_position(const struct source *s, uint64_t *at, uint64_t *size);
/* Of the whole file; once, after ST_END. */
struct hash source_content(struct source *s);
void source_close(struct source *s); /* NULL is fine */

/*
 * For looking at files that nobody has described yet: every field of every row,
 * the first row of a table too. `name` is the key in a JSON row, else NULL; `p`
 * is NULL where a JSON value has no text. Fields come before source_next()
 * returns and count only when it says ROW_OK; their UTF-8 is not checked.
 */
struct source_every {
	void (*see)(void *arg, uint64_t column, const char *name, const char *p,
		    size_t n);
	void *arg;
};
/* `format` is not auto; `every` is borrowed until the end. */
enum status source_open_every(const char *path, enum source_format format,
			      const struct source_every *every, struct source **out,
			      struct err *err);
/* On with the first line that begins behind byte `at`; line numbers are lost. */
enum status source_skip_to(struct source *s, uint64_t at, struct err *err);
enum source_format source_format_of(const char *path); /* SOURCE_AUTO: unknown */

#endif
