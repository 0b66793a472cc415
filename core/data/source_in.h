/*
 * source_in.h - what the readers of the three formats share. Internal.
 */
#ifndef TUTTI_DATA_SOURCE_IN_H
#define TUTTI_DATA_SOURCE_IN_H

#include "base/str.h"
#include "data/reader.h"
#include "data/source.h"

/* Finding the asked columns among those that a file has. */
struct columns {
	int n;                            /* fields asked for */
	const char *name[SOURCE_FIELDS];  /* borrowed */
	uint64_t at[SOURCE_FIELDS];       /* column of each; UINT64_MAX: not found */
	struct buf seen;                  /* names there are, made harmless */
	uint64_t count;                   /* columns there are */
	uint64_t listed;                  /* of them in `seen` */
};

void columns_init(struct columns *c, const struct source_spec *spec);
void columns_release(struct columns *c);
/* The file's next column is called so. */
void columns_see(struct columns *c, const char *name, size_t len);
/* After the header, or without one (`header` false: numbers only). */
enum status columns_settle(struct columns *c, bool header, const char *path,
			   struct err *err);
/* "no column 'x' in 'f': there are a, b": for field i. */
enum status columns_missing(const struct columns *c, int i, const char *path,
			    struct err *err);

struct format_csv; /* source_csv.c */

struct source {
	struct reader r;
	enum source_format format;
	int n_fields;
	char *field[SOURCE_FIELDS];   /* copies */
	uint64_t column[SOURCE_FIELDS];
	uint64_t last_column;         /* highest of them */
	struct buf text;              /* fields of the row, where they are copied */
	struct format_csv *csv;
	const struct source_every *every; /* gets all fields in place of `field` */
};

/* Checks NULs and UTF-8 of the fields that are set. */
enum row_fault source_check_fields(const struct source *s,
				   const struct source_row *row);

enum status jsonl_open(struct source *s, const struct source_spec *spec,
		       struct err *err);
enum status jsonl_next(struct source *s, struct source_row *row, struct err *err);

/* Reads the header when there is one. */
enum status csv_source_open(struct source *s, struct columns *c, bool header,
			    struct err *err);
enum status csv_source_next(struct source *s, struct source_row *row,
			    struct err *err);
enum status csv_source_skip_to(struct source *s, uint64_t at, struct err *err);
void csv_source_close(struct source *s);

#endif
