/*
 * import.h - what another system said of a task's dev rows, read from a file of its
 * own, matched with the rows, and scored as our own answers are.
 *
 * The file is JSON Lines: an object a line, blank lines are none. Which row it is of,
 * the first of these that the first object has, and then all must have:
 *   "row"            number of the dev row from 0, in the order of the data
 *   "line"           of the row in the data file, from 1 (as `predict` writes it)
 *   text [and pair]  as the plan calls the columns ("text", "source", "text_b"): the k-th
 *                    line of one text is of the k-th row of it
 *   none of them     by order: then there must be as many lines as rows
 * What it says is the kind's own (ask_kind.h: said, take): a label and "p", a number, a
 * summary. A line with none, or with "error" alone, is a row without an answer.
 *
 * Where dev rows are a share of the train file, lines of the other rows are left out.
 */
#ifndef TUTTI_ASK_IMPORT_H
#define TUTTI_ASK_IMPORT_H

#include "base/hash.h"
#include "base/progress.h"
#include "session/session.h"
#include "store/store.h"

enum import_by { IMPORT_BY_ROW, IMPORT_BY_LINE, IMPORT_BY_TEXT, IMPORT_BY_ORDER };
const char *import_by_name(enum import_by by); /* "row", "line", "text", "order" */

struct imported {
	struct evaluation e;      /* owned: all rows, of step 0, as a scheduled one is */
	struct eval_row baseline; /* of the same rows */
	char hash[HASH_TEXT];     /* of the file's bytes */
	enum import_by by;
	uint64_t rows;            /* of the data set */
	uint64_t missing;         /* of them without an answer, which counted as wrong */
	uint64_t moved;           /* lines that were of a row before the last line's */
	uint64_t left_out;        /* lines of rows that are no dev rows */
	uint64_t with_p;          /* rows with probabilities */
	uint64_t unlikely;        /* of them, with another answer than they make likely */
};

/*
 * ST_INVALID with file, line and what would be right. `wrong`: a row without an answer
 * counts as a wrong one; else it is refused. `s` has data; the task has dev rows, or it
 * is ST_NOT_FOUND. Released by imported_release also when it failed.
 */
enum status import_read(struct session *s, int task, const char *file, bool wrong,
			struct progress *pg, struct imported *out, struct err *err);
void imported_release(struct imported *im);

#endif
