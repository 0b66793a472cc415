/*
 * data_report.h - what is in a task's data: shares of labels, lengths, unknown
 * pieces, skipped and repeated rows, dev rows that stand in train.
 *
 * Made from an open book in one pass over the rows and a sort; meant for a job.
 * Rows are the same when their texts are, after runs of white space became one
 * blank, blanks at the ends went, and A-Z became a-z (labels and summaries do not
 * count; of pairs both texts do). They are found by 64-bit hashes and compared
 * byte by byte where those agree. Memory: 16 bytes a row of both splits while it
 * works, then 16 bytes per repeated or leaked row.
 */
#ifndef TUTTI_LOOK_DATA_REPORT_H
#define TUTTI_LOOK_DATA_REPORT_H

#include "look/data_book.h"

enum { DATA_BINS = 16 };

/* A row that repeats another one: `of` is the first with that text. */
struct data_twin {
	uint64_t row, of;
};
struct data_twins {
	uint64_t n;
	struct data_twin *at;      /* [n], by row */
	uint64_t differing;        /* of these, with another label, number or summary */
};

/* Tokens per row, after the cut, specials included. */
struct data_lengths {
	int most;                  /* the limit of the plan */
	uint64_t *count;           /* [most + 1]: rows of that length */
	uint64_t sum;
	int p50, p95, max;         /* 0 when there are no rows */
};

struct data_skip {
	const char *reason;        /* "too few columns" */
	uint64_t n, first[4];      /* line numbers; 0: no more */
};

struct data_split_report {
	bool is_open;              /* else everything is 0: see data_book_trouble */
	char content[HASH_TEXT];   /* hash of the file */
	uint64_t rows, skipped;    /* good ones; bad ones */
	int n_skips;
	struct data_skip skip[ROW_FAULTS];
	struct data_lengths source, target; /* target: summaries, else most = 0 */
	double compression;        /* source pieces per summary piece; 0: none */
	uint64_t pieces, unknown;  /* in all rows, targets too; of these [UNK] */
	uint64_t with_unknown;     /* rows */
	uint64_t cut_source, cut_target;
	uint64_t *labels;          /* [n_labels] rows that have it, classify, multilabel */
	uint64_t *label_tokens;    /* [n_labels] sum of their source lengths */
	uint64_t bare;             /* rows of the empty set */
	uint64_t units, kept;      /* words or sentences, extract */
	uint64_t nearest;          /* targets that are not made of their text's words */
	int *frequent;             /* [n_labels] labels, those of most rows first */
	double low, high, mean;    /* regress */
	uint64_t numbers[DATA_BINS]; /* rows between low and high */
	struct data_twins repeated;  /* an earlier row of this split says the same */
	struct data_twins leaked;    /* dev alone: a row of train says the same */
};

struct data_report {
	int n_labels;
	struct data_split_report split[SPLITS];
};

/* Fills `out` (released by data_report_release also when it failed). */
enum status data_report_make(const struct data_book *b, struct progress *pg,
			     struct data_report *out, struct err *err);
void data_report_release(struct data_report *r);

/* The smallest length that `part` (0..1) of the rows do not exceed. */
int data_lengths_at(const struct data_lengths *l, double part);
/* The twin of a row, or NULL. */
const struct data_twin *data_twin_find(const struct data_twins *t, uint64_t row);
/* The text as it is compared: replaces what `out` holds. */
void data_normal(const char *text, size_t len, struct buf *out);

/*
 * Rows that are looked for: all conditions hold. Strings are borrowed. The text
 * is found where it stands in a row's text, pair or summary, A-Z as a-z.
 */
struct data_filter {
	char text[128];
	int label;                 /* -1: any */
	int least, most;           /* tokens of the source; most 0: no limit */
	bool repeated, leaked;
};
/* Where `want` (in small letters) begins in a text; SIZE_MAX: nowhere. */
size_t data_text_find(const char *text, size_t len, const char *want);
bool data_filter_is_empty(const struct data_filter *f);

/* Which rows those are: a bit a row. */
struct data_hits {
	uint64_t rows, n;          /* looked at, found */
	uint64_t *bit;             /* [rows / 64 + 1] */
	uint64_t *before;          /* [rows / 4096 + 1] found before such a block */
};
enum status data_filter_run(const struct data_book *b, enum data_split s,
			    const struct data_report *r, const struct data_filter *f,
			    struct progress *pg, struct data_hits *out,
			    struct err *err);
/* The k-th row that was found (k < n), and how many stand before a row. */
uint64_t data_hits_row(const struct data_hits *h, uint64_t k);
uint64_t data_hits_rank(const struct data_hits *h, uint64_t row);
void data_hits_release(struct data_hits *h);

#endif
