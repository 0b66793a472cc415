/*
 * sample.h - what is in a file that nobody has described: format, columns, and
 * of each column how its values are, from a bounded part of the rows.
 *
 * The first rows and short stretches at even distances behind them are read;
 * nothing is kept but counts. A file that no plan could use is refused in one
 * line that says what it is and, where there is a way, what to do about it.
 */
#ifndef TUTTI_DATA_SAMPLE_H
#define TUTTI_DATA_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "data/source.h"

enum { SAMPLE_COLUMNS = 256, SAMPLE_DISTINCT = 1024, SAMPLE_BINS = 64,
       SAMPLE_SHOWN = 48 };

/* Which values there were; for sample.c. */
struct sample_seen {
	uint64_t *slot;        /* hashes and counts */
	int distinct;
	uint64_t commonest;
};

/* Of the rows looked at, without the first one of a table. */
struct sample_column {
	char *name;            /* JSON key or first row's field; NULL: none fits */
	char *first;           /* first row's field in a table, cut; else NULL */
	uint64_t n, empty;     /* rows that have it; of them with no text in it */
	uint64_t numbers, wholes; /* of the others */
	uint64_t follows;      /* whole numbers that are the one before and 1 */
	double least, most;    /* of the numbers */
	uint64_t masks;        /* of four and more 0 and 1, and nothing else */
	uint64_t ascii;        /* with a letter a-z, A-Z or a digit */
	uint64_t chars, words; /* sums; East Asian characters count as words */
	uint64_t bin[SAMPLE_BINS]; /* values by words: sample_words_at() */
	int distinct;          /* SAMPLE_DISTINCT: that many or more */
	bool has_first;        /* one of the values is `first` */
	uint64_t lists;        /* values that are JSON lists */
	int listed;            /* distinct words in them; SAMPLE_DISTINCT: that or more */
	uint64_t commonest;    /* how often the commonest of them came */
	char shown[SAMPLE_SHOWN];  /* one value, made harmless, cut */
	struct sample_seen seen, seen_listed;
	double before;
};

struct sample {
	char *path;
	enum source_format format;
	bool is_list;          /* JSON rows are lists: columns go by number */
	bool can_name;         /* the first row of a table is as wide as a header */
	char *nested;          /* of a JSON member with members of its own; NULL: none */
	uint64_t comments;     /* lines on top that are no rows */
	char decimal;          /* for source_number() */
	uint64_t size;         /* bytes of the file */
	uint64_t rows, bad;    /* looked at */
	struct row_report report; /* of those before the first jump */
	double all_rows;       /* estimated, of the whole file */
	bool is_whole;         /* every row was looked at */
	int n_columns;
	struct sample_column column[SAMPLE_COLUMNS];
};

/*
 * ST_INVALID with a word for what is no table of texts; ST_NOT_FOUND, ST_IO.
 * *out: returns (caller frees with sample_free). pg (NULL: nobody) hears of unpacking,
 * which is all that can be long here; ST_STOPPED when it asks.
 */
enum status sample_read(const char *path, struct progress *pg, struct sample **out,
			struct err *err);
void sample_free(struct sample *s); /* NULL is fine */

/* Words that `share` (0 to 1) of the column's values have at most. */
int sample_words_at(const struct sample_column *c, double share);
/* Mean over the values that are not empty; 0 where there are none. */
double sample_mean_words(const struct sample_column *c);
uint64_t sample_values(const struct sample_column *c); /* not empty */

#endif
