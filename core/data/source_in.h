/*
 * source_in.h - what the readers of the formats share. Internal.
 */
#ifndef TUTTI_DATA_SOURCE_IN_H
#define TUTTI_DATA_SOURCE_IN_H

#include "base/str.h"
#include "data/form.h"
#include "data/lines.h"
#include "data/source.h"

enum { SOURCE_LONGER = 4 };

struct format_csv; /* source_csv.c */

struct source {
	struct lines r;
	struct form form;
	int n_fields;
	char *field[SOURCE_FIELDS];   /* copies */
	bool is_apart[SOURCE_FIELDS]; /* source_spec */
	uint64_t column[SOURCE_FIELDS];
	uint64_t width;               /* of a table's rows; 0: not known yet */
	uint64_t longer[SOURCE_LONGER]; /* widths of rows that have more, and may */
	int n_longer;
	int shift;                    /* source_look */
	bool can_name, passed_first;
	uint64_t n_columns;           /* of the row just read */
	bool is_blank;                /* its first field is */
	uint64_t n_listed;            /* rows of a JSON list so far */
	struct buf element;           /* the last of them */
	struct buf text;              /* fields of the row, where they are copied */
	struct format_csv *csv;
	const struct source_every *every; /* gets all fields in place of `field` */
};

/* Checks NULs and UTF-8 of the fields that are set. */
void source_check_fields(const struct source *s, struct source_row *row);

/*
 * The next row of a JSON list, and the line it begins in; borrowed until the next
 * call. ST_INVALID where the list is out of order; else as lines_next().
 */
enum status list_next(struct source *s, const char **p, size_t *n, uint64_t *line,
		      bool *too_long, struct err *err);
/* On with the first row that begins behind byte `at`. */
enum status list_skip_to(struct source *s, uint64_t at, struct err *err);

enum status jsonl_open(struct source *s, struct err *err);
enum status jsonl_next(struct source *s, struct source_row *row, struct err *err);

/* Text without columns (SOURCE_LINES, SOURCE_PARAGRAPHS). */
enum status text_open(struct source *s, struct err *err);
enum status text_next(struct source *s, struct source_row *row, struct err *err);

/* A table: how wide it is, whether its first row can name columns. */
enum status table_look(struct source *s, struct err *err);
/* Finds the asked columns; `header` as in source_spec. The next row is data. */
enum status table_columns(struct source *s, int header, struct err *err);
/* Checks the width of every row but the first when `every` looks on. */
enum status table_next(struct source *s, struct source_row *row, struct err *err);

/* A row, its width unchecked: s->n_columns. */
enum status tsv_next(struct source *s, struct source_row *row, struct err *err);

void csv_source_open(struct source *s);
enum status csv_source_next(struct source *s, struct source_row *row,
			    struct err *err);
void csv_source_rewind(struct source *s);
enum status csv_source_skip_to(struct source *s, uint64_t at, struct err *err);
void csv_source_close(struct source *s);

/* Called by a format for each field of a row, in order. */
void table_see(struct source *s, const char *p, size_t n);

/* "no column 'x' in 'f': there are a, b"; `seen` has the names, comma between. */
enum status column_missing(const char *name, const char *path, const struct buf *seen,
			   uint64_t listed, uint64_t count, struct err *err);
/* One more name for the list; long ones and long lists are cut. */
void column_list(struct buf *seen, uint64_t *listed, const char *name, size_t n);

#endif
