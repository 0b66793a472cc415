/*
 * masking.h - pieces of a text that are hidden for a model to put back (Devlin et al.
 * 2019, BERT, 3.1), whole words at a time (BERT's later release): the pieces that go on
 * with a word are hidden with it.
 *
 * Of a row's pieces a share is hidden, rounded, and one at least. Words are taken in an
 * order of their own until that many pieces are; one that would be too long then is left
 * out, unless no other fits. Of the hidden pieces 8 in 10 become the tokenizer's mask, 1 in
 * 10 any piece, 1 in 10 stay as they are; all of them are to be said. Specials and [UNK]
 * are never hidden and never stand in.
 *
 * What is hidden is a function of (seed, task, row, epoch) and the row's pieces alone: of
 * dev rows of the row alone, so that every evaluation, of runs with any seed, asks for the
 * same. After MASKING_EPOCHS epochs the first one comes again.
 */
#ifndef TUTTI_TEXT_MASKING_H
#define TUTTI_TEXT_MASKING_H

#include <stdbool.h>
#include <stdint.h>

#include "text/tokenizer.h"

enum { MASKING_EPOCHS = 1 << 17 };

enum gaps_how { GAPS_SPANS, GAPS_SENTENCES }; /* gaps.h */

struct masking_spec {
	double share;    /* of a row's pieces, words or sentences: above 0, below 1 */
	enum gaps_how how;
	uint64_t seed;
	int task;
	bool is_dev;
};

/* Immutable once made: any thread may read. The tokenizer has a mask. */
struct masking;
struct masking *masking_new(const struct tokenizer *tok, const struct masking_spec *spec);
void masking_free(struct masking *m); /* NULL is fine */
/* Is there a piece that could be hidden among these? */
bool masking_can(const struct masking *m, int n, const int32_t *ids);
/* How many pieces are hidden of a row of n, specials among them: what nbar is made of. */
int masking_wanted(const struct masking *m, int n);
/*
 * ids [n] of a row: hidden ones are replaced, and out [n] gets what stood there, -1 where
 * nothing was hidden. scratch [n]. Returns how many were hidden: 0 where none can be.
 */
int masking_hide(const struct masking *m, uint64_t row, uint64_t epoch, int n, int32_t *ids,
		 int *scratch, int32_t *out);

#endif
