/*
 * source.h - rows from files that are not ours: JSONL (or one JSON list of rows),
 * TSV and CSV, packed or not (plain.h), and folders of texts (folder.h).
 *
 * The one reader of data: `new`, `check`, training and prediction read through
 * it, so that a file has the same rows for all. Format, separator and width come
 * from the content (form.h, source_table.c). A row is a list of named fields. TSV
 * is GLUE's kind: tabs separate, nothing quotes. CSV is RFC 4180 (libcsv) with
 * ',' ';' '|' or a tab between the columns, or what a first line "sep=" names;
 * where that is ';', numbers may have a decimal comma. Columns are asked for by name (JSON
 * key, header without the blanks around it), by number ("0" is the first; the
 * only way without a header), or "name#2" for the second of one name. A JSON row
 * may be a list: its columns go by number. Blank lines are no rows.
 *
 * Where a plan says so a file is text without columns: a row is a line, or a paragraph.
 *
 * A table is as wide as most of its rows; a row of another width is bad. So is
 * one that cannot be read. Bad rows are counted by reason with the first line
 * numbers, and skipped; too many of them (row_report_allowed) fail at the end.
 */
#ifndef TUTTI_DATA_SOURCE_H
#define TUTTI_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/progress.h"
#include "base/status.h"
#include "base/str.h"

enum source_format { SOURCE_AUTO, SOURCE_JSONL, SOURCE_TSV, SOURCE_CSV,
		     SOURCE_LINES, SOURCE_PARAGRAPHS }; /* the last two only where named */
enum { SOURCE_FIELDS = 4, SOURCE_LINE_MAX = 16 << 20, SOURCE_APART = 0x1f };

/* Why a row was skipped. ROW_OK is a good one. */
enum row_fault { ROW_OK, ROW_SHORT, ROW_LONG, ROW_BAD_JSON, ROW_NO_FIELD,
		 ROW_BAD_UTF8, ROW_NUL, ROW_TOO_LONG, ROW_EMPTY_TEXT, ROW_BAD_LABEL,
		 ROW_LIST, ROW_BAD_NUMBER, ROW_BAD_QUOTE, ROW_NO_LABEL, ROW_LONG_LABEL,
		 ROW_BIG_NUMBER, ROW_NO_WORDS, ROW_NOT_KEPT, ROW_MISCOUNTED, ROW_FAULTS };
const char *row_fault_name(enum row_fault f); /* "too few columns" */

enum { ROW_WHAT = 64, ROW_FEW = 3 };

/* Which columns, and where they are. Strings are borrowed. */
struct source_spec {
	const char *path;
	enum source_format format;      /* SOURCE_AUTO: by the content */
	int header;                     /* 1 yes, 0 no, -1: unless a column is a number */
	int n_fields;
	const char *field[SOURCE_FIELDS]; /* name or number */
	bool is_apart[SOURCE_FIELDS];   /* elements of its lists end with SOURCE_APART */
	struct progress *pg;            /* ticked while it opens; may be NULL */
};

struct source_row {
	uint64_t line;                  /* 1-based line where the row starts */
	enum row_fault fault;           /* fields are set only when ROW_OK */
	char what[ROW_WHAT];            /* of the fault, harmless: "3 in place of 2" */
	const char *field[SOURCE_FIELDS];
	size_t len[SOURCE_FIELDS];      /* borrowed until the next call */
	bool is_list[SOURCE_FIELDS];    /* a JSON list, joined by blanks or is_apart */
	bool is_longer;                 /* more columns than most, as many rows have */
	char decimal;                   /* what source_number() is told */
};
/*
 * A number as it stands in a file, without the blanks around it. `decimal` ',':
 * "3,5" is one, too (and "3.5"; but neither "1.234,5" nor "1,234,567").
 */
bool source_number(const char *p, size_t n, char decimal, double *x);
/* Marks a row as bad; of `what` as much is kept as fits. */
void row_say(struct source_row *row, enum row_fault f, const char *what, size_t n);
/* Invalid UTF-8, with what stands around the first byte that is none. */
void row_say_bytes(struct source_row *row, const char *p, size_t n);

struct row_report {
	uint64_t rows;                  /* seen, good and bad */
	uint64_t file_rows;             /* of the file, where `rows` are a share of it */
	uint64_t bad[ROW_FAULTS];       /* by reason */
	uint64_t first[ROW_FAULTS][4];  /* first line numbers of each, 1-based */
	char what[ROW_FAULTS][ROW_WHAT];/* of the first of each; "": nothing to say */
	uint64_t longer;                /* good rows whose last columns were left */
	uint64_t cut_source, cut_target;/* texts longer than the limit */
	uint64_t nearest;               /* targets that are not made of the text's words */
	uint64_t pieces_source, pieces_target; /* of all good rows, uncut */
	uint64_t lost_source, lost_target;     /* of them, cut off */
};
void row_report_add(struct row_report *r, const struct source_row *row);
uint64_t row_report_bad(const struct row_report *r);
/*
 * "too many columns 3 (lines 8, 20, 31: 3 in place of 2); ..." and advice, with
 * the file's name where a command to type has it. Appends.
 */
void row_report_text(const struct row_report *r, const char *path, struct buf *out);
/*
 * "12 of 300 texts are cut at max_source 64, 1.3% of all text is lost; ...", and
 * nothing where none is. Appends.
 */
void row_cut_text(const struct row_report *r, int max_source, int max_target,
		  struct buf *out);
/* A line, with its end, where more than a tenth of the texts are cut. Appends. */
void row_cut_warn(const struct row_report *r, int max_source, int max_target,
		  struct buf *out);
/*
 * So many bad rows are fine: max_bad of the file's rows, rounded up, and of a
 * short file ROW_FEW or a tenth of them, whichever is less; none for max_bad 0.
 */
uint64_t row_report_allowed(const struct row_report *r, double max_bad);

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
 * the first row of a table too, whatever its width. `name` is the key in a JSON
 * row, else NULL; `p` is NULL where a JSON value has no text. Fields come before
 * source_next() returns and count only when it says ROW_OK; their UTF-8 is not
 * checked.
 */
struct source_field {
	uint64_t column;
	const char *name, *p;
	size_t n;
	bool is_list, is_nested;        /* nested: a JSON object, or a list of such */
};
struct source_every {
	void (*see)(void *arg, const struct source_field *f);
	void *arg;
};
/* What kind of file it was found to be. */
struct source_look {
	enum source_format format;
	uint64_t width;                 /* columns of a table's rows; 0: JSON */
	int shift;                      /* the header's names are those of columns from here */
	bool can_name;                  /* the first row fits as a header */
	uint64_t comments;              /* lines passed over on top */
	char decimal;                   /* for source_number() */
};
/* `every` is borrowed until the end. pg (NULL: nobody) hears of the unpacking. */
enum status source_open_every(const char *path, enum source_format format,
			      const struct source_every *every, struct progress *pg,
			      struct source **out, struct source_look *look,
			      struct err *err);
/* On with the first line that begins behind byte `at`; line numbers are lost. */
enum status source_skip_to(struct source *s, uint64_t at, struct err *err);
enum source_format source_format_of(const char *path); /* by the name; or auto */
size_t source_name_length(const char *path); /* without ".gz" and its kin */
const char *source_packed_beside(const char *path); /* ".gz", ...: path.gz is there; or NULL */
/* "label#2": 2, and *len is that of "label"; else 0. */
uint64_t source_nth_name(const char *name, size_t *len);

#endif
