/*
 * data_kind.h - what a kind of task is in data: the rows of this floor.
 *
 * Each kind of task_kind.h has a row here, in a file of its own (kind_*.c): its
 * columns and what they are called, what its target is, what it learns from its
 * train rows, and how it is proposed for files that nobody has described. What a
 * target is (a label, a number, a text) is a row of its own that kinds share
 * (target_*.c): how it is read, kept, counted and shown; a
 * batch takes over all that an example has of it.
 *
 * The functions are pure but for what they are given to fill; any thread.
 */
#ifndef TUTTI_DATA_DATA_KIND_H
#define TUTTI_DATA_DATA_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "data/dataset.h"

struct cache_header;
struct cache_record;
struct looking;

/* What targets are taken with while a cache is built; all borrowed. */
struct target_taker {
	const struct dataset_spec *spec;
	const struct tokenizer *tok;
	const int *by_name;         /* [n_labels] labels in order of bytes */
	int32_t *pieces;            /* [max_target, n_labels, 2 UNITS_MAX where has_units, at
				       least] of the target taken last: pieces, numbers of a
				       set's labels, units */
	struct buf *text;           /* for a target that is to be kept otherwise than it
				       stands in the file; until the next one */
	struct row_report *report;  /* of what was cut */
};

/* What a cache keeps of all its targets. */
struct target_stats {
	uint64_t *labels;           /* [n_labels] rows of each */
	double sum;                 /* of the numbers */
};

/* A target to be shown. What it has not is 0; no label is -1. */
struct target_shown {
	int label, n_labels;
	const char *const *labels;  /* [n_labels] */
	const int32_t *set;         /* [n_set] rising; n_set -1: no set is known */
	int n_set;
	double number;
	int pieces, kept;
	const char *text;           /* as the file has it, not terminated */
	size_t len;
};

struct data_target {
	const char *heading;        /* over a column of them, narrow */
	bool has_labels;            /* of a list, which is looked for where none is given */
	bool has_set;               /* any number of them, not one */
	bool has_number;
	bool has_units;             /* those of the text that are kept */
	bool has_pieces;            /* a text: it is tokenized, a vocabulary learns from it */
	/* Marks a good row as bad where field t is no such target. */
	void (*check)(const struct dataset_spec *spec, struct source_row *row, int t);
	/* From field t of a checked row into r, or marks the row; t < 0: it has none. */
	void (*take)(const struct target_taker *k, struct source_row *row, int t,
		     struct cache_record *r);
	/* A target that was taken. */
	void (*count)(struct target_stats *s, const struct target_taker *k,
		      const struct cache_record *r);
	/* Whether a record read from a file can be one. */
	bool (*fits)(const struct cache_header *h, const struct cache_record *r);
	/* What of an example is not its pieces; label and n_set -1 and number 0 stand there. */
	void (*get)(const struct cache_record *r, struct example *out);
	void (*show)(const struct target_shown *t, char *out, size_t cap);
	/* As members of an object; none where there is no target. */
	void (*put)(const struct target_shown *t, struct json_out *j);
};
extern const struct data_target data_target_label, data_target_labels, data_target_number,
	data_target_text, data_target_none, data_target_units;
/* A label's number by its bytes, or -1. */
int target_label_find(const struct target_taker *k, const char *s, size_t n);

/* The columns of a row, in the order in which a plan has them. */
enum { COLUMN_TEXT, COLUMN_PAIR, COLUMN_TARGET, DATA_COLUMNS };
struct data_column {
	const char *key;            /* in plans; NULL: rows of this kind have no such column */
	const char *noun;           /* in questions: "column of the NOUN" */
	const char *help;           /* of the plan's field */
};

struct data_kind {
	const struct data_target *target;
	uint32_t (*units)(const struct cache_record *r); /* that an example counts */
	/* A pair's second text may be none; so is the target where data_target_none is it. */
	struct data_column column[DATA_COLUMNS];
	/*
	 * Which rows of a batch are to say pieces of the text itself: NULL, none. Of example
	 * `row` with n ids: out[i] gets the piece, or -1; ids may change (masking.h).
	 * scratch [n]. Pure; any thread.
	 */
	void (*aim)(const struct dataset *d, uint64_t row, uint64_t epoch, int n,
		    int32_t *ids, int *scratch, int32_t *out);
	bool is_masked;             /* what it says was hidden: dataset_masking() */
	/*
	 * Makes a source and a target of a row's text, whose file has no target: appends
	 * both. False: that text cannot be. NULL: rows are as the file has them.
	 */
	bool (*corrupt)(const struct dataset_spec *spec, const char *text, size_t len,
			struct buf *source, struct buf *target);
	bool has_marks;             /* "[MASK]" of a source is the mask (layout_masked) */
	/* Says a task in words: %y its target, %x its text, %X "text x" or "texts x and z". */
	const char *saying;
	/*
	 * What the head's numbers are to be multiplied by and moved to, from the train
	 * rows; NULL: nothing.
	 */
	void (*prepare)(const struct dataset *train, double *mean, double *scale);
	/*
	 * How well a column would do as its target; 0 or less: not at all. Of kinds that
	 * have this the best one proposes the column, at a tie the first; a kind without
	 * it is asked to propose for every column. guess_own.h
	 */
	int (*mark)(const struct looking *l, int column);
	void (*propose)(struct looking *l, int column, int mark);
};

#define DATA_KIND(constant, name) extern const struct data_kind data_kind_##name;
TASK_KIND_LIST(DATA_KIND)
#undef DATA_KIND

/* Of a kind that counts each example as one; the columns of one with texts and a label. */
uint32_t data_units_one(const struct cache_record *r);
#define DATA_TEXT_HELP "Column of the text, by name, by number from 0, or as NAME#2."
#define DATA_LABELLED(noun_of_target)                                                 \
	[COLUMN_TEXT] = { "text", "text", DATA_TEXT_HELP },                           \
	[COLUMN_PAIR] = { "text_b", "second text of a pair",                          \
			  "Column of the second text of a pair." },                   \
	[COLUMN_TARGET] = { "label", noun_of_target, "Column of the label, of the "   \
			    "labels, or of the number to predict." }

const struct data_kind *data_kind(enum task_kind k);
static inline const struct data_target *data_target(enum task_kind k)
{
	return data_kind(k)->target;
}

/* Appends "classify, regress, ..."; `last` stands before the last name. */
void task_kind_words(const char *last, struct buf *out);
/* By its name; false: there is no such kind. */
bool task_kind_find(const char *name, enum task_kind *k);

#endif
