/*
 * data_book.h - the data of one task of a run, opened for looking: its rows, and
 * a row as the model sees it. No part of the session: a run folder is enough,
 * whether the run is live or has ended.
 *
 * Rows are read straight from the mapped token caches, so memory does not grow
 * with the data. Once opened nothing in a book changes: any thread may read it.
 */
#ifndef TUTTI_LOOK_DATA_BOOK_H
#define TUTTI_LOOK_DATA_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/status.h"
#include "data/data_kind.h"
#include "data/dataset.h"

enum data_split { SPLIT_TRAIN, SPLIT_DEV, SPLITS };
const char *data_split_name(enum data_split s); /* "train", "dev" */

struct data_book;

/*
 * Opens the data of task number `task` in the plan of the run's folder, with the
 * vocabulary of its newest checkpoint (before the first: the plan's). What is not
 * in the token cache is read anew, which may take a while. A data file that is
 * gone fails its split alone (data_book_trouble). ST_NOT_FOUND: no such run or task.
 */
enum status data_book_open(const char *run, int task, struct progress *pg,
			   struct data_book **out, struct err *err);
void data_book_close(struct data_book *b); /* NULL is fine */

/* What a book is about; strings are borrowed from it. */
struct data_about {
	const char *task;
	enum task_kind kind;
	int n_labels;              /* classify, multilabel */
	const char *const *labels; /* [n_labels] */
	bool is_pair;              /* rows have a second text */
	int max_source, max_target;
	int pieces;                /* of the vocabulary */
	const struct tokenizer_kind *tokenizer;
};
struct data_about data_book_about(const struct data_book *b);

/* The split's file as the plan has it; "" when the plan has none. */
const char *data_book_path(const struct data_book *b, enum data_split s);
/* NULL: the split is open. Else why it is not. */
const char *data_book_trouble(const struct data_book *b, enum data_split s);
/* The file is not the one that the run began with. */
bool data_book_has_changed(const struct data_book *b, enum data_split s);
uint64_t data_book_size(const struct data_book *b, enum data_split s);
/* NULL: the split is not open. For the report; borrowed. */
const struct dataset *data_book_set(const struct data_book *b, enum data_split s);
int32_t data_book_unknown(const struct data_book *b); /* the id of [UNK] */

/* A row. Texts are foreign bytes, borrowed from the book, not terminated. */
struct data_row {
	uint64_t row, line;       /* from 0; line in the file, from 1 */
	int label;                /* classify; -1: none */
	const int32_t *set;       /* [n_set] multilabel; borrowed from the book */
	int n_set;                /* -1: none is known */
	double number;            /* regress */
	int units, kept;          /* extract */
	int tokens, target_tokens, unknown; /* as the model gets them, after the cut */
	const char *text, *pair, *target;
	size_t text_len, pair_len, target_len;
};
void data_book_row(const struct data_book *b, enum data_split s, uint64_t i,
		   struct data_row *out);
/* The row's target as the kind of task shows it: borrowed from book and row. */
struct target_shown data_book_target(const struct data_book *b, const struct data_row *row);

/*
 * Row i as the model sees it. Of a text that was cut, `text_kept` bytes went in
 * and `text_lost` pieces did not; of texts beyond DATA_LOOK bytes the rest is not
 * looked at (`is_partial`: more was lost). Pieces are borrowed from the book.
 */
enum { DATA_LOOK = 64 << 10 };
struct data_pieces {
	int n, second;            /* the second text begins there; n: there is none */
	const int32_t *id;        /* [n] */
	const char **piece;       /* [n]; owned array */
	int n_target;
	const int32_t *target_id;
	const char **target_piece;
	size_t text_kept, pair_kept, target_kept;
	int text_lost, pair_lost, target_lost;
	bool is_partial;
};
void data_book_pieces(const struct data_book *b, enum data_split s, uint64_t i,
		      struct data_pieces *out);
void data_pieces_release(struct data_pieces *p);

#endif
